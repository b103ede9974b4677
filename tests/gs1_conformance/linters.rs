//! Each rule for a component against the unit tests of GS1's dictionary: verdict and place.

use super::{Tally, material, vectors};
use vidimus::gs1::Linter;

#[test]
fn linters_agree_with_their_public_unit_tests() {
    let Some(text) = material("vectors.tsv") else {
        return;
    };
    let mut tally = Tally::default();
    for row in vectors(&text) {
        let Some(name) = row.kind.strip_prefix("lint:") else {
            continue;
        };
        let Some(linter) = Linter::named(name) else {
            assert!(row.ok && row.input == b"TEST", "{}", row.kind);
            tally.row(
                "no linter",
                row.id,
                None,
                Some("tests the engine's look-up of linters; no rule of the dictionary"),
            );
            continue;
        };
        if !row.options.is_empty() {
            assert!(row.options.starts_with("gcp_lookup="));
            tally.row(
                row.kind,
                row.id,
                None,
                Some("asks a table of company prefixes that the caller brings"),
            );
            continue;
        }
        // Six rows lost the character itself on their way into the file.
        let whole = |text: &[u8]| match text {
            b"\\n" => b"\n".to_vec(),
            b"\\r" => b"\r".to_vec(),
            b"*\\n*" => b"*\n*".to_vec(),
            b"*\\r*" => b"*\r*".to_vec(),
            text => text.to_vec(),
        };
        let (input, output) = (whole(&row.input), whole(&row.output));
        let problem = match (linter.check(&input), row.ok) {
            (Ok(()), true) => None,
            (Err(found), false) => {
                let (before, rest) = input.split_at(found.place.start);
                let (bad, after) = rest.split_at(found.place.len());
                let marked = [before, b"*", bad, b"*", after].concat();
                (marked != output).then(|| {
                    let [marked, wanted] =
                        [&marked, &output].map(|text| String::from_utf8_lossy(text).into_owned());
                    format!("marked {marked}, wanted {wanted}")
                })
            }
            (answer, _) => Some(format!("{answer:?}, wanted {}", row.reason)),
        };
        tally.row(row.kind, row.id, problem, None);
    }
    tally.finish("linters", 5678, 16);
}
