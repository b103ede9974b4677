//! The sizing rules of the contract, for `vidimus check`. PURE.
//!
//! VERDICT_DEPTH ≥ MAX_IN_FLIGHT + 2; GATE_DEPTH ≥ longest tolerated outage ÷ shortest pack
//! interval + 2; EVENT_DEPTH ≥ 3 × that.

use std::fmt;

/// A ring that is too shallow for the line, or a figure that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SizingError {
    /// The shortest pack interval is 0.
    NoInterval,
    /// A depth the contract does not allow.
    NotADepth {
        /// Register name.
        ring: &'static str,
        /// What was configured.
        depth: u32,
    },
    /// A ring is too shallow.
    TooShallow {
        /// Register name.
        ring: &'static str,
        /// What was configured.
        depth: u32,
        /// Slots that are needed.
        needed: u64,
        /// The rule, with its figures.
        rule: String,
    },
}

/// Deepest ring of the contract.
pub const DEPTH_MAX: u64 = 256;

impl fmt::Display for SizingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SizingError::NoInterval => {
                f.write_str("The shortest pack interval is 0 ms; give it in whole milliseconds.")
            }
            SizingError::NotADepth { ring, depth } => write!(
                f,
                "{ring} is {depth}, but a ring has 8, 16, 32, 64, 128 or 256 slots."
            ),
            SizingError::TooShallow {
                ring,
                depth,
                needed,
                rule,
            } => {
                write!(
                    f,
                    "{ring} is {depth}, but {needed} slots are needed ({rule}); "
                )?;
                match needed.next_power_of_two() {
                    deep if deep <= DEPTH_MAX => write!(f, "make it {deep} in the PLC."),
                    _ => write!(
                        f,
                        "no ring is deeper than {DEPTH_MAX}: tolerate a shorter outage."
                    ),
                }
            }
        }
    }
}

impl std::error::Error for SizingError {}

/// Every sizing rule that does not hold; empty when the rings fit the line. `outage_ms` is the
/// longest outage of the link after which no gate entry may be lost, `pack_interval_ms` the
/// shortest time between two packs.
pub fn sizing(
    max_in_flight: u32,
    verdict_depth: u32,
    event_depth: u32,
    gate_depth: u32,
    outage_ms: u32,
    pack_interval_ms: u32,
) -> Vec<SizingError> {
    let mut errors = Vec::new();
    let rings = [
        ("VERDICT_DEPTH", verdict_depth),
        ("EVENT_DEPTH", event_depth),
        ("GATE_DEPTH", gate_depth),
    ];
    for (ring, depth) in rings {
        if !depth.is_power_of_two() || !(8..=256).contains(&depth) {
            errors.push(SizingError::NotADepth { ring, depth });
        }
    }
    let mut require = |ring, depth: u32, needed: u64, rule: String| {
        if u64::from(depth) < needed {
            errors.push(SizingError::TooShallow {
                ring,
                depth,
                needed,
                rule,
            });
        }
    };
    let in_flight = format!("{max_in_flight} packs in flight + 2");
    require(
        "VERDICT_DEPTH",
        verdict_depth,
        u64::from(max_in_flight) + 2,
        in_flight,
    );
    if pack_interval_ms == 0 {
        errors.push(SizingError::NoInterval);
        return errors;
    }
    let gate = u64::from(outage_ms.div_ceil(pack_interval_ms)) + 2;
    let outage = format!("{outage_ms} ms of outage ÷ {pack_interval_ms} ms a pack + 2");
    require("GATE_DEPTH", gate_depth, gate, outage.clone());
    require(
        "EVENT_DEPTH",
        event_depth,
        3 * gate,
        format!("3 × ({outage})"),
    );
    errors
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn rings_that_fit_are_accepted_and_each_rule_is_exact() {
        // 62 + 2 = 64 in flight; 1000/50 + 2 = 22 gate slots; 3 × 22 = 66 event slots.
        assert_eq!(sizing(62, 64, 128, 32, 1000, 50), vec![]);
        let errors = sizing(63, 64, 64, 16, 1000, 50);
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 3, "{texts:?}");
        assert!(
            texts[0].starts_with("VERDICT_DEPTH is 64, but 65"),
            "{}",
            texts[0]
        );
        assert!(
            texts[0].ends_with("make it 128 in the PLC."),
            "{}",
            texts[0]
        );
        assert!(
            texts[1].starts_with("GATE_DEPTH is 16, but 22"),
            "{}",
            texts[1]
        );
        assert!(
            texts[2].starts_with("EVENT_DEPTH is 64, but 66"),
            "{}",
            texts[2]
        );
        // The interval is rounded against us: 1001 ms at 50 ms a pack is 21 packs.
        assert_eq!(sizing(6, 8, 128, 32, 1500, 50), vec![]);
        assert_eq!(sizing(6, 8, 128, 32, 1501, 50).len(), 1);
    }

    #[test]
    fn impossible_figures_are_named() {
        assert!(sizing(1, 8, 8, 8, 0, 0).contains(&SizingError::NoInterval));
        assert_eq!(sizing(1, 9, 8, 8, 0, 50).len(), 1);
        let hopeless = sizing(6, 8, 256, 256, 60_000, 50);
        assert!(
            hopeless[0]
                .to_string()
                .contains("tolerate a shorter outage")
        );
        // The largest figures of all do not overflow.
        assert!(!sizing(u32::MAX, 8, 8, 8, u32::MAX, 1).is_empty());
    }
}
