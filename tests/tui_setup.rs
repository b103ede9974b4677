//! The place where a camera is set up: what is asked and how often, before and after, orders from the keys.

use crate::snapshot::same_as_file;
use crate::tui::{drawn, running, screen, symbol, text};
use datamatrix::SymbolSize;
use vidimus::record::{DeviceOrder, Grades, Parameter, SymbolPlace, Tenths};
use vidimus::tui::keys::Press;
use vidimus::tui::look::{SightSaid, look, seen};
use vidimus::tui::press::{Action, press};
use vidimus::tui::{Colours, Dialog, Place, ScreenState};
use vidimus::wire::look::{ShotSeen, ShotsSight};
use vidimus::wire::{LineState, OperatorCommand, Question, Sight, View};

/// 2026-11-20 14:32:07 UTC.
const NOW_MS: i64 = 1_795_185_127_000;

fn grades(contrast: u8, modulation: u8) -> Grades {
    let mut by_parameter = [Tenths::BEST; 8];
    by_parameter[Parameter::SymbolContrast as usize] = Tenths(contrast);
    by_parameter[Parameter::Modulation as usize] = Tenths(modulation);
    Grades {
        by_parameter,
        indicative: false,
        growth_percent: [0, 0],
    }
}

/// Pictures of a camera that is set up, of which so many of 20 were read.
pub fn shots(read: usize, grades: Grades) -> ShotsSight {
    ShotsSight {
        device: "camera".to_owned(),
        fired_by_station: true,
        until_utc_ms: Some(NOW_MS + 240_000),
        read: (0..20).map(|at| at >= 20 - read).collect(),
        last: Some(ShotSeen {
            no: 20,
            utc_ms: NOW_MS - 200,
            bytes: 307_215,
            size_px: Some([640, 480]),
            brightness_percent: Some(61),
            said: "A GS1 Data Matrix was read.".to_owned(),
            read: true,
            content: Some("(01)09506000134352(17)270930(10)L2409A(21)7G4K2M9QXTAB".to_owned()),
            grades: Some(grades),
            looks_like: Some("low contrast".to_owned()),
            modules: Some(symbol(SymbolSize::Square22)),
            place: Some(SymbolPlace {
                off_px: [-38, 4],
                room_px: 112,
                pitch_tenth_px: 61,
            }),
            advice: vec![
                "Light on the symbol falls off by 19 % towards the lower left; 12 % or less is wanted: light from both \
                 sides, move the light farther away, or keep shadows off."
                    .to_owned(),
            ],
            taught: None,
        }),
    }
}

/// What the pictures of all places show.
pub fn usual() -> ShotsSight {
    shots(18, grades(34, 29))
}

fn standing() -> View {
    let mut view = running();
    view.state = LineState::Stopped;
    view
}

fn go(view: &View) -> ScreenState {
    let mut screen = screen(Colours::None);
    press(Press::F(8), Some(view), &mut screen);
    press(Press::Char('s'), Some(view), &mut screen);
    assert_eq!(screen.place, Place::Setup);
    screen
}

/// Asks as the screen does, and hears this.
fn hear(view: &View, screen: &mut ScreenState, shots: ShotsSight) {
    let Some(Action::Look { no, question }) = look(Some(view), screen, true) else {
        panic!("it asks again and again");
    };
    let device = shots.device.clone();
    assert_eq!(question, Question::Shots { device });
    let sight = Sight::Shots(Box::new(shots));
    assert!(seen(no, SightSaid::Seen(Box::new(sight)), screen));
}

#[test]
fn what_was_seen_before_stands_beside_what_is_seen_now() {
    let view = standing();
    let mut screen = go(&view);
    press(Press::Char('b'), Some(&view), &mut screen);
    let why = screen.message.take().expect("there is nothing yet");
    assert!(why.contains("no picture was seen yet"), "{why}");
    hear(&view, &mut screen, shots(9, grades(21, 12)));
    press(Press::Char('b'), Some(&view), &mut screen);
    hear(&view, &mut screen, usual());
    for (width, height) in [(80, 24), (40, 12)] {
        let now = drawn(width, height, Some(&view), &screen);
        same_as_file(&format!("setup_before_{width}x{height}.txt"), &text(&now));
    }
    // What one camera saw is never held against another one.
    let mut other = usual();
    other.device = "camera 2".to_owned();
    let mut view = view;
    view.devices[1].name = "camera 2".to_owned();
    hear(&view, &mut screen, other);
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(
        shown.contains("18 of 20") && !shown.contains("9 of 20"),
        "{shown}"
    );
}

#[test]
fn a_camera_is_set_up_from_the_keys_while_the_line_stands_and_never_while_it_runs() {
    let view = running();
    let mut screen = go(&view);
    screen.signed_in = true;
    press(Press::Char('s'), Some(&view), &mut screen);
    let why = screen.message.take().expect("it runs");
    assert!(why.contains("stop it with F2"), "{why}");
    // What is seen of packs is seen all the same.
    let mut packs = usual();
    packs.until_utc_ms = None;
    hear(&view, &mut screen, packs);
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(shown.contains("camera: pictures of packs"), "{shown}");

    let view = standing();
    for (key, seconds) in [('s', 300), ('e', 0)] {
        press(Press::Char(key), Some(&view), &mut screen);
        assert!(
            matches!(screen.dialog, Some(Dialog::Form(_))),
            "{:?}",
            screen.message
        );
        let mut ordered = Action::Nothing;
        for _ in 0..6 {
            ordered = press(Press::Enter, Some(&view), &mut screen);
            if ordered != Action::Nothing {
                break;
            }
        }
        let Action::Order(order) = ordered else {
            panic!("{ordered:?}");
        };
        let wanted = OperatorCommand::Device {
            device: "camera".to_owned(),
            order: DeviceOrder::SetUp { seconds },
        };
        assert_eq!(order.wanted, vidimus::tui::form::Wanted::Line(wanted));
        screen.dialog = None;
    }
}
