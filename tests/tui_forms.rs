//! Forms of the screen: as text and runs of style, filled in key by key, refused and done.

use crate::snapshot::same_as_file;
use crate::tui::{drawn, running, screen, stopped, styles, text};
use vidimus::record::{ComponentKind, Meaning, Role, SignIn, SigningRules, TextPolicy};
use vidimus::tui::form::{self, FORMS, FormKind, Wanted};
use vidimus::tui::keyboard::Pasted;
use vidimus::tui::keys::Press;
use vidimus::tui::press::{self, Action};
use vidimus::tui::{Colours, Dialog, Place, ScreenState};
use vidimus::wire::{
    FirstArticlesView, LabelsView, LotCommand, OperatorCommand, PackagingOrder, PeopleCommand,
    Secret, ShelvedView, View,
};

/// Nothing runs and names are not believed; somebody is signed in.
fn idle() -> (View, ScreenState) {
    let mut view = running();
    view.batch = None;
    let mut screen = screen(Colours::Many);
    screen.signed_in = true;
    (view, screen)
}

fn typed(text: &str, view: &View, screen: &mut ScreenState) {
    for letter in text.chars() {
        assert_eq!(
            press::press(Press::Char(letter), Some(view), screen),
            Action::Nothing
        );
    }
}

fn pressed(keys: &[Press], view: &View, screen: &mut ScreenState) -> Action {
    let mut last = Action::Nothing;
    for key in keys {
        assert_eq!(last, Action::Nothing, "only the last key does something");
        last = press::press(*key, Some(view), screen);
    }
    last
}

fn open_form(screen: &ScreenState) -> &form::Form {
    match &screen.dialog {
        Some(Dialog::Form(form)) => form,
        other => panic!("no form is open: {other:?}"),
    }
}

fn asked(action: Action) -> form::Order {
    match action {
        Action::Order(order) => *order,
        other => panic!("nothing was asked: {other:?}"),
    }
}

/// From the main screen to an open batch with keys alone; what cannot be read is said at its field, what the station
/// refuses keeps everything that was typed.
#[test]
fn a_batch_is_opened_from_the_keys_alone() {
    let (view, mut screen) = idle();
    pressed(&[Press::F(7)], &view, &mut screen);
    assert_eq!(screen.place, Place::Batch);
    pressed(&[Press::Char('o'), Press::Enter], &view, &mut screen);
    typed("L2409A", &view, &mut screen);
    pressed(&[Press::Enter], &view, &mut screen);
    typed("279930", &view, &mut screen);
    let full = drawn(80, 24, Some(&view), &screen);
    same_as_file("form_open_80x24.txt", &text(&full));
    same_as_file("form_open_80x24.styles.txt", &styles(&full));
    same_as_file(
        "form_open_40x12.txt",
        &text(&drawn(40, 12, Some(&view), &screen)),
    );

    // It is said where it was typed, before the next field.
    pressed(&[Press::Enter], &view, &mut screen);
    let wrong = open_form(&screen);
    assert_eq!(wrong.fields[wrong.at].name, "expiry", "{:?}", wrong.wrong);
    assert!(wrong.wrong.is_some());
    pressed(&[Press::Backspace; 4], &view, &mut screen);
    typed("0930", &view, &mut screen);
    let order = asked(pressed(&[Press::Enter; 9], &view, &mut screen));
    let Wanted::Line(OperatorCommand::OpenBatch {
        lot,
        gtin,
        expiry,
        target,
        ..
    }) = &order.wanted
    else {
        panic!("{order:?}");
    };
    assert_eq!((lot.as_str(), target), ("L2409A", &None));
    assert_eq!(gtin.to_string(), "09506000134352");
    assert_eq!(expiry.to_string(), "270930");
    assert_eq!(
        order.signing, None,
        "the station's own print quality is not signed"
    );

    // It waits: no second order, and Esc leaves it.
    assert_eq!(
        pressed(&[Press::Enter], &view, &mut screen),
        Action::Nothing
    );
    let refusal = "Lot L2409A was used before. Give another lot, or continue it with a reason.";
    press::form_answered(Err(refusal.to_owned()), &mut screen);
    let kept = open_form(&screen);
    assert_eq!(
        (kept.text("lot"), kept.wrong.as_deref()),
        ("L2409A", Some(refusal))
    );
    assert!(text(&drawn(80, 24, Some(&view), &screen)).contains("was used before"));
    asked(pressed(&[Press::Enter], &view, &mut screen));
    press::form_answered(Ok("The batch is open.".to_owned()), &mut screen);
    assert_eq!(screen.dialog, None);
    assert_eq!(screen.message.as_deref(), Some("The batch is open."));
}

/// Whoever may do it stands above the form; a new secret that is too short is said at once and takes nothing away.
#[test]
fn a_form_says_whose_it_is_and_what_is_wrong_where_it_was_typed() {
    let (mut view, mut screen) = idle();
    screen.place = Place::Batch;
    let heading = |view: &View, screen: &mut ScreenState| {
        pressed(&[Press::Char('o')], view, screen);
        let drawn = text(&drawn(80, 24, Some(view), screen));
        pressed(&[Press::Esc], view, screen);
        let mut lines = drawn.lines();
        let found = lines.find(|line| line.contains("Open a batch"));
        found.expect("the form is there").to_owned()
    };
    view.sign_in = SignIn::NamesOnly;
    assert!(!heading(&view, &mut screen).contains("supervisor"));
    view.sign_in = SignIn::Required;
    assert!(heading(&view, &mut screen).contains("technician, supervisor"));

    pressed(&[Press::Char('n')], &view, &mut screen);
    for field in ["M. Kowal", "ABCD-EFGH", "short"] {
        typed(field, &view, &mut screen);
        pressed(&[Press::Enter], &view, &mut screen);
    }
    let form = open_form(&screen);
    assert_eq!(form.fields[form.at].name, "new secret");
    let wrong = form.wrong.clone().expect("it is too short");
    assert!(wrong.contains("at least"), "{wrong}");
    pressed(&[Press::Empty], &view, &mut screen);
    typed("shorter words", &view, &mut screen);
    pressed(&[Press::Enter], &view, &mut screen);
    typed("shorter words", &view, &mut screen);
    let order = asked(pressed(&[Press::Enter], &view, &mut screen));
    let given = order.signing.expect("the one-time secret was kept").secret;
    assert_eq!(given.text(), "ABCD-EFGH");
}

/// A session ends while somebody types on: what is typed then is a name, and stops nothing.
#[test]
fn a_form_that_needs_somebody_asks_who_first() {
    let (mut view, mut screen) = idle();
    (view.sign_in, screen.signed_in) = (SignIn::Required, false);
    screen.place = Place::Batch;
    pressed(&[Press::Char('o')], &view, &mut screen);
    typed("L2409A 231", &view, &mut screen);
    let form = open_form(&screen);
    assert_eq!(form.kind, FormKind::SignIn);
    assert_eq!(form.text("name"), "L2409A 231");
    pressed(&[Press::Esc, Press::Char('o')], &view, &mut screen);
    let shown = text(&drawn(80, 24, Some(&view), &screen));
    assert!(shown.contains("Nobody is signed in"), "{shown}");
    assert!(shown.contains("press o again"), "{shown}");
}

/// What is signed is what stands there, not what stood there when the form was opened; what does not fit says so; and
/// what cannot be seen takes no key but the one that stops.
#[test]
fn a_form_shows_what_is_so_now_and_takes_no_key_unseen() {
    let (mut view, mut screen) = (running(), screen(Colours::Many));
    (screen.signed_in, screen.place) = (true, Place::Batch);
    pressed(&[Press::Char('c')], &view, &mut screen);
    let good = |view: &View, screen: &ScreenState| {
        let shown = text(&drawn(80, 24, Some(view), screen));
        shown.contains(&format!("good {}", view.tally.good))
    };
    assert!(good(&view, &screen));
    (view.tally.good, view.tally.entered) = (view.tally.good + 7, view.tally.entered + 7);
    assert!(good(&view, &screen), "as it is now");
    let small = text(&drawn(40, 12, Some(&view), &screen));
    assert!(small.contains(" …"), "not all of it fits: {small}");

    screen.hidden = true;
    let before = screen.clone();
    typed("clo3", &view, &mut screen);
    paste("close", &view, &mut screen);
    press::scanned("4711".to_owned(), &mut screen);
    pressed(&[Press::Enter, Press::Esc], &view, &mut screen);
    assert_eq!(screen, before);
    let stop = press::press(Press::F(2), Some(&view), &mut screen);
    assert_eq!(stop, Action::Send(OperatorCommand::Stop));
}

/// Closing is signed, by two where the station says so; a secret is on no screen and in no debug output.
#[test]
fn a_batch_is_closed_with_the_word_the_explanation_and_two_signatures() {
    let mut view = stopped();
    view.signing = SigningRules {
        signed: "all".parse().expect("a word"),
        second_person: "close-batch".parse().expect("a word"),
    };
    view.tally.unknown = 2;
    let mut screen = screen(Colours::Many);
    (screen.signed_in, screen.place) = (true, Place::Batch);
    pressed(&[Press::Char('c')], &view, &mut screen);
    typed("found on the floor", &view, &mut screen);
    let to_word = open_form(&screen)
        .fields
        .iter()
        .position(|one| one.name == "type close");
    let downs = vec![Press::Down; to_word.expect("a word is typed")];
    pressed(&downs, &view, &mut screen);
    typed("close", &view, &mut screen);
    pressed(&[Press::Down, Press::Down], &view, &mut screen);
    typed("horse staple", &view, &mut screen);
    pressed(
        &[Press::Enter, Press::Right, Press::Enter],
        &view,
        &mut screen,
    );
    typed("N.Roe", &view, &mut screen);
    pressed(&[Press::Enter], &view, &mut screen);
    typed("battery", &view, &mut screen);
    pressed(
        &[Press::Enter, Press::Right, Press::Right],
        &view,
        &mut screen,
    );
    let full = drawn(80, 24, Some(&view), &screen);
    same_as_file("form_close_80x24.txt", &text(&full));
    let small = drawn(40, 12, Some(&view), &screen);
    for (shown, what) in [
        (text(&full), "80x24"),
        (text(&small), "40x12"),
        (format!("{screen:?}"), "debug"),
    ] {
        assert!(
            !shown.contains("horse") && !shown.contains("battery"),
            "{what}: {shown}"
        );
    }
    let order = asked(pressed(&[Press::Enter], &view, &mut screen));
    let Wanted::Line(OperatorCommand::Lot(LotCommand::CloseExplained(explained))) = &order.wanted
    else {
        panic!("{order:?}");
    };
    assert_eq!(explained[0].text, "found on the floor");
    let signing = order.signing.expect("it is signed");
    assert_eq!(
        (signing.secret.text(), signing.meaning),
        ("horse staple", Some(Meaning::Reviewed))
    );
    let second = signing.second.expect("by two");
    assert_eq!(
        (second.by.as_str(), second.meaning),
        ("N.Roe", Meaning::Approved)
    );

    // Refused: the secrets are gone, the rest stays.
    press::form_answered(
        Err("N.Roe may not sign as approved.".to_owned()),
        &mut screen,
    );
    let kept = open_form(&screen);
    assert_eq!(
        (kept.text("your secret"), kept.text("that secret")),
        ("", "")
    );
    assert_eq!(
        (kept.text("type close"), kept.text("second person")),
        ("close", "N.Roe")
    );
    assert_eq!(pressed(&[Press::Esc], &view, &mut screen), Action::Nothing);
    assert_eq!(screen.dialog, None);
}

/// A scanner fills the field that waits for a scan, and opens its page over every other one.
#[test]
fn a_scan_is_filled_in_where_one_is_wanted() {
    let mut view = running();
    view.unread = vec!["pack 4811 (01)09506000134352(21)7G4K2M9QXTAA".to_owned()];
    let (_, mut screen) = idle();
    screen.place = Place::Cases;
    pressed(&[Press::Char('p'), Press::Enter], &view, &mut screen);
    let scan = "]C100106141412345678908".to_owned();
    assert_eq!(press::scanned(scan.clone(), &mut screen), Action::Nothing);
    let order = asked(pressed(&[Press::Enter, Press::Enter], &view, &mut screen));
    let put = PackagingOrder::Put {
        into: scan.clone(),
        units: vec!["(01)09506000134352(21)7G4K2M9QXTAA".to_owned()],
        seen: None,
    };
    assert_eq!(order.wanted, Wanted::Pack(put));
    press::form_answered(Ok("It is in there.".to_owned()), &mut screen);

    pressed(&[Press::Esc, Press::Char('i')], &view, &mut screen);
    let found = press::scanned(scan, &mut screen);
    assert!(matches!(found, Action::Find { .. }), "a name is no scan");
    assert!(open_form(&screen).text("name").is_empty());
}

/// Somebody is enrolled with keys alone; the one-time secret stands on the screen until Esc, and nowhere else.
#[test]
fn somebody_is_enrolled_and_the_secret_is_shown_once() {
    let (view, mut screen) = idle();
    screen.place = Place::People;
    pressed(&[Press::Char('e')], &view, &mut screen);
    typed("M. Kowal", &view, &mut screen);
    pressed(&[Press::Enter; 7], &view, &mut screen);
    let wrong = open_form(&screen);
    assert_eq!(
        wrong.fields[wrong.at].name, "technician",
        "{:?}",
        wrong.wrong
    );
    pressed(
        &[Press::Right, Press::Enter, Press::Right],
        &view,
        &mut screen,
    );
    same_as_file(
        "form_enrol_80x24.txt",
        &text(&drawn(80, 24, Some(&view), &screen)),
    );
    same_as_file(
        "form_enrol_40x12.txt",
        &text(&drawn(40, 12, Some(&view), &screen)),
    );
    let order = asked(pressed(&[Press::Enter; 5], &view, &mut screen));
    let add = PeopleCommand::Add {
        name: "M. Kowal".parse().expect("a name"),
        roles: [Role::Technician, Role::Maintenance].into_iter().collect(),
    };
    let (name, command) = (None, add);
    assert_eq!(order.wanted, Wanted::Manage { name, command });
    let secret = Secret::new("2345-6789-ABCD-EFGH-JKLM".to_owned());
    let (done, whose) = ("Enrolled.".to_owned(), "M. Kowal".to_owned());
    press::one_time_secret(done, whose, secret, &mut screen);
    same_as_file(
        "one_time_80x24.txt",
        &text(&drawn(80, 24, Some(&view), &screen)),
    );
    for (width, height) in [(80, 24), (40, 12)] {
        let shown = text(&drawn(width, height, Some(&view), &screen));
        assert!(
            shown.contains("2345-6789-ABCD-EFGH-JKLM") && shown.contains("M. Kowal"),
            "{shown}"
        );
    }
    assert!(!format!("{screen:?}").contains("2345-6789"));
    // Enter, which scanners type, does not put it away, and nothing can be pasted into it.
    pressed(
        &[Press::Enter, Press::Char('q'), Press::Down],
        &view,
        &mut screen,
    );
    paste("2345", &view, &mut screen);
    assert!(matches!(screen.dialog, Some(Dialog::OneTimeSecret { .. })));
    pressed(&[Press::Esc], &view, &mut screen);
    assert!(!text(&drawn(80, 24, Some(&view), &screen)).contains("2345"));

    // The others are about the chosen person, and begin with what is so today.
    screen.look = crate::tui_look::at(Place::People).look;
    pressed(
        &[Press::Down, Press::Down, Press::Char('g')],
        &view,
        &mut screen,
    );
    let form = open_form(&screen);
    assert_eq!(
        (
            form.text("name"),
            form.text("maintenance"),
            form.text("quality")
        ),
        ("N. Maint", "yes", "no")
    );
    pressed(
        &[Press::Down, Press::Right, Press::Down, Press::Right],
        &view,
        &mut screen,
    );
    pressed(&[Press::Enter; 5], &view, &mut screen);
    assert!(
        open_form(&screen)
            .wrong
            .as_deref()
            .is_some_and(|why| why.contains("at least one role"))
    );
    pressed(&[Press::Esc, Press::Char('d')], &view, &mut screen);
    let order = asked(pressed(&[Press::Enter, Press::Enter], &view, &mut screen));
    let (name, who) = (None, "N. Maint".parse().expect("a name"));
    let command = PeopleCommand::Disable { name: who };
    assert_eq!(order.wanted, Wanted::Manage { name, command });
}

/// What is rarely said of a batch stands in a form of its own; what goes into the packs is put on record with keys.
#[test]
fn a_batch_is_opened_in_full_and_a_ribbon_is_changed() {
    let (view, mut screen) = idle();
    screen.place = Place::Batch;
    pressed(&[Press::Char('O'), Press::Enter], &view, &mut screen);
    typed("L2409A", &view, &mut screen);
    pressed(&[Press::Enter], &view, &mut screen);
    typed("270930", &view, &mut screen);
    pressed(&[Press::Enter; 6], &view, &mut screen);
    typed("260105", &view, &mut screen);
    pressed(&[Press::Enter], &view, &mut screen);
    typed("EU 40 in a case", &view, &mut screen);
    pressed(
        &[Press::Enter, Press::Right, Press::Right, Press::Right],
        &view,
        &mut screen,
    );
    let order = asked(pressed(&[Press::Enter; 4], &view, &mut screen));
    let Wanted::Line(OperatorCommand::OpenBatch {
        lot, text, terms, ..
    }) = &order.wanted
    else {
        panic!("{order:?}");
    };
    let produced = terms.produced.as_ref().map(ToString::to_string);
    let hierarchy = terms.hierarchy.as_ref().map(|name| name.as_str());
    assert_eq!(
        (lot.as_str(), *text, produced.as_deref(), hierarchy),
        (
            "L2409A",
            Some(TextPolicy::Reject),
            Some("260105"),
            Some("EU 40 in a case")
        )
    );

    let view = running();
    screen.dialog = None;
    pressed(
        &[Press::Char('m'), Press::Right, Press::Right, Press::Enter],
        &view,
        &mut screen,
    );
    typed("R-7781", &view, &mut screen);
    pressed(&[Press::Enter; 3], &view, &mut screen);
    typed("Foil & Sons", &view, &mut screen);
    same_as_file(
        "form_component_80x24.txt",
        &crate::tui::text(&drawn(80, 24, Some(&view), &screen)),
    );
    let order = asked(pressed(&[Press::Enter; 3], &view, &mut screen));
    let Wanted::Line(OperatorCommand::Lot(LotCommand::LinkComponent(ribbon))) = &order.wanted
    else {
        panic!("{order:?}");
    };
    assert_eq!(
        (ribbon.kind, ribbon.lot.as_str()),
        (ComponentKind::Ribbon, "R-7781")
    );
    assert_eq!(
        ribbon.supplier.as_ref().map(|name| name.as_str()),
        Some("Foil & Sons")
    );
    // Used up: its lot is enough, and more is not taken.
    press::form_answered(Err("no".to_owned()), &mut screen);
    pressed(
        &[Press::Up, Press::Up, Press::Up, Press::Up, Press::Right],
        &view,
        &mut screen,
    );
    pressed(&[Press::Enter; 5], &view, &mut screen);
    let form = open_form(&screen);
    assert_eq!(form.fields[form.at].name, "supplier", "{:?}", form.wrong);
    pressed(&[Press::Backspace; 11], &view, &mut screen);
    let order = asked(pressed(&[Press::Enter; 3], &view, &mut screen));
    let end = LotCommand::EndComponent {
        kind: ComponentKind::Ribbon,
        lot: "R-7781".parse().expect("words"),
    };
    assert_eq!(order.wanted, Wanted::Line(OperatorCommand::Lot(end)));
}

fn paste(text: &str, view: &View, screen: &mut ScreenState) {
    let pasted = Pasted {
        text: text.chars().take(1_000).collect(),
        bytes: text.len() as u64,
    };
    press::pasted(&pasted, Some(view), screen);
}

/// What is pasted is one line in the field that is being filled in, whole or not at all, and never a key.
#[test]
fn what_is_pasted_fills_the_field_and_presses_nothing() {
    let (view, mut screen) = idle();
    paste("2\r", &view, &mut screen);
    assert_eq!(screen.dialog, None);
    assert!(
        screen
            .message
            .take()
            .is_some_and(|why| why.contains("Nothing was pasted"))
    );
    screen.place = Place::Batch;
    pressed(&[Press::Char('o')], &view, &mut screen);
    paste("Amoxicillin", &view, &mut screen);
    assert!(
        open_form(&screen)
            .wrong
            .as_deref()
            .is_some_and(|why| why.contains("choose"))
    );
    pressed(&[Press::Enter], &view, &mut screen);
    paste(" L2409A\r\n", &view, &mut screen);
    let many = "L".repeat(1 << 20);
    for odd in [
        "",
        "\n",
        "A\nB",
        "A\u{1b}[2J",
        "A\u{9b}",
        "A\u{1d}B",
        &"x".repeat(195),
        &many,
    ] {
        paste(odd, &view, &mut screen);
        let form = open_form(&screen);
        assert_eq!(
            (form.text("lot"), form.fields[form.at].name),
            ("L2409A", "lot"),
            "{odd:.9}"
        );
        assert!(
            form.wrong
                .as_deref()
                .is_some_and(|why| why.starts_with("Nothing was pasted"))
        );
    }
    pressed(&[Press::Esc], &view, &mut screen);
    // A scan goes where scans go, a secret where secrets go, and neither is shown in full.
    screen.place = Place::Cases;
    pressed(&[Press::Char('p')], &view, &mut screen);
    let scan = "]d20109506000134352\u{1d}10L2409A";
    paste(scan, &view, &mut screen);
    assert!(open_form(&screen).text("what").ends_with(scan));
    pressed(
        &[Press::Esc, Press::Char('i'), Press::Enter],
        &view,
        &mut screen,
    );
    paste("horse staple", &view, &mut screen);
    assert_eq!(open_form(&screen).text("secret"), "horse staple");
    assert!(!format!("{screen:?}").contains("horse"));
    // Questions are answered by hand.
    for dialog in [
        Dialog::ConfirmResume,
        Dialog::ConfirmResync {
            typed: String::new(),
        },
        Dialog::Menu,
    ] {
        screen.dialog = Some(dialog.clone());
        paste("resync\r", &view, &mut screen);
        assert_eq!(screen.dialog, Some(dialog));
    }
}

/// Every form opens where it can and says why where it cannot; each can be closed, stops the line on F2 as every page
/// does, and is drawn at every size.
#[test]
fn every_form_opens_with_its_key_or_says_why_not() {
    let mut view = stopped();
    view.lot.first_articles = Some(FirstArticlesView {
        wanted: 3,
        taken: 3,
        waiting: true,
    });
    view.labels = Some(LabelsView {
        due: 0,
        hindrance: None,
    });
    let mut idle = view.clone();
    idle.batch = None;
    for alarm in &mut idle.alarms {
        alarm.shelved = Some(ShelvedView {
            by: "M.Kowal".to_owned(),
            reason: "a new belt comes tomorrow".to_owned(),
            until_utc_ms: 0,
        });
    }
    let (_, mut signed_in) = self::idle();
    // A template of the list that is not in force is chosen.
    signed_in.look = crate::tui_look::at(Place::Templates).look;
    signed_in.chosen = 2;
    let templates = signed_in;
    let mut seen = 0;
    for row in FORMS {
        let mut signed_in = templates.clone();
        if matches!(
            row.kind,
            FormKind::Roles | FormKind::OneTimeSecret | FormKind::Disable | FormKind::Enable
        ) {
            signed_in.look = crate::tui_look::at(Place::People).look;
        }
        signed_in.chosen = match row.kind {
            FormKind::TestPrint => 0,
            FormKind::TestShot => 1,
            _ => 2,
        };
        let ready = |view: &View| form::can_open(row.kind, Some(view), &signed_in);
        let view = if ready(&view).is_ok() { &view } else { &idle };
        assert_eq!(ready(view), Ok(()), "{:?}", row.kind);
        let mut screen = signed_in.clone();
        screen.dialog = Some(Dialog::Form(Box::new(form::opened(
            row.kind, view, &screen,
        ))));
        for (width, height) in [(80, 24), (120, 36), (40, 12)] {
            let shown = text(&drawn(width, height, Some(view), &screen));
            assert!(shown.contains(row.title), "{shown}");
            assert!(shown.contains("Esc"), "{shown}");
        }
        for (width, height) in (0..5).flat_map(|one| [(one, 1), (1, one), (200, one), (one, 60)]) {
            drawn(width, height, Some(view), &screen);
        }
        assert_eq!(pressed(&[Press::Esc], view, &mut screen), Action::Nothing);
        assert_eq!(screen.dialog, None);
        // Nobody is signed in: what a person must answer for stays shut, with the reason.
        let mut nobody = screen.clone();
        nobody.signed_in = false;
        let shut = form::can_open(row.kind, Some(view), &nobody);
        assert_eq!(
            shut.is_err(),
            row.needs_person || row.kind == FormKind::SignOut,
            "{:?}",
            row.kind
        );
        assert!(form::can_open(row.kind, None, &screen).is_err());
        let mut believed = view.clone();
        believed.sign_in = SignIn::NamesOnly;
        let unsigned = form::opened(row.kind, &believed, &nobody);
        let own = matches!(row.kind, FormKind::SignIn | FormKind::ChooseSecret);
        assert!(own || unsigned.fields.iter().all(|field| !field.is_secret()));
        seen += 1;
    }
    assert_eq!(seen, FORMS.len());
}
