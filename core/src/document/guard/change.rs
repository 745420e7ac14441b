//! Change chunks.

use super::column::{Booleans, Deltas, Entries, count};
use super::reader::{self, Reader};
use super::{CHANGE_BYTES_MAX, CHANGE_OPERATIONS_MAX, COUNTER_MAX, GuardError};
use crate::document::Actor;
use crate::id::ChangeHash;

/// What a change says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangeFacts {
    /// Its hash.
    pub hash: ChangeHash,
    /// Who made it.
    pub actor: Actor,
    /// Its place among its actor's changes of this document, from 1.
    pub seq: u64,
    /// The counter of its first operation.
    pub start_op: u64,
    /// How many operations it has; at least one.
    pub operations: u64,
    /// What it was made on.
    pub deps: Vec<ChangeHash>,
}

impl ChangeFacts {
    /// The counter of its last operation.
    pub fn max_op(&self) -> u64 {
        self.start_op.saturating_add(self.operations).saturating_sub(1)
    }
}

/// Reads a change's facts from its own bytes, letting through only what a document may be given.
///
/// # Errors
/// [`GuardError`]: the payload it came in is to be quarantined.
pub fn inspect_change(bytes: &[u8]) -> Result<ChangeFacts, GuardError> {
    let change = RawChange::parse(bytes)?;
    change.operations(|_| Ok::<(), GuardError>(()))?;
    Ok(change.facts)
}

/// Names an operation; the actor by its place in [`RawChange::actors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::document) struct OpId {
    pub(in crate::document) counter: u64,
    pub(in crate::document) actor: usize,
}

/// Where in its object an operation works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::document) enum Key<'a> {
    Map(&'a str),
    Head,
    Element(OpId),
}

/// What an operation writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::document) enum Value<'a> {
    Null,
    Text(&'a str),
    Other,
}

/// One operation, as the change writes it.
#[derive(Debug)]
pub(in crate::document) struct Operation<'a> {
    /// None is the root.
    pub(in crate::document) object: Option<OpId>,
    pub(in crate::document) key: Key<'a>,
    pub(in crate::document) insert: bool,
    pub(in crate::document) action: u64,
    pub(in crate::document) value: Value<'a>,
    pub(in crate::document) predecessors: Vec<OpId>,
}

/// Column specifications: number ‖ deflated bit ‖ type.
const OBJECT_ACTOR: u64 = 0x01;
const OBJECT_COUNTER: u64 = 0x02;
const KEY_ACTOR: u64 = 0x11;
const KEY_COUNTER: u64 = 0x13;
const KEY_TEXT: u64 = 0x15;
const INSERT: u64 = 0x34;
const ACTION: u64 = 0x42;
const VALUE_META: u64 = 0x56;
const VALUE: u64 = 0x57;
const PREDECESSORS: u64 = 0x70;
const PREDECESSOR_ACTOR: u64 = 0x71;
const PREDECESSOR_COUNTER: u64 = 0x73;

#[derive(Default)]
struct Columns<'a> {
    object_actor: &'a [u8],
    object_counter: &'a [u8],
    key_actor: &'a [u8],
    key_counter: &'a [u8],
    key_text: &'a [u8],
    insert: &'a [u8],
    action: &'a [u8],
    value_meta: &'a [u8],
    value: &'a [u8],
    predecessors: &'a [u8],
    predecessor_actor: &'a [u8],
    predecessor_counter: &'a [u8],
}

impl<'a> Columns<'a> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self, GuardError> {
        let mut columns = Self::default();
        for (specification, length) in reader::columns(reader)? {
            let data = reader.take(length)?;
            match specification {
                OBJECT_ACTOR => columns.object_actor = data,
                OBJECT_COUNTER => columns.object_counter = data,
                KEY_ACTOR => columns.key_actor = data,
                KEY_COUNTER => columns.key_counter = data,
                KEY_TEXT => columns.key_text = data,
                INSERT => columns.insert = data,
                ACTION => columns.action = data,
                VALUE_META => columns.value_meta = data,
                VALUE => columns.value = data,
                PREDECESSORS => columns.predecessors = data,
                PREDECESSOR_ACTOR => columns.predecessor_actor = data,
                PREDECESSOR_COUNTER => columns.predecessor_counter = data,
                _ => return Err(GuardError::Unknown),
            }
        }
        Ok(columns)
    }

    /// How many operations there are, once every column was seen to have as many.
    fn operations(&self) -> Result<u64, GuardError> {
        let most = CHANGE_OPERATIONS_MAX;
        let operations = count::<u64>(self.action, most)?;
        if operations == 0 {
            return Err(GuardError::Operations);
        }
        let mut counts = vec![
            count::<u64>(self.value_meta, most)?,
            count::<u64>(self.predecessors, most)?,
            booleans(self.insert, most)?,
        ];
        for column in [self.object_actor, self.object_counter, self.key_actor] {
            if !column.is_empty() {
                counts.push(count::<u64>(column, most)?);
            }
        }
        if !self.key_counter.is_empty() {
            counts.push(count::<i64>(self.key_counter, most)?);
        }
        if !self.key_text.is_empty() {
            counts.push(count::<&str>(self.key_text, most)?);
        }
        let predecessors = count::<u64>(self.predecessor_actor, most)?;
        if predecessors != count::<i64>(self.predecessor_counter, most)? || counts.iter().any(|n| *n != operations) {
            return Err(GuardError::Malformed);
        }
        Ok(operations)
    }
}

fn booleans(column: &[u8], most: u64) -> Result<u64, GuardError> {
    let mut column = Booleans::new(column);
    let mut total = 0_u64;
    while let Some(count) = column.run()? {
        total = total.saturating_add(count);
        if total > most {
            return Err(GuardError::Operations);
        }
    }
    Ok(total)
}

/// A change whose header is read and whose columns are bounded.
pub(in crate::document) struct RawChange<'a> {
    pub(in crate::document) facts: ChangeFacts,
    /// Who made it, then whom its operations name.
    pub(in crate::document) actors: Vec<Actor>,
    columns: Columns<'a>,
}

impl<'a> RawChange<'a> {
    /// Reads all but the operations.
    pub(in crate::document) fn parse(bytes: &'a [u8]) -> Result<Self, GuardError> {
        if bytes.len() > CHANGE_BYTES_MAX {
            return Err(GuardError::TooLarge);
        }
        let (hash, mut reader) = reader::chunk(bytes, reader::CHANGE)?;
        let mut deps = Vec::new();
        for _ in 0..reader.unsigned()? {
            let dep = ChangeHash(reader.array()?);
            if deps.contains(&dep) {
                return Err(GuardError::NotCanonical);
            }
            deps.push(dep);
        }
        let mut actors = vec![actor(&mut reader)?];
        let seq = reader.unsigned()?;
        let start_op = reader.unsigned()?;
        // No time and no message.
        if (reader.signed()?, reader.unsigned()?) != (0, 0) {
            return Err(GuardError::Remark);
        }
        for nth in 0..reader.unsigned()? {
            let other = actor(&mut reader)?;
            let ascending = nth == 0 || actors.last() < Some(&other);
            if !ascending || actors.first() == Some(&other) {
                return Err(GuardError::Actors);
            }
            actors.push(other);
        }
        let columns = Columns::parse(&mut reader)?;
        if !reader.is_empty() {
            return Err(GuardError::Unknown);
        }
        let operations = columns.operations()?;
        if seq == 0 || seq > COUNTER_MAX || start_op == 0 || start_op.saturating_add(operations) > COUNTER_MAX {
            return Err(GuardError::Counter);
        }
        let facts = ChangeFacts { hash: ChangeHash(hash), actor: actors[0], seq, start_op, operations, deps };
        Ok(Self { facts, actors, columns })
    }

    /// Hands out every operation in order. Checks what can be checked without knowing the document.
    pub(in crate::document) fn operations<E: From<GuardError>>(
        &self,
        mut each: impl FnMut(&Operation<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let columns = &self.columns;
        let mut named = vec![false; self.actors.len()];
        let mut object = Ids::new(columns.object_actor, Entries::<u64>::new(columns.object_counter));
        let mut key = Ids::new(columns.key_actor, Deltas::new(columns.key_counter));
        let mut predecessor = Ids::new(columns.predecessor_actor, Deltas::new(columns.predecessor_counter));
        let mut key_text = Entries::<&str>::new(columns.key_text);
        let mut insert = Booleans::new(columns.insert);
        let mut action = Entries::<u64>::new(columns.action);
        let mut value_meta = Entries::<u64>::new(columns.value_meta);
        let mut values = Reader(columns.value);
        let mut predecessors = Entries::<u64>::new(columns.predecessors);
        for _ in 0..self.facts.operations {
            let mut operation = Operation {
                object: object.next(&mut named)?,
                key: match (key_text.next()?, key.next_or_head(&mut named)?) {
                    (Some(text), None) => Key::Map(text),
                    (None, Some(key)) => key,
                    _ => return Err(GuardError::Malformed.into()),
                },
                insert: insert.next()?,
                action: action.next()?.ok_or(GuardError::Malformed)?,
                value: value(value_meta.next()?, &mut values)?,
                predecessors: Vec::new(),
            };
            for _ in 0..predecessors.next()?.ok_or(GuardError::Malformed)? {
                let id = predecessor.next(&mut named)?.ok_or(GuardError::Malformed)?;
                operation.predecessors.push(id);
            }
            each(&operation)?;
        }
        object.finish()?;
        key.finish()?;
        predecessor.finish()?;
        key_text.finish()?;
        insert.finish()?;
        action.finish()?;
        value_meta.finish()?;
        predecessors.finish()?;
        if !values.is_empty() {
            return Err(GuardError::Malformed.into());
        }
        // Automerge names no actor in vain; writing the change again would leave it out.
        if named.iter().skip(1).any(|named| !named) {
            return Err(GuardError::Actors.into());
        }
        Ok(())
    }
}

fn actor(reader: &mut Reader<'_>) -> Result<Actor, GuardError> {
    if reader.unsigned()? != Actor::LEN as u64 {
        return Err(GuardError::Actors);
    }
    Ok(Actor(reader.array()?))
}

fn value<'a>(meta: Option<u64>, values: &mut Reader<'a>) -> Result<Value<'a>, GuardError> {
    const NULL: u64 = 0;
    const TEXT: u64 = 6;
    let meta = meta.ok_or(GuardError::Malformed)?;
    let bytes = values.take(meta >> 4)?;
    match meta & 0xf {
        NULL if bytes.is_empty() => Ok(Value::Null),
        TEXT => std::str::from_utf8(bytes).map(Value::Text).map_err(|_| GuardError::Malformed),
        _ => Ok(Value::Other),
    }
}

/// A column of counters, as they are or as differences.
trait Counters {
    fn next(&mut self) -> Result<Option<u64>, GuardError>;
    fn finish(self) -> Result<(), GuardError>;
}

impl Counters for Entries<'_, u64> {
    fn next(&mut self) -> Result<Option<u64>, GuardError> {
        Entries::next(self)
    }

    fn finish(self) -> Result<(), GuardError> {
        Entries::finish(self)
    }
}

impl Counters for Deltas<'_> {
    fn next(&mut self) -> Result<Option<u64>, GuardError> {
        Deltas::next(self)?.map(|counter| u64::try_from(counter).map_err(|_| GuardError::Counter)).transpose()
    }

    fn finish(self) -> Result<(), GuardError> {
        Deltas::finish(self)
    }
}

/// Two columns that name operations.
struct Ids<'a, C> {
    actors: Entries<'a, u64>,
    counters: C,
}

impl<'a, C: Counters> Ids<'a, C> {
    fn new(actors: &'a [u8], counters: C) -> Self {
        Self { actors: Entries::new(actors), counters }
    }

    fn next(&mut self, named: &mut [bool]) -> Result<Option<OpId>, GuardError> {
        match (self.actors.next()?, self.counters.next()?) {
            (None, None) => Ok(None),
            (Some(actor), Some(counter)) => id(actor, counter, named).map(Some),
            _ => Err(GuardError::Malformed),
        }
    }

    /// The place before the first element is counter 0 of no actor.
    fn next_or_head(&mut self, named: &mut [bool]) -> Result<Option<Key<'a>>, GuardError> {
        match (self.actors.next()?, self.counters.next()?) {
            (None, None) => Ok(None),
            (None, Some(0)) => Ok(Some(Key::Head)),
            (Some(actor), Some(counter)) => Ok(Some(Key::Element(id(actor, counter, named)?))),
            _ => Err(GuardError::Malformed),
        }
    }

    fn finish(self) -> Result<(), GuardError> {
        self.actors.finish()?;
        self.counters.finish()
    }
}

fn id(actor: u64, counter: u64, named: &mut [bool]) -> Result<OpId, GuardError> {
    if counter == 0 || counter > COUNTER_MAX {
        return Err(GuardError::Counter);
    }
    let actor = usize::try_from(actor).map_err(|_| GuardError::Actors)?;
    *named.get_mut(actor).ok_or(GuardError::Actors)? = true;
    Ok(OpId { counter, actor })
}
