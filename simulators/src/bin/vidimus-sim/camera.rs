//! What a simulated camera may be told on the command line.

/// A serial number as a camera's plate holds it.
pub fn serial(text: &str) -> Result<String, String> {
    let fits =
        (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits {
        Ok(text.to_owned())
    } else {
        Err("1 to 15 letters and digits".to_owned())
    }
}

/// Pixels across and down.
pub fn pixels(text: &str) -> Result<(u32, u32), String> {
    let side = |text: &str| text.parse().ok().filter(|side| (16..=4096).contains(side));
    let sides = text
        .split_once('x')
        .and_then(|(width, height)| Some((side(width)?, side(height)?)));
    sides.ok_or_else(|| "write WIDTHxHEIGHT with sides from 16 to 4096, as 1280x1024".to_owned())
}
