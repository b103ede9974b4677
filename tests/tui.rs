//! The screen: drawn from views, compared with files as text and as runs of style; every key,
//! enabled and disabled.

use crate::snapshot::same_as_file;
use datamatrix::{DataMatrix, SymbolList, SymbolSize};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;
use vidimus::record::{
    BatchNo, Fates, GradeMin, Grades, Modules, PackNo, Parameter, QualityRules, RecoveryCause,
    SignIn, Tally, TemplateHash, Tenths, TextPolicy,
};
use vidimus::tui::{Colours, Dialog, PLACES, ScreenState, Theme, draw, draw_waiting};
use vidimus::wire::{
    AlarmRates, AlarmView, BatchView, DeviceState, DeviceView, Figures, FlowStep, LabelView,
    LastPack, LineState, LotView, Priority, ProductView, QualityView, RecoveryView, TrialView,
    View,
};

/// 2026-11-20 14:32:07 UTC.
const NOW_MS: i64 = 1_795_185_127_000;

/// The symbol of a pack: (01)09506000134352(17)270930(10)L2409A(21)7G4K2M9QXTAB.
pub fn symbol(size: SymbolSize) -> Modules {
    let content = b"01095060001343521727093010L2409A\x1d217G4K2M9QXTAB";
    let list = SymbolList::with_whitelist([size]);
    let code = DataMatrix::encode_gs1(content, list).expect("it fits");
    let bitmap = code.bitmap();
    let (columns, rows) = (bitmap.width(), bitmap.height());
    let mut dark = vec![false; columns * rows];
    for (column, row) in bitmap.pixels() {
        dark[row * columns + column] = true;
    }
    let side = |modules| u16::try_from(modules).expect("symbols are small");
    Modules {
        columns: side(columns),
        rows: side(rows),
        dark,
    }
}

/// Some symbol of this size.
fn modules(side: u16) -> Modules {
    let dark = (0..side * side).map(|at| at % 3 == 0).collect();
    Modules {
        columns: side,
        rows: side,
        dark,
    }
}

fn tally() -> Tally {
    Tally {
        entered: 4_842,
        good: 4_812,
        rejected_by: [
            ("no_symbol", 11),
            ("low_grade", 6),
            ("no_picture", 4),
            ("operator", 2),
        ]
        .into_iter()
        .map(|(cause, count)| (cause.to_owned(), count))
        .collect(),
        default_rejects: 0,
        sampled: 0,
        removed: 2,
        unknown: 0,
        in_line: 5,
        taken: 4_845,
        numbers_good: 4_812,
        numbers_rejected: 23,
        numbers_sampled: 0,
        numbers_void: 5,
        numbers_unknown: 0,
        numbers_in_line: 5,
    }
}

fn device(name: &str, model: &str, state: DeviceState, detail: &str) -> DeviceView {
    DeviceView {
        name: name.to_owned(),
        model: model.to_owned(),
        state,
        detail: detail.to_owned(),
    }
}

fn alarm(code: &str, letter: char, text: &str, action: &str, acknowledged: bool) -> AlarmView {
    AlarmView {
        code: code.to_owned(),
        letter,
        priority: Priority::Low,
        text: text.to_owned(),
        consequence: "Packs are rejected until it is mended.".to_owned(),
        action: action.to_owned(),
        raised_utc_ms: NOW_MS - 27 * 60_000,
        active: true,
        acknowledged,
        shelved: None,
    }
}

/// A line that runs, with something in every part of the screen.
pub fn running() -> View {
    let step = |name: &str, tail: &str, packs| FlowStep {
        name: name.to_owned(),
        serial_tail: Some(tail.to_owned()),
        packs,
    };
    View {
        station: "Line 3".to_owned(),
        utc_ms: NOW_MS,
        state: LineState::Running,
        state_text: String::new(),
        unread: Vec::new(),
        batch: Some(BatchView {
            no: BatchNo(3),
            product: "Amoxicillin 500 mg x20".to_owned(),
            gtin: "09506000134352".to_owned(),
            lot: "L2409A".to_owned(),
            expiry: "2027-09-30".to_owned(),
            target: Some(20_000),
            quality: QualityRules {
                grade_min: GradeMin(Some(Tenths(15))),
                text: TextPolicy::Warn,
            },
        }),
        flow: vec![
            step("PRINT", "9QXV", 2),
            step("CAMERA", "9QXU", 3),
            step("GATE", "9QXT", 0),
            step("GOOD", "9QXS", 0),
        ],
        tally: tally(),
        packs_per_min: 142,
        rejects_of_last_100: 1,
        last_pack: Some(LastPack {
            pack: PackNo(4842),
            serial: Some("7G4K2M9QXTAB".to_owned()),
            outcome: "pass".to_owned(),
            passed: true,
            read: None,
            modules: Some(symbol(SymbolSize::Square22)),
            grades: Some(graded(32)),
            looks_like: None,
            text: None,
        }),
        devices: vec![
            device("printer", "Zebra ZT411", DeviceState::Ok, "queue 1"),
            device(
                "camera",
                "127.0.0.1:8080",
                DeviceState::Ok,
                "frame 4 842  late 0",
            ),
            device(
                "PLC",
                "127.0.0.1:502",
                DeviceState::Ok,
                "9 ms  gate on reject",
            ),
            device(
                "disk",
                "vidimus-data",
                DeviceState::Maintenance,
                "14 % free",
            ),
        ],
        alarms: vec![alarm(
            "disk-low",
            'M',
            "14 % is left on the disk of the store.",
            "Move old exports away.",
            true,
        )],
        alarm_rates: AlarmRates {
            last_10_min: 0,
            most_in_10_min: 3,
            flood: None,
        },
        reject_next: false,
        recovery: None,
        quality: QualityView {
            level_tenths: Tenths(15),
            graded: 4_831,
            overall_mean_tenths: Some(Tenths(34)),
            ..QualityView::default()
        },
        sign_in: SignIn::Required,
        signing: Default::default(),
        labels: None,
        label: Some(LabelView {
            name: "pharma-pack".to_owned(),
            template: TemplateHash([0xA7; 32]),
            trial: None,
        }),
        container: None,
        lot: LotView::default(),
        products: vec![ProductView {
            name: "Amoxicillin 500 mg x20".to_owned(),
            gtin: "09506000134352".to_owned(),
        }],
        figures: Figures::default(),
        deeds: 9_380,
        lanes: Vec::new(),
    }
}

/// Everything 4.0 but the modulation.
fn graded(modulation: u8) -> Grades {
    let mut by_parameter = [Tenths::BEST; 8];
    by_parameter[Parameter::Modulation as usize] = Tenths(modulation);
    Grades {
        by_parameter,
        indicative: false,
        growth_percent: [4, 2],
    }
}

pub fn stopped() -> View {
    let mut view = running();
    view.state = LineState::Stopped;
    view.state_text = "CAMERA [F] no frame for 400 ms. Check its cable, then press F2.".to_owned();
    view.last_pack = Some(LastPack {
        pack: PackNo(4843),
        serial: Some("7G4K2M9QXTAB".to_owned()),
        outcome: "unexpected_serial".to_owned(),
        passed: false,
        read: Some("]d2010950600013435221AAAABBBBCCCC".to_owned()),
        modules: None,
        grades: None,
        looks_like: None,
        text: None,
    });
    view.devices[1].state = DeviceState::Failure;
    view.tally.numbers_void += 1;
    view.alarms = vec![
        alarm(
            "wrong-bin",
            'F',
            "A passed pack lies in the reject bin.",
            "Take it out by hand.",
            false,
        ),
        alarm(
            "camera-link",
            'F',
            "The camera is silent.",
            "Check its cable and its lamp.",
            false,
        ),
        alarm(
            "printer-media",
            'F',
            "Out of labels.",
            "Load a new roll.",
            true,
        ),
        alarm(
            "disk-low",
            'M',
            "14 % is left.",
            "Move old exports away.",
            true,
        ),
    ];
    view
}

/// `[good, rejected, removed, unknown]` and how many are still on the belt.
pub fn recovery(causes: &[RecoveryCause], fates: [u64; 4], open: u64) -> RecoveryView {
    let [good, rejected, removed, unknown] = fates;
    let fates = Fates {
        good,
        rejected,
        removed,
        unknown,
    };
    RecoveryView {
        causes: causes.to_vec(),
        since_utc_ms: NOW_MS - 40_000,
        packs: fates.sum() + open,
        fates,
        open,
    }
}

pub fn screen(colours: Colours) -> ScreenState {
    ScreenState {
        signed_in: true,
        ..ScreenState::new("M.Kowal", Theme::new(colours), jiff::tz::TimeZone::UTC)
    }
}

pub fn drawn(width: u16, height: u16, view: Option<&View>, screen: &ScreenState) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("it never fails");
    terminal
        .draw(|frame| match view {
            Some(view) => draw(frame, view, screen),
            None => draw_waiting(frame, screen),
        })
        .expect("it never fails");
    terminal.backend().buffer().clone()
}

pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in 0..buffer.area.height {
        let line: String = (0..buffer.area.width)
            .map(|column| buffer[(column, row)].symbol())
            .collect();
        out += line.trim_end();
        out.push('\n');
    }
    out
}

/// Runs of cells that do not look plain: `row: first-last style`.
pub fn styles(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in 0..buffer.area.height {
        let look = |column: u16| {
            let cell = &buffer[(column, row)];
            (cell.fg, cell.bg, cell.modifier)
        };
        let mut first = 0;
        for column in 1..=buffer.area.width {
            if column < buffer.area.width && look(column) == look(first) {
                continue;
            }
            let (fg, bg, modifier) = look(first);
            if (fg, bg, modifier) != (Color::Reset, Color::Reset, Modifier::empty()) {
                let last = column - 1;
                writeln!(
                    out,
                    "{row:>2}: {first:>2}-{last:<2} {fg} on {bg} {modifier:?}"
                )
                .expect("a string takes everything");
            }
            first = column;
        }
    }
    out
}

#[test]
fn the_main_screen_looks_as_in_its_pictures() {
    let coloured = screen(Colours::Many);
    let plain = screen(Colours::None);
    let mut large = running();
    let last = large.last_pack.as_mut().expect("there is one");
    last.modules = Some(symbol(SymbolSize::Square24));
    same_as_file(
        "large_symbol_80x24.txt",
        &text(&drawn(80, 24, Some(&large), &coloured)),
    );
    let mut wordy = stopped();
    wordy.state_text += " The packs on the belt are rejected; take the one under the camera out.";
    same_as_file(
        "long_reason_80x24.txt",
        &text(&drawn(80, 24, Some(&wordy), &coloured)),
    );
    let mut trial = running();
    let label = trial.label.as_mut().expect("there is one");
    label.trial = Some(TrialView {
        name: "pharma-pack-2027.toml".to_owned(),
        template: TemplateHash([0x5C; 32]),
        failed: 1,
        most: 3,
    });
    same_as_file(
        "label_trial_80x24.txt",
        &text(&drawn(80, 24, Some(&trial), &coloured)),
    );
    for (name, view) in [("main", running()), ("stopped", stopped())] {
        let full = drawn(80, 24, Some(&view), &coloured);
        same_as_file(&format!("{name}_80x24.txt"), &text(&full));
        same_as_file(&format!("{name}_80x24.styles.txt"), &styles(&full));
        let without = drawn(80, 24, Some(&view), &plain);
        assert_eq!(text(&full), text(&without), "colour changes no text");
        same_as_file(
            &format!("{name}_80x24.no_color.styles.txt"),
            &styles(&without),
        );
        let small = drawn(40, 12, Some(&view), &coloured);
        same_as_file(&format!("{name}_40x12.txt"), &text(&small));
    }
}

/// After a restart the screen says what became of the packs that were on the belt; above all of which nobody knows.
#[test]
fn recoveries_look_as_in_their_pictures() {
    let plain = screen(Colours::None);
    let start = [RecoveryCause::StationStart];
    let both = [RecoveryCause::StationStart, RecoveryCause::PlcRestart];
    for (name, mut view, told) in [
        ("recovered", running(), recovery(&start, [3, 9, 0, 0], 0)),
        ("recovering", stopped(), recovery(&start, [1, 0, 0, 0], 4)),
        (
            "recovered_unknown",
            running(),
            recovery(&both, [3, 5, 1, 12], 0),
        ),
    ] {
        view.recovery = Some(told);
        let full = drawn(80, 24, Some(&view), &plain);
        same_as_file(&format!("{name}_80x24.txt"), &text(&full));
        let small = drawn(40, 12, Some(&view), &plain);
        same_as_file(&format!("{name}_40x12.txt"), &text(&small));
    }
    // However much there is to say, every count and what to do stand there, and the top alarm too.
    let mut view = stopped();
    view.state_text = "word ".repeat(30);
    view.last_pack = running().last_pack;
    let last = view.last_pack.as_mut().expect("there is one");
    last.modules = Some(modules(24));
    let many = [
        RecoveryCause::StationStart,
        RecoveryCause::PrinterFault,
        RecoveryCause::CameraLink,
        RecoveryCause::LabelsMissed,
    ];
    view.recovery = Some(recovery(&many, [12_345, 54_321, 999, 888], 77));
    let said = text(&drawn(80, 24, Some(&view), &plain));
    for wanted in [
        "12 345 good",
        "54 321 rejected",
        "999 removed",
        "77 still on it",
        "888 unknown",
        "put them aside.",
        "A passed pack lies in the reject bin.",
    ] {
        let joined = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(wanted), "{wanted}:\n{said}");
    }
}

#[test]
fn pages_and_questions_look_as_in_their_pictures() {
    for (name, dialog) in [
        ("help", Dialog::Help),
        ("menu", Dialog::Menu),
        ("words", Dialog::Words),
        ("resume", Dialog::ConfirmResume),
        (
            "resync",
            Dialog::ConfirmResync {
                typed: "resy".to_owned(),
            },
        ),
    ] {
        let mut screen = screen(Colours::None);
        screen.dialog = Some(dialog);
        let view = stopped();
        same_as_file(
            &format!("{name}_80x24.txt"),
            &text(&drawn(80, 24, Some(&view), &screen)),
        );
        same_as_file(
            &format!("{name}_40x12.txt"),
            &text(&drawn(40, 12, Some(&view), &screen)),
        );
    }
    let mut waiting = screen(Colours::None);
    waiting.lost =
        Some("No station listens on /run/x.sock. Start one with \"vidimus demo\".".into());
    same_as_file("waiting_80x24.txt", &text(&drawn(80, 24, None, &waiting)));
    same_as_file(
        "lost_80x24.txt",
        &text(&drawn(80, 24, Some(&running()), &waiting)),
    );
}

/// Without a single colour, every state of every kind still looks different, as text.
#[test]
fn all_states_differ_without_colour() {
    let plain = screen(Colours::None);
    let mut seen: Vec<String> = Vec::new();
    let mut differs = |what: &str, view: &View| {
        for (width, height) in [(80, 24), (40, 12)] {
            let buffer = drawn(width, height, Some(view), &plain);
            let look = format!("{width}\n{}", text(&buffer));
            assert!(
                !seen.contains(&look),
                "{what} looks like something else at {width}"
            );
            let coloured = buffer
                .content
                .iter()
                .any(|c| c.fg != Color::Reset || c.bg != Color::Reset);
            assert!(!coloured, "{what} shows a colour although none are wanted");
            seen.push(look);
        }
    };
    for state in [
        DeviceState::Ok,
        DeviceState::Failure,
        DeviceState::Check,
        DeviceState::OutOfSpec,
        DeviceState::Maintenance,
        DeviceState::Unknown,
    ] {
        let mut view = running();
        view.devices[0].state = state;
        differs(&format!("{state:?}"), &view);
    }
    for state in [
        LineState::Recovering,
        LineState::NotReady,
        LineState::Ready,
        LineState::Stopped,
    ] {
        let mut view = running();
        view.state = state;
        differs(&format!("{state:?}"), &view);
    }
    let mut broken = running();
    broken.tally.numbers_good += 1;
    differs("books that do not balance", &broken);
}

/// Nothing a station can send makes the screen panic, and nothing is drawn outside the terminal.
#[test]
fn odd_views_and_odd_sizes_are_drawn() {
    let long = "ein langer Text mit Größe 漢字 \u{7}\u{1b}[31m ".repeat(20);
    let mut odd = stopped();
    odd.utc_ms = i64::MIN;
    odd.station.clone_from(&long);
    odd.state_text.clone_from(&long);
    odd.flow = vec![odd.flow[0].clone(); 9];
    odd.flow[0].name.clone_from(&long);
    odd.flow[0].packs = u32::MAX;
    odd.devices = vec![device(&long, &long, DeviceState::Unknown, &long); 9];
    odd.alarms = vec![alarm("x", '\u{1b}', &long, &long, false); 30];
    odd.alarms[0].raised_utc_ms = i64::MAX;
    odd.alarms[1].raised_utc_ms = i64::MIN;
    odd.unread = vec![long.clone(); 9];
    odd.tally.good = u64::MAX / 2_000;
    for count in 0..20 {
        odd.tally.rejected_by.insert(format!("cause_{count}"), 7);
    }
    let mut empty = running();
    (empty.flow, empty.devices, empty.alarms) = (Vec::new(), Vec::new(), Vec::new());
    (empty.batch, empty.last_pack, empty.tally) = (None, None, Tally::default());
    for side in [0, 1, 8, 22, 23, 26, 144] {
        let mut sized = odd.clone();
        let last = sized.last_pack.as_mut().expect("there is one");
        last.modules = (side > 0).then(|| modules(side));
        for (width, height) in [
            (80, 24),
            (79, 24),
            (80, 23),
            (40, 12),
            (200, 60),
            (39, 12),
            (1, 1),
        ] {
            let mut screen = screen(Colours::Sixteen);
            screen.operator.clone_from(&long);
            for dialog in [
                None,
                Some(Dialog::Help),
                Some(Dialog::Menu),
                Some(Dialog::Words),
                Some(Dialog::ConfirmResume),
            ] {
                screen.dialog = dialog;
                drawn(width, height, Some(&sized), &screen);
                drawn(width, height, Some(&empty), &screen);
                drawn(width, height, None, &screen);
            }
            screen.dialog = None;
            for (row, chosen) in PLACES.iter().flat_map(|row| [(row, 0), (row, 25)]) {
                (screen.place, screen.chosen) = (row.place, chosen);
                drawn(width, height, Some(&sized), &screen);
                drawn(width, height, Some(&empty), &screen);
            }
        }
    }
    let too_small = drawn(32, 8, Some(&empty), &screen(Colours::None));
    assert!(text(&too_small).starts_with("needs 40×12, has 32×8"));
}

#[test]
fn the_environment_decides_on_colours() {
    let theme = Theme::of_environment;
    assert!(theme(None, "xterm", "").coloured());
    assert!(
        theme(Some(""), "xterm", "").coloured(),
        "an empty NO_COLOR means nothing"
    );
    assert!(!theme(Some("1"), "xterm-256color", "truecolor").coloured());
    assert!(!theme(None, "dumb", "").coloured());
}
