//! Power tests: the real store under power cuts, failing disks and dying file systems. See `tests/README.md` for what
//! is proven where, in what numbers.
#![expect(
    clippy::too_many_lines,
    reason = "a test tells one story from beginning to end"
)]

mod crash_images;
mod disk;
mod history;
mod io_errors;
mod real_disk;
mod recording;
#[expect(dead_code, reason = "the tests of the store use more of it")]
#[path = "../store_model.rs"]
mod store_model;
