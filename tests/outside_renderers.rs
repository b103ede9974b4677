//! Labels as other people's programs see them: drawn by renderers that know nothing of ours and read by a decoder that
//! shares no code with ours, so that a mistake in our writer cannot be forgiven by our own reader.
//!
//! `tests/outside/install` brings the programs into `target/outside`; without them the tests say what is not proven.
//! The labels say nothing that a renderer is known to draw wrongly: zpl-renderer-js 3.4.0 leaves a doubled escape
//! (`__`) as it is and centres a label narrower than its canvas, so no value here has an underscore and each canvas is
//! the label's size.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use vidimus::gs1::{self, Symbology, scan_data_of};
use vidimus::label::{
    BarcodeKind, ContainerTemplate, Design, LabelData, LabelField, Template, built_in_names,
    built_in_text, container_names, container_text,
};
use vidimus_drivers::printer::language;

/// One label for a printer, and what must be read from it.
struct Label {
    name: String,
    size_mm: (f64, f64),
    dpmm: u16,
    bytes: Vec<u8>,
    /// What a scanner sends of each symbol, sorted.
    meant: Vec<Vec<u8>>,
}

/// Every built-in label of packs in a printer's language, in all its words, at two resolutions: its sample and its
/// longest values.
fn packs(scheme: &str) -> Vec<Label> {
    let mut labels = Vec::new();
    for name in built_in_names() {
        let text = built_in_text(name).expect("built in");
        for (words, template) in in_all_words(text, Template::parse, Template::parse_in) {
            let values = [template.sample(), template.longest_pack()];
            let made = written(scheme, &format!("{name}{words}"), &template, &values);
            for (label, pack) in made.iter().zip(values.iter().cycle()) {
                let scan = template.expectation(pack).scan.into_bytes();
                assert_eq!(label.meant, [scan], "{}", label.name);
            }
            labels.extend(made);
        }
    }
    labels
}

/// The same of containers.
fn containers(scheme: &str) -> Vec<Label> {
    let mut labels = Vec::new();
    for name in container_names() {
        let text = container_text(name).expect("built in");
        let parse_in = ContainerTemplate::parse_in;
        for (words, template) in in_all_words(text, ContainerTemplate::parse, parse_in) {
            let values = [template.sample(), template.longest_container()];
            labels.extend(written(
                scheme,
                &format!("{name}{words}"),
                &template,
                &values,
            ));
        }
    }
    labels
}

/// The template as it stands, and in each language that it has words in.
fn in_all_words<T, E: std::fmt::Debug>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, E>,
    parse_in: impl Fn(&str, &str) -> Result<T, E>,
) -> Vec<(String, T)> {
    let mut all = vec![(String::new(), parse(text).expect("built in"))];
    if text.contains("[words]") {
        let languages = ["de", "fr", "el"];
        let spoken = |language: &str| parse_in(text, language).expect("it has these words");
        all.extend(languages.map(|language| (format!("-{language}"), spoken(language))));
    }
    all
}

fn written<F: LabelField, D: LabelData<Field = F>>(
    scheme: &str,
    name: &str,
    design: &Design<F>,
    values: &[D],
) -> Vec<Label> {
    let speech = language(scheme).expect("it is spoken").speech();
    let mut labels = Vec::new();
    for dpmm in [8, 12] {
        for (place, data) in values.iter().enumerate() {
            let bytes = design.written(&speech, data, dpmm).expect("it fits");
            labels.push(Label {
                name: format!("{name}-{dpmm}-{}", ["sample", "longest"][place]),
                size_mm: (design.width_mm, design.height_mm),
                dpmm,
                bytes: bytes.concat(),
                meant: meant(design, data),
            });
        }
    }
    labels
}

fn meant<F: LabelField, D: LabelData<Field = F>>(design: &Design<F>, data: &D) -> Vec<Vec<u8>> {
    let dictionary = gs1::Dictionary::built_in();
    let scans = design.barcodes.iter().map(|barcode| {
        let symbology = match barcode.kind {
            BarcodeKind::DataMatrix => Symbology::DataMatrix,
            BarcodeKind::Gs1128 { .. } => Symbology::Gs1128,
        };
        let scan = scan_data_of(symbology, &barcode.elements(data), dictionary);
        scan.expect("known elements").into_bytes()
    });
    let mut scans: Vec<Vec<u8>> = scans.collect();
    scans.sort();
    scans
}

/// The folder of other people's programs.
fn outside() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("outside")
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/outside")
        .join(name)
}

/// Whether something of it is not there, which is said aloud.
fn missing(wanted: &[&str], what: &str) -> bool {
    let folder = outside();
    let absent: Vec<&&str> = wanted
        .iter()
        .filter(|name| !folder.join(name).exists())
        .collect();
    if !absent.is_empty() {
        eprintln!(
            "SKIPPED: {absent:?} are not in {} (tests/outside/install brings them); that {what} is not proven.",
            folder.display()
        );
    }
    !absent.is_empty()
}

/// Runs it to its end, which must be a good one.
fn done(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|why| panic!("{command:?} cannot be started: {why}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

/// Draws a label's PNG anew as PGM, which needs no library to be read.
fn as_pgm(png: &Path) -> PathBuf {
    let bytes = std::fs::read(png).expect("the renderer has drawn it");
    let picture = image::load_from_memory(&bytes)
        .expect("a picture")
        .to_luma8();
    let mut pgm = format!("P5\n{} {}\n255\n", picture.width(), picture.height()).into_bytes();
    pgm.extend_from_slice(picture.as_raw());
    let path = png.with_extension("pgm");
    std::fs::write(&path, pgm).expect("it can be written");
    path
}

/// Every symbol of every drawn label is read as it was meant, and no other one.
fn read_as_meant(labels: &[Label], drawn: &[PathBuf], renderer: &str) {
    let pictures = drawn.iter().map(|png| as_pgm(png));
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", outside().join("python"));
    let output = done(python.arg(script("read_symbols.py")).args(pictures));
    let said = String::from_utf8(output.stdout).expect("hexadecimal");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), labels.len(), "a line for each picture");
    let mut wrong = Vec::new();
    for (label, line) in labels.iter().zip(lines) {
        let meant: Vec<String> = label.meant.iter().map(|scan| hex(scan)).collect();
        let mut read: Vec<&str> = line.split(' ').filter(|one| !one.is_empty()).collect();
        read.sort_unstable();
        if read != meant {
            wrong.push(format!("{}: read {read:?}, meant {meant:?}", label.name));
        }
    }
    let symbols: usize = labels.iter().map(|label| label.meant.len()).sum();
    eprintln!(
        "{renderer}: {} labels, {symbols} symbols, {} labels read wrong",
        labels.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Draws labels in ZPL by zpl-renderer-js, which is zebrash: a PNG of each.
fn drawn_by_zebrash(labels: &[Label], folder: &Path) -> Vec<PathBuf> {
    let mut list = String::new();
    let mut drawn = Vec::new();
    for label in labels {
        let file = folder.join(format!("{}.zpl", label.name));
        std::fs::write(&file, &label.bytes).expect("it can be written");
        let ((width, height), dpmm) = (label.size_mm, label.dpmm);
        list += &format!("{}\t{width}\t{height}\t{dpmm}\n", file.display());
        drawn.push(file.with_extension("zpl.png"));
    }
    let listed = folder.join("list");
    std::fs::write(&listed, list).expect("it can be written");
    let own = outside().join("python/bin/node");
    let mut node = Command::new(if own.exists() {
        own.as_path()
    } else {
        Path::new("node")
    });
    node.env("NODE_PATH", outside().join("node_modules"));
    done(node.arg(script("render_zpl.cjs")).arg(&listed));
    drawn
}

const ZEBRASH: [&str; 2] = ["node_modules/zpl-renderer-js", "python/zxingcpp"];

#[test]
fn zpl_is_drawn_by_zebrash_and_read_by_zxing_as_it_was_meant() {
    if missing(&ZEBRASH, "somebody else's renderer draws our ZPL as meant") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut labels = packs("zpl");
    labels.extend(containers("zpl"));
    let drawn = drawn_by_zebrash(&labels, folder.path());
    read_as_meant(&labels, &drawn, "zpl-renderer-js");
}

/// The bar codes of a TSPL job in ZPL: the same places, sizes and symbol characters, by the table of type `128M` in
/// TSC's manual (`!` and three digits is a start or control character by its value; in set C digits stand in pairs;
/// `\["]` is a quotation mark) and Zebra's of `^BC`.
fn bars_in_zpl(job: &str) -> String {
    let mut zpl = "^XA^LH0,0".to_owned();
    for command in job.lines().filter_map(|line| line.strip_prefix("BARCODE ")) {
        let (numbers, data) = command.split_once(",\"128M\",").expect("type 128M");
        let (sizes, data) = data
            .split_once(",\"")
            .expect("data between quotation marks");
        let mut data = data.strip_suffix('"').expect("data to the end");
        let sizes: Vec<&str> = sizes.split(',').collect();
        let [height, "0", "0", narrow, wide] = sizes[..] else {
            panic!("height, no text, upright, narrow, wide: {command}");
        };
        assert_eq!(narrow, wide, "Code 128 has one width: {command}");
        let mut said = String::new();
        while let Some(first) = data.chars().next() {
            let control = data.strip_prefix('!').map(|behind| behind.split_at(3));
            let (word, behind) = match control {
                Some(("105", behind)) => (">;", behind),
                Some(("104", behind)) => (">:", behind),
                Some(("102", behind)) => (">8", behind),
                Some(("100", behind)) => (">6", behind),
                Some(("099", behind)) => (">5", behind),
                Some((other, _)) => panic!("!{other} in {command}"),
                None if first == '\\' => {
                    ("\"", data.strip_prefix("\\[\"]").expect("a quotation mark"))
                }
                None if first == '>' => (">0", &data[1..]),
                None => data.split_at(1),
            };
            said += word;
            data = behind;
        }
        zpl += &format!("^FO{numbers}^BY{narrow},3,{height}^BCN,{height},N,N,N,N^FD{said}^FS");
    }
    zpl + "^XZ"
}

/// labelize takes the symbol characters of a `128M` for plain text, so zebrash judges the bars of TSPL, said in ZPL.
#[test]
fn bars_in_tspl_are_drawn_by_zebrash_and_read_by_zxing_as_they_were_meant() {
    if missing(&ZEBRASH, "the bars in our TSPL say what was meant") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut labels = containers("tspl");
    for label in &mut labels {
        let job = std::str::from_utf8(&label.bytes).expect("no picture in it");
        label.bytes = bars_in_zpl(job).into_bytes();
        label.meant.retain(|scan| scan.starts_with(b"]C1"));
        assert!(!label.meant.is_empty(), "{} has bars", label.name);
    }
    let drawn = drawn_by_zebrash(&labels, folder.path());
    read_as_meant(&labels, &drawn, "zpl-renderer-js, the bars of TSPL");
}

/// Packs, and the Data Matrices of containers: the bars there are judged above, and labelize does not count the letters
/// of font 0 in points but draws them so large that they run over the symbol. A process for each label.
fn drawn_by_labelize(scheme: &str) {
    let wanted = ["bin/labelize", "python/zxingcpp"];
    let what = format!(
        "somebody else's renderer draws our {} as meant",
        scheme.to_uppercase()
    );
    if missing(&wanted, &what) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut labels = packs(scheme);
    for mut label in containers(scheme) {
        let job = String::from_utf8(label.bytes).expect("no picture in it");
        let lines = job.split_inclusive('\n');
        let symbols =
            lines.filter(|line| !line.starts_with("BARCODE ") && !line.starts_with("TEXT "));
        label.bytes = symbols.collect::<String>().into_bytes();
        label.meant.retain(|scan| !scan.starts_with(b"]C1"));
        labels.extend((!label.meant.is_empty()).then_some(label));
    }
    let mut drawn = Vec::new();
    for label in &labels {
        let file = folder.path().join(format!("{}.{scheme}", label.name));
        let png = file.with_extension("png");
        std::fs::write(&file, &label.bytes).expect("it can be written");
        let mut labelize = Command::new(outside().join("bin/labelize"));
        labelize
            .args(["convert", "--format", scheme, "--output"])
            .arg(&png);
        labelize.arg("--dpmm").arg(label.dpmm.to_string());
        labelize.arg("--width").arg(label.size_mm.0.to_string());
        labelize.arg("--height").arg(label.size_mm.1.to_string());
        done(labelize.arg(&file));
        drawn.push(png);
    }
    read_as_meant(&labels, &drawn, &format!("labelize, {scheme}"));
}

#[test]
fn tspl_is_drawn_by_labelize_and_read_by_zxing_as_it_was_meant() {
    drawn_by_labelize("tspl");
}
