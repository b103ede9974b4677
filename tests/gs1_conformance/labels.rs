//! The unit tests of a public bar code encoder, as far as they are about GS1 content: accepted or not, the data that
//! is encoded, the text for people.

use super::{Tally, Vector, material, vectors};
use vidimus::gs1::{Dictionary, Elements, Gs1Error, Options, Parser, Sequence, scan_data};

fn parser() -> Parser<'static> {
    // The encoder looks at each element alone.
    Parser::new(Dictionary::built_in()).with(Options {
        associations: false,
        ..Options::default()
    })
}

/// Its bracketed form has square brackets and no escapes; with another option round ones and escapes for both.
fn rounded(text: &str) -> String {
    let mut rounded = String::new();
    let mut rest = text;
    while let Some(close) = rest.strip_prefix('[').and_then(|inner| inner.find(']')) {
        rounded.push_str(&format!("({})", &rest[1..=close]));
        let value = &rest[close + 2..];
        let end = value.find('[').unwrap_or(value.len());
        rounded.push_str(&value[..end].replace('(', "\\("));
        rest = &value[end..];
    }
    rounded + rest
}

/// Parses a row's content by the form its options say.
fn parsed<T>(row: &Vector, then: impl Fn(Elements) -> T) -> Result<T, Gs1Error> {
    let text = String::from_utf8_lossy(&row.input);
    let parsed = |text: &str, parse: &dyn for<'t> Fn(&'t str) -> Result<Elements<'t>, Gs1Error>| {
        parse(text).map(&then)
    };
    let text = text.as_ref();
    match row.options {
        options if options.contains("GS1RAW") && !text.starts_with('^') => {
            parsed(text.strip_prefix('\x1d').unwrap_or(text), &|text| {
                parser().payload(text)
            })
        }
        _ if text.starts_with('^') => parsed(text, &|text| parser().raw(text)),
        options if options.contains("GS1PARENS") => parsed(text, &|text| parser().bracketed(text)),
        _ => parsed(&rounded(text), &|text| parser().bracketed(text)),
    }
}

/// Why a row is left to others, or answered otherwise.
fn exception(row: &Vector) -> Option<&'static str> {
    match row.kind {
        "zint_gs1_128_codewords" | "zint_sscc_nve18_codewords" => {
            Some("bars of a symbol; content is judged elsewhere")
        }
        "zint_datamatrix_codewords" | "zint_datamatrix_modules" => {
            Some("modules of a symbol; content is judged elsewhere")
        }
        "zint_hrt" if row.options.contains("NVE18") || row.options.contains("EAN14") => {
            Some("a symbol that adds the AI and the check digit of its own")
        }
        "zint_hrt" if row.options.contains("NOCHECK") => {
            Some("content without checks, which is never written here")
        }
        "zint_hrt" if row.ok && row.options.contains("PARENS") && row.text().contains('\\') => {
            Some("keeps the backslash of an escape in the text for people")
        }
        _ if row.input == b"[8011]0" => Some("takes a zero alone, which GS1's own rule does not"),
        _ => None,
    }
}

fn problem(row: &Vector) -> Option<String> {
    let output = &*row.output_text();
    let ours = parsed(row, |elements| match row.kind {
        "zint_hrt" => elements
            .parts()
            .map(|part| format!("({}){}", part.ai, part.value))
            .collect(),
        // It drops a separator at the end.
        _ => scan_data(&elements)[3..]
            .trim_end_matches('\x1d')
            .to_owned(),
    });
    match (ours, row.ok) {
        (Ok(ours), true) => (ours != output && !output.is_empty())
            .then(|| format!("gave {ours:?}, wanted {output:?}")),
        (Err(_), false) => None,
        (Ok(_), false) => Some(format!("accepted, but {}", row.reason)),
        (Err(error), true) => Some(format!("refused: {error}")),
    }
}

#[test]
fn agrees_with_a_public_encoder() {
    let Some(text) = material("vectors.tsv") else {
        return;
    };
    let mut tally = Tally::default();
    for row in vectors(&text).filter(|row| row.kind.starts_with("zint_")) {
        let exception = exception(&row);
        let problem = match exception {
            None => problem(&row).map(|problem| format!("{}: {problem}", row.input.escape_ascii())),
            Some(_) => None,
        };
        tally.row(row.kind, row.id, problem, exception);
    }
    tally.finish("encoder", 1928, 130);
}
