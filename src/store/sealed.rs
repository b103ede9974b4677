//! The sealed text of a commit: what is hashed, what is kept, and what is read back is one and the same
//! string of bytes. PURE.
//!
//! `net(x)` is the length of x in bytes as a decimal number, `:`, the bytes of x, `,`; what is absent is a
//! single `-`. The text of a commit is `net(utc_ms)` and then, for each record by its number, `net(seq)
//! net(at_ns) net(point) net(actor) net(reason) net(template) net(body)`.

/// One record as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// Sequence number.
    pub seq: i64,
    /// Monotonic time in ns.
    pub at_ns: i64,
    /// Point of the line.
    pub point: i64,
    /// Actor's text.
    pub actor: &'a str,
    /// Reason, if given.
    pub reason: Option<&'a str>,
    /// Template hash in hexadecimal, if one was in force.
    pub template: Option<&'a str>,
    /// The fact as JSON.
    pub body: &'a str,
}

/// Begins the text of a commit.
pub fn begin(utc_ms: i64) -> String {
    let mut text = String::with_capacity(512);
    net_number(&mut text, utc_ms);
    text
}

/// Adds the next record.
pub fn add(text: &mut String, link: &Link<'_>) {
    for number in [link.seq, link.at_ns, link.point] {
        net_number(text, number);
    }
    net(text, link.actor);
    net_or_absent(text, link.reason);
    net_or_absent(text, link.template);
    net(text, link.body);
}

/// Adds `value` with its length around it.
pub fn net(text: &mut String, value: &str) {
    push_number(text, value.len() as i64);
    text.push(':');
    text.push_str(value);
    text.push(',');
}

fn net_or_absent(text: &mut String, value: Option<&str>) {
    match value {
        Some(value) => net(text, value),
        None => text.push('-'),
    }
}

fn net_number(text: &mut String, number: i64) {
    let mut digits = Digits::default();
    net(text, digits.of(number));
}

fn push_number(text: &mut String, number: i64) {
    let mut digits = Digits::default();
    text.push_str(digits.of(number));
}

/// Room for the longest number.
#[derive(Default)]
struct Digits([u8; 20]);

impl Digits {
    /// The decimal digits, as `to_string` gives them, without its allocation.
    fn of(&mut self, number: i64) -> &str {
        let mut rest = number.unsigned_abs();
        let mut at = self.0.len();
        loop {
            at -= 1;
            self.0[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            at -= 1;
            self.0[at] = b'-';
        }
        std::str::from_utf8(&self.0[at..]).expect("digits")
    }
}

/// A text that is not what [`begin`] and [`add`] write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odd;

/// What is left of a text while it is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a>(&'a str);

impl<'a> Reading<'a> {
    /// Reads a text from its beginning.
    pub fn new(text: &'a str) -> Reading<'a> {
        Reading(text)
    }

    /// Nothing is left.
    pub fn done(&self) -> bool {
        self.0.is_empty()
    }

    /// The next value.
    pub fn net(&mut self) -> Result<&'a str, Odd> {
        let (length, rest) = self.length()?;
        let value = rest.get(..length).ok_or(Odd)?;
        self.0 = rest[length..].strip_prefix(',').ok_or(Odd)?;
        Ok(value)
    }

    /// The length before the next value, and what stands behind its colon. It is written as we write it: no sign, no
    /// leading zero.
    fn length(&self) -> Result<(usize, &'a str), Odd> {
        let mut length = 0_usize;
        for (at, letter) in self.0.bytes().enumerate() {
            match letter {
                b'0'..=b'9' if at == 0 || length > 0 => {
                    let digit = usize::from(letter - b'0');
                    let shifted = length.checked_mul(10).ok_or(Odd)?;
                    length = shifted.checked_add(digit).ok_or(Odd)?;
                }
                b':' if at > 0 => return Ok((length, &self.0[at + 1..])),
                _ => return Err(Odd),
            }
        }
        Err(Odd)
    }

    fn net_or_absent(&mut self) -> Result<Option<&'a str>, Odd> {
        match self.0.strip_prefix('-') {
            Some(rest) => {
                self.0 = rest;
                Ok(None)
            }
            None => self.net().map(Some),
        }
    }

    /// The next value as a number.
    pub fn number(&mut self) -> Result<i64, Odd> {
        self.net()?.parse().map_err(|_| Odd)
    }

    /// The next record.
    pub fn link(&mut self) -> Result<Link<'a>, Odd> {
        Ok(Link {
            seq: self.number()?,
            at_ns: self.number()?,
            point: self.number()?,
            actor: self.net()?,
            reason: self.net_or_absent()?,
            template: self.net_or_absent()?,
            body: self.net()?,
        })
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            numbers in any::<[i64; 4]>(), actor in ".*", reason in proptest::option::of(".*"),
            template in proptest::option::of("[0-9a-f]{64}"), body in ".*",
        ) {
            let [utc_ms, seq, at_ns, point] = numbers;
            let (reason, template) = (reason.as_deref(), template.as_deref());
            let link = Link { seq, at_ns, point, actor: &actor, reason, template, body: &body };
            let mut text = begin(utc_ms);
            add(&mut text, &link);
            add(&mut text, &link);
            let mut reading = Reading::new(&text);
            prop_assert_eq!(reading.number(), Ok(utc_ms));
            prop_assert_eq!(reading.link(), Ok(link));
            prop_assert_eq!(reading.link(), Ok(link));
            prop_assert!(reading.done());
        }

        #[test]
        fn whatever_is_read_does_not_panic(text in ".*") {
            let mut reading = Reading::new(&text);
            while reading.link().is_ok() {}
        }
    }

    #[test]
    fn a_text_that_nobody_wrote_is_odd() {
        for text in [
            "",
            "1:a",
            "2:a,",
            "01:a,",
            "+1:a,",
            "1:a;",
            "1:é,",
            "99999999999999999999:a,",
        ] {
            assert_eq!(Reading::new(text).net(), Err(Odd), "{text}");
        }
    }
}
