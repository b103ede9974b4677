//! What a message file may say, and that no text loses anything.

use super::*;
use proptest::prelude::*;

const FILE: &str = r#"
[line]
good = "gut"
"the {part} of {name}" = "{name}s {part}"
"{name} signs {name}" = "{name} zeichnet {name}"
"alarm: {+text}" = "Alarm: {text}"
"{#n} packs" = "{n} Packungen"
"{+one}, {+other}" = "{one}, {other}"
"{+one} and {+other}" = "{one} und {other}"
"{+one}: {+other}" = "{one}: {other}"
"bread and water" = "Brot und Wasser"
"a {{brace}}" = "eine {{Klammer}}"
"#;

fn german() -> Language {
    Language::read(&[("x.toml", FILE)]).expect("it has no mistakes")
}

#[test]
fn texts_are_said_in_the_language_and_holes_keep_what_is_in_them() {
    let language = german();
    for (english, said) in [
        ("good", "gut"),
        ("  good ", "  gut "),
        ("GOOD", "GUT"),
        ("Good", "Good"),
        ("the lot of good", "goods lot"),
        ("the {name} of \u{1b}[31m}{", "\u{1b}[31m}{s {name}"),
        ("A signs A", "A zeichnet A"),
        ("A signs B", "A signs B"),
        ("alarm: good", "Alarm: gut"),
        ("alarm: 12 packs, good, L1", "Alarm: 12 Packungen, gut, L1"),
        ("alarm: few packs", "Alarm: few packs"),
        (
            "bread and water: good and L1",
            "Brot und Wasser: gut und L1",
        ),
        ("bread and fish", "bread and fish"),
        ("4 812 packs", "4 812 Packungen"),
        ("a {brace}", "eine {Klammer}"),
        ("", ""),
    ] {
        assert_eq!(language.of(english), said);
        assert_eq!(Language::english().of(english), english);
    }
    assert_eq!(
        language.unknown(),
        ["A signs B", "Good", "bread and fish", "few packs"]
    );
    let later = Language::read(&[("x.toml", FILE), ("y.toml", "[line]\ngood = \"fein\"")]);
    let later = later.expect("both are right");
    assert_eq!(later.of("good, 3 packs"), "fein, 3 Packungen");
}

/// Each mistake is told with file, line, sentence and what to do.
#[test]
fn a_file_with_a_mistake_is_refused() {
    for (line, parts) in [
        ("good = \"\"", ["\"good\"", "empty", "translate it"]),
        ("good = 3", ["\"good\"", "no text", "quotation marks"]),
        (
            "good = \"a\\u0007b\"",
            ["\"good\"", "control", "take it out"],
        ),
        (
            "good = \"\\u202egut\"",
            ["\"good\"", "turns", "take it out"],
        ),
        ("good = \" gut\"", ["\"good\"", "blank", "take it out"]),
        (
            "\"the {lot}\" = \"das\"",
            ["the {lot}", "no hole {lot}", "put it"],
        ),
        (
            "\"lot\" = \"{lot}\"",
            ["lot", "a hole {lot}", "take it out"],
        ),
        (
            "\"a {Lot}\" = \"{Lot}\"",
            ["a {Lot}", "no name", "small letters"],
        ),
        ("\"a {lot\" = \"b\"", ["a {lot", "brace", "{{"]),
        (
            "\"a {b}{c}\" = \"{b} {c}\"",
            ["a {b}{c}", "side by side", "put a word"],
        ),
        ("\"{a}\" = \"{a}\"", ["{a}", "nothing but", "take it out"]),
        ("a = \"1\"\na = \"2\"", ["a = \"2\"", "duplicate", "line"]),
        (
            "[x]\n\"STOPPED\" = \"RUNNING\"",
            ["line 3", "STOPPED", "another state"],
        ),
        (
            "a = \"1\"\n[more]\na = \"2\"",
            ["\"a\"", "twice", "take one"],
        ),
        ("a = \"1", ["a = \"1", "string", "line 2"]),
    ] {
        let refused = Language::read(&[("fr.toml", &format!("[line]\n{line}\n"))]);
        let said = refused.expect_err(line).to_string();
        assert!(
            said.starts_with("The message file fr.toml, line "),
            "{said}"
        );
        for part in parts {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    let bare = Language::read(&[("fr.toml", "good = \"bon\"")]).expect_err("no heading");
    assert!(bare.to_string().contains("heading"), "{bare}");
}

#[test]
fn what_is_built_in_has_no_mistakes() {
    for (name, text) in BUILT_IN {
        if let Err(why) = Language::read(&[(name, text)]) {
            panic!("{why} {:#?}", why.mistakes);
        }
        assert!(Language::built_in(name).is_some());
    }
    assert_eq!(Language::built_in(ENGLISH), Some(Language::english()));
    assert_eq!(Language::built_in("xx"), None);
}

/// German sentences, each with itself as its translation.
fn mirror() -> (Language, Vec<String>) {
    let (name, text) = BUILT_IN[0];
    let sentences = file::read(name, text).expect("it has no mistakes");
    let keys: Vec<String> = sentences.into_keys().collect();
    let lines = keys.iter().map(|key| {
        let key = format!("\"{}\"", key.replace('"', "\\\""));
        let bare = key.replace("{+", "{").replace("{#", "{");
        format!("{key} = {bare}\n")
    });
    let text = format!("[all]\n{}", lines.collect::<String>());
    let language = Language::read(&[("mirror.toml", &text)]).expect("it has no mistakes");
    (language, keys)
}

/// Nothing is lost and nothing is added, whatever stands in the holes: said with each sentence as its own translation,
/// every text stays as it is. No text makes it panic, and none that says something becomes empty.
#[test]
fn no_text_loses_anything() {
    let (mirror, keys) = mirror();
    let german = Language::built_in("de").expect("it is built in");
    let odd = "[ -~\\x00-\\x1f{}:;,>äß漢\\u{202e}]{0,24}";
    let one = (0..keys.len(), prop::collection::vec(odd, 8));
    let texts = prop::collection::vec(one, 1..4);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&texts, |parts| {
            let filled = parts.iter().map(|(key, contents)| {
                let sentence = Sentence::parse(&keys[*key]).expect("it was read");
                let mut next = contents.iter().cycle();
                sentence.filled(|_| next.next().cloned())
            });
            let text = filled.collect::<Vec<_>>().join(": ");
            prop_assert_eq!(&*mirror.of(&text), &text);
            prop_assert_eq!(german.of(&text).trim().is_empty(), text.trim().is_empty());
            prop_assert_eq!(german.of(&text), german.of(&text));
            Ok(())
        })
        .expect("it holds for all of them");
}

/// What it remembers is bounded, however many texts come.
#[test]
fn a_screen_that_shows_ever_new_texts_remembers_only_some() {
    let language = german();
    for no in 0..3 * REMEMBERED {
        language.of(&format!("alarm: pack {no}"));
    }
    assert!(language.unknown().len() <= REMEMBERED);
    assert_eq!(language.of("good"), "gut");
    let long = format!("alarm: {}", "x".repeat(LONGEST));
    assert_eq!(language.of(&long), long, "too long to be a sentence");
}
