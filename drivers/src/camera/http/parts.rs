//! Takes the parts of a multipart body apart, from any split of the bytes, in time linear in the
//! bytes. PURE.

use super::{HEADER_LINES_MAX, HEADER_MAX, PICTURE_MAX};
use crate::Fault;
use crate::camera::PictureCoding;

/// Bytes that may lie between two parts before the stream counts as garbled.
const BETWEEN_PARTS_MAX: usize = HEADER_MAX;
/// Room reserved for a picture before its bytes have come: a claim is not a picture.
const RESERVE_MAX: usize = 1024 * 1024;

/// A part that came, or that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Picture {
        counter: Option<u64>,
        coding: PictureCoding,
        body: Vec<u8>,
    },
    Lost {
        counter: Option<u64>,
        why: Fault,
    },
}

/// What a part's header says.
#[derive(Debug, Clone, Default)]
struct Head {
    counter: Option<u64>,
    length: Option<usize>,
    /// `None` when the header names no type; `Some(None)` when it names one that is no picture.
    coding: Option<Option<PictureCoding>>,
    kind: String,
}

#[derive(Debug)]
enum State {
    /// Looking for the line with the boundary; `garbage` counts bytes that belong to nothing.
    Between {
        garbage: usize,
    },
    Header,
    /// A body of known length.
    Known {
        head: Head,
        body: Vec<u8>,
    },
    /// A part of known length that is not wanted.
    Skip {
        left: usize,
    },
    /// A body that ends at the next boundary.
    Open {
        head: Head,
        body: Vec<u8>,
        /// Where the search for the boundary goes on.
        searched: usize,
    },
}

#[derive(Debug)]
pub(super) struct Parts {
    counter_header: String,
    /// `--boundary`.
    mark: Vec<u8>,
    state: State,
    line: Vec<u8>,
}

impl Parts {
    pub fn new(boundary: &str, counter_header: &str) -> Parts {
        Parts {
            counter_header: counter_header.to_owned(),
            mark: format!("--{boundary}").into_bytes(),
            state: State::Between { garbage: 0 },
            line: Vec::new(),
        }
    }

    /// The counter of the picture that has begun to come, if one has.
    pub fn begun(&self) -> Option<Option<u64>> {
        match &self.state {
            State::Known { head, .. } | State::Open { head, .. } => Some(head.counter),
            State::Between { .. } | State::Header | State::Skip { .. } => None,
        }
    }

    /// Takes bytes as they come; complete parts are appended to `taken`.
    ///
    /// # Errors
    /// When the stream cannot be followed any further.
    pub fn push(&mut self, mut input: &[u8], taken: &mut Vec<Part>) -> Result<(), Fault> {
        while !input.is_empty() {
            let used = match &mut self.state {
                State::Between { .. } => self.between(input)?,
                State::Header => self.header(input, taken)?,
                State::Known { .. } => self.known(input, taken),
                State::Skip { left } => {
                    let count = (*left).min(input.len());
                    *left -= count;
                    if *left == 0 {
                        self.state = State::Between { garbage: 0 };
                    }
                    count
                }
                State::Open { .. } => self.open(input, taken)?,
            };
            input = &input[used..];
        }
        Ok(())
    }

    /// One line, or what there is of it; `None` while its end has not come.
    fn take_line(&mut self, input: &[u8], limit: usize) -> Result<(usize, bool), Fault> {
        let end = input.iter().position(|b| *b == b'\n');
        let count = end.map_or(input.len(), |at| at + 1);
        if self.line.len() + count > limit {
            return Err(Fault::Garbled(format!("a header over {limit} bytes")));
        }
        self.line.extend_from_slice(&input[..count]);
        Ok((count, end.is_some()))
    }

    fn between(&mut self, input: &[u8]) -> Result<usize, Fault> {
        let (used, ended) = self.take_line(input, BETWEEN_PARTS_MAX)?;
        if !ended {
            return Ok(used);
        }
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii_end();
        let State::Between { garbage } = &mut self.state else {
            return Ok(used);
        };
        match line.strip_prefix(self.mark.as_slice()) {
            Some(b"") => self.state = State::Header,
            Some(b"--") => return Err(Fault::LinkDown("the camera ended its stream".into())),
            _ => {
                *garbage += line.len();
                if *garbage > BETWEEN_PARTS_MAX {
                    return Err(Fault::Garbled("a stream without boundaries".into()));
                }
            }
        }
        Ok(used)
    }

    fn header(&mut self, input: &[u8], taken: &mut Vec<Part>) -> Result<usize, Fault> {
        let (used, ended) = self.take_line(input, HEADER_MAX)?;
        let line = self.line.as_slice();
        let blank = line == b"\r\n" || line == b"\n";
        if !ended || !(blank || line.ends_with(b"\n\r\n") || line.ends_with(b"\n\n")) {
            return Ok(used);
        }
        let header = std::mem::take(&mut self.line);
        let head = self.head(&header)?;
        let lost = |why: Fault| Part::Lost {
            counter: head.counter,
            why,
        };
        match (head.length, head.coding) {
            (Some(length), _) if length > PICTURE_MAX => {
                let text = format!("a picture of {length} bytes; the limit is {PICTURE_MAX}");
                taken.push(lost(Fault::Refused(text.clone())));
                return Err(Fault::Refused(text));
            }
            (Some(0), _) => {
                taken.push(lost(Fault::Garbled("an empty picture".into())));
                self.state = State::Between { garbage: 0 };
            }
            (Some(left), Some(None)) => {
                let text = format!("a part of type {:?}, which is no picture", head.kind);
                taken.push(lost(Fault::Garbled(text)));
                self.state = State::Skip { left };
            }
            (Some(length), _) => {
                let body = Vec::with_capacity(length.min(RESERVE_MAX));
                self.state = State::Known { head, body };
            }
            (None, _) => {
                self.state = State::Open {
                    head,
                    body: Vec::new(),
                    searched: 0,
                };
            }
        }
        Ok(used)
    }

    fn head(&self, header: &[u8]) -> Result<Head, Fault> {
        let mut lines = [httparse::EMPTY_HEADER; HEADER_LINES_MAX];
        let garbled =
            |why: &dyn std::fmt::Display| Fault::Garbled(format!("a part header ({why})"));
        let parsed = match httparse::parse_headers(header, &mut lines) {
            Ok(httparse::Status::Complete((_, lines))) => lines,
            Ok(httparse::Status::Partial) => return Err(garbled(&"cut short")),
            Err(error) => return Err(garbled(&error)),
        };
        let mut head = Head::default();
        for line in parsed {
            let value = String::from_utf8_lossy(line.value);
            let value = value.trim();
            if line.name.eq_ignore_ascii_case("Content-Length") {
                let length = value.parse::<u64>().map_err(|error| garbled(&error))?;
                head.length = Some(usize::try_from(length).unwrap_or(usize::MAX));
            } else if line.name.eq_ignore_ascii_case(&self.counter_header) {
                // A counter that is no number is as good as none: the picture then proves nothing
                // by count.
                head.counter = value.parse().ok();
            } else if line.name.eq_ignore_ascii_case("Content-Type") {
                let kind = value.split(';').next().unwrap_or("").trim();
                head.coding = Some(coding_of_type(kind));
                head.kind = kind.chars().take(64).collect();
            }
        }
        Ok(head)
    }

    fn known(&mut self, input: &[u8], taken: &mut Vec<Part>) -> usize {
        let State::Known { head, body } = &mut self.state else {
            return 0;
        };
        let length = head.length.unwrap_or(0);
        let count = (length - body.len()).min(input.len());
        body.extend_from_slice(&input[..count]);
        if body.len() == length {
            let (head, body) = (std::mem::take(head), std::mem::take(body));
            taken.push(picture(&head, body));
            self.state = State::Between { garbage: 0 };
        }
        count
    }

    fn open(&mut self, input: &[u8], taken: &mut Vec<Part>) -> Result<usize, Fault> {
        let State::Open {
            head,
            body,
            searched,
        } = &mut self.state
        else {
            return Ok(0);
        };
        let before = body.len();
        body.extend_from_slice(input);
        let Some(at) = find_mark(body, &self.mark, *searched) else {
            // The mark may lie across the end: search its length again next time.
            *searched = body.len().saturating_sub(self.mark.len() + 1);
            if body.len() > PICTURE_MAX {
                let why = Fault::Refused(format!("a picture over {PICTURE_MAX} bytes"));
                let counter = head.counter;
                self.state = State::Between { garbage: 0 };
                taken.push(Part::Lost {
                    counter,
                    why: why.clone(),
                });
                return Err(why);
            }
            return Ok(input.len());
        };
        body.truncate(at);
        // The line end before the boundary belongs to the boundary.
        if body.last() == Some(&b'\r') {
            body.pop();
        }
        let (head, body) = (std::mem::take(head), std::mem::take(body));
        taken.push(picture(&head, body));
        self.state = State::Between { garbage: 0 };
        // Give the mark itself to the search for the boundary line. What of it came with earlier
        // bytes is put back.
        let mark_at = at + 1;
        if mark_at < before {
            self.line = self.mark[..before - mark_at].to_vec();
            Ok(0)
        } else {
            Ok(mark_at - before)
        }
    }
}

/// Where `\n` + mark begins, from `from` on.
fn find_mark(body: &[u8], mark: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += body[at..].iter().position(|b| *b == b'\n')?;
        let rest = &body[at + 1..];
        if rest.len() < mark.len() {
            return None;
        }
        if rest.starts_with(mark) {
            return Some(at);
        }
        at += 1;
    }
}

fn picture(head: &Head, body: Vec<u8>) -> Part {
    let counter = head.counter;
    let coding = match head.coding {
        Some(coding) => coding,
        None => coding_of_bytes(&body),
    };
    match coding {
        Some(coding) if !body.is_empty() => Part::Picture {
            counter,
            coding,
            body,
        },
        _ => Part::Lost {
            counter,
            why: Fault::Garbled(format!(
                "a part of type {:?}, which is no picture",
                head.kind
            )),
        },
    }
}

fn coding_of_type(kind: &str) -> Option<PictureCoding> {
    match kind.to_ascii_lowercase().as_str() {
        "image/jpeg" | "image/jpg" => Some(PictureCoding::Jpeg),
        "image/png" => Some(PictureCoding::Png),
        "image/x-portable-graymap" => Some(PictureCoding::Pgm),
        _ => None,
    }
}

/// How a picture without a type is coded, from its first bytes.
pub(in crate::camera) fn coding_of_bytes(body: &[u8]) -> Option<PictureCoding> {
    match body {
        [0xFF, 0xD8, 0xFF, ..] => Some(PictureCoding::Jpeg),
        [0x89, b'P', b'N', b'G', ..] => Some(PictureCoding::Png),
        [b'P', b'2' | b'5', b' ' | b'\t' | b'\r' | b'\n', ..] => Some(PictureCoding::Pgm),
        _ => None,
    }
}
