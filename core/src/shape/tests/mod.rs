//! The shapes' rules by name, and as properties of random histories on phones that each know a part.

mod acts;
mod adversary;
mod agreements;
mod alternatives;
mod ask_tables;
mod asks;
mod asks_hostile;
mod cases;
mod lists;
mod marks;
mod own_entries;
mod phones;
mod reference;
mod registers;
mod sealed;
mod sealed_cases;
mod series_rules;
mod series_schedules;
mod settings;
mod sides;
mod states;
mod versions;
mod world;

use crate::id::{Day, EntryId, MemberId, OwnerId, SeriesId, SpaceId, StatementId, hash};
use crate::shape::revisions::Parties;
use crate::statement::{Body, Content, Header, Statement, StatementSet, Value, check};
use std::cell::Cell;

/// So many random cases, or as many as `PROPTEST_CASES` asks for.
fn cases(count: u32) -> proptest::test_runner::Config {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => proptest::test_runner::Config::default(),
        None => proptest::test_runner::Config::with_cases(count),
    }
}

thread_local! {
    static NONCES: Cell<u64> = const { Cell::new(0) };
}

/// A nonce that no other statement of this test has.
fn nonce() -> [u8; 32] {
    NONCES.with(|next| {
        next.set(next.get() + 1);
        hash(&[b"nonce", &next.get().to_be_bytes()])
    })
}

/// Starts over, so that a failing history fails again: ids decide many an order.
fn rewind() {
    NONCES.with(|next| next.set(0));
}

fn ada() -> MemberId {
    MemberId(hash(&[b"ada"]))
}

fn ben() -> MemberId {
    MemberId(hash(&[b"ben"]))
}

fn owner() -> OwnerId {
    SpaceId(hash(&[b"space"])).into()
}

fn series() -> SeriesId {
    SeriesId::built_in(&owner(), "check_in")
}

fn parties(me: MemberId) -> Parties {
    Parties { me, partner: if me == ada() { ben() } else { ada() } }
}

fn day(days: i64) -> Day {
    Day::new(days).expect("a day of ours")
}

fn words(text: &str) -> Content {
    Content::of("agreement", 1, [(1, Value::Text(text.to_owned()))].into())
}

/// A statement that any phone would take: it is sound and its header can be read.
fn author(member: MemberId, header: Header, content: &Content) -> Statement {
    author_body(member, header, Body { nonce: nonce(), content: content.encode() })
}

fn author_body(member: MemberId, header: Header, body: Body) -> Statement {
    assert_eq!(Header::decode(&header.encode()), Ok(header.clone()), "every drafted header can be read");
    let said = Statement::author(owner(), member, header, body);
    assert_eq!(check(&said), Ok(()), "every drafted statement is sound");
    said
}

/// The statement as it is kept once its words were dropped.
fn bare(said: &Statement) -> Statement {
    Statement { body: None, ..said.clone() }
}

/// What a phone does with a redaction it knows: the words are gone.
fn forget(set: &mut StatementSet) {
    let gone: Vec<StatementId> = set.to_forget().map(|said| said.id).collect();
    if !gone.is_empty() {
        let mut kept = StatementSet::default();
        set.iter().for_each(|said| kept.insert(if gone.contains(&said.id) { bare(said) } else { said.clone() }));
        *set = kept;
    }
}
