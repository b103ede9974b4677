//! The PLC session against a PLC in memory that overruns, restarts, tears, falls silent and decides
//! out of turn. Every test runs with the map of contract 1.0 and, as the modules `plc_other_map` and `plc_input_map`,
//! with others.

use super::plc_peer::{ENCODER_STEP, Plc};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use vidimus_drivers::link::memory::MemoryLink;
use vidimus_drivers::plc::map::Map;
use vidimus_drivers::plc::session::{PlcConfig, PlcSession, ResumePoint};
use vidimus_drivers::plc::{
    DefaultCause, GateOutcome, PlcAnswer, PlcCommand, PlcEvent, PlcEventKind, PlcRequest,
    StationLevels,
};
use vidimus_drivers::{Fault, Session, Tick};

type Link = MemoryLink<PlcSession, Plc>;

/// The map that this module runs with.
fn map() -> Arc<Map> {
    let text = match module_path!().rsplit("::").next() {
        Some("plc_other_map") => include_str!("../../../templates/plc/low-word-first.toml"),
        Some("plc_input_map") => include_str!("../../../templates/plc/input-registers.toml"),
        _ => return Map::contract().unwrap(),
    };
    Arc::new(Map::parse(text).unwrap())
}

fn link_with(plc: Plc, resume_from: Option<ResumePoint>) -> Link {
    let config = PlcConfig {
        map: Some(map()),
        resume_from,
        ..PlcConfig::default()
    };
    MemoryLink::new(PlcSession::new(config).unwrap(), plc)
}

fn levels(heartbeat: u16) -> StationLevels {
    StationLevels {
        station_boot: 99,
        heartbeat,
        state: 1,
        echo_plc_boot: 7,
        ..StationLevels::default()
    }
}

fn running() -> Link {
    let mut link = link_with(Plc::with(map()), None);
    link.command(PlcCommand::Levels(levels(1)));
    link.run_for(Duration::from_millis(25));
    assert!(link.is_up());
    link.events.clear();
    link
}

/// Everything told but headers.
fn told(link: &Link) -> Vec<PlcEvent> {
    let told = link.events.iter().map(|(_, event)| event.clone());
    told.filter(|event| !matches!(event, PlcEvent::Header { .. }))
        .collect()
}

fn verdict(link: &mut Link, boot: u16, id: u32, code: u16) {
    link.command(PlcCommand::Verdict { boot, id, code });
}

#[test]
fn the_first_contact_reads_everything_before_it_writes_anything() {
    let mut plc = Plc::with(map());
    for id in 1..=3 {
        plc.event(id, PlcEventKind::Detected);
    }
    plc.decide(1, GateOutcome::Passed);
    plc.decide(2, GateOutcome::RejectedByDefault(DefaultCause::NoVerdict));
    let mut link = link_with(plc, None);
    link.command(PlcCommand::Levels(levels(1)));
    link.run_for(Duration::from_millis(9));
    let told = told(&link);
    assert_eq!(told[0], PlcEvent::Link(true));
    assert_eq!(told[1], PlcEvent::Booted { old: None, new: 7 });
    let rings = told[2..5]
        .iter()
        .filter(|event| matches!(event, PlcEvent::Ring(_)));
    assert_eq!(rings.count(), 3, "{told:?}");
    let gates: Vec<u32> = told[5..]
        .iter()
        .map(|event| match event {
            PlcEvent::Gate(entry) => entry.id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(gates, [1, 2]);
    let writes = link
        .sent
        .iter()
        .position(|(_, r)| matches!(r, PlcRequest::Write { .. }));
    assert_eq!(
        writes,
        Some(link.sent.len() - map().writes.len()),
        "read, read, read, then write"
    );
    let (seen, command, _) = link.peer.station();
    assert_eq!(
        (seen, command.seq, command.code),
        (levels(1), 40, 0),
        "starts from CMD_ACK_SEQ"
    );
    assert_eq!(link.peer.executed, []);
}

#[test]
fn a_verdict_goes_out_at_once_and_is_told_when_it_stands() {
    let mut link = running();
    link.run_for(Duration::from_millis(2)); // between two cycles, the wire is free
    let sent = link.sent.len();
    verdict(&mut link, 7, 3, 1);
    assert_eq!(
        link.sent.len(),
        sent + 1,
        "on the wire before any time passed"
    );
    assert_eq!(told(&link), []);
    link.run_for(Duration::from_millis(1));
    assert_eq!(told(&link), [PlcEvent::VerdictWritten { boot: 7, id: 3 }]);
    assert_eq!(link.peer.verdict(3).map(|entry| entry.code), Some(1));
    link.run_for(Duration::from_millis(20));
    assert_eq!(
        link.peer.station().2,
        3,
        "VERDICTS is the highest id with a verdict"
    );

    // While a request is out, verdicts gather; slots that lie together go in one write, and the
    // ring's end splits.
    link.run_until(Tick(link.session.wake().unwrap().at.0));
    let sent = link.sent.len();
    for id in 5..=9 {
        verdict(&mut link, 7, id, 2);
    }
    assert_eq!(link.sent.len(), sent, "one request at most is outstanding");
    link.run_for(Duration::from_millis(2));
    let first = map().verdict_register(0, 8);
    let ring = first..first + 8 * 5;
    let writes: Vec<(u16, usize)> = link.sent[sent..]
        .iter()
        .filter_map(|(_, request)| match request {
            PlcRequest::Write { address, words } if ring.contains(address) => {
                Some((*address, words.len()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(writes, [(first + 25, 15), (first, 10)]);
    // A slot that a newer pack owns is not given to an older one; other boots and nonsense are not
    // written.
    link.events.clear();
    verdict(&mut link, 7, 1, 1);
    verdict(&mut link, 6, 10, 1);
    verdict(&mut link, 7, 10, 16);
    verdict(&mut link, 7, 0, 1);
    link.run_for(Duration::from_millis(30));
    let refused = told(&link);
    assert_eq!(refused.len(), 3, "{refused:?}");
    assert!(
        refused
            .iter()
            .all(|e| matches!(e, PlcEvent::Fault(Fault::Refused(_))))
    );
    assert_eq!(link.peer.verdict(9).map(|entry| entry.code), Some(2));
}

#[test]
fn unconfirmed_verdicts_are_written_again_for_the_same_boot_only() {
    for restarts in [false, true] {
        let mut link = running();
        link.peer.silent = true;
        verdict(&mut link, 7, 3, 1);
        link.run_for(Duration::from_millis(250));
        assert!(
            matches!(link.drops[0], Fault::Timeout { .. }),
            "{:?}",
            link.drops
        );
        verdict(&mut link, 7, 4, 1);
        link.peer.silent = false;
        if restarts {
            link.peer.restart();
        }
        let sent = link.sent.len();
        link.run_for(Duration::from_millis(200));
        let reads = |(_, request): &&(Tick, PlcRequest)| matches!(request, PlcRequest::Read { .. });
        assert!(
            reads(&&link.sent[sent]),
            "state is read again before anything is written"
        );
        let written = told(&link)
            .iter()
            .filter(|event| matches!(event, PlcEvent::VerdictWritten { boot: 7, .. }))
            .count();
        assert_eq!(written, if restarts { 0 } else { 2 });
        let stands = |id| link.peer.verdict(id).is_some();
        assert_eq!((stands(3), stands(4)), (!restarts, !restarts));
        assert!(told(&link).contains(&PlcEvent::Link(false)));
        let booted = PlcEvent::Booted {
            old: Some(7),
            new: 8,
        };
        assert_eq!(told(&link).contains(&booted), restarts);
    }
}

#[test]
fn entries_that_were_overwritten_are_named() {
    let mut link = running();
    for id in 1..=40 {
        link.peer.event(id, PlcEventKind::Detected);
        link.peer.decide(id, GateOutcome::Passed);
    }
    link.run_for(Duration::from_millis(20));
    let told = told(&link);
    assert!(
        told.contains(&PlcEvent::EventsLost { from: 1, to: 24 }),
        "{told:?}"
    );
    assert!(
        told.contains(&PlcEvent::GateLost { from: 1, to: 32 }),
        "{told:?}"
    );
    assert_eq!(account(&told), (ids(1..=40), ids(1..=40)));
}

fn ids(range: std::ops::RangeInclusive<u32>) -> Vec<u32> {
    range.collect()
}

/// Running numbers of events (by the encoder, which this PLC sets to them) and pack ids, told or
/// told lost, in order.
fn account(told: &[PlcEvent]) -> (Vec<u32>, Vec<u32>) {
    let (mut events, mut packs) = (Vec::new(), Vec::new());
    for event in told {
        match event {
            PlcEvent::Ring(entry) => events.push(entry.encoder / ENCODER_STEP),
            PlcEvent::EventsLost { from, to } => events.extend(*from..=*to),
            PlcEvent::Gate(entry) => packs.push(entry.id),
            PlcEvent::GateLost { from, to } => packs.extend(*from..=*to),
            _ => {}
        }
    }
    (events, packs)
}

#[test]
fn an_event_overwritten_while_it_was_read_is_not_believed() {
    let mut link = running();
    for id in 1..=15 {
        link.peer.event(id, PlcEventKind::Detected);
    }
    // Five more happen after the header was read: slots of the events 1–4 now hold 17–20, which
    // look sound.
    link.peer.burst = 5;
    link.run_for(Duration::from_millis(30));
    let told = told(&link);
    assert_eq!(told[0], PlcEvent::EventsLost { from: 1, to: 4 }, "{told:?}");
    assert_eq!(account(&told).0, ids(1..=20));
}

#[test]
fn packs_decided_out_of_turn_are_waited_for_and_spoilt_entries_are_lost() {
    let mut link = running();
    for id in 1..=5 {
        link.peer.event(id, PlcEventKind::Detected);
    }
    link.peer.decide(1, GateOutcome::Passed);
    // Pack 6 appears in front of 2–5, and pack 4 is taken off the belt early.
    link.peer.event(6, PlcEventKind::Appeared);
    link.peer
        .decide(6, GateOutcome::RejectedByDefault(DefaultCause::NoVerdict));
    link.run_for(Duration::from_millis(20));
    link.peer.decide(4, GateOutcome::Removed);
    link.run_for(Duration::from_millis(200));
    let gates = |link: &Link| account(&told(link)).1;
    assert_eq!(
        gates(&link),
        [1, 6, 4],
        "2, 3 and 5 are still on the belt, not lost"
    );
    // DECIDED may stay at its highest: the entry alone tells.
    link.peer.write_gate(2, GateOutcome::RejectedByVerdict);
    link.run_for(Duration::from_millis(20));
    assert_eq!(gates(&link), [1, 6, 4, 2]);
    // Pack 3's entry is never written: once 5 went through the gate behind it, 3 is lost.
    link.peer.decide(5, GateOutcome::Passed);
    link.run_for(Duration::from_millis(100));
    assert!(
        told(&link).contains(&PlcEvent::GateLost { from: 3, to: 3 }),
        "{:?}",
        told(&link)
    );
    // An entry whose check fails stays unread for a few cycles, then its pack's fate is unknown.
    link.peer.decide(7, GateOutcome::Passed);
    let at = usize::from(map().gate_register(7, 8)) + 3;
    link.peer.ring("gate")[at] ^= 0x10;
    link.run_for(Duration::from_millis(100));
    assert!(
        told(&link).contains(&PlcEvent::GateLost { from: 7, to: 7 }),
        "{:?}",
        told(&link)
    );
    let mut all = gates(&link);
    all.sort_unstable();
    assert_eq!(all, ids(1..=7), "each exactly once");
}

#[test]
fn a_restarted_station_goes_on_where_it_knows_and_says_what_it_cannot_know() {
    let plc = || {
        let mut plc = Plc::with(map());
        for id in 1..=20 {
            plc.event(id, PlcEventKind::Detected);
            plc.decide(id, GateOutcome::Passed);
        }
        plc
    };
    let point = |boot| ResumePoint {
        boot,
        events: 15,
        decided: 18,
    };
    for (resume, events, packs, lost) in [
        (Some(point(7)), ids(16..=20), ids(19..=20), 0),
        (Some(point(6)), ids(1..=20), ids(1..=20), 2),
        (None, ids(1..=20), ids(1..=20), 2),
    ] {
        let mut link = link_with(plc(), resume);
        link.run_for(Duration::from_millis(50));
        let told = told(&link);
        assert_eq!(account(&told), (events, packs), "{resume:?}");
        let losses = told.iter().filter(|event| {
            matches!(
                event,
                PlcEvent::EventsLost { .. } | PlcEvent::GateLost { .. }
            )
        });
        assert_eq!(losses.count(), lost, "{told:?}");
    }
}

#[test]
fn commands_are_executed_once_in_order_and_acknowledged_by_ticket() {
    let mut link = running();
    for ticket in 1..=2 {
        let code = ticket as u16 + 1;
        link.command(PlcCommand::Execute {
            ticket,
            code,
            arg: 0x0001_0002,
        });
    }
    link.run_for(Duration::from_millis(100));
    assert_eq!(link.peer.executed, [(2, 0x0001_0002), (3, 0x0001_0002)]);
    assert_eq!(link.peer.header.ack_seq, 42);
    let acknowledged = |ticket, status| PlcEvent::Acknowledged { ticket, status };
    assert_eq!(told(&link), [acknowledged(1, 0), acknowledged(2, 0)]);

    // A deaf PLC: the command is repeated and reported once; too many waiting are busy; a restart
    // refuses them all.
    link.events.clear();
    link.peer.deaf_to_commands = true;
    for ticket in 10..=27 {
        link.command(PlcCommand::Execute {
            ticket,
            code: 1,
            arg: 0,
        });
        link.run_for(Duration::from_millis(20));
    }
    assert_eq!(told(&link), [acknowledged(27, 3)]);
    link.run_for(Duration::from_secs(4));
    let faults = told(&link)
        .iter()
        .filter(|e| matches!(e, PlcEvent::Fault(_)))
        .count();
    assert_eq!(faults, 1);
    link.events.clear();
    link.cut("power");
    link.peer.restart();
    link.run_for(Duration::from_millis(500));
    let refused = told(&link)
        .iter()
        .filter(|event| matches!(event, PlcEvent::Acknowledged { status: 1, .. }))
        .count();
    assert_eq!(refused, 17);
    // The restarted PLC compares with sequence 0; nothing of old is executed there.
    assert_eq!(link.peer.executed, []);
    link.command(PlcCommand::Execute {
        ticket: 30,
        code: 99,
        arg: 0,
    });
    assert_eq!(told(&link).last(), Some(&acknowledged(30, 2)));
}

/// A PLC with retentive registers finds CMD_SEQ at its start and acknowledges it without having
/// executed anything.
#[test]
fn a_restarted_plcs_acknowledgement_proves_only_a_tracking_reset() {
    for (code, status) in [(6, 0), (2, 1)] {
        let mut link = running();
        link.peer.deaf_to_commands = true;
        let (ticket, arg) = (1, 5);
        link.command(PlcCommand::Execute { ticket, code, arg });
        link.run_for(Duration::from_millis(30));
        link.peer.restart();
        link.peer.header.ack_seq = 41;
        link.peer.last_seq = 41;
        link.run_for(Duration::from_millis(30));
        assert!(
            told(&link).contains(&PlcEvent::Acknowledged { ticket, status }),
            "{:?}",
            told(&link)
        );
        assert_eq!(link.peer.executed, []);
        assert_eq!(link.peer.station().1.code, 0);
    }
}

#[test]
fn a_plc_whose_program_stands_still_is_told_once_an_episode() {
    let mut link = running();
    link.peer.frozen = true;
    link.run_for(Duration::from_secs(3));
    let faults = |link: &Link| {
        let told = told(link);
        told.iter()
            .filter(|e| matches!(e, PlcEvent::Fault(Fault::Timeout { .. })))
            .count()
    };
    assert_eq!(faults(&link), 1);
    assert!(link.is_up(), "it answers: the link stays");
    link.peer.frozen = false;
    link.run_for(Duration::from_secs(1));
    link.peer.frozen = true;
    link.run_for(Duration::from_secs(1));
    assert_eq!(faults(&link), 2);
}

#[test]
fn silence_wrong_lengths_doubled_and_late_answers_drop_the_link() {
    let mut link = running();
    link.peer.silent = true;
    let start = link.now();
    link.run_for(Duration::from_millis(230));
    assert!(
        matches!(&link.drops[..], [Fault::Timeout { .. }]),
        "{:?}",
        link.drops
    );
    assert!(link.events[0].0.since(start) <= Duration::from_millis(215));
    link.peer.silent = false;
    link.run_for(Duration::from_millis(200));
    assert!(link.is_up());

    link.peer.wrong_length = true;
    link.run_for(Duration::from_millis(20));
    assert!(
        matches!(link.drops[1], Fault::Garbled(_)),
        "{:?}",
        link.drops
    );
    link.run_for(Duration::from_millis(200));

    // An answer to nothing, as after a doubled reply: nobody knows what comes next.
    while link
        .session
        .wake()
        .is_some_and(|wake| wake.reason != "the next PLC cycle")
    {
        link.run_for(Duration::from_micros(100));
    }
    link.say(PlcAnswer::Words(vec![1, 2]));
    assert!(
        matches!(link.drops[2], Fault::Garbled(_)),
        "{:?}",
        link.drops
    );

    // A PLC slower than the limit never gets the link up, and is told once.
    link.peer.answer_after = Duration::from_millis(300);
    link.run_for(Duration::from_millis(100));
    link.events.clear();
    link.run_for(Duration::from_secs(5));
    assert!(!told(&link).contains(&PlcEvent::Link(true)));
    assert!(told(&link).len() <= 2, "{:?}", told(&link));
}

#[test]
fn a_plc_that_is_not_ours_is_never_written_to() {
    let mut plc = Plc::with(map());
    plc.header.gate_depth = 12;
    let mut link = link_with(plc, None);
    link.command(PlcCommand::Levels(levels(1)));
    link.run_for(Duration::from_secs(2));
    assert!(matches!(link.drops[0], Fault::WrongDevice { .. }));
    assert!(
        link.sent
            .iter()
            .all(|(_, request)| matches!(request, PlcRequest::Read { .. }))
    );
    let faults = told(&link);
    assert_eq!(faults.len(), 1, "told once: {faults:?}");
}

#[test]
fn a_stop_does_not_wait_for_the_cycle() {
    let mut link = running();
    let sent = link.sent.len();
    link.command(PlcCommand::Levels(levels(2)));
    assert_eq!(link.sent.len(), sent, "a heartbeat waits for the cycle");
    link.command(PlcCommand::Levels(StationLevels {
        stop_reason: 3,
        ..levels(3)
    }));
    assert_eq!(link.sent.len(), sent + 1);
    assert_eq!(link.peer.station().0.stop_reason, 3);
}

/// Counters at the end of a u32, jumps by billions: said to be lost, no panic, no endless loop.
#[test]
fn absurd_counters_are_survived() {
    let mut link = running();
    link.peer.header.events = u32::MAX;
    link.peer.header.decided = u32::MAX;
    link.run_for(Duration::from_millis(500));
    link.peer.header.events = 3;
    link.peer.header.decided = 3;
    verdict(&mut link, 7, u32::MAX, 1);
    verdict(&mut link, 7, u32::MAX - 1, 1);
    link.run_for(Duration::from_millis(500));
    assert!(link.is_up());
    assert!(link.peer.requests < 10_000, "{}", link.peer.requests);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    })]

    /// Whatever happens to the link, every event number and every pack id is told or told lost,
    /// exactly once, and every verdict commanded stands in the ring at the end or was overtaken.
    #[test]
    fn nothing_is_lost_in_silence_and_nothing_is_told_twice(
        steps in proptest::collection::vec((0u8..8, 5u64..120, 1u32..12), 1..120),
    ) {
        let mut plc = Plc::with(map());
        // Deep enough that no ring turns half round between a header and the read after it.
        plc.header.event_depth = *map().depths.last().unwrap();
        let mut link = link_with(plc, None);
        link.command(PlcCommand::Levels(levels(1)));
        link.run_for(Duration::from_millis(5));
        let (mut entered, mut decided) = (0, 0);
        let mut wanted: BTreeMap<u32, u16> = BTreeMap::new();
        for (step, ms, count) in steps {
            match step {
                0 => link.cut("cable"),
                1 => link.peer.silent = !link.peer.silent,
                2 => link.peer.answer_after = Duration::from_micros(ms * 100),
                3 => link.refuses = !link.refuses,
                _ => for _ in 0..count {
                    entered += 1;
                    link.peer.event(entered, PlcEventKind::Detected);
                    verdict(&mut link, 7, entered, 1 + (entered % 15) as u16);
                    wanted.insert(entered % 8, 1 + (entered % 15) as u16);
                    if entered > 3 {
                        decided += 1;
                        link.peer.decide(decided, GateOutcome::Passed);
                    }
                },
            }
            link.run_for(Duration::from_millis(ms));
        }
        link.refuses = false;
        link.peer.silent = false;
        link.peer.answer_after = Duration::from_micros(300);
        link.run_for(Duration::from_secs(1));
        let (events, packs) = account(&told(&link));
        prop_assert_eq!(events, (1..=entered).collect::<Vec<_>>());
        prop_assert_eq!(packs, (1..=decided).collect::<Vec<_>>());
        for id in entered.saturating_sub(7).max(1)..=entered {
            let code = link.peer.verdict(id).map(|entry| entry.code);
            prop_assert_eq!(code, wanted.get(&(id % 8)).copied(), "pack {}", id);
        }
    }
}
