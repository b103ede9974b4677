//! What we draw of a label: the reviewed preview, and symbols that another library reads back as
//! they were meant.

use rxing::common::HybridBinarizer;
use rxing::oned::Code128Reader;
use rxing::{
    BinaryBitmap, DecodeHints, Luma8Source, RXingResultMetadataType, RXingResultMetadataValue,
    Reader, datamatrix::DataMatrixReader,
};
use std::path::Path;
use vidimus::gs1::{self, Element, Symbology, scan_data_of};
use vidimus::label::{
    BarcodeKind, ContainerData, PackData, built_in, built_in_names, container_names,
    container_template, half_blocks,
};
use vidimus::vision::Picture;
use vidimus::vision::everything::scans;
use vidimus::vision::linear::gs1_128;
use vidimus::vision::reader::Reader as OurReader;
use vidimus_drivers::printer::code128::Gs1128;
use vidimus_drivers::printer::language;
use vidimus_simulators::Tick;
use vidimus_simulators::printer::{Label, Language, Mark, Media, Printer};

/// `preview.txt` beside each template is what the template draws; a change of one is a change of
/// the other.
///
/// To accept a new drawing: `vidimus label preview NAME > templates/labels/NAME/preview.txt`.
#[test]
fn previews_are_what_the_templates_draw() {
    for name in built_in_names() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("templates/labels")
            .join(name)
            .join("preview.txt");
        let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
        let template = built_in(name).expect("built in");
        let drawn = half_blocks(&template.raster(&template.sample(), 8).expect("drawn"));
        assert!(
            drawn == reviewed,
            "{} differs from this drawing:\n{drawn}",
            path.display()
        );
    }
}

/// rxing is asked directly, not through our own reader: FNC1 first, separators, and every character
/// of a lot or a serial.
#[test]
fn drawn_symbols_say_what_was_meant() {
    let template = built_in("pharma-pack").expect("built in");
    let lots = [
        "A",
        "LOT2026A",
        "0123456789",
        "abcXYZ019",
        "!\"%&'()*+,-./",
        ":;<=>?_",
        "ABCDEFGHJKLMN-PQRSTU",
    ];
    let serials = [
        Some("W3KTQAJMQTX4"),
        Some("1"),
        Some("12345678901234567890"),
        Some("a/b_C%"),
        None,
    ];
    for dpmm in [6, 8, 12] {
        for lot in lots {
            for serial in serials {
                let pack = PackData {
                    lot: lot.parse().expect("a right lot"),
                    serial: serial.map(str::to_owned),
                    ..PackData::sample()
                };
                let picture = template.raster(&pack, dpmm).expect("drawn");
                let source = Luma8Source::new_with_slice(
                    picture.as_raw(),
                    picture.width(),
                    picture.height(),
                );
                let mut bitmap =
                    BinaryBitmap::new(HybridBinarizer::new(source.expect("a picture")));
                let hints = DecodeHints {
                    TryHarder: Some(true),
                    ..DecodeHints::default()
                };
                let read = DataMatrixReader.decode_with_hints(&mut bitmap, &hints);
                let read = read.unwrap_or_else(|error| panic!("{dpmm} dots/mm {pack:?}: {error}"));
                let key = RXingResultMetadataType::SYMBOLOGY_IDENTIFIER;
                let Some(RXingResultMetadataValue::SymbologyIdentifier(symbology)) =
                    read.getRXingResultMetadata().get(&key)
                else {
                    panic!("a symbology identifier");
                };
                let scan = format!("{symbology}{}", read.getText());
                assert_eq!(scan, template.expectation(&pack).scan, "{dpmm} dots/mm");
            }
        }
    }
}

/// What a scanner sends of each bar code of a container's label.
fn meant(template: &str, data: &ContainerData) -> Vec<String> {
    let template = container_template(template).expect("built in");
    let dictionary = gs1::Dictionary::built_in();
    let scans = template.barcodes.iter().filter_map(|barcode| {
        let symbology = match barcode.kind {
            BarcodeKind::DataMatrix => Symbology::DataMatrix,
            BarcodeKind::Gs1128 { .. } => Symbology::Gs1128,
        };
        let elements = barcode.elements(data);
        (!elements.is_empty()).then(|| scan_data_of(symbology, &elements, dictionary))?
    });
    let mut scans: Vec<String> = scans.collect();
    scans.sort();
    scans
}

/// The label as the simulated printer of this language understands it.
fn understood(scheme: &str, bytes: &[u8], media: Media) -> Label {
    let language = Language::ALL
        .into_iter()
        .find(|language| language.scheme() == scheme);
    let mut printer = Printer::speaking(language.expect("it is simulated"), media);
    printer.receive(Tick(0), bytes);
    let label = printer.start_print(Tick(0), 0);
    Label::clone(&label.expect("a label was printed"))
}

/// The label as the simulated printer prints it: its dots as a picture, ink dark, with paper around.
fn printed(scheme: &str, bytes: &[u8], dpmm: u32) -> Picture {
    let media = Media {
        dpmm,
        width_mm: 160,
        length_mm: 220,
    };
    let dots = understood(scheme, bytes, media).draw();
    let luma = dots.cover.iter().map(|cover| 255 - cover).collect();
    Picture::from_luma(dots.width as u32, dots.height as u32, luma).expect("it has its pixels")
}

/// Proportional font, pitch and spacing reckoned: no text of a built-in label runs over the edge in a SATO printer, and
/// none had to be drawn as a picture.
#[test]
fn text_in_sbpl_stays_on_its_label() {
    for (name, dpmm) in built_in_names().flat_map(|name| [(name, 8), (name, 12)]) {
        let template = built_in(name).expect("built in");
        for pack in [template.sample(), template.longest_pack()] {
            let sbpl = language("sbpl").expect("it is there").speech();
            let written = template.written(&sbpl, &pack, dpmm).expect("it fits");
            let media = Media {
                dpmm: dpmm.into(),
                width_mm: template.width_mm.ceil() as u32,
                length_mm: template.height_mm.ceil() as u32,
            };
            let label = understood("sbpl", &written.concat(), media);
            for field in &label.fields {
                match &field.mark {
                    Mark::Text { width, text, .. } => {
                        let right = field.x as u32 + width * 5 / 8 * text.len() as u32;
                        let edge = label.width_dots;
                        assert!(
                            right <= edge,
                            "{name} {dpmm}: {text} ends at {right} of {edge}"
                        );
                    }
                    Mark::Picture { .. } => panic!("{name} {dpmm}: a picture"),
                    _ => {}
                }
            }
        }
    }
}

/// In each language the printer's own drawing of every label is read back as what was meant, by rxing alone and by our
/// reader: the bars among them, symbol character by symbol character.
#[test]
fn labels_of_containers_are_read_back_from_the_printers_own_drawing() {
    let lots = ["LOT2026A", "A", "1234567890", "ab>/12%", "2026-11-B"];
    for name in container_names() {
        let template = container_template(name).expect("built in");
        for (place, lot) in lots.into_iter().enumerate() {
            let dpmm = [8, 12][place % 2];
            let mut data = template.sample();
            for element in data
                .elements
                .iter_mut()
                .filter(|element| element.ai == "10")
            {
                element.value = lot.to_owned();
            }
            if place == 4 {
                // Several lots inside: nothing is said of them.
                data.elements
                    .retain(|element| !matches!(element.ai.as_str(), "10" | "17"));
            }
            let wanted = meant(name, &data);
            for scheme in ["zpl", "tspl", "sbpl", "dpl"] {
                if scheme == "sbpl" && lot.contains('>') {
                    continue; // It cannot say that in bars: the station draws the whole label.
                }
                let speech = language(scheme).expect("it is there").speech();
                let written = template.written(&speech, &data, dpmm).expect("it fits");
                let picture = printed(scheme, &written.concat(), dpmm.into());
                let (everything, mut read) = scans(&mut OurReader::new(), &picture);
                read.sort();
                assert_eq!(read, wanted, "{scheme}: {name} with lot {lot} at {dpmm}");
                let unread = everything.unread;
                assert!(unread.is_empty(), "{scheme}: {name}: {unread:?}");
            }
            // The same label in our own drawing, turned by a quarter.
            let drawn = template.raster(&data, dpmm).expect("drawn");
            let drawn = Picture::from_luma(drawn.width(), drawn.height(), drawn.into_raw());
            let bars: Vec<&String> = wanted
                .iter()
                .filter(|scan| scan.starts_with("]C1"))
                .collect();
            let turned = drawn.expect("it has its pixels").turned();
            assert_eq!(gs1_128(&turned).iter().collect::<Vec<_>>(), bars);
        }
    }
}

/// rxing is asked directly: the bars of one GS1-128 alone, whose content it says with its identifier.
#[test]
fn drawn_bars_say_what_was_meant_and_a_changed_bar_says_nothing() {
    let cases: [&[(&str, &str)]; 4] = [
        &[("00", "106141412345678908")],
        &[
            ("02", "09521234543213"),
            ("17", "271231"),
            ("37", "40"),
            ("10", "L/1"),
        ],
        &[
            ("01", "19521234543210"),
            ("17", "271231"),
            ("10", "LOT2026A"),
            ("21", "W3K"),
        ],
        &[("01", "19521234543210"), ("21", "a1b22c333d4444e5555")],
    ];
    for elements in cases {
        let elements: Vec<Element> = elements
            .iter()
            .map(|(ai, value)| Element::new(*ai, *value))
            .collect();
        let payload = vidimus::gs1::scan_data(&elements);
        let symbol = Gs1128::of(&payload[3..]).expect("it fits");
        let wanted = scan_data_of(Symbology::Gs1128, &elements, gs1::Dictionary::built_in())
            .expect("elements");
        let mut bars = symbol.bars();
        assert_eq!(read_bars(&bars).as_deref(), Some(&wanted[3..]), "{wanted}");
        // One module of the check character the other way round.
        let at = bars.len() - 13 - 5;
        bars[at] = !bars[at];
        assert_ne!(read_bars(&bars).as_deref(), Some(&wanted[3..]), "{wanted}");
    }
}

fn read_bars(bars: &[bool]) -> Option<String> {
    let (module, quiet) = (3, 10);
    let width = (bars.len() + 2 * quiet) * module;
    let row: Vec<u8> = (0..width)
        .map(|x| {
            let at = (x / module).checked_sub(quiet);
            let dark = at.and_then(|at| bars.get(at)).copied().unwrap_or(false);
            if dark { 0 } else { 255 }
        })
        .collect();
    let luma = row.repeat(40);
    let source = Luma8Source::new_with_slice(&luma, width as u32, 40).expect("it has its pixels");
    let hints = DecodeHints {
        AssumeGs1: Some(true),
        ..DecodeHints::default()
    };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let read = Code128Reader.decode_with_hints(&mut bitmap, &hints).ok()?;
    let identifier = read.getRXingResultMetadata();
    let identifier = identifier.get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER)?;
    let gs1 =
        matches!(identifier, RXingResultMetadataValue::SymbologyIdentifier(text) if text == "]C1");
    let text = read.getText();
    gs1.then(|| text.strip_prefix("]C1").unwrap_or(text).to_owned())
}
