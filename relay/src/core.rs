//! What all connections share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use amends_protocol::limits::FRAME_BYTES_MAX;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::limits::Limits;
use crate::mailbox::Mailboxes;
use crate::metrics::Metrics;
use crate::rates::Rates;
use crate::rendezvous::Rendezvous;
use crate::session::outgoing::Outgoing;
use crate::store::Store;

/// Bytes of one permit of the inbound budget: a semaphore counts in 32 bits.
pub(crate) const INBOUND_PERMIT_BYTES: usize = 1024;

pub(crate) struct Core {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) limits: Limits,
    pub(crate) rates: Arc<Rates>,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) rendezvous: Rendezvous<Outgoing>,
    pub(crate) metrics: Arc<Metrics>,
    /// Bytes of large frames that are being received or written, over all connections.
    pub(crate) inbound: Arc<Semaphore>,
    pub(crate) next_session: AtomicU64,
    pub(crate) stopping: AtomicBool,
}

impl Core {
    pub(crate) fn new(store: Arc<dyn Store>, limits: Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            rates: Arc::new(Rates::new(&limits, Arc::clone(&clock))),
            mailboxes: Mailboxes::default(),
            rendezvous: Rendezvous::new(&limits, clock),
            metrics: Arc::new(Metrics::default()),
            inbound: Arc::new(Semaphore::new(limits.inbound_bytes_max.max(FRAME_BYTES_MAX) / INBOUND_PERMIT_BYTES)),
            next_session: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
            limits,
        }
    }

    /// How long a connection may keep the relay waiting.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.limits.patience_s)
    }
}
