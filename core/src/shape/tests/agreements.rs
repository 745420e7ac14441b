//! Random histories of an agreement on phones that each know a part, against the literal rules.

use super::reference::{self, Outcome};
use super::world::{World, agreement};
use super::*;
use crate::statement::Kind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
pub(super) enum Act {
    Propose(Option<Vec<Index>>),
    Consent(Option<Index>),
    Decline(Option<Index>),
    Comment,
    Withdraw(Option<Index>),
    Retire,
    Redact,
    /// Part of what the other phone has arrives.
    Hear(Index, u64),
}

pub(super) fn acts() -> impl Strategy<Value = Vec<(Index, Act)>> {
    let revision = || any::<Option<Index>>();
    let act = prop_oneof![
        4 => prop::option::of(vec(any::<Index>(), 0..3)).prop_map(Act::Propose),
        6 => revision().prop_map(Act::Consent),
        1 => revision().prop_map(Act::Decline),
        1 => Just(Act::Comment),
        3 => revision().prop_map(Act::Withdraw),
        1 => Just(Act::Retire),
        1 => Just(Act::Redact),
        6 => (any::<Index>(), any::<u64>()).prop_map(|(from, mask)| Act::Hear(from, mask)),
        6 => any::<Index>().prop_map(|from| Act::Hear(from, u64::MAX)),
    ];
    vec((any::<Index>(), act), 1..40)
}

fn pick(set: &StatementSet, index: &Index) -> StatementId {
    let all: Vec<StatementId> = reference::revisions(set).into_iter().collect();
    all[index.index(all.len())]
}

/// Lets a phone act; refusals are part of the rules.
pub(super) fn act(world: &mut World, phone: usize, act: &Act) {
    if let Act::Hear(from, mask) = act {
        let from = from.index(world.phones.len());
        world.deliver(from, phone, |at| mask & (1 << (at % 64)) != 0);
        return;
    }
    let phone = &mut world.phones[phone];
    let set = phone.set.clone();
    let chosen = |index: &Option<Index>| index.as_ref().map(|index| pick(&set, index));
    let _ = match act {
        Act::Propose(None) => phone.try_propose("words", None),
        Act::Propose(Some(parents)) => {
            let parents: Vec<StatementId> = parents.iter().map(|parent| pick(&set, parent)).collect();
            phone.try_propose("words", Some(&parents))
        }
        Act::Consent(revision) => phone.try_consent(chosen(revision).as_ref()),
        Act::Decline(revision) => phone.try_decline(chosen(revision).as_ref()),
        Act::Comment => phone.try_comment("hm", None),
        Act::Withdraw(revision) => phone.try_withdraw(chosen(revision).as_ref()),
        Act::Retire => Ok(phone.retire()),
        Act::Redact => phone.try_redact(),
        Act::Hear(..) => unreachable!("handled above"),
    };
}

pub(super) fn shown(set: &StatementSet, me: MemberId) -> Outcome {
    let view = agreement(set, me).view(|_| false);
    Outcome {
        in_force: view.in_force,
        crossed: view.crossed.into_iter().collect(),
        heads: view.heads.into_iter().collect(),
        needs_reconsent: view.needs_reconsent.into_iter().collect(),
        state: view.state,
    }
}

/// Who stands on what.
pub(super) fn registers(set: &StatementSet, member: MemberId) -> BTreeSet<StatementId> {
    reference::revisions(set).into_iter().filter(|revision| reference::stands(set, member, revision)).collect()
}

/// The invariants that hold on any phone at any time.
fn check_view(set: &StatementSet, me: MemberId) {
    let view = agreement(set, me).view(|_| false);
    // I1: in force, then two signatures over one hash, both standing.
    if let Some(in_force) = view.in_force {
        assert!([ada(), ben()].iter().all(|member| reference::stands(set, *member, &in_force)), "I1");
    }
    for revision in &view.revisions {
        // I6: no text that no proposal contains; I4: what is shown hashes to what was agreed.
        let said = set.get(&revision.hash).expect("I6: a revision is a proposal");
        assert_eq!(said.header.kind, Kind::PROPOSE, "I6");
        if let Some(fields) = &revision.fields {
            let body = said.body.as_ref().expect("I4: shown words are the statement's own");
            assert_eq!(body.hash(&said.owner, &said.member, Kind::PROPOSE, &said.target), said.body_hash, "I4");
            assert_eq!(body.content().expect("sound").fields.as_ref(), Some(fields), "I4");
        }
        let consents: BTreeSet<MemberId> = revision.consents.iter().map(|consent| consent.member).collect();
        for member in [ada(), ben()] {
            assert_eq!(consents.contains(&member), reference::stands(set, member, &revision.hash), "who stands");
        }
    }
}

/// I5: withdrawing is possible in every state, works at once, and never puts older words back in force.
fn check_withdrawing(world: &World, phone: usize) {
    let before = world.view(phone);
    let mut choices: Vec<Option<StatementId>> = before.revisions.iter().map(|revision| Some(revision.hash)).collect();
    choices.push(None);
    for choice in choices {
        let phone = &world.phones[phone];
        let headers = phone.agreement().withdraw(world.target, day(2), choice.as_ref()).expect("I5");
        let mut set = phone.set.clone();
        headers.into_iter().for_each(|header| set.insert(author(phone.me, header, &Content::default())));
        let standing = registers(&set, phone.me);
        match choice {
            None => assert!(standing.is_empty(), "I5"),
            Some(revision) => assert!(!standing.contains(&revision), "I5"),
        }
        let after = agreement(&set, phone.me).view(|_| false).in_force;
        assert!(choice.is_some() || after.is_none(), "I5");
        if let (Some(after), Some(before)) = (after, before.in_force) {
            assert!(!reference::ancestors(&set, &before).0.contains(&after), "older words are back in force");
        }
    }
}

proptest! {
    #![proptest_config(cases(160))]

    /// I1–I7 and G1–G7: whatever two members with two phones each do on partial knowledge, every phone derives what the literal
    /// rules say of what it knows, and once everything is heard all say the same.
    #[test]
    fn histories_follow_the_rules(history in acts()) {
        let (mut world, _) = World::proposed(2);
        for (phone, what) in &history {
            let at = phone.index(world.phones.len());
            let (me, before) = (world.phones[at].me, world.phones[at].set.clone());
            act(&mut world, at, what);
            let after = &world.phones[at].set;
            prop_assert_eq!(shown(after, me), reference::outcome(after));
            check_view(after, me);
            if !matches!(what, Act::Hear(..)) {
                // I3: no act of one alters the other's registers.
                let other = parties(me).partner;
                prop_assert_eq!(registers(after, other), registers(&before, other), "I3");
                // Nor does any one act put older words back in force.
                let was = reference::outcome(&before).in_force;
                let is = reference::outcome(after).in_force;
                if let (Some(was), Some(is)) = (was, is) {
                    prop_assert!(!reference::ancestors(after, &was).0.contains(&is));
                }
            }
        }
        check_withdrawing(&world, 0);
        check_withdrawing(&world, 3);
        let view = world.healed();
        prop_assert_eq!(shown(&world.phones[0].set, ben()), reference::outcome(&world.phones[0].set));
        // I7: hearing it all again, backwards, changes nothing.
        let said: Vec<Statement> = world.phones[0].set.iter().cloned().collect();
        let mut again = StatementSet::default();
        for said in said.iter().rev().chain(&said) {
            again.insert(said.clone());
        }
        prop_assert_eq!(agreement(&again, ada()).view(|_| false), view);
    }
}

/// A thousand revisions, competing and agreed, are derived in a time that nobody notices.
#[test]
fn a_thousand_revisions_are_no_burden() {
    let mut set = StatementSet::default();
    let subject = crate::statement::Subject::Target(EntryId([3; 32]));
    let mut layer: Vec<StatementId> = Vec::new();
    for depth in 0..250 {
        let mut next = Vec::new();
        for width in 0..4 {
            // Each revision names all of the layer before: 4^250 paths.
            let header = Header::new(Kind::PROPOSE, subject, day(1));
            let header =
                layer.iter().fold(header, |header, parent| header.naming(crate::statement::Role::PARENT, *parent));
            let said = author(if width % 2 == 0 { ada() } else { ben() }, header, &words(&format!("{depth} {width}")));
            let other = parties(said.member).partner;
            let consent = Header::new(Kind::CONSENT, subject, day(1)).naming(crate::statement::Role::SUBJECT, said.id);
            let withdraw =
                Header::new(Kind::WITHDRAW, subject, day(1)).naming(crate::statement::Role::SUBJECT, said.id);
            set.insert(author(other, withdraw, &Content::default()));
            let whole = author(other, Header::new(Kind::WITHDRAW, subject, day(1)), &Content::default());
            if depth % 50 == 0 && width == 0 {
                set.insert(whole);
            }
            set.insert(author(other, consent, &Content::default()));
            next.push(said.id);
            set.insert(said);
        }
        layer = next;
    }
    // An exponential walk would never end.
    let view = agreement(&set, ada()).view(|_| false);
    // Ben withdrew from the whole, so only Ada's two newest have somebody who stands on them.
    assert_eq!((view.revisions.len(), view.heads.len()), (1_000, 2));
    let acts = agreement(&set, ada());
    acts.propose(EntryId([3; 32]), day(1), Some(&layer)).expect("possible");
    acts.withdraw(EntryId([3; 32]), day(1), None).expect("possible");
    acts.consent(EntryId([3; 32]), day(1), layer.iter().find(|id| set.get(id).is_some_and(|s| s.member == ben())))
        .expect("possible");
}
