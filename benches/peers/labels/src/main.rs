//! Labels beside two others, in one run and one thread: crate labelize 1.10.0, which draws what a printer is sent, and
//! Debian's zint, which draws a symbol alone.
//!
//! The others do not do what Vidimus does for each pack (write the text that a printer gets), so what is compared is
//! the nearest each of them does; every row says what. All take their turns, so that a busy moment of the machine meets
//! them all. See README.md above this crate.

use clap::Parser;
use std::io::Cursor;
use std::process::{Command, ExitCode};
use std::time::Instant;
use vidimus::gs1::Element;
use vidimus::label::{PackData, Template, built_in_text};
use vidimus_drivers::printer::format::JobContent;
use vidimus_drivers::printer::{LANGUAGES, Speech, language};

const DPMM: u16 = 12;
/// Symbols that one process of zint draws, so that its start hardly counts.
const ZINT_BATCH: usize = 200;

#[derive(Parser)]
#[command(about = "Times labels of 50 x 30 mm at 12 dots/mm beside labelize and zint, in one run.")]
struct Options {
    /// Rounds; in each of them every row has its turn once.
    #[arg(long, default_value_t = 200)]
    rounds: u32,
}

/// One row of the table.
struct Row<'a> {
    what: String,
    /// Does it once; `Err` says what went wrong.
    act: Box<dyn Fn() -> Result<(), String> + 'a>,
    /// How often it is done in each turn, and how many labels each time makes.
    times: usize,
    labels: usize,
    /// Microseconds a label, one figure a round.
    took_us: Vec<f64>,
}

impl<'a> Row<'a> {
    fn new(what: String, times: usize, act: impl Fn() -> Result<(), String> + 'a) -> Row<'a> {
        Row {
            what,
            act: Box::new(act),
            times,
            labels: 1,
            took_us: Vec::new(),
        }
    }

    fn turn(&mut self) -> Result<(), String> {
        let since = Instant::now();
        for _ in 0..self.times {
            (self.act)()?;
        }
        let labels = (self.times * self.labels) as f64;
        self.took_us
            .push(since.elapsed().as_secs_f64() * 1e6 / labels);
        Ok(())
    }

    /// The figure that so many of 100 are not above.
    fn percentile(&self, percent: usize) -> f64 {
        let mut all = self.took_us.clone();
        all.sort_by(f64::total_cmp);
        all[(all.len() - 1) * percent / 100]
    }
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let template = paper_of_50_by_30()?;
    let pack = PackData::sample();
    let mut rows = texts(&template, &pack)?;
    rows.extend(pictures(&template, &pack)?);
    rows.extend(zint(&template, &pack)?);
    for _ in 0..options.rounds.max(1) {
        for row in &mut rows {
            let done = row.turn();
            done.map_err(|why| format!("{}: {why}", row.what))?;
        }
    }
    println!("| what, for one label | median, us | 99th percentile, us |\n|---|---|---|");
    for row in &rows {
        let (median, slow) = (row.percentile(50), row.percentile(99));
        println!("| {} | {median:.2} | {slow:.2} |", row.what);
    }
    Ok(())
}

fn paper_of_50_by_30() -> Result<Template, String> {
    let text = built_in_text("pharma-pack").ok_or("pharma-pack is not built in")?;
    let text = text.replace("width_mm = 32.0", "width_mm = 50.0");
    let text = text.replace("\nheight_mm = 16.0", "\nheight_mm = 30.0");
    Template::parse(&text).map_err(|why| format!("{why:?}"))
}

fn speech(scheme: &str) -> Result<Speech, String> {
    let spoken = language(scheme).ok_or_else(|| format!("nobody speaks {scheme}"))?;
    Ok(spoken.speech())
}

/// What Vidimus does for each pack: from its values to the bytes the printer gets.
fn texts<'a>(template: &'a Template, pack: &'a PackData) -> Result<Vec<Row<'a>>, String> {
    let mut rows = Vec::new();
    for spoken in LANGUAGES {
        let speech = spoken.speech();
        let made = template.for_printer(&speech, pack, DPMM);
        let (format, content) = made.map_err(|why| why.to_string())?;
        if matches!(content, JobContent::Picture(_)) {
            continue;
        }
        let what = format!("vidimus: text for {}", spoken.scheme);
        rows.push(Row::new(what, 100, move || {
            let fields = template.fields(pack).map_err(|why| why.to_string())?;
            let bytes = speech.language.job(&format, &fields);
            bytes.map(drop).map_err(|why| why.to_string())
        }));
    }
    Ok(rows)
}

/// The whole label drawn: by Vidimus from its template, by labelize from what Vidimus sends to a printer.
fn pictures<'a>(template: &'a Template, pack: &'a PackData) -> Result<Vec<Row<'a>>, String> {
    let raster = move || template.raster(pack, DPMM).map_err(|why| why.to_string());
    let mut rows = vec![
        Row::new("vidimus: drawn".into(), 1, move || raster().map(drop)),
        Row::new("vidimus: drawn, as PNG".into(), 1, move || {
            let mut png = Cursor::new(Vec::new());
            let drawn = raster()?.write_to(&mut png, image::ImageFormat::Png);
            drawn.map_err(|why| why.to_string())
        }),
    ];
    for scheme in ["zpl", "tspl"] {
        let written = template.written(&speech(scheme)?, pack, DPMM);
        let bytes = written.map_err(|why| why.to_string())?.concat();
        let what = format!("labelize: drawn from its {scheme}, as PNG");
        rows.push(Row::new(what, 1, move || {
            let options = labelize::RenderOptions {
                width_mm: Some(template.width_mm),
                height_mm: Some(template.height_mm),
                dpmm: i32::from(DPMM),
                ..labelize::RenderOptions::default()
            };
            let drawn = labelize::render_png(&bytes, options);
            drawn.map(drop).map_err(|why| why.to_string())
        }));
    }
    Ok(rows)
}

/// The symbol alone, drawn by zint as PNG: a process a symbol, and many symbols by one process. No row where zint is
/// not installed, which is said.
fn zint<'a>(template: &Template, pack: &PackData) -> Result<Vec<Row<'a>>, String> {
    if Command::new("zint").arg("--version").output().is_err() {
        eprintln!("zint is not there (Debian: zint): no figures of it");
        return Ok(Vec::new());
    }
    let folder = std::env::temp_dir().join(format!("vidimus-zint-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let barcode = template.barcodes.first().ok_or("a label without symbol")?;
    let elements = barcode.elements(pack);
    let in_brackets = |one: &Element| format!("[{}]{}", one.ai, one.value);
    let data: String = elements.iter().map(in_brackets).collect();
    let lines = folder.join("lines.txt");
    std::fs::write(&lines, format!("{data}\n").repeat(ZINT_BATCH))
        .map_err(|why| format!("{}: {why}", lines.display()))?;
    let arguments = ["--barcode=DATAMATRIX", "--gs1", "--scale=3"].map(str::to_owned);
    let one = [
        format!("--data={data}"),
        format!("--output={}", folder.join("one.png").display()),
    ];
    let many = [
        "--batch".to_owned(),
        format!("--input={}", lines.display()),
        format!("--output={}", folder.join("many~~~~.png").display()),
    ];
    let call = |more: &[String]| {
        let all = [&arguments[..], more].concat();
        move || {
            let ended = Command::new("zint").args(&all).output();
            let ended = ended.map_err(|why| why.to_string())?;
            match ended.status.success() {
                true => Ok(()),
                false => Err(String::from_utf8_lossy(&ended.stderr).into_owned()),
            }
        }
    };
    let alone = Row::new("zint: symbol alone, a process each".into(), 1, call(&one));
    let what = format!("zint: symbol alone, {ZINT_BATCH} by one process");
    let mut together = Row::new(what, 1, call(&many));
    together.labels = ZINT_BATCH;
    Ok(vec![alone, together])
}
