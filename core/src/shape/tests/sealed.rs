//! Two members, two phones each, random schedules of answering, taking back, sharing and hearing. Every phone opens what it owes as
//! soon as it learns anything, as the engine does.

use super::*;
use crate::shape::RuleError;
use crate::shape::sealed_pair::{self, SealedState, SealedView};
use crate::statement::{Kind, Role};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone)]
pub(super) struct Phone {
    pub(super) me: MemberId,
    pub(super) set: StatementSet,
    /// One's own answers, as the vault keeps them: never overwritten.
    pub(super) vault: Vec<Body>,
}

#[derive(Clone)]
pub(super) struct Couple {
    pub(super) phones: Vec<Phone>,
}

pub(super) fn date() -> Day {
    day(20_522)
}

impl Phone {
    fn add(&mut self, said: Statement) {
        self.set.insert(said);
        forget(&mut self.set);
    }

    /// Seals words, or a pass. The body stays in the vault; what leaves the phone is the hash.
    pub(super) fn answer(&mut self, text: Option<&str>) -> Result<StatementId, RuleError> {
        let header = sealed_pair::commit(&self.set, self.me, series(), date(), day(20_522))?;
        let content = Content { fields: None, ..words("") };
        let content = text.map_or(content, words);
        let body = Body { nonce: nonce(), content: content.encode() };
        let said = author_body(self.me, header, body.clone());
        self.vault.push(body);
        self.add(bare(&said));
        Ok(said.id)
    }

    pub(super) fn take_back(&mut self) -> Result<(), RuleError> {
        for header in sealed_pair::take_back(&self.set, self.me, day(20_522))? {
            self.add(author(self.me, header, &Content::default()));
        }
        Ok(())
    }

    pub(super) fn share(&mut self) -> Result<StatementId, RuleError> {
        let (header, body) = sealed_pair::share_anyway(&self.set, self.me, &self.vault, day(20_522))?;
        let said = author_body(self.me, header, body);
        self.add(said.clone());
        Ok(said.id)
    }

    pub(super) fn redact(&mut self) -> Result<(), RuleError> {
        let header =
            sealed_pair::redact(&self.set, self.me, EntryId::occurrence(&owner(), &series(), date()), day(20_522))?;
        self.add(author(self.me, header, &Content::default()));
        Ok(())
    }

    /// Opens everything this phone owes; gives how many openings that were.
    pub(super) fn open(&mut self) -> usize {
        let mut count = 0;
        while let Some(due) = sealed_pair::opening_due(&self.set, self.me, &self.vault) {
            let own = self.set.get(&due.own).expect("one's own commitment");
            let header = Header::new(Kind::OPEN, own.header.subject, day(20_522))
                .naming(Role::OWN_COMMITMENT, due.own)
                .naming(Role::PARTNER_COMMITMENT, due.partner)
                .over(due.over);
            self.add(author_body(self.me, header, due.body));
            count += 1;
            assert!(count < 50, "openings come to an end");
        }
        count
    }

    pub(super) fn view(&self) -> SealedView {
        sealed_pair::view(&self.set, self.me, &self.vault, true, false)
    }

    pub(super) fn state(&self) -> SealedState {
        self.view().state
    }

    /// The other's words that this phone shows.
    pub(super) fn reads(&self) -> BTreeMap<StatementId, Option<String>> {
        let theirs = self.view().answers.into_iter().filter(|answer| answer.member != self.me);
        theirs.map(|answer| (answer.commitment, answer.fields.map(|fields| text(&fields)))).collect()
    }
}

fn text(fields: &BTreeMap<u32, Value>) -> String {
    match fields.get(&1) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

impl Couple {
    /// Phones 0 and 1 are Ada's (if there are two each), the rest Ben's.
    pub(super) fn new(phones: usize) -> Self {
        rewind();
        let phone = |me| Phone { me, set: StatementSet::default(), vault: Vec::new() };
        let of = |me| (0..phones).map(move |_| phone(me));
        Self { phones: of(ada()).chain(of(ben())).collect() }
    }

    /// Part of what one phone has reaches another; a vault reaches only phones of the same member.
    pub(super) fn deliver(&mut self, from: usize, to: usize, mut passes: impl FnMut(usize) -> bool) {
        let sent = self.phones[from].clone();
        let to = &mut self.phones[to];
        if sent.me == to.me {
            for body in sent.vault {
                if !to.vault.contains(&body) {
                    to.vault.push(body);
                }
            }
        }
        for (at, said) in sent.set.iter().enumerate() {
            if passes(at) {
                to.set.insert(said.clone());
            }
        }
        forget(&mut to.set);
    }

    /// Everybody hears everything and opens what is due, until nothing more happens.
    pub(super) fn heal(&mut self) {
        for _ in 0..6 {
            for from in 0..self.phones.len() {
                for to in 0..self.phones.len() {
                    self.deliver(from, to, |_| true);
                    self.phones[to].open();
                }
            }
        }
        for phone in &mut self.phones {
            phone.vault.sort_by_key(|body| body.nonce);
            assert_eq!(phone.open(), 0, "nothing is owed once everything is heard");
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Answer(bool),
    TakeBack,
    Share,
    Redact,
    Hear(Index, u64),
}

fn acts() -> impl Strategy<Value = Vec<(Index, Act)>> {
    let act = prop_oneof![
        5 => any::<bool>().prop_map(Act::Answer),
        1 => Just(Act::TakeBack),
        1 => Just(Act::Share),
        1 => Just(Act::Redact),
        4 => (any::<Index>(), any::<u64>()).prop_map(|(from, mask)| Act::Hear(from, mask)),
        5 => any::<Index>().prop_map(|from| Act::Hear(from, u64::MAX)),
    ];
    vec((any::<Index>(), act), 1..30)
}

/// What a phone of an honest member shows of the other, and why it may.
fn check_reading(phone: &Phone) {
    for (commitment, _) in phone.reads() {
        let shared = phone.set.of_kind(Kind::SHARE_ANYWAY).any(|said| {
            said.member != phone.me && said.header.named(Role::OWN_COMMITMENT).any(|own| own == commitment)
        });
        // One's own words are out, and bound to exactly this answer of the other.
        let paid = phone.set.of_kind(Kind::OPEN).any(|opening| {
            opening.member == phone.me && opening.header.named(Role::PARTNER_COMMITMENT).any(|id| id == commitment)
        });
        assert!(shared || paid, "nothing is read before one's own answer is fixed and open");
    }
    // Every opening of the other that reached this phone names a commitment of mine: mine was fixed before theirs came.
    for opening in phone.set.of_kind(Kind::OPEN).filter(|opening| opening.member != phone.me) {
        let mut named = opening.header.named(Role::PARTNER_COMMITMENT).filter_map(|id| phone.set.get(&id));
        assert!(named.all(|mine| mine.member == phone.me && mine.header.kind == Kind::COMMIT));
    }
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn schedules_are_fair(history in acts()) {
        let mut couple = Couple::new(2);
        let mut read: Vec<BTreeMap<StatementId, Option<String>>> = vec![BTreeMap::new(); 4];
        let mut texts: BTreeSet<String> = BTreeSet::new();
        let mut quiet = true;
        for (at, (phone, act)) in history.iter().enumerate() {
            let to = phone.index(4);
            let phone = &mut couple.phones[to];
            match act {
                Act::Answer(words) => {
                    let text = format!("answer {at}");
                    texts.insert(text.clone());
                    let _ = phone.answer(Some(text.as_str()).filter(|_| *words));
                }
                Act::TakeBack => quiet &= phone.take_back().is_err(),
                Act::Share => quiet &= phone.share().is_err(),
                Act::Redact => quiet &= phone.redact().is_err(),
                Act::Hear(from, mask) => couple.deliver(from.index(4), to, |at| mask & (1 << (at % 64)) != 0),
            }
            let phone = &mut couple.phones[to];
            phone.open();
            check_reading(phone);
            // What was read stays what it was: no answer is exchanged for another after the fact; words only go by redaction.
            let now = phone.reads();
            for (commitment, before) in &read[to] {
                let still = now.get(commitment);
                prop_assert!(still.is_some(), "an answer that was read does not vanish");
                prop_assert!(still == Some(before) || (still == Some(&None) && !quiet), "{before:?} became {still:?}");
            }
            prop_assert!(now.values().flatten().all(|text| texts.contains(text)), "nobody's words but theirs");
            read[to] = now;
        }
        couple.heal();
        for pair in [[0, 1], [2, 3]] {
            prop_assert_eq!(couple.phones[pair[0]].view(), couple.phones[pair[1]].view(), "I2, for each member's phones");
        }
        for phone in &couple.phones {
            check_reading(phone);
            // Nothing that was read at any time is gone.
            prop_assert!(phone.reads().len() >= read.iter().zip(&couple.phones).filter(|(_, other)| other.me == phone.me).map(|(read, _)| read.len()).max().unwrap_or(0));
        }
        // Fair: what one may read of the other, unless shared freely, the other may read of the one.
        let (hers, his) = (couple.phones[0].view(), couple.phones[2].view());
        let answered = |me: MemberId| couple.phones[0].set.of_kind(Kind::COMMIT).any(|said| said.member == me);
        if quiet {
            let both = answered(ada()) && answered(ben());
            for view in [&hers, &his] {
                let open = matches!(view.state, SealedState::Open | SealedState::Passed);
                prop_assert_eq!(open, both, "both answered, then and only then both see: {:?}", view);
                prop_assert!(!view.could_not_be_opened);
            }
            let open = |view: &SealedView| -> BTreeSet<(StatementId, bool)> {
                view.answers.iter().filter(|answer| answer.open).map(|answer| (answer.commitment, answer.passed)).collect()
            };
            prop_assert_eq!(open(&hers), open(&his), "both see the same answers");
            prop_assert_eq!(&hers.answered_twice, &his.answered_twice);
        }
    }

    /// Whatever a cheating member signs, with a valid signature and at any time, an honest phone shows of them only answers that
    /// its own opening named, and opens nothing that was not asked for by a bound commitment.
    #[test]
    fn forgeries_open_nothing_more(forged in vec((11..=14u16, any::<Index>(), any::<Index>(), any::<Index>(), any::<bool>()), 1..8)) {
        let mut couple = Couple::new(1);
        couple.phones[0].answer(Some("hers")).expect("nothing is open");
        couple.phones[0].answer(Some("hers, replaced")).expect("nothing is open");
        let hers: BTreeSet<StatementId> = couple.phones[0].set.iter().map(|said| said.id).collect();
        let mut bodies = vec![Body { nonce: nonce(), content: words("his").encode() }, Body { nonce: nonce(), content: words("other").encode() }];
        for (kind, own, partner, over, present) in &forged {
            let ids: Vec<StatementId> = couple.phones[0].set.iter().map(|said| said.id).chain([StatementId([9; 32])]).collect();
            let header = Header::new(Kind(*kind), crate::statement::Subject::Occurrence { series: series(), day: date() }, day(1))
                .naming(Role::OWN_COMMITMENT, ids[own.index(ids.len())])
                .naming(Role::PARTNER_COMMITMENT, ids[partner.index(ids.len())])
                .over([ids[over.index(ids.len())]]);
            let body = bodies[own.index(bodies.len())].clone();
            let said = Statement::author(owner(), ben(), header, body.clone());
            if said.header.kind == Kind::OPEN {
                // What an opening brought is known to the cheat as well.
                bodies.extend(couple.phones[0].set.of_kind(Kind::OPEN).filter_map(|said| said.body.clone()));
            }
            couple.phones[0].set.insert(if *present && *kind != 11 { said } else { bare(&said) });
            let phone = &mut couple.phones[0];
            phone.open();
            check_reading_of_honest(phone, &hers);
        }
    }
}

/// Against a cheat: what is shown was named by one's own opening or shared, and brings the words that were bound.
fn check_reading_of_honest(phone: &Phone, hers: &BTreeSet<StatementId>) {
    for answer in phone.view().answers.iter().filter(|answer| answer.member != phone.me && !answer.shared_anyway) {
        let paid = phone.set.of_kind(Kind::OPEN).any(|opening| {
            opening.member == phone.me
                && opening.header.named(Role::PARTNER_COMMITMENT).any(|id| id == answer.commitment)
        });
        assert!(paid, "shown without having been named by one's own opening");
    }
    // Each opening of hers names a commitment of his, and each of her answers is opened once at most.
    let mut opened = BTreeSet::new();
    for opening in phone.set.of_kind(Kind::OPEN).filter(|said| said.member == phone.me) {
        let own = opening.header.named(Role::OWN_COMMITMENT).next().expect("checked");
        assert!(hers.contains(&own) && opened.insert(own), "opened twice");
        let named = opening.header.named(Role::PARTNER_COMMITMENT).next().and_then(|id| phone.set.get(&id));
        assert!(named.is_some_and(|named| named.member == ben() && named.header.kind == Kind::COMMIT));
    }
    // A second answer opens only if an opening of his that brings bound words names it.
    if opened.len() > 1 {
        let brought = phone.set.of_kind(Kind::OPEN).filter(|said| said.member == ben() && said.body.is_some());
        let named: BTreeSet<StatementId> =
            brought.flat_map(|said| said.header.named(Role::PARTNER_COMMITMENT)).collect();
        assert!(opened.iter().filter(|own| !named.contains(own)).count() <= 1, "opened without being named");
    }
}
