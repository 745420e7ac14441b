//! Four phones with one entry of Ada's: what each knows, what reaches whom. Acts are made through the drafting functions, and
//! past them by Ben's modified phone.

use super::*;
use crate::shape::acts::{self, Act, ActsView, On, Table, Wish};
use crate::shape::{By, RuleError, Voices, own_entry};
use crate::statement::{Kind, Ref, Role, Subject};

const fn act(code: &'static str, by: By, group: Option<&'static str>, on: On) -> Act {
    Act { code, by, group, on, step: None }
}

/// A promise, and what is said of it.
pub(super) static ACTS: [Act; 12] = [
    act("kept", By::Author, Some("outcome"), On::Entry),
    act("not_kept", By::Author, Some("outcome"), On::Entry),
    act("seen_kept", By::Other, Some("outcome"), On::Entry),
    act("not_yet", By::Other, Some("outcome"), On::Entry),
    act("told_early", By::Author, None, On::Entry),
    act("landed", By::Other, Some("landing"), On::Wording),
    act("offer", By::Each, Some(acts::OFFER), On::Entry),
    act("rate", By::Each, Some("rating"), On::Alternative),
    act("pick", By::Each, Some(acts::PICK), On::Alternative),
    act("doing", By::Each, Some("tick"), On::Step),
    act("done", By::Each, Some("tick"), On::Step),
    act("im_in", By::Each, Some("in"), On::Entry),
];

pub(super) const TABLE: Table = Table { practice: "promise", acts: &ACTS };

pub(super) struct Phones {
    pub(super) target: EntryId,
    pub(super) first: StatementId,
    pub(super) sets: Vec<StatementSet>,
}

/// Phones 0 and 1 are Ada's, 2 and 3 Ben's.
pub(super) fn member(phone: usize) -> MemberId {
    if phone < 2 { ada() } else { ben() }
}

pub(super) fn voices(set: &StatementSet) -> Voices {
    Voices::new(set, [ada(), ben()])
}

pub(super) fn promise(text: &str) -> Content {
    Content::of("promise", 1, [(1, Value::Text(text.to_owned()))].into())
}

impl Phones {
    pub(super) fn new() -> Self {
        rewind();
        let create = author(ada(), Header::new(Kind::CREATE, Subject::Fresh([4; 16]), day(1)), &promise("first"));
        let mut set = StatementSet::default();
        set.insert(create.clone());
        Self { target: create.target, first: create.id, sets: vec![set; 4] }
    }

    pub(super) fn say(&mut self, phone: usize, header: Header, content: &Content) -> StatementId {
        let said = author(member(phone), header, content);
        let id = said.id;
        self.sets[phone].insert(said);
        forget(&mut self.sets[phone]);
        id
    }

    /// Does something, with a text in field 1.
    pub(super) fn does(&mut self, phone: usize, wish: &Wish<'_>, text: Option<&str>) -> Result<StatementId, RuleError> {
        let set = &self.sets[phone];
        let subject = Subject::Target(self.target);
        let header = acts::act(set, &voices(set), &TABLE, member(phone), (subject, day(2)), wish)?;
        let fields = text.map(|text| [(1, Value::Text(text.to_owned()))].into());
        Ok(self.say(phone, header, &Content { fields, ..Content::act("promise", 1, wish.act) }))
    }

    pub(super) fn edit(&mut self, phone: usize, text: &str) -> Result<StatementId, RuleError> {
        let header = own_entry::edit(&self.sets[phone], member(phone), self.target, day(2))?;
        Ok(self.say(phone, header, &promise(text)))
    }

    /// What Ben signs past the drafting functions.
    pub(super) fn forge(
        &mut self,
        kind: Kind,
        named: &[(Role, StatementId)],
        over: &[StatementId],
        content: &Content,
    ) -> StatementId {
        let mut header = Header::new(kind, Subject::Target(self.target), day(3)).over(over.iter().copied());
        header.refs = named.iter().map(|(role, id)| Ref { role: *role, id: *id }).collect();
        let forged = Statement::author(owner(), ben(), header, Body { nonce: nonce(), content: content.encode() });
        let id = forged.id;
        self.sets[2].insert(forged);
        id
    }

    pub(super) fn deliver(&mut self, from: usize, to: usize, mut passes: impl FnMut(usize) -> bool) {
        let sent: Vec<Statement> = self.sets[from].iter().cloned().collect();
        let sent = sent.into_iter().enumerate().filter(|(at, _)| passes(*at));
        sent.for_each(|(_, said)| self.sets[to].insert(said));
        forget(&mut self.sets[to]);
    }

    /// Everybody hears everything.
    pub(super) fn heal(&mut self) {
        for _ in 0..2 {
            for from in 0..self.sets.len() {
                (0..self.sets.len()).for_each(|to| self.deliver(from, to, |_| true));
            }
        }
    }

    /// What every phone shows once all is heard: the same, whatever came first, and however often.
    pub(super) fn healed<V: PartialEq + std::fmt::Debug>(&mut self, view: impl Fn(&StatementSet) -> V) -> V {
        self.heal();
        let mut views: Vec<V> = self.sets.iter().map(&view).collect();
        let all: Vec<Statement> = self.sets[0].iter().cloned().collect();
        let mut again = StatementSet::default();
        all.iter().rev().chain(&all).for_each(|said| again.insert(said.clone()));
        views.push(view(&again));
        let last = views.pop().expect("five");
        views.iter().for_each(|view| assert_eq!(*view, last, "I2, I7"));
        last
    }

    pub(super) fn acts(&mut self) -> ActsView {
        self.healed(|set| acts::view(set, &voices(set), &TABLE))
    }

    pub(super) fn ids(&self, phone: usize) -> Vec<StatementId> {
        self.sets[phone].iter().map(|said| said.id).collect()
    }
}
