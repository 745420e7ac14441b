//! What stands beside the practices: rows, operations, guarantees, templates, cards, hints and help.

use super::Safety;
use serde::Serialize;

/// One row of the list of practices that the product was drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// 1 to 79.
    pub number: u8,
    /// What it says, in our words.
    pub what: &'static str,
}

/// Something that is no practice and serves rows all the same: an operation, or what holds for everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Duty {
    /// Its code.
    pub id: &'static str,
    /// The rows that it serves.
    pub rows: &'static [u8],
    /// The test that shows it.
    pub test: &'static str,
}

/// A beginning for an entry, with texts to start from in the catalogue of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Template {
    /// Its code, which the entry names in its field `template`.
    pub id: &'static str,
    /// The practice that it begins.
    pub practice: &'static str,
    /// The value of the field `category`.
    pub category: &'static str,
    /// What screens must mind beside what the practice says.
    pub safety: &'static [Safety],
    /// The rows of the list of practices that it serves.
    pub rows: &'static [u8],
}

/// A question or an exercise to do together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Card {
    /// Its code, which the entry names in its field `card`.
    pub id: &'static str,
    /// The practice that it is a card of.
    pub practice: &'static str,
    /// From 1, light, to 3, deep.
    pub depth: u8,
    /// Whether people touch each other in it.
    pub body_contact: bool,
    /// The rows of the list of practices that it serves.
    pub rows: &'static [u8],
}

/// What may be pointed out, softly, in what is being written. It never stops anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Hint {
    /// Its code.
    pub id: &'static str,
    /// Words and phrases that call for it, lower case, by language.
    pub words: &'static [(&'static str, &'static [&'static str])],
}

impl Hint {
    /// Whether the text has one of its words in this language, standing for itself.
    pub fn is_called_for(&self, text: &str, language: &str) -> bool {
        let text = text.to_lowercase();
        let words = self.words.iter().filter(|(code, _)| *code == language).flat_map(|(_, words)| *words);
        let is_letter = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        words.into_iter().any(|word| {
            text.match_indices(word).any(|(start, found)| {
                let (before, after) = (text.get(..start), text.get(start + found.len()..));
                !is_letter(before.and_then(|before| before.chars().next_back()))
                    && !is_letter(after.and_then(|after| after.chars().next()))
            })
        })
    }
}

/// Where people in one region find help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Region {
    /// Its code, as ISO 3166-1 has it, in lower case.
    pub id: &'static str,
    /// Services, each from a public page; none where no page could be read.
    pub entries: &'static [HelpEntry],
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HelpEntry {
    /// What it calls itself.
    pub name: &'static str,
    /// What it is for.
    pub kind: HelpKind,
    /// A number or an address, as its page gives it.
    pub contact: &'static str,
    /// The public page that says so.
    pub source: &'static str,
    /// The day on which the page was read, as `2026-11-22`.
    pub checked: &'static str,
}

/// What a service is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HelpKind {
    /// Danger at this moment.
    Emergency,
    /// Violence or control by a partner.
    PartnerViolence,
    /// A crisis of one's own.
    Crisis,
    /// Counselling for couples.
    Couples,
}
