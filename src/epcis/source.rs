//! Input that counts its lines and hands out no more bytes than one event may have. PURE.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

/// Most bytes of one event, and of anything else that is kept while a document is read.
pub const EVENT_BYTES_MAX: u64 = 16 << 20;

/// Deepest nesting of objects, lists and elements.
pub const DEPTH_MAX: usize = 64;

/// Counters that the reader of a syntax looks at while the library has the input.
#[derive(Debug)]
pub(super) struct Meter {
    line: Cell<u64>,
    left: Cell<u64>,
    limit: u64,
    /// The limit was reached.
    exceeded: Cell<bool>,
}

impl Meter {
    pub(super) fn new(limit: u64) -> Meter {
        Meter {
            line: Cell::new(1),
            left: Cell::new(limit),
            limit,
            exceeded: Cell::new(false),
        }
    }

    /// The line that is being read, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line.get()
    }

    /// The next piece may have so many bytes again.
    pub(super) fn renew(&self) {
        self.left.set(self.limit);
    }

    /// Bytes that go by without being kept are not counted.
    pub(super) fn suspend(&self) {
        self.left.set(u64::MAX);
    }

    pub(super) fn exceeded(&self) -> bool {
        self.exceeded.get()
    }
}

/// The input as the libraries read it.
pub(super) struct Source<'r> {
    input: &'r mut dyn BufRead,
    meter: &'r Meter,
}

impl<'r> Source<'r> {
    pub(super) fn new(input: &'r mut dyn BufRead, meter: &'r Meter) -> Source<'r> {
        Source { input, meter }
    }

    /// The first byte that is no blank, which stays in the input.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let there = self.fill_buf()?;
            let Some(first) = there.first().copied() else {
                return Ok(None);
            };
            if !b" \t\r\n".contains(&first) {
                return Ok(Some(first));
            }
            self.consume(1);
        }
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.meter.left.get();
        if left == 0 {
            self.meter.exceeded.set(true);
            return Err(io::Error::other("one event is too big"));
        }
        let there = self.input.fill_buf()?;
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(there.len());
        Ok(&there[..len])
    }

    fn consume(&mut self, len: usize) {
        if len == 0 {
            return;
        }
        // What was filled is still there: no reading happens here.
        let lines = self.input.fill_buf().map_or(0, |there| {
            let taken = &there[..len.min(there.len())];
            taken.iter().filter(|byte| **byte == b'\n').count()
        });
        self.meter.line.set(self.meter.line.get() + lines as u64);
        if self.meter.left.get() != u64::MAX {
            self.meter
                .left
                .set(self.meter.left.get().saturating_sub(len as u64));
        }
        self.input.consume(len);
    }
}

impl Read for Source<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let len = there.len().min(to.len());
        to[..len].copy_from_slice(&there[..len]);
        self.consume(len);
        Ok(len)
    }
}
