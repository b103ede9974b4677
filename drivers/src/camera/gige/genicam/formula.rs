//! The formulas of GenICam descriptions: `(1000000 / FROM)`, `(X >> 16) & 0xFF`, `A > 3 ? B : C`. PURE.
//!
//! Source: the grammar of SwissKnife nodes in the GenICam standard (GenApi 2.1). Numbers are doubles, exact up to 2^53.

/// Longest formula, in bytes.
pub const FORMULA_LENGTH_MAX: usize = 4_096;
/// Deepest nesting of a formula.
pub const NESTING_MAX: u32 = 64;

/// Binary operators by precedence, the loosest first; longer ones of a level first.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["<>", "="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
    &["**"],
];

/// Works a formula out. `value` gives the value of a name. With `whole`, division leaves no fraction.
///
/// # Errors
/// What `value` said, or a sentence part that says what in the formula is not understood (`broken`).
pub fn evaluate<E>(
    text: &str,
    whole: bool,
    value: &mut dyn FnMut(&str) -> Result<f64, E>,
    broken: &dyn Fn(String) -> E,
) -> Result<f64, E> {
    if text.len() > FORMULA_LENGTH_MAX {
        return Err(broken(format!("a formula over {FORMULA_LENGTH_MAX} bytes")));
    }
    let mut reading = Reading {
        text,
        at: 0,
        whole,
        value,
        broken,
    };
    let result = reading.choice(0)?;
    match reading.rest() {
        "" => Ok(result),
        rest => Err(broken(format!("{:?} in a formula", short(rest)))),
    }
}

fn short(text: &str) -> String {
    text.chars().take(24).collect()
}

struct Reading<'a, E> {
    text: &'a str,
    at: usize,
    whole: bool,
    value: &'a mut dyn FnMut(&str) -> Result<f64, E>,
    broken: &'a dyn Fn(String) -> E,
}

impl<'a, E> Reading<'a, E> {
    /// What is left, without blanks before it.
    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn fail<T>(&self, why: String) -> Result<T, E> {
        Err((self.broken)(why))
    }

    fn choice(&mut self, depth: u32) -> Result<f64, E> {
        if depth > NESTING_MAX {
            return self.fail(format!("a formula nested deeper than {NESTING_MAX}"));
        }
        let condition = self.level(0, depth)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.choice(depth + 1)?;
        if !self.take(":") {
            return self.fail("a ? without its : in a formula".into());
        }
        let no = self.choice(depth + 1)?;
        Ok(if condition == 0.0 { no } else { yes })
    }

    fn operator(&mut self, level: usize) -> Option<&'static str> {
        let rest = self.rest();
        let sign = LEVELS[level].iter().find(|sign| rest.starts_with(**sign))?;
        // `&` is not the first half of `&&`, nor `<` that of `<<` or `<>`, nor `*` that of `**`.
        let longer = |other: &&&str| other.len() > sign.len() && rest.starts_with(**other);
        if LEVELS
            .iter()
            .flat_map(|signs| signs.iter())
            .any(|other| longer(&other))
        {
            return None;
        }
        self.at += sign.len();
        Some(sign)
    }

    fn level(&mut self, level: usize, depth: u32) -> Result<f64, E> {
        if level == LEVELS.len() {
            return self.single(depth);
        }
        let mut left = self.level(level + 1, depth)?;
        while let Some(sign) = self.operator(level) {
            let right = self.level(level + 1, depth)?;
            left = self.join(sign, left, right)?;
        }
        Ok(left)
    }

    fn join(&self, sign: &str, left: f64, right: f64) -> Result<f64, E> {
        let truth = |yes: bool| if yes { 1.0 } else { 0.0 };
        let (a, b) = (left as i64, right as i64);
        let shift = u32::try_from(b).unwrap_or(64);
        Ok(match sign {
            "||" => truth(left != 0.0 || right != 0.0),
            "&&" => truth(left != 0.0 && right != 0.0),
            "|" => (a | b) as f64,
            "^" => (a ^ b) as f64,
            "&" => (a & b) as f64,
            "<>" => truth(left != right),
            "=" => truth(left == right),
            "<=" => truth(left <= right),
            ">=" => truth(left >= right),
            "<" => truth(left < right),
            ">" => truth(left > right),
            "<<" => a.checked_shl(shift).unwrap_or(0) as f64,
            ">>" => a.checked_shr(shift).unwrap_or(0) as f64,
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "**" => left.powf(right),
            _ if right == 0.0 => return self.fail("a division by zero in a formula".into()),
            "%" => left % right,
            _ if self.whole => (left / right).trunc(),
            _ => left / right,
        })
    }

    fn single(&mut self, depth: u32) -> Result<f64, E> {
        if depth > NESTING_MAX {
            return self.fail(format!("a formula nested deeper than {NESTING_MAX}"));
        }
        if self.take("-") {
            return Ok(-self.single(depth + 1)?);
        }
        if self.take("+") {
            return self.single(depth + 1);
        }
        if self.take("~") {
            return Ok(!(self.single(depth + 1)? as i64) as f64);
        }
        if self.take("(") {
            let inner = self.choice(depth + 1)?;
            return if self.take(")") {
                Ok(inner)
            } else {
                self.fail("a ( without its ) in a formula".into())
            };
        }
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let mut end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        // The sign of an exponent belongs to its number.
        let number = rest.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if number
            && !rest.starts_with("0x")
            && rest[..end].ends_with(['e', 'E'])
            && rest[end..].starts_with(['-', '+'])
        {
            let after = rest[end + 1..].find(|c: char| !c.is_ascii_digit());
            end += 1 + after.unwrap_or(rest.len() - end - 1);
        }
        let word = &rest[..end];
        self.at += end;
        if number {
            return match super::nodes::number(word) {
                Some(number) => Ok(number),
                None => self.fail(format!("{:?} in a formula is no number", short(word))),
            };
        }
        if word.is_empty() {
            return self.fail(format!("{:?} in a formula", short(rest)));
        }
        if self.take("(") {
            let inner = self.choice(depth + 1)?;
            if !self.take(")") {
                return self.fail(format!("{word}( without its ) in a formula"));
            }
            return match function(word, inner) {
                Some(result) => Ok(result),
                None => self.fail(format!("the function {} in a formula", short(word))),
            };
        }
        (self.value)(word)
    }
}

fn function(name: &str, x: f64) -> Option<f64> {
    Some(match name {
        "SGN" if x == 0.0 => 0.0,
        "SGN" => x.signum(),
        "NEG" => -x,
        "ABS" => x.abs(),
        "SQRT" => x.sqrt(),
        "TRUNC" => x.trunc(),
        "FLOOR" => x.floor(),
        "CEIL" => x.ceil(),
        "ROUND" => x.round(),
        "EXP" => x.exp(),
        "LN" => x.ln(),
        "LG" => x.log10(),
        "SIN" => x.sin(),
        "COS" => x.cos(),
        "TAN" => x.tan(),
        "ASIN" => x.asin(),
        "ACOS" => x.acos(),
        "ATAN" => x.atan(),
        _ => return None,
    })
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    fn work(text: &str, whole: bool) -> Result<f64, String> {
        let mut value = |name: &str| match name {
            "FROM" => Ok(250.0),
            "X.Value" => Ok(f64::from(0x0108_0001)),
            other => Err(format!("nobody knows {other}")),
        };
        evaluate(text, whole, &mut value, &|why| why)
    }

    #[test]
    fn formulas_give_their_values() {
        for (text, value) in [
            ("1000000 / FROM", 4000.0),
            ("((X.Value>>16)&0xFF) / 8", 1.0),
            ("2 + 3 * 4 - 1", 13.0),
            ("7 - 2 - 1", 4.0),
            ("2 ** 3 * 2", 16.0),
            ("-FROM + 1", -249.0),
            ("FROM > 100 && FROM <> 3 ? 1 : 2", 1.0),
            ("0 ? 1 : 0 ? 2 : 3", 3.0),
            ("1 = 1 | 4", 5.0),
            ("TRUNC(7.9) + ABS(-1)", 8.0),
            ("1e-3 * 1000 + 1.5E+1", 16.0),
            ("~0 & 15", 15.0),
            ("7 % 4", 3.0),
        ] {
            assert_eq!(work(text, false), Ok(value), "{text}");
        }
        assert_eq!(
            (work("7 / 2", true), work("7 / 2", false)),
            (Ok(3.0), Ok(3.5))
        );
    }

    #[test]
    fn what_is_no_formula_is_named() {
        let deep = format!("{}1{}", "(".repeat(100), ")".repeat(100));
        let long = "1+".repeat(FORMULA_LENGTH_MAX);
        for (text, part) in [
            ("", "in a formula"),
            ("1 +", "in a formula"),
            ("(1", "without its )"),
            ("1 ? 2", "without its :"),
            ("1 2", "\"2\""),
            ("FOO(1)", "the function FOO"),
            ("Y", "nobody knows Y"),
            ("1 / 0", "division by zero"),
            ("0xZZ", "no number"),
            (&deep, "deeper"),
            (&"-".repeat(200), "deeper"),
            (&long, "over 4096 bytes"),
        ] {
            let why = work(text, false).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-0-9a-zA-Z.+*/%<>=&|^~?:() ]{0,60}") {
            let _ended = work(&text, true);
        }
    }
}
