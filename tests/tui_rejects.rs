//! The place of the rejects with the picture of the chosen one, and the alarms that came and went.

use crate::snapshot::same_as_file;
use crate::tui::{drawn, running, screen, styles, symbol, text};
use crate::tui_look::at;
use datamatrix::SymbolSize;
use vidimus::record::{BatchNo, Grades, PackNo, Parameter, PointId, Tenths};
use vidimus::tui::keys::Press;
use vidimus::tui::look::{SightSaid, look, seen};
use vidimus::tui::press::{Action, press};
use vidimus::tui::{Colours, Place, ScreenState};
use vidimus::wire::look::BatchSeen;
use vidimus::wire::past::{PastAlarmSeen, PastAlarmsSight};
use vidimus::wire::rejects::{GridSeen, PictureSeen, RejectSeen, RejectsSight, ToldBy, TrendSeen};
use vidimus::wire::{Question, ShelvedView, Sight};

/// 2026-11-20 14:32:07 UTC.
const NOW_MS: i64 = 1_795_185_127_000;

/// A symbol over which something was dragged.
fn smeared(size: SymbolSize) -> GridSeen {
    let sound = symbol(size);
    let columns = usize::from(sound.columns);
    let letter = |at: usize| {
        let (row, column) = (at / columns, at % columns);
        let smear = (6..11).contains(&row) && (4..19).contains(&column);
        let damaged = smear && !sound.dark[at];
        GridSeen::letter(sound.dark[at] || smear, damaged)
    };
    let rows = (0..usize::from(sound.rows)).map(|row| {
        let modules = row * columns..(row + 1) * columns;
        modules.map(letter).collect()
    });
    GridSeen {
        rows: rows.collect(),
        told_by: ToldBy::Print,
    }
}

fn reject(no: u64) -> RejectSeen {
    let causes = [
        "default_no_verdict",
        "low_grade",
        "not_decodable",
        "no_symbol",
    ];
    let cause = causes[(4_900 - no) as usize / 12 % causes.len()];
    RejectSeen {
        pack: PackNo(no),
        serial: (!no.is_multiple_of(5)).then(|| format!("7G4K2M9Q{no}")),
        cause: cause.to_owned(),
        utc_ms: Some(NOW_MS - (4_842 - no as i64) * 422),
        grade_tenths: (cause == "low_grade").then_some(Tenths(9)),
    }
}

/// Fourteen rejects of an open batch whose print gets worse.
pub fn rejects() -> RejectsSight {
    let column = |(mean, worst)| TrendSeen {
        packs: 20,
        graded: 19,
        mean_tenths: Some(Tenths(mean)),
        worst_tenths: Some(Tenths(worst)),
    };
    let means = [
        (38, 35),
        (37, 34),
        (37, 30),
        (36, 31),
        (33, 28),
        (31, 24),
        (28, 20),
        (22, 12),
        (17, 8),
    ];
    let mut trend: Vec<TrendSeen> = means.into_iter().map(column).collect();
    trend.insert(
        3,
        TrendSeen {
            packs: 20,
            ..TrendSeen::default()
        },
    );
    let mut by_parameter = [Tenths::BEST; 8];
    by_parameter[Parameter::Decode as usize] = Tenths(0);
    let rows: Vec<RejectSeen> = (0..14).map(|at| reject(4_840 - 12 * at)).collect();
    let shown = PictureSeen {
        pack: rows[1].pack,
        grades: Some(Grades {
            by_parameter,
            indicative: false,
            growth_percent: [0, 0],
        }),
        looks_like: Some("smear".to_owned()),
        text: Some("EXP 12/2O27 where 12/2027 was printed".to_owned()),
        read: None,
        grid: Some(smeared(SymbolSize::Square24)),
        wrong: None,
    };
    RejectsSight {
        batch: Some(BatchSeen {
            no: BatchNo(3),
            lot: "L2409A".to_owned(),
            open: true,
        }),
        rows,
        older: Some(PackNo(4_684)),
        trend,
        shown: Some(shown),
    }
}

pub fn odd_rejects(odd: &str) -> RejectsSight {
    let mut sight = rejects();
    for row in &mut sight.rows {
        (row.cause, row.serial) = (odd.to_owned(), Some(odd.to_owned()));
        (row.pack, row.utc_ms) = (PackNo(u64::MAX), Some(i64::MIN));
        row.grade_tenths = Some(Tenths(u8::MAX));
    }
    for column in &mut sight.trend {
        (column.packs, column.mean_tenths) = (u32::MAX, Some(Tenths(u8::MAX)));
    }
    let grid = GridSeen {
        rows: vec![odd.to_owned(), "x".repeat(70_000), String::new()],
        told_by: ToldBy::FixedPattern,
    };
    let odd = Some(odd.to_owned());
    sight.shown = Some(PictureSeen {
        pack: PackNo(u64::MAX),
        grades: None,
        looks_like: odd.clone(),
        text: odd.clone(),
        read: odd.clone(),
        grid: Some(grid),
        wrong: odd,
    });
    sight
}

fn past() -> PastAlarmsSight {
    let episode = |(alarm, minutes, stood): (&str, i64, Option<i64>)| {
        let raised_utc_ms = NOW_MS - minutes * 60_000;
        PastAlarmSeen {
            alarm: alarm.to_owned(),
            point: PointId(0),
            detail: format!("{alarm}: what exactly was wrong then"),
            raised_utc_ms,
            over_utc_ms: stood.map(|stood| raised_utc_ms + stood * 1_000),
            acknowledged_by: (minutes % 2 == 1).then(|| "M.Kowal".to_owned()),
            shelved: None,
        }
    };
    let all = [
        ("disk", 27, None),
        ("camera-link", 31, Some(44)),
        ("rejects", 300, Some(1_500)),
        ("printer", 1_501, Some(11_000)),
    ];
    let mut rows: Vec<PastAlarmSeen> = all.into_iter().map(episode).collect();
    rows[0].shelved = Some(ShelvedView {
        by: "A.Nowak".to_owned(),
        reason: "disk ordered, here on Tuesday".to_owned(),
        until_utc_ms: NOW_MS + 30 * 60_000,
    });
    rows[2].point = PointId(12);
    PastAlarmsSight {
        rows,
        seen: 0,
        all: 4,
    }
}

pub fn odd_alarms(odd: &str) -> PastAlarmsSight {
    let mut sight = past();
    (sight.seen, sight.all) = (u64::MAX, u64::MAX);
    for row in &mut sight.rows {
        (row.alarm, row.detail) = (odd.to_owned(), odd.to_owned());
        row.acknowledged_by = Some(odd.to_owned());
        (row.raised_utc_ms, row.over_utc_ms) = (i64::MIN, Some(i64::MAX));
        if let Some(shelved) = &mut row.shelved {
            (shelved.by, shelved.reason) = (odd.to_owned(), odd.to_owned());
        }
    }
    sight
}

fn said(sight: RejectsSight) -> SightSaid {
    SightSaid::Seen(Box::new(Sight::Rejects(Box::new(sight))))
}

fn asked(action: Option<Action>) -> (u64, Question) {
    match action {
        Some(Action::Look { no, question }) => (no, question),
        other => panic!("{other:?}"),
    }
}

/// The newest is shown without being named; another one is named, and the list stays while its picture is looked at.
#[test]
fn stepping_through_the_rejects_asks_for_each_picture_and_never_shows_another_ones() {
    let mut view = running();
    let mut screen = screen(Colours::None);
    screen.place = Place::Rejects;
    let question = |before: Option<u64>, shown: Option<u64>| Question::Rejects {
        before: before.map(PackNo),
        shown: shown.map(PackNo),
    };
    let (no, first) = asked(look(Some(&view), &mut screen, false));
    assert_eq!(first, question(None, None));
    let mut newest = rejects();
    if let Some(shown) = &mut newest.shown {
        shown.pack = PackNo(4_840);
    }
    assert!(seen(no, said(newest), &mut screen));
    assert_eq!(look(Some(&view), &mut screen, true), None);
    let shown = |screen: &ScreenState| text(&drawn(80, 24, Some(&running()), screen));
    assert!(shown(&screen).contains("not read; "), "{}", shown(&screen));
    press(Press::Down, Some(&view), &mut screen);
    let (no, second) = asked(look(Some(&view), &mut screen, false));
    assert_eq!(second, question(None, Some(4_828)));
    let waiting = shown(&screen);
    assert!(
        waiting.contains("Looking at the picture") && waiting.contains("Pack 4828"),
        "{waiting}"
    );
    assert!(seen(no, said(rejects()), &mut screen));
    assert!(
        shown(&screen).contains("looks like: smear"),
        "{}",
        shown(&screen)
    );

    // Good packs come and nothing is asked; a reject comes, and the chosen one stays chosen.
    view.tally.entered += 30;
    assert_eq!(look(Some(&view), &mut screen, true), None);
    *view
        .tally
        .rejected_by
        .entry("no_symbol".to_owned())
        .or_default() += 1;
    let (no, again) = asked(look(Some(&view), &mut screen, true));
    assert_eq!(again, question(None, Some(4_828)));
    let mut more = rejects();
    more.rows.insert(0, reject(4_844));
    assert!(seen(no, said(more), &mut screen));
    assert_eq!(screen.chosen, 2);

    // Its page, its life, and the next page of the list.
    let pack = PackNo(4_828);
    let opened = press(Press::Enter, Some(&view), &mut screen);
    assert_eq!(opened, Action::Open { no: 1, pack });
    press(Press::Esc, Some(&view), &mut screen);
    press(Press::PageDown, Some(&view), &mut screen);
    let (_, next) = asked(look(Some(&view), &mut screen, false));
    assert_eq!(next, question(Some(4_684), None));
    let mut screen = at(Place::Rejects);
    screen.chosen = 1;
    press(Press::Char('t'), Some(&view), &mut screen);
    let (_, life) = asked(look(Some(&view), &mut screen, false));
    assert_eq!(
        life,
        Question::Life {
            of: "pack 4828".to_owned(),
            seen: 0
        }
    );
}

/// Where a module is damaged is told without any colour: the map beside the symbol has it alone.
#[test]
fn a_damaged_module_is_marked_without_colour_and_a_symbol_without_room_says_so() {
    let view = running();
    let mut screen = at(Place::Rejects);
    screen.chosen = 1;
    let grid = smeared(SymbolSize::Square24);
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(
        shown.contains(&format!("{} of 576 modules not as printed", grid.damaged())),
        "{shown}"
    );
    let rows: Vec<Vec<char>> = shown.lines().map(|line| line.chars().collect()).collect();
    // 24 columns as seen, one between, 24 of the map.
    let first = rows.len() - 2 - 13;
    for row in 0..12 {
        for column in 0..24 {
            let marks = [
                grid.module(2 * row, column).1,
                grid.module(2 * row + 1, column).1,
            ];
            let wanted = match marks {
                [true, true] => '█',
                [true, false] => '▀',
                [false, true] => '▄',
                [false, false] => '·',
            };
            let cell = rows[first + row].get(31 + 25 + column).copied();
            assert_eq!(cell, Some(wanted), "row {row}, column {column}:\n{shown}");
        }
    }
    let mut large = rejects();
    if let Some(shown) = &mut large.shown {
        shown.grid = Some(GridSeen {
            rows: vec!["#.".repeat(24); 48],
            told_by: ToldBy::Correction,
        });
    }
    screen.look.heard = Some(said(large.clone()));
    let small = text(&drawn(80, 24, Some(&view), &screen));
    assert!(
        small.contains("48 × 48 modules need a larger screen"),
        "{small}"
    );
    let wide = text(&drawn(120, 40, Some(&view), &screen));
    assert!(
        wide.contains("all 2304 modules as they ought to be"),
        "{wide}"
    );
    // Without a picture it says why.
    if let Some(shown) = &mut large.shown {
        (shown.grid, shown.wrong) = (
            None,
            Some("The picture of pack 4828 was not kept: 3 MB are left.".to_owned()),
        );
    }
    screen.look.heard = Some(said(large));
    for (width, height) in [(80, 24), (40, 12)] {
        let shown = text(&drawn(width, height, Some(&view), &screen));
        assert!(shown.contains("The picture of pack 4828 was"), "{shown}");
    }
}

#[test]
fn past_alarms_are_shown_by_one_key_and_left_by_it_or_by_escape() {
    let view = running();
    let mut state = screen(Colours::Many);
    state.place = Place::Alarms;
    assert_eq!(
        look(Some(&view), &mut state, true),
        None,
        "those that stand are in the view"
    );
    press(Press::Char('h'), Some(&view), &mut state);
    let (no, question) = asked(look(Some(&view), &mut state, false));
    assert_eq!(question, Question::PastAlarms { seen: 0 });
    let sight = Sight::PastAlarms(past());
    assert!(seen(no, SightSaid::Seen(Box::new(sight)), &mut state));
    state.chosen = 1;
    press(Press::Up, Some(&view), &mut state);
    assert_eq!(state.chosen, 0);
    let mut plain = state.clone();
    plain.theme = screen(Colours::None).theme;
    for (width, height) in [(80, 24), (120, 36), (40, 12)] {
        let full = drawn(width, height, Some(&view), &state);
        same_as_file(&format!("past_{width}x{height}.txt"), &text(&full));
        let without = drawn(width, height, Some(&view), &plain);
        assert_eq!(text(&full), text(&without), "colour changes no text");
    }
    same_as_file(
        "past_80x24.styles.txt",
        &styles(&drawn(80, 24, Some(&view), &state)),
    );
    // No key acts on an alarm that is not to be seen.
    for key in [Press::Char('a'), Press::Enter, Press::Char('s')] {
        assert_eq!(press(key, Some(&view), &mut state), Action::Nothing);
        assert_eq!((state.dialog.clone(), state.place), (None, Place::Alarms));
    }
    for key in [Press::Esc, Press::Char('h')] {
        state.look.past = true;
        press(key, Some(&view), &mut state);
        assert!(!state.look.past && state.place == Place::Alarms);
    }
    press(Press::Esc, Some(&view), &mut state);
    assert_eq!(state.place, Place::Line);
}
