//! A bounded queue between the network's tasks, which must not block, and the store's threads, which may.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    items_max: usize,
}

/// Why an item was not taken; it comes back.
pub(crate) enum NotQueued<T> {
    Full(T),
    Closed(T),
}

impl<T> Queue<T> {
    pub(crate) fn new(items_max: usize) -> Self {
        Self { state: Mutex::new(State { items: VecDeque::new(), closed: false }), arrived: Condvar::new(), items_max }
    }

    pub(crate) fn push(&self, item: T) -> Result<(), NotQueued<T>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(NotQueued::Closed(item));
        }
        if state.items.len() >= self.items_max {
            return Err(NotQueued::Full(item));
        }
        state.items.push_back(item);
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for items and takes up to `count_max` of them; `None` once the queue is closed and empty.
    pub(crate) fn pop_some(&self, count_max: usize) -> Option<Vec<T>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.items.is_empty() {
            if state.closed {
                return None;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let count = state.items.len().min(count_max);
        Some(state.items.drain(..count).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).items.len()
    }

    /// Lets what is queued be taken, and nothing more be queued.
    pub(crate) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.arrived.notify_all();
    }
}
