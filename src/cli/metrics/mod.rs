//! `vidimus metrics`: the figures of a running station for Prometheus, once or on a port of this machine.

mod exposition;
mod server;

use super::exit::{Ended, Exit, Failure};
use super::run::end_signals;
use super::station_file::WhichStation;
use crate::tui::client::{Client, ClientError};
use crate::wire::View;
use server::Source;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Arguments of `metrics`.
#[derive(Debug, Clone, clap::Args)]
pub struct MetricsArgs {
    /// The station
    #[command(flatten)]
    pub station: WhichStation,
    /// Serves them at this address of this machine, at /metrics; with port 0 the system chooses one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9464", value_parser = loopback)]
    pub listen: SocketAddr,
    /// Prints them once and ends
    #[arg(long, conflicts_with = "listen")]
    pub once: bool,
}

/// An address that only this machine reaches: the figures name products and lots, and nobody is asked who they are.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| {
        "not an address with a port, such as 127.0.0.1:9464 or [::1]:9464".to_owned()
    })?;
    match address.ip().is_loopback() {
        true => Ok(address),
        false => Err(
            "only an address of this machine itself is served (127.0.0.1, [::1]); let a proxy that asks who is there \
             pass it on"
                .to_owned(),
        ),
    }
}

/// Prints the figures, or serves them until it is told to end.
///
/// # Errors
/// No station answers (`--once`), or the address cannot be had.
pub fn run(args: &MetricsArgs) -> Ended {
    let socket = args.station.socket_path()?;
    if args.once {
        let view = asked(&socket).map_err(|error| Failure::new(Exit::Device, error))?;
        super::print_line(exposition::of(&view).trim_end_matches('\n'))?;
        return Ok(Exit::Ok);
    }
    let no_port = |why: std::io::Error| {
        let text = format!("The address {} cannot be had ({why}).", args.listen);
        Failure::new(Exit::Device, text)
    };
    let ending = end_signals()?;
    let listener = TcpListener::bind(args.listen).map_err(no_port)?;
    let at = listener.local_addr().map_err(no_port)?;
    super::message(&format!(
        "Figures of the station at {}: http://{at}/metrics",
        socket.display()
    ));
    let station = Arc::new(Station {
        socket,
        one_at_a_time: Mutex::new(()),
    });
    server::serve(&listener, &station, &ending).map_err(no_port)?;
    Ok(Exit::Ok)
}

fn asked(socket: &Path) -> Result<View, ClientError> {
    Client::connect(socket).and_then(|mut client| client.view())
}

/// The station whose figures are served.
struct Station {
    socket: PathBuf,
    /// However many ask here, the station has one more client.
    one_at_a_time: Mutex<()>,
}

impl Source for Station {
    fn text(&self) -> String {
        let _turn = self
            .one_at_a_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match asked(&self.socket) {
            Ok(view) => exposition::of(&view),
            Err(_) => exposition::without_station(),
        }
    }

    fn content_type(&self) -> &'static str {
        exposition::CONTENT_TYPE
    }
}
