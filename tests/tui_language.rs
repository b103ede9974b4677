//! The screens in German: everything that is drawn is said in it, every sentence in the source of the screens is in
//! the message file, and how it looks.

use crate::snapshot::same_as_file;
use crate::tui::{drawn, recovery, running, screen, stopped, text};
use crate::tui_places::troubled;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vidimus::line::alarm::AlarmKind;
use vidimus::line::stops::StopReason;
use vidimus::record::{Outcome, RecoveryCause, Tally};
use vidimus::tui::form::{self, FORMS};
use vidimus::tui::keys::{KEYS, Press};
use vidimus::tui::language::Language;
use vidimus::tui::{Colours, Dialog, PLACES, Place, ScreenState, press, words};
use vidimus::wire::{
    AlarmRates, DeviceState, FirstArticlesView, FloodView, LabelsView, LineState, TrialView, View,
};

fn german() -> Language {
    Language::built_in("de").expect("it is built in")
}

/// A screen that speaks German.
fn screen_in(language: &Language) -> ScreenState {
    ScreenState {
        language: language.clone(),
        ..screen(Colours::None)
    }
}

/// Texts of the tests' own worlds, and what is the same in every language.
const OF_THE_WORLDS: &[&str] = &[
    "14 % free",
    "14 % is left on the disk of the store.",
    "14 % is left.",
    "9 ms  gate on reject",
    "A passed pack lies in the reject bin.",
    "CAMERA [F] no frame for 400 ms. Check its cable, then press F2.",
    "Check its cable and its lamp.",
    "EXP 12/2O27 where 12/2027 was printed",
    "Load a new roll.",
    "Move old exports away.",
    "No station listens on /run/x.sock.",
    "Out of labels.",
    "Packs are rejected until it is mended.",
    "Take it out by hand.",
    "The camera is silent.",
    "[M] 14 % is left on the disk of the store.",
    "frame 4 842  late 0",
    "modulation falls: 2.1, minimum 1.5",
    "queue 1",
    "the label printer is out of labels",
];

/// Names, codes and what a program or a person is called.
fn is_a_name(text: &str) -> bool {
    let begins = ["(0", "]d", "]C", "..", "vidimus "];
    let one = |word: &str| {
        let code = word.chars().any(|c| c.is_ascii_digit()) && !word.contains(' ');
        code || begins.iter().any(|begin| word.starts_with(begin))
    };
    let holds = |of: &str| text.contains(of);
    one(text)
        || AlarmKind::of_code(text).is_some()
        || ["Amoxicillin", "Line 3", "Kowal", "-pack", " -> "]
            .into_iter()
            .any(holds)
        || OF_THE_WORLDS.contains(&text)
}

/// Takes down what a language did not know of what it was shown, and says which lines the file lacks.
#[derive(Default)]
struct Unknown(BTreeSet<String>);

impl Unknown {
    fn take(&mut self, language: &Language) {
        let unknown = language.unknown().into_iter();
        self.0.extend(unknown.filter(|text| !is_a_name(text)));
    }

    fn none(&self) {
        let lines = self
            .0
            .iter()
            .map(|text| format!("{} = \"\"\n", quoted(text)));
        let lines: String = lines.collect();
        assert!(
            lines.is_empty(),
            "The screens say in English what messages/de.toml does not have. Add these lines to the part where they \
             belong, translated; name the holes for what changes ({{name}}, figures {{#n}}, a sentence {{+what}}). A \
             piece of a longer text is no sentence: translate before it is cut, wrapped or put together. What is no \
             sentence (a name, a code) is drawn as AsIs.\n{lines}"
        );
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Everything a line can be in, as far as the screens tell it apart.
fn views() -> Vec<View> {
    let mut views = vec![running(), stopped(), troubled()];
    for state in [
        LineState::Recovering,
        LineState::NotReady,
        LineState::Ready,
        LineState::Stopped,
    ] {
        let mut view = running();
        view.state = state;
        views.push(view);
    }
    for reason in StopReason::ALL {
        let mut view = running();
        view.state = LineState::NotReady;
        view.state_text = format!("Lane 2: {}", reason.text());
        views.push(view);
    }
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
        view.devices[0].detail = "no link: link down: out of labels: load a new roll".to_owned();
        views.push(view);
    }
    let mut every = running();
    every.alarms = AlarmKind::ALL
        .into_iter()
        .map(|kind| alarm(kind, "12 in a row"))
        .collect();
    every.alarm_rates = AlarmRates {
        last_10_min: 14,
        most_in_10_min: 16,
        flood: Some(FloodView {
            since_utc_ms: every.utc_ms,
            first: "plc-link".to_owned(),
        }),
    };
    views.push(every);
    let mut idle = running();
    (idle.batch, idle.last_pack, idle.label) = (None, None, None);
    (idle.tally, idle.lot.clearance_wanted) = (Tally::default(), true);
    idle.reject_next = true;
    (idle.alarms, idle.devices) = (Vec::new(), Vec::new());
    views.push(idle);
    let mut trial = running();
    (trial.lot.samples_due, trial.tally.sampled) = (2, 3);
    trial.tally.unknown = 2;
    trial.lot.first_articles = Some(FirstArticlesView {
        wanted: 3,
        taken: 3,
        waiting: true,
    });
    if let Some(label) = &mut trial.label {
        label.trial = Some(TrialView {
            name: "pharma-pack-2027".to_owned(),
            template: label.template,
            failed: 1,
            most: 3,
        });
    }
    trial.labels = Some(LabelsView {
        due: 1,
        hindrance: None,
    });
    let causes = [RecoveryCause::PrinterLink, RecoveryCause::LabelsMissed];
    trial.recovery = Some(recovery(&causes, [3, 4, 1, 2], 5));
    views.push(trial);
    for code in 2..=15 {
        let mut view = running();
        let name = Outcome::name_of(code).expect("a code of the contract");
        view.tally.rejected_by = [(name.to_owned(), 3)].into();
        if let Some(last) = &mut view.last_pack {
            (last.outcome, last.passed) = (name.to_owned(), false);
        }
        views.push(view);
    }
    views
}

fn alarm(kind: AlarmKind, detail: &str) -> vidimus::wire::AlarmView {
    let sheet = kind.sheet();
    vidimus::wire::AlarmView {
        code: sheet.code.to_owned(),
        letter: sheet.letter,
        priority: sheet.priority,
        text: format!("Lane 1: {}: {detail}", sheet.cause),
        consequence: sheet.consequence.to_owned(),
        action: sheet.action.to_owned(),
        ..running().alarms[0].clone()
    }
}

/// Draws it in full and reduced.
fn look(view: Option<&View>, screen: &ScreenState) {
    for (width, height) in [(80, 24), (120, 36), (40, 12)] {
        drawn(width, height, view, screen);
    }
}

#[test]
fn everything_that_is_drawn_is_said_in_german() {
    let mut unknown = Unknown::default();
    for view in views() {
        // A language of its own each: what it remembers is bounded.
        let language = german();
        for place in PLACES {
            let mut screen = screen_in(&language);
            (screen.place, screen.chosen) = (place.place, 1);
            screen.look = crate::tui_look::at(place.place).look;
            look(Some(&view), &screen);
        }
        let mut board = screen_in(&language);
        board.board = true;
        look(Some(&view), &board);
        look(None, &board);
        for dialog in [
            Dialog::Help,
            Dialog::Words,
            Dialog::Menu,
            Dialog::ConfirmResume,
        ] {
            let mut screen = screen_in(&language);
            screen.dialog = Some(dialog);
            look(Some(&view), &screen);
        }
        unknown.take(&language);
    }
    // Every alarm, chosen.
    let language = german();
    let every = views()
        .into_iter()
        .find(|view| view.alarms.len() == AlarmKind::ALL.len());
    let every = every.expect("it is among them");
    for chosen in 0..every.alarms.len() {
        let mut screen = screen_in(&language);
        (screen.place, screen.chosen) = (Place::Alarms, chosen);
        look(Some(&every), &screen);
    }
    for place in PLACES {
        let mut screen = screen_in(&language);
        screen.place = place.place;
        for dialog in [
            Dialog::Help,
            Dialog::Find {
                typed: "9QX".to_owned(),
            },
            Dialog::ConfirmResync {
                typed: "re".to_owned(),
            },
        ] {
            screen.dialog = Some(dialog);
            look(Some(&running()), &screen);
        }
        (screen.dialog, screen.lost) = (None, Some("lost".to_owned()));
        screen.lost = Some(
            "The station closed the connection. If it was not ended on purpose, look at its log."
                .to_owned(),
        );
        look(Some(&running()), &screen);
        look(None, &screen);
    }
    for (_, said) in crate::tui_scan::pages() {
        let mut screen = crate::tui_scan::with_page(said);
        screen.language = language.clone();
        look(Some(&running()), &screen);
    }
    unknown.take(&language);
    unknown.none();
}

/// Every form, every field of it, and every reason why a key does nothing.
#[test]
fn every_form_and_every_refusal_of_a_key_is_said_in_german() {
    let mut unknown = Unknown::default();
    for view in views() {
        let language = german();
        for row in FORMS {
            let mut screen = screen_in(&language);
            screen.look = crate::tui_look::at(Place::Templates).look;
            screen.chosen = 2;
            if let Err(reason) = form::can_open(row.kind, Some(&view), &screen) {
                language.of(reason);
                continue;
            }
            language.of(row.done);
            let mut form = form::opened(row.kind, &view, &screen);
            for at in 0..=form.fields.len() {
                form.at = at;
                screen.dialog = Some(Dialog::Form(Box::new(form.clone())));
                look(Some(&view), &screen);
                if let Some(form::Value::Choice { of, .. }) = form.fields.get(at).map(|f| &f.value)
                {
                    of.iter().for_each(|word| drop(language.of(word)));
                }
            }
            // Filled in with nothing: each says what is wrong.
            form.at = form.fields.len().saturating_sub(1);
            form.press(Press::Enter, Some(&view));
            screen.dialog = Some(Dialog::Form(Box::new(form)));
            look(Some(&view), &screen);
        }
        for key in KEYS {
            for place in PLACES {
                let mut screen = screen_in(&language);
                screen.place = place.place;
                press::press(key.presses[0], Some(&view), &mut screen);
                language.of(&screen.message.unwrap_or_default());
            }
        }
        unknown.take(&language);
    }
    unknown.none();
}

/// What the station says of alarms and stops, all of it, and short enough for its row.
#[test]
fn alarms_and_stops_are_said_in_german_and_fit() {
    let language = german();
    for kind in AlarmKind::ALL {
        let sheet = kind.sheet();
        for english in [sheet.cause, sheet.consequence, sheet.action] {
            assert_ne!(language.of(english), english, "{}", sheet.code);
        }
        let action = language.of(sheet.action).chars().count();
        assert!(action <= 70, "{}: {action} columns, at most 70", sheet.code);
        let text = format!("Lane 2: {}: pack 7 and perhaps others", sheet.cause);
        let said = language.of(&text);
        assert!(said.starts_with("Bahn 2: "), "{said}");
        assert!(
            said.ends_with(": Packung 7 und vielleicht weitere"),
            "{said}"
        );
    }
    for reason in StopReason::ALL {
        let said = language.of(reason.text());
        assert_ne!(said, reason.text());
        assert!(said.chars().count() <= 76, "{said}");
    }
    for code in 1..=15 {
        let cause = words::cause(Outcome::name_of(code).expect("a code of the contract"));
        language.of(&cause);
    }
    let mut unknown = Unknown::default();
    unknown.take(&language);
    unknown.none();
}

#[test]
fn the_screens_look_in_german_as_in_their_pictures() {
    let language = german();
    let shown = |name: &str, (width, height): (u16, u16), view: &View, screen: &ScreenState| {
        let name = format!("de_{name}_{width}x{height}.txt");
        same_as_file(&name, &text(&drawn(width, height, Some(view), screen)));
    };
    let mut screen = screen_in(&language);
    let (mut running, mut stopped) = (running(), stopped());
    running.alarms = vec![alarm(AlarmKind::Disk, "812 MB left, stop at 500 MB")];
    stopped.alarms = vec![
        alarm(
            AlarmKind::WrongBin,
            "pack 4839 passed without a verdict of ours",
        ),
        alarm(AlarmKind::CameraLink, "no picture stream"),
        alarm(AlarmKind::PrinterHindered, "out of labels: load a new roll"),
    ];
    stopped.alarms[0].acknowledged = false;
    stopped.alarms[1].acknowledged = false;
    stopped.state_text = StopReason::WrongBin.text().to_owned();
    let every = views()
        .into_iter()
        .find(|view| view.alarms.len() == AlarmKind::ALL.len());
    let every = every.expect("it is among them");
    for size in [(80, 24), (40, 12)] {
        shown("main", size, &running, &screen);
        shown("stopped", size, &stopped, &screen);
    }
    for dialog in [Dialog::Help, Dialog::Menu, Dialog::ConfirmResume] {
        let name = match dialog {
            Dialog::Help => "help",
            Dialog::Menu => "menu",
            _ => "resume",
        };
        screen.dialog = Some(dialog);
        shown(name, (80, 24), &stopped, &screen);
    }
    screen.dialog = None;
    screen.board = true;
    shown("board", (80, 24), &stopped, &screen);
    screen.board = false;
    let mut idle = running.clone();
    idle.batch = None;
    let form = form::opened(form::FormKind::OpenBatch, &idle, &screen);
    screen.dialog = Some(Dialog::Form(Box::new(form)));
    shown("form_open", (80, 24), &idle, &screen);
    screen.dialog = None;
    for place in PLACES.iter().filter(|row| row.place != Place::Line) {
        screen.look = crate::tui_look::at(place.place).look;
        (screen.place, screen.chosen) = (place.place, 1);
        let view = match place.place {
            Place::Alarms => every.clone(),
            _ => troubled(),
        };
        shown(&place.title.to_lowercase(), (80, 24), &view, &screen);
    }
}

/// What persons typed and codes stay as they are, whatever words they are made of.
#[test]
fn names_and_codes_are_never_translated() {
    let language = german();
    let mut view = running();
    let batch = view.batch.as_mut().expect("there is one");
    (batch.lot, batch.product) = ("good".to_owned(), "Stop".to_owned());
    view.station = "READY".to_owned();
    view.devices[0].name = "Alarms".to_owned();
    let mut screen = screen_in(&language);
    screen.operator = "Line".to_owned();
    let main = text(&drawn(80, 24, Some(&view), &screen));
    for name in ["READY | Stop | Charge good", " Line  ", " Alarms "] {
        assert!(main.contains(name), "{name}: {main}");
    }
    let small = text(&drawn(40, 12, Some(&view), &screen));
    assert!(small.contains("good | Stop"), "{small}");
    screen.dialog = Some(Dialog::Find {
        typed: "good".to_owned(),
    });
    screen.place = Place::Packs;
    assert!(text(&drawn(80, 24, Some(&view), &screen)).contains("> good_"));
    let mut form = form::opened(form::FormKind::SignIn, &view, &screen);
    form.fields[0].fill("good");
    screen.dialog = Some(Dialog::Form(Box::new(form)));
    assert!(text(&drawn(80, 24, Some(&view), &screen)).contains("good_"));
}

/// Literals of the screens' source that are pieces of longer sentences, or none at all.
const NO_SENTENCES: &[&str] = &[
    ", grade {}",
    ", in",
    ", partner {}",
    ", several lots",
    ", with {}",
    "1 key",
    "1 pack was",
    "; looked back to pack {}, PgDn goes on",
    "; on trial {} ({}), {} of {} test prints failed: no pack passes",
    "Batch {} of lot {}, {}: {}",
    "Books: {}.",
    "COLORTERM",
    "Down",
    "Down j",
    "Ends in {}, the newest first{}",
    "Enter",
    "Esc",
    "NO_COLOR",
    "No pack ends in {}{}.",
    "PgDn",
    "PgUp",
    "Secret(..)",
    "TERM",
    "The system starts no thread for the screen ({}). Close other programs and try again; the station is not \
     concerned.",
    "The terminal failed ({}). The station is not concerned; attach again with \"vidimus tui\".",
    "There is no terminal to draw on. Use \"vidimus status\" in scripts and pipes.",
    "Up",
    "Up k",
    "a request is always JSON",
    "and",
    "at no time that a calendar holds",
    "by default: {}",
    "clear",
    "close",
    "connect",
    "default_",
    "every form has its row",
    "every place has its row",
    "in line {}{}   removed {}   unknown {}   void numbers {}",
    "it",
    "it said so itself, lately",
    "keys",
    "look on the belt and in both bins, put {} aside.",
    "looks",
    "needs {}×{}, has {}×{}",
    "no pack was graded yet{}",
    "good{}",
    "; h: the last ones",
    ", shelved",
    "; wrong text on {} packs",
    "mean {}; warns below {}{}",
    "Pack {} {}: {}{}",
    "lowest {} {}{}",
    "looks like",
    "read",
    "{} × {} modules",
    "Its {} need a larger screen.",
    "of {}",
    "orders",
    "plc",
    "plc-",
    "q Ctrl-C",
    "resync",
    "sampled {}",
    "scans",
    "shelved until {}{} by {}: {}",
    "since record {}{}",
    "still on it",
    "taken {} = {}+{}{}+{}+{}+{}",
    "the key is enabled",
    "them",
    "unknown variant `",
    "views",
    "{} came too quickly for a person, and are no scan as the station file's [scanner] says: prefix {}, suffix {}, GS \
     as {}. No key was pressed. Scan again; if it stays so, set the scanner or the station file.",
    "{} keys",
    "{} no. {}",
    "{} on the belt: {}{}",
    "{} packs were",
    "{} unknown: {}",
    "{}, grade {}{}",
    "{}.{} %   of last 100: {}",
    "{}entered {} = good {} + rejected {} + sampled {} + removed {} + unknown {} + in line {}",
    "{}taken {} = good {} + rejected {} + sampled {} + void {} + unknown {} + in line {}",
    "{}{}{} (record {})",
    "{}{}, lowest {}; {}",
];

/// Sentences with their holes left out, so that those of the source and of the file can be compared.
fn without_holes(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for letter in text.chars() {
        match letter {
            '{' => (inside, out) = (true, out + "{}"),
            '}' => inside = false,
            letter if !inside => out.push(letter),
            _ => {}
        }
    }
    out
}

/// The texts between quotation marks, comments and tests left out.
fn literals(source: &str) -> Vec<String> {
    let own = source.lines().take_while(|line| *line != "mod test {");
    let own = own.filter(|line| !line.trim_start().starts_with("//"));
    let code = own.map(|line| line.split_once(" // ").map_or(line, |(code, _)| code));
    let code = code.collect::<Vec<_>>().join("\n");
    let (mut found, mut letters) = (Vec::new(), code.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            // A quotation mark as a character begins no text.
            '\'' => drop(letters.next_if_eq(&'"')),
            '"' => {
                let mut text = String::new();
                while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                    match (letter, letter == '\\') {
                        (_, true) => match letters.next() {
                            Some('\n') => while letters.next_if(|c| c.is_whitespace()).is_some() {},
                            Some(escaped) => text.push(escaped),
                            None => {}
                        },
                        (letter, false) => text.push(letter),
                    }
                }
                found.push(text);
            }
            _ => {}
        }
    }
    found
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files_below(&path, found),
            false => found.push(path),
        }
    }
}

/// What a screen can say stands in its source: each of it is in the message file, whether a test draws it or not.
#[test]
fn every_sentence_in_the_source_of_the_screens_is_in_the_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read_to_string(root.join("messages/de.toml")).expect("the file is there");
    let table: toml::Table = file.parse().expect("it is TOML");
    let parts = table.values().filter_map(toml::Value::as_table);
    let known: BTreeSet<String> = parts
        .flat_map(|part| part.keys())
        .flat_map(|key| [without_holes(key), without_holes(key).to_uppercase()])
        .collect();
    let mut sources = Vec::new();
    files_below(&root.join("src/tui"), &mut sources);
    let silent = [
        "mod.rs",
        "theme.rs",
        "pen.rs",
        "state.rs",
        "language.rs",
        "test.rs",
    ];
    let mut unknown = Unknown::default();
    let mut seen = 0;
    for path in sources {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let of_language = path
            .parent()
            .is_some_and(|folder| folder.ends_with("language"));
        if of_language || silent.contains(&&*name) {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a source file is text");
        for literal in literals(&source) {
            let text = without_holes(&literal).trim().to_owned();
            let letters = text.as_bytes().windows(2);
            let worded = letters
                .into_iter()
                .any(|pair| pair.iter().all(u8::is_ascii_alphabetic));
            seen += usize::from(worded);
            let known = known.contains(&text) || NO_SENTENCES.contains(&text.as_str());
            if worded && !known && AlarmKind::of_code(&text).is_none() {
                unknown.0.insert(literal.trim().to_owned());
            }
        }
    }
    assert!(seen > 500, "it looks at all of them: {seen}");
    unknown.none();
}
