//! Which operations there are, and which of them a change may speak of.
//!
//! An operation may name only what its change's causal past holds: whether it is let through is then the same on every
//! phone, in whatever order changes arrive. Automerge itself panics on, or forgets, operations that name what is not
//! there.

use super::guard::{Key, OpId, Operation, RawChange, Value};
use super::{Actor, ChangeFacts, GuardError, NOTE_TITLE_MAX, Schema};
use crate::id::ChangeHash;
use std::collections::HashMap;

mod list;

/// Why a change that reads well is not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The chunk itself.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// Its first counter does not follow from what it was made on.
    #[error("a counter that does not follow")]
    Counter,
    /// It is not the next of its actor after those it was made on.
    #[error("a sequence number that does not follow")]
    Sequence,
    /// Its actor made another change with this sequence number, which counts.
    #[error("a sequence number that is taken")]
    SequenceTaken,
    /// It was made on a change that was set aside for another with its sequence number.
    #[error("made on a change that was set aside")]
    SetAside,
    /// It writes what this kind of document does not have.
    #[error("not part of this kind of document")]
    Schema,
    /// It names an operation that is not in its past, or not of the right kind.
    #[error("speaks of what is not there")]
    Reference,
    /// Too many changes wait for others already. It may be given again.
    #[error("too many changes are waiting")]
    TooManyWaiting,
    /// Automerge could not apply it.
    #[error("can't be applied")]
    Inapplicable,
}

impl Refusal {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::Guard(error) => error.code(),
            Refusal::Counter => "change_counter",
            Refusal::Sequence => "change_sequence",
            Refusal::SequenceTaken => "change_sequence_taken",
            Refusal::SetAside => "change_set_aside",
            Refusal::Schema => "change_schema",
            Refusal::Reference => "change_reference",
            Refusal::TooManyWaiting => "change_waiting",
            Refusal::Inapplicable => "change_inapplicable",
        }
    }
}

/// Why a change does not fit beside those that are there.
pub(super) enum Unfit {
    /// It never will, as far as is known.
    Refused(Refusal),
    /// It counts instead of a change with its actor and sequence number, and the document is to be made anew.
    Displaces,
}

impl<T: Into<Refusal>> From<T> for Unfit {
    fn from(refusal: T) -> Self {
        Self::Refused(refusal.into())
    }
}

/// What an operation of a note does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    MakeText,
    Title,
    Insert,
    Delete,
    /// The first change of a list.
    MakeList,
    /// A value at a key of a list.
    Put(list::Slot),
}

/// Automerge's numbers of actions.
const PUT: u64 = 1;
const DELETE: u64 = 3;

/// The schema's own actor, which is the first that an index knows, makes nothing but the first change.
const ROOT_ACTOR: usize = 0;

struct Node {
    actor: usize,
    seq: u64,
    max_op: u64,
    /// For each actor, how many of its changes are in this one's past, itself included.
    clock: Vec<u64>,
}

/// The operations of one change, in runs of a kind.
struct Span {
    hash: ChangeHash,
    start_op: u64,
    max_op: u64,
    kinds: Vec<(u64, Kind)>,
}

/// The changes of a document and what their operations do.
#[derive(Default)]
pub(super) struct Index {
    actors: HashMap<Actor, usize>,
    changes: HashMap<ChangeHash, Node>,
    /// For each actor, its changes in order.
    spans: Vec<Vec<Span>>,
}

/// A change that fits.
pub(super) struct Fitting {
    node: Node,
    span: Span,
    hash: ChangeHash,
    actor: Actor,
}

impl Fitting {
    pub(super) fn hash(&self) -> ChangeHash {
        self.hash
    }
}

impl Index {
    pub(super) fn contains(&self, hash: &ChangeHash) -> bool {
        self.changes.contains_key(hash)
    }

    /// How many changes of `actor` there are.
    pub(super) fn seq(&self, actor: &Actor) -> u64 {
        let spans = self.actors.get(actor).and_then(|actor| self.spans.get(*actor));
        spans.map_or(0, |spans| spans.len() as u64)
    }

    /// Takes in the schema's first change, which needs no check.
    pub(super) fn root(schema: Schema, facts: &ChangeFacts) -> Self {
        let kind = match schema {
            Schema::Note => Kind::MakeText,
            Schema::List => Kind::MakeList,
        };
        let mut index = Self::default();
        let (start_op, max_op) = (facts.start_op, facts.max_op());
        index.insert(Fitting {
            node: Node { actor: ROOT_ACTOR, seq: facts.seq, max_op, clock: Vec::new() },
            span: Span { hash: facts.hash, start_op, max_op, kinds: vec![(facts.operations, kind)] },
            hash: facts.hash,
            actor: facts.actor,
        });
        index
    }

    /// Whether a change whose dependencies are all here may be applied. Of sound changes with one actor and sequence number the
    /// one counts that begins lowest, then the one with the lowest hash: whatever order they come in, and whatever was built on
    /// them.
    pub(super) fn check(&self, change: &RawChange<'_>, schema: Schema) -> Result<Fitting, Unfit> {
        let facts = &change.facts;
        let mut clock: Vec<u64> = Vec::new();
        let mut max_op = 0;
        for dep in &facts.deps {
            let node = self.changes.get(dep).ok_or(Refusal::Reference)?;
            max_op = max_op.max(node.max_op);
            for (at, seq) in node.clock.iter().enumerate() {
                match clock.get_mut(at) {
                    Some(known) => *known = (*known).max(*seq),
                    None => clock.push(*seq),
                }
            }
        }
        // A change that was made on nothing is the schema's own, and that is here already.
        if facts.deps.is_empty() || facts.start_op != max_op + 1 {
            return Err(Refusal::Counter.into());
        }
        let mine = self.actors.get(&facts.actor).copied();
        if mine == Some(ROOT_ACTOR) {
            return Err(Refusal::Sequence.into());
        }
        let before = mine.and_then(|actor| clock.get(actor)).copied().unwrap_or(0);
        if facts.seq != before + 1 {
            return Err(Refusal::Sequence.into());
        }
        let actors: Vec<Option<usize>> = change.actors.iter().map(|actor| self.actors.get(actor).copied()).collect();
        let named = change.actors.as_slice();
        let counter = facts.start_op;
        let mut check = Check { index: self, facts, named, actors: &actors, clock: &clock, kinds: Vec::new(), counter };
        match schema {
            Schema::Note => change.operations(|operation| check.note(operation))?,
            Schema::List => change.operations(|operation| check.list(operation))?,
        }
        let kinds = check.kinds;
        let spans = mine.and_then(|actor| self.spans.get(actor));
        let place = usize::try_from(before).ok();
        if let Some(holder) = spans.zip(place).and_then(|(spans, place)| spans.get(place)) {
            let lower = (facts.start_op, facts.hash) < (holder.start_op, holder.hash);
            return Err(if lower { Unfit::Displaces } else { Refusal::SequenceTaken.into() });
        }
        let actor = mine.unwrap_or(self.spans.len());
        Ok(Fitting {
            node: Node { actor, seq: facts.seq, max_op: facts.max_op(), clock },
            span: Span { hash: facts.hash, start_op: facts.start_op, max_op: facts.max_op(), kinds },
            hash: facts.hash,
            actor: facts.actor,
        })
    }

    /// Takes in a change that fits.
    pub(super) fn insert(&mut self, change: Fitting) {
        let Fitting { mut node, span, hash, actor } = change;
        self.actors.insert(actor, node.actor);
        if node.clock.len() <= node.actor {
            node.clock.resize(node.actor + 1, 0);
        }
        if let Some(seq) = node.clock.get_mut(node.actor) {
            *seq = node.seq;
        }
        if self.spans.len() <= node.actor {
            self.spans.resize_with(node.actor + 1, Vec::new);
        }
        if let Some(spans) = self.spans.get_mut(node.actor) {
            spans.push(span);
        }
        self.changes.insert(hash, node);
    }

    /// What the operation does, if it is among the first `seq` changes of `actor`.
    fn kind(&self, actor: usize, counter: u64, seq: u64) -> Option<Kind> {
        let spans = self.spans.get(actor)?;
        let at = spans.partition_point(|span| span.max_op < counter);
        let span = spans.get(at)?;
        if at as u64 >= seq || counter < span.start_op {
            return None;
        }
        kind_at(&span.kinds, counter - span.start_op)
    }
}

fn kind_at(kinds: &[(u64, Kind)], mut at: u64) -> Option<Kind> {
    for (count, kind) in kinds {
        if at < *count {
            return Some(*kind);
        }
        at -= count;
    }
    None
}

/// The operations of one change, one after the other.
struct Check<'a> {
    index: &'a Index,
    facts: &'a ChangeFacts,
    named: &'a [Actor],
    actors: &'a [Option<usize>],
    clock: &'a [u64],
    kinds: Vec<(u64, Kind)>,
    counter: u64,
}

impl Check<'_> {
    fn note(&mut self, operation: &Operation<'_>) -> Result<(), Refusal> {
        let predecessors = operation.predecessors.as_slice();
        let kind = match (operation.object, operation.key, operation.insert, operation.action, operation.value) {
            (None, Key::Map("title"), false, PUT, Value::Text(title)) => {
                if title.chars().count() > NOTE_TITLE_MAX {
                    return Err(Refusal::Schema);
                }
                self.titles(predecessors)?;
                Kind::Title
            }
            // Choosing the title that is shown: Automerge removes the others.
            (None, Key::Map("title"), false, DELETE, Value::Null) if !predecessors.is_empty() => {
                self.titles(predecessors)?;
                Kind::Delete
            }
            (Some(object), key, true, PUT, Value::Text(text)) if predecessors.is_empty() => {
                self.names(object, Kind::MakeText)?;
                let mut characters = text.chars();
                if characters.next().is_none() || characters.next().is_some() {
                    return Err(Refusal::Schema);
                }
                match key {
                    Key::Head => {}
                    Key::Element(element) => self.names(element, Kind::Insert)?,
                    Key::Map(_) => return Err(Refusal::Schema),
                }
                Kind::Insert
            }
            (Some(object), Key::Element(element), false, DELETE, Value::Null) if predecessors == [element] => {
                self.names(object, Kind::MakeText)?;
                self.names(element, Kind::Insert)?;
                Kind::Delete
            }
            _ => return Err(Refusal::Schema),
        };
        self.take(kind);
        Ok(())
    }

    /// Takes an operation in.
    fn take(&mut self, kind: Kind) {
        match self.kinds.last_mut() {
            Some((count, last)) if *last == kind => *count += 1,
            _ => self.kinds.push((1, kind)),
        }
        self.counter += 1;
    }

    /// A title replaces titles.
    fn titles(&self, predecessors: &[OpId]) -> Result<(), Refusal> {
        self.replaces(predecessors, Kind::Title)
    }

    /// Operations of a kind are replaced, each once, in the order in which Automerge writes them.
    fn replaces(&self, predecessors: &[OpId], kind: Kind) -> Result<(), Refusal> {
        let mut last = None;
        for id in predecessors {
            self.names(*id, kind)?;
            let place = Some((id.counter, self.named.get(id.actor)));
            if place <= last {
                return Err(Refusal::Guard(GuardError::NotCanonical));
            }
            last = place;
        }
        Ok(())
    }

    fn names(&self, id: OpId, expected: Kind) -> Result<(), Refusal> {
        let found = if id.actor == 0 && id.counter >= self.facts.start_op {
            // An earlier operation of this change.
            if id.counter < self.counter { kind_at(&self.kinds, id.counter - self.facts.start_op) } else { None }
        } else {
            let actor = self.actors.get(id.actor).copied().flatten();
            actor.and_then(|actor| {
                let seq = self.clock.get(actor).copied().unwrap_or(0);
                self.index.kind(actor, id.counter, seq)
            })
        };
        if found == Some(expected) { Ok(()) } else { Err(Refusal::Reference) }
    }
}
