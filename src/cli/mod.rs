//! One file a command: arguments in, text out, an exit code.

pub mod gs1;
pub mod label;
pub mod verify;
