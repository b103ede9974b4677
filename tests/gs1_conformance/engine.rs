//! The unit tests of GS1's reference engine: forms in and out, one rule at a time, the dictionary's grammar.

use super::{Tally, Vector, material, unescape, vectors};
use vidimus::gs1::{
    AiEntry, CharacterSet, Dictionary, Element, Elements, Form, Gs1Code, Gs1Error, LinkStyle,
    Options, Parser, RESOLVER, Symbology, UriPart, bracketed, digital_link, escape_uri,
    human_readable, human_readable_with_titles, raw, scan_data_of, unescape_uri,
};

const PLAIN: &str = "plain data for a bar code; here forms are written from elements";

/// The options a row names. Five rows about names of AIs in addresses differ from the one before them by nothing but an
/// option that did not get into the file.
fn parser(row: &Vector) -> Parser<'static> {
    const NAMES: [&str; 5] = ["490", "491", "492", "493", "494"];
    Parser::new(Dictionary::built_in()).with(Options {
        associations: !row.has("no_assoc") && row.kind != "dl_generate",
        requisites: !row.has("no_requisites"),
        unknown_ais: row.has("permit_unknown_ais"),
        unknown_attributes: row.has("allow_unknown_dl_attr"),
        zero_suppressed_gtins: row.has("permit_zero_suppressed_gtin"),
        names: NAMES.contains(&row.id),
    })
}

/// How the verdict differs, or an accepted output.
fn judged<T>(
    row: &Vector,
    answer: Result<T, Gs1Error>,
    right: impl Fn(T) -> Option<String>,
) -> Option<String> {
    match (answer, row.ok) {
        (Ok(answer), true) => right(answer),
        (Ok(_), false) => Some(format!("accepted, but {}", row.reason)),
        (Err(error), true) => Some(format!("refused: {error}")),
        (Err(error), false) => {
            let marked = error.marked.as_deref().unwrap_or("");
            let wanted = &*row.output_text();
            (wanted.starts_with('(') && marked != wanted)
                .then(|| format!("marked {marked}, wanted {wanted}"))
        }
    }
}

fn same(ours: &str, wanted: &str) -> Option<String> {
    (ours != wanted).then(|| format!("gave {ours}, wanted {wanted}"))
}

/// The problem of a row, if there is one, and why it may be.
fn run(row: &Vector) -> Option<(Option<String>, Option<&'static str>)> {
    let parser = parser(row);
    let wanted = &*row.output_text();
    Some(match row.kind {
        "ai_bracketed" => (
            judged(row, parser.bracketed(row.text()), |got| {
                same(&raw(&got), wanted)
            }),
            None,
        ),
        "ai_raw" => (
            judged(row, parser.raw(row.text()), |got| {
                same(&bracketed(&got), wanted)
            }),
            None,
        ),
        "scan_parse" => (
            judged(row, parser.any(row.text()), |got| scanned(row, got)),
            None,
        ),
        "scan_generate" => scan_generate(row, parser),
        "dl_parse" => (
            judged(row, parser.digital_link(row.text()), |got| {
                same(&raw(&got), wanted)
            }),
            None,
        ),
        "dl_generate" => (dl_generate(row, parser), None),
        "dl_path_seq" => (path_sequence(row), None),
        "uri_escape" => (same(&escape_uri(row.text(), part(row)), wanted), None),
        "uri_unescape" => {
            let got = unescape_uri(row.text(), part(row));
            ((got != row.output).then(|| format!("gave {got:?}")), None)
        }
        "dict_entry" => dictionary_entry(row),
        kind if kind.starts_with("assoc:") => (association(row, parser), None),
        kind if kind.starts_with("api_set") => whole_engine(row, parser),
        _ => return None,
    })
}

fn part(row: &Vector) -> UriPart {
    match row.options {
        "path" => UriPart::Path,
        "query" => UriPart::Query,
        other => panic!("{other} is no part of an address"),
    }
}

fn scanned(row: &Vector, (form, elements): (Form, Elements)) -> Option<String> {
    let wanted = &*row.output_text();
    let is_link = wanted
        .get(..8)
        .is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    match (form, wanted.bytes().next()) {
        (Form::Scan, Some(b'^')) => same(&raw(&elements), wanted),
        // The engine keeps the digits of a GTIN as they came.
        (Form::Scan, Some(b'0'..=b'9')) => {
            let (digits, composite) = wanted.split_once('|').unwrap_or((wanted, ""));
            let bar = if composite.is_empty() { "" } else { "|" };
            same(
                &raw(&elements),
                &format!("^01{digits:0>14}{bar}{composite}"),
            )
        }
        (Form::Scan, _) if is_link => same(&row.text()[3..], wanted),
        // In the engine's own notation a plain "^" is escaped.
        (Form::Plain, _) => {
            let plain = row.text()[3..].to_owned();
            same(
                &plain
                    .replace("\\^", "\\\\^")
                    .replace('^', "\\^")
                    .replace("\\\\\\^", "\\\\^"),
                wanted,
            )
        }
        other => Some(format!("{other:?}")),
    }
}

fn scan_generate(row: &Vector, parser: Parser) -> (Option<String>, Option<&'static str>) {
    if !row.text().starts_with('^') {
        return (None, Some(PLAIN));
    }
    let symbology = match row.option("sym").expect("a symbol") {
        "QR" => Symbology::Qr,
        "DM" => Symbology::DataMatrix,
        "DotCode" => Symbology::DotCode,
        "DataBarExpanded" | "DataBarOmni" | "DataBarLimited" => Symbology::DataBar,
        "GS1_128_CCA" | "GS1_128_CCC" => Symbology::Gs1128,
        "UPCA" | "UPCE" | "EAN13" => Symbology::Ean13,
        "EAN8" => Symbology::Ean8,
        other => panic!("no such symbol: {other}"),
    };
    let problem = judged(row, parser.raw(row.text()), |elements| {
        let scan = scan_data_of(symbology, &elements, Dictionary::built_in());
        same(scan.as_deref().unwrap_or("nothing"), &row.output_text())
    });
    (problem, None)
}

fn dl_generate(row: &Vector, parser: Parser) -> Option<String> {
    let style = LinkStyle {
        stem: match row.option("stem").expect("a stem") {
            "(default)" => RESOLVER,
            stem => stem,
        },
        unknown_attributes: row.has("allow_unknown_dl_attr"),
    };
    let elements = parser.bracketed(row.text());
    let address =
        elements.and_then(|elements| digital_link(&elements, Dictionary::built_in(), &style));
    judged(row, address, |address| same(&address, &row.output_text()))
}

/// A key and qualifiers, all of which go into the path in this order, however they came.
fn path_sequence(row: &Vector) -> Option<String> {
    let mut elements: Vec<Element> = row
        .text()
        .split(' ')
        .map(|ai| Element::new(ai, "1"))
        .collect();
    let wanted: String = elements
        .iter()
        .map(|one| format!("/{}/1", one.ai))
        .collect();
    elements[1..].reverse();
    let address = digital_link(&elements, Dictionary::built_in(), &LinkStyle::default());
    judged(row, address, |address| {
        same(&address, &format!("{RESOLVER}{wanted}"))
    })
}

fn association(row: &Vector, parser: Parser) -> Option<String> {
    let code = match row.reason {
        "INVALID_AI_PAIRS" => Gs1Code::ExcludedElement,
        "INSTANCES_OF_AI_HAVE_DIFFERENT_VALUES" => Gs1Code::RepeatedElement,
        "REQUIRED_AIS_NOT_SATISFIED" | "SERIAL_NOT_PRESENT" => Gs1Code::MissingElement,
        "" => Gs1Code::Empty,
        other => panic!("no such reason: {other}"),
    };
    match (parser.bracketed(row.text()), row.ok) {
        (Ok(_), true) => None,
        (Err(error), false) if error.code == code => None,
        (answer, _) => Some(format!("{answer:?}, wanted {}", row.reason)),
    }
}

/// A text given to the engine as a whole; `data= ai= hri=` is what it then says.
fn whole_engine(row: &Vector, parser: Parser) -> (Option<String>, Option<&'static str>) {
    let said = &*row.output_text();
    if row.ok && !said.contains(" ai=(") {
        return (None, Some(PLAIN));
    }
    let wanted = |name: &str| {
        said.split_once(name)
            .map_or("", |(_, rest)| rest.split(" ai=").next().unwrap_or(""))
    };
    let hri = wanted(" hri=");
    let problem = judged(row, parser.any(row.text()), |(_, elements)| {
        let lines = match hri.starts_with('(') {
            true => human_readable(&elements),
            false => human_readable_with_titles(&elements, Dictionary::built_in()),
        };
        let ai = said
            .split_once(" ai=")
            .map_or("", |(_, rest)| rest.split(" hri=").next().unwrap_or(""));
        same(&bracketed(&elements), ai).or_else(|| same(&lines.join("|"), hri))
    });
    (problem, None)
}

/// A line of a dictionary, and how its entries are understood.
fn dictionary_entry(row: &Vector) -> (Option<String>, Option<&'static str>) {
    let exception = match row.reason {
        "NUMBER_OF_AI_COMPONENTS_EXCEEDS_IMPL"
        | "NUMBER_OF_LINTERS_EXCEEDS_IMPL_LIMIT"
        | "ATTRIBUTES_TOO_LONG"
        | "ENTRY_TOO_LONG" => Some("a limit of the engine's tables"),
        "TITLE_CONTAINS_ILLEGAL_CHARACTERS" => {
            Some("a title may hold any sign here: nothing is made of it")
        }
        _ if row.text().starts_with("23  *") => {
            Some("a length that varies is not defined in advance, whatever the AI")
        }
        _ => None,
    };
    // A dictionary has one entry at least: one that no row has is added.
    let text = format!("{}\n99 X..90", row.text().replace("91-99", "91-98"));
    let said = row.output_text();
    let wanted: Vec<&str> = said
        .split(';')
        .filter(|entry| !entry.starts_with("99 "))
        .collect();
    let problem = match (Dictionary::parse(&text), row.ok) {
        (Err(_), false) => None,
        (Ok(dictionary), true) => {
            let entries = dictionary
                .entries()
                .filter(|entry| entry.ai.as_str() != "99");
            let ours: Vec<String> = entries.map(shown).collect();
            same(&ours.join(";"), &wanted.join(";"))
        }
        (answer, _) => Some(format!("{:?}, wanted {}", answer.map(|_| ()), row.reason)),
    };
    (problem, exception)
}

/// An entry in the words of the vectors.
fn shown(entry: &AiEntry) -> String {
    let yes = |yes: bool| if yes { "y" } else { "n" };
    let parts: Vec<String> = entry
        .components
        .iter()
        .map(|part| {
            let set = match part.set {
                CharacterSet::Digits => "N",
                CharacterSet::Set82 => "X",
                CharacterSet::Set39 => "Y",
                CharacterSet::Base64Url => "Z",
            };
            let optional = if part.optional { "?" } else { "" };
            format!("{set}{}..{}{optional}", part.min, part.max)
        })
        .collect();
    let joined = |texts: Vec<String>, sign: &str| texts.join(sign);
    let mut attributes: Vec<String> = Vec::new();
    for rule in &entry.required {
        let all = |all: &Vec<_>| joined(all.iter().map(ToString::to_string).collect(), "+");
        attributes.push(format!(
            "req={}",
            joined(rule.iter().map(all).collect(), ",")
        ));
    }
    if !entry.excluded.is_empty() {
        attributes.push(format!(
            "ex={}",
            joined(
                entry.excluded.iter().map(ToString::to_string).collect(),
                ","
            )
        ));
    }
    if let Some(sequences) = &entry.link_key {
        let sequence = |one: &Vec<_>| joined(one.iter().map(ToString::to_string).collect(), ",");
        let sequences = joined(sequences.iter().map(sequence).collect(), "|");
        attributes.push(match sequences.as_str() {
            "" => "dlpkey".to_owned(),
            some => format!("dlpkey={some}"),
        });
    }
    format!(
        "{} fnc1={} dlattr={} parts={} attrs=[{}] title=[{}]",
        entry.ai,
        yes(!entry.predefined),
        yes(entry.link_attribute),
        parts.join("+"),
        attributes.join(" "),
        entry.title
    )
}

#[test]
fn agrees_with_the_engines_public_unit_tests() {
    let Some(text) = material("vectors.tsv") else {
        return;
    };
    assert_eq!(unescape("\\x5C"), b"\\");
    let mut tally = Tally::default();
    for row in vectors(&text) {
        if let Some((problem, exception)) = run(&row) {
            let input = row.input.escape_ascii();
            let problem = problem.map(|problem| format!("{input} [{}]: {problem}", row.options));
            tally.row(row.kind, row.id, problem, exception);
        }
    }
    tally.finish("engine", 750, 39);
}
