//! RTU frames against frames written out by hand, and against everything that is not an answer.

use super::*;
use proptest::prelude::*;

fn read(address: u16, count: u16) -> PlcRequest {
    PlcRequest::Read {
        table: RegisterTable::Holding,
        address,
        count,
    }
}

fn with_sum(bytes: &[u8]) -> Vec<u8> {
    let mut frame = bytes.to_vec();
    frame.extend(checksum(bytes));
    frame
}

/// Frames with checksums that other people published: the CRC of "123456789" (the catalogue's check value 0x4B37) and
/// the read of one register at unit 1 that stands in many manuals.
#[test]
fn frames_have_the_bytes_that_manuals_print() {
    assert_eq!(checksum(b"123456789"), [0x37, 0x4B]);
    assert_eq!(
        frame(1, &read(0, 1)),
        [0x01, 0x03, 0x00, 0x00, 0x00, 0x01, 0x84, 0x0A]
    );
    let (table, address, count) = (RegisterTable::Input, 8, 1);
    let input = PlcRequest::Read {
        table,
        address,
        count,
    };
    assert_eq!(
        frame(0x11, &input),
        with_sum(&[0x11, 0x04, 0, 8, 0, 1]),
        "the example of the application protocol, 6.4"
    );
    let said = with_sum(&[0x11, 0x04, 2, 0, 0x0A]);
    assert_eq!(
        answer(0x11, &input, &said),
        Ok(Some(PlcAnswer::Words(vec![10])))
    );
    let holding = with_sum(&[0x11, 0x03, 2, 0, 0x0A]);
    assert!(
        answer(0x11, &input, &holding).is_err(),
        "of the other table"
    );
    let refused = with_sum(&[0x11, 0x84, 2]);
    assert!(ends_with_answer(0x11, &input, &refused).is_err());
    let (address, words) = (1, vec![10, 0x0102]);
    let write = frame(0x11, &PlcRequest::Write { address, words });
    assert_eq!(
        write,
        [0x11, 0x10, 0, 1, 0, 2, 4, 0, 10, 1, 2, 0xC6, 0xF0],
        "the example of the application protocol, 6.12, with its checksum"
    );
}

#[test]
fn what_is_not_this_requests_answer_is_named_as_soon_as_it_shows() {
    let asked = read(0x0A00, 2);
    let fault = |heard: &[u8]| match answer(7, &asked, heard) {
        Err(fault) => fault.to_string(),
        other => panic!("{heard:?}: {other:?}"),
    };
    assert!(fault(&[6]).contains("not from unit 7"));
    assert!(fault(&[7, 16]).contains("not of function 3"));
    assert!(fault(&[7, 3, 6]).contains("not of 2 registers"));
    assert!(fault(&[7, 3, 0x0A]).contains("echo off"));
    let mut spoilt = with_sum(&[7, 3, 4, 0, 1, 0, 2]);
    spoilt[4] ^= 1;
    assert!(fault(&spoilt).contains("checksum"));
    spoilt[4] ^= 1;
    assert_eq!(
        answer(7, &asked, &spoilt),
        Ok(Some(PlcAnswer::Words(vec![1, 2])))
    );
    spoilt.push(0);
    assert!(fault(&spoilt).contains("more bytes"));
    let exception = fault(&with_sum(&[7, 0x83, 2]));
    assert!(
        exception.contains("exception while reading from register 2560")
            && exception.contains("no such registers"),
        "{exception}"
    );
    let (address, words) = (7000, vec![1; 5]);
    let write = PlcRequest::Write { address, words };
    let confirmed = with_sum(&[7, 16, 0x1B, 0x58, 0, 5]);
    assert_eq!(answer(7, &write, &confirmed), Ok(Some(PlcAnswer::Written)));
    assert!(answer(7, &write, &with_sum(&[7, 16, 0x1B, 0x58, 0, 4])).is_err());
    assert!(answer(7, &write, &[7, 16, 0x1B, 0x59]).is_err());
}

proptest! {
    /// However the bytes arrive, the answer is there with its last byte and not before; one wrong bit and it never is.
    #[test]
    fn answers_are_whole_or_nothing(
        unit in 1u8..=247, words in proptest::collection::vec(any::<u16>(), 1..=125), bit: usize,
    ) {
        let asked = read(4000, words.len() as u16);
        let mut said = vec![unit, 3, 2 * words.len() as u8];
        said.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        let said = with_sum(&said);
        for length in 0..said.len() {
            prop_assert_eq!(answer(unit, &asked, &said[..length]), Ok(None));
        }
        prop_assert_eq!(said.len() + 8, bytes_on_line(&asked));
        prop_assert_eq!(answer(unit, &asked, &said), Ok(Some(PlcAnswer::Words(words))));
        let mut spoilt = said.clone();
        let bit = bit % (8 * spoilt.len());
        spoilt[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(answer(unit, &asked, &spoilt).is_err() || answer(unit, &asked, &spoilt) == Ok(None));
        // Behind whatever was on its way, the answer is found; the spoilt one is not.
        let behind = [&spoilt[..], &said[..]].concat();
        prop_assert_eq!(ends_with_answer(unit, &asked, &behind), Ok(true));
        prop_assert!(ends_with_answer(unit, &asked, &spoilt) != Ok(true));
    }
}
