//! The built-in table against GS1's dictionary file.

use super::material;
use vidimus::gs1::{AiEntry, Dictionary};

#[test]
fn the_built_in_table_is_the_dictionary() {
    let Some(text) = material("gs1-syntax-dictionary-2026-01-27.txt") else {
        return;
    };
    let theirs = Dictionary::parse(&text).expect("GS1's own dictionary is read");
    let (ours, theirs): (Vec<&AiEntry>, Vec<&AiEntry>) = (
        Dictionary::built_in().entries().collect(),
        theirs.entries().collect(),
    );
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
    assert_eq!((ours.len(), theirs.len()), (541, 541));
    println!(
        "built-in table: 541 AIs agree with GS1's dictionary of 2026-01-27 in flags, components, rules and titles"
    );
}
