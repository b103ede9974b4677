//! Lists of everything that can be made to go wrong, as `--faults-list` prints them.

use std::{io::Write as _, process::ExitCode};

use vidimus_simulators::{
    fault::{FAULTS, FaultKind, MISHAPS},
    gige, plc, printer, reader,
    trouble::Named,
};

/// How troubles are ordered, some of which take a number.
const ORDERED: &str = "Ordered at the control port: {\"do\":\"fault\",\"name\":NAME,\"on\":true}, some with \"value\":NUMBER.\n";

/// What can be made to go wrong with a printer.
pub fn list_faults() -> ExitCode {
    let mut list = ORDERED.to_owned();
    let of_printer = |kind: FaultKind| kind.lasts() && kind.touches_printer();
    for (_, words) in FAULTS.iter().filter(|(kind, _)| of_printer(*kind)) {
        list.push_str(&format!("{:<18} {}\n", words.name, words.what()));
    }
    show(list + &troubles::<printer::Trouble>())
}

/// What can be made to go wrong with a GigE Vision camera.
pub fn list_camera_faults() -> ExitCode {
    show(ORDERED.to_owned() + &troubles::<gige::Trouble>())
}

/// What can be made to go wrong on a line.
pub fn list_line_faults() -> ExitCode {
    let mut list = String::from(
        "--faults NAME=RATE,… with a chance from 0 to 1 for each pack fed, or ordered at the control port:\n\
         {\"do\":\"fault\",\"name\":NAME,\"on\":true} strikes the next pack, or stands until ended.\n\n",
    );
    let mishaps = MISHAPS.iter().map(|(_, words)| words);
    for words in FAULTS.iter().map(|(_, words)| words).chain(mishaps) {
        let needs = match words.needs {
            "" => String::new(),
            needs => format!(" Needs {needs}."),
        };
        list.push_str(&format!("{:<20} {}{needs}\n", words.name, words.what()));
    }
    show(list)
}

/// What can be made to go wrong with a reader.
pub fn list_reader_faults() -> ExitCode {
    show(ORDERED.to_owned() + &troubles::<reader::Trouble>())
}

/// What can be made to go wrong with a PLC's answers.
pub fn list_plc_faults() -> ExitCode {
    let ordered = "Ordered at the control port: {\"do\":\"fault\",\"name\":NAME,\"on\":true,\"value\":NUMBER}.\n";
    show(ordered.to_owned() + &troubles::<plc::trouble::Trouble>())
}

fn troubles<K: Named>() -> String {
    K::TABLE.iter().map(|words| words.line()).collect()
}

fn show(list: String) -> ExitCode {
    let _ = std::io::stdout().write_all(list.as_bytes());
    ExitCode::SUCCESS
}
