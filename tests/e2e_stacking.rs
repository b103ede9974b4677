//! Containers between the readers of a packing hall: whatever hinders a reader, a label or the station, the lanes stand
//! before a container lies where no record says, and go on when a person has put it right.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use crate::e2e_lanes::{self, all_closed, feed, furnish_small, holds_what_really_lies_in_it, pass};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use vidimus::record::ContainerState;
use vidimus::wire::{Answer, LineState, OperatorCommand, View};
use vidimus_simulators::packing::FILE_NAME;

const PACKS_OF_CASE: u32 = 5;
/// So long after packs were fed they are in their case.
const FEED_PAUSE: Duration = Duration::from_secs(20);
/// A case is so long between two readers that a station can go away meanwhile.
const WAY_MS: &str = "3000";
/// So often a machine may be too slow.
const ROUNDS_MAX: usize = 6;

/// The station runs with a batch, and a first pallet is on record.
struct Hall {
    bench: Bench,
    file: String,
    station: Option<Program>,
    _factory: Program,
}

impl Hall {
    fn new(lot: &str, more: &[&str]) -> Hall {
        let bench = Bench::judged();
        let (_factory, file) = furnish_small(&bench, PACKS_OF_CASE, more);
        let file = file.to_str().expect("the path is UTF-8").to_owned();
        let mut hall = Hall {
            bench,
            file,
            station: None,
            _factory,
        };
        hall.start();
        hall.bench
            .await_view("a station that wants a batch", |view| {
                view.state_text.contains("No batch is open")
            });
        let opened = hall.bench.order(opening(lot, "281231", None));
        assert_eq!(opened, Answer::Done);
        pass(&hall.bench, 20);
        all_closed(&hall.bench, 3, 1);
        hall
    }

    fn start(&mut self) {
        self.station = Some(Program::start(&["run", "-c", &self.file]));
    }

    fn comes_back(&mut self) {
        self.start();
        self.bench.await_view("a station that is back", |_| true);
    }

    fn fault(&self, at: &str, name: &str, on: bool) {
        let order = json!({"do": "fault", "name": name, "on": on, "lane": at});
        let answer = self.bench.factory(&order).expect("it answers");
        assert_eq!(answer["ok"], true, "{answer}");
    }

    /// How many containers passed the reader of this point.
    fn passed(&self, point: &str) -> usize {
        let path = self.bench.path().join("factory").join(FILE_NAME);
        let text = std::fs::read_to_string(path).expect("the hall keeps its truth");
        let here = format!("\"point\":\"{point}\",\"container\":");
        let scans = text.lines().filter(|line| line.contains(&here));
        scans.filter(|line| !line.contains("null")).count()
    }

    /// Cases that the reader of the cases has behind it and that of the pallets has not.
    fn between_the_readers(&self) -> BTreeSet<u64> {
        let path = self.bench.path().join("factory").join(FILE_NAME);
        let text = std::fs::read_to_string(path).expect("the hall keeps its truth");
        let by = |point: &str| -> BTreeSet<u64> {
            let rows = text.lines().filter_map(|line| {
                let row: Value = serde_json::from_str(line).ok()?;
                let scanned = row.get("scanned")?;
                let here = scanned["point"] == point;
                scanned["container"].as_u64().filter(|_| here)
            });
            rows.collect()
        };
        &by("cases") - &by("pallets")
    }

    /// One of these is closed on record.
    fn has_one_closed(&self, of: &BTreeSet<u64>) -> bool {
        let all = e2e_lanes::hall(&self.bench);
        let closed = |number: &u64| {
            let found = e2e_lanes::on_record(&self.bench, &all[number]);
            found.is_some_and(|(state, _)| state == ContainerState::Closed)
        };
        of.iter().any(closed)
    }

    fn await_passing(&self, point: &str, containers: usize) {
        await_that(point, || (self.passed(point) >= containers).then_some(()));
    }

    /// Feeds both lanes until they stand for a container; nothing is mended yet.
    fn stands_for_a_container(&self) -> View {
        feed(&self.bench, 2 * u64::from(PACKS_OF_CASE));
        self.bench.await_view("lanes that stand", |view| {
            let told = |code: &str| view.alarms.iter().any(|one| one.active && one.code == code);
            view.state_text.contains("went by unread") && told("container-unread")
        })
    }

    /// Ends the station while a case that is closed on record is between the two readers. `false`: this machine is so
    /// slow that every case was stacked before the station was gone.
    fn goes_away_before_a_case_is_stacked(&mut self, signal: Signal) -> bool {
        let mut fed = None::<Instant>;
        await_that("a case that was read and closed", || {
            // What was on the belts when the station went away is in no case.
            if fed.is_none_or(|at| at.elapsed() > FEED_PAUSE) {
                feed(&self.bench, 3);
                fed = Some(Instant::now());
            }
            self.bench
                .do_what_the_screen_asks(&self.bench.view().expect("it answers"));
            let closed = self.has_one_closed(&self.between_the_readers());
            closed.then_some(())
        });
        let station = self.station.take().expect("it runs");
        station.signal(signal);
        station.finish();
        let on_their_way = !self.between_the_readers().is_empty();
        await_that("what was between them at the pallets", || {
            self.between_the_readers().is_empty().then_some(())
        });
        on_their_way
    }

    /// A person does what the alarm says; then everything lies where the records say.
    fn is_put_right(&self, pallets: usize) {
        self.bench.await_view("lanes that go on", |view| {
            self.bench.do_what_the_screen_asks(view);
            let runs = matches!(view.state, LineState::Ready | LineState::Running);
            runs && view.unread.is_empty() && view.tally.in_line == 0
        });
        let more = 3 * u64::from(PACKS_OF_CASE);
        pass(&self.bench, more);
        let labelled = all_closed(&self.bench, 3 * pallets, pallets);
        holds_what_really_lies_in_it(&self.bench, &labelled);
    }

    fn ends_well(mut self) {
        let station = self.station.take().expect("it runs");
        station.signal(Signal::TERM);
        assert_eq!(station.finish().code, Some(0));
        self.bench.reader().audit().expect("rows and records agree");
    }
}

#[test]
fn a_case_whose_label_a_reader_did_not_see_holds_the_lanes_until_it_is_on_record() {
    let hall = Hall::new("STACK-1", &[]);

    // The reader of the pallets says nothing while a case goes by: the next one tells.
    let before = hall.passed("pallets");
    hall.fault("pallet-reader", "garbage-read", true);
    pass(&hall.bench, u64::from(PACKS_OF_CASE));
    hall.await_passing("pallets", before + 1);
    hall.fault("pallet-reader", "garbage-read", false);
    hall.stands_for_a_container();
    hall.is_put_right(2);

    // The reader of the cases says nothing: what it did not close is refused where it goes on a pallet.
    let before = hall.passed("cases");
    hall.fault("case-reader", "garbage-read", true);
    pass(&hall.bench, u64::from(PACKS_OF_CASE));
    hall.await_passing("cases", before + 1);
    hall.fault("case-reader", "garbage-read", false);
    hall.stands_for_a_container();
    hall.is_put_right(3);
    hall.ends_well();
}

#[test]
fn a_case_that_went_by_while_the_station_was_away_holds_the_lanes_until_it_is_on_record() {
    let mut hall = Hall::new("STACK-2", &["--way-ms", WAY_MS]);
    for (pallets, signal) in [(2, Signal::KILL), (3, Signal::TERM)] {
        let gone = (0..ROUNDS_MAX).any(|_| {
            let gone = hall.goes_away_before_a_case_is_stacked(signal);
            if !gone {
                hall.comes_back();
            }
            gone
        });
        assert!(gone, "every case was stacked before the station was gone");
        hall.comes_back();
        hall.stands_for_a_container();
        hall.is_put_right(pallets);
    }
    hall.ends_well();
}

#[test]
fn a_label_that_the_printer_gave_twice_stops_the_lanes_at_the_first_case_with_the_label_of_another()
{
    let hall = Hall::new("STACK-3", &[]);
    // Some printers give the last label once more after media ran out; whoever packs sticks it on the next case.
    hall.fault("label-printer", "reprint-after-out", true);
    hall.fault("label-printer", "media-out", true);
    hall.fault("label-printer", "media-out", false);
    feed(&hall.bench, 4 * u64::from(PACKS_OF_CASE));
    let stands = hall.bench.await_view("lanes that stand", |view| {
        hall.bench.put_on_record(view);
        view.state == LineState::Stopped && view.state_text.contains("label came twice")
    });
    let alarm = stands.alarms.iter().find(|one| one.code == "label-doubled");
    assert!(
        alarm.is_some_and(|one| one.text.contains("is closed already")),
        "{stands:?}"
    );
    // Nothing goes by itself: a person has looked.
    assert_eq!(hall.bench.order(OperatorCommand::Resume), Answer::Done);
    hall.bench.await_view("an alarm that is over", |view| {
        let mut alarms = view.alarms.iter();
        !alarms.any(|one| one.active && one.code == "label-doubled")
    });
    hall.ends_well();
}
