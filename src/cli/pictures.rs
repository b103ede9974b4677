//! Which pictures are meant: files as they are, folders with all pictures below them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Endings of the pictures that are looked for in folders.
const ENDINGS: [&str; 4] = ["png", "jpg", "jpeg", "pgm"];
/// Deepest folder that is looked into.
const DEPTH_MAX: usize = 32;

/// The pictures of these paths, each once, folders in the order of their names. What cannot be read, and a folder
/// without any picture, stays in the list: whoever opens it says why.
pub fn pictures(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        let before = found.len();
        collect(path, true, 0, &mut found);
        if found.len() == before {
            found.push(path.clone());
        }
    }
    let mut known = HashSet::new();
    found.retain(|path| known.insert(path.clone()));
    found
}

fn collect(path: &Path, named: bool, depth: usize, found: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let picture = ending.is_some_and(|text| ENDINGS.contains(&text.to_lowercase().as_str()));
        if named || picture {
            found.push(path.to_owned());
        }
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else {
        return found.push(path.to_owned());
    };
    let mut below: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    below.sort();
    if depth < DEPTH_MAX {
        below
            .iter()
            .for_each(|path| collect(path, false, depth + 1, found));
    }
}
