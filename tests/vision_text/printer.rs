//! The font of a printer: the simulated one draws with other letters than we do.

use super::*;
use std::sync::Arc;
use vidimus::label::drawn_glyphs;
use vidimus::vision::text::{GlyphBook, Learnt, learn};
use vidimus_simulators::Tick;
use vidimus_simulators::ink;
use vidimus_simulators::optics::{self, Noise};
use vidimus_simulators::printer::{Label, Media, Printer};

const OPTICS: optics::Optics = optics::Optics {
    width: 640,
    height: 480,
    px_per_mm: 12.0,
    aside_mm: 0.0,
    turn_deg: 2.0,
    turn_swing_deg: 0.0,
    shift_swing_mm: 0.0,
    blur_passes: 1,
    noise: 2.5,
    light_fall: 0.15,
    paper: 205,
    ink: 40,
};

/// A pack printed from the ZPL that the station sends.
pub fn label(template: &Template, pack: &PackData) -> Arc<Label> {
    let mut printer = Printer::new(Media {
        dpmm: u32::from(DPMM),
        ..Media::default()
    });
    let zpl = vidimus_drivers::printer::language("zpl").expect("it is there");
    let written = template.written(&zpl.speech(), pack, DPMM);
    for bytes in written.expect("ZPL") {
        printer.receive(Tick(0), &bytes);
    }
    printer.start_print(Tick(0), 0).expect("a label waits")
}

/// That pack, photographed. The camera looks at the symbol's middle.
fn printed(template: &Template, pack: &PackData, optics: &optics::Optics, seed: u64) -> Photograph {
    let label = label(template, pack);
    let layout = template.layout(pack, DPMM).expect("laid out");
    let symbol = layout.symbol();
    let aim = label.aim();
    let side = 2.0 * (aim.x - f64::from(symbol.x)) / f64::from(symbol.module_dots);
    let print = ink::Print {
        label,
        damage: None,
        dx: 0,
        dy: 0,
        seed,
    };
    let noise = Noise::new(optics.noise, 1);
    let picture = optics::photograph(&[print], optics, &noise, seed);
    let module_px = f64::from(symbol.module_dots) / f64::from(DPMM) * optics.px_per_mm;
    let (sin, cos) = optics.turn_deg.to_radians().sin_cos();
    let (u, v) = (
        picture.width as f64 / 2.0 + 0.5,
        picture.height as f64 / 2.0 + 0.5,
    );
    let to_picture = Homography::shift(-side / 2.0, -side / 2.0)
        .then(&Homography::scale(module_px, module_px))
        .then(&Homography([cos, -sin, u, sin, cos, v, 0.0, 0.0, 1.0]));
    let side = side.round() as usize;
    let grid = Grid {
        size: Size::of(side, side).expect("a size"),
        to_picture,
        inverted: false,
    };
    Photograph {
        width: picture.width,
        height: picture.height,
        luma: picture.luma,
        grid,
    }
}

fn taught(template: &Template, packs: usize, chance: &mut Chance) -> (GlyphBook, Learnt) {
    let mut book = GlyphBook::new();
    let mut all = Learnt::default();
    for seed in 0..packs {
        let pack = pack(chance);
        let picture = printed(template, &pack, &OPTICS, seed as u64);
        let reference = template.text_reference(&pack, DPMM).expect("laid out");
        let learnt = learn(&picture.frame(), &picture.grid, &reference, &mut book);
        all.characters += learnt.characters;
        all.refused.extend(learnt.refused);
    }
    (book, all)
}

#[test]
fn a_printers_font_is_taught_from_good_packs_and_then_checked() {
    let template = template();
    let mut chance = Chance(0x5eed_0007);
    let (book, learnt) = taught(&template, 20, &mut chance);
    println!(
        "taught {} characters, refused {:?}",
        learnt.characters, learnt.refused
    );
    assert!(learnt.refused.len() <= 2, "{:?}", learnt.refused);
    assert_eq!(book.missing("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), []);

    let text = serde_json::to_string(&book).expect("written");
    let book: GlyphBook = serde_json::from_str(&text).expect("read again");
    assert!(text.len() < 64_000, "{} bytes", text.len());
    let damaged = text.replace("\"form\":1", "\"form\":9");
    assert!(serde_json::from_str::<GlyphBook>(&damaged).is_err());

    let drawn = drawn_glyphs(18);
    let checker = TextChecker::new(&drawn, Some(&book));
    let blurred = optics::Optics {
        blur_passes: 3,
        noise: 6.0,
        turn_deg: -3.0,
        ..OPTICS
    };
    for (name, alarms_max, optics) in [("as taught", 0, OPTICS), ("blurred and noisy", 2, blurred)]
    {
        let mut tally = Tally::default();
        for seed in 0..20 {
            let pack = pack(&mut chance);
            let picture = printed(&template, &pack, &optics, 1000 + seed);
            let reference = template.text_reference(&pack, DPMM).expect("laid out");
            let reports = check(&checker, &picture, &reference);
            assert!(reports.iter().all(|report| report.basis == Basis::Taught));
            tally.add(&checker, &picture, &reference, &mut chance);
        }
        tally.print(name);
        assert_eq!(tally.missed, Vec::<String>::new(), "{name}");
        assert!(
            tally.alarms.len() <= alarms_max,
            "{name}: {:#?}",
            tally.alarms
        );
    }

    // Without teaching nobody vouches for a foreign font.
    let untaught = TextChecker::new(&drawn, None);
    let pack = pack(&mut chance);
    let picture = printed(&template, &pack, &OPTICS, 7);
    let reference = template.text_reference(&pack, DPMM).expect("laid out");
    let reports = check(&untaught, &picture, &reference);
    assert!(
        reports
            .iter()
            .all(|report| report.basis == Basis::Drawn && !report.is_legible())
    );
}

#[test]
fn a_picture_of_another_text_teaches_nothing_false() {
    let template = template();
    let mut chance = Chance(0x5eed_0008);
    let (mut book, _) = taught(&template, 12, &mut chance);
    let before = book.clone();
    let (printed_pack, told) = (pack(&mut chance), pack(&mut chance));
    let picture = printed(&template, &printed_pack, &OPTICS, 3);
    let mut reference = template.text_reference(&told, DPMM).expect("laid out");
    reference.fields.retain(|field| field.name == "serial");
    let learnt = learn(&picture.frame(), &picture.grid, &reference, &mut book);
    assert_eq!(
        (learnt.characters, learnt.refused.len()),
        (0, 1),
        "{learnt:?}"
    );
    assert_eq!(book, before);
}
