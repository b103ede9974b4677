//! `vidimus label teach-text` and `check-text`: a printer's letters learnt from pictures of good packs, and the text of
//! pictures held against them. What must stand beside a symbol, the symbol itself says.

use super::source::in_force;
use super::template;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::look::load;
use crate::cli::output::{is_no_stream, stdout_failed, unwritten};
use crate::cli::pictures::pictures;
use crate::cli::station_file;
use crate::gs1::parse_payload;
use crate::label::{PackData, Template};
use crate::station::glyphs;
use crate::vision::grid::Grid;
use crate::vision::reader::Reader;
use crate::vision::text::{
    Basis, FieldReport, FieldState, GlyphBook, TextChecker, TextReference, TextScratch, learn,
};
use crate::vision::{Effort, Picture, Reading, frame, read};
use serde_json::json;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Template and resolution where nothing says otherwise: the station file's own defaults.
const TEMPLATE: &str = "pharma-pack";
const DPMM: u16 = 8;

/// The letters that serials and most lots are made of.
const LETTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Arguments of `label teach-text`.
#[derive(Debug, clap::Args)]
pub struct TeachArgs {
    #[command(flatten)]
    which: Which,
    /// Forget what was taught before; without it the pictures add to it
    #[arg(long)]
    anew: bool,
}

/// Arguments of `label check-text`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    which: Which,
    /// Answer in JSON, one object a line: file, ok, error, text [{field, text, ok, says, score, height_px,
    /// compared_with}]
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Pictures in PNG, JPEG or PGM, and folders of them; two dozen packs with different serials show all letters
    #[arg(required = true, value_name = "PICTURE")]
    pictures: Vec<PathBuf>,
    /// Station file: the template in force, print resolution and glyph file are the station's
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Template, built in or a file ending in .toml [default: the one in force on that station, else pharma-pack]
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// Resolution of the print in dots per millimetre [default: that of the station file's printer, else 8]
    #[arg(long)]
    dpmm: Option<u16>,
    /// File of the taught letters [default: the station file's]
    #[arg(long, value_name = "FILE")]
    glyphs: Option<PathBuf>,
}

impl Which {
    /// Whose letters are meant.
    fn lettering(&self) -> Result<Lettering, Failure> {
        let config = match &self.config {
            Some(file) => Some(station_file::load(file)?),
            None => None,
        };
        let of_station = config.as_ref();
        let template = match (&self.template, of_station) {
            (Some(name), _) => template(name)?,
            (None, Some(config)) => in_force(config)?,
            (None, None) => template(TEMPLATE)?,
        };
        let dpmm = of_station.map(|config| config.printers[0].dpmm as u16);
        let glyphs = of_station.map(|config| config.inspection.glyph_file.clone());
        Ok(Lettering {
            template,
            dpmm: self.dpmm.or(dpmm).unwrap_or(DPMM),
            glyphs: self.glyphs.clone().or(glyphs),
        })
    }
}

/// A label as a printer prints it, and where the printer's letters are kept.
pub struct Lettering {
    /// The label.
    pub template: Template,
    /// Dots per millimetre.
    pub dpmm: u16,
    /// File of the taught glyphs, if one is meant.
    pub glyphs: Option<PathBuf>,
}

/// A picture whose symbol says what stands beside it.
struct Shown {
    picture: Picture,
    grid: Grid,
    reference: TextReference,
}

impl Lettering {
    fn book(&self) -> Result<Option<GlyphBook>, Failure> {
        let Some(path) = &self.glyphs else {
            return Ok(None);
        };
        let taught = glyphs::read(path).map_err(|why| Failure::new(Exit::Configuration, why))?;
        Ok(taught.map(|taught| taught.book))
    }

    fn checker(&self, taught: Option<&GlyphBook>) -> Result<TextChecker, Failure> {
        let drawn = self.template.drawn_glyphs(self.dpmm);
        let drawn = drawn.map_err(|error| Failure::new(Exit::Configuration, error))?;
        Ok(TextChecker::new(&drawn, taught))
    }

    fn look(&self, reader: &mut Reader, path: &Path) -> Result<Shown, String> {
        let bytes = load(path)?;
        // The decoders are other people's code and the bytes are anybody's.
        let shown = catch_unwind(AssertUnwindSafe(|| self.look_at(reader, &bytes)));
        shown.unwrap_or_else(|_| {
            *reader = Reader::new();
            Err("The reader failed on this picture; please report it.".to_owned())
        })
    }

    fn look_at(&self, reader: &mut Reader, bytes: &[u8]) -> Result<Shown, String> {
        let picture = Picture::decode(bytes).map_err(|error| error.to_string())?;
        // What the second opinion finds has no place, and without one no text can be looked at.
        let symbol = match read(reader, &picture, None, Effort::Line) {
            Reading::Read(symbol) => symbol,
            Reading::NoSymbol => return Err("No symbol was found.".to_owned()),
            Reading::NotDecodable(_) => {
                return Err("A symbol was found and cannot be decoded.".to_owned());
            }
        };
        let grid = symbol.grid.ok_or(
            "Only the second opinion could read the symbol, which does not say where it lies.",
        )?;
        if !symbol.is_gs1() {
            return Err("The symbol is not GS1.".to_owned());
        }
        let elements = parse_payload(&symbol.content).map_err(|error| error.to_string())?;
        let pack = PackData::of_elements(&elements)?;
        let reference = self.template.text_reference(&pack, self.dpmm);
        Ok(Shown {
            picture,
            grid,
            reference: reference.map_err(|error| error.to_string())?,
        })
    }
}

/// Runs `label teach-text`.
///
/// # Errors
/// There is nowhere to keep the letters, a file is damaged, or no picture teaches anything.
pub fn teach(args: &TeachArgs, out: &mut dyn Write) -> Ended {
    let lettering = args.which.lettering()?;
    if lettering.glyphs.is_none() {
        let text = "Where shall the letters be kept? Name the station file (--config FILE) or a file (--glyphs FILE).";
        return Err(Failure::new(Exit::Usage, text));
    }
    if let Some(path) = &lettering.glyphs {
        is_no_stream(
            "The file of letters",
            path,
            "it is read again. Name a file.",
        )?;
    }
    let lesson = teach_from(&lettering, &pictures(&args.which.pictures), args.anew)?;
    for line in &lesson.said {
        writeln!(out, "{line}").map_err(|why| stdout_failed(&why))?;
    }
    Ok(match lesson.refused {
        0 => Exit::Ok,
        _ => Exit::SomeRefused,
    })
}

/// A new book begins with so many pictures at least: one wrong letter among them contradicts the others.
const FIRST_LEAST: usize = 3;

/// What teaching came to.
#[derive(Debug, Default)]
pub struct Lesson {
    /// A line for every picture, and what the book holds now.
    pub said: Vec<String>,
    /// Pictures that taught nothing.
    pub refused: usize,
}

/// Teaches the letters in these pictures, holds every picture against what was learnt, and writes the book.
///
/// # Errors
/// Nothing was learnt, or a picture shows other text than its symbol says: then nothing is written.
pub fn teach_from(
    lettering: &Lettering,
    pictures: &[PathBuf],
    anew: bool,
) -> Result<Lesson, Failure> {
    let before = match anew {
        true => None,
        false => lettering.book()?,
    };
    let book_is_new = before.is_none();
    let mut book = before.unwrap_or_default();
    let mut reader = Reader::new();
    let mut lesson = Lesson::default();
    let mut useful = Vec::new();
    for path in pictures {
        match lesson_of(lettering, &mut reader, path, &mut book) {
            Ok((line, learnt)) => {
                lesson.said.push(line);
                lesson.refused += usize::from(!learnt);
                useful.extend(learnt.then_some(path));
            }
            Err(why) => {
                lesson.refused += 1;
                lesson.said.push(format!("FAIL  {}: {why}", path.display()));
            }
        }
    }
    if book_is_new && !useful.is_empty() && useful.len() < FIRST_LEAST {
        let said = lesson.said.join("\n");
        let text = format!(
            "{said}\nA new book of letters begins with {FIRST_LEAST} pictures at least, so that one misprinted pack \
             cannot become the standard; {} taught something. Give pictures of more packs. Nothing was written.",
            useful.len()
        );
        return Err(Failure::new(Exit::SomeRefused, text));
    }
    if useful.is_empty() {
        let said = lesson.said.join("\n");
        let text = format!("{said}\nNothing was learnt: the letters stay as they were.");
        return Err(Failure::new(Exit::SomeRefused, text));
    }
    // None of them may contradict what was learnt from all.
    let checker = lettering.checker(Some(&book))?;
    for path in useful {
        if let Ok(shown) = lettering.look(&mut reader, path) {
            hold_against(&checker, &shown, path, &mut lesson.said)?;
        }
    }
    let path = lettering.glyphs.as_ref().expect("there is a file to teach");
    let hash =
        glyphs::write(path, &book).map_err(|why| unwritten("The file of letters", path, &why))?;
    lesson.said.extend(summary(&book));
    let path = path.display();
    lesson.said.push(format!("{path}  sha256 {hash}"));
    let next = "A station takes them when its next batch is opened, or when it is started again.";
    lesson.said.push(next.to_owned());
    Ok(lesson)
}

/// What one picture teaches, in words, and whether it taught anything.
fn lesson_of(
    lettering: &Lettering,
    reader: &mut Reader,
    path: &Path,
    book: &mut GlyphBook,
) -> Result<(String, bool), String> {
    let shown = lettering.look(reader, path)?;
    let learnt = learn(&frame(&shown.picture), &shown.grid, &shown.reference, book);
    let mut line = match learnt.characters {
        0 => format!("FAIL  {}: nothing learnt", path.display()),
        count => format!("ok    {}: {count} characters", path.display()),
    };
    for (field, why) in &learnt.refused {
        let field = &shown.reference.fields[*field];
        line += &format!("; not \"{}\": {why}", field.text);
    }
    Ok((line, learnt.characters > 0))
}

fn hold_against(
    checker: &TextChecker,
    shown: &Shown,
    path: &Path,
    said: &mut Vec<String>,
) -> Result<(), Failure> {
    for report in check_one(checker, shown) {
        let sentence = report.sentence(&shown.reference);
        match report.state {
            FieldState::Legible => {}
            FieldState::Differs { .. } | FieldState::Missing => {
                let text = format!(
                    "{}: {sentence} This picture or one before it shows other text than its symbol says: look at the \
                     packs, leave the wrong one's picture out, and teach again. Nothing was written.",
                    path.display()
                );
                return Err(Failure::new(Exit::SomeRefused, text));
            }
            FieldState::Illegible { .. } | FieldState::TooSmall | FieldState::OutOfView => {
                said.push(format!("      {}: {sentence}", path.display()));
            }
        }
    }
    Ok(())
}

fn check_one(checker: &TextChecker, shown: &Shown) -> Vec<FieldReport> {
    let mut scratch = TextScratch::default();
    let frame = frame(&shown.picture);
    checker
        .check(&frame, &shown.grid, &shown.reference, &mut scratch)
        .to_vec()
}

/// What is in the book, and what is not.
fn summary(book: &GlyphBook) -> Vec<String> {
    let all: String = book.iter().map(|(character, _)| character).collect();
    let mut lines = vec![format!("Taught now: {all}")];
    let once = book.iter().filter(|(_, glyph)| glyph.count == 1);
    let once: String = once.map(|(character, _)| character).collect();
    if !once.is_empty() {
        lines.push(format!(
            "Seen once only: {once}  (one picture more makes them surer)"
        ));
    }
    let missing: String = book.missing(LETTERS).into_iter().collect();
    if !missing.is_empty() {
        lines.push(format!(
            "Not taught yet: {missing}  (checked loosely, by our own drawing: give pictures of packs that carry them)"
        ));
    }
    lines
}

/// Runs `label check-text`.
///
/// # Errors
/// Template, station file or taught letters cannot be used.
pub fn check(args: &CheckArgs, out: &mut dyn Write) -> Ended {
    let lettering = args.which.lettering()?;
    let book = lettering.book()?;
    let checker = lettering.checker(book.as_ref())?;
    let mut reader = Reader::new();
    let mut all_sound = true;
    for path in pictures(&args.which.pictures) {
        let written = match lettering.look(&mut reader, &path) {
            Ok(shown) => {
                let reports = check_one(&checker, &shown);
                all_sound &= reports.iter().all(FieldReport::is_legible);
                answer(args.json, &path, &shown.reference, &reports, out)
            }
            Err(why) => {
                all_sound = false;
                match args.json {
                    true => writeln!(out, "{}", json!({"file": path, "ok": false, "error": why})),
                    false => writeln!(out, "FAIL  {}: {why}", path.display()),
                }
            }
        };
        written.map_err(|why| stdout_failed(&why))?;
    }
    if book.is_none() && !args.json {
        let text = "No letters were taught: all was compared with our own drawing, which a printer's font need not \
                    resemble. Teach them: vidimus label teach-text.";
        writeln!(out, "{text}").map_err(|why| stdout_failed(&why))?;
    }
    Ok(match all_sound {
        true => Exit::Ok,
        false => Exit::SomeRefused,
    })
}

fn answer(
    as_json: bool,
    path: &Path,
    reference: &TextReference,
    reports: &[FieldReport],
    out: &mut dyn Write,
) -> io::Result<()> {
    let ok = reports.iter().all(FieldReport::is_legible);
    if as_json {
        let line = |report: &FieldReport| {
            let field = &reference.fields[report.field];
            json!({
                "field": field.name,
                "text": field.text,
                "ok": report.is_legible(),
                "says": report.sentence(reference),
                "score": (f64::from(report.score) * 1000.0).round() / 1000.0,
                "height_px": (f64::from(report.height_px) * 10.0).round() / 10.0,
                "compared_with": match report.basis {
                    Basis::Taught => "taught",
                    Basis::Drawn => "drawn",
                    Basis::Mixed => "mixed",
                },
            })
        };
        let text: Vec<_> = reports.iter().map(line).collect();
        return writeln!(out, "{}", json!({"file": path, "ok": ok, "text": text}));
    }
    let state = if ok { "ok  " } else { "FAIL" };
    writeln!(out, "{state}  {}", path.display())?;
    for report in reports.iter().filter(|report| !report.is_legible()) {
        writeln!(out, "      {}", report.sentence(reference))?;
    }
    Ok(())
}
