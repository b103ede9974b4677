//! Where input comes from: a file, or standard input where `-` stands, in every command.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What stands in place of a file's name for standard input.
pub const STANDARD_INPUT: &str = "-";

/// Opens what is named.
///
/// # Errors
/// There is no such file, or it cannot be read.
pub fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    match path == Path::new(STANDARD_INPUT) {
        true => Ok(Box::new(io::stdin())),
        false => Ok(Box::new(File::open(path)?)),
    }
}
