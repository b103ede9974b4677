//! The PLC as a Modbus TCP server: function codes 3, 4, 6 and 16, one unit id.

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
use crate::plc::{
    Exception,
    rtu::{Asked, Outcome},
    trouble::Trouble,
};

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
        let (asked, answer) = match asked.request {
            Request::ReadHoldingRegisters(address, count) => (Asked::Read { address, count }, None),
            Request::ReadInputRegisters(address, count) => {
                let answer = Response::ReadInputRegisters(Vec::new());
                (Asked::ReadInput { address, count }, Some(answer))
            }
            Request::WriteSingleRegister(address, word) => {
                let words = vec![word];
                let answer = Response::WriteSingleRegister(address, word);
                (Asked::Write { address, words }, Some(answer))
            }
            Request::WriteMultipleRegisters(address, words) => {
                let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
                let words = words.into_owned();
                let answer = Response::WriteMultipleRegisters(address, count);
                (Asked::Write { address, words }, Some(answer))
            }
            _ => return ready(Err(ExceptionCode::IllegalFunction)),
        };
        let (outcome, trouble) = registers(&self.shared, asked);
        ready(match (outcome, trouble) {
            (_, Some(Trouble::Silent)) => Ok(None),
            (_, Some(Trouble::Exception)) => Err(ExceptionCode::ServerDeviceFailure),
            (Ok(words), _) => Ok(Some(match answer {
                None => Response::ReadHoldingRegisters(words),
                Some(Response::ReadInputRegisters(_)) => Response::ReadInputRegisters(words),
                Some(answer) => answer,
            })),
            (Err(exception), _) => Err(match exception {
                Exception::IllegalFunction => ExceptionCode::IllegalFunction,
                Exception::IllegalAddress => ExceptionCode::IllegalDataAddress,
                Exception::IllegalValue => ExceptionCode::IllegalDataValue,
            }),
        })
    }
}

/// Does what a request asks, and says what goes wrong with its answer.
pub(super) fn registers(shared: &Shared, asked: Asked) -> (Outcome, Option<Trouble>) {
    let now = shared.now();
    shared.with_memory(|factory| {
        let outcome = match asked {
            Asked::Read { address, count } => factory.plc_read(now, address, count),
            Asked::ReadInput { address, count } => factory.plc_read_input(now, address, count),
            Asked::Write { address, words } => {
                let written = factory.plc_write(now, address, &words);
                written.map(|()| Vec::new())
            }
        };
        (outcome, factory.plc_strike())
    })
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
