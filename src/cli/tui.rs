//! `vidimus tui`: a screen on a running station. Leaving it does not stop the station.

use super::exit::{Ended, Exit, Failure};
use super::station_file::WhichStation;
use crate::tui::TuiError;

/// Arguments of `tui`.
#[derive(Debug, Clone, clap::Args)]
pub struct TuiArgs {
    /// The station
    #[command(flatten)]
    pub station: WhichStation,
    /// Your name, as it goes into the audit trail with everything you do [default: the user's name]
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
}

/// Shows the screen until it is left.
///
/// # Errors
/// There is no terminal, or it failed.
pub fn run(args: &TuiArgs) -> Ended {
    let socket = args.station.socket_path()?;
    let operator = match &args.operator {
        Some(name) => name.clone(),
        None => user_name(),
    };
    crate::tui::run(&socket, &operator)
        .map(|_| Exit::Ok)
        .map_err(|error| {
            let exit = match error {
                TuiError::NoTerminal => Exit::Usage,
                TuiError::Terminal(_) | TuiError::Thread(_) => Exit::Device,
            };
            Failure::new(exit, error)
        })
}

/// The name of the user who sits at this terminal, as the environment tells it.
pub fn user_name() -> String {
    ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
        .unwrap_or_else(|| "operator".to_owned())
}
