//! Sets of statements: union, order, currency, redaction.

use super::*;
use crate::statement::{Item, StatementSet};

fn entry() -> Subject {
    Subject::Target(EntryId(seed("entry")))
}

fn words(text: &str) -> Content {
    Content::of("agreement", 1, [(1, Value::Text(text.to_owned()))].into())
}

fn bare(said: &Statement) -> Statement {
    let item = Item::Absent(said.body_hash);
    Statement::from_parts(said.owner, said.member, said.header_bytes.clone(), item).expect("sound")
}

fn set(statements: &[&Statement]) -> StatementSet {
    let mut set = StatementSet::default();
    statements.iter().for_each(|statement| set.insert((*statement).clone()));
    set
}

/// Statements that name earlier ones at random, by two members.
fn arb_history() -> impl Strategy<Value = Vec<Statement>> {
    let step = (
        any::<bool>(),
        1..=10u16,
        0..5i64,
        vec(any::<prop::sample::Index>(), 0..3),
        vec(any::<prop::sample::Index>(), 0..3),
    );
    vec(step, 0..24).prop_map(|steps| {
        let mut history: Vec<Statement> = Vec::new();
        for (at, (first, kind, claimed, refs, over)) in steps.into_iter().enumerate() {
            let name = |index: prop::sample::Index| match history.len() {
                0 => id("elsewhere"),
                count => history[index.index(count)].id,
            };
            let header = Header::new(Kind(kind), entry(), day(claimed)).over(over.into_iter().map(name));
            let header = refs.into_iter().fold(header, |header, index| header.naming(Role::SUBJECT, name(index)));
            history.push(say(if first { ada() } else { ben() }, header, &words(&at.to_string())));
        }
        history
    })
}

proptest! {
    /// I7: replay, duplication and reordering change nothing.
    #[test]
    fn i7_a_set_is_a_union(history in arb_history(), order in any::<prop::sample::Index>(), again in any::<prop::sample::Index>()) {
        let whole = set(&history.iter().collect::<Vec<_>>());
        let mut other: Vec<&Statement> = history.iter().rev().collect();
        if !other.is_empty() {
            let count = other.len();
            other.rotate_left(order.index(count));
            let again = other[again.index(count)];
            other.push(again);
        }
        let other = set(&other);
        prop_assert_eq!(&other, &whole);
        let ids = |set: &StatementSet| set.ordered().iter().map(|s| s.id).collect::<Vec<_>>();
        prop_assert_eq!(ids(&other), ids(&whole));
    }

    /// Bodies arrive when they arrive: in the end the set is the same.
    #[test]
    fn a_copy_with_a_body_completes_one_without(history in arb_history(), late in vec(any::<bool>(), 24)) {
        let whole = set(&history.iter().collect::<Vec<_>>());
        let mut other = StatementSet::default();
        for (said, late) in history.iter().zip(&late) {
            other.insert(if *late { bare(said) } else { said.clone() });
        }
        for (said, late) in history.iter().zip(&late).rev() {
            other.insert(if *late { said.clone() } else { bare(said) });
        }
        prop_assert_eq!(other, whole);
    }

    /// What is named comes before what names it; nothing is left out.
    #[test]
    fn views_order_by_what_names_what(history in arb_history()) {
        let set = set(&history.iter().collect::<Vec<_>>());
        let ordered = set.ordered();
        prop_assert_eq!(ordered.len(), set.len());
        let place = |id: StatementId| ordered.iter().position(|said| said.id == id);
        for said in &ordered {
            for named in said.header.refs.iter().map(|named| named.id).chain(said.header.over.iter().copied()) {
                prop_assert!(place(named).is_none_or(|before| Some(before) < place(said.id)));
            }
        }
    }

    /// The index answers as a search of the whole set does.
    #[test]
    fn current_and_redacted_are_what_a_search_finds(history in arb_history()) {
        let set = set(&history.iter().collect::<Vec<_>>());
        for said in set.iter() {
            let replaced = set.iter().any(|other| other.member == said.member && other.header.over.contains(&said.id));
            prop_assert_eq!(set.is_current(said), !replaced);
            let covered = set.iter().any(|other| {
                other.header.kind == Kind::REDACT && other.member == said.member && !said.header.over.contains(&other.id)
            });
            let both = said.header.kind == Kind::PROPOSE && set.iter().any(|other| {
                other.header.kind == Kind::CONSENT
                    && other.member != said.member
                    && other.header.named(Role::SUBJECT).any(|id| id == said.id)
            });
            prop_assert_eq!(set.is_redacted(said), covered && !both && !said.header.kind.is_wordless());
        }
    }
}

#[test]
fn concurrent_statements_order_by_claimed_day_then_id() {
    let at =
        |claimed: i64, text: &str| say(ada(), Header::new(Kind::COMMENT, entry(), day(claimed)), &Content::text(text));
    let (early, late) = (at(1, "early"), at(2, "late"));
    let reply =
        say(ben(), Header::new(Kind::COMMENT, entry(), day(0)).naming(Role::SAW, late.id), &Content::text("reply"));
    let mut same = [at(1, "one"), at(1, "two")];
    same.sort_by_key(|said| said.id);
    let set = set(&[&reply, &late, &same[1], &early, &same[0]]);
    let ids: Vec<_> = set.ordered().iter().map(|said| said.id).collect();
    let mut first = vec![early.id, same[0].id, same[1].id];
    first.sort_unstable();
    // The reply claims an earlier day than what it answers, and still follows it.
    assert_eq!(ids, [first, vec![late.id, reply.id]].concat());
}

#[test]
fn only_its_own_member_replaces_a_statement() {
    let first = say(ada(), Header::new(Kind::EDIT, entry(), day(1)), &words("mine"));
    let foreign = say(ben(), Header::new(Kind::EDIT, entry(), day(1)).over([first.id]), &words("not yours"));
    let both = set(&[&first, &foreign]);
    assert!(both.is_current(both.get(&first.id).expect("there")));
    let own = say(ada(), Header::new(Kind::EDIT, entry(), day(1)).over([first.id]), &words("mine, anew"));
    let three = set(&[&first, &foreign, &own]);
    assert!(!three.is_current(three.get(&first.id).expect("there")));
    assert_eq!(three.current(ada(), Kind::EDIT).map(|said| said.id).collect::<Vec<_>>(), [own.id]);
}

#[test]
fn a_redaction_covers_every_word_of_its_member_that_does_not_name_it() {
    let before = say(ada(), Header::new(Kind::EDIT, entry(), day(1)), &words("before"));
    let others = say(ben(), Header::new(Kind::COMMENT, entry(), day(1)), &Content::text("theirs"));
    let stance =
        say(ada(), Header::new(Kind::CONSENT, entry(), day(1)).naming(Role::SUBJECT, id("r")), &Content::default());
    let redact = say(ada(), Header::new(Kind::REDACT, entry(), day(2)), &Content::default());
    let aware = say(ada(), Header::new(Kind::EDIT, entry(), day(3)).over([before.id, redact.id]), &words("after"));
    let unaware = say(ada(), Header::new(Kind::EDIT, entry(), day(3)).over([aware.id]), &words("from an old phone"));
    let set = set(&[&before, &others, &stance, &redact, &aware, &unaware]);
    let redacted: Vec<_> = [&before, &others, &stance, &redact, &aware, &unaware]
        .map(|said| set.is_redacted(set.get(&said.id).expect("there")))
        .into();
    assert_eq!(redacted, [true, false, false, false, false, true]);
    assert_eq!(
        set.to_forget().map(|said| said.id).collect::<std::collections::BTreeSet<_>>(),
        [before.id, unaware.id].into()
    );
}

/// Taking words back takes no act back that said nothing in words; one that did goes with its words.
#[test]
fn a_redaction_covers_sides_and_the_acts_that_have_words() {
    let act = |fields: Option<Value>| {
        let fields = fields.map(|value| [(1, value)].into());
        say(ada(), Header::new(Kind::ACT, entry(), day(1)), &Content { fields, ..Content::act("talk", 1, "later") })
    };
    let side = say(ada(), Header::new(Kind::SIDE, entry(), day(1)), &words("my side"));
    let worded = [act(Some(Value::Text("because".into()))), act(Some(Value::List(vec!["a".into()]))), side];
    let silent = [act(None), act(Some(Value::Uint(3))), act(Some(Value::Bool(true))), act(Some(Value::List(vec![])))];
    // What a newer version put beside the code may be words.
    let newer = Body {
        nonce: [1; 32],
        content: [&[0xa4], &Content::act("talk", 1, "later").encode()[1..], b"\x0a\x61x"].concat(),
    };
    assert!(newer.content().is_ok());
    let newer = Statement::author(owner(), ada(), Header::new(Kind::ACT, entry(), day(1)), newer);
    let redact = say(ada(), Header::new(Kind::REDACT, entry(), day(2)), &Content::default());
    let all: Vec<&Statement> = worded.iter().chain(&silent).chain([&newer, &redact]).collect();
    let set = set(&all);
    assert!(worded.iter().chain([&newer]).all(|said| set.is_redacted(said)));
    assert!(!silent.iter().any(|said| set.is_redacted(said)));
    // Without its body nobody can tell, and there is nothing left to keep.
    assert!(set.is_redacted(&bare(&silent[0])));
    let theirs = say(ben(), Header::new(Kind::SIDE, entry(), day(1)), &words("theirs"));
    assert!(!set.is_redacted(&theirs));
}

#[test]
fn half_agreed_words_belong_to_both() {
    let proposal = say(ada(), Header::new(Kind::PROPOSE, entry(), day(1)), &words("ours"));
    let redact = say(ada(), Header::new(Kind::REDACT, entry(), day(2)), &Content::default());
    let consent = |member| {
        say(member, Header::new(Kind::CONSENT, entry(), day(1)).naming(Role::SUBJECT, proposal.id), &Content::default())
    };
    let redacted = |set: StatementSet| set.is_redacted(set.get(&proposal.id).expect("there"));
    assert!(redacted(set(&[&proposal, &redact])));
    assert!(redacted(set(&[&proposal, &redact, &consent(ada())])), "one's own consent makes nothing common");
    assert!(!redacted(set(&[&proposal, &redact, &consent(ben())])));
}
