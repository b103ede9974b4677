//! The page that a scan opens: drawn as text and as runs of style, and what keys and answers do to it.

use crate::snapshot::same_as_file;
use crate::tui::{drawn, running, screen, stopped, styles, text};
use vidimus::config;
use vidimus::record::{BatchNo, Tenths};
use vidimus::tui::keys::{KEYS, Press};
use vidimus::tui::press::{self, Action};
use vidimus::tui::{Colours, Dialog, ScanPage, ScanSaid, ScreenState};
use vidimus::wire::scan::{FoundContainer, FoundPack, Happened, Stands, UnitName};
use vidimus::wire::{Found, OperatorCommand, ScannerSettings};

fn unit(kind: &str, no: u64, code: &str) -> UnitName {
    UnitName {
        kind: kind.to_owned(),
        no,
        code: code.to_owned(),
    }
}

fn case() -> UnitName {
    unit("case", 12, "(00)106141412345678908")
}

fn happened(what: &str, record: u64) -> Happened {
    Happened {
        what: what.to_owned(),
        record,
        partner: None,
        with: None,
    }
}

fn pack() -> FoundPack {
    FoundPack {
        unit: unit("pack", 4842, "(01)09506000134352(21)7G4K2M9QXTAB"),
        state: "active".to_owned(),
        gtin: Some("09506000134352".to_owned()),
        lot: Some("L2409A".to_owned()),
        expiry: Some("270930".to_owned()),
        serial: Some("7G4K2M9QXTAB".to_owned()),
        batch: Some(BatchNo(3)),
        fate: Some("to the good bin".to_owned()),
        verdict: Some("pass".to_owned()),
        grade_tenths: Some(Tenths(32)),
        grade_indicative: false,
        stands: Stands {
            inside: vec![case(), unit("pallet", 2, "(00)106141412345678915")],
            here: true,
            ..Stands::default()
        },
    }
}

/// Of everything that can be wrong with a pack something.
fn recalled() -> FoundPack {
    let mut pack = pack();
    pack.stands.here = false;
    pack.stands.place = Some(Happened {
        partner: Some("9521321000018".to_owned()),
        with: Some(case()),
        ..happened("shipped", 9_001)
    });
    pack.stands.hold = Some(happened("held", 9_100));
    pack.stands.recall = Some(Happened {
        with: Some(case()),
        ..happened("recalled", 9_200)
    });
    pack.stands.warnings = vec!["The scan says L2409B, printed was L2409A.".to_owned()];
    pack
}

fn rejected() -> FoundPack {
    FoundPack {
        state: "rejected".to_owned(),
        fate: Some("rejected by its verdict".to_owned()),
        verdict: Some("low_grade".to_owned()),
        grade_tenths: Some(Tenths(9)),
        grade_indicative: true,
        stands: Stands {
            here: true,
            ..Stands::default()
        },
        ..pack()
    }
}

fn container() -> FoundContainer {
    FoundContainer {
        unit: case(),
        state: "closed".to_owned(),
        inside: 40,
        holds: Some(40),
        mixed: true,
        batch: Some(BatchNo(3)),
        stands: Stands {
            inside: vec![unit("pallet", 2, "(00)106141412345678915")],
            here: true,
            ..Stands::default()
        },
    }
}

pub fn with_page(said: ScanSaid) -> ScreenState {
    let mut screen = screen(Colours::None);
    screen.scans = 1;
    screen.page = Some(ScanPage {
        no: 1,
        scan: "]d20109506000134352^217G4K2M9QXTAB".to_owned(),
        said,
    });
    screen
}

fn found(found: Found) -> ScanSaid {
    ScanSaid::Found(Box::new(found))
}

pub fn pages() -> Vec<(&'static str, ScanSaid)> {
    let unreadable = "\"4006381333931\" cannot be read. It has 13 digits: an SSCC has 18, and anything else is scanned \
                      whole.";
    let stranger = |reasons: &[&str]| Found::Stranger {
        code: "(01)09506000134352(21)STOLEN".to_owned(),
        reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
    };
    let quick = "45 keys came too quickly for a person, and are no scan as the station file's [scanner] says: prefix \
                 none, suffix enter, GS as character. No key was pressed. Scan again; if it stays so, set the scanner \
                 or the station file.";
    vec![
        ("asking", ScanSaid::Asking),
        ("pack", found(Found::Pack(pack()))),
        ("rejected", found(Found::Pack(rejected()))),
        ("recalled", found(Found::Pack(recalled()))),
        ("container", found(Found::Container(container()))),
        ("stranger", found(stranger(&[]))),
        (
            "reserved",
            found(stranger(&[
                "The number is ours: handed out for token LINE-9.",
                "It is reserved: no pack with it was ever verified good here.",
            ])),
        ),
        (
            "unreadable",
            found(Found::Unreadable {
                why: unreadable.to_owned(),
            }),
        ),
        ("no_scan", ScanSaid::NoScan(quick.to_owned())),
        (
            "unanswered",
            ScanSaid::Refused("No station listens on /run/x.sock.".to_owned()),
        ),
    ]
}

#[test]
fn pages_of_scans_look_as_in_their_pictures() {
    let view = running();
    for (name, said) in pages() {
        let mut screen = with_page(said);
        let full = drawn(80, 24, Some(&view), &screen);
        same_as_file(&format!("scan_{name}_80x24.txt"), &text(&full));
        let small = drawn(40, 12, Some(&view), &screen);
        same_as_file(&format!("scan_{name}_40x12.txt"), &text(&small));
        let coloured = |buffer: &ratatui::buffer::Buffer| {
            let plain = ratatui::style::Color::Reset;
            let mut cells = buffer.content.iter();
            cells.any(|cell| cell.fg != plain || cell.bg != plain)
        };
        assert!(
            !coloured(&full) && !coloured(&small),
            "{name}: no colour is wanted"
        );
        if name == "recalled" {
            same_as_file("scan_recalled_80x24.no_color.styles.txt", &styles(&full));
            screen.theme = crate::tui::screen(Colours::Many).theme;
            let many = drawn(80, 24, Some(&view), &screen);
            assert_eq!(text(&many), text(&full), "colour changes no text");
            same_as_file("scan_recalled_80x24.styles.txt", &styles(&many));
        }
    }
}

/// Whatever a station, a printer's label or a scanner says: it is drawn, within the terminal, and moves no cursor.
#[test]
fn odd_pages_are_drawn_and_send_nothing_to_the_terminal() {
    let odd = "\u{1b}[2J\u{7}\u{1d}\u{202e}漢字 Größe \r\n".repeat(60);
    let said = |odd: &str| {
        let mut pack = recalled();
        pack.unit.code = odd.to_owned();
        pack.state = odd.to_owned();
        pack.lot = Some(odd.to_owned());
        pack.stands.inside = vec![unit(odd, u64::MAX, odd); 9];
        pack.stands.warnings = vec![odd.to_owned(); 9];
        let mut case = container();
        case.unit = unit(odd, 1, odd);
        case.state = odd.to_owned();
        let stranger = Found::Stranger {
            code: odd.to_owned(),
            reasons: vec![odd.to_owned(); 30],
        };
        let why = odd.to_owned();
        vec![
            found(Found::Pack(pack)),
            found(Found::Container(case)),
            found(stranger),
            found(Found::Unreadable { why }),
            ScanSaid::Refused(odd.to_owned()),
            ScanSaid::NoScan(odd.to_owned()),
        ]
    };
    let view = running();
    for said in said(&odd) {
        let screen = with_page(said);
        for (width, height) in [(80, 24), (79, 24), (40, 12), (200, 60), (39, 12), (1, 1)] {
            for view in [Some(&view), None] {
                let buffer = drawn(width, height, view, &screen);
                for cell in &buffer.content {
                    let odd = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
                    assert!(!cell.symbol().contains(odd), "{:?}", cell.symbol());
                }
            }
        }
    }
    let mut screen = screen(Colours::None);
    press::scanned(odd, &mut screen);
    let shown = screen.page.expect("it opened").scan;
    assert!(shown.chars().all(|c| !c.is_control()) && shown.contains('^'));
}

#[test]
fn a_scan_opens_its_page_and_the_next_one_replaces_it() {
    let view = running();
    let mut screen = screen(Colours::None);
    let find = |no, scan: &str| Action::Find {
        no,
        scan: scan.to_owned(),
    };
    assert_eq!(
        press::scanned("ONE-23q".to_owned(), &mut screen),
        find(1, "ONE-23q")
    );
    assert!(matches!(&screen.page, Some(page) if page.said == ScanSaid::Asking));
    assert_eq!(
        press::scanned("TWO".to_owned(), &mut screen),
        find(2, "TWO")
    );
    let first = found(Found::Pack(pack()));
    assert!(
        !press::answered(1, first, &mut screen),
        "the answer to the former scan"
    );
    let second = found(Found::Container(container()));
    assert!(press::answered(2, second.clone(), &mut screen));
    assert!(matches!(&screen.page, Some(page) if page.said == second));

    // Nothing but Esc and what stops the line does anything; a scanner's second Enter least of all.
    for row in KEYS {
        for press in row.presses {
            if matches!(press, Press::F(2) | Press::Esc | Press::Interrupt) {
                continue;
            }
            assert_eq!(
                press::press(*press, Some(&view), &mut screen),
                Action::Nothing
            );
            assert!(
                screen.page.is_some() && screen.dialog.is_none(),
                "{press:?}"
            );
        }
    }
    let mut press = |press| press::press(press, Some(&view), &mut screen);
    assert_eq!(press(Press::Enter), Action::Nothing);
    assert_eq!(press(Press::F(2)), Action::Send(OperatorCommand::Stop));
    assert_eq!(press(Press::Esc), Action::Nothing);
    assert_eq!(screen.page, None);
    assert!(
        !press::answered(2, second, &mut screen),
        "a page that was closed stays closed"
    );
    press::no_scan("Too quick.".to_owned(), &mut screen);
    assert!(matches!(&screen.page, Some(page) if page.no == 3));
    assert_eq!(
        press::press(Press::Interrupt, Some(&view), &mut screen),
        Action::Leave
    );
}

/// Whoever scans while a question is open sees what they scanned; the question stands as it was when they are done.
#[test]
fn a_scan_over_a_question_answers_nothing_and_types_nothing_in() {
    let view = stopped();
    for dialog in [
        Dialog::ConfirmResume,
        Dialog::ConfirmResync {
            typed: "resync".to_owned(),
        },
    ] {
        let mut screen = screen(Colours::None);
        screen.dialog = Some(dialog.clone());
        let action = press::scanned("resync".to_owned(), &mut screen);
        assert!(matches!(action, Action::Find { no: 1, .. }));
        for press in [
            Press::Enter,
            Press::Char('r'),
            Press::Backspace,
            Press::F(2),
        ] {
            assert_eq!(
                press::press(press, Some(&view), &mut screen),
                Action::Nothing
            );
        }
        if dialog == Dialog::ConfirmResume {
            press::answered(1, found(Found::Pack(pack())), &mut screen);
            let full = text(&drawn(80, 24, Some(&view), &screen));
            assert!(
                full.contains("PACK 4842: GOOD")
                    && full.contains("STOPPED")
                    && !full.contains("Withdraw"),
                "{full}"
            );
        }
        assert_eq!(
            press::press(Press::Esc, Some(&view), &mut screen),
            Action::Nothing
        );
        assert_eq!((&screen.dialog, &screen.page), (&Some(dialog), &None));
    }
}

/// The screen's own function keys are among those that no scanner may be set to; and a station that says nothing of a
/// scanner is one whose file says nothing of it.
#[test]
fn screen_and_station_file_agree() {
    let mut of_screen: Vec<String> = KEYS
        .iter()
        .flat_map(|row| row.presses)
        .filter_map(|press| match press {
            Press::F(number) => Some(format!("F{number}")),
            _ => None,
        })
        .collect();
    of_screen.dedup();
    let reserved = |key: &String| config::SCREEN_KEYS.contains(&key.as_str());
    assert!(of_screen.len() > 3 && of_screen.iter().all(reserved));
    let set = config::parse("demo", config::DEMO)
        .expect("it is valid")
        .scanner;
    let unsaid = ScannerSettings::default();
    assert_eq!(
        (set.prefix, set.suffix, set.gs, set.aim, set.gap_ms),
        (
            unsaid.prefix,
            unsaid.suffix,
            unsaid.gs,
            unsaid.aim,
            unsaid.gap_ms
        )
    );
}
