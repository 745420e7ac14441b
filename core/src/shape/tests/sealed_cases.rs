//! The sealed check-in's corner cases by name.

use super::sealed::{Couple, Phone, date};
use super::*;
use crate::shape::RuleError;
use crate::shape::sealed_pair::{self, SealedState};
use crate::statement::{Kind, Role, Subject};

const A: usize = 0;
const B: usize = 1;

fn occurrence() -> Subject {
    Subject::Occurrence { series: series(), day: date() }
}

fn hear(couple: &mut Couple, from: usize, to: usize) {
    couple.deliver(from, to, |_| true);
    couple.phones[to].open();
}

fn read(phone: &Phone) -> Vec<String> {
    phone.reads().into_values().flatten().collect()
}

/// Both commit offline; each opens on the next sync; both read after the second trip, and not before.
#[test]
fn both_answer_offline_then_both_read() {
    let mut couple = Couple::new(1);
    assert_eq!(couple.phones[A].state(), SealedState::Upcoming);
    couple.phones[A].answer(Some("tired")).expect("free");
    assert_eq!(couple.phones[A].state(), SealedState::MineSealed);
    couple.phones[B].answer(Some("glad")).expect("free");
    couple.deliver(A, B, |_| true);
    assert_eq!(couple.phones[B].state(), SealedState::BothSealed);
    assert_eq!(couple.phones[B].open(), 1);
    // Ben's words are out; he reads nothing until hers come.
    assert!(read(&couple.phones[B]).is_empty());
    assert_eq!(couple.phones[B].state(), SealedState::BothSealed);
    hear(&mut couple, B, A);
    assert_eq!((couple.phones[A].state(), read(&couple.phones[A])), (SealedState::Open, vec!["glad".to_owned()]));
    hear(&mut couple, A, B);
    assert_eq!((couple.phones[B].state(), read(&couple.phones[B])), (SealedState::Open, vec!["tired".to_owned()]));
}

/// The words of a sealed answer are nowhere in what leaves the phone; once open, the same search finds them.
#[test]
fn sealed_words_do_not_leave_the_phone() {
    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("canary")).expect("free");
    let leaks = |phone: &Phone| {
        let bytes = phone.set.iter().flat_map(|said| {
            let body = said.body.as_ref().map(Body::to_bytes).unwrap_or_default();
            said.header_bytes.iter().copied().chain(body).collect::<Vec<u8>>()
        });
        String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).contains("canary")
    };
    couple.deliver(A, B, |_| true);
    assert!(!leaks(&couple.phones[A]) && !leaks(&couple.phones[B]));
    couple.phones[B].answer(Some("x")).expect("free");
    couple.heal();
    assert!(leaks(&couple.phones[A]) && leaks(&couple.phones[B]), "the search can find it");
}

/// Re-commit after opening: Ada reads Ben's words, seals others, and opens those claiming they were concurrent. Ben's opening named
/// the first, so the second is never shown, and what she first sealed is what he waits for.
#[test]
fn recommit_after_opening_is_rejected() {
    let mut couple = Couple::new(1);
    let first = couple.phones[A].answer(Some("what I thought")).expect("free");
    couple.phones[B].answer(Some("his words")).expect("free");
    // Her modified app hears his opening and does not open.
    hear(&mut couple, A, B);
    couple.deliver(B, A, |_| true);
    assert_eq!(couple.phones[A].answer(Some("something better")), Err(RuleError::AlreadyOpen), "an honest app refuses");
    let his = couple.phones[B].set.of_kind(Kind::COMMIT).find(|said| said.member == ben()).expect("there").id;
    for over in [vec![], vec![first]] {
        let mut ben = couple.clone();
        let body = Body { nonce: nonce(), content: words("something better").encode() };
        let second = author_body(ada(), Header::new(Kind::COMMIT, occurrence(), day(1)).over(over), body.clone());
        let opening = Header::new(Kind::OPEN, occurrence(), day(1))
            .naming(Role::OWN_COMMITMENT, second.id)
            .naming(Role::PARTNER_COMMITMENT, his);
        let opening = author_body(ada(), opening, body);
        // Whatever comes first.
        for order in [[&second, &opening], [&opening, &second]] {
            order.into_iter().for_each(|said| ben.phones[B].set.insert(said.clone()));
        }
        assert_eq!(ben.phones[B].open(), 0, "he opens nothing more");
        assert_eq!((ben.phones[B].state(), read(&ben.phones[B])), (SealedState::BothSealed, vec![]));
        assert!(ben.phones[B].view().answered_twice.is_empty());
        // Should she open the first after all, that is what is shown.
        ben.phones[A].open();
        hear(&mut ben, A, B);
        assert_eq!(read(&ben.phones[B]), ["what I thought"]);
    }
}

/// An opening with other words than were bound, of another's commitment, of another occurrence's, or naming nobody's, says nothing.
#[test]
fn forged_openings_say_nothing() {
    let mut couple = Couple::new(1);
    let hers = couple.phones[A].answer(Some("hers")).expect("free");
    let his = couple.phones[B].answer(Some("his")).expect("free");
    let body = couple.phones[A].vault[0].clone();
    couple.deliver(A, B, |_| true);
    couple.phones[B].open();
    assert_eq!(couple.phones[B].state(), SealedState::BothSealed);
    let other_words = Body { nonce: body.nonce, content: words("other words").encode() };
    let other_nonce = Body { nonce: nonce(), content: body.content.clone() };
    let opening = |member, own, partner, body: &Body| {
        let header = Header::new(Kind::OPEN, occurrence(), day(1));
        let header = header.naming(Role::OWN_COMMITMENT, own).naming(Role::PARTNER_COMMITMENT, partner);
        author_body(member, header, body.clone())
    };
    let junk = StatementId([8; 32]);
    let share = |body: &Body| {
        author_body(
            ada(),
            Header::new(Kind::SHARE_ANYWAY, occurrence(), day(1)).naming(Role::OWN_COMMITMENT, hers),
            body.clone(),
        )
    };
    let forged = [
        opening(ada(), hers, his, &other_words),
        opening(ada(), hers, his, &other_nonce),
        opening(ada(), his, hers, &body),
        opening(ada(), hers, hers, &body),
        opening(ada(), junk, his, &body),
        share(&other_words),
    ];
    for forged in forged {
        let mut ben = couple.phones[B].clone();
        ben.set.insert(forged);
        ben.open();
        assert_eq!((ben.state(), read(&ben)), (SealedState::BothSealed, vec![]));
    }
    // The control: the authentic one.
    let mut ben = couple.phones[B].clone();
    ben.set.insert(opening(ada(), hers, his, &body));
    assert_eq!((ben.state(), read(&ben)), (SealedState::Open, vec!["hers".to_owned()]));
}

/// An opening that withholds its words binds nobody: it forces no replaced answer open, blocks no change of mind, and is no opening.
#[test]
fn an_opening_without_words_binds_nobody() {
    let mut couple = Couple::new(1);
    let first = couple.phones[A].answer(Some("first")).expect("free");
    couple.phones[A].answer(Some("second")).expect("free");
    let his = couple.phones[B].answer(Some("his")).expect("free");
    let header = Header::new(Kind::OPEN, occurrence(), day(1))
        .naming(Role::OWN_COMMITMENT, his)
        .naming(Role::PARTNER_COMMITMENT, first);
    let opening = author_body(ben(), header, couple.phones[B].vault[0].clone());
    let mut honest = couple.phones[A].clone();
    honest.set.insert(couple.phones[B].set.get(&his).expect("there").clone());
    honest.set.insert(bare(&opening));
    assert_eq!(honest.clone().take_back(), Ok(()));
    assert!(honest.clone().answer(Some("third")).is_ok());
    assert!(honest.view().answers.iter().all(|answer| answer.commitment != first));
    // His sealed answer is reason enough to open, but the answer that stands, not the one he picked.
    let mut opened = honest.clone();
    assert_eq!(opened.open(), 1);
    let own = opened.set.of_kind(Kind::OPEN).find(|said| said.member == ada()).expect("opened");
    assert_ne!(own.header.named(Role::OWN_COMMITMENT).next(), Some(first));
    // With its words it does all of that: the replaced answer is the one that counts.
    honest.set.insert(opening);
    assert_eq!(honest.clone().take_back(), Err(RuleError::AlreadyOpen));
    assert_eq!(honest.open(), 1);
    assert!(honest.view().answers.iter().any(|answer| answer.commitment == first && answer.open));
}

/// Before any opening names it, an answer may be replaced freely; only the last one opens.
#[test]
fn an_answer_may_be_replaced_before_it_is_named() {
    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("first")).expect("free");
    couple.deliver(A, B, |_| true);
    couple.phones[A].answer(Some("second")).expect("free");
    couple.deliver(A, B, |_| true);
    couple.phones[B].answer(Some("his")).expect("free");
    couple.heal();
    assert_eq!(read(&couple.phones[B]), ["second"]);
    assert_eq!(couple.phones[A].vault.len(), 2, "the words of the first stay in the vault");
    assert!(couple.phones[B].view().answered_twice.is_empty());
    assert_eq!(couple.phones[A].answer(Some("third")), Err(RuleError::AlreadyOpen));
}

/// Replaced while the other's opening was on its way: what it named counts.
#[test]
fn a_replacement_that_comes_too_late_does_not_count() {
    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("first")).expect("free");
    couple.phones[B].answer(Some("his")).expect("free");
    hear(&mut couple, A, B);
    couple.phones[A].answer(Some("second")).expect("the opening has not come");
    couple.heal();
    assert_eq!(read(&couple.phones[B]), ["first"]);
    assert_eq!(read(&couple.phones[A]), ["his"]);
}

/// Two phones of one member answer apart, and each answer is named by a different phone of the other: both open, and it is said.
#[test]
fn two_answers_that_are_both_named_are_both_shown() {
    let mut couple = Couple::new(2);
    couple.phones[0].answer(Some("on the phone")).expect("free");
    couple.phones[1].answer(Some("on the tablet")).expect("free");
    couple.phones[2].answer(Some("his")).expect("free");
    couple.deliver(2, 3, |_| true);
    // Each of Ben's phones hears of one of them.
    hear(&mut couple, 0, 2);
    hear(&mut couple, 1, 3);
    couple.heal();
    for phone in &couple.phones {
        assert_eq!(phone.view().answered_twice, [ada()]);
    }
    assert_eq!(read(&couple.phones[2]).len(), 2);
    assert_eq!(read(&couple.phones[0]), ["his"]);
}

/// Each of several answers is opened to the very answer that trusted it: all four are read.
#[test]
fn answers_open_to_those_that_named_them() {
    for skipped in 0..8 {
        let mut couple = Couple::new(2);
        // Other nonces, other hashes.
        for _ in 0..skipped {
            nonce();
        }
        for (phone, text) in ["her phone", "her tablet", "his phone", "his tablet"].into_iter().enumerate() {
            couple.phones[phone].answer(Some(text)).expect("free");
        }
        hear(&mut couple, 0, 2);
        hear(&mut couple, 1, 3);
        couple.heal();
        assert_eq!((read(&couple.phones[0]).len(), read(&couple.phones[2]).len()), (2, 2));
        let mut both = [ada(), ben()];
        both.sort_unstable();
        assert!(couple.phones.iter().all(|phone| phone.view().answered_twice == both));
    }
}

/// Any phone of a member may open, from the vault they share; opening twice is opening once.
#[test]
fn any_of_ones_phones_may_open() {
    let mut couple = Couple::new(2);
    couple.phones[0].answer(Some("hers")).expect("free");
    couple.deliver(0, 1, |_| true);
    couple.phones[2].answer(Some("his")).expect("free");
    couple.deliver(2, 1, |_| true);
    couple.deliver(2, 0, |_| true);
    assert_eq!((couple.phones[0].open(), couple.phones[1].open()), (1, 1));
    couple.heal();
    let openings = couple.phones[3].set.of_kind(Kind::OPEN).filter(|said| said.member == ada()).count();
    assert_eq!(openings, 1, "on the same day it is even the same statement");
    assert_eq!(couple.phones[3].reads().len(), 1);
    assert!(couple.phones[3].view().answered_twice.is_empty());
}

/// A phone without the words cannot open, says so, and does not open another answer in their place.
#[test]
fn an_answer_whose_words_are_gone_could_not_be_opened() {
    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("hers")).expect("free");
    couple.phones[B].answer(Some("his")).expect("free");
    couple.phones[A].vault.clear();
    assert!(!couple.phones[A].view().could_not_be_opened, "nothing is due yet");
    couple.heal();
    assert_eq!(couple.phones[A].state(), SealedState::BothSealed);
    assert!(couple.phones[A].view().could_not_be_opened);
    assert_eq!(couple.phones[B].state(), SealedState::BothSealed);
    assert!(read(&couple.phones[A]).is_empty(), "who cannot open does not read");
}

/// Taking back is refused once an opening that names one's answer has been received; concurrent, the opening wins.
#[test]
fn taking_back() {
    let mut couple = Couple::new(1);
    assert_eq!(couple.phones[A].take_back(), Err(RuleError::NotFound));
    couple.phones[A].answer(Some("hers")).expect("free");
    couple.deliver(A, B, |_| true);
    assert_eq!(couple.phones[B].state(), SealedState::TheirsSealed);
    couple.phones[A].take_back().expect("nobody has named it");
    assert_eq!(couple.phones[A].state(), SealedState::Upcoming);
    couple.deliver(A, B, |_| true);
    assert_eq!(couple.phones[B].state(), SealedState::Upcoming);
    couple.phones[B].answer(Some("his")).expect("free");
    couple.heal();
    assert!(couple.phones.iter().all(|phone| phone.reads().is_empty()), "what was taken back opens nothing");

    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("hers")).expect("free");
    couple.phones[B].answer(Some("his")).expect("free");
    hear(&mut couple, A, B);
    couple.phones[A].take_back().expect("the opening has not come");
    couple.heal();
    assert_eq!((read(&couple.phones[A]).len(), read(&couple.phones[B]).len()), (1, 1), "concurrent, the opening wins");
    assert_eq!(couple.phones[A].take_back(), Err(RuleError::AlreadyOpen));
}

/// An answer may be given again after one was taken back.
#[test]
fn answering_anew_after_taking_back() {
    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("first")).expect("free");
    couple.phones[A].take_back().expect("sealed");
    couple.phones[A].answer(Some("second")).expect("free");
    couple.phones[B].answer(Some("his")).expect("free");
    couple.heal();
    assert_eq!(read(&couple.phones[B]), ["second"]);
}

/// Who shares anyway is read at once; who answers knowing of it is labelled so, on both phones, and is read in turn.
#[test]
fn sharing_anyway_and_answering_after_reading() {
    let mut couple = Couple::new(1);
    assert_eq!(couple.phones[A].share(), Err(RuleError::NotFound));
    couple.phones[A].answer(Some("hers")).expect("free");
    couple.phones[A].share().expect("sealed");
    assert_eq!(couple.phones[A].share(), Err(RuleError::AlreadyOpen));
    assert_eq!(couple.phones[A].answer(Some("another")), Err(RuleError::AlreadyOpen));
    couple.deliver(A, B, |_| true);
    assert_eq!((couple.phones[B].state(), read(&couple.phones[B])), (SealedState::Open, vec!["hers".to_owned()]));
    couple.phones[B].answer(Some("his")).expect("free");
    couple.heal();
    assert_eq!(read(&couple.phones[A]), ["his"], "the answer that came is opened and read");
    for phone in &couple.phones {
        let labels: Vec<_> =
            phone.view().answers.iter().map(|a| (a.member, a.shared_anyway, a.answered_after_reading)).collect();
        assert!(labels.contains(&(ada(), true, false)) && labels.contains(&(ben(), false, true)));
    }
    // Concurrent sharing is no reading.
    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("hers")).expect("free");
    couple.phones[A].share().expect("sealed");
    couple.phones[B].answer(Some("his")).expect("free");
    couple.heal();
    assert!(couple.phones.iter().all(|phone| phone.view().answers.iter().all(|a| !a.answered_after_reading)));
    assert_eq!(couple.phones[A].reads().len() + couple.phones[B].reads().len(), 2);
}

/// A sharing that brings no words could not be read, and marks nobody as having read it.
#[test]
fn nobody_is_said_to_have_read_what_was_never_there() {
    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("hers")).expect("free");
    let mut modified = couple.phones[A].clone();
    let shared = modified.share().expect("sealed");
    couple.phones[B].set = couple.phones[A].set.clone();
    couple.phones[B].set.insert(bare(modified.set.get(&shared).expect("there")));
    couple.phones[B].answer(Some("his")).expect("free");
    assert!(couple.phones[B].view().answers.iter().filter(|a| a.member == ben()).all(|a| !a.answered_after_reading));
}

/// A pass is a sealed answer too: until it opens nothing tells it from one; once both passed, both are told.
#[test]
fn a_pass_is_sealed_like_an_answer() {
    let mut couple = Couple::new(1);
    couple.phones[A].answer(None).expect("free");
    couple.deliver(A, B, |_| true);
    let commitment = couple.phones[B].set.iter().next().expect("there");
    assert!(commitment.body.is_none());
    assert_eq!(couple.phones[B].state(), SealedState::TheirsSealed);
    let mut passed = couple.clone();
    passed.phones[B].answer(None).expect("free");
    passed.heal();
    assert!(passed.phones.iter().all(|phone| phone.state() == SealedState::Passed));
    couple.phones[B].answer(Some("his")).expect("free");
    couple.heal();
    assert!(couple.phones.iter().all(|phone| phone.state() == SealedState::Open));
    assert!(
        couple.phones[B].view().answers.iter().any(|answer| answer.member == ada() && answer.passed && answer.open)
    );
}

/// G7: silence opens nothing. After the day a lone answer stays sealed; the waiting hint shows nothing when it is off.
#[test]
fn g7_silence_is_nothing() {
    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("hers")).expect("free");
    couple.deliver(A, B, |_| true);
    let view = |phone: &Phone, hint, past| sealed_pair::view(&phone.set, phone.me, &phone.vault, hint, past).state;
    assert_eq!(view(&couple.phones[A], true, true), SealedState::Unopened);
    assert_eq!(view(&couple.phones[B], true, false), SealedState::TheirsSealed);
    for past in [false, true] {
        assert_eq!(
            view(&couple.phones[B], false, past),
            SealedState::Upcoming,
            "nothing shows, as if nothing was there"
        );
        assert_eq!(
            sealed_pair::view(&couple.phones[B].set, ben(), &[], false, past),
            sealed_pair::view(&StatementSet::default(), ben(), &[], false, past)
        );
    }
    assert_eq!(couple.phones[B].open(), 0);
    // Nothing shows until both are in.
    couple.phones[B].answer(Some("his")).expect("free");
    assert_eq!(view(&couple.phones[B], false, false), SealedState::BothSealed);
}

/// G10: opened words are their author's own, and go from both phones; that there was an answer stays, and what it earned stays.
#[test]
fn g10_opened_words_can_be_taken_back_for_good() {
    let mut couple = Couple::new(1);
    couple.phones[A].answer(Some("canary")).expect("free");
    couple.phones[B].answer(Some("his")).expect("free");
    assert_eq!(couple.phones[A].redact(), Err(RuleError::NotFound), "what is sealed is taken back instead");
    couple.heal();
    assert_eq!(read(&couple.phones[B]), ["canary"]);
    couple.phones[A].redact().expect("open");
    assert_eq!(couple.phones[A].redact(), Err(RuleError::Redacted));
    couple.heal();
    for phone in &couple.phones {
        assert_eq!(phone.state(), SealedState::Open);
        assert!(phone.view().answers.iter().filter(|a| a.member == ada()).all(|a| a.fields.is_none() && a.open));
        let opening = phone.set.of_kind(Kind::OPEN).find(|said| said.member == ada()).expect("the tombstone stays");
        assert!(opening.body.is_none());
    }
    assert_eq!(read(&couple.phones[A]), ["his"]);
    // Both may do so, in either order.
    couple.phones[B].redact().expect("open");
    couple.heal();
    assert!(couple.phones.iter().all(|phone| phone.state() == SealedState::Open && read(phone).is_empty()));
}

/// What was shared and taken back before the other could read it asks nothing of the other, and shows nothing of what they sealed.
#[test]
fn words_nobody_could_read_open_nothing() {
    for heard_before in [false, true] {
        let mut couple = Couple::new(1);
        couple.phones[A].answer(Some("hers")).expect("free");
        couple.phones[A].share().expect("sealed");
        couple.phones[B].answer(Some("his")).expect("free");
        if heard_before {
            couple.heal();
            assert_eq!(
                (read(&couple.phones[A]), read(&couple.phones[B])),
                (vec!["his".to_owned()], vec!["hers".to_owned()])
            );
        }
        couple.phones[A].redact().expect("open");
        couple.heal();
        let (hers, his) = (couple.phones[A].view(), couple.phones[B].view());
        assert!(his.answers.iter().any(|answer| answer.member == ada() && answer.redacted && answer.fields.is_none()));
        assert_eq!(his.answers.iter().any(|answer| answer.member == ben() && answer.open), heard_before);
        assert_eq!(hers.answers.iter().any(|answer| answer.member == ben()), heard_before);
        let his_state = if heard_before { SealedState::Open } else { SealedState::MineSealed };
        assert_eq!(his.state, his_state);
        assert!(hers.answered_twice.is_empty() && his.answered_twice.is_empty());
        // Whoever wants to be read all the same shares.
        assert_eq!(couple.phones[B].share().is_ok(), !heard_before);
    }
}

/// Of several waiting answers of the other the smallest by body hash is named, whatever order they came in.
#[test]
fn the_smallest_waiting_answer_is_named() {
    for skipped in 0..8 {
        let mut couple = Couple::new(2);
        // Other nonces, other hashes.
        for _ in 0..skipped {
            nonce();
        }
        couple.phones[0].answer(Some("one")).expect("free");
        couple.phones[1].answer(Some("two")).expect("free");
        couple.deliver(0, 2, |_| true);
        couple.deliver(1, 2, |_| true);
        couple.phones[2].answer(Some("his")).expect("free");
        let smallest = couple.phones[2]
            .set
            .of_kind(Kind::COMMIT)
            .filter(|said| said.member == ada())
            .map(|said| (said.body_hash, said.id))
            .min();
        let due =
            sealed_pair::opening_due(&couple.phones[2].set, ben(), &couple.phones[2].vault).expect("both answered");
        assert_eq!(Some(due.partner), smallest.map(|(_, id)| id));
    }
}

/// While the other's opening names something that has not arrived here, this phone waits for it: it is the answer that counts.
#[test]
fn an_opening_that_names_what_has_not_arrived_is_waited_for() {
    let mut couple = Couple::new(2);
    couple.phones[0].answer(Some("on the phone")).expect("free");
    couple.phones[2].answer(Some("his")).expect("free");
    hear(&mut couple, 0, 2);
    // Ada's tablet, apart from her phone, answers too, and hears Ben's opening before her own phone's answer.
    couple.phones[1].answer(Some("on the tablet")).expect("free");
    let hers: Vec<StatementId> = couple.phones[0].set.iter().map(|said| said.id).collect();
    let ids: Vec<StatementId> = couple.phones[2].set.iter().map(|said| said.id).collect();
    couple.deliver(2, 1, |at| !hers.contains(&ids[at]));
    assert_eq!(couple.phones[1].open(), 0);
    couple.heal();
    assert_eq!(read(&couple.phones[3]), ["on the phone"]);
    assert_eq!(read(&couple.phones[1]), ["his"]);
}
