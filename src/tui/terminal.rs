//! The terminal: how large it is, and what it sends, read as it comes: keys, scans and pastes, and that its size is
//! another one or it is gone.

use super::keyboard::{Keyboard, Told};
use super::run::Heard;
use super::typing::{Input, Typing};
use crate::wire::ScannerSettings;
use ratatui::layout::Rect;
use ratatui::{DefaultTerminal, Frame};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::pump::Clock;

/// How long a key may wait to be looked at when the thread is to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Most columns and rows that are drawn: a terminal may claim any, and the memory for them is the station's, too.
const COLUMNS_SHOWN: u16 = 500;
const ROWS_SHOWN: u16 = 200;

/// Columns of the terminal of this process, if it has one.
pub fn terminal_columns() -> Option<u16> {
    ratatui::crossterm::terminal::size()
        .ok()
        .map(|(columns, _)| columns)
}

/// What is drawn on.
pub(super) fn terminal_area() -> Rect {
    let size = ratatui::crossterm::terminal::size();
    let (columns, rows) = size.unwrap_or((80, 24));
    Rect::new(0, 0, columns.min(COLUMNS_SHOWN), rows.min(ROWS_SHOWN))
}

/// Draws on as much of the terminal as there is now; `shown_on` is what was drawn on last.
pub(super) fn draw_on(
    terminal: &mut DefaultTerminal,
    shown_on: &mut Rect,
    draw: impl FnOnce(&mut Frame<'_>),
) -> std::io::Result<()> {
    let area = terminal_area();
    if area != *shown_on {
        terminal.resize(area)?;
        *shown_on = area;
    }
    terminal.draw(draw).map(drop)
}

/// Tells keys, scans and pastes. Keys that wait are given up as a scan when no further key was there to be read in
/// time, however late this thread comes to look.
pub(super) fn read_keys(
    heard: &SyncSender<Heard>,
    (ended, resized): (&AtomicBool, &AtomicBool),
    scanner: &Mutex<ScannerSettings>,
) {
    let clock = Clock::start();
    let (mut keyboard, mut typing) = (Keyboard::default(), Typing::new(ScannerSettings::default()));
    let mut bytes = [0; 4_096];
    while !ended.load(Ordering::Relaxed) {
        typing.set_up(&scanner.lock().unwrap_or_else(PoisonError::into_inner));
        let wakes = [keyboard.wake(), typing.wake()];
        let wake = wakes.into_iter().flatten().min();
        let wait = wake.map_or(LOOK_EVERY, |at| at.since(clock.now()).min(LOOK_EVERY));
        let came = terminal_bytes(&mut bytes, wait);
        let mut now = clock.now();
        match came {
            Ok(Some(count)) => {
                let just_before = wake.map(|at| at - Duration::from_nanos(1));
                now = just_before.map_or(now, |at| at.min(now));
                keyboard.bytes(now, &bytes[..count]);
            }
            Ok(None) => keyboard.woken(now),
            Err(_) => {}
        }
        let mut said = Vec::new();
        while let Some(told) = keyboard.next_told() {
            match told {
                Told::Key(key) => typing.key(now, &key),
                Told::Pasted(pasted) => {
                    typing.woken(Tick(u64::MAX));
                    said.extend(std::iter::from_fn(|| typing.next_input()));
                    said.push(Input::Pasted(pasted));
                }
            }
        }
        typing.woken(now);
        said.extend(std::iter::from_fn(|| typing.next_input()));
        let resized = resized.swap(false, Ordering::Relaxed);
        let other = match came {
            Err(_) => Some(Heard::TerminalGone),
            Ok(_) => resized.then_some(Heard::Resized),
        };
        for said in said.into_iter().map(Heard::Input).chain(other) {
            if heard.send(said).is_err() {
                return;
            }
        }
        if came.is_err() {
            return;
        }
    }
}

/// What the terminal has sent; `None` when nothing came in time.
fn terminal_bytes(bytes: &mut [u8], wait: Duration) -> Result<Option<usize>, Errno> {
    let stdin = rustix::stdio::stdin();
    let wait = Timespec::try_from(wait).map_err(|_| Errno::INVAL)?;
    match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&wait)) {
        Ok(0) | Err(Errno::INTR) => return Ok(None),
        Ok(_) => {}
        Err(why) => return Err(why),
    }
    match rustix::io::read(stdin, bytes) {
        // The terminal at the other end hung up.
        Ok(0) => Err(Errno::IO),
        Ok(count) => Ok(Some(count)),
        Err(Errno::INTR | Errno::AGAIN) => Ok(None),
        Err(why) => Err(why),
    }
}
