//! The list of steps to a running camera, as its address wants it. PURE.

use super::super::Ends;
use super::super::address::{PACKET_LEAST, PACKET_USUAL, Settings, Trigger};
use super::super::gvcp::{self, register};
use crate::Tick;
use std::collections::VecDeque;

/// A step of the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Identify,
    Read(u32),
    TakeControl,
    Url(u32),
    Description,
    Set {
        names: &'static [&'static str],
        to: Value,
        must: bool,
    },
    Look(&'static str, Option<f64>),
    Poke {
        register: u32,
        value: u32,
    },
    Size(Sizing),
    Shape,
    Begin,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Entry(String),
    Number(f64),
}

/// Which packet size passes the network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sizing {
    pub sizes: Vec<u16>,
    pub at: usize,
    pub phase: Phase,
    pub arrived: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Phase {
    Fire,
    Fired,
    Listen(Tick),
    Settle(u16),
    Check,
}

pub(super) fn number(value: u32) -> Value {
    Value::Number(f64::from(value))
}

fn entry(text: &str) -> Value {
    Value::Entry(text.to_owned())
}

pub(super) fn set(names: &'static [&'static str], to: Value, must: bool) -> Step {
    Step::Set { names, to, must }
}

fn poke(register: u32, value: u32) -> Step {
    Step::Poke { register, value }
}

/// Who it is, control of it, its description.
pub(super) fn introduce(settings: &Settings, steps: &mut VecDeque<Step>) {
    steps.extend([
        Step::Identify,
        Step::Read(register::CAPABILITY),
        Step::Read(register::HEARTBEAT_TIME),
        Step::Read(register::CONTROL),
        Step::TakeControl,
    ]);
    if settings.profile.is_none() {
        steps.extend([Step::Url(register::URL_FIRST), Step::Description]);
    }
}

/// Everything that the address says, and what is needed whatever it says.
pub(super) fn set_up(settings: &Settings, steps: &mut VecDeque<Step>) {
    steps.extend([
        set(&["AcquisitionStop"], number(1), false),
        set(&["TLParamsLocked"], number(0), false),
    ]);
    steps.extend(
        settings
            .width
            .map(|width| set(&["Width"], number(width), true)),
    );
    steps.extend(
        settings
            .height
            .map(|height| set(&["Height"], number(height), true)),
    );
    steps.extend([
        set(&["PixelFormat"], entry("Mono8"), true),
        set(&["AcquisitionMode"], entry("Continuous"), false),
    ]);
    if let Some(trigger) = &settings.trigger {
        steps.push_back(set(&["TriggerSelector"], entry("FrameStart"), false));
        match trigger {
            Trigger::Off => steps.push_back(set(&["TriggerMode"], entry("Off"), true)),
            Trigger::Source(source) => steps.extend([
                set(&["TriggerMode"], entry("On"), true),
                set(&["TriggerSource"], entry(source), true),
            ]),
        }
    }
    if let Some(exposure) = settings.exposure_us {
        let names = &["ExposureTime", "ExposureTimeAbs", "ExposureTimeRaw"];
        steps.extend([
            set(&["ExposureAuto"], entry("Off"), false),
            set(names, number(exposure), true),
        ]);
    }
    if let Some(gain) = settings.gain_milli {
        let gain = Value::Number(f64::from(gain) / 1000.0);
        steps.extend([
            set(&["GainAuto"], entry("Off"), false),
            set(&["Gain", "GainAbs", "GainRaw"], gain, true),
        ]);
    }
    if let Some(rate) = settings.rate {
        let names = &["AcquisitionFrameRate", "AcquisitionFrameRateAbs"];
        steps.extend([
            set(&["AcquisitionFrameRateEnable"], number(1), false),
            set(names, number(rate), true),
        ]);
    }
}

/// Where pictures go, how large packets are, and the start.
pub(super) fn open_stream(settings: &Settings, ends: Ends, steps: &mut VecDeque<Step>) {
    if settings.wide {
        steps.push_back(poke(register::STREAM_CONFIGURATION, gvcp::WIDE_BLOCK_IDS));
    }
    steps.extend(
        settings
            .delay
            .map(|delay| poke(register::PACKET_DELAY, delay)),
    );
    let mut sizes = vec![settings.packet, PACKET_USUAL, PACKET_LEAST];
    sizes.retain(|size| *size <= settings.packet);
    sizes.dedup();
    let phase = Phase::Fire;
    steps.extend([
        Step::Look("PixelFormat", None),
        Step::Look("Width", None),
        Step::Look("Height", None),
        poke(register::STREAM_ADDRESS, ends.host.to_bits()),
        poke(register::STREAM_PORT, u32::from(ends.port)),
        Step::Size(Sizing {
            sizes,
            at: 0,
            phase,
            arrived: false,
        }),
        Step::Look("PayloadSize", Some(0.0)),
        Step::Shape,
        set(&["TLParamsLocked"], number(1), false),
        Step::Begin,
        set(&["AcquisitionStart"], number(1), true),
    ]);
}
