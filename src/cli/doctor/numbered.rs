//! The store of a power test: the same file, settings and commit path as a station's, filled with numbered commits.
//!
//! Commit n is pack n's whole life in four records, so that tables, indexes and chain are written as a station
//! writes them. Its header says that it is a power test's ([`Purpose::PowerTest`]): no station opens it.

use super::acknowledgement::TestId;
use crate::cli::exit::{Exit, Failure};
use crate::record::{
    Actor, Batch, BatchNo, BatchTerms, Fact, Fate, LaneNo, NumberSource, Origin, PackNo, PlcPack,
    PointId, QualityRules, Record, SerialNumber, TemplateHash, Tick, VoidCause,
};
use crate::store::{self, Commit, OpenOptions, PackFilter, Purpose, Reader, Store, StoreError};
use std::path::Path;
use std::time::Instant;

/// Room that is left on the disk, in bytes.
pub const FREE_MIN_BYTES: u64 = 64 << 20;
/// What a folder may hold in which a test was about to begin.
const BEGINNINGS: [&str; 2] = ["vidimus.lock", "vidimus.db.new"];

/// Which run of the machine this is, as the kernel names it; another one after every boot.
pub fn boot_of_machine() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

fn options(min_free_bytes: u64) -> OpenOptions {
    OpenOptions {
        min_free_bytes,
        purpose: Purpose::PowerTest,
        ..OpenOptions::default()
    }
}

fn store_failure(error: StoreError) -> Failure {
    Failure::new(Exit::Store, error)
}

/// The test of a folder, being written.
pub struct Numbered {
    store: Store,
    /// Which test.
    pub test: TestId,
    /// The newest commit; 0: none yet.
    pub newest: u64,
    began: Instant,
}

impl Numbered {
    /// Goes on with the test in `dir`, or begins one in a new or empty folder.
    ///
    /// # Errors
    /// The folder holds something else, or cannot be written.
    pub fn open(dir: &Path) -> Result<Numbered, Failure> {
        let begun = store::database(dir).exists();
        if !begun {
            refuse_foreign_files(dir)?;
        }
        let store = store::open(dir, options(FREE_MIN_BYTES)).map_err(store_failure)?;
        let (test, newest) = match store.last_seq() {
            0 => (TestId(random()?), 0),
            _ => {
                let reader = store.reader().map_err(store_failure)?;
                let session = last_session(&reader, dir)?;
                (session.test, newest(&reader)?)
            }
        };
        let mut numbered = Numbered {
            store,
            test,
            newest,
            began: Instant::now(),
        };
        numbered.begin_session()?;
        Ok(numbered)
    }

    /// Who writes from here on, and in which run of the machine.
    fn begin_session(&mut self) -> Result<(), Failure> {
        let boot = boot_of_machine().unwrap_or_else(|| "unknown".to_owned());
        let reason = format!("power test {} boot {boot}", self.test);
        let mut facts = vec![Fact::StationStarted {
            station_boot: 0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            station: None,
        }];
        if self.store.last_seq() == 0 {
            facts.push(Fact::BatchOpened(batch()));
        }
        self.commit(facts, Some(reason))
    }

    /// Writes the next commit; when this returns its number, the commit is on the disk, as far as the disk says.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn commit_next(&mut self) -> Result<u64, Failure> {
        let next = self.newest + 1;
        self.commit(life_of(next), None)?;
        self.newest = next;
        Ok(next)
    }

    fn commit(&mut self, facts: Vec<Fact>, reason: Option<String>) -> Result<(), Failure> {
        let at = Tick(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        let first = self.store.last_seq() + 1;
        let record = |(seq, fact)| Record {
            seq,
            at,
            point: PointId::STATION,
            actor: Actor::Station,
            reason: reason.clone(),
            template: None,
            fact,
        };
        let commit = Commit::of(
            crate::station::utc_ms(),
            (first..).zip(facts).map(record).collect(),
        );
        self.store
            .commit(&[commit])
            .map(drop)
            .map_err(store_failure)
    }

    /// Bytes free on the disk.
    ///
    /// # Errors
    /// The system does not say.
    pub fn free_bytes(&self) -> Result<u64, Failure> {
        self.store.free_bytes().map_err(store_failure)
    }

    /// Closes in order.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn close(self) -> Result<(), Failure> {
        self.store.close().map_err(store_failure)
    }
}

fn random() -> Result<u32, Failure> {
    getrandom::u32().map_err(|why| {
        Failure::new(
            Exit::Store,
            format!("The system gives no random number: {why}."),
        )
    })
}

/// A test begins in a folder of its own: whatever lies there already is somebody's.
fn refuse_foreign_files(dir: &Path) -> Result<(), Failure> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Ok(()); // missing, or the store says what is wrong with it
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !BEGINNINGS.iter().any(|known| name.starts_with(known)) {
            let text = format!(
                "{} holds {name}. A power test begins in a new or empty folder: give another name.",
                dir.display()
            );
            return Err(Failure::new(Exit::Store, text));
        }
    }
    Ok(())
}

fn batch() -> Batch {
    let known = "the example of the GS1 General Specifications";
    Batch {
        no: BatchNo(1),
        product: "power test, no product".to_owned(),
        gtin: "09506000134352".parse().expect(known),
        lot: "POWER-TEST".parse().expect("a lot"),
        expiry: "991231".parse().expect("a date"),
        template: TemplateHash([0; 32]),
        target: None,
        quality: QualityRules::default(),
        terms: BatchTerms::default(),
        numbers: NumberSource::Own,
    }
}

/// The records of commit n. The pack is taken off the belt with a void number: nothing here was ever good.
fn life_of(commit: u64) -> Vec<Fact> {
    let pack = PackNo(commit);
    let id = u32::try_from(commit).unwrap_or(u32::MAX);
    vec![
        Fact::PackEntered {
            pack,
            batch: Some(BatchNo(1)),
            plc: PlcPack {
                lane: LaneNo::FIRST,
                boot: 1,
                id,
            },
            origin: Origin::Detected,
        },
        Fact::SerialReserved {
            pack,
            serial: SerialNumber {
                index: commit - 1,
                text: format!("T{commit:011}"),
            },
        },
        Fact::SerialVoided {
            pack,
            cause: VoidCause::PrintRefused,
        },
        Fact::Gated {
            pack,
            fate: Fate::Removed,
            into: None,
        },
    ]
}

/// The last run of the writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which test.
    pub test: TestId,
    /// Which run of the machine, if the system said so.
    pub boot: Option<String>,
}

fn last_session(reader: &Reader, dir: &Path) -> Result<Session, Failure> {
    /// The last start of the writer and the opening of the batch.
    const STATION_RECORDS: u32 = 2;
    let last = reader
        .last_station_records(STATION_RECORDS)
        .map_err(store_failure)?;
    let mut reasons = last
        .iter()
        .rev()
        .filter_map(|stored| stored.record.reason.as_deref());
    reasons.find_map(session_in).ok_or_else(|| {
        let text = format!(
            "The store in {} does not say which power test it is of: the store is damaged.",
            dir.display()
        );
        Failure::new(Exit::AuditChain, text)
    })
}

fn session_in(reason: &str) -> Option<Session> {
    let (test, boot) = reason.strip_prefix("power test ")?.split_once(" boot ")?;
    Some(Session {
        test: test.parse().ok()?,
        boot: Some(boot.to_owned()).filter(|boot| boot != "unknown"),
    })
}

fn newest(reader: &Reader) -> Result<u64, Failure> {
    reader
        .counts()
        .map(|counts| counts.packs)
        .map_err(store_failure)
}

/// What is left of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The writer's last run that is on record.
    pub session: Session,
    /// The newest commit; 0: none.
    pub newest: u64,
}

/// Why there is nothing to compare.
#[derive(Debug)]
pub enum NotRead {
    /// The store contradicts itself; a sentence.
    Damaged(String),
    /// There is none, or it cannot be looked at.
    Other(Failure),
}

/// Opens the store as a station would after a power cut, audits all of it, and says what is there. `audits` hears of it
/// when the audit begins: there is a test, and it can be opened.
pub fn read(dir: &Path, audits: impl FnOnce()) -> Result<Left, NotRead> {
    // Looking for it comes first: opening would make a new one.
    drop(Reader::open(dir, &options(0)).map_err(|error| not_read(dir, error))?);
    let store = store::open(dir, options(0)).map_err(|error| not_read(dir, error))?;
    let failed = |error| not_read(dir, error);
    let reader = store.reader().map_err(failed)?;
    audits();
    reader.audit().map_err(failed)?;
    let session = last_session(&reader, dir).map_err(|why| match why.exit {
        Exit::AuditChain => NotRead::Damaged(why.text),
        _ => NotRead::Other(why),
    })?;
    let (mut newest, mut gap) = (0, None);
    let read = reader.for_each_pack(PackFilter::default(), |pack| {
        newest += 1;
        if pack.pack != PackNo(newest) && gap.is_none() {
            gap = Some(newest);
        }
    });
    read.map_err(failed)?;
    if let Some(gap) = gap {
        return Err(NotRead::Damaged(format!("Commit {gap} is missing.")));
    }
    store.close().map_err(failed)?;
    Ok(Left { session, newest })
}

fn not_read(dir: &Path, error: StoreError) -> NotRead {
    let dir = dir.display();
    match error {
        StoreError::Damaged { .. }
        | StoreError::NotADatabase { .. }
        | StoreError::Contradiction { .. } => NotRead::Damaged(error.to_string()),
        StoreError::InUse { process, .. } => {
            let process = process.map_or(String::new(), |process| format!(" (process {process})"));
            NotRead::Other(Failure::new(
                Exit::Store,
                format!(
                    "The power test in {dir} is still being written{process}: pull the plug first, or end it."
                ),
            ))
        }
        StoreError::Missing { .. } => NotRead::Other(Failure::new(
            Exit::Store,
            format!(
                "There is no power test in {dir}. Check the folder's name. If it is the folder that was written to, \
                 all of it is gone: then every acknowledged commit is LOST; do not use this disk for a station."
            ),
        )),
        error => NotRead::Other(store_failure(error)),
    }
}
