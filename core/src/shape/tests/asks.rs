//! Requests on four phones: by name what must come of crossing steps, and as properties of random histories. The shape is compared
//! with a model that follows the rules one by one.

use super::ask_tables::{ALL, APOLOGIES, INFORMATION_REQUESTS, PAUSES, TALK_REQUESTS};
use super::*;
use crate::shape::acts::{Act, Rank, Wish};
use crate::shape::ask::{self, AskView, Judgement, Role, Table};
use crate::shape::own_entry::OwnEntryState;
use crate::shape::{RuleError, Voices, own_entry, two_sides};
use crate::statement::{Kind, Role as Named, Subject};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

/// Phones 0 and 1 are Ada's, who asks; 2 and 3 are Ben's.
pub(super) struct Phones {
    pub(super) table: Table,
    pub(super) target: EntryId,
    pub(super) sets: Vec<StatementSet>,
}

fn member(phone: usize) -> MemberId {
    if phone < 2 { ada() } else { ben() }
}

pub(super) fn voices(set: &StatementSet) -> Voices {
    Voices::new(set, [ada(), ben()])
}

impl Phones {
    pub(super) fn new(table: Table) -> Self {
        rewind();
        let content = Content::of(table.acts.practice, 1, [(1, Value::Text("asked".to_owned()))].into());
        let create = author(ada(), Header::new(Kind::CREATE, Subject::Fresh([4; 16]), day(1)), &content);
        let mut set = StatementSet::default();
        set.insert(create.clone());
        Self { table, target: create.target, sets: vec![set; 4] }
    }

    pub(super) fn ids(&self, phone: usize) -> Vec<StatementId> {
        self.sets[phone].iter().map(|said| said.id).collect()
    }

    pub(super) fn say(&mut self, phone: usize, header: Header, content: &Content) -> StatementId {
        let said = author(member(phone), header, content);
        let id = said.id;
        self.sets[phone].insert(said);
        forget(&mut self.sets[phone]);
        id
    }

    pub(super) fn does(&mut self, phone: usize, act: &str, text: Option<&str>) -> Result<StatementId, RuleError> {
        let set = &self.sets[phone];
        let at = (self.target, day(2));
        let header = ask::step(set, &voices(set), &self.table, member(phone), at, &Wish::new(act))?;
        let fields = text.map(|text| [(1, Value::Text(text.to_owned()))].into());
        let content = Content { fields, ..Content::act(self.table.acts.practice, 1, act) };
        Ok(self.say(phone, header, &content))
    }

    pub(super) fn deliver(&mut self, from: usize, to: usize, mut passes: impl FnMut(usize) -> bool) {
        let sent: Vec<Statement> = self.sets[from].iter().cloned().collect();
        let sent = sent.into_iter().enumerate().filter(|(at, _)| passes(*at));
        sent.for_each(|(_, said)| self.sets[to].insert(said));
        forget(&mut self.sets[to]);
    }

    pub(super) fn view(&self, phone: usize) -> AskView {
        let set = &self.sets[phone];
        ask::view(set, &voices(set), &self.table).expect("asked")
    }

    /// Everybody hears everything; all show the same, whatever came first, and however often.
    pub(super) fn healed(&mut self) -> AskView {
        for _ in 0..2 {
            for from in 0..4 {
                (0..4).for_each(|to| self.deliver(from, to, |_| true));
            }
        }
        let all: Vec<Statement> = self.sets[0].iter().cloned().collect();
        let mut again = StatementSet::default();
        all.iter().rev().chain(&all).for_each(|said| again.insert(said.clone()));
        let view = ask::view(&again, &voices(&again), &self.table).expect("asked");
        (0..4).for_each(|phone| assert_eq!(self.view(phone), view, "I2, I7"));
        view
    }
}

fn codes(view: &AskView) -> Vec<(&'static str, bool, bool)> {
    let mut codes: Vec<_> = view
        .steps
        .iter()
        .map(|step| (step.said.act.expect("a step counts").code, step.effective, step.leading))
        .collect();
    codes.sort_unstable();
    codes
}

#[test]
fn a_question_is_asked_answered_and_corrected() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    assert_eq!(phones.healed().state, "asked");
    phones.does(2, "will_answer_by", Some("2026-03-20")).expect("his");
    assert_eq!(phones.healed().state, "will_answer");
    let answer = phones.does(3, "answer", Some("yes")).expect("his");
    let view = phones.healed();
    assert_eq!((view.state, view.leading()[0].said.id), ("answered", answer));
    // A correction is a further step: the first answer stays to be read.
    phones.does(2, "correct", Some("yes, twice")).expect("his");
    let view = phones.healed();
    assert_eq!(view.state, "corrected");
    assert!(view.steps.iter().any(|step| step.said.id == answer && step.effective && !step.said.fields.is_empty()));
}

/// What the other is not asked for is refused when drafted.
#[test]
fn a_step_is_drafted_only_by_whose_it_is_and_when_it_leads_on() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    assert_eq!(phones.does(0, "answer", None), Err(RuleError::Yours));
    assert_eq!(phones.does(2, "withdraw", None), Err(RuleError::NotYours));
    assert_eq!(phones.does(2, "correct", None), Err(RuleError::NotNow));
    assert_eq!(phones.does(2, "no_such", None), Err(RuleError::NoSuchAct));
    assert_eq!(phones.does(0, "ask_again", None), Err(RuleError::NotNow));
    let empty = StatementSet::default();
    let at = (phones.target, day(1));
    let nothing = ask::step(&empty, &voices(&empty), &INFORMATION_REQUESTS, ben(), at, &Wish::new("answer"));
    assert_eq!(nothing, Err(RuleError::NotFound));
    assert!(ask::view(&empty, &voices(&empty), &INFORMATION_REQUESTS).is_none());
    assert!(ask::refused(&empty, &voices(&empty), &INFORMATION_REQUESTS).is_empty());
    // Words that are not here, or were taken back, cannot be answered.
    let question = phones.sets[2].iter().next().expect("there").clone();
    phones.sets[2] = StatementSet::default();
    phones.sets[2].insert(bare(&question));
    assert_eq!(phones.does(2, "answer", None), Err(RuleError::NotReadable));
    let header = own_entry::redact(&phones.sets[0], ada(), phones.target, day(2)).expect("hers");
    phones.say(0, header, &Content::default());
    phones.healed();
    assert_eq!(phones.does(2, "answer", None), Err(RuleError::Redacted));
    assert_eq!(phones.does(2, "decline", None), Err(RuleError::NotNow), "the question is gone");
}

/// The asker takes the question back while the other answers it.
#[test]
fn an_answer_to_a_question_withdrawn_meanwhile_stays_and_says_so() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    let answer = phones.does(2, "answer", Some("yes")).expect("his");
    phones.does(0, "withdraw", None).expect("hers");
    let view = phones.healed();
    assert_eq!(view.state, "withdrawn");
    let shown = view.steps.iter().find(|step| step.said.id == answer).expect("no silent loser");
    assert!(shown.effective && shown.question_withdrawn && !shown.leading && !shown.said.fields.is_empty());
    // Whoever sees the withdrawal before answering keeps the answer to themselves.
    assert_eq!(phones.does(3, "answer", Some("yes")), Err(RuleError::NotNow));
    // The asker could see the answer already, and takes the question back all the same.
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    phones.does(2, "answer", Some("yes")).expect("his");
    phones.healed();
    phones.does(1, "withdraw", None).expect("from every state");
    let view = phones.healed();
    assert_eq!((view.state, view.steps.iter().filter(|step| step.question_withdrawn).count()), ("withdrawn", 1));
    // Asked again, it is a new question, and nothing is labelled.
    phones.does(0, "ask_again", None).expect("hers");
    let view = phones.healed();
    assert_eq!((view.state, view.steps.iter().filter(|step| step.question_withdrawn).count()), ("asked", 0));
}

/// Concurrent steps: withdraw > decline > answer > counter > ask.
#[test]
fn concurrent_steps_are_weighed() {
    for (steps, state) in [
        (&[(2, "will_answer_by"), (3, "answer")][..], "answered"),
        (&[(2, "answer"), (3, "decline")], "declined"),
        (&[(2, "decline"), (0, "withdraw")], "withdrawn"),
        (&[(2, "answer"), (3, "decline"), (1, "withdraw")], "withdrawn"),
        (&[(2, "will_answer_by"), (3, "in_talk"), (0, "withdraw"), (1, "withdraw")], "withdrawn"),
    ] {
        let mut phones = Phones::new(INFORMATION_REQUESTS);
        for (phone, act) in steps {
            phones.does(*phone, act, None).expect("as things stand on that phone");
        }
        let view = phones.healed();
        assert_eq!(view.state, state, "{steps:?}");
        assert_eq!(view.steps.len(), steps.len());
        assert!(view.steps.iter().all(|step| step.effective), "G5: all are shown");
    }
    // Asking again weighs least: the other phone of the asker withdraws at the same time.
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    phones.does(2, "decline", None).expect("his");
    phones.healed();
    phones.does(0, "ask_again", None).expect("hers");
    phones.does(1, "withdraw", None).expect("hers");
    assert_eq!(phones.healed().state, "withdrawn");
}

/// Of equals all are kept, and the next step names both.
#[test]
fn two_answers_from_two_phones_are_both_kept() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    let mut answers =
        [phones.does(2, "answer", Some("phone")).expect("his"), phones.does(3, "answer", Some("tablet")).expect("his")];
    answers.sort_unstable();
    let view = phones.healed();
    let leading: Vec<StatementId> = view.leading().iter().map(|step| step.said.id).collect();
    assert_eq!((view.state, leading), ("answered", answers.to_vec()));
    let correction = phones.does(2, "correct", Some("this one")).expect("his");
    let view = phones.healed();
    assert_eq!(view.leading().iter().map(|step| step.said.id).collect::<Vec<_>>(), [correction]);
    let named = &phones.sets[0].get(&correction).expect("there").header.over;
    assert!(answers.iter().all(|answer| named.contains(answer)));
}

/// The apologiser words it anew while the other accepts: it is the earlier words that were accepted.
#[test]
fn accepting_is_of_the_words_that_were_read() {
    let mut phones = Phones::new(APOLOGIES);
    phones.does(2, "more_time", None).expect("no hurry");
    phones.healed();
    phones.does(2, "accept", None).expect("his");
    let header = own_entry::edit(&phones.sets[0], ada(), phones.target, day(2)).expect("hers");
    phones.say(0, header, &Content::of("apology", 1, [(1, Value::Text("better words".into()))].into()));
    let view = phones.healed();
    let accept = view.leading()[0];
    assert_eq!((view.state, accept.earlier_wording), ("accepted", true));
}

/// A pause: either extends it, either ends it, at once on both phones.
#[test]
fn either_extends_a_pause_and_either_ends_it() {
    let mut phones = Phones::new(PAUSES);
    phones.does(0, "extend", Some("20:30")).expect("either");
    phones.does(2, "extend", Some("21:00")).expect("either");
    let view = phones.healed();
    assert_eq!((view.state, view.leading().len()), ("paused", 2), "both extensions are shown");
    phones.does(2, "return", None).expect("either");
    phones.does(0, "extend", Some("22:00")).expect("either");
    assert_eq!(phones.healed().state, "returned");
    phones.does(0, "park", None).expect("either");
    assert_eq!(phones.healed().state, "parked");
}

#[test]
fn a_talk_is_countered_agreed_postponed_and_held() {
    let mut phones = Phones::new(TALK_REQUESTS);
    phones.does(0, "counter", Some("tomorrow")).expect("either");
    phones.does(2, "counter", Some("sunday")).expect("either");
    assert_eq!(phones.healed().leading().len(), 2);
    for (phone, act, state) in
        [(0, "agree", "agreed"), (2, "postpone", "postponed"), (3, "agree", "agreed"), (1, "done", "done")]
    {
        phones.does(phone, act, None).expect("leads on");
        assert_eq!(phones.healed().state, state);
    }
}

/// G10: a step goes with its words, and what it led to with it; the withdrawal has none and stays.
#[test]
fn g10_a_step_goes_with_its_words() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    phones.does(2, "decline", Some("because")).expect("his");
    phones.healed();
    let header = two_sides::redact(&phones.sets[2], ben(), phones.target, day(3)).expect("his words");
    phones.say(2, header, &Content::default());
    assert_eq!(phones.healed().state, "asked");
    phones.does(2, "decline", Some("no reason needed")).expect("new words are not covered");
    assert_eq!(phones.healed().state, "declined");
    phones.does(0, "withdraw", None).expect("hers");
    let header = own_entry::redact(&phones.sets[0], ada(), phones.target, day(3)).expect("hers");
    phones.say(0, header, &Content::default());
    assert_eq!(phones.healed().state, "withdrawn");
}

/// Whoever takes the words of the question back takes the question back, with a note or without; new words ask anew.
#[test]
fn g10_a_question_goes_with_its_words() {
    let mut phones = Phones::new(INFORMATION_REQUESTS);
    let answer = phones.does(2, "answer", Some("yes")).expect("his");
    let redact = |phones: &mut Phones| {
        let header = own_entry::redact(&phones.sets[0], ada(), phones.target, day(3)).expect("hers");
        phones.say(0, header, &Content::default());
    };
    redact(&mut phones);
    let view = phones.healed();
    assert_eq!(view.state, "withdrawn");
    assert!(view.steps.iter().any(|step| step.said.id == answer && step.question_withdrawn));
    assert_eq!(phones.does(2, "decline", None), Err(RuleError::NotNow));
    // A withdrawal with words, behind a redaction, is not covered by it.
    phones.does(0, "withdraw", Some("it no longer matters")).expect("hers");
    let header = own_entry::edit(&phones.sets[0], ada(), phones.target, day(4)).expect("hers");
    phones.say(0, header, &Content::of("information_request", 1, [(1, Value::Text("another".into()))].into()));
    assert_eq!(phones.healed().state, "withdrawn");
    redact(&mut phones);
    assert_eq!(phones.healed().state, "withdrawn", "its note is gone, and so is the question");
    let header = own_entry::edit(&phones.sets[1], ada(), phones.target, day(5)).expect("hers");
    phones.say(1, header, &Content::of("information_request", 1, [(1, Value::Text("a third".into()))].into()));
    assert_eq!(phones.healed().state, "answered", "what was answered is asked about again");
}

/// R4: from every state that two people can reach, whoever asked gets out, and it holds on both phones.
#[test]
fn r4_the_asker_gets_out_of_every_state_that_can_be_reached() {
    for table in ALL {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut paths: Vec<Vec<(usize, &str)>> = vec![Vec::new()];
        while let Some(path) = paths.pop() {
            let mut phones = Phones::new(table);
            for (phone, act) in &path {
                phones.does(*phone, act, None).expect("it led on before");
                phones.healed();
            }
            let state = phones.healed().state;
            if !reached.insert(state) {
                continue;
            }
            for act in table.acts.acts.iter().filter(|act| act.step.is_some()) {
                for phone in [0, 2] {
                    let role = if phone == 0 { Role::Asker } else { Role::Askee };
                    if matches!(table.judge(state, role, act), Judgement::To(_)) {
                        paths.push([path.as_slice(), &[(phone, act.code)]].concat());
                    }
                }
            }
            phones.does(1, "withdraw", None).expect("R4");
            assert_eq!(phones.healed().state, "withdrawn", "{state}");
        }
        assert_eq!(reached, table.states(), "every state is looked at");
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Does(Index),
    /// Ben signs any code, as seeing and replacing anything.
    Forge(Index, Vec<Index>, Vec<Index>),
    Edit,
    Redact,
    Hear(Index, u64),
}

fn deeds() -> impl Strategy<Value = Vec<(Index, Deed)>> {
    let named = || vec(any::<Index>(), 0..4);
    let deed = prop_oneof![
        6 => any::<Index>().prop_map(Deed::Does),
        3 => (any::<Index>(), named(), named()).prop_map(|(act, saw, over)| Deed::Forge(act, saw, over)),
        1 => Just(Deed::Edit),
        1 => Just(Deed::Redact),
        5 => (any::<Index>(), any::<u64>()).prop_map(|(from, mask)| Deed::Hear(from, mask)),
    ];
    vec((any::<Index>(), deed), 1..24)
}

/// The rules, followed literally and slowly: what an act's own past comes to, each time anew.
struct Model<'a> {
    set: &'a StatementSet,
    table: Table,
}

impl Model<'_> {
    fn act(&self, id: &StatementId) -> Option<Act> {
        let said = self.set.get(id)?;
        let content = said.content().ok()??;
        let of_practice = content.practice.as_deref() == Some(self.table.acts.practice);
        let act = *self.table.acts.acts.iter().find(|act| Some(act.code) == content.act.as_deref())?;
        let named = !act.on.is_named() || said.header.named(Named::SUBJECT).next().is_some();
        let wordings = said.header.named(Named::SUBJECT).all(|id| {
            self.set.get(&id).is_none_or(|named| {
                act.step.is_none()
                    || !act.on.is_named()
                    || (named.member == ada() && matches!(named.header.kind, Kind::CREATE | Kind::EDIT))
            })
        });
        (of_practice && named && wordings && !self.set.is_redacted(said)).then_some(act)
    }

    /// Everything that an act knew of, itself not included.
    fn past(&self, id: &StatementId) -> BTreeSet<StatementId> {
        let mut past = BTreeSet::new();
        let mut open = vec![*id];
        while let Some(id) = open.pop() {
            let Some(said) = self.set.get(&id).filter(|said| said.header.kind == Kind::ACT) else { continue };
            let named = said.header.named(Named::SAW).chain(said.header.over.iter().copied());
            open.extend(
                named
                    .filter(|named| self.set.get(named).is_some_and(|said| said.header.kind == Kind::ACT))
                    .filter(|id| past.insert(*id)),
            );
        }
        past
    }

    fn is_effective(&self, id: &StatementId) -> bool {
        let Some(act) = self.act(id).filter(|act| act.step.is_some()) else { return false };
        let member = self.set.get(id).expect("there").member;
        let role = if member == ada() { Role::Asker } else { Role::Askee };
        matches!(self.table.judge(self.state(&self.past(id)).0, role, &act), Judgement::To(_))
    }

    fn state(&self, of: &BTreeSet<StatementId>) -> (&'static str, BTreeSet<StatementId>) {
        let effective: Vec<StatementId> = of.iter().copied().filter(|id| self.is_effective(id)).collect();
        let step = |id: &StatementId| self.act(id).and_then(|act| act.step).expect("a step");
        let open = effective.iter().filter(|id| !effective.iter().any(|other| self.past(other).contains(id)));
        let open: Vec<StatementId> = open.copied().collect();
        let rank: Option<Rank> = open.iter().map(|id| step(id).rank).max();
        let leading: BTreeSet<StatementId> = open.into_iter().filter(|id| Some(step(id).rank) == rank).collect();
        (leading.first().map_or(self.table.initial, |id| step(id).to), leading)
    }
}

proptest! {
    #![proptest_config(cases(200))]

    /// G1–G8 as far as a request goes: equal views in any order and partition, the rules followed as the model follows them, nothing
    /// lost, and whatever Ben signs, the question that Ada took back stays taken back until she asks again.
    #[test]
    fn histories_of_requests(which in 0..5usize, history in deeds()) {
        let table = ALL[which];
        let mut phones = Phones::new(table);
        let mut honest: Vec<StatementId> = Vec::new();
        for (phone, deed) in &history {
            let phone = phone.index(4);
            match deed {
                Deed::Does(act) => {
                    let act = table.acts.acts[act.index(table.acts.acts.len())];
                    honest.extend(phones.does(phone, act.code, None));
                }
                Deed::Forge(act, saw, over) => forge(&mut phones, act, saw, over),
                Deed::Edit => {
                    let header = own_entry::edit(&phones.sets[0], ada(), phones.target, day(2)).expect("hers");
                    phones.say(0, header, &Content::of(table.acts.practice, 1, [(1, Value::Text("anew".into()))].into()));
                }
                Deed::Redact => {
                    let header = Header::new(Kind::REDACT, Subject::Target(phones.target), day(2));
                    phones.say(phone, header, &Content::default());
                }
                Deed::Hear(from, mask) => {
                    let from = from.index(4);
                    phones.deliver(from, phone, |at| mask >> (at % 64) & 1 == 1);
                }
            }
        }
        let view = phones.healed();
        let set = phones.sets[0].clone();
        let model = Model { set: &set, table };
        let all: BTreeSet<StatementId> = set.of_kind(Kind::ACT).map(|said| said.id).collect();
        let (state, leading) = if own_entry::view(&set).expect("asked").state == OwnEntryState::Redacted {
            ("withdrawn", BTreeSet::new())
        } else {
            model.state(&all)
        };
        let shown: BTreeSet<StatementId> = view.leading().iter().map(|step| step.said.id).collect();
        prop_assert_eq!((view.state, shown), (state, leading));
        for step in &view.steps {
            prop_assert_eq!(step.effective, model.is_effective(&step.said.id), "{:?}", step.said.code);
        }
        // G5: whatever somebody did on a phone that let them is there to be read.
        for id in &honest {
            let step = model.act(id).is_some_and(|act| act.step.is_some());
            prop_assert!(!step || view.steps.iter().any(|step| step.said.id == *id));
        }
        prop_assert!(codes(&view).len() == view.steps.len());

        // R4, and what a modified phone can do against it: nothing.
        phones.does(1, "withdraw", None).expect("R4");
        phones.healed();
        for (phone, deed) in &history {
            match deed {
                Deed::Forge(act, saw, over) => forge(&mut phones, act, saw, over),
                Deed::Does(act) if phone.index(4) >= 2 => {
                    let _ = phones.does(phone.index(4), table.acts.acts[act.index(table.acts.acts.len())].code, None);
                }
                _ => {}
            }
        }
        prop_assert_eq!(phones.healed().state, "withdrawn");
    }
}

fn forge(phones: &mut Phones, act: &Index, saw: &[Index], over: &[Index]) {
    let table = phones.table;
    let mut ids: Vec<StatementId> = phones.sets[2].iter().map(|said| said.id).collect();
    ids.push(StatementId([9; 32]));
    let pick = |index: &Index| ids[index.index(ids.len())];
    let header = Header::new(Kind::ACT, Subject::Target(phones.target), day(3)).over(over.iter().map(pick));
    let header = saw.iter().fold(header, |header, index| header.naming(Named::SAW, pick(index)));
    let header = saw.iter().take(1).fold(header, |header, index| header.naming(Named::SUBJECT, pick(index)));
    let code = table.acts.acts[act.index(table.acts.acts.len())].code;
    let content = Content::act(table.acts.practice, 1, code);
    let forged = Statement::author(owner(), ben(), header, Body { nonce: nonce(), content: content.encode() });
    phones.sets[2].insert(forged);
}
