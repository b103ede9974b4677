//! What pages and places ask of the station, each question on a connection of its own.

use super::client::Client;
use super::look::SightSaid;
use super::state::ScanSaid;
use crate::record::PackNo;
use crate::wire::{Answer, Ask, Question, Sight};
use std::path::Path;
use std::sync::mpsc::Receiver;

/// What a page is asked for.
pub(super) enum Wanted {
    /// What was scanned.
    Scan(String),
    /// A pack by its number.
    Pack(PackNo),
}

/// What a page is asked for, with its running number.
pub(super) type Scan = (u64, Wanted);
/// A question of a place, with its running number.
pub(super) type Look = (u64, Question);

/// What is said where the answer is none to the question.
const OTHER: &str = "The station answered something else.";

/// Asks what was scanned, until `found` says that nobody listens. Of scans that wait only the last one is still of
/// interest: it has the page.
pub(super) fn find(path: &Path, scans: &Receiver<Scan>, found: &dyn Fn(u64, ScanSaid) -> bool) {
    while let Ok(first) = scans.recv() {
        let (no, wanted) = scans.try_iter().last().unwrap_or(first);
        let ask = match wanted {
            Wanted::Scan(scan) => Ask::Find { scan },
            Wanted::Pack(pack) => Ask::Look(Question::Pack { pack }),
        };
        let asked = Client::connect(path).and_then(|mut client| client.ask(ask));
        let said = match asked {
            Ok(Answer::Found(found)) => ScanSaid::Found(found),
            Ok(Answer::Seen(sight)) => match *sight {
                Sight::Pack(found) => ScanSaid::Found(found),
                _ => ScanSaid::Refused(OTHER.to_owned()),
            },
            Ok(Answer::Refused { text }) => ScanSaid::Refused(understood(text)),
            Ok(_) => ScanSaid::Refused(OTHER.to_owned()),
            Err(error) => ScanSaid::Refused(error.to_string()),
        };
        if !found(no, said) {
            return;
        }
    }
}

/// Asks what places show, until `seen` says that nobody listens. Of questions that wait only the last one is still of
/// interest.
pub(super) fn see(path: &Path, looks: &Receiver<Look>, seen: &dyn Fn(u64, SightSaid) -> bool) {
    while let Ok(first) = looks.recv() {
        let (no, question) = looks.try_iter().last().unwrap_or(first);
        let asked = Client::connect(path).and_then(|mut client| client.ask(Ask::Look(question)));
        let said = match asked {
            Ok(Answer::Seen(sight)) => SightSaid::Seen(sight),
            Ok(Answer::Refused { text }) => SightSaid::Refused(understood(text)),
            Ok(_) => SightSaid::Refused(OTHER.to_owned()),
            Err(error) => SightSaid::Refused(error.to_string()),
        };
        if !seen(no, said) {
            return;
        }
    }
}

/// A station that is older than this screen refuses the question as none at all.
fn understood(refusal: String) -> String {
    match refusal.contains("unknown variant `") {
        true => "This station is older than the screen and does not know the question: start it with this release."
            .to_owned(),
        false => refusal,
    }
}
