//! Formats written in ZPL by someone else: what they may hold, how they are stored, what their fields are. PURE.
//!
//! Only commands that draw this one label are let through (`DRAWS`). Whatever could print a label twice, keep or
//! delete something, count, ask, or change how later commands are read is refused by not being among them: a printer
//! knows hundreds of commands, and those of tomorrow are not in a list of evil ones. Commands are compared as a
//! printer reads them: without regard to case, and without the line ends inside.

use super::super::described::{Mistake, Mistakes};
use super::super::words::Carries;
use std::collections::{BTreeMap, BTreeSet};

/// Commands behind `^` that draw the label or say how it lies; of `^A` see [`is_drawing`]. Those that outlive the
/// label (`^LH ^LR ^LS ^LT ^MD ^MN ^MT ^PM ^PO ^PR ^CI …`) change how a label looks, never which or how many.
const DRAWS: &[&str] = &[
    "XA", "XZ", "DF", "FS", "FN", "FD", "FV", "FO", "FT", "FB", "TB", "FM", "FP", "FR", "FW", "FX",
    "FH", "CF", "CI", "BY", "B0", "B1", "B2", "B3", "B4", "B5", "B7", "B8", "B9", "BA", "BB", "BC",
    "BD", "BE", "BF", "BI", "BJ", "BK", "BL", "BM", "BO", "BP", "BQ", "BR", "BS", "BT", "BU", "BX",
    "BZ", "GB", "GC", "GD", "GE", "GF", "GS", "XG", "IM", "LH", "LL", "LR", "LS", "LT", "PW", "PO",
    "PM", "PR", "PQ", "MD", "MN", "MT", "MC", "JM",
];

/// Why some others are refused, and what to do instead; no full stop.
const WHY_NOT: &[(&str, &str)] = &[
    ("CC", "it changes the prefix of commands; write ^ and ~"),
    (
        "CT",
        "it changes the prefix of control commands; write ^ and ~",
    ),
    ("CD", "it changes the delimiter; write commas"),
    (
        "JZ",
        "whether a spoilt label is printed again is the station's to say; take it out",
    ),
    (
        "SN",
        "the printer would count by itself, and repeat numbers after a restart; write ^FN and give the field a value",
    ),
    (
        "SF",
        "the printer would count by itself, and repeat numbers after a restart; write ^FN and give the field a value",
    ),
    ("XF", "it calls another format; put what that draws in here"),
    ("ID", "it deletes what the printer keeps; take it out"),
    (
        "IS",
        "it keeps a picture of this label, to come on others; take it out",
    ),
    (
        "IL",
        "it puts the picture of another label under this one; take it out",
    ),
    (
        "JU",
        "it makes settings last in the printer; take it out and set them at the printer",
    ),
    (
        "MM",
        "how labels are handed out is set at the printer, not by a label; take it out",
    ),
    (
        "CW",
        "it gives another font this letter on every label; name the font by ^A@",
    ),
    (
        "DG",
        "it stores a picture, which is gone with the next restart; draw it here by ^GFA",
    ),
    (
        "FC",
        "the printer would print its own clock; write ^FN and give the field a value",
    ),
    (
        "FE",
        "it builds values of others by itself; write ^FN and give the field a value",
    ),
];

/// A command as a printer reads it.
struct Command {
    /// Where it begins in the text.
    at: usize,
    /// With its prefix, in capital letters: `^FO`; `^A` and its font.
    name: String,
    /// What follows, without line ends.
    rest: String,
}

impl Command {
    fn is(&self, name: &str) -> bool {
        self.name == name
    }

    fn parameter(&self, number: usize) -> &str {
        self.rest.split(',').nth(number).unwrap_or_default().trim()
    }
}

/// All commands of the text.
fn commands(text: &str) -> Vec<Command> {
    let starts: Vec<usize> = text.match_indices(['^', '~']).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let command = |(at, end): (&usize, usize)| {
        let mut said = text[*at..end].chars().filter(|c| !is_passed_over(*c));
        let name: String = said.by_ref().take(3).collect();
        let rest = said.collect();
        let name = name.to_ascii_uppercase();
        Command {
            at: *at,
            name,
            rest,
        }
    };
    starts.iter().zip(ends).map(command).collect()
}

/// A printer reads on as if it were not there.
fn is_passed_over(c: char) -> bool {
    c.is_ascii_control()
}

/// It draws, or says how the label lies.
fn is_drawing(name: &str) -> bool {
    match name.split_at_checked(1) {
        Some(("^", name)) => {
            let font = name.strip_prefix('A').unwrap_or_default();
            let is_font = |c: char| c.is_ascii_alphanumeric() || c == '@';
            DRAWS.contains(&name) || font.chars().count() == 1 && font.chars().all(is_font)
        }
        Some(("~", name)) => name == "SD",
        _ => false,
    }
}

/// What is wrong with the text as a label: every command that a label must not hold, and what its fields lack, each
/// with its line and column.
pub fn mistakes(text: &str) -> Vec<Mistake> {
    let mut found = Mistakes::of(text);
    let commands = commands(text);
    let begins = commands.first().is_some_and(|first| {
        first.is("^XA") && text[..first.at].trim().is_empty() && first.rest.trim().is_empty()
    });
    let last = commands
        .last()
        .filter(|last| last.is("^XZ") && last.rest.trim().is_empty());
    let count = |name: &str| commands.iter().filter(|command| command.is(name)).count();
    if !begins || last.is_none() || count("^XA") != 1 || count("^XZ") != 1 {
        let text = "It is not one text of the form ^XA…^XZ: it begins with ^XA, ends with ^XZ, and has each once.";
        found.add(&(0..0), text);
    }
    let mut at = 0;
    for line in text.split_inclusive(['\r', '\n']) {
        if ["! ", "{}{"]
            .iter()
            .any(|begin| line.trim_start().starts_with(begin))
        {
            let text =
                "A line for the printer itself (set, get, do) is no part of a label; take it out.";
            found.add(&(at..at), text);
        }
        at += line.len();
    }
    for (at, _) in text.match_indices(|c: char| is_passed_over(c) && !"\r\n\t".contains(c)) {
        found.add(&(at..at), "Here is a control character; take it out.");
    }
    for (place, command) in commands.iter().enumerate() {
        if let Some(why) = refusal(place, command) {
            found.add(&(command.at..command.at), why);
        }
    }
    let _fields = read_fields(&commands, &mut |at, text| found.add(&(at..at), text));
    found.into_list()
}

/// Why a label must not hold this command, as a sentence; `place`: its place among all.
fn refusal(place: usize, command: &Command) -> Option<String> {
    let Command { name, rest, .. } = command;
    if !is_drawing(name) {
        let bare = name.get(1..).unwrap_or_default();
        let known = WHY_NOT.iter().find(|(refused, _)| *refused == bare);
        let why = known.map_or(
            "it is none of the commands that only draw a label; take it out, and set at the printer what it should \
             always do",
            |(_, why)| why,
        );
        return Some(format!("{name} is refused: {why}."));
    }
    let packed: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
    let packed = packed.to_ascii_uppercase();
    let why = match name.as_str() {
        "^PQ" if !is_one(&packed) => {
            let what = match packed.split(',').next().unwrap_or_default() {
                "" => "it does not say how many labels".to_owned(),
                "1" => "it may stop or repeat".to_owned(),
                copies => format!("it prints {copies} labels at once"),
            };
            format!("{what}; write ^PQ1,0,1,Y")
        }
        "^MC" if packed != "Y" => {
            "the printer would keep the picture of this label under the next one; take it out, or write ^MCY".into()
        }
        "^JM" if packed != "A" => "it prints everything twice as large; take it out, or write ^JMA".into(),
        "^CI" if packed.contains(',') => {
            "it prints other characters than are sent; name the set alone, as in ^CI28".into()
        }
        "^GF" if !packed.starts_with("A,") => {
            "a picture as bare bytes may hold anything; write it in hexadecimal digits, ^GFA".into()
        }
        "^DF" if place != 1 => "it stands behind the first command; take it out, the station puts it in".into(),
        _ => return None,
    };
    Some(format!("{name}{} is refused: {why}.", shown(rest)))
}

/// The parameters of `^PQ` that print one label.
fn is_one(parameters: &str) -> bool {
    matches!(
        parameters,
        "1" | "1,0,1,Y" | "1,0,1,N" | "1,0,0,Y" | "1,0,0,N"
    )
}

/// The beginning of what follows a command.
fn shown(rest: &str) -> String {
    rest.trim().chars().take(16).collect()
}

/// What each numbered field carries; mistakes are told with the place in the text, as sentences.
fn read_fields(
    commands: &[Command],
    wrong: &mut dyn FnMut(usize, String),
) -> BTreeMap<u16, Carries> {
    let mut fields: BTreeMap<u16, Carries> = BTreeMap::new();
    for field in commands.split(|command| command.is("^FS")) {
        let mut numbers = field.iter().filter(|command| command.is("^FN"));
        let Some(numbered) = numbers.next() else {
            continue;
        };
        if let Some(second) = numbers.next() {
            wrong(
                second.at,
                "One field has two numbers: a ^FS is missing before.".into(),
            );
        }
        let digits: String = numbered
            .rest
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let Ok(number) = digits.parse() else {
            wrong(
                numbered.at,
                "It has a ^FN without a number; write ^FN1.".into(),
            );
            continue;
        };
        if let Some(own) = field
            .iter()
            .find(|command| command.is("^FD") || command.is("^FV"))
        {
            let text = format!(
                "Field {number} has a content of its own ({}), which would stand on a label that gives it none; leave \
                 it out.",
                own.name
            );
            wrong(own.at, text);
        }
        let carries = carried(field, number, wrong);
        if fields
            .insert(number, carries)
            .is_some_and(|before| before != carries)
        {
            let text = format!(
                "Field {number} is a bar code here and something else there; give each a number."
            );
            wrong(numbered.at, text);
        }
    }
    fields
}

/// What the field of these commands carries.
fn carried(field: &[Command], number: u16, wrong: &mut dyn FnMut(usize, String)) -> Carries {
    let last = |name: &str| field.iter().rfind(|command| command.is(name));
    if let Some(symbol) = last("^BX") {
        if symbol.parameter(2) != "200" || symbol.parameter(6) != "_" {
            let text = format!(
                "Field {number} is a Data Matrix ^BX{}; give it quality 200 and the escape character _, as in \
                 ^BXN,6,200,,,,_,1.",
                shown(&symbol.rest)
            );
            wrong(symbol.at, text);
        }
        return Carries::DataMatrix;
    }
    let Some(bars) = last("^BC") else {
        return Carries::Text;
    };
    let mode = bars.parameter(5).to_ascii_uppercase();
    if !matches!(mode.as_str(), "" | "N") {
        let text = format!(
            "Field {number} is a Code 128 in mode {mode}; the station gives its start character and FNC1 itself, as \
             in ^BCN,80,N,N,N,N."
        );
        wrong(bars.at, text);
    }
    Carries::Gs1128
}

/// The text that stores the format under this name: `^DF` is put in where it is missing.
///
/// # Errors
/// It is not one format, or holds what a format must not; a sentence without its full stop.
pub(super) fn stored(name: &str, text: &str) -> Result<String, String> {
    if let Some(first) = mistakes(text).first() {
        return Err(format!("the format {name}, {}", without_stop(first)));
    }
    let text = text.trim();
    let stored = format!("^DFR:{name}.ZPL^FS");
    let commands = commands(text);
    let second = commands.get(1).map_or(text.len(), |second| second.at);
    match commands.get(1).filter(|second| second.is("^DF")) {
        None => Ok([&text[..second], &stored, &text[second..]].concat()),
        Some(second) => {
            let named = second.rest.trim().to_ascii_uppercase();
            let named = named.strip_suffix(".ZPL").unwrap_or(&named);
            match named.strip_prefix("R:") == Some(&name.to_ascii_uppercase()) {
                true => Ok(text.to_owned()),
                false => Err(format!(
                    "the format {name} stores itself under another name (^DF{named}); leave ^DF out"
                )),
            }
        }
    }
}

fn without_stop(mistake: &Mistake) -> String {
    mistake.to_string().trim_end_matches('.').to_owned()
}

/// What each numbered field of the text carries.
///
/// # Errors
/// A field that cannot be filled in; a sentence without its full stop.
pub(super) fn fields(text: &str) -> Result<BTreeMap<u16, Carries>, String> {
    let mut first = None;
    let fields = read_fields(&commands(text), &mut |_, text| {
        first.get_or_insert(text);
    });
    match first {
        None => Ok(fields),
        Some(text) => Err(text.trim_end_matches('.').to_owned()),
    }
}

/// The numbers of the text's fields.
pub fn field_numbers(text: &str) -> BTreeSet<u16> {
    let fields = read_fields(&commands(text), &mut |_, _| {});
    fields.into_keys().collect()
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_format_of_someone_else_is_stored_and_its_fields_are_known() {
        let text = "^XA^PW400^LL200\n^FO8,8^BXN,4,200,,,,_,1^FN1^FS\n^FO9,60^BCN,40,N,N,N,N^FN2\"bars\"^FS\
                    ^FO1,1^A0N,12,12^FN3^FS^FO2,2^FDfixed^FS^PQ1,0,1,Y^XZ\n";
        let kept = stored("ART", text).unwrap();
        assert!(kept.starts_with("^XA^DFR:ART.ZPL^FS^PW400"), "{kept}");
        assert_eq!(stored("ART", &kept).unwrap(), kept, "stored once");
        let expected = [
            (1, Carries::DataMatrix),
            (2, Carries::Gs1128),
            (3, Carries::Text),
        ];
        assert_eq!(fields(text).unwrap(), expected.into());
        // Small letters and line ends anywhere are read as a printer reads them.
        let torn = text
            .replace("^XA", "^x\na")
            .replace("^BXN", "^b\r\nxN")
            .replace("^FN1", "^f\nn1");
        assert_eq!(fields(&torn).unwrap(), expected.into());
        let kept = stored("ART", &torn).unwrap();
        assert!(kept.starts_with("^x\na^DFR:ART.ZPL^FS^PW400"), "{kept}");
    }

    #[test]
    fn what_label_designers_export_stays_allowed() {
        let text = "^XA\r\n~SD15^MNW^MTT^PON^PMN^LH0,0^JMA^PR4,4^MD5^LRN^LS0^LT0^CI28^MCY\n^PW400^LL0200\n\
                    ^FX a comment\n^CF0,30^FWN^BY3,3,80\n\
                    ^FT10,20^A@N,20,20,E:ARIAL.TTF^FB200,2,0,C,0^FH\\^FDfixed\\26co^FS^FO1,1^ABN,12^FR^FDx^FS\n\
                    ^FO1,1^GB10,1,1^FS^FO1,1^GC9,1,B^FS^FO1,1^GD9,9,1,B,R^FS^FO1,1^GE9,9,1,B^FS^FO1,1^GSN,9,9^FDA^FS\n\
                    ^FO1,1^GFA,2,2,1,FF81^FS^FO1,1^BQN,2,4^FDMA,x^FS^FO1,1^BEN^FD123^FS^FO1,1^XGE:LOGO.GRF,1,1^FS\n\
                    ^FO8,8^BXN,4,200,,,,_,1^FN1^FS^PQ1,0,1,Y^XZ\r\n";
        assert_eq!(mistakes(text), []);
    }

    #[test]
    fn what_would_harm_is_refused_by_name() {
        for (text, part) in [
            ("^FO1,1^FDx^FS", "not one text of the form"),
            ("^XA^XZ^XA^XZ", "not one text"),
            ("^XA^XZ^FS^XZ", "not one text"),
            ("x^XA^XZ", "not one text"),
            ("^XA^XZ\n^XA^XFR:A^XZ", "not one text"),
            (
                "^XA^PQ2^XZ",
                "column 4: ^PQ2 is refused: it prints 2 labels at once",
            ),
            ("^XA^PQ10,0,1,Y^XZ", "10 labels at once"),
            ("^XA^p\nq2^XZ", "2 labels at once"),
            ("^XA^PQ1,0,2,Y^XZ", "write ^PQ1,0,1,Y"),
            ("^XA^PQ^XZ", "write ^PQ1,0,1,Y"),
            ("^XA^CC!^XZ", "prefix"),
            ("^XA~CC!^XZ", "~CC is refused: it changes the prefix"),
            ("^XA~ct!^XZ", "~CT is refused"),
            ("^XA^cd;^XZ", "^CD is refused"),
            ("^XA^JZY^XZ", "printed again"),
            ("^XA^jzy^XZ", "^JZ is refused"),
            ("^XA^FN1^SN001,1,Y^FS^XZ", "count by itself"),
            (
                "^XA^FO1,1^FDx\n^S\nN001^FS^XZ",
                "line 2, column 1: ^SN is refused: the printer would count",
            ),
            ("^XA^XFR:B^FS^XZ", "another format"),
            ("^XA^xfr:b^FS^XZ", "another format"),
            ("^XA~JR^XZ", "~JR is refused"),
            ("^XA~ja^XZ", "~JA is refused: it is none of the commands"),
            (
                "^XA^MCN^XZ",
                "^MCN is refused: the printer would keep the picture",
            ),
            ("^XA^mc^XZ", "write ^MCY"),
            ("^XA^IDR:*.*^FS^XZ", "^ID is refused: it deletes"),
            ("^XA^ISR:A.GRF^FS^XZ", "^IS is refused"),
            ("^XA^ILR:A.GRF^FS^XZ", "^IL is refused"),
            ("^XA^JUS^XZ", "^JU is refused"),
            ("^XA^MMT^XZ", "^MM is refused"),
            ("^XA^CI0,49,50^XZ", "other characters than are sent"),
            ("^XA^JMB^XZ", "twice as large"),
            ("^XA^GFB,1,1,1,x^FS^XZ", "hexadecimal digits"),
            ("^XA^ FN1^FS^XZ", "^ F is refused"),
            ("^XA^^XZ", "^ is refused"),
            (
                "^XA^FDa^FS\n! U1 setvar \"x\" \"y\"\n^XZ",
                "line 2, column 1: A line for the printer",
            ),
            ("^XA^FDa\u{1b}^FS^XZ", "control character"),
            ("^XA^DFR:OTHER.ZPL^FS^XZ", "another name (^DFR:OTHER)"),
            ("^XA^FO1,1^DFR:ART.ZPL^FS^XZ", "behind the first command"),
            ("^XA^BXN,4^FN1^FS^XZ", "quality 200"),
            ("^XA^BXN,4,200^FN1^FS^XZ", "escape"),
            ("^XA^BCN,80,Y,N,N,D^FN1^FS^XZ", "mode D"),
            ("^XA^FN1^FDSAMPLE^FS^XZ", "content of its own (^FD)"),
            ("^XA^FNx^FS^XZ", "without a number"),
            ("^XA^FN1^FO1,1^FN2^FS^XZ", "a ^FS is missing"),
            (
                "^XA^BXN,4,200,,,,_,1^FN1^FS^A0N,9^FN1^FS^XZ",
                "give each a number",
            ),
        ] {
            let why = stored("ART", text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }

    proptest::proptest! {
        /// However a command is torn and written, a label that counts, keeps or repeats is refused.
        #[test]
        fn no_way_of_writing_it_gets_through(
            place in 0usize..8, small: bool, ends in proptest::collection::vec(0usize..3, 3), tilde: bool,
        ) {
            let name = ["CC", "CT", "JZ", "SN", "XF", "JU", "ID", "ZZ"][place];
            let name = if small { name.to_lowercase() } else { name.to_owned() };
            let end = |place: usize| ["", "\n", "\r\n"][ends[place]];
            let prefix = if tilde { "~" } else { "^" };
            let (first, second) = name.split_at(1);
            let text = format!("^XA{prefix}{}{first}{}{second}{}1^XZ", end(0), end(1), end(2));
            let why = stored("ART", &text).unwrap_err();
            let wanted = format!("{prefix}{} is refused", name.to_uppercase());
            proptest::prop_assert!(why.contains(&wanted), "{:?}: {}", text, why);
        }

        #[test]
        fn no_text_panics(text in "[\\^~XAZFNSD0-9,!U{}\n\réB_ ]{0,60}") {
            let _any = (stored("ART", &text), fields(&text), field_numbers(&text));
        }
    }
}
