//! Arbitrary messages survive the wire, whatever later versions add and however the bytes are cut.

use amends_protocol::*;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::vectors::item_of;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..300)
}

fn box_id() -> impl Strategy<Value = BoxId> {
    any::<[u8; 32]>().prop_map(BoxId)
}

fn rendezvous() -> impl Strategy<Value = RendezvousId> {
    any::<[u8; 16]>().prop_map(RendezvousId)
}

fn hashes<T: From<[u8; 32]> + std::fmt::Debug>() -> impl Strategy<Value = Vec<T>> {
    vec(any::<[u8; 32]>().prop_map(T::from), 0..5)
}

fn records() -> impl Strategy<Value = Vec<StoredRecord>> {
    vec((any::<u64>(), bytes()).prop_map(|(cursor, record)| StoredRecord { cursor: Cursor(cursor), record }), 0..5)
}

fn packs() -> impl Strategy<Value = Vec<Pack>> {
    let pack = (any::<[u8; 32]>(), bytes(), hashes());
    vec(pack.prop_map(|(id, manifest, chunks)| Pack { id: PackId(id), manifest, chunks }), 0..4)
}

fn request() -> impl Strategy<Value = Request> {
    let step = prop::sample::select(RendezvousStep::ALL.as_slice());
    prop_oneof![
        (box_id(), any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(box_id, left, right)| {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&left);
            signature[32..].copy_from_slice(&right);
            Request::OpenBox { box_id, signature }
        }),
        (box_id(), bytes()).prop_map(|(box_id, record)| Request::Append { box_id, record }),
        (box_id(), any::<u64>(), any::<u32>()).prop_map(|(box_id, after, limit)| Request::Read {
            box_id,
            after: Cursor(after),
            limit
        }),
        (box_id(), any::<u64>()).prop_map(|(box_id, after)| Request::Subscribe { box_id, after: Cursor(after) }),
        box_id().prop_map(|box_id| Request::Unsubscribe { box_id }),
        (box_id(), bytes()).prop_map(|(box_id, chunk)| Request::PutChunk { box_id, chunk }),
        (box_id(), any::<[u8; 32]>()).prop_map(|(box_id, hash)| Request::GetChunk { box_id, hash: ChunkHash(hash) }),
        (box_id(), bytes(), hashes(), hashes()).prop_map(|(box_id, manifest, chunks, replaces)| {
            Request::PutPack { box_id, manifest, chunks, replaces }
        }),
        box_id().prop_map(|box_id| Request::Packs { box_id }),
        (box_id(), hashes()).prop_map(|(box_id, records)| Request::Trim { box_id, records }),
        (box_id(), hashes()).prop_map(|(box_id, records)| Request::Restore { box_id, records }),
        box_id().prop_map(|box_id| Request::DeleteBox { box_id }),
        (rendezvous(), step.clone(), bytes())
            .prop_map(|(rendezvous, step, body)| { Request::RendezvousPut { rendezvous, step, body } }),
        (rendezvous(), step).prop_map(|(rendezvous, step)| Request::RendezvousGet { rendezvous, step }),
        Just(Request::Ping),
    ]
}

fn error() -> impl Strategy<Value = RelayError> {
    (any::<u16>(), any::<Option<u32>>(), any::<Option<u64>>()).prop_map(|(number, retry_after_s, limit)| RelayError {
        code: ErrorCode::from_number(number),
        retry_after_s,
        limit,
    })
}

fn response() -> impl Strategy<Value = Response> {
    prop_oneof![
        (any::<[u8; 16]>(), any::<u64>(), any::<u64>(), any::<u32>()).prop_map(|(generation, first, last, packs)| {
            Response::BoxOpened { generation: Generation(generation), first: Cursor(first), last: Cursor(last), packs }
        }),
        (any::<u64>(), any::<bool>())
            .prop_map(|(cursor, duplicate)| Response::Appended { cursor: Cursor(cursor), duplicate }),
        (records(), any::<bool>()).prop_map(|(records, more)| Response::Records { records, more }),
        prop::sample::select(vec![
            Response::Subscribed,
            Response::Unsubscribed,
            Response::BoxDeleted,
            Response::RendezvousStored,
            Response::Pong
        ]),
        any::<[u8; 32]>().prop_map(|hash| Response::ChunkStored { hash: ChunkHash(hash) }),
        bytes().prop_map(|chunk| Response::Chunk { chunk }),
        any::<[u8; 32]>().prop_map(|pack| Response::PackStored { pack: PackId(pack) }),
        packs().prop_map(|packs| Response::PackList { packs }),
        any::<u32>().prop_map(|records| Response::Trimmed { records }),
        any::<u32>().prop_map(|records| Response::Restored { records }),
        bytes().prop_map(|body| Response::RendezvousBody { body }),
        error().prop_map(Response::Error),
    ]
}

fn push() -> impl Strategy<Value = Push> {
    prop_oneof![
        (box_id(), records()).prop_map(|(box_id, records)| Push::Records { box_id, records }),
        box_id().prop_map(|box_id| Push::Lagged { box_id }),
        rendezvous().prop_map(|rendezvous| Push::RendezvousBurned { rendezvous }),
        Just(Push::GoingAway),
    ]
}

fn to_relay() -> impl Strategy<Value = ToRelay> {
    (any::<u64>(), request()).prop_map(|(id, request)| ToRelay::Request(RequestId(id), request))
}

fn from_relay() -> impl Strategy<Value = FromRelay> {
    prop_oneof![
        (any::<u64>(), response()).prop_map(|(id, response)| FromRelay::Response(RequestId(id), response)),
        push().prop_map(FromRelay::Push),
    ]
}

/// The item with one more entry under an unknown key at its end.
fn with_unknown_key(item: &[u8], key: u8, value: &[u8]) -> Vec<u8> {
    let mut longer = item.to_vec();
    longer[0] += 1;
    longer.extend([24, key]);
    longer.extend_from_slice(value);
    longer
}

proptest! {
    #[test]
    fn requests_round_trip(message in to_relay()) {
        let frame = encode_frame(&message).unwrap();
        prop_assert_eq!(decode_item::<ToRelay>(&item_of(&frame)).unwrap(), message);
    }

    #[test]
    fn answers_round_trip(message in from_relay()) {
        let frame = encode_frame(&message).unwrap();
        prop_assert_eq!(decode_item::<FromRelay>(&item_of(&frame)).unwrap(), message);
    }

    #[test]
    fn unknown_keys_are_ignored(message in from_relay(), key in 24u8.., value in bytes()) {
        let item = item_of(&encode_frame(&message).unwrap());
        let mut encoded = vec![0x59];
        encoded.extend((value.len() as u16).to_be_bytes());
        encoded.extend(&value);
        let longer = with_unknown_key(&item, key, &encoded);
        prop_assert_eq!(decode_item::<FromRelay>(&longer).unwrap(), message);
    }

    #[test]
    fn unknown_values_of_any_kind_are_ignored(kind in 0usize..9) {
        let values: [&[u8]; 9] = [
            &[0x20], &[0xf6], &[0xf9, 0, 0], &[0xfa, 0, 0, 0, 0], &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xc1, 0x1a, 0, 0, 0, 0], &[0x62, 0x61, 0x62], &[0x82, 1, 0xa1, 1, 0x80], &[0xf8, 0xff],
        ];
        let ping = ToRelay::Request(RequestId(5), Request::Ping);
        let longer = with_unknown_key(&item_of(&encode_frame(&ping).unwrap()), 77, values[kind]);
        prop_assert_eq!(decode_item::<ToRelay>(&longer).unwrap(), ping);
    }

    #[test]
    fn frames_are_the_same_however_the_bytes_are_cut(
        messages in vec(to_relay(), 1..6),
        cuts in vec(1usize..97, 1..40),
    ) {
        let stream: Vec<u8> = messages.iter().flat_map(|message| encode_frame(message).unwrap()).collect();
        let mut decoder = FrameDecoder::new();
        let mut read = Vec::new();
        let mut rest = stream.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (mut piece, later) = rest.split_at((*cut).min(rest.len()));
            rest = later;
            while let Some(item) = decoder.next_frame(&mut piece).unwrap() {
                read.push(decode_item::<ToRelay>(&item).unwrap());
            }
        }
        prop_assert!(!decoder.is_mid_frame());
        prop_assert_eq!(read, messages);
    }

    #[test]
    fn noise_is_never_a_panic(noise in vec(any::<u8>(), 0..600)) {
        let _either = decode_item::<ToRelay>(&noise);
        let _either = decode_item::<FromRelay>(&noise);
        let mut input = noise.as_slice();
        let mut decoder = FrameDecoder::new();
        while let Ok(Some(_)) = decoder.next_frame(&mut input) {}
    }

    #[test]
    fn addresses_never_panic_and_have_one_spelling(text in "amends-relay://[a-z0-9.:\\[\\]-]{1,20}(:[0-9]{1,5})?/#[A-Za-z0-9_-]{42,44}") {
        if let Ok(address) = text.parse::<RelayAddress>() {
            prop_assert_eq!(address.to_string().parse::<RelayAddress>().unwrap(), address);
        }
    }
}
