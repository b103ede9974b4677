//! vidimus-sim.
fn main(){}
