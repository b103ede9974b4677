//! Lists written in every form are read as one and the same; each mistake is refused with its line.

use super::*;
use crate::gs1::{Element, epc_urn};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

const GTIN: &str = "09521234543213";
const OTHER: &str = "09506000134352";

fn all(text: &str, gtin: Option<&str>) -> Result<Vec<NumberList>, ListError> {
    let gtin = gtin.map(|gtin| gtin.parse().unwrap());
    read(&mut text.as_bytes(), gtin)
}

fn refusals(text: &str, gtin: Option<&str>) -> Refusals {
    match all(text, gtin) {
        Err(ListError::Refused(refusals)) => refusals,
        other => panic!("refused, not {other:?}"),
    }
}

/// How a list is written.
#[derive(Debug, Clone)]
struct Hand {
    separator: char,
    line_end: &'static str,
    bom: bool,
    quotes: bool,
    blank_lines: bool,
}

fn hand() -> impl Strategy<Value = Hand> {
    let separator = prop_oneof![Just(','), Just(';'), Just('\t')];
    let end = prop_oneof![Just("\n"), Just("\r\n")];
    (separator, end, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(separator, line_end, bom, quotes, blank_lines)| Hand {
            separator,
            line_end,
            bom,
            quotes,
            blank_lines,
        },
    )
}

impl Hand {
    fn field(&self, value: &str) -> String {
        let must = value.contains('"') || value.contains(self.separator);
        match must || self.quotes {
            true => format!("\"{}\"", value.replace('"', "\"\"")),
            false => value.to_owned(),
        }
    }

    fn write(&self, rows: &[Vec<&str>]) -> String {
        let mut text = String::from(if self.bom { "\u{feff}" } else { "" });
        for row in rows {
            let fields: Vec<String> = row.iter().map(|value| self.field(value)).collect();
            text += &fields.join(&self.separator.to_string());
            text += self.line_end;
            if self.blank_lines {
                text += self.line_end;
            }
        }
        text
    }
}

fn serials() -> impl Strategy<Value = Vec<String>> {
    // Every character of GS1's set 82.
    let texts = btree_set("[!-\"%-?A-Z_a-z]{1,20}", 1..40);
    let texts = texts.prop_map(|texts| texts.into_iter().collect::<Vec<String>>());
    texts.prop_shuffle()
}

proptest! {
    /// However it is written, in whatever order, it is the same list; and what is read is what was written, in order.
    #[test]
    fn one_list_in_every_form(texts in serials(), order in any::<prop::sample::Index>(), hand in hand()) {
        let expected: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut rows = vec![vec!["Serial", "gtin"]];
        rows.extend(expected.iter().map(|text| vec![*text, GTIN]));
        let csv = all(&hand.write(&rows), None).unwrap();
        let [list] = &csv[..] else { panic!("one product") };
        prop_assert_eq!(list.iter().map(|one| one.text).collect::<Vec<_>>(), expected.clone());
        let hash = list.content();

        let mut turned = expected.clone();
        turned.rotate_left(order.index(expected.len()));
        let urn = |text: &&str| {
            let elements = [Element::new("01", GTIN), Element::new("21", *text)];
            epc_urn(&elements[..], 7).unwrap()
        };
        let urns: Vec<String> = turned.iter().map(urn).collect();
        let urns = all(&urns.join("\n"), Some(GTIN)).unwrap();
        prop_assert_eq!(urns[0].content(), hash);

        let mut column = vec![vec!["serial"]];
        column.extend(turned.iter().map(|text| vec![*text]));
        // With one column nobody can tell what separates them: what could, stands in quotes.
        let quoting = Hand { separator: ',', quotes: true, ..hand.clone() };
        let column = all(&quoting.write(&column), Some(GTIN)).unwrap();
        prop_assert_eq!(column[0].content(), hash);

        // One number fewer, of another product or with a part is another list.
        if expected.len() > 1 {
            let fewer = all(&hand.write(&rows[..expected.len()]), None).unwrap();
            prop_assert_ne!(fewer[0].content(), hash);
        }
        let mut tails = vec![vec!["serial", "ai91", "ai92"]];
        tails.extend(expected.iter().map(|text| vec![*text, "EE06", "x/9="]));
        let tails = all(&hand.write(&tails), Some(GTIN)).unwrap();
        prop_assert_ne!(tails[0].content(), hash);
        prop_assert_eq!(tails[0].longest().tail, [4, 4, 0]);
        let other = all(&hand.write(&rows).replace(GTIN, OTHER), None).unwrap();
        prop_assert_ne!(other[0].content(), hash);
    }

    /// Whatever comes, it is read or refused; never more is told in words than the limit, in the order of lines.
    #[test]
    fn noise_is_refused(lines in vec("[ -~\\t\u{e9}\"]{0,40}", 0..60), head in any::<bool>()) {
        let text = format!("{}{}", if head { "serial\n" } else { "" }, lines.join("\n"));
        if let Err(ListError::Refused(refusals)) = all(&text, Some(GTIN)) {
            prop_assert!(refusals.first().len() <= REASONS_MAX);
            prop_assert!(refusals.first().is_sorted_by_key(|(line, _)| *line));
            prop_assert!(refusals.count() >= refusals.first().len() as u64);
        }
    }
}

#[test]
fn each_mistake_is_named_with_its_line() {
    let cases = [
        ("A1\nB2\n", "must name the columns"),
        (
            "serial\nA1\nA1\n",
            "line 3: The number A1 stands on line 2 already.",
        ),
        (
            "serial\nA 1\n",
            "line 2: The serial has the character \" \"",
        ),
        ("serial\nA\u{e9}\n", "character set 82"),
        (
            "serial\nABCDEFGHIJKLMNOPQRSTU\n",
            "21 characters, 20 are the most",
        ),
        ("serial;gtin\nA1;09521234543214\n", "check digit"),
        (
            "serial,gtin\nA1,09506000134352\n",
            "Its GTIN is 09506000134352",
        ),
        ("serial,gtin\nA1\n", "1 columns, the first line names 2"),
        ("serial\nA,B\n", "2 columns, the first line names 1"),
        ("serial\nA;B\n", "2 columns, the first line names 1"),
        ("serial\n\"A,B\n", "never closed"),
        ("serial\nA\"B\n", "A quote stands inside"),
        ("serial\n\"A\"B\n", "behind a closing quote"),
        ("serial,ai92\nA1,\n", "The part for (92) is empty"),
        ("serial,serial\nA1,A2\n", "stands there twice"),
        ("serial,colour\nA1,red\n", "no column \"colour\""),
        ("gtin\n09521234543213\n", "no column \"serial\""),
        ("serial\n", "There is no number"),
        ("", "There is no number"),
        ("urn:epc:id:sgtin:9521234.054321.A1\nB2\n", "line 2: "),
        (
            "urn:epc:id:sscc:9521234.0543210000\n",
            "no urn:epc:id:sgtin",
        ),
    ];
    for (text, wanted) in cases {
        let said = refusals(text, Some(GTIN)).to_string();
        assert!(said.contains(wanted), "{text:?}: {said}");
    }
    let said = refusals("serial\nA1\n", None).to_string();
    assert!(said.contains("say --gtin"), "{said}");
}

#[test]
fn a_million_bad_rows_are_counted_and_the_first_twenty_told() {
    let mut text = "serial\n".to_owned();
    for _ in 0..1_000_000 {
        text += "bad serial\n";
    }
    let refusals = refusals(&text, Some(GTIN));
    assert_eq!(refusals.count(), 1_000_000);
    assert_eq!(refusals.first().len(), REASONS_MAX);
    assert_eq!(refusals.first()[0].0, 2);
    assert!(refusals.to_string().ends_with("and 999980 more\n"));
}

#[test]
fn a_list_with_a_row_too_many_is_refused() {
    let text = "serial\nA1\n\nA2\nA3\n";
    let up_to = |rows| read_up_to(rows, &mut text.as_bytes(), Some(GTIN.parse().unwrap()));
    assert_eq!(up_to(3).unwrap()[0].len(), 3);
    let Err(ListError::Refused(refusals)) = up_to(2) else {
        panic!("a row too many")
    };
    let said = refusals.to_string();
    assert!(said.contains("line 5: A list has 2 rows"), "{said}");
}

#[test]
fn what_never_ends_is_given_up() {
    struct Endless(&'static [u8]);
    impl std::io::Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            for (byte, from) in into.iter_mut().zip(self.0.iter().cycle()) {
                *byte = *from;
            }
            Ok(into.len())
        }
    }
    let mut long = std::io::BufReader::new(Endless(b"A"));
    let said = read(&mut long, None);
    assert!(
        matches!(said, Err(ListError::Refused(refusals)) if refusals.to_string().contains("longer than 1024"))
    );
    let binary = read(&mut &b"serial\n\xff\xfe\n"[..], None);
    assert!(
        matches!(binary, Err(ListError::Refused(refusals)) if refusals.to_string().contains("UTF-8"))
    );
}
