//! What a value of a station file may be, in words: for messages and for the template. PURE.

use super::keys::{NAME_MAX, Number, WORDS_MAX, Wanted};

impl Wanted {
    /// What is allowed, in words: for messages and for the template.
    pub fn allowed(self) -> String {
        let quoted = |words: &[&str]| words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>();
        match self {
            Wanted::Name => {
                format!("1 to {NAME_MAX} letters, digits, \"-\", \"_\" or \".\"")
            }
            Wanted::Words => format!("text of 1 to {WORDS_MAX} characters"),
            Wanted::Path => "a path".to_owned(),
            Wanted::Whole(least, most) => format!("whole number, {least} to {most}"),
            Wanted::OneOf(numbers) => {
                listed(&numbers.iter().map(u64::to_string).collect::<Vec<_>>())
            }
            Wanted::Flag => "true or false".to_owned(),
            Wanted::Choice(words) => listed(&quoted(words)),
            Wanted::Address(kind) => super::address::forms(kind).join(" or "),
            Wanted::AddressOrNone(kind) => {
                format!("{} or \"none\"", super::address::forms(kind).join(" or "))
            }
            Wanted::SsccPrefix => {
                "an extension digit and a company prefix of 4 to 12 digits, in quotes; or \"none\""
                    .to_owned()
            }
            Wanted::LevelNumber => {
                "\"sscc\", or 14 digits in quotes, the last one a GS1 check digit".to_owned()
            }
            Wanted::Gtin => "14 digits in quotes, the last one a GS1 check digit".to_owned(),
            Wanted::CaptureUrl => {
                "\"https://HOST/PATH\", \"http://HOST:PORT/PATH\" or \"none\"".to_owned()
            }
            Wanted::Gln => {
                "13 digits in quotes, the last one a GS1 check digit; or \"none\"".to_owned()
            }
            Wanted::Header => "the name of an HTTP header".to_owned(),
            Wanted::Grade => "\"A\" to \"D\", \"0.0\" to \"4.0\" or \"none\"".to_owned(),
            Wanted::TypedKey => "\"F1\" to \"F12\", one character or \"none\"".to_owned(),
            Wanted::Sent(bytes, word) => format!("text of at most {bytes} bytes, or \"{word}\""),
            Wanted::Numbers(numbers) => {
                let each = |one: &Number| format!("{} = {} to {}", one.name, one.least, one.most);
                let all: Vec<String> = numbers.iter().map(each).collect();
                format!("{{ {} }} or \"none\"", all.join(", "))
            }
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
