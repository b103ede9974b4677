//! The file that says where a PLC's registers lie: read once, when a station starts or a person asks.

use crate::config::Plc;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vidimus_drivers::address::Address;
use vidimus_drivers::plc::PlcRequest;
use vidimus_drivers::plc::map::{Map, TABLE_MAX};
use vidimus_drivers::plc::rtu::bytes_on_line;

/// Silences of one exchange on a serial line, in characters: 3.5 before the request, and as much before the answer.
const SILENT_CHARACTERS: usize = 7;

/// The map of a station file's PLC.
///
/// # Errors
/// It cannot be read, or has mistakes: the file, then a line each; or it does not allow a ring of the station file.
pub fn map_of(plc: &Plc) -> Result<Arc<Map>, String> {
    let map = match &plc.map {
        None => Map::contract().map_err(|error| error.to_string())?,
        Some(file) => Arc::new(map_in(file)?),
    };
    for (ring, depth) in [
        ("verdict_depth", plc.verdict_depth),
        ("event_depth", plc.event_depth),
        ("gate_depth", plc.gate_depth),
    ] {
        if !map.depths.iter().any(|known| u64::from(*known) == depth) {
            let (name, known) = (&plc.name, &map.depths);
            return Err(format!(
                "{name}: {ring} is {depth}, and its register map has rings of {known:?}. Change one of them."
            ));
        }
    }
    Ok(map)
}

/// The map that a file holds.
///
/// # Errors
/// It cannot be read, or has mistakes.
pub fn map_in(file: &str) -> Result<Map, String> {
    let mut text = String::new();
    let read = std::fs::File::open(Path::new(file)).and_then(|opened| {
        let most = TABLE_MAX as u64 + 1;
        opened.take(most).read_to_string(&mut text)
    });
    read.map_err(|error| format!("The register map {file} of a PLC cannot be read: {error}."))?;
    Map::parse(&text).map_err(|error| format!("{file}: {error}"))
}

/// How long a cycle takes on the PLC's serial line, in words; nothing where there is no such line.
///
/// # Errors
/// It takes so long that the heartbeat has no room.
pub fn cycle_of(plc: &Plc, map: &Map) -> Result<Option<String>, String> {
    let character = match plc.address.parse() {
        Ok(Address::Modbus(at)) => at.link.character(),
        _ => Duration::ZERO,
    };
    if character.is_zero() {
        return Ok(None);
    }
    // One entry of each ring a cycle. So slow a line has the header's first part read again to judge an event.
    let (event, gate, verdict) = map.entry_words();
    let header = map.reads.iter().chain(map.reads.first());
    let counts = header.map(|span| span.count).chain([event, gate]);
    let reads = counts.map(|count| PlcRequest::Read { address: 0, count });
    let counts = map.writes.iter().map(|span| span.count).chain([verdict]);
    let writes = counts.map(|count| PlcRequest::Write {
        address: 0,
        words: vec![0; usize::from(count)],
    });
    let bytes = |request: PlcRequest| bytes_on_line(&request) + SILENT_CHARACTERS;
    let characters: usize = reads.chain(writes).map(bytes).sum();
    let cycle = character * u32::try_from(characters).unwrap_or(u32::MAX);
    let (name, ms) = (&plc.name, cycle.as_millis());
    let most = u128::from(map.heartbeat_stale_ms) / 2;
    let sum = format!(
        "{name}: {characters} characters a cycle on the serial line take {ms} ms, with one pack's words in it"
    );
    match ms <= most {
        true => Ok(Some(sum)),
        false => Err(format!(
            "{sum}; at most {most} ms leave room for the heartbeat. Give the line a higher speed, or use Modbus TCP."
        )),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn plc(address: &str, map: Option<&Path>) -> Plc {
        Plc {
            name: "plc-1".to_owned(),
            address: address.to_owned(),
            map: map.map(|path| path.display().to_string()),
            cycle_ms: 10,
            outage_tolerated_ms: 900,
            max_in_flight: 24,
            verdict_depth: 32,
            event_depth: 64,
            gate_depth: 32,
        }
    }

    #[test]
    fn a_map_with_mistakes_is_answered_with_file_line_and_column() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("map.toml");
        let other = include_str!("../../templates/plc/low-word-first.toml");
        let tcp = "modbus+tcp://plc:502?unit=1";
        for (text, said) in [
            (other.replacen("MAGIC", "MAGICS", 1), "line 12, column 1: "),
            ("#".repeat(10 * TABLE_MAX), "longer than 64 KiB"),
            (other.replacen("16, 32, 64", "16", 1), "verdict_depth is 32"),
        ] {
            std::fs::write(&path, text).expect("it can be written");
            let why = map_of(&plc(tcp, Some(&path))).expect_err(said);
            assert!(why.contains(said), "{why}");
        }
        std::fs::write(&path, other).expect("it can be written");
        let map = map_of(&plc(tcp, Some(&path))).expect("it is right");
        assert_eq!(map.reads.len(), 2);
        let none = map_of(&plc(tcp, Some(Path::new("none.toml")))).expect_err("no file");
        assert!(none.contains("none.toml of a PLC cannot be read"), "{none}");
    }

    #[test]
    fn a_serial_line_is_fast_enough_for_the_heartbeat_or_refused() {
        let map = Map::contract().expect("sound");
        let cycle = |address: &str| cycle_of(&plc(address, None), &map);
        assert_eq!(cycle("modbus+tcp://plc:502?unit=1"), Ok(None));
        // Header 93 twice, event 29, gate 25, station 41, verdict 27, six times seven of silence; eleven bits each.
        let sum = cycle("modbus+rtu:///dev/ttyS0?baud=19200&unit=1");
        let sum = sum.expect("fast enough").expect("a serial line");
        assert!(
            sum.contains("350 characters") && sum.contains("200 ms"),
            "{sum}"
        );
        let slow = cycle("modbus+rtutcp://h:4001?unit=1&baud=9600").expect_err("too slow");
        assert!(
            slow.contains("401 ms") && slow.contains("higher speed"),
            "{slow}"
        );
    }
}
