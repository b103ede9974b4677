//! What a simulated reader says to commands, to what it is shown, and in trouble.

use super::{orders::answer, *};
use serde_json::json;

const NOW: Tick = Tick(1_000_000_000);

fn reader(name: &str) -> SmartReader {
    SmartReader::new(Setup::new(Family::parse(name).expect("a family")), 1)
}

fn ask(reader: &mut SmartReader, said: &[u8]) -> Vec<u8> {
    reader.receive(NOW, said);
    reader.says(NOW)
}

#[test]
fn every_family_answers_in_its_own_words() {
    for (name, asked, answered) in [
        ("dmcc", &b"||>GET DEVICE.TYPE\r\n"[..], &b"DM262\r\n"[..]),
        (
            "dmcc",
            b"||0:1>SET COM.DMCC-RESPONSE 1\r\n||0:2>get device.type\r\n",
            b"||0:1[0]\r\n||0:2[0]DM262\r\n",
        ),
        (
            "dmcc",
            b"||0:1>SET COM.DMCC-RESPONSE 1\r\n||0:9>DANCE\r\n",
            b"||0:1[0]\r\n||0:9[101]\r\n",
        ),
        ("keyence", b"KEYENCE\r", b"OK,KEYENCE,SR-2000W,1.12\r"),
        ("keyence", b"half\x1bLON\r\nLOFF\r", b"OK,LON\rOK,LOFF\r"),
        ("keyence", b"DANCE\r", b"ER,DANCE,00\r"),
        (
            "sick",
            b"\x02sRN DeviceIdent\x03",
            b"\x02sRA DeviceIdent A Lector64x  6 V2.4.0\x03",
        ),
        ("sick", b"\x02sMN mTCgateon\x03", b"\x02sAN mTCgateon 1\x03"),
        ("sick", b"\x02sMN dance\x03", b"\x02sFA 3\x03"),
        ("datalogic", b"T", b""),
        ("text", b"<?>", b"<?/02>"),
    ] {
        let mut reader = reader(name);
        assert_eq!(
            ask(&mut reader, asked),
            answered,
            "{name}: {}",
            asked.escape_ascii()
        );
        let mut pieces = self::reader(name);
        asked.chunks(1).for_each(|byte| pieces.receive(NOW, byte));
        assert_eq!(pieces.says(NOW), answered, "{name}, byte by byte");
    }
}

#[test]
fn what_is_shown_is_said_as_the_reader_was_set_up() {
    let shown = Shown::of("]C10039506000000001\x1d10A");
    for (name, plain) in [
        ("dmcc", &b"0039506000000001\x1d10A\r\n"[..]),
        ("keyence", b"0039506000000001\x1d10A\r"),
        ("sick", b"\x020039506000000001\x1d10A\x03"),
        ("datalogic", b"\x020039506000000001\x1d10A\r\n"),
        ("text", b"0039506000000001\x1d10A\r\n"),
    ] {
        let mut reader = reader(name);
        assert!(reader.scan(NOW, &shown));
        assert_eq!(reader.says(NOW), plain, "{name}");
        reader.setup.aim = true;
        reader.setup.counter = Some(";".to_owned());
        reader.setup.gs = "|".to_owned();
        assert!(reader.scan(NOW, &shown) && reader.no_read(NOW));
        let said = String::from_utf8(reader.says(NOW)).expect("text");
        assert!(said.contains("2;]C10039506000000001|10A"), "{name}: {said}");
        assert!(
            said.contains(&format!("3;{}", reader.setup.no_read)),
            "{name}: {said}"
        );
    }
    let mut reader = reader("dmcc");
    ask(&mut reader, b"||0:1>SET COM.DMCC-RESPONSE 1\r\n");
    reader.scan(NOW, &Shown::of("A1"));
    // RFC 4648: "A1", CR, LF.
    assert_eq!(reader.says(NOW), b"||0:0[1]QTENCg==\r\n");
}

#[test]
fn a_shut_gate_reads_nothing() {
    for (name, open) in [
        ("dmcc", &b"||>TRIGGER ON\r\n"[..]),
        ("keyence", b"LON\r"),
        ("sick", b"\x02sMN mTCgateon\x03"),
        ("datalogic", b"T"),
        ("text", b"< >"),
    ] {
        let mut reader = reader(name);
        reader.setup.gated = true;
        assert!(
            !reader.scan(NOW, &Shown::of("A1")) && reader.counter() == 0,
            "{name}"
        );
        ask(&mut reader, open);
        assert!(
            reader.scan(NOW, &Shown::of("A1")) && reader.counter() == 1,
            "{name}"
        );
        reader.link_lost();
        assert!(!reader.gate_open());
    }
}

#[test]
fn every_trouble_does_what_its_name_says() {
    for (n, words) in TROUBLES.iter().enumerate() {
        assert_eq!(words.trouble as usize, n);
        assert_eq!(Trouble::parse(words.name), Some(words.trouble));
        assert!(words.what().ends_with('.'));
        let mut reader = reader("sick");
        let order = json!({"do": "fault", "name": words.name, "on": true}).to_string();
        assert_eq!(answer(&mut reader, NOW, &order).json, json!({"ok": true}));
        reader.scan(NOW, &Shown::of("A1"));
        let said = reader.says(NOW);
        let later = reader.says(NOW.plus_ms(300));
        let sound = b"\x02A1\x03".to_vec();
        match words.trouble {
            Trouble::NeverStops => {
                assert!(said.len() > 4_000 && later.len() > 4_000 && !later.contains(&3))
            }
            Trouble::ReadsWithoutEnd => {
                assert!(later.starts_with(b"\x020\x03\x020\x03") && later.len() > 4_000)
            }
            Trouble::ReadTwice => assert_eq!(said, sound.repeat(2)),
            Trouble::LateRead => assert_eq!((said, later), (Vec::new(), sound)),
            Trouble::NoTerminator => assert_eq!(said, b"\x02A1"),
            Trouble::Garbage => assert!(said.len() == sound.len() && said != sound),
            Trouble::Silent => assert_eq!(said, b""),
            Trouble::OtherFraming => assert_eq!(said, b"<A1>"),
            Trouble::LinkRefused => assert!(!reader.takes_links() && reader.cuts() == 1),
            Trouble::LinkCut => assert!(reader.takes_links() && reader.cuts() == 1),
        }
        reader.heal();
        reader.scan(NOW, &Shown::of("A1"));
        assert_eq!(
            reader.says(NOW),
            b"\x02A1\x03",
            "{} was put right",
            words.name
        );
    }
}

#[test]
fn the_control_port_s_words_do_what_they_say_and_bad_ones_say_why() {
    let mut reader = reader("text");
    let mut say = |line: &str| answer(&mut reader, NOW, line);
    let scanned = json!({"ok": true, "looked": true, "counter": 1});
    assert_eq!(say(r#"{"do":"scan","text":"]d20109"}"#).json, scanned);
    assert_eq!(say(r#"{"do":"no-read"}"#).json["counter"], 2);
    let ink = r#"{"do":"ink","zpl":"^XA^FO9,9^BXN,6,200,,,,_,1^FD_10109506000134352^FS^XZ"}"#;
    assert_eq!(say(ink).json["ink"], json!(["0109506000134352"]));
    assert_eq!(say(r#"{"do":"status"}"#).json["counter"], 3);
    for wrong in [
        "",
        "nonsense",
        r#"{"do":"dance"}"#,
        r#"{"do":"scan"}"#,
        r#"{"do":"fault","name":"media-out","on":true}"#,
        r#"{"do":"fault","name":"silent","on":true,"value":1}"#,
    ] {
        assert!(say(wrong).json["error"].is_string(), "{wrong}");
    }
    assert!(say(r#"{"do":"shutdown"}"#).shutdown);
    assert_eq!(reader.says(NOW), b"0109\r\nNOREAD\r\n0109506000134352\r\n");
}

#[test]
fn what_passes_is_read_or_not_and_each_trigger_counts_even_when_its_text_is_lost() {
    let mut setup = Setup::new(Family::parse("keyence").expect("a family"));
    (setup.counter, setup.aim) = (Some(";".to_owned()), true);
    let mut reader = SmartReader::new(setup.clone(), 1);
    let shown = || Some(Shown::of("01095060001343521721X"));
    reader.passes(NOW, shown(), 0);
    reader.passes(NOW, None, 0);
    reader.loses();
    reader.passes(NOW, shown(), 5);
    assert_eq!(
        reader.says(NOW),
        b"1;]d201095060001343521721X\r2;ERROR\r",
        "the last one is late"
    );
    assert_eq!(reader.says(NOW.plus_ms(5)), b"4;]d201095060001343521721X\r");

    // One that the station fires looks at what passed last, once.
    setup.gated = true;
    let mut reader = SmartReader::new(setup, 1);
    reader.passes(NOW, None, 0);
    reader.passes(NOW, shown(), 0);
    assert_eq!(reader.says(NOW), b"");
    assert_eq!(
        ask(&mut reader, b"LON\r"),
        b"OK,LON\r1;]d201095060001343521721X\r"
    );
    assert!(!reader.gate_open());
    assert_eq!(ask(&mut reader, b"LON\r"), b"OK,LON\r");
    reader.passes(NOW, None, 0);
    assert_eq!(reader.says(NOW), b"2;ERROR\r", "the gate was open already");
}
