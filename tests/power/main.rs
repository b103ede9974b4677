//! Power tests: the real store under power cuts, failing disks and dying file systems. See `tests/README.md` for what
//! is proven where, in what numbers.

mod crash_images;
mod disk;
mod history;
mod io_errors;
mod real_disk;
mod recording;
#[expect(dead_code, reason = "the tests of the store use more of it")]
#[path = "../store_model.rs"]
mod store_model;

/// Says something on stderr past the test harness, which keeps what passing tests print to itself: figures and skips
/// are to be seen.
fn tell(text: &str) {
    use std::io::Write;
    // Nobody may listen; that is no fault of the store.
    let _ = writeln!(std::io::stderr(), "{text}");
}
