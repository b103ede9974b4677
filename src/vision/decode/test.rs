//! The decoder against independent encoders and decoders, damage of every degree, and chance.

use super::*;
use datamatrix::data::EncodationType;
use datamatrix::{DataMatrixBuilder, SymbolList, SymbolSize};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

/// A small generator of chance, the same in every run.
struct Chance(u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        ((self.bits() >> 33) as usize) % limit
    }

    fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Mean 0, deviation 1, nearly Gaussian.
    fn noise(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }

    fn places(&mut self, of: usize, count: usize) -> Vec<usize> {
        let mut places: Vec<usize> = (0..of).collect();
        for at in 0..count {
            places.swap(at, at + self.below(of - at));
        }
        places.truncate(count);
        places
    }
}

fn name(size: &Size) -> String {
    format!("{}×{}", size.rows, size.columns)
}

fn foreign(size: &Size) -> SymbolSize {
    let is = |foreign: &SymbolSize| {
        let bitmap = datamatrix::placement::MatrixMap::<bool>::new(*foreign).bitmap();
        (bitmap.height(), bitmap.width()) == (size.rows, size.columns)
    };
    SymbolList::all()
        .iter()
        .find(is)
        .expect("a size of the standard")
}

fn values(modules: &[bool]) -> Vec<f32> {
    modules
        .iter()
        .map(|dark| if *dark { 1.0 } else { -1.0 })
        .collect()
}

/// Codewords of a symbol with these data codewords, its error correction made by the independent encoder.
fn with_ecc(size: &Size, data: &[u8]) -> Vec<u8> {
    let ecc = datamatrix::errorcode::encode_error(data, foreign(size));
    [data, &ecc].concat()
}

/// Data codewords and what they stand for: digits, then padding.
fn some_data(size: &Size, chance: &mut Chance) -> (Vec<u8>, Vec<u8>) {
    let used = size.data / 2 + 1;
    let mut text = Vec::new();
    let mut data: Vec<u8> = (0..used).map(|_| 130 + chance.below(100) as u8).collect();
    for codeword in &data {
        text.extend(format!("{:02}", codeword - 130).bytes());
    }
    for place in used + 1..=size.data {
        let pad = 129
            + if place == used + 1 {
                0
            } else {
                149 * place % 253 + 1
            };
        data.push(if pad > 254 { pad - 254 } else { pad } as u8);
    }
    (data, text)
}

fn symbol(size: &Size, codewords: &[u8]) -> Vec<f32> {
    let mut modules = Vec::new();
    placement(size).write_modules(codewords, &mut modules);
    values(&modules)
}

/// Wrong modules in a codeword: at least one, at most eight, all as sure as right ones.
fn spoil(soft: &mut [f32], size: &Size, codeword: usize, mask: u8) {
    for (place, module) in placement(size).figure(codeword).iter().enumerate() {
        if mask << place & 0x80 != 0 {
            soft[usize::from(*module)] *= -1.0;
        }
    }
}

/// What rxing makes of the same modules: content and modifier of the symbology identifier.
fn second_opinion(size: &Size, modules: &[bool]) -> Option<(String, String)> {
    let rows: Vec<Vec<bool>> = modules.chunks(size.columns).map(<[bool]>::to_vec).collect();
    let decoded = rxing::datamatrix::decoder::Decoder::new()
        .decode_bools(&rows)
        .ok()?;
    Some((
        decoded.getText().to_owned(),
        format!("]d{}", decoded.getSymbologyModifier()),
    ))
}

#[test]
fn contents_of_every_kind_come_back_from_every_size() {
    let alphabets: [&[u8]; 6] = [
        b"0123456789",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789-./",
        b"abcdefghijklmnopqrstuvwxyz 0123456789,;:",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\r*>",
        b"AbCdEfGh\x1d0123!?{|}~\x00\x1f",
        &[b'a', 0x80, 0x9f, 0xe9, 0xff, 0xa0, b'7', b'Z'],
    ];
    let kinds = [
        EncodationType::Ascii,
        EncodationType::C40,
        EncodationType::Text,
        EncodationType::X12,
        EncodationType::Edifact,
        EncodationType::Base256,
    ];
    let mut chance = Chance(3);
    let mut decoder = Decoder::new();
    let (mut modules, mut read, mut agreed) = (Vec::new(), 0, 0);
    for size in &SIZES {
        for round in 0..90 {
            let alphabet = alphabets[round % 6];
            let length = 1 + chance.below(2 * size.data);
            let text: Vec<u8> = (0..length)
                .map(|_| alphabet[chance.below(alphabet.len())])
                .collect();
            let gs1 = round % 5 == 0;
            let builder = DataMatrixBuilder::new()
                .with_symbol_list([foreign(size)])
                .with_fnc1_start(gs1);
            let encoded = match chance.below(3) {
                0 => builder.encode(&text),
                // One besides ASCII, so that it is used where it does not fit well, too.
                _ => builder
                    .with_encodation_types(EncodationType::Ascii | kinds[chance.below(6)])
                    .encode(&text),
            };
            let Ok(encoded) = encoded else {
                continue; // longer than the symbol
            };
            let bitmap = encoded.bitmap();
            let decoded = decoder.decode(size, &values(bitmap.bits()));
            let decoded = decoded.unwrap_or_else(|why| panic!("{}: {text:?}: {why}", name(size)));
            assert_eq!(decoded.content.bytes, text, "{}", name(size));
            assert_eq!(decoded.content.symbology(), if gs1 { "]d2" } else { "]d1" });
            assert_eq!(decoded.codewords, encoded.codewords());
            assert_eq!(
                (decoded.unused_error_correction(), decoded.blocks.len()),
                (1.0, size.blocks)
            );
            decoded.write_modules(&mut modules);
            assert_eq!(modules, bitmap.bits());
            read += 1;
            if let Some((content, symbology)) = second_opinion(size, &modules) {
                let ours = decoded.content.text().expect("ISO/IEC 8859-1");
                assert_eq!(content, ours, "{}: {:?}", name(size), decoded.data());
                assert_eq!(symbology, decoded.content.symbology());
                agreed += 1;
            }
        }
    }
    assert!(read > 2_000, "{read} contents");
    assert!(
        agreed > read * 9 / 10,
        "{agreed} of {read} read by the second opinion"
    );
}

#[test]
fn errors_are_corrected_and_counted_exactly_in_every_size() {
    let mut chance = Chance(17);
    let mut decoder = Decoder::new();
    for size in &SIZES {
        // Codewords that each size corrects although all their modules are wrong.
        let capacity = match size.ecc / size.blocks {
            5 => 0,
            7 | 10 | 12 => (size.ecc - 3) / 2,
            ecc => ecc / 2,
        };
        for round in 0..30 {
            let (data, text) = some_data(size, &mut chance);
            let codewords = with_ecc(size, &data);
            let mut soft = symbol(size, &codewords);
            let mut expected = vec![0; size.blocks];
            for (block, errors) in expected.iter_mut().enumerate() {
                let own: Vec<usize> = (block..size.codewords()).step_by(size.blocks).collect();
                // 144×144 goes on counting through the data: its ninth and tenth block are a codeword shorter.
                let own: Vec<usize> = match size.rows {
                    144 => own.into_iter().filter(|at| *at < size.data).collect(),
                    _ => own,
                };
                *errors = if round == 0 {
                    capacity
                } else {
                    chance.below(capacity + 1)
                };
                for place in chance.places(own.len(), *errors) {
                    spoil(&mut soft, size, own[place], 1 + chance.below(255) as u8);
                }
            }
            let decoded = decoder.decode(size, &soft);
            let decoded = decoded.unwrap_or_else(|why| panic!("{}: {why}", name(size)));
            assert_eq!(decoded.content.bytes, text);
            assert_eq!(decoded.codewords, codewords);
            let counted: Vec<usize> = decoded.blocks.iter().map(|block| block.errors).collect();
            assert_eq!(counted, expected, "{}", name(size));
            assert!(
                decoded
                    .blocks
                    .iter()
                    .all(|block| block.erasures == 0 && block.wrong == block.errors)
            );
            let differing = decoded.seen.iter().zip(&codewords).filter(|(a, b)| a != b);
            assert_eq!(differing.count(), expected.iter().sum::<usize>());
        }
    }
    // One module of a 10×10 is corrected wherever it is.
    let size = Size::of(10, 10).expect("a size");
    let (data, text) = some_data(size, &mut chance);
    let clean = symbol(size, &with_ecc(size, &data));
    for module in 0..100 {
        let mut soft = clean.clone();
        soft[module] *= -1.0;
        assert_eq!(
            decoder
                .decode(size, &soft)
                .expect("one wrong module")
                .content
                .bytes,
            text
        );
    }
}

#[test]
fn unknown_codewords_cost_half_of_what_wrong_ones_do() {
    let mut chance = Chance(29);
    let mut decoder = Decoder::new();
    for size in SIZES.iter().filter(|size| size.ecc / size.blocks >= 14) {
        let ecc = size.ecc / size.blocks;
        for _ in 0..10 {
            let (data, text) = some_data(size, &mut chance);
            let codewords = with_ecc(size, &data);
            let mut soft = symbol(size, &codewords);
            // Five codewords stay to tell chance from a symbol; attempts go in steps of up to six.
            let step = 2 * ecc.div_ceil(2).div_ceil(16);
            let unknown = ecc - 5 - step;
            assert!(unknown > ecc / 2 || ecc < 24, "{unknown} of {ecc}");
            for block in 0..size.blocks {
                let own: Vec<usize> = (block..size.data).step_by(size.blocks).collect();
                for place in chance.places(own.len(), unknown.min(own.len())) {
                    for module in placement(size).figure(own[place]) {
                        soft[usize::from(*module)] = 0.0;
                    }
                }
            }
            let decoded = decoder.decode(size, &soft);
            let decoded =
                decoded.unwrap_or_else(|why| panic!("{}, {unknown} unknown: {why}", name(size)));
            assert_eq!(decoded.content.bytes, text);
            assert_eq!(decoded.codewords, codewords);
        }
    }
}

#[test]
fn doubt_is_used_where_errors_alone_are_too_many() {
    let mut chance = Chance(31);
    let (mut plain, mut all) = (Decoder::new(), Decoder::new());
    plain.erasure_attempts(0);
    for (rows, columns, deviation) in [
        (12, 12, 0.57),
        (16, 16, 0.56),
        (26, 26, 0.53),
        (8, 32, 0.56),
        (52, 52, 0.49),
    ] {
        let size = Size::of(rows, columns).expect("a size");
        let (mut read_plain, mut read_all) = (0, 0);
        for _ in 0..300 {
            let (data, text) = some_data(size, &mut chance);
            let mut soft = symbol(size, &with_ecc(size, &data));
            soft.iter_mut()
                .for_each(|value| *value += deviation * chance.noise());
            if let Ok(decoded) = plain.decode(size, &soft) {
                assert_eq!(decoded.content.bytes, text, "a wrong read");
                read_plain += 1;
            }
            if let Ok(decoded) = all.decode(size, &soft) {
                assert_eq!(decoded.content.bytes, text, "a wrong read");
                read_all += 1;
            }
        }
        println!(
            "{}: {read_plain} of 300 by errors alone, {read_all} with doubt",
            name(size)
        );
        assert!(
            read_all > read_plain + 30,
            "{}: {read_plain} → {read_all}",
            name(size)
        );
    }
}

#[test]
fn chance_and_ruins_are_never_read_as_something_else() {
    let mut chance = Chance(41);
    let mut decoder = Decoder::new();
    let small = [
        (10, 10, 100_000),
        (12, 12, 100_000),
        (14, 14, 100_000),
        (8, 18, 100_000),
        (16, 16, 20_000),
    ];
    for (rows, columns, trials) in small {
        let size = Size::of(rows, columns).expect("a size");
        let mut soft = vec![0.0; rows * columns];
        for _ in 0..trials {
            soft.iter_mut()
                .for_each(|value| *value = 2.4 * chance.unit() - 1.2);
            let read = decoder
                .decode(size, &soft)
                .map(|decoded| decoded.content.clone());
            assert!(read.is_err(), "{} in a random field: {read:?}", name(size));
        }
        // A symbol of which more is wrong than can be corrected.
        let mut right = 0;
        for round in 0..trials {
            let (data, text) = some_data(size, &mut chance);
            let mut soft = symbol(size, &with_ecc(size, &data));
            soft.iter_mut()
                .for_each(|value| *value *= 0.2 + chance.unit());
            let spoiled = size.ecc / 2 + round % (size.ecc / 2);
            for codeword in chance.places(size.codewords(), spoiled) {
                spoil(&mut soft, size, codeword, 1 + chance.below(255) as u8);
            }
            if let Ok(decoded) = decoder.decode(size, &soft) {
                assert_eq!(
                    decoded.content.bytes,
                    text,
                    "{}: {spoiled} spoiled",
                    name(size)
                );
                right += 1;
            }
        }
        println!(
            "{}: {right} of {trials} ruins were read after all",
            name(size)
        );
    }
}

#[test]
fn stripes_areas_and_ramps_hold_nothing() {
    let mut decoder = Decoder::new();
    for size in &SIZES {
        for pattern in 0..400 {
            let (across, down, kind) = (pattern % 10 + 1, pattern / 10 % 10 + 1, pattern / 100);
            let value = |at: usize| {
                let (row, column) = (at / size.columns, at % size.columns);
                let dark = match kind {
                    0 => column / across % 2 == 0 && row / down % 2 == 0,
                    1 => (column / across + row / down) % 2 == 0,
                    2 => column * down > row * across,
                    _ => (column % (across + 1) == 0) != (row % (down + 1) == 0),
                };
                if dark { 0.8 } else { -0.8 }
            };
            let soft: Vec<f32> = (0..size.rows * size.columns).map(value).collect();
            let inverse: Vec<f32> = soft.iter().map(|value| -value).collect();
            for soft in [&soft, &inverse] {
                let read = decoder.decode(size, soft);
                assert!(
                    read.is_err(),
                    "{} pattern {pattern}: {:?}",
                    name(size),
                    read.map(|r| &r.content)
                );
            }
        }
        for constant in [0.0, 1.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let soft = vec![constant; size.rows * size.columns];
            assert!(
                decoder.decode(size, &soft).is_err(),
                "{} all {constant}",
                name(size)
            );
        }
    }
}

#[test]
fn the_largest_symbol_is_read_in_both_orders_of_its_error_correction() {
    let size = Size::of(144, 144).expect("a size");
    let mut chance = Chance(53);
    let (data, text) = some_data(size, &mut chance);
    let standard = with_ecc(size, &data);
    // The same blocks, the first error-correction codeword being that of the ninth.
    let mut goes_on = standard.clone();
    for at in 0..size.ecc {
        goes_on[size.data + at] = standard[size.data + at / 10 * 10 + (at + 8) % 10];
    }
    let mut decoder = Decoder::new();
    for codewords in [standard, goes_on] {
        let mut soft = symbol(size, &codewords);
        for codeword in (0..60).map(|at| 7 + at * 31) {
            spoil(&mut soft, size, codeword, 0x5a);
        }
        let decoded = decoder
            .decode(size, &soft)
            .expect("six wrong codewords in a block");
        assert_eq!(decoded.content.bytes, text);
        assert_eq!(decoded.codewords, codewords);
        assert_eq!(
            decoded
                .blocks
                .iter()
                .map(|block| block.errors)
                .sum::<usize>(),
            60
        );
        assert_eq!(decoded.blocks[9].data, 155);
    }
}

#[test]
fn a_wrong_number_of_values_is_refused() {
    let size = Size::of(12, 26).expect("a size");
    let refused = Decoder::new().decode(size, &[1.0; 100]).map(|_| ());
    let (needed, given) = (312, 100);
    assert_eq!(refused, Err(Undecodable::WrongCount { needed, given }));
}

proptest! {
    #[test]
    fn no_values_make_it_panic(
        at in 0..SIZES.len(),
        seed in any::<u64>(),
        special in prop::collection::vec((any::<prop::sample::Index>(), any::<f32>()), 0..40),
        mixed in any::<bool>(),
    ) {
        let size = &SIZES[at];
        let mut chance = Chance(seed | 1);
        // Half of them near a symbol whose data are chance, so that the interpreter is reached as well.
        let mut soft = match mixed {
            true => {
                let data: Vec<u8> = (0..size.data).map(|_| chance.bits() as u8).collect();
                symbol(size, &with_ecc(size, &data))
            }
            false => (0..size.rows * size.columns).map(|_| chance.unit() - 0.5).collect(),
        };
        for (place, value) in special {
            soft[place.index(size.rows * size.columns)] = value;
        }
        let mut decoder = Decoder::new();
        if let Ok(decoded) = decoder.decode(size, &soft) {
            prop_assert_eq!(decoded.codewords.len(), size.codewords());
            prop_assert_eq!(&with_ecc(size, decoded.data()), &decoded.codewords);
            let _ = decoded.content.text();
        }
    }
}

fn vectors() -> Option<String> {
    let root = match std::env::var_os("VIDIMUS_SHARED") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    };
    let file = root.join("data/gs1/vectors.tsv");
    if !file.is_file() {
        eprintln!(
            "NOT PROVEN: gs1/vectors.tsv is not there (set VIDIMUS_SHARED); foreign symbols were not read."
        );
        return None;
    }
    Some(std::fs::read_to_string(file).expect("readable test material"))
}

/// The element string of a bracketed one.
fn element_string(bracketed: &str) -> Vec<u8> {
    const FIXED_LENGTH: [&str; 23] = [
        "00", "01", "02", "03", "04", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20",
        "31", "32", "33", "34", "35", "36", "41", "",
    ];
    let mut text = Vec::new();
    let mut open = false;
    for element in bracketed.split('[').skip(1) {
        let (ai, value) = element.split_once(']').expect("a bracketed AI");
        if open {
            text.push(0x1d);
        }
        text.extend(ai.bytes().chain(value.bytes()));
        open = !FIXED_LENGTH.contains(&&ai[..2]);
    }
    text
}

#[test]
fn gs1_symbols_of_another_encoder_are_read() {
    let Some(vectors) = vectors() else { return };
    let mut decoder = Decoder::new();
    let (mut read, mut others) = (0, 0);
    for line in vectors.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [_, _, kind, options, input, "ok", _, output, ..] = columns[..] else {
            continue;
        };
        if !kind.starts_with("zint_datamatrix") {
            continue;
        }
        let number = |name: &str| {
            let value = options
                .split(';')
                .find_map(|option| option.strip_prefix(name));
            value
                .and_then(|value| value.parse().ok())
                .expect("rows and columns")
        };
        let size = Size::of(number("rows="), number("cols=")).expect("a size of the standard");
        let soft = match kind {
            "zint_datamatrix_modules" => {
                values(&output.bytes().map(|b| b == b'1').collect::<Vec<_>>())
            }
            _ => {
                let listed = output.split(' ').filter(|word| !word.starts_with('('));
                let hexadecimal = |word| u8::from_str_radix(word, 16).expect("hexadecimal digits");
                let listed: Vec<u8> = listed.map(hexadecimal).collect();
                // Some lists break off in the error correction.
                let codewords = with_ecc(size, &listed[..size.data]);
                assert_eq!(listed, codewords[..listed.len()], "{input}");
                symbol(size, &codewords)
            }
        };
        let decoded = decoder
            .decode(size, &soft)
            .unwrap_or_else(|why| panic!("{input}: {why}"));
        let interpreted = !decoded.content.ecis.is_empty();
        let symbology = if interpreted { "]d5" } else { "]d2" };
        assert_eq!(decoded.content.symbology(), symbology, "{input}");
        others += usize::from(interpreted || decoded.content.structured_append.is_some());
        assert_eq!(decoded.content.bytes, element_string(input), "{input}");
        assert_eq!(decoded.unused_error_correction(), 1.0);
        read += 1;
    }
    assert_eq!(
        (read, others),
        (50, 2),
        "symbols, those with a structured append or ECIs"
    );
}
