//! `vidimus doctor --power-test check`: after the boot, what is left of the numbered commits against what was
//! acknowledged, in one sentence.

use super::acknowledgement::{self, Acknowledgement, Proof, TestId};
use super::numbered::{self, NotRead};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::{message, print_json, print_line};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Arguments of `check`.
#[derive(Debug, Clone, clap::Args)]
pub struct CheckArgs {
    /// The folder that was written to
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The newest acknowledged commit, or the witness's file
    #[arg(long, value_name = "N|FILE")]
    acknowledged: Acknowledged,
    /// Prints one JSON object: v, result (kept, lost, damaged), newest_commit, newest_acknowledged, lost, restarted,
    /// text
    #[arg(long)]
    json: bool,
}

/// What was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Acknowledged {
    Newest(u64),
    File(PathBuf),
}

impl FromStr for Acknowledged {
    type Err = String;
    fn from_str(text: &str) -> Result<Acknowledged, String> {
        match text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
            true => acknowledgement::number(text)
                .map(Acknowledged::Newest)
                .map_err(|()| "commits are numbered from 1".to_owned()),
            false => Ok(Acknowledged::File(PathBuf::from(text))),
        }
    }
}

/// Calls `each` with every acknowledgement of a file, in order, and with whether its line is ended. Returns the
/// bytes of a last line that is not; it may be cut off.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn each_acknowledgement(
    path: &Path,
    mut each: impl FnMut(Acknowledgement, bool),
) -> Result<u64, Failure> {
    let name = path.display();
    let unread = |why: std::io::Error| {
        let text = format!("The acknowledgements {name} cannot be read ({why}).");
        Failure::new(Exit::Usage, text)
    };
    let mut lines = BufReader::new(File::open(path).map_err(unread)?);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let most = acknowledgement::LINE_MAX as u64;
        let read = (&mut lines)
            .take(most)
            .read_until(b'\n', &mut line)
            .map_err(unread)?;
        let ended = line.ends_with(b"\n");
        let last = !ended && lines.fill_buf().map_err(unread)?.is_empty();
        match acknowledgement::in_file(&line) {
            Ok(Some(one)) if ended || last => each(one, ended),
            Ok(None) => {}
            Err(()) if last => {}
            _ => {
                let shown = String::from_utf8_lossy(line.trim_ascii())
                    .escape_debug()
                    .to_string();
                let text = format!(
                    "{name}, line {number}: \"{shown}\" is no acknowledgement. Lines read \
                     \"power-test TEST NUMBER\", as the witness writes them; leave others out, or give the newest \
                     number itself."
                );
                return Err(Failure::new(Exit::Usage, text));
            }
        }
        if last {
            return Ok(read as u64);
        }
    }
    Ok(0)
}

/// What the acknowledgements prove for one test.
fn proof(acknowledged: &Acknowledged, test: TestId) -> Result<Proof, Failure> {
    let path = match acknowledged {
        Acknowledged::Newest(newest) => {
            return Ok(Proof {
                newest: *newest,
                repeated: 0,
            });
        }
        Acknowledged::File(path) => path,
    };
    let (mut proof, mut others) = (Proof::default(), 0_u64);
    each_acknowledgement(path, |one, ended| match one.test == test {
        true => drop(proof.take(one.commit, ended)),
        false => others += 1,
    })?;
    if proof.newest == 0 {
        let name = path.display();
        let text = format!(
            "{name} holds no acknowledgement of this test ({test}), and {others} of other tests: nothing is proven. \
             Give the file of the witness that this test was written to."
        );
        return Err(Failure::new(Exit::Usage, text));
    }
    Ok(proof)
}

/// What the disk did.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    Kept { newest: u64 },
    Lost { newest: u64, lost: u64 },
    Damaged { text: String },
}

impl Finding {
    fn of(newest: u64, proof: &Proof) -> Finding {
        // Commits that were written again since cover up a loss; the acknowledgements tell of it all the same.
        let lost = proof.newest.saturating_sub(newest) + proof.repeated;
        match lost {
            0 => Finding::Kept { newest },
            lost => Finding::Lost { newest, lost },
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Finding::Kept { .. } => "kept",
            Finding::Lost { .. } => "lost",
            Finding::Damaged { .. } => "damaged",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Finding::Kept { .. } => Exit::Ok,
            Finding::Lost { .. } => Exit::DoesNotReconcile,
            Finding::Damaged { .. } => Exit::AuditChain,
        }
    }

    /// One sentence; `restarted`: the machine was off since, as far as it knows.
    fn sentence(&self, acknowledged: Option<u64>, restarted: Option<bool>) -> String {
        let acknowledged = acknowledged.unwrap_or(0);
        match self {
            Finding::Kept { newest } => format!(
                "KEPT EVERYTHING: the newest acknowledged commit is {acknowledged}, the newest on the disk {newest}; \
                 the store is whole."
            ),
            Finding::Lost { newest, lost } => format!(
                "LOST {lost} acknowledged commit{}: the newest acknowledged one is {acknowledged}, the newest on the \
                 disk {newest}. {}",
                if *lost == 1 { "" } else { "s" },
                match restarted {
                    Some(false) => {
                        "But this machine has not been off since, so its disk had no chance to lose them: the number \
                         was mistyped, or this is another folder or an older copy of it. Check both, and ask again."
                    }
                    _ => {
                        "This disk or its controller says \"written\" too early; do not use it for a station."
                    }
                }
            ),
            Finding::Damaged { text } => format!(
                "DAMAGED: {text} This disk or its controller does not keep what it acknowledges, or something else \
                 wrote there; do not use it for a station."
            ),
        }
    }
}

/// Looks at what is left, and says so.
///
/// # Errors
/// There is no test to look at, or the acknowledgements make no sense.
pub fn run(args: &CheckArgs) -> Ended {
    let audits = || message("Auditing all of the store; a long test takes its time.");
    let (finding, acknowledged, restarted) = match numbered::read(&args.dir, audits) {
        Ok(left) => {
            let proof = proof(&args.acknowledged, left.session.test)?;
            let now = numbered::boot_of_machine();
            let restarted = left.session.boot.zip(now).map(|(then, now)| then != now);
            (
                Finding::of(left.newest, &proof),
                Some(proof.newest),
                restarted,
            )
        }
        Err(NotRead::Damaged(text)) => (Finding::Damaged { text }, None, None),
        Err(NotRead::Other(failure)) => return Err(failure),
    };
    let text = finding.sentence(acknowledged, restarted);
    match args.json {
        true => print_json(&serde_json::json!({
            "v": 1,
            "result": finding.name(),
            "newest_commit": match finding {
                Finding::Kept { newest } | Finding::Lost { newest, .. } => Some(newest),
                Finding::Damaged { .. } => None,
            },
            "newest_acknowledged": acknowledged,
            "lost": match finding {
                Finding::Kept { .. } => Some(0),
                Finding::Lost { lost, .. } => Some(lost),
                Finding::Damaged { .. } => None,
            },
            "restarted": restarted,
            "text": text,
        }))?,
        false => print_line(&text)?,
    }
    if let (Finding::Kept { .. }, Some(false)) = (&finding, restarted) {
        message(
            "This machine has not been restarted since: the disk never lost its power, so nothing is proven of it \
             yet. Pull the plug while `write` is at work.",
        );
    }
    Ok(finding.exit())
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_loss_is_counted_also_when_it_was_written_over() {
        let proof = |newest, repeated| Proof { newest, repeated };
        for (newest, proof, finding) in [
            (10, proof(10, 0), Finding::Kept { newest: 10 }),
            (12, proof(10, 0), Finding::Kept { newest: 12 }),
            (7, proof(10, 0), Finding::Lost { newest: 7, lost: 3 }),
            (
                20,
                proof(20, 3),
                Finding::Lost {
                    newest: 20,
                    lost: 3,
                },
            ),
        ] {
            assert_eq!(Finding::of(newest, &proof), finding);
        }
    }

    #[test]
    fn a_disk_that_never_lost_its_power_is_not_blamed() {
        let lost = Finding::Lost { newest: 7, lost: 3 };
        for restarted in [Some(true), None] {
            let said = lost.sentence(Some(10), restarted);
            assert!(said.contains("do not use it for a station"), "{said}");
        }
        let said = lost.sentence(Some(10), Some(false));
        assert!(said.starts_with("LOST 3 acknowledged commits"), "{said}");
        assert!(
            !said.contains("do not use") && said.contains("mistyped"),
            "{said}"
        );
    }

    #[test]
    fn acknowledged_is_a_number_or_a_file() {
        assert_eq!("12".parse(), Ok(Acknowledged::Newest(12)));
        assert!("0".parse::<Acknowledged>().is_err());
        assert!("99999999999999999999".parse::<Acknowledged>().is_err());
        assert_eq!("12.txt".parse(), Ok(Acknowledged::File("12.txt".into())));
    }
}
