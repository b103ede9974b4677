//! The PLC as a Modbus TCP server: function codes 3, 6 and 16, one unit id.

use std::{
    future::{Future, Ready, ready},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tokio_modbus::{
    ExceptionCode, Request, Response, SlaveRequest,
    server::{Service, tcp::Server},
};

use super::Shared;
use crate::plc::Exception;

/// Most clients at once.
pub const CLIENTS_MAX: usize = 8;

/// Serves the PLC until the factory ends. Only this unit id is answered; others are ignored, as on a shared line.
///
/// # Errors
/// When the listener fails.
pub async fn serve_modbus(shared: Arc<Shared>, unit: u8, listener: TcpListener) -> io::Result<()> {
    let seats = Arc::new(Semaphore::new(CLIENTS_MAX));
    let connected = |stream: TcpStream, _| {
        let (shared, seats) = (Arc::clone(&shared), Arc::clone(&seats));
        async move {
            let open = shared.factory().modbus_open();
            let Some(seat) = seats.try_acquire_owned().ok().filter(|_| open) else {
                return Ok(None);
            };
            if stream.set_nodelay(true).is_err() {
                return Ok(None);
            }
            let transport = Cuttable::new(stream, shared.modbus_cut.subscribe(), seat);
            Ok(Some((PlcService { shared, unit }, transport)))
        }
    };
    // A client that sends garbage or breaks off loses its connection; that is all there is to it.
    let server = Server::new(listener);
    tokio::select! {
        result = server.serve(&connected, |_| ()) => result,
        () = shared.ended() => Ok(()),
    }
}

struct PlcService {
    shared: Arc<Shared>,
    unit: u8,
}

impl Service for PlcService {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Option<Response>, ExceptionCode>>;

    fn call(&self, asked: SlaveRequest<'static>) -> Self::Future {
        if asked.slave != self.unit {
            return ready(Ok(None));
        }
        let now = self.shared.now();
        let result = self.shared.with_memory(|factory| match asked.request {
            Request::ReadHoldingRegisters(address, count) => factory
                .plc_read(now, address, count)
                .map(Response::ReadHoldingRegisters),
            Request::WriteSingleRegister(address, word) => factory
                .plc_write(now, address, &[word])
                .map(|()| Response::WriteSingleRegister(address, word)),
            Request::WriteMultipleRegisters(address, words) => {
                let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
                factory
                    .plc_write(now, address, &words)
                    .map(|()| Response::WriteMultipleRegisters(address, count))
            }
            _ => Err(Exception::IllegalFunction),
        });
        ready(result.map(Some).map_err(|exception| match exception {
            Exception::IllegalFunction => ExceptionCode::IllegalFunction,
            Exception::IllegalAddress => ExceptionCode::IllegalDataAddress,
            Exception::IllegalValue => ExceptionCode::IllegalDataValue,
        }))
    }
}

/// A connection that reads as ended once the cable is pulled.
struct Cuttable {
    stream: TcpStream,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    _seat: OwnedSemaphorePermit,
}

impl Cuttable {
    fn new(stream: TcpStream, mut cut: watch::Receiver<u64>, seat: OwnedSemaphorePermit) -> Self {
        cut.mark_unchanged();
        let cut = Box::pin(async move {
            // An error means that the factory is gone: also a cut.
            let _ = cut.changed().await;
        });
        Cuttable {
            stream,
            cut,
            _seat: seat,
        }
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
