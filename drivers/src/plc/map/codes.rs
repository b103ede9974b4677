//! The contract's codes and bits as names of the trade; their numbers are asserted against the
//! table. PURE.

use crate::plc::{DefaultCause, GateOutcome, PlcEventKind};

/// FAULTS bits, bit 0 first: the table's name and what a person should know.
pub const FAULT_BITS: [(&str, &str); 16] = [
    ("emergency_stop", "The emergency stop is pressed."),
    ("guard_open", "A guard is open."),
    ("air_low", "The air pressure is low."),
    ("reject_bin_full", "The reject bin is full."),
    ("reject_bin_missing", "The reject bin is missing."),
    ("backed_up", "Packs are backed up behind the station."),
    (
        "reject_not_confirmed",
        "A reject was not confirmed by its sensor.",
    ),
    ("tracking_lost", "The PLC lost track of the packs."),
    ("printer_service", "The printer asks for service."),
    ("media_low", "Labels, ribbon or ink run low."),
    (
        "bypass_key_on",
        "The bypass key is on: packs pass unchecked.",
    ),
    ("double_feed", "Two packs came too close together."),
    (
        "station_heartbeat_lost",
        "The PLC does not see the station's heartbeat.",
    ),
    (
        "encoder_fault",
        "The belt encoder does not agree with the belt.",
    ),
    ("gate_stuck", "The gate is stuck."),
    (
        "wrong_bin",
        "A passed pack is in the reject bin, or the reverse.",
    ),
];

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident = $code:literal, $text:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The number in the register.
            pub const fn code(self) -> u16 {
                match self { $($name::$variant => $code,)* }
            }

            /// The table's name for it.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The value with that number.
            pub const fn from_code(code: u16) -> Option<$name> {
                match code { $($code => Some($name::$variant),)* _ => None }
            }
        }
    };
}

coded! {
    /// What a verdict slot may say.
    VerdictCode {
        /// Nothing; the pack is rejected by default.
        None = 0, "none";
        /// The pack may pass.
        Pass = 1, "pass";
        /// No picture came.
        NoPicture = 2, "no_picture";
        /// The picture shows no symbol.
        NoSymbol = 3, "no_symbol";
        /// A symbol that cannot be decoded.
        NotDecodable = 4, "not_decodable";
        /// A symbol that is not GS1.
        NotGs1 = 5, "not_gs1";
        /// Other content than was printed.
        WrongContent = 6, "wrong_content";
        /// One of our serials, but not this pack's.
        UnexpectedSerial = 7, "unexpected_serial";
        /// A serial seen before.
        SeenBefore = 8, "seen_before";
        /// The print grade is too low.
        LowGrade = 9, "low_grade";
        /// The printed text does not match.
        TextMismatch = 10, "text_mismatch";
        /// The verdict came too late.
        Late = 11, "late";
        /// An operator rejected it.
        Operator = 12, "operator";
        /// Taken out as a sample.
        Sample = 13, "sample";
        /// The station was not ready.
        StationNotReady = 14, "station_not_ready";
        /// The pack was lost track of.
        LostTrack = 15, "lost_track";
    }
}

coded! {
    /// CMD_CODE.
    CommandCode {
        /// Clear faults.
        ClearFaults = 1, "clear_faults";
        /// Reject by default every id below the argument.
        Purge = 2, "purge";
        /// The next pack is known to be bad.
        Challenge = 3, "challenge";
        /// Light every lamp.
        LampTest = 4, "lamp_test";
        /// Silence the horn.
        HornOff = 5, "horn_off";
        /// Forget the belt: a new PLC_BOOT.
        TrackingReset = 6, "tracking_reset";
    }
}

coded! {
    /// CMD_STATUS.
    CommandStatus {
        /// Done.
        Ok = 0, "ok";
        /// Refused.
        Refused = 1, "refused";
        /// The PLC does not know the code.
        UnknownCode = 2, "unknown_code";
        /// Busy; ask again.
        Busy = 3, "busy";
    }
}

/// Event kinds by the table's names.
pub(super) const KINDS: [(&str, PlcEventKind); 5] = [
    ("detected", PlcEventKind::Detected),
    ("print_done", PlcEventKind::PrintDone),
    ("camera_fired", PlcEventKind::CameraFired),
    ("removed", PlcEventKind::Removed),
    ("appeared", PlcEventKind::Appeared),
];

/// Causes of a default reject by the table's names.
pub(super) const CAUSES: [(&str, DefaultCause); 4] = [
    ("no_verdict", DefaultCause::NoVerdict),
    ("heartbeat_stale", DefaultCause::HeartbeatStale),
    ("boot_echo_wrong", DefaultCause::BootEchoWrong),
    ("purge", DefaultCause::Purge),
];

/// Gate outcomes by the table's names, in the order of [`outcome_index`].
pub(super) const OUTCOMES: [&str; 6] = [
    "passed",
    "rejected_by_verdict",
    "rejected_by_default",
    "reject_not_confirmed",
    "removed",
    "passed_in_bypass",
];

/// The place of an outcome in [`OUTCOMES`].
pub(super) const fn outcome_index(outcome: GateOutcome) -> usize {
    match outcome {
        GateOutcome::Passed => 0,
        GateOutcome::RejectedByVerdict => 1,
        GateOutcome::RejectedByDefault(_) => 2,
        GateOutcome::RejectNotConfirmed => 3,
        GateOutcome::Removed => 4,
        GateOutcome::PassedInBypass => 5,
    }
}
