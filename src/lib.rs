//! Vidimus.
