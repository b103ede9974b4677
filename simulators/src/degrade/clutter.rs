//! What else lies before the camera: words, lines, linear codes, other matrix codes, raster tints.
//! PURE.

use super::{
    lettering::{Face, line},
    map::Map,
    scene::{Canvas, OVER},
    sheet::Sheet,
};
use crate::random::Random;
use std::f64::consts::TAU;

/// Pixels of a clutter sheet per module (narrowest bar, cell) of what it shows.
const CELL: usize = 6;

/// A line or a large word printed on the carton, in any grey.
pub fn print_on_carton(canvas: &mut Canvas, random: &mut Random) {
    let grey = 30.0 + 190.0 * random.unit() as f32;
    let sheet = if random.chance(0.5) {
        stroke(random)
    } else {
        let height = 24.0 + 60.0 * random.unit();
        word_line(1, height * OVER as f64, random)
    };
    scatter(canvas, &sheet, 1.0, None, grey, random);
}

/// A frame full of things that are no Data Matrix.
pub fn crowd(canvas: &mut Canvas, (paper, ink): (f32, f32), random: &mut Random) {
    for _ in 0..random.between(3, 9) {
        let sheet = thing(random);
        // Narrowest parts of 1.5 to 8 px.
        let px = 1.5 + 6.5 * random.unit();
        let scale = px * OVER as f64 / CELL as f64;
        let under = random.chance(0.6).then_some(paper);
        let sheet = sheet.smoothed(1.0 / scale);
        scatter(canvas, &sheet, scale, under, ink, random);
    }
}

fn thing(random: &mut Random) -> Sheet {
    match random.below(9) {
        0 => paragraph(random),
        1 => word_line(4, 9.0 * CELL as f64, random),
        2 => bars(&ean13(random), random),
        3 => bars(&interleaved(random), random),
        4 => bars(&any_bars(random), random),
        5 => finder_squares(random),
        6 => cells(random),
        7 => box_of_lines(random),
        _ => stroke(random),
    }
}

/// Puts a sheet anywhere, at any turn, its middle in the frame.
fn scatter(
    canvas: &mut Canvas,
    sheet: &Sheet,
    scale: f64,
    paper: Option<f32>,
    ink: f32,
    random: &mut Random,
) {
    let angle = match random.below(3) {
        0 => random.swing(0.05) + TAU / 4.0 * random.below(4) as f64,
        _ => random.unit() * TAU,
    };
    let middle = (sheet.width as f64 / 2.0, sheet.height as f64 / 2.0);
    let (turned, _) = Map::placed(angle, scale, (0.0, 0.0)).apply(middle.0, middle.1);
    let at = (
        random.unit() * canvas.width as f64 - turned.0,
        random.unit() * canvas.height as f64 - turned.1,
    );
    canvas.stamp(sheet, &Map::placed(angle, scale, at), paper, ink);
}

fn words(count: usize, random: &mut Random) -> String {
    const WORDS: [&str; 20] = [
        "TABLETTEN",
        "Exp.",
        "LOT",
        "20 mg",
        "FRAGILE",
        "Ch.-B.",
        "30 x",
        "Keep dry",
        "PZN-04324188",
        "FILMTABL.",
        "verw. bis",
        "THIS SIDE UP",
        "made in EU",
        "SN",
        "GTIN",
        "12/2028",
        "0,5 ml",
        "A4711-BX",
        "for oral use",
        "STERILE",
    ];
    let word = |_| WORDS[random.below(WORDS.len() as u64) as usize];
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

fn word_line(count: usize, height: f64, random: &mut Random) -> Sheet {
    let text = words(count, random);
    line(Face::any(random), &text, height)
}

fn paragraph(random: &mut Random) -> Sheet {
    let face = Face::any(random);
    let height = 8.0 * CELL as f64;
    let text: Vec<String> = (0..random.between(3, 8))
        .map(|_| words(3, random))
        .collect();
    let rows: Vec<Sheet> = text.iter().map(|text| line(face, text, height)).collect();
    let width = rows.iter().map(|row| row.width).max().unwrap_or(1);
    let pitch = height * 1.5;
    let mut sheet = Sheet::blank(width, (pitch * rows.len() as f64) as usize);
    for (n, row) in rows.iter().enumerate() {
        sheet.overprint(row, (0, (pitch * n as f64) as i64));
    }
    sheet
}

/// Bars from their modules, dark or light, with quiet zones, a third to two thirds as high as wide.
fn bars(modules: &[bool], random: &mut Random) -> Sheet {
    let quiet = 10;
    let width = (modules.len() + 2 * quiet) * CELL;
    let height = width / 3 + random.below(width as u64 / 3) as usize;
    let mut sheet = Sheet::blank(width, height);
    for (at, _) in modules.iter().enumerate().filter(|(_, dark)| **dark) {
        let left = ((quiet + at) * CELL) as f64;
        let margin = (2 * CELL) as f64;
        sheet.fill(
            (left, margin),
            (left + CELL as f64, height as f64 - margin),
            255,
        );
    }
    sheet
}

fn digits<const N: usize>(random: &mut Random) -> [usize; N] {
    std::array::from_fn(|_| random.below(10) as usize)
}

/// EAN-13 (ISO/IEC 15420): 95 modules.
fn ean13(random: &mut Random) -> Vec<bool> {
    const ODD: [u8; 10] = [
        0b0001101, 0b0011001, 0b0010011, 0b0111101, 0b0100011, 0b0110001, 0b0101111, 0b0111011,
        0b0110111, 0b0001011,
    ];
    /// Which of the left six digits have even parity, by the first digit.
    const EVEN: [u8; 10] = [
        0b000000, 0b001011, 0b001101, 0b001110, 0b010011, 0b011001, 0b011100, 0b010101, 0b010110,
        0b011010,
    ];
    let mut number = digits::<13>(random);
    let sum: usize = (0..12).map(|n| number[n] * [1, 3][n % 2]).sum();
    number[12] = (10 - sum % 10) % 10;
    let mut modules = vec![true, false, true];
    let mut push = |pattern: u8| modules.extend((0..7).rev().map(|bit| pattern >> bit & 1 == 1));
    let even = |digit: usize| (!ODD[digit] & 0x7f).reverse_bits() >> 1;
    for n in 0..6 {
        let digit = number[n + 1];
        let is_even = EVEN[number[0]] >> (5 - n) & 1 == 1;
        push(if is_even { even(digit) } else { ODD[digit] });
    }
    modules.extend([false, true, false, true, false]);
    for &digit in &number[7..] {
        modules.extend((0..7).rev().map(|bit| ODD[digit] >> bit & 1 == 0));
    }
    modules.extend([true, false, true]);
    modules
}

/// Interleaved 2 of 5 (ISO/IEC 16390), wide elements of three modules.
fn interleaved(random: &mut Random) -> Vec<bool> {
    const WIDE: [u8; 10] = [
        0b00110, 0b10001, 0b01001, 0b11000, 0b00101, 0b10100, 0b01100, 0b00011, 0b10010, 0b01010,
    ];
    let mut modules = vec![true, false, true, false];
    for pair in digits::<14>(random).chunks_exact(2) {
        for bit in (0..5).rev() {
            for (digit, dark) in [(pair[0], true), (pair[1], false)] {
                let wide = WIDE[digit] >> bit & 1 == 1;
                modules.extend(std::iter::repeat_n(dark, if wide { 3 } else { 1 }));
            }
        }
    }
    modules.extend([true, true, true, false, true]);
    modules
}

/// Characters of three bars and three spaces in eleven modules, as in Code 128, without a meaning.
fn any_bars(random: &mut Random) -> Vec<bool> {
    let mut modules = Vec::new();
    for _ in 0..random.between(8, 24) {
        let mut widths = [1usize; 6];
        for _ in 0..5 {
            let open = |n: &usize| widths[*n] < 4;
            let free: Vec<usize> = (0..6).filter(open).collect();
            widths[free[random.below(free.len() as u64) as usize]] += 1;
        }
        for (n, width) in widths.into_iter().enumerate() {
            modules.extend(std::iter::repeat_n(n % 2 == 0, width));
        }
    }
    modules.extend([true, true]);
    modules
}

fn cell(sheet: &mut Sheet, row: usize, column: usize, side: usize) {
    let at = |n: usize| (n * CELL) as f64;
    sheet.fill(
        (at(column), at(row)),
        (at(column + side), at(row + side)),
        255,
    );
}

fn random_cells(rows: usize, columns: usize, share: f64, random: &mut Random) -> Sheet {
    let mut sheet = Sheet::blank((columns + 8) * CELL, (rows + 8) * CELL);
    for at in 0..rows * columns {
        if random.chance(share) {
            cell(&mut sheet, 4 + at / columns, 4 + at % columns, 1);
        }
    }
    sheet
}

/// Random cells with the three nested squares of a QR code.
fn finder_squares(random: &mut Random) -> Sheet {
    let side = 21 + 4 * random.below(4) as usize;
    let mut sheet = random_cells(side, side, 0.5, random);
    let at = |n: usize| (n * CELL) as f64;
    for (row, column) in [(4, 4), (4, side - 3), (side - 3, 4)] {
        for (inset, value) in [(-1.0, 0), (0.0, 255), (1.0, 0), (2.0, 255)] {
            let inset = inset * CELL as f64;
            let from = (at(column) + inset, at(row) + inset);
            sheet.fill(from, (at(column + 7) - inset, at(row + 7) - inset), value);
        }
    }
    sheet
}

/// Cells in rows and columns without any finder: at random, as a chessboard, or as a tint.
fn cells(random: &mut Random) -> Sheet {
    let (rows, columns) = (
        random.between(8, 40) as usize,
        random.between(8, 40) as usize,
    );
    if random.chance(0.5) {
        return random_cells(rows, columns, 0.2 + 0.6 * random.unit(), random);
    }
    let every = random.between(1, 2) as usize;
    let mut sheet = Sheet::blank((columns + 8) * CELL, (rows + 8) * CELL);
    for at in 0..rows * columns {
        let (row, column) = (at / columns, at % columns);
        if row.is_multiple_of(every) && (row / every + column).is_multiple_of(2) {
            cell(&mut sheet, 4 + row, 4 + column, 1);
        }
    }
    sheet
}

/// A frame of lines, or two legs of one: an L with nothing in it, or with text.
fn box_of_lines(random: &mut Random) -> Sheet {
    let (width, height) = (
        random.between(12, 60) as usize,
        random.between(12, 60) as usize,
    );
    let mut sheet = Sheet::blank((width + 4) * CELL, (height + 4) * CELL);
    let at = |n: usize| (n * CELL) as f64;
    let (left, top, right, bottom) = (at(2), at(2), at(width + 2), at(height + 2));
    let thick = CELL as f64;
    sheet.fill((left, top), (left + thick, bottom), 255);
    sheet.fill((left, bottom - thick), (right, bottom), 255);
    if random.chance(0.5) {
        sheet.fill((left, top), (right, top + thick), 255);
        sheet.fill((right - thick, top), (right, bottom), 255);
    }
    if random.chance(0.5) {
        let text = word_line(2, 6.0 * CELL as f64, random);
        sheet.overprint(&text, ((4 * CELL) as i64, (4 * CELL) as i64));
    }
    sheet
}

/// One straight line across a good part of the frame.
fn stroke(random: &mut Random) -> Sheet {
    let length = random.between(200, 1400) as usize;
    let mut sheet = Sheet::blank(length, random.between(3, 24) as usize + 2);
    let (right, bottom) = (length as f64, sheet.height as f64);
    sheet.fill((0.0, 1.0), (right, bottom - 1.0), 255);
    sheet
}
