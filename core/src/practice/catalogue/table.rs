//! What people do with an entry, and what follows: acts, states, labels, documents. Plain tables; the shapes read them.

use super::Field;
use serde::Serialize;

/// Who may do something with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum By {
    /// Whoever made the entry; of an ask, whoever asks.
    Author,
    /// The other member.
    Other,
    /// Either, each for themselves.
    Each,
}

/// What an act is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum On {
    /// The entry.
    Entry,
    /// One exact wording of it.
    Wording,
    /// One revision.
    Revision,
    /// What an act of the group `offer` put on the table.
    Alternative,
    /// A step of a revision.
    Step,
    /// An item of a list.
    Item,
    /// One occurrence of a series.
    Occurrence,
}

/// Which of several concurrent acts of an ask counts: the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rank {
    /// The question itself.
    Ask,
    /// Something else is put on the table.
    Counter,
    /// It is answered, accepted or settled.
    Answer,
    /// It is declined.
    Decline,
    /// Whoever asked takes it back.
    Withdraw,
}

/// Something a person may say about an entry, as a statement of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Act {
    /// What statements call it.
    pub id: &'static str,
    /// Who may do it.
    #[serde(rename = "role")]
    pub by: By,
    /// Acts of one group by one member on the same subject replace one another.
    pub group: Option<&'static str>,
    /// What it is about.
    pub on: On,
    /// Of an ask: the states in which it may be done, or `*` for all.
    pub from: &'static [&'static str],
    /// Of an ask: the state that it leads to; none if it stays.
    pub to: Option<&'static str>,
    /// Of an ask: how it ranks among concurrent acts that lead somewhere.
    pub rank: Option<Rank>,
    /// What it says.
    pub fields: &'static [Field],
}

/// A state that follows from what was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct State {
    /// Its code. The same code may stand more than once: then any of its lists of conditions will do.
    pub id: &'static str,
    /// What must hold, all of it.
    pub when: &'static [Condition],
}

/// What may hold of an entry. Every condition is a function of the set of statements alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Condition {
    /// Its author's act stands.
    Author(&'static str),
    /// The other's act stands.
    Other(&'static str),
    /// Somebody's act stands.
    Any(&'static str),
    /// Both did it, and it stands.
    Both(&'static str),
    /// Nobody's act stands.
    None(&'static str),
    /// The other acknowledged the wording that stands.
    Acknowledged,
    /// The other acknowledged an earlier wording.
    AcknowledgedEarlier,
    /// The author said their side.
    SideAuthor,
    /// The other said their side.
    SideOther,
    /// It is in its author's vault.
    Private,
    /// Its words were taken back.
    Redacted,
    /// An entry of this practice names it as what it is about.
    About(&'static str),
    /// Of an occurrence: both move it to the same day.
    Moved,
    /// Of an ask: both can live with one alternative.
    Mutual,
    /// Of an ask: both picked the same alternative.
    Picked,
}

/// What a day adds to the display. It never changes what holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Label {
    /// Its code.
    pub id: &'static str,
    /// The field with the day.
    pub field: &'static str,
    /// When it is shown.
    pub when: When,
}

/// When a label is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// On the day.
    On,
    /// From the day after.
    After,
}

/// Something written together beside an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Document {
    /// Which it is.
    pub part: &'static str,
    /// How it merges.
    pub schema: Schema,
    /// Practices whose entries may be placed in a list by their id.
    pub holds: &'static [&'static str],
    /// What an item of a list has.
    pub fields: &'static [Field],
}

/// How a document merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schema {
    /// One text that both type in.
    Note,
    /// Items that both add and order.
    List,
}
