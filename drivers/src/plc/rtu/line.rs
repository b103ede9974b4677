//! RTU frames over a serial port or a TCP connection. IO.
//!
//! - Frames are parted by the silence of 3.5 characters, 1.75 ms above 19200 baud.
//! - RTU does not number its requests: after a time-out, an answer that is not the right one, or a hang-up the link is
//!   dropped, and what comes later may belong to what was asked before. A PLC answers one request after the other. So
//!   the first thing asked on a link is a *mark*: a read of another length than any read that is still owed an answer.
//!   Everything that is heard before the mark's answer is thrown away; behind it nothing old can come.
//! - Without a mark (the first request is no read, or of one register) only the silence protects; a PLC session begins
//!   with its header.

use super::{answer, ends_with_answer, frame};
use crate::Fault;
use crate::address::LinkAddress;
use crate::link::Wire;
use crate::plc::{PlcAnswer, PlcRequest};
use std::time::Duration;
use tokio::time::Instant;

/// The silence between two frames at speeds above 19200 baud.
const FAST_SILENCE: Duration = Duration::from_micros(1_750);
/// Above this the silence does not get shorter.
const FAST_BAUD: u64 = 19_200;
/// How long a line that was just opened must say nothing before it is spoken to.
const OPENING_SILENCE: Duration = Duration::from_millis(20);
/// Longest mark, in registers: it costs the line's time.
const MARK_REGISTERS: u16 = 8;
/// Lengths of reads that are remembered as owed; a line that answered none of so many is simply quiet.
const OWED_MAX: usize = 32;
/// Bytes taken from the link at once.
const READ_BYTES: usize = 512;

/// A line with a PLC, opened again and again.
pub(in crate::plc) struct RtuLine {
    link: LinkAddress,
    unit: u8,
    silence: Duration,
    wire: Option<Wire>,
    /// The mark was answered on this link.
    in_step: bool,
    /// When a byte was last heard.
    heard_at: Instant,
    /// Lengths of reads that were never answered, the oldest first.
    owed: Vec<u16>,
}

impl RtuLine {
    /// A line that is not open yet. `character` is the time of one character, zero over TCP alone.
    pub fn new(link: LinkAddress, unit: u8, character: Duration) -> RtuLine {
        RtuLine {
            link,
            unit,
            silence: silence(character),
            wire: None,
            in_step: false,
            heard_at: Instant::now(),
            owed: Vec::new(),
        }
    }

    pub async fn open(&mut self) -> Result<(), Fault> {
        self.in_step = false;
        self.wire = Some(Wire::open(&self.link).await?);
        Ok(())
    }

    pub fn close(&mut self) {
        if let Some(wire) = self.wire.take() {
            wire.close();
        }
    }

    /// One request and its answer; any error means that the link is of no more use.
    pub async fn ask(&mut self, request: PlcRequest) -> Result<PlcAnswer, Fault> {
        if !self.in_step {
            self.quiet(OPENING_SILENCE.max(self.silence)).await?;
            if let Some(mark) = self.mark(&request) {
                self.get_in_step(&mark).await?;
            }
            self.in_step = true;
        }
        self.say(&request).await?;
        let mut heard = Vec::new();
        loop {
            self.listen(&mut heard).await?;
            if let Some(answer) = answer(self.unit, &request, &heard)? {
                self.owed.clear();
                return Ok(answer);
            }
        }
    }

    /// A read of the same registers, but of another length than any that is owed.
    fn mark(&self, request: &PlcRequest) -> Option<PlcRequest> {
        let PlcRequest::Read {
            table,
            address,
            count,
        } = *request
        else {
            return None;
        };
        let lengths = 1..=MARK_REGISTERS.min(count.saturating_sub(1));
        let last = |length: &u16| self.owed.iter().rposition(|owed| owed == length);
        // When all are owed, the one owed longest: the answer to it would have come before all the others.
        let length = lengths
            .rev()
            .min_by_key(|length| last(length).map_or(0, |at| at + 1))?;
        Some(PlcRequest::Read {
            table,
            address,
            count: length,
        })
    }

    async fn get_in_step(&mut self, mark: &PlcRequest) -> Result<(), Fault> {
        self.say(mark).await?;
        let mut heard = Vec::new();
        loop {
            self.listen(&mut heard).await?;
            if ends_with_answer(self.unit, mark, &heard)? {
                self.owed.clear();
                return Ok(());
            }
            let old = heard.len().saturating_sub(READ_BYTES);
            heard.drain(..old);
        }
    }

    async fn say(&mut self, request: &PlcRequest) -> Result<(), Fault> {
        // Owed from now on: what happens while this waits must not forget it.
        if let PlcRequest::Read { count, .. } = request {
            self.owe(*count);
        }
        tokio::time::sleep_until(self.heard_at + self.silence).await;
        let frame = frame(self.unit, request);
        self.wire()?.write_all(&frame).await
    }

    fn owe(&mut self, count: u16) {
        self.owed.push(count);
        let old = self.owed.len().saturating_sub(OWED_MAX);
        self.owed.drain(..old);
    }

    async fn listen(&mut self, heard: &mut Vec<u8>) -> Result<(), Fault> {
        let mut buffer = [0; READ_BYTES];
        let count = self.wire()?.read(&mut buffer).await?;
        self.heard_at = Instant::now();
        heard.extend(&buffer[..count]);
        Ok(())
    }

    /// Throws away what comes until nothing came for a while. The session limits how long that may take.
    async fn quiet(&mut self, silence: Duration) -> Result<(), Fault> {
        let mut old = Vec::new();
        while let Ok(heard) = tokio::time::timeout(silence, self.listen(&mut old)).await {
            heard?;
            old.clear();
        }
        Ok(())
    }

    fn wire(&mut self) -> Result<&mut Wire, Fault> {
        let closed = || Fault::LinkDown("the line to the PLC is not open".into());
        self.wire.as_mut().ok_or_else(closed)
    }
}

/// The silence between two frames, from the time of one character; none over TCP alone.
fn silence(character: Duration) -> Duration {
    let fast = Duration::from_nanos(11_000_000_000 / FAST_BAUD);
    match character < fast {
        true => FAST_SILENCE,
        false => character * 7 / 2,
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::plc::RegisterTable;

    fn line(owed: &[u16]) -> RtuLine {
        let (host, port) = ("h".into(), 1);
        let link = LinkAddress::Tcp(crate::address::HostPort { host, port });
        RtuLine {
            owed: owed.to_vec(),
            ..RtuLine::new(link, 1, Duration::ZERO)
        }
    }

    #[test]
    fn a_mark_is_of_a_length_that_is_owed_to_nobody() {
        let header = PlcRequest::Read {
            table: RegisterTable::Input,
            address: 100,
            count: 40,
        };
        let length = |owed: &[u16]| match line(owed).mark(&header) {
            Some(PlcRequest::Read {
                table: RegisterTable::Input,
                address: 100,
                count,
            }) => count,
            other => panic!("{other:?}"),
        };
        assert_eq!(length(&[]), 8);
        assert_eq!(length(&[8]), 7);
        assert_eq!(length(&[8, 40, 7, 40, 6]), 5);
        assert_eq!(length(&[8, 7, 6, 5, 4, 3, 2, 1]), 8, "owed longest");
        assert_eq!(length(&[8, 7, 6, 5, 4, 3, 2, 1, 8]), 7);
        let one = PlcRequest::Read {
            table: RegisterTable::Holding,
            address: 0,
            count: 1,
        };
        assert_eq!(line(&[]).mark(&one), None);
        // However many were never answered, so many are remembered.
        let mut line = line(&[]);
        (0..100).for_each(|count| line.owe(count));
        assert_eq!(
            (line.owed.len(), line.owed[0]),
            (OWED_MAX, 100 - OWED_MAX as u16)
        );
    }

    #[test]
    fn the_silence_is_that_of_the_specification() {
        let at = |baud: u64| silence(Duration::from_nanos(11_000_000_000 / baud));
        assert_eq!(at(9_600).as_micros(), 4_010);
        assert_eq!(at(19_200).as_micros(), 2_005);
        assert_eq!(at(38_400), FAST_SILENCE);
        assert_eq!(at(921_600), FAST_SILENCE);
    }
}
