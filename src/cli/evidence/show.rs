//! `vidimus evidence show`: what is on record about a pack's picture, and the picture with what was seen drawn over it.

use super::WhichData;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::look::Look;
use crate::cli::{overlay, print_json, print_line};
use crate::label::{self, PackData};
use crate::record::{Batch, BatchNo, Fact, KeptPicture, Modules, PackNo, SerialNumber, Verdict};
use crate::station::evidence::{file_of, hash_of};
use crate::store::Reader;
use crate::vision::overlay::grade_lines;
use crate::vision::reader;
use crate::vision::{Effort, PICTURE_MAX_BYTES, Picture, Reading, Setup};
use serde_json::json;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Arguments of `evidence show`.
#[derive(Debug, Clone, clap::Args)]
pub struct ShowArgs {
    /// The station's number of the pack
    #[arg(long, value_name = "N")]
    pack: u64,
    #[command(flatten)]
    data: WhichData,
    /// Draws the picture with grid, damaged modules and grades into this PNG file
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
    /// Prints one JSON object: pack, batch, serial, outcome, scan, text, file, sha256, state
    #[arg(long)]
    json: bool,
}

/// What the records say of the pack.
#[derive(Debug, Default)]
struct Pack {
    batch: Option<BatchNo>,
    serial: Option<SerialNumber>,
    verdict: Option<Verdict>,
    picture: Option<KeptPicture>,
    not_kept: Option<String>,
    utc_ms: i64,
}

/// How the file is, compared with its record.
#[derive(Debug, PartialEq, Eq)]
enum State {
    AsRecorded(Vec<u8>),
    Changed(Vec<u8>),
    Gone,
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            State::AsRecorded(_) => "as recorded",
            State::Changed(_) => "changed",
            State::Gone => "not there",
        }
    }

    fn bytes(&self) -> Option<&[u8]> {
        match self {
            State::AsRecorded(bytes) | State::Changed(bytes) => Some(bytes),
            State::Gone => None,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// There is no such pack, or no picture of it; the store cannot be read, or the overlay not be written.
pub fn run(args: &ShowArgs) -> Ended {
    let (data, reader) = args.data.open()?;
    let no = PackNo(args.pack);
    let pack = pack(&reader, no)?;
    let Some(picture) = pack.picture else {
        return Err(Failure::new(Exit::SomeRefused, without_picture(no, &pack)));
    };
    let file = file_of(&data, pack.batch, no, picture.coding);
    let state = look(&file, &picture);
    let batch = batch(&reader, pack.batch)?;
    let lines = lines(no, &pack, batch.as_ref(), &picture, &state);
    if let Some(out) = &args.overlay {
        let refuse = |text: String| Failure::new(Exit::SomeRefused, text);
        let bytes = state.bytes().ok_or_else(|| refuse(gone(&file)))?;
        let seen = Picture::decode(bytes).map_err(|error| refuse(error.to_string()))?;
        let printed = batch
            .as_ref()
            .and_then(|batch| printed(&reader, batch, pack.serial.as_ref()?));
        // The picture is anybody's: should the reader fail on it, there is a picture without grid.
        let looked = catch_unwind(AssertUnwindSafe(|| {
            Look::at(
                &mut reader::Reader::new(),
                &seen,
                &Setup::default(),
                Effort::Line,
            )
        }));
        let look = looked.unwrap_or(Look {
            reading: Reading::NoSymbol,
            graded: None,
        });
        // Grades on record were made with what was known of the camera; made again they would be estimates.
        let on_record = pack
            .verdict
            .as_ref()
            .is_some_and(|verdict| verdict.grades.is_some());
        let below = match on_record {
            true => lines.clone(),
            false => [lines.clone(), look.grade_lines()].concat(),
        };
        overlay::save((&file, out), &seen, &look, printed.as_ref(), &below)?;
    }
    match args.json {
        true => print_json(&json!({
            "v": 1,
            "pack": no.0,
            "batch": pack.batch.map(|batch| batch.0),
            "serial": pack.serial.as_ref().map(|serial| &serial.text),
            "outcome": pack.verdict.as_ref().map(|verdict| verdict.outcome.name()),
            "scan": pack.verdict.as_ref().and_then(|verdict| verdict.seen.as_ref()?.scan.as_ref()),
            "text": pack.verdict.as_ref().and_then(|verdict| Some(verdict.text.finding()?.to_string())),
            "file": file,
            "bytes": picture.bytes,
            "sha256": picture.sha256,
            "state": state.name(),
        }))?,
        false => {
            lines.iter().try_for_each(|line| print_line(line))?;
            print_line(&format!("file     {} ({})", file.display(), state.name()))?;
        }
    }
    Ok(match state {
        State::AsRecorded(_) => Exit::Ok,
        State::Changed(_) | State::Gone => Exit::AuditChain,
    })
}

fn pack(reader: &Reader, no: PackNo) -> Result<Pack, Failure> {
    let records = reader.records_of(no);
    let records = records.map_err(|error| Failure::new(Exit::Store, error))?;
    if records.is_empty() {
        let text = format!("There is no pack {} on record.", no.0);
        return Err(Failure::new(Exit::SomeRefused, text));
    }
    let mut pack = Pack::default();
    for stored in records {
        match stored.record.fact {
            Fact::PackEntered { batch, .. } => pack.batch = batch,
            Fact::SerialReserved { serial, .. } => pack.serial = Some(serial),
            Fact::Verified { verdict, .. } => {
                pack.utc_ms = stored.utc_ms;
                pack.verdict = Some(verdict);
            }
            Fact::PictureKept { picture, .. } => pack.picture = Some(picture),
            Fact::PictureNotKept { why, .. } => pack.not_kept = Some(why),
            _ => {}
        }
    }
    Ok(pack)
}

fn without_picture(no: PackNo, pack: &Pack) -> String {
    let no = no.0;
    let passed = pack
        .verdict
        .as_ref()
        .is_some_and(|verdict| verdict.outcome.is_pass());
    match (&pack.not_kept, passed) {
        (Some(why), _) => format!("The picture of pack {no} was not kept: {why}."),
        (None, true) => format!("Pack {no} passed; pictures are kept of rejected packs only."),
        (None, false) => format!("There is no picture of pack {no} on record."),
    }
}

fn gone(file: &Path) -> String {
    let file = file.display();
    format!("{file} is not there. `vidimus evidence check` says whether it was removed on record.")
}

fn look(file: &Path, picture: &KeptPicture) -> State {
    let mut bytes = Vec::new();
    let most = PICTURE_MAX_BYTES as u64 + 1;
    let read = std::fs::File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes));
    match read {
        Err(_) => State::Gone,
        Ok(_) if hash_of(&bytes) == picture.sha256 => State::AsRecorded(bytes),
        Ok(_) => State::Changed(bytes),
    }
}

fn batch(reader: &Reader, no: Option<BatchNo>) -> Result<Option<Batch>, Failure> {
    let batches = reader.batches();
    let batches = batches.map_err(|error| Failure::new(Exit::Store, error))?;
    let mut batches = batches.into_iter().map(|(batch, _)| batch);
    Ok(batches.find(|batch| Some(batch.no) == no))
}

/// The modules that were printed on the pack, if its template is one of ours.
fn printed(reader: &Reader, batch: &Batch, serial: &SerialNumber) -> Option<Modules> {
    let templates = label::built_in_names().filter_map(label::built_in);
    let template = templates
        .into_iter()
        .find(|one| one.hash() == batch.template)?;
    // What belongs to a number of a pool stands in the pool.
    let numbers = reader.pool_numbers_from(batch.gtin, serial.index, 1);
    let number = numbers.ok()?.into_iter().next();
    let number = number.filter(|number| number.serial == *serial);
    let pack = PackData {
        gtin: batch.gtin,
        lot: batch.lot.clone(),
        expiry: batch.expiry,
        serial: Some(serial.text.clone()),
        tail: number.map(|number| number.tail).unwrap_or_default(),
    };
    template.modules(&pack).ok()
}

fn lines(
    no: PackNo,
    pack: &Pack,
    batch: Option<&Batch>,
    picture: &KeptPicture,
    state: &State,
) -> Vec<String> {
    let mut lines = Vec::new();
    let lot = batch.map_or("no batch".to_owned(), |batch| {
        format!("batch {}", batch.lot)
    });
    let when =
        jiff::Timestamp::from_millisecond(pack.utc_ms).map_or(String::new(), |t| t.to_string());
    lines.push(format!("pack     {}  {lot}  {when}", no.0));
    if let Some(serial) = &pack.serial {
        lines.push(format!("serial   {}", serial.text));
    }
    if let Some(verdict) = &pack.verdict {
        lines.push(format!("verdict  {}", verdict.outcome.name()));
        if let Some(seen) = &verdict.seen {
            let scan = seen.scan.as_deref().unwrap_or("what was printed");
            lines.push(format!("read     {} by {:?}", scan.escape_debug(), seen.by));
        }
        if let Some(finding) = verdict.text.finding() {
            lines.push(format!("text     {finding}"));
        }
        if let Some(grades) = &verdict.grades {
            lines.extend(grade_lines(grades));
        }
    }
    lines.push(format!("sha256   {} ({})", picture.sha256, state.name()));
    lines
}
