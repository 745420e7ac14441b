//! A member who signs whatever they like with a modified app. I3: nothing they say alters the other's registers, and nothing they
//! say makes the other's phones disagree.

use super::reference;
use super::world::{World, agreement};
use super::*;
use crate::statement::{Kind, Ref, Role, Subject};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

/// Random statements by Ben: any kind, naming anything that was said, anything that was not, in any role.
#[expect(clippy::type_complexity, reason = "a strategy of the parts of a forgery")]
fn forgeries() -> impl Strategy<Value = Vec<(u16, Vec<(u16, Index)>, Vec<Index>, bool)>> {
    let named = (1..=8u16, any::<Index>());
    vec((1..=20u16, vec(named, 0..4), vec(any::<Index>(), 0..4), any::<bool>()), 1..12)
}

fn forge(set: &StatementSet, target: EntryId, forgery: &(u16, Vec<(u16, Index)>, Vec<Index>, bool)) -> Statement {
    let (kind, refs, over, present) = forgery;
    let mut ids: Vec<StatementId> = set.iter().map(|said| said.id).collect();
    ids.extend([StatementId([0; 32]), StatementId([0xFF; 32]), StatementId(target.0)]);
    let pick = |index: &Index| ids[index.index(ids.len())];
    let mut header = Header::new(Kind(*kind), Subject::Target(target), day(3)).over(over.iter().map(pick));
    header.refs = refs.iter().map(|(role, index)| Ref { role: Role(*role), id: pick(index) }).collect();
    let content = match Kind(*kind) {
        Kind::CREATE | Kind::EDIT | Kind::PROPOSE => words("forged"),
        Kind::COMMENT => Content::text("forged"),
        _ => Content::default(),
    };
    let said = Statement::author(owner(), ben(), header, Body { nonce: nonce(), content: content.encode() });
    if *present { said } else { bare(&said) }
}

fn ada_stands(set: &StatementSet) -> BTreeSet<StatementId> {
    reference::revisions(set).into_iter().filter(|r| reference::stands(set, ada(), r)).collect()
}

proptest! {
    #![proptest_config(cases(200))]

    /// Forged statements are even let past the check of statements here: the shapes must not rely on it.
    #[test]
    fn i3_no_statement_alters_the_others_registers(forgeries in forgeries(), acts in vec(0..6u8, 0..8)) {
        let (mut world, r1) = World::proposed(1);
        // Some honest history of Ada's, Ben's answers in between.
        for act in acts {
            let _ = match act {
                0 => world.phones[0].try_propose("more", None),
                1 => world.phones[1].try_consent(None),
                2 => world.phones[0].try_withdraw(None),
                3 => world.phones[0].try_withdraw(Some(&r1)),
                4 => world.phones[0].try_redact(),
                _ => world.phones[0].try_consent(None),
            };
            world.heal();
        }
        let before = ada_stands(&world.phones[0].set);
        let mut set = world.phones[0].set.clone();
        for forgery in &forgeries {
            let forged = forge(&set, world.target, forgery);
            set.insert(forged);
            let view = agreement(&set, ada()).view(|_| false);
            let standing: BTreeSet<StatementId> = view
                .revisions
                .iter()
                .filter(|shown| shown.consents.iter().any(|consent| consent.member == ada()))
                .map(|shown| shown.hash)
                .collect();
            prop_assert_eq!(&standing, &before, "I3");
            prop_assert_eq!(&ada_stands(&set), &before, "I3");
            // I1: nothing is in force that Ada does not stand on.
            prop_assert!(view.in_force.is_none_or(|in_force| before.contains(&in_force)));
            prop_assert_eq!(view.state, reference::outcome(&set).state);
            prop_assert_eq!(agreement(&set, ben()).view(|_| false), view, "I2");
        }
    }
}

/// A parent that is no proposal, or that nobody knows, never becomes an ancestor: what builds on it stays pending.
#[test]
fn a_parent_must_be_a_proposal_of_this_agreement() {
    let (world, r1) = World::agreed();
    let set = &world.phones[0].set;
    let consent = set.of_kind(Kind::CONSENT).next().expect("there").id;
    for (parent, pending) in [(r1, false), (consent, true), (StatementId([5; 32]), true)] {
        let header = Header::new(Kind::PROPOSE, Subject::Target(world.target), day(1)).naming(Role::PARENT, parent);
        let child = author(ben(), header, &words("child"));
        let mut set = set.clone();
        set.insert(child.clone());
        let grandchild =
            Header::new(Kind::PROPOSE, Subject::Target(world.target), day(1)).naming(Role::PARENT, child.id);
        let grandchild = author(ben(), grandchild, &words("grandchild"));
        set.insert(grandchild.clone());
        let view = agreement(&set, ada()).view(|_| false);
        for id in [child.id, grandchild.id] {
            assert_eq!(view.revisions.iter().find(|r| r.hash == id).expect("shown").pending, pending);
        }
        let consented = agreement(&set, ada()).consent(world.target, day(1), Some(&grandchild.id));
        assert_eq!(consented.is_ok(), !pending);
        assert_eq!(view.in_force, Some(r1));
    }
}

/// A consent that names another's withdrawal in `over` does not answer it, nor one that reaches it through another's statement.
#[test]
fn nobody_answers_anothers_withdrawal() {
    let (mut world, r1) = World::agreed();
    let withdrawal = world.phones[0].withdraw(r1);
    world.heal();
    let subject = Subject::Target(world.target);
    let bens = author(
        ben(),
        Header::new(Kind::CONSENT, subject, day(1)).naming(Role::SUBJECT, r1).over([withdrawal]),
        &Content::default(),
    );
    // Ada's own old phone consents without knowing of the withdrawal, through a statement of Ben's that names it.
    let adas = author(
        ada(),
        Header::new(Kind::CONSENT, subject, day(1)).naming(Role::SUBJECT, r1).over([bens.id]),
        &Content::default(),
    );
    world.phones[1].set.insert(bens);
    world.phones[1].set.insert(adas);
    assert_eq!(world.healed().in_force, None);
    // The control: one that does name it counts.
    world.phones[0].consent(r1);
    assert_eq!(world.healed().in_force, Some(r1));
}

/// Withdrawing something unknown withdraws nothing else: only a withdrawal that names nothing means the whole.
#[test]
fn a_withdrawal_of_junk_covers_nothing() {
    let (mut world, r1) = World::agreed();
    let junk =
        Header::new(Kind::WITHDRAW, Subject::Target(world.target), day(1)).naming(Role::SUBJECT, StatementId([4; 32]));
    world.phones[1].set.insert(author(ben(), junk, &Content::default()));
    assert_eq!(world.healed().in_force, Some(r1));
    world.phones[1].set.insert(author(
        ben(),
        Header::new(Kind::WITHDRAW, Subject::Target(world.target), day(1)),
        &Content::default(),
    ));
    assert_eq!(world.healed().in_force, None);
}

/// One who is no party to the agreement says nothing, whatever they sign.
#[test]
fn a_stranger_says_nothing() {
    let (mut world, r1) = World::proposed(1);
    let stranger = MemberId(hash(&[b"stranger"]));
    let subject = Subject::Target(world.target);
    for header in [
        Header::new(Kind::CONSENT, subject, day(1)).naming(Role::SUBJECT, r1),
        Header::new(Kind::WITHDRAW, subject, day(1)),
        Header::new(Kind::RETIRE, subject, day(1)),
    ] {
        world.phones[0].set.insert(author(stranger, header, &Content::default()));
    }
    let view = world.healed();
    assert_eq!((view.in_force, view.state), (None, crate::shape::revisions::AgreementState::Proposed));
    assert!(view.withdrawn.is_empty());
}
