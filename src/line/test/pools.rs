//! Batches whose numbers come from pools: whatever happens, each number is taken once, in order, and none is lost.

use super::factory::{Faults, World};
use super::rig::Rig;
use super::{open_batch, plan, restore::restore};
use crate::line::alarm::AlarmKind;
use crate::line::stops::StopReason;
use crate::line::*;
use crate::record::{Fact, PoolFact, PoolNumber, SerialNumber};
use crate::wire::OperatorCommand;

#[test]
fn whatever_happens_pools_are_used_in_order_and_no_number_is_lost_or_taken_twice() {
    let mut good = 0;
    for seed in 1..=150 {
        let faults = match seed % 3 {
            0 => Faults::default(),
            1 => Faults::swarm(seed),
            _ => Faults::worse(seed),
        };
        let mut world = World::with_pools(seed, faults, &[90, 60, 3000]);
        world.run_batch(250);
        world.check_against_truth();
        world.check_pools();
        good += world.good_bin();
    }
    assert!(
        good > 12_000,
        "the line must run, not merely reject: {good} of 37,500 good"
    );
}

#[test]
fn a_pool_that_runs_out_warns_in_time_then_stops_the_line_and_gives_no_label() {
    let mut world = World::with_pools(7, Faults::default(), &[30, 20]);
    world.open_and_feed(80);
    for _ in 0..6_000 {
        world.step();
    }
    assert_eq!(world.check_pools(), 50, "every number is used");
    assert!(
        world
            .line
            .lane
            .stops
            .latched_for(StopReason::Numbers)
            .is_some()
    );
    for kind in [AlarmKind::NumbersOut, AlarmKind::NumbersLow] {
        assert!(world.line.alarm_stands(kind), "{kind:?}");
    }
    // The belt can be run empty, packs without a number are rejected, and the batch can be closed.
    world.feed(0);
    world.check_against_truth();
    assert_eq!(world.check_pools(), 50);
    assert_eq!(world.good_bin(), 50, "whatever got a number became good");
    world.kill_station();
    world.settle();
    assert!(world.line.alarm_stands(AlarmKind::NumbersOut));
    world.command(OperatorCommand::CloseBatch);
    world.settle();
    assert!(world.line.batch().is_none());
    assert!(!world.line.alarm_stands(AlarmKind::NumbersOut));
}

/// A request for numbers is answered with a block that no pack gets; the same request with the same one, also after a
/// restart; and another one with the same token is refused.
#[test]
fn a_token_stands_for_one_block_for_ever() {
    let token: crate::record::Token = "printer-7/2026".parse().expect("a token");
    let export = |count, token: &crate::record::Token| {
        let OperatorCommand::OpenBatch { gtin, .. } = open_batch() else {
            unreachable!()
        };
        let token = token.clone();
        OperatorCommand::ExportNumbers { token, gtin, count }
    };
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.sound_pack(2, 2);
    rig.order(export(1000, &token));
    let (first, count) = block(&rig.records).expect("it is on record");
    assert_eq!(count, 1000);
    rig.sound_pack(3, 3);
    rig.order(export(1000, &token));
    rig.order(export(999, &token));
    let answers = rig.effects.iter().rev().filter_map(|effect| match effect {
        Effect::Reply { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    let answers: Vec<_> = answers.take(3).collect();
    assert!(
        answers[0]
            .as_ref()
            .is_err_and(|why| why.contains("another token"))
    );
    assert_eq!(answers[1..], [Ok(()), Ok(())]);
    let other = "printer-8".parse().expect("a token");
    let mut again = Rig::new(plan(2), restore(&rig.records));
    again.order(export(1000, &token));
    assert_eq!(block(&again.records), None, "it is the same block");
    again.order(OperatorCommand::ReturnNumbers {
        token: token.clone(),
    });
    again.order(export(5, &other));
    let (next, _) = block(&again.records).expect("a new block");
    assert!(next >= first + 1000, "what came back is never used again");
    let register = again.line.numbers();
    assert_eq!(
        register.export(&token).expect("known").returned_count(),
        1000
    );
    // No pack has a number of the block.
    let packs = rig.records.iter().filter_map(|record| match &record.fact {
        Fact::SerialReserved { serial, .. } => Some(serial),
        _ => None,
    });
    let packs: Vec<&SerialNumber> = packs.collect();
    assert!(packs.len() >= 2);
    assert!(
        packs
            .iter()
            .all(|one| !(first..first + 1000).contains(&one.index))
    );
}

/// The first block on record.
fn block(records: &[Record]) -> Option<(u64, u64)> {
    records.iter().find_map(|record| match &record.fact {
        Fact::Pool(PoolFact::Exported { first, count, .. }) => Some((*first, *count)),
        _ => None,
    })
}

/// The store is asked for as much as there is room for, once; what nobody asked for, and more than that, is not kept.
#[test]
fn numbers_are_read_ahead_up_to_the_limit_and_those_of_nobody_are_not_kept() {
    use crate::line::numbers::NUMBERS_AHEAD_MAX;
    let world = World::with_pools(1, Faults::default(), &[3 * NUMBERS_AHEAD_MAX]);
    let mut rig = Rig::new(plan(1), restore(&world.disk));
    rig.order(world.open_batch());
    let asked = |rig: &Rig| {
        let asked = rig.effects.iter().filter_map(|effect| match effect {
            Effect::ReadNumbers { gtin, from, count } => Some((*gtin, *from, *count as usize)),
            _ => None,
        });
        asked.collect::<Vec<_>>()
    };
    rig.pass_time(100);
    let &[(gtin, from, count)] = &asked(&rig)[..] else {
        panic!("asked once: {:?}", asked(&rig))
    };
    assert_eq!(count, NUMBERS_AHEAD_MAX);
    let read = |from, numbers: &[PoolNumber]| {
        let numbers = Ok(numbers.to_vec());
        Event::NumbersRead(NumbersRead {
            gtin,
            from,
            numbers,
        })
    };
    rig.tell(read(from + 7, &world.pools[7..20]));
    assert_eq!(rig.line.numbers.ahead(), 0, "nobody asked for these");
    rig.tell(read(from, &world.pools));
    assert_eq!(rig.line.numbers.ahead(), NUMBERS_AHEAD_MAX);
    rig.pass_time(100);
    assert_eq!(asked(&rig).len(), 1, "there is enough");
}
