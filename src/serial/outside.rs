//! Lists of numbers from outside, read strictly: every row is right or the list is refused, with the lines and the
//! reasons. PURE.
//!
//! Two forms are told apart by their first line that is not empty:
//!
//! - CSV (RFC 4180, with `,`, `;` or a tab): a head that names the columns, `serial` and maybe `gtin`, `ai91`, `ai92`,
//!   `ai93`. Quotes stand around a whole field or nowhere. No field goes over several lines: no number could hold it.
//! - URNs, one a line: `urn:epc:id:sgtin:…` (EPC Tag Data Standard, 6.3.1).
//!
//! Numbers in other forms are taken in one by one ([`Intake`]). A mark of the byte order (BOM), CR before LF, and empty
//! lines do no harm. Memory grows by what a number holds.

use super::list::{Listed, NumberList};
use crate::gs1::fields::in_cset82;
use crate::gs1::{Dictionary, Gtin, Parser, Sequence};
use crate::record::CryptoTail;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, Read};

/// Rows of a list at most.
pub const ROWS_MAX: u64 = 20_000_000;
/// Longest line of a list, in bytes.
pub const LINE_LEN_MAX: usize = 1_024;
/// Refusals that are told in words; the others are counted.
pub const REASONS_MAX: usize = 20;
/// Longest serial, AI (21) (GS1 General Specifications, 3.5.2).
const SERIAL_LEN_MAX: usize = 20;
/// Longest part for AI (91) to (93).
const PART_LEN_MAX: usize = 90;

/// Why a list is refused: line and reason, in the order of the lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusals {
    first: Vec<(u32, String)>,
    count: u64,
}

impl Refusals {
    /// One more. Of more than [`REASONS_MAX`] those of the first lines are kept in words.
    pub fn add(&mut self, line: u32, reason: impl FnOnce() -> String) {
        self.count += 1;
        let full = self.first.len() == REASONS_MAX;
        if full && self.first.last().is_some_and(|(last, _)| *last <= line) {
            return;
        }
        let at = self.first.partition_point(|(one, _)| *one <= line);
        self.first.insert(at, (line, reason()));
        self.first.truncate(REASONS_MAX);
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first ones.
    pub fn first(&self) -> &[(u32, String)] {
        &self.first
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, reason) in &self.first {
            writeln!(f, "line {line}: {reason}")?;
        }
        match self.count - self.first.len() as u64 {
            0 => Ok(()),
            more => writeln!(f, "and {more} more"),
        }
    }
}

/// Why nothing was read.
#[derive(Debug)]
pub enum ListError {
    /// The file cannot be read.
    Io(std::io::Error),
    /// Rows are wrong.
    Refused(Refusals),
}

/// Reads a list: the numbers of each product in the order in which they came, sorted by text, too. `gtin` is that of
/// the rows that name none.
///
/// # Errors
/// The file cannot be read, or a row is wrong: nothing comes of it then.
pub fn read(from: &mut dyn BufRead, gtin: Option<Gtin>) -> Result<Vec<NumberList>, ListError> {
    read_up_to(ROWS_MAX, from, gtin)
}

fn read_up_to(
    rows_max: u64,
    from: &mut dyn BufRead,
    gtin: Option<Gtin>,
) -> Result<Vec<NumberList>, ListError> {
    let mut lines = Lines::new(from);
    let mut reading = Intake::new(gtin);
    let refused = |line: u32, reason: String| {
        let mut refusals = Refusals::default();
        refusals.add(line, || reason);
        Err(ListError::Refused(refusals))
    };
    let mut form = None;
    loop {
        let (no, line) = match lines.next() {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(LineError::Io(error)) => return Err(ListError::Io(error)),
            Err(LineError::Odd(line, reason)) => return refused(line, reason),
        };
        if line.trim().is_empty() {
            continue;
        }
        match &form {
            None => match Form::of(line) {
                Ok(Form::Urns) => {
                    form = Some(Form::Urns);
                    reading.urn(no, line);
                }
                Ok(head) => form = Some(head),
                Err(reason) => return refused(no, reason),
            },
            Some(Form::Urns) => reading.urn(no, line),
            Some(Form::Csv(columns)) => reading.row(no, line, columns),
        }
        if reading.rows > rows_max {
            return refused(
                no,
                format!("A list has {rows_max} rows at most: divide it."),
            );
        }
    }
    reading.finish().map_err(ListError::Refused)
}

/// The lines of a file, each as long as a number can be.
struct Lines<'f> {
    from: &'f mut dyn BufRead,
    line: Vec<u8>,
    no: u32,
}

enum LineError {
    Io(std::io::Error),
    Odd(u32, String),
}

impl<'f> Lines<'f> {
    fn new(from: &'f mut dyn BufRead) -> Lines<'f> {
        let line = Vec::with_capacity(LINE_LEN_MAX + 2);
        Lines { from, line, no: 0 }
    }

    /// The next line with its number, without its end.
    fn next(&mut self) -> Result<Option<(u32, &str)>, LineError> {
        self.line.clear();
        let most = LINE_LEN_MAX as u64 + 2;
        let mut bounded = (&mut self.from).take(most);
        let read = bounded.read_until(b'\n', &mut self.line);
        if read.map_err(LineError::Io)? == 0 {
            return Ok(None);
        }
        let lines_max = 2 * ROWS_MAX;
        if u64::from(self.no) == lines_max {
            let text = format!("A list has {lines_max} lines at most: divide it.");
            return Err(LineError::Odd(self.no, text));
        }
        self.no += 1;
        let no = self.no;
        let mut line = &self.line[..];
        line = line.strip_suffix(b"\n").unwrap_or(line);
        line = line.strip_suffix(b"\r").unwrap_or(line);
        if no == 1 {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.len() > LINE_LEN_MAX {
            let text = format!("It is longer than {LINE_LEN_MAX} bytes: no list of numbers.");
            return Err(LineError::Odd(no, text));
        }
        match std::str::from_utf8(line) {
            Ok(line) => Ok(Some((no, line))),
            Err(_) => {
                let text = "It is no UTF-8 text: save the list as CSV in UTF-8.".to_owned();
                Err(LineError::Odd(no, text))
            }
        }
    }
}

/// What a list is.
enum Form {
    Urns,
    Csv(Columns),
}

/// Which column of a row is what.
struct Columns {
    separator: char,
    count: usize,
    serial: usize,
    gtin: Option<usize>,
    tail: [Option<usize>; 3],
}

impl Form {
    fn of(line: &str) -> Result<Form, String> {
        if line.starts_with("urn:") {
            return Ok(Form::Urns);
        }
        let heads = [',', ';', '\t'].map(|separator| Columns::of(line, separator));
        let mut heads = heads.into_iter();
        let first = heads.next().expect("there are three");
        let found = heads.find(Result::is_ok).filter(|_| first.is_err());
        found.unwrap_or(first).map(Form::Csv)
    }
}

impl Columns {
    fn of(line: &str, separator: char) -> Result<Columns, String> {
        let mut columns = Columns {
            separator,
            count: 0,
            serial: usize::MAX,
            gtin: None,
            tail: [None; 3],
        };
        let wanted = "The first line must name the columns: serial, and maybe gtin, ai91, ai92, ai93; or the file is a \
                      list of URNs urn:epc:id:sgtin:…, one a line.";
        for (place, name) in fields(line, separator)?.iter().enumerate() {
            columns.count = place + 1;
            let name = name.trim().to_ascii_lowercase();
            let tail = CryptoTail::AIS
                .iter()
                .position(|ai| name.strip_prefix("ai") == Some(*ai));
            let taken = match (name.as_str(), tail) {
                ("serial", _) => std::mem::replace(&mut columns.serial, place) != usize::MAX,
                ("gtin", _) => columns.gtin.replace(place).is_some(),
                (_, Some(part)) => columns.tail[part].replace(place).is_some(),
                _ => return Err(format!("There is no column \"{name}\". {wanted}")),
            };
            if taken {
                return Err(format!("The column \"{name}\" stands there twice."));
            }
        }
        match columns.serial {
            usize::MAX => Err(format!("There is no column \"serial\". {wanted}")),
            _ => Ok(columns),
        }
    }
}

/// The fields of a row.
fn fields(line: &str, separator: char) -> Result<Vec<Cow<'_, str>>, String> {
    let mut found = Vec::with_capacity(5);
    let mut rest = Some(line);
    while let Some(text) = rest {
        let (field, behind) = field(text, separator)?;
        found.push(field);
        rest = behind;
    }
    Ok(found)
}

/// The first field, and what comes behind its separator.
fn field(text: &str, separator: char) -> Result<(Cow<'_, str>, Option<&str>), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (field, behind) = match text.split_once(separator) {
            Some((field, behind)) => (field, Some(behind)),
            None => (text, None),
        };
        return match field.contains('"') {
            true => Err(format!(
                "A quote stands inside the field {field}: write the whole field in quotes and the quote in it twice."
            )),
            false => Ok((Cow::Borrowed(field), behind)),
        };
    };
    let mut value = String::new();
    let mut rest = quoted;
    loop {
        let Some((before, behind)) = rest.split_once('"') else {
            return Err("A quote is opened and never closed.".to_owned());
        };
        value.push_str(before);
        match behind.strip_prefix('"') {
            Some(behind) => {
                value.push('"');
                rest = behind;
            }
            None if behind.is_empty() => return Ok((Cow::Owned(value), None)),
            None => {
                return match behind.strip_prefix(separator) {
                    Some(behind) => Ok((Cow::Owned(value), Some(behind))),
                    None => Err("Something stands behind a closing quote.".to_owned()),
                };
            }
        }
    }
}

/// Numbers that were read so far, whatever they were written in.
#[derive(Debug)]
pub struct Intake {
    gtin: Option<Gtin>,
    lists: BTreeMap<Gtin, NumberList>,
    refusals: Refusals,
    rows: u64,
}

impl Intake {
    /// Nothing was read yet; `gtin` is that of numbers that name none, and held against those that do.
    pub fn new(gtin: Option<Gtin>) -> Intake {
        Intake {
            gtin,
            lists: BTreeMap::new(),
            refusals: Refusals::default(),
            rows: 0,
        }
    }

    /// Takes a number of a product in.
    pub fn take(&mut self, line: u32, gtin: Gtin, serial: &str) {
        self.rows += 1;
        if let Err(reason) = self.of_gtin(line, gtin, serial) {
            self.refuse(line, reason);
        }
    }

    /// What stands there is no number that could be taken in.
    pub fn refuse(&mut self, line: u32, reason: String) {
        self.refusals.add(line, || reason);
    }

    /// More was read than a list may have.
    pub fn is_full(&self) -> bool {
        self.rows > ROWS_MAX
    }

    fn row(&mut self, no: u32, line: &str, columns: &Columns) {
        self.rows += 1;
        if let Err(reason) = self.try_row(no, line, columns) {
            self.refusals.add(no, || reason);
        }
    }

    fn try_row(&mut self, no: u32, line: &str, columns: &Columns) -> Result<(), String> {
        let mut fields = fields(line, columns.separator)?;
        let other = if columns.separator == ',' { ';' } else { ',' };
        if columns.count == 1 && !line.starts_with('"') {
            // One column does not tell what separates columns.
            fields.extend(line.split(other).skip(1).map(Cow::Borrowed));
        }
        if fields.len() != columns.count {
            return Err(format!(
                "It has {} columns, the first line names {}; a value with a separator in it stands in quotes.",
                fields.len(),
                columns.count
            ));
        }
        let told = match columns.gtin {
            Some(place) => Some(fields[place].parse().map_err(|wrong| format!("{wrong}."))?),
            None => None,
        };
        let gtin = self.of_product(told)?;
        let text = &*fields[columns.serial];
        check(text, "The serial", SERIAL_LEN_MAX)?;
        let mut tail = [None; 3];
        for (part, place) in columns.tail.iter().enumerate() {
            let Some(place) = place else { continue };
            let ai = CryptoTail::AIS[part];
            check(
                &fields[*place],
                &format!("The part for ({ai})"),
                PART_LEN_MAX,
            )?;
            tail[part] = Some(&*fields[*place]);
        }
        self.push(
            gtin,
            Listed {
                text,
                tail,
                line: no,
            },
        );
        Ok(())
    }

    fn urn(&mut self, no: u32, line: &str) {
        self.rows += 1;
        let parser = Parser::new(Dictionary::built_in());
        let taken = match parser.epc_urn(line.trim()) {
            Ok(elements) => match (elements.value("01"), elements.value("21")) {
                (Some(gtin), Some(serial)) => self.of_urn(no, gtin, serial),
                _ => Err("This is no urn:epc:id:sgtin:….".to_owned()),
            },
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = taken {
            self.refusals.add(no, || reason);
        }
    }

    fn of_urn(&mut self, line: u32, gtin: &str, text: &str) -> Result<(), String> {
        let gtin = gtin.parse().map_err(|wrong| format!("{wrong}."))?;
        self.of_gtin(line, gtin, text)
    }

    fn of_gtin(&mut self, line: u32, gtin: Gtin, text: &str) -> Result<(), String> {
        let gtin = self.of_product(Some(gtin))?;
        check(text, "The serial", SERIAL_LEN_MAX)?;
        let tail = [None; 3];
        self.push(gtin, Listed { text, tail, line });
        Ok(())
    }

    /// The product of a row that says this, or nothing, about it.
    fn of_product(&self, told: Option<Gtin>) -> Result<Gtin, String> {
        match (told, self.gtin) {
            (Some(told), Some(wanted)) if told != wanted => {
                Err(format!("Its GTIN is {told}, not {wanted}."))
            }
            (Some(gtin), _) | (None, Some(gtin)) => Ok(gtin),
            (None, None) => Err("No GTIN: add a column gtin, or say --gtin.".to_owned()),
        }
    }

    fn push(&mut self, gtin: Gtin, number: Listed<'_>) {
        let list = self.lists.entry(gtin);
        list.or_insert_with(|| NumberList::new(gtin)).push(number);
    }

    /// The numbers of each product; there is one, and none comes twice.
    ///
    /// # Errors
    /// Something was refused: nothing comes of any of it.
    pub fn finish(mut self) -> Result<Vec<NumberList>, Refusals> {
        if self.rows == 0 && self.refusals.is_empty() {
            self.refuse(1, "There is no number in this file.".to_owned());
        }
        let mut lists: Vec<NumberList> = self.lists.into_values().collect();
        for list in &mut lists {
            list.sort();
            let mut before: Option<Listed<'_>> = None;
            for number in list.sorted() {
                match before.filter(|before| before.text == number.text) {
                    Some(first) => self.refusals.add(number.line, || {
                        format!(
                            "The number {} stands on line {} already.",
                            number.text, first.line
                        )
                    }),
                    None => before = Some(number),
                }
            }
        }
        match self.refusals.is_empty() {
            true => Ok(lists),
            false => Err(self.refusals),
        }
    }
}

/// A text that a symbol can carry for its AI.
fn check(text: &str, what: &str, most: usize) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("{what} is empty."));
    }
    if let Some(odd) = text.chars().find(|c| !c.is_ascii() || !in_cset82(*c as u8)) {
        return Err(format!(
            "{what} has the character \"{}\", which is not in GS1's character set 82.",
            odd.escape_debug()
        ));
    }
    match text.len() > most {
        true => Err(format!(
            "{what} has {} characters, {most} are the most.",
            text.len()
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod test;
