//! The whole way of a picture: read, graded, compared, and its text looked at, as a worker does it; with a printer
//! whose font was taught from its own pictures, through the factory's own optics.

use super::camera::{Chance, DPMM, pack};
use super::{printer, template};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vidimus::gs1::parse_payload;
use vidimus::label::{PackData, Template};
use vidimus::record::{Outcome, TextFault, TextSeen, Verdict};
use vidimus::vision::reader::Reader;
use vidimus::vision::text::{GlyphBook, TextStandard, learn};
use vidimus::vision::{Effort, Expectation, Inspector, Picture, Reading, frame, read};
use vidimus_simulators::Tick;
use vidimus_simulators::camera::{Camera, Coding, code};
use vidimus_simulators::ink::Print;
use vidimus_simulators::optics::{Noise, Optics, photograph};
use vidimus_simulators::printer::{Label, Mark};
use vidimus_simulators::random::Random;

/// How many packs to look at: `VIDIMUS_PACKS=5000` looks at more than usual.
fn packs_or(usual: usize) -> usize {
    let packs = std::env::var("VIDIMUS_PACKS").ok();
    packs.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A picture of a label lying as packs do: turned and shifted a little, with light from one side.
fn picture_of(label: &Arc<Label>, chance: &mut Chance, optics: &Optics, coding: Coding) -> Picture {
    let noise = Noise::new(optics.noise, 1);
    let print = Print {
        label: Arc::clone(label),
        damage: None,
        dx: chance.pick(9) as i32 - 4,
        dy: chance.pick(9) as i32 - 4,
        seed: chance.next(),
    };
    let seen = photograph(&[print], optics, &noise, chance.next());
    Picture::decode(&code(&seen, coding)).expect("a picture")
}

/// Learns as `vidimus label teach-text` does: the symbol in the picture says what stands beside it.
fn taught(template: &Template, chance: &mut Chance) -> GlyphBook {
    let (mut book, mut reader) = (GlyphBook::new(), Reader::new());
    for _ in 0..24 {
        let label = printer::label(template, &pack(chance));
        let picture = picture_of(&label, chance, &Optics::default(), Coding::Pgm);
        let Reading::Read(symbol) = read(&mut reader, &picture, None, Effort::Line) else {
            panic!("a good pack is read")
        };
        let elements = parse_payload(&symbol.content).expect("GS1");
        let pack = PackData::of_elements(&elements).expect("a whole pack");
        let reference = template.text_reference(&pack, DPMM).expect("laid out");
        let grid = symbol.grid.expect("our own reader read it");
        learn(&frame(&picture), &grid, &reference, &mut book);
    }
    book
}

/// Where the text of two labels differs: which line, its place in it from 1, and the new character.
fn difference(sound: &Label, wrong: &Label) -> (String, u8, char) {
    let text = |mark: &Mark| match mark {
        Mark::Text { text, .. } => Some(text.clone()),
        _ => None,
    };
    let fields = sound.fields.iter().zip(&wrong.fields);
    let mut texts = fields.filter_map(|(a, b)| Some((text(&a.mark)?, text(&b.mark)?)));
    let (before, after) = texts.find(|(a, b)| a != b).expect("they differ");
    let at = before.bytes().zip(after.bytes()).position(|(a, b)| a != b);
    let at = at.expect("they differ");
    (before, at as u8 + 1, char::from(after.as_bytes()[at]))
}

/// What came of packs of which every second one has one wrong character.
#[derive(Default)]
struct Outcomes {
    good: usize,
    refused: Vec<String>,
    wrong: usize,
    missed: Vec<String>,
    placed: usize,
    named: usize,
}

fn run(
    template: &Template,
    standard_of: &dyn Fn(&PackData) -> Arc<TextStandard>,
    (packs, optics, coding): (usize, Optics, Coding),
    chance: &mut Chance,
) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let mut inspector = Inspector::default();
    let batch = pack(chance);
    let standard = standard_of(&batch);
    for seed in 0..packs {
        let pack = PackData {
            serial: Some(chance.word(12)),
            ..batch.clone()
        };
        let expectation = template.expectation(&pack);
        let sound = printer::label(template, &pack);
        let wrong = Arc::new(
            sound
                .with_another_letter(&mut Random::new(seed as u64))
                .expect("there is text"),
        );
        let mut look = |label: &Arc<Label>, standard: Option<&Arc<TextStandard>>| {
            let picture = picture_of(label, chance, &optics, coding);
            inspector.demand_text(standard);
            let verdict = inspector.verify(&picture, &expectation);
            assert_eq!(
                verdict.outcome,
                Outcome::Pass,
                "text is for the line to judge"
            );
            verdict.text
        };
        outcomes.good += 1;
        let seen = look(&sound, Some(&standard));
        if seen != TextSeen::Sound {
            outcomes.refused.push(format!("{seen:?}"));
        }
        outcomes.wrong += 1;
        let (line, place, printed) = difference(&sound, &wrong);
        match look(&wrong, Some(&standard)) {
            TextSeen::Wrong(finding) => {
                let (position, looks_like) = match finding.fault {
                    TextFault::Differs {
                        position,
                        looks_like,
                        ..
                    } => (position, looks_like),
                    TextFault::Illegible { position, .. } => (position, None),
                    _ => (0, None),
                };
                let placed = (finding.line.as_str(), position) == (line.as_str(), place);
                outcomes.placed += usize::from(placed);
                outcomes.named += usize::from(placed && looks_like == Some(printed));
            }
            TextSeen::Sound | TextSeen::NotChecked => {
                outcomes
                    .missed
                    .push(format!("{printed} at {place} of {line}"));
            }
        }
        assert_eq!(look(&wrong, None), TextSeen::NotChecked, "nobody asked");
    }
    outcomes
}

#[test]
fn a_wrong_character_is_named_and_good_packs_pass_through_real_optics() {
    let packs = packs_or(60);
    let template = template();
    let mut chance = Chance(0x5eed_0011);
    let book = taught(&template, &mut chance);
    let standard_of = |pack: &PackData| {
        let standard = template.text_standard(pack, DPMM, Some(&book));
        Arc::new(standard.expect("laid out"))
    };
    let usual = Optics::default();
    for (name, refused_max, optics, coding) in [
        ("usual", 0, usual, Coding::Pgm),
        ("JPEG 85", 0, usual, Coding::Jpeg(85)),
        ("JPEG 30", packs, usual, Coding::Jpeg(30)),
        (
            "noisy",
            packs / 20,
            Optics {
                noise: 9.0,
                ..usual
            },
            Coding::Pgm,
        ),
        (
            "out of focus",
            packs / 10,
            Optics {
                blur_passes: 4,
                ..usual
            },
            Coding::Pgm,
        ),
    ] {
        let packs = if name == "usual" { packs } else { packs / 3 };
        let found = run(
            &template,
            &standard_of,
            (packs, optics, coding),
            &mut chance,
        );
        println!(
            "{name}: {} of {} good packs refused, {} of {} wrong ones accepted, {} placed and {} named right",
            found.refused.len(),
            found.good,
            found.missed.len(),
            found.wrong,
            found.placed,
            found.named
        );
        assert_eq!(found.missed, Vec::<String>::new(), "{name}");
        assert!(
            found.refused.len() <= refused_max,
            "{name}: {:#?}",
            found.refused
        );
        let sharp = name != "out of focus";
        assert!(!sharp || found.placed * 20 >= found.wrong * 19, "{name}");
        assert!(found.named * 10 >= found.wrong * 8, "{name}");
    }
}

/// Without a serial on the label's side, or with another content, no text is looked at; a standard of another batch
/// refuses this one's lot.
#[test]
fn text_is_looked_at_beside_the_packs_own_symbol_only() {
    let template = template();
    let mut chance = Chance(0x5eed_0012);
    let drawn = pack(&mut chance);
    let label = template.raster(&drawn, DPMM).expect("drawn");
    let picture = Picture::from_luma(label.width(), label.height(), label.into_raw());
    let picture = picture.expect("a picture");
    let standard = |pack: &PackData| {
        let standard = template.text_standard(pack, DPMM, None);
        Arc::new(standard.expect("laid out"))
    };
    let mut inspector = Inspector::default();
    let mut look = |standard: &Arc<TextStandard>, expectation: &Expectation| -> Verdict {
        inspector.demand_text(Some(standard));
        inspector.verify(&picture, expectation)
    };
    let own = standard(&PackData {
        serial: PackData::sample().serial,
        ..drawn.clone()
    });
    let verdict = look(&own, &template.expectation(&drawn));
    assert_eq!(
        (verdict.outcome, verdict.text),
        (Outcome::Pass, TextSeen::Sound)
    );

    let other = pack(&mut chance);
    let verdict = look(&own, &template.expectation(&other));
    assert!(matches!(verdict.outcome, Outcome::WrongContent { .. }));
    assert_eq!(verdict.text, TextSeen::NotChecked);

    let verdict = look(&standard(&other), &template.expectation(&drawn));
    let finding = verdict.text.finding().cloned().expect("another lot");
    assert_eq!(
        (verdict.outcome, finding.field.as_str()),
        (Outcome::Pass, "lot")
    );
    assert_eq!(finding.line, format!("LOT {}", other.lot.as_str()));
}

#[test]
fn whatever_is_printed_behind_a_line_is_seen() {
    let mut chance = Chance(77);
    let template = template();
    let book = taught(&template, &mut chance);
    for added in ["-", "z", " 7", "  MR8", "   /", " ."] {
        for line in ["LOT", "EXP"] {
            let pack = pack(&mut chance);
            let standard = Arc::new(
                template
                    .text_standard(&pack, DPMM, Some(&book))
                    .expect("laid out"),
            );
            let mut label = (*printer::label(&template, &pack)).clone();
            let mut lines = label
                .fields
                .iter_mut()
                .filter_map(|field| match &mut field.mark {
                    Mark::Text { text, .. } if text.starts_with(line) => Some(text),
                    _ => None,
                });
            lines.next().expect("the line is there").push_str(added);
            let picture = picture_of(
                &Arc::new(label),
                &mut chance,
                &Optics::default(),
                Coding::Pgm,
            );
            let mut inspector = Inspector::default();
            inspector.demand_text(Some(&standard));
            let seen = inspector
                .verify(&picture, &template.expectation(&pack))
                .text;
            assert!(
                matches!(seen, TextSeen::Wrong(_)),
                "{added:?} behind {line}: {seen:?}"
            );
        }
    }
}

/// How long looking at the text takes beside reading; printed, not judged.
#[test]
fn what_the_text_check_costs_is_printed() {
    let template = template();
    let mut chance = Chance(0x5eed_0013);
    let book = taught(&template, &mut chance);
    let pack = pack(&mut chance);
    let standard = Arc::new(
        template
            .text_standard(&pack, DPMM, Some(&book))
            .expect("laid out"),
    );
    let label = printer::label(&template, &pack);
    let mut camera = Camera::new(3);
    let noise = Noise::new(Optics::default().noise, 1);
    let pictures: Vec<Picture> = (0..40)
        .map(|seed| {
            let print = Print {
                label: Arc::clone(&label),
                damage: None,
                dx: 0,
                dy: 0,
                seed,
            };
            let exposure = camera.fire(Tick(0), &[print], None);
            let frame = exposure.frame(&Optics::default(), &noise, Coding::Pgm);
            Picture::decode(&frame.expect("not lost").body).expect("a picture")
        })
        .collect();
    let expectation = template.expectation(&pack);
    let mut inspector = Inspector::default();
    let mut median = |standard: Option<&Arc<TextStandard>>| {
        inspector.demand_text(standard);
        let mut took: Vec<Duration> = pictures
            .iter()
            .cycle()
            .take(packs_or(200))
            .map(|picture| {
                let begun = Instant::now();
                assert!(inspector.verify(picture, &expectation).outcome.is_pass());
                begun.elapsed()
            })
            .collect();
        took.sort();
        took[took.len() / 2].as_micros()
    };
    let (without, with) = (median(None), median(Some(&standard)));
    println!("a picture takes {without} µs without and {with} µs with its text");
}
