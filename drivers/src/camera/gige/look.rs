//! Looks at a GigE Vision camera without taking it: who is it, and does somebody control it? IO.
//!
//! Only a discovery and the reading of one register are sent; both are open to everybody (GigE Vision 2.0; a camera
//! that somebody controls *exclusively* refuses the reading, which says the same).

use super::address::CameraName;
use super::gvcp::{Answer, Found, Refusal, Reply, Request, TAKEN, register};
use super::wire::{look_up, search};
use super::{ANSWER_MS, TRIES_MAX};
use crate::Fault;
use crate::link::in_words;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::time::Duration;
use tokio::net::UdpSocket;

/// What was seen of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Who it says it is.
    pub found: Found,
    /// Somebody controls it.
    pub taken: bool,
    /// This computer's address towards it.
    pub host: Ipv4Addr,
    /// The name of the network interface with this address.
    pub interface: Option<String>,
}

/// Looks at this camera; ends by itself within the limits of its few questions.
///
/// # Errors
/// It cannot be found, does not answer, or answers something else.
pub fn look(camera: &CameraName) -> Result<Seen, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::LinkDown(format!("no event queue: {error}")))?;
    runtime.block_on(async {
        let at = match camera {
            CameraName::At(at) => look_up(at).await?,
            CameraName::Serial(serial) => search(serial).await?,
        };
        look_at(at).await
    })
}

async fn look_at(at: SocketAddrV4) -> Result<Seen, Fault> {
    let down = |error: io::Error| {
        let why = in_words(&error);
        Fault::LinkDown(format!("the camera at {at}: {why}"))
    };
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await;
    let socket = socket.map_err(down)?;
    socket.connect(at).await.map_err(down)?;
    let host = match socket.local_addr().map_err(down)?.ip() {
        IpAddr::V4(host) => host,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    };
    let found = match ask(&socket, &Request::Discover, 1).await.map_err(down)? {
        Some(Ok(Answer::Found(found))) => found,
        Some(Err(refusal)) => return Err(Fault::Garbled(refusal.to_string())),
        _ => {
            let what = format!("a GigE Vision discovery at {at}");
            return Err(Fault::Timeout { what, after: all() });
        }
    };
    let control = Request::ReadRegister(register::CONTROL);
    let taken = match ask(&socket, &control, 2).await.map_err(down)? {
        Some(Ok(Answer::Value(value))) => value & TAKEN != 0,
        Some(Err(Refusal::Status(_))) => true,
        Some(_) => return Err(Fault::Garbled("who controls the camera".into())),
        None => {
            let what = format!("who controls the camera at {at}");
            return Err(Fault::Timeout { what, after: all() });
        }
    };
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let interface = interfaces.into_iter().find(|one| one.ip() == host);
    Ok(Seen {
        found,
        taken,
        host,
        interface: interface.map(|one| one.name),
    })
}

/// How long one question is asked.
fn all() -> Duration {
    Duration::from_millis(ANSWER_MS * u64::from(TRIES_MAX))
}

/// Asks up to [`TRIES_MAX`] times; `None`: no answer.
async fn ask(
    socket: &UdpSocket,
    request: &Request,
    id: u16,
) -> io::Result<Option<Result<Answer, Refusal>>> {
    let mut bytes = vec![0; 1024];
    for _ in 0..TRIES_MAX {
        socket.send(&request.datagram(id)).await?;
        let until = tokio::time::Instant::now() + Duration::from_millis(ANSWER_MS);
        while let Ok(come) = tokio::time::timeout_at(until, socket.recv(&mut bytes)).await {
            let reply = Reply::parse(&bytes[..come?]);
            // Late answers, other ids and "I need longer" are passed over.
            if let Ok(reply) = reply
                && reply.id == id
                && reply.pending_ms().is_none()
            {
                return Ok(Some(request.understand(&reply)));
            }
        }
    }
    Ok(None)
}
