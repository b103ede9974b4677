//! What a screen speaks: what is asked for, else what the environment says, else English; and the message files of it.

use super::exit::{Exit, Failure};
use crate::tui::Speech;
use crate::tui::language::{BUILT_IN, ENGLISH, Language};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where people put message files.
const FOLDER: &str = "/etc/vidimus/messages";
/// The variable that names another folder for them.
const FOLDER_VARIABLE: &str = "VIDIMUS_MESSAGES";
/// Longest message file that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;

/// What a screen speaks.
#[derive(Debug, Clone, clap::Args)]
pub struct LanguageArgs {
    /// Language of the screen: en, de, the name of a file NAME.toml in /etc/vidimus/messages (or the folder
    /// VIDIMUS_MESSAGES), or a message file [default: as LC_ALL, LC_MESSAGES or LANG say, else en]
    #[arg(long, value_name = "NAME|FILE")]
    pub language: Option<String>,
}

impl LanguageArgs {
    /// The language. A message file that cannot be used is no failure: the screen is English then and says why.
    ///
    /// # Errors
    /// A language was asked for that there is no file of.
    pub fn speech(&self) -> Result<Speech, Failure> {
        let folder = std::env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty());
        let folder = folder.map_or_else(|| PathBuf::from(FOLDER), PathBuf::from);
        Ok(match &self.language {
            Some(file) if file.contains('/') || file.ends_with(".toml") => {
                spoken(None, Some(Path::new(file)))
            }
            Some(name) => {
                let wanted = of_name(&name.to_lowercase(), &folder);
                wanted.ok_or_else(|| Failure::new(Exit::Usage, unknown(name, &folder)))?
            }
            None => {
                let variable = |name: &str| std::env::var(name).ok();
                let wanted = language_of_environment(&variable);
                wanted
                    .and_then(|name| of_name(&name, &folder))
                    .unwrap_or_default()
            }
        })
    }
}

fn unknown(name: &str, folder: &Path) -> String {
    let built_in: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    format!(
        "There is no language \"{name}\". Built in are {ENGLISH} and {}; for another one put its message file \
         {name}.toml into {}, or name the file itself.",
        built_in.join(", "),
        folder.display()
    )
}

/// The language that the environment asks for: `de` of `de_AT.UTF-8`. The first variable that is set decides, as POSIX
/// has it; `C` and `POSIX` ask for none.
fn language_of_environment(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let set = names.iter().filter_map(|name| variable(name));
    let locale = set.into_iter().find(|locale| !locale.is_empty())?;
    let name = locale.split(['_', '.', '@']).next().unwrap_or_default();
    let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase());
    (sound && name != ENGLISH).then(|| name.to_owned())
}

/// The language of this name: what is built in, and over it what people put into the folder. `None`: there is none.
fn of_name(name: &str, folder: &Path) -> Option<Speech> {
    let built_in = BUILT_IN.iter().copied().find(|(known, _)| *known == name);
    let file = folder.join(format!("{name}.toml"));
    let file = Some(file).filter(|file| file.is_file());
    match (built_in, &file) {
        (None, None) if name == ENGLISH => Some(Speech::default()),
        (None, None) => None,
        (built_in, file) => Some(spoken(built_in, file.as_deref())),
    }
}

fn spoken(built_in: Option<(&str, &str)>, file: Option<&Path>) -> Speech {
    match read(built_in, file) {
        Ok(language) => Speech {
            language,
            trouble: None,
        },
        Err(why) => Speech {
            language: Language::english(),
            trouble: Some(format!("{why} The screen is in English.")),
        },
    }
}

fn read(built_in: Option<(&str, &str)>, file: Option<&Path>) -> Result<Language, String> {
    let own = match file {
        Some(file) => Some((file.display().to_string(), text_of(file)?)),
        None => None,
    };
    let own = own
        .as_ref()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    let files: Vec<(&str, &str)> = built_in.into_iter().chain(own).collect();
    Language::read(&files).map_err(|error| error.to_string())
}

fn text_of(path: &Path) -> Result<String, String> {
    let name = path.display();
    let failed =
        |why| format!("The message file {name} cannot be read ({why}). Check path and rights.");
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(format!(
            "The message file {name} is longer than {FILE_MAX} bytes. Name the right file."
        ));
    }
    let no_text = |_| format!("The message file {name} is not UTF-8 text. Save it as UTF-8.");
    String::from_utf8(bytes).map_err(no_text)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_environment_names_the_language_as_posix_has_it() {
        let of = |set: &[(&str, &str)]| {
            let variable = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            language_of_environment(&variable)
        };
        let german = Some("de".to_owned());
        assert_eq!(of(&[("LANG", "de_AT.UTF-8")]), german);
        assert_eq!(of(&[("LANG", "en_US"), ("LC_MESSAGES", "de")]), german);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "de_DE")]), None);
        assert_eq!(of(&[("LC_ALL", ""), ("LANG", "de_DE@euro")]), german);
        for none in ["en_GB.UTF-8", "C.UTF-8", "POSIX", "../../etc/x", ""] {
            assert_eq!(of(&[("LANG", none)]), None, "{none}");
        }
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_file_of_people_lies_over_the_built_in_one_and_a_bad_one_leaves_the_screen_english() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("it is written");
        };
        assert!(of_name("fr", folder.path()).is_none());
        write("fr.toml", "[line]\ngood = \"bon\"\n");
        let french = of_name("fr", folder.path()).expect("it is there");
        assert_eq!(
            (&*french.language.of("good"), french.trouble),
            ("bon", None)
        );

        let german = of_name("de", folder.path()).expect("it is built in");
        assert_eq!(&*german.language.of("good"), "gut");
        write("de.toml", "[line]\ngood = \"in Ordnung\"\n");
        let ours = of_name("de", folder.path()).expect("it is built in");
        assert_eq!(&*ours.language.of("good"), "in Ordnung");
        assert_eq!(
            &*ours.language.of("rejected"),
            &*german.language.of("rejected")
        );

        write("fr.toml", "[line]\n\"{#n} more\" = \"plus\"\n");
        let broken = of_name("fr", folder.path()).expect("it is there");
        assert_eq!(broken.language, Language::english());
        let why = broken.trouble.expect("it says so");
        for part in ["fr.toml, line 2", "{#n} more", "{n}", "in English"] {
            assert!(why.contains(part), "{part}: {why}");
        }
        assert!(of_name(ENGLISH, folder.path()).is_some_and(|en| en.trouble.is_none()));
    }
}
