//! The file that says where a PLC's registers lie: read once, when a station starts or a person asks.

use crate::config::{Config, Plc};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use vidimus_drivers::address::{Address, ModbusLink};
use vidimus_drivers::plc::address::SPEED_BEHIND;
use vidimus_drivers::plc::map::{Map, Span, TABLE_MAX};
use vidimus_drivers::plc::rtu::bytes_on_line;
use vidimus_drivers::plc::{PlcRequest, RegisterTable};

/// Silences of one exchange on a serial line, in characters: 3.5 before the request, and as much before the answer.
const SILENT_CHARACTERS: usize = 7;
/// The same of a fast line, where a silence does not get shorter than 1.75 ms.
const SILENCES: Duration = Duration::from_micros(3_500);
/// Bits of a character: start, eight data, parity or a second stop, stop.
const CHARACTER_BITS: u64 = 11;
/// Slower than this no packs are looked for that a line could follow, in ms between two.
const SLOWEST: u64 = 5_000;
/// Events of a pack on its way to the gate: detected, printed, camera fired.
const PACK_EVENTS: u16 = 3;

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
    let character = character_of(plc);
    if character.is_zero() {
        return Ok(None);
    }
    // One entry of each ring a cycle. So slow a line has the header's first part read again to judge an event.
    let (event, gate, verdict) = map.entry_words();
    let header = map.reads.iter().chain(map.reads.first());
    let counts = header.map(|span| span.count).chain([event, gate]);
    let reads = counts.map(read);
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

/// Whether the link to a PLC keeps up with the packs, and brings verdicts before the gate: the sums, in words.
///
/// # Errors
/// It does not: the figures, and what to change.
pub fn pace_of(config: &Config, plc: &Plc, map: &Map) -> Result<Vec<String>, String> {
    let assumed = assumed_speed(plc);
    let paced = || -> Result<Vec<String>, String> {
        let mut lines: Vec<String> = cycle_of(plc, map)?.into_iter().collect();
        let (line, limits) = (&config.line, &config.limits);
        let deadline = limits.verdict_deadline_ms;
        lines.extend(delay_of(
            plc,
            map,
            deadline,
            line.shortest_pack_interval_ms,
        )?);
        Ok(lines)
    };
    match paced() {
        Ok(lines) => Ok(lines.into_iter().chain(assumed).collect()),
        Err(why) => Err(assumed
            .into_iter()
            .fold(why, |why, assumed| format!("{why}\n{assumed}"))),
    }
}

/// What was taken for the speed behind a serial server whose address does not say it.
fn assumed_speed(plc: &Plc) -> Option<String> {
    let Ok(Address::Modbus(at)) = plc.address.parse() else {
        return None;
    };
    let ModbusLink::RtuTcp { baud: None, .. } = at.link else {
        return None;
    };
    Some(format!(
        "{}: its address says no speed, {SPEED_BEHIND} baud was taken for the line behind the serial server; write \
         &baud=… if it is another",
        plc.name
    ))
}

/// The time of a read or a write of so many registers on a serial line; none elsewhere.
struct LineTime(Duration);

impl LineTime {
    fn of(&self, request: &PlcRequest) -> Duration {
        if self.0.is_zero() {
            return Duration::ZERO;
        }
        let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
        let silent = self.0 * count(SILENT_CHARACTERS);
        self.0 * count(bytes_on_line(request)) + silent.max(SILENCES)
    }

    fn read(&self, count: u16) -> Duration {
        self.of(&read(count))
    }

    fn write(&self, count: u16) -> Duration {
        let (address, words) = (0, vec![0; usize::from(count)]);
        self.of(&PlcRequest::Write { address, words })
    }
}

fn read(count: u16) -> PlcRequest {
    PlcRequest::Read {
        table: RegisterTable::Holding,
        address: 0,
        count,
    }
}

/// What a link takes of the time from the camera to the gate, at most.
struct Way {
    /// Until the station hears that the camera fired.
    heard: Duration,
    /// From the verdict until it stands in the PLC.
    written: Duration,
}

/// The longest way of a verdict over this line while packs come `interval` apart.
///
/// Packs that come as close as they may, one after the other, bring their words in each cycle, which make the cycle
/// longer and so bring more words: a cycle of `empty` and `one_pack` for each pack within it lasts
/// `empty × interval / (interval − one_pack)`. No ring is full then, and fewer packs are in it than fit on the belt;
/// what limits them is their distance, as in a burst of any length. The camera may fire right behind the look at
/// EVENTS: then a whole cycle passes until the next one, and that one's header, the events of a cycle, and the header
/// once more stand before its event is believed (on such a line events are always read later behind their header than
/// `DOUBT_AFTER` of the rings). A verdict waits for the longest request that may be out.
///
/// # Errors
/// The time of one pack's words, where they alone take the line longer than until the next pack.
fn way_of(line: &LineTime, plc: &Plc, map: &Map, interval: Duration) -> Result<Way, Duration> {
    let (event, gate, verdict) = map.entry_words();
    let spans = |spans: &[Span], one: &dyn Fn(u16) -> Duration| -> Duration {
        spans.iter().map(|span| one(span.count)).sum()
    };
    let header = spans(&map.reads, &|count| line.read(count));
    let again = map.reads.first().map(|span| line.read(span.count));
    let again = again.unwrap_or_default();
    let station = spans(&map.writes, &|count| line.write(count));
    let nothing = line.read(0);
    let words = line.read(PACK_EVENTS * event) + line.read(gate) - 2 * nothing;
    let one_pack = words + line.write(verdict);
    let empty = header + again + 2 * nothing + station;
    if one_pack >= interval {
        return Err(one_pack);
    }
    // While a cycle lasts, packs bring more words, which make it longer.
    let (short, room) = (interval.as_secs_f64(), (interval - one_pack).as_secs_f64());
    let cycle = (empty + one_pack).max(empty.mul_f64(short / room));
    let cycle = cycle.max(Duration::from_millis(plc.cycle_ms));
    let packs = cycle.as_nanos().div_ceil(interval.as_nanos());
    let words = u128::from(PACK_EVENTS * event) * packs;
    let words = u16::try_from(words.min(map.read_max.into())).unwrap_or(map.read_max);
    let events = line.read(words);
    Ok(Way {
        heard: cycle + header + events + again,
        written: again.max(events) + line.write(verdict),
    })
}

/// Speeds, the lowest first, that a person may give a line.
const SPEEDS: [u32; 6] = [9_600, 19_200, 38_400, 57_600, 115_200, 230_400];

/// What would do instead, of a line on which verdicts come too late: a speed, or a distance of packs.
fn would_do(plc: &Plc, map: &Map, deadline: Duration, interval_ms: u64) -> (String, String) {
    let fits = |line: &LineTime, ms: u64| {
        let way = way_of(line, plc, map, Duration::from_millis(ms));
        way.is_ok_and(|way| way.heard + way.written < deadline)
    };
    let own = LineTime(character_of(plc));
    let at = |baud: u32| {
        LineTime(Duration::from_nanos(
            CHARACTER_BITS * 1_000_000_000 / u64::from(baud),
        ))
    };
    let mut faster = SPEEDS.into_iter().filter(|baud| at(*baud).0 < own.0);
    let speed = faster.find(|baud| fits(&at(*baud), interval_ms));
    let speed = speed.map_or_else(String::new, |baud| format!(" ({baud} baud would do)"));
    let apart = (interval_ms..=SLOWEST).find(|ms| fits(&own, *ms));
    let apart = apart.map_or_else(String::new, |ms| {
        format!(" (shortest_pack_interval_ms = {ms} would do)")
    });
    (speed, apart)
}

/// How much of the time from the camera to the gate the link takes, at most: until the station hears that the camera
/// fired, and until the verdict stands in the PLC. Told of a serial line only.
fn delay_of(
    plc: &Plc,
    map: &Map,
    deadline_ms: u64,
    interval_ms: u64,
) -> Result<Option<String>, String> {
    let line = LineTime(character_of(plc));
    let (deadline, name) = (Duration::from_millis(deadline_ms), &plc.name);
    let way = way_of(&line, plc, map, Duration::from_millis(interval_ms));
    let way = way.map_err(|one_pack| {
        let (speed, apart) = would_do(plc, map, deadline, interval_ms);
        format!(
            "{name}: the words of one pack take {} ms on the serial line, and packs may come every {interval_ms} ms \
             (shortest_pack_interval_ms): the line falls behind. Give it a higher speed{speed}, use Modbus TCP, or let \
             packs come slower{apart}.",
            one_pack.as_millis()
        )
    })?;
    let delay = way.heard + way.written;
    let (heard, written) = (way.heard.as_millis(), way.written.as_millis());
    let sum = format!(
        "{name}: the link takes up to {heard} ms until the station hears that the camera fired, and {written} ms \
         until the verdict stands in the PLC"
    );
    if delay >= deadline {
        let how = match line.0.is_zero() {
            true => "Make cycle_ms shorter".to_owned(),
            false => {
                let (speed, apart) = would_do(plc, map, deadline, interval_ms);
                format!(
                    "Give the line a higher speed{speed}, use Modbus TCP, let packs come slower{apart}"
                )
            }
        };
        return Err(format!(
            "{sum}; verdict_deadline_ms is {deadline_ms}: the pack is at the gate before its verdict is. \
             {how}, or put the camera so far before the gate that verdict_deadline_ms can be {} or more.",
            delay.as_millis() + 1
        ));
    }
    let left = (deadline - delay).as_millis();
    let told = format!("{sum}; of verdict_deadline_ms {deadline_ms} this leaves {left} ms");
    Ok((!line.0.is_zero()).then_some(told))
}

/// The time of a character on the PLC's serial line; zero where there is none.
fn character_of(plc: &Plc) -> Duration {
    match plc.address.parse() {
        Ok(Address::Modbus(at)) => at.link.character(),
        _ => Duration::ZERO,
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

    #[test]
    fn a_speed_that_no_address_says_is_told() {
        let told = |address: &str| assumed_speed(&plc(address, None));
        let said = told("modbus+rtutcp://h:4001?unit=1").expect("it is not said");
        assert!(said.contains("19200 baud was taken"), "{said}");
        assert_eq!(told("modbus+rtutcp://h:4001?unit=1&baud=19200"), None);
        assert_eq!(told("modbus+tcp://h:502?unit=1"), None);
    }

    /// Sums by hand: a header of 40 registers is 93 characters and two silences, and so on; a character takes 11 bits.
    #[test]
    fn a_verdict_that_cannot_be_at_the_gate_in_time_is_refused_with_its_figures() {
        let map = Map::contract().expect("sound");
        let delay = |address: &str, deadline, interval| {
            delay_of(&plc(address, None), &map, deadline, interval)
        };
        let serial = |baud: u32| format!("modbus+rtu:///dev/ttyS0?baud={baud}&unit=1");
        // At 9600 a character takes 1.146 ms. A pack: 48 and 12 characters of words, and 34 of its verdict.
        let behind = delay(&serial(9_600), 5_000, 107).expect_err("it falls behind");
        assert!(
            behind.contains("take 107 ms") && behind.contains("every 107 ms"),
            "{behind}"
        );
        // Empty: 100 + 100 + 2 x 20 + 48 characters, 288. With a pack 382, 437.7 ms. Heard after another
        // 100 + 68 + 100, 744.8 ms in all; written after a header's 100 and the verdict's 34, 153.5 ms.
        let late = delay(&serial(9_600), 898, 1_000).expect_err("it comes late");
        for figure in [
            "744 ms",
            "153 ms",
            "verdict_deadline_ms is 898",
            "can be 899",
        ] {
            assert!(late.contains(figure), "{figure}: {late}");
        }
        let fits = delay(&serial(9_600), 999, 1_000).expect("in time");
        let fits = fits.expect("a serial line");
        assert!(fits.contains("this leaves 100 ms"), "{fits}");
        // Packs that come while a cycle lasts make it longer: 330 ms / (1 - 107.7 / 200) = 715 ms, four packs, whose
        // events are one read of 212 characters.
        let many = delay(&serial(9_600), 5_000, 200).expect("in time");
        let many = many.expect("a serial line");
        for figure in [
            "1187 ms until the station hears",
            "281 ms until the verdict",
        ] {
            assert!(many.contains(figure), "{figure}: {many}");
        }
        // The demo's limits at 38400: a cycle of 89.9 ms without packs lasts 208 ms with one every 50 ms, and brings a
        // fifth pack's events into the next read.
        let demo = delay(&serial(38_400), 400, 50).expect_err("it comes late");
        for figure in [
            "higher speed (57600 baud would do)",
            "slower (shortest_pack_interval_ms = 51 would do)",
        ] {
            assert!(demo.contains(figure), "{figure}: {demo}");
        }
        assert!(
            delay(&serial(38_400), 400, 51).is_ok() && delay(&serial(38_400), 400, 50).is_err()
        );
        assert!(delay(&serial(57_600), 400, 50).is_ok());
        // Over TCP there is the pause between two headers.
        let tcp = "modbus+tcp://plc:502?unit=1";
        assert_eq!(delay(tcp, 11, 3), Ok(None));
        let slow = delay(tcp, 10, 3).expect_err("a pause as long as the deadline");
        assert!(
            slow.contains("up to 10 ms") && slow.contains("cycle_ms shorter"),
            "{slow}"
        );
    }
}
