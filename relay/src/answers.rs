//! From the store's writer to the network: committed writes are answered on the runtime, a batch at a time, so that one
//! wake-up serves all the phones of a commit, and the writer goes on with the next.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::store::sqlite::Committed;

/// What was committed and is to be answered. Bounded by what may be queued for the writer.
#[derive(Default)]
pub(crate) struct Answers {
    committed: Mutex<Vec<Committed>>,
    arrived: Notify,
}

impl Answers {
    /// Called by the writer after each commit.
    pub(crate) fn deliver(&self, committed: Committed) {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner).push(committed);
        self.arrived.notify_one();
    }

    /// Answers whatever was committed by now.
    pub(crate) fn answer_pending(&self) {
        let committed = std::mem::take(&mut *self.committed.lock().unwrap_or_else(PoisonError::into_inner));
        for batch in committed {
            batch.answer();
        }
    }

    /// Answers for ever.
    pub(crate) async fn run(&self) {
        loop {
            self.arrived.notified().await;
            self.answer_pending();
        }
    }
}
