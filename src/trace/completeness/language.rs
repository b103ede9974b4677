//! Rule files: TOML, read strictly, every mistake at once with its line. PURE.
//!
//! ```toml
//! title = "What the rules are"
//! about = "What they cover, and what not"            # may be left out
//!
//! [[rule]]
//! id = "serial"                                      # unique in the file
//! source = "(EU) 2016/161, Article 4(b)"
//! words = "Every pack has a serial number."
//! of = "pack"                                        # what it is about, one by one
//! where = ["state is active"]                        # which of them; left out: all
//! must = ["serial is present", "serial_length <= 20"]
//! at_least = 1                                       # so many there must be; left out: none need be
//! todo = "What a person does about one that is missing."
//!
//! [[rule]]
//! id = "upload"
//! source = "(EU) 2016/161, Article 33"
//! words = "The numbers were uploaded."
//! of = "lot"
//! not_kept = "where it is kept instead"              # in place of must: the store cannot know it
//! ```
//!
//! A condition is `FIELD is present`, `FIELD is absent`, `FIELD is VALUE`, `FIELD is not VALUE`, or
//! `FIELD < | <= | > | >= NUMBER`. A field without a value fulfils `is absent` and nothing else.

use super::fields::{Field, Kind, Subject, near};
use super::rule_file::{self, Written, Wrong};
use std::fmt;
use std::ops::Range;
use toml::Spanned;

/// Longest rule file that is read, in bytes.
pub const TEXT_MAX: usize = 256 * 1024;
/// Most rules of a file.
pub const RULES_MAX: usize = 500;

/// A value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A text or word.
    Text(std::borrow::Cow<'a, str>),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Number(number) => write!(f, "{number}"),
            Value::Flag(true) => f.write_str("yes"),
            Value::Flag(false) => f.write_str("no"),
        }
    }
}

/// How a value is compared.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    Present,
    Absent,
    Is(Value<'static>),
    IsNot(Value<'static>),
    Less(f64),
    AtMost(f64),
    More(f64),
    AtLeast(f64),
}

/// A condition on a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    field: &'static Field,
    test: Test,
    text: String,
}

impl Condition {
    /// The name of its field.
    pub fn field(&self) -> &'static str {
        self.field.name
    }

    /// As it stands in the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether this value, or its absence, fulfils it.
    pub fn holds(&self, value: Option<&Value<'_>>) -> bool {
        let Some(value) = value else {
            return self.test == Test::Absent;
        };
        let number = |than: fn(&f64, &f64) -> bool, other: &f64| match value {
            Value::Number(number) => than(number, other),
            Value::Text(_) | Value::Flag(_) => false,
        };
        match &self.test {
            Test::Present => true,
            Test::Absent => false,
            Test::Is(other) => value == other,
            Test::IsNot(other) => value != other,
            Test::Less(other) => number(f64::lt, other),
            Test::AtMost(other) => number(f64::le, other),
            Test::More(other) => number(f64::gt, other),
            Test::AtLeast(other) => number(f64::ge, other),
        }
    }

    fn parse(of: Subject, text: &str) -> Result<Condition, String> {
        let form = "a condition is FIELD is present, FIELD is absent, FIELD is [not] VALUE, or FIELD < | <= | > | >= \
                    NUMBER";
        let mut words = text.splitn(3, ' ');
        let (name, how) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let rest = words.next().unwrap_or("").trim();
        let field = of.field(name).ok_or_else(|| unknown_field(of, name))?;
        let number = || -> Result<f64, String> {
            match field.kind {
                Kind::Number => rest
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite())
                    .ok_or_else(|| format!("\"{rest}\" is no number")),
                kind => Err(format!("{name} is {}, not a number", kind.words())),
            }
        };
        let test = match (how, rest) {
            ("is", "present") => Test::Present,
            ("is", "absent") => Test::Absent,
            ("is", _) => match rest.strip_prefix("not ") {
                Some(other) => Test::IsNot(value(field, other.trim())?),
                None => Test::Is(value(field, rest)?),
            },
            ("<", _) => Test::Less(number()?),
            ("<=", _) => Test::AtMost(number()?),
            (">", _) => Test::More(number()?),
            (">=", _) => Test::AtLeast(number()?),
            _ => return Err(form.to_owned()),
        };
        let text = text.to_owned();
        Ok(Condition { field, test, text })
    }
}

fn value(field: &Field, text: &str) -> Result<Value<'static>, String> {
    let name = field.name;
    let owned = || Value::Text(text.to_owned().into());
    match field.kind {
        _ if text.is_empty() => Err(format!("{name} is compared with nothing")),
        Kind::Text => Ok(owned()),
        Kind::Word(words) if words.contains(&text) => Ok(owned()),
        Kind::Word(words) => Err(format!("{name} is one of {}", words.join(", "))),
        Kind::Flag => match text {
            "yes" => Ok(Value::Flag(true)),
            "no" => Ok(Value::Flag(false)),
            _ => Err(format!("{name} is yes or no")),
        },
        Kind::Number => text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Value::Number)
            .ok_or_else(|| format!("\"{text}\" is no number")),
    }
}

fn unknown_field(of: Subject, name: &str) -> String {
    let meant = near(name, of.fields().iter().map(|field| field.name));
    format!(
        "a {} has no field \"{name}\" here{meant} (vidimus completeness --fields lists them; what is not kept is said \
         with not_kept)",
        of.name()
    )
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name in the file.
    pub id: String,
    /// The regulation and its article.
    pub source: String,
    /// What it wants, for people.
    pub words: String,
    /// What it is about.
    pub of: Subject,
    /// Which of them.
    pub which: Vec<Condition>,
    /// What must be so.
    pub must: Vec<Condition>,
    /// How many of them there must be.
    pub at_least: u64,
    /// What a person does about what is missing.
    pub todo: Option<String>,
    /// The store cannot know it: where it is kept instead.
    pub not_kept: Option<String>,
}

/// The rules of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSet {
    /// What the rules are.
    pub title: String,
    /// What they cover, and what not.
    pub about: Option<String>,
    /// The rules, in the order of the file.
    pub rules: Vec<Rule>,
}

impl RuleSet {
    /// Some rule asks for this field of this subject.
    pub fn asks(&self, of: Subject, fields: &[&str]) -> bool {
        let asks = |condition: &Condition| fields.contains(&condition.field());
        self.rules
            .iter()
            .filter(|rule| rule.of == of)
            .any(|rule| rule.which.iter().chain(&rule.must).any(asks))
    }

    /// Some rule is about this.
    pub fn speaks_of(&self, of: Subject) -> bool {
        self.rules.iter().any(|rule| rule.of == of)
    }

    /// Reads a rule file; `file` is what messages call it.
    ///
    /// # Errors
    /// Every mistake, one a line, with file and line.
    pub fn parse(file: &str, text: &str) -> Result<RuleSet, String> {
        if text.len() > TEXT_MAX {
            return Err(format!("{file} is longer than {TEXT_MAX} bytes."));
        }
        let at = |span: Option<Range<usize>>| {
            let upto = span.map_or(0, |span| span.start).min(text.len());
            1 + text.as_bytes()[..upto]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count()
        };
        let mut mistakes: Vec<(usize, String)> = Vec::new();
        let mut wrong = |span: Range<usize>, why: String| mistakes.push((at(Some(span)), why));
        let read = rule_file::read(text, &mut wrong);
        if read.rules.is_empty() || read.rules.len() > RULES_MAX {
            let count = read.rules.len();
            let why = format!("it has {count} rules, and 1 to {RULES_MAX} are wanted");
            wrong(0..0, why);
        }
        let mut rules: Vec<Rule> = Vec::new();
        for read in read.rules {
            let span = read.span.clone();
            let twice = rules.iter().find(|rule| Some(&rule.id) == read.id.as_ref());
            if let Some(twice) = twice {
                wrong(span, format!("the id \"{}\" is there already", twice.id));
            }
            rules.extend(Rule::of(read, &mut wrong));
        }
        if mistakes.is_empty() {
            let (title, about) = (read.title, read.about);
            return Ok(RuleSet {
                title,
                about,
                rules,
            });
        }
        mistakes.sort();
        let lines: Vec<String> = mistakes
            .into_iter()
            .map(|(line, why)| format!("{file}, line {line}: {why}."))
            .collect();
        Err(lines.join("\n"))
    }
}

impl Rule {
    /// What a written rule means; `None` where that cannot be told, which was told then.
    fn of(written: Written, wrong: Wrong<'_>) -> Option<Rule> {
        let span = written.span.clone();
        for (name, text) in [
            ("id", &written.id),
            ("source", &written.source),
            ("words", &written.words),
        ] {
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                wrong(span.clone(), format!("{name} is empty"));
            }
        }
        let asks = !written.must.is_empty() || written.at_least > 0;
        let odd = match (&written.not_kept, asks) {
            (Some(_), true) => Some("it says not_kept and asks for something all the same"),
            (None, false) => Some("it asks for nothing: it needs must, at_least or not_kept"),
            (None, true) if written.todo.is_none() => Some("it does not say what to do (todo)"),
            _ => None,
        };
        if let Some(why) = odd {
            wrong(span, why.to_owned());
        }
        let named = written.of?;
        let Some(of) = Subject::of(named.get_ref()) else {
            let names: Vec<&str> = Subject::ALL.into_iter().map(Subject::name).collect();
            let why = format!("\"{}\" is none of {}", named.get_ref(), names.join(", "));
            wrong(named.span(), why);
            return None;
        };
        let mut conditions = |texts: Vec<Spanned<String>>| {
            let mut read = Vec::new();
            for text in texts {
                match Condition::parse(of, text.get_ref()) {
                    Ok(condition) => read.push(condition),
                    Err(why) => wrong(text.span(), why),
                }
            }
            read
        };
        Some(Rule {
            which: conditions(written.which),
            must: conditions(written.must),
            id: written.id?,
            source: written.source?,
            words: written.words?,
            of,
            at_least: written.at_least,
            todo: written.todo,
            not_kept: written.not_kept,
        })
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn condition(text: &str) -> Condition {
        Condition::parse(Subject::Pack, text).expect(text)
    }

    #[test]
    fn conditions_hold_or_not_and_what_is_absent_fulfils_nothing_but_its_absence() {
        let word = |text: &'static str| Value::Text(text.into());
        for (text, value, holds) in [
            ("serial is present", Some(word("A")), true),
            ("serial is absent", Some(word("A")), false),
            ("serial is A B", Some(word("A B")), true),
            ("state is not active", Some(word("void")), true),
            ("state is not active", Some(word("active")), false),
            ("grade >= 1.5", Some(Value::Number(1.5)), true),
            ("grade > 1.5", Some(Value::Number(1.5)), false),
            ("grade < 1.5", Some(Value::Number(1.4)), true),
            ("serial_length <= 20", Some(Value::Number(21.0)), false),
            ("held is no", Some(Value::Flag(false)), true),
        ] {
            assert_eq!(condition(text).holds(value.as_ref()), holds, "{text}");
            let of_nothing = condition(text).holds(None);
            assert_eq!(of_nothing, text.ends_with("absent"), "{text}");
        }
    }

    #[test]
    fn every_mistake_of_a_file_is_named_with_its_line() {
        let text = "title = \"t\"\n[[rule]]\nid = \"a\"\nsource = \"s\"\nwords = \"w\"\nof = \"pack\"\n\
                    must = [\n\"serail is present\",\n\"grade >= high\",\n\"held is maybe\",\n\"serial\",\n\
                    \"state is gone\"]\n\
                    [[rule]]\nid = \"a\"\nsource = \"s\"\nwords = \"w\"\nof = \"partner\"\nmust = []\n\
                    [[rule]]\nid = \"b\"\nsource = \" \"\nwords = \"w\"\nof = \"lot\"\nnot_kept = \"k\"\nat_least = 1\n\
                    [[rule]]\nid = \"c\"\nsource = \"s\"\nwords = \"w\"\nof = \"lot\"\n";
        let why = RuleSet::parse("r.toml", text).expect_err("it is full of mistakes");
        for told in [
            "line 8: a pack has no field \"serail\" here; was serial meant?",
            "line 9: \"high\" is no number",
            "line 10: held is yes or no",
            "line 11: a condition is",
            "line 12: state is one of",
            "the id \"a\" is there already",
            "line 17: \"partner\" is none of",
            "source is empty",
            "it says not_kept and asks",
            "it asks for nothing",
            "it does not say what to do",
        ] {
            assert!(why.contains(told), "{told}:\n{why}");
        }
        // Names of keys as well, each.
        let text = "titel = \"t\"\n[[rule]]\nidd = \"a\"\nsource = 5\nwords = \"w\"\nof = \"lot\"\nmust = \"serial\"\n\
                    at_least = -1\nwords2 = 1\n[[rule]]\nid = \"b\"\nmsut = []\nwhere = [1]\n\
                    not_kept = \"k\"\n[other]\n";
        let why = RuleSet::parse("r.toml", text).expect_err("it is full of mistakes");
        for told in [
            "line 1: the file has no key \"titel\"; was title meant?",
            "line 1: the file needs the key title",
            "line 3: a rule has no key \"idd\"; was id meant?",
            "line 2: a rule needs the key id",
            "line 4: source is a text",
            "line 7: must is a list",
            "line 8: at_least is a whole number",
            "line 9: a rule has no key \"words2\"",
            "line 12: a rule has no key \"msut\"; was must meant?",
            "line 13: where is a list",
            "line 10: a rule needs the key of",
            "line 15: the file has no key \"other\"",
        ] {
            assert!(why.contains(told), "{told}:\n{why}");
        }
        for bad in ["", "title = 1", "title = \"t\"\n[[rule]]\nidd = \"a\""] {
            let why = RuleSet::parse("r.toml", bad).expect_err("no rule file");
            assert!(why.starts_with("r.toml, line "), "{why}");
        }
    }

    #[test]
    fn a_file_with_too_much_in_it_is_refused() {
        let rule = |no: usize| {
            format!(
                "[[rule]]\nid = \"{no}\"\nsource = \"s\"\nwords = \"w\"\nof = \"lot\"\nnot_kept = \"k\"\n"
            )
        };
        let file = |count| {
            (0..count)
                .map(rule)
                .fold("title = \"t\"\n".to_owned(), |all, one| all + &one)
        };
        let most = RuleSet::parse("r", &file(RULES_MAX)).expect("so many may be there");
        assert_eq!(most.rules.len(), RULES_MAX);
        let why = RuleSet::parse("r", &file(RULES_MAX + 1)).expect_err("one too many");
        assert!(why.contains("501 rules"), "{why}");
        let long = format!("{}#{}", file(1), "x".repeat(TEXT_MAX));
        assert!(RuleSet::parse("r", &long).is_err());
    }
}
