//! The GigE Vision camera on UDP sockets: one thread listens, one sends pictures.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use super::Shared;
use crate::{
    camera::Frame,
    gige::{Act, Camera, Plan, Plate},
    optics::Picture,
};

/// Pictures that wait to be sent; one beyond them is lost.
const PICTURES_WAITING_MAX: usize = 4;
/// Longest sleep of the listener, so that it sees orders and the end.
const LOOK: Duration = Duration::from_millis(2);
/// Pauses between packets are saved up to this, since shorter sleeps are not to be had.
const NAP: Duration = Duration::from_micros(300);

/// A picture under way, where to, and the pause between its packets.
type Order = (Plan, SocketAddrV4, Duration);

/// The camera and its sockets.
#[derive(Debug)]
pub struct GigeServer {
    control: UdpSocket,
    stream: UdpSocket,
    camera: Mutex<Camera>,
    orders: SyncSender<Order>,
    ordered: Mutex<Option<Receiver<Order>>>,
    waiting: AtomicUsize,
    scene: Mutex<Scene>,
}

/// What stands before a camera of a whole line that is fired by software; the order may come before it is drawn.
#[derive(Debug, Default)]
struct Scene {
    frame: Option<Frame>,
    /// Orders that wait for what comes.
    fires: u32,
}

impl GigeServer {
    /// Opens the camera's ports.
    ///
    /// # Errors
    /// When one cannot be opened, or the address is none of IPv4.
    pub fn open(at: SocketAddr, plate: Plate, seed: u64) -> io::Result<GigeServer> {
        let SocketAddr::V4(at) = at else {
            return Err(io::Error::other("GigE Vision knows only IPv4"));
        };
        let ip = match at.ip().is_unspecified() {
            true => Ipv4Addr::LOCALHOST,
            false => *at.ip(),
        };
        let (orders, ordered) = sync_channel(PICTURES_WAITING_MAX);
        Ok(GigeServer {
            control: UdpSocket::bind(at)?,
            stream: UdpSocket::bind((*at.ip(), 0))?,
            camera: Mutex::new(Camera::new(Plate { ip, ..plate }, seed)),
            orders,
            ordered: Mutex::new(Some(ordered)),
            waiting: AtomicUsize::new(0),
            scene: Mutex::default(),
        })
    }

    /// Where its control port listens.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.control.local_addr()
    }

    fn camera(&self) -> MutexGuard<'_, Camera> {
        self.camera.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pack of a whole line stands before the camera; `false` when no picture of it is taken.
    pub fn passes_by(&self, frame: &Frame) -> bool {
        if !self.camera().software_triggered() {
            *self.scene() = Scene::default();
            return self.show(frame);
        }
        let mut scene = self.scene();
        if scene.fires > 0 {
            scene.fires -= 1;
            return self.show(frame);
        }
        scene.frame = Some(frame.clone());
        true
    }

    /// The program fires at what stands before the camera of a whole line, or will in a moment.
    fn fired(&self, shared: &Shared) {
        let mut scene = self.scene();
        match scene.frame.take() {
            Some(frame) => {
                if !self.show(&frame) {
                    shared.factory().picture_lost(frame.counter);
                }
            }
            None => scene.fires += 1,
        }
    }

    /// Shows the camera a frame; `false` when it takes no picture of it.
    pub fn show(&self, frame: &Frame) -> bool {
        let picture = picture_of(&frame.body);
        let mut camera = self.camera();
        let plan = camera.expose(frame.counter, &picture);
        plan.is_some_and(|plan| self.order(&camera, plan))
    }

    fn order(&self, camera: &Camera, plan: Plan) -> bool {
        let delay = Duration::from_nanos(camera.delay_ns());
        let taken = camera
            .target()
            .is_some_and(|to| self.orders.try_send((plan, to, delay)).is_ok());
        self.waiting.fetch_add(taken.into(), Ordering::SeqCst);
        taken
    }

    /// Listens to the control port until the factory ends.
    ///
    /// # Errors
    /// When the socket fails.
    pub fn listen(&self, shared: &Shared) -> io::Result<()> {
        let mut bytes = [0; 2048];
        while !shared.stopping() {
            let troubles = shared.factory().camera_troubles().clone();
            let now = shared.now();
            let wait = {
                let mut camera = self.camera();
                camera.troubles = troubles;
                camera.step(now);
                while camera.next_free().is_some_and(|at| at <= now) {
                    let room = self.waiting.load(Ordering::SeqCst) < PICTURES_WAITING_MAX;
                    if let Some(plan) = camera.free_run(now, room) {
                        self.order(&camera, plan);
                    }
                }
                let next = camera.next_free().map(|at| at.since_ns(now));
                next.map_or(LOOK, |ns| Duration::from_nanos(ns.max(1000)).min(LOOK))
            };
            self.control.set_read_timeout(Some(wait))?;
            let (count, from) = match self.control.recv_from(&mut bytes) {
                Ok(come) => come,
                Err(why)
                    if matches!(
                        why.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) =>
                {
                    continue;
                }
                Err(why) => return Err(why),
            };
            let SocketAddr::V4(from) = from else {
                continue;
            };
            let mut camera = self.camera();
            let acts = camera.hears(shared.now(), from, &bytes[..count]);
            let target = camera.target();
            drop(camera);
            self.perform(shared, from, target, acts);
        }
        Ok(())
    }

    fn perform(
        &self,
        shared: &Shared,
        from: SocketAddrV4,
        target: Option<SocketAddrV4>,
        acts: Vec<Act>,
    ) {
        for act in acts {
            // A datagram that cannot be sent is lost, as on any network.
            let _ = match (act, target) {
                (Act::Answer(bytes), _) => self.control.send_to(&bytes, from),
                (Act::Stream(bytes), Some(to)) => self.stream.send_to(&bytes, to),
                (Act::Fire, _) if shared.devices.joined() => {
                    self.fired(shared);
                    Ok(0)
                }
                (Act::Fire, _) => {
                    shared.factory().bench_fire();
                    Ok(0)
                }
                _ => Ok(0),
            };
        }
    }

    /// Sends pictures until the factory ends.
    pub fn send(&self, shared: &Shared) {
        let taken = self
            .ordered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(ordered) = taken else {
            return;
        };
        let mut packet = Vec::new();
        while !shared.stopping() {
            let (plan, to, delay) = match ordered.recv_timeout(Duration::from_millis(50)) {
                Ok(order) => order,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            let mut owed = Duration::ZERO;
            for id in plan.ids {
                plan.sent.packet(id, false, &mut packet);
                // A packet that cannot be sent is lost, as on any network.
                let _ = self.stream.send_to(&packet, to);
                owed += delay;
                if owed >= NAP {
                    thread::sleep(std::mem::take(&mut owed));
                }
            }
        }
    }
}

/// The picture of a portable grey map; anything else is one row of its bytes.
fn picture_of(body: &[u8]) -> Picture {
    let mut lines = body.splitn(4, |byte| *byte == b'\n');
    let head = [lines.next(), lines.next(), lines.next()];
    if let ([Some(b"P5"), Some(sides), Some(b"255")], Some(luma)) = (head, lines.next()) {
        let sides = String::from_utf8_lossy(sides);
        let mut sides = sides
            .split(' ')
            .filter_map(|side| side.parse::<usize>().ok());
        if let (Some(width), Some(height)) = (sides.next(), sides.next())
            && width * height == luma.len()
        {
            let luma = luma.to_vec();
            return Picture {
                width,
                height,
                luma,
            };
        }
    }
    Picture {
        width: body.len(),
        height: 1,
        luma: body.to_vec(),
    }
}
