//! Every good pack lies in exactly one container, labels go where they belong, readers say what they see.

use std::collections::BTreeMap;

use super::*;
use crate::{
    printer::{Media, Printer},
    random::Random,
};

fn level(name: &str, holds: usize, labelling: Labelling, points: &[&str]) -> LevelOptions {
    LevelOptions {
        name: name.to_owned(),
        holds,
        labelling,
        points: points.iter().map(|point| (*point).to_owned()).collect(),
    }
}

fn hall(levels: Vec<LevelOptions>) -> Packer {
    Packer::new(
        PackingOptions {
            pack_points: Vec::new(),
            levels,
            way_ms: 300,
        },
        1,
    )
}

/// A label as a ZPL printer prints it: its level, the SSCC as bars and a Data Matrix with everything.
fn printed(level: &str, sscc: &str) -> std::sync::Arc<Label> {
    let mut printer = Printer::new(Media::default());
    let zpl = format!(
        "^XA^FO10,10^A0N,40,40^FD{level}^FS^FO10,60^BXN,6,200,,,,_,1^FD_100{sscc}^FS\
         ^FO10,200^BY2^BCN,80,N,N,N^FD>;>800{sscc}^FS^XZ"
    );
    printer.receive(Tick(0), zpl.as_bytes());
    printer.start_print(Tick(0), 0).expect("one label")
}

fn cases_and_pallets() -> Packer {
    hall(vec![
        level("case", 2, Labelling::Printed, &["at-case"]),
        level("pallet", 2, Labelling::Printed, &["at-pallet"]),
    ])
}

#[test]
fn packs_of_two_lanes_become_cases_and_a_pallet_and_every_label_is_read() {
    let mut hall = cases_and_pallets();
    for (ms, lane) in [(0, 1), (1, 2), (2, 1), (3, 2)] {
        hall.take(Tick::from_ms(ms), lane, (7, 100 + u32::from(lane)), &[]);
    }
    let full = |packed: &Packed| {
        packed
            .rows
            .iter()
            .filter(|r| matches!(r, Row::Filled { .. }))
            .count()
    };
    let mut packed = hall.step(Tick::from_ms(1000));
    assert_eq!(
        (full(&packed), packed.scans.len()),
        (2, 0),
        "two cases wait for their labels"
    );
    let mut file = PackingFile::default();
    let mut scans = Vec::new();
    let ssccs = [
        "106141412345678908",
        "106141412345678915",
        "106141412345678922",
    ];
    for (at, (name, sscc)) in ["case", "CASE", "pallet"]
        .into_iter()
        .zip(ssccs)
        .enumerate()
    {
        let ms = 2000 + 1000 * u64::try_from(at).expect("small");
        hall.label(Tick::from_ms(ms), &printed(name, sscc));
        for ms in ms..ms + 1000 {
            let more = hall.step(Tick::from_ms(ms));
            packed.rows.extend(more.rows);
            scans.extend(more.scans);
        }
    }
    packed.rows.into_iter().for_each(|row| file.add(row));
    let said: Vec<(&str, &str)> = scans
        .iter()
        .map(|scan| (scan.point.as_str(), scan.texts[0].as_str()))
        .collect();
    let [first, second, pallet] = ssccs.map(|sscc| format!("]d200{sscc}"));
    assert_eq!(
        said,
        [
            ("at-case", first.as_str()),
            ("at-pallet", &first),
            ("at-case", &second),
            ("at-pallet", &second),
            ("at-pallet", &pallet),
        ]
    );
    let pack = |lane: u8| Unit::Pack {
        lane,
        boot: 7,
        id: 100 + u32::from(lane),
    };
    assert_eq!(file.containers[&1].units, [pack(1), pack(2)]);
    let cases = [1, 2].map(|container| Unit::Container { container });
    assert_eq!(
        (&file.containers[&3].units[..], file.containers[&3].full),
        (&cases[..], true)
    );
    assert_eq!(
        file.containers[&3].label,
        [pallet, format!("]C100{}", ssccs[2])]
    );
}

#[test]
fn a_label_that_comes_too_early_waits_and_one_of_the_other_level_is_not_taken_for_it() {
    let mut hall = hall(vec![
        level("case", 1, Labelling::Printed, &["at-case"]),
        level("pallet", 9, Labelling::Printed, &[]),
    ]);
    hall.label(Tick(0), &printed("pallet", "106141412345678908"));
    hall.label(Tick(0), &printed("case", "106141412345678915"));
    hall.label(Tick(0), &printed("case", "106141412345678922"));
    hall.take(Tick(0), 1, (1, 1), &[]);
    hall.take(Tick(0), 1, (1, 2), &[]);
    assert_eq!(hall.step(Tick::from_ms(299)).scans, []);
    let scans = hall.step(Tick::from_ms(300)).scans;
    let texts = vec!["]d200106141412345678922".to_owned()];
    let point = "at-case".to_owned();
    assert_eq!(
        scans,
        [Scan { point, texts }],
        "the newest label, for the first case only"
    );
    assert_eq!(hall.status()[0].waiting, 1);
}

#[test]
fn whatever_people_do_every_pack_is_in_exactly_one_place() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let labels = [
            Labelling::Nothing,
            Labelling::Printed,
            Labelling::ByHand,
            Labelling::Roll("09506000134352".to_owned()),
        ];
        let mut any = || labels[usize::try_from(random.below(4)).expect("small")].clone();
        let mut hall = hall(vec![
            level("bundle", 3, any(), &["a"]),
            level("case", 4, any(), &["b", "c"]),
            level("pallet", 2, any(), &[]),
        ]);
        let mut file = PackingFile::default();
        let mut taken = Vec::new();
        for ms in 0..3000u64 {
            let now = Tick::from_ms(ms);
            let at = usize::try_from(random.below(3)).expect("small");
            let name = ["bundle", "case", "pallet"][at];
            match random.below(12) {
                0..=5 => {
                    let id = u32::try_from(ms).expect("small");
                    let lane = u8::try_from(random.between(1, 3)).expect("small");
                    hall.take(now, lane, (1, id), &[]);
                    taken.push(Unit::Pack { lane, boot: 1, id });
                }
                6 | 7 => hall.label(now, &printed(name, "106141412345678908")),
                8 | 9 => hall
                    .label_by_hand(now, name, "]d2by hand")
                    .expect("a level"),
                // Nothing may be open.
                10 if random.chance(0.02) => drop(hall.close_by_hand(now, name)),
                _ => {}
            }
            hall.step(now)
                .rows
                .into_iter()
                .for_each(|row| file.add(row));
        }
        hall.leave().rows.into_iter().for_each(|row| file.add(row));
        assert!(hall.adds_up(), "seed {seed}");
        let mut places: BTreeMap<Unit, u64> = BTreeMap::new();
        for unit in file.containers.values().flat_map(|carton| &carton.units) {
            *places.entry(*unit).or_default() += 1;
        }
        assert!(places.values().all(|count| *count == 1), "seed {seed}");
        assert!(
            taken.iter().all(|pack| places.contains_key(pack)),
            "seed {seed}"
        );
        let packs = places
            .keys()
            .filter(|unit| matches!(unit, Unit::Pack { .. }));
        assert_eq!(packs.count(), taken.len(), "seed {seed}");
        assert!(file.containers.len() > 20, "seed {seed}");
    }
}

#[test]
fn what_does_not_exist_is_named_with_what_does() {
    let mut hall = hall(vec![level("case", 2, Labelling::ByHand, &["at-case"])]);
    for why in [
        hall.label_by_hand(Tick(0), "tray", "x"),
        hall.close_by_hand(Tick(0), "case"),
        hall.scan_by_hand(Tick(0), "at-tray", "x"),
    ] {
        assert!(why.expect_err("wrong").contains("case"));
    }
    hall.scan_by_hand(Tick(0), "at-case", "]C1x")
        .expect("a reader stands there");
    assert_eq!(hall.step(Tick(0)).scans[0].texts, ["]C1x"]);
}

#[test]
fn of_a_label_without_a_data_matrix_every_bar_code_is_read() {
    let codes = ["]C102095060001343523718", "]C100106141412345678908"].map(str::to_owned);
    assert_eq!(legible(&codes), codes);
    let matrix = "]d200106141412345678908".to_owned();
    assert_eq!(
        legible(&[&codes[..], std::slice::from_ref(&matrix)].concat()),
        [matrix]
    );
    assert!(legible(&[]).is_empty());
}
