//! Degraded frames as files: one PNG each and `truth.jsonl` with what is really in them. IO.

use std::{fs::File, io::BufWriter, io::Write as _, path::Path};

use serde_json::json;

use crate::degrade::{Condition, DegradedFrame, STEPS, frame};

/// Which frames go into a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Album {
    /// The conditions, in this order.
    pub conditions: Vec<Condition>,
    /// First and last step of each.
    pub steps: (u8, u8),
    /// Frames of each step.
    pub count: u64,
    /// Seed of the first frame of each step; the others follow it.
    pub seed: u64,
}

impl Album {
    /// First and last step from `3` or `0..9`, both ends included.
    ///
    /// # Errors
    /// A sentence that says what a range of steps looks like.
    pub fn steps(text: &str) -> Result<(u8, u8), String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let step = |text: &str| text.parse::<u8>().ok().filter(|step| *step < STEPS);
        match (step(first), step(last)) {
            (Some(first), Some(last)) if first <= last => Ok((first, last)),
            _ => Err(format!(
                "\"{text}\" is no range of steps: write one step from 0 to 9, or 0..9 for all."
            )),
        }
    }

    /// Writes all frames into a folder, which is made if it is not there; gives their number.
    ///
    /// # Errors
    /// A sentence with the file that could not be written and why.
    pub fn write(&self, folder: &Path) -> Result<u64, String> {
        let failed = |path: &Path, why: &dyn std::fmt::Display| {
            format!("{} cannot be written: {why}.", path.display())
        };
        std::fs::create_dir_all(folder).map_err(|why| failed(folder, &why))?;
        let truth_path = folder.join("truth.jsonl");
        let truth = File::create(&truth_path).map_err(|why| failed(&truth_path, &why))?;
        let mut truth = BufWriter::new(truth);
        let mut written = 0;
        for &condition in &self.conditions {
            for step in self.steps.0..=self.steps.1 {
                for number in 0..self.count {
                    let seed = self.seed.wrapping_add(number);
                    let frame = frame(condition, step, seed);
                    let file = format!("{}-{step}-{seed:06}.png", condition.name());
                    let path = folder.join(&file);
                    save(&frame, &path).map_err(|why| failed(&path, &why))?;
                    let line = line(&file, condition, step, seed, &frame);
                    writeln!(truth, "{line}").map_err(|why| failed(&truth_path, &why))?;
                    written += 1;
                }
            }
        }
        truth.flush().map_err(|why| failed(&truth_path, &why))?;
        Ok(written)
    }
}

fn save(frame: &DegradedFrame, path: &Path) -> Result<(), image::ImageError> {
    let side = |pixels: usize| u32::try_from(pixels).expect("a picture's side fits 32 bits");
    let (width, height) = (side(frame.width), side(frame.height));
    image::save_buffer(path, &frame.luma, width, height, image::ColorType::L8)
}

/// One line of `truth.jsonl`. `content` is `null` without a symbol, and the fields after it are
/// missing.
fn line(
    file: &str,
    condition: Condition,
    step: u8,
    seed: u64,
    frame: &DegradedFrame,
) -> serde_json::Value {
    let mut line = json!({
        "file": file,
        "condition": condition.name(),
        "step": step,
        "seed": seed,
        "width": frame.width,
        "height": frame.height,
        "content": null,
    });
    if let Some(truth) = &frame.truth {
        line["content"] = json!(String::from_utf8_lossy(&truth.content));
        line["symbology"] = json!(truth.symbology);
        line["corners"] = json!(truth.corners);
        line["rows"] = json!(truth.rows);
        line["columns"] = json!(truth.columns);
        line["px_per_module"] = json!(truth.px_per_module);
        line["inverted"] = json!(truth.inverted);
        line["mirrored"] = json!(truth.mirrored);
    }
    line
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn steps_are_one_or_a_range_and_nothing_else() {
        assert_eq!(Album::steps("3"), Ok((3, 3)));
        assert_eq!(Album::steps("0..9"), Ok((0, 9)));
        for wrong in ["", "10", "9..0", "a", "1..", "0..10", "-1"] {
            assert!(Album::steps(wrong).unwrap_err().contains(wrong));
        }
    }

    #[test]
    fn a_folder_holds_the_frames_and_the_truth_about_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let album = Album {
            conditions: vec![Condition::Clean, Condition::NoSymbol],
            steps: (0, 0),
            count: 2,
            seed: 7,
        };
        let written = album.write(&folder.path().join("new"));
        assert_eq!(written, Ok(4));
        let truth = std::fs::read_to_string(folder.path().join("new/truth.jsonl")).expect("a file");
        let lines: Vec<serde_json::Value> = truth
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let known = frame(Condition::Clean, 0, 8);
        let picture = image::open(folder.path().join("new").join("clean-0-000008.png"));
        assert_eq!(picture.expect("a PNG").into_luma8().into_raw(), known.luma);
        let content = known.truth.expect("a symbol").content;
        assert_eq!(
            lines[1]["content"].as_str().map(str::as_bytes),
            Some(&content[..])
        );
        assert!(lines[3]["content"].is_null() && lines[3]["corners"].is_null());
        // A file where the folder should be.
        let taken = folder.path().join("new/truth.jsonl");
        let why = album.write(&taken).unwrap_err();
        assert!(why.contains("truth.jsonl"), "{why}");
    }
}
