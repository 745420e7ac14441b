//! What people were told is done: whatever a phone acknowledged, kept apart from every phone, to be found on all of them.

use super::phone::Side;
use amends_core::id::{Day, EntryId, StatementId};
use std::collections::{BTreeMap, BTreeSet};

/// An entry somebody made.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// Its practice.
    pub practice: &'static str,
    /// Who made it.
    pub side: Side,
}

/// A statement that was acknowledged.
#[derive(Debug, Clone)]
pub struct Said {
    /// Which act.
    pub act: usize,
    /// On which phone.
    pub phone: usize,
    /// About what.
    pub entry: EntryId,
    /// Its hash.
    pub hash: StatementId,
    /// Only that phone knew it when its disk went back in time: nobody can bring it back.
    pub lost: bool,
}

/// Something typed into a note, which stays in one piece.
#[derive(Debug, Clone)]
pub struct Token {
    /// Into which note.
    pub note: EntryId,
    /// Which act.
    pub act: usize,
    /// On which phone.
    pub phone: usize,
    /// Somebody took it out, or may have.
    pub deleted: bool,
    /// As [`Said::lost`].
    pub lost: bool,
}

/// Words that a check-in keeps sealed.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The words.
    pub word: String,
    /// Whose.
    pub side: Side,
    /// Of which day.
    pub date: Day,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Shadow {
    /// How many acts were tried.
    pub acts: usize,
    /// Mishaps that lose what a relay acknowledged.
    pub mishaps: usize,
    /// Entries that were acknowledged.
    pub entries: Vec<Entry>,
    /// Statements that were acknowledged.
    pub said: Vec<Said>,
    known: BTreeSet<StatementId>,
    /// The words of a statement.
    pub words: BTreeMap<StatementId, String>,
    /// Words of every act that was tried.
    pub tried: BTreeSet<String>,
    /// What was typed into notes.
    pub tokens: BTreeMap<String, Token>,
    /// Sealed answers that were tried.
    pub sealed: Vec<Sealed>,
    /// Days for which somebody's answer was tried.
    pub answered: BTreeSet<(Day, Side)>,
    /// Days for which somebody chose not to wait, or tried.
    pub shared_anyway: BTreeSet<(Day, Side)>,
    /// Words that belong in one person's vault.
    pub vault: Vec<(String, Side)>,
}

impl Shadow {
    /// Words that nobody used before, in one of many scripts.
    pub fn word(&mut self, style: usize) -> String {
        let n = self.tried.len();
        let word = match style % 6 {
            0 => format!("[k{n}]"),
            1 => format!("[k{n} 👩‍👩‍👧]"),
            2 => format!("[k{n} שלום]"),
            3 => format!("[k{n} می‌خواهم]"),
            4 => format!("[k{n} 🇪🇸é]"),
            _ => format!("[k{n} we say where we are]"),
        };
        self.tried.insert(word.clone());
        word
    }

    /// A statement was acknowledged.
    pub fn acknowledge(&mut self, phone: usize, entry: EntryId, hash: StatementId, word: Option<&str>) {
        if self.known.insert(hash) {
            self.said.push(Said { act: self.acts, phone, entry, hash, lost: false });
            if let Some(word) = word {
                self.words.insert(hash, word.to_owned());
            }
        }
    }

    /// Whether a statement was acknowledged.
    pub fn is_known(&self, hash: &StatementId) -> bool {
        self.known.contains(hash)
    }

    /// A phone's disk went back to when so many acts were done.
    pub fn forget(&mut self, phone: usize, acts: usize) {
        for said in self.said.iter_mut().filter(|said| said.phone == phone && said.act > acts) {
            said.lost = true;
        }
        for token in self.tokens.values_mut().filter(|token| token.phone == phone && token.act > acts) {
            token.lost = true;
        }
    }

    /// Whether one side's sealed words of a day may be with the other.
    pub fn may_be_open(&self, date: Day, side: Side) -> bool {
        self.answered.contains(&(date, side.other())) || self.shared_anyway.contains(&(date, side))
    }
}
