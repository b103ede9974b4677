//! The control port: JSON lines on loopback.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use super::Plant;
use crate::control::LINE_MAX;

/// Most clients at once.
const CLIENTS_MAX: usize = 16;

/// Serves the control port until the factory ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve_control(plant: Arc<Plant>, listener: TcpListener) -> io::Result<()> {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            () = plant.house.ended() => return Ok(()),
        };
        if plant.house.control_clients.fetch_add(1, Ordering::SeqCst) >= CLIENTS_MAX {
            plant.house.control_clients.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let plant = Arc::clone(&plant);
        tokio::spawn(async move {
            // A client that breaks off is simply gone.
            let _ = talk(&plant, stream).await;
            plant.house.heard(plant.house.now());
            plant.house.control_clients.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn talk(plant: &Plant, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = u64::try_from(LINE_MAX).expect("64 KiB fit");
        let mut bounded = (&mut stream).take(limit);
        tokio::select! {
            read = bounded.read_until(b'\n', &mut line) => read?,
            () = plant.house.ended() => return Ok(()),
        };
        if line.is_empty() {
            return Ok(());
        }
        if line.last() != Some(&b'\n') {
            let error = format!(
                "{{\"error\":\"A line ends with a line feed within {LINE_MAX} bytes.\"}}\n"
            );
            return stream.get_mut().write_all(error.as_bytes()).await;
        }
        plant.house.heard(plant.house.now());
        let text = String::from_utf8_lossy(&line);
        let answer = plant.answer(plant.house.now(), text.trim());
        let reply = format!("{}\n", answer.json);
        stream.get_mut().write_all(reply.as_bytes()).await?;
        if answer.shutdown {
            plant.house.end();
            return Ok(());
        }
    }
}
