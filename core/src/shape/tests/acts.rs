//! What one may do with an agreement, and what each act brings with it.

use super::cases::{A, B, both, competing, consents};
use super::world::{EMPTY, World, agreement};
use super::*;
use crate::shape::RuleError;
use crate::shape::revisions::AgreementState as State;
use crate::statement::{Kind, Role, Subject};

/// Withdrawing from the text in force never puts older words back: it includes them, also those that another phone of one's own is
/// consenting to right now.
#[test]
fn withdrawing_never_brings_older_words_back() {
    let (mut world, r1) = World::agreed();
    let r2 = world.phones[A].propose("second");
    world.heal();
    world.phones[B].consent(r2);
    world.heal();
    // A second phone of Ben's that has been away since R1, and agrees to it now.
    let mut away = StatementSet::default();
    away.insert(world.phones[B].set.get(&r1).expect("there").clone());
    let old = agreement(&away, ben()).consent(world.target, day(1), Some(&r1)).expect("possible there");
    world.phones[B].withdraw(r2);
    let late = author(ben(), old.into_iter().next().expect("one"), &EMPTY);
    world.phones[B].set.insert(late);
    let view = world.healed();
    assert_eq!((view.in_force, view.state), (None, State::Withdrawn));
    assert!(consents(&view, r1) == [ada()] && consents(&view, r2) == [ada()]);
}

/// Withdrawing from the newest of a hundred agreed texts takes two statements and leaves none in force.
#[test]
fn withdrawing_from_a_long_history_takes_as_many_statements_as_it_needs() {
    let (mut world, _) = World::agreed();
    for at in 0..100 {
        let next = world.phones[A].propose(&at.to_string());
        world.heal();
        world.phones[B].consent(next);
        world.heal();
    }
    let newest = world.view(A).in_force.expect("agreed");
    let headers = world.phones[A].agreement().withdraw(world.target, day(1), Some(&newest)).expect("always possible");
    assert_eq!(headers.len(), 2);
    // The newest come first, should only a part arrive.
    assert_eq!(headers[0].named(Role::SUBJECT).next(), Some(newest));
    world.phones[A].say(headers, &EMPTY);
    assert_eq!(world.healed().in_force, None);
}

/// Agreeing and withdrawing a hundred times over stays possible: later stances stand for the earlier ones they answered.
#[test]
fn changing_ones_mind_has_no_limit() {
    for whole in [false, true] {
        let (mut world, r1) = World::proposed(1);
        for _ in 0..100 {
            world.phones[B].consent(r1);
            assert_eq!(world.view(B).in_force, Some(r1));
            world.phones[B].try_withdraw(Some(&r1).filter(|_| !whole)).expect("always possible");
            assert_eq!(world.view(B).in_force, None);
        }
        world.phones[B].consent(r1);
        assert_eq!(world.healed().in_force, Some(r1));
    }
}

/// Proposing over one's own unagreed text withdraws from it; amending text in force keeps it.
#[test]
fn a_new_proposal_withdraws_ones_own_unagreed_text_only() {
    let (mut world, r1) = World::agreed();
    let r2 = world.phones[A].propose("second");
    let r3 = world.phones[A].propose("third");
    let view = world.healed();
    assert_eq!(view.revisions.iter().find(|r| r.hash == r3).expect("there").parents, [r2], "by default one's own head");
    assert_eq!((consents(&view, r1), consents(&view, r2), consents(&view, r3)), (both(), vec![], vec![ada()]));
}

/// Someone who withdrew from the whole agreement is asked again by a proposal made knowing of it; one made in ignorance does not
/// count as an answer.
#[test]
fn a_proposal_that_knows_of_a_withdrawal_is_a_new_one() {
    let (mut world, _) = World::agreed();
    world.phones[B].try_withdraw(None).expect("always possible");
    let unaware = world.phones[A].propose("unaware");
    let view = world.healed();
    assert_eq!((view.state, view.heads.clone()), (State::Withdrawn, vec![unaware]));
    let aware = world.phones[A].propose("aware");
    let view = world.healed();
    assert_eq!((view.state, view.heads.clone()), (State::Proposed, vec![aware]));
    world.phones[B].consent(aware);
    assert_eq!(world.healed().in_force, Some(aware));
}

/// Redacting a proposal withdraws it and takes its words away on both phones; afterwards one can propose and comment anew.
#[test]
fn redacting_withdraws_and_leaves_room_for_new_words() {
    let (mut world, r1) = World::proposed(1);
    world.phones[A].try_comment("aside", Some(&r1)).expect("known");
    world.phones[A].try_redact().expect("nobody agreed yet");
    let view = world.healed();
    assert_eq!((view.state, view.in_force, view.heads.len()), (State::Withdrawn, None, 0));
    let shown = &view.revisions[0];
    assert!(shown.redacted && shown.fields.is_none() && view.remarks[0].text.is_none());
    assert!(world.phones.iter().all(|phone| phone.set.get(&r1).is_some_and(|said| said.body.is_none())));
    assert_eq!(world.phones[B].try_consent(Some(&r1)), Err(RuleError::Redacted));
    assert_eq!(world.phones[A].try_redact(), Err(RuleError::NotYours), "nothing is left");

    let r2 = world.phones[A].propose("new words");
    world.phones[A].try_comment("and a new aside", None).expect("about the head");
    let view = world.healed();
    assert_eq!(view.state, State::Proposed);
    assert!(view.revisions.iter().any(|r| r.hash == r2 && !r.redacted && r.fields.is_some()));
    assert!(view.remarks.iter().any(|remark| remark.text.is_some()));
}

/// Redacting is void once the other consented: half-agreed words belong to both. But who took them back does not stand on them,
/// whenever the consent turns up.
#[test]
fn a_redaction_and_a_consent_on_its_way() {
    let (mut world, r1) = World::proposed(1);
    world.phones[A].try_redact().expect("nobody agreed, as far as this phone knows");
    assert!(world.phones[A].set.get(&r1).expect("there").body.is_none(), "gone at once");
    world.phones[B].consent(r1);
    let view = world.healed();
    let shown = &view.revisions[0];
    assert!(!shown.redacted && shown.fields.is_some(), "asked for again, as they are half Ben's");
    assert_eq!((view.state, view.in_force), (State::Withdrawn, None));
    assert_eq!(consents(&view, r1), [ben()]);
    // And of what both agreed to, nobody can take the words away.
    let (mut world, r1) = World::agreed();
    assert_eq!(world.phones[A].try_redact(), Err(RuleError::NotRedactable));
    world.phones[A].try_comment("aside", None).expect("about the text in force");
    world.phones[A].try_redact().expect("the comment can go");
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::InForce, Some(r1)));
    assert!(view.remarks[0].text.is_none());
}

/// G12: content from a newer version can be in force, and is so on every phone alike, but an older app cannot consent to it.
#[test]
fn g12_unknown_schema_versions_cannot_be_consented_to() {
    let newer = Content { version: Some(2), ..words("in a newer form") };
    let proposal = author(ada(), Header::new(Kind::PROPOSE, Subject::Fresh([9; 16]), day(1)), &newer);
    let mut set = StatementSet::default();
    set.insert(proposal.clone());
    let old = agreement(&set, ben());
    assert_eq!(old.consent(proposal.target, day(1), None), Err(RuleError::NewerVersion));
    assert!(old.is_newer(&proposal.id) && !knows(&set).is_newer(&proposal.id));
    assert!(old.view(|_| false).revisions[0].pending && old.view(|_| false).revisions[0].newer);
    fn knows(set: &StatementSet) -> crate::shape::revisions::Agreement<'_> {
        crate::shape::revisions::Agreement::new(set, parties(ben()), |_, _| true)
    }
    let headers = knows(&set).consent(proposal.target, day(1), None).expect("a newer app can");
    let consent = author(ben(), headers.into_iter().next_back().expect("one"), &EMPTY);
    set.insert(consent);
    for agreement in [agreement(&set, ben()), knows(&set)] {
        assert_eq!((agreement.state(), agreement.in_force().map(|r| r.id)), (State::InForce, Some(proposal.id)));
    }
}

/// Until the partner's phone has shown that it knows of one's consent, it is "agreed here"; one seen stance of several is enough.
#[test]
fn settled_comes_with_the_partners_next_record() {
    let (mut world, r1) = World::proposed(2);
    let first = world.phones[2].consent(r1);
    let second = world.phones[3].consent(r1);
    world.heal();
    let settled = |seen: &[StatementId]| world.phones[2].agreement().view(|id| seen.contains(id)).settled;
    assert!(!settled(&[]) && settled(&[first]) && settled(&[second]) && !settled(&[r1]));
    assert!(world.phones[0].agreement().view(|id| *id == r1).settled, "proposing is consenting");
}

/// Acts without a revision mean the only one that could be meant.
#[test]
fn what_is_meant_without_saying_so() {
    let (mut world, _) = World::proposed(1);
    assert_eq!(world.phones[A].try_consent(None), Err(RuleError::AlreadyConsented));
    world.phones[B].try_decline(None).expect("the only head");
    world.phones[B].try_consent(None).expect("the only head");
    assert_eq!(world.phones[B].try_consent(None), Err(RuleError::AlreadyConsented));
    let unknown = StatementId([1; 32]);
    assert_eq!(world.phones[B].try_consent(Some(&unknown)), Err(RuleError::NotFound));
    assert_eq!(world.phones[B].try_withdraw(Some(&unknown)), Err(RuleError::NotFound));
    assert_eq!(world.phones[B].try_propose("x", Some(&[unknown])), Err(RuleError::NotFound));

    let (mut world, r1, _, r2b) = competing();
    // Each has one open head: the other's.
    assert_eq!(world.phones[A].agreement().awaits(ada()), [r2b]);
    assert_eq!(world.phones[A].try_comment("which?", None), Err(RuleError::AmbiguousRevision));
    let r2c = world.phones[B].propose_on("a third way", &[r1]);
    world.heal();
    assert_eq!(world.phones[A].try_consent(None), Err(RuleError::AmbiguousRevision));
    assert_eq!(world.phones[A].try_decline(None), Err(RuleError::AmbiguousRevision));
    world.phones[A].try_comment("this one", Some(&r2c)).expect("named");
    assert_eq!(world.phones[B].try_propose("x", None), Err(RuleError::AmbiguousRevision), "two heads of one's own");
    assert!(world.phones[A].try_propose("x", None).is_ok(), "one head of one's own");
}

/// After everybody withdrew, proposing builds on the newest words.
#[test]
fn proposing_after_everything_was_withdrawn() {
    let (mut world, r1) = World::agreed();
    world.phones[A].try_withdraw(None).expect("always possible");
    world.phones[B].try_withdraw(None).expect("always possible");
    assert_eq!(world.healed().state, State::Withdrawn);
    let r2 = world.phones[A].propose("again");
    let view = world.healed();
    assert_eq!(view.state, State::Proposed);
    assert_eq!(view.revisions.iter().find(|r| r.hash == r2).expect("there").parents, [r1]);
}
