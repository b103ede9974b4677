//! Worlds with printers of every language: each runs soundly, whatever goes wrong with it alone, and labels that come
//! out at no pack are told where the printer counts.

use crate::world::Wish;
use crate::world::life::HEALED_PACKS;
use crate::world::report::Report;
use crate::world::runs::live;
use crate::world::settings;
use crate::world::trouble::Troubles;
use std::collections::BTreeMap;
use vidimus_simulators::printer::Language;

/// Packs of a world whose printer counts its labels now and then, and those of one in which it need not.
const COUNTED_PACKS: u64 = 500;
const PACKS: u64 = 150;

fn world(printer: Language, seed: u64, packs: u64, rates: &[(&str, f64)]) -> Report {
    let mut troubles = Troubles::none();
    for (name, rate) in rates {
        troubles.set(name, *rate).expect("they are known");
    }
    let report = live(Wish {
        seed,
        packs,
        troubles,
        pixels: false,
        printer,
    });
    assert_eq!(report.violations, [], "{printer}, seed {seed}");
    report
}

#[test]
fn a_sound_world_makes_good_packs_whatever_its_printer_speaks() {
    for printer in Language::ALL {
        // Lot-only batches are seeds 6 and 13.
        for seed in [1, 2, 3, 6] {
            let report = world(printer, seed, PACKS, &[]);
            let most = PACKS + HEALED_PACKS;
            assert!(
                report.good + 4 >= most,
                "{printer}, seed {seed}: {report:?}"
            );
            assert_eq!(report.alarms, BTreeMap::new(), "{printer}, seed {seed}");
        }
    }
}

#[test]
fn whatever_goes_wrong_with_a_printer_of_any_language_it_is_told_and_packs_pass_again() {
    let rates = [
        ("printer-restart", 0.005),
        ("printer-link", 0.005),
        ("printer-silent", 0.005),
        ("media-out", 0.005),
        ("ribbon-out", 0.005),
        ("printer-late", 0.02),
        ("printer-half", 0.01),
        ("printer-garbled", 0.01),
    ];
    for printer in Language::ALL {
        let mut injected: BTreeMap<String, u64> = BTreeMap::new();
        for seed in 1..=12 {
            for (name, count) in world(printer, seed, PACKS, &rates).injected {
                *injected.entry(name).or_default() += count;
            }
        }
        assert_eq!(injected.len(), rates.len(), "{printer}: {injected:?}");
    }
}

#[test]
fn labels_that_come_out_at_no_pack_are_told_where_the_printer_counts_and_nowhere_else() {
    for printer in Language::ALL {
        let counts = matches!(printer, Language::Zpl | Language::Coder);
        for seed in 1..=4 {
            let report = world(printer, seed, COUNTED_PACKS, &[("feed-key", 0.02)]);
            assert!(report.injected["feed-key"] > 1, "{printer}, seed {seed}");
            let told = report.alarms.contains_key("label-count");
            assert_eq!(told, counts, "{printer}, seed {seed}: {report:?}");
        }
    }
}

#[test]
fn the_seeds_of_worlds_speak_every_language_and_a_fifth_of_them_zpl() {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 1..=500 {
        *counts.entry(settings::language(seed).name()).or_default() += 1;
    }
    assert_eq!(counts.len(), Language::ALL.len());
    assert!(counts.values().all(|count| *count >= 30), "{counts:?}");
    assert!((75..=125).contains(&counts["zpl"]), "{counts:?}");
}
