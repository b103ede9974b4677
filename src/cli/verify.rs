//! `vidimus verify IMAGE…`: what stands in the symbols of pictures.

use super::gs1::{dictionary, finish};
use super::pictures::pictures;
use super::{Exit, overlay};
use crate::gs1::{Dictionary, Element, Parser, bracketed};
use crate::record::{Modules, Parameter};
use crate::vision::grade::{Context, Report};
use crate::vision::grid::Grid;
use crate::vision::reader::Reader;
use crate::vision::{Effort, PICTURE_MAX_BYTES, Picture, Reading, Symbol, frame, read};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Read the Data Matrix symbols in pictures and judge their GS1 content.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "\"ok\" means that a symbol was read and, where it is GS1, that its elements \
    follow the rules.\n\
Exit codes: 0 every file could be opened (each line says what was read), 1 at least one could \
not, 2 usage, 10 the AI \
dictionary cannot be used."
)]
pub struct VerifyArgs {
    /// Pictures in PNG, JPEG or PGM, and folders of them.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Answer in JSON, one object a line: file, ok, symbology, content, elements [[ai,value],…],
    /// reader, grade {overall, decode, sc, mod, rm, anu, gnu, uec, fpd, …}, looks_like, corners, modules, ms, error.
    #[arg(long)]
    json: bool,
    /// Draws the picture with grid and modules into this PNG file; for one picture only.
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
    /// A file in GS1's syntax dictionary format, used in place of the built-in table.
    #[arg(long, value_name = "FILE")]
    ai_dictionary: Option<PathBuf>,
}

#[derive(Debug, Default, Serialize)]
struct Answer {
    file: String,
    ok: bool,
    symbology: Option<String>,
    content: Option<String>,
    elements: Vec<Element>,
    /// Who read it: `blind` is our own reader without a hint, `rxing` the second opinion.
    reader: Option<&'static str>,
    /// Grades by parameter; missing where the second opinion alone could read.
    grade: Option<GradeAnswer>,
    /// What a weak print looks like, strongest first.
    looks_like: Vec<String>,
    /// Outer corners in pixels: top left, top right, bottom right, bottom left of the symbol itself.
    corners: Option<[[f32; 2]; 4]>,
    /// Rows of modules as sampled, `#` dark, `.` light.
    modules: Vec<String>,
    /// Milliseconds for decoding the picture and reading the symbol.
    ms: f64,
    error: Option<String>,
}

/// Runs the command.
pub fn run(args: &VerifyArgs, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let dictionary = match dictionary(args.ai_dictionary.as_deref()) {
        Ok(dictionary) => dictionary,
        Err(text) => {
            let _ = writeln!(err, "{text}");
            return Exit::Configuration;
        }
    };
    if args.overlay.is_some() && pictures(&args.images).len() != 1 {
        let _ = writeln!(err, "--overlay draws one picture: name exactly one.");
        return Exit::Usage;
    }
    let done = verify_all(args, &dictionary, out);
    finish(done, err)
}

fn verify_all(args: &VerifyArgs, dictionary: &Dictionary, out: &mut dyn Write) -> io::Result<Exit> {
    let mut all_opened = true;
    for path in &pictures(&args.images) {
        let (mut answer, opened) = match load(path) {
            Ok(bytes) => (look(path, &bytes, dictionary), Some(bytes)),
            Err(error) => (unread(path, error), None),
        };
        all_opened &= opened.is_some();
        if let (Some(file), Some(bytes)) = (&args.overlay, &opened)
            && let Err(text) = draw(file, bytes, &answer)
        {
            all_opened = false;
            answer.error.get_or_insert(text);
        }
        if args.json {
            serde_json::to_writer(&mut *out, &answer)?;
            writeln!(out)?;
        } else {
            show(&answer, out)?;
        }
        out.flush()?;
    }
    Ok(match all_opened {
        true => Exit::Ok,
        false => Exit::SomeRefused,
    })
}

/// Grades as numbers 0.0–4.0, and how to take them.
#[derive(Debug, Serialize)]
struct GradeAnswer {
    overall: f64,
    letter: char,
    #[serde(flatten)]
    parameters: BTreeMap<&'static str, f64>,
    /// The method followed; never a certificate.
    method: &'static str,
    /// Reflectance comes from a calibration card.
    calibrated: bool,
    /// The picture's coding loses detail: the grade can neither accept nor reject.
    indicative: bool,
    /// Print growth across and down, in modules.
    growth: [f32; 2],
    /// Module pitch across and down, in pixels.
    pitch_px: [f32; 2],
    /// How unevenly the clock tracks' edges lie, in modules: upper and right track.
    clock_irregularity: [f32; 2],
}

impl GradeAnswer {
    fn of(report: &Report) -> GradeAnswer {
        let parameters = Parameter::ALL
            .into_iter()
            .map(|one| (one.short(), report.grades.of(one).number()));
        let overall = report.grades.overall();
        let rounded = |value: f32| (value * 1000.0).round() / 1000.0;
        GradeAnswer {
            overall: overall.number(),
            letter: overall.letter(),
            parameters: parameters.collect(),
            method: report.edition.text(),
            calibrated: report.calibrated,
            indicative: report.grades.indicative,
            growth: report.growth.map(rounded),
            pitch_px: report.pitch_px.map(rounded),
            clock_irregularity: report.clock_irregularity.map(rounded),
        }
    }
}

fn unread(path: &Path, error: String) -> Answer {
    Answer {
        file: path.display().to_string(),
        error: Some(error),
        ..Answer::default()
    }
}

/// The bytes of a file; one more than a picture may have is enough to refuse it.
fn load(path: &Path) -> Result<Vec<u8>, String> {
    let wrong = |error: io::Error| format!("The file cannot be read: {error}.");
    let file = std::fs::File::open(path).map_err(wrong)?;
    if file.metadata().map_err(wrong)?.is_dir() {
        return Err("This folder cannot be read.".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(PICTURE_MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(wrong)?;
    Ok(bytes)
}

fn look(path: &Path, bytes: &[u8], dictionary: &Dictionary) -> Answer {
    let start = Instant::now();
    // The decoders are other people's code and the bytes are anybody's: a fault of theirs ends with
    // this picture.
    let reading = catch_unwind(AssertUnwindSafe(|| {
        Picture::decode(bytes).map(|picture| look_at(&picture))
    }));
    let ms = (start.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    let failed = |error: String| Answer {
        ms,
        ..unread(path, error)
    };
    match reading {
        Err(_) => failed("The reader failed on this picture; please report it.".to_owned()),
        Ok(Err(error)) => failed(error.to_string()),
        Ok(Ok((Reading::NoSymbol, _))) => failed("No symbol was found.".to_owned()),
        Ok(Ok((Reading::NotDecodable(undecoded), _))) => Answer {
            corners: undecoded.grid.map(|grid| corners(&grid)),
            modules: undecoded.modules.as_ref().map_or_else(Vec::new, rows),
            ..failed("A symbol was found and cannot be decoded.".to_owned())
        },
        Ok(Ok((Reading::Read(symbol), graded))) => Answer {
            ms,
            ..judged(path, symbol, graded, dictionary)
        },
    }
}

/// Grades, and what a weak print looks like.
struct Graded {
    report: Report,
    looks_like: Vec<String>,
}

fn look_at(picture: &Picture) -> (Reading, Option<Graded>) {
    let mut reader = Reader::new();
    let reading = read(&mut reader, picture, None, Effort::Thorough);
    let grid = match &reading {
        Reading::Read(symbol) => symbol.grid,
        _ => None,
    };
    let graded = grid.map(|grid| {
        let context = Context {
            lossless: picture.origin().lossless,
            ..Context::default()
        };
        let frame = frame(picture);
        let report = reader.grade(&frame, &grid, context);
        let causes = reader.diagnose(&frame, &report, context);
        Graded {
            report,
            looks_like: causes.iter().map(ToString::to_string).collect(),
        }
    });
    (reading, graded)
}

fn corners(grid: &Grid) -> [[f32; 2]; 4] {
    let rounded = |value: f32| (value * 100.0).round() / 100.0;
    grid.corners().map(|at| [rounded(at.x), rounded(at.y)])
}

fn rows(modules: &Modules) -> Vec<String> {
    let row = |row: &[bool]| {
        row.iter()
            .map(|dark| if *dark { '#' } else { '.' })
            .collect()
    };
    modules
        .dark
        .chunks(modules.columns.max(1).into())
        .map(row)
        .collect()
}

fn judged(path: &Path, symbol: Symbol, graded: Option<Graded>, dictionary: &Dictionary) -> Answer {
    let parsed = match symbol.is_gs1() {
        true => Parser::new(dictionary).payload(&symbol.content),
        false => Ok(Vec::new()),
    };
    let (elements, error) = match parsed {
        Ok(elements) => (elements, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    Answer {
        ok: error.is_none(),
        symbology: Some(symbol.symbology),
        content: Some(symbol.content),
        elements,
        error,
        reader: Some(symbol.by.name()),
        corners: symbol.grid.as_ref().map(corners),
        modules: symbol.modules.as_ref().map_or_else(Vec::new, rows),
        grade: graded
            .as_ref()
            .map(|graded| GradeAnswer::of(&graded.report)),
        looks_like: graded.map_or_else(Vec::new, |graded| graded.looks_like),
        ..unread(path, String::new())
    }
}

/// Draws what was seen; a picture that cannot be decoded has nothing to draw on, and the answer says why.
fn draw(file: &Path, bytes: &[u8], answer: &Answer) -> Result<(), String> {
    let Ok(Ok(picture)) = catch_unwind(AssertUnwindSafe(|| Picture::decode(bytes))) else {
        return Ok(());
    };
    let content = answer
        .content
        .as_deref()
        .map(|content| content.escape_debug().to_string());
    let lines: Vec<String> = [
        Some(format!(
            "{}  {}",
            if answer.ok { "ok" } else { "FAIL" },
            answer.file
        )),
        content.map(|content| format!("{} {content}", answer.symbology.as_deref().unwrap_or(""))),
        (!answer.elements.is_empty()).then(|| bracketed(&answer.elements)),
        answer.error.clone(),
    ]
    .into_iter()
    .flatten()
    .collect();
    overlay::save(file, &picture, None, &lines)
}

fn show(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let read = match (&answer.error, &answer.content) {
        (None, Some(content)) if answer.elements.is_empty() => content.escape_debug().to_string(),
        (None, _) => bracketed(&answer.elements),
        (Some(error), None) => error.clone(),
        (Some(error), Some(content)) => format!("{} {error}", content.escape_debug()),
    };
    let state = if answer.ok { "ok  " } else { "FAIL" };
    let grade = answer.grade.as_ref().map_or_else(String::new, |grade| {
        let indicative = if grade.indicative { ", indicative" } else { "" };
        format!(
            "  in-line grade {:.1} ({}){indicative}",
            grade.overall, grade.letter
        )
    });
    let symbology = answer.symbology.as_deref().unwrap_or("-");
    writeln!(
        out,
        "{state}  {}  {symbology}  {read}{grade}  ({:.1} ms)",
        answer.file, answer.ms
    )?;
    match answer.looks_like.as_slice() {
        [] => Ok(()),
        causes => writeln!(out, "      looks like: {}", causes.join("; ")),
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::{PackData, built_in};

    fn verify(paths: &[&Path]) -> (Vec<serde_json::Value>, Exit) {
        let args = VerifyArgs {
            images: paths.iter().map(|path| path.to_path_buf()).collect(),
            json: true,
            overlay: None,
            ai_dictionary: None,
        };
        let mut out = Vec::new();
        let code = verify_all(&args, Dictionary::built_in(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let answers = text.lines().map(|line| serde_json::from_str(line).unwrap());
        (answers.collect(), code)
    }

    #[test]
    fn good_and_bad_files_each_get_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let pack = PackData::sample();
        let label = built_in("pharma-pack").unwrap().raster(&pack, 8).unwrap();
        let good = folder.path().join("good.png");
        label.save(&good).unwrap();
        let whole = std::fs::read(&good).unwrap();
        let cut = file("cut.png", &whole[..whole.len() / 2]);
        let huge = file("huge.pgm", b"P5 70000 70000 255 \0");
        let none = file(
            "none.pgm",
            &[b"P5 60 60 255 ".as_slice(), &[200; 3600]].concat(),
        );
        let text = file("text.png", b"no picture at all");
        let missing = folder.path().join("missing.png");
        let (answers, code) = verify(&[&good, &cut, &huge, &none, &text]);
        assert_eq!(code, Exit::Ok);
        assert_eq!(answers[0]["ok"], true);
        assert_eq!(answers[0]["symbology"], "]d2");
        assert_eq!(answers[0]["elements"][1][1], *pack.serial.as_ref().unwrap());
        let errors = ["damaged", "70000 × 70000", "No symbol", "not a picture"];
        for (answer, wanted) in answers[1..].iter().zip(errors) {
            assert_eq!(answer["ok"], false);
            let error = answer["error"].as_str().unwrap();
            assert!(error.contains(wanted), "{error}");
        }
        let (answers, code) = verify(&[&missing, folder.path(), &good]);
        assert_eq!(code, Exit::SomeRefused);
        let error = answers[0]["error"].as_str().unwrap_or_default();
        assert!(error.contains("cannot be read"), "{error}");
        // The folder stands for its five pictures; the one that is named again is looked at once.
        assert_eq!(answers.len(), 6);
        assert_eq!(answers[2]["ok"], true);
    }

    #[test]
    fn the_overlay_shows_the_symbol_of_one_picture() {
        let folder = tempfile::tempdir().unwrap();
        let (good, out) = (
            folder.path().join("good.png"),
            folder.path().join("seen.png"),
        );
        let label = built_in("pharma-pack")
            .unwrap()
            .raster(&PackData::sample(), 12)
            .unwrap();
        label.save(&good).unwrap();
        let run = |images: Vec<PathBuf>, overlay: PathBuf| {
            let args = VerifyArgs {
                images,
                json: false,
                overlay: Some(overlay),
                ai_dictionary: None,
            };
            let (mut said, mut err) = (Vec::new(), Vec::new());
            let exit = super::run(&args, &mut said, &mut err);
            (exit, String::from_utf8([said, err].concat()).unwrap())
        };
        let (exit, said) = run(vec![good.clone()], out.clone());
        assert_eq!(exit, Exit::Ok, "{said}");
        let drawn = image::open(&out).unwrap().into_rgb8();
        let count =
            |wanted: image::Rgb<u8>| drawn.pixels().filter(|pixel| **pixel == wanted).count();
        use crate::vision::overlay::{CORRECTED, OUTLINE, RIGHT};
        // The symbol was decoded, so every module is known to be right, and nothing is wrong.
        assert!(count(OUTLINE) > 100 && count(RIGHT) > 400);
        assert_eq!(count(CORRECTED), 0);
        let (exit, said) = run(vec![good.clone(), folder.path().to_owned()], out);
        assert_eq!(exit, Exit::Usage, "{said}");
        let (exit, said) = run(vec![good], folder.path().join("no/such/folder.png"));
        assert_eq!(exit, Exit::SomeRefused);
        assert!(said.contains("cannot be written"), "{said}");
    }
}
