//! A parking lot: what is said of its items, while the other writes in them.

use super::*;
use crate::document::{Actor, Document, ItemId, NewChange, Schema};
use crate::shape::acts::states::{Condition, Facts, State, Who, derive};
use crate::shape::acts::{self, Act, On, Table};
use crate::shape::lists::{self, ItemView};
use crate::shape::{By, RuleError, Voices};
use crate::statement::{Kind, Role, Subject};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

const fn act(code: &'static str) -> Act {
    Act { code, by: By::Each, group: Some("close"), on: On::Item, step: None }
}

static ACTS: [Act; 3] = [act("talked"), act("let_go"), act("keep")];
const TABLE: Table = Table { practice: "parking", acts: &ACTS };
static STATES: [State; 4] = [
    State { id: "talked", when: &[Condition::Act(Who::Any, "talked")] },
    State { id: "let_go", when: &[Condition::Act(Who::Both, "let_go")] },
    State { id: "not_for_one", when: &[Condition::Act(Who::Any, "let_go")] },
    State { id: "parked", when: &[] },
];

const ENTRY: EntryId = EntryId([5; 32]);
const TITLE: u32 = 1;

/// Phone 0 is Ada's, 1 Ben's.
struct Phones {
    sets: [StatementSet; 2],
    lists: [Document; 2],
    changes: Vec<Vec<u8>>,
}

fn member(phone: usize) -> MemberId {
    if phone == 0 { ada() } else { ben() }
}

fn item(nth: u8) -> ItemId {
    ItemId::Fresh([nth; 16])
}

fn voices(set: &StatementSet) -> Voices {
    Voices::new(set, [ada(), ben()])
}

impl Phones {
    fn new() -> Self {
        rewind();
        let list = || Document::new(Schema::List).expect("a new list");
        Self { sets: Default::default(), lists: [list(), list()], changes: Vec::new() }
    }

    fn wrote(&mut self, change: Option<NewChange>) {
        self.changes.extend(change.map(|change| change.bytes));
    }

    fn add(&mut self, phone: usize, nth: u8) {
        let title = [(TITLE, format!("topic {nth}"))].into();
        let change = self.lists[phone].add_item(actor(phone), item(nth), None, &title).expect("adds");
        self.wrote(change);
    }

    fn edit(&mut self, phone: usize, nth: u8, title: &str) {
        if let Ok(change) = self.lists[phone].edit_item(actor(phone), item(nth), TITLE, title) {
            self.wrote(change);
        }
    }

    fn says(&mut self, phone: usize, nth: u8, act: &str) -> Result<(), RuleError> {
        let set = &self.sets[phone];
        let wish = lists::about(&self.lists[phone], &ENTRY, &item(nth), act);
        let subject = Subject::Target(ENTRY);
        let header = acts::act(set, &voices(set), &TABLE, member(phone), (subject, day(2)), &wish)?;
        self.sets[phone].insert(author(member(phone), header, &Content::act("parking", 1, act)));
        Ok(())
    }

    fn heal(&mut self) {
        let all: Vec<Statement> = self.sets.iter().flat_map(|set| set.iter().cloned()).collect();
        for (set, list) in self.sets.iter_mut().zip(&mut self.lists) {
            all.iter().for_each(|said| set.insert(said.clone()));
            list.apply(self.changes.iter().rev().cloned());
        }
    }

    fn view(&self, phone: usize) -> Vec<ItemView> {
        let set = &self.sets[phone];
        lists::view(&self.lists[phone], &ENTRY, &acts::view(set, &voices(set), &TABLE))
    }

    fn healed(&mut self) -> Vec<ItemView> {
        self.heal();
        assert_eq!(self.view(0), self.view(1), "I2");
        self.view(0)
    }

    fn states(&mut self) -> Vec<&'static str> {
        let voices = voices(&self.sets[0]);
        let state = |item: &ItemView| {
            let facts = Facts { acts: item.acts.clone(), ..Facts::default() };
            derive(&STATES, &voices, &facts).expect("a last state")
        };
        self.healed().iter().map(state).collect()
    }
}

fn actor(phone: usize) -> Actor {
    Actor([u8::try_from(phone).expect("small") + 1; 16])
}

/// One marks it talked about while the other edits it: it stays parked, and what was said is shown as said of the earlier words.
#[test]
fn an_edit_that_one_did_not_know_of_keeps_an_item_open() {
    let mut phones = Phones::new();
    phones.add(0, 1);
    phones.heal();
    phones.says(0, 1, "talked").expect("each");
    assert_eq!(phones.states(), ["talked"]);
    phones.says(1, 1, "keep").expect("each");
    phones.edit(1, 1, "and the garden");
    assert_eq!(phones.states(), ["parked"]);
    let view = phones.healed();
    assert_eq!((view[0].earlier.len(), view[0].acts.standing().count()), (2, 0));
    assert_eq!(view[0].item.fields[&TITLE][0].text.text, "and the garden");
    phones.says(0, 1, "talked").expect("of the new words");
    assert_eq!(phones.states(), ["talked"]);
    // A removal that did not know of an edit: the item is back, and open.
    let removed = phones.lists[0].remove_item(actor(0), item(1)).expect("removes");
    phones.wrote(Some(removed));
    phones.edit(1, 1, "still");
    assert_eq!(phones.states(), ["parked"]);
    assert!(phones.healed()[0].item.restored);
}

#[test]
fn letting_go_takes_both() {
    let mut phones = Phones::new();
    phones.add(0, 1);
    phones.add(1, 2);
    phones.heal();
    phones.says(0, 1, "let_go").expect("each");
    let mut states = phones.states();
    states.sort_unstable();
    assert_eq!(states, ["not_for_one", "parked"], "one speaks for themselves, of one item");
    phones.says(1, 1, "let_go").expect("each");
    assert!(phones.states().contains(&"let_go"));
    phones.says(0, 1, "keep").expect("each takes it back");
    assert!(!phones.states().contains(&"let_go"));
}

/// G1: Ben signs that everybody talked, knowing nothing: it is his word, of words he had not read.
#[test]
fn what_names_no_heads_closes_nothing() {
    let mut phones = Phones::new();
    phones.add(0, 1);
    phones.heal();
    let subject = item(1).subject(&ENTRY);
    let bare = Header::new(Kind::ACT, Subject::Target(ENTRY), day(3)).naming(Role::SUBJECT, subject);
    let junk = bare.clone().naming(Role::HEAD, StatementId([9; 32]));
    for header in [bare, junk] {
        phones.sets[1].insert(author(ben(), header, &Content::act("parking", 1, "talked")));
    }
    assert_eq!(phones.states(), ["parked"]);
    assert_eq!(phones.healed()[0].earlier.len(), 2);
    // An act about an item of another list says nothing of this one's.
    let elsewhere = item(1).subject(&EntryId([6; 32]));
    let header = Header::new(Kind::ACT, Subject::Target(ENTRY), day(3)).naming(Role::SUBJECT, elsewhere);
    phones.sets[1].insert(author(ben(), header, &Content::act("parking", 1, "talked")));
    assert_eq!(phones.healed()[0].earlier.len(), 2);
}

proptest! {
    #![proptest_config(cases(96))]

    /// In any history: an item is closed only if nobody edited it beyond what whoever closed it had read.
    #[test]
    fn nothing_closes_over_words_that_were_not_read(history in vec((any::<Index>(), 0..5u8, 0..3u8), 1..24)) {
        let mut phones = Phones::new();
        // The edits of each item, those that each phone has heard of, and those that whoever closed it had heard of then.
        let mut edits: [Vec<usize>; 3] = Default::default();
        let mut said: [[Option<Vec<usize>>; 2]; 3] = Default::default();
        let mut count = 0;
        let mut heard: [Vec<usize>; 2] = Default::default();
        for (phone, deed, nth) in history {
            let (phone, which) = (phone.index(2), usize::from(nth));
            let before = phones.changes.len();
            match deed {
                0 => phones.add(phone, nth),
                1 => phones.edit(phone, nth, &format!("words {count}")),
                2 | 3 => {
                    phones.says(phone, nth, "talked").expect("each");
                    said[which][phone] = Some(heard[phone].clone());
                }
                _ => {
                    phones.heal();
                    let all: Vec<usize> = (0..count).collect();
                    heard = [all.clone(), all];
                }
            }
            if phones.changes.len() > before {
                edits[which].push(count);
                heard[phone].push(count);
                count += 1;
            }
        }
        let view = phones.healed();
        for nth in 0..3_u8 {
            let which = usize::from(nth);
            let Some(shown) = view.iter().find(|shown| shown.item.id == item(nth)) else { continue };
            // An edit that a later one replaced does not count by itself, but the later one does: the last to be made is never read
            // by who did not hear of it.
            let closed = said[which].iter().flatten().any(|heard| edits[which].iter().all(|edit| heard.contains(edit)));
            let holds = shown.acts.standing().count() > 0;
            prop_assert!(!closed || holds, "who had read everything closes it");
            let last_unread = said[which].iter().flatten().all(|heard| edits[which].last().is_some_and(|last| !heard.contains(last)));
            prop_assert!(!(last_unread && holds), "nobody had read the last words");
        }
    }
}
