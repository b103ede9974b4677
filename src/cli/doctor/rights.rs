//! Who runs it, and may that user use what the station needs: its folder, its key, its socket, its secrets.

use super::disk::nearest;
use super::finding::{Finding, State, Topic, quoted};
use crate::config::Config;
use crate::station::key::{self, KeyError, StoreBefore};
use crate::store;
use rustix::fs::{Access, access};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Whoever this program runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Number; 0 is root.
    pub uid: u32,
    /// Name, or the number where it has none.
    pub name: String,
}

impl User {
    /// The user of this process.
    pub fn now() -> User {
        let uid = rustix::process::geteuid().as_raw();
        User {
            uid,
            name: name_of("/etc/passwd", uid),
        }
    }
}

/// The name of this number in `/etc/passwd` or `/etc/group`; the number where nobody says.
pub fn name_of(file: &str, id: u32) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    name_in(&text, id).unwrap_or_else(|| id.to_string())
}

fn name_in(text: &str, id: u32) -> Option<String> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

/// What a folder or file looks like to this user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    is_dir: bool,
    owner: u32,
    mode: u32,
    /// This user may write, and enter where it is a folder.
    usable: bool,
}

fn entry(path: &Path) -> std::io::Result<Entry> {
    let about = std::fs::metadata(path)?;
    let mut wanted = Access::READ_OK | Access::WRITE_OK;
    if about.is_dir() {
        wanted |= Access::EXEC_OK;
    }
    Ok(Entry {
        is_dir: about.is_dir(),
        owner: about.uid(),
        mode: about.mode() & 0o7777,
        usable: access(path, wanted).is_ok(),
    })
}

fn who(user: &User) -> Finding {
    let finding = |text: String| Finding::new(Topic::Machine, "user", State::Ok, text);
    match user.uid {
        0 => finding(
            "root: what is said here of rights holds for root only; a station needs no root"
                .to_owned(),
        )
        .act("Better: a user of its own for the station, who is asked to look here as well.")
        .run("sudo useradd --system --create-home vidimus"),
        uid => finding(format!("{} ({uid})", user.name)),
    }
}

/// The folder of the store; `above`: the nearest folder that is there, where it is not.
fn judge_folder(
    shown: &str,
    found: Result<Entry, Entry>,
    above: &str,
    user: &User,
    owner_name: &str,
) -> Finding {
    let finding = |state, text: String| Finding::new(Topic::Store, "data_dir", state, text);
    let dir = quoted(shown);
    let own = format!("sudo chown -R {} {dir}", quoted(&user.name));
    match found {
        Err(parent) if parent.usable && parent.is_dir => finding(
            State::Ok,
            format!("{shown} is not there yet; the first start makes it"),
        ),
        Err(_) => finding(
            State::Wrong,
            format!(
                "{shown} cannot be made: {} may not write to {above}",
                user.name
            ),
        )
        .run(format!(
            "sudo install -d -o {} -m 700 {dir}",
            quoted(&user.name)
        )),
        Ok(there) if !there.is_dir => finding(State::Wrong, format!("{shown} is no folder"))
            .act("Name another data_dir, or move the file away.")
            .run(format!("ls -ld {dir}")),
        Ok(there) if !there.usable => finding(
            State::Wrong,
            format!(
                "{} may not write to {shown} (owner {owner_name}, mode {:o})",
                user.name, there.mode
            ),
        )
        .act(format!(
            "Run station and doctor as {owner_name}, or give the folder to {}.",
            user.name
        ))
        .run(own),
        Ok(there) if there.mode & 0o002 != 0 => finding(
            State::Wrong,
            format!(
                "everybody may change what lies in {shown} (mode {:o})",
                there.mode
            ),
        )
        .run(format!("chmod o-rwx {dir}")),
        Ok(there) if there.owner != user.uid => finding(
            State::Unknown,
            format!("{shown} belongs to {owner_name}, not to {}", user.name),
        )
        .act("If the station runs as its owner, let that user look.")
        .run(format!(
            "sudo -u {} vidimus doctor FILE",
            quoted(owner_name)
        )),
        Ok(there) => finding(
            State::Ok,
            format!("{shown}, {owner_name}, mode {:o}", there.mode),
        ),
    }
}

fn folder(config: &Config, user: &User) -> Finding {
    let dir = &config.station.data_dir;
    let near = nearest(dir);
    let nothing = Entry {
        is_dir: true,
        owner: 0,
        mode: 0,
        usable: false,
    };
    let found = match entry(dir) {
        Ok(there) => Ok(there),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(entry(&near).unwrap_or(nothing))
        }
        // A file stands in the way, or a folder above may not be entered.
        Err(_) => Err(nothing),
    };
    let owner = found.map_or(user.uid, |there| there.owner);
    let owner_name = name_of("/etc/passwd", owner);
    let shown = dir.display().to_string();
    let above = near.display().to_string();
    judge_folder(&shown, found, &above, user, &owner_name)
}

/// A file that nobody but its owner may read.
fn judge_secret(about: &str, shown: &str, mode: u32) -> Option<Finding> {
    let text = format!("others than its owner may read {shown} (mode {mode:o})");
    (mode & 0o077 != 0).then(|| {
        Finding::new(Topic::Machine, about, State::Wrong, text)
            .act("Whoever has read it keeps what was in it: find out who could.")
            .run(format!("chmod 600 {}", quoted(shown)))
    })
}

fn secret(about: &str, path: &Path) -> Option<Finding> {
    let about_file = std::fs::metadata(path).ok()?;
    let mode = about_file.mode() & 0o7777;
    judge_secret(about, &path.display().to_string(), mode)
}

fn serial_key(config: &Config) -> Finding {
    let about = "serial key";
    let finding = |state, text: String| Finding::new(Topic::Machine, about, state, text);
    let path = &config.serial.key_file;
    let shown = path.display().to_string();
    if let Some(open) = secret(about, path) {
        return open;
    }
    let existed = store::database(&config.station.data_dir).exists();
    let before = StoreBefore {
        existed,
        may_be_new: false,
    };
    let loaded = key::check_store(config, before).and_then(|()| key::load(config));
    match loaded {
        Ok(Some(_)) => finding(State::Ok, format!("{shown}, for its owner only")),
        Ok(None) if !existed => finding(
            State::Ok,
            format!("{shown} is not there yet; the first start makes it"),
        ),
        Ok(None) => {
            let missing = KeyError::Missing(path.clone()).to_string();
            finding(State::Wrong, missing).run(format!("ls -l {}", quoted(&shown)))
        }
        Err(why) => finding(State::Wrong, why.to_string()).run(format!("ls -l {}", quoted(&shown))),
    }
}

/// The socket, where there is one.
fn socket(config: &Config) -> Option<Finding> {
    let path = &config.station.socket;
    let shown = path.display().to_string();
    let finding = |state, text: String| Finding::new(Topic::Machine, "socket", state, text);
    let about = std::fs::metadata(path).ok()?;
    let mode = about.mode() & 0o7777;
    Some(match about.file_type().is_socket() {
        false => finding(State::Wrong, format!("{shown} is there and is no socket"))
            .run(format!("ls -l {}", quoted(&shown))),
        true if mode & 0o077 != 0 => finding(
            State::Wrong,
            format!("others may give orders over {shown} (mode {mode:o})"),
        )
        .run(format!("chmod 600 {}", quoted(&shown))),
        true => finding(State::Ok, format!("{shown}, mode {mode:o}")),
    })
}

/// Looks at user, folder, key, secrets and socket.
pub fn examine(config: &Config) -> Vec<Finding> {
    let user = User::now();
    let mut findings = vec![who(&user), folder(config, &user), serial_key(config)];
    let headers = config.epcis.header_file.as_deref();
    findings.extend(headers.and_then(|path| secret("epcis headers", path)));
    findings.extend(socket(config));
    findings
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_used_is_named_with_its_remedy() {
        let user = User {
            uid: 1000,
            name: "kowal".to_owned(),
        };
        let own = Entry {
            is_dir: true,
            owner: 1000,
            mode: 0o700,
            usable: true,
        };
        let foreign = Entry { owner: 0, ..own };
        for (found, state, said) in [
            (Ok(own), State::Ok, "mode 700"),
            (Err(own), State::Ok, "first start makes it"),
            (
                Err(Entry {
                    usable: false,
                    ..own
                }),
                State::Wrong,
                "cannot be made",
            ),
            (
                Ok(Entry {
                    is_dir: false,
                    ..own
                }),
                State::Wrong,
                "is no folder",
            ),
            (
                Ok(Entry {
                    usable: false,
                    ..foreign
                }),
                State::Wrong,
                "may not write",
            ),
            (Ok(Entry { mode: 0o777, ..own }), State::Wrong, "everybody"),
            (Ok(foreign), State::Unknown, "belongs to root"),
        ] {
            let finding = judge_folder("/srv/line 1", found, "/srv", &user, "root");
            assert_eq!(finding.state, state, "{finding:?}");
            assert!(finding.found.contains(said), "{finding:?}");
            assert_eq!(finding.mend.is_empty(), state == State::Ok, "{finding:?}");
            let mend = format!("{:?}", finding.mend);
            assert!(!mend.contains(" /srv/line 1"), "{mend}");
        }
        assert_eq!(judge_secret("serial key", "k", 0o600), None);
        assert_eq!(judge_secret("serial key", "k", 0o400), None);
        for mode in [0o640, 0o604, 0o666] {
            assert!(judge_secret("serial key", "k", mode).is_some());
        }
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nkowal:x:1000:1000::/:/bin/sh\n";
        assert_eq!(name_in(passwd, 1000).as_deref(), Some("kowal"));
        assert_eq!(name_in(passwd, 7), None);
    }
}
