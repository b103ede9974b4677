//! A serial port: is it there, may this user use it, and does its name survive replugging?

use super::finding::{Finding, State, Topic, quoted};
use super::rights::{User, name_of};
use rustix::fs::{Access, access};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Where the names that survive replugging are.
const STABLE: &str = "/dev/serial/by-id";
/// Most names that a message shows.
const SHOWN: usize = 4;

/// What the system says of a port.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Port {
    exists: bool,
    is_port: bool,
    /// Name of its group.
    group: String,
    usable: bool,
    /// A name of it that survives replugging.
    stable: Option<PathBuf>,
    /// Such names of all ports that are there.
    others: Vec<PathBuf>,
}

fn look(path: &Path) -> Port {
    let listed = std::fs::read_dir(STABLE).into_iter().flatten().flatten();
    let mut others: Vec<PathBuf> = listed.map(|entry| entry.path()).collect();
    others.sort();
    let Ok(about) = std::fs::metadata(path) else {
        return Port {
            others,
            ..Port::default()
        };
    };
    let device = path.canonicalize().ok();
    let is_it = |name: &&PathBuf| device.is_some() && name.canonicalize().ok() == device;
    Port {
        exists: true,
        is_port: about.file_type().is_char_device(),
        group: name_of("/etc/group", about.gid()),
        usable: access(path, Access::READ_OK | Access::WRITE_OK).is_ok(),
        stable: others.iter().find(is_it).cloned(),
        others,
    }
}

/// What hinders a station there, or `None`; and what could be better about the name.
fn judge(about: &str, path: &Path, port: &Port, user: &User) -> (Option<Finding>, Option<Finding>) {
    let shown = path.display().to_string();
    let finding = |state, text: String| Finding::new(Topic::Device, about, state, text);
    if !port.exists {
        let names = port.others.iter().take(SHOWN);
        let names: Vec<String> = names.map(|name| name.display().to_string()).collect();
        let there = match names.is_empty() {
            true => "no port of a USB adapter is there".to_owned(),
            false => format!("there are {}", names.join(", ")),
        };
        let missing = finding(State::Wrong, format!("{shown} is not there; {there}"))
            .act("Plug the adapter in, or write the name of the port that is there in the station file.")
            .run(format!("ls -l {STABLE}/"))
            .run("sudo dmesg | grep -i tty | tail");
        return (Some(missing), None);
    }
    if !port.is_port {
        let other = finding(State::Wrong, format!("{shown} is no serial port"));
        return (Some(other.run(format!("ls -l {}", quoted(&shown)))), None);
    }
    if !port.usable {
        let (group, name) = (&port.group, &user.name);
        let may_not = finding(
            State::Wrong,
            format!("{name} may not use {shown}: it is for the group {group}"),
        )
        .run(format!(
            "sudo usermod -aG {} {}",
            quoted(group),
            quoted(name)
        ))
        .act("Then log out and in again; a service must be started again.");
        return (Some(may_not), None);
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let wanders = ["ttyUSB", "ttyACM"]
        .iter()
        .any(|kind| file.starts_with(kind));
    let better = wanders.then(|| {
        let found = finding(
            State::Ok,
            format!("{shown} may be another port after a restart"),
        );
        match &port.stable {
            Some(name) => found.act(format!(
                "Better: write {} in the station file.",
                name.display()
            )),
            None => found.act(format!("Better: a name of {STABLE}, or a udev rule.")),
        }
    });
    (None, better)
}

/// Looks at a device's port: what hinders a station, and what could be better.
pub fn examine(about: &str, path: &Path) -> (Option<Finding>, Option<Finding>) {
    judge(about, path, &look(path), &User::now())
}

#[cfg(test)]
mod test {
    use super::super::finding::Mend;
    use super::*;

    #[test]
    fn ports_that_cannot_be_used_are_named_with_their_remedy() {
        let user = User {
            uid: 1000,
            name: "kowal".to_owned(),
        };
        let name = PathBuf::from("/dev/serial/by-id/usb-1");
        let good = Port {
            exists: true,
            is_port: true,
            group: "dialout".to_owned(),
            usable: true,
            stable: Some(name.clone()),
            others: vec![name.clone()],
        };
        let at = Path::new("/dev/ttyUSB0");
        let (hinders, better) = judge("printer-1", at, &good, &user);
        assert_eq!(hinders, None);
        assert!(format!("{better:?}").contains("write /dev/serial/by-id/usb-1"));
        assert_eq!(judge("printer-1", &name, &good, &user), (None, None));
        let closed = Port {
            usable: false,
            ..good.clone()
        };
        let (hinders, _) = judge("printer-1", at, &closed, &user);
        let group = Mend::Run("sudo usermod -aG dialout kowal".to_owned());
        assert!(hinders.expect("it hinders").mend.contains(&group));
        let gone = Port {
            exists: false,
            ..good.clone()
        };
        let (hinders, _) = judge("printer-1", at, &gone, &user);
        assert!(hinders.expect("it hinders").found.contains("usb-1"));
        let file = Port {
            is_port: false,
            ..good
        };
        let (hinders, _) = judge("printer-1", at, &file, &user);
        assert!(
            hinders
                .expect("it hinders")
                .found
                .contains("no serial port")
        );
        let (missing, _) = examine("x", Path::new("/dev/surely-not-there"));
        assert_eq!(missing.map(|one| one.state), Some(State::Wrong));
        let (no_port, _) = examine("x", Path::new("/"));
        assert_eq!(no_port.map(|one| one.state), Some(State::Wrong));
    }
}
