//! Carries a PLC session's requests: over Modbus TCP with tokio-modbus, around its traps; in RTU frames by
//! [`super::rtu`]. IO.
//!
//! - A timed-out connection stays one answer behind for ever: after any error, exception, wrong
//!   length or time-out the connection is dropped, never used again.
//! - The crate accepts short answers in release builds and panics in others: the length is compared
//!   here.
//! - At EOF it reports a stale error code: errors are passed on as text, never classified.
//! - It does not set TCP_NODELAY: the stream is ours, attached with `attach_slave`.

use super::rtu::line::RtuLine;
use super::{PlcAnswer, PlcRequest, RegisterTable};
use crate::Fault;
use crate::address::{HostPort, LinkAddress, ModbusAddress, ModbusLink};
use crate::link::tcp;
use crate::pump::{self, Attended, Backoff, Clock, Engine, PumpHandle, REOPEN_PAUSE_MIN, Want};
use crate::session::Session;
use std::time::Duration;
use tokio_modbus::client::{Client, Context};
use tokio_modbus::{Request, Response, Slave, client};

/// Longest pause before the connection is opened again: shorter than for other devices, because every
/// pack that passes the gate meanwhile is a reject by default.
pub const REOPEN_PAUSE_MAX: Duration = Duration::from_millis(400);

/// Drives a PLC session over Modbus on a thread of its own. `emit` is called on that thread.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub fn spawn<S, F>(
    session: S,
    address: ModbusAddress,
    clock: Clock,
    emit: F,
) -> std::io::Result<PumpHandle<S::Command>>
where
    S: Session<Received = PlcAnswer, Transmit = PlcRequest> + Send + 'static,
    S::Command: Send + 'static,
    F: FnMut(S::Event) + Send + 'static,
{
    let name = address.to_string();
    pump::spawn(&name, session, clock, emit, move |engine| {
        Box::pin(run(engine, address))
    })
}

enum End {
    Closed(Fault),
    Stopped,
}

/// What carries requests.
enum Carrier {
    Tcp {
        at: HostPort,
        unit: u8,
        context: Option<Context>,
    },
    Rtu(RtuLine),
}

impl Carrier {
    fn of(address: ModbusAddress) -> Carrier {
        let character = address.link.character();
        let unit = address.unit;
        let link = match address.link {
            ModbusLink::Tcp(at) => {
                let context = None;
                return Carrier::Tcp { at, unit, context };
            }
            ModbusLink::Rtu(port) => LinkAddress::Serial(port),
            ModbusLink::RtuTcp { at, .. } => LinkAddress::Tcp(at),
        };
        Carrier::Rtu(RtuLine::new(link, unit, character))
    }

    async fn open(&mut self) -> Result<(), Fault> {
        match self {
            Carrier::Tcp { at, unit, context } => {
                let stream = tcp::connect(at).await?;
                *context = Some(client::tcp::attach_slave(stream, Slave(*unit)));
                Ok(())
            }
            Carrier::Rtu(line) => line.open().await,
        }
    }

    async fn ask(&mut self, request: PlcRequest) -> Result<PlcAnswer, Fault> {
        match self {
            Carrier::Tcp {
                context: Some(context),
                ..
            } => ask(context, request).await,
            Carrier::Tcp { .. } => Err(Fault::LinkDown("the connection is not open".into())),
            Carrier::Rtu(line) => line.ask(request).await,
        }
    }

    fn close(&mut self) {
        match self {
            Carrier::Tcp { context, .. } => *context = None,
            Carrier::Rtu(line) => line.close(),
        }
    }
}

async fn run<S, F>(mut engine: Engine<S, F>, address: ModbusAddress)
where
    S: Session<Received = PlcAnswer, Transmit = PlcRequest>,
    F: FnMut(S::Event),
{
    let mut carrier = Carrier::of(address);
    let mut backoff = Backoff::new(REOPEN_PAUSE_MIN, REOPEN_PAUSE_MAX);
    loop {
        let since = engine.clock.now();
        let mut lived = Duration::ZERO;
        let end = match engine.attend(false, carrier.open()).await {
            Attended::Done(Ok(())) => {
                let end = converse(&mut engine, &mut carrier).await;
                lived = engine.clock.now().since(since);
                end
            }
            Attended::Done(Err(why)) | Attended::Drop(why) => End::Closed(why),
            Attended::Stopped => End::Stopped,
        };
        carrier.close();
        match end {
            End::Closed(why) => engine.link_closed(why),
            End::Stopped => return,
        }
        let pause = tokio::time::sleep(backoff.pause(lived));
        if matches!(engine.attend(false, pause).await, Attended::Stopped) {
            return;
        }
    }
}

async fn converse<S, F>(engine: &mut Engine<S, F>, carrier: &mut Carrier) -> End
where
    S: Session<Received = PlcAnswer, Transmit = PlcRequest>,
    F: FnMut(S::Event),
{
    engine.session.opened(engine.clock.now());
    loop {
        match engine.settle() {
            Want::Drop(why) => return End::Closed(why),
            Want::Nothing => {
                if !engine.inputs().await {
                    return End::Stopped;
                }
            }
            Want::Transmit(request) => match engine.attend(true, carrier.ask(request)).await {
                Attended::Done(Ok(answer)) => {
                    engine.session.received(engine.clock.now(), &answer);
                }
                Attended::Done(Err(why)) | Attended::Drop(why) => return End::Closed(why),
                Attended::Stopped => return End::Stopped,
            },
        }
    }
}

/// One request and its answer; any error means that the connection is of no more use.
///
/// The crate's own `read_holding_registers` compares lengths by a debug assertion only (a panic in
/// one build, a short answer taken for good in the other), so the requests are made by `call` and
/// compared here.
async fn ask(context: &mut Context, request: PlcRequest) -> Result<PlcAnswer, Fault> {
    match request {
        PlcRequest::Read {
            table,
            address,
            count,
        } => {
            let asked = match table {
                RegisterTable::Holding => Request::ReadHoldingRegisters(address, count),
                RegisterTable::Input => Request::ReadInputRegisters(address, count),
            };
            let words = match (
                answered(context.call(asked).await, "reading", address)?,
                table,
            ) {
                (Response::ReadHoldingRegisters(words), RegisterTable::Holding)
                | (Response::ReadInputRegisters(words), RegisterTable::Input) => words,
                _ => {
                    return Err(Fault::Garbled(format!(
                        "no read answer from register {address} on"
                    )));
                }
            };
            match words.len() == usize::from(count) {
                true => Ok(PlcAnswer::Words(words)),
                false => Err(Fault::Garbled(format!(
                    "{} registers instead of {count} from register {address} on",
                    words.len()
                ))),
            }
        }
        PlcRequest::Write { address, words } => {
            let count = words.len();
            let asked = Request::WriteMultipleRegisters(address, words.into());
            match answered(context.call(asked).await, "writing", address)? {
                Response::WriteMultipleRegisters(at, written)
                    if at == address && usize::from(written) == count =>
                {
                    Ok(PlcAnswer::Written)
                }
                _ => Err(Fault::Garbled(format!(
                    "another write than the {count} registers from {address} on was confirmed"
                ))),
            }
        }
    }
}

fn answered(
    result: tokio_modbus::Result<Response>,
    doing: &str,
    address: u16,
) -> Result<Response, Fault> {
    match result {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(exception)) => Err(Fault::Device(format!(
            "Modbus exception while {doing} from register {address} on: {exception}"
        ))),
        Err(error) => Err(Fault::LinkDown(format!(
            "Modbus {doing} from register {address} on: {error}"
        ))),
    }
}
