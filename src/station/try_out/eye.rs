//! Looks at test pictures, in a thread of its own: the line's workers are for packs.

use super::shots::Shots;
use crate::gs1::parse_scan;
use crate::record::{LaneNo, Outcome};
use crate::station::exchanges::{Exchanges, escaped};
use crate::station::frames::Sight;
use crate::vision::teach::Lesson;
use crate::vision::{Expectation, Inspector, Picture, Setup};
use crate::wire::look::ShotSeen;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use vidimus_drivers::camera::Frame;

/// Pictures that wait to be looked at; one more is left out, the next one comes soon.
pub const SHOTS_WAITING_MAX: usize = 2;

/// One to be looked at.
pub struct Job {
    /// Whose eyes saw it.
    pub lane: LaneNo,
    /// What they are called in a view.
    pub device: String,
    /// What they saw.
    pub sight: Sight,
    /// It is told among the exchanges, too.
    pub told: bool,
}

/// The thread.
pub struct Eyes {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Eyes {
    /// Starts it for the cameras of all lanes, the first one first.
    ///
    /// # Errors
    /// There is no thread.
    pub fn start(setups: Vec<Setup>, shots: Shots, exchanges: Exchanges) -> std::io::Result<Eyes> {
        let (jobs, waiting) = sync_channel(SHOTS_WAITING_MAX);
        let thread = std::thread::Builder::new().name("test-pictures".into());
        let thread = thread.spawn(move || work(&setups, &waiting, (&shots, &exchanges)))?;
        Ok(Eyes {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Has it looked at, if there is room.
    pub fn look(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _full = jobs.try_send(job);
        }
    }
}

impl Drop for Eyes {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // What it looked at was for nobody but the person.
            let _ = thread.join();
        }
    }
}

fn work(setups: &[Setup], waiting: &Receiver<Job>, (shots, exchanges): (&Shots, &Exchanges)) {
    let eye = |setup: &Setup| Inspector::new(*setup);
    let mut eyes: Vec<Inspector> = setups.iter().map(eye).collect();
    while let Ok(job) = waiting.recv() {
        let place = usize::from(job.lane.0).saturating_sub(1);
        let (Some(inspector), Some(setup)) = (eyes.get_mut(place), setups.get(place)) else {
            continue;
        };
        let looked = catch_unwind(AssertUnwindSafe(|| look(inspector, &job.sight)));
        let shot = looked.unwrap_or_else(|_| {
            // What it had in hand when it failed is not used again.
            *inspector = eye(setup);
            said("The reader failed at this picture: keep it, and tell whoever maintains this program.")
        });
        if job.told {
            exchanges.happened(&job.device, &in_a_line(&shot));
        }
        let utc_ms = crate::station::utc_ms();
        shots.seen(&job.device, ShotSeen { utc_ms, ..shot });
    }
}

/// A test picture in a line.
fn in_a_line(shot: &ShotSeen) -> String {
    let mut text = format!("test picture: {}", shot.said);
    if let (Some([width, height]), Some(percent)) = (shot.size_px, shot.brightness_percent) {
        let _ = write!(text, " {width} × {height} pixels, {percent} % bright.");
    }
    if let Some(grades) = &shot.grades {
        let overall = grades.overall();
        let _ = write!(text, " Grade {overall} {}.", overall.letter());
    }
    if let Some(content) = &shot.content {
        let _ = write!(text, " {content}");
    }
    text
}

fn said(text: &str) -> ShotSeen {
    ShotSeen {
        said: text.to_owned(),
        ..ShotSeen::default()
    }
}

/// What is to be seen.
fn look(inspector: &mut Inspector, sight: &Sight) -> ShotSeen {
    match sight {
        Sight::Picture(frame) => pictured(inspector, frame),
        Sight::Text(read) => {
            let text = String::from_utf8_lossy(&read.content);
            let scan = format!("{}{text}", read.symbology.as_deref().unwrap_or_default());
            ShotSeen {
                bytes: read.content.len() as u64,
                read: true,
                content: Some(content(&scan)),
                ..said("The reader read a symbol; it sends no picture, so there are no grades.")
            }
        }
        Sight::Nothing => said("The reader read nothing."),
    }
}

fn pictured(inspector: &mut Inspector, frame: &Frame) -> ShotSeen {
    let bytes = frame.body.len() as u64;
    let picture = match Picture::decode(&frame.body) {
        Ok(picture) => picture,
        Err(error) => {
            return ShotSeen {
                bytes,
                ..said(&error.to_string())
            };
        }
    };
    // Nothing was printed for this picture: whatever is read is told.
    let verdict = inspector.verify(&picture, &Expectation::default());
    let text = match &verdict.outcome {
        Outcome::NoSymbol => "There is no symbol in the picture.",
        Outcome::NotDecodable if verdict.seen.is_none() => {
            "Something looks like a symbol and cannot be read."
        }
        Outcome::NotDecodable => "A GS1 Data Matrix was read whose elements follow no rule.",
        Outcome::NotGs1 => "A symbol was read; it is no GS1 Data Matrix.",
        _ => "A GS1 Data Matrix was read.",
    };
    let scan = verdict.seen.as_ref().and_then(|seen| seen.scan.as_deref());
    let lesson = inspector.lesson(&picture);
    let advice = lesson.as_ref().map(Lesson::advice).unwrap_or_default();
    ShotSeen {
        bytes,
        size_px: Some([picture.width(), picture.height()]),
        place: inspector.place((picture.width(), picture.height())),
        advice: advice.iter().map(ToString::to_string).collect(),
        taught: lesson.map(|lesson| lesson.taught().to_string()),
        brightness_percent: Some(brightness(picture.luma())),
        read: verdict.seen.is_some(),
        content: scan.map(content),
        grades: verdict.grades,
        looks_like: verdict.looks_like.map(|cause| cause.to_string()),
        modules: inspector.modules().cloned(),
        ..said(text)
    }
}

/// Mean of all pixels in percent of the brightest.
fn brightness(luma: &[u8]) -> u8 {
    let sum: u64 = luma.iter().map(|grey| u64::from(*grey)).sum();
    let most = luma.len().max(1) as u64 * u64::from(u8::MAX);
    (sum * 100 / most) as u8
}

/// What a scan says: bracketed where it is GS1.
pub fn content(scan: &str) -> String {
    match parse_scan(scan) {
        Ok(elements) => elements.iter().fold(String::new(), |mut text, element| {
            let _ = write!(text, "({}){}", element.ai, element.value);
            text
        }),
        Err(_) => escaped(scan.as_bytes()),
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::{PackData, built_in};
    use vidimus_drivers::Tick;
    use vidimus_drivers::camera::PictureCoding;

    fn frame(body: Vec<u8>) -> Frame {
        Frame {
            counter: None,
            at: Tick(0),
            coding: PictureCoding::Pgm,
            body,
        }
    }

    /// A label on grey ground, so many pixels from the left and the upper edge, as PGM.
    fn picture(label: Option<&PackData>, (left, upper): (usize, usize)) -> Vec<u8> {
        let (width, height) = (640_usize, 480_usize);
        let mut luma = vec![200; width * height];
        let template = built_in("pharma-pack").expect("it is built in");
        let label = label.map(|pack| template.raster(pack, 8).expect("it can be drawn"));
        for (x, y, grey) in label.iter().flat_map(|label| label.enumerate_pixels()) {
            let (x, y) = (x as usize * 2 + left, y as usize * 2 + upper);
            for (x, y) in [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)] {
                if x < width && y < height {
                    luma[y * width + x] = if grey.0[0] < 128 { 40 } else { 230 };
                }
            }
        }
        let mut body = format!("P5 {width} {height} 255\n").into_bytes();
        body.extend(luma);
        body
    }

    #[test]
    fn a_picture_is_told_in_words_whatever_is_in_it() {
        let mut inspector = Inspector::new(Setup::default());
        let mut see = |body: Vec<u8>| look(&mut inspector, &Sight::Picture(frame(body)));
        let pack = PackData::sample();
        let seen = see(picture(Some(&pack), (40, 40)));
        assert!(
            seen.read && seen.said.contains("GS1 Data Matrix was read"),
            "{seen:?}"
        );
        let serial = pack.serial.expect("it has one");
        let says = seen.content.expect("it was read");
        assert!(
            says.starts_with("(01)") && says.contains(&format!("(21){serial}")),
            "{says}"
        );
        assert_eq!(seen.size_px, Some([640, 480]));
        assert!(seen.grades.is_some() && seen.modules.is_some());
        let bright = seen.brightness_percent.expect("a picture has one");
        assert!((60..=90).contains(&bright), "{bright}");

        let seen = see(picture(None, (0, 0)));
        assert!(!seen.read && seen.said.contains("no symbol"), "{seen:?}");
        assert_eq!((seen.brightness_percent, seen.content), (Some(78), None));
        let seen = see(b"nothing of the kind".to_vec());
        assert!(
            !seen.read && seen.size_px.is_none() && seen.bytes == 19,
            "{seen:?}"
        );
        assert!(seen.said.contains("not a picture"), "{}", seen.said);
    }

    #[test]
    fn where_a_symbol_lies_is_told_to_the_pixel_and_what_it_teaches_with_it() {
        let mut inspector = Inspector::new(Setup::default());
        let pack = PackData::sample();
        let mut lies = |at: (usize, usize)| {
            let body = picture(Some(&pack), at);
            let seen = look(&mut inspector, &Sight::Picture(frame(body)));
            let taught = seen.taught.as_ref().expect("it was read");
            assert!(taught.starts_with("taught = { width_px = 640"), "{taught}");
            seen.place.expect("it was read")
        };
        let first = lies((40, 40));
        for (right, down) in [(30, 12), (0, 25), (17, 0)] {
            let place = lies((40 + right, 40 + down));
            let moved = [0, 1].map(|at| place.off_px[at] - first.off_px[at]);
            assert_eq!(moved, [right as i32, down as i32], "{place:?}");
            assert_eq!(place.pitch_tenth_px, first.pitch_tenth_px);
        }
        // Nothing of a picture before is told of one in which nothing is.
        let seen = look(
            &mut inspector,
            &Sight::Picture(frame(picture(None, (0, 0)))),
        );
        assert!(seen.place.is_none() && seen.taught.is_none() && seen.advice.is_empty());
    }

    #[test]
    fn a_picture_too_many_is_left_out() {
        let (jobs, waiting) = sync_channel(SHOTS_WAITING_MAX);
        let (jobs, thread) = (Some(jobs), None);
        let eyes = Eyes { jobs, thread };
        for _ in 0..10 {
            eyes.look(Job {
                lane: LaneNo::FIRST,
                device: "camera".to_owned(),
                sight: Sight::Nothing,
                told: false,
            });
        }
        assert_eq!(waiting.try_iter().count(), SHOTS_WAITING_MAX);
    }

    #[test]
    fn what_a_reader_sends_is_told_without_grades() {
        let mut inspector = Inspector::new(Setup::default());
        let read = crate::vision::ReadText {
            symbology: Some("]d2".to_owned()),
            content: b"010950600013435221AB\x1d10L1".to_vec(),
        };
        let seen = look(&mut inspector, &Sight::Text(read));
        assert_eq!(
            seen.content.as_deref(),
            Some("(01)09506000134352(21)AB(10)L1")
        );
        assert!(seen.read && seen.grades.is_none());
        assert!(!look(&mut inspector, &Sight::Nothing).read);
    }
}
