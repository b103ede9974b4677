//! The camera: a frame counter from 1, exposures as values, coded frames. PURE.
//!
//! An [`Exposure`] holds everything its picture depends on; drawing it is a pure function, done
//! wherever time allows.

use std::io::Cursor;

use image::{ExtendedColorType, ImageEncoder as _};

use crate::{
    Tick,
    ink::Print,
    optics::{Noise, Optics, Picture, photograph},
    random::Random,
    sketch::sketch,
};

/// Grey of a picture without light: the sensor's own noise floor.
const BLACK: u8 = 4;

/// A blurred picture is smoothed over the width divided by this.
const BLUR_PARTS: usize = 16;

/// How pictures are coded on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coding {
    /// Portable grey map, lossless.
    #[default]
    Pgm,
    /// PNG, lossless.
    Png,
    /// JPEG of this quality (1–100), lossy.
    Jpeg(u8),
}

impl Coding {
    /// The content type of a frame.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Coding::Pgm => "image/x-portable-graymap",
            Coding::Png => "image/png",
            Coding::Jpeg(_) => "image/jpeg",
        }
    }

    /// Reads `pgm`, `png`, `jpeg` or `jpeg:QUALITY`.
    ///
    /// # Errors
    /// Says which codings there are.
    pub fn parse(text: &str) -> Result<Coding, String> {
        let jpeg = |quality: &str| quality.parse().ok().filter(|q| (1..=100).contains(q));
        match text.split_once(':') {
            None if text == "pgm" => Ok(Coding::Pgm),
            None if text == "png" => Ok(Coding::Png),
            None if text == "jpeg" => Ok(Coding::Jpeg(85)),
            Some(("jpeg", quality)) if jpeg(quality).is_some() => {
                Ok(Coding::Jpeg(jpeg(quality).unwrap_or(85)))
            }
            _ => Err(format!(
                "'{text}' is no picture coding. Use pgm, png, jpeg or jpeg:1–100."
            )),
        }
    }
}

/// What goes wrong between sensor and wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameFault {
    /// The frame is counted but never sent.
    Lost,
    /// The frame is sent this many milliseconds late.
    Late(u64),
    /// The announced picture is noise bytes.
    Garbage,
    /// No light: every pixel is nearly black.
    Black,
    /// Far too much light: every pixel is white.
    White,
    /// Out of focus or moved, beyond reading.
    Blurred,
    /// It shows what stood in front of the camera before.
    Previous,
}

/// One exposure: what the sensor saw, not yet drawn.
#[derive(Debug, Clone)]
pub struct Exposure {
    /// The frame counter.
    pub counter: u64,
    /// When the camera fired.
    pub fired: Tick,
    /// The prints on the pack.
    pub prints: Vec<Print>,
    /// Seed of position, light and noise.
    pub seed: u64,
    /// What goes wrong, if anything.
    pub fault: Option<FrameFault>,
}

impl Exposure {
    /// Draws the picture.
    #[must_use]
    pub fn draw(&self, optics: &Optics, noise: &Noise) -> Picture {
        self.spoil(photograph(&self.prints, optics, noise, self.seed))
    }

    /// What light and lens do to a picture when they are wrong.
    fn spoil(&self, mut picture: Picture) -> Picture {
        match self.fault {
            Some(FrameFault::Black) => picture.luma.fill(BLACK),
            Some(FrameFault::White) => picture.luma.fill(u8::MAX),
            Some(FrameFault::Blurred) => picture.blur(picture.width / BLUR_PARTS + 1),
            _ => {}
        }
        picture
    }

    /// Draws and codes the frame; `None` when it is lost on the way.
    #[must_use]
    pub fn frame(&self, optics: &Optics, noise: &Noise, coding: Coding) -> Option<Frame> {
        let body = match self.fault {
            Some(FrameFault::Lost) => return None,
            Some(FrameFault::Garbage) => {
                let mut random = Random::new(self.seed);
                (0..4096).map(|_| random.bits().to_le_bytes()[0]).collect()
            }
            _ => code(&self.draw(optics, noise), coding),
        };
        Some(self.sent(body, coding))
    }

    /// The frame with one pixel a module instead of a photograph; see [`crate::sketch`].
    #[must_use]
    pub fn sketched(&self) -> Option<Frame> {
        let body = match self.fault {
            Some(FrameFault::Lost) => return None,
            Some(FrameFault::Garbage) => vec![0x5A; 64],
            _ => code(&self.spoil(sketch(&self.prints)), Coding::Pgm),
        };
        Some(self.sent(body, Coding::Pgm))
    }

    /// What a smart reader reads in its place: the first symbol of one sound print in good light; `None`: nothing.
    #[must_use]
    pub fn readable(&self) -> Option<String> {
        let in_sight = match self.fault {
            None | Some(FrameFault::Late(_) | FrameFault::Previous) => true,
            Some(
                FrameFault::Lost
                | FrameFault::Garbage
                | FrameFault::Black
                | FrameFault::White
                | FrameFault::Blurred,
            ) => false,
        };
        match &self.prints[..] {
            [print] if in_sight && print.damage.is_none() => print.scan_data().into_iter().next(),
            _ => None,
        }
    }

    fn sent(&self, body: Vec<u8>, coding: Coding) -> Frame {
        let late_ms = if let Some(FrameFault::Late(ms)) = self.fault {
            ms
        } else {
            0
        };
        let send_at = if late_ms > 0 {
            self.fired.plus_ms(late_ms)
        } else {
            Tick::default()
        };
        Frame {
            counter: self.counter,
            send_at,
            content_type: coding.content_type(),
            body,
        }
    }
}

/// A frame ready for the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The frame counter.
    pub counter: u64,
    /// Not to be sent before this moment.
    pub send_at: Tick,
    /// Its content type.
    pub content_type: &'static str,
    /// The coded picture.
    pub body: Vec<u8>,
}

impl Frame {
    /// The frame as one part of a `multipart/x-mixed-replace; boundary=frame` stream.
    #[must_use]
    pub fn part(&self) -> Vec<u8> {
        self.part_counted_by("X-Frame-Counter")
    }

    /// The same with another name of the header that carries the frame counter.
    #[must_use]
    pub fn part_counted_by(&self, counter_header: &str) -> Vec<u8> {
        let (counter, length) = (self.counter, self.body.len());
        let mut part = format!(
            "--frame\r\nContent-Type: {}\r\nContent-Length: {length}\r\n\
             {counter_header}: {counter}\r\n\r\n",
            self.content_type
        )
        .into_bytes();
        part.extend_from_slice(&self.body);
        part.extend_from_slice(b"\r\n");
        part
    }
}

/// The camera.
#[derive(Debug)]
pub struct Camera {
    counter: u64,
    seed: u64,
    /// The prints on the pack before.
    before: Vec<Print>,
}

impl Camera {
    /// A camera that was just switched on.
    #[must_use]
    pub fn new(seed: u64) -> Camera {
        Camera {
            counter: 0,
            seed,
            before: Vec::new(),
        }
    }

    /// The trigger: one exposure of what stands in front of the camera.
    pub fn fire(&mut self, now: Tick, prints: &[Print], fault: Option<FrameFault>) -> Exposure {
        self.counter += 1;
        let seed = Random::stream(self.seed, self.counter).bits();
        let before = std::mem::replace(&mut self.before, prints.to_vec());
        let shown = match fault {
            Some(FrameFault::Previous) => before,
            _ => prints.to_vec(),
        };
        Exposure {
            counter: self.counter,
            fired: now,
            prints: shown,
            seed,
            fault,
        }
    }

    /// The last frame counter.
    #[must_use]
    pub fn counter(&self) -> u64 {
        self.counter
    }
}

/// Codes a picture.
#[must_use]
pub fn code(picture: &Picture, coding: Coding) -> Vec<u8> {
    let (w, h) = (picture.width, picture.height);
    let side = |pixels: usize| u32::try_from(pixels).expect("a picture side is small");
    match coding {
        Coding::Pgm => {
            let mut body = format!("P5\n{w} {h}\n255\n").into_bytes();
            body.extend_from_slice(&picture.luma);
            body
        }
        Coding::Png => {
            let mut body = Cursor::new(Vec::new());
            image::codecs::png::PngEncoder::new(&mut body)
                .write_image(&picture.luma, side(w), side(h), ExtendedColorType::L8)
                .expect("writing a grey picture to memory cannot fail");
            body.into_inner()
        }
        Coding::Jpeg(quality) => {
            let mut body = Cursor::new(Vec::new());
            image::codecs::jpeg::JpegEncoder::new_with_quality(&mut body, quality)
                .write_image(&picture.luma, side(w), side(h), ExtendedColorType::L8)
                .expect("writing a grey picture to memory cannot fail");
            body.into_inner()
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::{
        ink::{DAMAGES, Damage},
        printer::{Media, Printer},
    };

    /// A label as a station would have it printed, from ZPL on.
    pub fn print(n: u64) -> Print {
        let mut printer = Printer::new(Media::default());
        let form = "^XA^DFR:V.ZPL^FS^FO60,36^BXN,6,200,,,,_,1^FN1^FS^FO240,48^A0N,28,28^FN2^FS\
            ^FO240,92^A0N,28,28^FN3^FS^FO240,136^A0N,28,28^FN4^FS^XZ";
        let serial = format!("{:012}", Random::new(n).below(1_000_000_000_000));
        let job = format!(
            "^XA^XFR:V^FS^FN1^FD_101095060001343521727123110LOT{n}_121{serial}^FS\
             ^FN2^FD09506000134352^FS^FN3^FD{serial}^FS^FN4^FDLOT{n}^FS^XZ"
        );
        printer.receive(Tick(0), form.as_bytes());
        printer.receive(Tick(0), job.as_bytes());
        let label = printer.start_print(Tick(0), 0).expect("one label waits");
        Print {
            label,
            damage: None,
            dx: 0,
            dy: 0,
            seed: n,
        }
    }

    fn read(picture: &Picture) -> Option<String> {
        let side = |n: usize| u32::try_from(n).expect("small");
        let luma = picture.luma.clone();
        // Only what a pack carries: among damaged modules a reader of bars finds short numbers.
        let kind = Some(rxing::BarcodeFormat::DATA_MATRIX);
        rxing::helpers::detect_in_luma(luma, side(picture.width), side(picture.height), kind)
            .ok()
            .map(|found| found.getText().to_owned())
    }

    #[test]
    fn rxing_reads_every_sound_picture() {
        let optics = Optics::default();
        let noise = Noise::new(optics.noise, 1);
        let mut camera = Camera::new(42);
        for n in 0..200 {
            let print = print(n);
            let exposure = camera.fire(Tick(0), std::slice::from_ref(&print), None);
            assert_eq!(exposure.counter, n + 1);
            let picture = exposure.draw(&optics, &noise);
            assert!(picture.width >= 640 && picture.height >= 480);
            assert_eq!(
                read(&picture).as_deref(),
                Some(&*print.scan_data()[0]),
                "picture {n}"
            );
        }
    }

    #[test]
    fn heads_of_every_resolution_give_readable_pictures() {
        let optics = Optics::default();
        let noise = Noise::new(optics.noise, 1);
        for (dpmm, module) in [(8, 4), (12, 5), (24, 12)] {
            let mut printer = Printer::new(Media {
                dpmm,
                ..Media::default()
            });
            let zpl =
                format!("^XA^FO60,36^BXN,{module},200,,,,_,1^FD_1010950600013435221S{dpmm}^FS^XZ");
            printer.receive(Tick(0), zpl.as_bytes());
            let label = printer.start_print(Tick(0), 0).expect("a label");
            let print = Print {
                label,
                damage: None,
                dx: 0,
                dy: 0,
                seed: 0,
            };
            for seed in 0..20 {
                let exposure = Camera::new(seed).fire(Tick(0), std::slice::from_ref(&print), None);
                let text = read(&exposure.draw(&optics, &noise));
                assert_eq!(
                    text.as_deref(),
                    Some(&*print.scan_data()[0]),
                    "{dpmm} {seed}"
                );
            }
        }
    }

    #[test]
    fn rxing_reads_no_damaged_print_as_another_and_hardly_any_at_all() {
        let optics = Optics::default();
        let noise = Noise::new(optics.noise, 1);
        let mut camera = Camera::new(43);
        for damage in DAMAGES {
            let mut readable = 0;
            for n in 0..12 {
                let mut print = print(n);
                print.damage = Some(damage);
                let picture = camera
                    .fire(Tick(0), &[print.clone()], None)
                    .draw(&optics, &noise);
                if let Some(text) = read(&picture) {
                    assert_eq!(text, print.scan_data()[0], "{damage:?} {n}");
                    readable += 1;
                }
            }
            let most = if damage == Damage::Torn { 2 } else { 1 };
            assert!(readable <= most, "{damage:?}: {readable} of 12 readable");
        }
    }

    #[test]
    fn two_prints_on_one_pack_are_the_union_of_their_inks() {
        let optics = Optics {
            noise: 0.0,
            light_fall: 0.0,
            ..Optics::default()
        };
        let noise = Noise::new(0.0, 1);
        let (first, mut second) = (print(1), print(2));
        second.dx = 4;
        let both = photograph(&[first.clone(), second.clone()], &optics, &noise, 9);
        let alone = photograph(&[first], &optics, &noise, 9);
        assert!(
            both.luma.iter().zip(&alone.luma).all(|(b, a)| b <= a),
            "ink only adds"
        );
        assert_ne!(both.luma, alone.luma);
    }

    #[test]
    fn codings_come_back_and_the_part_is_framed() {
        let optics = Optics::default();
        let noise = Noise::new(optics.noise, 1);
        let exposure = Camera::new(1).fire(Tick(0), &[print(5)], None);
        let picture = exposure.draw(&optics, &noise);
        for coding in [Coding::Pgm, Coding::Png] {
            let frame = exposure.frame(&optics, &noise, coding).expect("sent");
            let decoded = image::load_from_memory(&frame.body).expect("a picture");
            assert_eq!(decoded.to_luma8().into_raw(), picture.luma, "{coding:?}");
        }
        let frame = exposure
            .frame(&optics, &noise, Coding::Jpeg(90))
            .expect("sent");
        let part = frame.part();
        let head = format!(
            "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\
             X-Frame-Counter: 1\r\n\r\n",
            frame.body.len()
        );
        assert!(part.starts_with(head.as_bytes()) && part.ends_with(b"\r\n"));
        let lost = Exposure {
            fault: Some(FrameFault::Lost),
            ..exposure
        };
        assert_eq!(lost.frame(&optics, &noise, Coding::Pgm), None);
    }
}
