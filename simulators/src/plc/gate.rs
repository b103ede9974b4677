//! The gate rule of the contract: pass if and only if every condition holds. PURE.

use super::contract::CONTRACT;

/// Everything the gate looks at for one pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one condition of the rule, none implies another"
)]
pub struct GateInputs {
    /// The five words of the slot the pack id points to.
    pub slot: [u16; 5],
    /// PLC_BOOT.
    pub boot: u16,
    /// The pack.
    pub id: u32,
    /// The station's heartbeat changed within 500 ms.
    pub heartbeat_fresh: bool,
    /// ECHO_PLC_BOOT.
    pub echo_plc_boot: u16,
    /// A purge covers the id.
    pub purged: bool,
    /// The station said `ready` since it last changed its boot number.
    pub station_trusted: bool,
    /// The pack appeared without an id: never passed.
    pub appeared: bool,
}

/// What the gate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Into the good bin.
    Pass,
    /// Out, because the station said so.
    RejectByVerdict,
    /// Out, because nothing valid says that it may pass; with the contract's cause.
    RejectByDefault(u16),
}

/// The verdict code in a slot, if the slot is valid for this boot and pack.
#[must_use]
pub fn valid_verdict(slot: &[u16; 5], boot: u16, id: u32) -> Option<u16> {
    let [slot_boot, high, low, verdict, check] = *slot;
    let keyed = slot_boot == boot && super::contract::join(high, low) == id && id != 0;
    (keyed && check == CONTRACT.check(&slot[..4])).then_some(verdict)
}

/// Decides one pack.
#[must_use]
pub fn decide(inputs: &GateInputs) -> Decision {
    let code = |table, name| CONTRACT.code(table, name);
    let verdict = valid_verdict(&inputs.slot, inputs.boot, inputs.id);
    let pass = code("verdict", "pass");
    let none = code("verdict", "none");
    if verdict.is_some_and(|v| v != pass && v != none) {
        return Decision::RejectByVerdict;
    }
    let cause = |name| Decision::RejectByDefault(code("default_cause", name));
    if inputs.purged {
        cause("purge")
    } else if !inputs.heartbeat_fresh {
        cause("heartbeat_stale")
    } else if inputs.echo_plc_boot != inputs.boot {
        cause("boot_echo_wrong")
    } else if verdict == Some(pass) && inputs.station_trusted && !inputs.appeared {
        Decision::Pass
    } else {
        cause("no_verdict")
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn slot(boot: u16, id: u32, verdict: u16) -> [u16; 5] {
        let [high, low] = super::super::contract::split(id);
        let words = [boot, high, low, verdict];
        [boot, high, low, verdict, CONTRACT.check(&words)]
    }

    fn passing() -> GateInputs {
        GateInputs {
            slot: slot(7, 65_537, 1),
            boot: 7,
            id: 65_537,
            heartbeat_fresh: true,
            echo_plc_boot: 7,
            purged: false,
            station_trusted: true,
            appeared: false,
        }
    }

    #[test]
    fn every_condition_alone_turns_a_pass_into_a_reject() {
        assert_eq!(decide(&passing()), Decision::Pass);
        let flip = |change: fn(&mut GateInputs)| {
            let mut inputs = passing();
            change(&mut inputs);
            decide(&inputs)
        };
        let default = Decision::RejectByDefault;
        let table: [(&str, fn(&mut GateInputs), Decision); 14] = [
            ("empty slot", |i| i.slot = [0; 5], default(1)),
            (
                "other boot in the slot",
                |i| i.slot = slot(6, 65_537, 1),
                default(1),
            ),
            (
                "other pack, low word",
                |i| i.slot = slot(7, 65_536, 1),
                default(1),
            ),
            (
                "other pack, high word",
                |i| i.slot = slot(7, 1, 1),
                default(1),
            ),
            ("check torn", |i| i.slot[4] ^= 1, default(1)),
            ("verdict torn", |i| i.slot[3] = 2, default(1)),
            ("verdict none", |i| i.slot = slot(7, 65_537, 0), default(1)),
            (
                "fail verdict",
                |i| i.slot = slot(7, 65_537, 7),
                Decision::RejectByVerdict,
            ),
            (
                "unknown verdict",
                |i| i.slot = slot(7, 65_537, 999),
                Decision::RejectByVerdict,
            ),
            ("heartbeat stale", |i| i.heartbeat_fresh = false, default(2)),
            ("boot echo wrong", |i| i.echo_plc_boot = 6, default(3)),
            ("purged", |i| i.purged = true, default(4)),
            (
                "station not yet ready",
                |i| i.station_trusted = false,
                default(1),
            ),
            ("appeared", |i| i.appeared = true, default(1)),
        ];
        for (condition, change, expected) in table {
            assert_eq!(flip(change), expected, "{condition}");
        }
    }

    #[test]
    fn a_fail_verdict_counts_as_verdict_even_when_nothing_else_holds() {
        let inputs = GateInputs {
            slot: slot(7, 65_537, 4),
            heartbeat_fresh: false,
            purged: true,
            ..passing()
        };
        assert_eq!(decide(&inputs), Decision::RejectByVerdict);
    }

    #[test]
    fn id_zero_never_has_a_verdict() {
        assert_eq!(valid_verdict(&slot(7, 0, 1), 7, 0), None);
    }
}
