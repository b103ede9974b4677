//! Restarts of the station, the PLC, the printer and of any two of them, in the middle of anything: the store agrees
//! with the factory's truth pack by pack, and the line runs again.

use crate::world::Wish;
use crate::world::runs::live;
use crate::world::settings;
use crate::world::trouble::Troubles;

const STATION: &str = "power-cut";
const PLC: &str = "plc-restart";
const PRINTER: &str = "printer-restart";

/// Worlds for each pair.
const WORLDS: u64 = 12;

#[test]
fn restarts_of_any_two_at_any_moment_lose_no_pack_and_pass_none_unproven() {
    let pairs = [
        [STATION, STATION],
        [PLC, PLC],
        [PRINTER, PRINTER],
        [STATION, PLC],
        [STATION, PRINTER],
        [PLC, PRINTER],
    ];
    for pair in pairs {
        let mut restarts = [0, 0];
        for seed in 1..=WORLDS {
            let mut troubles = Troubles::none();
            for name in pair {
                troubles.set(name, 0.03).expect("they are known");
            }
            let report = live(Wish {
                seed,
                packs: 120,
                troubles,
                pixels: false,
                printer: settings::language(seed),
            });
            assert_eq!(report.violations, [], "{pair:?}, seed {seed}");
            for (count, name) in restarts.iter_mut().zip(pair) {
                *count += report.injected.get(name).copied().unwrap_or(0);
            }
        }
        assert!(
            restarts.iter().all(|count| *count > 10),
            "{pair:?}: {restarts:?}"
        );
    }
}
