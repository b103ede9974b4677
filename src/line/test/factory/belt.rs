//! The belt of a lane: packs pass detector, head, camera and gate, and the PLC tells of it in its rings.

use super::{BeltPack, CAMERA, GATE, HEAD, PITCH, SPEED, Truth, VOID, World};
use crate::line::{Event, FrameNo, LaneEvent, Sighting};
use crate::record::{Fate, PlcPack};

impl World {
    pub(super) fn move_belt(&mut self) {
        let stale = self.now_ms - self.machine.beat_at > 500;
        if self.machine.levels.stop_reason != 0 || stale {
            self.machine.running = false;
        } else if self.now_ms.is_multiple_of(1000) {
            self.machine.running = true; // somebody presses start
        }
        if !self.machine.running {
            return;
        }
        self.machine.encoder += SPEED;
        self.machine
            .belt
            .iter_mut()
            .for_each(|pack| pack.place += SPEED);
        let room = self
            .machine
            .belt
            .back()
            .is_none_or(|last| last.place >= PITCH);
        if room && self.machine.to_feed > 0 {
            self.machine.to_feed -= 1;
            self.machine.entered += 1;
            let plc = PlcPack {
                lane: self.machine.no,
                boot: self.machine.boot,
                id: self.machine.entered,
            };
            self.machine.belt.push_back(BeltPack {
                plc,
                place: 0,
                ink: Vec::new(),
                stage: 0,
                gone: false,
            });
            let sighting = Sighting {
                plc,
                count: 0,
                encoder: self.machine.encoder,
            };
            self.ring(LaneEvent::Detected(sighting).on(self.machine.no));
        }
        for place in 0..self.machine.belt.len() {
            self.pass_sensors(place);
        }
        while self
            .machine
            .belt
            .front()
            .is_some_and(|pack| pack.place >= GATE)
        {
            let mut pack = self.machine.belt.pop_front().expect("there is one");
            if pack.gone {
                self.miss(pack);
                continue;
            }
            self.identify(&mut pack);
            self.decide(pack);
        }
    }

    pub(super) fn ring(&mut self, event: Event) {
        self.machine.plc_inbox.push(event.clone());
        self.machine.rings.push_back(event);
        if self.machine.rings.len() > 128 {
            self.machine.rings.pop_front();
        }
    }

    /// A pack at a sensor that has no id of this boot gets one and is reported as appeared.
    pub(super) fn identify(&mut self, pack: &mut BeltPack) {
        if pack.plc.boot != self.machine.boot {
            self.machine.entered += 1;
            pack.plc = PlcPack {
                lane: self.machine.no,
                boot: self.machine.boot,
                id: self.machine.entered,
            };
            let sighting = Sighting {
                plc: pack.plc,
                count: 0,
                encoder: self.machine.encoder,
            };
            self.ring(LaneEvent::Appeared(sighting).on(self.machine.no));
        }
    }

    pub(super) fn pass_sensors(&mut self, place: usize) {
        if self.machine.belt[place].gone {
            return;
        }
        let stage = self.machine.belt[place].stage;
        let at = self.machine.belt[place].place;
        if (stage == 0 && at >= HEAD) || (stage == 1 && at >= CAMERA) {
            let mut pack = self.machine.belt.remove(place).expect("it is there");
            self.identify(&mut pack);
            self.machine.belt.insert(place, pack);
        }
        let pack = &mut self.machine.belt[place];
        let plc = pack.plc;
        if pack.stage == 0 && pack.place >= HEAD {
            pack.stage = 1;
            // A purged pack gets no START PRINT.
            let purged = plc.id < self.machine.purged_below;
            if let Some(label) = self.machine.queue.pop_front_if(|_| !purged) {
                self.machine.last_label = Some(label.clone());
                let twice = self.dice.once_in_thousand(self.faults.printed_twice);
                if twice {
                    self.machine.queue.push_front(label.clone());
                }
                if label != VOID && !self.dice.once_in_thousand(self.faults.blank) {
                    self.machine.belt[place].ink.push(label);
                }
                let sighting = Sighting {
                    plc,
                    count: 0,
                    encoder: self.machine.encoder,
                };
                self.ring(LaneEvent::PrintDone(sighting).on(self.machine.no));
            }
            return;
        }
        if pack.stage == 1 && pack.place >= CAMERA {
            pack.stage = 2;
            self.machine.fired = self.machine.fired.wrapping_add(1);
            let unheard = self
                .dice
                .once_in_thousand(self.faults.mischief.missed_trigger);
            let sighting = Sighting {
                plc,
                count: self.machine.fired,
                encoder: self.machine.encoder,
            };
            self.ring(LaneEvent::CameraFired(sighting).on(self.machine.no));
            if unheard {
                return; // the camera never got the trigger: no picture, and its counter stays
            }
            self.machine.counter += 1;
            let lost = self.dice.once_in_thousand(self.faults.lost_frame);
            if !lost && self.machine.camera_back_at.is_none() {
                self.next_frame += 1;
                let frame = FrameNo(self.next_frame);
                self.frames
                    .insert(frame, self.machine.belt[place].ink.clone());
                let counter = Some(self.machine.counter);
                let late = self.faults.mischief.late_frame;
                self.arrive(
                    late,
                    900,
                    LaneEvent::Pictured { counter, frame }.on(self.machine.no),
                );
            }
        }
    }

    pub(super) fn decide(&mut self, pack: BeltPack) {
        let fresh = self.now_ms - self.machine.beat_at <= 500;
        let verdict = self.machine.slots.get(&pack.plc.id).copied();
        let echo = self.machine.levels.echo_plc_boot == self.machine.boot;
        let purged = pack.plc.id < self.machine.purged_below;
        let fate = match verdict {
            Some(1) if fresh && echo && !purged => Fate::Good,
            Some(code) if code > 1 => Fate::RejectedByVerdict,
            _ if !fresh => Fate::RejectedHeartbeat,
            _ if !echo => Fate::RejectedBootEcho,
            _ if purged => Fate::RejectedPurge,
            _ => Fate::RejectedNoVerdict,
        };
        self.machine.decided = self.machine.decided.max(pack.plc.id);
        self.ring(
            LaneEvent::Gated {
                plc: pack.plc,
                fate,
            }
            .on(self.machine.no),
        );
        self.truth.push(Truth {
            plc: pack.plc,
            ink: pack.ink,
            good: fate == Fate::Good,
        });
    }
}
