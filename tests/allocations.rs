//! What a pack costs in memory once the line runs: nothing is allocated to judge a pack that passes, and nothing stays
//! of a pack that left.
//!
//! A program of its own, because it runs under an allocator that counts.

use allocation_counter::measure;
use vidimus::gs1::{Dictionary, Parser, parse_scan};
use vidimus::record::{ReadBy, Tenths};
use vidimus::vision::{Expectation, Inspector, Picture};
use vidimus::world::trouble::Asked;
use vidimus::world::{Wish, World};
use vidimus_simulators::Tick;
use vidimus_simulators::camera::{Coding, code};
use vidimus_simulators::ink::Print;
use vidimus_simulators::optics::{Noise, Optics, photograph};
use vidimus_simulators::printer::{Media, Printer};

const WARM_UP: u64 = 5;
const PACKS: u64 = 50;
/// What inflating a PNG may cost.
const PNG_MOST: u64 = 16;

/// A pack as the simulated printer and camera make it: what was printed and its picture, each turned, shifted, lit and
/// noisy in its own way.
fn pack(no: u64, optics: &Optics, noise: &Noise, coding: Coding) -> (Expectation, Vec<u8>) {
    let scan = format!(
        "]d201095212345432131727123110LOT7\x1d21{:012}",
        no * 7_919_001
    );
    let field = scan.replace("]d2", "_1").replace('\x1d', "_1");
    let zpl = format!("^XA^FO120,60^BXN,6,200,,,,_,1^FD{field}^FS^XZ");
    let mut printer = Printer::new(Media::default());
    printer.receive(Tick::default(), zpl.as_bytes());
    let label = printer.start_print(Tick::default(), 0);
    let print = Print {
        label: label.expect("a label waits"),
        damage: None,
        dx: 0,
        dy: 0,
        seed: no,
    };
    let picture = code(&photograph(&[print], optics, noise, no), coding);
    let elements = parse_scan(&scan).expect("right elements");
    let elements = elements.into_iter().map(|one| (one.ai, one.value));
    let expectation = Expectation {
        elements: elements.collect(),
        scan,
    };
    (expectation, picture)
}

/// Judges a pack as a verify worker does; gives who read it and how good it is.
fn judge(
    inspector: &mut Inspector,
    luma: &mut Vec<u8>,
    (expectation, bytes): &(Expectation, Vec<u8>),
) -> (ReadBy, Tenths) {
    let picture = Picture::decode_into(bytes, luma).expect("a picture");
    let verdict = inspector.verify(&picture, expectation);
    assert!(verdict.outcome.is_pass(), "{verdict:?}");
    assert!(inspector.modules().is_some());
    *luma = picture.into_luma();
    let seen = verdict.seen.expect("read");
    (seen.by, verdict.grades.expect("graded").overall())
}

/// Allocations of each pack, and who read it and how good it was, after some to warm up.
fn count(optics: &Optics, coding: Coding) -> Vec<(u64, ReadBy, Tenths)> {
    let noise = Noise::new(optics.noise, 1);
    let (mut inspector, mut luma) = (Inspector::default(), Vec::new());
    let mut counted = Vec::new();
    for no in 1..=WARM_UP + PACKS {
        let pack = pack(no, optics, &noise, coding);
        let mut judged = None;
        let memory = measure(|| judged = Some(judge(&mut inspector, &mut luma, &pack)));
        let (by, grade) = judged.expect("it was judged");
        counted.push((memory.count_total, by, grade));
    }
    assert!(
        counted[0].0 > 0,
        "the first pack needs memory: it is counted"
    );
    counted.split_off(WARM_UP as usize)
}

#[test]
fn a_pack_that_passes_is_read_graded_and_compared_without_an_allocation() {
    let sound = Optics::default();
    let clean = count(&sound, Coding::Pgm);
    assert!(
        clean
            .iter()
            .all(|(count, by, _)| (*count, *by) == (0, ReadBy::Line)),
        "{clean:?}"
    );
    // Print so weak that its cause is looked for.
    let faint = Optics {
        ink: 150,
        blur_passes: 3,
        noise: 4.0,
        ..sound
    };
    let weak = count(&faint, Coding::Pgm);
    assert!(weak.iter().all(|(count, ..)| *count == 0), "{weak:?}");
    assert!(
        weak.iter().all(|(_, _, grade)| *grade < Tenths(35)),
        "{weak:?}"
    );
    // A PNG's decoder brings memory of its own for every picture; the pixels have theirs.
    let png = count(&sound, Coding::Png);
    assert!(png.iter().all(|(count, ..)| *count <= PNG_MOST), "{png:?}");
}

/// Every form of four elements without escapes, and of a refusal nothing is promised.
#[test]
fn content_that_is_accepted_is_parsed_without_an_allocation() {
    let parser = Parser::new(Dictionary::built_in());
    for content in [
        "]d2010952123454321321W3KTQAJMQTX4\x1d1727123110LOT2026A",
        "^010952123454321321W3KTQAJMQTX4^1727123110LOT2026A",
        "(01)09521234543213(21)W3KTQAJMQTX4(17)271231(10)LOT2026A",
        "https://id.gs1.org/01/09521234543213/10/LOT2026A/21/W3KTQAJMQTX4?17=271231",
    ] {
        let mut count = 0;
        let memory = measure(|| {
            count = parser
                .any(content)
                .map_or(0, |(_, elements)| elements.len())
        });
        assert_eq!((count, memory.count_total), (4, 0), "{content}");
        let bad = content.replace("3213", "3214");
        let memory = measure(|| assert!(parser.any(&bad).is_err()));
        assert!(
            memory.count_total > 0,
            "a sentence needs memory: it is counted"
        );
    }
}

/// Packs of the long run; `VIDIMUS_SOAK_PACKS=1000000` asks for more.
const SOAK_PACKS: u64 = 40_000;

/// What may stay of a pack: one bit of the open batch's serials, in words with their place.
const BYTES_A_PACK_MAX: f64 = 1.0;

/// A station with its line, sessions and links in a world where things go wrong, without a restart. The database is
/// SQLite's own memory and not counted.
#[test]
fn nothing_stays_in_memory_of_packs_that_left() {
    let more = std::env::var("VIDIMUS_SOAK_PACKS").ok();
    let packs = more
        .and_then(|packs| packs.parse().ok())
        .unwrap_or(SOAK_PACKS);
    let troubles = "lost-frame=0.001,late-frame=0.001,frame-twice=0.001,printer-late=0.01,plc-late=0.001,\
                    removed=0.0005,modbus-outage=0.0002,printer-silent=0.0002,slow-disk=0.0005,slow-look=0.0005";
    let wish = Wish {
        seed: 4,
        packs: packs + 100,
        troubles: Asked::parse(troubles).expect("known faults").troubles(4),
        pixels: false,
        printer: Default::default(),
    };
    let mut world = World::new(wish).expect("a world");
    world.begin_soak();
    let mut left = 0;
    let mut part = |parts: u64| {
        left += packs / 10 * parts;
        let mut good = 0;
        let info = measure(|| good = world.soak_until(left));
        (info.bytes_current, good)
    };
    let (warm_up, _) = part(2);
    let (stays, good) = part(8);
    let a_pack = stays as f64 / (packs as f64 * 0.8);
    println!(
        "{packs} packs, {good} good: {warm_up} bytes after a fifth, {stays} more, {a_pack:.3} a pack"
    );
    assert!(good > packs * 8 / 10, "the line ran: {good}");
    assert!(a_pack < BYTES_A_PACK_MAX, "{a_pack} bytes stay of a pack");
}
