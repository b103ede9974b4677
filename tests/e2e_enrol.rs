//! People from the screen alone, on a real terminal of a real station: somebody takes the first start in hand, enrols a
//! technician, who chooses an own secret and signs in; a lock is ended, somebody leaves.

use crate::e2e_bench::{Program, await_that};
use crate::e2e_people::{Plant, own_of, shown};
use crate::e2e_screen::Terminal;
use rustix::process::Signal;
use std::time::Duration;
use vidimus::record::{Fact, PeopleFact};
use vidimus::wire::{Answer, Ask, PersonView, Proof, Secret, Standing};

/// Between two keys of a person.
const KEY_PAUSE: Duration = Duration::from_millis(80);

struct Screen {
    terminal: Terminal,
}

impl Screen {
    fn key(&mut self, key: &str) {
        std::thread::sleep(KEY_PAUSE);
        self.terminal.press(key);
    }

    /// Opens a form and fills it in, from its first field on; `>` chooses.
    fn fills(&mut self, key: &str, title: &str, entries: &[&str]) {
        self.key(key);
        self.terminal.await_text(&[title, "Esc do nothing"]);
        for entry in entries {
            match *entry {
                ">" => self.key("\x1b[C"),
                entry => self.key(&format!("\x1b[200~{entry}\x1b[201~")),
            }
            self.key("\r");
        }
    }

    fn is_told(&mut self, words: &str) {
        self.terminal.await_text(&[words]);
    }
}

fn people(plant: &Plant) -> Vec<PersonView> {
    match plant.ask(Ask::People) {
        Answer::People(people) => people,
        other => panic!("{other:?}"),
    }
}

fn standing(plant: &Plant, who: &str) -> Option<Standing> {
    let people = people(plant).into_iter();
    people
        .filter(|person| person.name.as_str() == who)
        .map(|person| person.standing)
        .next()
}

#[test]
fn people_are_enrolled_helped_and_let_go_from_the_screen_alone() {
    let plant = Plant::new();
    let idle = std::fs::read_to_string(&plant.file).expect("it is there");
    let idle = idle.replace("session_idle_s = 5", "session_idle_s = 900");
    std::fs::write(&plant.file, idle).expect("it can be written");
    let station: Program = plant.start(&[]);
    let first = shown(&station);
    let socket = plant.bench.socket();
    let terminal = Terminal::run(&["tui", "--socket", socket.to_str().expect("UTF-8")], false);
    let mut screen = Screen { terminal };
    screen.is_told("F2 Stop");
    screen.key("8");
    screen.is_told("Where to?");
    screen.key("w");
    screen.is_told("Nobody has this station in hand yet");
    let own = "correct horse battery";
    screen.fills(
        "n",
        "Choose your own secret",
        &["administrator", &first, own, own],
    );
    screen.is_told("Your secret is changed");
    screen.fills("i", "Sign in", &["administrator", own]);
    screen.is_told("Signed in.");

    // As technician, which is the first of the roles.
    screen.fills("e", "Enrol somebody", &["T.Tech", ">", "", "", "", "", ""]);
    screen.is_told("One-time secret of T.Tech");
    let one_time = await_that("the secret", || {
        let text = screen.terminal.text();
        let words = text.split_whitespace();
        let dashed = |word: &&str| word.len() == 24 && word.matches('-').count() == 4;
        words
            .map(|word| word.trim_matches('|'))
            .find(|word| dashed(word))
            .map(str::to_owned)
    });
    screen.key("\r");
    screen.is_told(&one_time);
    screen.key("\x1b");
    await_that("the screen without it", || {
        (!screen.terminal.text().contains(&one_time)).then_some(())
    });
    assert_eq!(standing(&plant, "T.Tech"), Some(Standing::OneTimeSecret));
    let technician = own_of("T.Tech");
    let own_secret = technician.text().to_owned();
    screen.fills("n", "Choose your own secret", &[]);
    for _ in 0.."administrator".len() {
        screen.key("\x7f");
    }
    for entry in ["T.Tech", &one_time, &own_secret, &own_secret] {
        screen.key(&format!("\x1b[200~{entry}\x1b[201~"));
        screen.key("\r");
    }
    screen.is_told("Your secret is changed");
    assert_eq!(standing(&plant, "T.Tech"), Some(Standing::Active));

    // Five wrong ones; the administrator, who is still signed in, ends the lock.
    for _ in 0..5 {
        let wrong = Secret::new("staple under the chair".to_owned());
        plant.order(
            "T.Tech",
            Some(Proof::Secret(wrong)),
            vidimus::wire::OperatorCommand::Resynchronise,
        );
    }
    await_that("a lock", || {
        (standing(&plant, "T.Tech") == Some(Standing::Locked)).then_some(())
    });
    screen.is_told("LOCKED");
    screen.key("\x1b[B");
    screen.fills("u", "May work again", &["", "I asked"]);
    screen.is_told("Enabled");
    assert_eq!(standing(&plant, "T.Tech"), Some(Standing::Active));
    screen.fills("d", "May do nothing any more", &["", "leaves"]);
    screen.is_told("Disabled");
    assert_eq!(standing(&plant, "T.Tech"), Some(Standing::Disabled));
    // The last administrator stays.
    screen.key("\x1b[A");
    screen.fills("d", "May do nothing any more", &["", ""]);
    screen.is_told("last administrator");
    screen.key("\x1b");
    screen.key("q");
    screen.terminal.wait();

    let reasons = plant
        .records()
        .into_iter()
        .filter_map(|stored| match stored.record.fact {
            Fact::People(PeopleFact::PersonEnabled { .. } | PeopleFact::PersonDisabled { .. }) => {
                stored.record.reason
            }
            _ => None,
        });
    assert_eq!(reasons.collect::<Vec<_>>(), ["I asked", "leaves"]);
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
}
