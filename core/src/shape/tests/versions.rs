//! What holds does not depend on the version of the app: a phone that cannot show some words comes to the same end as one that can.

use super::agreements::{act, acts, registers, shown};
use super::sealed::Couple;
use super::world::{World, agreement};
use super::*;
use crate::shape::sealed_pair::SealedState;
use crate::shape::{RuleError, own_entry};
use crate::statement::{Kind, Role, Subject};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The same statements on a phone that cannot read the words of some.
fn unread(set: &StatementSet, picked: impl Fn(usize) -> bool) -> StatementSet {
    let mut older = StatementSet::default();
    for (at, said) in set.iter().enumerate() {
        let mut said = said.clone();
        if let Some(body) = said.body.as_mut().filter(|_| !said.header.kind.is_wordless() && picked(at)) {
            body.content = b"a form of tomorrow".to_vec();
        }
        older.insert(said);
    }
    older
}

proptest! {
    #![proptest_config(cases(120))]

    /// In force, crossed, heads, the state, who stands on what and who withdrew: the same, whichever bodies this version refuses.
    /// Only consent to what cannot be shown is refused, and withdrawing never is.
    #[test]
    fn what_is_agreed_does_not_depend_on_what_can_be_shown(history in acts(), mask: u64) {
        let (mut world, _) = World::proposed(2);
        for (phone, what) in &history {
            let phone = phone.index(world.phones.len());
            act(&mut world, phone, what);
        }
        world.healed();
        let newer = &world.phones[0].set;
        let older = unread(newer, |at| mask & (1 << (at % 64)) != 0);
        for me in [ada(), ben()] {
            prop_assert_eq!(shown(&older, me), shown(newer, me));
            prop_assert_eq!(registers(&older, me), registers(newer, me));
            let (before, after) = (agreement(newer, me).view(|_| true), agreement(&older, me).view(|_| true));
            prop_assert_eq!((&before.withdrawn, before.settled), (&after.withdrawn, after.settled));
            for (before, after) in before.revisions.iter().zip(&after.revisions) {
                prop_assert_eq!((before.hash, &before.consents, before.redacted), (after.hash, &after.consents, after.redacted));
                prop_assert!(after.fields.is_none() || after.fields == before.fields, "G4");
                let refused = agreement(&older, me).consent(world.target, day(1), Some(&after.hash)).err();
                if after.fields.is_none() && agreement(newer, me).consent(world.target, day(1), Some(&after.hash)).is_ok() {
                    prop_assert_eq!(refused, Some(RuleError::NotReadable));
                    prop_assert!(after.pending);
                }
                prop_assert!(agreement(&older, me).withdraw(world.target, day(1), Some(&after.hash)).is_ok(), "I5");
            }
        }
    }
}

/// A wording that cannot be shown replaces what it names all the same, and is not replaced unseen.
#[test]
fn an_edit_that_cannot_be_shown_still_replaces() {
    rewind();
    let create = author(ada(), Header::new(Kind::CREATE, Subject::Fresh([4; 16]), day(1)), &words("first"));
    let mut set = StatementSet::default();
    set.insert(create.clone());
    let header = own_entry::edit(&set, ada(), create.target, day(2)).expect("hers");
    let edit = author(ada(), header, &words("second"));
    set.insert(edit.clone());
    let ids: Vec<StatementId> = set.iter().map(|said| said.id).collect();
    let mut older = unread(&set, |at| ids[at] == edit.id);
    let (shown, known) = (own_entry::view(&older).expect("made"), own_entry::view(&set).expect("made"));
    let of = |view: &own_entry::OwnEntryView| -> Vec<(StatementId, bool)> {
        view.wordings.iter().map(|wording| (wording.hash, wording.current)).collect()
    };
    assert_eq!((of(&shown), shown.state), (of(&known), known.state));
    assert!(shown.wordings.iter().any(|wording| wording.current && wording.fields.is_none()));
    assert_eq!(own_entry::edit(&older, ada(), create.target, day(3)), Err(RuleError::NotReadable));
    assert_eq!(own_entry::acknowledge(&older, ben(), create.target, day(3), None), Err(RuleError::NotReadable));
    assert!(own_entry::edit(&set, ada(), create.target, day(3)).is_ok());
    // Taking it back works, and makes room for new words.
    let redact = own_entry::redact(&older, ada(), create.target, day(3)).expect("hers");
    older.insert(author(ada(), redact, &Content::default()));
    assert!(own_entry::edit(&older, ada(), create.target, day(4)).is_ok());
}

/// An answer in a form that this version cannot show was bound, and is open: the pair stands as with any words.
#[test]
fn an_answer_that_cannot_be_shown_is_an_answer() {
    let mut couple = Couple::new(1);
    let header =
        crate::shape::sealed_pair::commit(&couple.phones[0].set, ada(), series(), super::sealed::date(), day(1))
            .expect("free");
    let body = Body { nonce: nonce(), content: b"a form of tomorrow".to_vec() };
    let commitment = Statement::author(owner(), ada(), header, body.clone());
    couple.phones[0].set.insert(bare(&commitment));
    couple.phones[1].answer(Some("his")).expect("free");
    couple.deliver(0, 1, |_| true);
    couple.deliver(1, 0, |_| true);
    // Her newer tablet opens it.
    let his = couple.phones[1].set.of_kind(Kind::COMMIT).find(|said| said.member == ben()).expect("there").id;
    let open = Header::new(Kind::OPEN, commitment.header.subject, day(1))
        .naming(Role::OWN_COMMITMENT, commitment.id)
        .naming(Role::PARTNER_COMMITMENT, his);
    couple.phones[0].set.insert(Statement::author(owner(), ada(), open, body));
    couple.heal();
    let views: Vec<_> = couple.phones.iter().map(|phone| phone.view()).collect();
    let readable: BTreeSet<(MemberId, bool, bool)> =
        views.iter().flat_map(|view| &view.answers).map(|a| (a.member, a.fields.is_some(), a.open)).collect();
    assert_eq!(readable, [(ada(), false, true), (ben(), true, true)].into());
    assert!(views.iter().all(|view| view.state == SealedState::Open && view.answered_twice.is_empty()));
    assert!(views.iter().all(|view| view.answers.iter().all(|answer| !answer.passed && !answer.redacted)));
}
