//! `vidimus verify IMAGE…`: what stands in the symbols of pictures.

use super::gs1::{dictionary, finish};
use super::look::{Graded, Look, load};
use super::pictures::pictures;
use super::{Exit, Failure, overlay, station_file, teach};
use crate::gs1::{Dictionary, Element, Parser, bracketed};
use crate::record::{Modules, Parameter};
use crate::vision::grade::Report;
use crate::vision::grid::Grid;
use crate::vision::reader::Reader;
use crate::vision::{Effort, Picture, PictureError, Reading, Setup, Symbol};
use serde::Serialize;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Read the Data Matrix symbols in pictures and judge their GS1 content.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "\"ok\" means that a symbol was read and, where it is GS1, that its elements \
    follow the rules.\n\
Exit codes: 0 every picture is ok, 1 at least one is not (each line says why), 2 usage, 10 the AI \
dictionary cannot be used."
)]
pub struct VerifyArgs {
    /// Pictures in PNG, JPEG or PGM, and folders of them.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Answer in JSON, one object a line: file, ok, symbology, content, elements [[ai,value],…],
    /// reader, grade {overall, decode, sc, mod, rm, anu, gnu, uec, fpd, …}, looks_like, corners, modules, ms,
    /// decode_ms, error, teach.
    #[arg(long)]
    json: bool,
    /// Tries everything on every picture. Without it the slow second opinion is asked only where something looks like
    /// a symbol.
    #[arg(long)]
    thorough: bool,
    /// Draws the picture with grid and modules into this PNG file; for one picture only.
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
    /// Says where a good pack's symbol lies, how it is lit and where text stands, what should be improved in the
    /// camera's set-up, and the line for the station file; for one picture only.
    #[arg(long)]
    teach: bool,
    /// Grades with the reflectance that this station file's camera was calibrated to.
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
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
    /// Milliseconds for reading and grading the symbol.
    ms: f64,
    /// Milliseconds for decoding the picture's file before.
    decode_ms: f64,
    error: Option<String>,
    /// With `--teach`, what the picture says of the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    teach: Option<serde_json::Value>,
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
    let one_only = match (&args.overlay, args.teach) {
        (Some(_), _) => Some("--overlay draws one picture"),
        (None, true) => Some("--teach learns from one picture"),
        (None, false) => None,
    };
    if let Some(why) = one_only
        && pictures(&args.images).len() != 1
    {
        let _ = writeln!(err, "{why}: name exactly one.");
        return Exit::Usage;
    }
    let setup = match args.config.as_deref().map(station_file::load).transpose() {
        Ok(config) => {
            let first = config.and_then(|config| config.cameras.into_iter().next());
            first.map_or_else(Setup::default, |camera| camera.setup)
        }
        Err(failure) => {
            let _ = writeln!(err, "{failure}");
            return failure.exit;
        }
    };
    let done = verify_all(args, &dictionary, &setup, out);
    finish(done, err)
}

fn verify_all(
    args: &VerifyArgs,
    dictionary: &Dictionary,
    setup: &Setup,
    out: &mut dyn Write,
) -> io::Result<Exit> {
    let (mut all_done, mut undrawn) = (true, None);
    let effort = match args.thorough {
        true => Effort::Thorough,
        false => Effort::Picture,
    };
    let mut reader = Reader::new();
    for path in &pictures(&args.images) {
        let (mut answer, seen) = match load(path) {
            Ok(bytes) => look(&mut reader, path, &bytes, dictionary, (setup, effort)),
            Err(error) => {
                all_done = false;
                (unread(path, error), None)
            }
        };
        if let (Some(file), Some((picture, look))) = (&args.overlay, &seen)
            && let Err(failure) = draw(file, picture, look, &answer)
        {
            undrawn = Some(failure.exit);
            answer.error.get_or_insert(failure.text);
        }
        let lesson = seen.as_ref().filter(|_| args.teach);
        let lesson = lesson.and_then(|(picture, look)| look.lesson(picture));
        all_done &= answer.ok && (lesson.is_some() || !args.teach);
        answer.teach = lesson.as_ref().map(teach::json);
        if args.json {
            serde_json::to_writer(&mut *out, &answer)?;
            writeln!(out)?;
        } else {
            show(&answer, out)?;
            match &lesson {
                Some(lesson) => teach::show(lesson, out)?,
                None if args.teach => writeln!(out, "      {NOTHING_TAUGHT}")?,
                None => {}
            }
        }
        out.flush()?;
    }
    Ok(match (undrawn, all_done) {
        (Some(exit), _) => exit,
        (None, true) => Exit::Ok,
        (None, false) => Exit::SomeRefused,
    })
}

/// Why `--teach` says nothing.
const NOTHING_TAUGHT: &str = "Nothing can be taught by this picture: our own reader must read a symbol in it. Take a \
                              good pack, in focus and evenly lit.";

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

fn look(
    reader: &mut Reader,
    path: &Path,
    bytes: &[u8],
    dictionary: &Dictionary,
    (setup, effort): (&Setup, Effort),
) -> (Answer, Option<(Picture, Look)>) {
    let start = Instant::now();
    let decoding = Cell::new(Duration::ZERO);
    // The decoders are other people's code and the bytes are anybody's: a fault of theirs ends with
    // this picture.
    let looked = catch_unwind(AssertUnwindSafe(|| {
        let picture = Picture::decode(bytes)?;
        decoding.set(start.elapsed());
        let look = Look::at(reader, &picture, setup, effort);
        Ok((picture, look))
    }));
    let failed = |error: String| Answer {
        ms: rounded_ms(start.elapsed() - decoding.get()),
        decode_ms: rounded_ms(decoding.get()),
        ..unread(path, error)
    };
    let looked: Result<(Picture, Look), PictureError> = match looked {
        Err(_) => {
            // What it had in hand when it failed is not used again.
            *reader = Reader::new();
            let error = "The reader failed on this picture; please report it.";
            return (failed(error.to_owned()), None);
        }
        Ok(looked) => looked,
    };
    let (picture, look) = match looked {
        Err(error) => return (failed(error.to_string()), None),
        Ok(looked) => looked,
    };
    let ms = rounded_ms(start.elapsed() - decoding.get());
    let answer = match &look.reading {
        Reading::NoSymbol => failed("No symbol was found.".to_owned()),
        Reading::NotDecodable(undecoded) => Answer {
            corners: undecoded.grid.map(|grid| corners(&grid)),
            modules: undecoded.modules.as_ref().map_or_else(Vec::new, rows),
            ..failed("A symbol was found and cannot be decoded.".to_owned())
        },
        Reading::Read(symbol) => Answer {
            ms,
            decode_ms: rounded_ms(decoding.get()),
            ..judged(path, symbol, look.graded.as_ref(), dictionary)
        },
    };
    (answer, Some((picture, look)))
}

/// Milliseconds to the microsecond.
fn rounded_ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
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

fn judged(
    path: &Path,
    symbol: &Symbol,
    graded: Option<&Graded>,
    dictionary: &Dictionary,
) -> Answer {
    let parsed = match symbol.is_gs1() {
        true => Parser::new(dictionary)
            .payload(&symbol.content)
            .map(|elements| elements.to_vec()),
        false => Ok(Vec::new()),
    };
    let (elements, error) = match parsed {
        Ok(elements) => (elements, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    Answer {
        ok: error.is_none(),
        symbology: Some(symbol.symbology.clone()),
        content: Some(symbol.content.clone()),
        elements,
        error,
        reader: Some(symbol.by.name()),
        corners: symbol.grid.as_ref().map(corners),
        modules: symbol.modules.as_ref().map_or_else(Vec::new, rows),
        grade: graded.map(|graded| GradeAnswer::of(&graded.report)),
        looks_like: graded.map_or_else(Vec::new, |graded| {
            graded.looks_like.iter().map(ToString::to_string).collect()
        }),
        ..unread(path, String::new())
    }
}

/// Draws what was seen.
fn draw(file: &Path, picture: &Picture, look: &Look, answer: &Answer) -> Result<(), Failure> {
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
        answer.reader.map(|reader| format!("read by {reader}")),
    ]
    .into_iter()
    .flatten()
    .chain(look.grade_lines())
    .chain(
        answer
            .looks_like
            .iter()
            .map(|one| format!("looks like {one}")),
    )
    .collect();
    overlay::save((Path::new(&answer.file), file), picture, look, None, &lines)
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
        let reflectance = if grade.calibrated {
            "calibrated"
        } else {
            "estimated"
        };
        let indicative = if grade.indicative { ", indicative" } else { "" };
        format!(
            "  in-line grade {:.1} ({}), reflectance {reflectance}{indicative}",
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
            thorough: false,
            overlay: None,
            teach: false,
            config: None,
            ai_dictionary: None,
        };
        let mut out = Vec::new();
        let setup = Setup::default();
        let code = verify_all(&args, Dictionary::built_in(), &setup, &mut out).unwrap();
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
        let (answers, code) = verify(&[&good]);
        assert_eq!((code, answers.len()), (Exit::Ok, 1));
        let (answers, code) = verify(&[&good, &cut, &huge, &none, &text]);
        assert_eq!(code, Exit::SomeRefused);
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
                thorough: false,
                overlay: Some(overlay),
                teach: false,
                config: None,
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
        assert_eq!(exit, Exit::Store);
        assert!(said.contains("cannot be written"), "{said}");
    }
}
