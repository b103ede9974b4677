//! What answers is something else than the printer that was meant: an echo, another model.

use super::tongues::{TONGUES, config, root};
use vidimus_drivers::printer::PrinterEvent;
use vidimus_drivers::printer::described::{Described, Description};
use vidimus_drivers::printer::session::{PrinterConfig, PrinterSession};
use vidimus_drivers::{Output, Session, Tick};

/// What a session says when each of its words is answered by this; until it gives up.
fn faults_of(mut session: PrinterSession, answer: impl Fn(&[u8]) -> Vec<u8>) -> Vec<String> {
    let (mut now, mut faults) = (Tick::default(), Vec::new());
    session.opened(now);
    for _ in 0..10 {
        let mut answers = Vec::new();
        while let Some(output) = session.next_output() {
            match output {
                Output::Transmit(bytes) => answers.extend(answer(&bytes)),
                Output::Event(PrinterEvent::Fault(fault)) | Output::DropLink(fault) => {
                    faults.push(fault.to_string());
                }
                Output::Event(_) => {}
            }
        }
        session.received(now, &answers);
        if let Some(wake) = session.wake() {
            now = now.max(wake.at);
            session.woken(now);
        }
    }
    faults
}

#[test]
fn what_sends_back_what_it_gets_is_named_as_that() {
    for tongue in TONGUES {
        let faults = faults_of(tongue.session(), <[u8]>::to_vec);
        let named = faults
            .last()
            .is_some_and(|fault| fault.contains("came back"));
        assert!(named, "{}: {faults:?}", tongue.scheme);
        assert!(
            !faults.iter().any(|fault| fault.contains("no answer")),
            "{faults:?}"
        );
    }
}

#[test]
fn another_model_than_the_one_that_is_wanted_is_the_wrong_device() {
    let faults = |model: &str| {
        let described =
            std::fs::read_to_string(root().join("templates/printers/coder.toml")).unwrap();
        let language = Described::new(Description::parse(&described).unwrap());
        let config = PrinterConfig {
            model: Some(model.into()),
            ..config()
        };
        let session = PrinterSession::new(Box::new(language), config);
        faults_of(session, |asked| match asked {
            b"\x02I\x0349" => b"\x02IVC-1,1.04\x032F".to_vec(),
            _ => Vec::new(),
        })
    };
    let wrong = "wrong device: expected the model \"VC-2\", found the model \"VC-1\"";
    assert_eq!(faults("VC-2")[0], wrong);
    let same = faults("vc-1");
    assert!(
        !same.iter().any(|fault| fault.contains("wrong device")),
        "{same:?}"
    );
}
