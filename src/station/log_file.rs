//! A log file that is turned over by its size: `NAME.log`, and older ones, `NAME.log.1` the newest of them. IO.
//!
//! The file is opened for each piece that is written: one that was taken away or whose disk came back is there again
//! by itself. A line is whole or not there: what a full disk cut off is taken back, and what a power cut left without
//! an end of line gets one.

use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The log of this station in this folder.
pub fn path_in(folder: &Path, station: &str) -> PathBuf {
    folder.join(format!("{station}.log"))
}

/// The log that was turned over so many times.
pub fn older(path: &Path, number: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// A log with its bounds.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    /// Most bytes of one file.
    bytes_max: u64,
    /// How many older files stay.
    older_max: u64,
}

impl LogFile {
    /// Makes nothing yet.
    pub fn new(path: PathBuf, bytes_max: u64, older_max: u64) -> LogFile {
        LogFile {
            path,
            bytes_max,
            older_max,
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes whole lines at the end; a file that they would make too long is turned over first.
    ///
    /// # Errors
    /// The folder is missing and cannot be made, the file is no plain one, or the disk refuses: nothing of the lines is
    /// there then.
    pub fn write(&self, lines: &str) -> io::Result<()> {
        let mut file = self.open()?;
        let mut len = file.metadata()?.len();
        if len > 0 && len.saturating_add(lines.len() as u64) > self.bytes_max {
            self.turn_over()?;
            file = self.open()?;
            len = file.metadata()?.len();
        }
        let mut last = [b'\n'];
        if len > 0 {
            file.read_exact_at(&mut last, len - 1)?;
        }
        let begin = if last == *b"\n" { "" } else { "\n" };
        let written = file
            .write_all(begin.as_bytes())
            .and_then(|()| file.write_all(lines.as_bytes()));
        if written.is_err() {
            // What stays all the same gets its end of line with the next one.
            let _ = file.set_len(len);
        }
        written
    }

    fn open(&self) -> io::Result<File> {
        match self.open_there() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder = self.path.parent().unwrap_or(Path::new("."));
                DirBuilder::new().mode(0o700).create(folder)?;
                self.open_there()
            }
            opened => opened,
        }
    }

    fn open_there(&self) -> io::Result<File> {
        // Nobody's link is followed, and a pipe that nobody reads is not waited for.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(flags.bits().cast_signed())
            .open(&self.path)?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("it is no plain file")),
        }
    }

    /// The file becomes the newest of the older ones; the oldest goes.
    fn turn_over(&self) -> io::Result<()> {
        for number in (1..self.older_max).rev() {
            let renamed = fs::rename(older(&self.path, number), older(&self.path, number + 1));
            unless_missing(renamed)?;
        }
        fs::rename(&self.path, older(&self.path, 1))?;
        // Of a time when more were to stay.
        for number in self.older_max + 1.. {
            match fs::remove_file(older(&self.path, number)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn a_full_file_is_turned_over_whole_lines_stay_whole_and_the_oldest_goes() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = path_in(&dir.path().join("log"), "station-1");
        let log = LogFile::new(path.clone(), 30, 2);
        for number in 0..9 {
            log.write(&format!("line {number} ...\n"))
                .expect("it is written");
        }
        // Two lines a file, and two older files.
        assert_eq!(text(&path), "line 8 ...\n");
        assert_eq!(text(&older(&path, 1)), "line 6 ...\nline 7 ...\n");
        assert_eq!(text(&older(&path, 2)), "line 4 ...\nline 5 ...\n");
        assert!(!older(&path, 3).exists());
        let mode = |path: &Path| {
            fs::metadata(path)
                .expect("it is there")
                .permissions()
                .mode()
        };
        assert_eq!(mode(&path) & 0o777, 0o600);
        assert_eq!(mode(&older(&path, 2)) & 0o777, 0o600);
        assert_eq!(mode(path.parent().expect("a folder")) & 0o777, 0o700);
        // Fewer are to stay from now on.
        let log = LogFile::new(path.clone(), 30, 1);
        log.write("a line that is long enough\n").expect("it fits");
        assert_eq!(text(&older(&path, 1)), "line 8 ...\n");
        assert!(!older(&path, 2).exists());
    }

    #[test]
    fn a_line_that_a_power_cut_left_without_an_end_is_not_joined_to_the_next_one() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = path_in(dir.path(), "s");
        fs::write(&path, "whole\nhal").expect("it can be written");
        LogFile::new(path.clone(), 1000, 1)
            .write("next\n")
            .expect("it is written");
        assert_eq!(text(&path), "whole\nhal\nnext\n");
    }

    #[test]
    fn what_is_no_plain_file_or_has_no_folder_is_refused_and_nothing_is_waited_for() {
        let dir = tempfile::tempdir().expect("a folder");
        let other = dir.path().join("other");
        fs::write(&other, "not ours\n").expect("it can be written");
        let path = path_in(dir.path(), "s");
        let log = LogFile::new(path.clone(), 1000, 1);
        std::os::unix::fs::symlink(&other, &path).expect("a link");
        assert!(log.write("x\n").is_err());
        assert_eq!(text(&other), "not ours\n");
        fs::remove_file(&path).expect("the link goes");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from(0o600))
            .expect("a pipe");
        assert!(log.write("x\n").is_err());
        fs::remove_file(&path).expect("the pipe goes");
        log.write("x\n").expect("it is ours again");
        let nowhere = LogFile::new(path_in(&dir.path().join("a/b"), "s"), 1000, 1);
        assert!(nowhere.write("x\n").is_err());
    }
}
