//! What was read against what was printed on that pack. PURE.

use super::decode::Decoder;
use super::grade::Context;
use super::grid::Grid;
use super::picture::Picture;
use super::read::{Effort, Reading, Said, frame, second_opinion, take_modules};
use super::reader::{Reader, Sight};
use super::size::Size;
use super::teach::{self, Lesson, Setup, hint};
use super::text::{TextInspector, TextStandard};
use crate::gs1::{Element, parse_payload};
use crate::record::{
    Cause, Grades, Modules, Outcome, PictureOrigin, ReadBy, Seen, SymbolPlace, Tenths, TextSeen,
    Verdict,
};
use std::borrow::Cow;
use std::sync::Arc;

/// What was printed on one pack.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Expectation {
    /// AIs and values in the order they were encoded.
    pub elements: Vec<(String, String)>,
    /// The scan data, `]d2` and separators included.
    pub scan: String,
}

impl Expectation {
    /// The serial, element (21), if there is one.
    fn serial(&self) -> Option<&str> {
        let serial = self.elements.iter().find(|(ai, _)| ai == "21");
        serial.map(|(_, value)| value.as_str())
    }
}

/// Judges one picture after the other: what was learnt of place and pitch from the packs before, or was taught before
/// the first, narrows the search.
///
/// Owns all memory it works in: a pack that passes on our own reader's word costs no allocation once packs of its kind
/// were seen (`tests/allocations.rs`).
#[derive(Default)]
pub struct Inspector {
    reader: Reader,
    setup: Setup,
    /// Where the last symbol lay, to look there first.
    last: Option<Grid>,
    /// Where the symbol of the picture judged last lay, if our own reader read it.
    read: Option<Grid>,
    /// Modules of the symbol seen last, none if there was none.
    modules: Modules,
    text: TextInspector,
}

/// Judges a single picture; see [`Inspector::verify`].
pub fn verify(picture: &Picture, expectation: &Expectation) -> Verdict {
    Inspector::default().verify(picture, expectation)
}

/// Judges the modules of one symbol, without a picture around them: decoded, compared and told apart as those of a
/// picture are. Neither grades nor text come of it.
///
/// `size`: rows × columns; `soft`: one value a module, row by row, dark positive.
pub fn verify_modules(
    decoder: &mut Decoder,
    size: &'static Size,
    soft: &[f32],
    expectation: &Expectation,
) -> Verdict {
    let Ok(decoded) = decoder.decode(size, soft) else {
        return Verdict::without_picture(Outcome::NotDecodable);
    };
    let (outcome, seen) = judge(ReadBy::Blind, &Said::of(&decoded.content), expectation);
    Verdict {
        outcome,
        seen: Some(seen),
        picture: None,
        grades: None,
        looks_like: None,
        text: TextSeen::NotChecked,
    }
}

/// What a smart reader read, without a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadText {
    /// Symbology identifier, where the reader sent one, e.g. `]d2`.
    pub symbology: Option<String>,
    /// What stood in the symbol, elements separated by GS (1Dh).
    pub content: Vec<u8>,
}

/// Judges what a smart reader said of one pack as [`Inspector::verify`] judges what stands in a picture; `None`: it
/// read nothing.
///
/// Nobody graded anything, and no text was looked at. A reader that read nothing does not tell whether a symbol was
/// there, so that is [`Outcome::NotDecodable`]. What comes without symbology identifier is not known to be GS1.
pub fn verify_text(read: Option<&ReadText>, expectation: &Expectation) -> Verdict {
    let nothing = Verdict::without_picture(Outcome::NotDecodable);
    let Some(read) = read else {
        return nothing;
    };
    // Bytes that are no UTF-8 are shown as ISO/IEC 8859-1, as those of a picture are.
    let latin_1 = || read.content.iter().copied().map(char::from).collect();
    let content = match std::str::from_utf8(&read.content) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(latin_1()),
    };
    let said = Said {
        symbology: read.symbology.as_deref().unwrap_or(""),
        content,
        whole: true,
    };
    let (outcome, seen) = judge(ReadBy::Device, &said, expectation);
    Verdict {
        outcome,
        seen: Some(seen),
        ..nothing
    }
}

/// Symbols that grade lower are looked at for what they suffer from.
const SOUND: Tenths = Tenths(35);

impl Inspector {
    /// An inspector for a camera; `setup` says what is known of it.
    pub fn new(setup: Setup) -> Inspector {
        Inspector {
            setup,
            ..Inspector::default()
        }
    }

    /// What the text of the next packs must be; `None`, as at first: it is not looked at.
    pub fn demand_text(&mut self, standard: Option<&Arc<TextStandard>>) {
        self.text.demand(standard);
    }

    /// Judges a picture of one pack: is the symbol there, and does it say exactly what was printed on
    /// that pack?
    ///
    /// Outcomes: `Pass`, `NoSymbol`, `NotDecodable`, `NotGs1`, `WrongContent` with the first AI that
    /// differs. When only the serial differs that AI is (21): whether the serial is one of ours is for
    /// the line to say. A pass keeps no scan data, since it equals what was printed. Whatever was read is graded. The
    /// text is looked at only beside a symbol with the right content; what follows from it is for the line to say.
    pub fn verify(&mut self, picture: &Picture, expectation: &Expectation) -> Verdict {
        self.modules.dark.clear();
        self.read = None;
        let origin = self.origin(picture);
        let taught = || self.setup.hint(picture.width(), picture.height());
        let hint = self.last.map(|grid| hint(&grid)).or_else(taught);
        match self.reader.look(&frame(picture), hint.as_ref()) {
            Sight::Read { by, grid } => {
                (self.last, self.read) = (Some(grid), Some(grid));
                take_modules(&mut self.modules, &self.reader, &grid);
                let said = Said::of(&self.reader.decoded().content);
                let (outcome, seen) = judge(by, &said, expectation);
                let (grades, looks_like) = self.grade(picture, &grid);
                let text = match &outcome {
                    Outcome::Pass => self.text.look(&frame(picture), &grid, expectation.serial()),
                    _ => TextSeen::NotChecked,
                };
                Verdict {
                    outcome,
                    seen: Some(seen),
                    picture: Some(origin),
                    grades: Some(grades),
                    looks_like,
                    text,
                }
            }
            sight => self.ask_again(picture, expectation, sight),
        }
    }

    /// What the record says of a picture: calibrated is the word of the setup the grader goes by.
    fn origin(&self, picture: &Picture) -> PictureOrigin {
        PictureOrigin {
            calibrated: self.setup.is_calibrated(),
            ..picture.origin()
        }
    }

    /// The modules of the symbol in the picture judged last, decoded or not, as they were sampled.
    pub fn modules(&self) -> Option<&Modules> {
        (!self.modules.dark.is_empty()).then_some(&self.modules)
    }

    /// Where the symbol lay that was read in the picture judged last; `picture_px`: that picture's width and height.
    /// `None`: our own reader read none.
    pub fn place(&self, picture_px: (u32, u32)) -> Option<SymbolPlace> {
        self.read.map(|grid| teach::place(&grid, picture_px))
    }

    /// What the picture judged last teaches about the camera; `None`: our own reader read nothing in it.
    pub fn lesson(&mut self, picture: &Picture) -> Option<Lesson> {
        let (grid, frame) = (self.read?, frame(picture));
        let report = self.reader.grade(&frame, &grid, self.context(picture));
        let truth = self.reader.decoded().modules();
        Lesson::of(&frame, &grid, &truth, &report)
    }

    /// What the grader goes by.
    fn context(&self, picture: &Picture) -> Context {
        Context {
            lossless: picture.origin().lossless,
            ..self.setup.context()
        }
    }

    /// Our own reader read nothing: the second opinion is heard. It does not say where; what was known before of the
    /// place still holds.
    fn ask_again(&mut self, picture: &Picture, expectation: &Expectation, sight: Sight) -> Verdict {
        let reading = second_opinion(&self.reader, picture, sight, Effort::Line);
        let origin = self.origin(picture);
        let verdict = |outcome| Verdict {
            picture: Some(origin),
            ..Verdict::without_picture(outcome)
        };
        match reading {
            Reading::NoSymbol => verdict(Outcome::NoSymbol),
            Reading::NotDecodable(undecoded) => {
                self.modules = undecoded.modules.unwrap_or_default();
                verdict(Outcome::NotDecodable)
            }
            Reading::Read(symbol) => {
                let (outcome, seen) = judge(symbol.by, &symbol.said(), expectation);
                // The reference decode has failed, which is grade F in decode.
                let grades = Grades {
                    by_parameter: [Tenths(0); 8],
                    indicative: !picture.origin().lossless,
                    growth_percent: [0, 0],
                };
                self.modules = symbol.modules.unwrap_or_default();
                Verdict {
                    outcome,
                    seen: Some(seen),
                    picture: Some(origin),
                    grades: Some(grades),
                    looks_like: None,
                    text: TextSeen::NotChecked,
                }
            }
        }
    }

    /// Grades the symbol read last, and what a weak one looks like.
    fn grade(&mut self, picture: &Picture, grid: &Grid) -> (Grades, Option<Cause>) {
        let context = self.context(picture);
        let frame = frame(picture);
        let report = self.reader.grade(&frame, grid, context);
        let weak = report.grades.overall() < SOUND;
        let looks_like = weak
            .then(|| {
                self.reader
                    .diagnose(&frame, &report, context)
                    .first()
                    .copied()
            })
            .flatten()
            .map(|diagnosis| diagnosis.on_record());
        (report.grades, looks_like)
    }
}

/// What a symbol's words come to, and what is to be kept of them.
fn judge(by: ReadBy, said: &Said<'_>, expectation: &Expectation) -> (Outcome, Seen) {
    let outcome = compare(said, expectation);
    let scan = (!outcome.is_pass()).then(|| said.scan());
    (
        outcome,
        Seen {
            by,
            scan,
            number: None,
        },
    )
}

fn compare(said: &Said<'_>, expectation: &Expectation) -> Outcome {
    if !said.is_gs1() {
        return Outcome::NotGs1;
    }
    if said.is_scan(&expectation.scan) {
        return Outcome::Pass;
    }
    let Ok(elements) = parse_payload(&said.content) else {
        // A GS1 symbol whose elements do not stand the rules: nobody can say which element is
        // meant.
        return Outcome::NotDecodable;
    };
    match first_difference(&elements, &expectation.elements) {
        Some(ai) => Outcome::WrongContent { ai },
        None => Outcome::Pass,
    }
}

/// The first AI that differs, is missing or is too many; `None` when both say the same (a printer
/// may add a separator that is not needed).
fn first_difference(seen: &[Element], printed: &[(String, String)]) -> Option<String> {
    let value = |ai: &str| seen.iter().find(|one| one.ai == ai);
    let differs = printed
        .iter()
        .find(|(ai, wanted)| value(ai).is_none_or(|one| one.value != *wanted));
    if let Some((ai, _)) = differs {
        return Some(ai.clone());
    }
    let too_many = |one: &&Element| !printed.iter().any(|(ai, _)| *ai == one.ai);
    if let Some(one) = seen.iter().find(too_many) {
        return Some(one.ai.clone());
    }
    // The same elements; in another order, or one of them twice, they are not what was printed.
    let mut pairs = seen.iter().zip(printed);
    let moved = pairs.find(|(one, (ai, _))| one.ai != *ai);
    match moved {
        Some((one, _)) => Some(one.ai.clone()),
        None => seen.get(printed.len()).map(|one| one.ai.clone()),
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::{PackData, Template, built_in};
    use image::GrayImage;

    fn photograph(label: &GrayImage, scale: u32) -> Picture {
        const BACKGROUND: u8 = 200;
        let (width, height) = (640, 480);
        let (left, top) = (60, 100);
        let mut luma = vec![BACKGROUND; (width * height) as usize];
        for y in 0..(label.height() * scale).min(height - top) {
            for x in 0..(label.width() * scale).min(width - left) {
                let grey = label.get_pixel(x / scale, y / scale).0[0];
                luma[((top + y) * width + left + x) as usize] = if grey < 128 { 40 } else { 230 };
            }
        }
        Picture::from_luma(width, height, luma).unwrap()
    }

    fn pack(serial: &str) -> PackData {
        PackData {
            serial: Some(serial.to_owned()),
            ..PackData::sample()
        }
    }

    fn template() -> Template {
        built_in("pharma-pack").unwrap()
    }

    fn picture_of(pack: &PackData) -> Picture {
        photograph(&template().raster(pack, 8).unwrap(), 2)
    }

    #[test]
    fn what_was_printed_passes() {
        let pack = pack("W3KTQAJMQTX4");
        let mut inspector = Inspector::default();
        let verdict = inspector.verify(&picture_of(&pack), &template().expectation(&pack));
        assert_eq!(verdict.outcome, Outcome::Pass);
        assert_eq!(verdict.seen.unwrap().scan, None);
        assert_eq!(
            inspector.modules(),
            Some(&template().modules(&pack).unwrap())
        );
        let origin = verdict.picture.unwrap();
        assert_eq!((origin.width_px, origin.height_px), (640, 480));
    }

    #[test]
    fn another_serial_or_lot_is_wrong_content() {
        let printed = pack("W3KTQAJMQTX4");
        let picture = picture_of(&printed);
        let wrong = |expected: PackData| {
            let verdict = verify(&picture, &template().expectation(&expected));
            assert_eq!(
                verdict.seen.unwrap().scan,
                Some(template().expectation(&printed).scan)
            );
            verdict.outcome
        };
        let ai = |ai: &str| Outcome::WrongContent { ai: ai.to_owned() };
        assert_eq!(wrong(pack("WXD6BXDKPRQX")), ai("21"));
        let other_lot = PackData {
            lot: "LOT2026B".parse().unwrap(),
            ..printed.clone()
        };
        assert_eq!(wrong(other_lot), ai("10"));
        let no_serial = PackData {
            serial: None,
            ..printed.clone()
        };
        assert_eq!(wrong(no_serial), ai("21"));
    }

    #[test]
    fn missing_damaged_and_foreign_symbols_are_told_apart() {
        let pack = pack("W3KTQAJMQTX4");
        let expectation = template().expectation(&pack);
        let blank = GrayImage::from_pixel(200, 100, image::Luma([255]));
        let mut inspector = Inspector::default();
        inspector.verify(&picture_of(&pack), &expectation);
        let verdict = inspector.verify(&photograph(&blank, 1), &expectation);
        assert_eq!(verdict.outcome, Outcome::NoSymbol);
        assert_eq!(inspector.modules(), None);

        // Half of the data modules turned over: the pattern around them still says that here is a
        // symbol.
        let mut label = template().raster(&pack, 8).unwrap();
        for y in 24..60 {
            for x in 24..84 {
                let dark = (x / 4 * 7 + y / 4 * 3) % 5 < 2;
                label.put_pixel(x, y, image::Luma([if dark { 0 } else { 255 }]));
            }
        }
        let verdict = inspector.verify(&photograph(&label, 2), &expectation);
        assert_eq!(verdict.outcome, Outcome::NotDecodable);
        assert!(inspector.modules().is_some());

        let content = expectation.scan.strip_prefix("]d2").unwrap();
        let plain =
            datamatrix::DataMatrix::encode(content.as_bytes(), datamatrix::SymbolSize::Square26);
        let plain = plain.unwrap().bitmap();
        let mut label = GrayImage::from_pixel(120, 120, image::Luma([255]));
        for (x, y) in plain.pixels() {
            for place in 0..16 {
                let (dx, dy) = (place % 4, place / 4);
                label.put_pixel(
                    8 + 4 * x as u32 + dx,
                    8 + 4 * y as u32 + dy,
                    image::Luma([0]),
                );
            }
        }
        let verdict = verify(&photograph(&label, 2), &expectation);
        assert_eq!(verdict.outcome, Outcome::NotGs1);
        assert!(verdict.seen.unwrap().scan.unwrap().starts_with("]d1"));
    }

    /// A picture of the symbol with these data codewords, its error correction right.
    fn picture_of_codewords(data: &[u8]) -> Picture {
        const SIDE: usize = 36;
        const PX: usize = 4;
        let size = crate::vision::size::SIZES
            .iter()
            .find(|size| (size.rows, size.columns) == (SIDE, SIDE))
            .unwrap();
        let mut codewords = data.to_vec();
        if codewords.len() < size.data {
            codewords.push(129);
        }
        while codewords.len() < size.data {
            let sum = 129 + 149 * (codewords.len() + 1) % 253 + 1;
            codewords.push(if sum > 254 { sum - 254 } else { sum } as u8);
        }
        assert_eq!(codewords.len(), size.data, "it fits");
        let square = datamatrix::SymbolSize::Square36;
        let ecc = datamatrix::errorcode::encode_error(&codewords, square);
        codewords.extend(ecc);
        let mut modules = Vec::new();
        crate::vision::decode::placement(size).write_modules(&codewords, &mut modules);
        let side = (SIDE * PX) as u32;
        let label = GrayImage::from_fn(side + 32, side + 32, |x, y| {
            let module = |at: u32| (at as usize / PX).checked_sub(4).filter(|at| *at < SIDE);
            let dark = |row: usize, column: usize| modules[row * SIDE + column];
            let dark = module(y)
                .zip(module(x))
                .is_some_and(|(row, column)| dark(row, column));
            image::Luma([if dark { 0 } else { 255 }])
        });
        photograph(&label, 1)
    }

    #[test]
    fn only_the_bare_element_string_is_the_printed_pack() {
        const FNC1: u8 = 232;
        let pack = pack("W3KTQAJMQTX4");
        let expectation = template().expectation(&pack);
        let content = expectation.scan.strip_prefix("]d2").unwrap();
        let content: Vec<u8> = content
            .bytes()
            .map(|byte| if byte == 0x1d { FNC1 } else { byte + 1 })
            .collect();
        let verdict = |heads: &[u8]| {
            let picture = picture_of_codewords(&[heads, &content].concat());
            let mut inspector = Inspector::default();
            let verdict = inspector.verify(&picture, &expectation);
            assert!(
                inspector.modules().is_some(),
                "{heads:?}: the symbol was seen"
            );
            verdict.outcome
        };
        assert_eq!(verdict(&[FNC1]), Outcome::Pass);
        for heads in [
            // Plain; one of four of a structured append, with FNC1 behind it; reader programming, alone and with FNC1.
            &[][..],
            &[233, 0x1d, 7, 254, FNC1],
            &[234],
            &[234, FNC1],
            // Macros 05 and 06; FNC1 second; another interpretation of the bytes.
            &[236],
            &[236, FNC1],
            &[237],
            &[b'A' + 1, FNC1],
            &[FNC1, 241, 27],
        ] {
            assert_eq!(verdict(heads), Outcome::NotGs1, "{heads:?}");
        }
        // No encoder makes these, and no reader may read over them.
        for heads in [[FNC1, 233], [FNC1, 234], [FNC1, 236], [FNC1, 237]] {
            assert_eq!(verdict(&heads), Outcome::NotDecodable, "{heads:?}");
        }
    }

    #[test]
    fn what_a_reader_sends_is_judged_as_what_stands_in_a_picture() {
        let pack = pack("W3KTQAJMQTX4");
        let expectation = template().expectation(&pack);
        let own = expectation.scan.strip_prefix("]d2").unwrap();
        let other = template().expectation(&self::pack("WXD6BXDKPRQX")).scan;
        let other = other.strip_prefix("]d2").unwrap();
        let judged = |symbology: Option<&str>, content: &[u8]| {
            let read = ReadText {
                symbology: symbology.map(str::to_owned),
                content: content.to_vec(),
            };
            let verdict = verify_text(Some(&read), &expectation);
            assert_eq!(
                (verdict.picture, verdict.grades, verdict.text),
                (None, None, TextSeen::NotChecked),
                "nothing is made up"
            );
            let seen = verdict.seen.unwrap();
            assert_eq!(seen.by, ReadBy::Device);
            assert_eq!(seen.scan.is_none(), verdict.outcome.is_pass());
            verdict.outcome
        };
        let wrong = |ai: &str| Outcome::WrongContent { ai: ai.to_owned() };
        assert_eq!(judged(Some("]d2"), own.as_bytes()), Outcome::Pass);
        assert_eq!(judged(Some("]d2"), other.as_bytes()), wrong("21"));
        // Plain Data Matrix, GS1 QR, GS1-128; and nobody said what it was.
        for symbology in [Some("]d1"), Some("]Q3"), Some("]C1"), None] {
            let outcome = judged(symbology, own.as_bytes());
            assert_eq!(outcome, Outcome::NotGs1, "{symbology:?}");
        }
        // GS was left out: the elements run together, and no reader's word mends that.
        let joined = own.replace('\u{1d}', "");
        assert!(!judged(Some("]d2"), joined.as_bytes()).is_pass());
        // Cut off, doubled, with something behind it, and no text at all.
        let cut = &own[..own.len() - 1];
        assert!(!judged(Some("]d2"), cut.as_bytes()).is_pass());
        assert!(!judged(Some("]d2"), own.repeat(2).as_bytes()).is_pass());
        let behind = format!("{own}\u{1d}240X");
        assert_eq!(judged(Some("]d2"), behind.as_bytes()), wrong("240"));
        assert!(!judged(Some("]d2"), &[0xff, 0x01]).is_pass());
        assert!(!judged(Some("]d2"), b"").is_pass());
        let nothing = verify_text(None, &expectation);
        assert_eq!(
            (nothing.outcome, nothing.seen),
            (Outcome::NotDecodable, None)
        );
    }

    #[test]
    fn the_first_difference_is_named() {
        let seen = |text: &str| parse_payload(text).unwrap();
        let printed: Vec<(String, String)> = [("01", "09521234543213"), ("21", "A"), ("10", "B")]
            .map(|(ai, value)| (ai.to_owned(), value.to_owned()))
            .to_vec();
        let differs = |text: &str| first_difference(&seen(text), &printed);
        assert_eq!(differs("010952123454321321A\x1d10B"), None);
        assert_eq!(differs("0109521234543213\x1d21A\x1d10B\x1d"), None);
        assert_eq!(differs("010952123454321321A").as_deref(), Some("10"));
        assert_eq!(
            differs("010952123454321321A\x1d10B\x1d17271231").as_deref(),
            Some("17")
        );
        assert_eq!(differs("010952123454321310B\x1d21A").as_deref(), Some("10"));
        assert_eq!(
            differs("010952123454321321A\x1d10B\x1d10B").as_deref(),
            Some("10")
        );
    }
}
