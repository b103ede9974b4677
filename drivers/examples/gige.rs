//! Takes pictures from a GigE Vision camera for a while, and says how many came, how many were lost, and how long it was
//! from one to the next.
//!
//!     cargo run -p vidimus-drivers --example gige -- gige://192.168.1.20 10
//!     cargo run -p vidimus-drivers --example gige -- gige://serial:FAKE01?trigger=software 10 20
//!     cargo run -p vidimus-drivers --example gige            (searches all networks)
//!
//! The second number is software triggers a second. The measure of `docs/cameras.md` is, with `--release`, and
//! `vidimus-sim camera --gige 127.0.0.1:3956 --pixels 1280x1024` beside it:
//!
//!     time cargo run --release -p vidimus-drivers --example gige -- "gige://127.0.0.1?trigger=off&rate=60" 30

use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::{CameraEvent, gige};
use vidimus_drivers::pump::Clock;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let Some(address) = given.first() else {
        return search();
    };
    let address = match address.parse() {
        Ok(Address::Gige(address)) => address,
        Ok(_) => return fail("This is no address of a GigE Vision camera."),
        Err(why) => return fail(&why.to_string()),
    };
    let number = |at: usize, usual: u64| {
        given
            .get(at)
            .and_then(|text| text.parse().ok())
            .unwrap_or(usual)
    };
    let (seconds, triggers) = (number(1, 10), number(2, 0));
    let (tell, told) = mpsc::channel();
    let emit = move |event| drop(tell.send(event));
    let pump = match gige::spawn(address, Clock::start(), emit) {
        Ok(pump) => pump,
        Err(why) => return fail(&why.to_string()),
    };
    let (mut pictures, mut lost, mut bytes) = (0_u64, 0_u64, 0);
    let (mut begun, mut last) = (None, Instant::now());
    let mut gaps = Vec::new();
    let end = Instant::now() + Duration::from_secs(seconds);
    let pause = Duration::from_secs(1).checked_div(u32::try_from(triggers).unwrap_or(0));
    let mut next = Instant::now();
    while Instant::now() < end {
        if pause.is_some() && begun.is_some() && Instant::now() >= next {
            next += pause.unwrap_or_default();
            if pump.send(()).is_err() {
                return fail("The pump takes no trigger.");
            }
        }
        match told.recv_timeout(Duration::from_millis(5)) {
            Ok(CameraEvent::Frame(frame)) => {
                let now = Instant::now();
                gaps.extend((pictures > 0).then(|| now - last));
                (pictures, bytes, last) = (pictures + 1, frame.body.len(), now);
                begun.get_or_insert(last);
            }
            Ok(CameraEvent::Lost { why, .. }) => {
                lost += 1;
                println!("lost: {why}");
            }
            Ok(CameraEvent::Link(up)) => {
                (begun, next) = (up.then(Instant::now), Instant::now());
                println!("link: {up}");
            }
            Ok(CameraEvent::Warning(what)) => println!("warning: {what}"),
            Ok(CameraEvent::Fault(why)) => println!("fault: {why}"),
            Err(_) => {}
        }
    }
    let took = begun.map_or(0.0, |begun| (last - begun).as_secs_f64());
    println!("{pictures} pictures of {bytes} bytes in {took:.2} s, {lost} lost");
    gaps.sort_unstable();
    if let (Some(median), Some(longest)) = (gaps.get(gaps.len() / 2), gaps.last()) {
        println!("from one to the next: median {median:.1?}, longest {longest:.1?}");
    }
    if pump.join() {
        ExitCode::SUCCESS
    } else {
        fail("The pump broke.")
    }
}

fn search() -> ExitCode {
    match gige::discover(Duration::from_secs(1)) {
        Ok(found) => {
            found.iter().for_each(|camera| println!("{camera}"));
            ExitCode::SUCCESS
        }
        Err(why) => fail(&why.to_string()),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}
