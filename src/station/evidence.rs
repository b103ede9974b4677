//! The folder of kept pictures: `evidence/BATCH/PACK.png` below the data folder. IO.
//!
//! A picture lies there as it came from the camera, byte by byte. It is written under another name, synced, and
//! renamed, and the folder is synced: a file with a right name is whole, even after a power cut. A file is never
//! written over. Its hash goes into the ledger afterwards, so a file that no record names was cut off by a crash and
//! proves nothing.
//!
//! The bounds are hard: what does not fit is not kept. So that this does not happen, the folder asks for room when a
//! sixteenth of it is left ([`Folder::crowded`]); the oldest pictures go ([`Folder::remove`]) when that is on record,
//! until an eighth is free. The newest picture never goes, nor does any of the open batch or of one with anything held
//! or recalled: where only such are left, new ones are not kept.

use crate::record::{BatchNo, KeptPicture, PackNo, PictureCoding, PictureHash};
use crate::store;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The folder's name in the data folder.
const FOLDER: &str = "evidence";
/// Packs that belong to no batch.
const NO_BATCH: &str = "no-batch";
/// Ending of a file that is being written.
const UNFINISHED: &str = "part";
/// The share of a bound that is left when room is asked for: one in this.
const ASK_SHARE: u64 = 16;
/// The share of a bound that is made free: one in this.
const FREE_SHARE: u64 = 8;

/// How much may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most bytes of all pictures together.
    pub bytes_max: u64,
    /// Most pictures.
    pub pictures_max: u64,
    /// Bytes that stay free on the disk for the store.
    pub free_min_bytes: u64,
}

/// Pictures that should go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crowd {
    /// Those of packs up to this one.
    pub through: PackNo,
    /// How many they are.
    pub pictures: u64,
    /// How large they are together.
    pub bytes: u64,
    /// Of these batches none goes, although it is of an earlier pack.
    pub except: Vec<BatchNo>,
}

/// Where a picture lies, and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The batch of its pack.
    pub batch: Option<BatchNo>,
    /// How it is coded.
    pub coding: PictureCoding,
    /// Its size.
    pub bytes: u64,
}

/// Pictures for which room was asked.
#[derive(Debug)]
struct Going {
    /// Those of packs up to this one.
    through: PackNo,
    /// Without those of these batches.
    except: BTreeSet<BatchNo>,
}

impl Going {
    fn takes(&self, pack: PackNo, batch: Option<BatchNo>) -> bool {
        pack <= self.through && !batch.is_some_and(|batch| self.except.contains(&batch))
    }
}

/// The folder of the pictures in a data folder.
pub fn folder_in(data_dir: &Path) -> PathBuf {
    data_dir.join(FOLDER)
}

fn batch_folder(batch: Option<BatchNo>) -> String {
    batch.map_or(NO_BATCH.to_owned(), |batch| batch.0.to_string())
}

/// The file of a pack's picture, in a data folder.
pub fn file_of(
    data_dir: &Path,
    batch: Option<BatchNo>,
    pack: PackNo,
    coding: PictureCoding,
) -> PathBuf {
    let name = format!("{}.{}", pack.0, coding.ending());
    folder_in(data_dir).join(batch_folder(batch)).join(name)
}

/// SHA-256 of a picture file's bytes.
pub fn hash_of(bytes: &[u8]) -> PictureHash {
    PictureHash(Sha256::digest(bytes).into())
}

/// All pictures of a data folder by pack, and what was left unfinished. Files that are not named like pictures of ours
/// are passed over.
///
/// # Errors
/// A folder cannot be read; a missing one is empty.
pub fn scan(data_dir: &Path) -> io::Result<(BTreeMap<PackNo, Held>, Vec<PathBuf>)> {
    let (mut pictures, mut unfinished) = (BTreeMap::new(), Vec::new());
    for batch in entries(&folder_in(data_dir))? {
        let name = batch.file_name();
        let name = name.to_str().unwrap_or_default();
        let no = match name {
            NO_BATCH => None,
            name => match plain_number(name).and_then(|no| u32::try_from(no).ok()) {
                Some(no) => Some(BatchNo(no)),
                None => continue,
            },
        };
        for file in entries(&batch.path())? {
            let path = file.path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if ending == Some(UNFINISHED) {
                unfinished.push(path);
                continue;
            }
            let coding = PictureCoding::ALL
                .into_iter()
                .find(|one| Some(one.ending()) == ending);
            let (Some(coding), Some(pack)) = (coding, stem.and_then(plain_number)) else {
                continue;
            };
            let bytes = file.metadata()?.len();
            let held = Held {
                batch: no,
                coding,
                bytes,
            };
            pictures.insert(PackNo(pack), held);
        }
    }
    Ok((pictures, unfinished))
}

/// A number as we write it: without sign and leading zeros, so that one number has one name.
fn plain_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// The kept pictures of a running station.
#[derive(Debug)]
pub struct Folder {
    data_dir: PathBuf,
    bounds: Bounds,
    held: BTreeMap<PackNo, Held>,
    bytes: u64,
    /// Room was asked for and not made yet: these will go.
    going: Option<Going>,
}

impl Folder {
    /// Looks at what is there, and takes away what was left unfinished.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn open(data_dir: &Path, bounds: Bounds) -> io::Result<Folder> {
        let (held, unfinished) = scan(data_dir)?;
        for path in unfinished {
            fs::remove_file(path)?;
        }
        Ok(Folder {
            data_dir: data_dir.to_owned(),
            bounds,
            bytes: held.values().map(|one| one.bytes).sum(),
            held,
            going: None,
        })
    }

    /// How many pictures there are, and how many bytes they have.
    pub fn size(&self) -> (u64, u64) {
        (self.held.len() as u64, self.bytes)
    }

    /// Keeps a picture: when this returns, it is on the disk.
    ///
    /// # Errors
    /// Why it is not, as a clause for a sentence. Then nothing of it is there.
    pub fn keep(
        &mut self,
        pack: PackNo,
        batch: Option<BatchNo>,
        coding: PictureCoding,
        body: &[u8],
    ) -> Result<KeptPicture, String> {
        let bytes = body.len() as u64;
        self.check_room(pack, batch, bytes)?;
        let path = file_of(&self.data_dir, batch, pack, coding);
        write_whole(&path, body)
            .map_err(|error| format!("{} cannot be written ({error})", path.display()))?;
        self.held.insert(
            pack,
            Held {
                batch,
                coding,
                bytes,
            },
        );
        self.bytes += bytes;
        Ok(KeptPicture {
            coding,
            bytes,
            sha256: hash_of(body),
        })
    }

    fn check_room(&self, pack: PackNo, batch: Option<BatchNo>, bytes: u64) -> Result<(), String> {
        if self.held.contains_key(&pack) {
            return Err("a picture of a pack with this number lies there already: \
                 move the folder of another store's pictures away"
                .to_owned());
        }
        let going = self.going.as_ref();
        if going.is_some_and(|going| going.takes(pack, batch)) {
            return Err("those of its time are being removed to make room".to_owned());
        }
        if self.held.len() as u64 >= self.bounds.pictures_max {
            return Err(format!(
                "there are {} pictures, as many as may be",
                self.held.len()
            ));
        }
        if self.bytes.saturating_add(bytes) > self.bounds.bytes_max {
            let (used, most) = (self.bytes / 1_000_000, self.bounds.bytes_max / 1_000_000);
            return Err(format!(
                "it has {bytes} bytes and {used} of {most} MB are used"
            ));
        }
        // Evidence never takes the room that the store needs.
        let free = store::free_bytes(&self.data_dir).map_err(|error| error.to_string())?;
        if free.saturating_sub(bytes) < self.bounds.free_min_bytes {
            return Err(format!("{} MB are left on the disk", free / 1_000_000));
        }
        Ok(())
    }

    /// There is little room left, and none was asked for.
    pub fn is_near(&self) -> bool {
        let near = |used: u64, most: u64| used.saturating_add(most / ASK_SHARE) >= most;
        let (pictures, bytes) = self.size();
        self.going.is_none()
            && (near(pictures, self.bounds.pictures_max) || near(bytes, self.bounds.bytes_max))
    }

    /// The pictures that should go, when there is little room left; asked once until it is made. None of `stays` goes.
    pub fn crowded(&mut self, stays: &BTreeSet<BatchNo>) -> Option<Crowd> {
        if !self.is_near() {
            return None;
        }
        let (pictures_max, bytes_max) = (self.bounds.pictures_max, self.bounds.bytes_max);
        let (pictures, bytes) = self.size();
        let mut except = BTreeSet::new();
        let wanted = |most: u64| most - most / FREE_SHARE;
        let mut crowd: Option<Crowd> = None;
        for (pack, held) in self.held.iter().take(self.held.len().saturating_sub(1)) {
            if let Some(batch) = held.batch.filter(|batch| stays.contains(batch)) {
                except.insert(batch);
                continue;
            }
            let gone = crowd.as_ref();
            let (gone, gone_bytes) = gone.map_or((0, 0), |crowd| (crowd.pictures, crowd.bytes));
            if pictures - gone <= wanted(pictures_max) && bytes - gone_bytes <= wanted(bytes_max) {
                break;
            }
            crowd = Some(Crowd {
                through: *pack,
                pictures: gone + 1,
                bytes: gone_bytes + held.bytes,
                except: except.iter().copied().collect(),
            });
        }
        self.going = crowd.as_ref().map(|crowd| Going {
            through: crowd.through,
            except: stays.clone(),
        });
        crowd
    }

    /// Removes the pictures of packs up to this one, without those that stay.
    ///
    /// # Errors
    /// The first that could not be removed, as a clause for a sentence; the others are gone.
    pub fn remove(&mut self, through: PackNo) -> Result<(), String> {
        let stays = self
            .going
            .take()
            .map_or_else(BTreeSet::new, |going| going.except);
        let (mut failed, mut batches) = (None, BTreeSet::new());
        let old: Vec<(PackNo, Held)> = self
            .held
            .range(..=through)
            .filter(|(_, held)| !held.batch.is_some_and(|batch| stays.contains(&batch)))
            .map(|(no, held)| (*no, *held))
            .collect();
        for (pack, held) in old {
            let path = file_of(&self.data_dir, held.batch, pack, held.coding);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    failed.get_or_insert(format!("{} cannot be removed ({error})", path.display()));
                }
                _ => {
                    self.held.remove(&pack);
                    self.bytes -= held.bytes;
                    batches.insert(held.batch);
                }
            }
        }
        for batch in batches {
            // Whatever lies in it keeps it there.
            let _ = fs::remove_dir(folder_in(&self.data_dir).join(batch_folder(batch)));
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Writes a file that is whole once it has its name, and durable once this returns.
fn write_whole(path: &Path, body: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("a picture lies in a folder");
    if !folder.is_dir() {
        fs::create_dir_all(folder)?;
        // The folders' own names, down from the data folder.
        for above in folder.ancestors().skip(1).take(2) {
            sync_folder(above)?;
        }
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{UNFINISHED}"));
    let unfinished = PathBuf::from(unfinished);
    let written = write_synced(&unfinished, body).and_then(|()| {
        if path.exists() {
            return Err(io::Error::from(ErrorKind::AlreadyExists));
        }
        fs::rename(&unfinished, path)
    });
    if written.is_err() {
        // What cannot even be removed is passed over by its name, and gone with the next start.
        let _ = fs::remove_file(&unfinished);
    }
    written.and_then(|()| sync_folder(folder))
}

fn write_synced(path: &Path, body: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(body)?;
    file.sync_all()
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod test {
    use super::*;

    const ROOMY: Bounds = Bounds {
        bytes_max: 10_000_000,
        pictures_max: 1000,
        free_min_bytes: 0,
    };

    fn keep(folder: &mut Folder, pack: u64, bytes: usize) -> Result<KeptPicture, String> {
        let body: Vec<u8> = (0..bytes).map(|at| (at as u64 * 31 + pack) as u8).collect();
        folder.keep(
            PackNo(pack),
            Some(BatchNo(pack as u32 / 10)),
            PictureCoding::Png,
            &body,
        )
    }

    fn names(dir: &Path) -> Vec<u64> {
        scan(dir).unwrap().0.keys().map(|pack| pack.0).collect()
    }

    #[test]
    fn a_kept_picture_is_the_bytes_that_came_and_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(dir.path(), ROOMY).unwrap();
        let kept = folder
            .keep(PackNo(7), None, PictureCoding::Jpeg, b"abc")
            .unwrap();
        // The test vector of FIPS 180-2 for "abc".
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(kept.sha256.to_string(), sum);
        assert_eq!(
            std::fs::read(dir.path().join("evidence/no-batch/7.jpg")).unwrap(),
            b"abc"
        );
        keep(&mut folder, 12, 500).unwrap();
        assert!(dir.path().join("evidence/1/12.png").is_file());
        // Never twice, never over what lies there.
        assert!(keep(&mut folder, 12, 10).is_err());
        assert_eq!(
            std::fs::metadata(dir.path().join("evidence/1/12.png"))
                .unwrap()
                .len(),
            500
        );
        // What a crash left, and what is not ours.
        let beside = dir.path().join("evidence/1");
        for name in ["13.png.part", "notes.txt", "014.png", "+5.png", "x.png"] {
            std::fs::write(beside.join(name), b"half").unwrap();
        }
        std::fs::create_dir(dir.path().join("evidence/old")).unwrap();
        assert_eq!(names(dir.path()), [7, 12]);
        let mut again = Folder::open(dir.path(), ROOMY).unwrap();
        assert_eq!(again.size(), (2, 503));
        assert!(
            !beside.join("13.png.part").exists(),
            "what was left unfinished is gone"
        );
        assert!(beside.join("notes.txt").exists());
        keep(&mut again, 13, 10).unwrap();
        assert_eq!(names(dir.path()), [7, 12, 13]);
    }

    #[test]
    fn the_bounds_hold_and_the_oldest_make_room() {
        let dir = tempfile::tempdir().unwrap();
        let bounds = Bounds {
            pictures_max: 32,
            bytes_max: 32_000,
            ..ROOMY
        };
        let mut folder = Folder::open(dir.path(), bounds).unwrap();
        let none = BTreeSet::new();
        let mut crowd = None;
        for pack in 1..=32 {
            keep(&mut folder, pack, 900).unwrap();
            crowd = crowd.or(folder.crowded(&none));
            assert_eq!(
                crowd.is_some(),
                pack >= 30,
                "asked when a sixteenth is left, once"
            );
        }
        assert!(
            keep(&mut folder, 33, 1)
                .unwrap_err()
                .contains("32 pictures")
        );
        let crowd = crowd.unwrap();
        let wanted = Crowd {
            through: PackNo(2),
            pictures: 2,
            bytes: 1800,
            except: Vec::new(),
        };
        assert_eq!(crowd, wanted, "an eighth is to be free");
        // Until they are gone, no picture of their time is added: it would go with them unseen.
        assert!(folder.crowded(&none).is_none());
        folder.remove(crowd.through).unwrap();
        assert_eq!(names(dir.path()), (3..=32).collect::<Vec<_>>());
        assert!(keep(&mut folder, 33, 5001).unwrap_err().contains("bytes"));
        keep(&mut folder, 33, 1).unwrap();
        // Still crowded: more are asked for; whole batches go with their folder.
        let crowd = folder.crowded(&none).unwrap();
        assert_eq!(crowd.through, PackNo(5));
        let late = folder.keep(PackNo(1), None, PictureCoding::Pgm, b"x");
        assert!(late.unwrap_err().contains("removed"));
        folder.remove(PackNo(19)).unwrap();
        assert!(!dir.path().join("evidence/0").exists() && !dir.path().join("evidence/1").exists());
        assert_eq!(folder.size(), (14, 13 * 900 + 1));
        // A bound that was lowered meanwhile: the newest stays whatever the bound.
        let bounds = Bounds {
            bytes_max: 10,
            pictures_max: 16,
            ..ROOMY
        };
        let mut folder = Folder::open(dir.path(), bounds).unwrap();
        let crowd = folder.crowded(&none).unwrap();
        assert_eq!((crowd.through, crowd.pictures), (PackNo(32), 13));
    }

    #[test]
    fn what_is_in_question_stays_and_where_only_that_is_left_nothing_goes() {
        let dir = tempfile::tempdir().unwrap();
        let bounds = Bounds {
            pictures_max: 32,
            ..ROOMY
        };
        let mut folder = Folder::open(dir.path(), bounds).unwrap();
        // Ten packs a batch: 0 is held, 2 is open.
        for pack in 1..=30 {
            keep(&mut folder, pack, 900).unwrap();
        }
        let stays = BTreeSet::from([BatchNo(0), BatchNo(2), BatchNo(3)]);
        let crowd = folder.crowded(&stays).unwrap();
        let wanted = Crowd {
            through: PackNo(11),
            pictures: 2,
            bytes: 1800,
            except: vec![BatchNo(0)],
        };
        assert_eq!(crowd, wanted);
        // One of the held batch that comes late stays as well; one of the others' time would go unseen.
        let late = |folder: &mut Folder, no| folder.keep(PackNo(0), no, PictureCoding::Png, b"x");
        assert!(late(&mut folder, None).is_err());
        late(&mut folder, Some(BatchNo(0))).unwrap();
        folder.remove(crowd.through).unwrap();
        assert_eq!(
            names(dir.path()),
            (0..=9).chain(12..=30).collect::<Vec<_>>()
        );
        // Everything is in question: the bound holds all the same, by keeping no more.
        let all: BTreeSet<BatchNo> = (0..=4).map(BatchNo).collect();
        keep(&mut folder, 31, 900).unwrap();
        assert!(folder.is_near() && folder.crowded(&all).is_none());
        for pack in 32..=33 {
            keep(&mut folder, pack, 900).unwrap();
        }
        assert!(folder.crowded(&all).is_none());
        assert!(keep(&mut folder, 34, 900).is_err());
        assert_eq!(folder.size().0, 32);
        // The hold is lifted.
        assert_eq!(folder.crowded(&stays).unwrap().through, PackNo(15));
    }

    #[test]
    fn a_disk_that_refuses_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let full = Bounds {
            free_min_bytes: u64::MAX,
            ..ROOMY
        };
        let mut folder = Folder::open(dir.path(), full).unwrap();
        assert!(
            keep(&mut folder, 1, 10)
                .unwrap_err()
                .contains("MB are left")
        );
        assert!(!dir.path().join("evidence").exists());
        // A file lies where the folder must be.
        std::fs::write(dir.path().join("evidence"), b"in the way").unwrap();
        let mut folder = Folder::open(dir.path(), ROOMY).unwrap();
        assert!(
            keep(&mut folder, 1, 10)
                .unwrap_err()
                .contains("cannot be written")
        );
        assert_eq!(folder.size(), (0, 0));
        std::fs::remove_file(dir.path().join("evidence")).unwrap();
        keep(&mut folder, 1, 10).unwrap();
        // The name is taken by what nobody knew of: it is not written over.
        std::fs::write(dir.path().join("evidence/0/2.png"), b"older").unwrap();
        assert!(keep(&mut folder, 2, 10).is_err());
        assert_eq!(
            std::fs::read(dir.path().join("evidence/0/2.png")).unwrap(),
            b"older"
        );
        assert!(!dir.path().join("evidence/0/2.png.part").exists());
    }
}
