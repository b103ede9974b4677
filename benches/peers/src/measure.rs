//! Gives each frame to each reader in turn and notes what came and how long it took.

use crate::hint::Hint;
use crate::material::{Expected, Item};
use crate::reader::{Answer, Job, Reader};
use rustix::time::{ClockId, clock_gettime};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Which time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Clock {
    /// Time on the wall: what a pack waits.
    Wall,
    /// This thread's time on the processor: for machines that have other things to do.
    Cpu,
}

impl Clock {
    fn now_ns(self) -> u64 {
        let id = match self {
            Clock::Wall => ClockId::Monotonic,
            Clock::Cpu => ClockId::ThreadCPUTime,
        };
        let now = clock_gettime(id);
        now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
    }
}

/// How one reader did on one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The content that is there, or one that nobody wrote down.
    Read,
    /// Another content than the one that is there.
    Wrong,
    /// Nothing.
    Nothing,
    /// The reader panicked.
    Panicked,
}

/// One reader's outcome on one frame.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// What came.
    pub verdict: Verdict,
    /// The shortest of the runs, in nanoseconds.
    pub ns: u64,
}

/// One frame's outcomes.
#[derive(Debug, Clone)]
pub struct Record {
    /// Condition or folder.
    pub group: String,
    /// Step, where there are steps.
    pub step: Option<u8>,
    /// What tells the frame from the others.
    pub name: String,
    /// Whether it has no symbol.
    pub empty: bool,
    /// One a reader, in the order of the readers; `None` where it does not apply.
    pub outcomes: Vec<Option<Outcome>>,
}

/// Lets every reader read a frame `repeat` times.
pub fn measure(
    item: &Item,
    readers: &mut [Box<dyn Reader>],
    hint: Option<&Hint>,
    (clock, repeat): (Clock, u32),
) -> Record {
    let job = Job {
        picture: &item.picture,
        hint,
        truth: item.truth.as_ref(),
    };
    let outcomes = readers.iter_mut().map(|reader| {
        reader.prepare(&job);
        let mut outcome: Option<Outcome> = None;
        for _ in 0..repeat.max(1) {
            let run = once(reader.as_mut(), &job, &item.expected, clock)?;
            let fastest = outcome.map_or(run.ns, |so_far| so_far.ns.min(run.ns));
            outcome = Some(Outcome { ns: fastest, ..run });
        }
        outcome
    });
    Record {
        group: item.group.clone(),
        step: item.step,
        name: item.name.clone(),
        empty: item.expected == Expected::NoSymbol,
        outcomes: outcomes.collect(),
    }
}

fn once(reader: &mut dyn Reader, job: &Job, expected: &Expected, clock: Clock) -> Option<Outcome> {
    let began = clock.now_ns();
    // A reader that panics loses the frame, not the run; it is counted and told.
    let answer = catch_unwind(AssertUnwindSafe(|| reader.read(job)));
    let ns = clock.now_ns() - began;
    let verdict = match answer {
        Ok(Answer::NotApplicable) => return None,
        Ok(Answer::Nothing) => Verdict::Nothing,
        Ok(Answer::Read(content)) => match expected.judge(&content) {
            Some(false) => Verdict::Wrong,
            Some(true) | None => Verdict::Read,
        },
        Err(_) => Verdict::Panicked,
    };
    Some(Outcome { verdict, ns })
}
