//! The places of the screen beside the line: as text, as runs of style, and the keys that lead there and back.

use crate::snapshot::same_as_file;
use crate::tui::{drawn, running, screen, stopped, styles, text};
use std::path::Path;
use vidimus::tui::keys::{KEYS, Press};
use vidimus::tui::press::{self, Action};
use vidimus::tui::{Colours, Dialog, PLACES, Place, ScreenState};
use vidimus::wire::{
    AlarmRates, ContainerView, FloodView, LabelsView, OperatorCommand, ShelvedView, View,
};

/// A line with something wrong in every place.
pub fn troubled() -> View {
    let mut view = stopped();
    view.alarms[0].code = "pack-unread".to_owned();
    view.alarms[0].text =
        "A good pack is in no case on record: pack 4811 (01)09506000134352(21)7G4K2M9QXTAA; pack \
                           4812 (01)09506000134352(21)7G4K2M9QXTAC"
            .to_owned();
    view.unread = vec![
        "pack 4811 (01)09506000134352(21)7G4K2M9QXTAA".to_owned(),
        "case (00)095060000000000206".to_owned(),
    ];
    view.container = Some(ContainerView {
        level: "case".to_owned(),
        code: "(00)095060000000000213".to_owned(),
        inside: 17,
        holds: 40,
    });
    view.labels = Some(LabelsView {
        due: 2,
        hindrance: Some("the label printer is out of labels".to_owned()),
    });
    view.quality.warning = Some("modulation falls: 2.1, minimum 1.5".to_owned());
    let mut shelved = running().alarms[0].clone();
    shelved.acknowledged = false;
    shelved.shelved = Some(shelved_by("disk ordered, here on Tuesday"));
    view.alarms.push(shelved);
    view.lot.samples_due = 2;
    view.tally = running().tally;
    view
}

fn shelved_by(reason: &str) -> ShelvedView {
    ShelvedView {
        by: "M.Kowal".to_owned(),
        reason: reason.to_owned(),
        until_utc_ms: running().utc_ms + 30 * 60_000,
    }
}

/// More alarms than a person can see to: the line and the list say so, and which came first; what is shelved is not in
/// the way.
#[test]
fn a_flood_of_alarms_is_shown_as_one() {
    let mut view = troubled();
    let one = view.alarms[0].clone();
    for (at, code) in (0..12).zip(["printer-link", "camera-link", "plc-link"].iter().cycle()) {
        let mut more = one.clone();
        (more.code, more.acknowledged) = ((*code).to_owned(), false);
        more.text = format!("Lane {}: {code} of this lane does not answer", 1 + at / 3);
        view.alarms.insert(at, more);
    }
    view.alarm_rates = AlarmRates {
        last_10_min: 14,
        most_in_10_min: 16,
        flood: Some(FloodView {
            since_utc_ms: view.utc_ms,
            first: "plc-link of lane 2".to_owned(),
        }),
    };
    for place in [Place::Line, Place::Alarms] {
        for (width, height) in [(80, 24), (40, 12)] {
            let (mut coloured, mut plain) = (screen(Colours::Many), screen(Colours::None));
            for state in [&mut coloured, &mut plain] {
                (state.place, state.chosen) = (place, view.alarms.len());
            }
            let full = drawn(width, height, Some(&view), &coloured);
            let name = place.row().title.to_lowercase();
            same_as_file(&format!("flood_{name}_{width}x{height}.txt"), &text(&full));
            let without = drawn(width, height, Some(&view), &plain);
            assert_eq!(text(&full), text(&without), "colour changes no text");
        }
    }
}

/// The key acknowledges what is in its place; a shelved alarm only where a person has chosen it.
#[test]
fn the_key_acknowledges_a_shelved_alarm_only_where_it_is_chosen() {
    let mut view = running();
    (view.alarms[0].acknowledged, view.alarms[0].shelved) = (false, Some(shelved_by("ordered")));
    let mut state = screen(Colours::None);
    let refused = press::press(Press::Char('a'), Some(&view), &mut state);
    assert_eq!(refused, Action::Nothing);
    state.place = Place::Alarms;
    let alarm = view.alarms[0].code.clone();
    assert_eq!(
        press::press(Press::Char('a'), Some(&view), &mut state),
        Action::Send(OperatorCommand::Acknowledge { alarm })
    );
}

#[test]
fn every_place_looks_as_in_its_pictures() {
    let view = troubled();
    for row in PLACES.iter().filter(|row| row.place != Place::Line) {
        let name = row.title.to_lowercase();
        let (mut coloured, mut plain) = (screen(Colours::Many), screen(Colours::None));
        for state in [&mut coloured, &mut plain] {
            (state.place, state.chosen) = (row.place, 1);
            state.look = crate::tui_look::at(row.place).look;
        }
        for (width, height) in [(80, 24), (120, 36), (40, 12)] {
            let full = drawn(width, height, Some(&view), &coloured);
            same_as_file(&format!("{name}_{width}x{height}.txt"), &text(&full));
            let without = drawn(width, height, Some(&view), &plain);
            assert_eq!(text(&full), text(&without), "colour changes no text");
        }
        let full = drawn(80, 24, Some(&view), &coloured);
        same_as_file(&format!("{name}_80x24.styles.txt"), &styles(&full));
    }
}

/// From an alarm one key leads to where it is mended, and another one back to the line.
#[test]
fn alarms_are_chosen_acknowledged_and_followed() {
    let view = troubled();
    let mut screen = screen(Colours::None);
    let press = |press, screen: &mut ScreenState| press::press(press, Some(&view), screen);
    let nothing = Action::Nothing;
    assert_eq!(press(Press::F(4), &mut screen), nothing);
    assert_eq!((screen.place, screen.chosen), (Place::Alarms, 0));
    assert_eq!(press(Press::Up, &mut screen), nothing);
    assert_eq!(screen.chosen, 0, "nothing is above the first one");
    assert_eq!(press(Press::Down, &mut screen), nothing);
    let acknowledged = press(Press::Char('a'), &mut screen);
    let alarm = "camera-link".to_owned();
    assert_eq!(
        acknowledged,
        Action::Send(OperatorCommand::Acknowledge { alarm })
    );
    assert_eq!(press(Press::Enter, &mut screen), nothing);
    assert_eq!((screen.place, screen.chosen), (Place::Devices, 0));
    for _ in 0..9 {
        assert_eq!(press(Press::Down, &mut screen), nothing);
    }
    assert_eq!(screen.chosen, view.devices.len() - 1, "the last one stays");
    assert_eq!(press(Press::Esc, &mut screen), nothing);
    assert_eq!(screen.place, Place::Line);

    // The menu goes to each place by its letter, and stays for any other.
    for row in PLACES {
        assert_eq!(press(Press::F(8), &mut screen), nothing);
        assert_eq!(press(Press::Char('z'), &mut screen), nothing);
        assert_eq!(screen.dialog, Some(Dialog::Menu));
        assert_eq!(press(Press::Char(row.letter), &mut screen), nothing);
        assert_eq!((screen.dialog.clone(), screen.place), (None, row.place));
    }
    // Every alarm there is has an action that a person reads in full, wherever it leads.
    screen.place = Place::Alarms;
    for (at, alarm) in view.alarms.iter().enumerate() {
        screen.chosen = at;
        let shown = text(&drawn(80, 24, Some(&view), &screen));
        assert!(shown.contains(&alarm.action), "{shown}");
    }
}

/// `docs/screens.md`, made from the tables and the pictures.
fn page_of_screens() -> String {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
        let text = std::fs::read_to_string(path.join(name)).expect("the picture is there");
        text.trim_end().to_owned()
    };
    let mut page = "# The screens\n\nMade from the table of keys and from the pictures of the tests; \
                    `VIDIMUS_BLESS=1` writes it anew.\n\nEvery place but the line has a list or a page of its own; \
                    `Esc` goes back to the line, `F2` stops it from everywhere.\n\n## Keys\n\n| key | what it does |\n\
                    |---|---|\n"
        .to_owned();
    for key in KEYS {
        page += &format!("| `{}` | {} |\n", key.shown.replace(' ', "` `"), key.help);
    }
    for row in PLACES {
        let picture = match row.place {
            Place::Line => "main_80x24.txt".to_owned(),
            _ => format!("{}_80x24.txt", row.title.to_lowercase()),
        };
        let (title, letter, answers) = (row.title, row.letter, row.answers);
        page += &format!("\n## {title}\n\n{answers} `F8` `{letter}`.\n\n");
        page += &format!("```text\n{}\n```\n", read(&picture));
    }
    let others = [
        (
            "The alarms that came and went",
            "`h` on the alarms; `h` or `Esc` goes back.",
            "past_80x24.txt",
        ),
        (
            "The board for the wall",
            "`vidimus tui --big`: read from afar, nothing is ordered from it, `q` leaves it.",
            "board_80x24.txt",
        ),
    ];
    for (title, about, picture) in others {
        page += &format!(
            "\n## {title}\n\n{about}\n\n```text\n{}\n```\n",
            read(picture)
        );
    }
    page
}

#[test]
fn the_page_of_screens_has_every_key_and_place_with_its_picture() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screens.md");
    let made = page_of_screens();
    if std::env::var_os("VIDIMUS_BLESS").is_some() {
        std::fs::write(&path, &made).expect("the page can be written");
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == made, "VIDIMUS_BLESS=1 writes docs/screens.md anew");
}
