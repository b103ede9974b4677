//! Whether a label template may come into force: judged before any printer hears of it, in a thread of its own, so that
//! the line never waits for it.
//!
//! A template is understood, linted with what will really be printed, drawn, and read back: by rxing, which is another
//! library than drew it, and by our own reader. Every element must be what was meant. Whether the printer prints it so
//! is for the test print to say ([`crate::line::swap`]).

use super::labels::Labels;
use super::orders::Done;
use crate::gs1::{Dictionary, Element, Symbology, parse_scan, scan_data_of};
use crate::label::{
    BarcodeKind, BarcodePlace, ContainerTemplate, LabelError, PackData, Template, is_sound,
};
use crate::line::{LabelOrder, Line};
use crate::record::{Actor, Batch, LabelSlot, LabelText, Longest, NumberSource, Signature};
use crate::vision::linear::gs1_128;
use crate::vision::{Inspector, Picture, everything, other, reader::Reader};
use image::GrayImage;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

/// Most templates that wait to be judged.
pub const TEMPLATES_WAITING_MAX: usize = 4;

/// Paper around a drawing before it is read back, in dots: more than any quiet zone that is wanted.
const PAPER_DOTS: i64 = 40;

/// What is to be judged, with everything that it must be held against.
pub enum Against {
    /// A label of packs.
    Packs {
        /// The station's labels.
        labels: Box<Labels>,
        /// The application identifiers of the label in use.
        former: Vec<String>,
        /// The open batch.
        batch: Option<Box<Batch>>,
        /// What its numbers need room for, pool by pool; `None`: own numbers.
        longest: Vec<Option<Longest>>,
    },
    /// A label of containers.
    Containers {
        /// The one in use.
        former: Box<ContainerTemplate>,
        /// The printer's resolution.
        dpmm: u16,
    },
}

/// A template that somebody wants, on its way to the line.
pub struct Candidate {
    /// Who, as far as the station knows.
    pub by: Actor,
    /// The signature under it.
    pub signature: Option<Signature>,
    /// Why.
    pub reason: Option<String>,
    /// Where.
    pub slot: LabelSlot,
    /// The template.
    pub label: LabelText,
    /// It was in force before.
    pub rollback: bool,
    /// What it is held against.
    pub against: Against,
    /// Where the answer goes.
    pub answer: Option<SyncSender<Done>>,
}

/// What came of it.
pub struct JudgedLabel {
    /// Who, as far as the station knows.
    pub by: Actor,
    /// The signature under it.
    pub signature: Option<Signature>,
    /// Why.
    pub reason: Option<String>,
    /// What the line hears.
    pub order: LabelOrder,
    /// Where the answer goes.
    pub answer: Option<SyncSender<Done>>,
}

impl Candidate {
    /// Judges it.
    fn judged(self) -> JudgedLabel {
        let (against, text) = (self.against, &self.label.text);
        let batch = match &against {
            Against::Packs { batch, .. } => batch.as_ref().map(|batch| batch.no),
            Against::Containers { .. } => None,
        };
        let judge = || match against {
            Against::Packs {
                labels,
                former,
                batch,
                longest,
            } => {
                let labels = labels.of_other(text)?;
                judge_packs(labels, &former, batch.as_deref(), &longest)
            }
            Against::Containers { former, dpmm } => judge_containers(text, &former, dpmm),
        };
        // Whoever hands in a template that brings a library down learns that it is refused.
        let judged = catch_unwind(AssertUnwindSafe(judge))
            .unwrap_or_else(|_| Err("The label cannot be drawn or read back.".to_owned()));
        JudgedLabel {
            by: self.by,
            signature: self.signature,
            reason: self.reason,
            order: LabelOrder::Activate {
                slot: self.slot,
                label: self.label,
                rollback: self.rollback,
                batch,
                judged,
            },
            answer: self.answer,
        }
    }
}

/// The application identifiers of a label of packs, for a batch with serials or without.
pub fn identifiers(template: &Template) -> Vec<String> {
    let elements = template.elements(&template.sample());
    elements.into_iter().map(|element| element.ai).collect()
}

/// What numbers of the open batch need room for, pool by pool; `None`: own numbers.
pub fn longest(line: &Line) -> Vec<Option<Longest>> {
    let pools = line
        .batch()
        .filter(|batch| batch.numbers == NumberSource::Pool)
        .map(|batch| line.numbers().pools_of(batch.gtin));
    let longest: Vec<Option<Longest>> = pools
        .into_iter()
        .flatten()
        .map(|pool| Some(pool.longest))
        .collect();
    match longest.is_empty() {
        true => vec![None],
        false => longest,
    }
}

/// Whether a template for packs may come into force: with the data of the open batch, or with a sample.
///
/// # Errors
/// Why not, as a sentence.
pub fn judge_packs(
    mut labels: Labels,
    former: &[String],
    batch: Option<&Batch>,
    longest: &[Option<Longest>],
) -> Result<(), String> {
    let sample = labels.template().sample();
    let (template, dpmm) = (labels.template().clone(), labels.dpmm());
    says_the_same(&template, former, batch)?;
    let name = named(&template.name);
    let Some(batch) = batch else {
        is_sound(&name, template.lint_with(&sample, dpmm))?;
        labels.can_print(&sample)?;
        labels.keeps_up()?;
        return reads_back(&template, &sample, dpmm);
    };
    for longest in longest {
        let (lot, lot_only) = (&batch.lot, batch.terms.lot_only);
        let hindrance = labels.hindrance(batch.gtin, lot, batch.expiry, lot_only, *longest);
        hindrance.map_or(Ok(()), Err)?;
        let pack = labels.largest_of(batch, *longest);
        reads_back(&template, &pack, dpmm)?;
    }
    labels.keeps_up()?;
    labels.use_batch(batch.clone()).map(drop)
}

/// The label has the elements of the one in use, whatever their order: none is dropped, and none added.
fn says_the_same(
    template: &Template,
    former: &[String],
    batch: Option<&Batch>,
) -> Result<(), String> {
    // Without a batch the next one may be of another kind: with serials, or without.
    let of_serial = |ai: &str| ["21", "91", "92", "93"].contains(&ai);
    let counts = |ai: &&String| batch.is_some() || !of_serial(ai);
    let own = identifiers(template);
    let listed = |of: &[String], not_in: &[String]| -> Vec<String> {
        let missing = of.iter().filter(counts).filter(|ai| !not_in.contains(ai));
        missing.map(|ai| format!("({ai})")).collect()
    };
    let (dropped, added) = (listed(former, &own), listed(&own, former));
    if !dropped.is_empty() {
        return Err(format!(
            "The label \"{}\" drops {}, which the one in use carries: add the element.",
            template.name,
            dropped.join(", ")
        ));
    }
    match added.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "The label \"{}\" adds {}, which the one in use does not carry: nothing is known to stand there.",
            template.name,
            added.join(", ")
        )),
    }
}

/// The label as it is drawn says what was meant, to another library and to our own reader.
fn reads_back(template: &Template, pack: &PackData, dpmm: u16) -> Result<(), String> {
    if template.native.is_some() {
        return Ok(()); // its printer alone can draw it: the test print says what came out
    }
    let drawn = template.raster(pack, dpmm).map_err(|e| e.to_string())?;
    let picture = on_paper(&drawn)?;
    let meant = template.expectation(pack);
    let name = named(&template.name);
    let Some(scan) = other::data_matrix(&picture) else {
        return Err(format!(
            "{name} was drawn, and another reader finds no symbol in the drawing."
        ));
    };
    let read = parse_scan(&scan).unwrap_or_default();
    let read: Vec<(String, String)> = read.into_iter().map(|one| (one.ai, one.value)).collect();
    let differs = meant.elements.iter().find(|one| !read.contains(one));
    if let Some((ai, value)) = differs.filter(|_| read != meant.elements) {
        return Err(format!(
            "{name} was drawn, and another reader does not read ({ai}) {value} in it, but {scan:?}."
        ));
    }
    if read != meant.elements || scan != meant.scan {
        return Err(format!(
            "{name} was drawn, and another reader reads {scan:?} in it."
        ));
    }
    match Inspector::default().verify(&picture, &meant).outcome {
        outcome if outcome.is_pass() => {
            let layout = template.layout(pack, dpmm).map_err(|e| e.to_string())?;
            is_alone(&name, drawn, layout.symbol())
        }
        outcome => Err(format!(
            "{name} was drawn, and our own reader does not read it back ({}).",
            outcome.name()
        )),
    }
}

/// With the pack's own symbol wiped out no Data Matrix is left on the label: the camera could take it for the pack's.
fn is_alone(name: &str, mut drawn: GrayImage, symbol: &BarcodePlace) -> Result<(), String> {
    for y in symbol.y..(symbol.y + symbol.height).min(drawn.height()) {
        for x in symbol.x..(symbol.x + symbol.width).min(drawn.width()) {
            drawn.put_pixel(x, y, image::Luma([u8::MAX]));
        }
    }
    let rest = on_paper(&drawn)?;
    let ours = everything::symbols(&mut Reader::new(), &rest).symbols;
    let second = ours.first().map(|symbol| symbol.said().scan());
    match second.or_else(|| other::data_matrix(&rest)) {
        None => Ok(()),
        Some(scan) => Err(format!(
            "{name} has a second Data Matrix, {scan:?}: the camera could take it for the pack's own. Take it away; a \
             code of another kind does no harm."
        )),
    }
}

/// Whether a template for containers may come into force.
///
/// # Errors
/// Why not, as a sentence.
pub fn judge_containers(text: &str, former: &ContainerTemplate, dpmm: u16) -> Result<(), String> {
    let sentence = |error: LabelError| error.to_string();
    let template = ContainerTemplate::parse(text).map_err(sentence)?;
    let name = named(&template.name);
    let missing: Vec<&str> = former.ais();
    let missing = missing.into_iter().find(|ai| !template.ais().contains(ai));
    if let Some(ai) = missing {
        return Err(format!(
            "{name} drops ({ai}), which the one in use carries: add the element."
        ));
    }
    if template.identified_by() != former.identified_by() {
        return Err(format!(
            "{name} does not carry the number of this level's containers as the one in use does."
        ));
    }
    let data = template.sample();
    is_sound(&name, template.lint_with(&data, dpmm))?;
    let drawn = template.raster(&data, dpmm).map_err(sentence)?;
    let picture = on_paper(&drawn)?;
    let mut meant: Vec<String> = template
        .barcodes
        .iter()
        .filter_map(|barcode| scan_of(&barcode.kind, &barcode.elements(&data)))
        .collect();
    let (_, mut read) = everything::scans(&mut Reader::new(), &picture);
    // Bars are read by rxing alone; a Data Matrix is held against its word as well.
    let mut others = gs1_128(&picture);
    if meant.iter().any(|scan| scan.starts_with("]d2")) {
        others.extend(other::data_matrix(&picture));
    }
    for scans in [&mut meant, &mut read, &mut others] {
        scans.sort();
    }
    match read == meant && others == meant {
        true => Ok(()),
        false => Err(format!(
            "{name} was drawn, and what is read back is not what was meant: {}.",
            others.join(", ").escape_debug()
        )),
    }
}

fn scan_of(kind: &BarcodeKind, elements: &[Element]) -> Option<String> {
    let symbology = match kind {
        BarcodeKind::DataMatrix => Symbology::DataMatrix,
        BarcodeKind::Gs1128 { .. } => Symbology::Gs1128,
    };
    let some = !elements.is_empty();
    some.then(|| scan_data_of(symbology, elements, Dictionary::built_in()))?
}

/// A drawing with paper around it, as a camera sees it.
fn on_paper(drawn: &GrayImage) -> Result<Picture, String> {
    let paper = 2 * PAPER_DOTS as u32;
    let (width, height) = (drawn.width() + paper, drawn.height() + paper);
    let mut sheet = GrayImage::from_pixel(width, height, image::Luma([u8::MAX]));
    image::imageops::overlay(&mut sheet, drawn, PAPER_DOTS, PAPER_DOTS);
    Picture::from_luma(width, height, sheet.into_raw()).map_err(|error| error.to_string())
}

fn named(template: &str) -> String {
    format!("The label \"{template}\"")
}

/// The thread that judges templates.
pub struct LabelJudge {
    /// `None` once it ends.
    waiting: Option<SyncSender<Candidate>>,
    thread: Option<JoinHandle<()>>,
}

impl LabelJudge {
    /// Starts it; `emit` is called from its thread.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(emit: impl Fn(JudgedLabel) + Send + 'static) -> std::io::Result<LabelJudge> {
        let (waiting, candidates) = sync_channel(TEMPLATES_WAITING_MAX);
        // Its panics are caught, like those of whoever looks at pictures.
        let thread = std::thread::Builder::new()
            .name("verify-label".to_owned())
            .spawn(move || judge_all(&candidates, emit))?;
        Ok(LabelJudge {
            waiting: Some(waiting),
            thread: Some(thread),
        })
    }

    /// Has a template judged; with too many waiting it is refused.
    pub fn take(&self, candidate: Candidate) {
        let Some(waiting) = &self.waiting else { return };
        if let Err(TrySendError::Full(candidate) | TrySendError::Disconnected(candidate)) =
            waiting.try_send(candidate)
        {
            let text = "Too many label templates wait to be judged: try again in a moment.";
            let answer = candidate.answer;
            // The client may have gone away.
            let _ = answer.map(|answer| answer.try_send(Err(text.to_owned())));
        }
    }
}

impl Drop for LabelJudge {
    fn drop(&mut self) {
        drop(self.waiting.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic in it was caught
        }
    }
}

fn judge_all(candidates: &Receiver<Candidate>, emit: impl Fn(JudgedLabel)) {
    for candidate in candidates {
        emit(candidate.judged());
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::config;
    use crate::label::{
        built_in, built_in_text, container_names, container_template, container_text,
    };
    use std::sync::mpsc;

    fn labels() -> Labels {
        let config = config::parse("demo", config::DEMO).expect("the template is valid");
        let zpl = vidimus_drivers::printer::language("zpl").expect("it is there");
        Labels::new(
            built_in("pharma-pack").expect("built in"),
            zpl.speech(),
            &config,
            &config.printers[0],
        )
    }

    #[test]
    fn built_in_templates_are_judged_to_be_sound_and_what_drops_or_adds_is_not() {
        for name in ["pharma-pack", "lot-pack"] {
            let text = built_in_text(name).expect("built in");
            let own = identifiers(&built_in(name).expect("built in"));
            let candidate = labels().of_other(text).expect("a template");
            assert_eq!(judge_packs(candidate, &own, None, &[None]), Ok(()));
        }
        let text = built_in_text("pharma-pack").expect("built in");
        let own = identifiers(&built_in("pharma-pack").expect("built in"));
        for (former, said) in [(&own[..3], "adds (10)"), (&own[..], "drops (17)")] {
            let text = match said {
                "adds (10)" => text.to_owned(),
                _ => text.replace("\"17\", ", ""),
            };
            let judged = labels().of_other(&text);
            let judged = judged.and_then(|other| judge_packs(other, former, None, &[None]));
            let why = judged.expect_err(said);
            assert!(why.contains(said) || why.contains("17"), "{why}");
        }
        for name in container_names() {
            let former = container_template(name).expect("built in");
            let text = container_text(name).expect("built in");
            for dpmm in [8, 12] {
                assert_eq!(judge_containers(text, &former, dpmm), Ok(()), "{name}");
            }
        }
        let (case, pallet) = ("case", container_template("case-gtin").expect("built in"));
        let why = judge_containers(container_text(case).expect("built in"), &pallet, 8);
        assert!(why.is_err(), "it says another number");
    }

    /// A picture a pack is more than a serial line carries, and a tall label more than a slow printer prints: a rate
    /// that the label in use keeps is not kept by every other one.
    #[test]
    fn a_label_that_is_too_heavy_for_the_lane_is_refused_with_the_rate_that_would_fit() {
        let text = built_in_text("pharma-pack").expect("built in");
        let template = built_in("pharma-pack").expect("built in");
        let own = identifiers(&template);
        let mut config = config::parse("demo", config::DEMO).expect("the template is valid");
        config.printers[0].address = "zpl+serial:///dev/ttyS0?baud=9600".to_owned();
        config.printers[0].speed_mm_s = Some(200);
        config.line.rate_packs_per_min = 450;
        let zpl = vidimus_drivers::printer::language("zpl").expect("it is there");
        let labels = Labels::new(template, zpl.speech(), &config, &config.printers[0]);
        let judge = |text: &str| {
            let other = labels.of_other(text).expect("a template");
            judge_packs(other, &own, None, &[None])
        };
        assert_eq!(judge(&text.replace("LOT {lot}", "LOT  {lot}")), Ok(()));
        let twice = format!(
            "{text}\n[[text]]\nat_mm = [16.0, 13.8]\nheight_mm = 1.5\nvalue = \"NO {{serial}}\"\n"
        );
        for (heavier, said) in [
            (twice, "The serial line of "),
            (
                text.replace("height_mm = 16.0", "height_mm = 40.0"),
                "labels of 40 mm a minute at 200 mm/s",
            ),
        ] {
            let why = judge(&heavier).expect_err(said);
            assert!(
                why.contains(said) && why.contains("write rate_packs_per_min = "),
                "{why}"
            );
        }
    }

    /// Lint is not asked here: what is drawn over the symbol is found by whoever reads it back.
    #[test]
    fn a_drawing_that_cannot_be_read_back_is_refused() {
        let text = built_in_text("pharma-pack").expect("built in");
        let spoiled = text
            .replace("at_mm = [16.0,", "at_mm = [1.0,")
            .replace("height_mm = 1.5", "height_mm = 6.0");
        let template = Template::parse(&spoiled).expect("it is a template");
        let why = reads_back(&template, &template.sample(), 8).expect_err("it is spoiled");
        assert!(why.contains("was drawn") && why.ends_with('.'), "{why}");
    }

    #[test]
    fn a_second_data_matrix_on_the_label_is_refused() {
        let text = built_in_text("pharma-pack").expect("built in");
        let wide = text.replace("width_mm = 32.0", "width_mm = 50.0");
        let template = Template::parse(&wide).expect("a template");
        let pack = template.sample();
        let layout = template.layout(&pack, 12).expect("it fits");
        let symbol = layout.symbol();
        let mut drawn = template.raster(&pack, 12).expect("it is drawn");
        assert_eq!(is_alone("It", drawn.clone(), symbol), Ok(()));
        let (x, y) = (symbol.x, symbol.y);
        let own = image::imageops::crop_imm(&drawn, x, y, symbol.width, symbol.height);
        let second = own.to_image();
        image::imageops::overlay(&mut drawn, &second, 35 * 12, 3 * 12);
        let why = is_alone("It", drawn, symbol).expect_err("there are two");
        assert!(why.starts_with("It has a second Data Matrix"), "{why}");
    }

    #[test]
    fn templates_that_wait_are_bounded_and_every_one_is_answered() {
        let (held, hold) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let emit = move |label: JudgedLabel| {
            let _ = hold.recv();
            tell.send(label.order).expect("the test listens");
        };
        let judge = LabelJudge::start(emit).expect("a thread");
        let candidate = || {
            let (answer, heard) = sync_channel(1);
            let candidate = Candidate {
                by: Actor::Named("tester".to_owned()),
                signature: None,
                reason: None,
                slot: LabelSlot::Packs,
                label: LabelText::new("no template", "none"),
                rollback: false,
                against: Against::Packs {
                    labels: Box::new(labels()),
                    former: Vec::new(),
                    batch: None,
                    longest: vec![None],
                },
                answer: Some(answer),
            };
            (candidate, heard)
        };
        let mut refused = 0;
        let most = TEMPLATES_WAITING_MAX + 2;
        for _ in 0..most {
            let (candidate, heard) = candidate();
            judge.take(candidate);
            let answer = heard.try_recv();
            refused += usize::from(answer.is_ok_and(|answer| answer.is_err()));
        }
        assert!((1..=2).contains(&refused), "{refused}");
        drop(held);
        for _ in refused..most {
            let LabelOrder::Activate { judged, .. } = told.recv().expect("an answer") else {
                panic!("it is a template")
            };
            assert!(judged.is_err(), "it is none");
        }
    }
}
