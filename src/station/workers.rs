//! Verify workers: threads that look at pictures while the line goes on.

use super::shown::Shown;
use crate::record::{LaneNo, Outcome, PackNo, Verdict};
use crate::vision::text::TextStandard;
use crate::vision::{Expectation, Inspector, Picture, Setup};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;
use vidimus_drivers::camera::Frame;

/// Most pictures that wait for a worker.
pub const WAITING_MAX: usize = 64;

/// One picture to be looked at.
pub struct Job {
    /// Whose camera it comes from.
    pub lane: LaneNo,
    /// Whose picture it is.
    pub pack: PackNo,
    /// The picture.
    pub frame: Frame,
    /// What was printed on that pack.
    pub expectation: Expectation,
    /// What the text of its batch must be, where the batch wants it looked at.
    pub text: Option<Arc<TextStandard>>,
}

/// What came of it.
#[derive(Debug)]
pub struct Looked {
    /// Whose picture it was.
    pub pack: PackNo,
    /// The verdict.
    pub verdict: Verdict,
    /// How long it took, in µs.
    pub took_us: u64,
    /// The picture itself, as it came.
    pub frame: Frame,
}

/// The threads.
pub struct Workers {
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
    shown: Arc<Shown>,
}

impl Workers {
    /// Starts `count` threads for the cameras of all lanes, the first one first; `emit` gets every verdict.
    pub fn start<F>(count: usize, setups: &[Setup], emit: F) -> std::io::Result<Workers>
    where
        F: Fn(Looked) + Send + Clone + 'static,
    {
        let (jobs, waiting) = sync_channel(WAITING_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        let shown = Arc::new(Shown::default());
        let start = |number: usize| {
            let (waiting, emit) = (Arc::clone(&waiting), emit.clone());
            let worker = Worker {
                shown: Arc::clone(&shown),
                eyes: setups.iter().copied().map(Eye::new).collect(),
                luma: Vec::new(),
            };
            let name = format!("verify-{number}");
            std::thread::Builder::new()
                .name(name)
                .spawn(move || worker.work(&waiting, &emit))
        };
        let threads = (1..=count.max(1)).map(start).collect::<Result<_, _>>()?;
        Ok(Workers {
            jobs: Some(jobs),
            threads,
            shown,
        })
    }

    /// The symbols seen last.
    pub fn shown(&self) -> &Shown {
        &self.shown
    }

    /// Hands a picture over; `false` when too many wait (the pack is rejected at its deadline).
    pub fn look(&self, job: Job) -> bool {
        let jobs = self.jobs.as_ref();
        jobs.is_some_and(|jobs| jobs.try_send(job).is_ok())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A worker that panicked outside the guarded part has nothing left to lose.
            let _ = thread.join();
        }
    }
}

/// Looks at the pictures of one camera.
struct Eye {
    setup: Setup,
    inspector: Inspector,
}

impl Eye {
    fn new(setup: Setup) -> Eye {
        let inspector = Inspector::new(setup);
        Eye { setup, inspector }
    }
}

/// The eye for a lane's camera.
fn eye_of(eyes: &mut [Eye], lane: LaneNo) -> &mut Eye {
    let place = usize::from(lane.0) - 1;
    eyes.get_mut(place)
        .expect("lanes are those of the station file")
}

/// What one thread has in hand.
struct Worker {
    shown: Arc<Shown>,
    /// One for each lane's camera: what is known of one says nothing of another.
    eyes: Vec<Eye>,
    /// Memory of the last picture's pixels, for the next one's.
    luma: Vec<u8>,
}

impl Worker {
    fn work(mut self, waiting: &Mutex<Receiver<Job>>, emit: &dyn Fn(Looked)) {
        loop {
            let job = match waiting.lock() {
                Ok(waiting) => waiting.recv(),
                Err(_) => return,
            };
            let Ok(job) = job else { return };
            let begun = Instant::now();
            // A reader that panics on a hostile picture costs that pack only: what cannot be read does not pass.
            let looked = catch_unwind(AssertUnwindSafe(|| self.verdict(&job)));
            let verdict = looked.unwrap_or_else(|_| {
                // What it had in hand when it failed is not used again.
                let eye = eye_of(&mut self.eyes, job.lane);
                *eye = Eye::new(eye.setup);
                self.luma = Vec::new();
                Verdict::without_picture(Outcome::NotDecodable)
            });
            let took_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            emit(Looked {
                pack: job.pack,
                verdict,
                took_us,
                frame: job.frame,
            });
        }
    }

    fn verdict(&mut self, job: &Job) -> Verdict {
        // What is not a picture shows nothing.
        let Ok(picture) = Picture::decode_into(&job.frame.body, &mut self.luma) else {
            return Verdict::without_picture(Outcome::NoPicture);
        };
        let picture = picture.with_counter(job.frame.counter);
        let inspector = &mut eye_of(&mut self.eyes, job.lane).inspector;
        inspector.demand_text(job.text.as_ref());
        let verdict = inspector.verify(&picture, &job.expectation);
        if let Some(modules) = inspector.modules() {
            let place = inspector.place((picture.width(), picture.height()));
            self.shown.keep(job.pack, modules, place);
        }
        self.luma = picture.into_luma();
        verdict
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::Tick;
    use std::sync::mpsc;
    use vidimus_drivers::camera::PictureCoding;

    fn job(pack: u64) -> Job {
        let body = b"no picture".to_vec();
        Job {
            lane: LaneNo::FIRST,
            pack: PackNo(pack),
            frame: Frame {
                counter: None,
                at: Tick(0),
                coding: PictureCoding::Png,
                body,
            },
            expectation: Expectation::default(),
            text: None,
        }
    }

    #[test]
    fn a_picture_too_many_is_not_taken_and_those_taken_are_all_looked_at() {
        let (tell, looked) = mpsc::sync_channel(0);
        let emit = move |what: Looked| drop(tell.send((what.pack, what.verdict.outcome)));
        let workers = Workers::start(1, &[Setup::default()], emit).expect("a thread");
        assert!(workers.look(job(1)));
        // It is looked at, and nobody hears of it yet: the thread waits with it in hand.
        let mut taken = 1;
        while workers.look(job(taken + 1)) {
            taken += 1;
            assert!(
                taken <= WAITING_MAX as u64 + 1,
                "one in hand, the others wait"
            );
        }
        assert!(taken >= WAITING_MAX as u64);
        for pack in 1..=taken {
            assert_eq!(looked.recv(), Ok((PackNo(pack), Outcome::NoPicture)));
        }
        assert!(workers.look(job(999)), "there is room again");
        drop(looked);
        drop(workers);
    }
}
