//! Tests of reading templates. PURE.

use super::*;
use crate::label::reader::TEXT_MAX_LEN;
use crate::label::{TextPart, built_in_text, container_text};

fn places(text: &str) -> Vec<(usize, usize)> {
    let error = Template::parse(text).unwrap_err();
    error
        .mistakes
        .iter()
        .filter_map(|mistake| mistake.at)
        .collect()
}

fn lines(text: &str) -> Vec<usize> {
    places(text).into_iter().map(|(line, _)| line).collect()
}

fn said(error: LabelError) -> Vec<String> {
    error.mistakes.into_iter().map(|one| one.text).collect()
}

#[test]
fn every_mistake_is_found_at_once_with_its_place() {
    let text = "name = 3\n\
        for = \"box\"\n\
        market = \"moon\"\n\
        [label]\n\
        width_mm = -1.0\n\
        height_m = 3\n\
        [longest]\n\
        lot = 21\n\
        [[barcode]]\n\
        kind = \"qr\"\n\
        at_mm = [1]\n\
        module_mm = \"x\"\n\
        quiet_modules = 0\n\
        elements = [\"01\", \"99\"]\n\
        [[text]]\n\
        at_mm = [0, 0]\n\
        height_mm = nan\n\
        value = \"{sn}\"\n\
        [[line]]\n\
        at_mm = [0, 0]\n\
        length_mm = 3\n\
        thickness_mm = 0.1\n\
        direction = \"up\"\n\
        [[picture]]\n\
        at_mm = [0, 0]\n\
        size_mm = [3, 0]\n\
        file = \"logo.png\"\n";
    let wanted = [1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 17, 18, 23, 26, 27];
    assert_eq!(lines(text), wanted);
    assert_eq!(places("name = \n")[0].0, 1);
    assert_eq!(places(&text.replace("name = 3", "name = \"x\""))[0], (2, 7));
}

#[test]
fn broken_texts_are_refused() {
    let good = built_in_text("pharma-pack").unwrap();
    assert!(Template::parse(good).is_ok());
    for text in [
        "",
        "\u{0}",
        "label = 3",
        "text = 3",
        "[[label]]",
        "barcode = [1]",
        "files = 3",
    ] {
        assert!(Template::parse(text).is_err(), "{text:?}");
    }
    assert!(Template::parse(&"#".repeat(TEXT_MAX_LEN + 1)).is_err());
    for value in [
        "{gtin",
        "gtin}",
        "",
        "{}",
        "{lot:YYMM}",
        "{expiry:DD}",
        "{expiry:}",
        "{word:x}",
        "{ai91}",
    ] {
        let text = good.replace("\"SN\"", &format!("\"{value}\""));
        assert_eq!(lines(&text).len(), 1, "{value}");
    }
    let without = good.replace("\"01\", ", "");
    assert!(said(Template::parse(&without).unwrap_err())[0].contains("GTIN"));
    let bars = good.replace(
        "kind = \"gs1-datamatrix\"",
        "kind = \"gs1-128\"\nheight_mm = 3\ntext_mm = 2",
    );
    assert!(said(Template::parse(&bars).unwrap_err())[0].contains("the camera reads it"));
    let container = container_text("case").unwrap();
    assert!(said(Template::parse(container).unwrap_err())[0].contains("for = \"pack\""));
}

#[test]
fn elements_that_cannot_stand_on_one_container_are_refused() {
    let good = container_text("pallet").expect("built in");
    assert!(ContainerTemplate::parse(good).is_ok());
    let cases = [
        // (37) without (02), and the content of a trade item that is known by itself.
        (
            "[\"02\", \"17\", \"37\"]",
            "[\"37\"]",
            "cannot stand on one label",
        ),
        ("[\"00\"]", "[\"01\", \"21\"]", "cannot stand on one label"),
        ("[\"00\"]", "[\"00\", \"01\"]", "not by both"),
        ("[\"00\"]", "[\"17\"]", "which container it is"),
        ("[\"10\"]", "[]", "at least one element"),
        ("[\"10\"]", "[\"10\", \"10\"]", "twice"),
        ("[\"10\"]", "[\"11\"]", "no AI of a container's label"),
        ("[\"10\"]", "\"10\"", "a list of AIs"),
        ("\"{level}\"", "\"{batch}\"", "not a field"),
        (
            "kind = \"gs1-128\"",
            "kind = \"qr\"",
            "The kinds of bar codes",
        ),
        ("height_mm = 34.0\n", "", "\"height_mm\" is missing"),
    ];
    for (old, new, wanted) in cases {
        assert!(good.contains(old), "{old}");
        let said = said(ContainerTemplate::parse(&good.replace(old, new)).unwrap_err());
        assert!(
            said.iter().any(|text| text.contains(wanted)),
            "{new}: {said:?}"
        );
    }
    let bare = "name = \"x\"\nfor = \"container\"\n[label]\nwidth_mm = 1.0\nheight_mm = 1.0\n";
    assert!(said(ContainerTemplate::parse(bare).unwrap_err())[0].contains("[[barcode]]"));
}

#[test]
fn words_stand_in_the_language_that_is_asked_for() {
    let good = built_in_text("pharma-pack").unwrap();
    let text = good
        .replace("[label]", "language = \"en\"\n\n[label]")
        .replace("\"LOT {lot}\"", "\"{word:lot} {lot}\"")
        + "\n[words]\nlot = { en = \"LOT\", de = \"Ch.-B.\" }\n";
    let last = |template: Template| template.texts.last().unwrap().parts[0].clone();
    let word = |text: &str| TextPart::Constant(text.to_owned());
    assert_eq!(last(Template::parse(&text).unwrap()), word("LOT"));
    assert_eq!(
        last(Template::parse_in(&text, "de").unwrap()),
        word("Ch.-B.")
    );
    for (text, language) in [(text.as_str(), "fr"), (good, "de")] {
        assert!(Template::parse_in(text, language).is_err(), "{language}");
    }
    let unused = text.replace("{word:lot}", "LOT");
    assert!(said(Template::parse(&unused).unwrap_err())[0].contains("No text uses"));
    let unknown = text.replace("language = \"en\"\n", "");
    assert!(said(Template::parse(&unknown).unwrap_err())[0].contains("need a language"));
}

/// One pixel of ink.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::GrayImage::from_pixel(1, 1, image::Luma([0]));
    let written = picture.write_to(&mut bytes, image::ImageFormat::Png);
    written.unwrap();
    bytes.into_inner()
}

#[test]
fn a_template_with_its_files_is_one_text() {
    let good = built_in_text("pharma-pack").unwrap();
    let picture = "\n[[picture]]\nat_mm = [1, 15]\nsize_mm = [2, 0.5]\nfile = \"logo.png\"\n";
    let text = format!("{good}{picture}");
    let [wanted] = &files_wanted(&text)[..] else {
        panic!("one file")
    };
    assert_eq!((wanted.name.as_str(), wanted.check()), ("logo.png", Ok(())));
    assert!(said(Template::parse(&text).unwrap_err())[0].contains("not there"));
    let whole = with_files(&text, &[("logo.png".to_owned(), png())]).unwrap();
    assert_eq!(files_wanted(&whole), []);
    let template = Template::parse(&whole).unwrap();
    let pack = template.sample();
    let dots = template.drawn(&pack, 8).unwrap();
    assert!(dots.is_black(8, 120) && dots.is_black(23, 123) && !dots.is_black(24, 120));
    assert_ne!(template.hash(), hash_of(&text));
    for wrong in ["../logo.png", "a/b", ".x", ""] {
        let files = [(wrong.to_owned(), png())];
        assert!(with_files(&text, &files).is_err(), "{wrong:?}");
    }
    let garbage = with_files(&text, &[("logo.png".to_owned(), b"GIF89a".to_vec())]).unwrap();
    assert!(said(Template::parse(&garbage).unwrap_err())[0].contains("no PNG"));
}

#[test]
fn a_printers_own_file_gets_values_for_its_fields() {
    let file = "^XA^FO8,8^BXN,4,200,,,,_,1^FN1^FS^FO90,8^A0N,20,20^FN2^FS^XZ";
    let text = "name = \"x\"\nfor = \"pack\"\n[label]\nwidth_mm = 32\nheight_mm = 16\n\
        [[barcode]]\nkind = \"gs1-datamatrix\"\nmodule_mm = 0.5\nelements = [\"01\", \"21\"]\n\
        [native]\nlanguage = \"zpl\"\nfile = \"label.zpl\"\n\
        [[native.field]]\nnumber = 1\nbarcode = 1\n\
        [[native.field]]\nnumber = 2\nvalue = \"SN {serial}\"\n";
    let files = [("label.zpl".to_owned(), file.as_bytes().to_vec())];
    let text = with_files(text, &files).unwrap();
    let template = Template::parse(&text).unwrap();
    let pack = template.sample();
    let errors = template.lint(8).unwrap();
    assert_eq!(errors, [], "{errors:?}");
    use vidimus_drivers::printer::format::{Artwork, JobContent};
    let JobContent::Fields { numbered, .. } = template.fields(&pack).unwrap() else {
        panic!("fields");
    };
    let symbol = "010952123454321321W3KTQAJMQTX4".to_owned();
    assert_eq!(numbered, [(1, symbol), (2, "SN W3KTQAJMQTX4".to_owned())]);
    let format = template.format(&pack, 8).unwrap();
    assert_eq!(format.artwork, Artwork::Native(file.to_owned()));
    assert!(
        template.text_standard(&pack, 8, None).is_err(),
        "text that cannot be checked is not sound"
    );
    assert!(
        template.drawn(&pack, 8).is_err(),
        "only its printer can draw it"
    );
    for (old, new) in [
        ("number = 2", "number = 1"),
        ("barcode = 1\n", "barcode = 2\n"),
        ("\"zpl\"", "\"klingon\""),
        ("value = \"SN {serial}\"", ""),
        (
            "[native]",
            "[[text]]\nat_mm = [1, 1]\nheight_mm = 2\nvalue = \"x\"\n[native]",
        ),
    ] {
        assert_eq!(lines(&text.replace(old, new)).len(), 1, "{new}");
    }
    let all = |replaced: &str| {
        let files = [("label.zpl".to_owned(), replaced.as_bytes().to_vec())];
        let bare = text.split("\n[files]").next().unwrap();
        let template = Template::parse(&with_files(bare, &files).unwrap()).unwrap();
        let found = template.lint(8).unwrap();
        found.into_iter().map(|one| one.text).collect::<Vec<_>>()
    };
    for (old, new, wanted) in [
        ("^FN2", "^FN3", "gets no value"),
        ("^FN2", "^FDx", "no ^FN2"),
        ("^XZ", "^SN1,1,Y^XZ", "count by itself"),
        ("^XZ", "^PQ3^XZ", "3 labels at once"),
        (",,,,_,1", "", "escape character"),
        ("4,200", "4", "quality 200"),
        ("^XA", "", "does not begin with"),
    ] {
        let found = all(&file.replace(old, new));
        assert!(
            found.iter().any(|text| text.contains(wanted)),
            "{new}: {found:?}"
        );
    }
}

proptest::proptest! {
    /// No text makes the reader panic, whatever stands in it.
    #[test]
    fn no_text_panics(cut in 0usize..2_000, garbage in "[\\[\\]={}\"a-z0-9.\\n:é-]{0,40}") {
        let good = built_in_text("pharma-pack").unwrap();
        let cut = good.len().min(cut);
        let text = format!("{}{garbage}{}", &good[..cut], &good[cut..]);
        let _ = (Template::parse(&text), ContainerTemplate::parse(&text), files_wanted(&text));
    }
}
