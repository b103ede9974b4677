//! Who is it that answers, when it is not the reader that was meant: by the shape of what it says. PURE.
//!
//! Sources: the answers of the families (their own files name the manuals). A reader that is asked in the words of
//! another family says no in its own.

use super::family::words;

/// What says this, by name; `None` when its shape is not known. `said` is one text with what stands around it.
pub(super) fn named(said: &[u8]) -> Option<String> {
    if let Some(server) = crate::printer::strangers::named(said) {
        return Some(server);
    }
    let line: &[u8] = said.trim_ascii();
    let line = line.strip_prefix(b"\x02").unwrap_or(line);
    let line = line.strip_suffix(b"\x03").unwrap_or(line);
    let begins = |word: &[u8]| line.starts_with(word);
    let is_dmcc = begins(b"||") && line.contains(&b'[') && line.contains(&b']');
    let family = match line {
        _ if is_dmcc => "a Cognex DataMan reader",
        _ if begins(b"OK,KEYENCE,") || is_keyence_error(line) => "a Keyence SR reader",
        _ if begins(b"sRA ") || begins(b"sAN ") || begins(b"sFA ") => "a SICK reader",
        _ if begins(b"<?/") => "a Microscan or Omron reader",
        b"NACK" => "a Datalogic reader in host mode",
        _ => return None,
    };
    Some(family.to_owned())
}

/// `ER,`, the command it did not know, a comma, two digits.
fn is_keyence_error(line: &[u8]) -> bool {
    let Some([.., b',', tens, ones]) = line.strip_prefix(b"ER,") else {
        return false;
    };
    tens.is_ascii_digit() && ones.is_ascii_digit()
}

/// What sends back what it gets, by name.
pub(super) fn echo(said: &[u8]) -> String {
    format!(
        "something that sends back what it gets: {} came back",
        words(said)
    )
}
