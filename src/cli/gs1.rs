//! `vidimus gs1 parse|build`: GS1 content taken apart and put together.

use super::Exit;
use crate::gs1::{
    DICTIONARY_MAX_LEN, Dictionary, Element, Expiry, Gs1Code, Gs1Error, Gtin, INPUT_MAX_LEN, Lot,
    Parser, bracketed, human_readable, parse_bracketed, raw, scan_data,
};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};

/// Longest line that is read: every byte of the longest input may be written as `\x1d`.
const LINE_MAX_LEN: usize = 4 * INPUT_MAX_LEN;

/// Take GS1 content apart, or put it together.
#[derive(Debug, clap::Args)]
pub struct Gs1Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Parse(ParseArgs),
    Build(BuildArgs),
}

/// Judge GS1 content and show its elements.
///
/// Content is bracketed, "(01)09521234543213(21)ABC" with "\(" for a bracket in a value; or scan
/// data, "]d2…", with the separator 0x1D as it is or written "\x1d"; or raw, "^01…", with "^" for
/// FNC1.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Positions in errors are byte offsets into the content as given, from 0.\n\
Exit codes: 0 all content was right (with --lines: every line was answered), 1 some was wrong, 2 \
usage, 10 the AI \
dictionary cannot be used."
)]
struct ParseArgs {
    /// The content; several are judged one by one.
    #[arg(required_unless_present = "lines", conflicts_with = "lines")]
    text: Vec<String>,
    /// Read one content a line from standard input and answer each with one line.
    #[arg(long)]
    lines: bool,
    /// Answer in JSON, one object a line: {"ok":true,"elements":[[ai,value],…]} or
    /// {"ok":false,"error":{code,position,text}}.
    #[arg(long)]
    json: bool,
    /// A file in GS1's syntax dictionary format, used in place of the built-in table.
    #[arg(long, value_name = "FILE")]
    ai_dictionary: Option<PathBuf>,
}

/// Build the content of a pack in all its forms.
#[derive(Debug, clap::Args)]
struct BuildArgs {
    /// GTIN, 14 digits.
    #[arg(long)]
    gtin: Gtin,
    /// Serial number, AI (21).
    #[arg(long)]
    serial: Option<String>,
    /// Expiry date YYMMDD, AI (17).
    #[arg(long)]
    expiry: Option<Expiry>,
    /// Lot, AI (10).
    #[arg(long)]
    lot: Option<Lot>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Gs1Args, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let done = match &args.action {
        Action::Parse(args) => match dictionary(args.ai_dictionary.as_deref()) {
            Ok(dictionary) => parse(args, &dictionary, &mut io::stdin().lock(), out),
            Err(text) => {
                let _ = writeln!(err, "{text}");
                return Exit::Configuration;
            }
        },
        Action::Build(args) => build(args, out, err),
    };
    finish(done, err)
}

/// A reader that went away (`| head`) is no mistake of the command.
pub(super) fn finish(done: io::Result<Exit>, err: &mut dyn Write) -> Exit {
    match done {
        Ok(code) => code,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error) => {
            let _ = writeln!(err, "Input or output failed: {error}.");
            Exit::SomeRefused
        }
    }
}

/// The dictionary of `--ai-dictionary`, or the built-in one.
pub(super) fn dictionary(path: Option<&Path>) -> Result<Cow<'static, Dictionary>, String> {
    let Some(path) = path else {
        return Ok(Cow::Borrowed(Dictionary::built_in()));
    };
    let shown = path.display();
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| {
            file.take(DICTIONARY_MAX_LEN as u64 + 1)
                .read_to_end(&mut bytes)
        })
        .map_err(|error| format!("The AI dictionary {shown} cannot be read: {error}."))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("The AI dictionary {shown} is not UTF-8 text."))?;
    Dictionary::parse(&text)
        .map(Cow::Owned)
        .map_err(|error| format!("The AI dictionary {shown} cannot be used. {error}"))
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Right { ok: bool, elements: Vec<Element> },
    Wrong { ok: bool, error: Gs1Error },
}

impl From<Result<Vec<Element>, Gs1Error>> for Answer {
    fn from(parsed: Result<Vec<Element>, Gs1Error>) -> Answer {
        match parsed {
            Ok(elements) => Answer::Right { ok: true, elements },
            Err(error) => Answer::Wrong { ok: false, error },
        }
    }
}

fn parse(
    args: &ParseArgs,
    dictionary: &Dictionary,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> io::Result<Exit> {
    let parser = Parser::new(dictionary);
    let mut answer = |line: &[u8]| {
        let parsed = parse_line(parser, line);
        let right = parsed.is_ok();
        if args.json {
            serde_json::to_writer(&mut *out, &Answer::from(parsed))?;
            writeln!(out)?;
        } else {
            show(line, &parsed, dictionary, out)?;
        }
        io::Result::Ok(right)
    };
    if args.lines {
        let mut line = Vec::new();
        while next_line(input, &mut line)? {
            answer(&line)?;
        }
        out.flush()?;
        return Ok(Exit::Ok);
    }
    let mut all_right = true;
    for text in &args.text {
        all_right &= answer(text.as_bytes())?;
    }
    out.flush()?;
    Ok(match all_right {
        true => Exit::Ok,
        false => Exit::SomeRefused,
    })
}

/// Reads a line without its end; keeps no more than one byte above [`LINE_MAX_LEN`] of it. `false`
/// at the end of the input.
fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let there = match input.fill_buf() {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if there.is_empty() {
            break;
        }
        any = true;
        let end = there.iter().position(|byte| *byte == b'\n');
        let piece = &there[..end.unwrap_or(there.len())];
        let room = (LINE_MAX_LEN + 1).saturating_sub(line.len());
        line.extend_from_slice(&piece[..piece.len().min(room)]);
        let used = end.map_or(there.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(any)
}

fn parse_line(parser: Parser, line: &[u8]) -> Result<Vec<Element>, Gs1Error> {
    if line.len() > LINE_MAX_LEN {
        let text = format!("The line is longer than {LINE_MAX_LEN} bytes.");
        return Err(Gs1Error::new(Gs1Code::InputTooLong, LINE_MAX_LEN, text));
    }
    let text = std::str::from_utf8(line).map_err(|error| {
        let text = "The line is not UTF-8 text.";
        Gs1Error::new(Gs1Code::NotUtf8, error.valid_up_to(), text)
    })?;
    match text.as_bytes().first() {
        None => Err(Gs1Error::new(Gs1Code::Empty, 0, "There is no content.")),
        Some(b'(') => parser.bracketed(text),
        Some(b'^') => parser.raw(text),
        Some(b']') => {
            let (scan, places) = unescape(text);
            parser.scan(&scan).map_err(|error| Gs1Error {
                position: places[error.position.min(scan.len())],
                ..error
            })
        }
        Some(_) => {
            let text = "Content begins with \"(\" (bracketed), \"]d2\" (scan data) or \"^\" (raw).";
            Err(Gs1Error::new(Gs1Code::UnknownForm, 0, text))
        }
    }
}

/// The separator written as `\x1d` becomes the separator. Also says where each byte (and the end)
/// stood in the line.
fn unescape(text: &str) -> (String, Vec<usize>) {
    let mut scan = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len() + 1);
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let escaped = text[at..].starts_with("\\x1d") || text[at..].starts_with("\\x1D");
        let (c, length) = match escaped {
            true => ('\x1d', 4),
            false => (c, c.len_utf8()),
        };
        scan.push(c);
        places.extend((0..c.len_utf8()).map(|offset| at + offset));
        at += length;
    }
    places.push(text.len());
    (scan, places)
}

/// Control characters as they are written in this command, so that they do not disturb a terminal.
fn visible(text: &str) -> String {
    let one = |c: char| match c {
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars()
        .map(|c| {
            if c == '\x1d' {
                "\\x1d".to_owned()
            } else {
                one(c)
            }
        })
        .collect()
}

fn show(
    line: &[u8],
    parsed: &Result<Vec<Element>, Gs1Error>,
    dictionary: &Dictionary,
    out: &mut dyn Write,
) -> io::Result<()> {
    match parsed {
        Ok(elements) => {
            writeln!(out, "{}", bracketed(elements))?;
            for one in elements {
                let title = dictionary.get(&one.ai).map_or("", |entry| &entry.title);
                writeln!(out, "  ({}) {title:<28} {}", one.ai, one.value)?;
            }
        }
        Err(error) => {
            /// Columns of the line that are shown around the place.
            const SHOWN: usize = 60;
            let before = String::from_utf8_lossy(&line[..error.position.min(line.len())]);
            let after = String::from_utf8_lossy(&line[error.position.min(line.len())..]);
            let before: Vec<char> = visible(&before).chars().collect();
            let start = before.len().saturating_sub(SHOWN);
            let after: String = visible(&after).chars().take(SHOWN).collect();
            let shown: String = before[start..].iter().collect();
            writeln!(out, "{shown}{after}")?;
            writeln!(
                out,
                "{:width$}^ {}",
                "",
                error.text,
                width = before.len() - start
            )?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Built {
    bracketed: String,
    scan: String,
    raw: String,
    human_readable: Vec<String>,
    elements: Vec<Element>,
}

fn build(args: &BuildArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let mut elements = vec![Element::new("01", args.gtin.as_str())];
    if let Some(serial) = &args.serial {
        elements.push(Element::new("21", serial));
    }
    if let Some(expiry) = &args.expiry {
        elements.push(Element::new("17", expiry.as_str()));
    }
    if let Some(lot) = &args.lot {
        elements.push(Element::new("10", lot.as_str()));
    }
    let text = bracketed(&elements);
    // The serial came as any text: the parser judges it like everything else.
    match parse_bracketed(&text) {
        Ok(parsed) if parsed == elements => {}
        Ok(_) => {
            writeln!(err, "The serial cannot be written in the bracketed form.")?;
            return Ok(Exit::Usage);
        }
        Err(error) => {
            show(text.as_bytes(), &Err(error), Dictionary::built_in(), err)?;
            return Ok(Exit::Usage);
        }
    }
    let built = Built {
        bracketed: text,
        scan: scan_data(&elements),
        raw: raw(&elements),
        human_readable: human_readable(&elements),
        elements,
    };
    if args.json {
        serde_json::to_writer(&mut *out, &built)?;
        writeln!(out)?;
    } else {
        writeln!(out, "bracketed  {}", built.bracketed)?;
        writeln!(out, "scan data  {}", visible(&built.scan))?;
        writeln!(out, "raw        {}", built.raw)?;
        writeln!(
            out,
            "label      {}",
            built.human_readable.join("\n           ")
        )?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}

#[cfg(test)]
mod test {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: Gs1Args,
    }

    fn lines(input: &[u8], json: bool) -> Vec<String> {
        let arguments = ["gs1", "parse", "--lines"];
        let json = json.then_some("--json");
        let command = Command::try_parse_from(arguments.into_iter().chain(json)).unwrap();
        let Action::Parse(args) = command.args.action else {
            panic!("parse was asked")
        };
        let mut out = Vec::new();
        parse(&args, Dictionary::built_in(), &mut &input[..], &mut out).unwrap();
        String::from_utf8(out)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_line_is_answered_by_one_object() {
        let long = vec![b'('; 3 * LINE_MAX_LEN];
        let input: Vec<u8> = [
            b"(01)09521234543213(21)A\\(B\r\n".as_slice(),
            b"]d2010952123454321321ABC\\x1d10L1\n",
            b"]d2010952123454321321ABC\x1d10L1\n",
            b"]d2010952123454321321ABC\\x1D10L 1\n",
            b"(01)09521234543214\n",
            b"\n",
            b"\xff\xfe\n",
            &long,
            b"\nhello\n(01",
        ]
        .concat();
        let answers = lines(&input, true);
        let wanted = [
            r#"{"ok":true,"elements":[["01","09521234543213"],["21","A(B"]]}"#,
            r#"{"ok":true,"elements":[["01","09521234543213"],["21","ABC"],["10","L1"]]}"#,
            r#"{"ok":true,"elements":[["01","09521234543213"],["21","ABC"],["10","L1"]]}"#,
            r#""code":"bad_character","position":31,"#,
            r#""code":"check_digit","position":17,"#,
            r#""code":"empty","position":0,"#,
            r#""code":"not_utf8","position":0,"#,
            r#""code":"input_too_long","position":32768,"#,
            r#""code":"unknown_form","position":0,"#,
            r#""code":"bracket_expected","position":3,"#,
        ];
        assert_eq!(answers.len(), wanted.len(), "{answers:#?}");
        for (answer, wanted) in answers.iter().zip(wanted) {
            assert!(answer.contains(wanted), "{answer} has no {wanted}");
            assert!(serde_json::from_str::<serde_json::Value>(answer).is_ok());
        }
    }

    #[test]
    fn people_see_a_caret_below_the_place() {
        let answers = lines(b"]d2010952123454321321A\x1dC\n", false);
        assert_eq!(answers[0], r"]d2010952123454321321A\x1dC");
        assert!(
            answers[1].starts_with(&format!("{:26}^ ", "")),
            "{answers:?}"
        );
    }

    #[test]
    fn a_pack_is_built_in_all_forms() {
        let command = |serial: &str| {
            let arguments = [
                "gs1",
                "build",
                "--gtin",
                "09521234543213",
                "--lot",
                "L1",
                "--serial",
            ];
            let command = Command::try_parse_from(arguments.into_iter().chain([serial])).unwrap();
            let Action::Build(args) = command.args.action else {
                panic!("build was asked")
            };
            let (mut out, mut err) = (Vec::new(), Vec::new());
            build(&args, &mut out, &mut err).unwrap();
            (
                String::from_utf8(out).unwrap(),
                String::from_utf8(err).unwrap(),
            )
        };
        let (out, _) = command("A(B");
        assert!(out.contains(r"(01)09521234543213(21)A\(B(10)L1"), "{out}");
        assert!(out.contains(r"]d2010952123454321321A(B\x1d10L1"), "{out}");
        let (out, err) = command("A B");
        assert!(out.is_empty() && err.contains("A space"), "{err}");
        let (_, err) = command("A\\(B");
        assert!(!err.is_empty());
    }
}
