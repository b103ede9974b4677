//! A reader on TCP: whoever connects hears every scan as framed text; what it says is not listened to.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{House, Viewers};

/// Longest wait for a listener to take a scan.
const WAIT: Duration = Duration::from_secs(10);

/// Serves a reader until the factory ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve_reader(
    house: Arc<House>,
    listeners: Arc<Viewers>,
    listener: TcpListener,
) -> io::Result<()> {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            () = house.ended() => return Ok(()),
        };
        let (house, listeners) = (Arc::clone(&house), Arc::clone(&listeners));
        tokio::spawn(async move {
            tokio::select! {
                // A listener that breaks off is simply gone.
                _ = talk(&listeners, stream) => {}
                () = house.ended() => {}
            }
        });
    }
}

async fn talk(listeners: &Viewers, mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some(mut scans) = listeners.join() else {
        return Ok(());
    };
    let (mut from, mut to) = stream.split();
    let mut ignored = [0; 256];
    loop {
        tokio::select! {
            scan = scans.recv() => {
                let Some(scan) = scan else { return Ok(()) };
                timeout(WAIT, to.write_all(&scan)).await??;
            }
            read = from.read(&mut ignored) => {
                if read? == 0 {
                    return Ok(());
                }
            }
        }
    }
}
