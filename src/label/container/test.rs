//! Tests of the labels of containers. PURE.

use super::*;
use crate::label::Severity;

fn lines(text: &str) -> Vec<String> {
    let error = ContainerTemplate::parse(text).expect_err("it has a mistake");
    error
        .mistakes
        .into_iter()
        .map(|mistake| mistake.text)
        .collect()
}

#[test]
fn the_built_in_templates_are_clean_at_the_usual_resolutions() {
    for name in container_names() {
        let template = container_template(name).expect("built in");
        for dpmm in [8, 12] {
            let found = template.lint(dpmm).expect("it can be laid out");
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, [""; 0], "{name} at {dpmm}");
        }
        let fine = template.lint(24).expect("it can be laid out");
        let mut texts: Vec<&str> = fine.iter().map(|one| one.text.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(
            texts.len(),
            fine.len(),
            "{name}: the same is said once: {fine:?}"
        );
        assert!(
            fine.iter().any(|one| one.severity == Severity::Error),
            "{name}: ^BY ends at ten dots"
        );
    }
}

#[test]
fn elements_that_cannot_stand_on_one_label_are_refused() {
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
        let said = lines(&good.replace(old, new));
        assert!(
            said.iter().any(|text| text.contains(wanted)),
            "{new}: {said:?}"
        );
    }
    assert!(
        lines("name = \"x\"\n[label]\nwidth_mm = 1.0\nheight_mm = 1.0\n")[0]
            .contains("[[barcode]]")
    );
}

#[test]
fn each_fault_of_a_bar_code_is_found() {
    let good = container_text("pallet").expect("built in");
    let cases = [
        ("module_mm = 0.75", "module_mm = 0.375", "outside 0.495"),
        ("module_mm = 0.75", "module_mm = 1.0", "over the right edge"),
        ("height_mm = 34.0", "height_mm = 20.0", "lower than"),
        (
            "at_mm = [10.0, 160.0]",
            "at_mm = [3.0, 160.0]",
            "does not fit left",
        ),
        ("at_mm = [10.0, 160.0]", "at_mm = [10.0, 140.0]", "overlaps"),
        (
            "at_mm = [10.0, 160.0]",
            "at_mm = [10.0, 12.0]",
            "stands lowest",
        ),
        (
            "module_mm = 0.75",
            "module_mm = 0.75\nquiet_modules = 5",
            "quiet zone of 10",
        ),
    ];
    for (old, new, wanted) in cases {
        let template = ContainerTemplate::parse(&good.replace(old, new)).expect("right TOML");
        let found = template.lint(8).expect("it can be laid out");
        assert!(
            found.iter().any(|one| one.text.contains(wanted)),
            "{new}: {found:?}"
        );
    }
    // A lot of twenty letters needs more bars than the label has room for.
    let template = container_template("pallet").expect("built in");
    let mut data = template.sample();
    data.elements.retain(|element| element.ai != "10");
    data.elements
        .push(Element::new("10", "ABCDEFGHJKLMNPQRSTUV"));
    let found = template.lint_with(&data, 8).expect("it can be laid out");
    assert!(
        found.iter().any(|one| one.text.contains("right edge")),
        "{found:?}"
    );
}

#[test]
fn what_a_container_cannot_say_is_not_printed() {
    let template = container_template("pallet").expect("built in");
    assert_eq!(template.ais(), ["02", "17", "37", "10", "00"]);
    let mut data = template.sample();
    let all = template.zpl_fields(&data, 8).expect("it fits");
    assert_eq!(all[0], (1, ">;>80209521234543213172712313740".to_owned()));
    assert_eq!(all[1].1, "(02)09521234543213(17)271231(37)40");
    data.elements.retain(|element| element.ai == "00");
    let mixed = template.zpl_fields(&data, 8).expect("it fits");
    let numbers: Vec<u16> = mixed.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers[..2], [5, 6], "the SSCC's bars and the text below");
    let format = template.zpl_format(8).expect("it can be laid out");
    assert!(
        format
            .text
            .contains("^FO80,480^BY4,3,256^BCN,256,N,N,N,N^FN1^FS"),
        "{}",
        format.text
    );
}
