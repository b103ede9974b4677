//! Texts kept in files: what a program says must be what the file says. `VIDIMUS_BLESS=1` writes
//! the files anew.

use std::path::Path;

/// Compares with `tests/snapshots/NAME`.
pub fn same_as_file(name: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(name);
    if std::env::var_os("VIDIMUS_BLESS").is_some() {
        std::fs::write(&path, said).expect("the snapshot can be written");
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        said == wanted,
        "{name} differs.\n--- wanted\n{wanted}\n--- said\n{said}\nRight? VIDIMUS_BLESS=1 writes it."
    );
}
