//! Our own inputs, answered by GS1's reference engine: verdict, place of the mistake, and every form.

use super::{Tally, material, unescape};
use vidimus::gs1::{
    Dictionary, Elements, Form, Gs1Code, Gs1Error, LinkStyle, Parser, bracketed, digital_link,
    human_readable, scan_data,
};

/// What the engine calls a mistake, and what it is called here.
const REASONS: &[(&str, &[Gs1Code])] = &[
    ("AI_LINTER_ERROR:NON_DIGIT", &[Gs1Code::NotADigit]),
    ("AI_LINTER_ERROR:INVALID_CSET", &[Gs1Code::BadCharacter]),
    ("AI_LINTER_ERROR:INCORRECT_", &[Gs1Code::CheckDigit]),
    ("AI_LINTER_ERROR:ILLEGAL_MONTH", &[Gs1Code::Date]),
    ("AI_LINTER_ERROR:ILLEGAL_DAY", &[Gs1Code::Date]),
    ("AI_LINTER_ERROR:NOT_ISO", &[Gs1Code::UnknownCode]),
    ("AI_LINTER_ERROR:COUPON", &[Gs1Code::Coupon]),
    ("INVALID_AI_PAIRS", &[Gs1Code::ExcludedElement]),
    ("REQUIRED_AIS", &[Gs1Code::MissingElement]),
    ("INSTANCES_OF_AI", &[Gs1Code::RepeatedElement]),
    (
        "AI_VALUE_IS_TOO_SHORT",
        &[Gs1Code::TooShort, Gs1Code::NoValue],
    ),
    ("UNSUPPORTED_SYMBOLOGY", &[Gs1Code::UnknownSymbology]),
    ("NO_GS1_DL_KEYS", &[Gs1Code::NoLinkKey]),
    ("INVALID_KEY_QUALIFIER", &[Gs1Code::LinkPlace]),
];

fn answer(input: &[u8]) -> Result<(Form, Elements<'_>), Gs1Error> {
    let text = std::str::from_utf8(input)
        .map_err(|error| Gs1Error::new(Gs1Code::NotUtf8, error.valid_up_to(), "No text."))?;
    Parser::new(Dictionary::built_in()).any(text)
}

fn disagreement(
    ok: bool,
    reason: &str,
    markup: &str,
    forms: [&str; 4],
    input: &[u8],
) -> Option<String> {
    match (answer(input), ok) {
        (Err(error), true) => Some(format!("refused: {error}")),
        (Ok(_), false) => Some(format!("accepted, but {reason}")),
        (Err(error), false) => {
            let named = REASONS.iter().find(|(name, _)| reason.starts_with(name));
            let marked = error.marked.as_deref().unwrap_or("");
            if named.is_some_and(|(_, codes)| !codes.contains(&error.code))
                && error.code != Gs1Code::NotUtf8
            {
                return Some(format!("{}, but {reason}", error.code));
            }
            // The engine marks single bytes, here whole characters are marked.
            let met = match markup.contains('\u{fffd}') {
                true => marked.split('|').next() == markup.split('|').next(),
                false => markup.is_empty() || marked == markup,
            };
            let met = met || error.code == Gs1Code::NotUtf8;
            (!met).then(|| format!("marked {marked}, wanted {markup}"))
        }
        (Ok((form, elements)), true) => {
            let ours = match form {
                Form::Plain => Default::default(),
                _ => [
                    bracketed(&elements),
                    human_readable(&elements).join("|"),
                    // For an address the engine was not asked.
                    Some(scan_data(&elements))
                        .filter(|_| form != Form::DigitalLink)
                        .unwrap_or_default(),
                    digital_link(&elements, Dictionary::built_in(), &LinkStyle::default())
                        .unwrap_or_default(),
                ],
            };
            (ours != forms).then(|| format!("gave {ours:?}, wanted {forms:?}"))
        }
    }
}

#[test]
fn agrees_with_the_reference_engine() {
    let Some(text) = material("vectors_oracle.tsv") else {
        return;
    };
    let mut tally = Tally::default();
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[id, kind, input, expect, reason, markup, _, _, _, _] = &columns[..] else {
            panic!("ten columns in {line:?}");
        };
        let input = unescape(input);
        let text = |column: &str| String::from_utf8_lossy(&unescape(column)).into_owned();
        let forms: Vec<String> = columns[6..].iter().map(|column| text(column)).collect();
        let forms: [&str; 4] = std::array::from_fn(|index| forms[index].as_str());
        // As raw data and as an address the engine takes any text: what is neither is a plain bar code to it. Here
        // only a symbology identifier says that a text comes from a plain symbol; keyboard noise is refused.
        let noise = expect == "ok" && forms == [""; 4] && !input.starts_with(b"]");
        let exception = noise.then_some("plain text that no symbol vouches for");
        let problem = disagreement(expect == "ok", reason, &text(markup), forms, &input);
        assert!(!noise || problem.is_some());
        tally.row(kind, id, problem, exception);
    }
    tally.finish("reference engine", 6556, 7);
}
