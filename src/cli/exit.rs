//! How commands end: documented exit codes, and failures as sentences.
//!
//! A question about something that is on no record (a number, lot, batch, partner, time) ends with 1 in every command:
//! it was understood, and there is nothing of the kind. What cannot be understood whatever the store holds (a garbled
//! scan, two options that exclude each other) ends with 2.

use std::fmt;
use std::process::{ExitCode, Termination};

/// The exit codes of every command. They never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Done as asked.
    Ok = 0,
    /// Some of what was given was refused, or is on no record; each is named.
    SomeRefused = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The station file, or a file of rules, has mistakes.
    Configuration = 10,
    /// A device or a station does not answer, or not as it should.
    Device = 11,
    /// The store cannot be opened, read or written, or an output cannot be written.
    Store = 12,
    /// The audit chain is broken.
    AuditChain = 13,
    /// The books do not balance, or do not agree with what really happened.
    DoesNotReconcile = 14,
    /// Something that a rule wants is not on record; each is named.
    NotComplete = 15,
    /// Stopped by a person before it was done.
    StoppedByOperator = 20,
    /// A bug in this program; the message says where the report lies.
    Bug = 70,
}

impl Exit {
    /// All codes.
    pub const ALL: [Exit; 11] = [
        Exit::Ok,
        Exit::SomeRefused,
        Exit::Usage,
        Exit::Configuration,
        Exit::Device,
        Exit::Store,
        Exit::AuditChain,
        Exit::DoesNotReconcile,
        Exit::NotComplete,
        Exit::StoppedByOperator,
        Exit::Bug,
    ];

    /// The number the system sees.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What it means, as the help texts say it.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Ok => "done",
            Exit::SomeRefused => "some of what was given was refused, or is on no record",
            Exit::Usage => "the command line makes no sense",
            Exit::Configuration => "the station file, or a file of rules, has mistakes",
            Exit::Device => "a device or station does not answer, or not as it should",
            Exit::Store => {
                "the store cannot be opened, read or written, or an output cannot be written"
            }
            Exit::AuditChain => "the audit chain is broken",
            Exit::DoesNotReconcile => "the books do not balance",
            Exit::NotComplete => "something that a rule wants is not on record",
            Exit::StoppedByOperator => "stopped by a person before it was done",
            Exit::Bug => "a bug in this program; the message says where the report lies",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.into()
    }
}

/// A command that did not do what was asked: the code, and a sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// What happened, where, and what to do next.
    pub text: String,
}

impl Failure {
    /// A failure with its sentence.
    pub fn new(exit: Exit, text: impl fmt::Display) -> Failure {
        Failure {
            exit,
            text: text.to_string(),
        }
    }
}

impl Failure {
    /// The same with another sentence behind it; one that is not told stays so.
    pub fn and(mut self, sentence: &str) -> Failure {
        if !self.text.is_empty() {
            self.text = format!("{self} {sentence}");
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end())
    }
}

impl std::error::Error for Failure {}

/// What a command returns.
pub type Ended = Result<Exit, Failure>;

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_code_is_listed_once() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 10, 11, 12, 13, 14, 15, 20, 70]);
    }
}
