//! A description in a ZIP archive: the first file of it. PURE.
//!
//! Source: PKWARE's APPNOTE 6.3. Lengths are taken from the central directory, because local headers may leave them
//! out.

use super::DESCRIPTION_MAX;

/// The bytes of a description, unpacked when they are an archive.
///
/// # Errors
/// A sentence part that says why an archive cannot be unpacked.
pub fn unpack(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return Ok(bytes);
    }
    let (method, packed) = first_file(&bytes).ok_or("its archive is damaged or cut short")?;
    match method {
        0 if packed.len() <= DESCRIPTION_MAX => Ok(packed.to_vec()),
        8 => miniz_oxide::inflate::decompress_to_vec_with_limit(packed, DESCRIPTION_MAX)
            .map_err(|why| format!("its archive cannot be unpacked: {why}")),
        other => Err(format!(
            "its archive is packed by method {other}; only 0 and 8 are known"
        )),
    }
}

/// Method and packed bytes of the first file.
fn first_file(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let short = |at: usize| {
        bytes
            .get(at..at.checked_add(2)?)
            .map(|two| u16::from_le_bytes([two[0], two[1]]))
    };
    let long =
        |at: usize| Some(u32::from(short(at)?) | u32::from(short(at.checked_add(2)?)?) << 16);
    let end = bytes.windows(4).rposition(|sign| sign == b"PK\x05\x06")?;
    let entry = long(end.checked_add(16)?)? as usize;
    if bytes.get(entry..entry.checked_add(4)?)? != b"PK\x01\x02" {
        return None;
    }
    let method = short(entry.checked_add(10)?)?;
    let length = long(entry.checked_add(20)?)? as usize;
    let header = long(entry.checked_add(42)?)? as usize;
    if bytes.get(header..header.checked_add(4)?)? != b"PK\x03\x04" {
        return None;
    }
    let (name, extra) = (
        short(header.checked_add(26)?)?,
        short(header.checked_add(28)?)?,
    );
    let from = header.checked_add(30 + usize::from(name) + usize::from(extra))?;
    Some((method, bytes.get(from..from.checked_add(length)?)?))
}
