//! `vidimus label diff`: in what two templates differ, line by line of their text and dot by dot of their labels.

use super::source::{Label, What, in_template, text_of};
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::output::{Before, Output};
use crate::cli::print_line;
use image::{Rgb, RgbImage};
use std::path::PathBuf;
use vidimus_drivers::printer::format::Dots;

/// Most lines of a template that are compared.
const LINES_MAX: usize = 4_000;

#[derive(Debug, clap::Args)]
pub(super) struct DiffArgs {
    /// The template that was.
    before: String,
    /// The template that will be.
    after: String,
    /// Write a PNG: black is the same in both, red only in the first, blue only in the second.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    what: What,
    /// Resolution in dots per millimetre.
    #[arg(long, default_value_t = 8)]
    dpmm: u16,
}

pub(super) fn run(args: &DiffArgs) -> Ended {
    let texts = [text_of(&args.before)?, text_of(&args.after)?];
    let names = [&args.before, &args.after];
    let mut drawn = Vec::new();
    for (text, name) in texts.iter().zip(names) {
        let wrong = |error| in_template(name, &error);
        let label = Label::of_text(text, &args.what).map_err(wrong)?;
        drawn.push(label.drawn(args.dpmm).map_err(wrong)?);
    }
    let lines = changed(&texts[0], &texts[1])?;
    for line in &lines {
        print_line(line)?;
    }
    let (both, first, second) = counted(&drawn[0], &drawn[1]);
    let what = match (first, second) {
        (0, 0) => "The labels look the same.".to_owned(),
        _ => format!(
            "On the label {both} dots stay black, {first} go and {second} come, at {} dots/mm.",
            args.dpmm
        ),
    };
    print_line(&what)?;
    if let Some(path) = &args.output {
        Output::open("The picture", path, Before::Replaced)?
            .write_png(&pictured(&drawn[0], &drawn[1]))?;
    }
    Ok(match lines.is_empty() && first + second == 0 {
        true => Exit::Ok,
        false => Exit::SomeRefused,
    })
}

/// The lines that go (`-`) and come (`+`), in their order; nothing of what stays.
fn changed(before: &str, after: &str) -> Result<Vec<String>, Failure> {
    let [a, b]: [Vec<&str>; 2] = [before, after].map(|text| text.lines().collect());
    if a.len().max(b.len()) > LINES_MAX {
        let text = format!("A template of more than {LINES_MAX} lines is not compared.");
        return Err(Failure::new(Exit::Configuration, text));
    }
    // How many lines both have in common from here on.
    let mut common = vec![vec![0u16; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] = match a[i] == b[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {:>4}  {}", i + 1, a[i]));
            i += 1;
        } else {
            lines.push(format!("+ {:>4}  {}", j + 1, b[j]));
            j += 1;
        }
    }
    Ok(lines)
}

fn size(a: &Dots, b: &Dots) -> (u32, u32) {
    (a.width().max(b.width()), a.height().max(b.height()))
}

/// Black dots in both, in the first alone, in the second alone.
fn counted(a: &Dots, b: &Dots) -> (u64, u64, u64) {
    let (width, height) = size(a, b);
    let mut counts = (0, 0, 0);
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        match (a.is_black(x, y), b.is_black(x, y)) {
            (true, true) => counts.0 += 1,
            (true, false) => counts.1 += 1,
            (false, true) => counts.2 += 1,
            (false, false) => {}
        }
    }
    counts
}

fn pictured(a: &Dots, b: &Dots) -> RgbImage {
    let (width, height) = size(a, b);
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (a.is_black(x, y), b.is_black(x, y)) {
            (true, true) => [0, 0, 0],
            (true, false) => [220, 0, 0],
            (false, true) => [0, 0, 220],
            (false, false) => [255, 255, 255],
        })
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn lines_that_go_and_come_are_named_in_their_order() {
        let lines = changed("a\nb\nc\nd", "a\nx\nc\nd\ne").expect("two short texts");
        assert_eq!(lines, ["-    2  b", "+    2  x", "+    5  e"]);
        assert!(changed("a\nb", "a\nb").expect("short").is_empty());
    }
}
