//! The GS1 module against answers of GS1's own reference engine and against the assertions of its
//! public unit tests.
//!
//! The vectors lie outside the repository. Where they are missing the tests say loudly what was not
//! proven.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vidimus::gs1::{
    CharacterSet, Dictionary, Element, Gs1Code, Gs1Error, Linter, Parser, bracketed, check_set,
    human_readable, scan_data_by,
};

/// A folder of the shared test material: below `$VIDIMUS_SHARED`, else below `../shared` beside the
/// workspace.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("VIDIMUS_SHARED") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    let path = root.join("data").join(folder);
    path.is_dir().then_some(path)
}

fn material(file: &str) -> Option<String> {
    let path = shared("gs1").map(|folder| folder.join(file));
    match path.filter(|path| path.is_file()) {
        Some(path) => Some(std::fs::read_to_string(path).expect("readable test material")),
        None => {
            eprintln!(
                "NOT PROVEN: {file} is not there (set VIDIMUS_SHARED); GS1 conformance was not \
                tested."
            );
            None
        }
    }
}

/// Undoes the escapes of the vector files: `\\`, `\t`, `\xNN`.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        (rest, _) = match (first, after) {
            (b'\\', [b'\\', after @ ..]) => (after, bytes.push(b'\\')),
            (b'\\', [b't', after @ ..]) => (after, bytes.push(b'\t')),
            (b'\\', [b'x', high, low, after @ ..]) => {
                let pair = [*high, *low];
                let pair = std::str::from_utf8(&pair).expect("hexadecimal digits");
                let byte = u8::from_str_radix(pair, 16).expect("hexadecimal digits");
                (after, bytes.push(byte))
            }
            _ => (after, bytes.push(*first)),
        };
    }
    bytes
}

struct Row<'t> {
    id: &'t str,
    kind: &'t str,
    input: Vec<u8>,
    ok: bool,
    reason: &'t str,
    markup: Vec<u8>,
    bracketed: String,
    human: String,
    scan: String,
}

fn rows(text: &str) -> impl Iterator<Item = Row<'_>> {
    let wanted = ["bracketed", "raw", "scan"];
    text.lines().skip(1).filter_map(move |line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[
            id,
            kind,
            input,
            expect,
            reason,
            markup,
            bracketed,
            human,
            scan,
            _,
        ] = &columns[..]
        else {
            panic!("ten columns in {line:?}");
        };
        let text = |column| String::from_utf8(unescape(column)).expect("text");
        wanted.contains(&kind).then(|| Row {
            id,
            kind,
            input: unescape(input),
            ok: expect == "ok",
            reason,
            markup: unescape(markup),
            bracketed: text(bracketed),
            human: text(human),
            scan: text(scan),
        })
    })
}

fn parse(parser: Parser, kind: &str, input: &str) -> Result<Vec<Element>, Gs1Error> {
    match kind {
        "bracketed" => parser.bracketed(input),
        "raw" => parser.raw(input),
        "scan" => parser.scan(input),
        other => panic!("no such kind: {other}"),
    }
}

/// Rules that need tables of other bodies; this program has none of them.
const LEFT_OUT: &[&str] = &[
    "NOT_ISO3166",
    "NOT_ISO4217",
    "COUPON_",
    "IBAN",
    "INVALID_PACKAGE_TYPE",
    "INCORRECT_CHECK_PAIR",
];

fn is_left_out(reason: &str) -> bool {
    LEFT_OUT.iter().any(|part| reason.contains(part))
}

/// What is wrong with our answer, if anything is.
fn disagreement(
    row: &Row,
    answer: &Result<Vec<Element>, Gs1Error>,
    dictionary: &Dictionary,
) -> Option<String> {
    match (answer, row.ok) {
        // The engine takes a plain symbol, and a raw text without FNC1 before it, as a text without
        // AIs; here both are refused as not GS1.
        (Err(error), true) if matches!(error.code, Gs1Code::NotGs1 | Gs1Code::Fnc1Expected) => {
            (!row.bracketed.is_empty()).then(|| "refused as not GS1".to_owned())
        }
        (Err(error), true) => Some(format!("refused: {error}")),
        (Ok(_), false) => Some(format!("accepted, but {}", row.reason)),
        (Err(_), false) => None,
        (Ok(elements), true) => {
            let ours = [
                bracketed(elements),
                human_readable(elements).join("|"),
                scan_data_by(elements, dictionary),
            ];
            let theirs = [&row.bracketed, &row.human, &row.scan];
            let mut pairs = ours.iter().zip(theirs);
            let (ours, theirs) = pairs.find(|(ours, theirs)| ours != theirs)?;
            // Separators that are not needed: the engine sends them on, here they are left out, so
            // only they may differ.
            let again = Parser::new(dictionary).scan(theirs);
            let same =
                theirs.len() > ours.len() && row.kind == "scan" && again.as_ref() == Ok(elements);
            (!same).then(|| format!("gave {ours:?}, wanted {theirs:?}"))
        }
    }
}

/// The engine marks the place as `(AI)before|bad|after`: ours has to lie behind `before` and at
/// `bad`.
fn points_at_the_mark(row: &Row, error: &Gs1Error) -> Option<bool> {
    let close = row.markup.iter().position(|byte| *byte == b')')?;
    let value = &row.markup[close + 1..];
    let open = value.iter().position(|byte| *byte == b'|')?;
    let (before, bad) = (&value[..open], &value[open + 1..]);
    let (left, right) = row.input.split_at(error.position.min(row.input.len()));
    let bad = &bad[..bad.len().min(1)];
    Some(left.ends_with(before) && (bad == b"|" || right.starts_with(bad)))
}

#[test]
fn agrees_with_the_reference_engine() {
    let Some(vectors) = material("vectors_oracle.tsv") else {
        return;
    };
    let Some(text) = material("gs1-syntax-dictionary-2026-01-27.txt") else {
        return;
    };
    let dictionary = Dictionary::parse(&text).expect("GS1's own dictionary is read");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let (mut marks, mut marked) = (0, 0);
    for row in rows(&vectors) {
        let mut count =
            |what: &str| *counts.entry(format!("{} {what}", row.kind)).or_default() += 1;
        let Ok(input) = std::str::from_utf8(&row.input) else {
            // The functions take text; the command refuses such a line before it parses it.
            count("not UTF-8");
            assert!(
                !row.ok,
                "row {}: bytes that are no text were accepted",
                row.id
            );
            continue;
        };
        let answer = parse(Parser::new(&dictionary), row.kind, input);
        match disagreement(&row, &answer, &dictionary) {
            None => count("agree"),
            Some(_) if is_left_out(row.reason) => count("rule left out"),
            Some(what) => wrong.push(format!("row {} {input:?}: {what}", row.id)),
        }
        if let Err(error) = &answer
            && let Some(right) = points_at_the_mark(&row, error)
        {
            marked += 1;
            marks += usize::from(right);
            if !right && !is_left_out(row.reason) {
                let mark = String::from_utf8_lossy(&row.markup);
                wrong.push(format!(
                    "row {} {input:?}: at {}, marked {mark}",
                    row.id, error.position
                ));
            }
        }
    }
    println!(
        "reference engine, GS1's dictionary: {counts:?}; {marks} of {marked} marked places met"
    );
    assert!(
        wrong.is_empty(),
        "{} rows differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(marked > 900, "the vectors are there");
}

/// By our own table: whatever it accepts the engine accepts with the same output, and it refuses
/// more only for an AI it does not carry.
#[test]
fn the_built_in_table_agrees_for_the_ais_it_carries() {
    let Some(vectors) = material("vectors_oracle.tsv") else {
        return;
    };
    let dictionary = Dictionary::built_in();
    let (mut agree, mut unknown) = (0, 0);
    let mut wrong = Vec::new();
    for row in rows(&vectors) {
        let Ok(input) = std::str::from_utf8(&row.input) else {
            continue;
        };
        let answer = parse(Parser::new(dictionary), row.kind, input);
        let not_carried = matches!(&answer, Err(error) if error.code == Gs1Code::UnknownAi);
        match disagreement(&row, &answer, dictionary) {
            None => agree += 1,
            Some(_) if not_carried => unknown += 1,
            Some(what) => wrong.push(format!("row {} {input:?}: {what}", row.id)),
        }
    }
    println!(
        "reference engine, built-in table: {agree} agree, {unknown} with AIs the table does not \
        carry"
    );
    assert!(
        wrong.is_empty(),
        "{} rows differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(agree > 3000, "the vectors are there");
}

#[test]
fn linters_agree_with_their_public_unit_tests() {
    let Some(vectors) = material("vectors.tsv") else {
        return;
    };
    let (mut agree, mut left_out): (usize, BTreeMap<&str, usize>) = (0, BTreeMap::new());
    let mut wrong = Vec::new();
    for line in vectors.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let Some(name) = columns[2].strip_prefix("lint:") else {
            continue;
        };
        let (options, input, ok) = (columns[3], unescape(columns[4]), columns[5] == "ok");
        let sets = [
            ("csetnumeric", CharacterSet::Digits),
            ("cset82", CharacterSet::Set82),
            ("cset39", CharacterSet::Set39),
            ("cset64", CharacterSet::Base64Url),
        ];
        let set = sets.iter().find(|(known, _)| *known == name);
        let linter = Linter::named(name);
        if !options.is_empty() || (set.is_none() && linter.is_left_out()) {
            *left_out.entry(name).or_default() += 1;
            continue;
        }
        let answer = match set {
            Some((_, set)) => check_set(*set, &input),
            None => linter.check(&input),
        };
        match (answer, ok) {
            (Ok(()), true) => agree += 1,
            (Err(found), false) => {
                let mark = unescape(columns[7]);
                let met = mark.get(..found.at) == input.get(..found.at)
                    && mark.get(found.at) == Some(&b'*');
                if met {
                    agree += 1;
                } else {
                    wrong.push(format!(
                        "{name} {input:?}: at {}, marked {}",
                        found.at, columns[7]
                    ));
                }
            }
            (answer, _) => wrong.push(format!(
                "{name} {input:?}: {answer:?}, wanted {}",
                columns[5]
            )),
        }
    }
    println!(
        "linters: {agree} agree; left out (tables of other bodies, options of other programs): \
        {left_out:?}"
    );
    assert!(
        wrong.is_empty(),
        "{} rows differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(agree > 1500, "the vectors are there");
}
