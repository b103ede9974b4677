//! vidimus-sim.
fn main() {}
