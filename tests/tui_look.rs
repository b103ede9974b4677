//! Places that ask the station for more than the view: what they ask and when, what keys and scans do there, and what
//! is drawn of odd answers. Their pictures are those of all places.

use crate::tui::{drawn, running, screen, text};
use crate::tui_sights::*;
use vidimus::record::{Modules, PackNo, Role, SettingChange, TemplateHash};
use vidimus::tui::keys::{self, InBar, KEYS, Press};
use vidimus::tui::look::{SightSaid, look, seen};
use vidimus::tui::press::{Action, press, scanned};
use vidimus::tui::{Colours, Dialog, PLACES, Place, ScreenState};
use vidimus::wire::look::{AuditSight, ChainSeen, LifeSight, PacksSight, TemplatesSight};
use vidimus::wire::past::PastAlarmsSight;
use vidimus::wire::{Question, Sight, Standing, View};

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
        let paged = |page: usize| {
            screen.help_page = page;
            text(&drawn(80, 24, Some(&view), &screen))
        };
        // Down goes on to what one page has no room for.
        let help: String = (0..3).map(paged).collect();
        assert!(
            help.contains("Sign out") && help.contains("Choose your own"),
            "{help}"
        );
        screen.help_page = 0;
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
        assert!(
            small.contains("Esc  back") || small.contains("1/2  Esc"),
            "{small}"
        );
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
