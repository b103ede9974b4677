//! Who gives an order, and how they prove it: the same options for every command that gives one.
//!
//! A secret never stands on the command line, where everybody on the machine can read it: it is asked for at the
//! terminal without being shown, or read from a file or a pipe.

use super::exit::{Exit, Failure};
use super::station_file::WhichStation;
use crate::record::{Meaning, SignIn};
use crate::station::names_only;
use crate::tui::client::{Client, ClientError};
use crate::wire::rights::Holders;
use crate::wire::{
    Answer, Ask, OperatorCommand, PackagingOrder, PeopleCommand, Proof, Right, Second, Secret,
};
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Longest line of a file with secrets, in bytes.
const SECRET_LINE_MAX: u64 = 1_024;

/// The name of the user who sits at this terminal, as the environment tells it.
pub fn user_name() -> String {
    ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
        .unwrap_or_else(|| "operator".to_owned())
}

/// Which station, who, and why.
#[derive(Debug, Clone, clap::Args)]
pub struct WhoArgs {
    /// The station
    #[command(flatten)]
    pub station: WhichStation,
    /// Your name, as it is enrolled and goes into the audit trail [default: the user's name]
    #[arg(long = "as", visible_alias = "operator", value_name = "NAME")]
    pub name: Option<String>,
    /// Sign the order: performed, reviewed or approved; asks for your secret
    #[arg(long, value_name = "MEANING")]
    pub sign: Option<Meaning>,
    /// Read your secret from the first line of this file, or of standard input with "-", instead of asking for it
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Who signs besides, where the station wants two persons; asks for that secret, too
    #[arg(long, value_name = "NAME", requires = "sign")]
    pub second: Option<String>,
    /// What the second signature means: performed, reviewed or approved
    #[arg(long, value_name = "MEANING", default_value = "reviewed")]
    pub second_sign: Meaning,
    /// Read the second person's secret from the first line of this file instead of asking for it
    #[arg(long, value_name = "FILE", requires = "second")]
    pub second_secret_file: Option<PathBuf>,
    /// Why, for the audit trail
    #[arg(long, alias = "why", value_name = "TEXT")]
    pub reason: Option<String>,
}

impl WhoArgs {
    /// The name.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(user_name)
    }

    /// The station file, for what needs more than a socket.
    ///
    /// # Errors
    /// None was named.
    pub fn station_file(&self) -> Result<&Path, Failure> {
        self.station.config.as_deref().ok_or_else(|| {
            let text = "Name the station file with -c FILE: its key and its store are needed.";
            Failure::new(Exit::Usage, text)
        })
    }

    /// A connection to the station.
    ///
    /// # Errors
    /// There is none, or the station file has mistakes.
    pub fn connect(&self) -> Result<Client, Failure> {
        Client::connect(&self.station.socket_path()?).map_err(device)
    }

    /// Gives the line an order; its answer says that it is on the station's disk.
    ///
    /// # Errors
    /// The station refuses, with the reason and the next step; or there is no secret to be had.
    pub fn order(&self, client: &mut Client, command: OperatorCommand) -> Result<Answer, Failure> {
        let proof = self.proof(client, Right::to_order(&command))?;
        let (by, reason) = (self.name(), self.reason.clone());
        taken(client.ask(Ask::Do {
            by,
            proof,
            reason,
            command,
        }))
    }

    /// Does something with containers; what must be known of it comes back once it is on the station's disk.
    ///
    /// # Errors
    /// As [`WhoArgs::order`].
    pub fn pack(&self, client: &mut Client, order: PackagingOrder) -> Result<Vec<String>, Failure> {
        let proof = self.proof(client, Right::to_pack(&order))?;
        let (by, reason) = (self.name(), self.reason.clone());
        let answer = taken(client.ask(Ask::Pack {
            by,
            proof,
            reason,
            order,
        }))?;
        Ok(match answer {
            Answer::Told(lines) => lines,
            _ => Vec::new(),
        })
    }

    /// Changes who is enrolled.
    ///
    /// # Errors
    /// As [`WhoArgs::order`].
    pub fn manage(
        &self,
        client: &mut Client,
        command: PeopleCommand,
        secret: Option<Secret>,
    ) -> Result<Answer, Failure> {
        let proof = match secret {
            Some(secret) => Some(self.proven_by(secret)?),
            None => self.proof(client, Right::to_manage(&command))?,
        };
        let (by, reason) = (self.name(), self.reason.clone());
        taken(client.ask(Ask::Manage {
            by,
            proof,
            reason,
            command,
        }))
    }

    /// What this order needs for a proof: nothing where names are believed, and nothing for what anybody may.
    fn proof(&self, client: &mut Client, right: Right) -> Result<Option<Proof>, Failure> {
        let sign_in = client.view().map_err(device)?.sign_in;
        self.proof_for(sign_in, right)
    }

    /// The same where it is known whether names are believed.
    ///
    /// # Errors
    /// There is no secret to be had, or none is taken.
    pub fn proof_for(&self, sign_in: SignIn, right: Right) -> Result<Option<Proof>, Failure> {
        let needed = match sign_in {
            // Said before a secret is asked for: the station would refuse it all the same.
            SignIn::NamesOnly if self.sign.is_some() || self.secret_file.is_some() => {
                return Err(Failure::new(Exit::SomeRefused, names_only()));
            }
            SignIn::NamesOnly => false,
            SignIn::Required => right.row().holders != Holders::Anybody,
        };
        match needed || self.sign.is_some() || self.secret_file.is_some() {
            true => self.proven_by(self.secret()?).map(Some),
            false => Ok(None),
        }
    }

    /// This secret as a proof; signed, and by a second person, where that was wanted.
    ///
    /// # Errors
    /// The second person's secret is not to be had.
    pub fn proven_by(&self, secret: Secret) -> Result<Proof, Failure> {
        let Some(meaning) = self.sign else {
            return Ok(Proof::Secret(secret));
        };
        let second = self.second.as_ref().map(|name| {
            let ask = format!("Secret of {name}, who signs second: ");
            Ok(Second {
                by: name.clone(),
                meaning: self.second_sign,
                secret: read(self.second_secret_file.as_deref(), &ask)?,
            })
        });
        Ok(Proof::Signature {
            meaning,
            secret,
            second: second.transpose()?.map(Box::new),
        })
    }

    /// The person's secret: from the file, or asked for.
    ///
    /// # Errors
    /// There is no terminal to ask at, or the file cannot be read.
    pub fn secret(&self) -> Result<Secret, Failure> {
        read(
            self.secret_file.as_deref(),
            &format!("Secret of {}: ", self.name()),
        )
    }
}

/// A secret from the first line of a file, or asked for at the terminal without being shown.
///
/// # Errors
/// The file cannot be read; there is no terminal.
pub fn read(file: Option<&Path>, ask: &str) -> Result<Secret, Failure> {
    match file {
        Some(path) if path == Path::new("-") => {
            first_line(std::io::stdin().lock(), "standard input")
        }
        Some(path) => {
            let name = path.display().to_string();
            let file = std::fs::File::open(path).map_err(|why| {
                let text = format!("The file {name} cannot be opened ({why}). Check its path.");
                Failure::new(Exit::Usage, text)
            })?;
            first_line(BufReader::new(file), &name)
        }
        None if std::io::stderr().is_terminal() => {
            let said = rpassword::prompt_password(ask).map_err(|why| {
                Failure::new(Exit::Usage, format!("The secret cannot be read ({why})."))
            })?;
            Ok(Secret::new(said))
        }
        None => Err(Failure::new(
            Exit::Usage,
            "This takes your secret, and there is no terminal to ask at: give it with --secret-file FILE, or with \
             --secret-file - on standard input.",
        )),
    }
}

fn first_line(from: impl BufRead, name: &str) -> Result<Secret, Failure> {
    let mut line = Zeroizing::new(String::new());
    let read = from.take(SECRET_LINE_MAX).read_line(&mut line);
    let wrong =
        |why: String| Failure::new(Exit::Usage, format!("No secret comes from {name}: {why}."));
    read.map_err(|why| wrong(why.to_string()))?;
    let secret = line.trim_end_matches(['\r', '\n']);
    match secret.is_empty() {
        true => Err(wrong("its first line is empty".to_owned())),
        false => Ok(Secret::new(secret.to_owned())),
    }
}

/// The station's answer, unless it is a refusal.
///
/// # Errors
/// The refusal, or that there is no station.
pub fn taken(answer: Result<Answer, ClientError>) -> Result<Answer, Failure> {
    match answer.map_err(device)? {
        Answer::Refused { text } => Err(Failure::new(Exit::SomeRefused, text)),
        answer => Ok(answer),
    }
}

/// The exit code of a station that does not answer.
pub fn device(error: ClientError) -> Failure {
    Failure::new(Exit::Device, error)
}
