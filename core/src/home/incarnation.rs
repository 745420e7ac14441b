//! Incarnations: one life of a database. A database that was restored from a backup or copied starts another before its first
//! write, so that no place in a chain and no place among an actor's changes is ever used twice.

use super::step::Step;
use super::{Counter, Home, HomeError, Moment};
use crate::crypto::PrimitiveError;
use crate::crypto::keys::DeviceKeys;
use crate::crypto::random::make_bytes;
use crate::id::Incarnation;
use crate::storage::Store;
use crate::sync::{MEMBER_BOX, Output};

impl<S: Store> Home<S> {
    /// Compares the database with what the key vault counted, and starts a new incarnation where they are not level.
    ///
    /// # Errors
    /// What the store says.
    pub fn level_with(&mut self, at: Moment, counter: Option<&Counter>) -> Result<(), HomeError> {
        let Some(counter) = counter else {
            // A key vault that forgot cannot vouch for this database.
            let wrote = (0..self.boxes.len()).any(|at| self.own_head(at) > 0);
            return if wrote { self.reincarnate(at) } else { Ok(()) };
        };
        let behind = counter.incarnation != self.state.incarnation
            || counter.seqs.iter().enumerate().any(|(at, counted)| *counted > self.own_head(at));
        if behind {
            return self.reincarnate(at);
        }
        self.counter = counter.clone();
        Ok(())
    }

    fn own_head(&self, at: usize) -> u64 {
        let state = self.boxes.get(at);
        state.and_then(|state| state.chain(state.own?)).map_or(0, |chain| chain.head_seq)
    }

    /// Starts a new incarnation. What waits for the next flush is free of it: statements name none, and a change of a document
    /// keeps its actor, since the new incarnation's first record names the one before.
    pub(super) fn reincarnate(&mut self, at: Moment) -> Result<(), HomeError> {
        self.step(at, |step, _| step.begin_incarnation())?;
        self.counter = Counter { incarnation: self.state.incarnation, seqs: Vec::new() };
        // The key vault is to know at once: else the next start would take this incarnation for a restored one as well.
        self.outputs.push_back(Output::Count { index: MEMBER_BOX, seq: 0 });
        Ok(())
    }
}

impl Step<'_> {
    /// See [`Home::reincarnate`].
    pub(super) fn begin_incarnation(&mut self) -> Result<(), HomeError> {
        let device = DeviceKeys::from_secret(&self.home.device).map_err(|_| PrimitiveError)?.id();
        for state in &mut self.boxes {
            state.end_incarnation(self.home.member, device, self.home.incarnation);
        }
        self.home.incarnation = Incarnation(make_bytes(self.random)?);
        Ok(())
    }
}
