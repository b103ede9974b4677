//! Where results go: standard output (`-`), a file that is whole or what it was before, a device or pipe, a folder that
//! is whole or not there. One mechanism, one exit code and one wording for all commands.
//!
//! What is not whole yet lies beside its place under a name that begins with a dot, locked (`flock`) for as long as the
//! process that makes it lives. A kill leaves it there unlocked; the next command that writes beside it takes it away.

use super::exit::{Exit, Failure};
use image::codecs::png::PngEncoder;
use image::{EncodableLayout, ImageBuffer, ImageError, Pixel, PixelWithColorType};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What stands in place of a file's name for standard output.
pub const STANDARD_OUTPUT: &str = "-";

/// How the name of a file begins that is not whole yet.
const FILE_ASIDE: &str = ".vidimus-file-";

/// The same of a folder.
const FOLDER_ASIDE: &str = ".vidimus-folder-";

/// How often a folder is made again that somebody swept away between its making and its locking.
const TRIES_MAX: usize = 8;

/// What the system said, without names that nobody gave: libraries tell of files that were made on the way.
fn said(why: &io::Error) -> String {
    match (why.raw_os_error(), why.kind()) {
        (None, ErrorKind::Other | ErrorKind::InvalidInput | ErrorKind::InvalidData) => {
            why.to_string()
        }
        (None, kind) => kind.to_string(),
        (Some(_), _) => why.to_string(),
    }
}

/// An output that cannot be written: which, why, and what to do. `what`: as a sentence begins, such as "The report".
pub fn unwritten(what: &str, path: &Path, why: &io::Error) -> Failure {
    let next = match why.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "Free room on its disk, or name a place on another one."
        }
        ErrorKind::NotFound => "Make its folder first, or name another place.",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "Make its folder writable for this user, or name another place."
        }
        _ => "Name another place.",
    };
    let (path, why) = (path.display(), said(why));
    Failure::new(
        Exit::Store,
        format!("{what} {path} cannot be written: {why}. {next}"),
    )
}

/// Standard output takes nothing more. A closed pipe ends a command quietly: whoever read had enough.
pub fn stdout_failed(why: &io::Error) -> Failure {
    match why.kind() {
        ErrorKind::BrokenPipe => Failure::new(Exit::Ok, ""),
        _ => Failure::new(
            Exit::Store,
            format!(
                "Standard output cannot be written: {}. If it goes into a file, free room on its disk.",
                said(why)
            ),
        ),
    }
}

/// A place that must be new holds something already.
pub fn taken(what: &str, path: &Path) -> Failure {
    let text = format!(
        "{what} {} is there already and is left as it is: name another place.",
        path.display()
    );
    Failure::new(Exit::SomeRefused, text)
}

/// Refuses `-` where one stream cannot hold what is written.
///
/// # Errors
/// It is `-`.
pub fn is_no_stream(what: &str, path: &Path, why: &str) -> Result<(), Failure> {
    match path == Path::new(STANDARD_OUTPUT) {
        false => Ok(()),
        true => Err(Failure::new(
            Exit::Usage,
            format!("{what} cannot go to standard output (\"-\"): {why}"),
        )),
    }
}

/// What may stand where a file is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// A file that is there is replaced when the new one is whole.
    Replaced,
    /// Nothing.
    Nothing,
}

/// Why a file was not filled.
pub enum Stopped {
    /// It takes nothing more.
    Output(io::Error),
    /// What goes into it cannot be had.
    Other(Failure),
}

impl From<io::Error> for Stopped {
    fn from(why: io::Error) -> Stopped {
        Stopped::Output(why)
    }
}

impl From<Failure> for Stopped {
    fn from(why: Failure) -> Stopped {
        Stopped::Other(why)
    }
}

/// A file that is going to be written.
pub struct Output {
    what: &'static str,
    named: PathBuf,
    to: To,
}

enum To {
    StandardOutput,
    /// A device or a pipe: written to, never replaced.
    Device(File),
    /// What takes its place when it is whole.
    Aside {
        aside: tempfile::NamedTempFile,
        place: PathBuf,
        before: Before,
    },
}

impl Output {
    /// Tries the place before the work is done. `what`: as a sentence begins, such as "The report".
    ///
    /// # Errors
    /// Nothing can be written there, or something stands there that must not.
    pub fn open(what: &'static str, named: &Path, before: Before) -> Result<Output, Failure> {
        if before == Before::Nothing && fs::symlink_metadata(named).is_ok() {
            return Err(taken(what, named));
        }
        let to = To::open(named, before).map_err(|why| unwritten(what, named, &why))?;
        Ok(Output {
            what,
            named: named.to_owned(),
            to,
        })
    }

    /// It goes to standard output.
    pub fn is_stdout(&self) -> bool {
        matches!(self.to, To::StandardOutput)
    }

    /// A folder on the disk it goes to, for what must lie somewhere on the way; the system's own where that is no disk.
    pub fn folder(&self) -> PathBuf {
        match &self.to {
            To::Aside { place, .. } => folder_of(place).to_owned(),
            To::StandardOutput | To::Device(_) => std::env::temp_dir(),
        }
    }

    /// Writes it and puts it in its place.
    ///
    /// # Errors
    /// It cannot be written; then what was there before is still there.
    pub fn write<E: Into<Stopped>>(
        self,
        fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), E>,
    ) -> Result<(), Failure> {
        let (what, named) = (self.what, &self.named);
        let unwritten = |why: &io::Error| unwritten(what, named, why);
        let stopped = |why: Stopped| match why {
            Stopped::Output(why) => unwritten(&why),
            Stopped::Other(failure) => failure,
        };
        match self.to {
            To::StandardOutput => filled(io::stdout(), fill).map_err(|why| match why {
                Stopped::Output(why) => stdout_failed(&why),
                Stopped::Other(failure) => failure,
            }),
            To::Device(device) => filled(device, fill).map_err(stopped),
            To::Aside {
                mut aside,
                place,
                before,
            } => {
                filled(aside.as_file_mut(), fill).map_err(stopped)?;
                aside.as_file().sync_all().map_err(|why| unwritten(&why))?;
                let put = match before {
                    Before::Replaced => aside.persist(&place),
                    Before::Nothing => aside.persist_noclobber(&place),
                };
                match put {
                    Ok(_) => Ok(()),
                    Err(why) if why.error.kind() == ErrorKind::AlreadyExists => {
                        Err(taken(what, named))
                    }
                    Err(why) => Err(unwritten(&why.error)),
                }
            }
        }
    }
}

impl Output {
    /// Writes a picture as PNG.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub fn write_png<P>(self, picture: &ImageBuffer<P, Vec<P::Subpixel>>) -> Result<(), Failure>
    where
        P: Pixel + PixelWithColorType,
        [P::Subpixel]: EncodableLayout,
    {
        self.write(|out| {
            let written = picture.write_with_encoder(PngEncoder::new(out));
            written.map_err(|why| match why {
                ImageError::IoError(why) => why,
                other => io::Error::other(other),
            })
        })
    }
}

fn filled<E: Into<Stopped>>(
    to: impl Write + Send,
    fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), E>,
) -> Result<(), Stopped> {
    let mut to = BufWriter::new(to);
    fill(&mut to).map_err(E::into)?;
    to.flush().map_err(Stopped::Output)
}

impl To {
    fn open(named: &Path, before: Before) -> io::Result<To> {
        if named == Path::new(STANDARD_OUTPUT) {
            return Ok(To::StandardOutput);
        }
        let place = match fs::metadata(named) {
            Ok(found) => {
                // Also where it will be replaced: what must not be written is not replaced either.
                let file = OpenOptions::new().write(true).open(named)?;
                if !found.is_file() {
                    return Ok(To::Device(file));
                }
                // A link leads to the file that is meant.
                fs::canonicalize(named)?
            }
            Err(why) if why.kind() == ErrorKind::NotFound => named.to_owned(),
            Err(why) => return Err(why),
        };
        let folder = folder_of(&place);
        // Asked by itself, so that what is wrong is not told of a name that nobody gave.
        fs::metadata(folder)?;
        sweep(folder);
        // As any new file: who may read it is for the umask to say.
        let mut builder = tempfile::Builder::new();
        builder
            .permissions(fs::Permissions::from_mode(0o666))
            .prefix(FILE_ASIDE);
        for _ in 0..TRIES_MAX {
            let aside = builder.tempfile_in(folder)?;
            if is_locked(aside.as_file(), aside.path()) {
                return Ok(To::Aside {
                    aside,
                    place,
                    before,
                });
            }
        }
        Err(ErrorKind::ResourceBusy.into())
    }
}

/// What was just made is held by this process, and still there: it may have been swept before it was locked.
fn is_locked(made: &File, path: &Path) -> bool {
    // Whoever sweeps holds it for a moment only. Where a file system knows no locks, nothing is ever swept either.
    let locked = made.lock();
    locked.is_err() || path.exists()
}

/// The folder that something lies in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A folder that is going to be: made beside its place, put there when it is whole.
pub struct NewFolder {
    what: &'static str,
    named: PathBuf,
    making: tempfile::TempDir,
    /// Holds the lock.
    _lock: File,
}

impl NewFolder {
    /// Makes room beside it.
    ///
    /// # Errors
    /// There is something in it already, or no room can be made beside it.
    pub fn open(what: &'static str, named: &Path) -> Result<NewFolder, Failure> {
        is_no_stream(what, named, "it is several files. Name a folder.")?;
        let failed = |why: io::Error| unwritten(what, named, &why);
        match fs::read_dir(named) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(taken(what, named));
                }
            }
            Err(why) if why.kind() == ErrorKind::NotFound => {}
            Err(why) => return Err(failed(why)),
        }
        let beside = folder_of(named);
        fs::metadata(beside).map_err(failed)?;
        sweep(beside);
        let (making, lock) = make_locked(beside).map_err(failed)?;
        Ok(NewFolder {
            what,
            named: named.to_owned(),
            making,
            _lock: lock,
        })
    }

    /// Where it is being made.
    pub fn path(&self) -> &Path {
        self.making.path()
    }

    /// A file of it could not be written.
    pub fn unwritten(&self, file: &str, why: &io::Error) -> Failure {
        unwritten(self.what, &self.named.join(file), why)
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// It was filled meanwhile, or cannot be put there; then nothing is left behind.
    pub fn put(self) -> Result<(), Failure> {
        // An empty folder is replaced, one that was filled meanwhile is not.
        match fs::rename(self.making.path(), &self.named) {
            Ok(()) => {
                let _ = self.making.keep(); // nothing is left where it was made
                Ok(())
            }
            Err(why) if why.kind() == ErrorKind::DirectoryNotEmpty => {
                Err(taken(self.what, &self.named))
            }
            Err(why) => Err(unwritten(self.what, &self.named, &why)),
        }
    }
}

/// A folder that is locked before anything is in it.
fn make_locked(beside: &Path) -> io::Result<(tempfile::TempDir, File)> {
    for _ in 0..TRIES_MAX {
        let making = tempfile::Builder::new()
            .prefix(FOLDER_ASIDE)
            .tempdir_in(beside)?;
        let lock = match File::open(making.path()) {
            Ok(lock) => lock,
            Err(why) if why.kind() == ErrorKind::NotFound => continue, // swept before it was locked
            Err(why) => return Err(why),
        };
        if is_locked(&lock, making.path()) {
            return Ok((making, lock));
        }
    }
    Err(ErrorKind::ResourceBusy.into())
}

/// Takes away what killed processes left in this folder: our names, our files, and held by nobody. Whatever is not
/// surely that stays; it is in nobody's way.
fn sweep(folder: &Path) {
    let me = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_ours = |prefix: &str| {
            let rest = name.strip_prefix(prefix).unwrap_or_default();
            rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let (as_file, as_folder) = (is_ours(FILE_ASIDE), is_ours(FOLDER_ASIDE));
        let path = entry.path();
        // Of the entry itself, never of what a link leads to.
        let found = entry.metadata().ok().filter(|found| found.uid() == me);
        let held = |found: &fs::Metadata| {
            let file = File::open(&path).ok().filter(|file| {
                let opened = file.metadata();
                opened
                    .is_ok_and(|opened| (opened.dev(), opened.ino()) == (found.dev(), found.ino()))
            });
            file.filter(|file| file.try_lock().is_ok())
        };
        let Some(found) = found else { continue };
        if !(as_file && found.is_file() || as_folder && found.is_dir()) {
            continue;
        }
        let Some(_lock) = held(&found) else { continue };
        // What cannot be removed stays: the command that is going on is about something else.
        let _ = match as_file {
            true => fs::remove_file(&path),
            false if holds_files_only(&path) => fs::remove_dir_all(&path),
            false => Ok(()),
        };
    }
}

/// No folder in it: we make none.
fn holds_files_only(folder: &Path) -> bool {
    let mut entries = fs::read_dir(folder).into_iter().flatten();
    entries.all(|entry| {
        entry
            .and_then(|entry| entry.file_type())
            .is_ok_and(|kind| kind.is_file())
    })
}

#[cfg(test)]
mod test {
    use super::*;

    fn text(text: &str) -> impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()> {
        move |out: &mut (dyn Write + Send)| out.write_all(text.as_bytes())
    }

    fn open(path: &Path, before: Before) -> Result<Output, Failure> {
        Output::open("The report", path, before)
    }

    #[test]
    fn what_was_there_before_is_there_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        let read = || fs::read_to_string(&path).expect("a file");
        fs::write(&path, "older").expect("it can be written");
        drop(open(&path, Before::Replaced).expect("it can be opened"));
        let broken = open(&path, Before::Replaced).expect("it can be opened");
        let failed = broken.write(|out| {
            out.write_all(b"half")?;
            Err(io::Error::from(ErrorKind::StorageFull))
        });
        let failed = failed.expect_err("it is full");
        assert_eq!(failed.exit, Exit::Store);
        assert!(failed.text.contains("report.json") && failed.text.contains("Free room"));
        assert_eq!(read(), "older");
        let report = open(&path, Before::Replaced).expect("it can be opened");
        report.write(text("{}")).expect("it can be written");
        assert_eq!(read(), "{}");
        let refused = open(&path, Before::Nothing).err().expect("it is there");
        assert_eq!(refused.exit, Exit::SomeRefused);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        let nowhere = folder.path().join("missing").join("report.json");
        for nowhere in [nowhere.as_path(), folder.path()] {
            let failed = open(nowhere, Before::Replaced).err().expect("no file");
            assert_eq!(failed.exit, Exit::Store);
            let named = nowhere.display().to_string();
            assert!(failed.text.contains(&named) && !failed.text.contains(".vidimus"));
        }
    }

    #[test]
    fn devices_are_written_to_and_never_replaced() {
        let null = Path::new("/dev/null");
        let report = open(null, Before::Replaced).expect("it takes everything");
        report.write(text("{}")).expect("it takes everything");
        assert!(!fs::metadata(null).expect("it is there").is_file());
        let full = open(Path::new("/dev/full"), Before::Replaced).expect("it can be opened");
        let full = full.write(text("{}")).expect_err("it is full");
        assert!(
            full.exit == Exit::Store && full.text.contains("/dev/full"),
            "{full}"
        );
    }

    #[test]
    fn what_a_kill_left_is_swept_and_nothing_else() {
        let beside = tempfile::tempdir().expect("a folder");
        let at = |name: &str| beside.path().join(name);
        // Left by a kill: a file, a folder with files. Not ours: another name, a folder with folders, a link.
        fs::write(at(".vidimus-file-AbCd12"), "half").expect("written");
        fs::create_dir(at(".vidimus-folder-AbCd12")).expect("made");
        fs::write(at(".vidimus-folder-AbCd12/units.csv"), "half").expect("written");
        fs::write(at(".vidimus-file-mine.txt"), "whole").expect("written");
        fs::create_dir_all(at(".vidimus-folder-other1/deep")).expect("made");
        fs::write(at("precious"), "whole").expect("written");
        std::os::unix::fs::symlink(at("precious"), at(".vidimus-file-link01")).expect("made");
        let wanted = at("drill");
        let living = NewFolder::open("The bundle", &wanted).expect("there is room");
        fs::write(living.path().join("units.csv"), "half").expect("written");
        let file = open(&at("report.json"), Before::Replaced).expect("there is room");
        assert!(living.path().join("units.csv").is_file(), "it is held");
        file.write(text("{}")).expect("it can be written");
        living.put().expect("nothing is in the way");
        let mut left: Vec<String> = fs::read_dir(beside.path())
            .expect("a folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        left.sort();
        let stays = [
            ".vidimus-file-link01",
            ".vidimus-file-mine.txt",
            ".vidimus-folder-other1",
            "drill",
            "precious",
            "report.json",
        ];
        assert_eq!(left, stays);
        assert_eq!(
            fs::read_to_string(wanted.join("units.csv")).expect("a file"),
            "half"
        );
        let again = NewFolder::open("The bundle", &wanted)
            .err()
            .expect("it is filled");
        assert_eq!(again.exit, Exit::SomeRefused);
    }
}
