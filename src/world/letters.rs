//! First articles: labels printed on the simulated printer and photographed with the simulated camera, so that a
//! station can be taught the printer's letters; and what a station of a world knows of them. PURE.

use super::settings;
use crate::config::Config;
use crate::gs1::parse_payload;
use crate::label::{PackData, Template};
use crate::record::CryptoTail;
use crate::station::described::speech_of;
use crate::station::glyphs::TaughtGlyphs;
use crate::vision::reader::Reader;
use crate::vision::text::{GlyphBook, learn};
use crate::vision::{Effort, Picture, Reading, frame, read};
use std::sync::OnceLock;
use vidimus_drivers::printer::Speech;
use vidimus_simulators::Tick;
use vidimus_simulators::camera::{Camera, Coding};
use vidimus_simulators::factory::LineOptions;
use vidimus_simulators::ink::Print;
use vidimus_simulators::optics::{Noise, Optics};
use vidimus_simulators::printer::{Language, Model, Printer};

/// How many: with 12 characters of serial on each, every letter and digit comes eight times.
const ARTICLES: usize = 24;

/// The characters of serials and lots.
const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The articles' expiry date.
const EXPIRY: &str = "281231";

/// Pictures of first articles, from such a line's printer and camera, the printer spoken to as it is said.
///
/// # Errors
/// The label cannot be drawn with the first product of this station, or the printer prints nothing.
pub fn photograph(
    config: &Config,
    speech: &Speech,
    template: &Template,
    line: &LineOptions,
    optics: &Optics,
    coding: Coding,
) -> Result<Vec<Vec<u8>>, String> {
    let dpmm = config.printers[0].dpmm as u16;
    let mut printer = Printer::of(line.printer.clone(), line.media);
    let mut camera = Camera::new(line.seed);
    let noise = Noise::new(optics.noise, line.seed);
    let mut pictures = Vec::new();
    for number in 0..ARTICLES {
        let pack = article(config, number)?;
        let written = template.written(speech, &pack, dpmm);
        for bytes in written.map_err(|error| error.to_string())? {
            printer.receive(Tick(0), &bytes);
        }
        let label = printer.start_print(Tick(0), 0);
        let print = Print {
            label: label.ok_or("The printer prints nothing.")?,
            damage: None,
            dx: 0,
            dy: 0,
            seed: number as u64,
        };
        let exposure = camera.fire(Tick(0), &[print], None);
        let frame = exposure.frame(optics, &noise, coding);
        pictures.push(frame.expect("no frame is lost here").body);
    }
    Ok(pictures)
}

/// A pack whose serial walks through all letters, from pack to pack further.
fn article(config: &Config, number: usize) -> Result<PackData, String> {
    const SERIAL_LENGTH: usize = 12;
    /// Has no factor in common with the number of letters, so that every letter comes in turn.
    const STRIDE: usize = 5;
    let wrong = |error: crate::gs1::FieldError| error.to_string();
    let letter = |at: usize| char::from(LETTERS[at * STRIDE % LETTERS.len()]);
    let serial = (0..SERIAL_LENGTH).map(|at| letter(number * SERIAL_LENGTH + at));
    Ok(PackData {
        gtin: config.products[0].gtin,
        lot: format!("D{:05}", number + 1).parse().map_err(wrong)?,
        expiry: EXPIRY.parse().map_err(wrong)?,
        serial: Some(serial.collect()),
        tail: CryptoTail::default(),
    })
}

/// The letters of such a printer can be taught: the label's text stands where its template has it, in letters of their
/// own width. Coders print a design of their own, the simulated SATO writes wider than the label is, and the thin
/// letters of a label that the station draws itself, as for DPL, are not all legible on photographs of a world.
pub fn has_letters(language: Language) -> bool {
    matches!(language, Language::Zpl | Language::Tspl)
}

/// The letters of a world's printer; learnt once in a process for each language, and the same in each.
pub fn taught(language: Language) -> &'static TaughtGlyphs {
    const LANGUAGES: usize = Language::ALL.len();
    static TAUGHT: [OnceLock<TaughtGlyphs>; LANGUAGES] = [const { OnceLock::new() }; LANGUAGES];
    TAUGHT[language as usize].get_or_init(|| {
        // Letters do not depend on the belt.
        let config = settings::config(600, 1, language);
        let template = settings::template(&config);
        let speech = speech_of(&config.printers[0]);
        let speech = speech.expect("addresses of a world are sound");
        let line = LineOptions {
            printer: Model::speaking(language),
            ..LineOptions::default()
        };
        let optics = Optics::default();
        let pictures = photograph(&config, &speech, &template, &line, &optics, Coding::Pgm);
        let pictures = pictures.expect("the demo's label is sound");
        let mut book = GlyphBook::default();
        let mut reader = Reader::new();
        for picture in pictures {
            let learnt = lesson(&config, &template, &mut reader, &picture, &mut book);
            assert!(
                learnt.is_some_and(|count| count > 0),
                "a sound label teaches"
            );
        }
        TaughtGlyphs::of(book)
    })
}

/// How many characters one picture teaches; `None` when its symbol cannot be read.
fn lesson(
    config: &Config,
    template: &Template,
    reader: &mut Reader,
    picture: &[u8],
    book: &mut GlyphBook,
) -> Option<usize> {
    let picture = Picture::decode(picture).ok()?;
    let Reading::Read(symbol) = read(reader, &picture, None, Effort::Line) else {
        return None;
    };
    let elements = parse_payload(&symbol.content).ok()?;
    let pack = PackData::of_elements(&elements).ok()?;
    let dpmm = config.printers[0].dpmm as u16;
    let reference = template.text_reference(&pack, dpmm).ok()?;
    let learnt = learn(&frame(&picture), &symbol.grid?, &reference, book);
    Some(learnt.characters)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_letter_of_serials_and_lots_is_learnt() {
        let all = std::str::from_utf8(LETTERS).expect("ASCII");
        for language in Language::ALL.into_iter().filter(|one| has_letters(*one)) {
            assert_eq!(taught(language).book.missing(all), [], "{language}");
        }
    }
}
