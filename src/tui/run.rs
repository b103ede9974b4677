//! The screen at work: keys, views and answers come in on their own threads; drawing happens here.

use super::asking::{Look, Scan, Wanted, find, see};
use super::client::Client;
use super::language::Language;
use super::look::{self, SightSaid};
use super::orders::{self, Orderer, Person, Said, Session, SharedPerson, Todo};
use super::press::{self, Action};
use super::screen::{draw, draw_waiting, fits};
use super::state::{Dialog, ScanSaid, ScreenState};
use super::terminal::{draw_on, read_keys, terminal_area};
use super::theme::Theme;
use super::typing::Input;
use crate::wire::{Answer, Ask, ScannerSettings, View};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::layout::Rect;
use ratatui::{DefaultTerminal, Terminal, TerminalOptions, Viewport};
use std::fmt;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shortest time between two drawings.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// The same where a person waits for what a key does; a flood of keys must not keep the screen drawing.
const DRAW_KEYS_EVERY: Duration = Duration::from_millis(20);
/// How long a view may wait to be looked at when the threads are to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// After so long without a view the station is asked whether it is there.
const QUIET: Duration = Duration::from_secs(2);
/// Pause before a lost station is called again.
const CALL_AGAIN: Duration = Duration::from_millis(500);
/// How long the last answer stays on the screen.
const MESSAGE_STAYS: Duration = Duration::from_secs(10);
/// Shortest time between two questions of a place that nobody changed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The same where what it shows changes all the time.
const LIVE_EVERY: Duration = Duration::from_millis(250);
/// Things waiting to be looked at by the screen.
const WAITING_MAX: usize = 64;
/// Commands waiting for the station; as many scans and questions may wait beside them.
const COMMANDS_MAX: usize = 4;

/// How the screen was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// By a key.
    ByKey,
    /// By a signal (SIGTERM, SIGINT, SIGHUP).
    BySignal,
    /// The terminal is gone.
    TerminalGone,
}

/// Why there is no screen.
#[derive(Debug)]
pub enum TuiError {
    /// Standard input or output is not a terminal.
    NoTerminal,
    /// The terminal failed.
    Terminal(std::io::Error),
    /// A thread could not be started.
    Thread(std::io::Error),
}

impl fmt::Display for TuiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TuiError::NoTerminal => f.write_str(
                "There is no terminal to draw on. Use \"vidimus status\" in scripts and pipes.",
            ),
            TuiError::Terminal(why) => write!(
                f,
                "The terminal failed ({why}). The station is not concerned; attach again with \
                 \"vidimus tui\"."
            ),
            TuiError::Thread(why) => write!(
                f,
                "The system starts no thread for the screen ({why}). Close other programs and try \
                 again; the station is not concerned."
            ),
        }
    }
}

impl std::error::Error for TuiError {}

/// What the screen speaks, and why it speaks no other language, as a sentence.
#[derive(Debug, Clone, Default)]
pub struct Speech {
    /// The language.
    pub language: Language,
    /// A message file was wanted and cannot be used.
    pub trouble: Option<String>,
}

/// Something the screen has to look at.
pub(super) enum Heard {
    Input(Input),
    Found(u64, ScanSaid),
    Seen(u64, SightSaid),
    Resized,
    TerminalGone,
    View(Box<View>),
    Lost(String),
    Said(Said),
}

/// Shows the screen of the station on this socket until it is left. The station runs on. What the person does there is
/// proved by the session, if there is one; whichever is open at the end is ended.
///
/// # Errors
/// There is no terminal, or it failed. A station that does not answer is no error: the screen says
/// so and waits.
pub fn run(
    socket_path: &Path,
    operator_name: &str,
    session: Option<Session>,
    speech: Speech,
) -> Result<Leave, TuiError> {
    let mut screen = ScreenState::new(operator_name, theme(), jiff::tz::TimeZone::system());
    (screen.language, screen.message) = (speech.language, speech.trouble);
    let person = Person::new(operator_name, session);
    on_terminal(socket_path, screen, person)
}

/// Shows the board of the station on this socket until it is left: nothing is ordered from it.
///
/// # Errors
/// As [`run`].
pub fn run_board(socket_path: &Path, speech: Speech) -> Result<Leave, TuiError> {
    let mut screen = ScreenState::new("", theme(), jiff::tz::TimeZone::system());
    (screen.board, screen.language) = (true, speech.language);
    on_terminal(socket_path, screen, Person::new("", None))
}

fn theme() -> Theme {
    let env = |name| std::env::var(name).unwrap_or_default();
    let no_color = std::env::var("NO_COLOR").ok();
    Theme::of_environment(no_color.as_deref(), &env("TERM"), &env("COLORTERM"))
}

fn on_terminal(
    socket_path: &Path,
    mut screen: ScreenState,
    person: Person,
) -> Result<Leave, TuiError> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(TuiError::NoTerminal);
    }
    let person = Arc::new(Mutex::new(person));
    (screen.operator, screen.signed_in) = orders::locked(&person).shown();

    let ended = Arc::new(AtomicBool::new(false));
    let (heard, inbox) = sync_channel(WAITING_MAX);
    let (commands, orders) = sync_channel(COMMANDS_MAX);
    let (scans, scanned) = sync_channel(COMMANDS_MAX);
    let (looks, questions) = sync_channel(COMMANDS_MAX);
    let asked_to_end = Signals::listen().map_err(TuiError::Terminal)?;
    let shown = Shown::begin().map_err(TuiError::Terminal)?;
    let orderer = || Orderer {
        path: socket_path.to_owned(),
        person: Arc::clone(&person),
    };
    let backend = CrosstermBackend::new(std::io::stdout());
    let viewport = Viewport::Fixed(terminal_area());
    let left = Terminal::with_options(backend, TerminalOptions { viewport })
        .map_err(TuiError::Terminal)
        .and_then(|terminal| {
            let flags = (&ended, &asked_to_end.resized);
            start_threads(orderer(), heard, (orders, scanned, questions), flags)?;
            let station = ToStation {
                commands,
                scans,
                looks,
                person: Arc::clone(&person),
            };
            show(terminal, screen, &inbox, &station, &asked_to_end.came)
        });
    ended.store(true, Ordering::Relaxed);
    drop(shown);
    orderer().sign_out();
    left
}

/// Signals that end the screen, so that the terminal is given back, and the one that says that its size is another;
/// whoever else listens to them still hears them.
struct Signals {
    came: Arc<AtomicBool>,
    resized: Arc<AtomicBool>,
    listeners: Vec<signal_hook::SigId>,
}

impl Signals {
    fn listen() -> std::io::Result<Signals> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
        let mut signals = Signals {
            came: Arc::default(),
            resized: Arc::default(),
            listeners: Vec::new(),
        };
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGWINCH] {
            let flag = match signal {
                SIGWINCH => &signals.resized,
                _ => &signals.came,
            };
            let listener = signal_hook::flag::register(signal, Arc::clone(flag))?;
            signals.listeners.push(listener);
        }
        Ok(signals)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for listener in self.listeners.drain(..) {
            signal_hook::low_level::unregister(listener);
        }
    }
}

/// The terminal is ours (raw, alternate screen) from `begin` until this is dropped, on a panic too.
struct Shown;

static SHOWN: AtomicBool = AtomicBool::new(false);

impl Shown {
    fn begin() -> std::io::Result<Shown> {
        SHOWN.store(true, Ordering::SeqCst);
        // From here on `drop` undoes what was done.
        let shown = Shown;
        enable_raw_mode()?;
        execute!(
            std::io::stdout(),
            EnterAlternateScreen,
            Hide,
            EnableBracketedPaste
        )?;
        Ok(shown)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        restore_terminal();
    }
}

/// Gives the terminal back as it was, if a screen is shown on it. Safe to call from anywhere, at
/// any time.
pub fn restore_terminal() {
    if SHOWN.swap(false, Ordering::SeqCst) {
        // A terminal that is gone cannot be restored, and need not be.
        let _ = execute!(
            std::io::stdout(),
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
        let _ = disable_raw_mode();
    }
}

/// What the threads carry to the station.
type Asked = (Receiver<Todo>, Receiver<Scan>, Receiver<Look>);

/// The way to the station.
struct ToStation {
    commands: SyncSender<Todo>,
    scans: SyncSender<Scan>,
    looks: SyncSender<Look>,
    person: SharedPerson,
}

fn start_threads(
    orderer: Orderer,
    heard: SyncSender<Heard>,
    (orders, scans, looks): Asked,
    (ended, resized): (&Arc<AtomicBool>, &Arc<AtomicBool>),
) -> Result<(), TuiError> {
    let scanner = Arc::new(Mutex::new(ScannerSettings::default()));
    let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread.spawn(work).map(drop).map_err(TuiError::Thread)
    };
    let (to, stop, resized) = (heard.clone(), Arc::clone(ended), Arc::clone(resized));
    let set = Arc::clone(&scanner);
    spawn(
        "keys",
        Box::new(move || read_keys(&to, (&stop, &resized), &set)),
    )?;
    let (to, stop, path) = (heard.clone(), Arc::clone(ended), orderer.path.clone());
    spawn(
        "views",
        Box::new(move || watch(&path, &to, &stop, &scanner)),
    )?;
    let (to, path) = (heard.clone(), orderer.path.clone());
    let found = move |no, said| to.send(Heard::Found(no, said)).is_ok();
    spawn("scans", Box::new(move || find(&path, &scans, &found)))?;
    let (to, path) = (heard.clone(), orderer.path.clone());
    let seen = move |no, said| to.send(Heard::Seen(no, said)).is_ok();
    spawn("looks", Box::new(move || see(&path, &looks, &seen)))?;
    let work = move || {
        orderer.give(&orders, |said| heard.send(Heard::Said(said)).is_ok());
    };
    spawn("orders", Box::new(work))
}

/// Draws what the station says at most every [`DRAW_EVERY`], and only when something changed.
fn show(
    mut terminal: DefaultTerminal,
    mut screen: ScreenState,
    inbox: &Receiver<Heard>,
    station: &ToStation,
    asked_to_end: &AtomicBool,
) -> Result<Leave, TuiError> {
    let mut view: Option<Box<View>> = None;
    let mut drawn_at: Option<Instant> = None;
    let mut draw_every = DRAW_EVERY;
    let mut shown_on = Rect::ZERO;
    let mut changed = true;
    let mut message_since = Instant::now();
    let mut looked_at: Option<Instant> = None;
    loop {
        changed |= ask_for_place(view.as_deref(), &mut screen, station, &mut looked_at);
        if asked_to_end.load(Ordering::Relaxed) {
            return Ok(Leave::BySignal);
        }
        if let Some(text) = gone_home(station, &mut screen) {
            screen.message = Some(text);
            (changed, message_since) = (true, Instant::now());
        }
        if screen.message.is_some() && message_since.elapsed() >= MESSAGE_STAYS {
            screen.message = None;
            changed = true;
        }
        let due = drawn_at.map_or(Duration::ZERO, |at| draw_every.saturating_sub(at.elapsed()));
        if changed && due.is_zero() {
            let drawn = draw_on(&mut terminal, &mut shown_on, |frame| match &view {
                Some(view) => draw(frame, view, &screen),
                None => draw_waiting(frame, &screen),
            });
            if let Err(why) = drawn {
                return if gone(&why) {
                    Ok(Leave::TerminalGone)
                } else {
                    Err(TuiError::Terminal(why))
                };
            }
            (drawn_at, changed) = (Some(Instant::now()), false);
            (draw_every, screen.hidden) = (DRAW_EVERY, !fits(shown_on.as_size()));
        }
        let wait = if changed { due } else { again_in(&screen) };
        let heard = match inbox.recv_timeout(wait) {
            Ok(heard) => heard,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Ok(Leave::TerminalGone),
        };
        match heard {
            Heard::Input(input) => {
                // A person sees at once what a key does.
                (changed, message_since, draw_every) = (true, Instant::now(), DRAW_KEYS_EVERY);
                if take(input, view.as_deref(), &mut screen, station) == Some(Leave::ByKey) {
                    return Ok(Leave::ByKey);
                }
            }
            Heard::Found(no, said) => changed |= press::answered(no, said, &mut screen),
            Heard::Seen(no, said) => changed |= look::seen(no, said, &mut screen),
            Heard::TerminalGone => return Ok(Leave::TerminalGone),
            Heard::Resized => changed = true,
            Heard::Said(said) => {
                heard_of_order(said, &station.person, &mut screen);
                (changed, message_since) = (true, Instant::now());
            }
            Heard::Lost(why) => {
                if screen.lost.as_ref() != Some(&why) {
                    (changed, screen.message) = (true, None);
                }
                screen.lost = Some(why);
                screen.look.ask_again();
            }
            Heard::View(new) => {
                changed |= screen.lost.take().is_some() || view.as_ref() != Some(&new);
                view = Some(new);
            }
        }
    }
}

/// How long nothing need be done where nothing has changed.
fn again_in(screen: &ScreenState) -> Duration {
    match screen.place.is_lively() {
        true => LIVE_EVERY,
        false => CALL_AGAIN,
    }
}

/// Asks what the place shows besides the view, if it is time to; whether it was.
fn ask_for_place(
    view: Option<&View>,
    screen: &mut ScreenState,
    station: &ToStation,
    asked_at: &mut Option<Instant>,
) -> bool {
    let pause = match screen.place.is_lively() {
        true => LIVE_EVERY,
        false => LOOK_AGAIN,
    };
    let again = asked_at.is_none_or(|at| at.elapsed() >= pause);
    let Some(action) = look::look(view, screen, again) else {
        return false;
    };
    *asked_at = Some(Instant::now());
    carry(action, screen, station);
    true
}

/// An order was answered; it may have been given by, or have made, another person.
fn heard_of_order(said: Said, person: &SharedPerson, screen: &mut ScreenState) {
    match said {
        Said::OfKey(text) => screen.message = Some(text),
        Said::OfForm(done) => press::form_answered(done, screen),
        Said::OneTime {
            done,
            whose,
            secret,
        } => press::one_time_secret(done, whose, secret, screen),
    }
    (screen.operator, screen.signed_in) = orders::locked(person).shown();
}

/// Does what came from the keyboard.
fn take(
    input: Input,
    view: Option<&View>,
    screen: &mut ScreenState,
    station: &ToStation,
) -> Option<Leave> {
    let action = match input {
        Input::Press(key) => press::press(key, view, screen),
        Input::Scan(scan) => press::scanned(scan, screen),
        Input::NoScan(why) => {
            press::no_scan(why, screen);
            Action::Nothing
        }
        Input::Pasted(pasted) => {
            press::pasted(&pasted, view, screen);
            Action::Nothing
        }
    };
    carry(action, screen, station)
}

/// Carries it to the station.
fn carry(action: Action, screen: &mut ScreenState, station: &ToStation) -> Option<Leave> {
    match action {
        Action::Nothing => {}
        Action::Leave => return Some(Leave::ByKey),
        Action::Send(command) => order(Todo::Command(command), &station.commands, screen),
        Action::Order(wanted) => order(Todo::Order(wanted), &station.commands, screen),
        Action::Find { no, scan } => for_page(no, Wanted::Scan(scan), screen, station),
        Action::Open { no, pack } => for_page(no, Wanted::Pack(pack), screen, station),
        Action::Look { no, question } => {
            if station.looks.try_send((no, question)).is_err() {
                screen.look.ask_again();
            }
        }
    }
    None
}

fn for_page(no: u64, wanted: Wanted, screen: &mut ScreenState, station: &ToStation) {
    if station.scans.try_send((no, wanted)).is_err() {
        let text = "The station has not answered the last scans yet. Scan again.";
        press::answered(no, ScanSaid::Refused(text.to_owned()), screen);
    }
}

/// Sends it; a form that cannot be sent stays as one that was refused.
fn order(todo: Todo, commands: &SyncSender<Todo>, screen: &mut ScreenState) {
    screen.message = match todo {
        Todo::Command(_) => Some("Asked the station …".to_owned()),
        Todo::Order(_) | Todo::End(_) => None,
    };
    let (todo, why) = match commands.try_send(todo) {
        // A form says itself that it has asked.
        Ok(()) => return,
        Err(TrySendError::Full(todo)) => {
            let why = "Not sent: the station has not answered the last keys yet.";
            (todo, why)
        }
        Err(TrySendError::Disconnected(todo)) => {
            (todo, "Not sent: leave the screen with q and attach again.")
        }
    };
    match todo {
        Todo::Command(_) => screen.message = Some(why.to_owned()),
        Todo::Order(_) => press::form_answered(Err(why.to_owned()), screen),
        Todo::End(_) => {}
    }
}

/// Whoever has done nothing for as long as the station waits is signed out there, and here.
fn gone_home(station: &ToStation, screen: &mut ScreenState) -> Option<String> {
    let mut person = orders::locked(&station.person);
    let (name, _) = person.shown();
    let over = person.expired()?;
    let idle_s = over.idle.as_secs();
    // Where no order can be sent now the station forgets it by itself, without a record.
    let _ = station.commands.try_send(Todo::End(over));
    // Whoever comes by must not read it.
    if matches!(screen.dialog, Some(Dialog::OneTimeSecret { .. })) {
        screen.dialog = None;
    }
    (screen.operator, screen.signed_in) = person.shown();
    Some(format!(
        "{name} was signed out: nothing was ordered for {idle_s} s. Press i to sign in."
    ))
}

fn gone(why: &std::io::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, NotConnected, UnexpectedEof};
    // EIO (5): the terminal at the other end hung up.
    matches!(why.kind(), BrokenPipe | NotConnected | UnexpectedEof) || why.raw_os_error() == Some(5)
}

/// Watches the station and calls again when it is lost, for as long as the screen is there.
fn watch(
    path: &Path,
    heard: &SyncSender<Heard>,
    ended: &AtomicBool,
    scanner: &Mutex<ScannerSettings>,
) {
    while !ended.load(Ordering::Relaxed) {
        let Err(why) = watch_once(path, heard, ended, scanner) else {
            return;
        };
        if heard.send(Heard::Lost(why)).is_err() {
            return;
        }
        std::thread::sleep(CALL_AGAIN);
    }
}

/// `Ok` when the screen is gone, `Err` with a sentence when the station is.
fn watch_once(
    path: &Path,
    heard: &SyncSender<Heard>,
    ended: &AtomicBool,
    scanner: &Mutex<ScannerSettings>,
) -> Result<(), String> {
    let mut client = Client::connect(path).map_err(|error| error.to_string())?;
    // An older station refuses to say: then the scanner is set as scanners are.
    let set = match client
        .ask(Ask::Scanner)
        .map_err(|error| error.to_string())?
    {
        Answer::Scanner(set) => set,
        _ => ScannerSettings::default(),
    };
    *scanner.lock().unwrap_or_else(PoisonError::into_inner) = set;
    client.watch().map_err(|error| error.to_string())?;
    let mut quiet_since = Instant::now();
    while !ended.load(Ordering::Relaxed) {
        let came = client
            .next_view(LOOK_EVERY)
            .map_err(|error| error.to_string())?;
        let view = match came {
            Some(view) => view,
            // Nothing changed, or nothing lives: a question of its own tells them apart. Silence is
            // not "ok".
            None if quiet_since.elapsed() >= QUIET => Client::connect(path)
                .and_then(|mut other| other.view())
                .map_err(|error| error.to_string())?,
            None => continue,
        };
        quiet_since = Instant::now();
        if heard.send(Heard::View(Box::new(view))).is_err() {
            return Ok(());
        }
    }
    Ok(())
}
