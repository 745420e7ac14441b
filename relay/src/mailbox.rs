//! Who is subscribed to which box, and how records reach them: first the backlog, page by page as the phone reads it,
//! then every new record as it is committed, each exactly once and in order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amends_protocol::limits::RECORDS_PER_PAGE_MAX;
use amends_protocol::{BoxId, Cursor, FromRelay, Push, StoredRecord, encode_frame};

use crate::core::Core;
use crate::session::outgoing::{Outgoing, PAGE_COST_BYTES};
use crate::store::{Page, StoreError};

#[derive(Debug)]
enum Phase {
    /// Records up to `after` were queued; one with cursor `newest` is known to be committed.
    CatchingUp {
        after: Cursor,
        newest: Cursor,
        reading: bool,
    },
    /// Everything up to `last` was queued; what is committed from now on is handed over as it comes.
    Live {
        last: Cursor,
    },
    Ended,
}

pub(crate) struct Subscription {
    box_id: BoxId,
    out: Arc<Outgoing>,
    phase: Mutex<Phase>,
}

/// Every subscription, by box.
#[derive(Default)]
pub(crate) struct Mailboxes {
    by_box: Mutex<HashMap<BoxId, Vec<Arc<Subscription>>>>,
}

impl Mailboxes {
    /// Starts a subscription; [`Subscription::advance`] makes it move.
    pub(crate) fn subscribe(&self, out: &Arc<Outgoing>, box_id: BoxId, after: Cursor) -> Arc<Subscription> {
        let phase = Phase::CatchingUp { after, newest: Cursor::START, reading: false };
        let subscription = Arc::new(Subscription { box_id, out: Arc::clone(out), phase: Mutex::new(phase) });
        let mut by_box = self.lock();
        let subscribers = by_box.entry(box_id).or_insert_with(|| Vec::with_capacity(1));
        subscribers.push(Arc::clone(&subscription));
        out.metrics().subscriptions.add(1);
        subscription
    }

    /// Ends a subscription: nothing is pushed for it from now on.
    pub(crate) fn unsubscribe(&self, subscription: &Arc<Subscription>) {
        *subscription.lock() = Phase::Ended;
        let mut by_box = self.lock();
        if let Some(subscribers) = by_box.get_mut(&subscription.box_id) {
            let before = subscribers.len();
            subscribers.retain(|other| !Arc::ptr_eq(other, subscription));
            subscription.out.metrics().subscriptions.subtract((before - subscribers.len()) as u64);
            if subscribers.is_empty() {
                by_box.remove(&subscription.box_id);
            }
        }
    }

    /// A record was committed. Called in the order of commits.
    pub(crate) fn appended(&self, box_id: BoxId, cursor: Cursor, record: &[u8]) {
        let subscribers = self.lock().get(&box_id).cloned().unwrap_or_default();
        if subscribers.is_empty() {
            return;
        }
        let records = vec![StoredRecord { cursor, record: record.to_vec() }];
        let Ok(frame) = encode_frame(&FromRelay::Push(Push::Records { box_id, records })) else {
            return;
        };
        for subscription in subscribers {
            if subscription.deliver(cursor, &frame).is_err() {
                self.lag(&subscription);
            }
        }
    }

    /// The box was deleted: cursors of its next generation start again.
    pub(crate) fn deleted(&self, box_id: &BoxId) {
        let subscribers = self.lock().get(box_id).cloned().unwrap_or_default();
        for subscription in subscribers {
            self.lag(&subscription);
        }
    }

    fn lag(&self, subscription: &Arc<Subscription>) {
        let ended = std::mem::replace(&mut *subscription.lock(), Phase::Ended);
        if matches!(ended, Phase::Ended) {
            return;
        }
        subscription.out.metrics().lagged.add(1);
        subscription.out.push(&Push::Lagged { box_id: subscription.box_id });
        self.unsubscribe(subscription);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BoxId, Vec<Arc<Subscription>>>> {
        self.by_box.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The phone reads too slowly.
struct TooSlow;

impl Subscription {
    pub(crate) fn box_id(&self) -> &BoxId {
        &self.box_id
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(*self.lock(), Phase::Ended)
    }

    pub(crate) fn is_catching_up(&self) -> bool {
        matches!(*self.lock(), Phase::CatchingUp { .. })
    }

    /// Reads the next page of the backlog, if there is one, none is being read, and the phone has room for it.
    pub(crate) fn advance(self: &Arc<Self>, core: &Arc<Core>) {
        let mut phase = self.lock();
        let Phase::CatchingUp { after, reading, .. } = &mut *phase else {
            return;
        };
        if *reading || !self.out.reserve(PAGE_COST_BYTES) {
            return;
        }
        *reading = true;
        let after = *after;
        drop(phase);
        let subscription = Arc::clone(self);
        let weak = Arc::downgrade(core);
        let reply = Box::new(move |page| {
            let more = subscription.take_page(page);
            // Gone if the relay is being torn down: nobody to push to.
            let Some(core) = weak.upgrade() else { return };
            match more {
                Ok(true) => subscription.advance(&core),
                Ok(false) => {}
                Err(_) => core.mailboxes.lag(&subscription),
            }
        });
        core.store.read(self.box_id, after, RECORDS_PER_PAGE_MAX, reply);
    }

    /// Queues a page. Says whether the backlog goes on.
    fn take_page(&self, page: Result<Page, StoreError>) -> Result<bool, StoreError> {
        let mut phase = self.lock();
        self.out.release(PAGE_COST_BYTES);
        let page = page?;
        let Phase::CatchingUp { after, newest, reading } = &mut *phase else {
            return Ok(false);
        };
        *reading = false;
        // The end of this page; without more, everything up to the box's newest cursor is delivered. A cursor of the
        // phone that lies beyond (the relay lost records) comes down to it, or nothing would be pushed for long.
        let end = match page.records.last() {
            Some(last) if page.more => last.cursor,
            _ => page.last,
        };
        let goes_on = page.more || *newest > end;
        if !page.records.is_empty() {
            let push = Push::Records { box_id: self.box_id, records: page.records };
            self.out.push(&push);
        }
        if goes_on {
            *after = end;
        } else {
            *phase = Phase::Live { last: end };
        }
        Ok(goes_on)
    }

    /// Hands over a record that was just committed.
    fn deliver(&self, cursor: Cursor, frame: &[u8]) -> Result<(), TooSlow> {
        let mut phase = self.lock();
        match &mut *phase {
            // The backlog's pages will bring it.
            Phase::CatchingUp { newest, .. } => *newest = cursor.max(*newest),
            Phase::Live { last } if cursor > *last => {
                if !self.out.push_if_room(frame) {
                    return Err(TooSlow);
                }
                self.out.metrics().pushed_records.add(1);
                *last = cursor;
            }
            Phase::Live { .. } | Phase::Ended => {}
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
