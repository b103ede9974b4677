//! Tests of what is found wrong with templates. PURE.

use super::*;
use crate::gs1::Element;
use crate::label::{
    built_in, built_in_names, built_in_text, container_names, container_template, container_text,
};
use vidimus_drivers::printer::language;

fn errors(template: &Template, dpmm: u16) -> Vec<String> {
    let findings = template.lint(dpmm).unwrap();
    findings
        .into_iter()
        .map(|finding| finding.to_string())
        .collect()
}

#[test]
fn the_built_in_templates_are_clean_at_the_usual_resolutions() {
    let zpl = language("zpl").unwrap().speech();
    for name in built_in_names() {
        let template = built_in(name).unwrap();
        for dpmm in [8, 12, 24] {
            assert_eq!(errors(&template, dpmm), [""; 0], "{name} at {dpmm} dots/mm");
            let said = template.lint_language(&zpl, &template.sample(), dpmm);
            assert_eq!(said, [], "{name} at {dpmm}");
        }
        assert!(template.lint(0).is_err());
        assert!(template.lint(1000).is_err());
    }
    for name in container_names() {
        let template = container_template(name).expect("built in");
        for dpmm in [8, 12] {
            let found = template.lint(dpmm).expect("it can be laid out");
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, [""; 0], "{name} at {dpmm}");
        }
        let said = template.lint_language(&zpl, &template.sample(), 24);
        assert!(said[0].text.contains("1 to 10 dots"), "{name}: {said:?}");
    }
}

#[test]
fn each_fault_is_found() {
    let good = built_in_text("pharma-pack").unwrap();
    let cases = [
        ("module_mm = 0.5", "module_mm = 0.45", "whole dots"),
        ("module_mm = 0.5", "module_mm = 0.1", "soundly"),
        ("module_mm = 0.5", "module_mm = 0.6", "overlaps"),
        ("module_mm = 0.5", "module_mm = 1.0", "GS1, for medicines"),
        ("at_mm = [1.0, 1.0]", "at_mm = [0.2, 1.0]", "quiet zone"),
        ("at_mm = [16.0, 7.8]", "at_mm = [16.0, 15.8]", "lower edge"),
        ("at_mm = [16.0, 7.8]", "at_mm = [25.0, 7.8]", "right edge"),
        ("\"EXP {expiry}\"", "\"EXP {serial}\"", "no text shows it"),
        ("\"EXP {expiry}\"", "\"{expiry:DD/MM/YY}\"", "another one"),
        ("\"EXP {expiry}\"", "\"(10){expiry}\"", "whose AI is (17)"),
        ("\"EXP {expiry}\"", "\"EXP 271231\"", "a field meant"),
        (
            "\"EXP {expiry}\"",
            "\"到期 {expiry}\"",
            "'到', and our own font, DejaVu Sans Mono Bold, has no letter",
        ),
        (
            "\"EXP {expiry}\"",
            "\"תוקף\"",
            "'ת' of the Hebrew script, and our own font",
        ),
        ("\"EXP {expiry}\"", "\"تاريخ\"", "right to left"),
        (
            "lot = 13",
            "lot = 14",
            "With a serial of 12 and a lot of 14",
        ),
        ("height_mm = 1.5", "height_mm = 0.9", "hard to read"),
        (
            "[[text]]",
            "[[line]]\nat_mm = [0.5, 3.0]\nlength_mm = 20\nthickness_mm = 0.3\n[[text]]",
            "overlaps a line",
        ),
    ];
    for (old, new, wanted) in cases {
        assert!(good.contains(old), "{old}");
        let template = Template::parse(&good.replacen(old, new, 1)).unwrap();
        let found = errors(&template, 12);
        assert!(
            found.iter().any(|text| text.contains(wanted)),
            "{new}: {found:?}"
        );
    }
    let mut pack = PackData::sample();
    pack.expiry = "271200".parse().unwrap();
    let form = good.replace("\"EXP {expiry}\"", "\"EXP {expiry:DD/MM/YYYY}\"");
    let found = Template::parse(&form).unwrap().lint_with(&pack, 8).unwrap();
    assert!(found[0].text.contains("has no day"), "{found:?}");
}

#[test]
fn a_market_says_what_it_lacks() {
    let good = built_in_text("pharma-pack").unwrap();
    let european = good.replace("[label]", "market = \"eu-fmd\"\n\n[label]");
    let found = |text: &str| errors(&Template::parse(text).unwrap(), 12);
    let dates = found(&european);
    assert_eq!(dates.len(), 1, "{dates:?}");
    assert!(dates[0].contains("{expiry:MM/YYYY}"), "{dates:?}");
    let right = european.replace("{expiry}", "{expiry:MM/YYYY}");
    assert_eq!(found(&right), [""; 0]);
    for (old, new, wanted) in [
        ("\"SN\"", "\"No\"", "No SN stands in front of serial"),
        ("\"LOT {lot}\"", "\"LOT\"", "must be able to read lot"),
        ("\"17\", \"10\"", "\"17\"", "lacks (10)"),
        ("module_mm = 0.5", "module_mm = 0.25", "outside 0.254"),
    ] {
        let found = found(&right.replace(old, new));
        assert!(
            found.iter().any(|text| text.contains(wanted)),
            "{new}: {found:?}"
        );
    }
}

#[test]
fn each_fault_of_a_logistic_bar_code_is_found() {
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
