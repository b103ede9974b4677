//! The PLC as a station meets it: passes, stops, commands, rings, registers out of reach.

use super::{contract::split, *};

fn station(plc: &mut Plc, now: Tick, boot: u16, beat: u16, ready: bool) {
    let block = [boot, beat, u16::from(ready), 0, 0];
    plc.write(now, 100, &block).expect("the station block");
    let echo = plc.boot();
    plc.write(now, 109, &[echo]).expect("the echo");
    plc.scan(now);
}

fn verdict(plc: &mut Plc, now: Tick, key: PackKey, code: u16) {
    let [high, low] = split(key.id);
    let words = [key.boot, high, low, code];
    let check = CONTRACT.check(&words);
    let slot = 7000 + 5 * u16::try_from(key.id % 64).expect("small");
    plc.write(now, slot, &[key.boot, high, low, code, check])
        .expect("the verdict ring");
}

#[test]
fn a_pack_passes_only_while_station_and_verdict_stand() {
    let mut plc = Plc::new(
        PlcOptions::default(),
        Retained {
            boot: 4,
            cmd_seq: 0,
        },
    );
    let at = Tick::from_ms;
    let key = plc.detect();
    assert_eq!(key, PackKey { boot: 5, id: 1 });
    station(&mut plc, at(0), 77, 1, true);
    verdict(&mut plc, at(0), key, 1);
    assert_eq!(plc.take_fresh_verdicts(), [(key, at(0))]);
    assert_eq!(plc.decide(key, false), Decision::Pass);
    plc.scan(at(501));
    assert_eq!(plc.decide(key, false), Decision::RejectByDefault(2));
    assert_ne!(plc.faults() & 1 << 12, 0);
    station(&mut plc, at(600), 77, 2, true);
    assert_eq!((plc.decide(key, false), plc.faults()), (Decision::Pass, 0));
    station(&mut plc, at(610), 78, 3, false);
    assert_eq!(
        plc.decide(key, false),
        Decision::RejectByDefault(1),
        "a new station boot"
    );
    station(&mut plc, at(620), 78, 4, true);
    assert_eq!(plc.decide(key, false), Decision::Pass);
}

#[test]
fn three_stale_rejects_stop_the_belt() {
    let mut plc = Plc::new(PlcOptions::default(), Retained::default());
    station(&mut plc, Tick(0), 1, 1, true);
    plc.press_start().expect("all well");
    plc.scan(Tick::from_ms(900));
    for n in 0..3 {
        assert!(plc.running(), "{n}");
        let key = plc.detect();
        assert_eq!(plc.decide(key, false), Decision::RejectByDefault(2));
        plc.settle(key, Outcome::RejectedByDefault(2));
    }
    assert_eq!(plc.state(), state::STOPPED);
    assert!(plc.press_start().is_err(), "no start with a dead station");
}

#[test]
fn a_stop_reason_holds_and_its_end_does_not_start() {
    let mut plc = Plc::new(PlcOptions::default(), Retained::default());
    station(&mut plc, Tick(0), 1, 1, true);
    plc.press_start().expect("all well");
    plc.write(Tick(1), 103, &[9]).expect("STOP_REASON");
    plc.scan(Tick(1));
    assert_eq!(plc.state(), state::HELD);
    assert!(plc.press_start().is_err());
    plc.write(Tick(2), 103, &[0]).expect("STOP_REASON");
    plc.scan(Tick(2));
    assert_eq!(plc.state(), state::HELD);
    plc.press_start().expect("withdrawn");
    assert!(plc.running());
}

#[test]
fn commands_run_once_and_not_again_after_a_restart() {
    let mut plc = Plc::new(PlcOptions::default(), Retained::default());
    let (a, b) = (plc.detect(), plc.detect());
    plc.write(Tick(0), 105, &[3, 2, 0, 2])
        .expect("purge below 2");
    assert!(plc.purged(a) && !plc.purged(b));
    assert_eq!(plc.read(Tick(0), 28, 2).expect("ack"), [3, 0]);
    plc.write(Tick(0), 105, &[4, 99, 0, 0]).expect("unknown");
    assert_eq!(plc.read(Tick(0), 28, 2).expect("ack"), [4, 2]);
    plc.write(Tick(0), 105, &[5, 6, 0, 0])
        .expect("tracking reset");
    assert_eq!((plc.boot(), plc.entered()), (2, 0));
    plc.write(Tick(0), 105, &[5, 6, 0, 0]).expect("rewritten");
    assert_eq!(plc.boot(), 2, "the same CMD_SEQ is not executed twice");
    let kept = plc.retained();
    let mut plc = Plc::new(PlcOptions::default(), kept);
    plc.write(Tick(0), 105, &[5, 6, 0, 0]).expect("rewritten");
    assert_eq!(plc.boot(), 3, "nor after power loss");
    assert_eq!(next_boot(u16::MAX), 1);
}

#[test]
fn rings_are_keyed_and_checked() {
    let mut plc = Plc::new(PlcOptions::default(), Retained::default());
    let keys: Vec<PackKey> = (0..70).map(|_| plc.detect()).collect();
    plc.print_done(keys[69]);
    let events = plc.read(Tick(0), 14, 2).expect("EVENTS");
    assert_eq!(events, [0, 71]);
    let entry = plc
        .read(Tick(0), 1000 + 8 * (71 % 64), 8)
        .expect("entry 71");
    assert_eq!(entry[..5], [1, 0, 70, 2, 1]);
    assert_eq!(entry[7], CONTRACT.check(&entry[..7]));
    plc.settle(keys[1], Outcome::Removed);
    assert_eq!(
        plc.read(Tick(0), 16, 2).expect("DECIDED"),
        [0, 0],
        "id 1 is still open"
    );
    plc.settle(keys[0], Outcome::RejectedByDefault(4));
    assert_eq!(plc.read(Tick(0), 16, 2).expect("DECIDED"), [0, 2]);
    let gate = plc.read(Tick(0), 4000 + 6, 6).expect("entry 1");
    assert_eq!(gate[..5], [1, 0, 1, 3, 4]);
}

#[test]
fn registers_out_of_reach_are_refused() {
    let mut plc = Plc::new(PlcOptions::default(), Retained::default());
    use Exception::{IllegalAddress, IllegalValue};
    for (address, count) in [(38, 3), (40, 1), (99, 2), (119, 2), (1512, 1), (7319, 2)] {
        assert_eq!(
            plc.read(Tick(0), address, count),
            Err(IllegalAddress),
            "{address}"
        );
    }
    assert_eq!(plc.read(Tick(0), 1000, 126), Err(IllegalValue));
    assert_eq!(plc.read(Tick(0), 0, 0), Err(IllegalValue));
    for address in [0, 39, 1000, 4000, 65_535] {
        assert_eq!(
            plc.write(Tick(0), address, &[1]),
            Err(IllegalAddress),
            "{address}"
        );
    }
    assert_eq!(plc.write(Tick(0), 7000, &[0; 124]), Err(IllegalValue));
    assert_eq!(
        plc.read(Tick(0), 0, 3).expect("head"),
        [0x5056, 0x4D31, 0x0100]
    );
}
