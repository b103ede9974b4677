//! Worlds whose batches take their numbers from pools, with the product's own store, label and reading: whatever is cut
//! off in the middle of anything, no number is taken twice, none out of turn, and none is left out.

use crate::record::{Fact, POOL_INDEX_FIRST};
use crate::serial::{Listed, NumberList};
use crate::world::life::{Wish, World};
use crate::world::settings;
use crate::world::trouble::Troubles;

/// Numbers of a world's pools.
const LISTS: [usize; 3] = [40, 25, 4000];

/// A number as an authority might give it: of every length up to what the label has room for, signs and small letters
/// among them, the label's own escape character too.
fn text(no: usize) -> String {
    const SIGNS: [char; 8] = ['_', 'a', '%', 'Z', '/', 'q', '+', '"'];
    let sign = SIGNS[no % SIGNS.len()];
    let padding = "7".repeat(no % 6);
    format!("{sign}{padding}{no:05}")
}

#[test]
fn restarts_in_the_middle_of_a_pool_take_no_number_twice_and_leave_none_out() {
    let mut taken_in_all = 0;
    for seed in 1..=16 {
        let mut troubles = Troubles::none();
        for name in [
            "power-cut",
            "printer-restart",
            "plc-restart",
            "batch-change",
        ] {
            troubles.set(name, 0.01).expect("they are known");
        }
        let wish = Wish {
            seed,
            packs: 150,
            troubles,
            pixels: false,
            printer: Default::default(),
        };
        let mut world = World::new(wish).expect("a world");
        let gtin = settings::config(600, seed, Default::default()).products[0].gtin;
        let mut given = 0;
        for count in LISTS {
            let mut list = NumberList::new(gtin);
            for (line, no) in (1..).zip(given..given + count) {
                let (text, tail) = (text(no), [None; 3]);
                list.push(Listed {
                    text: &text,
                    tail,
                    line,
                });
            }
            list.sort();
            given += count;
            world.import(list).expect("a new pool");
        }
        let reader = world.reader().expect("a reader");
        let report = world.live();
        let mut taken = Vec::new();
        let listed = reader.for_each_record(0, |stored| {
            if let Fact::SerialReserved { serial, .. } = stored.record.fact {
                taken.push(serial);
            }
        });
        listed.expect("it can be read");
        reader.audit().expect("every row is what the records say");
        assert_eq!(report.violations, [], "seed {seed}");
        for (no, serial) in taken.iter().enumerate() {
            let index = POOL_INDEX_FIRST + no as u64;
            assert_eq!(
                (serial.index, &serial.text),
                (index, &text(no)),
                "seed {seed}"
            );
        }
        taken_in_all += taken.len();
    }
    assert!(taken_in_all > 1_500, "{taken_in_all}");
}
