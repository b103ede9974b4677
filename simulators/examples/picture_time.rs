//! How long the simulated camera takes for one picture: the share of every pack's time that is not
//! the station's.
//!
//! `cargo run --release -p vidimus-simulators --example picture_time`

use std::time::Instant;

use vidimus_simulators::{
    Tick,
    camera::{Camera, Coding},
    ink::Print,
    optics::{Noise, Optics},
    printer::{Media, Printer},
};

const FORM: &str = "^XA^DFR:V.ZPL^FS^FO60,36^BXN,6,200,24,24,,_,1^FN1^FS^FO240,48^A0N,28,28^FN2^FS\
    ^FO240,92^A0N,28,28^FN3^FS^FO240,136^A0N,28,28^FN4^FS^XZ";
const PICTURES: u32 = 1000;

fn main() {
    let optics = Optics::default();
    let noise = Noise::new(optics.noise, 1);
    let mut printer = Printer::new(Media::default());
    printer.receive(Tick(0), FORM.as_bytes());
    let mut camera = Camera::new(1);
    for coding in [Coding::Pgm, Coding::Png, Coding::Jpeg(85)] {
        let began = Instant::now();
        let mut bytes = 0;
        for n in 0..PICTURES {
            let job = format!(
                "^XA^XFR:V^FS^FN1^FD_101095060001343521727123110LOT1_121{n:012}^FS\
                 ^FN2^FD09506000134352^FS^FN3^FD{n:012}^FS^FN4^FDLOT1^FS^XZ"
            );
            printer.receive(Tick(0), job.as_bytes());
            let label = printer.start_print(Tick(0), 0).expect("a label waits");
            let print = Print {
                label,
                damage: None,
                dx: 0,
                dy: 0,
                seed: 1,
            };
            let exposure = camera.fire(Tick(0), &[print], None);
            let frame = exposure.frame(&optics, &noise, coding).expect("a frame");
            bytes += frame.part().len();
        }
        let each_ms = began.elapsed().as_secs_f64() * 1000.0 / f64::from(PICTURES);
        println!("{coding:?}: {each_ms:.3} ms a picture from ZPL to wire, {bytes} bytes in all");
    }
}
