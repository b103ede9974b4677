//! What a power cut leaves: the disk below a log of [`crate::recording`].
//!
//! Durable is what was synced. Everything done to a file after its last sync is *pending*; at the cut each pending
//! operation for itself is lost (1/4), torn at sectors of 512 bytes with a coin for each (1/4, writes only) or kept
//! (1/2). As each is decided for itself, a later write can be there without an earlier one: reordering is covered.
//! Changes of length are pending like writes.
//!
//! Names are pending until the folder is synced: creations and deletions are lost or kept with a coin each. SQLite
//! syncs the folder at the first sync of a journal or log it may have created, and at a deletion only when asked to
//! (`synchronous=EXTRA`), which a store in WAL mode does not need; so a deleted log may come back, and must not harm.

use crate::recording::{Entry, FileNo};
use crate::store_model::Dice;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a device writes all of or nothing.
const SECTOR_BYTES: usize = 512;

/// The files that a cut left, by name, and what had been acknowledged by then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    pub files: BTreeMap<String, Vec<u8>>,
    pub acknowledged: u64,
}

impl Image {
    /// Makes the folder hold these files and nothing else.
    pub fn lay_out(&self, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("a folder entry").path();
            std::fs::remove_file(path).expect("a file of ours");
        }
        for (name, bytes) in &self.files {
            std::fs::write(folder.join(name), bytes).expect("room for an image");
        }
    }
}

#[derive(Debug, Clone)]
enum Pending {
    Write { offset: usize, bytes: Box<[u8]> },
    Length(usize),
}

#[derive(Debug, Clone, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

#[derive(Debug, Clone)]
enum NameChange {
    Given { name: String, file: FileNo },
    Taken { name: String },
}

/// A disk in the middle of a log.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, FileNo>,
    name_changes: Vec<NameChange>,
    acknowledged: u64,
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[offset..end].copy_from_slice(bytes);
}

fn apply(file: &mut Vec<u8>, pending: &Pending) {
    match pending {
        Pending::Write { offset, bytes } => put(file, *offset, bytes),
        Pending::Length(bytes) => file.resize(*bytes, 0),
    }
}

/// Writes those sectors of a write for which the coin says so; the length grows to what was written.
fn tear(file: &mut Vec<u8>, offset: usize, bytes: &[u8], dice: &mut Dice) {
    let mut at = 0;
    while at < bytes.len() {
        let to_sector = SECTOR_BYTES - (offset + at) % SECTOR_BYTES;
        let end = bytes.len().min(at + to_sector);
        if dice.below(2) == 0 {
            put(file, offset + at, &bytes[at..end]);
        }
        at = end;
    }
}

fn change(names: &mut BTreeMap<String, FileNo>, changed: NameChange) {
    match changed {
        NameChange::Given { name, file } => names.insert(name, file),
        NameChange::Taken { name } => names.remove(&name),
    };
}

impl Disk {
    /// A disk that holds an image and nothing pending. The files have the numbers that
    /// [`crate::recording::Recorder::begin`] gives them.
    pub fn holding(image: &Image) -> Disk {
        let durable = |bytes: &Vec<u8>| File {
            durable: bytes.clone(),
            pending: Vec::new(),
        };
        Disk {
            files: image.files.values().map(durable).collect(),
            names: image.files.keys().cloned().zip(0..).collect(),
            name_changes: Vec::new(),
            acknowledged: image.acknowledged,
        }
    }

    /// The next entry of the log happens.
    pub fn take(&mut self, entry: &Entry) {
        match entry {
            Entry::Created { name, file } => {
                assert_eq!(*file, self.files.len(), "files are numbered as they come");
                self.files.push(File::default());
                self.name_changes.push(NameChange::Given {
                    name: name.clone(),
                    file: *file,
                });
            }
            Entry::Wrote {
                file,
                offset,
                bytes,
            } => self.files[*file].pending.push(Pending::Write {
                offset: *offset as usize,
                bytes: bytes.clone(),
            }),
            Entry::Truncated { file, bytes } => {
                self.files[*file]
                    .pending
                    .push(Pending::Length(*bytes as usize));
            }
            Entry::Synced { file, folder } => {
                let file = &mut self.files[*file];
                for pending in std::mem::take(&mut file.pending) {
                    apply(&mut file.durable, &pending);
                }
                if *folder {
                    self.sync_folder();
                }
            }
            Entry::Deleted { name, folder } => {
                self.name_changes
                    .push(NameChange::Taken { name: name.clone() });
                if *folder {
                    self.sync_folder();
                }
            }
            Entry::Renamed { from, to } => {
                // All changes before are in the same folder, whose sync the renamer is trusted with.
                self.sync_folder();
                let file = self.names.remove(from).expect("the old name was there");
                self.names.insert(to.clone(), file);
            }
            Entry::WrittenOutside { file, bytes } => {
                self.files[*file] = File {
                    durable: bytes.to_vec(),
                    pending: Vec::new(),
                };
                self.sync_folder();
            }
            Entry::Failed { .. } => {}
            Entry::Acknowledged(through) => {
                assert!(*through >= self.acknowledged, "the store only grows");
                self.acknowledged = *through;
            }
        }
    }

    fn sync_folder(&mut self) {
        for changed in std::mem::take(&mut self.name_changes) {
            change(&mut self.names, changed);
        }
    }

    /// The kernel forgets what it could not write: after a failed sync the pages count as clean although only some of
    /// them reached the device, and a later sync of the same file says nothing of it (ext4, XFS and others; see
    /// <https://lwn.net/Articles/752063/>).
    pub fn forget_pending(&mut self, file: FileNo, dice: &mut Dice) {
        let file = &mut self.files[file];
        for pending in std::mem::take(&mut file.pending) {
            if dice.below(2) == 0 {
                apply(&mut file.durable, &pending);
            }
        }
    }

    /// What a cut at this moment leaves.
    pub fn cut(&self, dice: &mut Dice) -> Image {
        let mut names = self.names.clone();
        for changed in &self.name_changes {
            if dice.below(2) == 0 {
                change(&mut names, changed.clone());
            }
        }
        let mut files = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for (name, file) in names {
            assert!(taken.insert(file), "a file has one name");
            files.insert(name, self.files[file].cut(dice));
        }
        let acknowledged = self.acknowledged;
        Image {
            files,
            acknowledged,
        }
    }
}

impl File {
    fn cut(&self, dice: &mut Dice) -> Vec<u8> {
        let mut left = self.durable.clone();
        for pending in &self.pending {
            match (dice.below(4), pending) {
                (0, _) => {}
                (1, Pending::Write { offset, bytes }) => tear(&mut left, *offset, bytes, dice),
                _ => apply(&mut left, pending),
            }
        }
        left
    }
}

#[test]
fn what_was_synced_stays_and_what_was_not_is_kept_lost_or_torn() {
    let wrote = |byte: u8, offset: u64| Entry::Wrote {
        file: 0,
        offset,
        bytes: vec![byte; 1024].into(),
    };
    let name = "a".to_owned();
    let log = [
        Entry::Created { name, file: 0 },
        wrote(1, 0),
        Entry::Synced {
            file: 0,
            folder: true,
        },
        Entry::Acknowledged(1),
        wrote(2, 0),
        wrote(3, 1024),
        Entry::Truncated {
            file: 0,
            bytes: 1536,
        },
    ];
    let mut disk = Disk::default();
    log.iter().for_each(|entry| disk.take(entry));
    let mut dice = Dice(5);
    let mut seen = BTreeSet::new();
    for _ in 0..2000 {
        let image = disk.cut(&mut dice);
        assert_eq!(image.acknowledged, 1);
        let bytes = &image.files["a"];
        let at = |offset: usize| bytes.get(offset).copied();
        seen.insert((at(0), at(512), at(1024), at(1536)));
    }
    let kept =
        |bytes: (u8, u8, u8)| seen.contains(&(Some(bytes.0), Some(bytes.1), Some(bytes.2), None));
    assert!(
        kept((1, 1, 3)),
        "the later write without the earlier: reordered"
    );
    assert!(kept((2, 1, 3)) && kept((1, 2, 0)), "torn at a sector, cut");
    assert!(
        seen.contains(&(Some(1), Some(1), None, None)) || kept((1, 1, 0)),
        "all lost"
    );
    let first = seen.iter().all(|bytes| matches!(bytes.0, Some(1 | 2)));
    assert!(first, "nothing that was synced goes: {seen:?}");
    // Before the folder's sync the name itself may be lost.
    let mut young = Disk::default();
    young.take(&log[0]);
    let named = (0..100).filter(|_| !young.cut(&mut dice).files.is_empty());
    assert!((20..80).contains(&named.count()));
}
