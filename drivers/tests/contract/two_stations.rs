//! Two stations at one PLC: whoever comes second writes nothing and says why, and whoever is written over stands until
//! it is alone again.

use super::plc_peer::Plc;
use proptest::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use vidimus_drivers::link::memory::{Act, MemoryLink, Peer};
use vidimus_drivers::plc::session::{PlcConfig, PlcSession};
use vidimus_drivers::plc::{PlcAnswer, PlcCommand, PlcEvent, PlcRequest, StationLevels};
use vidimus_drivers::{Fault, Tick};

/// A PLC that several stations have a connection to.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Plc>>);

impl Peer for Shared {
    type Hears = PlcRequest;
    type Says = PlcAnswer;

    fn hear(&mut self, now: Tick, request: &PlcRequest) -> Vec<Act<PlcAnswer>> {
        self.0.borrow_mut().hear(now, request)
    }
}

struct Station {
    boot: u16,
    link: MemoryLink<PlcSession, Shared>,
}

impl Station {
    fn at(plc: &Shared, boot: u16, now: Tick) -> Station {
        let config = PlcConfig {
            station_boot: Some(boot),
            ..PlcConfig::default()
        };
        let session = PlcSession::new(config).unwrap();
        let link = MemoryLink::starting_at(now, session, plc.clone());
        Station { boot, link }
    }

    /// What it told but headers and faults.
    fn ups_and_downs(&self) -> Vec<bool> {
        let told = self.link.events.iter();
        told.filter_map(|(_, event)| match event {
            PlcEvent::Link(up) => Some(*up),
            _ => None,
        })
        .collect()
    }

    fn is_up(&self) -> bool {
        self.ups_and_downs().last() == Some(&true)
    }

    fn faults(&self) -> Vec<Fault> {
        let told = self.link.events.iter();
        told.filter_map(|(_, event)| match event {
            PlcEvent::Fault(fault) => Some(fault.clone()),
            _ => None,
        })
        .collect()
    }

    fn writes(&self) -> usize {
        let sent = self.link.sent.iter();
        sent.filter(|(_, request)| matches!(request, PlcRequest::Write { .. }))
            .count()
    }
}

/// Time passes for all of them; each line advances its heartbeat.
fn run(stations: &mut [&mut Station], ms: u64) {
    for _ in 0..ms {
        for station in stations.iter_mut() {
            let now = station.link.now() + Duration::from_millis(1);
            if now.as_ms().is_multiple_of(20) {
                station.link.command(PlcCommand::Levels(StationLevels {
                    station_boot: station.boot,
                    heartbeat: (now.as_ms() / 20) as u16,
                    state: 1,
                    echo_plc_boot: 7,
                    ..StationLevels::default()
                }));
            }
            station.link.run_until(now);
        }
    }
}

#[test]
fn a_second_station_disturbs_nobody_says_why_and_goes_on_when_it_is_alone() {
    let plc = Shared::default();
    let mut first = Station::at(&plc, 500, Tick::default());
    run(&mut [&mut first], 100);
    let mut second = Station::at(&plc, 63, first.link.now());
    run(&mut [&mut first, &mut second], 5_000);
    assert_eq!(first.ups_and_downs(), [true], "undisturbed");
    assert_eq!(first.faults(), []);
    assert_eq!((second.ups_and_downs(), second.writes()), (vec![], 0));
    let (theirs, ours) = (500, 63);
    let told = second.faults();
    assert_eq!(told, [Fault::OtherStation { theirs, ours }], "told once");
    assert_eq!(
        told[0].to_string(),
        "another station writes to this PLC (boot 500, ours 63): stop one of them"
    );
    // The first one ends: nothing is said again, and the second works as behind a lost link.
    run(&mut [&mut second], 450);
    assert_eq!(second.writes(), 0, "it may still be there");
    run(&mut [&mut second], 600);
    assert_eq!(second.ups_and_downs(), [true]);
    assert_eq!(plc.0.borrow().station().0.station_boot, 63);
}

#[test]
fn a_station_that_is_written_over_stands_until_it_is_alone() {
    let plc = Shared::default();
    let mut ours = Station::at(&plc, 9, Tick::default());
    run(&mut [&mut ours], 100);
    // It asks nobody, and writes all the time.
    let write = |ours: &mut Station, heartbeat: u16| {
        plc.0.borrow_mut().words[100..102].copy_from_slice(&[77, heartbeat]);
        run(&mut [ours], 5);
    };
    let before = ours.writes();
    for heartbeat in 0..20 {
        write(&mut ours, heartbeat);
    }
    assert_eq!(ours.ups_and_downs(), [true, false], "within a cycle or two");
    let written = ours.writes();
    assert!(written - before <= 2, "{written}, {before}");
    for heartbeat in 20..600 {
        write(&mut ours, heartbeat);
    }
    let fault = Fault::OtherStation {
        theirs: 77,
        ours: 9,
    };
    assert_eq!(ours.writes(), written, "nothing while it is there");
    assert_eq!(ours.faults(), std::slice::from_ref(&fault), "told once");
    assert_eq!(ours.link.drops, [fault]);
    run(&mut [&mut ours], 1_000);
    assert_eq!(ours.ups_and_downs(), [true, false, true]);
    assert_eq!(plc.0.borrow().station().0.station_boot, 9);
}

#[test]
fn a_station_that_starts_again_is_none_but_itself() {
    let plc = Shared::default();
    let mut first = Station::at(&plc, 500, Tick::default());
    run(&mut [&mut first], 100);
    let now = first.link.now();
    drop(first);
    let mut again = Station::at(&plc, 501, now);
    run(&mut [&mut again], 1_100);
    assert_eq!(again.ups_and_downs(), [true]);
    assert_eq!(again.faults(), []);
    // A link that was lost finds our own boot there, and waits for nobody; so does one to a PLC that knows none.
    for restart in [false, true] {
        if restart {
            plc.0.borrow_mut().restart();
        }
        again.link.cut("cable");
        let pause = again.link.reopen_after.as_millis() as u64;
        run(&mut [&mut again], pause + 30);
        assert!(again.is_up(), "{restart}");
    }
    let told = again.faults();
    let others = told
        .iter()
        .filter(|f| matches!(f, Fault::OtherStation { .. }));
    assert_eq!(others.count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Two that come at the same moment to a PLC that knows no station.
    #[test]
    fn of_two_stations_one_works(one: u8, apart in 1u8..64, phase in 0u64..25) {
        let plc = Shared::default();
        let boot = 1_000 + u16::from(one);
        let mut first = Station::at(&plc, boot, Tick::default());
        let mut second = Station::at(&plc, boot + u16::from(apart), Tick::default() + Duration::from_millis(phase));
        run(&mut [&mut first, &mut second], 5_000);
        prop_assert!(first.is_up() != second.is_up(), "{:?} {:?}", first.ups_and_downs(), second.ups_and_downs());
        let (up, down) = if first.is_up() { (&first, &second) } else { (&second, &first) };
        prop_assert_eq!(plc.0.borrow().station().0.station_boot, up.boot);
        let fault = Fault::OtherStation { theirs: up.boot, ours: down.boot };
        prop_assert_eq!(down.faults().pop(), Some(fault));
    }
}
