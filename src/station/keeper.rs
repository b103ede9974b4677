//! The thread that keeps the pictures of rejected packs, so that neither a verdict nor the loop waits for that disk.

use super::evidence::{Bounds, Crowd, Folder};
use crate::record::{BatchNo, KeptPicture, PackNo, PictureCoding};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use vidimus_drivers::camera::{self, Frame};

/// Most pictures that wait for the disk.
const WAITING_MAX: usize = 64;
/// Most bytes of pictures that wait for the disk.
const WAITING_BYTES_MAX: u64 = 256 << 20;
/// Where everything must stay, the store is asked what may go so much later only, however many pictures come.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What the thread did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A picture is on the disk.
    Kept {
        /// Whose.
        pack: PackNo,
        /// The file.
        picture: KeptPicture,
    },
    /// A picture is not on the disk.
    NotKept {
        /// Whose.
        pack: PackNo,
        /// Why.
        why: String,
    },
    /// Pictures should go.
    Crowded(Crowd),
}

/// Batches of which no picture may go; `None`: nobody can say.
pub type Stays = Box<dyn Fn() -> Option<BTreeSet<BatchNo>> + Send>;

enum Order {
    Keep {
        pack: PackNo,
        batch: Option<BatchNo>,
        frame: Frame,
    },
    /// Look at [`Keeper::removable`].
    Remove,
}

/// The thread.
pub struct Keeper {
    orders: Option<SyncSender<Order>>,
    /// Pictures up to this pack may go; beside the queue, so that it is never lost for want of room there.
    removable: Arc<AtomicU64>,
    waiting_bytes: Arc<AtomicU64>,
    thread: Option<JoinHandle<Vec<Evidence>>>,
}

impl Keeper {
    /// Starts the thread on the pictures in a data folder. `stays` says of which batches none may go; `emit` gives back
    /// what nobody takes any more.
    ///
    /// # Errors
    /// The system starts no thread.
    pub fn start<F>(
        data_dir: &Path,
        bounds: Bounds,
        stays: Stays,
        emit: F,
    ) -> std::io::Result<Keeper>
    where
        F: Fn(Evidence) -> Result<(), Evidence> + Send + 'static,
    {
        let (orders, given) = sync_channel(WAITING_MAX);
        let removable = Arc::new(AtomicU64::new(0));
        let waiting_bytes = Arc::new(AtomicU64::new(0));
        let work = Work {
            data_dir: data_dir.to_owned(),
            bounds,
            folder: None,
            removable: Arc::clone(&removable),
            waiting_bytes: Arc::clone(&waiting_bytes),
            left: Vec::new(),
            stays,
            in_vain: None,
            emit,
        };
        let thread = std::thread::Builder::new()
            .name("evidence".into())
            .spawn(move || work.run(&given))?;
        Ok(Keeper {
            orders: Some(orders),
            removable,
            waiting_bytes,
            thread: Some(thread),
        })
    }

    /// Hands a picture over; never waits.
    ///
    /// # Errors
    /// Why it will not be kept, as a clause for a sentence.
    pub fn keep(&self, pack: PackNo, batch: Option<BatchNo>, frame: Frame) -> Result<(), String> {
        let bytes = frame.body.len() as u64;
        let late = || "pictures come faster than the disk takes them".to_owned();
        if self
            .waiting_bytes
            .load(Ordering::Acquire)
            .saturating_add(bytes)
            > WAITING_BYTES_MAX
        {
            return Err(late());
        }
        let Some(orders) = &self.orders else {
            return Err("the station ends".to_owned());
        };
        self.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        orders
            .try_send(Order::Keep { pack, batch, frame })
            .map_err(|_| {
                self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
                late()
            })
    }

    /// Pictures of packs up to this one may go.
    pub fn remove(&self, through: PackNo) {
        self.removable.fetch_max(through.0, Ordering::AcqRel);
        if let Some(orders) = &self.orders {
            // No room: then there are orders, and each of them looks.
            let _ = orders.try_send(Order::Remove);
        }
    }

    /// Waits until everything handed over is on the disk; what nobody took of it is returned.
    pub fn close(mut self) -> Vec<Evidence> {
        self.finish()
    }

    fn finish(&mut self) -> Vec<Evidence> {
        self.orders = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(left)) => left,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Vec::new(),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.finish();
        }
    }
}

/// What the thread works with.
struct Work<F> {
    data_dir: PathBuf,
    bounds: Bounds,
    /// `None` while it could not be read; tried again with each picture.
    folder: Option<Folder>,
    removable: Arc<AtomicU64>,
    waiting_bytes: Arc<AtomicU64>,
    left: Vec<Evidence>,
    stays: Stays,
    /// When nothing might go last.
    in_vain: Option<Instant>,
    emit: F,
}

impl<F: Fn(Evidence) -> Result<(), Evidence>> Work<F> {
    fn run(mut self, given: &Receiver<Order>) -> Vec<Evidence> {
        // Looked at before the first picture comes; what is wrong then is said with that picture.
        let _ = self.folder();
        self.ask_for_room();
        while let Ok(order) = given.recv() {
            self.make_room();
            if let Order::Keep { pack, batch, frame } = order {
                self.keep(pack, batch, &frame);
                self.waiting_bytes
                    .fetch_sub(frame.body.len() as u64, Ordering::AcqRel);
            }
            self.ask_for_room();
        }
        self.left
    }

    fn emit(&mut self, what: Evidence) {
        if let Err(what) = (self.emit)(what) {
            self.left.push(what);
        }
    }

    fn folder(&mut self) -> Result<&mut Folder, String> {
        if self.folder.is_none() {
            let dir = self.data_dir.display();
            let opened = Folder::open(&self.data_dir, self.bounds)
                .map_err(|error| format!("the pictures in {dir} cannot be looked at ({error})"))?;
            self.folder = Some(opened);
        }
        Ok(self.folder.as_mut().expect("it was just opened"))
    }

    fn keep(&mut self, pack: PackNo, batch: Option<BatchNo>, frame: &Frame) {
        let kept = self
            .folder()
            .and_then(|folder| folder.keep(pack, batch, coding(frame.coding), &frame.body));
        self.emit(match kept {
            Ok(picture) => Evidence::Kept { pack, picture },
            Err(why) => Evidence::NotKept { pack, why },
        });
    }

    fn ask_for_room(&mut self) {
        let Some(folder) = self.folder.as_mut().filter(|folder| folder.is_near()) else {
            return;
        };
        if self
            .in_vain
            .is_some_and(|since| since.elapsed() < ASKED_AGAIN_AFTER)
        {
            return;
        }
        // While nobody can say what must stay, everything does.
        match (self.stays)().and_then(|stays| folder.crowded(&stays)) {
            Some(crowd) => {
                self.in_vain = None;
                self.emit(Evidence::Crowded(crowd));
            }
            None => self.in_vain = Some(Instant::now()),
        }
    }

    fn make_room(&mut self) {
        let through = PackNo(self.removable.swap(0, Ordering::AcqRel));
        if through == PackNo(0) {
            return;
        }
        if let Some(folder) = &mut self.folder {
            // What could not be removed still counts, so the bound holds; it is asked for again.
            let _ = folder.remove(through);
        }
    }
}

/// How a picture is coded, as the record says it.
pub fn coding(coding: camera::PictureCoding) -> PictureCoding {
    match coding {
        camera::PictureCoding::Png => PictureCoding::Png,
        camera::PictureCoding::Pgm => PictureCoding::Pgm,
        camera::PictureCoding::Jpeg => PictureCoding::Jpeg,
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::Tick;
    use std::sync::mpsc;

    /// A keeper whose thread waits with its first word in hand, until it is heard. A file stands where the folder of
    /// pictures should be, so it says of each that it is not kept.
    fn stuck() -> (Keeper, mpsc::Receiver<PackNo>, tempfile::TempDir) {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("evidence"), b"in the way").expect("it can be written");
        let (tell, heard) = mpsc::sync_channel(0);
        let emit = move |what| match what {
            Evidence::NotKept { pack, .. } => {
                let _ = tell.send(pack);
                Ok(())
            }
            other => Err(other),
        };
        let bounds = Bounds {
            bytes_max: 1 << 30,
            pictures_max: 1_000,
            free_min_bytes: 0,
        };
        let stays = Box::new(|| Some(BTreeSet::new()));
        let keeper = Keeper::start(dir.path(), bounds, stays, emit).expect("a thread");
        (keeper, heard, dir)
    }

    fn frame(bytes: usize) -> Frame {
        Frame {
            counter: None,
            at: Tick(0),
            coding: camera::PictureCoding::Png,
            body: vec![0; bytes],
        }
    }

    /// Hands pictures of this size over until one is refused; how many were taken.
    fn until_refused(keeper: &Keeper, bytes: usize) -> u64 {
        let mut taken = 0;
        loop {
            match keeper.keep(PackNo(taken + 1), None, frame(bytes)) {
                Ok(()) => taken += 1,
                Err(why) => {
                    assert!(why.contains("faster than the disk"), "{why}");
                    return taken;
                }
            }
        }
    }

    #[test]
    fn pictures_that_wait_for_the_disk_are_bounded_in_number_and_none_taken_is_forgotten() {
        let (keeper, heard, _dir) = stuck();
        let taken = until_refused(&keeper, 10);
        let most = WAITING_MAX as u64;
        assert!(
            (most..=most + 1).contains(&taken),
            "one may be in hand: {taken}"
        );
        for pack in 1..=taken {
            assert_eq!(heard.recv(), Ok(PackNo(pack)));
        }
        drop(heard);
        assert_eq!(keeper.close(), []);
    }

    #[test]
    fn pictures_that_wait_for_the_disk_are_bounded_in_bytes() {
        let (keeper, heard, _dir) = stuck();
        // Never written to, so the system gives no memory for them.
        let bytes = 24 << 20;
        let taken = until_refused(&keeper, bytes);
        assert_eq!(taken, WAITING_BYTES_MAX / bytes as u64);
        drop(heard);
        assert_eq!(keeper.close(), []);
    }
}
