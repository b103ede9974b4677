//! One world, line by line, for as long as somebody reads.

use crate::cli::exit::Failure;
use crate::cli::print_line;
use crate::world::runs::{Runs, Summary, run_traced};
use crate::world::trace::Trace;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longest line, in characters: it fits a wide terminal.
const COLUMNS: usize = 120;

/// Follows the world to its end, or until somebody asks for the end, or until nothing can be printed any more; why not,
/// then.
pub fn follow(runs: &Runs, asked: &AtomicBool) -> (Summary, Option<Failure>) {
    let unprinted: Rc<RefCell<Option<Failure>>> = Rc::default();
    let problem = Rc::clone(&unprinted);
    let trace = Trace::new(move |line| {
        let mut problem = problem.borrow_mut();
        if problem.is_none() {
            *problem = print_line(&cut(line)).err();
        }
    });
    let goes_on = || !asked.load(Ordering::SeqCst) && unprinted.borrow().is_none();
    let summary = run_traced(runs, trace, &goes_on);
    let problem = unprinted.take();
    (summary, problem)
}

/// The line, with `…` where it was cut.
fn cut(line: &str) -> String {
    match line.char_indices().nth(COLUMNS) {
        None => line.to_owned(),
        Some(_) => line.chars().take(COLUMNS - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn long_lines_are_cut_and_say_so() {
        let exact = "ä".repeat(COLUMNS);
        assert_eq!(cut(&exact), exact);
        let cut = cut(&(exact + "b"));
        assert_eq!(cut.chars().count(), COLUMNS);
        assert!(cut.ends_with("ä…"));
    }
}
