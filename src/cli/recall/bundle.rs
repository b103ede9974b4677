//! The evidence of a drill as a folder: question, answer, every unit, times, the head of the chain, hashes of it all.
//!
//! It is written beside the folder and put in its place when it is whole; what a kill leaves there the next one sweeps.

use crate::cli::archive::unanswered;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::NewFolder;
use crate::trace::{
    Archive, LabelVersion, Meant, PackLabels, Placed, Recall, Scope, Units, instant,
};
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::time::Instant;

/// A stop-watch.
pub struct Drill {
    begun: Instant,
    begun_at: Timestamp,
}

/// How long the answer took.
pub struct Took {
    /// Milliseconds.
    pub ms: f64,
    begun_at: Timestamp,
    begun: Instant,
}

impl Drill {
    /// The question is put.
    pub fn begin() -> Drill {
        Drill {
            begun: Instant::now(),
            begun_at: Timestamp::now(),
        }
    }

    /// The answer is there.
    pub fn answered(&self) -> Took {
        Took {
            ms: self.begun.elapsed().as_secs_f64() * 1e3,
            begun_at: self.begun_at,
            begun: self.begun,
        }
    }
}

/// What the README of a bundle says before the figures.
const README: &str = include_str!("bundle.txt");

/// A folder that is new or empty.
pub struct Folder(NewFolder);

impl Folder {
    /// Makes room beside it.
    ///
    /// # Errors
    /// There is something in it already, or no room can be made beside it.
    pub fn new(wanted: &Path) -> Result<Folder, Failure> {
        NewFolder::open("The bundle", wanted).map(Folder)
    }

    /// Writes everything and puts it in its place.
    ///
    /// # Errors
    /// The packs one by one do not come to the counts of the answer, or something cannot be read or written; then there
    /// is nothing.
    pub fn write(
        self,
        archive: &Archive,
        scope: &Scope,
        found: &Recall,
        took: &Took,
    ) -> Result<(), Failure> {
        let head = archive
            .reader
            .head()
            .map_err(|why| unanswered(why.into()))?;
        let hash: String = head.1.iter().map(|byte| format!("{byte:02x}")).collect();
        let chain = json!({ "through_record": head.0, "sha256": hash });
        self.json(
            "question.json",
            &json!({ "v": 1, "question": scope, "chain": chain }),
        )?;
        self.json("answer.json", &json!(found))?;
        let meant = scope.meant(archive).map_err(unanswered)?;
        let counted = self.units(archive, &meant)?;
        counted.agree(found)?;
        let counts = json!({
            "v": 1, "packs": counted.packs, "by_state": counted.states, "good_by_whereabouts": counted.good,
            "agree_with_answer": true,
        });
        let times = json!({
            "v": 1,
            "begun": took.begun_at.to_string(),
            "answered_ms": took.ms.round(),
            "every_unit_listed_ms": (took.begun.elapsed().as_secs_f64() * 1e3).round(),
        });
        self.json("counts.json", &counts)?;
        self.json("times.json", &times)?;
        let readme = README
            .replace("{version}", env!("CARGO_PKG_VERSION"))
            .replace("{begun}", &instant(took.begun_at.as_millisecond()))
            .replace("{record}", &head.0.to_string())
            .replace("{hash}", &hash)
            .replace("{packs}", &counted.packs.to_string());
        let read_first = "README.txt";
        std::fs::write(self.0.path().join(read_first), readme)
            .map_err(|why| self.0.unwritten(read_first, &why))?;
        self.seal().map_err(|why| self.0.unwritten(SUMS, &why))?;
        self.0.put()
    }

    fn file(&self, name: &str) -> io::Result<BufWriter<File>> {
        File::create_new(self.0.path().join(name)).map(BufWriter::new)
    }

    fn json(&self, name: &str, value: &serde_json::Value) -> Result<(), Failure> {
        let write = || -> io::Result<()> {
            let mut out = self.file(name)?;
            serde_json::to_writer_pretty(&mut out, value)?;
            writeln!(out)?;
            out.flush()
        };
        write().map_err(|why| self.0.unwritten(name, &why))
    }

    /// Every pack, and every container that holds some, as rows.
    fn units(&self, archive: &Archive, meant: &Meant) -> Result<Counted, Failure> {
        let unwritten = |name| move |why: io::Error| self.0.unwritten(name, &why);
        let file = |name| self.file(name).map_err(unwritten(name));
        let (mut packs, mut containers) = (file(PACKS)?, file(CONTAINERS)?);
        let mut counted = Counted::default();
        let labels = PackLabels::read(&archive.reader, None);
        let labels = labels.map_err(|why| unanswered(why.into()))?;
        writeln!(packs, "{UNIT_COLUMNS}").map_err(unwritten(PACKS))?;
        writeln!(containers, "{CONTAINER_COLUMNS}").map_err(unwritten(CONTAINERS))?;
        for (batch, range) in &meant.parts {
            let (units, lot) = archive
                .reader
                .whereabouts(|ask| Ok((Units::of(ask, *batch, range)?, ask.lot(*batch)?)))
                .map_err(|why| unanswered(why.into()))?;
            let named = [lot.0.to_string(), field(lot.1.as_str()), lot.2.to_string()].join(",");
            let mut wrong = Ok(());
            let read = units.for_each(&archive.reader, |unit| {
                counted.take(&unit);
                if wrong.is_ok() {
                    wrong = writeln!(
                        packs,
                        "{}",
                        row(batch.0, &named, &unit, labels.of(&unit.row))
                    );
                }
            });
            read.map_err(|why| unanswered(why.into()))?;
            wrong.map_err(unwritten(PACKS))?;
            for (holder, count) in units.holders() {
                let (own, outer) = (&holder.container, &holder.outermost);
                writeln!(
                    containers,
                    "{},{},{},{},{count},{},{},{},{},{},{},{}",
                    own.no,
                    field(&own.kind),
                    field(&own.code),
                    holder.state,
                    batch.0,
                    outer.no,
                    field(&outer.code),
                    holder.whereabouts,
                    holder
                        .partner
                        .map(|gln| gln.to_string())
                        .unwrap_or_default(),
                    u8::from(holder.held),
                    u8::from(holder.recalled),
                )
                .map_err(unwritten(CONTAINERS))?;
            }
        }
        packs.flush().map_err(unwritten(PACKS))?;
        containers.flush().map_err(unwritten(CONTAINERS))?;
        Ok(counted)
    }

    /// The hash of every file, as `sha256sum -c` reads it.
    fn seal(&self) -> io::Result<()> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.0.path())? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        let mut sums = self.file(SUMS)?;
        for name in names {
            let mut hash = Sha256::new();
            let mut file = File::open(self.0.path().join(&name))?;
            let mut piece = vec![0; 1 << 16];
            loop {
                match file.read(&mut piece)? {
                    0 => break,
                    read => hash.update(&piece[..read]),
                }
            }
            file.sync_all()?;
            for byte in hash.finalize() {
                write!(sums, "{byte:02x}")?;
            }
            writeln!(sums, "  {name}")?;
        }
        sums.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()
    }
}

/// The files of packs, of containers and of hashes.
const PACKS: &str = "units.csv";
const CONTAINERS: &str = "containers.csv";
const SUMS: &str = "SHA256SUMS";

const UNIT_COLUMNS: &str = "pack,batch,gtin,lot,expiry,serial,state,whereabouts,container,container_code,outermost,\
                            outermost_code,partner,held,recalled,label,template";
const CONTAINER_COLUMNS: &str = "container,level,code,state,packs,batch,outermost,outermost_code,whereabouts,partner,\
                                 held,recalled";

/// A field as RFC 4180 wants it.
fn field(text: &str) -> String {
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn row(batch: u32, lot: &str, unit: &Placed<'_>, label: Option<&LabelVersion>) -> String {
    let serial = unit.row.serial.as_ref().map(|number| field(&number.text));
    let holder = unit.holder.map(|holder| {
        let (own, outer) = (&holder.container, &holder.outermost);
        let (code, outer_code) = (field(&own.code), field(&outer.code));
        format!("{},{code},{},{outer_code}", own.no, outer.no)
    });
    let partner = unit.partner.map(|gln| gln.to_string());
    let name = label.and_then(|label| label.name.as_deref()).map(field);
    format!(
        "{},{batch},{lot},{},{},{},{},{},{},{},{},{}",
        unit.row.pack.0,
        serial.unwrap_or_default(),
        unit.state,
        unit.whereabouts,
        holder.unwrap_or_else(|| ",,,".to_owned()),
        partner.unwrap_or_default(),
        u8::from(unit.held),
        u8::from(unit.recalled),
        name.unwrap_or_default(),
        label
            .map(|label| label.template.to_string())
            .unwrap_or_default(),
    )
}

/// What the packs come to, one by one.
#[derive(Default)]
struct Counted {
    packs: u64,
    states: BTreeMap<&'static str, u64>,
    good: BTreeMap<String, u64>,
}

impl Counted {
    fn take(&mut self, unit: &Placed<'_>) {
        self.packs += 1;
        *self.states.entry(unit.state).or_default() += 1;
        if unit.row.fate == Some(crate::record::Fate::Good) {
            *self.good.entry(unit.whereabouts.to_owned()).or_default() += 1;
        }
    }

    fn agree(&self, found: &Recall) -> Result<(), Failure> {
        match self.packs == found.entered && self.good == found.whereabouts {
            true => Ok(()),
            false => {
                let text = format!(
                    "Pack by pack there are {} packs, good ones {:?}; the answer says {} and {:?}. Nothing was left \
                     behind. Have the store checked, then call quality.",
                    self.packs, self.good, found.entered, found.whereabouts
                );
                Err(Failure::new(Exit::DoesNotReconcile, text))
            }
        }
    }
}
