//! The line as screens see it. PURE.

use super::alignment::EXECUTE;
use super::event::DiskRoom;
use super::lane::Lane;
use super::pack::Pack;
use super::stops::StopReason;
use super::{Device, Line, PrinterHealth};
use crate::record::Tick;
use crate::wire::{
    BatchView, DeviceState, DeviceView, FlowStep, LaneView, LineState, QualityView, RecoveryView,
    View, device_name,
};

impl Line {
    /// The view at `now`; `utc_ms` is the wall clock at that moment.
    pub fn view(&self, now: Tick, utc_ms: i64) -> View {
        let (state, state_text) = self.state();
        View {
            station: self.plan.station.clone(),
            utc_ms,
            state,
            state_text,
            batch: self.batch.as_ref().map(|batch| BatchView {
                no: batch.no,
                product: batch.product.clone(),
                gtin: batch.gtin.to_string(),
                lot: batch.lot.to_string(),
                expiry: batch.expiry.to_string(),
                target: batch.target,
                quality: batch.quality,
            }),
            flow: self.flow(),
            tally: self.tally.clone(),
            packs_per_min: self.figures.packs_per_min(now),
            rejects_of_last_100: self.figures.rejects_of_last(),
            last_pack: self.figures.last_pack(),
            devices: self.devices(),
            alarms: self.alarms.view(now, utc_ms, self.has_lanes()),
            alarm_rates: self.alarms.rates(now, utc_ms, self.has_lanes()),
            reject_next: self.reject_next,
            quality: self.quality_view(),
            recovery: self.recovery_view(now, utc_ms),
            sign_in: self.plan.sign_in,
            signing: self.plan.signing.clone(),
            container: self.container_view(),
            unread: self.unread_view(),
            labels: self.labels_view(),
            label: Some(self.label_view()),
            lot: self.lot_view(),
            products: self.plan.products.clone(),
            figures: self.figures.view(),
            // Whoever asks for it finds it on disk.
            deeds: self.store.last_deed.min(self.store.committed),
            lanes: self.lanes_view(),
        }
    }

    /// Each lane by itself, where there are several.
    fn lanes_view(&self) -> Vec<LaneView> {
        let lanes = self.lanes_in_order().into_iter();
        let lanes = lanes.filter(|_| self.has_lanes()).map(|lane| {
            let (state, text) = lane.state();
            LaneView {
                no: lane.plan.no,
                state,
                text,
            }
        });
        lanes.collect()
    }

    /// The lane that a person must look at first.
    fn state(&self) -> (LineState, String) {
        let lanes = self.lanes_in_order().into_iter();
        let states = lanes.map(|lane| (lane.plan.no, lane.state()));
        let worst = states.min_by_key(|(no, (state, _))| (urgency(*state), *no));
        let (no, (state, text)) = worst.expect("a station has a lane");
        match self.has_lanes() && !text.is_empty() {
            true => (state, format!("Lane {no}: {text}")),
            false => (state, text),
        }
    }

    fn flow(&self) -> Vec<FlowStep> {
        let tail = |pack: Option<&Pack>| {
            pack.and_then(|pack| pack.serial.as_ref())
                .map(|serial| tail_of(&serial.text))
        };
        let numbered = || self.packs().filter(|pack| pack.has_label());
        let printed = numbered().max_by_key(|pack| pack.no);
        let pictured = numbered().filter(|pack| pack.fired_at.is_some());
        let pictured = pictured.max_by_key(|pack| pack.no);
        let before = self.packs().filter(|pack| pack.fired_at.is_none()).count() as u32;
        let after = self.packs().count() as u32 - before;
        let [gate, good] = self.figures.tails();
        let step = |name: &str, serial_tail: Option<String>, packs: u32| FlowStep {
            name: name.to_owned(),
            serial_tail,
            packs,
        };
        vec![
            step("PRINT", tail(printed), before),
            step("CAMERA", tail(pictured), after),
            step("GATE", gate.as_deref().map(tail_of), 0),
            step("GOOD", good.as_deref().map(tail_of), 0),
        ]
    }

    /// What was seen on all lanes together; a mean, and a warning, are those of the lane that prints worst.
    fn quality_view(&self) -> QualityView {
        let mut lanes = self
            .lanes_in_order()
            .into_iter()
            .map(|lane| lane.quality.view());
        let first = lanes.next().expect("a station has a lane");
        lanes.fold(first, |all, lane| QualityView {
            level_tenths: all.level_tenths,
            graded: all.graded + lane.graded,
            indicative: all.indicative + lane.indicative,
            ungraded: all.ungraded + lane.ungraded,
            overall_mean_tenths: match (all.overall_mean_tenths, lane.overall_mean_tenths) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
            warning: all.warning.or(lane.warning),
            text_wrong: all.text_wrong + lane.text_wrong,
            text_unchecked: all.text_unchecked + lane.text_unchecked,
        })
    }

    /// The account of the first lane that has packs to account for.
    fn recovery_view(&self, now: Tick, utc_ms: i64) -> Option<RecoveryView> {
        let lanes = self.lanes_in_order().into_iter();
        let views = lanes.filter_map(|lane| lane.recovery.view(now, utc_ms));
        views.max_by_key(|view| view.open > 0)
    }

    fn printer_state(&self, lane: &Lane) -> (DeviceState, String) {
        match (&lane.printer.health, lane.printer.link) {
            (PrinterHealth::Hindered(why), false) => {
                (DeviceState::Failure, format!("no link: {why}"))
            }
            (_, false) => (
                DeviceState::Failure,
                lane.troubles.explain(Device::Printer, "no link"),
            ),
            (PrinterHealth::Ready, true) => {
                let figures = self.figures.view();
                let mean = figures
                    .job_bytes
                    .checked_div(figures.jobs_sent)
                    .unwrap_or(0);
                (
                    DeviceState::Ok,
                    format!("{} labels, {mean} bytes each", figures.jobs_sent),
                )
            }
            (PrinterHealth::Hindered(why), true) => (DeviceState::Failure, why.clone()),
            (PrinterHealth::Unknown, true) => (DeviceState::Unknown, "does not answer".to_owned()),
        }
    }

    fn camera_state(&self, lane: &Lane) -> (DeviceState, String) {
        let against = lane.troubles.of(Device::Camera).map(str::to_owned);
        let against = against.or_else(|| lane.troubles.camera_warnings());
        match (lane.camera_link, against) {
            (true, Some(why)) => (DeviceState::OutOfSpec, why),
            (true, None) if lane.plan.reads_only => {
                (DeviceState::Ok, "reads, does not grade".to_owned())
            }
            (true, None) => {
                let figures = self.figures.view();
                let ms = |micros: u64| micros as f64 / 1000.0;
                let (p50, p99) = (ms(figures.decode_p50_us), ms(figures.decode_p99_us));
                (
                    DeviceState::Ok,
                    format!("read {p50:.1} ms, 99 % {p99:.1} ms"),
                )
            }
            (false, _) => (
                DeviceState::Failure,
                lane.troubles.explain(
                    Device::Camera,
                    match lane.plan.reads_only {
                        true => "no link",
                        false => "no picture stream",
                    },
                ),
            ),
        }
    }

    fn disk_state(&self) -> (DeviceState, String) {
        match (&self.store.failed, &self.disk) {
            (Some(why), _) => (DeviceState::Failure, why.clone()),
            (None, DiskRoom::TooLittle(why)) => (DeviceState::Failure, why.clone()),
            (None, DiskRoom::Low(why)) => (DeviceState::Maintenance, why.clone()),
            (None, DiskRoom::Enough) => {
                let micros = self.figures.view().commit_p99_us;
                (
                    DeviceState::Ok,
                    format!("commit 99 % {:.1} ms", micros as f64 / 1000.0),
                )
            }
        }
    }

    /// The devices of each lane, then what all share.
    fn devices(&self) -> Vec<DeviceView> {
        let device = |name: String, (state, detail): (DeviceState, String)| DeviceView {
            name,
            model: String::new(),
            state,
            detail,
        };
        let mut devices = Vec::new();
        for lane in self.lanes_in_order() {
            let name = |kind| device_name(kind, lane.plan.no, self.has_lanes());
            devices.push(device(name("printer"), self.printer_state(lane)));
            devices.push(device(name(lane.plan.eyes()), self.camera_state(lane)));
            devices.push(device(name("PLC"), lane.plc_state()));
        }
        devices.push(device("disk".to_owned(), self.disk_state()));
        devices
    }
}

impl Lane {
    fn state(&self) -> (LineState, String) {
        if let Some(latch) = self.stops.latched() {
            return (LineState::Stopped, latch.reason.text().to_owned());
        }
        if !self.plc.link {
            return (LineState::NotReady, self.without_plc());
        }
        let Some(reason) = self.stops.in_force() else {
            let moving = self
                .plc
                .status
                .is_some_and(|status| status.state == EXECUTE);
            return match moving {
                true => (LineState::Running, String::new()),
                false => (
                    LineState::Ready,
                    "Ready: start the belt at the machine.".into(),
                ),
            };
        };
        let state = match reason {
            StopReason::Recovering => LineState::Recovering,
            _ => LineState::NotReady,
        };
        (state, reason.text().to_owned())
    }

    /// Why nothing can be told to the PLC, and what to do.
    fn without_plc(&self) -> String {
        match self.troubles.of(Device::Plc) {
            Some(why) if self.plc.taken => format!("The PLC is not ours alone: {why}."),
            _ => "The PLC does not answer: check its power and cable.".into(),
        }
    }

    fn plc_state(&self) -> (DeviceState, String) {
        match (self.plc.link, self.plc.wrong) {
            (_, true) => (DeviceState::Failure, "not the expected program".to_owned()),
            (false, _) => (
                DeviceState::Failure,
                self.troubles.explain(Device::Plc, "no link"),
            ),
            (true, _) => {
                let faults = self.plc.status.map_or(0, |status| status.faults);
                let boot = self.plc.status.map_or(0, |status| status.boot);
                let state = if faults == 0 {
                    DeviceState::Ok
                } else {
                    DeviceState::Failure
                };
                (state, format!("boot {boot}, default reject"))
            }
        }
    }
}

/// What is shown of several lanes: the lowest.
fn urgency(state: LineState) -> u8 {
    match state {
        LineState::Stopped => 0,
        LineState::NotReady => 1,
        LineState::Recovering => 2,
        LineState::Ready => 3,
        LineState::Running => 4,
    }
}

/// The last three characters of a serial, as on the flow strip.
fn tail_of(serial: &str) -> String {
    let from = serial
        .char_indices()
        .rev()
        .nth(2)
        .map_or(0, |(place, _)| place);
    serial[from..].to_owned()
}
