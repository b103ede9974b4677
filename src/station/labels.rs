//! From a batch and a serial to the label: format for the printer, fields for a job, expectation for the camera.

use super::capacity::Lane;
use super::glyphs::{self, TaughtGlyphs};
use crate::config::{Config, DrawnBy, Printer};
use crate::gs1::{Expiry, Gtin, Lot};
use crate::label::{LabelError, PackData, Template, is_sound};
use crate::line::LabelContent;
use crate::record::{
    Batch, CryptoTail, GlyphsHash, LabelText, Longest, SerialNumber, TextPolicy, Words,
};
use crate::vision::Expectation;
use crate::vision::text::TextStandard;
use std::path::PathBuf;
use std::sync::Arc;
use vidimus_drivers::printer::Speech;
use vidimus_drivers::printer::format::{Format, JobContent};

/// The label of the batch in force.
pub struct Labels {
    template: Template,
    /// Why the template in force cannot be used, if this program does not understand it; nothing is printed then.
    unusable: Option<String>,
    dpmm: u16,
    printer: Words,
    speech: Arc<Speech>,
    drawn_by: DrawnBy,
    lane: Lane,
    glyphs: Letters,
    batch: Option<Batch>,
    /// Every label of the batch in force goes to the printer as a picture.
    pictured: bool,
    text: Option<TextInForce>,
}

/// Where taught glyphs come from.
#[derive(Clone)]
enum Letters {
    /// A file; without it nothing was taught.
    File(PathBuf),
    /// They are known.
    Known(Box<TaughtGlyphs>),
}

impl Letters {
    fn read(&self) -> Result<Option<TaughtGlyphs>, String> {
        match self {
            Letters::File(path) => glyphs::read(path),
            Letters::Known(taught) => Ok(Some(TaughtGlyphs::clone(taught))),
        }
    }
}

/// What the text of the batch in force must be.
struct TextInForce {
    standard: Arc<TextStandard>,
    taught: Option<GlyphsHash>,
}

impl Labels {
    /// With this template, at this printer's resolution and in its language, and the station's file of taught glyphs.
    pub fn new(template: Template, speech: Speech, config: &Config, printer: &Printer) -> Labels {
        let glyphs = Letters::File(config.inspection.glyph_file.clone());
        Labels::with(template, speech, (config, printer), glyphs)
    }

    /// The same with glyphs that are known instead of a file.
    pub fn with_letters(
        template: Template,
        speech: Speech,
        config: &Config,
        taught: TaughtGlyphs,
    ) -> Labels {
        let of = (config, &config.printers[0]);
        Labels::with(template, speech, of, Letters::Known(Box::new(taught)))
    }

    fn with(
        template: Template,
        speech: Speech,
        (config, printer): (&Config, &Printer),
        glyphs: Letters,
    ) -> Labels {
        Labels {
            template,
            unusable: None,
            dpmm: printer.dpmm as u16,
            printer: printer
                .name
                .parse()
                .expect("a device's name is a short text"),
            speech: Arc::new(speech),
            drawn_by: printer.drawn_by,
            lane: Lane::of(config, printer),
            glyphs,
            batch: None,
            pictured: false,
            text: None,
        }
    }

    /// The same station with another template, for no batch.
    ///
    /// # Errors
    /// The text is no template; the first mistakes in it, as sentences.
    pub fn of_other(&self, text: &str) -> Result<Labels, String> {
        Ok(Labels {
            template: Template::parse(text).map_err(|error| error.to_string())?,
            ..self.without_batch()
        })
    }

    /// The same station and template for no batch.
    pub fn without_batch(&self) -> Labels {
        Labels {
            template: self.template.clone(),
            unusable: None,
            dpmm: self.dpmm,
            printer: self.printer.clone(),
            speech: Arc::clone(&self.speech),
            drawn_by: self.drawn_by,
            lane: self.lane.clone(),
            glyphs: self.glyphs.clone(),
            batch: None,
            pictured: false,
            text: None,
        }
    }

    /// From here on this template is used. One that this program does not understand keeps the printer hindered.
    pub fn use_template(&mut self, label: &LabelText) {
        match Template::parse(&label.text) {
            Ok(template) => (self.template, self.unusable) = (template, None),
            Err(error) => {
                self.unusable = Some(format!(
                    "The label {label} is in force, and this program does not understand it: {error} Activate another \
                     one."
                ));
            }
        }
    }

    /// The template.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// A batch was in force with this template or the one before.
    pub fn has_batch(&self) -> bool {
        self.batch.is_some()
    }

    /// The printer's resolution.
    pub(super) fn dpmm(&self) -> u16 {
        self.dpmm
    }

    /// Why this batch's label cannot be printed soundly; `None` when it can. `longest`: what it must have room for
    /// where numbers come from a pool.
    pub fn hindrance(
        &self,
        gtin: Gtin,
        lot: &Lot,
        expiry: Expiry,
        lot_only: bool,
        longest: Option<Longest>,
    ) -> Option<String> {
        if let Err(why) = self.fits(lot_only) {
            return Some(why);
        }
        let sample = filled(gtin, lot, expiry, lot_only, longest);
        let findings = self.template.lint_with(&sample, self.dpmm);
        let sound = is_sound("The label of this batch", findings);
        let sound = sound.and_then(|()| self.pictured(&sample).map(drop));
        sound.and_then(|()| self.glyphs.read().map(drop)).err()
    }

    /// A label like this one can be printed, in the printer's language or as a picture.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn can_print(&self, sample: &PackData) -> Result<(), String> {
        self.pictured(sample).map(drop)
    }

    /// Printer and link can follow the lane with labels of this template.
    ///
    /// # Errors
    /// What does not fit, with the number that would; a sentence or two.
    pub fn keeps_up(&self) -> Result<(), String> {
        let weighed = self.lane.weigh(&self.template, &self.speech);
        weighed.map(drop).map_err(|wrong| wrong.join(" "))
    }

    /// Whether labels like this one go to the printer as pictures.
    ///
    /// # Errors
    /// Its language cannot write them, and the station shall not draw them; as a sentence.
    fn pictured(&self, sample: &PackData) -> Result<bool, String> {
        let hindrance = || self.template.hindrance(&self.speech, sample, self.dpmm);
        let refusal = |why| format!("{} cannot write this label: {why}", self.speech.name);
        match (self.drawn_by, self.template.native.is_some()) {
            (DrawnBy::Station, false) => self.takes_picture(sample).map(|()| true),
            (DrawnBy::Auto, false) => match hindrance() {
                None => Ok(false),
                // What hinders the printer says more than that it takes no picture either.
                Some(why) => match self.takes_picture(sample) {
                    Ok(()) => Ok(true),
                    Err(_) => Err(refusal(why)),
                },
            },
            _ => hindrance().map_or(Ok(false), |why| Err(refusal(why))),
        }
    }

    /// The printer takes labels like this one as pictures.
    ///
    /// # Errors
    /// Why not, as a sentence.
    fn takes_picture(&self, sample: &PackData) -> Result<(), String> {
        let format = self.template.picture_format(sample, self.dpmm);
        let format = format.map_err(|error| error.to_string())?;
        let label = self.template.pictured(sample, self.dpmm);
        let label = label.map_err(|error| error.to_string())?;
        let language = &self.speech.language;
        match language.hindrance(&format) {
            Some(why) => Err(why),
            None => language
                .job(&format, &label)
                .map(drop)
                .map_err(|fault| fault.to_string()),
        }
    }

    /// It can be used at all, and has a place for a serial where the batch has serials.
    fn fits(&self, lot_only: bool) -> Result<(), String> {
        match (&self.unusable, lot_only == self.template.has_serial()) {
            (Some(why), _) => Err(why.clone()),
            (None, true) => Err(self.misfit(lot_only)),
            (None, false) => Ok(()),
        }
    }

    /// A pack of this batch whose number needs as much room as any.
    pub fn largest_of(&self, batch: &Batch, longest: Option<Longest>) -> PackData {
        let lot_only = batch.terms.lot_only;
        filled(batch.gtin, &batch.lot, batch.expiry, lot_only, longest)
    }

    /// The label has a place for a serial where the batch has none, or the other way round.
    fn misfit(&self, lot_only: bool) -> String {
        let name = &self.template.name;
        match lot_only {
            true => format!(
                "The label \"{name}\" has a place for a serial, and a lot-only batch has none: activate another one \
                 with vidimus label activate (lot-pack)."
            ),
            false => format!(
                "The label \"{name}\" has no place for a serial: open the batch with --lot-only, or activate another \
                 one with vidimus label activate."
            ),
        }
    }

    /// Takes a batch in force and gives the format the printer must store for it.
    pub fn use_batch(&mut self, batch: Batch) -> Result<Format, String> {
        self.fits(batch.terms.lot_only)?;
        let constants = data(&batch, None);
        let sample = PackData {
            serial: PackData::sample().serial.filter(|_| !batch.terms.lot_only),
            tail: self.template.sample().tail,
            ..constants.clone()
        };
        self.pictured = self.pictured(&sample)?;
        let format = match self.pictured {
            true => self.template.picture_format(&constants, self.dpmm),
            false => self.template.format(&constants, self.dpmm),
        };
        let format = format.map_err(|error| error.to_string())?;
        self.text = self.text_in_force(&batch)?;
        self.batch = Some(batch);
        Ok(format)
    }

    /// Glyphs and places for the text check; `None` for a batch that does not want its text looked at.
    fn text_in_force(&self, batch: &Batch) -> Result<Option<TextInForce>, String> {
        if batch.quality.text == TextPolicy::Off {
            return Ok(None);
        }
        let wrong = |error: LabelError| error.to_string();
        // Letters that the station draws itself are known better than any picture could teach them.
        let (taught, named) = match self.pictured {
            true => {
                let drawn = self.template.drawn_glyphs(self.dpmm).map_err(wrong)?;
                (None, Some(TaughtGlyphs::of(drawn).hash))
            }
            false => {
                let taught = self.glyphs.read()?;
                let named = taught.as_ref().map(|taught| taught.hash);
                (taught, named)
            }
        };
        let pack = PackData {
            serial: PackData::sample().serial.filter(|_| !batch.terms.lot_only),
            ..data(batch, None)
        };
        let book = taught.as_ref().map(|taught| &taught.book);
        let standard = self.template.text_standard(&pack, self.dpmm, book);
        Ok(Some(TextInForce {
            standard: Arc::new(standard.map_err(wrong)?),
            taught: named,
        }))
    }

    /// What the text of every pack of the batch in force must be, where the batch wants it looked at.
    pub fn text(&self) -> Option<Arc<TextStandard>> {
        self.text.as_ref().map(|text| Arc::clone(&text.standard))
    }

    /// The name of the printer in the station file.
    pub fn printer(&self) -> Words {
        self.printer.clone()
    }

    /// Which glyphs that stands on, taught or drawn by the station: outside `None` without a text check, inside without
    /// anything known of the printer's.
    pub fn taught(&self) -> Option<Option<GlyphsHash>> {
        self.text.as_ref().map(|text| text.taught)
    }

    /// What one pack's label says to the printer.
    pub fn text_of(&self, label: &LabelContent) -> Result<JobContent, String> {
        let batch = self.batch.as_ref().ok_or("No batch is in force.")?;
        let pack = data(batch, number_of(label));
        let checked = self.template.check(&pack);
        // A picture is drawn here, by the loop itself: about 0.4 ms a label at 12 dots/mm. At 1,200 packs a minute
        // that is one part in a hundred of its time, less than a thread that must keep the labels' order would cost.
        let text = checked.and_then(|()| match self.pictured {
            true => self.template.pictured(&pack, self.dpmm),
            false => self.template.fields(&pack),
        });
        text.map_err(|error| error.to_string())
    }

    /// A label without symbol: its place stays empty, the serial's place says so.
    pub fn void(&self) -> Result<JobContent, String> {
        match (self.pictured, &self.batch) {
            (true, Some(batch)) => {
                let void = self.template.void_picture(&data(batch, None), self.dpmm);
                void.map_err(|error| error.to_string())
            }
            _ => Ok(self.template.void_fields()),
        }
    }

    /// A label to try the printer out, without a number and without a symbol, and the format that it must store for it;
    /// where a batch is in force that one's is stored already.
    ///
    /// # Errors
    /// It cannot be printed; a sentence.
    pub fn test_print(&self) -> Result<(Option<Format>, JobContent), String> {
        if self.batch.is_some() {
            return Ok((None, self.void()?));
        }
        if let Some(why) = &self.unusable {
            return Err(why.clone());
        }
        let sample = PackData {
            lot: "TEST".parse().map_err(|_| "TEST is no lot")?,
            ..self.template.sample()
        };
        let constants = PackData {
            serial: None,
            tail: CryptoTail::default(),
            ..sample.clone()
        };
        let wrong = |error: LabelError| error.to_string();
        let (template, dpmm) = (&self.template, self.dpmm);
        let (format, label) = match self.pictured(&sample)? {
            true => (
                template.picture_format(&constants, dpmm),
                template.void_picture(&constants, dpmm),
            ),
            false => (
                template.format(&constants, dpmm),
                Ok(template.void_fields()),
            ),
        };
        Ok((Some(format.map_err(wrong)?), label.map_err(wrong)?))
    }

    /// What the camera must read on this pack; nothing at all on one without a label.
    pub fn expectation(&self, label: Option<&LabelContent>) -> Option<Expectation> {
        let Some(label) = label else {
            return Some(Expectation::default());
        };
        Some(
            self.template
                .expectation(&data(self.batch.as_ref()?, number_of(label))),
        )
    }
}

fn number_of(label: &LabelContent) -> Option<(&SerialNumber, &CryptoTail)> {
    match label {
        LabelContent::Numbered(serial, tail) => Some((serial, tail)),
        LabelContent::LotOnly => None,
    }
}

fn data(batch: &Batch, number: Option<(&SerialNumber, &CryptoTail)>) -> PackData {
    PackData {
        gtin: batch.gtin,
        lot: batch.lot.clone(),
        expiry: batch.expiry,
        serial: number.map(|(serial, _)| serial.text.clone()),
        tail: number.map_or_else(CryptoTail::default, |(_, tail)| tail.clone()),
    }
}

/// A pack with these data and a number that needs as much room as any.
fn filled(
    gtin: Gtin,
    lot: &Lot,
    expiry: Expiry,
    lot_only: bool,
    longest: Option<Longest>,
) -> PackData {
    let number = longest.map_or_else(PackData::sample, largest);
    PackData {
        gtin,
        lot: lot.clone(),
        expiry,
        serial: number.serial.clone().filter(|_| !lot_only),
        ..number
    }
}

/// A pack whose number needs as much room as any of its pool: characters of kinds that a symbol cannot put together.
fn largest(longest: Longest) -> PackData {
    let text = |length: u8| PackData::roomy(length.into());
    PackData {
        serial: Some(text(longest.serial)),
        tail: CryptoTail(
            longest
                .tail
                .map(|length| (length > 0).then(|| text(length))),
        ),
        ..PackData::sample()
    }
}
