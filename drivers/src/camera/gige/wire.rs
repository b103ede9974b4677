//! The sockets of a GigE Vision camera, and the search for cameras. IO.

use super::address::{CameraName, GigeAddress};
use super::gvcp::{Found, GVCP_PORT, Reply, Request};
use super::session::GigeSession;
use super::{Ends, Heard};
use crate::address::HostPort;
use crate::camera::CameraEvent;
use crate::link::in_words;
use crate::link::tcp::CONNECT_TIMEOUT;
use crate::pump::{self, Backoff, Clock, Engine, PumpHandle, READ_MAX, Want};
use crate::session::Session;
use crate::{Fault, pump::Attended};
use socket2::{Domain, SockRef, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;
use tokio::net::UdpSocket;

/// Receive buffer that is asked for, in bytes: a dozen pictures of 1.3 megapixels.
pub const RECEIVE_BUFFER: usize = 16 * 1024 * 1024;
/// How long cameras are waited for when one is searched by its serial number.
pub const SEARCH_WAIT: Duration = Duration::from_millis(1_000);
/// Most packets taken before anything else is looked at.
const PACKETS_AT_ONCE: usize = 256;
/// Most cameras that one search finds.
const FOUND_MAX: usize = 256;

/// Takes pictures from a camera on a thread of its own. `emit` is called on that thread. The one command fires the
/// software trigger.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub fn spawn<F>(address: GigeAddress, clock: Clock, emit: F) -> io::Result<PumpHandle<()>>
where
    F: FnMut(CameraEvent) + Send + 'static,
{
    let name = address.to_string();
    let session = GigeSession::new(address.clone());
    pump::spawn(&name, session, clock, emit, move |engine| {
        Box::pin(run(engine, address))
    })
}

async fn run<F: FnMut(CameraEvent)>(mut engine: Engine<GigeSession, F>, address: GigeAddress) {
    let mut backoff = Backoff::usual();
    loop {
        let since = engine.clock.now();
        let mut lived = Duration::ZERO;
        let why = match engine.attend(false, Sockets::open(&address.camera)).await {
            Attended::Done(Ok(sockets)) => {
                let why = converse(&mut engine, &sockets).await;
                lived = engine.clock.now().since(since);
                for last in engine.session.farewell() {
                    // The camera may be gone; then it frees itself by its own heartbeat time.
                    let _gone = sockets.control.try_send(&last);
                }
                match why {
                    Some(why) => why,
                    None => return,
                }
            }
            Attended::Done(Err(why)) | Attended::Drop(why) => why,
            Attended::Stopped => return,
        };
        engine.link_closed(why);
        let pause = tokio::time::sleep(backoff.pause(lived));
        if matches!(engine.attend(false, pause).await, Attended::Stopped) {
            return;
        }
    }
}

/// Carries datagrams until the link ends; `None` when the pump is to end.
async fn converse<F: FnMut(CameraEvent)>(
    engine: &mut Engine<GigeSession, F>,
    sockets: &Sockets,
) -> Option<Fault> {
    engine.session.opened(engine.clock.now());
    engine
        .session
        .received(engine.clock.now(), &Heard::Opened(sockets.ends));
    let mut control = Heard::Control(Vec::with_capacity(READ_MAX));
    let mut stream = Heard::Stream(Vec::with_capacity(READ_MAX));
    loop {
        loop {
            match engine.settle() {
                Want::Nothing => break,
                Want::Drop(why) => return Some(why),
                Want::Transmit(bytes) => {
                    if let Err(error) = sockets.control.send(&bytes).await {
                        return Some(sockets.down("writing to", &error));
                    }
                }
            }
        }
        let ready = tokio::select! {
            biased;
            go_on = engine.inputs() => match go_on {
                true => continue,
                false => return None,
            },
            ready = sockets.control.readable() => ready.map(|()| &mut control),
            ready = sockets.stream.readable() => ready.map(|()| &mut stream),
        };
        match ready {
            Ok(heard) => {
                if let Err(error) = take(engine, sockets, heard) {
                    return Some(sockets.down("reading from", &error));
                }
            }
            Err(error) => return Some(sockets.down("waiting for", &error)),
        }
    }
}

/// Takes what waits in a socket, a bounded number of datagrams.
fn take<F: FnMut(CameraEvent)>(
    engine: &mut Engine<GigeSession, F>,
    sockets: &Sockets,
    heard: &mut Heard,
) -> io::Result<()> {
    for _ in 0..PACKETS_AT_ONCE {
        let come = match heard {
            Heard::Stream(bytes) => {
                bytes.clear();
                // Only the camera itself is listened to.
                let come = sockets.stream.try_recv_buf_from(bytes);
                come.map(|(_, from)| from.ip() == IpAddr::V4(sockets.camera))
            }
            Heard::Control(bytes) => {
                bytes.clear();
                sockets.control.try_recv_buf(bytes).map(|_| true)
            }
            Heard::Opened(_) => return Ok(()),
        };
        match come {
            Ok(true) => engine.session.received(engine.clock.now(), heard),
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct Sockets {
    control: UdpSocket,
    stream: UdpSocket,
    camera: Ipv4Addr,
    port: u16,
    ends: Ends,
}

impl Sockets {
    async fn open(name: &CameraName) -> Result<Sockets, Fault> {
        let at = match name {
            CameraName::At(at) => look_up(at).await?,
            CameraName::Serial(serial) => search(serial).await?,
        };
        Sockets::connect(at).await.map_err(|error| {
            let why = in_words(&error);
            Fault::LinkDown(format!("cannot reach the camera at {at}: {why}"))
        })
    }

    async fn connect(at: SocketAddrV4) -> io::Result<Sockets> {
        let control = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        control.connect(at).await?;
        let host = match control.local_addr()?.ip() {
            IpAddr::V4(host) => host,
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        };
        let stream = UdpSocket::bind((host, 0)).await?;
        let socket = SockRef::from(&stream);
        // A smaller buffer than asked for is told, not refused.
        let _smaller = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        // Linux gives twice what it was asked for, for its own accounts.
        let given = socket.recv_buffer_size()? / if cfg!(target_os = "linux") { 2 } else { 1 };
        let port = stream.local_addr()?.port();
        let ends = Ends {
            host,
            port,
            buffer_asked: RECEIVE_BUFFER,
            buffer_given: given,
        };
        Ok(Sockets {
            control,
            stream,
            camera: *at.ip(),
            port: at.port(),
            ends,
        })
    }

    fn down(&self, doing: &str, error: &io::Error) -> Fault {
        let at = SocketAddrV4::new(self.camera, self.port);
        let why = in_words(error);
        Fault::LinkDown(format!("{doing} the camera at {at}: {why}"))
    }
}

pub(super) async fn look_up(at: &HostPort) -> Result<SocketAddrV4, Fault> {
    let looking = tokio::net::lookup_host((at.host.as_str(), at.port));
    let found = match tokio::time::timeout(CONNECT_TIMEOUT, looking).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return Err(Fault::LinkDown(format!("cannot look up {at}: {error}"))),
        Err(_) => {
            return Err(Fault::Timeout {
                what: format!("looking up {at}"),
                after: CONNECT_TIMEOUT,
            });
        }
    };
    let v4 = |address: SocketAddr| match address {
        SocketAddr::V4(address) => Some(address),
        SocketAddr::V6(_) => None,
    };
    let none = || {
        Fault::LinkDown(format!(
            "{at} has no IPv4 address, and GigE Vision knows no other"
        ))
    };
    found.into_iter().find_map(v4).ok_or_else(none)
}

pub(super) async fn search(serial: &str) -> Result<SocketAddrV4, Fault> {
    let found = find(SEARCH_WAIT, |found| found.serial == serial).await;
    let found =
        found.map_err(|error| Fault::LinkDown(format!("cannot search for cameras: {error}")))?;
    match found.iter().find(|(found, _)| found.serial == serial) {
        Some((found, _)) => Ok(SocketAddrV4::new(found.ip, GVCP_PORT)),
        None => {
            let others: Vec<String> = found
                .iter()
                .take(8)
                .map(|(found, _)| found.to_string())
                .collect();
            let others = if others.is_empty() {
                "no camera at all".to_owned()
            } else {
                others.join("; ")
            };
            Err(Fault::LinkDown(format!(
                "no camera with the serial number {serial} answers; found: {others}"
            )))
        }
    }
}

/// Asks all networks of this computer for cameras; each is named once.
///
/// # Errors
/// When no socket can be opened.
pub fn discover(wait: Duration) -> io::Result<Vec<Found>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let found = runtime.block_on(find(wait, |_| false))?;
    Ok(found.into_iter().map(|(found, _)| found).collect())
}

/// Asks all networks, until the wait is over or one is `enough`.
async fn find(
    wait: Duration,
    enough: impl Fn(&Found) -> bool,
) -> io::Result<Vec<(Found, SocketAddr)>> {
    let (answers, mut come) = tokio::sync::mpsc::channel(FOUND_MAX);
    let mut asked = 0;
    for interface in if_addrs::get_if_addrs()? {
        let if_addrs::IfAddr::V4(at) = &interface.addr else {
            continue;
        };
        // The whole network may be asked in two ways; the loopback network has only itself.
        let mut targets = vec![Ipv4Addr::BROADCAST];
        targets.extend(at.broadcast);
        targets.extend(interface.is_loopback().then_some(at.ip));
        match ask_network(at.ip, &targets) {
            Ok(socket) => {
                asked += 1;
                tokio::task::spawn(listen(socket, wait, answers.clone()));
            }
            Err(error) if asked == 0 && error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(error);
            }
            Err(_) => {} // An interface that is down, say; others may answer.
        }
    }
    drop(answers);
    let mut found: Vec<(Found, SocketAddr)> = Vec::new();
    while let Some((camera, from)) = come.recv().await {
        let done = enough(&camera);
        keep(&mut found, camera, from);
        if done {
            break;
        }
    }
    Ok(found)
}

/// Each camera once, and no more than the limit.
fn keep(found: &mut Vec<(Found, SocketAddr)>, camera: Found, from: SocketAddr) {
    let known = |(known, _): &(Found, SocketAddr)| known.mac == camera.mac && known.ip == camera.ip;
    if found.len() < FOUND_MAX && !found.iter().any(known) {
        found.push((camera, from));
    }
}

fn ask_network(own: Ipv4Addr, targets: &[Ipv4Addr]) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_broadcast(true)?;
    socket.bind(&SocketAddr::from((own, 0)).into())?;
    socket.set_nonblocking(true)?;
    let ask = Request::Discover.datagram(1);
    let mut sent = Err(io::ErrorKind::NotConnected.into());
    for target in targets {
        let one = socket.send_to(&ask, &SocketAddr::from((*target, GVCP_PORT)).into());
        sent = sent.or(one.map(|_| ()));
    }
    sent?;
    UdpSocket::from_std(socket.into())
}

async fn listen(
    socket: UdpSocket,
    wait: Duration,
    answers: tokio::sync::mpsc::Sender<(Found, SocketAddr)>,
) {
    let until = tokio::time::Instant::now() + wait;
    let mut bytes = vec![0; 1024];
    while let Ok(Ok((count, from))) =
        tokio::time::timeout_at(until, socket.recv_from(&mut bytes)).await
    {
        let reply = Reply::parse(&bytes[..count]);
        let found = reply
            .ok()
            .and_then(|reply| match Request::Discover.understand(&reply) {
                Ok(super::gvcp::Answer::Found(found)) => Some(found),
                _ => None,
            });
        if let Some(found) = found
            && answers.send((found, from)).await.is_err()
        {
            return;
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn cameras_found_are_named_once_and_up_to_the_limit() {
        let mut found = Vec::new();
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, GVCP_PORT));
        for no in (0..2 * FOUND_MAX as u32).flat_map(|no| [no, no]) {
            let mut answer = vec![0; 248];
            answer[12..16].copy_from_slice(&no.to_be_bytes());
            keep(&mut found, Found::parse(&answer).unwrap(), from);
            assert_eq!(found.len(), FOUND_MAX.min(no as usize + 1));
        }
    }
}
