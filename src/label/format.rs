//! A label for a printer: its marks in dots, in no printer's language, and what one label says. PURE.

use super::design::{Design, Template};
use super::drawing::draw_rest;
use super::field::{LabelData, LabelField};
use super::layout::{Layout, TextPlace, human_readable};
use super::native::element_string;
use super::{LabelError, PackData};
use vidimus_drivers::printer::Speech;
use vidimus_drivers::printer::format::{Artwork, At, Content, Format, JobContent, Mark};

/// What stands on a label that must not carry a number.
const VOID: &str = "VOID";

/// Height of that word in modules of the symbol, and in dots at least, where it stands in the symbol's place.
const VOID_MODULES: u32 = 4;
const VOID_MIN_DOTS: u32 = 10;

/// The numbers of a template's fields, in the order of its marks: bar codes with the text below, then texts that
/// change.
struct Numbers {
    next: u16,
}

impl Numbers {
    fn take(&mut self) -> u16 {
        let number = self.next;
        self.next += 1;
        number
    }
}

impl<F: LabelField> Design<F> {
    /// The format for a printer of this resolution, with the texts that stay the same for the whole batch. `constants`
    /// gives these; what changes in it does not matter.
    ///
    /// # Errors
    /// What [`Design::layout`] refuses.
    pub fn format<D: LabelData<Field = F>>(
        &self,
        constants: &D,
        dpmm: u16,
    ) -> Result<Format, LabelError> {
        let layout = self.layout(constants, dpmm)?;
        let artwork = match &self.native {
            Some(native) => Artwork::Native(native.text.clone()),
            None => Artwork::Marks(self.marks(&layout)),
        };
        Ok(self.framed(&layout, dpmm, artwork))
    }

    /// The format of labels that are sent as pictures: no mark at all.
    ///
    /// # Errors
    /// What [`Design::layout`] refuses.
    pub fn picture_format<D: LabelData<Field = F>>(
        &self,
        constants: &D,
        dpmm: u16,
    ) -> Result<Format, LabelError> {
        let layout = self.layout(constants, dpmm)?;
        Ok(self.framed(&layout, dpmm, Artwork::Marks(Vec::new())))
    }

    fn framed(&self, layout: &Layout, dpmm: u16, artwork: Artwork) -> Format {
        Format {
            name: F::FORMAT_NAME.to_owned(),
            width: layout.width,
            length: layout.height,
            dpmm,
            artwork,
        }
    }

    fn marks(&self, layout: &Layout) -> Vec<Mark> {
        let mut marks = Vec::new();
        let mut numbers = Numbers { next: 1 };
        for place in &layout.barcodes {
            let (at, module_dots) = (at(place.x, place.y), place.module_dots);
            let content = Content::Field(numbers.take());
            let Some(text) = &place.text else {
                marks.push(Mark::DataMatrix {
                    at,
                    module_dots,
                    content,
                });
                continue;
            };
            marks.push(Mark::Gs1128 {
                at,
                module_dots,
                height: place.height,
                content,
            });
            marks.push(text_mark(text, Content::Field(numbers.take())));
        }
        for (text, place) in self.texts.iter().zip(&layout.texts) {
            let content = match text.changes() {
                true => Content::Field(numbers.take()),
                false => Content::Fixed(place.value.clone()),
            };
            marks.push(text_mark(place, content));
        }
        if self.void_stands_alone() {
            marks.push(text_mark(
                &void_place(layout),
                Content::Field(numbers.take()),
            ));
        }
        marks.extend(layout.boxes.iter().map(|one| Mark::Box {
            at: at(one.x, one.y),
            width: one.width,
            height: one.height,
            thickness: one.thickness,
        }));
        marks.extend(layout.pictures.iter().map(|one| Mark::Picture {
            at: at(one.x, one.y),
            dots: one.dots.clone(),
        }));
        marks
    }

    /// Nothing but bar codes changes: the word of a void label stands in the first one's place.
    fn void_stands_alone(&self) -> bool {
        F::MAY_BE_VOID && !self.texts.iter().any(super::Text::changes)
    }

    /// What one label says, for a printer that writes it.
    ///
    /// # Errors
    /// A date without a day where a text wants one, or bar codes that fit none of their kind.
    pub fn fields<D: LabelData<Field = F>>(&self, data: &D) -> Result<JobContent, LabelError> {
        self.check_dates(data)?;
        let numbered = match &self.native {
            Some(native) => native.values(self, data),
            None => self.numbered(data),
        };
        let named = F::ALL
            .iter()
            .filter_map(|field| Some((field.name(), data.value(*field)?.to_owned())));
        Ok(JobContent::Fields {
            numbered,
            named: named.collect(),
        })
    }

    fn numbered<D: LabelData<Field = F>>(&self, data: &D) -> Vec<(u16, String)> {
        let mut numbers = Numbers { next: 1 };
        let mut fields = Vec::new();
        let is_linear =
            |barcode: &super::Barcode<F>| matches!(barcode.kind, super::BarcodeKind::Gs1128 { .. });
        for barcode in &self.barcodes {
            let elements = barcode.elements(data);
            fields.push((numbers.take(), element_string(&elements)));
            if is_linear(barcode) {
                fields.push((numbers.take(), human_readable(&elements)));
            }
        }
        for text in self.texts.iter().filter(|text| text.changes()) {
            fields.push((numbers.take(), text.value(data)));
        }
        fields.retain(|(_, value)| !value.is_empty());
        fields
    }

    /// What one label says, drawn by ourselves.
    ///
    /// # Errors
    /// As [`Design::fields`] and [`Design::drawn`].
    pub fn pictured<D: LabelData<Field = F>>(
        &self,
        data: &D,
        dpmm: u16,
    ) -> Result<JobContent, LabelError> {
        self.check_dates(data)?;
        self.drawn(data, dpmm).map(JobContent::Picture)
    }
}

impl<F: LabelField> Design<F> {
    /// What a printer gets for one label: the format, and the label itself; as a picture where its language cannot
    /// write the label.
    ///
    /// # Errors
    /// It cannot be laid out or drawn.
    pub fn written<D: LabelData<Field = F>>(
        &self,
        speech: &Speech,
        data: &D,
        dpmm: u16,
    ) -> Result<[Vec<u8>; 2], LabelError> {
        let (format, text) = self.for_printer(speech, data, dpmm)?;
        let stored = speech.language.store(&format).map_err(LabelError::one)?;
        let job = speech.language.job(&format, &text);
        Ok([
            stored,
            job.map_err(|fault| LabelError::one(fault.to_string()))?,
        ])
    }

    /// Format and label for a printer: in its language, or as a picture where it cannot write it.
    ///
    /// # Errors
    /// It cannot be laid out or drawn; a printer's own file is of another language; the printer keeps the design
    /// itself, and takes no picture instead of values that it cannot take.
    pub fn for_printer<D: LabelData<Field = F>>(
        &self,
        speech: &Speech,
        data: &D,
        dpmm: u16,
    ) -> Result<(Format, JobContent), LabelError> {
        let draws = self.native.is_none() && !speech.language.keeps_design();
        match (self.hindrance(speech, data, dpmm), draws) {
            (None, _) => Ok((self.format(data, dpmm)?, self.fields(data)?)),
            (Some(_), true) => Ok((self.picture_format(data, dpmm)?, self.pictured(data, dpmm)?)),
            (Some(why), false) => Err(LabelError::one(why)),
        }
    }
}

impl Template {
    /// What a label says that must not carry a number: no bar code, and `VOID` wherever a serial would stand, or in the
    /// symbol's place where none would.
    pub fn void_fields(&self) -> JobContent {
        let numbers: Vec<u16> = match &self.native {
            Some(native) => native.changing_texts(),
            None => {
                let linear = self.barcodes.len() - 1; // all but the symbol have a text below
                let first = 1 + self.barcodes.len() as u16 + linear as u16;
                let changing = self.texts.iter().filter(|text| text.changes()).count();
                (first..).take(changing.max(1)).collect()
            }
        };
        let void = |number| (number, VOID.to_owned());
        JobContent::Fields {
            numbered: numbers.into_iter().map(void).collect(),
            named: Vec::new(),
        }
    }

    /// The same, drawn by ourselves.
    ///
    /// # Errors
    /// As [`Design::drawn`].
    pub fn void_picture(&self, constants: &PackData, dpmm: u16) -> Result<JobContent, LabelError> {
        let mut layout = self.layout(constants, dpmm)?;
        let mut dots = self.paper(&layout)?;
        let alone = self.void_stands_alone().then(|| void_place(&layout));
        for (text, place) in self.texts.iter().zip(&mut layout.texts) {
            if text.changes() {
                VOID.clone_into(&mut place.value);
            }
        }
        layout.texts.extend(alone);
        layout.barcodes.clear();
        draw_rest(&mut dots, &layout);
        Ok(JobContent::Picture(dots))
    }
}

fn at(x: u32, y: u32) -> At {
    At { x, y }
}

fn text_mark(place: &TextPlace, content: Content) -> Mark {
    Mark::Text {
        at: at(place.x, place.y),
        height: place.height,
        content,
    }
}

/// Where the word of a void label stands when no text has room for it.
fn void_place(layout: &Layout) -> TextPlace {
    let symbol = &layout.barcodes[0];
    TextPlace {
        x: symbol.x,
        y: symbol.y,
        height: (VOID_MODULES * symbol.module_dots).max(VOID_MIN_DOTS),
        value: VOID.to_owned(),
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::{PACK_MAX_BYTES, built_in, container_template};
    use vidimus_drivers::printer::language;

    fn zpl(format: &Format, text: &JobContent) -> [String; 2] {
        let language = language("zpl").unwrap().speech().language;
        let stored = language.store(format).unwrap();
        let job = language.job(format, text).unwrap();
        [stored, job].map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn one_pack_stays_under_a_hundred_bytes_and_the_format_holds_the_rest() {
        let template = built_in("pharma-pack").unwrap();
        let pack = PackData::sample();
        assert_eq!(
            (pack.lot.as_str().len(), pack.serial.as_ref().unwrap().len()),
            (8, 12)
        );
        let format = template.format(&pack, 8).unwrap();
        let [stored, job] = zpl(&format, &template.fields(&pack).unwrap());
        assert_eq!(
            job,
            "^XA^XFR:V^FS^FN1^FD_1010952123454321321W3KTQAJMQTX4_11727123110LOT2026A^FS\
             ^FN2^FDW3KTQAJMQTX4^FS^XZ"
        );
        assert!(job.len() <= PACK_MAX_BYTES, "{} bytes", job.len());
        assert_eq!(
            stored,
            "^XA^DFR:V.ZPL^FS^PW256^LL128^LH0,0^PQ1,0,1,Y\
             ^FO8,8^BXN,4,200,,,,_,1^FN1^FS\
             ^FO128,11^A0N,12,12^FDPC 09521234543213^FS\
             ^FO128,37^A0N,12,12^FDSN^FS\
             ^FO150,37^A0N,12,12^FN2^FS\
             ^FO128,62^A0N,12,12^FDEXP 271231^FS\
             ^FO128,88^A0N,12,12^FDLOT LOT2026A^FS^XZ"
        );
        let [_, void] = zpl(&format, &template.void_fields());
        assert_eq!(void, "^XA^XFR:V^FS^FN2^FDVOID^FS^XZ");
    }

    /// Queue and belt stay in step only if a label goes for every pack, also where every good label is the same.
    #[test]
    fn a_label_without_a_serial_can_be_void_too() {
        let template = built_in("lot-pack").unwrap();
        assert!(!template.has_serial() && built_in("pharma-pack").unwrap().has_serial());
        let pack = template.sample();
        assert_eq!(pack.serial, None);
        let format = template.format(&pack, 8).unwrap();
        let [stored, job] = zpl(&format, &template.fields(&pack).unwrap());
        assert!(stored.ends_with("^FO8,8^A0N,16,16^FN2^FS^XZ"), "{stored}");
        assert_eq!(
            job,
            "^XA^XFR:V^FS^FN1^FD_101095212345432131727123110LOT2026A^FS^XZ"
        );
        let [_, void] = zpl(&format, &template.void_fields());
        assert_eq!(void, "^XA^XFR:V^FS^FN2^FDVOID^FS^XZ");
        let JobContent::Picture(dots) = template.void_picture(&pack, 8).unwrap() else {
            panic!("a picture");
        };
        let ink = (0..24).flat_map(|y| (0..40).map(move |x| (8 + x, 8 + y)));
        assert!(
            ink.filter(|(x, y)| dots.is_black(*x, *y)).count() > 50,
            "VOID in the symbol's place"
        );
        assert!(!dots.is_black(8, 60), "and no symbol");
    }

    #[test]
    fn what_cannot_be_printed_is_refused() {
        let template = built_in("pharma-pack").unwrap();
        let mut pack = PackData::sample();
        pack.lot = "A_1B".parse().unwrap();
        let [_, job] = zpl(
            &template.format(&pack, 8).unwrap(),
            &template.fields(&pack).unwrap(),
        );
        assert!(job.contains("_11727123110A__1B"), "{job}");
        for serial in ["AB^C", "AB~C", "", "A\x1dB", "ABCDEFGHIJKLMNOPQRSTU"] {
            pack.serial = Some(serial.to_owned());
            assert!(template.check(&pack).is_err(), "{serial:?}");
        }
    }

    #[test]
    fn what_a_container_cannot_say_is_not_printed() {
        let template = container_template("pallet").expect("built in");
        assert_eq!(template.ais(), ["02", "17", "37", "10", "00"]);
        let mut data = template.sample();
        let format = template.format(&data, 8).unwrap();
        let [stored, job] = zpl(&format, &template.fields(&data).unwrap());
        let bars = "^FN1^FD>;>80209521234543213172712313740^FS^FN2^FD(02)09521234543213(17)271231(37)40^FS";
        assert!(job.contains(bars), "{job}");
        assert!(
            stored.contains("^FO80,480^BY4,3,256^BCN,256,N,N,N,N^FN1^FS"),
            "{stored}"
        );
        data.elements.retain(|element| element.ai == "00");
        let [_, mixed] = zpl(&format, &template.fields(&data).unwrap());
        assert!(
            !mixed.contains("^FN1^") && mixed.contains("^FN5^FD>;>800"),
            "{mixed}"
        );
    }
}
