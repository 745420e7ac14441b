//! A connection to a relay: QUIC, one bidirectional stream, frames of `amends-protocol` on it.
//!
//! A link is one object without tasks of its own: whoever holds it calls [`Link::receive`] in a loop, which writes what was
//! queued while it waits for what arrives. So neither side can wait for the other for ever, and every byte waiting is bounded:
//! queue only while [`Link::has_room`].

mod connect;
mod error;

pub use connect::connect;
pub use error::LinkError;

use amends_protocol::limits::FRAME_BYTES_MAX;
use amends_protocol::{
    DecodeErrorKind, EXPORTER_BYTES, EncodeError, ErrorCode, FrameDecoder, FromRelay, RelayError, Request, Response,
    ToRelay, decode_item, encode_frame,
};
use quinn::{Connection, Endpoint, RecvStream, SendStream, VarInt};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// Bytes that may wait to be written before [`Link::has_room`] says no. One more frame may stand above it.
const OUTGOING_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;

/// Bytes taken from the stream at once: bounds what one [`Link::receive`] hands over.
const READ_BYTES: usize = 64 * 1024;

/// A relay that owes an answer and from which for so long not even an acknowledgement came is gone.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// A relay that acknowledges but says nothing for so long while it owes an answer is of no use. A full record takes this long
/// over 20 kbit/s.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// How long a link that is closed may take to say so.
const CLOSE_MAX: Duration = Duration::from_millis(100);

/// See the module's documentation. Dropped without [`Link::close`], the connection is closed all the same, but the relay may
/// learn it only by its idle timeout.
pub struct Link {
    /// Carries the connection; closes when it is dropped.
    _endpoint: Endpoint,
    connection: Connection,
    sending: SendStream,
    receiving: RecvStream,
    decoder: FrameDecoder,
    exporter: [u8; EXPORTER_BYTES],
    outgoing: Vec<u8>,
    /// How much of `outgoing` is written.
    written: usize,
    /// There was no room for more, and whoever queues waits to hear that there is again.
    full: bool,
    /// Requests that the relay answers at once and has not answered yet.
    awaited: BTreeSet<u64>,
    /// When the relay last said something, or began to owe an answer.
    heard: Instant,
    /// When its last packet was noticed, and how many there were then.
    packets: (Instant, u64),
    silence_max: Duration,
}

impl Link {
    fn new(
        endpoint: Endpoint,
        connection: Connection,
        streams: (SendStream, RecvStream),
        exporter: [u8; EXPORTER_BYTES],
    ) -> Self {
        let (sending, receiving) = streams;
        Self {
            _endpoint: endpoint,
            connection,
            sending,
            receiving,
            decoder: FrameDecoder::new(),
            exporter,
            outgoing: Vec::new(),
            written: 0,
            full: false,
            awaited: BTreeSet::new(),
            heard: Instant::now(),
            packets: (Instant::now(), 0),
            silence_max: SILENCE_MAX,
        }
    }

    /// The TLS exporter value that both ends of this very connection derive and nobody else knows: what box keys sign.
    #[must_use]
    pub fn exporter(&self) -> [u8; EXPORTER_BYTES] {
        self.exporter
    }

    /// Whether more may be queued now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.outgoing.len() - self.written < OUTGOING_BYTES_MAX
    }

    /// Queues a message; [`Link::receive`] writes it.
    ///
    /// # Errors
    /// [`EncodeError`] for a message that fits no frame: nothing was queued.
    pub fn queue(&mut self, message: &ToRelay) -> Result<(), EncodeError> {
        let frame = encode_frame(message)?;
        if self.awaited.is_empty() {
            self.note_heard();
        }
        let ToRelay::Request(id, request) = message;
        // A rendezvous is answered when the other person has done their part.
        if !matches!(request, Request::RendezvousGet { .. }) {
            self.awaited.insert(id.0);
        }
        self.outgoing.extend_from_slice(&frame);
        self.full = !self.has_room();
        Ok(())
    }

    /// Writes what is queued and waits until the relay has said something: its messages, in order. None when nothing was said
    /// but there is room again after there was none.
    ///
    /// Cancel-safe: a dropped call has lost nothing.
    ///
    /// # Errors
    /// [`LinkError`]: the link is of no more use.
    pub async fn receive(&mut self) -> Result<Vec<FromRelay>, LinkError> {
        loop {
            let silent = self.packets.0 + self.silence_max;
            tokio::select! {
                biased;
                chunk = self.receiving.read_chunk(READ_BYTES, true) => {
                    let chunk = chunk.map_err(|error| self.explain(error.into()))?;
                    let chunk = chunk.ok_or_else(|| self.explain(LinkError::Lost))?;
                    self.note_heard();
                    let messages = self.take(&chunk.bytes)?;
                    if !messages.is_empty() {
                        return Ok(messages);
                    }
                }
                wrote = self.sending.write(self.outgoing.get(self.written..).unwrap_or_default()),
                        if self.written < self.outgoing.len() => {
                    self.written += wrote.map_err(|error| self.explain(error.into()))?;
                    self.compact();
                    if self.full && self.outgoing.is_empty() {
                        self.full = false;
                        return Ok(Vec::new());
                    }
                }
                () = sleep_until(silent), if !self.awaited.is_empty() => self.check_alive()?,
            }
        }
    }

    /// Closes the connection in good order. Returns when the relay has been told, not when it has heard.
    pub async fn close(self) {
        let sent = || self.connection.stats().udp_tx.datagrams;
        let before = sent();
        self.connection.close(VarInt::from_u32(0), b"");
        // A closed connection sends nothing but its close.
        let told = async {
            while sent() == before {
                tokio::task::yield_now().await;
            }
        };
        // The relay would notice anyway; an app that is put to sleep does not wait for it.
        let _ = timeout(CLOSE_MAX, told).await;
    }

    fn note_heard(&mut self) {
        self.heard = Instant::now();
        self.packets = (self.heard, self.connection.stats().udp_rx.datagrams);
    }

    /// Called when the relay has owed an answer for a while.
    fn check_alive(&mut self) -> Result<(), LinkError> {
        let now = Instant::now();
        let packets = self.connection.stats().udp_rx.datagrams;
        if packets == self.packets.1 || now - self.heard >= ANSWER_MAX {
            return Err(LinkError::Silent);
        }
        self.packets = (now, packets);
        Ok(())
    }

    fn compact(&mut self) {
        if self.written == self.outgoing.len() {
            self.outgoing.clear();
            self.written = 0;
        } else if self.written >= FRAME_BYTES_MAX {
            self.outgoing.drain(..self.written);
            self.written = 0;
        }
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<Vec<FromRelay>, LinkError> {
        let mut messages = Vec::new();
        while let Some(item) = self.decoder.next_frame(&mut bytes)? {
            let message = match decode_item::<FromRelay>(&item) {
                Ok(message) => message,
                Err(error) => match (error.kind, error.request) {
                    // A newer relay's answer to what we asked is an answer that we can't use.
                    (DecodeErrorKind::UnknownMessage(_), Some(id)) => {
                        FromRelay::Response(id, Response::Error(RelayError::new(ErrorCode::UnknownMessage)))
                    }
                    (DecodeErrorKind::UnknownMessage(_), None) => continue,
                    _ => return Err(LinkError::Malformed),
                },
            };
            if let FromRelay::Response(id, _) = &message {
                self.awaited.remove(&id.0);
            }
            messages.push(message);
        }
        Ok(messages)
    }

    /// What the relay said when it closed says more than the stream's error does.
    fn explain(&self, error: LinkError) -> LinkError {
        self.connection.close_reason().map_or(error, LinkError::from)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.connection.close(VarInt::from_u32(0), b"");
    }
}

#[cfg(test)]
mod tests;
