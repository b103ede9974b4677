//! Places that ask the station for more than the view: what they ask and when, what keys and scans do there, and what
//! is drawn of odd answers. Their pictures are those of all places.

use crate::tui::{drawn, running, screen, text};
use vidimus::record::{BatchNo, Modules, PackNo, Role, SettingChange, TemplateHash, Tenths};
use vidimus::tui::keys::{self, InBar, KEYS, Press};
use vidimus::tui::look::{SightSaid, look, seen};
use vidimus::tui::press::{Action, press, scanned};
use vidimus::tui::{Colours, Dialog, PLACES, Place, ScreenState};
use vidimus::wire::look::{
    AuditSight, BatchSeen, ChainSeen, Deed, ExchangeSeen, ExchangeWay, ExchangesSight, LifeSight,
    PackSeen, PacksSight, Preview, TemplateSeen, TemplateStanding, TemplatesSight,
};
use vidimus::wire::past::PastAlarmsSight;
use vidimus::wire::scan::UnitName;
use vidimus::wire::{PersonView, Question, Sight, Standing, View};

/// 2026-11-20 14:32:07 UTC.
const NOW_MS: i64 = 1_795_185_127_000;

fn pack(no: u64) -> PackSeen {
    let serial = format!("7G4K2M9Q{no}");
    let good = no % 7 != 3;
    let verdict = if good { "pass" } else { "low_grade" };
    let fate = match good {
        true => "to the good bin",
        false => "rejected by its verdict",
    };
    PackSeen {
        pack: PackNo(no),
        code: format!("(01)09506000134352(21){serial}"),
        serial: Some(serial),
        state: if good { "active" } else { "rejected" }.to_owned(),
        verdict: Some(verdict.to_owned()),
        grade_tenths: Some(Tenths(if good { 34 } else { 9 })),
        grade_indicative: no.is_multiple_of(5),
        fate: Some(fate.to_owned()),
        utc_ms: Some(NOW_MS - (4_842 - no as i64) * 422),
        inside: good.then(|| UnitName {
            kind: "case".to_owned(),
            no: 12,
            code: "(00)106141412345678908".to_owned(),
        }),
    }
}

fn packs() -> PacksSight {
    let mut rows: Vec<PackSeen> = (4_783..=4_842).rev().map(pack).collect();
    // The newest is still in the line, one before it has no number and went nowhere known.
    rows[0] = PackSeen {
        state: "in-line".to_owned(),
        verdict: None,
        grade_tenths: None,
        fate: None,
        inside: None,
        ..pack(4_842)
    };
    rows[2] = PackSeen {
        serial: None,
        code: String::new(),
        state: "unknown".to_owned(),
        verdict: Some("no_picture".to_owned()),
        grade_tenths: None,
        fate: Some("nobody can say where it went".to_owned()),
        inside: None,
        ..pack(4_840)
    };
    PacksSight {
        batch: Some(BatchSeen {
            no: BatchNo(3),
            lot: "L2409A".to_owned(),
            open: true,
        }),
        rows,
        older: Some(PackNo(4_783)),
    }
}

fn deed(record: u64, who: &str, what: &str) -> Deed {
    Deed {
        record,
        utc_ms: NOW_MS - (9_400 - record as i64) * 1_000,
        who: who.to_owned(),
        what: what.to_owned(),
        why: None,
        with: None,
        changes: Vec::new(),
        changes_more: 0,
    }
}

fn life() -> LifeSight {
    let stands = [
        ("state", "active (in_transit)"),
        ("lot", "L2409A  GTIN 09506000134352  expiry 270930"),
        ("label", "pharma-pack (b0a1c2d3)"),
        (
            "inside",
            "case (00)106141412345678908 < pallet (00)106141412345678915",
        ),
        (
            "place",
            "away: shipped, partner 9521321000018, with case (00)106141412345678908 (record 9001)",
        ),
        (
            "recalled",
            "recalled, with case (00)106141412345678908 (record 9200)",
        ),
    ];
    let stands = stands.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let mut deeds = vec![
        deed(8_700, "machine", "entered the line"),
        deed(8_701, "station", "took the number 7G4K2M9Q4841"),
        deed(8_714, "station", "verified good, grade 3.4"),
        deed(8_720, "machine", "to the good bin, into container 12"),
        deed(9_001, "M.Kowal", "shipped, partner 9521321000018, DN-4711"),
        deed(9_200, "Q.Wolf", "recalled"),
    ];
    deeds[5].why = Some("a customer complains of empty blisters".to_owned());
    for deed in &mut deeds[4..] {
        deed.with = Some("case (00)106141412345678908".to_owned());
    }
    LifeSight {
        of: "pack (01)09506000134352(21)7G4K2M9Q4841".to_owned(),
        stands: stands.to_vec(),
        deeds,
        seen: 0,
        all: 6,
    }
}

fn audit() -> AuditSight {
    let change = |key: &str, old: &str, new: &str| SettingChange {
        key: key.to_owned(),
        old: Some(old.to_owned()),
        new: Some(new.to_owned()),
    };
    let mut acked = deed(9_310, "M.Kowal", "alarm camera-link acknowledged");
    acked.changes = vec![change(
        "alarm camera-link",
        "unacknowledged",
        "acknowledged",
    )];
    let mut configured = deed(
        9_350,
        "root (name only)",
        "22 settings of the station file changed",
    );
    configured.changes = vec![
        change("limits.workers", "2", "3"),
        change(
            "printer[zebra].address",
            "zpl+tcp://10.0.0.4:9100",
            "zpl+tcp://10.0.0.5:9100",
        ),
    ];
    configured.changes_more = 20;
    configured.why = Some("the printer was replaced".to_owned());
    AuditSight {
        deeds: vec![
            deed(9_380, "M.Kowal", "signed in"),
            configured,
            acked,
            deed(
                9_100,
                "A.Nowak",
                "batch 3 of lot L2409A, GTIN 09506000134352 opened",
            ),
        ],
        older: Some(7_000),
        chain: Some(ChainSeen {
            record: 9_400,
            head: "3f2a91c05d77e4b1".repeat(4),
            broken: None,
        }),
    }
}

fn template(name: &str, no: u8, standing: TemplateStanding) -> TemplateSeen {
    let recorded = standing != TemplateStanding::BuiltIn;
    TemplateSeen {
        name: name.to_owned(),
        template: TemplateHash([no; 32]),
        standing,
        since_utc_ms: recorded.then_some(NOW_MS - 86_400_000),
        by: recorded.then(|| "A.Nowak".to_owned()),
        why: None,
    }
}

/// Some label with a symbol of 22 modules and two lines of what text is at this scale.
fn sketch() -> Modules {
    let (columns, rows) = (60u16, 30u16);
    let dark = (0..rows).flat_map(|y| {
        (0..columns).map(move |x| {
            let symbol = (2..24).contains(&x) && (4..26).contains(&y);
            let finder = x == 2 || y == 25 || (x * 7 + y * 5) % 3 == 0;
            let text = (28..56).contains(&x) && [8, 9, 16, 17].contains(&y) && x % 4 != 0;
            (symbol && finder) || text
        })
    });
    Modules {
        columns,
        rows,
        dark: dark.collect(),
    }
}

fn templates(shown: u8) -> TemplatesSight {
    let mut tried = template("pharma-pack-2027", 2, TemplateStanding::OnTrial);
    tried.why = Some("the authority wants a longer word from January on".to_owned());
    let says = [
        (
            "symbol",
            "(01)09521234543213(21)W3KTQAJMQTX4(17)271231(10)LOT2026A",
        ),
        ("text", "LOT LOT2026A"),
        ("text", "EXP 12/2027"),
    ];
    TemplatesSight {
        rows: vec![
            template("pharma-pack", 1, TemplateStanding::InForce),
            tried,
            template("eu-pack", 3, TemplateStanding::Former),
            template("lot-pack", 4, TemplateStanding::BuiltIn),
        ],
        more: 0,
        shown: Some(Preview {
            template: Some(TemplateHash([shown; 32])),
            size: "40 × 20 mm".to_owned(),
            says: says.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec(),
            picture: Some(sketch()),
            wrong: None,
        }),
    }
}

fn person(name: &str, roles: &[Role], standing: Standing) -> PersonView {
    PersonView {
        name: name.parse().expect("a name"),
        roles: roles.iter().copied().collect(),
        standing,
    }
}

fn people() -> Vec<PersonView> {
    vec![
        person("administrator", &[Role::Administrator], Standing::Active),
        person("M. Kowal", &[Role::Technician], Standing::Locked),
        person(
            "N. Maint",
            &[Role::Technician, Role::Maintenance],
            Standing::Active,
        ),
        person("Q. Wolf", &[Role::Quality], Standing::OneTimeSecret),
        person("S. Gone", &[Role::Supervisor], Standing::Disabled),
    ]
}

fn exchanges(device: &str) -> ExchangesSight {
    let row = |ms, way, times, what: &str| ExchangeSeen {
        utc_ms: NOW_MS - ms,
        way,
        what: what.to_owned(),
        times,
    };
    let mut rows = vec![
        row(
            310,
            ExchangeWay::Happened,
            12,
            "its link is down: connecting to 127.0.0.1:8080: Connection refused",
        ),
        row(
            6_123,
            ExchangeWay::Heard,
            1,
            "picture 4842, PGM, 307215 bytes",
        ),
        row(
            6_544,
            ExchangeWay::Heard,
            1,
            "picture 4841, PGM, 307215 bytes",
        ),
        row(7_002, ExchangeWay::Sent, 1, "fired"),
        row(7_950, ExchangeWay::Sent, 4_840, "~HS"),
        row(
            7_960,
            ExchangeWay::Heard,
            4_840,
            "<STX>030,0,0<ETX><CR><LF>\u{9b}31m",
        ),
    ];
    for ms in 0..14 {
        let text = format!("wrote 6 from 100: 7 {ms} 1 0 8 17");
        rows.push(row(8_000 + ms, ExchangeWay::Sent, 1, &text));
    }
    ExchangesSight {
        device: device.to_owned(),
        rows,
        answer_us: Some(2_140),
        heard_utc_ms: Some(NOW_MS - 6_123),
    }
}

/// What a place that asks has heard.
pub fn heard(place: Place) -> Option<SightSaid> {
    let sight = match place {
        Place::Packs => Sight::Packs(packs()),
        Place::Trace => Sight::Life(life()),
        Place::Audit => Sight::Audit(audit()),
        Place::Templates => Sight::Templates(templates(2)),
        Place::Rejects => Sight::Rejects(Box::new(crate::tui_rejects::rejects())),
        Place::People => Sight::People(people()),
        Place::Devices => Sight::Exchanges(exchanges("camera")),
        Place::Setup => Sight::Shots(Box::new(crate::tui_setup::usual())),
        _ => return None,
    };
    Some(SightSaid::Seen(Box::new(sight)))
}

/// A screen at this place, which has heard it.
pub fn at(place: Place) -> ScreenState {
    let mut screen = screen(Colours::None);
    screen.place = place;
    screen.look.heard = heard(place);
    if place == Place::Trace {
        screen.look.words = "7G4K2M9Q4841".to_owned();
    }
    screen
}

fn asked(action: Option<Action>) -> (u64, Question) {
    match action {
        Some(Action::Look { no, question }) => (no, question),
        other => panic!("{other:?}"),
    }
}

fn sight(sight: Sight) -> SightSaid {
    SightSaid::Seen(Box::new(sight))
}

/// Goes to a place as a person does.
fn go(letter: char, view: &View, screen: &mut ScreenState) {
    press(Press::F(8), Some(view), screen);
    assert_eq!(
        press(Press::Char(letter), Some(view), screen),
        Action::Nothing
    );
}

#[test]
fn a_place_asks_when_it_is_opened_and_again_only_when_what_matters_has_changed() {
    let mut view = running();
    let mut screen = screen(Colours::None);
    assert_eq!(
        look(Some(&view), &mut screen, true),
        None,
        "the line asks nothing"
    );
    assert_eq!(
        press(Press::F(5), Some(&view), &mut screen),
        Action::Nothing
    );
    assert_eq!(screen.place, Place::Packs);
    let nothing = Question::Packs {
        before: None,
        find: None,
    };
    let (no, question) = asked(look(Some(&view), &mut screen, false));
    assert_eq!(question, nothing);
    // While the answer is on its way the question is not repeated, whatever changes.
    view.tally.entered += 1;
    assert_eq!(look(Some(&view), &mut screen, true), None);
    assert!(!seen(no + 1, sight(Sight::Packs(packs())), &mut screen));
    assert!(seen(no, sight(Sight::Packs(packs())), &mut screen));
    // Then once, and not before its time.
    assert_eq!(look(Some(&view), &mut screen, false), None);
    let (again, _) = asked(look(Some(&view), &mut screen, true));
    assert!(
        screen.look.sight().is_some(),
        "what was heard stays meanwhile"
    );
    assert!(!seen(
        no,
        SightSaid::Refused("late".to_owned()),
        &mut screen
    ));
    // A clock that goes on matters to nobody.
    assert!(seen(again, sight(Sight::Packs(packs())), &mut screen));
    view.utc_ms += 1_000;
    assert_eq!(look(Some(&view), &mut screen, true), None);

    // Of a lost station stays what was heard, and it is asked anew when it is back.
    screen.lost = Some("gone".to_owned());
    screen.look.ask_again();
    assert_eq!(look(Some(&view), &mut screen, true), None);
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(
        shown.contains("shown is what was last heard") && shown.contains("..4841"),
        "{shown}"
    );
    screen.lost = None;
    let (back, _) = asked(look(Some(&view), &mut screen, true));

    // A deed that changes nothing else of the view, such as a sign-in, stands in the audit trail at once.
    let mut trail = at(Place::Audit);
    let (no, _) = asked(look(Some(&view), &mut trail, false));
    assert!(seen(no, sight(Sight::Audit(audit())), &mut trail));
    assert_eq!(look(Some(&view), &mut trail, true), None);
    view.deeds += 1;
    assert!(matches!(
        asked(look(Some(&view), &mut trail, true)).1,
        Question::Audit { .. }
    ));

    // An answer for a place that was left is nobody's.
    press(Press::Esc, Some(&view), &mut screen);
    assert!(!seen(back, sight(Sight::Packs(packs())), &mut screen));
    for (letter, wanted) in [
        (
            'u',
            Question::Audit {
                before: None,
                words: Vec::new(),
            },
        ),
        ('m', Question::Templates { shown: None }),
    ] {
        go(letter, &view, &mut screen);
        assert_eq!(asked(look(Some(&view), &mut screen, false)).1, wanted);
    }
}

/// Of the chosen device the last exchanges are asked for, and again each second; a device without a link has none.
#[test]
fn the_chosen_device_shows_what_went_over_its_link_as_it_goes_on() {
    let mut view = running();
    let mut screen = screen(Colours::None);
    go('d', &view, &mut screen);
    let of = |device: &str| Question::Exchanges {
        device: device.to_owned(),
    };
    let (no, question) = asked(look(Some(&view), &mut screen, false));
    assert_eq!(question, of("printer"));
    assert!(seen(
        no,
        sight(Sight::Exchanges(exchanges("printer"))),
        &mut screen
    ));
    assert_eq!(look(Some(&view), &mut screen, true), None);
    view.utc_ms += 1_000;
    assert_eq!(
        look(Some(&view), &mut screen, false),
        None,
        "not before its time"
    );
    let (no, question) = asked(look(Some(&view), &mut screen, true));
    assert_eq!(question, of("printer"));
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(
        shown.contains("<STX>030,0,0<ETX><CR><LF>\u{fffd}31m"),
        "{shown}"
    );
    // What is said of one device never stands beside another one.
    press(Press::Down, Some(&view), &mut screen);
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(!shown.contains("4 840x"), "{shown}");
    assert_eq!(asked(look(Some(&view), &mut screen, false)).1, of("camera"));
    assert!(!seen(
        no,
        sight(Sight::Exchanges(exchanges("printer"))),
        &mut screen
    ));
    for _ in 0..2 {
        press(Press::Down, Some(&view), &mut screen);
    }
    assert_eq!(
        look(Some(&view), &mut screen, true),
        None,
        "the disk has no link"
    );
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(
        !shown.contains("exchanges") && shown.contains("14 % free"),
        "{shown}"
    );
}

#[test]
fn lists_are_paged_and_the_chosen_row_stays_chosen_when_packs_come() {
    let view = running();
    let mut screen = at(Place::Packs);
    let key = |key, screen: &mut ScreenState| press(key, Some(&view), screen);
    screen.chosen = 3;
    let (no, _) = asked(look(Some(&view), &mut screen, true));
    screen.look.heard = heard(Place::Packs);
    let mut later = packs();
    later.rows.insert(0, pack(4_843));
    assert!(seen(no, sight(Sight::Packs(later)), &mut screen));
    assert_eq!(screen.chosen, 4, "pack 4839 moved down");
    screen.chosen = 59;
    key(Press::Down, &mut screen);
    assert_eq!(screen.chosen, 60);
    // Below the last one lies the next page; above its first one this one.
    key(Press::Down, &mut screen);
    let before = |question| match question {
        Question::Packs { before, .. } => before,
        other => panic!("{other:?}"),
    };
    let (no, question) = asked(look(Some(&view), &mut screen, false));
    assert_eq!((before(question), screen.chosen), (Some(PackNo(4_783)), 0));
    let last = PacksSight {
        older: None,
        ..packs()
    };
    assert!(seen(no, sight(Sight::Packs(last)), &mut screen));
    key(Press::PageDown, &mut screen);
    assert_eq!(
        screen.message.as_deref(),
        Some("PgDn Next: this is all there is.")
    );
    key(Press::Up, &mut screen);
    assert_eq!(before(asked(look(Some(&view), &mut screen, false)).1), None);
    key(Press::PageUp, &mut screen);
    assert_eq!(
        screen.message.as_deref(),
        Some("PgUp Before: this is the first page.")
    );

    let mut screen = at(Place::Trace);
    let Some(SightSaid::Seen(life)) = &mut screen.look.heard else {
        panic!("it was heard");
    };
    if let Sight::Life(life) = &mut **life {
        (life.seen, life.all) = (60, 200);
    }
    key(Press::PageDown, &mut screen);
    let (_, question) = asked(look(Some(&view), &mut screen, false));
    let of = "7G4K2M9Q4841".to_owned();
    assert_eq!(question, Question::Life { of, seen: 66 });
}

#[test]
fn what_is_typed_is_looked_for_and_its_letters_are_no_keys() {
    let view = running();
    let mut screen = at(Place::Packs);
    assert_eq!(
        press(Press::Char('/'), Some(&view), &mut screen),
        Action::Nothing
    );
    for letter in "23qxab".chars() {
        assert_eq!(
            press(Press::Char(letter), Some(&view), &mut screen),
            Action::Nothing
        );
    }
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(
        shown.contains("> 23qxab_") && shown.contains("RUNNING"),
        "{shown}"
    );
    let stop = press(Press::F(2), Some(&view), &mut screen);
    assert!(matches!(stop, Action::Send(_)), "it stops from everywhere");
    press(Press::Backspace, Some(&view), &mut screen);
    // A scan over what is being typed opens its page, and types nothing in.
    assert!(matches!(
        scanned("SCAN".to_owned(), &mut screen),
        Action::Find { .. }
    ));
    press(Press::Esc, Some(&view), &mut screen);
    press(Press::Enter, Some(&view), &mut screen);
    assert_eq!(screen.dialog, None);
    let (_, question) = asked(look(Some(&view), &mut screen, false));
    let find = Some("23qxa".to_owned());
    assert_eq!(question, Question::Packs { before: None, find });
    // A megabyte is no word.
    press(Press::Char('/'), Some(&view), &mut screen);
    for _ in 0..1_000_000 {
        press(Press::Char('x'), Some(&view), &mut screen);
    }
    assert!(matches!(&screen.dialog, Some(Dialog::Find { typed }) if typed.len() == 100));
    press(Press::Esc, Some(&view), &mut screen);

    let mut screen = at(Place::Audit);
    screen.look.words = "  alarm   kowal ".to_owned();
    let words = vec!["alarm".to_owned(), "kowal".to_owned()];
    let (_, question) = asked(look(Some(&view), &mut screen, false));
    assert_eq!(
        question,
        Question::Audit {
            before: None,
            words
        }
    );
}

#[test]
fn a_pack_of_the_list_leads_to_its_page_and_its_life_and_a_scan_there_shows_its_own() {
    let view = running();
    let mut screen = at(Place::Packs);
    screen.chosen = 1;
    let opened = press(Press::Enter, Some(&view), &mut screen);
    let pack = PackNo(4_841);
    assert_eq!(opened, Action::Open { no: 1, pack });
    assert!(screen.page.is_some());
    press(Press::Esc, Some(&view), &mut screen);
    let life_of = |screen: &mut ScreenState| match asked(look(Some(&view), screen, false)).1 {
        Question::Life { of, seen: 0 } => of,
        other => panic!("{other:?}"),
    };
    press(Press::Char('t'), Some(&view), &mut screen);
    assert_eq!(screen.place, Place::Trace);
    assert_eq!(life_of(&mut screen), "(01)09506000134352(21)7G4K2M9Q4841");
    // One without a number has a life, too.
    let mut screen = at(Place::Packs);
    screen.chosen = 2;
    press(Press::Char('t'), Some(&view), &mut screen);
    assert_eq!(life_of(&mut screen), "pack 4840");

    // Where lives are shown a scan shows its life, also while something is typed; over its page it opens a page.
    press(Press::Char('/'), Some(&view), &mut screen);
    let gs = "]d20109506000134352217G4K\u{1d}10L1".to_owned();
    assert_eq!(scanned(gs.clone(), &mut screen), Action::Nothing);
    assert_eq!((screen.dialog.clone(), screen.page.clone()), (None, None));
    assert_eq!(life_of(&mut screen), gs);
    // What was scanned elsewhere is whose life is shown when somebody comes here.
    press(Press::Esc, Some(&view), &mut screen);
    assert!(matches!(
        scanned("TWO".to_owned(), &mut screen),
        Action::Find { .. }
    ));
    press(Press::Esc, Some(&view), &mut screen);
    go('t', &view, &mut screen);
    assert_eq!(life_of(&mut screen), "TWO");
    let fresh = crate::tui::screen(Colours::None);
    let mut screen = ScreenState {
        place: Place::Trace,
        ..fresh
    };
    assert_eq!(look(Some(&view), &mut screen, true), None);
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(shown.contains("Scan a pack, a case or a pallet"), "{shown}");
}

#[test]
fn another_template_is_drawn_while_the_list_stays() {
    let view = running();
    let mut screen = at(Place::Templates);
    screen.look.heard = Some(sight(Sight::Templates(templates(1))));
    let shown = |screen: &ScreenState| text(&drawn(120, 36, Some(&view), screen));
    assert!(shown(&screen).contains("40 × 20 mm") && shown(&screen).contains('█'));
    let (no, question) = asked(look(Some(&view), &mut screen, false));
    let first = Some(TemplateHash([1; 32]));
    assert_eq!(question, Question::Templates { shown: first });
    screen.look.heard = Some(sight(Sight::Templates(templates(1))));
    press(Press::Down, Some(&view), &mut screen);
    let (next, question) = asked(look(Some(&view), &mut screen, false));
    let second = Some(TemplateHash([2; 32]));
    assert_eq!(question, Question::Templates { shown: second });
    assert!(!seen(
        no,
        sight(Sight::Templates(templates(1))),
        &mut screen
    ));
    let waiting = shown(&screen);
    assert!(
        waiting.contains("eu-pack") && waiting.contains("Asking the station"),
        "{waiting}"
    );
    assert!(seen(
        next,
        sight(Sight::Templates(templates(2))),
        &mut screen
    ));
    let chosen = vidimus::tui::places::templates::chosen(&screen).expect("one is chosen");
    assert_eq!(chosen.name, "pharma-pack-2027");
    assert!(shown(&screen).contains("the authority wants"));
}

/// Every key of these places is in the table, and each place names its own in bar or help.
#[test]
fn keys_of_a_place_are_named_there_and_nowhere_else() {
    let view = running();
    for row in PLACES {
        let mut screen = at(row.place);
        let bar = text(&drawn(80, 24, Some(&view), &screen));
        let bar = bar.lines().last().expect("there are rows").to_owned();
        assert!(bar.contains("Esc Back") || bar.contains("q Leave"));
        screen.dialog = Some(Dialog::Help);
        let help = text(&drawn(80, 24, Some(&view), &screen));
        let small = text(&drawn(40, 12, Some(&view), &screen));
        for key in KEYS {
            let places = match key.in_bar {
                InBar::AtSome(places) | InBar::Known(places) => places,
                _ => continue,
            };
            let here = places.contains(&row.place);
            let start = &key.help[..key.help.len().min(30)];
            assert_eq!(
                help.contains(start),
                here,
                "{start} at {}:\n{help}",
                row.title
            );
            let named = format!("{} {}", key.short, key.bar);
            if here && matches!(key.in_bar, InBar::AtSome(_)) {
                assert!(bar.contains(&named), "{named} in {bar}");
            }
            if !here {
                screen.dialog = None;
                let shared = keys::row(key.presses[0], Some(&view), &screen);
                assert!(shared.is_none_or(|shared| shared.command != key.command));
            }
        }
        assert!(small.contains("Esc  back"), "{small}");
    }
}

/// A station that nobody has in hand yet says how somebody takes it; who is enrolled is asked again behind an order.
#[test]
fn the_people_are_asked_for_and_an_unclaimed_station_says_what_to_do() {
    let view = running();
    let mut screen = screen(Colours::None);
    go('w', &view, &mut screen);
    let (no, question) = asked(look(Some(&view), &mut screen, false));
    assert_eq!(question, Question::People);
    let first = person(
        "administrator",
        &[Role::Administrator],
        Standing::OneTimeSecret,
    );
    assert!(seen(no, sight(Sight::People(vec![first])), &mut screen));
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(
        shown.contains("Nobody has this station in hand yet") && shown.contains("press n"),
        "{shown}"
    );
    assert_eq!(look(Some(&view), &mut screen, true), None);
    vidimus::tui::press::form_answered(Ok("Enrolled.".to_owned()), &mut screen);
    let (no, _) = asked(look(Some(&view), &mut screen, true));
    assert!(seen(no, sight(Sight::People(people())), &mut screen));
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(
        !shown.contains("in hand yet") && shown.contains("Q. Wolf"),
        "{shown}"
    );
    let mut believed = view;
    believed.sign_in = vidimus::record::SignIn::NamesOnly;
    let shown = text(&drawn(80, 24, Some(&believed), &screen));
    assert!(
        shown.contains("believes names") && !shown.contains("Q. Wolf"),
        "{shown}"
    );
}

/// Whatever a station says: it is drawn, within the terminal, and moves no cursor.
#[test]
fn odd_sights_are_drawn_and_send_nothing_to_the_terminal() {
    let odd = "\u{1b}[2J\u{7}\u{1d}\u{202e}漢字 Größe \r\n".repeat(40);
    let mut odd_packs = packs();
    for pack in &mut odd_packs.rows {
        pack.serial = Some(odd.clone());
        (pack.code, pack.state) = (odd.clone(), odd.clone());
        (pack.verdict, pack.fate) = (Some(odd.clone()), Some(odd.clone()));
        (pack.pack, pack.utc_ms) = (PackNo(u64::MAX), Some(i64::MAX));
    }
    let mut strange = deed(1, &odd, &odd);
    (strange.why, strange.with) = (Some(odd.clone()), Some(odd.clone()));
    strange.utc_ms = i64::MIN;
    strange.changes = vec![SettingChange {
        key: odd.clone(),
        old: Some(odd.clone()),
        new: None,
    }];
    let odd_life = LifeSight {
        of: odd.clone(),
        stands: vec![(odd.clone(), odd.clone()); 30],
        deeds: vec![strange.clone(); 90],
        seen: u64::MAX,
        all: u64::MAX,
    };
    let broken = ChainSeen {
        record: u64::MAX,
        head: odd.clone(),
        broken: Some(odd.clone()),
    };
    let odd_audit = AuditSight {
        deeds: vec![strange],
        older: None,
        chain: Some(broken),
    };
    let mut odd_templates = templates(1);
    odd_templates
        .rows
        .iter_mut()
        .for_each(|row| row.name.clone_from(&odd));
    if let Some(shown) = &mut odd_templates.shown {
        (shown.size, shown.wrong) = (odd.clone(), Some(odd.clone()));
        shown.says = vec![(odd.clone(), odd.clone()); 30];
        shown.picture = Some(Modules {
            columns: u16::MAX,
            rows: u16::MAX,
            dark: vec![true],
        });
    }
    let empty = [
        Sight::Rejects(Box::default()),
        Sight::PastAlarms(PastAlarmsSight::default()),
        Sight::Packs(PacksSight::default()),
        Sight::Life(LifeSight::default()),
        Sight::Audit(AuditSight::default()),
        Sight::Templates(TemplatesSight::default()),
        Sight::People(Vec::new()),
    ];
    let long = person(&"Ŵ".repeat(60), &Role::ALL, Standing::OneTimeSecret);
    let full = [
        Sight::Rejects(Box::new(crate::tui_rejects::odd_rejects(&odd))),
        Sight::PastAlarms(crate::tui_rejects::odd_alarms(&odd)),
        Sight::Packs(odd_packs),
        Sight::Life(odd_life),
        Sight::Audit(odd_audit),
        Sight::Templates(odd_templates),
        Sight::People(vec![long; 500]),
    ];
    let said = empty.into_iter().chain(full).map(sight);
    let mut all: Vec<SightSaid> = said.collect();
    all.push(SightSaid::Refused(odd.clone()));
    let view = running();
    for (said, row) in all
        .iter()
        .flat_map(|said| PLACES.iter().map(move |row| (said, row)))
    {
        let mut screen = at(row.place);
        (screen.look.heard, screen.look.words) = (Some(said.clone()), odd.clone());
        screen.look.past = row.place == Place::Alarms;
        for (width, height) in [(80, 24), (79, 24), (120, 36), (40, 12), (200, 60), (1, 1)] {
            for chosen in [0, usize::MAX] {
                screen.chosen = chosen;
                for cell in &drawn(width, height, Some(&view), &screen).content {
                    let odd = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
                    assert!(!cell.symbol().contains(odd), "{:?}", cell.symbol());
                }
            }
        }
    }
}
