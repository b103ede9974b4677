//! Binary.
fn main(){}
