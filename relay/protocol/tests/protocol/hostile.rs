//! Truncated, flipped and lying bytes: an error, never a panic, never memory for what is only claimed.

use amends_protocol::limits::FRAME_BYTES_MAX;
use amends_protocol::*;

use crate::samples::{self, Sample};
use crate::vectors::{encode, item_of};

fn decode(sample: &Sample, item: &[u8]) -> Result<Vec<u8>, DecodeError> {
    match sample {
        Sample::Up(_) => decode_item::<ToRelay>(item).map(|message| encode_frame(&message).unwrap()),
        Sample::Down(_) => decode_item::<FromRelay>(item).map(|message| encode_frame(&message).unwrap()),
    }
}

#[test]
fn every_truncation_is_refused() {
    for named in samples::all() {
        let item = item_of(&encode(&named));
        for length in 0..item.len() {
            let error = decode(&named.sample, &item[..length]).unwrap_err();
            assert!(matches!(error.kind, DecodeErrorKind::Malformed(_)), "{} cut at {length}", named.name);
        }
        let mut longer = item.clone();
        longer.push(0);
        assert!(decode(&named.sample, &longer).is_err(), "{} with a byte more", named.name);
    }
}

#[test]
fn every_flipped_bit_is_refused_or_read_as_another_message() {
    for named in samples::all() {
        let frame = encode(&named);
        let item = item_of(&frame);
        for at in 0..item.len() {
            for bit in 0..8 {
                let mut flipped = item.clone();
                flipped[at] ^= 1 << bit;
                // What is accepted must not be taken for the original.
                if let Ok(again) = decode(&named.sample, &flipped) {
                    let unchanged_meaning = again == frame;
                    assert!(!unchanged_meaning, "{}: bit {bit} of byte {at} has no meaning", named.name);
                }
            }
        }
    }
}

#[test]
fn flipped_frame_headers_never_yield_the_message() {
    for named in samples::all() {
        let frame = encode(&named);
        let item = item_of(&frame);
        for at in 0..5 {
            for bit in 0..8 {
                let mut flipped = frame.clone();
                flipped[at] ^= 1 << bit;
                let mut input = flipped.as_slice();
                if let Ok(Some(read)) = FrameDecoder::new().next_frame(&mut input) {
                    assert_ne!(read, item);
                    assert!(decode(&named.sample, &read).is_err(), "a shortened item is malformed");
                }
            }
        }
    }
}

#[test]
fn frame_errors_are_typed_and_final() {
    let cases: [(&[u8], FrameError); 4] = [
        (&[0, 0, 0, 0], FrameError::Empty),
        (&[0, 0, 0, 2, 2, 0xa0], FrameError::UnknownVersion(2)),
        (&[0, 8, 0, 1], FrameError::TooLarge { claimed: 524_289, max: FRAME_BYTES_MAX }),
        (&[0xff; 9], FrameError::TooLarge { claimed: u32::MAX, max: FRAME_BYTES_MAX }),
    ];
    for (bytes, error) in cases {
        let mut decoder = FrameDecoder::new();
        let mut input = bytes;
        assert_eq!(decoder.next_frame(&mut input), Err(error));
        let good = encode_frame(&ToRelay::Request(RequestId(1), Request::Ping)).unwrap();
        assert_eq!(decoder.next_frame(&mut good.as_slice()), Err(error), "no frame can be found after an error");
    }
    let mut strict = FrameDecoder::new();
    strict.set_bytes_max(10);
    assert_eq!(strict.next_frame(&mut [0, 0, 0, 11].as_slice()), Err(FrameError::TooLarge { claimed: 11, max: 10 }));
}

#[test]
fn a_frame_of_only_a_version_is_a_malformed_item() {
    let item = FrameDecoder::new().next_frame(&mut [0, 0, 0, 1, 1].as_slice()).unwrap().unwrap();
    assert!(item.is_empty());
    assert!(decode_item::<ToRelay>(&item).is_err());
}

#[test]
fn claimed_lengths_allocate_nothing() {
    // Arrays, maps and strings that claim up to 2^64 - 1 elements in a few bytes: an error, at once.
    for claim in [
        "bb ffffffffffffffff",
        "a2 00 bb ffffffffffffffff",
        "a3 00 0a 01 01 03 9b ffffffffffffffff",
        "a3 00 02 01 01 03 5b ffffffffffffffff",
        "a3 00 02 01 01 03 5b 7fffffffffffffff 00",
        "a3 00 0a 01 01 03 9a ffffffff 58 20",
    ] {
        let bytes: Vec<u8> = {
            let digits: String = claim.split_whitespace().collect();
            (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
        };
        assert!(decode_item::<ToRelay>(&bytes).is_err(), "{claim}");
        assert!(decode_item::<FromRelay>(&bytes).is_err(), "{claim}");
    }
}

#[test]
fn nesting_is_bounded() {
    for head in [0x81u8, 0xc1, 0x9f, 0xbf] {
        let mut item = vec![0xa3, 0, 15, 1, 1, 24, 99];
        item.extend(std::iter::repeat_n(head, FRAME_BYTES_MAX - 100));
        assert!(decode_item::<ToRelay>(&item).is_err());
    }
    // Eight deep is still skipped.
    let mut item = vec![0xa3, 0, 15, 1, 1, 24, 99];
    item.extend([0x81; 8]);
    item.push(0);
    assert_eq!(decode_item::<ToRelay>(&item), Ok(ToRelay::Request(RequestId(1), Request::Ping)));
}

#[test]
fn malformed_shapes_are_refused_with_the_request_id_if_there_is_one() {
    let ping = |entries: &[u8]| decode_item::<ToRelay>(entries);
    let with_id = |bytes: &[u8]| ping(bytes).unwrap_err().request;
    // A key twice; a text key; a negative key; an indefinite map; two items; no type; no request id.
    assert!(ping(&[0xa3, 0, 15, 1, 1, 1, 1]).is_err());
    assert!(ping(&[0xa3, 0, 15, 1, 1, 0x61, 0x61, 0]).is_err());
    assert!(ping(&[0xa3, 0, 15, 1, 1, 0x20, 0]).is_err());
    assert!(ping(&[0xbf, 0, 15, 1, 1, 0xff]).is_err());
    assert!(ping(&[0xa2, 0, 15, 1, 1, 0xa0]).is_err());
    assert_eq!(with_id(&[0xa1, 1, 7]), Some(RequestId(7)));
    assert_eq!(with_id(&[0xa1, 0, 15]), None);
    // A missing or wrong field, and an unknown type, still tell whose request it was.
    assert_eq!(with_id(&[0xa2, 0, 2, 1, 9]), Some(RequestId(9)));
    let unknown = ping(&[0xa2, 0, 24, 63, 1, 9]).unwrap_err();
    assert_eq!(unknown, DecodeError { kind: DecodeErrorKind::UnknownMessage(63), request: Some(RequestId(9)) });
    let push = decode_item::<FromRelay>(&[0xa1, 0, 24, 250]).unwrap_err();
    assert_eq!(push, DecodeError { kind: DecodeErrorKind::UnknownMessage(250), request: None });
}

#[test]
fn a_message_larger_than_a_frame_is_not_encoded() {
    let append = |length| {
        let request = Request::Append { box_id: BoxId([0; 32]), record: vec![1; length] };
        encode_frame(&ToRelay::Request(RequestId(1), request))
    };
    let envelope = append(100_000).unwrap().len() - 100_000;
    assert_eq!(append(FRAME_BYTES_MAX + 4 - envelope).unwrap().len(), FRAME_BYTES_MAX + 4);
    assert_eq!(append(FRAME_BYTES_MAX + 5 - envelope), Err(EncodeError { bytes: FRAME_BYTES_MAX + 1 }));
}
