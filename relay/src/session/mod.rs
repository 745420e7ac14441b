//! One connection, from its handshake to its end: a reader that takes requests in order and a writer that sends whatever
//! is queued, in one task.

pub(crate) mod outgoing;
mod requests;

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use amends_protocol::limits::{FRAME_BYTES_MAX, STRANGER_FRAME_BYTES_MAX};
use amends_protocol::{
    BoxId, EXPORTER_BYTES, EXPORTER_CONTEXT, EXPORTER_LABEL, ErrorCode, FrameDecoder, FrameError, Push, RelayError,
    RendezvousId, RequestId,
};
use quinn::{Connecting, Connection, ReadError, RecvStream, SendStream, VarInt, WriteError};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::core::{Core, INBOUND_PERMIT_BYTES};
use crate::mailbox::Subscription;
use crate::rates::{AddressKey, Rate};
use crate::store::Admission;
use outgoing::Outgoing;

/// How long a handshake may take: several lost packets on a bad network.
const HANDSHAKE_MAX: Duration = Duration::from_secs(15);

/// How long the last answers may take to leave when a connection ends.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// Bytes taken from QUIC at once: bounds what is held outside flow control.
const READ_BYTES: usize = 16 * 1024;

/// Frames up to this size need no share of the inbound budget: most records are smaller.
const FREE_FRAME_BYTES: usize = 16 * 1024;

/// Refusals for exceeding rates after which the connection is closed: somebody who doesn't listen.
const REFUSALS_MAX: u32 = 256;

/// What a connection's parts share.
pub(crate) struct Session {
    core: Arc<Core>,
    out: Arc<Outgoing>,
    address: AddressKey,
    exporter: [u8; EXPORTER_BYTES],
    subscriptions: Mutex<Vec<Arc<Subscription>>>,
}

/// What only the reader knows.
#[derive(Default)]
struct Reader {
    opened: Vec<BoxId>,
    rendezvous: Vec<RendezvousId>,
    refusals: u32,
}

/// Why a connection ends.
enum End {
    /// The phone finished its stream: it has asked all it wanted.
    Left,
    /// The connection is gone, or the phone reads no more.
    Lost,
    /// The relay closes it.
    Close(ErrorCode),
}

/// Serves one connection until it ends or the relay stops.
pub(crate) async fn run(core: Arc<Core>, connecting: Connecting, address: AddressKey, stopping: watch::Receiver<bool>) {
    let Ok(Ok(connection)) = timeout(HANDSHAKE_MAX, connecting).await else {
        return;
    };
    core.metrics.connections_accepted.add(1);
    core.metrics.connections.add(1);
    let code = serve(&core, &connection, address, stopping).await;
    core.metrics.connections.subtract(1);
    let number = code.map_or(0, |code| {
        tracing::debug!(%code, "closing a connection");
        core.metrics.error(code);
        code.number()
    });
    connection.close(VarInt::from(number), b"");
}

async fn serve(
    core: &Arc<Core>,
    connection: &Connection,
    address: AddressKey,
    mut stopping: watch::Receiver<bool>,
) -> Option<ErrorCode> {
    let mut exporter = [0; EXPORTER_BYTES];
    if connection.export_keying_material(&mut exporter, EXPORTER_LABEL, EXPORTER_CONTEXT).is_err() {
        return Some(ErrorCode::Internal);
    }
    let patience = core.patience();
    let accepted = tokio::select! {
        accepted = timeout(patience, connection.accept_bi()) => accepted,
        _ = stopping.wait_for(|stopping| *stopping) => return Some(ErrorCode::ShuttingDown),
    };
    let (mut send, mut recv) = match accepted {
        Ok(Ok(streams)) => streams,
        Ok(Err(_)) => return None,
        Err(_) => return Some(ErrorCode::TooSlow),
    };
    let id = core.next_session.fetch_add(1, Ordering::Relaxed);
    let out = Arc::new(Outgoing::new(id, Arc::clone(&core.metrics), core.limits.outgoing_bytes_max));
    let session = Arc::new(Session { core: Arc::clone(core), out, address, exporter, subscriptions: Mutex::default() });
    let mut reader = Reader::default();
    // The writer is never dropped half-way: the rest of a frame would be missing in the middle of the stream.
    let mut writing = pin!(session.write(&mut send));
    let end = tokio::select! {
        end = session.read(&mut reader, &mut recv) => end,
        end = &mut writing => end,
        _ = stopping.wait_for(|stopping| *stopping) => {
            session.out.push(&Push::GoingAway);
            End::Close(ErrorCode::ShuttingDown)
        }
    };
    session.unsubscribe_all();
    core.rendezvous.leave(id, &reader.rendezvous);
    session.out.finish();
    // What was accepted is answered, if the phone still reads.
    if !matches!(end, End::Close(ErrorCode::TooSlow) | End::Lost) {
        let _drained_or_too_late = timeout(DRAIN_TIME_MAX, writing).await;
    }
    session.out.close();
    match end {
        End::Left | End::Lost => None,
        End::Close(code) => Some(code),
    }
}

impl Session {
    async fn read(self: &Arc<Self>, reader: &mut Reader, recv: &mut RecvStream) -> End {
        let mut decoder = FrameDecoder::new();
        decoder.set_bytes_max(STRANGER_FRAME_BYTES_MAX);
        let mut permit = None;
        // Of the frame that is being received, as a whole: its share of the inbound budget must not be held for long.
        let mut deadline = None;
        loop {
            let chunk = if decoder.is_mid_frame() {
                let deadline = *deadline.get_or_insert_with(|| Instant::now() + self.core.patience());
                match timeout_at(deadline, recv.read_chunk(READ_BYTES, true)).await {
                    Ok(chunk) => chunk,
                    Err(_) => return End::Close(ErrorCode::TooSlow),
                }
            } else {
                recv.read_chunk(READ_BYTES, true).await
            };
            let chunk = match chunk {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return End::Left,
                Err(ReadError::ConnectionLost(_) | ReadError::Reset(_)) => return End::Lost,
                Err(_) => return End::Close(ErrorCode::ProtocolViolation),
            };
            self.core.metrics.received_bytes.add(chunk.bytes.len() as u64);
            let mut input = chunk.bytes.as_ref();
            loop {
                match decoder.next_frame(&mut input) {
                    Ok(None) => break,
                    Ok(Some(item)) => {
                        deadline = None;
                        if let Err(code) = self.handle(reader, item, permit.take()).await {
                            return End::Close(code);
                        }
                        if !reader.opened.is_empty() {
                            decoder.set_bytes_max(FRAME_BYTES_MAX);
                        }
                    }
                    Err(error) => return self.refuse_frame(error),
                }
            }
            if permit.is_none() {
                match self.admit_bytes(&decoder).await {
                    Ok(Some(admitted)) => {
                        permit = Some(admitted);
                        // The phone isn't to blame for the wait.
                        deadline = None;
                    }
                    Ok(None) => {}
                    Err(code) => return End::Close(code),
                }
            }
        }
    }

    /// A share of the inbound budget for a large frame, before the rest of it is read.
    async fn admit_bytes(&self, decoder: &FrameDecoder) -> Result<Option<OwnedSemaphorePermit>, ErrorCode> {
        let Some(claimed) = decoder.claimed().filter(|claimed| *claimed > FREE_FRAME_BYTES) else {
            return Ok(None);
        };
        let permits = u32::try_from(claimed.div_ceil(INBOUND_PERMIT_BYTES)).map_err(|_| ErrorCode::Internal)?;
        let acquired = timeout(self.core.patience(), Arc::clone(&self.core.inbound).acquire_many_owned(permits)).await;
        match acquired {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) => Err(ErrorCode::ShuttingDown),
            Err(_) => Err(ErrorCode::RateLimited),
        }
    }

    /// After a broken frame no other can be found: says why, and closes.
    fn refuse_frame(&self, error: FrameError) -> End {
        let answer = match error {
            FrameError::TooLarge { max, .. } => RelayError::with_limit(ErrorCode::FrameTooLarge, max as u64),
            FrameError::UnknownVersion(_) => ErrorCode::UnknownVersion.into(),
            _ => ErrorCode::Malformed.into(),
        };
        self.out.refuse(RequestId::UNREADABLE, answer);
        End::Close(answer.code)
    }

    /// Sends what is queued until the connection ends; then what requests still in the store will answer, and finishes
    /// the stream.
    async fn write(self: &Arc<Self>, send: &mut SendStream) -> End {
        loop {
            while let Some(frame) = self.out.take_frame() {
                let bytes = frame.len();
                match timeout(self.core.patience(), send.write_chunk(frame.into())).await {
                    Ok(Ok(())) => self.out.sent(bytes),
                    Ok(Err(WriteError::ConnectionLost(_) | WriteError::Stopped(_))) => {
                        return End::Lost;
                    }
                    Ok(Err(_)) => return End::Close(ErrorCode::ProtocolViolation),
                    Err(_) => return End::Close(ErrorCode::TooSlow),
                }
                self.advance_subscriptions();
            }
            if self.out.is_finished() {
                break;
            }
            self.out.ready().await;
            self.advance_subscriptions();
        }
        if send.finish().is_ok() {
            // Closing at once would throw away what the phone hasn't acknowledged.
            let _acknowledged_or_gone = send.stopped().await;
        }
        End::Left
    }

    /// There may be room for the next page of a backlog.
    fn advance_subscriptions(&self) {
        let subscriptions = {
            let subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
            if subscriptions.iter().all(|subscription| !subscription.is_catching_up()) {
                return;
            }
            subscriptions.clone()
        };
        for subscription in subscriptions {
            subscription.advance(&self.core);
        }
    }

    fn unsubscribe_all(&self) {
        let subscriptions = std::mem::take(&mut *self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner));
        for subscription in subscriptions {
            self.core.mailboxes.unsubscribe(&subscription);
        }
    }
}

impl Admission for Session {
    fn admit_box(&self) -> Result<(), u32> {
        self.core.rates.take(self.address, Rate::Boxes, 1)
    }
}
