//! Escapes in the data of a Data Matrix, the same in ZPL (`^BX`, quality 200) and TSPL (`DMATRIX` with `c126`): behind
//! the escape character `1` is FNC1, `dNNN` a byte, `5NNN` an ECI, `3` reader programming, `@` to `^` a control
//! character; doubled it stands for itself. PURE.

use crate::symbol::{CONTENT_MAX, Token};

/// Field data of a Data Matrix with its escapes.
#[must_use]
pub fn tokens(text: &[u8], escape: u8) -> Vec<Token> {
    let mut content = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if content.len() > CONTENT_MAX {
            break;
        }
        if byte != escape {
            content.push(Token::Byte(byte));
            continue;
        }
        match rest.next() {
            Some(b'1') => content.push(Token::Fnc1),
            Some(b'3') => content.push(Token::ReaderProgramming),
            Some(b'd') => {
                let value = decimal(&mut rest).and_then(|n| u8::try_from(n).ok());
                content.extend(value.map(Token::Byte));
            }
            Some(b'5') => content.extend(decimal(&mut rest).map(Token::Eci)),
            Some(letter) if letter == escape => content.push(Token::Byte(escape)),
            Some(letter @ b'@'..=b'^') => content.push(Token::Byte(letter - b'@')),
            Some(_) | None => {}
        }
    }
    content
}

/// Three decimal digits.
fn decimal(rest: &mut impl Iterator<Item = u8>) -> Option<u32> {
    let digits: Vec<u8> = rest.take(3).collect();
    std::str::from_utf8(&digits)
        .ok()
        .filter(|d| d.len() == 3)?
        .parse()
        .ok()
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_escape_means_what_the_manual_says() {
        let all = tokens(b"_1A_d029__B_@_G_5026_3", b'_');
        let byte = Token::Byte;
        let expected = [
            Token::Fnc1,
            byte(b'A'),
            byte(29),
            byte(b'_'),
            byte(b'B'),
            byte(0),
            byte(7),
            Token::Eci(26),
            Token::ReaderProgramming,
        ];
        assert_eq!(all, expected);
        assert_eq!(
            tokens(b"~1_1~~", b'~')[1..],
            [byte(b'_'), byte(b'1'), byte(b'~')]
        );
        assert_eq!(
            tokens(b"A_d9", b'_'),
            [byte(b'A')],
            "cut short adds nothing"
        );
    }
}
