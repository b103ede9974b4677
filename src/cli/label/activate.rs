//! `vidimus label activate|rollback`: another template comes into force on a running station, or goes back.

use super::recorded::Recorded;
use super::source::{FILE_NAME, called, is_file, names, text_with};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::who::WhoArgs;
use crate::cli::{COLUMNS, message, station_file};
use crate::config::Config;
use crate::record::label::TEMPLATE_TEXT_MAX;
use crate::record::{LabelSlot, LabelText, Level};
use crate::tui::words::hanging;
use crate::wire::{Answer, LabelCommand, OperatorCommand};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// A file that was changed less than so long ago may still be written.
const AT_REST: Duration = Duration::from_secs(1);
/// Pause between two looks at a file.
const LOOK_PAUSE: Duration = Duration::from_millis(250);
/// Longest wait for a file to be at rest.
const REST_WAIT: Duration = Duration::from_secs(10);

/// Arguments of `label activate`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "The station judges the template before it takes it: it is linted with the data of the open batch, \
    drawn, and read back by another library than drew it. Then the line stops by itself, packs on their way are \
    rejected, and the printer gets the new label. One test print is read by the camera and diverted; from the next \
    pack on the label is in force. After three test prints that fail the former label is back by itself.\n\nWho may: \
    maintenance, supervisor, quality."
)]
pub(super) struct ActivateArgs {
    /// A file ending in .toml, a folder with a label.toml, the name of a built-in template, or one that is on record:
    /// what it was called, or the first 8 or more digits of its hash, as `label history` shows both
    #[arg(value_name = "FILE|NAME|HASH")]
    template: String,
    /// For the containers of this level, by its name in the station file, such as case; without it: for packs
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    #[command(flatten)]
    who: WhoArgs,
}

/// Arguments of `label rollback`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Where one is on trial, it is given up. Else the label that was in force before comes back, with a \
    test print of its own. A second rollback goes on backwards, to the one before that; what a rollback left is \
    never brought back by the next one: give its name or hash to label activate.\n\nWho may: maintenance, \
    supervisor, quality."
)]
pub(super) struct RollbackArgs {
    /// Back to this one of those that were in force: what it was called, or the first 8 or more digits of its hash
    #[arg(long, value_name = "NAME|HASH")]
    to: Option<String>,
    /// For the containers of this level; without it: for packs
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    #[command(flatten)]
    who: WhoArgs,
}

/// Has a template brought into force.
///
/// # Errors
/// It cannot be read, or is being written; there is no station, or it refuses.
pub(super) fn activate(args: &ActivateArgs) -> Ended {
    let reason = args.who.reason.as_deref().unwrap_or_default();
    if reason.trim().is_empty() {
        return Err(no_reason());
    }
    let label = label(args)?;
    let command = LabelCommand::Activate {
        level: args.level.clone(),
        name: label.name,
        text: label.text,
    };
    ordered(&args.who, command)
}

/// Goes back: gives up what is on trial, or brings back what was in force before.
///
/// # Errors
/// There is no station, or it refuses.
pub(super) fn rollback(args: &RollbackArgs) -> Ended {
    let reason = args.who.reason.as_deref().unwrap_or_default();
    if reason.trim().is_empty() {
        return Err(no_reason());
    }
    let command = LabelCommand::RollBack {
        level: args.level.clone(),
        to: args.to.clone(),
    };
    ordered(&args.who, command)
}

/// Gives the order. What it replaces the station says, by name and hash: only it knows.
fn ordered(who: &WhoArgs, command: LabelCommand) -> Ended {
    let mut client = who.connect()?;
    let told = match who.order(&mut client, OperatorCommand::Label(command))? {
        Answer::Told(lines) => lines,
        _ => vec!["It is done.".to_owned()],
    };
    for line in told.iter().flat_map(|line| hanging(line, 0, COLUMNS)) {
        message(&line);
    }
    Ok(Exit::Ok)
}

fn no_reason() -> Failure {
    Failure::new(
        Exit::Usage,
        "A label template is changed with a reason only: give one with --reason TEXT.",
    )
}

/// The template of a file that nobody is writing, a built-in one, or one that is on record.
fn label(args: &ActivateArgs) -> Result<LabelText, Failure> {
    let template = args.template.as_str();
    let is_known = is_file(template) || names().any(|name| name == template);
    if let (false, Some(file)) = (is_known, &args.who.station.config) {
        let recorded = Recorded::read(&station_file::load(file)?, args.level.as_deref())?;
        return match recorded.meant(template) {
            Ok(label) => Ok(label.clone()),
            Err(why) => {
                let known = names().collect::<Vec<_>>().join(", ");
                let text = format!(
                    "{why} Built in are: {known}. One of your own is a file ending in .toml, or a folder with a \
                     {FILE_NAME}."
                );
                Err(Failure::new(Exit::Configuration, text))
            }
        };
    }
    let text = text_with(template, &mut |path| {
        settled(path, &mut |pause| sleep(pause))
    })?;
    if !is_file(template) {
        return Ok(LabelText::new(template, text));
    }
    let label = LabelText::new(called(template), text);
    label
        .check()
        .map_err(|why| Failure::new(Exit::Configuration, why))?;
    Ok(label)
}

/// What a file is like at a moment.
type Looked = (SystemTime, Vec<u8>);

/// The bytes of a file that does not change: read twice with a pause, with the same content and time, and not changed a
/// moment ago. An editor that writes it piece by piece is waited for.
fn settled(path: &Path, pause: &mut dyn FnMut(Duration)) -> Result<Vec<u8>, Failure> {
    let failure = |text: String| Failure::new(Exit::Configuration, text);
    let name = path.display();
    let look =
        || look(path).map_err(|why| failure(format!("The template {name} cannot be read: {why}.")));
    let (mut seen, mut waited, mut same) = (look()?, Duration::ZERO, Duration::ZERO);
    loop {
        pause(LOOK_PAUSE);
        waited += LOOK_PAUSE;
        let now = look()?;
        same = match now == seen {
            true => same + LOOK_PAUSE,
            false => Duration::ZERO,
        };
        // Another machine's clock may have dated it in the future: then what we saw ourselves counts.
        let rests = now.0.elapsed().is_ok_and(|since| since >= AT_REST) || same >= AT_REST;
        if now == seen && rests {
            break;
        }
        if waited >= REST_WAIT {
            return Err(failure(format!(
                "The template {name} is being written: it was changed a moment ago and again. Save it, then give the \
                 order again."
            )));
        }
        seen = now;
    }
    let (_, bytes) = seen;
    if bytes.len() > TEMPLATE_TEXT_MAX {
        return Err(failure(format!(
            "The template {name} has more than {TEMPLATE_TEXT_MAX} bytes: take comments out of it."
        )));
    }
    Ok(bytes)
}

fn look(path: &Path) -> std::io::Result<Looked> {
    let file = File::open(path)?;
    let changed = file.metadata()?.modified()?;
    let mut bytes = Vec::new();
    file.take(TEMPLATE_TEXT_MAX as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok((changed, bytes))
}

/// The slot of packs, or of the containers of the level that is called so in the station file.
///
/// # Errors
/// There is none.
pub(super) fn slot_of(config: &Config, level: Option<&str>) -> Result<LabelSlot, Failure> {
    let Some(name) = level else {
        return Ok(LabelSlot::Packs);
    };
    let place = config.levels.iter().position(|one| one.name == name);
    let place = place.and_then(|place| u8::try_from(place + 1).ok());
    place.map(|no| LabelSlot::Level(Level(no))).ok_or_else(|| {
        let text = format!("There is no [[level]] \"{name}\" in the station file.");
        Failure::new(Exit::SomeRefused, text)
    })
}

/// The slot as people call it, by the levels' names in the station file.
pub(super) fn slot_name(slot: LabelSlot, levels: &[String]) -> String {
    match slot {
        LabelSlot::Packs => "packs".to_owned(),
        LabelSlot::Level(Level(no)) => {
            let place = usize::from(no).checked_sub(1);
            let name = place.and_then(|place| levels.get(place)).cloned();
            name.unwrap_or_else(|| format!("level {no}"))
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use std::io::Write;

    fn write(file: &mut File, text: &str, ago: Duration) {
        file.write_all(text.as_bytes()).expect("it can be written");
        let at = SystemTime::now() - ago;
        file.set_modified(at).expect("it takes a time");
    }

    /// An editor writes half of a file, stops, and goes on: what is taken is the whole.
    #[test]
    fn a_file_that_is_being_saved_is_waited_for_and_never_taken_half_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("label.toml");
        let mut file = File::create(&path).expect("a file");
        let long_ago = AT_REST * 10;
        write(&mut file, "first half, ", long_ago);
        let mut looks = 0;
        let text = settled(&path, &mut |_| {
            looks += 1;
            match looks {
                1 => write(&mut file, "second half", long_ago),
                2 => file
                    .set_modified(SystemTime::now())
                    .expect("it takes a time"),
                3 => write(&mut file, "", long_ago),
                _ => {}
            }
        });
        assert_eq!(text.ok().as_deref(), Some(&b"first half, second half"[..]));
        assert_eq!(looks, 4, "the same twice, and at rest");
        let mut pauses = 0;
        let never = settled(&path, &mut |_| {
            pauses += 1;
            write(&mut file, ".", long_ago);
        });
        let why = never.expect_err("it never rests").to_string();
        assert!(why.contains("is being written"), "{why}");
        assert_eq!(REST_WAIT.as_millis(), LOOK_PAUSE.as_millis() * pauses);
        let gone = settled(&folder.path().join("none.toml"), &mut |_| {});
        assert!(gone.is_err_and(|why| why.to_string().contains("cannot be read")));
    }
}
