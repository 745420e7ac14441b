use crate::crypto::cbor::{CborError, Reader, Writer};
use proptest::prelude::*;

fn refusal(bytes: &[u8]) -> Option<CborError> {
    Reader::open(bytes).err()
}

#[test]
fn what_is_not_deterministic_is_refused() {
    use CborError::*;
    for (bytes, error) in [
        (&[0x18, 0x17][..], NotDeterministic),               // 23 in two bytes
        (&[0x19, 0x00, 0xff], NotDeterministic),             // 255 in three
        (&[0x1a, 0x00, 0x00, 0xff, 0xff], NotDeterministic), // 65535 in five
        (&[0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], NotDeterministic),
        (&[0x58, 0x01, 0x00], NotDeterministic), // a length of 1 in two bytes
        (&[0x5f, 0x41, 0x00, 0xff], NotDeterministic), // indefinite bytes
        (&[0x9f, 0xff], NotDeterministic),       // indefinite array
        (&[0xbf, 0xff], NotDeterministic),       // indefinite map
        (&[0xa2, 0x01, 0x00, 0x00, 0x00], NotDeterministic), // keys descend
        (&[0xa2, 0x00, 0x00, 0x00, 0x00], NotDeterministic), // a key twice
        (&[0xf8, 0x1f], NotDeterministic),       // a simple value in two bytes
        (&[0xa1, 0x60, 0x00], Type),             // a text key
        (&[0xa1, 0xc1, 0x00, 0x00], Type),       // a tagged key
        (&[0x00, 0x00], Trailing),
        (&[], Malformed),
        (&[0x1c], Malformed),
        (&[0x42, 0x00], Malformed),
        (&[0x82, 0x00], Malformed),
        (&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Malformed),
        (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Malformed),
        (&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Malformed),
    ] {
        assert_eq!(refusal(bytes), Some(error), "{bytes:02x?}");
    }
    let mut deep = vec![0x81; 16];
    deep.push(0x00);
    assert_eq!(refusal(&deep), None);
    deep.insert(0, 0x81);
    assert_eq!(refusal(&deep), Some(TooDeep));
    assert_eq!(refusal(&vec![0x81; 1_000_000]), Some(TooDeep));
}

#[test]
fn keys_and_values_are_told_apart_in_nested_maps() {
    // {0: {5: 1, 6: 0}, 1: [{9: 0}, 7], 2: tagged text}
    let bytes = [0xa3, 0x00, 0xa2, 0x05, 0x01, 0x06, 0x00, 0x01, 0x82, 0xa1, 0x09, 0x00, 0x07, 0x02, 0xc0, 0x61, 0x61];
    assert_eq!(refusal(&bytes), None);
}

#[test]
fn an_array_longer_than_the_format_allows_is_refused_before_it_is_read() {
    let mut writer = Writer::default();
    writer.array(5);
    (0..5).for_each(|n| {
        writer.uint(n);
    });
    let bytes = writer.finish();
    let mut reader = Reader::open(&bytes).unwrap();
    assert_eq!(reader.array(4), Err(CborError::TooLong));
}

proptest! {
    #[test]
    fn what_the_writer_writes_the_reader_reads(number: u64, bytes: Vec<u8>, text: String) {
        let mut writer = Writer::default();
        writer.map(3).uint(0).uint(number).uint(1).bytes(&bytes).uint(number.max(2)).text(&text);
        let written = writer.finish();
        let mut reader = Reader::open(&written).unwrap();
        prop_assert_eq!(reader.map(), Ok(3));
        prop_assert_eq!(reader.uint(), Ok(0));
        prop_assert_eq!(reader.uint(), Ok(number));
        prop_assert_eq!(reader.uint(), Ok(1));
        prop_assert_eq!(reader.bytes(usize::MAX), Ok(&bytes[..]));
        reader.skip().unwrap();
        prop_assert_eq!(reader.text(usize::MAX), Ok(&text[..]));
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_never_more(bytes: Vec<u8>) {
        if let Ok(mut reader) = Reader::open(&bytes) {
            let _ = reader.skip();
        }
    }
}
