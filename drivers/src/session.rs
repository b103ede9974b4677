//! The session contract: how every device conversation is driven. PURE.
//!
//! The owner (a pump with a wall clock, or a simulated world with virtual time) does, for ever:
//!
//! 1. hand in what happened: [`Session::opened`], [`Session::closed`], [`Session::received`],
//!    [`Session::command`], [`Session::woken`], each with the time;
//! 2. take outputs with [`Session::next_output`] until there is none left;
//! 3. wait until input arrives or the time of [`Session::wake`] has come.
//!
//! Extra calls of `woken` do nothing. A session never assumes that output it gave was delivered:
//! only an answer proves it.

use crate::{Fault, Tick};

/// When a session wants to be woken, and why: the machine can always say what it is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wake {
    /// The time at which [`Session::woken`] is due.
    pub at: Tick,
    /// What is waited for, for logs and screens.
    pub reason: &'static str,
}

/// One output of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output<T, E> {
    /// Put this on the link.
    Transmit(T),
    /// Tell the station this.
    Event(E),
    /// Drop the link now and open it again after a pause; the session will then get `closed` and
    /// `opened`.
    DropLink(Fault),
}

/// A device conversation as a plain value. See the module text for the contract.
pub trait Session {
    /// What the station may ask of the device.
    type Command;
    /// What the device told, as the station understands it.
    type Event;
    /// What the link delivers: bytes for stream links, register answers for Modbus.
    type Received: ?Sized;
    /// What the link carries out: bytes for stream links, register requests for Modbus.
    type Transmit;

    /// The link has just come up. Nothing that was sent before it can be assumed to have arrived.
    fn opened(&mut self, now: Tick);
    /// The link went down (or could not be opened).
    fn closed(&mut self, now: Tick, why: Fault);
    /// Something arrived.
    fn received(&mut self, now: Tick, input: &Self::Received);
    /// The station asks for something.
    fn command(&mut self, now: Tick, command: Self::Command);
    /// The time named by [`Session::wake`] has come (or not: extra calls do nothing).
    fn woken(&mut self, now: Tick);
    /// When to call [`Session::woken`] next.
    fn wake(&self) -> Option<Wake>;
    /// The next output, in order; `None` when there is none left.
    fn next_output(&mut self) -> Option<Output<Self::Transmit, Self::Event>>;
}
