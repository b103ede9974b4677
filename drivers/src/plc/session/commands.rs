//! Commands with sequence and acknowledgement: one under way, a few waiting. PURE.

use crate::plc::map::{CommandCode, CommandRegisters, CommandStatus};
use crate::plc::{PlcEvent, PlcHeader, PlcRequest};
use crate::session::Output;
use crate::{Fault, Tick};
use std::collections::VecDeque;
use std::time::Duration;

/// Commands that may wait for the one under way.
pub const COMMANDS_WAITING_MAX: usize = 16;
/// A command not acknowledged for this long is reported once; it is repeated all the same.
pub const ACKNOWLEDGE_WAIT: Duration = Duration::from_secs(2);

type Out = VecDeque<Output<PlcRequest, PlcEvent>>;

#[derive(Debug)]
struct Underway {
    ticket: u64,
    since: Tick,
    reported: bool,
}

#[derive(Debug, Default)]
pub(super) struct Commands {
    registers: CommandRegisters,
    underway: Option<Underway>,
    waiting: VecDeque<(u64, u16, u32)>,
}

impl Commands {
    pub fn queue(&mut self, ticket: u64, code: u16, arg: u32, out: &mut Out) {
        if CommandCode::from_code(code).is_none() {
            acknowledge(out, ticket, CommandStatus::UnknownCode);
        } else if self.waiting.len() >= COMMANDS_WAITING_MAX {
            acknowledge(out, ticket, CommandStatus::Busy);
        } else {
            self.waiting.push_back((ticket, code, arg));
        }
    }

    /// A new boot. The sequence starts from what the PLC acknowledges. Commands given to the boot
    /// before are over: a PLC that starts copies CMD_SEQ without executing, so its acknowledgement
    /// proves nothing, and a purge names ids of that boot. Only a tracking reset is what a new boot
    /// is the proof of.
    pub fn begin(&mut self, header: &PlcHeader, first_contact: bool, out: &mut Out) {
        if let Some(Underway { ticket, .. }) = self.underway.take() {
            let code = self.registers.code;
            let acknowledged = header.ack_seq == self.registers.seq;
            if acknowledged && code == CommandCode::TrackingReset.code() {
                let status = header.ack_status;
                out.push_back(Output::Event(PlcEvent::Acknowledged { ticket, status }));
            } else {
                let text = format!("the PLC restarted before it acknowledged command {code}");
                out.push_back(Output::Event(PlcEvent::Fault(Fault::Device(text))));
                acknowledge(out, ticket, CommandStatus::Refused);
            }
        }
        if !first_contact {
            for (ticket, ..) in self.waiting.drain(..) {
                acknowledge(out, ticket, CommandStatus::Refused);
            }
        }
        self.registers = CommandRegisters {
            seq: header.ack_seq,
            code: 0,
            arg: 0,
        };
    }

    pub fn see_header(&mut self, now: Tick, header: &PlcHeader, out: &mut Out) {
        let Some(underway) = &mut self.underway else {
            return;
        };
        if header.ack_seq == self.registers.seq {
            let status = header.ack_status;
            let ticket = underway.ticket;
            out.push_back(Output::Event(PlcEvent::Acknowledged { ticket, status }));
            self.underway = None;
            // Code 0 does nothing, whatever sequence number a restarted PLC compares with.
            self.registers.code = 0;
            self.registers.arg = 0;
        } else if !underway.reported && now.since(underway.since) >= ACKNOWLEDGE_WAIT {
            underway.reported = true;
            out.push_back(Output::Event(PlcEvent::Fault(Fault::Timeout {
                what: format!("command {} to the PLC", self.registers.code),
                after: ACKNOWLEDGE_WAIT,
            })));
        }
    }

    /// Takes the next command under way if none is.
    pub fn start_next(&mut self, now: Tick) {
        if self.underway.is_some() {
            return;
        }
        if let Some((ticket, code, arg)) = self.waiting.pop_front() {
            let seq = match self.registers.seq.wrapping_add(1) {
                0 => 1, // cleared registers must not look like a sequence number of ours
                seq => seq,
            };
            self.registers = CommandRegisters { seq, code, arg };
            self.underway = Some(Underway {
                ticket,
                since: now,
                reported: false,
            });
        }
    }

    pub fn registers(&self) -> CommandRegisters {
        self.registers
    }
}

fn acknowledge(out: &mut Out, ticket: u64, status: CommandStatus) {
    let status = status.code();
    out.push_back(Output::Event(PlcEvent::Acknowledged { ticket, status }));
}
