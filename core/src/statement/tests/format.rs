//! Headers and bodies as bytes: what is written reads back, what is not of the format is refused, nothing panics.

use super::*;
use crate::statement::{HeaderError, Item};

const TARGET: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn hex(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal")).collect()
}

/// A header as it is, and with something done to it: `a3 00 01 01 5820… 06 00` is kind 1 on a target on day 0.
fn header(text: &str) -> Result<Header, HeaderError> {
    Header::decode(&hex(&text.replace("TARGET", &format!("5820{TARGET}"))))
}

proptest! {
    #[test]
    fn headers_read_back(header in arb_header()) {
        prop_assert_eq!(Header::decode(&header.encode()), Ok(header));
    }

    #[test]
    fn contents_read_back(content in arb_content()) {
        prop_assert_eq!(Content::decode(&content.encode()), Ok(content));
    }

    #[test]
    fn a_statement_read_is_the_statement_authored(header in arb_header(), content in arb_content(), nonce in any::<[u8; 32]>()) {
        let said = Statement::author(owner(), ada(), header, Body { nonce, content: content.encode() });
        let bytes = said.body.as_ref().expect("a body").to_bytes();
        let read = Statement::from_parts(owner(), ada(), said.header_bytes.clone(), Item::Present(bytes));
        prop_assert_eq!(read.as_ref(), Ok(&said));
        let bare = Statement::from_parts(owner(), ada(), said.header_bytes.clone(), Item::Absent(said.body_hash)).expect("sound");
        prop_assert_eq!((bare.id, bare.target, bare.body), (said.id, said.target, None));
        // A kind that this version knows may have no place for it.
        let shown = said.content();
        prop_assert!(shown == Ok(Some(content)) || said.header.kind.is_known() && shown.is_err());
    }

    /// One flipped bit is refused or makes another statement: never the same id with another meaning.
    #[test]
    fn a_flipped_bit_is_refused_or_another_statement(
        header in arb_header(),
        content in arb_content(),
        at in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let said = say(ada(), header, &content);
        let body = said.body.as_ref().expect("a body").to_bytes();
        let mut parts = [said.header_bytes.clone(), body].concat();
        let at = at.index(parts.len());
        parts[at] ^= 1 << bit;
        let body = parts.split_off(said.header_bytes.len());
        if let Ok(other) = Statement::from_parts(owner(), ada(), parts, Item::Present(body)) {
            prop_assert_ne!(other.id, said.id);
        }
    }

    #[test]
    fn what_is_cut_short_or_has_a_tail_is_refused(header in arb_header(), content in arb_content(), cut in any::<prop::sample::Index>(), tail in any::<u8>()) {
        for (bytes, reads) in [
            (header.encode(), (|bytes| Header::decode(bytes).is_ok()) as fn(&[u8]) -> bool),
            (content.encode(), |bytes| Content::decode(bytes).is_ok()),
        ] {
            prop_assert!(reads(&bytes));
            prop_assert!(!reads(&bytes[..cut.index(bytes.len())]));
            prop_assert!(!reads(&[bytes, vec![tail]].concat()));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        let _ = Header::decode(&bytes);
        let _ = Content::decode(&bytes);
        if let Ok(said) = Statement::from_parts(owner(), ada(), bytes.clone(), Item::Present(bytes)) {
            let _ = crate::statement::check(&said);
        }
    }

    /// Noise that begins like a map of small keys gets further into the decoders than noise does.
    #[test]
    fn damaged_maps_are_read_or_refused(header in arb_header(), content in arb_content(), hits in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let hit = |mut bytes: Vec<u8>| {
            for (at, value) in &hits {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            bytes
        };
        let _ = Header::decode(&hit(header.encode()));
        let _ = Content::decode(&hit(content.encode()));
    }
}

#[test]
fn the_smallest_header_reads_and_each_damage_to_it_is_refused() {
    assert!(header("a3 00 01 01 TARGET 06 00").is_ok());
    for (damage, bytes) in [
        ("no map", "83 00 01 01"),
        ("an indefinite map", "bf 00 01 01 TARGET 06 00 ff"),
        ("a key twice", "a4 00 01 00 01 01 TARGET 06 00"),
        ("keys that descend", "a3 00 01 06 00 01 TARGET"),
        ("a text key", "a4 00 01 01 TARGET 06 00 6161 00"),
        ("a longer head than needed", "a3 00 1801 01 TARGET 06 00"),
        ("no kind", "a2 01 TARGET 06 00"),
        ("no subject", "a2 00 01 06 00"),
        ("no day", "a2 00 01 01 TARGET"),
        ("target and fresh", "a4 00 01 01 TARGET 02 50 00000000000000000000000000000000 06 00"),
        ("target and occurrence", "a4 00 01 01 TARGET 03 82 TARGET 00 06 00"),
        ("a short target", "a3 00 01 01 41 00 06 00"),
        ("a short fresh", "a3 00 01 02 41 00 06 00"),
        ("an occurrence without a day", "a3 00 01 03 81 TARGET 06 00"),
        ("a kind beyond 16 bits", "a3 00 1a 00010000 01 TARGET 06 00"),
        ("a role beyond 16 bits", "a4 00 01 01 TARGET 04 82 1a 00010000 TARGET 06 00"),
        ("a ref without an id", "a4 00 01 01 TARGET 04 81 01 06 00"),
        ("a day before 1970", "a3 00 01 01 TARGET 06 20"),
        ("a day after 2199", "a3 00 01 01 TARGET 06 1a 00014826"),
        ("a length beyond the bytes", "a4 00 01 01 TARGET 05 9b 1000000000000000 06 00"),
        ("an unknown key with a length beyond the bytes", "a4 00 01 01 TARGET 06 00 07 5b ffffffffffffffff"),
        ("an unknown key with an indefinite string", "a4 00 01 01 TARGET 06 00 07 7f 6161 ff"),
        ("an unknown key holding a map with a key twice", "a4 00 01 01 TARGET 06 00 07 a2 01 00 01 00"),
    ] {
        assert!(header(bytes).is_err(), "{damage}");
    }
    assert!(header("a3 00 01 01 TARGET 06 1a 00014825").is_ok(), "the last day of 2199");
    assert!(header("a4 00 01 01 TARGET 06 00 07 a2 01 00 02 f5").is_ok(), "an unknown key holding a map");
    assert!(header("a3 00 19 ffff 01 TARGET 06 00").is_ok_and(|header| !header.kind.is_known()), "an unknown kind");
}

#[test]
fn unknown_keys_nest_sixteen_deep_and_no_deeper() {
    // The header's own map is the first level.
    let nested = |depth: usize| format!("a4 00 01 01 TARGET 06 00 07 {} 00", "81".repeat(depth - 1));
    assert!(header(&nested(16)).is_ok());
    assert!(header(&nested(17)).is_err());
    assert!(header(&nested(4_000)).is_err());
    let content = |depth: usize| Content::decode(&hex(&format!("a1 18 63 {} 00", "81".repeat(depth - 1)))).is_ok();
    assert!(content(16) && !content(17) && !content(4_000));
}

/// A content of so many bytes, more than 65,536, under a key that nobody knows.
fn padded_content(bytes: usize) -> Vec<u8> {
    let pad = bytes - 7;
    hex(&format!("a1 0a 5a {pad:08x} {}", "00".repeat(pad)))
}

#[test]
fn lists_and_lengths_have_their_bounds() {
    let long = |refs: usize, over: usize| {
        let header = Header::new(Kind::PROPOSE, Subject::Target(EntryId([0; 32])), day(0));
        let header = (0..refs).fold(header, |header, at| header.naming(Role::PARENT, id(&at.to_string())));
        Header::decode(&header.over((0..over).map(|at| id(&at.to_string()))).encode())
    };
    assert!(long(64, 64).is_ok());
    assert!(long(65, 0).is_err() && long(0, 65).is_err());
    let padded = |bytes: usize| {
        let pad = format!("59 {bytes:04x} {}", "00".repeat(bytes));
        header(&format!("a4 00 01 01 TARGET 06 00 07 {pad}"))
    };
    assert!(padded(8_000).is_ok());
    assert!(padded(8_192).is_err());

    let body = |bytes: usize| Body::from_bytes(&vec![0; bytes]).is_ok();
    assert!(body(32) && !body(31));
    let read = |bytes: usize| {
        let body = Body { nonce: [0; 32], content: padded_content(bytes - 32) };
        crate::statement::read(&owner(), Kind(900), &body).map(drop)
    };
    assert_eq!(read(128 * 1024), Ok(()));
    assert_eq!(read(128 * 1024 + 1), Err(crate::statement::Refusal::TooLarge));

    let many = |count: u32| {
        let fields = (0..count).map(|number| (number, Value::Bool(true))).collect();
        Content::decode(&Content { fields: Some(fields), ..Content::default() }.encode()).is_ok()
    };
    assert!(many(256) && !many(257));
}

#[test]
fn values_are_of_the_four_types_only() {
    let field = |value: &str| Content::decode(&hex(&format!("a1 02 a1 01 {value}"))).is_ok();
    for sound in ["6161", "05", "1b ffffffffffffffff", "f5", "80", "82 6161 6162"] {
        assert!(field(sound), "{sound}");
    }
    for unsound in ["20", "f6", "f93c00", "4161", "a0", "8105", "8180", "c0 6161", "61ff"] {
        assert!(!field(unsound), "{unsound}");
    }
}

#[test]
fn words_and_ids_stay_out_of_logs() {
    let canary = "canary-word";
    let content = Content::of("agreement", 1, [(1, Value::Text(canary.to_owned()))].into());
    let said = say(ada(), Header::new(Kind::CREATE, Subject::Fresh([1; 16]), day(0)), &content);
    let shown = format!("{said:?} {content:?} {:?}", content.fields);
    assert!(!shown.contains(canary) && !shown.contains(&ada().to_string()));
    // The same search finds it where it is meant to be.
    assert!(String::from_utf8_lossy(&said.body.expect("a body").content).contains(canary));
}
