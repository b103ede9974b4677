//! The GS1 module against GS1's dictionary, against answers of GS1's own reference engine, and against the assertions
//! of public unit tests.
//!
//! The vectors lie outside the repository. Where they are missing the tests say loudly what was not
//! proven. Every row is run; rows that this program answers otherwise on purpose stand in the tests with their reason.

mod engine;
mod epc;
mod filter;
mod labels;
mod linters;
mod oracle;
mod table;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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
                "SKIPPED: {file} is not there (set VIDIMUS_SHARED); GS1 conformance was not tested."
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

/// A row of `vectors.tsv`.
struct Vector<'t> {
    id: &'t str,
    kind: &'t str,
    options: &'t str,
    input: Vec<u8>,
    ok: bool,
    reason: &'t str,
    output: Vec<u8>,
}

impl Vector<'_> {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.input).expect("text")
    }

    fn output_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.output)
    }

    fn has(&self, option: &str) -> bool {
        self.options.split(',').any(|one| one == option)
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options
            .split(',')
            .find_map(|one| one.strip_prefix(name)?.strip_prefix('='))
    }
}

fn vectors(text: &str) -> impl Iterator<Item = Vector<'_>> {
    text.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[id, _, kind, options, input, expect, reason, output, _] = &columns[..] else {
            panic!("nine columns in {line:?}");
        };
        Vector {
            id,
            kind,
            options,
            input: unescape(input),
            ok: expect == "ok",
            reason,
            output: unescape(output),
        }
    })
}

/// What came of the rows of a file.
#[derive(Default)]
struct Tally {
    agreed: BTreeMap<String, usize>,
    excepted: BTreeMap<(String, &'static str), BTreeSet<String>>,
    wrong: Vec<String>,
}

impl Tally {
    /// One row: `problem` says how our answer differs, if it does; `exception` why it may.
    fn row(
        &mut self,
        kind: &str,
        id: &str,
        problem: Option<String>,
        exception: Option<&'static str>,
    ) {
        match (problem, exception) {
            (None, None) => *self.agreed.entry(kind.to_owned()).or_default() += 1,
            (_, Some(reason)) => {
                let ids = self.excepted.entry((kind.to_owned(), reason)).or_default();
                ids.insert(id.to_owned());
            }
            (Some(problem), None) => self.wrong.push(format!("{kind} row {id}: {problem}")),
        }
    }

    /// Prints the counts; every row agreed or is an exception, and there were as many as there should be.
    fn finish(self, what: &str, rows: usize, exceptions: usize) {
        println!("{what}:");
        for (kind, count) in &self.agreed {
            println!("  {kind}: {count} agree");
        }
        for ((kind, reason), ids) in &self.excepted {
            println!("  {kind}: {} left out: {reason}", ids.len());
        }
        let excepted: usize = self.excepted.values().map(BTreeSet::len).sum();
        let agreed: usize = self.agreed.values().sum();
        assert!(
            self.wrong.is_empty(),
            "{} rows differ:\n{}",
            self.wrong.len(),
            self.wrong.join("\n")
        );
        assert_eq!(
            (agreed + excepted, excepted),
            (rows, exceptions),
            "{what}: rows, exceptions"
        );
    }
}
