//! Real photographs and public renderings, turned four ways: read no worse than rxing's most
//! thorough setting reads them, nothing read wrongly, nothing read where there is nothing.

use crate::gs1_conformance::shared;
use rxing::{BarcodeFormat, DecodeHints, helpers};
use std::path::{Path, PathBuf};
use std::time::Instant;
use vidimus::record::ReadBy;
use vidimus::vision::reader::Reader;
use vidimus::vision::{Effort, Picture, Reading, Symbol, read};

#[derive(Default)]
struct Tally {
    pictures: usize,
    on_the_line: usize,
    alone: usize,
    /// … by our own reader.
    own: usize,
    rxing: usize,
    not_decodable: usize,
    line_us: Vec<u128>,
    alone_us: Vec<u128>,
}

/// Median and greatest, in milliseconds.
fn spread(mut times_us: Vec<u128>) -> String {
    times_us.sort_unstable();
    let ms = |us: &u128| *us as f64 / 1000.0;
    let median = times_us.get(times_us.len() / 2).map_or(0.0, ms);
    format!("{median:.1}/{:.0} ms", times_us.last().map_or(0.0, ms))
}

fn rxing_reads(picture: &Picture) -> Option<String> {
    let mut hints = DecodeHints {
        TryHarder: Some(true),
        AlsoInverted: Some(true),
        ..DecodeHints::default()
    };
    let (luma, width, height) = (picture.luma().to_vec(), picture.width(), picture.height());
    let format = Some(BarcodeFormat::DATA_MATRIX);
    helpers::detect_in_luma_filtered_with_hints(luma, width, height, format, &mut hints)
        .ok()
        .map(|result| result.getText().to_owned())
}

fn pictures(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("readable test material");
    let paths = entries.map(|entry| entry.expect("readable test material").path());
    let wanted = |path: &PathBuf| {
        path.extension()
            .is_some_and(|end| end == "png" || end == "jpg")
    };
    let mut paths: Vec<PathBuf> = paths.filter(wanted).collect();
    paths.sort();
    paths
}

fn content(reading: &Reading) -> Option<&str> {
    match reading {
        Reading::Read(symbol) => Some(&symbol.content),
        _ => None,
    }
}

/// The expected content stands beside the picture, as bytes.
fn expected(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path.with_extension("txt")).ok()?;
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    })
}

fn judge(folder: &str) {
    let Some(root) = shared("photos") else {
        eprintln!(
            "NOT PROVEN: the photographs are not there (set VIDIMUS_SHARED); reading {folder} was \
            not tested."
        );
        return;
    };
    let mut wrong = Vec::new();
    let mut tally = Tally::default();
    for path in pictures(&root.join(folder)) {
        let name = format!(
            "{folder}/{}",
            path.file_name().unwrap_or_default().display()
        );
        let bytes = std::fs::read(&path).expect("readable test material");
        let mut picture = Picture::decode(&bytes).expect("a picture");
        for turn in 0..4 {
            let found = judge_one(&picture, expected(&path).as_deref(), &mut tally);
            wrong.extend(
                found
                    .into_iter()
                    .map(|what| format!("{name} turn {turn}: {what}")),
            );
            picture = picture.turned();
        }
    }
    println!(
        "{folder}: of {} pictures read on the line {}, by themselves {} ({} by our own reader), by rxing's most \
         thorough \
        setting {}; \
         seen and not decodable {}; median/slowest {} and {}",
        tally.pictures,
        tally.on_the_line,
        tally.alone,
        tally.own,
        tally.rxing,
        tally.not_decodable,
        spread(tally.line_us),
        spread(tally.alone_us)
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tally.pictures > 0, "{folder} has pictures");
    assert!(tally.alone >= tally.rxing, "{folder}");
}

fn judge_one(picture: &Picture, expected: Option<&str>, tally: &mut Tally) -> Vec<String> {
    let start = Instant::now();
    let line = read(&mut Reader::new(), picture, None, Effort::Line);
    tally.line_us.push(start.elapsed().as_micros());
    let start = Instant::now();
    let alone = read(&mut Reader::new(), picture, None, Effort::Picture);
    tally.alone_us.push(start.elapsed().as_micros());
    let rxing = rxing_reads(picture);
    tally.pictures += 1;
    tally.on_the_line += usize::from(content(&line).is_some());
    tally.alone += usize::from(content(&alone).is_some());
    let own = |symbol: &Symbol| symbol.by != ReadBy::Rxing;
    tally.own += usize::from(matches!(&alone, Reading::Read(symbol) if own(symbol)));
    tally.rxing += usize::from(rxing.is_some());
    tally.not_decodable += usize::from(matches!(alone, Reading::NotDecodable(_)));
    let mut wrong = Vec::new();
    for (effort, reading) in [("line", &line), ("by itself", &alone)] {
        let content = content(reading);
        if content.is_some() && content != expected {
            wrong.push(format!("{effort}: {content:?}, {expected:?} wanted"));
        }
    }
    if rxing.is_some() && content(&alone).is_none() {
        wrong.push("read by rxing, not here".to_owned());
    }
    wrong
}

/// One test a folder of `photos`: they run side by side.
macro_rules! folders {
    ($($test:ident: $folder:literal,)+) => {
        $(#[test]
        fn $test() {
            judge($folder);
        })+
    };
}

folders! {
    renderings_of_many_sizes: "datamatrix-1",
    photographs_by_hand: "datamatrix-2",
    renderings_of_long_rectangles: "datamatrix-3",
    light_on_dark: "inverted",
    pictures_without_a_symbol: "no-symbol",
}
