//! Bar codes as a reader sends them, one by one, put together to the labels on which they stand.

use crate::packaging::UnitCode;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long further bar codes of a label are waited for after its first.
pub const LABEL_WAIT: Duration = Duration::from_millis(300);
/// Most bar codes of one label; with one more it is complete, and the next begins.
pub const LABEL_CODES_MAX: usize = 16;
/// Most labels of a point that wait to be judged.
pub const LABELS_WAITING_MAX: usize = 16;
/// Most packs of a point that wait to be judged: more than come while the disk takes its time.
pub const PACKS_WAITING_MAX: usize = 256;
/// Bar codes that were read, as the labels on which they stand.
#[derive(Debug, Default)]
pub struct Labels {
    /// Each code is a label of its own: packs come one after the other.
    singly: bool,
    codes: Vec<String>,
    since: Option<Instant>,
    /// Those that are whole, the first one first.
    pub whole: VecDeque<Label>,
}

/// One label, with the moment of its first bar code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// When its first bar code was read.
    pub since: Instant,
    /// Its bar codes, as they were read.
    pub codes: Vec<String>,
}

impl Labels {
    /// No bar code yet. With `singly` each is a label of its own.
    pub fn new(singly: bool) -> Labels {
        Labels {
            singly,
            ..Labels::default()
        }
    }

    /// A bar code was read; the error says why it is lost.
    pub fn take(&mut self, now: Instant, code: String) -> Result<(), String> {
        let other = named(&self.codes)
            .is_some_and(|one| named(std::slice::from_ref(&code)).is_some_and(|two| one != two));
        if other || self.codes.len() >= LABEL_CODES_MAX {
            self.end()?;
        }
        self.since.get_or_insert(now);
        if !self.codes.contains(&code) {
            self.codes.push(code);
        }
        match self.singly {
            true => self.end(),
            false => Ok(()),
        }
    }

    /// Time went by: a label of which nothing more comes is whole; the error says why it is lost.
    pub fn look(&mut self, now: Instant) -> Result<(), String> {
        let over = |since: Instant| now.saturating_duration_since(since) >= LABEL_WAIT;
        match self.since.is_some_and(over) {
            true => self.end(),
            false => Ok(()),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        let since = self.since.take();
        let codes = std::mem::take(&mut self.codes);
        let most = match self.singly {
            true => PACKS_WAITING_MAX,
            false => LABELS_WAITING_MAX,
        };
        if self.whole.len() >= most {
            return Err(format!(
                "{} was not looked at: {most} labels wait already. Scan it again.",
                codes.join(" ")
            ));
        }
        let label = since.map(|since| Label { since, codes });
        self.whole.extend(label);
        Ok(())
    }
}

/// What container the bar codes name, and by which of them.
pub fn named(codes: &[String]) -> Option<(&String, UnitCode)> {
    codes
        .iter()
        .find_map(|code| Some((code, UnitCode::of(code).ok()?)))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn packs_are_labels_of_their_own_and_bounded() {
        let now = Instant::now();
        let mut labels = Labels::new(true);
        for pack in 0..PACKS_WAITING_MAX {
            assert_eq!(labels.take(now, format!("pack {pack}")), Ok(()));
        }
        assert_eq!(labels.whole.len(), PACKS_WAITING_MAX);
        let lost = labels.take(now, "one more".to_owned());
        assert!(lost.is_err_and(|why| why.contains("was not looked at")));
    }

    const CASE: &str = "]C100395212340000000014";
    const OTHER: &str = "]C100395212340000000021";
    const CONTENT: &str = "]C1020950600013435237 50";

    #[test]
    fn bar_codes_read_together_are_one_label_and_another_container_begins_the_next() {
        let (mut labels, now) = (Labels::default(), Instant::now());
        for code in [CONTENT, CASE, CASE] {
            assert_eq!(labels.take(now, code.to_owned()), Ok(()));
        }
        assert_eq!(
            labels.look(now + LABEL_WAIT - Duration::from_millis(1)),
            Ok(())
        );
        assert!(labels.whole.is_empty(), "more may come");
        assert_eq!(labels.take(now, OTHER.to_owned()), Ok(()));
        let told = |labels: &Labels| -> Vec<Vec<String>> {
            labels
                .whole
                .iter()
                .map(|label| label.codes.clone())
                .collect()
        };
        assert_eq!(told(&labels), [[CONTENT, CASE]]);
        assert_eq!(labels.look(now + LABEL_WAIT), Ok(()));
        assert_eq!(told(&labels), [vec![CONTENT, CASE], vec![OTHER]]);
        assert_eq!(
            named(&labels.whole[0].codes).map(|(scan, _)| scan.as_str()),
            Some(CASE)
        );
        assert!(named(&[CONTENT.to_owned()]).is_none());
    }

    #[test]
    fn labels_and_their_bar_codes_are_bounded_and_what_is_lost_is_said() {
        let (mut labels, now) = (Labels::default(), Instant::now());
        for code in 0..LABEL_CODES_MAX {
            assert_eq!(labels.take(now, format!("no {code}")), Ok(()));
        }
        assert!(labels.whole.is_empty());
        assert_eq!(labels.take(now, "one more".to_owned()), Ok(()));
        assert_eq!(labels.whole.len(), 1);
        for label in 1..LABELS_WAITING_MAX {
            let at = now + LABEL_WAIT * label as u32;
            assert_eq!(labels.look(at), Ok(()));
            assert_eq!(labels.take(at, format!("label {label}")), Ok(()));
        }
        assert_eq!(labels.whole.len(), LABELS_WAITING_MAX);
        let lost = labels.look(now + LABEL_WAIT * LABELS_WAITING_MAX as u32);
        assert!(lost.is_err_and(|why| why.contains("was not looked at")));
        assert_eq!(labels.whole.len(), LABELS_WAITING_MAX);
    }
}
