//! The printer on raw TCP: one client at a time, as the real ones do.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::Shared;

/// Longest wait for a client to take an answer.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// How often a full buffer, and what the printer says by itself, is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Bytes read at once.
const CHUNK: usize = 4096;

/// Serves the printer until the factory ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve_printer(shared: Arc<Shared>, listener: TcpListener) -> io::Result<()> {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            () = shared.ended() => return Ok(()),
        };
        if !shared.factory().printer_open() || stream.set_nodelay(true).is_err() {
            continue;
        }
        let mut cut = shared.printer_cut.subscribe();
        cut.mark_unchanged();
        tokio::select! {
            () = talk(&shared, stream) => {}
            _ = cut.changed() => {}
            () = shared.ended() => return Ok(()),
        }
        shared.factory().printer_link_lost();
    }
}

/// Talks to one client until it leaves or stops listening.
async fn talk(shared: &Shared, mut stream: TcpStream) {
    let mut bytes = [0; CHUNK];
    loop {
        let reads = shared.factory().printer_reads();
        let answer = tokio::select! {
            read = stream.read(&mut bytes), if reads => {
                let Ok(count @ 1..) = read else { return };
                let now = shared.now();
                shared.factory().printer_receive(now, &bytes[..count])
            }
            // What it says late or unasked, and whether it reads again.
            () = tokio::time::sleep(LOOK) => {
                let now = shared.now();
                shared.factory().printer_says(now)
            }
        };
        if !matches!(
            timeout(ANSWER_WAIT, stream.write_all(&answer)).await,
            Ok(Ok(()))
        ) {
            return;
        }
    }
}
