//! What a client tells whoever listens.

use crate::sync::Event;
use tokio::sync::broadcast;

/// Events that wait for a slow listener before it misses the oldest.
pub(super) const EVENTS_WAITING_MAX: usize = 256;

/// What happened, in codes; never text, ids or keys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The relay is reached.
    Online,
    /// The relay is not reached, or no longer; the client tries again by itself.
    Offline {
        /// A stable snake_case code.
        code: &'static str,
    },
    /// Something arrived: views may have changed.
    Arrived,
    /// Everything was sent and read.
    Settled,
    /// Everything was sent and read, and the pairing this home was made by, or joined a space by, is not confirmed yet. Once
    /// the invite is over, another one replaces it.
    PairingPending,
    /// From the home.
    Home(Event),
}

/// Listens to a client's events from the moment it was made.
pub struct Events(pub(super) broadcast::Receiver<ClientEvent>);

impl Events {
    /// The next event; none when the client is gone. Whoever listens too slowly misses the oldest: look at the views anew.
    /// Cancel-safe.
    pub async fn next(&mut self) -> Option<ClientEvent> {
        loop {
            match self.0.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
