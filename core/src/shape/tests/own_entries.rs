//! Entries that one person wrote: edits, acknowledgements, redaction; in the space and in the vault.

use super::*;
use crate::shape::RuleError;
use crate::shape::own_entry::{self, OwnEntryState as State, OwnEntryView};
use crate::statement::{Kind, Role, Subject};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

struct Phones {
    target: EntryId,
    sets: Vec<StatementSet>,
}

/// Phones 0 and 1 are Ada's, whose entry it is; 2 and 3 are Ben's.
fn member(phone: usize) -> MemberId {
    if phone < 2 { ada() } else { ben() }
}

impl Phones {
    fn new() -> (Self, StatementId) {
        rewind();
        let create = author(ada(), Header::new(Kind::CREATE, Subject::Fresh([4; 16]), day(1)), &words("first"));
        let mut set = StatementSet::default();
        set.insert(create.clone());
        (Self { target: create.target, sets: vec![set; 4] }, create.id)
    }

    fn say(&mut self, phone: usize, header: Header, content: &Content) -> StatementId {
        let said = author(member(phone), header, content);
        let id = said.id;
        self.sets[phone].insert(said);
        forget(&mut self.sets[phone]);
        id
    }

    fn edit(&mut self, phone: usize, text: &str) -> Result<StatementId, RuleError> {
        let header = own_entry::edit(&self.sets[phone], member(phone), self.target, day(2))?;
        Ok(self.say(phone, header, &words(text)))
    }

    fn redact(&mut self, phone: usize) -> Result<StatementId, RuleError> {
        let header = own_entry::redact(&self.sets[phone], member(phone), self.target, day(3))?;
        Ok(self.say(phone, header, &Content::default()))
    }

    fn acknowledge(&mut self, phone: usize, wording: Option<StatementId>) -> Result<StatementId, RuleError> {
        let set = &self.sets[phone];
        let header = own_entry::acknowledge(set, member(phone), self.target, day(2), wording.as_ref())?;
        Ok(self.say(phone, header, &Content::default()))
    }

    fn deliver(&mut self, from: usize, to: usize, mut passes: impl FnMut(usize) -> bool) {
        let sent: Vec<Statement> = self.sets[from].iter().cloned().collect();
        let sent = sent.into_iter().enumerate().filter(|(at, _)| passes(*at));
        sent.for_each(|(_, said)| self.sets[to].insert(said));
        forget(&mut self.sets[to]);
    }

    fn heal(&mut self) -> OwnEntryView {
        for _ in 0..2 {
            for from in 0..4 {
                (0..4).for_each(|to| self.deliver(from, to, |_| true));
            }
        }
        let views: Vec<_> = self.sets.iter().map(|set| own_entry::view(set).expect("made")).collect();
        assert!(views.iter().all(|view| *view == views[0]), "I2");
        views.into_iter().next().expect("four")
    }
}

fn current(view: &OwnEntryView) -> Vec<String> {
    let current = view.wordings.iter().filter(|wording| wording.current && !wording.redacted);
    let text = |fields: &std::collections::BTreeMap<u32, Value>| match fields.get(&1) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let mut texts: Vec<String> = current.filter_map(|wording| wording.fields.as_ref()).map(text).collect();
    texts.sort();
    texts
}

/// Two concurrent edits from one's own two phones are both shown; the next edit names both.
#[test]
fn two_edits_at_once_are_both_shown_until_the_next() {
    let (mut phones, _) = Phones::new();
    phones.edit(0, "phone").expect("hers");
    phones.edit(1, "tablet").expect("hers");
    let view = phones.heal();
    assert_eq!(current(&view), ["phone", "tablet"]);
    assert_eq!(phones.acknowledge(2, None), Err(RuleError::AmbiguousRevision));
    phones.edit(1, "both").expect("hers");
    let view = phones.heal();
    assert_eq!((current(&view), view.wordings.len()), (vec!["both".to_owned()], 4));
}

/// A boundary: shared, acknowledged in a wording, changed since; an acknowledgement of the old words stays one of the old words.
#[test]
fn an_acknowledgement_is_of_one_wording() {
    let (mut phones, first) = Phones::new();
    assert_eq!(phones.heal().state, State::Shared);
    phones.acknowledge(2, None).expect("Ben's to do");
    assert_eq!(phones.heal().state, State::Acknowledged);
    // The owner edits while the other acknowledges the old text.
    phones.edit(0, "second").expect("hers");
    phones.acknowledge(3, Some(first)).expect("what this phone shows");
    assert_eq!(phones.heal().state, State::ChangedSinceAcknowledged);
    phones.acknowledge(2, None).expect("the new words");
    assert_eq!(phones.heal().state, State::Acknowledged);
}

/// Of two wordings that stand, both must be acknowledged.
#[test]
fn acknowledged_means_everything_that_stands() {
    let (mut phones, _) = Phones::new();
    let one = phones.edit(0, "one").expect("hers");
    let two = phones.edit(1, "two").expect("hers");
    phones.heal();
    phones.acknowledge(2, Some(one)).expect("named");
    assert_eq!(phones.heal().state, State::ChangedSinceAcknowledged);
    phones.acknowledge(2, Some(two)).expect("named");
    assert_eq!(phones.heal().state, State::Acknowledged);
}

/// G1: what another may not do is refused when drafted, and says nothing when it is signed all the same.
#[test]
fn g1_only_the_author_words_it() {
    let (mut phones, first) = Phones::new();
    assert_eq!(phones.edit(2, "not his"), Err(RuleError::NotYours));
    assert_eq!(phones.redact(2), Err(RuleError::NotYours));
    assert_eq!(phones.acknowledge(0, None), Err(RuleError::Yours));
    assert_eq!(phones.acknowledge(2, Some(StatementId([1; 32]))), Err(RuleError::NotFound));
    let empty = StatementSet::default();
    assert_eq!(own_entry::edit(&empty, ada(), phones.target, day(1)), Err(RuleError::NotFound));
    assert!(own_entry::view(&empty).is_none() && own_entry::refused(&empty).is_empty());

    let before = phones.heal();
    let target = Subject::Target(phones.target);
    let edit = phones.say(2, Header::new(Kind::EDIT, target, day(2)).over([first]), &words("forged"));
    let redact = phones.say(2, Header::new(Kind::REDACT, target, day(2)), &Content::default());
    let own =
        phones.say(0, Header::new(Kind::ACKNOWLEDGE, target, day(2)).naming(Role::SUBJECT, first), &Content::default());
    let no_wording =
        phones.say(2, Header::new(Kind::ACKNOWLEDGE, target, day(2)).naming(Role::SUBJECT, edit), &Content::default());
    assert_eq!(phones.heal(), before);
    let mut refused = vec![edit, redact, own, no_wording];
    refused.sort_unstable();
    assert_eq!(own_entry::refused(&phones.sets[0]), refused);
}

/// An author cannot make their words look acknowledged, by whatever they name in `over`.
#[test]
fn an_author_cannot_acknowledge_themselves() {
    let (mut phones, first) = Phones::new();
    for kind in [Kind::COMMENT, Kind::ACKNOWLEDGE, Kind(900)] {
        let header =
            Header::new(kind, Subject::Target(phones.target), day(2)).naming(Role::SUBJECT, first).over([first]);
        let content = if kind == Kind::COMMENT { Content::text("x") } else { Content::default() };
        phones.say(0, header, &content);
        assert_eq!(phones.heal().state, State::Shared);
    }
}

/// G10: redacting takes the words from every phone, whenever they arrive; the place stays.
#[test]
fn g10_redacted_words_are_gone_from_every_phone() {
    let (mut phones, first) = Phones::new();
    phones.edit(1, "from the tablet, unaware").expect("hers");
    let late: Vec<Statement> = phones.sets[1].iter().cloned().collect();
    phones.redact(0).expect("hers");
    let view = phones.heal();
    assert_eq!((view.state, view.wordings.len()), (State::Redacted, 2));
    assert!(view.wordings.iter().all(|wording| wording.redacted && wording.fields.is_none()));
    // The words arrive again, from a pack or an old phone.
    late.into_iter().for_each(|said| phones.sets[3].insert(said));
    assert_eq!(own_entry::view(&phones.sets[3]).expect("made"), view);
    assert_eq!(phones.sets[3].to_forget().count(), 2);
    forget(&mut phones.sets[3]);
    assert_eq!(phones.sets[3].to_forget().count(), 0);
    assert!(phones.sets[3].iter().filter(|said| !said.header.kind.is_wordless()).all(|said| said.body.is_none()));
    assert_eq!(phones.redact(1), Err(RuleError::Redacted));
    assert_eq!(phones.acknowledge(2, Some(first)), Err(RuleError::Redacted));
}

/// One may say something new after taking everything back, and go on editing it.
#[test]
fn new_words_after_a_redaction_stay() {
    let (mut phones, _) = Phones::new();
    phones.redact(0).expect("hers");
    phones.edit(0, "new").expect("hers");
    phones.edit(0, "newer").expect("hers");
    let view = phones.heal();
    assert_eq!((view.state, current(&view)), (State::Shared, vec!["newer".to_owned()]));
    phones.redact(0).expect("hers");
    phones.edit(0, "newest").expect("hers");
    assert_eq!(current(&phones.heal()), ["newest"]);
}

/// Words that have not arrived cannot be acknowledged.
#[test]
fn what_is_not_here_cannot_be_acknowledged() {
    let (mut phones, first) = Phones::new();
    let create = phones.sets[0].get(&first).expect("there").clone();
    phones.sets[2] = StatementSet::default();
    phones.sets[2].insert(bare(&create));
    assert_eq!(phones.acknowledge(2, None), Err(RuleError::NotReadable));
    phones.sets[2].insert(create);
    assert!(phones.acknowledge(2, None).is_ok());
}

#[derive(Debug, Clone)]
enum Act {
    Edit,
    Redact,
    Acknowledge(Option<Index>),
    /// Ben signs what he may not.
    Forge(u16, Index),
    Hear(Index, u64),
}

fn acts() -> impl Strategy<Value = Vec<(Index, Act)>> {
    let act = prop_oneof![
        4 => Just(Act::Edit),
        1 => Just(Act::Redact),
        3 => any::<Option<Index>>().prop_map(Act::Acknowledge),
        2 => (1..=10u16, any::<Index>()).prop_map(|(kind, over)| Act::Forge(kind, over)),
        6 => (any::<Index>(), any::<u64>()).prop_map(|(from, mask)| Act::Hear(from, mask)),
    ];
    vec((any::<Index>(), act), 1..30)
}

proptest! {
    /// I2, I3, I7, G4, G5: equal views once everything is heard; only the author's words, each as it was written, none lost unless
    /// redacted; the other's forgeries change nothing of it.
    #[test]
    fn histories_of_an_entry(history in acts()) {
        let (mut phones, _) = Phones::new();
        let mut written = vec!["first".to_owned()];
        for (at, (phone, act)) in history.iter().enumerate() {
            let phone = phone.index(4);
            match act {
                Act::Edit => {
                    let text = format!("words {at}");
                    if phones.edit(phone, &text).is_ok() {
                        written.push(text);
                    }
                }
                Act::Redact => drop(phones.redact(phone)),
                Act::Acknowledge(wording) => {
                    let ids: Vec<StatementId> = phones.sets[phone].iter().map(|said| said.id).collect();
                    let _ = phones.acknowledge(phone, wording.map(|index| ids[index.index(ids.len())]));
                }
                Act::Forge(kind, over) => {
                    let set = &phones.sets[2];
                    let ids: Vec<StatementId> = set.iter().map(|said| said.id).collect();
                    let named = ids[over.index(ids.len())];
                    let wording = |set: &StatementSet| own_entry::view(set).expect("made").wordings;
                    let before = wording(set);
                    let header = Header::new(Kind(*kind), Subject::Target(phones.target), day(3)).over([named]).naming(Role::SUBJECT, named);
                    let forged = Statement::author(owner(), ben(), header, Body { nonce: nonce(), content: words("forged").encode() });
                    phones.sets[2].insert(forged);
                    let after = wording(&phones.sets[2]);
                    prop_assert_eq!(before.len(), after.len());
                    for (before, after) in before.iter().zip(&after) {
                        // An acknowledgement is his to give.
                        prop_assert_eq!((&before.fields, before.current, before.redacted), (&after.fields, after.current, after.redacted), "I3");
                    }
                }
                Act::Hear(from, mask) => phones.deliver(from.index(4), phone, |at| mask & (1 << (at % 64)) != 0),
            }
        }
        let view = phones.heal();
        prop_assert_eq!(view.wordings.len(), written.len(), "G5: every wording keeps its place");
        let shown: Vec<String> = current(&view);
        prop_assert!(shown.iter().all(|text| written.contains(text)), "G4");
        let redacted = phones.sets[0].of_kind(Kind::REDACT).any(|said| said.member == ada());
        prop_assert!(redacted || !shown.is_empty());
        let again: StatementSet = phones.sets[0].iter().rev_ids();
        prop_assert_eq!(own_entry::view(&again), Some(view), "I7");
    }
}

trait Reversed {
    fn rev_ids(self) -> StatementSet;
}

impl<'a, I: Iterator<Item = &'a Statement>> Reversed for I {
    fn rev_ids(self) -> StatementSet {
        let all: Vec<&Statement> = self.collect();
        let mut set = StatementSet::default();
        all.iter().rev().chain(&all).for_each(|said| set.insert((*said).clone()));
        set
    }
}
