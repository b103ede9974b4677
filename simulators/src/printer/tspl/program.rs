//! TSPL's stored programs, `DOWNLOAD "NAME.BAS"` to `EOP`, and texts kept under names. PURE.
//!
//! A program is called by its name, with or without `RUN`. `NAME$="text"` keeps a text; where a command says `NAME$`
//! outside quotes the text stands, and `+` joins. Loops, jumps, `INPUT` and numbers are not read.

use std::collections::BTreeMap;

use super::canvas;

/// Most lines of one program; the rest is dropped.
pub const PROGRAM_LINES_MAX: usize = 512;
/// Most programs, and most kept texts; one more is not kept.
pub const NAMES_MAX: usize = 64;
/// Longest line with its texts filled in.
const FILLED_MAX: usize = 4096;

/// Programs, and the texts they use.
#[derive(Debug, Default)]
pub struct Programs {
    /// `true`: in flash, which outlives a loss of power.
    stored: BTreeMap<Vec<u8>, (bool, Vec<Vec<u8>>)>,
    texts: BTreeMap<Vec<u8>, Vec<u8>>,
    storing: Option<(Vec<u8>, bool, Vec<Vec<u8>>)>,
}

impl Programs {
    /// Power lost: programs in DRAM and texts are gone.
    pub fn restart(&mut self) {
        self.stored.retain(|_, (flash, _)| *flash);
        self.texts.clear();
        self.storing = None;
    }

    /// Takes a line: gives the lines to obey in its place; `None` when the line itself is to be obeyed as it is.
    pub fn take(&mut self, line: &[u8]) -> Option<Vec<Vec<u8>>> {
        let (name, rest) = canvas::split(line);
        if let Some((program, flash, mut lines)) = self.storing.take() {
            if name != b"EOP" {
                if lines.len() < PROGRAM_LINES_MAX {
                    lines.push(line.to_vec());
                }
                self.storing = Some((program, flash, lines));
            } else if self.stored.len() < NAMES_MAX || self.stored.contains_key(&program) {
                self.stored.insert(program, (flash, lines));
            }
            return Some(Vec::new());
        }
        if name == b"DOWNLOAD" {
            let flash = rest.trim_ascii().to_ascii_uppercase().starts_with(b"F,");
            let program = canvas::quoted(rest).unwrap_or_default();
            self.storing = Some((program.to_ascii_uppercase(), flash, Vec::new()));
            return Some(Vec::new());
        }
        let called = match name.as_slice() {
            b"RUN" => canvas::quoted(rest)
                .unwrap_or_default()
                .to_ascii_uppercase(),
            name => name.to_vec(),
        };
        let with_ending = [&called[..], b".BAS"].concat();
        let program = self.stored.get(&called).or(self.stored.get(&with_ending));
        if let Some((_, lines)) = program {
            let lines = lines.clone();
            return Some(lines.iter().filter_map(|line| self.fill(line)).collect());
        }
        Some(self.fill(line).into_iter().collect())
            .filter(|lines: &Vec<Vec<u8>>| lines.first().map(Vec::as_slice) != Some(line))
    }

    /// The line with texts in the place of their names; `None` for an assignment, which is carried out.
    fn fill(&mut self, line: &[u8]) -> Option<Vec<u8>> {
        if let Some(at) = line.iter().position(|&b| b == b'=')
            && line[..at].trim_ascii().ends_with(b"$")
            && !line[..at].contains(&b'"')
        {
            let name = line[..at].trim_ascii().to_ascii_uppercase();
            let text = canvas::quoted(&self.named(&line[at + 1..])).unwrap_or_default();
            if self.texts.len() < NAMES_MAX || self.texts.contains_key(&name) {
                self.texts.insert(name, text);
            }
            return None;
        }
        Some(self.named(line))
    }

    /// Outside quotes, a kept text in quotes for its name, and texts joined by `+`.
    fn named(&self, line: &[u8]) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::with_capacity(line.len());
        let (mut inside, mut word) = (false, 0);
        for &byte in line {
            if out.len() >= FILLED_MAX {
                break;
            }
            match byte {
                b'"' if !inside && out.ends_with(b"\"+") => {
                    out.truncate(out.len() - 2);
                    inside = true;
                }
                b'"' => {
                    inside = !inside;
                    out.push(byte);
                }
                b'$' if !inside => {
                    let name = [&out[word..], b"$"].concat().to_ascii_uppercase();
                    let Some(text) = self.texts.get(&name) else {
                        out.push(byte);
                        continue;
                    };
                    out.truncate(word);
                    match out.ends_with(b"\"+") {
                        true => out.truncate(word - 2),
                        false => out.push(b'"'),
                    }
                    out.extend_from_slice(text);
                    out.push(b'"');
                }
                b' ' if !inside && out.ends_with(b"+") => {}
                b'+' if !inside => {
                    out.truncate(out.trim_ascii_end().len());
                    out.push(byte);
                }
                _ => out.push(byte),
            }
            if !inside && !byte.is_ascii_alphanumeric() {
                word = out.len();
            }
        }
        out
    }
}
