//! `vidimus export epcis|csv|xlsx`: everything that happened as EPCIS documents, or every pack as a row.

use super::archive::WhichArchive;
use super::exit::{Ended, Exit, Failure};
use super::output::{Before, Output, is_no_stream, stdout_failed, unwritten};
use super::progress::Progress;
use super::sheets::{Cell, SHEET_ROWS_MAX, Sheets};
use super::{message, print_json, print_line, station_file};
use crate::epcis::export::{ExportError, Files, Site, export};
use crate::epcis::{EventTime, Format, IdentifierStyle, ZoneOffset};
use crate::gs1::Gln;
use crate::record::{BatchNo, Fate};
use crate::store::{PackFilter, StoreError};
use crate::trace::{PackLabels, counted};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

/// Arguments of `export`.
#[derive(Debug, Clone, clap::Args)]
pub struct ExportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum What {
    /// Everything that happened, as EPCIS documents of at most ten thousand numbers each
    Epcis(EpcisArgs),
    /// Every pack that took a number, as one row; verdict is the code of the PLC contract, 1 a pass, template
    /// the hash of the label's template
    Csv(CsvArgs),
    /// The same rows as a workbook for spreadsheet programs; numbers are texts, so that no zero is lost
    Xlsx(XlsxArgs),
}

/// Syntaxes.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Syntax {
    /// EPCIS 2.0, JSON-LD
    Json,
    /// EPCIS 1.2, XML
    Xml12,
    /// EPCIS 2.0, XML
    Xml20,
}

#[derive(Debug, Clone, clap::Args)]
struct EpcisArgs {
    #[command(flatten)]
    which: WhichArchive,
    /// Folder for the documents; they are called epcis-000001 and so on
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Syntax of the documents
    #[arg(long, value_enum, default_value = "json")]
    format: Syntax,
    /// Only what follows from records after this one; events keep their ids, and exports that each go on where the one
    /// before ended tell together what a single one tells
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,
    /// Only what follows from records up to this one
    #[arg(long, value_name = "SEQ")]
    through: Option<u64>,
    /// Digits of the company prefix, 6 to 12, for EPC URNs [default: that of sscc_prefix in the station file]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(6..=12))]
    prefix_len: Option<u8>,
    /// GLN of the line's place
    #[arg(long, value_name = "GLN")]
    gln: Option<Gln>,
    /// Write numbers as GS1 Digital Links instead of EPC URNs
    #[arg(long)]
    digital_link: bool,
    /// Prints one JSON object: events, packs, containers, documents
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, clap::Args)]
struct CsvArgs {
    #[command(flatten)]
    which: WhichArchive,
    /// Only this batch
    #[arg(long, value_name = "NO")]
    batch: Option<u32>,
}

#[derive(Debug, Clone, clap::Args)]
struct XlsxArgs {
    #[command(flatten)]
    which: WhichArchive,
    /// Only this batch
    #[arg(long, value_name = "NO")]
    batch: Option<u32>,
    /// The workbook; one of this name is replaced when the new one is whole. "-": to standard output
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Rows of a sheet; more go onto the next one
    #[arg(long, value_name = "N", default_value_t = SHEET_ROWS_MAX)]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=i64::from(SHEET_ROWS_MAX)))]
    sheet_rows: u32,
}

/// Writes what was asked for.
///
/// # Errors
/// The store cannot be read, or the output not be written.
pub fn run(args: &ExportArgs) -> Ended {
    match &args.what {
        What::Epcis(args) => epcis(args),
        What::Csv(args) => csv(args),
        What::Xlsx(args) => xlsx(args),
    }
}

fn store(error: StoreError) -> Failure {
    Failure::new(Exit::Store, error)
}

fn epcis(args: &EpcisArgs) -> Ended {
    let archive = args.which.open()?;
    let what = "The folder of documents";
    is_no_stream(what, &args.out, "they are several files. Name a folder.")?;
    std::fs::create_dir_all(&args.out).map_err(|why| unwritten(what, &args.out, &why))?;
    let site = site(args)?;
    let now = jiff::Timestamp::now().as_millisecond();
    let created = EventTime::from_ms(now, ZoneOffset::UTC);
    let created =
        created.ok_or_else(|| Failure::new(Exit::Usage, "The clock of this machine is wrong."))?;
    let style = IdentifierStyle {
        links: args.digital_link,
        prefix_len: site.prefix_len,
    };
    let format = match args.format {
        Syntax::Json => Format::Json,
        Syntax::Xml12 => Format::Xml12,
        Syntax::Xml20 => Format::Xml20,
    };
    let mut files = Files::new(&args.out, "epcis", format, style, created);
    let last = archive.reader.counts().map_err(store)?.records;
    let last = args.through.unwrap_or(last).min(last);
    if last <= args.after {
        let text = format!(
            "There is no record after {} and up to {last}: nothing was written.",
            args.after
        );
        return Err(Failure::new(Exit::Usage, text));
    }
    let bar = Progress::of(last, "records");
    let range = (args.after, args.through);
    let exported = export(&archive.reader, &site, range, &mut files, &mut |seq| {
        bar.at(seq, 0)
    });
    let exported = exported.map_err(not_exported)?;
    let (documents, links) = files.finish().map_err(not_exported)?;
    drop(bar);
    if args.json {
        print_json(&serde_json::json!({ "v": 1, "exported": exported, "documents": documents }))?;
    } else {
        for document in &documents {
            print_line(&document.display().to_string())?;
        }
        message(&format!(
            "{}, {}, {} in {}, up to record {}.",
            counted(exported.events, "event"),
            counted(exported.packs, "pack"),
            counted(exported.containers, "container"),
            counted(documents.len() as u64, "document"),
            exported.through
        ));
    }
    if exported.waiting > 0 {
        message(&format!(
            "{} of the good packs still wait for their case or batch to be closed, to be told together: an export with \
             --after {} goes on with them.",
            exported.waiting, exported.through
        ));
    }
    if links > 0 && !args.digital_link {
        message(&format!(
            "{links} numbers were written as Digital Links: say how long the company prefix is (--prefix-len N)."
        ));
    }
    Ok(Exit::Ok)
}

fn not_exported(error: ExportError) -> Failure {
    match error {
        ExportError::File(path, why) => unwritten("The document", &path, &why),
        other => Failure::new(Exit::Store, other),
    }
}

fn site(args: &EpcisArgs) -> Result<Site, Failure> {
    let mut site = Site {
        station: "station".to_owned(),
        gln: args.gln,
        prefix_len: args.prefix_len,
        zone: ZoneOffset::UTC,
    };
    if let Some(file) = &args.which.config {
        let config = station_file::load(file)?;
        site.station = config.station.name;
        site.gln = site.gln.or(config.epcis.gln);
        let prefix = config.packaging.prefix_digits;
        site.prefix_len = site
            .prefix_len
            .or(prefix.filter(|digits| (6..=12).contains(digits)));
    }
    Ok(site)
}

/// Where a pack went, in one word.
fn fate(fate: Option<Fate>) -> &'static str {
    match fate {
        None => "in-line",
        Some(Fate::Good) => "good",
        Some(Fate::Removed) => "removed",
        Some(Fate::Unknown | Fate::RejectNotConfirmed | Fate::PassedInBypass) => "unknown",
        Some(_) => "rejected",
    }
}

/// A field as RFC 4180 wants it.
fn field(text: &str) -> String {
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// What every row of packs says, in this order.
const HEAD: [&str; 11] = [
    "pack", "batch", "gtin", "serial", "lot", "expiry", "state", "verdict", "void", "label",
    "template",
];

/// Calls `each` with the row of every pack that took a number.
fn for_each_row(
    which: &WhichArchive,
    batch: Option<u32>,
    each: &mut dyn FnMut([Cell; 11]),
) -> Result<(), Failure> {
    let archive = which.open()?;
    let batches = archive.reader.batches().map_err(store)?;
    let batches: BTreeMap<BatchNo, _> = batches
        .into_iter()
        .map(|(batch, _)| (batch.no, batch))
        .collect();
    let labels = PackLabels::read(&archive.reader, batch.map(BatchNo)).map_err(store)?;
    let text = |text: Option<String>| text.map_or(Cell::Nothing, Cell::Text);
    let filter = PackFilter {
        batch: batch.map(BatchNo),
        ..PackFilter::default()
    };
    // Beyond what a spreadsheet counts exactly a number is a text.
    let number =
        |no: u64| u32::try_from(no).map_or_else(|_| Cell::Text(no.to_string()), Cell::Number);
    let read = archive.reader.for_each_pack(filter, |row| {
        let label = labels.of(&row);
        let batch = row.batch.and_then(|no| batches.get(&no));
        let Some((serial, batch)) = row.serial.zip(batch) else {
            return;
        };
        each([
            number(row.pack.0),
            Cell::Number(batch.no.0),
            Cell::Text(batch.gtin.to_string()),
            Cell::Text(serial.text),
            Cell::Text(batch.lot.to_string()),
            Cell::Text(batch.expiry.to_string()),
            Cell::Text(fate(row.fate).to_owned()),
            row.verdict
                .map_or(Cell::Nothing, |code| Cell::Number(code.into())),
            Cell::Number(row.voided.into()),
            text(label.and_then(|label| label.name.clone())),
            text(label.map(|label| label.template.to_string())),
        ]);
    });
    read.map_err(store)
}

fn csv(args: &CsvArgs) -> Ended {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut failed = writeln!(out, "{}", HEAD.join(",")).err();
    for_each_row(&args.which, args.batch, &mut |cells| {
        if failed.is_none() {
            let cells = cells.map(|cell| match cell {
                Cell::Number(number) => number.to_string(),
                Cell::Text(text) => field(&text),
                Cell::Nothing => String::new(),
            });
            failed = writeln!(out, "{}", cells.join(",")).err();
        }
    })?;
    match failed.or_else(|| out.flush().err()) {
        None => Ok(Exit::Ok),
        Some(why) => Err(stdout_failed(&why)),
    }
}

fn xlsx(args: &XlsxArgs) -> Ended {
    let failed = |why: &io::Error| unwritten("The workbook", &args.out, why);
    let out = Output::open("The workbook", &args.out, Before::Replaced)?;
    if out.is_stdout() && io::stdout().is_terminal() {
        let text =
            "A workbook is not for a terminal: name a file, or lead standard output into one.";
        return Err(Failure::new(Exit::Usage, text));
    }
    let mut sheets =
        Sheets::new(&out.folder(), &HEAD, args.sheet_rows).map_err(|why| failed(&why))?;
    let (mut rows, mut added) = (0u64, Ok(()));
    for_each_row(&args.which, args.batch, &mut |cells| {
        if added.is_ok() {
            added = sheets.add(&cells);
            rows += 1;
        }
    })?;
    added.map_err(|why| failed(&why))?;
    let to = match out.is_stdout() {
        true => "standard output".to_owned(),
        false => args.out.display().to_string(),
    };
    let mut count = 0;
    out.write(|out| sheets.finish(out).map(|sheets| count = sheets))?;
    let (packs, sheets) = (counted(rows, "pack"), counted(count as u64, "sheet"));
    message(&format!("{packs} on {sheets} in {to}."));
    Ok(Exit::Ok)
}
