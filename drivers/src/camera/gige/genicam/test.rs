//! Descriptions of cameras: what is understood, what is named, and that nothing leads in circles.

use super::*;
use proptest::prelude::*;

const SOUND: &str = r#"<RegisterDescription xmlns="http://www.genicam.org/GenApi/Version_1_1">
  <Integer Name="Width"><pValue>WidthReg</pValue></Integer>
  <IntReg Name="WidthReg"><Address>0x10</Address><pAddress>Base</pAddress><Length>4</Length>
    <Endianess>BigEndian</Endianess></IntReg>
  <Integer Name="Base"><Value>0xA000</Value></Integer>
  <Enumeration Name="Selector"><EnumEntry Name="A"><Value>0</Value></EnumEntry>
    <EnumEntry Name="B"><Value>2</Value></EnumEntry><pValue>SelectorNo</pValue></Enumeration>
  <Integer Name="SelectorNo"><Value>0</Value></Integer>
  <Enumeration Name="Mode"><EnumEntry Name="Off"><Value>0</Value></EnumEntry>
    <EnumEntry Name="On"><Value>1</Value></EnumEntry><pValue>ModeBit</pValue></Enumeration>
  <StructReg Comment="m"><Address>0xB000</Address><pIndex Offset="0x20">SelectorNo</pIndex><Length>4</Length>
    <Endianess>BigEndian</Endianess>
    <StructEntry Name="ModeBit"><Bit>0</Bit></StructEntry>
    <StructEntry Name="Low"><LSB>31</LSB><MSB>28</MSB><Sign>Signed</Sign></StructEntry></StructReg>
  <MaskedIntReg Name="Little"><Address>0xC000</Address><Length>4</Length><LSB>4</LSB><MSB>7</MSB></MaskedIntReg>
  <Float Name="Exposure"><pValue>ExposureConverter</pValue></Float>
  <Converter Name="ExposureConverter"><pVariable Name="STEP">Step</pVariable><FormulaTo>FROM / STEP</FormulaTo>
    <FormulaFrom>TO * STEP</FormulaFrom><pValue>ExposureReg</pValue></Converter>
  <FloatReg Name="Step"><Address>0xC010</Address><Length>4</Length><Endianess>BigEndian</Endianess></FloatReg>
  <IntReg Name="ExposureReg"><Address>0xC014</Address><Length>4</Length><Endianess>BigEndian</Endianess></IntReg>
  <FloatReg Name="Gain"><Address>0xC018</Address><Length>8</Length><Endianess>BigEndian</Endianess></FloatReg>
  <Command Name="Start"><pValue>StartReg</pValue><CommandValue>7</CommandValue></Command>
  <IntReg Name="StartReg"><IntSwissKnife><pVariable Name="B">Base</pVariable><Formula>B + 0x20</Formula></IntSwissKnife>
    <Length>4</Length><Endianess>BigEndian</Endianess></IntReg>
  <IntSwissKnife Name="Payload"><pVariable Name="W">Width</pVariable><Constant Name="H">8</Constant>
    <Expression Name="ALL">W * H</Expression><Formula>ALL / 3</Formula></IntSwissKnife>
  <Boolean Name="Enable"><pValue>ExposureReg</pValue><OnValue>321</OnValue><OffValue>123</OffValue></Boolean>
  <Integer Name="Round"><pValue>Trip</pValue></Integer><Integer Name="Trip"><pValue>Round</pValue></Integer>
  <IntReg Name="Odd"><Address>0xC001</Address><Length>2</Length></IntReg>
  <Port Name="Device"/><Integer Name="Lost"><pValue>Nowhere</pValue></Integer>
</RegisterDescription>"#;

/// A camera whose registers all hold what a test wrote, else 0.
fn with(
    features: &Features,
    memory: &mut Memory,
    registers: &mut BTreeMap<(u32, u16), Vec<u8>>,
    name: &str,
) -> Result<f64, Problem> {
    loop {
        match features.read(name, memory) {
            Err(Problem::Needs { address, length }) => {
                let held = registers.get(&(address, length)).cloned();
                memory.learn(address, held.unwrap_or_else(|| vec![0; length.into()]));
            }
            other => return other,
        }
    }
}

fn write(
    features: &Features,
    registers: &mut BTreeMap<(u32, u16), Vec<u8>>,
    memory: &mut Memory,
    name: &str,
    setting: Setting<'_>,
) -> Result<Option<u32>, Problem> {
    loop {
        match features.write(name, setting, memory) {
            Err(Problem::Needs { address, length }) => {
                let held = registers.get(&(address, length)).cloned();
                memory.learn(address, held.unwrap_or_else(|| vec![0; length.into()]));
            }
            Ok(Write::Bytes { address, bytes }) => {
                registers.insert((address, bytes.len() as u16), bytes);
                memory.forget();
                return Ok(Some(address));
            }
            Ok(Write::Noted) => return Ok(None),
            Err(problem) => return Err(problem),
        }
    }
}

#[test]
fn features_are_read_and_written_where_the_description_says() {
    let features = Features::of_xml(SOUND).unwrap();
    let (mut memory, mut registers) = (Memory::default(), BTreeMap::new());
    registers.insert((0xC010, 4), 0.5_f32.to_be_bytes().to_vec());
    registers.insert((0xC000, 4), vec![0xAB, 0xCD, 0, 0]);
    let number = Setting::Number;
    for (name, setting, place, bytes) in [
        ("Width", number(1280.0), 0xA010, vec![0, 0, 5, 0]),
        ("Mode", Setting::Entry("On"), 0xB000, vec![0x80, 0, 0, 0]),
        ("Low", number(-2.0), 0xB000, vec![0x80, 0, 0, 0x0E]),
        ("Exposure", number(250.0), 0xC014, vec![0, 0, 1, 0xF4]),
        ("Gain", number(2.5), 0xC018, 2.5_f64.to_be_bytes().to_vec()),
        ("Start", number(1.0), 0xA020, vec![0, 0, 0, 7]),
        // Byte 0 is the least significant one of a little register: only bits 4 to 7 change.
        ("Little", number(5.0), 0xC000, vec![0x5B, 0xCD, 0, 0]),
        ("Enable", number(1.0), 0xC014, vec![0, 0, 1, 0x41]),
    ] {
        let written = write(&features, &mut registers, &mut memory, name, setting);
        assert_eq!(written, Ok(Some(place)), "{name}");
        assert_eq!(registers[&(place, bytes.len() as u16)], bytes, "{name}");
    }
    // What the description itself keeps leads to another register.
    assert_eq!(
        write(
            &features,
            &mut registers,
            &mut memory,
            "Selector",
            Setting::Entry("B")
        ),
        Ok(None)
    );
    let written = write(
        &features,
        &mut registers,
        &mut memory,
        "Mode",
        Setting::Entry("On"),
    );
    assert_eq!(written, Ok(Some(0xB040)));
    for (name, value) in [
        ("Width", 1280.0),
        ("Payload", 3413.0),
        ("Exposure", 160.5),
        ("Gain", 2.5),
        ("Little", 5.0),
        ("Enable", 1.0),
    ] {
        assert_eq!(
            with(&features, &mut memory, &mut registers, name),
            Ok(value),
            "{name}"
        );
    }
    assert_eq!(features.entry("Mode", "On"), Some(1.0));
}

#[test]
fn what_cannot_be_worked_out_is_named() {
    let features = Features::of_xml(SOUND).unwrap();
    let (mut memory, mut registers) = (Memory::default(), BTreeMap::new());
    let mut obscure =
        |name: &str, setting| match write(&features, &mut registers, &mut memory, name, setting) {
            Err(Problem::Obscure(why)) => why,
            other => panic!("{name}: {other:?}"),
        };
    let number = Setting::Number;
    for (name, setting, part) in [
        ("Round", number(1.0), "circles"),
        ("Odd", number(1.0), "4 or 8 at a multiple of 4"),
        ("Device", number(1.0), "of the kind Port"),
        (
            "Mode",
            Setting::Entry("Maybe"),
            "no entry Maybe; it has Off, On",
        ),
        ("Width", Setting::Entry("On"), "no enumeration"),
        ("Payload", number(1.0), "formula"),
        ("Low", number(8.0), "cannot hold 8"),
        ("Width", number(-1.0), "cannot hold -1"),
        ("Width", number(f64::NAN), "cannot hold"),
    ] {
        let why = obscure(name, setting);
        assert!(why.contains(part), "{name}: {why}");
    }
    let missing = |name: &str| Err(Problem::Missing(name.into()));
    assert_eq!(
        features.read("Lost", &Memory::default()),
        missing("Nowhere")
    );
    assert_eq!(
        features.read("Nobody", &Memory::default()),
        missing("Nobody")
    );
    assert!(matches!(
        features.read("Round", &Memory::default()),
        Err(Problem::Obscure(_))
    ));
}

#[test]
fn bits_and_lengths_that_no_register_has_are_named_and_nothing_is_reckoned_with_them() {
    for (length, bits) in [
        ("4", "<LSB>100</LSB><MSB>120</MSB>"),
        ("4", "<Bit>32</Bit>"),
        ("8", "<LSB>0</LSB><MSB>4294967295</MSB>"),
        ("0xFFFFFFFF", "<LSB>0</LSB><MSB>7</MSB>"),
        ("0xFFFFFFFFFFFFFFFF", "<Bit>1</Bit>"),
        ("-1", "<Bit>1</Bit>"),
        ("0", "<Bit>0</Bit>"),
    ] {
        for order in ["BigEndian", "LittleEndian"] {
            let xml = format!(
                "<RegisterDescription><MaskedIntReg Name=\"R\"><Address>0x100</Address><Length>{length}</Length>{bits}\
                 <Endianess>{order}</Endianess></MaskedIntReg></RegisterDescription>"
            );
            let features = Features::of_xml(&xml).unwrap();
            let mut memory = Memory::default();
            for bytes in [4, 8] {
                memory.learn(0x100, vec![0xFF; bytes]);
            }
            let read = features.read("R", &memory);
            let write = features.write("R", Setting::Number(1.0), &mut memory);
            if order == "LittleEndian" {
                assert!(matches!(read, Err(Problem::Obscure(_))), "{xml}: {read:?}");
                assert!(
                    matches!(write, Err(Problem::Obscure(_))),
                    "{xml}: {write:?}"
                );
            }
        }
    }
}

#[test]
fn chains_and_descriptions_have_limits() {
    let chain = |length: u32| {
        let link = |no: u32| {
            format!(
                r#"<Integer Name="N{no}"><pValue>N{}</pValue></Integer>"#,
                no + 1
            )
        };
        let links: String = (0..length).map(link).collect();
        let xml = format!(
            r#"<RegisterDescription>{links}<Integer Name="N{length}"><Value>5</Value></Integer></RegisterDescription>"#
        );
        Features::of_xml(&xml)
            .unwrap()
            .read("N0", &Memory::default())
    };
    assert_eq!(chain(CHAIN_MAX), Ok(5.0));
    assert!(matches!(chain(CHAIN_MAX + 1), Err(Problem::Obscure(_))));
    // Names that stand for two each: a walk that doubles at every step is given up.
    let double = |no: u32| {
        format!(
            r#"<SwissKnife Name="D{no}"><pVariable Name="X">D{}</pVariable><Formula>X + X</Formula></SwissKnife>"#,
            no + 1
        )
    };
    let doubles: String = (0..30).map(double).collect();
    let xml = format!(
        r#"<RegisterDescription>{doubles}<Integer Name="D30"><Value>1</Value></Integer></RegisterDescription>"#
    );
    assert!(matches!(
        Features::of_xml(&xml)
            .unwrap()
            .read("D0", &Memory::default()),
        Err(Problem::Obscure(_))
    ));

    let long = format!(
        "<RegisterDescription>{}</RegisterDescription>",
        " ".repeat(DESCRIPTION_MAX)
    );
    assert!(Features::of_xml(&long).unwrap_err().contains("more than"));
    let crowd = format!(
        "<RegisterDescription>{}</RegisterDescription>",
        "<a/>".repeat(NODES_MAX as usize)
    );
    assert!(Features::of_xml(&crowd).unwrap_err().contains("no XML"));
    for (xml, part) in [
        ("", "no XML"),
        ("<RegisterDescription>", "no XML"),
        ("<html/>", "\"html\", not a RegisterDescription"),
        (
            "<!DOCTYPE x [<!ENTITY a 'b'>]><RegisterDescription/>",
            "no XML",
        ),
    ] {
        let why = Features::of_xml(xml).unwrap_err();
        assert!(why.contains(part), "{xml}: {why}");
    }
}

fn archive(method: u16, packed: &[u8]) -> Vec<u8> {
    let mut zip = b"PK\x03\x04\x14\0\x08\0".to_vec();
    zip.extend(method.to_le_bytes());
    zip.extend([0; 16]);
    zip.extend([5, 0, 0, 0]);
    zip.extend(b"c.xml");
    zip.extend(packed);
    let directory = zip.len() as u32;
    zip.extend(b"PK\x01\x02\x14\0\x14\0\x08\0");
    zip.extend(method.to_le_bytes());
    zip.extend([0; 8]);
    zip.extend((packed.len() as u32).to_le_bytes());
    zip.extend([0; 4]);
    zip.extend([5, 0]);
    zip.extend([0; 16]);
    zip.extend(b"c.xml");
    let size = zip.len() as u32 - directory;
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend(size.to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend([0; 2]);
    zip
}

#[test]
fn descriptions_in_archives_are_unpacked_up_to_the_limit() {
    let deflated = miniz_oxide::deflate::compress_to_vec(SOUND.as_bytes(), 6);
    assert_eq!(unpack(archive(8, &deflated)), Ok(SOUND.as_bytes().to_vec()));
    assert_eq!(
        unpack(archive(0, SOUND.as_bytes())),
        Ok(SOUND.as_bytes().to_vec())
    );
    assert_eq!(
        unpack(SOUND.as_bytes().to_vec()),
        Ok(SOUND.as_bytes().to_vec())
    );
    assert!(unpack(archive(12, b"x")).unwrap_err().contains("method 12"));
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b' '; DESCRIPTION_MAX + 1], 6);
    assert!(
        unpack(archive(8, &bomb))
            .unwrap_err()
            .contains("cannot be unpacked")
    );
    let sound = archive(8, &deflated);
    for end in 4..sound.len() {
        let _ended = unpack(sound[..end].to_vec());
    }
    let without_its_end = sound[..sound.len() - 22].to_vec();
    assert!(unpack(without_its_end).is_err());
}

proptest! {
    #[test]
    fn no_description_panics(at in 0..SOUND.len(), cut in 0_usize..40, what in "[ -~]{0,20}", name in 0_usize..20) {
        let mut xml = SOUND.as_bytes().to_vec();
        let end = (at + cut).min(xml.len());
        xml.splice(at..end, what.bytes());
        let Ok(features) = Features::of_xml(&String::from_utf8_lossy(&xml)) else { return Ok(()) };
        let names: Vec<String> = features.nodes.keys().cloned().collect();
        let Some(name) = names.get(name) else { return Ok(()) };
        let (mut memory, mut registers) = (Memory::default(), BTreeMap::new());
        let _read = with(&features, &mut memory, &mut registers, name);
        let _written = write(&features, &mut registers, &mut memory, name, Setting::Number(3.0));
    }

    #[test]
    fn no_archive_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ended = unpack([b"PK\x03\x04", &bytes[..]].concat());
        let _ended = unpack([b"PK\x03\x04", &bytes[..], b"PK\x05\x06", &bytes[..]].concat());
    }
}
