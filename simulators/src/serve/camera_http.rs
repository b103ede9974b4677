//! The camera as an HTTP stream server: `multipart/x-mixed-replace`, one part a frame.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, error::TrySendError},
    time::timeout,
};

use super::Shared;

/// Frames that wait for one viewer; a frame beyond them is dropped for that viewer.
pub const FRAMES_WAITING_MAX: usize = 32;
/// Most viewers at once.
pub const VIEWERS_MAX: usize = 8;
/// Longest request head.
const HEAD_MAX: usize = 8192;
/// Longest wait for a request, or for a viewer to take a frame.
const WAIT: Duration = Duration::from_secs(10);

type Part = Arc<Vec<u8>>;

/// Everybody who watches.
#[derive(Debug, Default)]
pub struct Viewers {
    queues: Mutex<Vec<mpsc::Sender<Part>>>,
}

impl Viewers {
    /// Hands a frame to everybody who watches; `false` when it reached nobody.
    pub fn show(&self, part: Vec<u8>) -> bool {
        let part = Arc::new(part);
        let mut reached = false;
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|queue| match queue.try_send(Arc::clone(&part)) {
            Ok(()) => {
                reached = true;
                true
            }
            Err(TrySendError::Full(_)) => true,
            Err(TrySendError::Closed(_)) => false,
        });
        reached
    }

    /// Whoever watches from now on; `None` when there are too many.
    pub fn join(&self) -> Option<mpsc::Receiver<Part>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|queue| !queue.is_closed());
        if queues.len() >= VIEWERS_MAX {
            return None;
        }
        let (sender, receiver) = mpsc::channel(FRAMES_WAITING_MAX);
        queues.push(sender);
        Some(receiver)
    }
}

/// Serves the camera's stream at this path until the factory ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve_camera(
    shared: Arc<Shared>,
    viewers: Arc<Viewers>,
    path: String,
    listener: TcpListener,
) -> io::Result<()> {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            () = shared.ended() => return Ok(()),
        };
        let (shared, viewers) = (Arc::clone(&shared), Arc::clone(&viewers));
        let path = path.clone();
        tokio::spawn(async move {
            tokio::select! {
                // A viewer that breaks off is simply gone.
                _ = watch(&viewers, &path, stream) => {}
                () = shared.ended() => {}
            }
        });
    }
}

async fn watch(viewers: &Viewers, stream_at: &str, mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let head = timeout(WAIT, read_head(&mut stream)).await??;
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    let bare = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
    let path = bare(path);
    if !head.starts_with("GET ") || (path != "/" && path != bare(stream_at)) {
        let text = format!("The stream of pictures is at {stream_at}.");
        let answer = format!(
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\
            Content-Length: {}\r\nConnection: close\r\n\r\n{text}",
            text.len()
        );
        return stream.write_all(answer.as_bytes()).await;
    }
    let Some(mut frames) = viewers.join() else {
        let answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\
            Connection: close\r\n\r\n";
        return stream.write_all(answer.as_bytes()).await;
    };
    let answer = "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nConnection: close\r\n\
        Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";
    stream.write_all(answer.as_bytes()).await?;
    let (mut from, mut to) = stream.split();
    let mut ignored = [0; 256];
    loop {
        tokio::select! {
            frame = frames.recv() => {
                let Some(frame) = frame else { return Ok(()) };
                timeout(WAIT, to.write_all(&frame)).await??;
            }
            read = from.read(&mut ignored) => {
                if read? == 0 {
                    return Ok(());
                }
            }
        }
    }
}

/// The request up to its empty line.
async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut bytes = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut bytes).await?;
        if count == 0 || head.len() + count > HEAD_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(&bytes[..count]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
