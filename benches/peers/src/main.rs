//! Measures Vidimus beside rxing, zxing-cpp and libdmtx: the same frames, one run, one thread.
//!
//! Every reader reads every frame, one after the other, so that a busy moment of the machine meets them all. What is
//! printed: read %, wrong reads, median and 99th percentile of each reader for each condition or folder, and where
//! Vidimus loses. See README.md beside this crate.

mod generate;
mod hint;
mod material;
mod measure;
mod reader;
mod score;
mod table;

use clap::Parser;
use hint::Hint;
use material::{Expected, Item};
use measure::{Clock, Record, Verdict, measure};
use reader::{Reader, Side, roster};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use table::Run;

#[derive(Parser)]
#[command(
    about = "Measures Vidimus beside rxing, zxing-cpp and libdmtx: the same frames, one run, one thread."
)]
struct Options {
    /// Conditions of generated frames, by name, or `all`.
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    condition: Vec<String>,
    /// Generated frames of each step.
    #[arg(long, value_name = "N", default_value_t = 20)]
    frames: u32,
    /// First seed; frame n of a step has seed SEED + n.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Shows read % for each step as well.
    #[arg(long)]
    steps: bool,
    /// Reads every PNG, JPEG and PGM in this folder and below, turned by 0°, 90°, 180° and 270°; the right content
    /// stands in NAME.txt beside NAME.png.
    #[arg(long, value_name = "DIR")]
    folder: Vec<PathBuf>,
    /// The same for pictures without any symbol: whatever is read is wrong. May lie inside a --folder.
    #[arg(long, value_name = "DIR")]
    empty_folder: Vec<PathBuf>,
    /// Only these readers.
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    readers: Vec<String>,
    /// Prints all figures as JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// Reads each frame so many times and counts the fastest.
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeat: u32,
    /// Which time counts.
    #[arg(long, value_enum, default_value_t = Clock::Wall)]
    clock: Clock,
    /// Most milliseconds libdmtx may take for a frame.
    #[arg(long, value_name = "MS", default_value_t = 200)]
    dmtx_ms: u32,
    /// Writes every frame as PNG that somebody read wrong, or that a peer or the reference read and Vidimus did not.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
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
    let conditions = generate::conditions(&options.condition)?;
    let files = material::files(&options.folder, &options.empty_folder)?;
    if conditions.is_empty() && files.is_empty() {
        return Err("Nothing to read: give --condition NAME (or all), or --folder DIR.".to_owned());
    }
    let mut readers = chosen(options)?;
    if let Some(folder) = &options.keep {
        let cannot = |why| format!("{} cannot be made: {why}.", folder.display());
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    let mut run = Run {
        readers: readers
            .iter()
            .map(|reader| (reader.name(), reader.side()))
            .collect(),
        records: Vec::new(),
    };
    for condition in conditions {
        for (step, seed) in generate::frames_of(condition, options.frames, options.seed) {
            let item = generate::item(condition, step, seed);
            read(&item, seed, &mut readers, options, &mut run)?;
        }
        eprintln!(
            "{} frames read, last {}",
            run.records.len(),
            condition.name()
        );
    }
    for file in &files {
        match material::four_turns(file) {
            Ok(items) => {
                for item in &items {
                    read(item, 0, &mut readers, options, &mut run)?;
                }
            }
            Err(why) => eprintln!("left out: {}: {why}", file.path.display()),
        }
    }
    let mut text = run.markdown(options.steps);
    if options.json {
        let json = serde_json::to_string_pretty(&run.rows());
        text = json.map_err(|why| format!("No JSON could be made: {why}."))? + "\n";
    }
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())
        .map_err(|why| format!("The figures could not be printed: {why}."))?;
    Ok(())
}

/// The readers that were asked for and are there. One that was asked for by name and is missing is an error, one of
/// many that is missing is told.
fn chosen(options: &Options) -> Result<Vec<Box<dyn Reader>>, String> {
    let roster = roster(options.dmtx_ms);
    let known: Vec<&str> = roster.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = options
        .readers
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(format!(
            "There is no reader {unknown}; there are {}.",
            known.join(", ")
        ));
    }
    let mut readers = Vec::new();
    for (name, place) in roster {
        let by_name = options.readers.iter().any(|wanted| wanted == name);
        if !by_name && !options.readers.is_empty() {
            continue;
        }
        match place {
            Ok(reader) => readers.push(reader),
            Err(why) if by_name => return Err(format!("{name} cannot be measured: {why}.")),
            Err(why) => eprintln!("WITHOUT {name}: {why}"),
        }
    }
    Ok(readers)
}

fn read(
    item: &Item,
    seed: u64,
    readers: &mut [Box<dyn Reader>],
    options: &Options,
    run: &mut Run,
) -> Result<(), String> {
    let hint = item.generated.then(|| match &item.truth {
        Some(truth) => Hint::of(truth, seed),
        None => Hint::of_nothing(item.picture.width, item.picture.height, seed),
    });
    let how = (options.clock, options.repeat);
    if run.records.is_empty() {
        // Tables and buffers are made on first use; nobody pays for that in a figure.
        measure(item, readers, hint.as_ref(), how);
    }
    let record = measure(item, readers, hint.as_ref(), how);
    if let Some(folder) = &options.keep
        && worth_keeping(&record, &run.readers)
    {
        keep(item, folder)?;
    }
    run.records.push(record);
    Ok(())
}

/// Whether somebody read it wrong or panicked, or somebody else read it and a reader of ours did not.
fn worth_keeping(record: &Record, readers: &[(&str, Side)]) -> bool {
    let verdicts = || {
        let both = record.outcomes.iter().zip(readers);
        both.filter_map(|(outcome, (_, side))| Some(((*outcome)?.verdict, *side)))
    };
    let bad = |verdict| matches!(verdict, Verdict::Wrong | Verdict::Panicked);
    let others = verdicts().any(|(verdict, side)| verdict == Verdict::Read && side != Side::Ours);
    let lost = verdicts().any(|(verdict, side)| verdict != Verdict::Read && side == Side::Ours);
    verdicts().any(|(verdict, _)| bad(verdict)) || (others && lost && !record.empty)
}

fn keep(item: &Item, folder: &Path) -> Result<(), String> {
    let path = folder.join(format!("{}-{}.png", item.group, item.name));
    let of = &item.picture;
    let cannot = |why: String| format!("{} cannot be written: {why}.", path.display());
    let size = (of.width as u32, of.height as u32);
    let kind = image::ExtendedColorType::L8;
    image::save_buffer(&path, &of.luma, size.0, size.1, kind)
        .map_err(|why| cannot(why.to_string()))?;
    if let Expected::Content(content) = &item.expected {
        let text = path.with_extension("txt");
        std::fs::write(text, content).map_err(|why| cannot(why.to_string()))?;
    }
    Ok(())
}
