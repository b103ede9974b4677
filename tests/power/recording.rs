//! A file layer for SQLite that keeps a log of everything that reaches the disk, can fail at any operation, and
//! lies about nothing.
//!
//! It stands in front of SQLite's own layer and hands every call on, so the store works on real files. Each write,
//! truncation, sync, creation and deletion of a named file also goes into *one* log, together with what the store
//! acknowledged: the order in that log is the whole argument of the power tests ([`crate::disk`] rebuilds from it
//! what a cut could leave). Syncs are recorded and answered at once unless [`Recorder::sync_really`] says otherwise:
//! a disk image is rebuilt from the log, so the real sync would cost time and prove nothing.
//!
//! Shared memory (`-shm`) is handed on and not recorded: no power cut leaves anything of it.
//! A handle of ours is a [`Handle`] with the real handle behind it in the same piece of memory, which SQLite gives.

use rusqlite::ffi;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs::File;
use std::mem::size_of;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Mutex, MutexGuard};
use std::time::SystemTime;

/// A file as the log knows it: a number, because a name can change.
pub type FileNo = usize;

/// What happened, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file got a name; the name is durable at the folder's next sync.
    Created { name: String, file: FileNo },
    /// Bytes were written.
    Wrote {
        file: FileNo,
        offset: u64,
        bytes: Box<[u8]>,
    },
    /// The file got another length.
    Truncated { file: FileNo, bytes: u64 },
    /// All that was done to the file so far is durable; with `folder` the folder's names as well.
    Synced { file: FileNo, folder: bool },
    /// A name went; with `folder` durably so.
    Deleted { name: String, folder: bool },
    /// The file was found under another name. Whoever renamed it did so outside of SQLite and is trusted with having
    /// synced the folder, but not the file.
    Renamed { from: String, to: String },
    /// Somebody else than SQLite wrote the file while nobody had it open, and is trusted with having synced file and
    /// folder: the store does so with the log of the station before it.
    WrittenOutside { file: FileNo, bytes: Box<[u8]> },
    /// An operation on the file failed because of an [`Fault`].
    Failed { file: FileNo, operation: Operation },
    /// The store said that everything up to this record is on disk.
    Acknowledged(u64),
}

/// An operation that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Write,
    Sync,
    Truncate,
}

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The device says EIO; nothing of the operation is done.
    Io,
    /// No room: half of the bytes are written, then ENOSPC.
    NoRoom,
    /// The process is dead from here on: this and every later operation does nothing.
    Dead,
}

/// The operation after `after` others (of the same kind, or of any kind) fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Which kind; `None` counts all of them.
    pub operation: Option<Operation>,
    /// How many go well before.
    pub after: u64,
    pub failure: Failure,
}

/// The log and what goes wrong. One folder at a time.
pub struct Recorder {
    name: String,
    real: *mut ffi::sqlite3_vfs,
    state: Mutex<State>,
}

// SAFETY: `real` is SQLite's default file layer, registered for the life of the process and made to be used from any
// thread; everything that changes is behind the mutex.
unsafe impl Send for Recorder {}
// SAFETY: as above.
unsafe impl Sync for Recorder {}

#[derive(Default)]
struct State {
    log: Vec<Entry>,
    folder: PathBuf,
    /// Live names, and for each file its number on the real file system.
    names: BTreeMap<String, FileNo>,
    inodes: Vec<u64>,
    /// How often each file is open.
    handles: Vec<u64>,
    fault: Option<Fault>,
    dead: bool,
    /// Put in the place of the value in `PRAGMA synchronous = …`.
    synchronous: Option<u8>,
    sync_really: bool,
}

impl State {
    fn strikes(&mut self, operation: Operation) -> Option<Failure> {
        if self.dead {
            return Some(Failure::Dead);
        }
        let fault = self.fault.as_mut()?;
        if fault.operation.is_some_and(|only| only != operation) {
            return None;
        }
        if fault.after > 0 {
            fault.after -= 1;
            return None;
        }
        let failure = fault.failure;
        self.fault = None;
        self.dead = failure == Failure::Dead;
        Some(failure)
    }

    /// The number of the file behind a name that was just opened, which is one handle more.
    fn opened(&mut self, path: &Path, existed: bool) -> FileNo {
        let file = self.find(path, existed);
        if existed && self.handles[file] == 0 && !is_marked(path) {
            let bytes = std::fs::read(path).expect("it was just opened").into();
            self.log.push(Entry::WrittenOutside { file, bytes });
        }
        self.handles[file] += 1;
        file
    }

    fn closed(&mut self, file: FileNo) {
        self.handles[file] -= 1;
        let named = self.names.iter().find(|(_, known)| **known == file);
        if self.handles[file] == 0
            && let Some((name, _)) = named
        {
            mark(&self.folder.join(name));
        }
    }

    fn find(&mut self, path: &Path, existed: bool) -> FileNo {
        let name = name_of(path);
        let inode = std::fs::metadata(path).expect("it was just opened").ino();
        if let Some(file) = self.names.get(&name).copied() {
            if existed {
                return file;
            }
            // Deleted by somebody else than SQLite, who is not trusted with syncing the folder.
            let gone = name.clone();
            self.names.remove(&gone);
            self.log.push(Entry::Deleted {
                name: gone,
                folder: false,
            });
        }
        let known = self
            .names
            .iter()
            .find(|(_, file)| existed && self.inodes[**file] == inode)
            .map(|(from, file)| (from.clone(), *file));
        let file = match known {
            Some((from, file)) => {
                self.names.remove(&from);
                let to = name.clone();
                self.log.push(Entry::Renamed { from, to });
                file
            }
            None => {
                assert!(
                    !existed,
                    "a file that lay there before must be announced: {name}"
                );
                self.inodes.push(inode);
                self.handles.push(0);
                let file = self.inodes.len() - 1;
                let name = name.clone();
                self.log.push(Entry::Created { name, file });
                file
            }
        };
        self.names.insert(name, file);
        file
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().expect("SQLite names files, not folders");
    name.to_str().expect("our names are text").to_owned()
}

/// Marks a file that nobody has open by a time that no write gives.
fn mark(path: &Path) {
    // A file that was renamed or removed meanwhile is told by that.
    if let Ok(file) = File::options().write(true).open(path) {
        file.set_modified(SystemTime::UNIX_EPOCH)
            .expect("a file of ours");
    }
}

/// Whether nobody wrote it since.
fn is_marked(path: &Path) -> bool {
    let found = std::fs::metadata(path).and_then(|found| found.modified());
    found.expect("it was just opened") == SystemTime::UNIX_EPOCH
}

impl Recorder {
    /// Registers a file layer of this name for the life of the process.
    pub fn register(name: &str) -> &'static Recorder {
        // SAFETY: a null name asks for the default layer; it is never unregistered.
        let real = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        assert!(!real.is_null(), "SQLite has a file layer");
        let recorder = Box::leak(Box::new(Recorder {
            name: name.to_owned(),
            real,
            state: Mutex::default(),
        }));
        // SAFETY: `real` was checked; its fields never change after registration.
        let (handle_bytes, path_bytes) = unsafe { ((*real).szOsFile, (*real).mxPathname) };
        let name = CString::new(name).expect("a name without zeros");
        let layer = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: size_of::<Handle>() as c_int + handle_bytes,
            mxPathname: path_bytes,
            pNext: ptr::null_mut(),
            zName: name.into_raw(),
            pAppData: ptr::from_ref(recorder).cast_mut().cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(last_error),
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: `layer` and all it points to live as long as the process.
        let done = unsafe { ffi::sqlite3_vfs_register(layer, 0) };
        assert_eq!(done, ffi::SQLITE_OK, "the file layer is registered");
        recorder
    }

    /// The name to open databases with.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic inside the file layer")
    }

    /// Forgets everything and begins a log on a folder that holds these files.
    pub fn begin(&self, folder: &Path, files: impl IntoIterator<Item = String>) {
        let mut state = self.state();
        *state = State::default();
        state.folder = folder.to_owned();
        for (file, name) in files.into_iter().enumerate() {
            let inode = std::fs::metadata(folder.join(&name))
                .expect("an announced file")
                .ino();
            mark(&folder.join(&name));
            state.inodes.push(inode);
            state.handles.push(0);
            state.names.insert(name, file);
        }
    }

    /// Takes the log so far; the numbers of files go on.
    pub fn take_log(&self) -> Vec<Entry> {
        std::mem::take(&mut self.state().log)
    }

    /// Writes down what the store acknowledged.
    pub fn acknowledge(&self, through: u64) {
        self.state().log.push(Entry::Acknowledged(through));
    }

    /// The last record that was acknowledged since the log began; 0 for none.
    pub fn acknowledged(&self) -> u64 {
        let told = |entry: &Entry| match entry {
            Entry::Acknowledged(through) => Some(*through),
            _ => None,
        };
        self.state().log.iter().rev().find_map(told).unwrap_or(0)
    }

    /// Lets one operation fail.
    pub fn arm(&self, fault: Fault) {
        let mut state = self.state();
        (state.fault, state.dead) = (Some(fault), false);
    }

    /// Nothing fails any more; whether the fault had struck.
    pub fn heal(&self) -> bool {
        let mut state = self.state();
        state.dead = false;
        state.fault.take().is_none()
    }

    /// From now on `PRAGMA synchronous = …` sets this level instead, and asking for it says FULL (2): how these tests
    /// weaken the real store, which has no weak mode, to see that they notice.
    pub fn weaken(&self, level: u8) {
        assert!(level < 2, "0 is OFF, 1 is NORMAL");
        self.state().synchronous = Some(level);
    }

    /// Syncs are handed on to the disk, and nothing is written down any more.
    pub fn sync_really(&self) {
        self.state().sync_really = true;
    }
}

/// An open file: what SQLite wants first, then ours; the real handle lies behind it.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    recorder: *const Recorder,
    /// `None`: an unnamed temporary file, which no cut leaves behind.
    file: Option<FileNo>,
    /// Whether the first sync makes the folder's names durable too: SQLite's own layer does so for journals and logs
    /// that it opened with leave to create them (`UNIXFILE_DIRSYNC` in `unixSync`).
    syncs_folder: bool,
}

/// The real handle behind ours.
///
/// # Safety
/// `file` is a handle that [`open`] filled.
unsafe fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: SQLite gave `szOsFile` bytes, which is the size of a `Handle` and of the real handle.
    unsafe { file.cast::<u8>().add(size_of::<Handle>()).cast() }
}

/// Our part of a handle with its recorder.
///
/// # Safety
/// `file` is a handle that [`open`] filled and that SQLite uses from one thread at a time.
unsafe fn ours<'a>(file: *mut ffi::sqlite3_file) -> (&'a mut Handle, &'static Recorder) {
    // SAFETY: `open` wrote a `Handle` there; recorders are never freed.
    unsafe {
        let handle = &mut *file.cast::<Handle>();
        let recorder = &*handle.recorder;
        (handle, recorder)
    }
}

/// The recorder of a file layer and the layer behind it.
///
/// # Safety
/// `layer` is one that [`Recorder::register`] made.
unsafe fn layer_of(layer: *mut ffi::sqlite3_vfs) -> (&'static Recorder, *mut ffi::sqlite3_vfs) {
    // SAFETY: `pAppData` is a leaked recorder.
    let recorder = unsafe { &*(*layer).pAppData.cast::<Recorder>() };
    (recorder, recorder.real)
}

unsafe extern "C" fn open(
    layer: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls with a layer of ours, a zero-terminated path or null, and room for the handle.
    unsafe {
        let (recorder, real_layer) = layer_of(layer);
        let path =
            (!name.is_null()).then(|| CStr::from_ptr(name).to_str().expect("paths are text"));
        let existed = path.is_some_and(|path| Path::new(path).exists());
        file.cast::<Handle>().write(Handle {
            base: ffi::sqlite3_file {
                pMethods: ptr::null(),
            },
            recorder,
            file: None,
            syncs_folder: false,
        });
        let open = (*real_layer).xOpen.expect("a layer can open");
        let done = open(real_layer, name, real(file), flags, flags_out);
        if done != ffi::SQLITE_OK {
            return done;
        }
        let (handle, _) = ours(file);
        handle.base.pMethods = &METHODS;
        handle.file = path.map(|path| recorder.state().opened(Path::new(path), existed));
        let journal = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_WAL;
        handle.syncs_folder = flags & journal != 0 && flags & ffi::SQLITE_OPEN_CREATE != 0;
        done
    }
}

unsafe extern "C" fn delete(
    layer: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_folder: c_int,
) -> c_int {
    // SAFETY: SQLite calls with a layer of ours and a zero-terminated path.
    unsafe {
        let (recorder, real_layer) = layer_of(layer);
        let path = Path::new(CStr::from_ptr(name).to_str().expect("paths are text"));
        if recorder.state().dead {
            return ffi::SQLITE_IOERR_DELETE;
        }
        let delete = (*real_layer).xDelete.expect("a layer can delete");
        let done = delete(real_layer, name, sync_folder);
        let mut state = recorder.state();
        if done == ffi::SQLITE_OK && state.names.remove(&name_of(path)).is_some() {
            let (name, folder) = (name_of(path), sync_folder != 0);
            state.log.push(Entry::Deleted { name, folder });
        }
        done
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite calls with an open handle of ours and `count` bytes.
    unsafe {
        let (handle, recorder) = ours(file);
        let real = real(file);
        let real_write = (*(*real).pMethods).xWrite.expect("files can be written");
        let Some(number) = handle.file else {
            return real_write(real, bytes, count, offset);
        };
        let mut state = recorder.state();
        let failure = state.strikes(Operation::Write);
        let written = match failure {
            None => count,
            Some(Failure::NoRoom) => count / 2,
            Some(Failure::Io | Failure::Dead) => 0,
        };
        let mut done = ffi::SQLITE_OK;
        if written > 0 {
            done = real_write(real, bytes, written, offset);
            if !state.sync_really {
                let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), written as usize);
                state.log.push(Entry::Wrote {
                    file: number,
                    offset: offset as u64,
                    bytes: bytes.into(),
                });
            }
        }
        let Some(failure) = failure else { return done };
        state.failed(number, Operation::Write, failure);
        match failure {
            Failure::NoRoom => ffi::SQLITE_FULL,
            Failure::Io | Failure::Dead => ffi::SQLITE_IOERR_WRITE,
        }
    }
}

impl State {
    /// A dead process fails for ever and nobody hears of it.
    fn failed(&mut self, file: FileNo, operation: Operation, failure: Failure) {
        if failure != Failure::Dead {
            self.log.push(Entry::Failed { file, operation });
        }
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, bytes: ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite calls with an open handle of ours.
    unsafe {
        let (handle, recorder) = ours(file);
        let real = real(file);
        let real_truncate = (*(*real).pMethods).xTruncate.expect("files can be cut");
        let Some(number) = handle.file else {
            return real_truncate(real, bytes);
        };
        let mut state = recorder.state();
        if let Some(failure) = state.strikes(Operation::Truncate) {
            state.failed(number, Operation::Truncate, failure);
            return ffi::SQLITE_IOERR_TRUNCATE;
        }
        state.log.push(Entry::Truncated {
            file: number,
            bytes: bytes as u64,
        });
        real_truncate(real, bytes)
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite calls with an open handle of ours.
    unsafe {
        let (handle, recorder) = ours(file);
        let real = real(file);
        let Some(number) = handle.file else {
            return ffi::SQLITE_OK;
        };
        let mut state = recorder.state();
        if let Some(failure) = state.strikes(Operation::Sync) {
            state.failed(number, Operation::Sync, failure);
            return ffi::SQLITE_IOERR_FSYNC;
        }
        if state.sync_really {
            let real_sync = (*(*real).pMethods).xSync.expect("files can be synced");
            return real_sync(real, flags);
        }
        state.log.push(Entry::Synced {
            file: number,
            folder: std::mem::take(&mut handle.syncs_folder),
        });
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn file_control(
    file: *mut ffi::sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: SQLite calls with an open handle of ours; for this operation the argument is four pointers to text:
    // room for an answer, the pragma's name, its value or null. The value is a copy that SQLite made of the
    // statement's token, `FULL`, and lets itself be written over with a digit.
    unsafe {
        let (_, recorder) = ours(file);
        let weak = recorder.state().synchronous;
        if let Some(level) = weak
            && operation == ffi::SQLITE_FCNTL_PRAGMA
        {
            let words = argument.cast::<*mut c_char>();
            let (name, value) = (*words.add(1), *words.add(2));
            if !name.is_null() && CStr::from_ptr(name).to_bytes() == b"synchronous" {
                if value.is_null() {
                    *words = ffi::sqlite3_mprintf(c"2".as_ptr());
                    return ffi::SQLITE_OK;
                }
                assert_eq!(
                    CStr::from_ptr(value).to_bytes(),
                    b"FULL",
                    "what the store asks for"
                );
                *value = (b'0' + level) as c_char;
                *value.add(1) = 0;
            }
        }
        let real = real(file);
        let control = (*(*real).pMethods)
            .xFileControl
            .expect("a version 1 method");
        control(real, operation, argument)
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite calls once with an open handle of ours; a `Handle` owns nothing that must be dropped.
    unsafe {
        let (handle, recorder) = ours(file);
        if let Some(number) = handle.file {
            recorder.state().closed(number);
        }
        let real = real(file);
        let close = (*(*real).pMethods).xClose.expect("a version 1 method");
        close(real)
    }
}

/// Methods that are handed on as they are: to the real handle, or to the real layer.
macro_rules! handed_on {
    (handle: $($name:ident = $method:ident($($arg:ident: $kind:ty),*) $(-> $answer:ty)?;)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $arg: $kind)*) $(-> $answer)? {
            // SAFETY: SQLite calls with an open handle of ours; the real one behind it is open as well.
            unsafe {
                let real = real(file);
                ((*(*real).pMethods).$method.expect("a version 2 method"))(real $(, $arg)*)
            }
        }
    )*};
    (layer: $($name:ident = $method:ident($($arg:ident: $kind:ty),*);)*) => {$(
        unsafe extern "C" fn $name(layer: *mut ffi::sqlite3_vfs $(, $arg: $kind)*) -> c_int {
            // SAFETY: SQLite calls with a layer of ours; the real one is registered for ever.
            unsafe {
                let (_, real) = layer_of(layer);
                ((*real).$method.expect("a version 2 method"))(real $(, $arg)*)
            }
        }
    )*};
}

handed_on! { handle:
    read = xRead(bytes: *mut c_void, count: c_int, offset: ffi::sqlite3_int64) -> c_int;
    file_size = xFileSize(bytes: *mut ffi::sqlite3_int64) -> c_int;
    lock = xLock(level: c_int) -> c_int;
    unlock = xUnlock(level: c_int) -> c_int;
    check_reserved_lock = xCheckReservedLock(held: *mut c_int) -> c_int;
    sector_size = xSectorSize() -> c_int;
    device_characteristics = xDeviceCharacteristics() -> c_int;
    shm_map = xShmMap(region: c_int, bytes: c_int, extend: c_int, place: *mut *mut c_void) -> c_int;
    shm_lock = xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier = xShmBarrier();
    shm_unmap = xShmUnmap(delete: c_int) -> c_int;
}

handed_on! { layer:
    access = xAccess(name: *const c_char, flags: c_int, answer: *mut c_int);
    full_pathname = xFullPathname(name: *const c_char, count: c_int, path: *mut c_char);
    randomness = xRandomness(count: c_int, bytes: *mut c_char);
    sleep = xSleep(microseconds: c_int);
    current_time = xCurrentTime(days: *mut f64);
    last_error = xGetLastError(count: c_int, text: *mut c_char);
    current_time_int64 = xCurrentTimeInt64(milliseconds: *mut ffi::sqlite3_int64);
}

/// Version 2: with shared memory, which the log needs, and without memory maps, which no cut could be seen through.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
