//! `vidimus tui`: a screen on a running station. Leaving it does not stop the station.

use super::exit::{Ended, Exit, Failure};
use super::language::LanguageArgs;
use super::station_file::WhichStation;
use super::{message, who};
use crate::record::SignIn;
use crate::tui::client::Client;
use crate::tui::{Leave, Session, TuiError};
use crate::wire::{Answer, Ask};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Arguments of `tui`.
#[derive(Debug, Clone, clap::Args)]
pub struct TuiArgs {
    /// The station
    #[command(flatten)]
    pub station: WhichStation,
    /// Your name, as it is enrolled and goes into the audit trail with everything you do; asks for your secret where
    /// the station wants one [default: the user's name, without a secret: you may look, stop the line and reject]
    #[arg(long = "as", visible_alias = "operator", value_name = "NAME")]
    pub name: Option<String>,
    /// Read your secret from the first line of this file instead of asking for it
    #[arg(long, value_name = "FILE", requires = "name")]
    pub secret_file: Option<PathBuf>,
    /// The board for the wall instead of the screen: state, stop reason, good packs and rate in large letters; nothing
    /// is ordered from it, q leaves it
    #[arg(long, conflicts_with = "name")]
    pub big: bool,
    /// What it speaks
    #[command(flatten)]
    pub language: LanguageArgs,
}

/// Shows the screen until it is left.
///
/// # Errors
/// There is no terminal, or it failed.
pub fn run(args: &TuiArgs) -> Ended {
    let socket = args.station.socket_path()?;
    let speech = args.language.speech()?;
    if let Some(trouble) = &speech.trouble {
        message(trouble);
    }
    if args.big {
        return left(crate::tui::run_board(&socket, speech));
    }
    let session = match &args.name {
        Some(name) => sign_in(args, name, &socket)?,
        None => None,
    };
    let operator = args.name.clone().unwrap_or_else(who::user_name);
    left(crate::tui::run(&socket, &operator, session, speech))
}

fn left(how: Result<Leave, TuiError>) -> Ended {
    how.map(|_| Exit::Ok).map_err(|error| {
        let exit = match error {
            TuiError::NoTerminal => Exit::Usage,
            TuiError::Terminal(_) | TuiError::Thread(_) => Exit::Device,
        };
        Failure::new(exit, error)
    })
}

/// Opens a session where the station wants one. A station that is not there is waited for by the screen.
fn sign_in(args: &TuiArgs, name: &str, socket: &Path) -> Result<Option<Session>, Failure> {
    let view = Client::connect(socket).and_then(|mut client| client.view());
    if !matches!(&view, Ok(view) if view.sign_in == SignIn::Required) {
        return Ok(None);
    }
    let ask = Ask::SignIn {
        by: name.to_owned(),
        secret: who::read(args.secret_file.as_deref(), &format!("Secret of {name}: "))?,
    };
    match who::taken(Client::connect(socket).and_then(|mut client| client.ask(ask)))? {
        Answer::SignedIn {
            session, idle_s, ..
        } => Ok(Some(Session {
            token: session,
            idle: Duration::from_secs(idle_s),
        })),
        _ => Ok(None),
    }
}
