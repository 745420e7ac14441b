//! Document chunks: what Automerge saves.

use super::column::{Booleans, Item, Runs};
use super::reader;
use super::{COUNTER_MAX, GuardError, SAVE_BYTES_MAX};

/// Types of columns: the lowest three bits of their specification.
const TYPE: u64 = 7;
const GROUP: u64 = 0;
const DELTA: u64 = 3;
const BOOLEAN: u64 = 4;
const TEXT: u64 = 5;
const VALUE_META: u64 = 6;
const VALUE: u64 = 7;

/// Columns of changes: actor, seq, last counter, time, message, deps, extra.
const CHANGE_COLUMNS: [u64; 9] = [0x01, 0x03, 0x13, 0x23, 0x35, 0x40, 0x43, 0x56, 0x57];
/// Columns of operations: object, key, id, insert, action, value, successors.
const OPERATION_COLUMNS: [u64; 14] =
    [0x01, 0x02, 0x11, 0x13, 0x15, 0x21, 0x23, 0x34, 0x42, 0x56, 0x57, 0x80, 0x81, 0x83];

/// Bounds what loading a save costs, from its own bytes. What it holds is known only when it was loaded.
///
/// # Errors
/// [`GuardError`].
pub(in crate::document) fn inspect_save(bytes: &[u8]) -> Result<(), GuardError> {
    if bytes.len() > SAVE_BYTES_MAX {
        return Err(GuardError::TooLarge);
    }
    let (_, mut reader) = reader::chunk(bytes, reader::DOCUMENT)?;
    for _ in 0..reader.unsigned()? {
        let length = reader.unsigned()?;
        reader.take(length)?;
    }
    let heads = reader.unsigned()?;
    reader.take(heads.checked_mul(32).ok_or(GuardError::Malformed)?)?;
    let changes = known(reader::columns(&mut reader)?, &CHANGE_COLUMNS)?;
    let operations = known(reader::columns(&mut reader)?, &OPERATION_COLUMNS)?;
    for table in [changes, operations] {
        let mut columns = Vec::new();
        for (specification, length) in table {
            columns.push((specification, reader.take(length)?));
        }
        bound(&columns)?;
    }
    if !reader.is_empty() {
        for _ in 0..heads {
            reader.unsigned()?;
        }
    }
    if reader.is_empty() { Ok(()) } else { Err(GuardError::Unknown) }
}

fn known(columns: Vec<(u64, u64)>, known: &[u64]) -> Result<Vec<(u64, u64)>, GuardError> {
    let unknown = columns.iter().any(|(specification, _)| !known.contains(specification));
    if unknown { Err(GuardError::Unknown) } else { Ok(columns) }
}

/// Walks the runs of every column: entries, what groups claim, counters and lengths of values are bounded.
fn bound(columns: &[(u64, &[u8])]) -> Result<(), GuardError> {
    let mut promised = 0_u64;
    for (specification, column) in columns {
        match specification & TYPE {
            GROUP => {
                let claimed = weigh::<u64>(column, |value, count| value.checked_mul(count))?;
                if claimed > 2 * COUNTER_MAX {
                    return Err(GuardError::Operations);
                }
            }
            DELTA => {
                let mut at = 0_i64;
                weigh::<i64>(column, |difference, count| {
                    at = at.checked_add(difference.checked_mul(i64::try_from(count).ok()?)?)?;
                    (at.unsigned_abs() <= COUNTER_MAX).then_some(0)
                })?;
            }
            BOOLEAN => {
                let mut runs = Booleans::new(column);
                let mut entries = 0_u64;
                while let Some(count) = runs.run()? {
                    entries = entries.saturating_add(count);
                }
                if entries > COUNTER_MAX {
                    return Err(GuardError::Operations);
                }
            }
            TEXT => {
                weigh::<&str>(column, |_, _| Some(0))?;
            }
            VALUE_META => promised = weigh::<u64>(column, |meta, count| (meta >> 4).checked_mul(count))?,
            VALUE => {
                if promised != column.len() as u64 {
                    return Err(GuardError::Malformed);
                }
                promised = 0;
            }
            _ => {
                weigh::<u64>(column, |_, _| Some(0))?;
            }
        }
    }
    if promised == 0 { Ok(()) } else { Err(GuardError::Malformed) }
}

/// The sum of what `weight` says of every run, with the entries bounded.
fn weigh<'a, T: Item<'a>>(column: &'a [u8], mut weight: impl FnMut(T, u64) -> Option<u64>) -> Result<u64, GuardError> {
    let mut runs = Runs::<T>::new(column);
    let (mut entries, mut total) = (0_u64, 0_u64);
    while let Some((value, count)) = runs.next()? {
        entries = entries.saturating_add(count);
        // Groups hold more entries than there are operations, by what bounds the group.
        if entries > 2 * COUNTER_MAX {
            return Err(GuardError::Operations);
        }
        if let Some(value) = value {
            total = weight(value, count).and_then(|weight| total.checked_add(weight)).ok_or(GuardError::Counter)?;
        }
    }
    Ok(total)
}
