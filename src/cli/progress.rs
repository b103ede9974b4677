//! A progress bar on standard error for commands that work without a screen; hidden where there is
//! no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Drawings a second.
const DRAWN_HZ: u8 = 10;

/// As wide as the terminal; all but the bar fits into 40 columns.
const TEMPLATE: &str = "{wide_bar} {pos}/{len} {prefix}, {eta} left{msg}";

/// The bar. It goes away when it is dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many worlds.
    pub fn new(worlds: u64) -> Progress {
        Progress::of(worlds, "worlds")
    }

    /// A bar for so many of what.
    pub fn of(count: u64, what: &'static str) -> Progress {
        let target = ProgressDrawTarget::stderr_with_hz(DRAWN_HZ);
        let bar = ProgressBar::with_draw_target(Some(count), target);
        let style = ProgressStyle::with_template(TEMPLATE);
        let style = style.expect("the template names only what there is");
        Progress(
            bar.with_style(style.progress_chars("#-."))
                .with_prefix(what),
        )
    }

    /// So many worlds were lived, and so many violations found.
    pub fn at(&self, worlds: u64, violations: u64) {
        if violations > 0 {
            self.0.set_message(format!(", {violations} BAD"));
        }
        self.0.set_position(worlds);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
