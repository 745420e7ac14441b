//! What statements are: their bytes, their checks, their sets.

mod checks;
mod format;
mod sets;
mod vectors;

use super::{Body, Content, Header, Kind, Ref, Role, Statement, Subject, Value, normalise};
use crate::id::{Day, DeviceId, EntryId, Incarnation, MemberId, OwnerId, SeriesId, SpaceId, StatementId, hash};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

/// An id-like value by name.
fn seed(name: &str) -> [u8; 32] {
    hash(&[b"test", name.as_bytes()])
}

fn space() -> SpaceId {
    SpaceId(seed("space"))
}

fn owner() -> OwnerId {
    space().into()
}

fn ada() -> MemberId {
    MemberId(seed("ada"))
}

fn ben() -> MemberId {
    MemberId(seed("ben"))
}

fn day(days: i64) -> Day {
    Day::new(days).expect("a day of ours")
}

fn id(name: &str) -> StatementId {
    StatementId(seed(name))
}

fn say(member: MemberId, header: Header, content: &Content) -> Statement {
    let nonce = hash(&[&member.0, &header.encode(), &content.encode()]);
    Statement::author(owner(), member, header, Body { nonce, content: content.encode() })
}

fn arb_subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(|id| Subject::Target(EntryId(id))),
        any::<[u8; 16]>().prop_map(Subject::Fresh),
        (any::<[u8; 32]>(), 0..=84_005i64)
            .prop_map(|(series, at)| Subject::Occurrence { series: SeriesId(series), day: day(at) }),
    ]
}

fn arb_header() -> impl Strategy<Value = Header> {
    let one = (any::<u16>(), any::<[u8; 32]>()).prop_map(|(role, id)| Ref { role: Role(role), id: StatementId(id) });
    let over = vec(any::<[u8; 32]>().prop_map(StatementId), 0..=64);
    (any::<u16>(), arb_subject(), vec(one, 0..=64), over, 0..=84_005i64)
        .prop_map(|(kind, subject, refs, over, at)| Header { kind: Kind(kind), subject, refs, over, day: day(at) })
}

fn arb_text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| normalise(&text))
}

fn arb_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        arb_text().prop_map(Value::Text),
        any::<u64>().prop_map(Value::Uint),
        any::<bool>().prop_map(Value::Bool),
        vec(arb_text(), 0..4).prop_map(Value::List),
    ]
}

fn arb_content() -> impl Strategy<Value = Content> {
    let bytes = || option::of(vec(any::<u8>(), 0..80));
    let stretch = (any::<[u8; 32]>(), any::<[u8; 8]>(), any::<u64>(), any::<u64>());
    let missing = vec(stretch.prop_map(|(d, i, from, to)| (DeviceId(d), Incarnation(i), from, to)), 0..4);
    let said =
        (option::of(arb_text()), option::of(any::<u32>()), option::of(btree_map(any::<u32>(), arb_value(), 0..6)));
    let kept = (bytes(), bytes(), option::of(missing), option::of(any::<[u8; 32]>()), option::of(any::<[u8; 32]>()));
    (said, option::of(arb_text()), kept, option::of(arb_text())).prop_map(
        |((practice, version, fields), text, (commitment, roster, missing, space, transcript), act)| Content {
            practice,
            version,
            fields,
            text,
            commitment,
            roster,
            missing,
            space: space.map(SpaceId),
            transcript,
            act,
        },
    )
}
