//! Run-length columns, read run by run: however much a run claims, it costs one step.

use super::GuardError;
use super::reader::Reader;

/// A value, or none, that stands so many times.
pub(super) type Run<T> = (Option<T>, u64);

/// A type of which a run-length column can be made.
pub(super) trait Item<'a>: Clone + PartialEq {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GuardError>;
}

impl Item<'_> for u64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GuardError> {
        reader.unsigned()
    }
}

impl Item<'_> for i64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GuardError> {
        reader.signed()
    }
}

impl<'a> Item<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GuardError> {
        let length = reader.unsigned()?;
        std::str::from_utf8(reader.take(length)?).map_err(|_| GuardError::Malformed)
    }
}

enum Last<T> {
    Nothing,
    Null,
    Run(T),
    Literal(T),
}

impl<T: PartialEq> Last<T> {
    fn is_value(&self, value: &T) -> bool {
        matches!(self, Last::Run(last) | Last::Literal(last) if last == value)
    }
}

/// The runs of a column, in the one form that an encoder writes them.
pub(super) struct Runs<'a, T> {
    reader: Reader<'a>,
    literals: u64,
    last: Last<T>,
}

impl<'a, T: Item<'a>> Runs<'a, T> {
    pub(super) fn new(column: &'a [u8]) -> Self {
        Self { reader: Reader(column), literals: 0, last: Last::Nothing }
    }

    pub(super) fn next(&mut self) -> Result<Option<Run<T>>, GuardError> {
        if self.literals == 0 {
            if self.reader.is_empty() {
                return Ok(None);
            }
            match self.reader.signed()? {
                0 => {
                    let count = self.reader.unsigned()?;
                    if count == 0 || matches!(self.last, Last::Null) {
                        return Err(GuardError::NotCanonical);
                    }
                    self.last = Last::Null;
                    return Ok(Some((None, count)));
                }
                count if count > 0 => {
                    let value = T::read(&mut self.reader)?;
                    if count == 1 || self.last.is_value(&value) {
                        return Err(GuardError::NotCanonical);
                    }
                    self.last = Last::Run(value.clone());
                    return Ok(Some((Some(value), count.unsigned_abs())));
                }
                count => {
                    if matches!(self.last, Last::Literal(_)) {
                        return Err(GuardError::NotCanonical);
                    }
                    self.literals = count.unsigned_abs();
                }
            }
        }
        self.literals -= 1;
        let value = T::read(&mut self.reader)?;
        if self.last.is_value(&value) {
            return Err(GuardError::NotCanonical);
        }
        self.last = Last::Literal(value.clone());
        Ok(Some((Some(value), 1)))
    }
}

/// The entries that a column claims, no more than `most`. Nothing but that many single steps is made.
pub(super) fn count<'a, T: Item<'a>>(column: &'a [u8], most: u64) -> Result<u64, GuardError> {
    let mut runs = Runs::<T>::new(column);
    let mut total = 0_u64;
    while let Some((_, count)) = runs.next()? {
        total = total.saturating_add(count);
        if total > most {
            return Err(GuardError::Operations);
        }
    }
    Ok(total)
}

/// The entries of a column one by one. An absent column is none all along.
pub(super) struct Entries<'a, T> {
    runs: Runs<'a, T>,
    current: Option<T>,
    left: u64,
    absent: bool,
}

impl<'a, T: Item<'a>> Entries<'a, T> {
    pub(super) fn new(column: &'a [u8]) -> Self {
        Self { runs: Runs::new(column), current: None, left: 0, absent: column.is_empty() }
    }

    pub(super) fn next(&mut self) -> Result<Option<T>, GuardError> {
        if self.absent {
            return Ok(None);
        }
        if self.left == 0 {
            (self.current, self.left) = self.runs.next()?.ok_or(GuardError::Malformed)?;
        }
        self.left -= 1;
        Ok(self.current.clone())
    }

    /// Whether all entries were read.
    pub(super) fn finish(mut self) -> Result<(), GuardError> {
        if self.left > 0 || self.runs.next()?.is_some() { Err(GuardError::Malformed) } else { Ok(()) }
    }
}

/// Entries that are written as differences.
pub(super) struct Deltas<'a> {
    entries: Entries<'a, i64>,
    value: i64,
}

impl<'a> Deltas<'a> {
    pub(super) fn new(column: &'a [u8]) -> Self {
        Self { entries: Entries::new(column), value: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Option<i64>, GuardError> {
        let Some(difference) = self.entries.next()? else { return Ok(None) };
        self.value = self.value.checked_add(difference).ok_or(GuardError::Counter)?;
        Ok(Some(self.value))
    }

    pub(super) fn finish(self) -> Result<(), GuardError> {
        self.entries.finish()
    }
}

/// Booleans: how often false, then how often true, and so on.
pub(super) struct Booleans<'a> {
    reader: Reader<'a>,
    value: bool,
    left: u64,
    first: bool,
}

impl<'a> Booleans<'a> {
    pub(super) fn new(column: &'a [u8]) -> Self {
        Self { reader: Reader(column), value: true, left: 0, first: true }
    }

    /// The next run.
    pub(super) fn run(&mut self) -> Result<Option<u64>, GuardError> {
        if self.reader.is_empty() {
            return Ok(None);
        }
        let count = self.reader.unsigned()?;
        if count == 0 && (!self.first || self.reader.is_empty()) {
            return Err(GuardError::NotCanonical);
        }
        self.first = false;
        self.value = !self.value;
        Ok(Some(count))
    }

    pub(super) fn next(&mut self) -> Result<bool, GuardError> {
        while self.left == 0 {
            self.left = self.run()?.ok_or(GuardError::Malformed)?;
        }
        self.left -= 1;
        Ok(self.value)
    }

    pub(super) fn finish(self) -> Result<(), GuardError> {
        if self.left > 0 || !self.reader.is_empty() { Err(GuardError::Malformed) } else { Ok(()) }
    }
}
