//! Is the wall clock right? Nothing is decided by it, but it stands in every record and on every label's dates.
//!
//! Whether it is kept in step is the kernel's own word (`adjtimex`, the unsynchronised bit), which every service sets:
//! systemd-timesyncd, chrony, ntpd, PTP. `timedatectl show` tells it without root and without `unsafe`; how far the
//! clock is off only the service knows, so chrony and timesyncd are asked as well.

use super::finding::{Finding, State, Topic};
use super::said::said;
use crate::station::utc_ms;

/// Further off than this is wrong though something keeps the clock in step, in ms.
const OFFSET_MS: f64 = 1_000.0;
/// How far the last record may lie in the future, in ms: reading it takes a moment.
const AHEAD_MS: i64 = 1_000;

/// What is known of the clock.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Clock {
    /// The kernel's word that something keeps it in step.
    pub synchronised: Option<bool>,
    /// How far it is off, in ms, where the service says so.
    pub offset_ms: Option<f64>,
    /// Which service said so.
    pub service: Option<&'static str>,
}

/// Asks the machine.
fn look() -> Clock {
    let shown = said("timedatectl", &["show", "--property=NTPSynchronized"]);
    let chrony = said("chronyc", &["-c", "tracking"]);
    let timesync = match chrony {
        None => said("timedatectl", &["timesync-status"]),
        Some(_) => None,
    };
    heard(shown.as_deref(), chrony.as_deref(), timesync.as_deref())
}

/// What the services' words mean.
fn heard(shown: Option<&str>, chrony: Option<&str>, timesync: Option<&str>) -> Clock {
    let mut clock = Clock {
        synchronised: shown.and_then(|text| match text.trim() {
            "NTPSynchronized=yes" => Some(true),
            "NTPSynchronized=no" => Some(false),
            _ => None,
        }),
        ..Clock::default()
    };
    // Reference, name, stratum, time, offset in s, …; the last field is the leap status.
    let fields: Vec<&str> = chrony.unwrap_or_default().trim().split(',').collect();
    if let [_, _, _, _, offset, .., leap] = &fields[..] {
        let synchronised = *leap != "Not synchronised";
        clock.synchronised = clock.synchronised.or(Some(synchronised));
        if synchronised {
            clock.offset_ms = offset.parse().ok().map(|s: f64| s * 1000.0);
            clock.service = Some("chrony");
        }
    } else if let Some(text) = timesync {
        let mut lines = text.lines().map(str::trim);
        let offset = lines.find_map(|line| line.strip_prefix("Offset:"));
        clock.offset_ms = offset.and_then(|text| ms_of(text.trim()));
        clock.service = clock.offset_ms.map(|_| "systemd-timesyncd");
    }
    clock
}

/// A span as systemd writes it: `+1.234ms`, `-12us`, `+2.5s`.
fn ms_of(text: &str) -> Option<f64> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (value, unit) = text.split_at(unit);
    let factor = match unit {
        "us" => 0.001,
        "ms" => 1.0,
        "s" => 1000.0,
        _ => return None,
    };
    value.parse::<f64>().ok().map(|value| value * factor)
}

/// What it means. `last_ms`: when the last record was written; all in ms since 1970.
fn judge(clock: &Clock, now_ms: i64, last_ms: Option<i64>) -> Vec<Finding> {
    let finding = |state, found: String| Finding::new(Topic::Machine, "clock", state, found);
    let off = match (clock.offset_ms, clock.service) {
        (Some(ms), Some(service)) => format!(", {:.1} ms off ({service})", ms.abs()),
        _ => String::new(),
    };
    let far = clock.offset_ms.is_some_and(|ms| ms.abs() > OFFSET_MS);
    let mut findings = vec![match clock.synchronised {
        Some(true) if far => finding(State::Wrong, format!("kept in step, but{}", &off[1..]))
            .act("Wait until the service has corrected it, or let it step at once.")
            .run("sudo chronyc makestep || sudo systemctl restart systemd-timesyncd"),
        Some(true) => finding(State::Ok, format!("kept in step with a time server{off}")),
        Some(false) => finding(
            State::Wrong,
            "nothing keeps it in step: times in records and on reports will be wrong".to_owned(),
        )
        .act(
            "Let the machine ask a time server: the site's own (NTP= in /etc/systemd/timesyncd.conf), or the usual \
             one.",
        )
        .run("sudo timedatectl set-ntp true")
        .run("timedatectl timesync-status"),
        None => finding(
            State::Unknown,
            "neither timedatectl nor chronyc says whether something keeps it in step".to_owned(),
        )
        .act("In a container ask the same on the host. Else install a time service.")
        .run("sudo apt-get install chrony && chronyc tracking"),
    }];
    if let Some(last) = last_ms.filter(|last| last - now_ms > AHEAD_MS) {
        let seconds = (last - now_ms) / 1000;
        findings.push(
            finding(
                State::Wrong,
                format!("it goes {seconds} s behind the last record of the store: it was set back"),
            )
            .act(
                "Set it right before the station starts. The order of records does not depend on it, but their times \
                 would go backwards.",
            )
            .run("date; timedatectl"),
        );
    }
    findings
}

/// Looks at the clock; `last_ms`: when the last record was written.
pub fn examine(last_ms: Option<i64>) -> Vec<Finding> {
    judge(&look(), utc_ms(), last_ms)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn what_services_say_is_understood_and_judged() {
        let chrony = "A29FC87B,time.example,4,1784000000.1,-0.000123,0.0,0.0,1.2,0.0,0.01,0.02,0.4,64.2,Normal\n";
        let lost = "7F7F0101,,10,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n";
        let timesync = "       Server: 1.2.3.4 (ntp)\n       Offset: +2.5s\n        Delay: 1ms\n";
        for (shown, chrony, timesync, state, said) in [
            (
                Some("NTPSynchronized=yes\n"),
                None,
                None,
                State::Ok,
                "kept in step",
            ),
            (
                Some("NTPSynchronized=yes\n"),
                Some(chrony),
                None,
                State::Ok,
                "0.1 ms off (chrony)",
            ),
            (
                Some("NTPSynchronized=yes\n"),
                None,
                Some(timesync),
                State::Wrong,
                "2500.0 ms off",
            ),
            (
                Some("NTPSynchronized=no\n"),
                None,
                None,
                State::Wrong,
                "nothing keeps it",
            ),
            (None, Some(chrony), None, State::Ok, "chrony"),
            (None, Some(lost), None, State::Wrong, "nothing keeps it"),
            (None, None, None, State::Unknown, "neither"),
            (
                Some("?"),
                Some("a,b"),
                Some("Offset: x"),
                State::Unknown,
                "neither",
            ),
        ] {
            let findings = judge(&heard(shown, chrony, timesync), 0, None);
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].state, state, "{findings:?}");
            assert!(findings[0].found.contains(said), "{findings:?}");
            assert_eq!(findings[0].mend.is_empty(), state == State::Ok);
        }
        assert_eq!(ms_of("-12us"), Some(-0.012));
    }

    #[test]
    fn a_clock_behind_the_last_record_was_set_back() {
        let clock = Clock {
            synchronised: Some(true),
            ..Clock::default()
        };
        assert_eq!(judge(&clock, 10_000, Some(10_900)).len(), 1);
        assert_eq!(judge(&clock, 10_000, Some(9_000)).len(), 1);
        let back = judge(&clock, 10_000, Some(70_000));
        assert_eq!(back[1].state, State::Wrong);
        assert!(back[1].found.contains("60 s behind"), "{back:?}");
    }
}
