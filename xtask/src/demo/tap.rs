//! A UDP forwarder between the phones and the relay that writes down every datagram.
//!
//! It keeps its own address while the relay comes and goes, so the phones' link to the relay stays good. Each phone's
//! address gets a socket of its own towards the relay, as a home router would do it.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::failure::{Context, Failure};

/// Recorded bytes in one direction, beyond which the recording says that it is incomplete.
const RECORDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Phones' addresses remembered at once; the oldest is forgotten first. Each command of a phone is a new address.
const FLOWS_MAX: usize = 64;
/// How often a waiting thread looks whether it should end.
const LOOK: Duration = Duration::from_millis(50);
const DATAGRAM_BYTES_MAX: usize = 65_535;

pub(super) struct Tap {
    address: SocketAddr,
    shared: Arc<Shared>,
    front: Option<JoinHandle<()>>,
}

struct Shared {
    front: UdpSocket,
    relay: Mutex<Option<SocketAddr>>,
    recording: Mutex<Recording>,
    stopped: AtomicBool,
}

/// Everything that passed, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Recording {
    pub(super) to_relay: Direction,
    pub(super) to_phones: Direction,
    /// What phones sent while there was no relay; recorded too.
    pub(super) undelivered: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Direction {
    pub(super) datagrams: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) overflowed: bool,
}

impl Direction {
    fn record(&mut self, datagram: &[u8]) {
        self.datagrams += 1;
        if self.bytes.len() + datagram.len() > RECORDED_BYTES_MAX {
            self.overflowed = true;
        } else {
            self.bytes.extend_from_slice(datagram);
        }
    }
}

impl Tap {
    /// Listens on a free loopback port; forwards nothing until it is told where the relay is.
    pub(super) fn open() -> Result<Self, Failure> {
        let front = socket().context(|| "opening the tap".into())?;
        let address = front.local_addr().context(|| "opening the tap".into())?;
        let shared = Arc::new(Shared {
            front,
            relay: Mutex::new(None),
            recording: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let listening = Arc::clone(&shared);
        let front = std::thread::spawn(move || listening.forward_to_relay());
        Ok(Self { address, shared, front: Some(front) })
    }

    /// Where the phones find the relay.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the relay is now, if anywhere.
    pub(super) fn point_at(&self, relay: Option<SocketAddr>) {
        *held(&self.shared.relay) = relay;
    }

    pub(super) fn recording(&self) -> Recording {
        held(&self.shared.recording).clone()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        if let Some(front) = self.front.take() {
            // A thread that panicked has nothing left to tell.
            let _ = front.join();
        }
    }
}

/// One phone's address and the socket that speaks for it.
struct Flow {
    phone: SocketAddr,
    back: Arc<UdpSocket>,
    forgotten: Arc<AtomicBool>,
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.forgotten.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn forward_to_relay(self: Arc<Self>) {
        let mut flows: VecDeque<Flow> = VecDeque::new();
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        while !self.stopped.load(Ordering::Relaxed) {
            let Ok((length, phone)) = self.front.recv_from(&mut buffer) else {
                continue;
            };
            let relay = *held(&self.relay);
            {
                let mut recording = held(&self.recording);
                recording.to_relay.record(&buffer[..length]);
                recording.undelivered += u64::from(relay.is_none());
            }
            let Some(relay) = relay else {
                continue;
            };
            if let Some(back) = self.back_of(&mut flows, phone) {
                // UDP promises nothing; QUIC sends again.
                let _ = back.send_to(&buffer[..length], relay);
            }
        }
    }

    /// The socket that speaks for `phone`, opened on its first datagram.
    fn back_of(self: &Arc<Self>, flows: &mut VecDeque<Flow>, phone: SocketAddr) -> Option<Arc<UdpSocket>> {
        if let Some(flow) = flows.iter().find(|flow| flow.phone == phone) {
            return Some(Arc::clone(&flow.back));
        }
        let back = Arc::new(socket().ok()?);
        let forgotten = Arc::new(AtomicBool::new(false));
        if flows.len() == FLOWS_MAX {
            flows.pop_front();
        }
        flows.push_back(Flow { phone, back: Arc::clone(&back), forgotten: Arc::clone(&forgotten) });
        let (shared, replies) = (Arc::clone(self), Arc::clone(&back));
        std::thread::spawn(move || shared.forward_to_phone(&replies, phone, &forgotten));
        Some(back)
    }

    fn forward_to_phone(&self, back: &UdpSocket, phone: SocketAddr, forgotten: &AtomicBool) {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        while !self.stopped.load(Ordering::Relaxed) && !forgotten.load(Ordering::Relaxed) {
            let Ok((length, from)) = back.recv_from(&mut buffer) else {
                continue;
            };
            if *held(&self.relay) != Some(from) {
                continue;
            }
            held(&self.recording).to_phones.record(&buffer[..length]);
            // UDP promises nothing; QUIC sends again.
            let _ = self.front.send_to(&buffer[..length], phone);
        }
    }
}

fn socket() -> std::io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(LOOK))?;
    Ok(socket)
}

/// A thread that panicked holding one of these left nothing half-written that matters here.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> UdpSocket {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback is there");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
        socket
    }

    fn received(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 2048];
        let (length, from) = socket.recv_from(&mut buffer).expect("a datagram arrives");
        (buffer[..length].to_vec(), from)
    }

    #[test]
    fn datagrams_pass_both_ways_and_are_written_down() {
        let (tap, relay) = (Tap::open().expect("it opens"), endpoint());
        let (ana, ben) = (endpoint(), endpoint());
        tap.point_at(relay.local_addr().ok());
        ana.send_to(b"from ana", tap.address()).expect("it sends");
        let (bytes, as_ana) = received(&relay);
        assert_eq!(bytes, b"from ana");
        ben.send_to(b"from ben", tap.address()).expect("it sends");
        let (_, as_ben) = received(&relay);
        assert_ne!(as_ana, as_ben, "the relay must be able to tell the two apart");
        relay.send_to(b"to ben", as_ben).expect("it sends");
        assert_eq!(received(&ben).0, b"to ben");
        relay.send_to(b"to ana", as_ana).expect("it sends");
        let (bytes, from) = received(&ana);
        assert_eq!((bytes.as_slice(), from), (&b"to ana"[..], tap.address()));

        let recording = tap.recording();
        assert_eq!(recording.to_relay.bytes, b"from anafrom ben");
        assert_eq!(recording.to_phones.bytes, b"to bento ana");
        assert_eq!((recording.to_relay.datagrams, recording.to_phones.datagrams), (2, 2));
    }

    #[test]
    fn the_address_outlives_a_relay_that_moves() {
        let (tap, phone) = (Tap::open().expect("it opens"), endpoint());
        let (first, second) = (endpoint(), endpoint());
        tap.point_at(first.local_addr().ok());
        phone.send_to(b"1", tap.address()).expect("it sends");
        let (_, flow) = received(&first);
        tap.point_at(None);
        phone.send_to(b"lost", tap.address()).expect("it sends");
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while tap.recording().undelivered == 0 {
            assert!(std::time::Instant::now() < deadline, "the datagram was not seen");
            std::thread::yield_now();
        }
        tap.point_at(second.local_addr().ok());
        phone.send_to(b"2", tap.address()).expect("it sends");
        assert_eq!(received(&second).0, b"2");
        // What the relay that is gone still sends is not from the relay.
        first.send_to(b"stale", flow).expect("it sends");
        second.send_to(b"fresh", flow).expect("it sends");
        assert_eq!(received(&phone).0, b"fresh");
        assert_eq!(tap.recording().to_relay.bytes, b"1lost2");
    }

    #[test]
    fn more_phones_than_are_remembered_still_get_through() {
        let (tap, relay) = (Tap::open().expect("it opens"), endpoint());
        tap.point_at(relay.local_addr().ok());
        for _ in 0..FLOWS_MAX + 5 {
            let phone = endpoint();
            phone.send_to(b"x", tap.address()).expect("it sends");
            let (_, flow) = received(&relay);
            relay.send_to(b"y", flow).expect("it sends");
            assert_eq!(received(&phone).0, b"y");
        }
    }

    #[test]
    fn a_recording_says_when_it_is_full() {
        let mut direction = Direction::default();
        let block = vec![7; RECORDED_BYTES_MAX / 2 + 1];
        direction.record(&block);
        assert!(!direction.overflowed);
        direction.record(&block);
        assert!(direction.overflowed);
        assert_eq!((direction.bytes.len(), direction.datagrams), (block.len(), 2));
    }
}
