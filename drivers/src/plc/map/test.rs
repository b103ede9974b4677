//! The map against the contract's own text: every address, and every entry there and back.

use super::*;
use crate::plc::{GateOutcome, PlcGateEntry, PlcRingEvent};
use proptest::prelude::*;

/// The map that shows what a file may say.
const OTHER_TABLE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../templates/plc/low-word-first.toml"
));

fn map() -> Arc<Map> {
    Map::contract().expect("the built-in table is sound")
}

fn other() -> Map {
    Map::parse(OTHER_TABLE).unwrap_or_else(|error| panic!("{error}"))
}

/// The map with both tables.
const INPUT_TABLE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../templates/plc/input-registers.toml"
));

fn input() -> Map {
    Map::parse(INPUT_TABLE).unwrap_or_else(|error| panic!("{error}"))
}

fn span(first: u16, count: u16) -> Span {
    Span {
        table: RegisterTable::Holding,
        first,
        count,
    }
}

#[test]
fn the_table_says_what_the_contract_says() {
    let map = map();
    assert_eq!((map.version, map.magic), (0x0100, [0x5056, 0x4D31]));
    assert_eq!(map.check_xor, 0xA5A5);
    assert_eq!((map.read_max, map.write_max), (125, 123));
    assert_eq!((map.heartbeat_ms, map.heartbeat_stale_ms), (100, 500));
    assert_eq!(map.depths, [8, 16, 32, 64, 128, 256]);
    assert_eq!(
        (&map.reads[..], &map.writes[..]),
        (&[span(0, 40)][..], &[span(100, 12)][..])
    );
    // Every number of the header as its own register plus 1000: what is decoded tells where it stands.
    let words: Vec<u16> = (0..40).map(|register| register + 1000).collect();
    let seen = |change: &[(usize, u16)]| {
        let mut words = words.clone();
        for (register, word) in [
            (0, 0x5056),
            (1, 0x4D31),
            (2, 0x0100),
            (32, 8),
            (33, 16),
            (34, 32),
        ] {
            words[register] = word;
        }
        for (register, word) in change {
            words[*register] = *word;
        }
        map.decode_header(&words).unwrap()
    };
    let long = |register: u32| (register + 1000) << 16 | (register + 1001);
    let header = PlcHeader {
        boot: 1003,
        heartbeat: 1004,
        state: 1005,
        mode: 1006,
        faults: long(7),
        rate: 1009,
        encoder: long(10),
        entered: long(12),
        events: long(14),
        decided: long(16),
        passed: long(18),
        rejected: long(20),
        defaulted: long(22),
        unconfirmed: long(24),
        removed: long(26),
        ack_seq: 1028,
        ack_status: 1029,
        echo_heartbeat: 1030,
        echo_station_boot: 1031,
        verdict_depth: 8,
        event_depth: 16,
        gate_depth: 32,
        max_in_flight: 1035,
    };
    assert_eq!(seen(&[]), header);
    assert_eq!(seen(&[(8, 1 << 14)]).faults, 1007 << 16 | 1 << 14);
}

#[test]
fn the_station_block_and_the_rings_are_the_contracts() {
    let map = map();
    let (levels, command, verdicts) = map.decode_station(|register| register);
    let station = [
        levels.station_boot,
        levels.heartbeat,
        levels.state,
        levels.stop_reason,
        levels.lamps,
        command.seq,
        command.code,
        levels.echo_plc_boot,
    ];
    assert_eq!(
        station,
        [100, 101, 102 & 0x3F, 103, 104 & 0x3F, 105, 106, 109]
    );
    assert_eq!((command.arg, verdicts), (107 << 16 | 108, 110 << 16 | 111));
    assert_eq!(map.entry_words(), (8, 6, 5));
    assert_eq!(map.event_register(65, 64), 1008);
    assert_eq!(map.gate_register(64, 64), 4000);
    assert_eq!(map.verdict_register(255, 256), 7000 + 255 * 5);
    assert_eq!(map.outcomes, [1, 2, 3, 4, 5, 6]);
    assert_eq!(map.causes.map(|(code, _)| code), [1, 2, 3, 4]);
    assert_eq!(map.kinds.map(|(code, _)| code), [1, 2, 3, 4, 5]);
}

/// Every place of the second map, by hand from its text.
#[test]
fn another_map_places_every_signal_where_it_says() {
    let map = other();
    assert_eq!(map.reads, [span(200, 21), span(500, 10)]);
    assert_eq!(
        map.writes,
        [span(300, 11), span(312, 2), span(319, 1)],
        "what must be seen at once first"
    );
    let header = PlcHeader {
        boot: 7,
        heartbeat: 8,
        state: 6,
        rate: 600,
        encoder: 0x0004_0008,
        entered: 0x0001_0002,
        decided: 0x0003_0004,
        faults: 1 | 1 << 8 | 1 << 12 | 1 << 15,
        verdict_depth: 8,
        event_depth: 64,
        gate_depth: 16,
        ..PlcHeader::default()
    };
    let shown = map.encode_header(&header);
    let at = |manual: u16| {
        shown
            .iter()
            .find(|(register, _)| *register == manual - 40_001)
            .unwrap()
            .1
    };
    assert_eq!([at(40_201), at(40_202)], [0x4D31, 0x5056], "low word first");
    assert_eq!([at(40_206), at(40_207)], [2, 1]);
    assert_eq!(
        [at(40_210), at(40_211)],
        [3, 4],
        "a signal of its own order"
    );
    assert_eq!([at(40_212), at(40_213)], [2, 1], "an encoder of fours");
    assert_eq!(
        [at(40_502), at(40_503)],
        [6000, 0],
        "tenths of packs per minute"
    );
    assert_eq!((at(40_504), at(40_510)), (1 << 8 | 1, 1 << 5 | 1 << 1));
    let words: Vec<u16> = shown.iter().map(|(_, word)| *word).collect();
    assert_eq!(map.decode_header(&words), Ok(header));
    // A bit of FAULTS that has no name is a fault all the same; so is one that the machine said it has not.
    let mut strange = words.clone();
    strange[21 + 3] |= 1 << 4;
    let seen = map.decode_header(&strange).unwrap();
    assert_eq!(seen.faults, header.faults | 1 << 31);
}

/// Every place of the map with both tables, by hand from its text: the same numbers name other registers.
#[test]
fn input_registers_are_a_table_of_their_own_and_nothing_without_a_name_is_read() {
    let map = input();
    let read = |first, count| Span {
        table: RegisterTable::Input,
        ..span(first, count)
    };
    let reads = [read(0, 19), read(30, 3), read(40, 10), span(20, 2)];
    assert_eq!(map.reads, reads, "what must be seen at once first");
    assert_eq!(map.writes, [span(0, 12)]);
    let header = PlcHeader {
        boot: 7,
        faults: 1 << 15 | 1 << 3,
        removed: 5,
        echo_heartbeat: 11,
        echo_station_boot: 12,
        verdict_depth: 8,
        event_depth: 64,
        gate_depth: 16,
        ..PlcHeader::default()
    };
    let shown = map.encode_header(&header);
    assert_eq!((shown[3], shown[19 + 2]), ((3, 7), (32, 1 << 15 | 1 << 3)));
    assert_eq!(shown[32..], [(20, 11), (21, 12)]);
    let words: Vec<u16> = shown.iter().map(|(_, word)| *word).collect();
    assert_eq!(map.decode_header(&words), Ok(header));
    let rings = map.rings().map(|ring| (ring.table, ring.base));
    let (input, holding) = (RegisterTable::Input, RegisterTable::Holding);
    assert_eq!(rings, [(input, 1000), (input, 4000), (holding, 1000)]);
    assert_eq!(map.spare(), [], "nothing is read along");
    // A limit on what may lie between, and none: the reads grow together.
    let lax = Map::parse(&INPUT_TABLE.replacen("gap_max = 0", "gap_max = 11", 1));
    assert_eq!(lax.unwrap().reads, [read(0, 33), read(40, 10), span(20, 2)]);
    let all = Map::parse(&INPUT_TABLE.replacen("gap_max = 0", "gap_max = 125", 1));
    let all = all.unwrap();
    assert_eq!(all.reads, [read(0, 50), span(20, 2)]);
    assert_eq!(all.spare(), [read(19, 11), read(33, 7)]);
}

#[test]
fn another_map_places_every_word_of_the_station_where_it_says() {
    let map = other();
    let levels = StationLevels {
        station_boot: 9,
        heartbeat: 10,
        state: 1 | 1 << 3,
        stop_reason: 11,
        lamps: 1 | 1 << 4 | 1 << 5,
        echo_plc_boot: 7,
    };
    let (seq, code, arg) = (12, 2, 0x0005_0006);
    let writes = map.encode_station(&levels, CommandRegisters { seq, code, arg }, 0x0001_0003);
    let core = vec![7, 1 << 15 | 1 << 2, 11, 6, 5, 2, 12, 0, 0, 9, 10];
    assert_eq!(
        writes,
        [(300, core), (312, vec![3, 1]), (319, vec![1 | 1 << 8])]
    );
    let verdict = VerdictEntry {
        boot: 7,
        id: 0x0001_0002,
        code: 1,
    };
    let check = 7 ^ 1 ^ 2 ^ 1 ^ 0xA5A5;
    assert_eq!(map.encode_verdict(&verdict), [check, 7, 2, 1, 1]);
    assert_eq!(map.verdict_register(9, 8), 3000 + 5);
    assert_eq!(map.entry_words(), (8, 8, 5));
}

/// The exact words of one entry of each kind, computed by hand from the contract.
#[test]
fn entries_have_the_contracts_words() {
    let verdict = VerdictEntry {
        boot: 7,
        id: 0x0001_0002,
        code: 1,
    };
    let check = 7 ^ 1 ^ 2 ^ 1 ^ 0xA5A5;
    assert_eq!(map().encode_verdict(&verdict), [7, 1, 2, 1, check]);
    let gate = PlcGateEntry {
        boot: 7,
        id: 5,
        outcome: GateOutcome::RejectedByDefault(DefaultCause::Purge),
    };
    assert_eq!(
        map().encode_gate(&gate),
        [7, 0, 5, 3, 4, 7 ^ 5 ^ 3 ^ 4 ^ 0xA5A5]
    );
    let event = PlcRingEvent {
        boot: 7,
        id: 5,
        kind: PlcEventKind::CameraFired,
        count: 9,
        encoder: 0x000A_000B,
    };
    let check = 7 ^ 5 ^ 3 ^ 9 ^ 10 ^ 11 ^ 0xA5A5;
    assert_eq!(map().encode_event(&event), [7, 0, 5, 3, 9, 10, 11, check]);
}

/// What stands in a table, what is written instead, and what is said to it.
type Mistaken = (&'static str, &'static str, &'static str);

const MISTAKES: &[Mistaken] = &[
    (
        "PLC_BOOT = [3, 1]",
        "PLC_BOOT = [3, 2]",
        "PLC_BOOT has 1 word",
    ),
    (
        "RATE = [9, 1]",
        "RATES = [9, 1]",
        "there is no signal RATES",
    ),
    ("MAGIC = [0, 2]\n", "", "[plc] lacks MAGIC"),
    (
        "HEARTBEAT = [4, 1]",
        "HEARTBEAT = [3, 1]",
        "stands where HEARTBEAT stands",
    ),
    (
        "MODE = [6, 1]",
        "MODE = [1008, 1]",
        "stands where [ring.event] stands",
    ),
    (
        "base = 4000",
        "base = 3000",
        "stands where [ring.event] stands",
    ),
    ("base = 7000", "base = 65000", "a number from 0 to 64256"),
    (
        "\"cause\", \"check\"",
        "\"reason\", \"check\"",
        "lacks the word cause",
    ),
    ("late = 11", "late = 21", "late is 11 in every map, not 21"),
    (
        "gate_stuck = 14",
        "gate_stuck = 15",
        "wrong_bin is the same bit as another",
    ),
    (
        "gate_stuck = 14",
        "gate_stuck = false",
        "may do without gate_stuck",
    ),
    ("gate_stuck = 14", "gate_stuck = 32", "the number of a bit"),
    ("removed = 4", "removed = 3", "gives 3 to two names"),
    ("appeared = 5", "", "[code.kind] lacks appeared"),
    (
        "version = 0x0100",
        "version = \"one\"",
        "version is a whole number",
    ),
    (
        "HEARTBEAT = [101, 1]",
        "HEARTBEAT = [120, 1]",
        "the PLC must never see half of them",
    ),
    (
        "EVENTS = [14, 2]",
        "EVENTS = [300, 2]",
        "must lie within 125 registers",
    ),
    ("read_max = 125", "read_max = 126", "from 16 to 125"),
    ("words = [\"boot\"", "words = [boot\"", "This is not TOML"),
];

const OTHER_MISTAKES: &[Mistaken] = &[
    (
        "first_register = 40001",
        "first_register = 400",
        "0, 1, 40001 or 400001",
    ),
    (
        "MAGIC = [40201, 2]",
        "MAGIC = [201, 2]",
        "a number from 40001 to",
    ),
    ("scale = 0.1", "scale = 0", "0.001 to 1000"),
    ("scale = 4", "scale = 0.5", "a whole number from 1 to 1000"),
    (
        "RESERVED = [40308, 2]",
        "RESERVED = [40308, 1]",
        "without a hole",
    ),
    (
        "type = \"u32\", scale = 4",
        "type = \"u64\", scale = 4",
        "\"u16\", \"u32\"",
    ),
    (
        "register = 40510, bit = 0",
        "register = 40510, bit = 16",
        "bit is a whole number",
    ),
    (
        "register = 40510, bit = 0",
        "register = 40504, bit = 0",
        "stands where FAULTS stands",
    ),
    (
        "ready = 15",
        "ready = { register = 40320, bit = 9 }",
        "and the bit ready",
    ),
    ("white = false\n", "", "lacks white"),
];

const INPUT_MISTAKES: &[Mistaken] = &[
    (
        "table = \"input\" # of every",
        "table = \"inputs\" # of every",
        "table is one of \"holding\", \"input\"",
    ),
    (
        "MAGIC = [30001, 2]",
        "MAGIC = [20001, 2]",
        "MAGIC stands at 20001: an input register here is a number from 30001 to 95535",
    ),
    (
        "register = 40022, table = \"holding\"",
        "register = 30003",
        "stands where ECHO_STATION_BOOT stands (input register 30003, Modbus 2)",
    ),
    (
        "register = 40022",
        "register = 40001",
        "stands where ECHO_STATION_BOOT stands (register 40001, Modbus 0)",
    ),
    (
        "MAGIC = [30001, 2]",
        "MAGIC = { register = 40051, type = \"u32\", table = \"holding\" }",
        "must stand in one table",
    ),
    (
        "MAX_IN_FLIGHT = [30019, 1]",
        "MAX_IN_FLIGHT = [30021, 1]",
        "have 2 registers without a name between them, and gap_max is 0",
    ),
    (
        "gap_max = 0",
        "gap_max = 126",
        "gap_max is a whole number from 0 to 125",
    ),
    (
        "VERDICTS = [40011, 2]",
        "table = \"input\"",
        "the station writes holding registers",
    ),
    (
        "VERDICTS = [40011, 2]",
        "VERDICTS = { register = 40011, type = \"u32\", table = \"input\" }",
        "has no key \"table\"",
    ),
    (
        "base = 41001",
        "base = 41001\ntable = \"input\"",
        "has no key \"table\"",
    ),
    (
        "base = 34001",
        "base = 31001",
        "stands where [ring.event] stands",
    ),
    (
        "REMOVED = [30049, 2]",
        "RESERVED = [30049, 126]",
        "one request reads at most 125 registers",
    ),
];

/// Each mistake, with the place in the text where it stands.
#[test]
fn every_mistake_is_named_with_line_and_column() {
    let contract = MISTAKES.iter().map(|case| (CONTRACT_TABLE, *case));
    let other = OTHER_MISTAKES.iter().map(|case| (OTHER_TABLE, *case));
    let input = INPUT_MISTAKES.iter().map(|case| (INPUT_TABLE, *case));
    for (table, (from, to, part)) in contract.chain(other).chain(input) {
        let at = table
            .find(from)
            .unwrap_or_else(|| panic!("{from} stands in the table"));
        let text = table.replacen(from, to, 1);
        let error = Map::parse(&text).unwrap_err();
        assert!(error.to_string().contains(part), "{to}: {error}");
        let line = text[..at].matches('\n').count() + 1;
        let mistake = error
            .mistakes
            .iter()
            .find(|mistake| mistake.text.contains(part));
        let Mistake {
            line: told, column, ..
        } = *mistake.unwrap();
        assert!(column >= 1);
        // What is missing, or is the same as another, is told at its table or where the other stands.
        let elsewhere = [
            "lacks",
            "same",
            "within",
            "half",
            "hole",
            "ready",
            "stands",
            "one table",
            "without",
            "has no key",
        ];
        if !elsewhere.iter().any(|word| part.contains(word)) {
            assert_eq!(told, line, "{to}: {error}");
        }
    }
    let mistake = Map::parse("[plc]\n  MAGIC = 1\n").unwrap_err().mistakes[0].clone();
    assert!(mistake.line >= 1 && mistake.column >= 1);
    let long = format!("#{}", "x".repeat(table::TABLE_MAX));
    assert!(
        Map::parse(&long)
            .unwrap_err()
            .to_string()
            .contains("64 KiB")
    );
}

#[test]
fn a_header_that_is_not_the_contracts_is_the_wrong_device() {
    let good = PlcHeader {
        boot: 3,
        events: 0x0001_0003,
        verdict_depth: 64,
        event_depth: 32,
        gate_depth: 8,
        ..PlcHeader::default()
    };
    let shown = map().encode_header(&good);
    let words: Vec<u16> = shown.iter().map(|(_, word)| *word).collect();
    assert_eq!((words[14], words[15]), (1, 3), "high word first");
    assert_eq!(map().decode_header(&words), Ok(good));
    assert!(matches!(
        map().decode_header(&words[1..]),
        Err(Fault::Garbled(_))
    ));
    // Swapped magic words, another version, boot 0, depths that are none.
    for (register, word) in [
        (0, 0x4D31),
        (2, 0x0200),
        (3, 0),
        (32, 0),
        (33, 63),
        (34, 512),
    ] {
        let mut bad = words.clone();
        bad[register] = word;
        let fault = map().decode_header(&bad).unwrap_err();
        assert!(matches!(fault, Fault::WrongDevice { .. }), "{fault}");
    }
    // The other map, and a PLC whose words stand the other way round.
    let shown = other().encode_header(&good);
    let mut words: Vec<u16> = shown.iter().map(|(_, word)| *word).collect();
    assert_eq!(
        other().decode_header(&words),
        Ok(PlcHeader { boot: 3, ..good })
    );
    words.swap(0, 1);
    let fault = other().decode_header(&words).unwrap_err().to_string();
    assert!(fault.contains("the other way round"), "{fault}");
    words.swap(0, 1);
    words[2] = 0x0200;
    let fault = other().decode_header(&words).unwrap_err().to_string();
    assert!(fault.contains("map version 0x0100"), "{fault}");
}

fn outcomes() -> impl Strategy<Value = GateOutcome> {
    prop_oneof![
        Just(GateOutcome::Passed),
        Just(GateOutcome::RejectedByVerdict),
        Just(GateOutcome::RejectedByDefault(DefaultCause::NoVerdict)),
        Just(GateOutcome::RejectedByDefault(DefaultCause::HeartbeatStale)),
        Just(GateOutcome::RejectedByDefault(DefaultCause::BootEchoWrong)),
        Just(GateOutcome::RejectedByDefault(DefaultCause::Purge)),
        Just(GateOutcome::RejectNotConfirmed),
        Just(GateOutcome::Removed),
        Just(GateOutcome::PassedInBypass),
    ]
}

fn flipped(words: &[u16], bit: usize) -> Vec<u16> {
    let mut words = words.to_vec();
    let bit = bit % (words.len() * 16);
    words[bit / 16] ^= 1 << (bit % 16);
    words
}

proptest! {
    #[test]
    fn entries_survive_a_round_trip_and_no_flipped_bit_does(
        boot in 1u16.., other_boot in 1u16.., id in 1u32.., quarter in 0u32..1 << 30, count: u16,
        kind in 0usize..5, outcome in outcomes(), code in 0u16..16, bit: usize,
    ) {
        for map in [map(), Arc::new(other()), Arc::new(input())] {
            let encoder = quarter * 4;
            let event = PlcRingEvent { boot, id, kind: map.kinds[kind].1, count, encoder };
            let words = map.encode_event(&event);
            prop_assert_eq!(map.decode_event(&words, boot), Ok(event));
            prop_assert!(map.decode_event(&flipped(&words, bit), boot).is_err());

            let gate = PlcGateEntry { boot, id, outcome };
            let words = map.encode_gate(&gate);
            prop_assert_eq!(map.decode_gate(&words, boot), Ok(gate));
            prop_assert!(map.decode_gate(&flipped(&words, bit), boot).is_err());

            let verdict = VerdictEntry { boot, id, code };
            let words = map.encode_verdict(&verdict);
            prop_assert_eq!(map.decode_verdict(&words, boot), Ok(verdict));
            prop_assert!(map.decode_verdict(&flipped(&words, bit), boot).is_err());
            if other_boot != boot {
                prop_assert_eq!(map.decode_verdict(&words, other_boot), Err(Absent::OtherBoot(boot)));
            }
        }
    }

    #[test]
    fn the_station_block_survives_a_round_trip(
        station_boot: u16, heartbeat: u16, state in 0u16..64, stop_reason: u16, lamps in 0u16..64,
        echo_plc_boot: u16, seq: u16, code: u16, arg: u32, verdicts: u32,
    ) {
        for (map, lamps) in [(map(), lamps), (Arc::new(other()), lamps & !(1 << 4))] {
            let levels = StationLevels {
                station_boot, heartbeat, state, stop_reason, lamps, echo_plc_boot,
            };
            let command = CommandRegisters { seq, code, arg };
            let writes = map.encode_station(&levels, command, verdicts);
            let word = |register: u16| {
                let holds = |(first, words): &&(u16, Vec<u16>)| {
                    register >= *first && usize::from(register - first) < words.len()
                };
                let (first, words) = writes.iter().find(holds).expect("written");
                words[usize::from(register - first)]
            };
            prop_assert_eq!(map.decode_station(word), (levels, command, verdicts));
        }
    }
}
