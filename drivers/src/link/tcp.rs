//! TCP links: no delay, keep-alive, and a limit on every wait. IO.

use super::in_words;
use crate::Fault;
use crate::address::HostPort;
use socket2::{SockRef, TcpKeepalive};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest wait for a connection, name lookup included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest wait for the peer to take what is written.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(1);
/// An idle connection is probed after this long, so that a pulled cable is noticed without traffic.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(3);
/// Pause between two probes.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);
/// Unanswered probes after which the link is dead.
pub const KEEPALIVE_PROBES_MAX: u32 = 3;

/// Connects with TCP_NODELAY and keep-alive set.
///
/// # Errors
/// [`Fault::LinkDown`] with the system's reason, or [`Fault::Timeout`].
pub async fn connect(at: &HostPort) -> Result<TcpStream, Fault> {
    let connecting = TcpStream::connect((at.host.as_str(), at.port));
    let stream = match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            let why = in_words(&error);
            return Err(Fault::LinkDown(format!("cannot connect to {at}: {why}")));
        }
        Err(_) => {
            return Err(Fault::Timeout {
                what: format!("connecting to {at}"),
                after: CONNECT_TIMEOUT,
            });
        }
    };
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES_MAX);
    stream
        .set_nodelay(true)
        .and_then(|()| SockRef::from(&stream).set_tcp_keepalive(&keepalive))
        .map_err(|error| {
            let why = in_words(&error);
            Fault::LinkDown(format!("cannot set up the link to {at}: {why}"))
        })?;
    Ok(stream)
}

pub(crate) struct TcpWire {
    stream: TcpStream,
}

impl TcpWire {
    pub async fn open(at: &HostPort) -> Result<TcpWire, Fault> {
        Ok(TcpWire {
            stream: connect(at).await?,
        })
    }

    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        match self.stream.read(buffer).await {
            Ok(0) => Err(Fault::LinkDown("the device closed the connection".into())),
            Ok(count) => Ok(count),
            Err(error) => Err(Fault::LinkDown(in_words(&error))),
        }
    }

    pub async fn write_all(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        match tokio::time::timeout(WRITE_TIMEOUT, self.stream.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Fault::LinkDown(in_words(&error))),
            Err(_) => Err(Fault::Timeout {
                what: format!("handing over {} bytes", bytes.len()),
                after: WRITE_TIMEOUT,
            }),
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_connection_is_probed_within_the_limits() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let host = "127.0.0.1".to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let stream = runtime.block_on(connect(&HostPort { host, port })).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE_IDLE);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), KEEPALIVE_INTERVAL);
        assert_eq!(
            socket.tcp_keepalive_retries().unwrap(),
            KEEPALIVE_PROBES_MAX
        );
    }
}
