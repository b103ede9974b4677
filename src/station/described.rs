//! Files that describe a printer's language: read once, when a station starts or a person asks.

use super::sessions;
use crate::config::Printer;
use std::io::Read;
use std::path::Path;
use vidimus_drivers::printer::Speech;
use vidimus_drivers::printer::described::DESCRIPTION_MAX;

/// Names and texts of the descriptions this program carries.
const BUILT_IN: &[(&str, &str)] = &[("coder", include_str!("../../templates/printers/coder.toml"))];

/// The language of a station file's printer, with its description read.
///
/// # Errors
/// The description cannot be read, or has mistakes: the file, then a line each.
pub fn speech_of(printer: &Printer) -> Result<Speech, String> {
    match &printer.description {
        None => sessions::speech(&printer.address, None),
        Some(file) => {
            let text = text_of(file)?;
            let speech = sessions::speech(&printer.address, Some(&text));
            speech.map_err(|why| in_file(file, &why))
        }
    }
}

/// The language that a file describes, or a description that the program carries.
///
/// # Errors
/// It cannot be read, or has mistakes.
pub fn speech_in(file: &str) -> Result<Speech, String> {
    sessions::described(&text_of(file)?).map_err(|why| in_file(file, &why))
}

/// The program carries a description of this name.
pub fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|(known, _)| *known == name)
}

fn in_file(file: &str, why: &str) -> String {
    format!("The description {file} of a printer's language has mistakes:\n{why}")
}

fn text_of(file: &str) -> Result<String, String> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(name, _)| *name == file) {
        return Ok((*text).to_owned());
    }
    let mut text = String::new();
    let read = std::fs::File::open(Path::new(file)).and_then(|opened| {
        let most = DESCRIPTION_MAX as u64 + 1;
        opened.take(most).read_to_string(&mut text)
    });
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(format!(
            "The description {file} of a printer's language cannot be read: {error}."
        )),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_description_with_mistakes_is_answered_with_file_line_and_column() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("printer.toml");
        let file = path.to_str().expect("UTF-8");
        for (text, said) in [
            (BUILT_IN[0].1.replacen("depth", "deepness", 1), "deepness"),
            ("name = 1\n".to_owned(), "line 1, column 8: "),
            (String::new(), "line 1, column 1: "),
            ("#".repeat(10 * DESCRIPTION_MAX), "longer than 64 KiB"),
        ] {
            std::fs::write(&path, text).expect("it can be written");
            let why = speech_in(file).expect_err(said);
            assert!(why.contains(file) && why.contains(said), "{why}");
            assert!(why.contains("line ") && why.contains("column "), "{why}");
        }
        std::fs::write(&path, BUILT_IN[0].1).expect("it can be written");
        let speech = speech_in(file).expect("it is right");
        assert_eq!(speech.name, speech_in("coder").expect("carried").name);
        for wrong in ["none.toml", "."] {
            let why = speech_in(wrong).expect_err("no file");
            assert!(
                why.contains(wrong) && why.contains("cannot be read"),
                "{why}"
            );
        }
    }
}
