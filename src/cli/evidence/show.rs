//! `vidimus evidence show`: what is on record about a pack's picture, and the picture with what was seen drawn over it.

use super::WhichData;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::look::Look;
use crate::cli::{overlay, print_json, print_line};
use crate::record::{Batch, KeptPicture, LabelText, PackNo};
use crate::station::kept::{Kept, PictureFile};
use crate::store::Reader;
use crate::vision::overlay::grade_lines;
use crate::vision::reader;
use crate::vision::{Effort, Picture, Reading, Setup};
use serde_json::json;
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
    /// Prints one JSON object: pack, batch, serial, template, outcome, scan, text, file, sha256, state
    #[arg(long)]
    json: bool,
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
        return Err(Failure::new(Exit::SomeRefused, pack.without_picture()));
    };
    let file = pack.file(&data, &picture);
    let state = PictureFile::look(&file, &picture);
    let failed = |error| Failure::new(Exit::Store, error);
    let batch = pack.batch(&reader).map_err(failed)?;
    let label = pack.label(&reader, batch.as_ref()).map_err(failed)?;
    let about = (batch.as_ref(), label.as_ref());
    let lines = lines(&pack, about, &picture, &state);
    if let Some(out) = &args.overlay {
        let refuse = |text: String| Failure::new(Exit::SomeRefused, text);
        let bytes = state.bytes().ok_or_else(|| refuse(gone(&file)))?;
        let seen = Picture::decode(bytes).map_err(|error| refuse(error.to_string()))?;
        let printed = match about {
            (Some(batch), Some(label)) => pack.printed(&reader, batch, label),
            _ => None,
        };
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
            "template": label.as_ref().map(|label| &label.template),
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
        PictureFile::AsRecorded(_) => Exit::Ok,
        PictureFile::Changed(_) | PictureFile::Gone => Exit::AuditChain,
    })
}

fn pack(reader: &Reader, no: PackNo) -> Result<Kept, Failure> {
    let pack = Kept::of(reader, no).map_err(|error| Failure::new(Exit::Store, error))?;
    pack.ok_or_else(|| {
        let text = format!("There is no pack {} on record.", no.0);
        Failure::new(Exit::SomeRefused, text)
    })
}

fn gone(file: &Path) -> String {
    let file = file.display();
    format!("{file} is not there. `vidimus evidence check` says whether it was removed on record.")
}

fn lines(
    pack: &Kept,
    (batch, label): (Option<&Batch>, Option<&LabelText>),
    picture: &KeptPicture,
    state: &PictureFile,
) -> Vec<String> {
    let mut lines = Vec::new();
    let lot = batch.map_or("no batch".to_owned(), |batch| {
        format!("batch {}", batch.lot)
    });
    let when =
        jiff::Timestamp::from_millisecond(pack.utc_ms).map_or(String::new(), |t| t.to_string());
    lines.push(format!("pack     {}  {lot}  {when}", pack.no.0));
    if let Some(serial) = &pack.serial {
        lines.push(format!("serial   {}", serial.text));
    }
    if let Some(label) = label {
        lines.push(format!("label    {label}"));
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

#[cfg(test)]
mod test {
    use super::*;
    use crate::config;
    use crate::label::{self, PackData, Template};
    use crate::record::{
        Actor, BatchNo, BatchTerms, CryptoTail, Fact, LabelFact, LabelSlot, LaneNo, NumberSource,
        Origin, PlcPack, PointId, QualityRules, Record, SerialNumber, Tick,
    };
    use crate::store::{Commit, OpenOptions, open};

    /// Records of a station whose label was changed between its first and its second pack.
    fn records(file: &LabelText, other: &LabelText) -> Vec<Record> {
        let batch = BatchNo(1);
        let opened = Fact::BatchOpened(Batch {
            no: batch,
            product: "Test".to_owned(),
            gtin: "09506000134352".parse().expect("a GTIN"),
            lot: "L1".parse().expect("a lot"),
            expiry: "271231".parse().expect("a date"),
            template: file.template,
            target: None,
            quality: QualityRules::default(),
            terms: BatchTerms::default(),
            numbers: NumberSource::Own,
        });
        let entered = |no: u32| Fact::PackEntered {
            pack: PackNo(u64::from(no)),
            batch: Some(batch),
            plc: PlcPack {
                lane: LaneNo::FIRST,
                boot: 1,
                id: no,
            },
            origin: Origin::Detected,
        };
        let reserved = |no: u64| Fact::SerialReserved {
            pack: PackNo(no),
            serial: SerialNumber {
                index: no - 1,
                text: format!("SERIAL{no}"),
            },
        };
        let slot = LabelSlot::Packs;
        let installed = LabelFact::Installed {
            slot,
            label: file.clone(),
        };
        let ordered = LabelFact::Ordered {
            slot,
            label: other.clone(),
            replaces: file.template,
            rollback: false,
        };
        let proven = LabelFact::Proven {
            template: other.template,
            pack: PackNo(2),
        };
        let facts = [
            (opened, None),
            (entered(1), None),
            (reserved(1), Some(file.template)),
            (Fact::Label(installed), None),
            (Fact::Label(ordered), None),
            (entered(2), None),
            (reserved(2), Some(other.template)),
            (Fact::Label(proven), None),
        ];
        let record = |(seq, (fact, template))| Record {
            seq,
            at: Tick(seq),
            point: PointId::STATION,
            actor: Actor::Station,
            reason: None,
            template,
            fact,
        };
        (1..).zip(facts).map(record).collect()
    }

    /// What a person compares or teaches from is the label that was on the pack, not the one the station file names.
    #[test]
    fn a_pack_has_the_template_of_its_own_number_and_the_station_the_one_that_was_activated() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = label::built_in_text("pharma-pack").expect("built in");
        let file = LabelText::new("pharma-pack", text);
        let swapped = text.replace("\"17\", \"10\"", "\"10\", \"17\"");
        let other = LabelText::new("other", swapped.replace("[16.0, 1.4]", "[16.0, 1.5]"));
        let mut store = open(folder.path(), OpenOptions::default()).expect("a new store");
        let commit = Commit::of(0, records(&file, &other));
        store.commit(&[commit]).expect("they follow each other");
        drop(store);
        let reader = Reader::open(folder.path(), &OpenOptions::default()).expect("it reads");
        for (no, wanted) in [(1, &file), (2, &other)] {
            let pack = pack(&reader, PackNo(no)).expect("it is there");
            let batch = pack.batch(&reader).expect("it reads").expect("one");
            let found = pack.label(&reader, Some(&batch)).expect("it reads");
            assert_eq!(found.as_ref(), Some(wanted), "pack {no}");
            let serial = pack.serial.as_ref().expect("a number");
            let template = Template::parse(&wanted.text).expect("a template");
            let said = PackData {
                gtin: batch.gtin,
                lot: batch.lot.clone(),
                expiry: batch.expiry,
                serial: Some(serial.text.clone()),
                tail: CryptoTail::default(),
            };
            let meant = template.modules(&said).expect("it fits");
            let printed = pack.printed(&reader, &batch, wanted);
            assert_eq!(printed.as_ref(), Some(&meant));
        }
        let mut config = config::parse("demo", config::DEMO).expect("it is valid");
        config.station.data_dir = folder.path().to_owned();
        let in_force = |config: &config::Config| {
            let template = crate::cli::label::in_force(config).expect("it is understood");
            template.hash()
        };
        assert_eq!(in_force(&config), other.template);
        config.station.label_template = "lot-pack".to_owned();
        let lot = LabelText::new("", label::built_in_text("lot-pack").expect("built in"));
        assert_eq!(in_force(&config), other.template, "the open batch keeps it");
        config.station.data_dir = folder.path().join("none");
        assert_eq!(in_force(&config), lot.template);
    }
}
