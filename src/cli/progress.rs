//! A progress bar on standard error for commands that work without a screen; hidden where there is
//! no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Drawings a second.
const DRAWN_HZ: u8 = 10;

/// The bar. It goes away when it is dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many packs.
    pub fn new(packs: u64) -> Progress {
        let target = ProgressDrawTarget::stderr_with_hz(DRAWN_HZ);
        let bar = ProgressBar::with_draw_target(Some(packs), target);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} packs  {elapsed}  {msg}")
            .expect("the template names only what there is");
        Progress(bar.with_style(style.progress_chars("#-.")))
    }

    /// So many packs are through; the words say what else there is to know.
    pub fn at(&self, packs: u64, words: &str) {
        self.0.set_position(packs);
        self.0.set_message(words.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
