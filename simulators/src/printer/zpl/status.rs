//! The printer's answers: `~HS`, `~HQES`, `~HI`, `! U1 getvar`. PURE.
//!
//! Bytes from the ZPL programming guide, pages `~HS`, `~HQ`, `~HI` and the SGD reference. In
//! `~HQES` the nibble meanings are general knowledge (1 media, 2 ribbon, 4 head; 0001 0000 paused).

use super::Press;

/// `~HS`: three lines, 82 bytes.
pub fn host_status(press: &Press, length_dots: u32) -> Vec<u8> {
    let [first, second, third] = status_lines(press, length_dots);
    format!("\x02{first}\x03\r\n\x02{second}\x03\r\n\x02{third}\x03\r\n").into_bytes()
}

fn status_lines(press: &Press, length_dots: u32) -> [String; 3] {
    let h = press.hindrance;
    let bit = u8::from;
    let waiting = press.waiting.len().min(999);
    let full = bit(press.room() == 0);
    let length = length_dots.min(9999);
    let (paper, pause) = (bit(h.media_out), bit(h.paused));
    let (head, ribbon) = (bit(h.head_open), bit(h.ribbon_out));
    [
        format!("030,{paper},{pause},{length:04},{waiting:03},{full},0,0,000,0,0,0"),
        // Print mode 4 is applicator.
        format!("000,0,{head},{ribbon},0,4,4,0,00000000,1,000"),
        "1234,0".to_owned(),
    ]
}

/// `~HQES`.
pub fn extended_status(press: &Press) -> Vec<u8> {
    let h = press.hindrance;
    let bits = u32::from(h.media_out)
        | u32::from(h.ribbon_out) << 1
        | u32::from(h.head_open) << 2
        | u32::from(h.paused) << 16;
    let any = u8::from(bits != 0);
    format!(
        "\x02\r\n\r\nPRINTER STATUS\r\nERRORS: {any} 00000000 {bits:08X}\r\n\
         WARNINGS: 0 00000000 00000000\r\n\x03"
    )
    .into_bytes()
}

/// `~HI`: model, firmware, dots per mm, memory.
pub fn identification(press: &Press) -> Vec<u8> {
    let dpmm = press.media.dpmm;
    let dpi = match dpmm {
        8 => "200dpi",
        24 => "600dpi",
        _ => "300dpi",
    };
    format!("\x02ZE500-{dpi},V92.21.17Z,{dpmm},8176KB\x03\r\n").into_bytes()
}

/// `! U1 getvar "name"`: the value in quotes, `"?"` for an unknown name; nothing for anything else.
pub fn get_variable(press: &Press, length_dots: u32, line: &str) -> Option<Vec<u8>> {
    let mut words = line.split_whitespace();
    let asked = [words.next(), words.next(), words.next()];
    if asked != [Some("!"), Some("U1"), Some("getvar")] {
        return None;
    }
    let value = match words.next().unwrap_or_default().trim_matches('"') {
        "odometer.total_label_count" => press.odometer.to_string(),
        "device.host_status" => status_lines(press, length_dots).join("\r\n"),
        "device.unique_id" => "VIDIMUSSIM01".to_owned(),
        _ => "?".to_owned(),
    };
    Some(format!("\"{value}\"").into_bytes())
}
