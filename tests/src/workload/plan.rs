//! What the two do, day by day, as data.

use super::words::Words;
use amends_core::id::Day;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Days of ten years, leap days among them.
pub const TEN_YEARS: usize = 3652;

/// Ana's phone and tablet, then Ben's.
pub const PHONES: usize = 4;

/// 2016-01-01.
const FIRST_DAY: i64 = 16_801;

/// Words of a new entry by field.
pub type Fields = Vec<(String, String)>;

/// One thing a person does. Entries are named by their number among those of their kind, in the order of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Answers the day's sealed check-in; nothing is a pass.
    Answer(Option<Fields>),
    /// Says thank you.
    Appreciate(Fields),
    /// Words an earlier appreciation anew.
    EditAppreciation(usize, Fields),
    /// Proposes a new agreement.
    Propose(Fields),
    /// Proposes other words for the agreement.
    Amend(usize, Fields),
    /// Agrees to the newest words of the agreement.
    Consent(usize),
    /// Says something about the agreement.
    Comment(usize, String),
    /// Sets a boundary.
    Limit(Fields),
    /// Words one's own boundary anew.
    EditLimit(usize, Fields),
    /// Says that the other's boundary was read.
    Acknowledge(usize),
    /// Begins a shared note.
    Note(String),
    /// Types in a note.
    Type {
        /// Which.
        note: usize,
        /// Where, in Unicode scalar values.
        position: usize,
        /// How much is taken out.
        delete: usize,
        /// What is put in.
        insert: String,
    },
    /// Writes in one's own vault.
    Journal(String),
    /// Words an earlier journal entry of one's own anew.
    EditJournal(usize, String),
}

/// What one person does on one phone without putting it down: less than the flush's idle time between the actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which phone: 0 and 1 are Ana's, 2 and 3 Ben's.
    pub phone: usize,
    /// The day.
    pub day: Day,
    /// Minutes of that day.
    pub minute: u32,
    /// What is done.
    pub actions: Vec<Action>,
}

/// All sessions of a life together, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    first_day: Day,
    sessions: Vec<Session>,
}

impl Plan {
    /// The plan of so many days.
    pub fn new(seed: u64, days: usize) -> Self {
        let mut writer = Writer::new(seed);
        for day in 0..days {
            writer.day(day);
        }
        Self { first_day: day_number(0), sessions: writer.sessions }
    }

    /// The day on which it begins.
    pub fn first_day(&self) -> Day {
        self.first_day
    }

    /// The sessions, in order of time.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// How many actions there are in all.
    pub fn actions(&self) -> usize {
        self.sessions.iter().map(|session| session.actions.len()).sum()
    }
}

fn day_number(day: usize) -> Day {
    let number = FIRST_DAY.saturating_add(i64::try_from(day).unwrap_or(0));
    Day::new(number).unwrap_or(Day::MAX)
}

/// What must be remembered so that every action is one that the app allows.
struct Writer {
    words: Words,
    sessions: Vec<Session>,
    /// Length of each note.
    notes: Vec<usize>,
    /// For each agreement, who still has to agree to its newest words.
    agreements: Vec<Option<usize>>,
    /// Whose each boundary is, and whether the other acknowledged its words.
    limits: Vec<(usize, bool)>,
    /// Whose each appreciation is.
    appreciations: Vec<usize>,
    /// Whose each journal entry is.
    journals: Vec<usize>,
}

impl Writer {
    fn new(seed: u64) -> Self {
        Self {
            words: Words::new(ChaCha20Rng::seed_from_u64(seed)),
            sessions: Vec::new(),
            notes: Vec::new(),
            agreements: Vec::new(),
            limits: Vec::new(),
            appreciations: Vec::new(),
            journals: Vec::new(),
        }
    }

    fn day(&mut self, day: usize) {
        let typist = self.words.below(2);
        for (person, minute) in [(0, 20 * 60), (1, 20 * 60 + 45)] {
            let mut actions = self.evening(person);
            if !actions.is_empty() {
                let tablet = self.words.chance(120);
                self.add(person, tablet, day, minute, std::mem::take(&mut actions));
            }
        }
        if self.words.chance(450) {
            let actions = self.typing();
            let tablet = self.words.chance(300);
            self.add(typist, tablet, day, 21 * 60 + 30, actions);
        }
        for person in 0..2 {
            let often = if person == 0 { 500 } else { 250 };
            if self.words.chance(often) {
                let actions = self.journal(person);
                self.add(person, false, day, 22 * 60 + 10, actions);
            }
        }
    }

    fn add(&mut self, person: usize, tablet: bool, day: usize, minute: u32, actions: Vec<Action>) {
        let phone = person * 2 + usize::from(tablet);
        self.sessions.push(Session { phone, day: day_number(day), minute, actions });
    }

    fn fields(&mut self, named: &[(&str, usize)]) -> Fields {
        let text = |(name, characters): &(&str, usize)| ((*name).to_owned(), self.words.text(*characters));
        named.iter().map(text).collect()
    }

    fn evening(&mut self, person: usize) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.words.chance(920) {
            actions.push(self.check_in());
        }
        if self.words.chance(480) {
            let length = self.words.between(30, 140);
            actions.push(Action::Appreciate(self.fields(&[("text", length)])));
            self.appreciations.push(person);
            if self.words.chance(40) {
                let length = self.words.between(30, 140);
                let newest = self.appreciations.len() - 1;
                actions.push(Action::EditAppreciation(newest, self.fields(&[("text", length)])));
            }
        }
        self.agree(person, &mut actions);
        self.set_limits(person, &mut actions);
        actions
    }

    fn check_in(&mut self) -> Action {
        if self.words.chance(30) {
            return Action::Answer(None);
        }
        let mut named = Vec::new();
        if self.words.chance(500) {
            named.push(("need", self.words.between(15, 60)));
        }
        if self.words.chance(400) {
            named.push(("appreciation", self.words.between(15, 70)));
        }
        if self.words.chance(100) {
            named.push(("raise", self.words.between(20, 90)));
        }
        let mut fields = self.fields(&named);
        fields.push(("mood".to_owned(), self.words.word().to_owned()));
        fields.push(("energy".to_owned(), self.words.between(1, 5).to_string()));
        Action::Answer(Some(fields))
    }

    fn agree(&mut self, person: usize, actions: &mut Vec<Action>) {
        for agreement in 0..self.agreements.len() {
            if self.agreements.get(agreement) == Some(&Some(person)) {
                actions.push(Action::Consent(agreement));
                if let Some(waits) = self.agreements.get_mut(agreement) {
                    *waits = None;
                }
            }
        }
        let other = 1 - person;
        if self.words.chance(12) {
            let length = self.words.between(80, 500);
            actions.push(Action::Propose(self.fields(&[("text", length), ("examples", 60)])));
            self.agreements.push(Some(other));
        }
        if self.agreements.is_empty() {
            return;
        }
        let agreement = self.words.below(self.agreements.len());
        if self.words.chance(20) && self.agreements.get(agreement) == Some(&None) {
            let length = self.words.between(80, 500);
            actions.push(Action::Amend(agreement, self.fields(&[("text", length)])));
            if let Some(waits) = self.agreements.get_mut(agreement) {
                *waits = Some(other);
            }
        }
        if self.words.chance(15) {
            let length = self.words.between(20, 120);
            actions.push(Action::Comment(agreement, self.words.text(length)));
        }
    }

    fn set_limits(&mut self, person: usize, actions: &mut Vec<Action>) {
        for limit in 0..self.limits.len() {
            if self.limits.get(limit) == Some(&(1 - person, false)) {
                actions.push(Action::Acknowledge(limit));
                self.limits[limit].1 = true;
            }
        }
        if self.words.chance(6) {
            let fields = self.fields(&[("limit", 90), ("if_crossed", 60), ("helps", 50)]);
            actions.push(Action::Limit(fields));
            self.limits.push((person, false));
        }
        let own: Vec<usize> = (0..self.limits.len()).filter(|limit| self.limits[*limit].0 == person).collect();
        if !own.is_empty() && self.words.chance(5) {
            let limit = own[self.words.below(own.len())];
            let fields = self.fields(&[("limit", 110)]);
            actions.push(Action::EditLimit(limit, fields));
            self.limits[limit].1 = false;
        }
    }

    fn typing(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.notes.is_empty() || self.words.chance(310) {
            actions.push(Action::Note(self.words.text(12)));
            self.notes.push(0);
        }
        // People go on with what they wrote lately.
        let back = self.words.below(4).min(self.notes.len() - 1);
        let note = self.notes.len() - 1 - back;
        let mut position = self.notes[note];
        for _ in 0..self.words.between(3, 13) {
            let length = self.notes[note];
            if self.words.chance(150) {
                position = self.words.below(length + 1);
            }
            let delete = if self.words.chance(200) { self.words.below(9).min(length - position) } else { 0 };
            let characters = self.words.between(5, 34);
            let insert = format!("{} ", self.words.text(characters));
            let typed = insert.chars().count();
            actions.push(Action::Type { note, position, delete, insert });
            self.notes[note] = length - delete + typed;
            position += typed;
        }
        actions
    }

    fn journal(&mut self, person: usize) -> Vec<Action> {
        let own = self.journals.iter().rposition(|author| *author == person);
        let length = self.words.between(60, 420);
        let text = self.words.text(length);
        match own {
            Some(journal) if self.words.chance(100) => vec![Action::EditJournal(journal, text)],
            _ => {
                self.journals.push(person);
                vec![Action::Journal(text)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Plan, TEN_YEARS};

    #[test]
    fn a_seed_says_everything() {
        assert_eq!(Plan::new(3, 60), Plan::new(3, 60));
        assert_ne!(Plan::new(3, 60), Plan::new(4, 60));
    }

    #[test]
    fn ten_years_are_about_27_000_actions() {
        let actions = Plan::new(1, TEN_YEARS).actions();
        assert!((26_000..28_000).contains(&actions), "{actions}");
    }
}
