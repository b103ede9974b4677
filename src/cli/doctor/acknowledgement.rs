//! The lines between writer, witness and check, and what a file of acknowledgements proves. PURE.
//!
//! ```text
//! writer  → witness   vidimus-power-test 1 TEST        once, at the beginning
//! witness → writer    noted N                          N = newest commit of TEST in the file, 0 for none
//! writer  → witness   power-test TEST N                after commit N has returned
//! witness → writer    noted N                          after the line is in the file
//! ```
//!
//! TEST is eight hexadecimal digits, drawn when the store was made: acknowledgements of another disk's test prove
//! nothing about this one. The file holds the writer's lines as they came.

use std::fmt;
use std::str::FromStr;

/// Longest line, in bytes.
pub const LINE_MAX: usize = 80;

/// Which test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestId(pub u32);

impl fmt::Display for TestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for TestId {
    type Err = ();
    fn from_str(text: &str) -> Result<TestId, ()> {
        let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match text.len() == 8 && digits {
            true => u32::from_str_radix(text, 16).map(TestId).map_err(drop),
            false => Err(()),
        }
    }
}

/// One commit of a test, acknowledged after it has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Which test.
    pub test: TestId,
    /// The commit's number, from 1.
    pub commit: u64,
}

impl fmt::Display for Acknowledgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "power-test {} {}", self.test, self.commit)
    }
}

impl FromStr for Acknowledgement {
    type Err = ();
    fn from_str(text: &str) -> Result<Acknowledgement, ()> {
        let mut words = text.split_ascii_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("power-test"), Some(test), Some(commit), None) => Ok(Acknowledgement {
                test: test.parse()?,
                commit: number(commit)?,
            }),
            _ => Err(()),
        }
    }
}

/// A commit's number: digits only, from 1.
pub fn number(text: &str) -> Result<u64, ()> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits && number > 0 => Ok(number),
        _ => Err(()),
    }
}

/// The writer's first line.
pub fn greeting(test: TestId) -> String {
    format!("vidimus-power-test 1 {test}")
}

/// The test that a writer's first line names.
pub fn greeted(line: &str) -> Option<TestId> {
    line.strip_prefix("vidimus-power-test 1 ")?.parse().ok()
}

/// The witness's answer to a line.
pub fn noted(commit: u64) -> String {
    format!("noted {commit}")
}

/// The commit that a witness says it has noted.
pub fn noted_of(line: &str) -> Option<u64> {
    match line.strip_prefix("noted ")? {
        "0" => Some(0),
        commit => number(commit).ok(),
    }
}

/// What the acknowledgements of one test prove.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proof {
    /// The newest acknowledged commit; 0: none.
    pub newest: u64,
    /// Commits that were acknowledged and whose numbers were given out again later: they were lost in between.
    pub repeated: u64,
}

impl Proof {
    /// Takes the next acknowledgement of the test, and says whether it counts. Where its line is not ended the
    /// number may be the beginning of a greater one; then it says nothing about numbers given out again.
    pub fn take(&mut self, commit: u64, ended: bool) -> bool {
        if commit <= self.newest && ended {
            self.repeated = self.repeated.max(self.newest - commit + 1);
        }
        let counts = commit > self.newest || ended;
        self.newest = self.newest.max(commit);
        counts
    }
}

/// A line in a file of acknowledgements: one of them, nothing, or not to be understood.
///
/// A terminal's recording ends its lines with CR LF.
pub fn in_file(line: &[u8]) -> Result<Option<Acknowledgement>, ()> {
    let text = std::str::from_utf8(line).map_err(drop)?.trim();
    match text.is_empty() {
        true => Ok(None),
        false => text.parse().map(Some),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    const TEST: TestId = TestId(0x00c0_ffee);

    #[test]
    fn lines_are_read_as_they_are_written_and_nothing_else_is() {
        let one = Acknowledgement {
            test: TEST,
            commit: 17,
        };
        assert_eq!(one.to_string(), "power-test 00c0ffee 17");
        assert_eq!(one.to_string().parse(), Ok(one));
        assert_eq!(in_file(b"power-test 00c0ffee 17\r\n"), Ok(Some(one)));
        assert_eq!(in_file(b"\n"), Ok(None));
        assert_eq!(greeted(&greeting(TEST)), Some(TEST));
        assert_eq!(noted_of(&noted(0)), Some(0));
        for wrong in [
            "power-test 00c0ffee",
            "power-test 00c0ffee 0",
            "power-test 00c0ffee +7",
            "power-test 00c0ffee 7 8",
            "power-test c0ffee 7",
            "power-test +0c0ffee 7",
            "power-test 00c0ffee 18446744073709551616",
            "17",
        ] {
            assert_eq!(in_file(wrong.as_bytes()), Err(()), "{wrong}");
        }
        assert_eq!(in_file(b"power-test 00c0ffee 1\xff"), Err(()));
        assert_eq!(greeted("SSH-2.0-OpenSSH_9.6"), None);
        assert_eq!(noted_of("noted"), None);
    }

    #[test]
    fn a_number_given_out_twice_proves_a_loss_in_between() {
        let mut proof = Proof::default();
        assert!((1..=10).all(|commit| proof.take(commit, true)));
        assert!(!proof.take(1, false), "the beginning of 11");
        assert_eq!(proof.repeated, 0);
        assert!((8..=20).all(|commit| proof.take(commit, true)));
        let lost = 3; // 8, 9 and 10
        assert_eq!((proof.newest, proof.repeated), (20, lost));
        assert!(proof.take(21, false));
        assert_eq!((proof.newest, proof.repeated), (21, lost));
    }
}
