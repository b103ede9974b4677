//! What another program of this machine says, waited for no longer than a moment.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for it.
const SAID_WAIT: Duration = Duration::from_secs(2);
/// How often is looked whether it has ended.
const LOOK_PAUSE: Duration = Duration::from_millis(10);
/// Most bytes of it that are read.
const SAID_BYTES: u64 = 16 * 1024;

/// Its standard output; `None` where there is no such program, it fails, or takes too long.
pub fn said(program: &str, args: &[&str]) -> Option<String> {
    let mut child = Command::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let until = Instant::now() + SAID_WAIT;
    // What is asked says a few lines: they fit the pipe.
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < until => std::thread::sleep(LOOK_PAUSE),
            _ => {
                // One that has ended meanwhile is what was wanted.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut text = String::new();
    let output = child.stdout.take()?;
    output.take(SAID_BYTES).read_to_string(&mut text).ok()?;
    status.success().then_some(text)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn programs_that_fail_hang_or_are_not_there_say_nothing() {
        assert_eq!(said("echo", &["yes"]).as_deref(), Some("yes\n"));
        assert_eq!(said("false", &[]), None);
        assert_eq!(said("surely-no-such-program", &[]), None);
        assert_eq!(said("sleep", &["60"]), None);
    }
}
