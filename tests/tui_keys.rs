//! Keys of the screen: what each does and why it does not, where it is named, and which questions it answers.

use crate::tui::{drawn, running, screen, stopped, text};
use vidimus::record::{PackNo, SignIn};
use vidimus::tui::form::{self, FormKind};
use vidimus::tui::keys::{self, Command, InBar, KEYS, Press};
use vidimus::tui::press::{self, Action};
use vidimus::tui::{Colours, Dialog, Place};
use vidimus::wire::{FirstArticlesView, LabelsView, OperatorCommand, ShelvedView, TrialView, View};

/// What every key does in a state where it does something, and the reason in one where it does not.
#[test]
fn every_key_does_what_the_table_says() {
    for row in KEYS {
        let (able, unable): (View, Option<View>) = match row.command {
            Command::Help | Command::Leave | Command::More | Command::Go(_) => (running(), None),
            Command::Above | Command::Below => (stopped(), None),
            Command::Mend => (stopped(), Some(running())),
            Command::Stop => (running(), Some(stopped())),
            Command::Resume => (stopped(), Some(running())),
            Command::RejectNext => {
                let mut ordered = running();
                ordered.reject_next = true;
                (running(), Some(ordered))
            }
            Command::Acknowledge => (stopped(), Some(running())),
            Command::Resynchronise => {
                let mut none = running();
                none.batch = None;
                (running(), Some(none))
            }
            Command::Close => (running(), None),
            Command::Find | Command::TurnOver | Command::Remember => (running(), None),
            Command::Open | Command::Life | Command::NextPage | Command::PageBefore => {
                (running(), Some(running()))
            }
            Command::Ask(kind) => asked_about(kind),
        };
        for press in row.presses {
            let mut screen = screen(Colours::None);
            screen.signed_in = row.command != Command::Ask(FormKind::SignIn);
            screen.place = place_of(row);
            match row.command {
                Command::Close => screen.dialog = Some(Dialog::Help),
                Command::Above | Command::Below | Command::TurnOver => screen.place = Place::Alarms,
                Command::Mend => (screen.place, screen.chosen) = (Place::Alarms, 1),
                Command::Ask(FormKind::Swap) => {
                    screen = crate::tui_look::at(Place::Templates);
                    screen.chosen = 2;
                }
                Command::Ask(
                    FormKind::Roles
                    | FormKind::OneTimeSecret
                    | FormKind::Disable
                    | FormKind::Enable,
                ) => {
                    screen = crate::tui_look::at(Place::People);
                    screen.signed_in = true;
                }
                Command::Ask(FormKind::TestShot) => screen.chosen = 1,
                Command::Remember => screen = crate::tui_look::at(Place::Setup),
                Command::Open | Command::Life | Command::Find | Command::NextPage => {
                    screen = crate::tui_look::at(Place::Packs);
                }
                Command::PageBefore => {
                    screen = crate::tui_look::at(Place::Packs);
                    press::press(Press::PageDown, Some(&able), &mut screen);
                }
                _ => {}
            }
            assert_eq!((row.enabled)(Some(&able), &screen), Ok(()), "{}", row.help);
            let action = press::press(*press, Some(&able), &mut screen);
            let wanted = match row.command {
                Command::Stop => Action::Send(OperatorCommand::Stop),
                Command::RejectNext => Action::Send(OperatorCommand::RejectNext),
                Command::Acknowledge => {
                    let alarm = "wrong-bin".to_owned();
                    Action::Send(OperatorCommand::Acknowledge { alarm })
                }
                Command::Leave => Action::Leave,
                Command::Open => Action::Open {
                    no: 1,
                    pack: PackNo(4_842),
                },
                _ => Action::Nothing,
            };
            assert_eq!(action, wanted, "{press:?}");
            let opened = match row.command {
                Command::Help => Some(Dialog::Help),
                Command::More => Some(Dialog::Menu),
                Command::Resume => Some(Dialog::ConfirmResume),
                Command::Resynchronise => Some(Dialog::ConfirmResync {
                    typed: String::new(),
                }),
                Command::Find => Some(Dialog::Find {
                    typed: String::new(),
                }),
                Command::Ask(kind) => {
                    Some(Dialog::Form(Box::new(form::opened(kind, &able, &screen))))
                }
                _ => None,
            };
            assert_eq!(screen.dialog, opened, "{press:?}");
            if let Some(unable) = &unable {
                disabled(row, *press, Some(unable), None);
            }
            let needs_station = matches!(
                row.command,
                Command::Stop
                    | Command::Resume
                    | Command::RejectNext
                    | Command::Acknowledge
                    | Command::Resynchronise
                    | Command::Find
                    | Command::TurnOver
                    | Command::Ask(_)
            );
            if needs_station {
                disabled(row, *press, None, None);
                disabled(row, *press, Some(&able), Some("lost"));
            }
        }
    }
}

/// Two views in which this form can be opened, and cannot.
fn asked_about(kind: FormKind) -> (View, Option<View>) {
    let (mut open, mut none) = (stopped(), stopped());
    none.batch = None;
    open.labels = Some(LabelsView {
        due: 0,
        hindrance: None,
    });
    let mut believed = stopped();
    believed.sign_in = SignIn::NamesOnly;
    match kind {
        FormKind::OpenBatch | FormKind::OpenBatchInFull | FormKind::ClearLine => (none, Some(open)),
        FormKind::CloseBatch | FormKind::Samples | FormKind::Component => (open, Some(none)),
        FormKind::FirstArticles => {
            let of = |taken, waiting| FirstArticlesView {
                wanted: 3,
                taken,
                waiting,
            };
            let mut early = open.clone();
            open.lot.first_articles = Some(of(3, true));
            early.lot.first_articles = Some(of(2, false));
            (open, Some(early))
        }
        FormKind::Shelve | FormKind::Unshelve => {
            let mut shelved = open.clone();
            for alarm in &mut shelved.alarms {
                alarm.shelved = Some(ShelvedView {
                    by: "M.Kowal".to_owned(),
                    reason: "a new belt comes tomorrow".to_owned(),
                    until_utc_ms: 0,
                });
            }
            match kind {
                FormKind::Shelve => (open, Some(shelved)),
                _ => (shelved, Some(open)),
            }
        }
        FormKind::Swap => {
            let mut trial = open.clone();
            if let Some(label) = &mut trial.label {
                label.trial = Some(TrialView {
                    name: "eu-pack".to_owned(),
                    template: label.template,
                    failed: 0,
                    most: 3,
                });
            }
            (open, Some(trial))
        }
        FormKind::RollBack => {
            none.label = None;
            (open, Some(none))
        }
        FormKind::TestPrint | FormKind::TestShot | FormKind::SetUp => (open, Some(running())),
        FormKind::Reconnect | FormKind::EndSetUp => (open, None),
        FormKind::ContainerLabel => (open, Some(none)),
        FormKind::SignIn
        | FormKind::ChooseSecret
        | FormKind::Enrol
        | FormKind::Roles
        | FormKind::OneTimeSecret
        | FormKind::Disable
        | FormKind::Enable => (open, Some(believed)),
        FormKind::SignOut | FormKind::Put | FormKind::CloseContainer | FormKind::End => {
            (open, None)
        }
    }
}

/// Where a key is known.
fn place_of(row: &keys::KeyRow) -> Place {
    match row.in_bar {
        InBar::At(place) => place,
        InBar::AtSome(places) | InBar::Known(places) => places[0],
        _ => Place::Line,
    }
}

/// The key says why it does nothing; where another command shares the key, that one takes it.
fn disabled(row: &keys::KeyRow, press: Press, view: Option<&View>, lost: Option<&str>) {
    let mut screen = screen(Colours::None);
    screen.lost = lost.map(str::to_owned);
    screen.signed_in = true;
    screen.place = place_of(row);
    let reason = (row.enabled)(view, &screen).expect_err(row.help);
    let taken_by = keys::row(press, view, &screen).expect("the key is in the table");
    if taken_by.command == row.command {
        let action = press::press(press, view, &mut screen);
        assert_eq!(action, Action::Nothing, "{press:?}");
        assert_eq!(screen.dialog, None);
        // Keys that have no words do nothing in silence.
        let named = !row.bar.is_empty();
        let said = screen.message.unwrap_or_default();
        assert_eq!(said.contains(reason), named, "{said}");
    }
}

#[test]
fn questions_are_answered_by_the_right_key_only() {
    let view = stopped();
    let mut screen = screen(Colours::None);
    let mut press = |press| press::press(press, Some(&view), &mut screen);
    let nothing = Action::Nothing;

    // Resume: F2 asks, Esc and other keys do not resume, Enter does.
    assert_eq!(press(Press::F(2)), nothing);
    assert_eq!(press(Press::Char('y')), nothing);
    assert_eq!(press(Press::Esc), nothing);
    assert_eq!(press(Press::Enter), nothing, "the question is closed");
    assert_eq!(press(Press::F(2)), nothing);
    assert_eq!(press(Press::Enter), Action::Send(OperatorCommand::Resume));

    // Resynchronise: only the whole word counts; its letters are no keys meanwhile.
    assert_eq!(press(Press::Char('r')), nothing);
    assert_eq!(press(Press::Enter), nothing);
    for letter in "resynk".chars() {
        assert_eq!(press(Press::Char(letter)), nothing);
    }
    assert_eq!(press(Press::Enter), nothing);
    assert_eq!(press(Press::Backspace), nothing);
    assert_eq!(press(Press::Char('c')), nothing);
    assert_eq!(
        press(Press::Enter),
        Action::Send(OperatorCommand::Resynchronise)
    );

    // Ctrl-C leaves even from a question; Esc on the line does nothing at all.
    assert_eq!(press(Press::Char('r')), nothing);
    assert_eq!(press(Press::Interrupt), Action::Leave);
    assert_eq!(press(Press::Esc), nothing);
    assert_eq!(press(Press::Esc), nothing);
}

#[test]
fn the_stop_key_stops_from_every_page() {
    let view = running();
    for dialog in [
        Dialog::Help,
        Dialog::Menu,
        Dialog::ConfirmResume,
        Dialog::ConfirmResync {
            typed: "re".to_owned(),
        },
    ] {
        let mut screen = screen(Colours::None);
        screen.dialog = Some(dialog);
        let action = press::press(Press::F(2), Some(&view), &mut screen);
        assert_eq!(action, Action::Send(OperatorCommand::Stop));
    }
}

#[test]
fn every_key_stands_on_the_help_page_and_every_named_one_in_the_bar() {
    let mut screen = screen(Colours::None);
    let bar = text(&drawn(80, 24, Some(&stopped()), &screen));
    let bar = bar.lines().last().expect("there are rows").to_owned();
    screen.place = Place::Alarms;
    let elsewhere = text(&drawn(80, 24, Some(&stopped()), &screen));
    let elsewhere = elsewhere.lines().last().expect("there are rows").to_owned();
    for row in KEYS {
        (screen.place, screen.dialog) = (place_of(row), Some(Dialog::Help));
        let help = text(&drawn(80, 24, Some(&stopped()), &screen));
        screen.dialog = None;
        assert!(help.contains(row.shown), "{} on the help page", row.shown);
        assert!(
            help.contains(&row.help[..row.help.len().min(40)]),
            "{}",
            row.help
        );
        let hidden = row.command == Command::Stop;
        let named = format!("{} {}", row.short, row.bar);
        let (on_line, else_) = match row.in_bar {
            InBar::Always | InBar::Usual => (!hidden, !hidden),
            InBar::Line => (true, false),
            InBar::Elsewhere => (false, true),
            InBar::At(place) => {
                screen.place = place;
                let bar = text(&drawn(80, 24, Some(&stopped()), &screen));
                let bar = bar.lines().last().expect("there are rows");
                assert!(bar.contains(&named), "{named} in {bar}");
                continue;
            }
            // Keys of several places are named there: tests/tui_look.rs.
            InBar::AtSome(_) | InBar::Known(_) | InBar::Never => continue,
        };
        assert_eq!(bar.contains(&named), on_line, "{named} in the bar {bar}");
        assert_eq!(elsewhere.contains(&named), else_, "{named} in {elsewhere}");
    }
}
