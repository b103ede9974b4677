//! Promises.

mod gs1_conformance;
