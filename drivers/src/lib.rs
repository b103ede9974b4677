//! Sessions with label printers, PLCs, cameras and readers, and the pumps that carry them.
//!
//! A *session* is a plain value: it takes time and input and returns output. It owns no clock,
//! thread, socket or file. A *pump* is the one small loop that waits for it. See [`session`] for
//! the contract.

pub mod address;
pub mod camera;
pub mod fault;
pub mod link;
pub mod plc;
pub mod printer;
pub mod pump;
pub mod reader;
pub mod session;
pub mod tick;

pub use fault::{Fault, Known, Severity};
pub use session::{Output, Session, Wake};
pub use tick::Tick;
