//! Who is it that answers, when it is not the printer that was expected: by the shape of what it says. PURE.
//!
//! Sources: the status answers of the languages (their own files name the manuals); RFC 4253 4.2 (`SSH-`), RFC 959
//! (`220 `), RFC 9112 (`HTTP/`), RFC 1939 (`+OK`). A shape must fit wholly: a wrong name does more harm than none.

/// Bytes of a strange answer that are looked at.
pub(super) const STRANGE_BYTES: usize = 160;
/// Bytes of a greeting that a message shows.
const SNIPPET_BYTES: usize = 48;

const GREETINGS: [&[u8]; 4] = [b"SSH-", b"220 ", b"HTTP/", b"+OK"];

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// What says this, by name: "a TSPL printer"; `None` when its shape is not known.
///
/// `strange` begins where the last understood answer ended.
pub fn named(strange: &[u8]) -> Option<String> {
    let blanks = strange.iter().take_while(|byte| byte.is_ascii_whitespace());
    let said = &strange[blanks.count()..];
    if GREETINGS.iter().any(|greeting| said.starts_with(greeting)) {
        let line = said.split(|byte| matches!(byte, b'\r' | b'\n')).next();
        let line = line.unwrap_or_default();
        let shown = line[..line.len().min(SNIPPET_BYTES)].escape_ascii();
        return Some(format!("a server that says \"{shown}\""));
    }
    let language = match said {
        _ if is_zpl(said) => "ZPL",
        _ if is_tspl(said) => "TSPL",
        _ if is_sbpl(said) => "SBPL",
        _ if is_dpl(said) => "DPL",
        _ if is_flags(said, 11) => "cab",
        _ => return None,
    };
    Some(format!("a {language} printer"))
}

/// `~HS`: STX, twelve fields of digits, ETX; or `~HQES`.
fn is_zpl(said: &[u8]) -> bool {
    let Some((frame, _)) = framed(said) else {
        return said.first() == Some(&STX)
            && said
                .windows(b"PRINTER STATUS".len())
                .any(|window| window == b"PRINTER STATUS");
    };
    let mut fields = frame.split(|byte| *byte == b',');
    let digits = |field: &[u8]| !field.is_empty() && field.iter().all(u8::is_ascii_digit);
    let is_report = String::from_utf8_lossy(frame).contains("PRINTER STATUS");
    is_report || fields.all(digits) && frame.iter().filter(|byte| **byte == b',').count() == 11
}

/// `<ESC>!S`: STX, four letters from `@` on, ETX, CR, LF.
fn is_tspl(said: &[u8]) -> bool {
    framed(said).is_some_and(|(frame, after)| {
        frame.len() == 4
            && frame.iter().all(|byte| (0x40..0x80).contains(byte))
            && after.starts_with(b"\r\n")
    })
}

/// ENQ: STX, job number, status letter, six digits, with or without a name of 16, ETX.
fn is_sbpl(said: &[u8]) -> bool {
    let framed = framed(said).map(|(frame, _)| frame);
    let Some([id @ .., status, a, b, c, d, e, f]) = framed.and_then(|frame| frame.get(..9)) else {
        return false;
    };
    let remaining = [a, b, c, d, e, f];
    matches!(framed.map(<[u8]>::len), Some(9 | 25))
        && id.iter().all(|byte| byte.is_ascii_digit() || *byte == b' ')
        && status.is_ascii_alphanumeric()
        && remaining.iter().all(|byte| byte.is_ascii_digit())
}

/// `SOH A`: eight flags, CR; `SOH a`: three times eight with colons between.
fn is_dpl(said: &[u8]) -> bool {
    let groups = said.split(|byte| *byte == b':').collect::<Vec<_>>();
    let is_group = |group: &[u8]| group.len() == 8 && group.iter().all(|flag| b"YN".contains(flag));
    is_flags(said, 8)
        || matches!(groups[..], [first, second, third]
            if is_group(first) && is_group(second) && is_flags(third, 8))
}

/// So many `Y` and `N`, then CR.
fn is_flags(said: &[u8], count: usize) -> bool {
    said.get(count) == Some(&b'\r') && said[..count].iter().all(|byte| b"YN".contains(byte))
}

/// What stands between STX and the first ETX, and what follows.
fn framed(said: &[u8]) -> Option<(&[u8], &[u8])> {
    let [STX, rest @ ..] = said else { return None };
    let end = rest.iter().position(|byte| *byte == ETX)?;
    Some((&rest[..end], &rest[end + 1..]))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn known_shapes_are_named_and_others_are_not() {
        for (said, name) in [
            (
                &b"SSH-2.0-OpenSSH_9.2p1\r\n"[..],
                "a server that says \"SSH-2.0-OpenSSH_9.2p1\"",
            ),
            (
                b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n",
                "a server that says \"HTTP/1.1 400 Bad Request\"",
            ),
            (
                b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n",
                "a ZPL printer",
            ),
            (b"\r\n\x02@@@@\x03\r\n", "a TSPL printer"),
            (b"\x02  A000000                \x03", "a SBPL printer"),
            (b"\x0201G000012\x03", "a SBPL printer"),
            (b"NNNNNNNN\r", "a DPL printer"),
            (b"NNNNNNNN:NYNNNNNN:NNNNNNNN\r", "a DPL printer"),
            (b"NYNNNNNNNNN\r", "a cab printer"),
        ] {
            assert_eq!(
                named(said).as_deref(),
                Some(name),
                "{}",
                said.escape_ascii()
            );
            // Its half says nothing yet; greetings are known from their first word.
            if !name.contains("server") {
                assert_eq!(named(&said[..said.len() / 2]), None);
            }
        }
        for said in [
            &b""[..],
            b"\x02@@@\x03\r\n",
            b"\x02@@@1\x03\r\n",
            b"NNNNNNNX\r",
            b"NNNNNNN\r",
            b"\x02AAA000000\x03",
            b"\x02030,0,0\x03",
            b"hello",
            b"\x06",
        ] {
            assert_eq!(named(said), None, "{}", said.escape_ascii());
        }
    }
}
