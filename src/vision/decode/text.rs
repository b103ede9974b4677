//! Content as text: the character sets of the extended channel interpretations (AIM ITS/04-023). PURE.

use super::content::Eci;
use encoding_rs::Encoding;
use std::borrow::Cow;

/// The upper half of code page 437, ECI 0 and 2.
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼\
                             ╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
/// What holds where no ECI is given.
const LATIN_1: u32 = 3;

/// The text of the bytes; each ECI holds from its start to the next one. `None` where one is not for text or not
/// known, or bytes are not of its character set.
pub fn text<'a>(bytes: &'a [u8], ecis: &[Eci]) -> Option<Cow<'a, str>> {
    let first = ecis.first().map_or(bytes.len(), |eci| eci.start);
    let mut text = Cow::Borrowed("");
    if first > 0 {
        text = part(&bytes[..first], LATIN_1)?;
    }
    for (at, eci) in ecis.iter().enumerate() {
        let end = ecis.get(at + 1).map_or(bytes.len(), |next| next.start);
        // Cow's += keeps a part borrowed that has nothing before it.
        text += part(&bytes[eci.start..end], eci.number)?;
    }
    Some(text)
}

fn part(bytes: &[u8], number: u32) -> Option<Cow<'_, str>> {
    match number {
        0 | 2 => Some(wider(bytes, |byte| {
            let upper = byte.checked_sub(128).map(usize::from);
            upper.map_or(Some(char::from(byte)), |at| CODE_PAGE_437.chars().nth(at))
        })?),
        1 | LATIN_1 => wider(bytes, |byte| Some(char::from(byte))),
        // ISO/IEC 646, and its invariant part.
        27 | 170 => bytes
            .is_ascii()
            .then(|| std::str::from_utf8(bytes).ok())?
            .map(Cow::Borrowed),
        34 | 35 => utf_32(bytes, number == 35),
        _ => {
            let encoding = encoding(number)?;
            encoding.decode_without_bom_handling_and_without_replacement(bytes)
        }
    }
}

/// ASCII as it is, other bytes by a table.
fn wider(bytes: &[u8], character: impl Fn(u8) -> Option<char>) -> Option<Cow<'_, str>> {
    if bytes.is_ascii() {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    let text: Option<String> = bytes.iter().map(|byte| character(*byte)).collect();
    text.map(Cow::Owned)
}

fn utf_32(bytes: &[u8], little_endian: bool) -> Option<Cow<'_, str>> {
    let (units, rest) = bytes.as_chunks::<4>();
    let unit = |unit: &[u8; 4]| match little_endian {
        true => u32::from_le_bytes(*unit),
        false => u32::from_be_bytes(*unit),
    };
    let text: Option<String> = units
        .iter()
        .map(|four| char::from_u32(unit(four)))
        .collect();
    text.filter(|_| rest.is_empty()).map(Cow::Owned)
}

/// The character set of an ECI. Parts 9 and 11 of ISO/IEC 8859 are read as the Windows code pages that contain them,
/// part 12 never came to be.
fn encoding(number: u32) -> Option<&'static Encoding> {
    Some(match number {
        4 => encoding_rs::ISO_8859_2,
        5 => encoding_rs::ISO_8859_3,
        6 => encoding_rs::ISO_8859_4,
        7 => encoding_rs::ISO_8859_5,
        8 => encoding_rs::ISO_8859_6,
        9 => encoding_rs::ISO_8859_7,
        10 => encoding_rs::ISO_8859_8,
        11 => encoding_rs::WINDOWS_1254,
        12 => encoding_rs::ISO_8859_10,
        13 => encoding_rs::WINDOWS_874,
        15 => encoding_rs::ISO_8859_13,
        16 => encoding_rs::ISO_8859_14,
        17 => encoding_rs::ISO_8859_15,
        18 => encoding_rs::ISO_8859_16,
        20 => encoding_rs::SHIFT_JIS,
        21 => encoding_rs::WINDOWS_1250,
        22 => encoding_rs::WINDOWS_1251,
        23 => encoding_rs::WINDOWS_1252,
        24 => encoding_rs::WINDOWS_1256,
        25 => encoding_rs::UTF_16BE,
        26 => encoding_rs::UTF_8,
        28 => encoding_rs::BIG5,
        29 | 31 => encoding_rs::GBK,
        30 => encoding_rs::EUC_KR,
        32 => encoding_rs::GB18030,
        33 => encoding_rs::UTF_16LE,
        _ => return None,
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn each_part_is_read_in_its_own_character_set() {
        let bytes = b"a\xe9\x82\xc3\xa9\xe4\xb8";
        let eci = |start, number| Eci { start, number };
        let mixed = text(&bytes[..5], &[eci(2, 2), eci(3, 26)]);
        assert_eq!(mixed.as_deref(), Some("aééé"));
        assert_eq!(text(bytes, &[]).as_deref(), Some("aé\u{82}Ã©ä¸"));
        assert_eq!(
            text(bytes, &[eci(5, 26)]),
            None,
            "cut off in the middle of a character"
        );
        assert_eq!(text(b"ab", &[eci(1, 899)]), None, "binary");
        assert_eq!(text(b"\x83e", &[eci(0, 20)]).as_deref(), Some("テ"));
        assert_eq!(text(b"\0\0\x20\xac", &[eci(0, 34)]).as_deref(), Some("€"));
        assert!(matches!(text(b"0109", &[]), Some(Cow::Borrowed("0109"))));
        assert_eq!(CODE_PAGE_437.chars().count(), 128);
    }
}
