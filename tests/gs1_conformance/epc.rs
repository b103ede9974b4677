//! Element strings, EPC URNs and Digital Links of the same things, for company prefixes of every length.

use super::{Tally, material};
use vidimus::gs1::{Dictionary, LinkStyle, Parser, bracketed, digital_link, epc_urn};

#[test]
fn element_strings_urns_and_addresses_agree() {
    let Some(text) = material("vectors_epc.tsv") else {
        return;
    };
    let parser = Parser::new(Dictionary::built_in());
    let mut tally = Tally::default();
    for (id, line) in (2..).zip(text.lines().skip(1)) {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[kind, element_string, _, _, len, urn, address, agreed_by] = &columns[..] else {
            panic!("eight columns in {line:?}");
        };
        // Written for people: brackets in values are not escaped.
        let (key, rest) = element_string[1..].split_once(')').expect("a bracket");
        let start = rest.find('(').map_or(rest.len(), |start| start);
        let (value, tail) = rest.split_at(start);
        let tail = match tail.get(1..).and_then(|tail| tail.split_once(')')) {
            Some((ai, value)) => format!("({ai}){}", value.replace('(', "\\(")),
            None => String::new(),
        };
        let wanted = format!("({key}){value}{tail}");
        let parsed = |form: &str, text: &str| match parser.any(text) {
            Ok((_, elements)) if bracketed(&elements) == wanted => None,
            Ok((_, elements)) => Some(format!("{form} {text} gave {}", bracketed(&elements))),
            Err(error) => Some(format!("{form} {text} refused: {error}")),
        };
        let written = parser
            .bracketed(&wanted)
            .map_err(|error| error.to_string())
            .map(|elements| {
                let len = len.parse().expect("a length");
                let link = digital_link(&elements, Dictionary::built_in(), &LinkStyle::default());
                [epc_urn(&elements, len), link]
                    .map(|written| written.unwrap_or_else(|error| error.to_string()))
            });
        let problem = match written {
            Err(error) => Some(format!("{wanted}: {error}")),
            Ok(ours) if ours != [urn, address] => {
                Some(format!("{wanted} gave {ours:?}, wanted {urn} {address}"))
            }
            Ok(_) => parsed("urn", urn).or_else(|| parsed("address", address)),
        };
        tally.row(
            &format!("{kind} agreed by {agreed_by}"),
            &id.to_string(),
            problem,
            None,
        );
    }
    tally.finish("EPC", 578, 0);
}

#[test]
fn lots_have_urns_too() {
    let parser = Parser::new(Dictionary::built_in());
    let lot = parser
        .bracketed("(01)09521234543213(17)271231(10)L/1")
        .unwrap();
    let urn = epc_urn(&lot, 7).unwrap();
    assert_eq!(urn, "urn:epc:class:lgtin:9521234.054321.L%2F1");
    assert_eq!(
        bracketed(&parser.epc_urn(&urn).unwrap()),
        "(01)09521234543213(10)L/1"
    );
    let wrong = [
        ("urn:epc:id:sgtin:95212.05432134.A", 17),
        ("urn:epc:id:sgtin:9521234.05432.A", 30),
        ("urn:epc:id:sgtin:9521234.054321", 31),
        ("urn:epc:id:sgtin:9521234.054321.", 32),
        ("urn:epc:id:sgtin:9521234.054321.A/B", 33),
        ("urn:epc:id:sgtin:9521234.054321.A%2", 33),
        ("urn:epc:id:sgtin:9521234.054321.A%20B", 33),
        ("urn:epc:id:sgtin:952123a.054321.A", 23),
        ("urn:epc:id:sscc:9521234.0123456789.1", 34),
        ("urn:epc:id:sscc:9521234", 23),
        ("urn:epc:id:grai:9521234.12345.1", 0),
    ];
    for (urn, position) in wrong {
        let error = parser.epc_urn(urn).expect_err(urn);
        assert_eq!(error.position, position, "{urn}: {error}");
    }
    let none = parser.bracketed("(414)9521234543213(254)0").unwrap();
    assert!(epc_urn(&none, 7).is_err() && epc_urn(&lot, 5).is_err() && epc_urn(&lot, 13).is_err());
}
