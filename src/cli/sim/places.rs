//! Where results go: a report file, and a folder of scenarios. Both are tried before the first world is lived, and what
//! was there before is lost only when something whole takes its place.

use crate::cli::exit::{Exit, Failure};
use crate::cli::message;
use crate::world::Wish;
use crate::world::runs::{Runs, Summary, live_while};
use crate::world::scenario;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::{NamedTempFile, TempPath};

fn store(text: String) -> Failure {
    Failure::new(Exit::Store, text)
}

/// A report that is going to be written.
pub struct ReportFile {
    path: PathBuf,
    file: File,
    /// What becomes the report when it is whole; `None` where it goes into something that is no file.
    aside: Option<TempPath>,
}

impl ReportFile {
    /// Tries the place.
    ///
    /// # Errors
    /// Nothing can be written there.
    pub fn open(path: &Path) -> Result<ReportFile, Failure> {
        ReportFile::try_open(path).map_err(|why| unwritten(path, &why))
    }

    fn try_open(path: &Path) -> io::Result<ReportFile> {
        let place = match fs::metadata(path) {
            Ok(found) => {
                // Also where it will be replaced: what must not be written is not replaced either.
                let file = OpenOptions::new().write(true).open(path)?;
                if !found.is_file() {
                    return Ok(ReportFile {
                        path: path.to_owned(),
                        file,
                        aside: None,
                    });
                }
                fs::canonicalize(path)?
            }
            Err(why) if why.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(why) => return Err(why),
        };
        let folder = place
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        // Asked by itself, so that what is wrong is not told of a name that nobody gave.
        fs::metadata(folder)?;
        let mut aside = tempfile::Builder::new();
        readable_by_all(&mut aside);
        let aside = aside.prefix(".vidimus-report-");
        let (file, aside) = aside.tempfile_in(folder)?.into_parts();
        Ok(ReportFile {
            path: place,
            file,
            aside: Some(aside),
        })
    }

    /// Writes it.
    ///
    /// # Errors
    /// The disk's; then what was there before is still there.
    pub fn write(mut self, json: &str) -> Result<(), Failure> {
        let path = self.path.clone();
        let mut write = || -> io::Result<()> {
            writeln!(self.file, "{json}")?;
            let Some(aside) = self.aside.take() else {
                return Ok(());
            };
            self.file.sync_all()?;
            aside.persist(&self.path).map_err(|error| error.error)
        };
        write().map_err(|why| unwritten(&path, &why))
    }
}

/// As any file a person makes, not as a secret.
fn readable_by_all(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

fn unwritten(path: &Path, why: &io::Error) -> Failure {
    store(format!(
        "The report {} cannot be written: {why}.",
        path.display()
    ))
}

/// A folder for the scenarios of worlds that fail.
pub struct ScenarioFolder {
    path: PathBuf,
    /// It was made for this run.
    is_new: bool,
}

impl ScenarioFolder {
    /// Makes it, and tries whether a file can be written there.
    ///
    /// # Errors
    /// It cannot be made, or nothing can be written there.
    pub fn open(path: &Path) -> Result<ScenarioFolder, Failure> {
        let is_new = !path.exists();
        fs::create_dir_all(path)
            .and_then(|()| NamedTempFile::new_in(path).map(drop))
            .map_err(|why| {
                let path = path.display();
                store(format!(
                    "No scenarios can be written into the folder {path}: {why}."
                ))
            })?;
        let path = path.to_owned();
        Ok(ScenarioFolder { path, is_new })
    }

    /// Writes the shortest world of each that failed. When the end is asked for they stay as long as they are then.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn fill(self, runs: &Runs, summary: &Summary, asked: &AtomicBool) -> Result<(), Failure> {
        let goes_on = || !asked.load(Ordering::SeqCst);
        let found = |wish: &Wish| {
            let report = live_while(wish.clone(), None, &goes_on);
            report.map_or_else(Vec::new, |report| report.violations)
        };
        for report in &summary.failed {
            let wish = runs.wish(report.seed);
            let short = scenario::shrink(&wish, &|wish| !found(wish).is_empty());
            let mut violations = found(&short);
            if violations.is_empty() {
                violations.clone_from(&report.violations);
            }
            let what: Vec<String> = violations
                .iter()
                .take(3)
                .map(|one| format!("{}: {}", one.checker, one.text))
                .collect();
            let path = self.path.join(format!("seed-{}.toml", report.seed));
            fs::write(&path, scenario::write(&short, &what)).map_err(|why| {
                let path = path.display();
                store(format!("The scenario {path} cannot be written: {why}."))
            })?;
            let (seed, packs, path) = (report.seed, short.packs, path.display());
            message(&format!("seed {seed} in {packs} packs: {path}"));
        }
        if self.is_new && summary.failed.is_empty() {
            // Nothing failed: nothing is left behind. Somebody may have put something there meanwhile; it stays.
            let _ = fs::remove_dir(&self.path);
        }
        Ok(())
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn an_older_report_is_there_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        fs::write(&path, "older").expect("it can be written");
        drop(ReportFile::open(&path).expect("it can be opened"));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "older");
        let report = ReportFile::open(&path).expect("it can be opened");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "older");
        report.write("{}").expect("it can be written");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "{}\n");
        let left = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 1, "nothing is left beside it");
        let nowhere = folder.path().join("missing").join("report.json");
        let why = ReportFile::open(&nowhere)
            .err()
            .expect("there is no such folder");
        assert!(
            why.exit == Exit::Store && why.text.contains("missing"),
            "{why}"
        );
        assert!(
            ReportFile::open(folder.path()).is_err(),
            "a folder is no file"
        );
    }

    #[test]
    fn a_report_may_go_into_what_is_no_file() {
        let null = Path::new("/dev/null");
        let report = ReportFile::open(null).expect("it takes everything");
        report.write("{}").expect("it takes everything");
        assert!(!fs::metadata(null).expect("it is there").is_file());
        let full = ReportFile::open(Path::new("/dev/full")).expect("it can be opened");
        assert_eq!(full.write("{}").expect_err("it is full").exit, Exit::Store);
    }

    #[test]
    fn a_folder_that_was_made_for_nothing_goes_again() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("a").join("b");
        let folder = ScenarioFolder::open(&path).expect("it can be made");
        let runs = Runs::Scenario(Box::new(Wish {
            seed: 1,
            packs: 1,
            troubles: Default::default(),
            pixels: false,
        }));
        let asked = AtomicBool::new(false);
        folder
            .fill(&runs, &Summary::default(), &asked)
            .expect("nothing to write");
        assert!(!path.exists());
        fs::write(&path, "in the way").expect("it can be written");
        assert!(ScenarioFolder::open(&path).is_err());
    }
}
