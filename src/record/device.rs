//! What people order of devices. PURE.

use serde::{Deserialize, Serialize};

/// Longest time for which a camera is set up at once, in seconds.
pub const SET_UP_SECONDS_MAX: u16 = 600;

/// How long a test print or a test picture may take, in seconds.
pub const TRY_SECONDS: u16 = 10;

/// What a person wants of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DeviceOrder {
    /// Its link is dropped and built again.
    Reconnect,
    /// It prints a label without a number and without a symbol.
    TestPrint,
    /// It takes a picture, or reads, for nobody but the person.
    TestShot,
    /// It goes on doing so for so many seconds, 1 to [`SET_UP_SECONDS_MAX`]; 0 ends it.
    SetUp {
        /// How many.
        seconds: u16,
    },
}

impl DeviceOrder {
    /// What printer or camera do by it must not reach a pack: nothing else goes on meanwhile, and everything is put in
    /// step behind it.
    pub fn tries_out(self) -> bool {
        match self {
            DeviceOrder::Reconnect => false,
            DeviceOrder::TestPrint | DeviceOrder::TestShot | DeviceOrder::SetUp { .. } => true,
        }
    }

    /// What was ordered, in words behind the device's name.
    pub fn words(self) -> String {
        match self {
            DeviceOrder::Reconnect => "link dropped and built again".to_owned(),
            DeviceOrder::TestPrint => "test print".to_owned(),
            DeviceOrder::TestShot => "test picture".to_owned(),
            DeviceOrder::SetUp { seconds: 0 } => "no longer set up".to_owned(),
            DeviceOrder::SetUp { seconds } => format!("set up for {seconds} s"),
        }
    }
}
