//! A description file: its tables and keys, all mistakes at once. PURE.

use super::super::language::Waits;
use super::contradictions::{self, Places};
use super::description::{
    Answers, Ask, Check, Covers, Description, Frame, Meaning, Meanings, Orders, Outgoing, Status,
    Values,
};
use super::pattern::{Binding, Kind, Out, Pattern, literal, outgoing};
use super::table::{Mistake, Mistakes, Placed, Table};
use crate::Fault;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Longest description file, in bytes.
pub const DESCRIPTION_MAX: usize = 64 * 1024;

/// Commands that may go out without the frame.
const COMMANDS: [&str; 8] = [
    "identify",
    "status",
    "odometer",
    "before_job",
    "clear",
    "once_clear",
    "job",
    "void",
];

impl Description {
    /// Reads a description file.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the text.
    pub fn parse(text: &str) -> Result<Description, Vec<Mistake>> {
        let mut mistakes = Mistakes::of(text);
        if text.len() > DESCRIPTION_MAX {
            let most = DESCRIPTION_MAX / 1024;
            mistakes.add(&(0..0), format!("The file is longer than {most} KiB."));
            return Err(mistakes.into_list());
        }
        let (table, syntax) = DeTable::parse_recoverable(text);
        for error in syntax {
            let why = error.message().trim_end_matches('.').replace('\n', ", ");
            let span = error.span().unwrap_or_default();
            mistakes.add(&span, format!("This is not TOML: {why}."));
        }
        if !mistakes.is_empty() {
            return Err(mistakes.into_list());
        }
        let mut reading = Reading {
            mistakes,
            bare: Vec::new(),
            places: Places::new(),
        };
        let description = reading.file(&Table::of_file(table.get_ref()));
        match description {
            Some(description) if reading.mistakes.is_empty() => Ok(description),
            _ => Err(reading.mistakes.into_list()),
        }
    }
}

struct Reading<'t> {
    mistakes: Mistakes<'t>,
    /// Commands without the frame.
    bare: Vec<String>,
    /// Where commands, answers and escapes stand.
    places: Places,
}

impl Reading<'_> {
    fn file(&mut self, file: &Table<'_, '_>) -> Option<Description> {
        let wrong = &mut self.mistakes;
        let keys = [
            "title",
            "name",
            "extra_input",
            "depth",
            "frame",
            "identify",
            "status",
            "odometer",
            "answers",
            "orders",
            "values",
            "waits",
        ];
        file.only(&keys, wrong);
        let _title = file.text("title", wrong);
        let name = file.must_text("name", wrong);
        if let Some((name, span)) = &name
            && (!(1..=24).contains(&name.len()) || name.chars().any(char::is_control))
        {
            wrong.add(
                span,
                "name has 1 to 24 characters, as in \"a coder printer\".",
            );
        }
        let extra = [("fault", false), ("ignore", true)];
        let ignores_extra = file.choice("extra_input", &extra, wrong);
        let depth = file.number("depth", 1..=1_000, wrong);
        let frame_table = file.table("frame", wrong);
        let waits = file.table("waits", wrong);
        let waits = waits.map(|table| self.waits(&table)).unwrap_or_default();
        let frame = frame_table.as_ref().map(|table| self.frame(table));
        let frame = frame.unwrap_or_default();
        let answers = file.table("answers", &mut self.mistakes);
        let answers = answers.map(|table| self.answers(&table));
        let identify = self.ask(file, "identify", &["model", "firmware", "dpmm"]);
        let odometer = self.ask(file, "odometer", &["labels"]);
        let status_table = file.must_table("status", &mut self.mistakes);
        let status = status_table.as_ref().and_then(|table| self.status(table));
        let values = file.table("values", &mut self.mistakes);
        let values = values.map(|table| self.values(&table)).unwrap_or_default();
        let orders_table = file.must_table("orders", &mut self.mistakes);
        let orders = orders_table.as_ref().and_then(|table| self.orders(table));
        let description = Description {
            name: name?.0,
            frame,
            identify,
            status: status?,
            odometer,
            answers,
            orders: orders?,
            values,
            waits,
            depth: depth.map(|depth| depth as u32),
            ignores_extra,
        };
        let spans = (status_table?.span, orders_table?.span);
        let frame_span = frame_table.map_or(0..0, |table| table.span);
        self.whole(&description, &frame_span, &spans.0, &spans.1);
        contradictions::find(&description, &self.places, &mut self.mistakes);
        Some(description)
    }

    fn waits(&mut self, table: &Table<'_, '_>) -> Waits {
        let wrong = &mut self.mistakes;
        table.only(&["answer_ms", "order_ms"], wrong);
        Waits {
            answer_ms: table.number("answer_ms", 10..=10_000, wrong),
            order_ms: table.number("order_ms", 10..=60_000, wrong),
        }
    }

    fn frame(&mut self, table: &Table<'_, '_>) -> Frame {
        let keys = [
            "begin",
            "end",
            "begin_in",
            "end_in",
            "check",
            "check_covers",
            "bare",
        ];
        table.only(&keys, &mut self.mistakes);
        let mut bytes = |key: &str| {
            let (text, span) = table.text(key, &mut self.mistakes)?;
            self.places.insert(key.to_owned(), span.clone());
            literal(&text)
                .map_err(|why| self.mistakes.add(&span, format!("{key} {why}.")))
                .ok()
        };
        let begin = bytes("begin").unwrap_or_default();
        let end = bytes("end").unwrap_or_default();
        let begin_in = bytes("begin_in").unwrap_or_else(|| begin.clone());
        let end_in = bytes("end_in").unwrap_or_else(|| end.clone());
        let checks = [
            ("none", Check::None),
            ("sum256", Check::Sum256),
            ("xor", Check::Xor),
        ];
        let check = table.choice("check", &checks, &mut self.mistakes);
        let covers = [
            ("body", Covers::Body),
            ("body and end", Covers::BodyAndEnd),
            ("all", Covers::All),
        ];
        let covers = table.choice("check_covers", &covers, &mut self.mistakes);
        for (command, span) in table.texts("bare", &mut self.mistakes) {
            if !COMMANDS.contains(&command.as_str()) {
                let text = format!("bare names commands: {}.", COMMANDS.join(", "));
                self.mistakes.add(&span, text);
            }
            self.bare.push(command);
        }
        Frame {
            begin,
            end,
            begin_in,
            end_in,
            check,
            covers,
        }
    }

    fn pattern(&mut self, key: &str, (text, span): &Placed<String>) -> Option<Pattern> {
        let pattern = Pattern::parse(text);
        pattern
            .map_err(|why| self.mistakes.add(span, format!("{key} {why}.")))
            .ok()
    }

    /// What goes out by this key; `values` when it may hold values.
    fn outgoing(
        &mut self,
        table: &Table<'_, '_>,
        (key, command): (&str, &str),
        values: bool,
    ) -> Option<Outgoing> {
        let (text, span) = table.text(key, &mut self.mistakes)?;
        self.places.insert(command.to_owned(), span.clone());
        let pieces = outgoing(&text);
        let pieces = pieces
            .map_err(|why| self.mistakes.add(&span, format!("{key} {why}.")))
            .ok()?;
        if !values && pieces.iter().any(|piece| matches!(piece, Out::Value(_))) {
            let text = format!("{key} holds a value; only job and void do.");
            self.mistakes.add(&span, text);
        }
        let is_bare = self.bare.iter().any(|bare| bare == command);
        Some(Outgoing { pieces, is_bare })
    }

    fn must(&mut self, table: &Table<'_, '_>, key: &str, values: bool) -> Option<Outgoing> {
        let _told = table.must_text(key, &mut self.mistakes);
        self.outgoing(table, (key, key), values)
    }

    /// A question with its answer, whose parts are among these and hold the first.
    fn ask(&mut self, file: &Table<'_, '_>, name: &str, parts: &[&str]) -> Option<Ask> {
        let table = file.table(name, &mut self.mistakes)?;
        table.only(&["out", "in"], &mut self.mistakes);
        let out = table.must_text("out", &mut self.mistakes);
        let out = out.and_then(|_| self.outgoing(&table, ("out", name), false));
        let placed = table.must_text("in", &mut self.mistakes)?;
        let place = placed.1.clone();
        self.places.insert(format!("[{name}] in"), place);
        let answer = self.pattern("in", &placed)?;
        let names: Vec<&str> = answer.captures().map(|(name, _)| name).collect();
        let stranger = names.iter().find(|name| !parts.contains(name));
        if let Some(stranger) = stranger {
            let known = parts.join("}, {");
            let text = format!("in has {{{stranger}}}; here are only {{{known}}}, and {{skip}}.");
            self.mistakes.add(&placed.1, text);
        } else if !names.contains(&parts[0]) {
            let text = format!("in has no {{{}}}, which is what is asked for.", parts[0]);
            self.mistakes.add(&placed.1, text);
        }
        Some(Ask { out: out?, answer })
    }

    fn status(&mut self, table: &Table<'_, '_>) -> Option<Status> {
        let keys = ["out", "in", "queue", "odometer", "values", "bits"];
        table.only(&keys, &mut self.mistakes);
        let _told = table.must_text("out", &mut self.mistakes);
        let out = self.outgoing(table, ("out", "status"), false);
        let placed = table.text("in", &mut self.mistakes);
        if let Some((_, span)) = &placed {
            self.places.insert("[status] in".into(), span.clone());
        }
        let answer = placed
            .as_ref()
            .and_then(|placed| self.pattern("in", placed));
        let span = placed
            .as_ref()
            .map_or(table.span.clone(), |(_, span)| span.clone());
        let parts: BTreeMap<String, Kind> = answer
            .iter()
            .flat_map(Pattern::captures)
            .map(owned)
            .collect();
        let mut counted = |key| {
            let (name, span) = table.text(key, &mut self.mistakes)?;
            let is_number = |kind: &&Kind| matches!(kind, Kind::Digits(_) | Kind::Hex(_));
            if parts.get(&name).filter(is_number).is_none() {
                let text = format!("{key} names a part of in that is digits or hex, not {name:?}.");
                self.mistakes.add(&span, text);
            }
            Some(name)
        };
        let queue = counted("queue");
        let odometer = counted("odometer");
        let meanings = self.meanings(table, &parts);
        for name in parts.keys() {
            let is_counted = [&queue, &odometer]
                .into_iter()
                .flatten()
                .any(|other| other == name);
            if placed.is_some() && !is_counted && !meanings.contains_key(name) {
                let text = format!(
                    "The part {{{name}}} has no meaning: give it [status.values.{name}] or [status.bits.{name}], \
                     or pass it over with {{skip}}."
                );
                self.mistakes.add(&span, text);
            }
        }
        Some(Status {
            out: out?,
            answer,
            queue,
            odometer,
            meanings,
        })
    }

    fn meanings(
        &mut self,
        table: &Table<'_, '_>,
        parts: &BTreeMap<String, Kind>,
    ) -> BTreeMap<String, Meanings> {
        let mut all = BTreeMap::new();
        for kind in ["values", "bits"] {
            let Some(table) = table.table(kind, &mut self.mistakes) else {
                continue;
            };
            for ((part, span), value, at) in table.entries() {
                let DeValue::Table(entries) = value else {
                    let text = format!("{part} is a table; write [status.{kind}.{part}].");
                    self.mistakes.add(&at, text);
                    continue;
                };
                match parts.get(&part) {
                    None => {
                        let text = format!("The answer has no part {{{part}}}.");
                        self.mistakes.add(&span, text);
                    }
                    Some(Kind::Text | Kind::Any(_)) if kind == "bits" => {
                        let text = format!("{{{part}}} has bits only when it is digits or hex.");
                        self.mistakes.add(&span, text);
                    }
                    Some(_) => {}
                }
                let meanings = match kind {
                    "values" => Meanings::Values(self.entries(entries, |key| Some(key.to_owned()))),
                    _ => Meanings::Bits(
                        self.entries(entries, |key| key.parse().ok().filter(|bit| *bit < 64)),
                    ),
                };
                if all.insert(part.clone(), meanings).is_some() {
                    self.mistakes
                        .add(&span, format!("{{{part}}} has its meaning twice."));
                }
            }
        }
        all
    }

    fn entries<K: Ord>(
        &mut self,
        table: &DeTable<'_>,
        key_of: impl Fn(&str) -> Option<K>,
    ) -> BTreeMap<K, Meaning> {
        let mut entries = BTreeMap::new();
        for (key, value) in table {
            let Some(name) = key_of(key.get_ref()) else {
                self.mistakes
                    .add(&key.span(), "A bit is a number from 0 to 63.");
                continue;
            };
            let meaning = match value.get_ref() {
                DeValue::String(text) => meaning(text),
                _ => None,
            };
            match meaning {
                Some(meaning) => drop(entries.insert(name, meaning)),
                None => self.mistakes.add(&value.span(), MEANINGS),
            }
        }
        entries
    }

    fn answers(&mut self, table: &Table<'_, '_>) -> Answers {
        let keys = ["framed", "accepted", "not_now", "rejected"];
        table.only(&keys, &mut self.mistakes);
        let words = [("no", false), ("yes", true)];
        let is_framed = table.choice("framed", &words, &mut self.mistakes);
        let _told = (!table.entries().any(|((name, _), ..)| name == "accepted"))
            .then(|| table.must_text("accepted", &mut self.mistakes));
        let mut patterns = |key: &str| {
            let mut patterns = Vec::new();
            for placed in table.texts(key, &mut self.mistakes) {
                let Some(pattern) = self.pattern(key, &placed) else {
                    continue;
                };
                let stranger = pattern.captures().any(|(name, _)| name != "why");
                if stranger {
                    let text = format!("{key} may have a part {{why}}, and {{skip}}.");
                    self.mistakes.add(&placed.1, text);
                }
                if !is_framed && !pattern.is_fixed() {
                    let text = format!(
                        "{key} has a part without a length; without a frame nothing tells where it ends: \
                         {{why:any1}}."
                    );
                    self.mistakes.add(&placed.1, text);
                }
                let place = format!("{key} {}", patterns.len());
                self.places.insert(place, placed.1);
                patterns.push(pattern);
            }
            patterns
        };
        Answers {
            is_framed,
            accepted: patterns("accepted"),
            not_now: patterns("not_now"),
            rejected: patterns("rejected"),
        }
    }

    fn orders(&mut self, table: &Table<'_, '_>) -> Option<Orders> {
        let keys = ["before_job", "clear", "once_clear", "job", "void"];
        table.only(&keys, &mut self.mistakes);
        let before_job = self.outgoing(table, ("before_job", "before_job"), false);
        let clear = self.must(table, "clear", false);
        let once_clear = self.outgoing(table, ("once_clear", "once_clear"), false);
        let job = self.must(table, "job", true);
        let void = self.outgoing(table, ("void", "void"), true);
        let named = |piece: &Out| matches!(piece, Out::Value(Binding::Named(_) | Binding::Symbol));
        if void
            .as_ref()
            .is_some_and(|void| void.pieces.iter().any(named))
        {
            let (_, span) = table.text("void", &mut self.mistakes)?;
            let text = "void is for a label that must not carry a number; it takes only {field:1} and the like.";
            self.mistakes.add(&span, text);
        }
        Some(Orders {
            before_job,
            clear: clear?,
            once_clear,
            job: job?,
            void,
        })
    }

    fn values(&mut self, table: &Table<'_, '_>) -> Values {
        let wrong = &mut self.mistakes;
        table.only(&["fnc1", "refused", "escapes", "longest"], wrong);
        let fnc1 = table.text("fnc1", wrong);
        if let Some((fnc1, span)) = &fnc1
            && (fnc1.is_empty() || !fnc1.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
        {
            wrong.add(span, "fnc1 is what the printer takes for FNC1, as in '~1'.");
        }
        let refused = table.text("refused", wrong).unwrap_or_default().0;
        let longest = table.number("longest", 1..=3_072, wrong);
        let mut escapes = BTreeMap::new();
        if let Some(table) = table.table("escapes", wrong) {
            for ((key, span), value, at) in table.entries() {
                let mut letters = key.chars();
                match (letters.next(), letters.next(), value) {
                    (Some(c), None, DeValue::String(text)) => {
                        self.places.insert(format!("escape {c}"), span);
                        escapes.insert(c, text.to_string());
                    }
                    (Some(_), None, _) => wrong.add(&at, "What is written instead is a text."),
                    _ => wrong.add(&span, "What is escaped is one character, as in '~' = '~~'."),
                }
            }
        }
        Values {
            fnc1: fnc1.unwrap_or_default().0,
            refused,
            escapes,
            longest: longest.map(|longest| longest as usize),
        }
    }

    /// What only all of it together shows.
    fn whole(
        &mut self,
        whole: &Description,
        frame: &Range<usize>,
        status: &Range<usize>,
        orders: &Range<usize>,
    ) {
        let wrong = &mut self.mistakes;
        let answers = whole.answers.as_ref();
        let framed = whole.status.answer.is_some()
            || whole.identify.is_some()
            || whole.odometer.is_some()
            || answers.is_some_and(|answers| answers.is_framed);
        if framed && whole.frame.end_in.is_empty() {
            wrong.add(
                frame,
                "[frame] needs the key end: nothing else tells where an answer ends.",
            );
        }
        if whole.frame.check != Check::None && whole.frame.end.is_empty() {
            wrong.add(
                frame,
                "A check stands behind the end of a frame; [frame] needs the key end.",
            );
        }
        if answers.is_none() && whole.status.answer.is_none() {
            wrong.add(
                status,
                "[status] needs the key in: without it the status is acknowledged as orders are, and [answers] says \
                 how.",
            );
        }
        if answers.is_none() && !whole.status.tells_queue() {
            wrong.add(
                status,
                "Nothing proves that the queue is empty: name the part that counts what waits (queue = …), give a \
                 value the meaning \"queued\", or say in [answers] how orders are acknowledged.",
            );
        }
        if answers.is_none() && whole.orders.before_job.is_some() {
            wrong.add(
                orders,
                "before_job is a question; [answers] says what its answers are.",
            );
        }
        let pieces = whole.orders.job.pieces.iter();
        let has_symbol = pieces
            .clone()
            .any(|piece| *piece == Out::Value(Binding::Symbol));
        if has_symbol && whole.values.fnc1.is_empty() {
            wrong.add(orders, "job has {symbol}; [values] needs the key fnc1.");
        }
        let marks = [
            &whole.frame.begin[..],
            &whole.frame.end,
            whole.values.fnc1.as_bytes(),
        ];
        let mut marks: Vec<char> = marks
            .iter()
            .filter_map(|mark| mark.first())
            .map(|byte| char::from(*byte))
            .filter(|mark| (' '..='~').contains(mark))
            .collect();
        marks.dedup();
        for mark in marks {
            let values = &whole.values;
            if !values.refused.contains(mark) && !values.escapes.contains_key(&mark) {
                wrong.add(
                    orders,
                    format!(
                        "A value that holds {mark:?} would be taken for something else; add it to refused or escapes \
                         in [values]."
                    ),
                );
            }
        }
    }
}

impl Status {
    /// It says whether something waits.
    pub fn tells_queue(&self) -> bool {
        let mut meanings = self.meanings.values().flat_map(Meanings::all);
        self.queue.is_some() || meanings.any(|meaning| *meaning == Meaning::Queued)
    }
}

const MEANINGS: &str = "A meaning is one of \"ok\", \"queued\", \"media-out\", \"ribbon-out\", \"head-open\", \
                        \"paused\", \"busy\", \"buffer-full\", or \"error: \" and its name.";

fn meaning(text: &str) -> Option<Meaning> {
    let fault = match text {
        "ok" => return Some(Meaning::Fine),
        "queued" => return Some(Meaning::Queued),
        "media-out" => Fault::MediaOut,
        "ribbon-out" => Fault::RibbonOrInkOut,
        "head-open" => Fault::HeadOpen,
        "paused" => Fault::Paused,
        "busy" | "buffer-full" => Fault::Busy,
        text => {
            let name = text.strip_prefix("error:")?.trim();
            (!name.is_empty()).then(|| Fault::Device(name.to_owned()))?
        }
    };
    Some(Meaning::Hinders(fault))
}

fn owned((name, kind): (&str, Kind)) -> (String, Kind) {
    (name.to_owned(), kind)
}
