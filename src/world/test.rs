//! Worlds at work: sound ones, wild ones, the same one twice; and every deliberate mistake is caught.

use super::life::Wish;
use super::runs::live;
use super::trouble::Troubles;

fn sound(seed: u64) -> Wish {
    Wish {
        seed,
        packs: 60,
        troubles: Troubles::none(),
        pixels: false,
    }
}

#[test]
fn a_sound_world_makes_good_packs_and_no_violation() {
    for seed in 1..=4 {
        let report = live(sound(seed));
        assert_eq!(report.violations, [], "seed {seed}");
        assert_eq!(report.false_rejects, 0, "seed {seed}");
        assert!(report.good >= 85, "seed {seed}: {report:?}");
    }
}
