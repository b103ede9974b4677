//! `vidimus gs1 parse|build|check`: GS1 content taken apart, put together and judged, alone or as a filter of lines.

mod answer;
mod lines;

use super::Exit;
use crate::gs1::{
    COMPANY_PREFIX_LEN, DICTIONARY_MAX_LEN, Dictionary, Element, Elements, Expiry, Form, Gs1Code,
    Gs1Error, Gtin, Lot, Parser, RESOLVER, bracketed,
};
use answer::{Answer, Forms, Named};
use lines::{Line, next_line};
use std::borrow::Cow;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Take GS1 content apart, put it together or judge it.
#[derive(Debug, clap::Args)]
pub struct Gs1Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Parse(ParseArgs),
    Build(BuildArgs),
    Check(CheckArgs),
}

/// What content is, and where it comes from.
#[derive(Debug, clap::Args)]
struct ContentArgs {
    /// The content; several are taken one by one.
    text: Vec<String>,
    /// Read one content a line from standard input and answer each with one line, in order.
    #[arg(long, conflicts_with = "text")]
    lines: bool,
    /// Answer in JSON, one object a line.
    #[arg(long)]
    json: bool,
    /// A file in GS1's syntax dictionary format, used in place of the built-in table.
    #[arg(long, value_name = "FILE")]
    ai_dictionary: Option<PathBuf>,
}

/// How forms are written that elements alone do not settle.
#[derive(Debug, clap::Args)]
struct WriteArgs {
    /// Digits of your GS1 company prefix, 6 to 12 (the licence certificate says it): adds the EPC URN.
    #[arg(long, value_name = "N", value_parser = prefix_len)]
    company_prefix_length: Option<usize>,
    /// The beginning of Digital Link addresses.
    #[arg(long, value_name = "ADDRESS", default_value = RESOLVER)]
    link_stem: String,
}

fn prefix_len(text: &str) -> Result<usize, String> {
    let len = text
        .parse()
        .ok()
        .filter(|len| COMPANY_PREFIX_LEN.contains(len));
    len.ok_or_else(|| "a company prefix has 6 to 12 digits".to_owned())
}

const FORMS_HELP: &str = "Content tells its form by its beginning: bracketed \"(01)…(21)…\" with \"\\(\" for a bracket \
in a value; raw \"^01…^21…\" with \"^\" for FNC1; scan data \"]d2…\" with the separator 0x1D; a Digital Link \
\"https://…\"; an EPC URN \"urn:epc:…\". \"\\x1D\" stands for any such byte, \"\\t\" for a tab, \"\\\\\" for a \
backslash. Positions in errors are byte offsets into the content as given, from 0.";

/// Judge GS1 content and show its elements and all its forms.
///
/// In JSON {"ok":true, form, elements [[ai,value],…], bracketed, raw, hri, scan_dm, dl_uri, epc_urn} or {"ok":false,
/// "error":{code, position, length, text, marked}}. In `hri` a bar parts the lines; `dl_uri` and `epc_urn` are null
/// where the elements have none. A plain symbol, "]d1…", is right and has no elements: its form is "plain".
#[derive(Debug, clap::Args)]
#[command(
    after_help = FORMS_HELP,
    after_long_help = format!("{FORMS_HELP}\n\nExit codes: 0 all content was right (with --lines: every line was \
    answered), 1 some was wrong, 2 usage, 10 the AI dictionary cannot be used.")
)]
struct ParseArgs {
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    write: WriteArgs,
}

/// Build the content of a pack in all its forms, or turn content of any form into another.
///
/// A pack is given by --gtin and its other fields. Content is given as for `parse`.
#[derive(Debug, clap::Args)]
#[command(after_help = FORMS_HELP)]
struct BuildArgs {
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    write: WriteArgs,
    /// GTIN, 14 digits.
    #[arg(long, conflicts_with_all = ["text", "lines"])]
    gtin: Option<Gtin>,
    /// Serial number, AI (21).
    #[arg(long, requires = "gtin")]
    serial: Option<String>,
    /// Expiry date YYMMDD, AI (17).
    #[arg(long, requires = "gtin")]
    expiry: Option<Expiry>,
    /// Lot, AI (10).
    #[arg(long, requires = "gtin")]
    lot: Option<Lot>,
    /// Print this form alone.
    #[arg(long, value_name = "FORM")]
    form: Option<Named>,
}

/// Judge GS1 content and say nothing but the verdict.
///
/// In JSON {"ok":true} or {"ok":false,"error":{code, position, length, text, marked}}; else "ok", or the code of the
/// mistake, its position and a sentence.
#[derive(Debug, clap::Args)]
#[command(after_help = FORMS_HELP)]
struct CheckArgs {
    #[command(flatten)]
    content: ContentArgs,
}

/// Runs the command.
pub fn run(args: &Gs1Args, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let (content, write, detail) = match &args.action {
        Action::Parse(args) => (&args.content, Some(&args.write), Detail::All),
        Action::Check(args) => (&args.content, None, Detail::Verdict),
        Action::Build(args) => (&args.content, Some(&args.write), Detail::Forms(args.form)),
    };
    let fields = match &args.action {
        Action::Build(args) => pack(args),
        _ => None,
    };
    let texts = match (fields, content.text.is_empty() && !content.lines) {
        (Some(elements), _) => vec![elements],
        (None, true) => {
            let _ = writeln!(
                err,
                "Give some content, or --lines to read it from standard input."
            );
            return Exit::Usage;
        }
        (None, false) => content.text.clone(),
    };
    let dictionary = match dictionary(content.ai_dictionary.as_deref()) {
        Ok(dictionary) => dictionary,
        Err(text) => {
            let _ = writeln!(err, "{text}");
            return Exit::Configuration;
        }
    };
    let filter = Filter {
        parser: Parser::new(&dictionary),
        write,
        detail,
        json: content.json,
    };
    let done = match content.lines {
        true => filter.stream(io::stdin().lock(), out, err),
        false => filter.each(&texts, out, err),
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
            Exit::Store
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

/// The fields of a pack in the bracketed form, written so that a line is read as they were given.
fn pack(args: &BuildArgs) -> Option<String> {
    let mut elements = vec![Element::new("01", args.gtin.as_ref()?.as_str())];
    let serial = args.serial.as_deref();
    let fields = [
        ("21", serial),
        ("17", args.expiry.as_ref().map(Expiry::as_str)),
        ("10", args.lot.as_ref().map(Lot::as_str)),
    ];
    let given = fields
        .into_iter()
        .filter_map(|(ai, value)| Some(Element::new(ai, value?)));
    elements.extend(given);
    // A backslash that was typed stands for itself, and is then no character of a serial.
    for element in &mut elements {
        element.value = element.value.replace('\\', "\\\\");
    }
    Some(bracketed(&elements))
}

/// How much is said of content that is right.
#[derive(Debug, Clone, Copy)]
enum Detail {
    /// That it is.
    Verdict,
    /// Elements and forms.
    All,
    /// Forms, or one of them.
    Forms(Option<Named>),
}

/// What becomes of each content.
struct Filter<'f> {
    parser: Parser<'f>,
    write: Option<&'f WriteArgs>,
    detail: Detail,
    json: bool,
}

impl Filter<'_> {
    /// Answers every line, as soon as no other waits. Where one form is asked for, a line that has none is answered by
    /// an empty one, and why is said elsewhere.
    fn stream(
        &self,
        input: impl Read,
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> io::Result<Exit> {
        let mut input = BufReader::new(input);
        let mut out = BufWriter::new(out);
        let (mut line, mut answer) = (Vec::new(), Vec::new());
        while next_line(&mut input, &mut line)? {
            answer.clear();
            let right = self.answer(&Line::of(&line), &mut answer)?;
            match (right, self.detail, self.json) {
                (false, Detail::Forms(Some(_)), false) => {
                    err.write_all(&answer)?;
                    writeln!(out)?;
                }
                _ => out.write_all(&answer)?,
            }
            if input.buffer().is_empty() {
                out.flush()?;
            }
        }
        out.flush()?;
        Ok(Exit::Ok)
    }

    fn each(&self, texts: &[String], out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
        let mut all_right = true;
        for text in texts {
            let mut answer = Vec::new();
            let right = self.answer(&Line::of(text.as_bytes()), &mut answer)?;
            // Whoever asks for something to be built reads on with it: complaints go elsewhere.
            match (right, self.detail, self.json) {
                (false, Detail::Forms(_), false) => err.write_all(&answer)?,
                _ => out.write_all(&answer)?,
            }
            all_right &= right;
        }
        out.flush()?;
        Ok(match (all_right, self.detail) {
            (true, _) => Exit::Ok,
            (false, Detail::Forms(_)) => Exit::Usage,
            (false, _) => Exit::SomeRefused,
        })
    }

    /// Writes the answer to one content; gives whether it was right.
    fn answer(&self, line: &Line, out: &mut dyn Write) -> io::Result<bool> {
        let parsed = line.text().and_then(|text| self.parser.any(text));
        let judged = match (parsed, self.write) {
            (Err(error), _) => Err(line.placed(error)),
            (Ok(_), None) => Ok(None),
            (Ok((form, elements)), Some(write)) => self.forms(form, &elements, write).map(Some),
        };
        let right = judged.is_ok();
        match (self.json, judged) {
            (true, judged) => {
                serde_json::to_writer(&mut *out, &Answer::from(judged))?;
                writeln!(out)?;
            }
            (false, Err(error)) if matches!(self.detail, Detail::Verdict) => {
                writeln!(out, "{} {} {}", error.code, error.position, error.text)?;
            }
            (false, Err(error)) => answer::show_error(line, &error, out)?,
            (false, Ok(None)) => writeln!(out, "ok")?,
            (false, Ok(Some(forms))) => match self.detail {
                Detail::Forms(Some(wanted)) => {
                    writeln!(out, "{}", lines::visible(forms.one(wanted).unwrap_or("")))?
                }
                Detail::Forms(None) => forms.show(out)?,
                _ => forms.show_elements(self.parser.dictionary(), out)?,
            },
        }
        Ok(right)
    }

    /// All forms; where one is asked for by name, it must be there.
    fn forms(&self, form: Form, elements: &Elements, write: &WriteArgs) -> Result<Forms, Gs1Error> {
        let (stem, prefix) = (&write.link_stem, write.company_prefix_length);
        let forms = Forms::of(form, elements, self.parser.dictionary(), (stem, prefix));
        if matches!(self.detail, Detail::Forms(_)) && form == Form::Plain {
            let text = "This symbol carries no GS1 elements: there is nothing to build from.";
            return Err(Gs1Error::new(Gs1Code::NotGs1, 0, text));
        }
        if let Detail::Forms(Some(wanted)) = self.detail {
            forms.wanted(wanted, prefix)?;
        }
        Ok(forms)
    }
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

    /// What the command says to lines, and what it complains of.
    fn answers(arguments: &[&str], input: &[u8]) -> (Vec<String>, String) {
        let command = Command::try_parse_from([&["gs1"], arguments].concat()).unwrap();
        let (content, write, detail) = match &command.args.action {
            Action::Parse(args) => (&args.content, Some(&args.write), Detail::All),
            Action::Build(args) => (&args.content, Some(&args.write), Detail::Forms(args.form)),
            Action::Check(args) => (&args.content, None, Detail::Verdict),
        };
        let filter = Filter {
            parser: Parser::new(Dictionary::built_in()),
            write,
            detail,
            json: content.json,
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        filter.stream(input, &mut out, &mut err).unwrap();
        let out = String::from_utf8(out).unwrap();
        let lines = out.lines().map(str::to_owned).collect();
        (lines, String::from_utf8(err).unwrap())
    }

    fn lines(input: &[u8], json: bool) -> Vec<String> {
        let arguments = ["parse", "--lines", "--json"];
        answers(&arguments[..2 + usize::from(json)], input).0
    }

    #[test]
    fn every_line_is_answered_by_one_object() {
        let long = vec![b'('; 3 * lines::LINE_MAX_LEN];
        let input: Vec<u8> = [
            b"(01)09521234543213(21)A\\(B\r\n".as_slice(),
            b"]d2010952123454321321ABC\\x1d10L1\n",
            b"]d2010952123454321321ABC\x1d10L1\n",
            b"]d2010952123454321321ABC\\x1D10L 1\n",
            b"(01)09521234543214\n",
            b"\n",
            b"\xff\xfe\n",
            &long,
            b"\nhello\n(8001)12341X34567890\n\xef\xbb\xbf(99)A\n(01)\\x00\n]d1\\tTESTING\\\\\n(01",
        ]
        .concat();
        let answers = lines(&input, true);
        let wanted = [
            r#""elements":[["01","09521234543213"],["21","A(B"]],"bracketed":"(01)09521234543213(21)A\\(B","#,
            r#""elements":[["01","09521234543213"],["21","ABC"],["10","L1"]],"#,
            r#""hri":"(01) 09521234543213|(21) ABC|(10) L1","scan_dm":"]d2010952123454321321ABC\u001d10L1","#,
            r#""code":"bad_character","position":31,"length":1,"#,
            r#""code":"check_digit","position":17,"length":1,"#,
            r#""code":"empty","position":0,"#,
            r#""code":"not_utf8","position":0,"#,
            r#""code":"input_too_long","position":32768,"#,
            r#""code":"unknown_form","position":0,"#,
            r#""marked":"(8001)12341|X|345"}}"#,
            r#"byte order mark"#,
            r#""code":"not_a_digit","position":4,"length":4,"#,
            r#""form":"plain","elements":[],"#,
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
        let build = |serial: &str| {
            let arguments = [
                "gs1",
                "build",
                "--gtin",
                "09521234543213",
                "--lot",
                "L1",
                "--serial",
                serial,
            ];
            let command = Command::try_parse_from(arguments).unwrap();
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let exit = run(&command.args, &mut out, &mut err);
            (
                exit,
                String::from_utf8(out).unwrap(),
                String::from_utf8(err).unwrap(),
            )
        };
        let (exit, out, _) = build("A(B");
        assert_eq!(exit, Exit::Ok);
        assert!(out.contains(r"(01)09521234543213(21)A\(B(10)L1"), "{out}");
        assert!(out.contains(r"]d2010952123454321321A(B\x1d10L1"), "{out}");
        assert!(
            out.contains("https://id.gs1.org/01/09521234543213/10/L1/21/A%28B"),
            "{out}"
        );
        let (exit, out, err) = build("A B");
        assert_eq!(exit, Exit::Usage);
        assert!(out.is_empty() && err.contains("A space"), "{err}");
        // What was typed is the serial: no escape is undone in it.
        for typed in ["A\\(B", "A\\x41", "A\\\\"] {
            let (exit, _, err) = build(typed);
            assert!(
                exit == Exit::Usage && err.contains("\"\\\" is not"),
                "{err}"
            );
        }
    }

    #[test]
    fn lines_of_any_form_are_turned_into_one() {
        let input = b"(01)09521234543213(21)A/B\n]d2010952123454321321A/B\n^010952123454321321A/B\n\
            https://example.com/01/09521234543213/21/A%2FB\nurn:epc:id:sgtin:9521234.054321.A%2FB\n(01)1\n]d1HELLO\n";
        let build = |form: &str| {
            let arguments = [
                "build",
                "--lines",
                "--company-prefix-length",
                "7",
                "--form",
                form,
            ];
            answers(&arguments, input)
        };
        for (form, wanted) in [
            ("bracketed", "(01)09521234543213(21)A/B"),
            ("raw", "^010952123454321321A/B"),
            ("scan_dm", "]d2010952123454321321A/B"),
            ("hri", "(01) 09521234543213|(21) A/B"),
            ("dl_uri", "https://id.gs1.org/01/09521234543213/21/A%2FB"),
            ("epc_urn", "urn:epc:id:sgtin:9521234.054321.A%2FB"),
        ] {
            let (out, err) = build(form);
            assert_eq!(out, [wanted, wanted, wanted, wanted, wanted, "", ""]);
            assert!(
                err.contains("at least 14") && err.contains("no GS1 elements"),
                "{err}"
            );
        }
        let (out, _) = answers(&["check", "--lines"], input);
        assert_eq!(out[..5], ["ok"; 5]);
        assert!(out[5].starts_with("too_short 5 ") && out[6] == "ok");
        let (out, _) = answers(&["check", "--lines", "--json"], b"^99A\n");
        assert_eq!(out, [r#"{"ok":true}"#]);
    }
}
