//! Lasting faults, the fault window, and the person at the machine. PURE.

use super::Factory;
use crate::{
    Tick,
    belt::Stage,
    fault::{FAULTS, FaultKind, FaultPlan},
    gige,
    plc::{self, CONTRACT},
    printer::{TROUBLES, Trouble},
    truth::PackName,
};

/// Name in the truth for a station that is dead or not ready after a fault.
const STATION_AWAY: &str = "station-away";
/// Name in the truth for a belt that stood.
const BELT_STOPPED: &str = "belt-stopped";

/// Whether packs on the belt may be rejected through no fault of the station's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// No.
    Closed,
    /// A fault stands, or stood and the station is not ready since. `fault`: more than an absent
    /// station.
    Open {
        /// A device or link was disturbed.
        fault: bool,
    },
    /// The station is ready again; the margin still runs.
    Margin(Tick),
}

impl Default for Window {
    fn default() -> Window {
        Window::Open { fault: false }
    }
}

impl Factory {
    /// `true` while a lasting fault stands.
    #[must_use]
    pub fn active(&self, kind: FaultKind) -> bool {
        self.standing.contains_key(&kind)
    }

    /// Every lasting fault that began so far and every one that befell the whole belt, with how often.
    pub fn begun(&self) -> impl Iterator<Item = (FaultKind, u64)> + '_ {
        self.begun.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Every pack on the belt by its name, where the PLC has one for it, and every fault that met it so far.
    pub fn met(&self) -> impl Iterator<Item = (PackName, &'static str)> + '_ {
        self.belt.packs.iter().flat_map(|pack| {
            let name = pack.key.or(pack.was);
            let name = name.map_or(PackName { boot: 0, id: 0 }, Into::into);
            pack.met.iter().map(move |fault| (name, *fault))
        })
    }

    /// `true` while a fault window is open.
    #[must_use]
    pub fn window_open(&self) -> bool {
        self.window != Window::Closed
    }

    /// `true` while the PLC's Modbus server takes connections.
    #[must_use]
    pub fn modbus_open(&self) -> bool {
        !self.active(FaultKind::ModbusOutage) && !self.active(FaultKind::PlcRestart)
    }

    /// How often all Modbus connections had to be dropped so far.
    #[must_use]
    pub fn modbus_cuts(&self) -> u64 {
        self.modbus_cuts
    }

    /// `true` while the printer's link is there.
    #[must_use]
    pub fn printer_open(&self) -> bool {
        let refused = self.printer.press.troubles.has(Trouble::LinkRefused);
        !refused && !self.active(FaultKind::PrinterRestart) && !self.active(FaultKind::PrinterLink)
    }

    /// How often the printer's link had to be dropped so far.
    #[must_use]
    pub fn printer_cuts(&self) -> u64 {
        self.printer_cuts
    }

    /// Somebody orders a fault: a lasting one stands until ended, a single-pack one strikes the
    /// next pack.
    pub fn order(&mut self, kind: FaultKind, on: bool) {
        match (kind.lasts(), on) {
            (true, true) => self.begin(kind, None),
            (true, false) => self.end(kind),
            (false, true) => self.ordered.push(kind),
            (false, false) => self.ordered.retain(|ordered| *ordered != kind),
        }
        self.ordered.truncate(FAULTS.len());
    }

    /// Somebody orders a trouble of the printer, with its number, or ends it.
    pub fn order_trouble(&mut self, trouble: Trouble, on: bool, value: Option<u64>) {
        let waiting = self.printer.waiting();
        self.printer.trouble(trouble, on, value);
        self.shaken(trouble.name());
        let cuts = [
            Trouble::LinkRefused,
            Trouble::LinkCut,
            Trouble::PowerCycle,
            Trouble::PowerCycleKept,
        ];
        if on && cuts.contains(&trouble) {
            self.printer_cuts += 1;
        }
        if on && matches!(trouble, Trouble::PowerCycle | Trouble::PowerCycleKept) {
            self.printing = None;
            self.slip = true;
        }
        self.slip |= self.printer.waiting() != waiting;
    }

    /// Somebody orders a trouble of the GigE Vision camera, with its number, or ends it.
    pub fn order_camera_trouble(&mut self, trouble: gige::Trouble, on: bool, value: Option<u64>) {
        self.camera_troubles.set(trouble, on, value);
        self.shaken(trouble.name());
    }

    /// Somebody orders a trouble of the PLC's answers, with its number, or ends it.
    pub fn order_plc_trouble(
        &mut self,
        trouble: plc::trouble::Trouble,
        on: bool,
        value: Option<u64>,
    ) {
        self.plc_troubles.set(trouble, on, value);
        self.shaken(trouble.name());
    }

    /// What goes wrong with the PLC's next answer.
    pub fn plc_strike(&mut self) -> Option<plc::trouble::Trouble> {
        self.plc_troubles.strike()
    }

    /// What goes wrong with the GigE Vision camera.
    #[must_use]
    pub fn camera_troubles(&self) -> &gige::Troubles {
        &self.camera_troubles
    }

    /// Everything is put right and nothing more goes wrong.
    pub fn heal(&mut self) {
        self.options.faults = FaultPlan::none();
        self.ordered.clear();
        self.camera_troubles.heal();
        self.heal_mishaps();
        self.plc_troubles.heal();
        for (kind, _) in FAULTS {
            self.end(*kind);
        }
        for words in TROUBLES {
            if self.printer.press.troubles.has(words.trouble) {
                self.order_trouble(words.trouble, false, None);
            }
        }
    }

    /// A lasting fault begins.
    pub(super) fn begin(&mut self, kind: FaultKind, until: Option<Tick>) {
        if self.active(kind) {
            return;
        }
        self.standing.insert(kind, until);
        *self.begun.entry(kind).or_default() += 1;
        self.disturb(kind);
        match kind {
            FaultKind::ModbusOutage => self.modbus_cuts += 1,
            FaultKind::PlcRestart => {
                self.modbus_cuts += 1;
                self.plc.restart();
                self.follow_boot();
            }
            FaultKind::PrinterRestart => {
                self.printer_cuts += 1;
                self.printer.restart();
                self.printing = None;
                self.slip = true;
            }
            FaultKind::PrinterLink => self.printer_cuts += 1,
            FaultKind::PrinterSilent => self.printer.silent = true,
            FaultKind::RibbonOut => self.printer.press.hindrance.ribbon_out = true,
            FaultKind::MediaOut => self.printer.press.hindrance.media_out = true,
            _ => {}
        }
    }

    /// A lasting fault ends.
    fn end(&mut self, kind: FaultKind) {
        if self.standing.remove(&kind).is_none() {
            return;
        }
        match kind {
            FaultKind::PrinterSilent => self.printer.silent = false,
            FaultKind::MediaOut | FaultKind::RibbonOut => {
                let waiting = self.printer.waiting();
                self.printer.mend();
                self.printer.press.hindrance.media_out = self.active(FaultKind::MediaOut);
                self.printer.press.hindrance.ribbon_out = self.active(FaultKind::RibbonOut);
                let troubles = &self.printer.press.troubles;
                self.printer.press.hindrance.head_open = troubles.has(Trouble::HeadOpen);
                // With ^JZY the last label stands in the queue once more.
                self.slip |= self.printer.waiting() != waiting;
            }
            _ => {}
        }
    }

    pub(super) fn end_faults(&mut self) {
        let now = self.now;
        let over = |until: &Option<Tick>| until.is_some_and(|end| end <= now);
        let ended: Vec<FaultKind> = self
            .standing
            .iter()
            .filter(|(_, until)| over(until))
            .map(|(kind, _)| *kind)
            .collect();
        ended.into_iter().for_each(|kind| self.end(kind));
    }

    /// What standing faults do every scan: the printer's SERVICE REQUIRED line stops the belt.
    pub(super) fn stand_faults(&mut self) {
        let service = self.printer.press.hindrance.silences_status();
        self.plc
            .set_fault(CONTRACT.bit.faults.printer_service, service);
        if service && self.plc.running() {
            self.plc.stop();
        }
        if self.slip && self.queue_in_step() {
            self.slip = false;
        }
    }

    /// Nothing waits in the printer, and no pack waits for a print: queue and belt agree again.
    fn queue_in_step(&self) -> bool {
        let awaits = |pack: &crate::belt::Pack| {
            pack.stage == Stage::Detected && pack.key.is_some_and(|key| !self.plc.purged(key))
        };
        self.printer.waiting() == 0 && !self.belt.packs.iter().any(awaits)
    }

    /// Something outside the factory shook the line: a link, the station, its disk. Opens a fault window.
    pub fn shaken(&mut self, by: &'static str) {
        self.window = Window::Open { fault: true };
        for pack in &mut self.belt.packs {
            pack.met.insert(by);
        }
    }

    /// Something shook the line: every pack on the belt is in the window.
    pub(super) fn disturb(&mut self, kind: FaultKind) {
        self.window = Window::Open { fault: true };
        self.meet(kind);
    }

    /// This befalls the belt once, and every pack on it.
    pub(super) fn befall(&mut self, kind: FaultKind) {
        *self.begun.entry(kind).or_default() += 1;
        self.meet(kind);
    }

    /// Every pack on the belt has met this.
    pub(super) fn meet(&mut self, kind: FaultKind) {
        for pack in &mut self.belt.packs {
            pack.met.insert(kind.name());
        }
    }

    /// Opens and closes the window, and marks the packs that are in it.
    pub(super) fn mark_window(&mut self) {
        let troubled = self.printer.press.troubles.standing().next().is_some()
            || self.camera_troubles.standing().next().is_some()
            || self.plc_troubles.standing().next().is_some();
        let fault = !self.standing.is_empty() || troubled || self.slip;
        let alive = self.plc.station_alive();
        if fault || !alive {
            let was_fault = matches!(
                self.window,
                Window::Open { fault: true } | Window::Margin(_)
            );
            self.window = Window::Open {
                fault: fault || was_fault,
            };
        }
        self.window = match self.window {
            Window::Open { fault: disturbed } if !fault && self.plc.station_ready() => {
                // An empty belt that only waited for its station has nothing to settle.
                if disturbed || self.belt.on_belt() > 0 {
                    Window::Margin(self.now.plus_ms(self.options.window_margin_ms))
                } else {
                    Window::Closed
                }
            }
            Window::Margin(end) if end <= self.now => Window::Closed,
            other => other,
        };
        let open = self.window != Window::Closed;
        let stopped = !self.plc.running();
        if !open && !stopped {
            return;
        }
        let active: Vec<&'static str> = self
            .standing
            .keys()
            .map(|kind| kind.name())
            .chain(self.printer.press.troubles.standing().map(Trouble::name))
            .chain(self.camera_troubles.standing().map(gige::Trouble::name))
            .chain(
                self.plc_troubles
                    .standing()
                    .map(plc::trouble::Trouble::name),
            )
            .collect();
        for pack in &mut self.belt.packs {
            pack.account.window = true;
            pack.met.extend(active.iter().copied());
            if !alive {
                pack.met.insert(STATION_AWAY);
            }
            if stopped {
                pack.met.insert(BELT_STOPPED);
            }
        }
    }

    /// A station's death shows only when its heartbeat is stale. A pack rejected by default since
    /// the last beat waits for the next one before its truth is told; if none comes, it was in the
    /// dead station's window.
    pub(super) fn settle_held(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let (alive, beat_at) = (self.plc.station_alive(), self.plc.beat_at());
        let settled = |left: Tick| !alive || beat_at.is_some_and(|beat| beat > left);
        for (left, mut truth) in std::mem::take(&mut self.held) {
            if !settled(left) {
                self.held.push((left, truth));
                continue;
            }
            if !alive {
                truth.window = true;
                truth.faults.push(STATION_AWAY.to_owned());
            }
            self.out.truths.push(truth);
        }
    }

    /// Presses the start button.
    ///
    /// # Errors
    /// Says what stands in the way.
    pub fn press_start(&mut self) -> Result<(), String> {
        self.stopped_by_person = false;
        self.plc.press_start().map_err(str::to_owned)
    }

    /// Presses the stop button; the person then waits for a start by control.
    pub fn press_stop(&mut self) {
        self.stopped_by_person = true;
        self.plc.stop();
    }

    /// The person at the machine: presses start when all has been well for a while and there is
    /// work.
    pub(super) fn person(&mut self) {
        let work = self.belt.to_feed > 0 || !self.belt.packs.is_empty();
        let well = self.plc.station_ready() && self.plc.faults() == 0;
        let waits = self.options.person && !self.stopped_by_person && !self.plc.running();
        if !(work && well && waits) {
            self.well_since = None;
            return;
        }
        let since = *self.well_since.get_or_insert(self.now);
        if self.now >= since.plus_ms(self.options.person_start_ms) {
            self.well_since = None;
            // Refused only by what `well` has just ruled out; then the person tries again.
            let _ = self.plc.press_start();
        }
    }
}
