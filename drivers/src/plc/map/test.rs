//! The map against the contract's own text: every address, and every entry there and back.

use super::*;
use crate::plc::{GateOutcome, PlcGateEntry, PlcRingEvent};
use proptest::prelude::*;

fn map() -> &'static Map {
    Map::contract().expect("the built-in table is sound")
}

#[test]
fn the_table_says_what_the_contract_says() {
    let map = map();
    assert_eq!((map.version, map.magic), (0x0100, [0x5056, 0x4D31]));
    assert_eq!(map.check_xor, 0xA5A5);
    assert_eq!((map.read_max, map.write_max), (125, 123));
    assert_eq!((map.heartbeat_ms, map.heartbeat_stale_ms), (100, 500));
    assert_eq!(map.depths, [8, 16, 32, 64, 128, 256]);
    assert_eq!((map.header.first, map.header.count), (0, 40));
    assert_eq!((map.station.first, map.station.count), (100, 12));
    let at = &map.plc_at;
    let words = [
        at.magic,
        at.version,
        at.boot,
        at.heartbeat,
        at.state,
        at.mode,
        at.faults,
        at.rate,
        at.encoder,
        at.entered,
        at.events,
        at.decided,
        at.passed,
        at.rejected,
        at.defaulted,
        at.unconfirmed,
        at.removed,
        at.ack_seq,
        at.ack_status,
        at.echo_heartbeat,
        at.echo_station_boot,
        at.verdict_depth,
        at.event_depth,
        at.gate_depth,
        at.max_in_flight,
    ];
    assert_eq!(
        words,
        [
            0, 2, 3, 4, 5, 6, 7, 9, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 29, 30, 31, 32, 33, 34,
            35
        ]
    );
    let at = &map.station_at;
    let words = [
        at.boot,
        at.heartbeat,
        at.state,
        at.stop_reason,
        at.lamps,
        at.cmd_seq,
        at.cmd_code,
        at.cmd_arg,
        at.echo_plc_boot,
        at.verdicts,
    ];
    assert_eq!(words, [100, 101, 102, 103, 104, 105, 106, 107, 109, 110]);
    assert_eq!(map.entry_words(), (8, 6, 5));
    assert_eq!(map.event_register(65, 64), 1008);
    assert_eq!(map.gate_register(64, 64), 4000);
    assert_eq!(map.verdict_register(255, 256), 7000 + 255 * 5);
    assert_eq!(map.outcomes, [1, 2, 3, 4, 5, 6]);
    assert_eq!(map.causes.map(|(code, _)| code), [1, 2, 3, 4]);
    assert_eq!(map.kinds.map(|(code, _)| code), [1, 2, 3, 4, 5]);
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

#[test]
fn a_bad_table_is_named() {
    for (from, to, part) in [
        (
            "PLC_BOOT = [3, 1]",
            "PLC_BOOT = [3, 2]",
            "PLC_BOOT has 2 words",
        ),
        ("RATE = [9, 1]", "RATES = [9, 1]", "lacks RATE"),
        ("HEARTBEAT = [4, 1]", "HEARTBEAT = [3, 1]", "overlap"),
        ("base = 4000", "base = 3000", "[ring.event] runs into"),
        (
            "\"cause\", \"check\"",
            "\"reason\", \"check\"",
            "lacks the word cause",
        ),
        ("late = 11", "late = 21", "late is 21, not 11"),
        (
            "gate_stuck = 14",
            "gate_stuck = 15",
            "gate_stuck is not bit 14",
        ),
        ("appeared = 5", "", "has 4 codes, not 5"),
        ("version = 0x0100", "version = \"one\"", "invalid type"),
    ] {
        let text = CONTRACT_TABLE.replacen(from, to, 1);
        assert_ne!(text, CONTRACT_TABLE, "{from} stands in the table");
        let error = Map::parse(&text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_header_that_is_not_the_contracts_is_the_wrong_device() {
    let good = PlcHeader {
        boot: 3,
        events: 0x0001_0003,
        verdict_depth: 64,
        event_depth: 256,
        gate_depth: 8,
        ..PlcHeader::default()
    };
    let words = map().encode_header(&good);
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
        boot in 1u16.., other in 1u16.., id in 1u32.., encoder: u32, count: u16,
        kind in 0usize..5, outcome in outcomes(), code in 0u16..16, bit: usize,
    ) {
        let map = map();
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
        if other != boot {
            prop_assert_eq!(map.decode_verdict(&words, other), Err(Absent::OtherBoot(boot)));
        }
    }

    #[test]
    fn the_station_block_survives_a_round_trip(
        station_boot: u16, heartbeat: u16, state: u16, stop_reason: u16, lamps: u16,
        echo_plc_boot: u16, seq: u16, code: u16, arg: u32, verdicts: u32,
    ) {
        let levels = StationLevels {
            station_boot, heartbeat, state, stop_reason, lamps, echo_plc_boot,
        };
        let command = CommandRegisters { seq, code, arg };
        let words = map().encode_station(&levels, command, verdicts);
        prop_assert_eq!(map().decode_station(&words), Some((levels, command, verdicts)));
    }
}
