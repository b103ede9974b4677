//! Bar codes as a reader sends them, one by one, put together to the labels on which they stand.

use crate::gs1::Element;
use crate::packaging::{UnitCode, scan_elements, shown};
use crate::record::ContainerCode;
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

    /// A bar code was read; `printed` tells the elements of each bar code of the label that was printed for a
    /// container, where that is known. The error says what is lost and why.
    ///
    /// What cannot stand on the label whose bar codes came before begins the next one, however soon it comes.
    pub fn take(
        &mut self,
        now: Instant,
        code: String,
        printed: impl Printed,
    ) -> Result<(), String> {
        let mut lost = self.look(now); // nobody may have looked since it became whole
        let full = self.codes.len() >= LABEL_CODES_MAX && !self.codes.contains(&code);
        if full || begins_another(&self.codes, &code, printed) {
            lost = self.end().and(lost);
        }
        self.since.get_or_insert(now);
        if !self.codes.contains(&code) {
            self.codes.push(code);
        }
        match self.singly {
            true => self.end().and(lost),
            false => lost,
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
                shown_all(&codes)
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

/// Bar codes as they are shown to people.
pub fn shown_all(codes: &[String]) -> String {
    let codes: Vec<String> = codes.iter().map(|code| shown(code)).collect();
    codes.join("; ")
}

/// The elements of each bar code of the label that was printed for a container; `None` where that is not known.
pub trait Printed: FnOnce(&ContainerCode) -> Option<Vec<Vec<Element>>> {}

impl<F: FnOnce(&ContainerCode) -> Option<Vec<Vec<Element>>>> Printed for F {}

/// This bar code cannot stand on the label on which those before it stand: it names another container, says something
/// else by the same AI, or names none and is no bar code of the label that was printed for the container.
fn begins_another(gathered: &[String], code: &String, printed: impl Printed) -> bool {
    if gathered.is_empty() || gathered.contains(code) {
        return false;
    }
    let one = std::slice::from_ref(code);
    let of = |codes: &[String]| named(codes).map(|(_, code)| code.container());
    let (before, now) = (of(gathered), of(one));
    if let (Some(before), Some(now)) = (&before, &now) {
        // One that says two things of one container is a wrong label, and not two.
        return before != now;
    }
    let (known, new) = (elements(gathered), elements(one));
    let another = |element: &Element| {
        let mut known = known.iter();
        known.any(|other| other.ai == element.ai && other.value != element.value)
    };
    if new.iter().any(another) {
        return true;
    }
    let printed = before.and_then(|container| printed(&container));
    printed.is_some_and(|codes| !codes.iter().any(|code| has_same_ais(code, &new)))
}

fn has_same_ais(one: &[Element], two: &[Element]) -> bool {
    let in_two = |element: &Element| two.iter().any(|other| other.ai == element.ai);
    one.len() == two.len() && one.iter().all(in_two)
}

/// What bar codes say that can be read as element strings.
fn elements(codes: &[String]) -> Vec<Element> {
    let read = codes.iter().filter_map(|code| scan_elements(code).ok());
    read.flatten().collect()
}

#[cfg(test)]
mod test {
    use super::*;

    fn unknown(_: &ContainerCode) -> Option<Vec<Vec<Element>>> {
        None
    }

    #[test]
    fn packs_are_labels_of_their_own_and_bounded() {
        let now = Instant::now();
        let mut labels = Labels::new(true);
        for pack in 0..PACKS_WAITING_MAX {
            assert_eq!(labels.take(now, format!("pack {pack}"), unknown), Ok(()));
        }
        assert_eq!(labels.whole.len(), PACKS_WAITING_MAX);
        let lost = labels.take(now, "one more".to_owned(), unknown);
        assert!(lost.is_err_and(|why| why.contains("was not looked at")));
    }

    const CASE: &str = "]C100395212340000000014";
    const OTHER: &str = "]C100395212340000000021";
    const CONTENT: &str = "]C1020950600013435237 50";

    #[test]
    fn bar_codes_read_together_are_one_label_and_another_container_begins_the_next() {
        let (mut labels, now) = (Labels::default(), Instant::now());
        for code in [CONTENT, CASE, CASE] {
            assert_eq!(labels.take(now, code.to_owned(), unknown), Ok(()));
        }
        assert_eq!(
            labels.look(now + LABEL_WAIT - Duration::from_millis(1)),
            Ok(())
        );
        assert!(labels.whole.is_empty(), "more may come");
        assert_eq!(labels.take(now, OTHER.to_owned(), unknown), Ok(()));
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
            assert_eq!(labels.take(now, format!("no {code}"), unknown), Ok(()));
        }
        assert!(labels.whole.is_empty());
        assert_eq!(labels.take(now, "one more".to_owned(), unknown), Ok(()));
        assert_eq!(labels.whole.len(), 1);
        for label in 1..LABELS_WAITING_MAX {
            let at = now + LABEL_WAIT * label as u32;
            assert_eq!(labels.look(at), Ok(()));
            assert_eq!(labels.take(at, format!("label {label}"), unknown), Ok(()));
        }
        assert_eq!(labels.whole.len(), LABELS_WAITING_MAX);
        let lost = labels.look(now + LABEL_WAIT * LABELS_WAITING_MAX as u32);
        assert!(lost.is_err_and(|why| why.contains("was not looked at")));
        assert_eq!(labels.whole.len(), LABELS_WAITING_MAX);
    }

    /// The labels as which these bar codes are taken, all read within the wait; each of the bar codes that was printed
    /// for any container is one of `printed`.
    fn read_as(codes: &[&str], printed: &[&str]) -> Vec<Vec<String>> {
        let (mut labels, now) = (Labels::default(), Instant::now());
        let printed = |_: &ContainerCode| {
            let codes = printed.iter();
            let codes: Vec<_> = codes
                .map(|code| scan_elements(code).expect("it can be read"))
                .collect();
            (!codes.is_empty()).then_some(codes)
        };
        for code in codes {
            assert_eq!(labels.take(now, (*code).to_owned(), printed), Ok(()));
        }
        assert_eq!(labels.look(now + LABEL_WAIT), Ok(()));
        labels.whole.into_iter().map(|label| label.codes).collect()
    }

    #[test]
    fn a_bar_code_that_cannot_stand_on_the_label_before_begins_the_next() {
        // As a case of this program has them: everything, and the number and the content again.
        const ALL: &str = "]d20039521234000000001402095060001343523750\u{1d}10LOT1";
        const ITEMS: &str = "]C102095060001343523750";
        const ITEMS_OF_PALLET: &str = "]C1020950600013435237500";
        const LOT: &str = "]C110LOT1";
        let case = [ALL, ITEMS, CASE];
        // The whole label, and twice: a number with what is inside is the same container as the number alone.
        assert_eq!(read_as(&case, &case), [case]);
        assert_eq!(
            read_as(&[ALL, CASE, ITEMS, ALL, ITEMS], &case),
            [[ALL, CASE, ITEMS]]
        );
        // A pallet's label comes close behind: its lot is no bar code of the case, its content another one.
        for first in [LOT, ITEMS_OF_PALLET] {
            let found = read_as(&[ALL, CASE, first, OTHER], &case);
            assert_eq!(found, [[ALL, CASE], [first, OTHER]]);
        }
        // Where nobody knows what was printed, only what contradicts cannot stand there.
        assert_eq!(
            read_as(&[CASE, LOT, "]C110LOT2", OTHER], &[]),
            [[CASE, LOT], ["]C110LOT2", OTHER]]
        );
        // Another lot before any number: neither is a whole label by itself.
        assert_eq!(
            read_as(&[LOT, "]C110LOT2", CASE], &[]),
            [vec![LOT], vec!["]C110LOT2", CASE]]
        );
        // One label that says two things of one container stays one, and is refused as such.
        let twice = "]C10039521234000000001402095060001343523751";
        assert_eq!(read_as(&[ALL, twice], &case), [[ALL, twice]]);
    }

    #[test]
    fn a_bar_code_that_comes_late_begins_the_next_label_although_nobody_looked_meanwhile() {
        let (mut labels, now) = (Labels::default(), Instant::now());
        assert_eq!(labels.take(now, CASE.to_owned(), unknown), Ok(()));
        let late = labels.take(now + LABEL_WAIT, CONTENT.to_owned(), unknown);
        assert_eq!((late, labels.whole.len()), (Ok(()), 1));
    }
}
