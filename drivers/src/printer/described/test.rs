//! Descriptions and the languages made of them.

use super::super::format::At;
use super::super::language::{Queue, Told};
use super::*;
use proptest::prelude::*;

const CODER: &str = include_str!("../../../../templates/printers/coder.toml");

fn coder() -> Described {
    Described::new(Description::parse(CODER).unwrap())
}

fn format() -> Format {
    let mark = |number| Mark::DataMatrix {
        at: At::default(),
        module_dots: 1,
        content: Content::Field(number),
    };
    Format {
        name: "V".into(),
        width: 100,
        length: 100,
        dpmm: 8,
        artwork: Artwork::Marks(vec![mark(3)]),
    }
}

fn label(symbol: &str, serial: &str) -> JobContent {
    JobContent::Fields {
        numbered: vec![(3, symbol.into())],
        named: vec![
            ("serial", serial.into()),
            ("expiry", "271231".into()),
            ("lot", "LOT2026A".into()),
        ],
    }
}

fn heard(bytes: &[u8]) -> Vec<Reply> {
    let mut replies = Vec::new();
    coder().hear(bytes, &mut replies);
    replies
}

fn status(queue: Queue, faults: Vec<Fault>) -> Reply {
    Reply::Status(Told { queue, faults })
}

/// By hand from docs/printers.md.
#[test]
fn the_coder_is_spoken_to_as_its_protocol_says() {
    let coder = coder();
    assert_eq!(coder.status().bytes, b"\x02S\x0353");
    assert_eq!(coder.identify().unwrap().bytes, b"\x02I\x0349");
    assert_eq!(coder.clear(), b"\x02C\x0343");
    assert_eq!(coder.once_clear(), b"");
    let symbol = "010952123454321321W3KTQAJMQTX4\x1d1727123110LOT2026A";
    let job = coder
        .job(&format(), &label(symbol, "W3KTQAJMQTX4"))
        .unwrap();
    let body = "P\x1f~1010952123454321321W3KTQAJMQTX4~11727123110LOT2026A\x1fW3KTQAJMQTX4\x1f271231\x1fLOT2026A";
    assert_eq!(
        String::from_utf8(job.clone()).unwrap(),
        format!("\x02{body}\x03DD")
    );
    assert!(job.len() <= 100, "{} bytes a pack", job.len());
    let void = JobContent::Fields {
        numbered: vec![(2, "VOID".into())],
        named: vec![],
    };
    assert_eq!(
        coder.job(&format(), &void).unwrap(),
        b"\x02P\x1f\x1fVOID\x1f\x1f\x03FE"
    );
    for (label, why) in [
        (label("A~1", "S"), "the symbol holds '~'"),
        (label("A", "S\x1d"), "serial holds '\\u{1d}'"),
        (label("A", "é"), "serial holds 'é'"),
        (
            label(&"A".repeat(199), "S"),
            "the symbol has 201 bytes as the printer counts them, and its description says that it takes 200",
        ),
    ] {
        let fault = coder.job(&format(), &label).unwrap_err().to_string();
        assert!(fault.contains(why), "{fault}");
    }
}

#[test]
fn the_coder_is_understood_and_nothing_unknown_is_taken_for_good() {
    let both = [Reply::Odometer(17), status(Queue::Count(2), vec![])];
    assert_eq!(heard(b"\x02S10002000017\x036E"), both);
    let identity = Reply::Identity {
        model: "VC-1".into(),
        firmware: "1.04".into(),
        dpmm: None,
    };
    assert_eq!(heard(b"\x02IVC-1,1.04\x032F"), [identity]);
    let out = heard(b"\x02S12000000017\x036e");
    assert_eq!(out[1], status(Queue::Count(0), vec![Fault::RibbonOrInkOut]));
    let not_ready = heard(b"\x02S00000000017\x036B");
    assert!(matches!(&not_ready[1], Reply::Status(told) if told.faults.len() == 1));
    let unknown = heard(b"\x02S17000000017\x0373");
    assert!(
        matches!(&unknown[1], Reply::Status(told) if matches!(told.faults[..], [Fault::Device(_)]))
    );
    assert_eq!(
        heard(b"\x06\x151\x153"),
        [Reply::Accepted, Reply::NotNow, Reply::NotNow]
    );
    assert_eq!(heard(b"\x152"), [Reply::Rejected("2".into())]);
    assert_eq!(heard(b"\x15"), [], "its digit is still to come");
    // A wrong sum, half an answer and a whole one behind it, noise.
    assert!(matches!(
        &heard(b"\x02S10002000017\x036F\r\n")[..],
        [Reply::Garbled(_)]
    ));
    let mended = heard(b"\x02S1000\x02S10002000017\x036E");
    assert!(
        matches!(
            &mended[..],
            [Reply::Garbled(_), Reply::Odometer(17), Reply::Status(_)]
        ),
        "{mended:?}"
    );
    let mut flood = vec![b'x'; 10 * HEARD_MAX];
    flood.extend_from_slice(b"\x06");
    assert_eq!(heard(&flood).len(), 11);
}

/// A second language, unlike the first: lines, acknowledgements in them, bits, an answer to a bare ENQ.
#[test]
fn lines_bits_and_bare_questions_can_be_described() {
    let text = r#"
        name = "line"
        extra_input = "ignore"
        [frame]
        end = '\r\n'
        bare = ['before_job']
        [status]
        out = '?'
        in = 'ST {flags:hex2} {skip}'
        [status.bits.flags]
        0 = "media-out"
        1 = "queued"
        [answers]
        framed = "yes"
        accepted = 'OK'
        rejected = 'ER {why}'
        [orders]
        before_job = '\x05'
        clear = 'CLR'
        once_clear = 'INIT'
        job = 'PRINT {field:3};{gtin}'
        [values]
        refused = ';'
        [values.escapes]
        '\' = '\\'
    "#;
    let mut line = Described::new(Description::parse(text).unwrap());
    let Manners::Acknowledged { before_job } = line.manners() else {
        panic!("it answers");
    };
    assert_eq!(
        (before_job.unwrap().bytes, line.once_clear()),
        (b"\x05".to_vec(), b"INIT\r\n".to_vec())
    );
    let mut replies = Vec::new();
    line.hear(
        b"ST 00 fine\r\nST 03 x\r\nST 04 x\r\nnonsense\r\nOK\r\nER no\r\n\r\n",
        &mut replies,
    );
    let Reply::Status(told) = replies.remove(2) else {
        panic!("{replies:?}");
    };
    assert!(matches!(&told.faults[..], [Fault::Device(text)] if text.contains("flags bit 2")));
    assert_eq!(
        replies,
        [
            status(Queue::Idle, vec![]),
            status(Queue::Busy, vec![Fault::MediaOut]),
            Reply::Accepted,
            Reply::Rejected("no".into()),
        ]
    );
    let label = JobContent::Fields {
        numbered: vec![(3, "A\\".into())],
        named: vec![("gtin", "09521234543213".into())],
    };
    assert_eq!(
        line.job(&format(), &label).unwrap(),
        b"PRINT A\\\\;09521234543213\r\n"
    );
}

/// What is written, what instead, and what must be told.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "name = \"coder\"\n",
        "",
        "line 1, column 1: the file needs the key name.",
    ),
    (
        "depth = 4",
        "depht = 4",
        "the file has no key \"depht\"; its keys are title, name",
    ),
    (
        "depth = 4",
        "depth = 0",
        "depth is a whole number from 1 to 1000",
    ),
    (
        "\"sum256\"\n",
        "\"crc\"\n",
        "check is one of \"none\", \"sum256\", \"xor\"",
    ),
    ("end = '\\x03'", "", "[frame] needs the key end"),
    ("out = 'I'", "out = '{serial}'", "out holds a value"),
    (
        "I{model},",
        "I{modell},",
        "in has {modell}; here are only {model}",
    ),
    ("{ready:digits1}", "{ready}", "in has a part without an end"),
    (
        "2 = \"ribbon-out\"",
        "2 = \"ink\"",
        "A meaning is one of \"ok\"",
    ),
    (
        "[status.values.ink]",
        "[status.values.tank]",
        "The part {ink} has no meaning",
    ),
    (
        "[status.values.ink]",
        "[status.values.tank]",
        "The answer has no part {tank}",
    ),
    (
        "queue = \"waits\"",
        "queue = \"wait\"",
        "queue names a part of in",
    ),
    (
        "{why:any1}",
        "{why}",
        "without a frame nothing tells where it ends",
    ),
    ("clear = 'C'", "", "[orders] needs the key clear"),
    ("{lot}'", "{batch}'", "values are {symbol}, {field:1}"),
    ("fnc1 = '~1'", "", "[values] needs the key fnc1"),
    ("refused = '~'", "", "A value that holds '~' would be taken"),
    (
        "VOID",
        "{serial}",
        "void is for a label that must not carry a number",
    ),
    (
        "answer_ms = 400",
        "answer_ms = 5",
        "answer_ms is a whole number from 10",
    ),
    ("out = 'S'", "out = 'S", "This is not TOML"),
    // What contradicts itself.
    (
        "rejected = '\\x15{why:any1}'",
        "rejected = '\\x15'",
        "fits not_now and one that fits rejected the shorter begins",
    ),
    (
        "accepted = '\\x06'",
        "accepted = ['\\x06', '\\x15{why:any1}']",
        "The same answer fits accepted and rejected",
    ),
    (
        "accepted = '\\x06'",
        "accepted = '\\x151'",
        "The same answer fits accepted and not_now",
    ),
    (
        "not_now = ['\\x151', '\\x153']",
        "not_now = ['\\x151', '\\x15']",
        "fits not_now and one that fits not_now the shorter begins",
    ),
    (
        "not_now = ['\\x151', '\\x153']",
        "not_now = '\\x15{why:any1}'",
        "The same answer fits not_now and rejected",
    ),
    (
        "accepted = '\\x06'",
        "accepted = '\\x02'",
        "let the one without a frame begin with another byte",
    ),
    (
        "in = 'I{model},{firmware}'",
        "in = '{model}'",
        "The same answer fits [status] in and [identify] in",
    ),
    ("[waits]", "'A' = 'B'\n[waits]", "cannot be told from 'B'"),
    ("[waits]", "'A' = ''\n[waits]", "'A' would be left out"),
    (
        "[waits]",
        "'A' = '~B'\n'C' = '~B'\n[waits]",
        "'A' is written \"~B\", which cannot be told from 'C'",
    ),
    ("[waits]", "'A' = 'BB'\n[waits]", "cannot be told from 'B'"),
    ("[waits]", "'A' = '~1'\n[waits]", "cannot be told from fnc1"),
    ("[waits]", "'~' = '~~'\n[waits]", "is refused and escaped"),
    ("fnc1 = '~1'", "fnc1 = 'A'", "A value that holds 'A'"),
    (
        "{symbol}\\x1f{serial}",
        "{symbol}A{serial}",
        "job ends {symbol} by 'A'",
    ),
    (
        "{symbol}\\x1f{serial}",
        "{symbol}~{serial}",
        "itself (FNC1)",
    ),
    (
        "{symbol}\\x1f{serial}",
        "{symbol}{serial}",
        "tells where {symbol} ends",
    ),
    (
        "bare = []",
        "bare = ['job']",
        "Nothing tells where {lot} ends in job",
    ),
    (
        "{symbol}\\x1f{serial}\\x1f{expiry}\\x1f{lot}",
        "{gtin}\\x1f{lot}",
        "every pack would carry the same",
    ),
    (
        "clear = 'C'",
        "clear = 'S'",
        "clear may be the same bytes as status",
    ),
    (
        "clear = 'C'",
        "clear = 'P\\x1f\\x1fVOID\\x1f\\x1f'",
        "void may be the same bytes as clear",
    ),
    (
        "clear = 'C'",
        "clear = 'C'\nonce_clear = 'P\\x1fA\\x1fB\\x1f1\\x1fC'",
        "job may be the same bytes as once_clear",
    ),
    (
        "job = 'P\\x1f",
        "job = '{field:1}' # '",
        "job may be the same bytes as status",
    ),
    (
        "end = '\\x03'",
        "end = '\\x02'",
        "A frame ends as it begins",
    ),
];

/// What is told of the coder's file when it is changed so.
fn mistakes(change: impl Fn(&str) -> String) -> Vec<String> {
    let text = change(CODER);
    assert_ne!(text, CODER);
    let found = Description::parse(&text).unwrap_err();
    let sentences = found.iter().all(|mistake| mistake.text.ends_with('.'));
    assert!(sentences, "{found:?}");
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn every_mistake_is_told_with_its_mend() {
    for (from, to, part) in MISTAKES {
        let found = mistakes(|text| text.replacen(from, to, 1));
        assert!(
            found.iter().any(|told| told.contains(part)),
            "{from}: {found:#?}"
        );
    }
}

#[test]
fn all_mistakes_are_told_at_once_at_their_places() {
    let line_of = |wanted: &str| {
        CODER
            .lines()
            .position(|line| line.starts_with(wanted))
            .unwrap()
            + 1
    };
    let found = mistakes(|text| {
        let text = text.replace("out = 'S'", "out = '\\q'");
        text.replace("clear = 'C'", "clear = 7")
    });
    let places = [
        format!(
            "line {}, column 7: out has an unknown escape",
            line_of("out = 'S'")
        ),
        format!("line {}, column 9: clear is a text", line_of("clear = 'C'")),
    ];
    assert_eq!(found.len(), 2, "{found:#?}");
    let at_their_places = found
        .iter()
        .zip(&places)
        .all(|(told, place)| told.starts_with(place));
    assert!(at_their_places, "{found:#?}");
    assert!(Description::parse(&" ".repeat(DESCRIPTION_MAX + 1)).is_err());
    let long = CODER.replace("'C'", &format!("'{}'", "C".repeat(PATTERN_MAX)));
    assert!(Description::parse(&long).is_ok());
    let longer = mistakes(|_| long.replace("'CC", "'CCC"));
    assert!(longer[0].contains("longer than 512 bytes"), "{longer:?}");
}

#[test]
fn a_contradiction_is_told_where_it_stands_and_what_is_sound_passes() {
    for (from, to, marked) in [
        ("'\\x151', '\\x153'", "'\\x151', '\\x06'", "'\\x06'"),
        ("[waits]", "'A' = 'B'\n[waits]", "'A'"),
        ("clear = 'C'", "clear = 'S'", "'S'"),
    ] {
        let changed = CODER.replacen(from, to, 1);
        let at = changed.find(to).unwrap() + to.find(marked).unwrap();
        let line = changed[..at].matches('\n').count() + 1;
        let column = changed[..at].rsplit('\n').next().unwrap().len() + 1;
        let wanted = format!("line {line}, column {column}: ");
        let found = mistakes(|_| changed.clone());
        assert!(
            found.len() == 1 && found[0].starts_with(&wanted),
            "{wanted} {found:#?}"
        );
    }
    for (from, to) in [
        ("[waits]", "'^' = '^^'\n'\"' = '^22'\n[waits]"),
        ("refused = '~'", "refused = '~;'"),
        ("{serial}\\x1f{expiry}", "{serial}~{expiry}{gtin}"),
        ("{serial}\\x1f{expiry}", "{serial} {gtin}10{lot}#"),
        ("# before_job = '\\x05'", "before_job = 'S'"),
        (
            "void = 'P\\x1f\\x1fVOID",
            "void = 'P\\x1f{field:1}\\x1fVOID",
        ),
    ] {
        let text = CODER.replacen(from, to, 1);
        assert_ne!(text, CODER, "{from}");
        assert_eq!(Description::parse(&text).err(), None, "{to}");
    }
}

/// Without acknowledgements and without a count nothing would prove an empty queue.
#[test]
fn a_printer_whose_empty_queue_nothing_proves_is_refused() {
    let uncounted = CODER.replace("queue = \"waits\"", "");
    let uncounted = uncounted.replace("{waits:digits3}", "{skip:any3}");
    assert!(
        Description::parse(&uncounted).is_ok(),
        "its orders are acknowledged"
    );
    let (before, after) = uncounted.split_once("[answers]").unwrap();
    let after = after.split_once("[orders]").unwrap().1;
    let found = Description::parse(&format!("{before}[orders]{after}")).unwrap_err();
    assert!(
        found[0]
            .text
            .contains("Nothing proves that the queue is empty"),
        "{found:?}"
    );
}

proptest! {
    #[test]
    fn any_split_gives_the_same_replies(cuts in proptest::collection::vec(0usize..80, 0..12)) {
        let stream = b"\x02S10002000017\x036E\x06junk\r\n\x151\x02IVC-1,1.04\x032F\x02S100\x02S10002000017\x036E";
        let whole = heard(stream);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
        cuts.sort_unstable();
        let (mut coder, mut replies, mut from) = (coder(), Vec::new(), 0);
        for cut in cuts.into_iter().chain([stream.len()]) {
            coder.hear(&stream[from..cut], &mut replies);
            from = cut;
        }
        prop_assert_eq!(replies, whole);
    }

    #[test]
    fn no_file_and_no_bytes_panic(text in "[a-z0-9=\\[\\]'\"{}:\\\\\n. ]{0,200}", bytes: Vec<u8>) {
        let _any = Description::parse(&text);
        let _any = Description::parse(&CODER.replace("'I'", &format!("'{text}'")));
        heard(&bytes);
    }
}
