//! GS1: any text as a bracketed text, scan data, the raw form, a Digital Link or an EPC URN, told apart by itself.
//!
//! Bytes: the text, as far as it is UTF-8.
//!
//! Must hold: no panic; a place that an error names lies inside the text; what is accepted is accepted again, with the
//! same elements, however it is written, and its Digital Link says no element that it does not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus::gs1::{
    Dictionary, Element, Form, LinkStyle, Parser, bracketed, digital_link, human_readable, raw,
    scan_data,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let dictionary = Dictionary::built_in();
    let parser = Parser::new(dictionary);
    let (form, elements) = match parser.any(text) {
        Ok(accepted) => accepted,
        Err(error) => {
            assert!(error.position + error.length <= text.len(), "{error:?} in {text:?}");
            return;
        }
    };
    if form == Form::Plain {
        return;
    }
    let said = elements.to_vec();
    assert!(!said.is_empty());
    let _ = human_readable(&elements);
    let pairs = |elements: &[Element]| {
        let mut pairs: Vec<_> = elements
            .iter()
            .map(|element| (element.ai.clone(), element.value.clone()))
            .collect();
        pairs.sort();
        pairs
    };
    let written = [bracketed(&elements), raw(&elements), scan_data(&elements)];
    for text in &written {
        let (_, again) = parser.any(text).expect("what we write we read");
        assert_eq!(pairs(&again.to_vec()), pairs(&said), "{text:?}");
    }
    if let Ok(link) = digital_link(&elements, dictionary, &LinkStyle::default()) {
        let (_, again) = parser.any(&link).expect("what we write we read");
        let known = pairs(&said);
        for pair in pairs(&again.to_vec()) {
            assert!(known.contains(&pair), "{pair:?} of {link:?}");
        }
    }
});
