//! A UDP forwarder between phones and their relay that can write down every datagram, and lose them.
//!
//! It keeps its address while the relay comes and goes, so that the phones' address of the relay stays good. Each phone's
//! address gets a socket of its own towards the relay, as a home router would do it.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Bytes written down at most; a test that passes more fails.
const RECORDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Phones' addresses remembered at once; the oldest is forgotten first. Each command of a phone is a new address.
const FLOWS_MAX: usize = 64;
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// See the module's documentation.
pub struct Tap {
    address: SocketAddr,
    shared: Arc<Shared>,
    forwarding: Option<JoinHandle<()>>,
}

struct Shared {
    front: UdpSocket,
    relay: Mutex<Option<SocketAddr>>,
    recording: Mutex<Option<Vec<u8>>>,
    stopped: AtomicBool,
}

impl Tap {
    /// Listens on a free loopback port; forwards nothing until it is told where the relay is.
    pub(super) fn open() -> Self {
        let front = socket();
        let address = front.local_addr().expect("a bound socket has an address");
        let shared =
            Shared { front, relay: Mutex::default(), recording: Mutex::default(), stopped: AtomicBool::default() };
        let shared = Arc::new(shared);
        let listening = Arc::clone(&shared);
        let forwarding = Some(std::thread::spawn(move || listening.forward_to_relay()));
        Self { address, shared, forwarding }
    }

    /// Where phones find the relay.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the relay is now; nowhere loses everything.
    pub(super) fn point_at(&self, relay: Option<SocketAddr>) {
        *held(&self.shared.relay) = relay;
    }

    /// Writes down what passes from now on, in both directions.
    pub fn record(&self) {
        *held(&self.shared.recording) = Some(Vec::new());
    }

    /// Everything that passed since [`Tap::record`].
    pub fn recorded(&self) -> Vec<u8> {
        let recorded = held(&self.shared.recording).clone().expect("it was told to record");
        assert!(recorded.len() < RECORDED_BYTES_MAX, "the recording is not whole");
        recorded
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // A datagram wakes the thread, which then ends.
        let _ = self.shared.front.send_to(&[], self.address);
        if let Some(forwarding) = self.forwarding.take() {
            let _ = forwarding.join();
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
        self.forgotten.store(true, Ordering::SeqCst);
        if let Ok(address) = self.back.local_addr() {
            let _ = self.back.send_to(&[], address);
        }
    }
}

impl Shared {
    fn forward_to_relay(self: Arc<Self>) {
        let mut flows: VecDeque<Flow> = VecDeque::new();
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        while !self.stopped.load(Ordering::SeqCst) {
            let Ok((length, phone)) = self.front.recv_from(&mut buffer) else { continue };
            self.write_down(&buffer[..length]);
            let Some(relay) = *held(&self.relay) else { continue };
            let back = self.back_of(&mut flows, phone);
            // UDP promises nothing; QUIC sends again.
            let _ = back.send_to(&buffer[..length], relay);
        }
    }

    fn write_down(&self, datagram: &[u8]) {
        if let Some(recording) = &mut *held(&self.recording)
            && recording.len() < RECORDED_BYTES_MAX
        {
            recording.extend_from_slice(datagram);
        }
    }

    /// The socket that speaks for `phone`, opened on its first datagram.
    fn back_of(self: &Arc<Self>, flows: &mut VecDeque<Flow>, phone: SocketAddr) -> Arc<UdpSocket> {
        if let Some(flow) = flows.iter().find(|flow| flow.phone == phone) {
            return Arc::clone(&flow.back);
        }
        let back = Arc::new(socket());
        let forgotten = Arc::new(AtomicBool::new(false));
        if flows.len() == FLOWS_MAX {
            flows.pop_front();
        }
        flows.push_back(Flow { phone, back: Arc::clone(&back), forgotten: Arc::clone(&forgotten) });
        let (shared, replies) = (Arc::clone(self), Arc::clone(&back));
        std::thread::spawn(move || shared.forward_to_phone(&replies, phone, &forgotten));
        back
    }

    fn forward_to_phone(&self, back: &UdpSocket, phone: SocketAddr, forgotten: &AtomicBool) {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        while !forgotten.load(Ordering::SeqCst) {
            let Ok((length, from)) = back.recv_from(&mut buffer) else { continue };
            if *held(&self.relay) == Some(from) {
                self.write_down(&buffer[..length]);
                // UDP promises nothing; QUIC sends again.
                let _ = self.front.send_to(&buffer[..length], phone);
            }
        }
    }
}

fn socket() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port")
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
