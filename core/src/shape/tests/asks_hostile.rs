//! A partner with a modified phone, and graphs larger than people make.

use super::ask_tables::INFORMATION_REQUESTS;
use super::asks::{Phones, voices};
use super::*;
use crate::shape::RuleError;
use crate::shape::ask::{self, STEPS_MAX};
use crate::statement::{Kind, Role as Named, Subject};

fn signed(phones: &mut Phones, member: MemberId, act: &str, saw: &[StatementId], over: &[StatementId]) -> StatementId {
    let header = Header::new(Kind::ACT, Subject::Target(phones.target), day(3)).over(over.iter().copied());
    let header = saw.iter().fold(header, |header, id| header.naming(Named::SAW, *id));
    let content = Content::act("information_request", 1, act);
    let said = Statement::author(owner(), member, header, Body { nonce: nonce(), content: content.encode() });
    let id = said.id;
    phones.sets[2].insert(said);
    id
}

fn refused(phones: &Phones) -> Vec<StatementId> {
    let set = &phones.sets[0];
    ask::refused(set, &voices(set), &INFORMATION_REQUESTS)
}

/// What is not one's own to do, or not in that state, is listed and says nothing; nobody answers in the asker's name.
#[test]
fn foreign_and_untimely_steps_say_nothing() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    let mut forged = vec![
        signed(&mut phones, ben(), "withdraw", &[], &[]),
        signed(&mut phones, ben(), "ask_again", &[], &[]),
        signed(&mut phones, ben(), "correct", &[], &[]),
        signed(&mut phones, ada(), "decline", &[], &[]),
        signed(&mut phones, MemberId([8; 32]), "decline", &[], &[]),
    ];
    forged.sort_unstable();
    let view = phones.healed();
    assert_eq!(view.state, "asked");
    assert_eq!(refused(&phones), forged);
    // The control: in his own name, in time.
    phones.does(2, "decline", None).expect("his");
    assert_eq!(phones.healed().state, "declined");
}

/// A step that names what nobody has, or the other's steps as its own, is judged by what it is.
#[test]
fn naming_what_does_not_exist_changes_nothing() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    let withdrawal = phones.does(0, "withdraw", None).expect("hers");
    phones.healed();
    let nowhere = [StatementId([0; 32]), StatementId([0xFF; 32]), StatementId(phones.target.0)];
    let blind = signed(&mut phones, ben(), "decline", &nowhere, &nowhere);
    let view = phones.healed();
    assert_eq!(view.state, "withdrawn", "he did not know of it, and it weighs more");
    assert!(view.steps.iter().any(|step| step.said.id == blind && step.effective && !step.leading));
    // Replacing the other's step replaces nothing, and seeing it he cannot decline any more.
    let over = signed(&mut phones, ben(), "decline", &[], &[withdrawal]);
    let view = phones.healed();
    assert_eq!(view.state, "withdrawn");
    assert!(view.steps.iter().any(|step| step.said.id == withdrawal && step.said.current && step.leading));
    assert_eq!(refused(&phones), [over]);
}

/// A step judged before what it names arrives is judged anew when it does.
#[test]
fn what_arrives_late_counts_then() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    let first = phones.does(2, "answer", Some("yes")).expect("his");
    let second = phones.does(2, "correct", Some("no")).expect("his");
    phones.deliver(2, 0, |_| true);
    let all = phones.sets[0].clone();
    phones.sets[0] = StatementSet::default();
    all.iter().filter(|said| said.id != first).for_each(|said| phones.sets[0].insert(said.clone()));
    assert_eq!((phones.view(0).state, refused(&phones)), ("asked", vec![second]));
    assert_eq!(phones.healed().state, "corrected");
}

/// Thousands of steps by one person neither hide the other's nor keep anybody from going on.
#[test]
fn a_flood_of_steps_drowns_nobody() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    phones.does(0, "withdraw", None).expect("hers");
    for round in 0..3_000 {
        signed(&mut phones, ben(), ["decline", "decline", "decline", "hummed"][round % 4], &[], &[]);
    }
    let view = phones.healed();
    assert_eq!(view.state, "withdrawn", "concurrent, and outweighed");
    phones.does(1, "withdraw", None).expect("R4: always");
    assert_eq!(phones.healed().state, "withdrawn");
    // More than one statement can answer, so asking again is refused and nothing half-answered is signed.
    assert_eq!(phones.does(0, "ask_again", None), Err(RuleError::TooMany));
    let set = &phones.sets[0];
    // Declining outweighs whatever the other asks at the same time, however much.
    let mut asked = Phones::new(INFORMATION_REQUESTS);
    signed(&mut asked, ada(), "withdraw", &[], &[]);
    let withdrawn = asked.ids(2);
    for _ in 0..500 {
        signed(&mut asked, ada(), "ask_again", &withdrawn, &[]);
    }
    assert_eq!(asked.healed().state, "asked");
    asked.does(3, "decline", None).expect("his");
    assert_eq!(asked.healed().state, "declined");
    let effective = view.steps.iter().filter(|step| step.effective).count();
    assert!(effective <= 4 * STEPS_MAX, "{effective}");
    assert!(set.len() > 3_000, "nothing was dropped");
}

/// A chain as long as may be, then longer: no stack is needed, the end counts, and one more of one's own is refused.
#[test]
fn a_long_chain_is_followed_to_its_end() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    let mut last = signed(&mut phones, ben(), "will_answer_by", &[], &[]);
    for _ in 1..STEPS_MAX {
        last = signed(&mut phones, ben(), "will_answer_by", &[last], &[last]);
    }
    let view = phones.healed();
    assert_eq!((view.state, view.leading()[0].said.id), ("will_answer", last));
    assert!(view.steps.iter().all(|step| step.effective));
    assert_eq!(phones.does(2, "in_talk", None), Err(RuleError::TooMany), "he said as much as may be");
    assert_eq!(phones.does(2, "decline", None), Err(RuleError::TooMany));
    phones.does(0, "withdraw", None).expect("hers is another count");
    assert_eq!(phones.healed().state, "withdrawn");
    for _ in 0..4_000 {
        last = signed(&mut phones, ben(), "will_answer_by", &[last], &[last]);
    }
    assert_eq!(phones.healed().state, "withdrawn");
    phones.does(1, "ask_again", None).expect("hers");
    assert_eq!(phones.healed().state, "asked");
}
