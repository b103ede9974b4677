//! The command `gs1 --lines` as a filter, fed the inputs of the reference engine as they stand in the file.

use super::{material, unescape};
use serde_json::Value;
use std::process::{Command, Stdio};

/// What the program answers to a file of lines.
fn answers(action: &str, lines: &[u8]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lines");
    std::fs::write(&path, lines).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_vidimus"))
        .args(["gs1", action, "--lines", "--json"])
        .stdin(Stdio::from(std::fs::File::open(&path).expect("a file")))
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("answers are text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("an answer is JSON"))
        .collect()
}

#[test]
fn every_line_of_the_reference_is_answered_in_order() {
    let Some(text) = material("vectors_oracle.tsv") else {
        return;
    };
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect())
        .collect();
    let inputs: Vec<&str> = rows.iter().map(|columns| columns[2]).collect();
    let parsed = answers("parse", inputs.join("\r\n").as_bytes());
    let checked = answers("check", inputs.join("\n").as_bytes());
    let built = answers("build", inputs.join("\n").as_bytes());
    // The last row is not empty: without an end of its line it is a line all the same.
    assert_eq!(
        (parsed.len(), checked.len(), built.len()),
        (rows.len(), rows.len(), rows.len())
    );
    let mut plain = 0;
    for (columns, ((parsed, checked), built)) in
        rows.iter().zip(parsed.iter().zip(&checked).zip(&built))
    {
        let (ok, said) = (
            columns[3] == "ok",
            parsed["ok"].as_bool().expect("a verdict"),
        );
        assert_eq!(checked["ok"], parsed["ok"], "{columns:?}");
        if ok && columns[6].is_empty() {
            // Plain text: right if a symbol vouches for it.
            assert_eq!(said, columns[2].starts_with(']'), "{columns:?}");
            plain += 1;
            continue;
        }
        assert_eq!(ok, said, "{columns:?} {parsed}");
        assert_eq!(parsed, built, "{columns:?}");
        if !ok {
            let place = parsed["error"]["position"].as_u64().expect("a place");
            assert!(place as usize <= columns[2].len(), "{columns:?} {parsed}");
            continue;
        }
        for (form, wanted) in ["bracketed", "hri", "scan_dm", "dl_uri"]
            .into_iter()
            .zip(&columns[6..])
        {
            let wanted = String::from_utf8(unescape(wanted)).expect("text");
            let unasked = form == "scan_dm" && columns[1] == "dl";
            assert!(
                unasked || parsed[form].as_str().unwrap_or_default() == wanted,
                "{columns:?} {parsed}"
            );
        }
    }
    println!(
        "filter: {} lines parsed, checked and built; {plain} of them plain",
        rows.len()
    );
}
