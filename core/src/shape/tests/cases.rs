//! The agreement's corner cases, each with what was done offline and what both phones say afterwards.

use super::world::{EMPTY, Phone, World, agreement};
use super::*;
use crate::shape::RuleError;
use crate::shape::revisions::{AgreementState as State, AgreementView};
use crate::statement::Kind;

pub(super) const A: usize = 0;
pub(super) const B: usize = 1;

pub(super) fn consents(view: &AgreementView, revision: StatementId) -> Vec<MemberId> {
    let revision = view.revisions.iter().find(|shown| shown.hash == revision).expect("shown");
    let mut members: Vec<MemberId> = revision.consents.iter().map(|consent| consent.member).collect();
    members.sort_unstable();
    members
}

pub(super) fn both() -> Vec<MemberId> {
    let mut both = vec![ada(), ben()];
    both.sort_unstable();
    both
}

/// R1 in force, then each proposes another change to it: R2a by Ada, R2b by Ben.
pub(super) fn competing() -> (World, StatementId, StatementId, StatementId) {
    let (mut world, r1) = World::agreed();
    let r2a = world.phones[A].propose("Ada's change");
    let r2b = world.phones[B].propose("Ben's change");
    world.heal();
    (world, r1, r2a, r2b)
}

/// C1, the text changes while the other signs, not yet in force. Ada: propose R1, then R2. Ben: consent R1. Nothing is in force;
/// Ben needs to consent again.
#[test]
fn c1_text_changed_while_the_other_signs() {
    let (mut world, r1) = World::proposed(1);
    let r2 = world.phones[A].propose("second");
    world.phones[B].consent(r1);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::NeedsReconsent, None));
    assert_eq!((view.needs_reconsent, view.heads), (vec![ben()], vec![r2]));
    // One tap to agree to R2.
    world.phones[B].try_consent(None).expect("only one head");
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::InForce, Some(r2)));
}

/// C1, the other way out: Ben says that R1 was better by declining, Ada proposes its words anew.
#[test]
fn c1_returning_to_old_words_is_a_new_proposal() {
    let (mut world, r1) = World::proposed(1);
    let r2 = world.phones[A].propose("second");
    world.phones[B].consent(r1);
    world.heal();
    world.phones[B].try_decline(Some(&r2)).expect("declining is free");
    world.heal();
    let r3 = world.phones[A].propose("first");
    assert_ne!(r3, r1);
    world.heal();
    world.phones[B].consent(r3);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::InForce, Some(r3)));
}

/// C2, amended while in force. Ada: propose R2. Ben: comment. R1 holds, an amendment waits.
#[test]
fn c2_amended_while_in_force() {
    let (mut world, r1) = World::agreed();
    let r2 = world.phones[A].propose("second");
    world.phones[B].try_comment("I like it as it is", None).expect("about the text in force");
    let view = world.healed();
    assert_eq!((view.state, view.in_force, view.heads.clone()), (State::AmendmentPending, Some(r1), vec![r2]));
    assert_eq!(consents(&view, r1), both());
    assert_eq!(view.remarks.first().and_then(|remark| remark.revision), Some(r1));
}

/// C3, both amend. R1 holds, R2a and R2b compete; a merge with both as parents ends it.
#[test]
fn c3_both_amend() {
    let (mut world, r1, r2a, r2b) = competing();
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::Competing, Some(r1)));
    let mut heads = vec![r2a, r2b];
    heads.sort_unstable();
    let mut shown = view.heads.clone();
    shown.sort_unstable();
    assert_eq!(shown, heads);
    assert_eq!(view.revisions.len(), 3, "both texts are there, with author and day");

    let r3 = world.phones[A].propose_on("both", &[r2a, r2b]);
    world.heal();
    assert_eq!(world.view(B).state, State::AmendmentPending);
    world.phones[B].consent(r3);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::InForce, Some(r3)));
}

/// C3, accepting theirs: the other's change is in force once it has both, one's own stays beside it until the next act.
#[test]
fn c3_accepting_theirs_is_enough() {
    let (mut world, _, r2a, r2b) = competing();
    world.phones[A].consent(r2b);
    let view = world.healed();
    assert_eq!((view.state, view.in_force, view.heads.clone()), (State::AmendmentPending, Some(r2b), vec![r2a]));
    // The other's phone sees R2b in force: R2a does not build on it, so it can no longer be agreed as it is.
    assert_eq!(world.phones[B].try_consent(Some(&r2a)), Err(RuleError::MustMerge));
    // Ada's next act clears what could come back through an old phone.
    world.phones[A].propose_on("third", &[r2b]);
    let view = world.healed();
    assert!(consents(&view, r2a).is_empty());
}

/// C4, crossed consent: then Ada consents to R2b and Ben to R2a, both offline. Both hold two signatures; R1 stays in force until
/// one is withdrawn or R3 is agreed. No automatic pick.
#[test]
fn c4_crossed_consent() {
    let (mut world, r1, r2a, r2b) = competing();
    world.phones[A].consent(r2b);
    world.phones[B].consent(r2a);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::CrossedConsent, Some(r1)));
    assert_eq!(view.crossed.len(), 2);
    assert_eq!((consents(&view, r2a), consents(&view, r2b)), (both(), both()));
    assert_eq!(world.phones[A].try_propose("which?", None), Err(RuleError::AmbiguousRevision));
}

/// C4, resolved by withdrawing from one.
#[test]
fn c4_resolved_by_withdrawing() {
    let (mut world, _, r2a, r2b) = competing();
    world.phones[A].consent(r2b);
    world.phones[B].consent(r2a);
    world.heal();
    world.phones[A].withdraw(r2a);
    let view = world.healed();
    assert_eq!((view.in_force, view.crossed), (Some(r2b), vec![]));
}

/// C4, resolved by a text that builds on both. Until it is agreed R1 holds and nothing is taken from either.
#[test]
fn c4_resolved_by_a_merge() {
    let (mut world, r1, r2a, r2b) = competing();
    world.phones[A].consent(r2b);
    world.phones[B].consent(r2a);
    world.heal();
    let r3 = world.phones[B].propose_on("both", &[r2a, r2b]);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::CrossedConsent, Some(r1)));
    assert_eq!((consents(&view, r2a), consents(&view, r2b)), (both(), both()));
    world.phones[A].consent(r3);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::InForce, Some(r3)));
}

/// C4 without a text in force: two first wordings, each accepted by the other.
#[test]
fn c4_crossed_without_anything_in_force() {
    let (mut world, r1) = World::proposed(1);
    let other = world.phones[B].propose_on("another beginning", &[]);
    world.heal();
    world.phones[A].consent(other);
    world.phones[B].consent(r1);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::CrossedConsent, None));
    assert_eq!(view.crossed.len(), 2);
}

/// C5, withdraw against sign. Ada: withdraw R1. Ben: consent R1. Not in force, and nothing Ben does changes Ada's register.
#[test]
fn c5_withdraw_against_sign() {
    for whole in [false, true] {
        let (mut world, r1) = World::proposed(1);
        world.phones[A].try_withdraw(Some(&r1).filter(|_| !whole)).expect("always possible");
        world.phones[B].consent(r1);
        let view = world.healed();
        assert_eq!((view.state, view.in_force), (State::Withdrawn, None));
        assert_eq!(consents(&view, r1), [ben()]);
        assert_eq!(view.withdrawn.iter().map(|w| w.member).collect::<Vec<_>>(), [ada()]);
        assert_eq!(world.phones[B].try_consent(Some(&r1)), Err(RuleError::AlreadyConsented));
        // Ada may come back on her own.
        world.phones[A].consent(r1);
        let view = world.healed();
        assert_eq!((view.state, view.in_force, view.withdrawn.len()), (State::InForce, Some(r1), 0));
    }
}

/// C6, my two devices disagree: phone consents to R2, tablet withdraws from it. The withdrawal wins, and the view says so.
#[test]
fn c6_my_two_devices_disagree() {
    let (mut world, r1) = World::proposed(2);
    let (phone, tablet) = (2, 3);
    world.phones[phone].consent(r1);
    world.phones[tablet].withdraw(r1);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::Withdrawn, None));
    assert_eq!(view.withdrawn.len(), 1);
    // Whatever the consents say that did not know of it.
    let (mut world, r1) = World::proposed(2);
    world.phones[tablet].withdraw(r1);
    for _ in 0..2 {
        world.phones[phone].set = world.phones[0].set.clone();
        world.phones[phone].consent(r1);
    }
    assert_eq!(world.healed().in_force, None);
    // One that knows of it counts.
    world.phones[phone].consent(r1);
    assert_eq!(world.healed().in_force, Some(r1));
}

/// C7, retire against amend. Ada: retire. Ben: propose R2. Not in force; both are shown.
#[test]
fn c7_retire_against_amend() {
    let (mut world, r1) = World::agreed();
    world.phones[A].retire();
    let r2 = world.phones[B].propose("second");
    let view = world.healed();
    assert_eq!((view.state, view.in_force, view.heads.clone()), (State::Retired, None, vec![r2]));
    assert!(view.withdrawn.iter().any(|w| w.retired && w.member == ada()));
    // The one who asked to end it takes that back by agreeing again.
    world.phones[A].consent(r2);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::InForce, Some(r2)));
    assert!(!consents(&view, r1).contains(&ada()), "the ending still covers the old words");
}

/// C8, a typo fix is a new hash, always; so is the same text said twice.
#[test]
fn c8_any_change_is_a_new_revision() {
    let (mut world, r1) = World::agreed();
    let same = world.phones[A].propose("first");
    assert_ne!(same, r1);
    let view = world.healed();
    assert_eq!((view.state, view.in_force), (State::AmendmentPending, Some(r1)));
    let fields: Vec<_> = view.revisions.iter().map(|revision| revision.fields.clone()).collect();
    assert_eq!(fields[0], fields[1]);
}

/// C9, consent before content: held as pending, never displayed as agreed, agreed as soon as the words are here.
#[test]
fn c9_consent_before_content() {
    let (world, r1) = World::agreed();
    let proposal = world.phones[A].set.get(&r1).expect("there").clone();
    let consent = world.phones[A].set.of_kind(Kind::CONSENT).next().expect("there").clone();
    let view = |set: &StatementSet| agreement(set, ben()).view(|_| false);

    let mut set = StatementSet::default();
    set.insert(consent.clone());
    assert_eq!((view(&set).state, view(&set).in_force), (State::Draft, None));
    set.insert(bare(&proposal));
    let pending = view(&set);
    assert_eq!((pending.state, pending.in_force, pending.heads.len()), (State::Draft, None, 0));
    assert!(pending.revisions[0].pending && pending.revisions[0].fields.is_none());
    assert_eq!(agreement(&set, ben()).consent(proposal.target, day(1), Some(&r1)), Err(RuleError::AlreadyConsented));
    assert_eq!(agreement(&set, ada()).withdraw(proposal.target, day(1), Some(&r1)).map(|w| w.len()), Ok(1));
    set.insert(proposal);
    assert_eq!((view(&set).state, view(&set).in_force), (State::InForce, Some(r1)));
}

/// C9 for ancestors: what builds on something that is not here is pending, whoever signed it, and nobody is asked to sign it.
#[test]
fn c9_an_unknown_ancestor_is_waited_for() {
    let (mut world, r1) = World::agreed();
    let r2 = world.phones[A].propose("second");
    let r3 = world.phones[A].propose("third");
    let gap = world.phones[A].set.get(&r2).expect("there").clone();
    let mut without = StatementSet::default();
    world.phones[A].set.iter().filter(|said| said.id != r2).for_each(|said| without.insert(said.clone()));
    world.phones[B].set = without;
    let view = world.view(B);
    assert_eq!((view.state, view.in_force), (State::InForce, Some(r1)));
    assert_eq!(world.phones[B].try_consent(Some(&r3)), Err(RuleError::NotReadable));
    assert_eq!(world.phones[B].try_propose("on it", Some(&[r3])), Err(RuleError::NotReadable));
    // Ada's other phone, which knows as little, proposes too: it must not withdraw her from what may well build on R1.
    let phone = Phone { me: ada(), ..world.phones[B].clone() };
    let headers = phone.agreement().propose(world.target, day(1), Some(&[r1])).expect("R1 is here");
    assert_eq!(headers.len(), 1);
    // With the gap filled it is known to go with R1, too.
    world.phones[B].set.insert(gap);
    world.phones[B].consent(r3);
    assert_eq!(world.healed().in_force, Some(r3));
}

/// C10, the review date passes offline: dates are fields, not clocks. Whatever day is claimed, what holds is the same.
#[test]
fn c10_no_date_changes_what_holds() {
    for claimed in [0, 1, 84_005] {
        let (mut world, r1) = World::proposed(1);
        let headers = world.phones[B].agreement().consent(world.target, day(claimed), Some(&r1)).expect("possible");
        world.phones[B].say(headers, &EMPTY);
        let view = world.healed();
        assert_eq!((view.state, view.in_force), (State::InForce, Some(r1)));
    }
}

/// C11, invisible characters: what is written is put in normal form before it is hashed. (What arrives in another form is
/// refused by the check of statements, and never reaches a view.)
#[test]
fn c11_what_is_written_is_what_is_seen() {
    let content = Content::text("a\u{202E}b\u{200B}");
    assert_eq!(content.text.as_deref(), Some("ab"));
}

/// C12, each gives way. Ada: withdraw R2a, consent R2b. Ben: withdraw R2b, consent R2a. Nobody stands twice on one text: the two
/// compete, R1 stays in force.
#[test]
fn c12_each_gives_way() {
    let (mut world, r1, r2a, r2b) = competing();
    world.phones[A].withdraw(r2a);
    world.phones[A].consent(r2b);
    world.phones[B].withdraw(r2b);
    world.phones[B].consent(r2a);
    let view = world.healed();
    assert_eq!((view.state, view.in_force, view.crossed.len()), (State::Competing, Some(r1), 0));
    assert_eq!((consents(&view, r2a), consents(&view, r2b)), (vec![ben()], vec![ada()]));
}
