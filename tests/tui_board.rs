//! The board for the wall: as text, as runs of style and without colour, in every state; no key of it orders anything.

use crate::snapshot::same_as_file;
use crate::tui::{drawn, running, screen, stopped, styles, text};
use vidimus::record::LaneNo;
use vidimus::tui::keys::{KEYS, Press};
use vidimus::tui::press::{self, Action};
use vidimus::tui::{Colours, ScreenState};
use vidimus::wire::{LaneView, LineState, View};

fn board(colours: Colours) -> ScreenState {
    ScreenState {
        board: true,
        ..screen(colours)
    }
}

/// Two lanes, one of which stands.
fn two_lanes() -> View {
    let mut view = stopped();
    view.state_text = format!("Lane 2: {}", view.state_text);
    let lane = |no, state, text: &str| LaneView {
        no: LaneNo(no),
        state,
        text: text.to_owned(),
    };
    view.lanes = vec![
        lane(1, LineState::Running, ""),
        lane(
            2,
            LineState::Stopped,
            "CAMERA [F] no frame for 400 ms. Check its cable, then press F2.",
        ),
    ];
    view
}

#[test]
fn the_board_looks_as_in_its_pictures() {
    let lost = |colours| ScreenState {
        lost: Some("No station answers at vidimus.sock (connection refused).".to_owned()),
        ..board(colours)
    };
    type Made = fn(Colours) -> ScreenState;
    let states: [(&str, Option<View>, Made); 5] = [
        ("board", Some(running()), board),
        ("board_stopped", Some(stopped()), board),
        ("board_lanes", Some(two_lanes()), board),
        ("board_lost", Some(running()), lost),
        ("board_waiting", None, board),
    ];
    for (name, view, made) in states {
        let (coloured, plain) = (made(Colours::Many), made(Colours::None));
        for (width, height) in [(80, 24), (120, 36), (40, 12), (200, 60)] {
            let full = drawn(width, height, view.as_ref(), &coloured);
            let drawn_text = text(&full);
            let without = drawn(width, height, view.as_ref(), &plain);
            assert_eq!(drawn_text, text(&without), "colour changes no text");
            assert!(drawn_text.contains("q leaves"), "{drawn_text}");
            let kept = name == "board" || name == "board_stopped" || (width, height) == (80, 24);
            if kept && width < 200 {
                same_as_file(&format!("{name}_{width}x{height}.txt"), &drawn_text);
            }
        }
    }
    let styled = drawn(80, 24, Some(&stopped()), &board(Colours::Many));
    same_as_file("board_stopped_80x24.styles.txt", &styles(&styled));
    let styled = drawn(80, 24, Some(&stopped()), &board(Colours::None));
    same_as_file("board_stopped_80x24.no_color.styles.txt", &styles(&styled));
    // What is normal has no colour.
    let calm = |colours| styles(&drawn(80, 24, Some(&running()), &board(colours)));
    assert_eq!(calm(Colours::Many), calm(Colours::None));
}

/// The reason stands there in words, and the count is as large as the terminal allows.
#[test]
fn words_are_there_in_every_size_and_letters_grow_with_the_terminal() {
    let view = stopped();
    let ink = |width, height| {
        let shown = text(&drawn(width, height, Some(&view), &board(Colours::None)));
        shown.chars().filter(|c| "█▀▄".contains(*c)).count()
    };
    assert!(ink(40, 12) > 20 && ink(80, 24) > 2 * ink(40, 12));
    assert!(ink(120, 36) > ink(80, 24) && ink(200, 60) > 2 * ink(120, 36));
    for (width, height) in [(80, 24), (79, 24), (120, 36), (40, 12), (60, 13)] {
        let shown = text(&drawn(width, height, Some(&view), &board(Colours::None)));
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("CAMERA [F] no frame for 400 ms."), "{shown}");
        assert!(words.contains("good"), "{shown}");
    }
    // Long counts and names no letter of which is known make it smaller, not wrong.
    let mut odd = running();
    odd.tally.good = u64::MAX;
    odd.packs_per_min = u32::MAX;
    odd.station = "\u{1b}[2J".repeat(400);
    odd.state_text = "Größe\u{7} 漢字 ".repeat(900);
    odd.state = LineState::Recovering;
    odd.lanes = (1..=40)
        .map(|no| LaneView {
            no: LaneNo(no),
            state: LineState::Ready,
            text: odd.state_text.clone(),
        })
        .collect();
    for (width, height) in [
        (1, 1),
        (40, 12),
        (41, 13),
        (80, 24),
        (200, 60),
        (300, 12),
        (40, 200),
    ] {
        for cell in &drawn(width, height, Some(&odd), &board(Colours::None)).content {
            assert!(!cell.symbol().contains(char::is_control));
        }
    }
}

#[test]
fn no_key_and_no_scan_does_anything_on_the_board_but_leaving() {
    let view = stopped();
    let letters = (' '..='~').map(Press::Char);
    let others = KEYS.iter().flat_map(|row| row.presses).copied();
    for key in letters.chain(others) {
        let mut screen = board(Colours::None);
        let before = screen.clone();
        let wanted = match key {
            Press::Char('q') | Press::Esc | Press::Interrupt => Action::Leave,
            _ => Action::Nothing,
        };
        assert_eq!(
            press::press(key, Some(&view), &mut screen),
            wanted,
            "{key:?}"
        );
        assert_eq!(screen, before, "{key:?}");
    }
    let mut screen = board(Colours::None);
    let scanned = press::scanned("(01)09506000134352(21)A".to_owned(), &mut screen);
    press::no_scan("no code".to_owned(), &mut screen);
    assert_eq!((scanned, screen), (Action::Nothing, board(Colours::None)));
}
