//! `vidimus people`: who is enrolled at a running station, with what roles, and everybody's own secret.

use super::exit::{Ended, Exit, Failure};
use super::station_file::WhichStation;
use super::who::{self, WhoArgs};
use super::{message, print_json, print_line};
use crate::record::{PersonName, Role, Roles};
use crate::tui::client::Client;
use crate::wire::{Answer, Ask, OperatorCommand, PeopleCommand, Secret, Standing};
use std::path::PathBuf;

/// Arguments of `people`.
#[derive(Debug, Clone, clap::Args)]
pub struct PeopleArgs {
    #[command(subcommand)]
    action: PeopleAction,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum PeopleAction {
    /// List everybody with roles and standing
    List(ListArgs),
    /// Enrol somebody; prints a one-time secret, once
    Add(RolesArgs),
    /// Give somebody other roles
    Role(RolesArgs),
    /// Choose your own secret; with a name, give that person a new one-time secret and print it, once
    Secret(SecretArgs),
    /// Take all rights from somebody; the name stays taken
    Disable(WhomArgs),
    /// Give somebody the rights back; ends a lock, too
    Enable(WhomArgs),
    /// Sign a record that is on disk, and with it everything before it
    Sign(SignArgs),
}

#[derive(Debug, Clone, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    station: WhichStation,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, clap::Args)]
struct RolesArgs {
    /// Whom
    #[arg(value_name = "NAME")]
    whom: PersonName,
    /// technician, maintenance, supervisor, quality or administrator; may be given several times
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    #[command(flatten)]
    who: WhoArgs,
}

#[derive(Debug, Clone, clap::Args)]
struct SecretArgs {
    /// Whom; left out: yourself
    #[arg(value_name = "NAME")]
    whom: Option<PersonName>,
    /// Read your new secret from the first line of this file instead of asking for it
    #[arg(long, value_name = "FILE", conflicts_with = "whom")]
    new_secret_file: Option<PathBuf>,
    #[command(flatten)]
    who: WhoArgs,
}

#[derive(Debug, Clone, clap::Args)]
struct WhomArgs {
    /// Whom
    #[arg(value_name = "NAME")]
    whom: PersonName,
    #[command(flatten)]
    who: WhoArgs,
}

#[derive(Debug, Clone, clap::Args)]
struct SignArgs {
    /// Sequence number of the record
    #[arg(value_name = "RECORD")]
    record: u64,
    #[command(flatten)]
    who: WhoArgs,
}

/// Does it and waits until it is on disk.
///
/// # Errors
/// There is no station, or it refuses, with the reason and the next step.
pub fn run(args: &PeopleArgs) -> Ended {
    match &args.action {
        PeopleAction::List(args) => list(args),
        PeopleAction::Add(args) => {
            let command = PeopleCommand::Add {
                name: args.whom.clone(),
                roles: roles(args),
            };
            manage(&args.who, command, &format!("{} is enrolled.", args.whom))
        }
        PeopleAction::Role(args) => {
            let (name, roles) = (args.whom.clone(), roles(args));
            let done = format!("{name} is {roles} from now on.");
            manage(&args.who, PeopleCommand::SetRoles { name, roles }, &done)
        }
        PeopleAction::Secret(args) => match &args.whom {
            Some(name) => {
                let (name, done) = (name.clone(), format!("{name} has a new one-time secret."));
                manage(&args.who, PeopleCommand::ResetSecret { name }, &done)
            }
            None => choose(args),
        },
        PeopleAction::Disable(args) => {
            let (name, done) = (args.whom.clone(), format!("{} is disabled.", args.whom));
            manage(&args.who, PeopleCommand::Disable { name }, &done)
        }
        PeopleAction::Enable(args) => {
            let (name, done) = (args.whom.clone(), format!("{} is enabled.", args.whom));
            manage(&args.who, PeopleCommand::Enable { name }, &done)
        }
        PeopleAction::Sign(args) => {
            let Some(meaning) = args.who.sign else {
                let text = "Say what the signature means: --sign performed, reviewed or approved.";
                return Err(Failure::new(Exit::Usage, text));
            };
            let record = args.record;
            args.who
                .order(&mut args.who.connect()?, OperatorCommand::Sign { record })?;
            message(&format!("Record {record} is signed as {meaning}."));
            Ok(Exit::Ok)
        }
    }
}

fn roles(args: &RolesArgs) -> Roles {
    args.roles.iter().copied().collect()
}

fn manage(who: &WhoArgs, command: PeopleCommand, done: &str) -> Ended {
    let answer = who.manage(&mut who.connect()?, command, None)?;
    message(done);
    if let Answer::OneTimeSecret(secret) = answer {
        message("This secret is shown now and never again; it is good for choosing an own one:");
        print_line(secret.text())?;
    }
    Ok(Exit::Ok)
}

/// Asks for the old secret, and for the new one twice.
fn choose(args: &SecretArgs) -> Ended {
    let mut client = args.who.connect()?;
    let old = args.who.secret()?;
    let new = new_secret(args)?;
    args.who
        .manage(&mut client, PeopleCommand::ChooseSecret { new }, Some(old))?;
    message(&format!("{} has a new secret.", args.who.name()));
    Ok(Exit::Ok)
}

fn new_secret(args: &SecretArgs) -> Result<Secret, Failure> {
    let file = args.new_secret_file.as_deref();
    let new = who::read(file, "New secret: ")?;
    if file.is_none() && who::read(None, "New secret, again: ")? != new {
        let text = "The two new secrets differ. Nothing was changed: try again.";
        return Err(Failure::new(Exit::Usage, text));
    }
    Ok(new)
}

fn list(args: &ListArgs) -> Ended {
    let socket = args.station.socket_path()?;
    let answer = Client::connect(&socket).and_then(|mut client| client.ask(Ask::People));
    let Answer::People(people) = who::taken(answer)? else {
        let text = "What answered is not a station of this release.";
        return Err(Failure::new(Exit::Device, text));
    };
    if args.json {
        print_json(&serde_json::json!({ "v": 1, "ok": true, "people": people }))?;
        return Ok(Exit::Ok);
    }
    if people.is_empty() {
        message("Nobody is enrolled.");
    }
    for person in people {
        let standing = match person.standing {
            Standing::Active => "active",
            Standing::OneTimeSecret => "must choose a secret",
            Standing::Locked => "locked",
            Standing::Disabled => "disabled",
        };
        let (name, roles) = (person.name.as_str(), person.roles.to_string());
        print_line(&format!("{name:<24} {roles:<40} {standing}"))?;
    }
    Ok(Exit::Ok)
}
