//! All symbols of one picture: layers of 4 to 60 packs as a camera sees them, each pack a little turned. All are read,
//! or it is said how many places look like a symbol and were not read; nothing is read that was not printed.

use std::collections::BTreeSet;
use std::time::Instant;
use vidimus::vision::Picture;
use vidimus::vision::everything::{Everything, symbols};
use vidimus::vision::reader::Reader;
use vidimus_simulators::Tick;
use vidimus_simulators::ink::{Damage, Print};
use vidimus_simulators::optics::{Noise, Optics, photograph};
use vidimus_simulators::printer::{Media, Printer};

/// A pack's place in the picture, in pixels.
const PLACE: (usize, usize) = (230, 130);

/// A layer of so many packs; one of them may be damaged. The picture, and what every sound pack says.
fn layer(
    columns: usize,
    rows: usize,
    damaged: Option<(usize, Damage)>,
    seed: u64,
) -> (Picture, BTreeSet<String>) {
    let (wide, high) = PLACE;
    let (width, height) = (columns * wide, rows * high);
    let mut luma = vec![205u8; width * height];
    let mut said = BTreeSet::new();
    let noise = Noise::new(2.0, seed);
    for place in 0..columns * rows {
        let serial = format!("L{seed}P{place:03}XYZ");
        let damage = damaged
            .filter(|(at, _)| *at == place)
            .map(|(_, damage)| damage);
        let mut printer = Printer::new(Media {
            dpmm: 12,
            width_mm: 32,
            length_mm: 16,
        });
        let zpl = format!(
            "^XA^FO12,12^BXN,6,200,,,,_,1^FD_1010950600013435221{serial}_117281231_110LOT2026A^FS\
             ^FO192,20^A0N,18,18^FDPC 09506000134352^FS^FO192,60^A0N,18,18^FDSN {serial}^FS\
             ^FO192,100^A0N,18,18^FDEXP 281231^FS^FO192,140^A0N,18,18^FDLOT LOT2026A^FS^XZ"
        );
        printer.receive(Tick(0), zpl.as_bytes());
        let label = printer.start_print(Tick(0), 0).expect("a label");
        let (dx, dy) = (0, 0);
        let print = Print {
            label,
            damage,
            dx,
            dy,
            seed: seed + place as u64,
        };
        let optics = Optics {
            px_per_mm: 6.0,
            aside_mm: 8.0,
            turn_swing_deg: 2.5,
            shift_swing_mm: 1.0,
            ..Optics::default()
        };
        let seen = photograph(&[print], &optics, &noise, seed * 1_000 + place as u64);
        let (left, top) = ((seen.width - wide) / 2, (seen.height - high) / 2);
        let (x, y) = (place % columns * wide, place / columns * high);
        for row in 0..high {
            let from = (top + row) * seen.width + left;
            luma[(y + row) * width + x..][..wide].copy_from_slice(&seen.luma[from..from + wide]);
        }
        if damage.is_none() {
            said.insert(format!(
                "010950600013435221{serial}\u{1d}1728123110LOT2026A"
            ));
        }
    }
    let picture = Picture::from_luma(width as u32, height as u32, luma);
    (picture.expect("it has its pixels"), said)
}

fn contents(seen: &Everything) -> BTreeSet<String> {
    let each = seen
        .symbols
        .iter()
        .map(|symbol| symbol.content.replace("281231\u{1d}10", "28123110"));
    each.collect()
}

#[test]
fn every_symbol_of_a_layer_is_read_once() {
    let mut reader = Reader::new();
    for (columns, rows) in [(2, 2), (4, 3), (5, 4), (6, 6), (10, 6)] {
        for seed in 1..=2 {
            let (picture, said) = layer(columns, rows, None, seed);
            let begun = Instant::now();
            let seen = symbols(&mut reader, &picture);
            let packs = columns * rows;
            let took = begun.elapsed();
            println!(
                "{packs} packs, {} × {} px: {took:?}",
                picture.width(),
                picture.height()
            );
            assert_eq!(contents(&seen), said, "{packs} packs, seed {seed}");
            assert_eq!(
                (seen.symbols.len(), seen.unread.len()),
                (packs, 0),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn a_symbol_that_is_there_and_cannot_be_read_is_named_and_one_that_is_not_there_is_missing() {
    let mut reader = Reader::new();
    let mut named = 0;
    let damages = [Damage::DeadDots, Damage::Voids, Damage::Smear, Damage::Torn];
    for (at, damage) in damages.into_iter().enumerate() {
        let (picture, said) = layer(4, 3, Some((3 + at, damage)), 7);
        let seen = symbols(&mut reader, &picture);
        let read = contents(&seen);
        // A damaged pack may be read all the same: then it says what was printed on it.
        assert!(
            read.is_superset(&said) && read.len() <= 12,
            "{damage:?}: {read:?}"
        );
        println!(
            "{damage:?}: {} read, {} places not read",
            read.len(),
            seen.unread.len()
        );
        named += usize::from(read.len() + seen.unread.len() == 12);
    }
    assert!(
        named >= 1,
        "{named} of {} damages are read or named",
        damages.len()
    );
    let (picture, said) = layer(4, 3, Some((5, Damage::Blank)), 7);
    let seen = symbols(&mut reader, &picture);
    assert_eq!(
        (contents(&seen), seen.unread.len()),
        (said, 0),
        "the count tells of it"
    );
}
