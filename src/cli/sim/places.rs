//! The folder of scenarios that failed. It is tried before the first world is lived, and what was there before is lost
//! only when something whole takes its place.

use crate::cli::exit::Failure;
use crate::cli::message;
use crate::cli::output::{Before, Output, is_no_stream, unwritten};
use crate::world::Wish;
use crate::world::runs::{Runs, Summary, live_while};
use crate::world::scenario;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::NamedTempFile;

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
        let what = "The folder of scenarios";
        is_no_stream(what, path, "it is several files. Name a folder.")?;
        let is_new = !path.exists();
        fs::create_dir_all(path)
            .and_then(|()| NamedTempFile::new_in(path).map(drop))
            .map_err(|why| unwritten(what, path, &why))?;
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
            let out = Output::open("The scenario", &path, Before::Replaced)?;
            out.write(|out| out.write_all(scenario::write(&short, &what).as_bytes()))?;
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
    fn a_folder_that_was_made_for_nothing_goes_again() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("a").join("b");
        let folder = ScenarioFolder::open(&path).expect("it can be made");
        let runs = Runs::Scenario(Box::new(Wish {
            seed: 1,
            packs: 1,
            troubles: Default::default(),
            pixels: false,
            printer: Default::default(),
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
