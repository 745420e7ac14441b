//! The limits that a relay's operator may set. Defaults come from the protocol where it names one; the reasons of the
//! others are here.

use amends_protocol::limits as protocol;
use serde::Deserialize;

/// Everything that a relay bounds. In the configuration file this is the table `[limits]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at once. 10,000 idle phones take about 350 MiB.
    pub connections_max: usize,
    /// Whether addresses are limited one by one. Off only where all phones seem to come from one address, as behind a
    /// proxy, or in a benchmark.
    pub per_address: bool,
    /// Connections at once from one address (one /64 of IPv6): a household, or a small office behind one NAT.
    pub connections_per_address_max: u32,
    /// New connections per minute from one address, after a burst of `connections_per_address_max`.
    pub connects_per_address_per_minute: u32,
    /// Requests per second from one address, after a burst of ten times as many.
    pub requests_per_address_per_second: u32,
    /// Bytes per second that one address may send, after a burst of 64 times as many: a full box may be refilled at once.
    pub bytes_per_address_per_second: u32,
    /// Boxes made per hour from one address: two for a couple's first day, and epochs that turn.
    pub boxes_per_address_per_hour: u32,
    /// Rendezvous opened per hour from one address: people mistype.
    pub rendezvous_per_address_per_hour: u32,
    /// Seconds that a rendezvous is open. The phones end theirs at the protocol's ten minutes, however long this is.
    pub rendezvous_lifetime_s: u64,
    /// Rendezvous that are open or remembered, in all.
    pub rendezvous_max: usize,
    /// Bytes of all rendezvous steps, which live in memory.
    pub rendezvous_bytes_max: usize,
    /// Bytes of all frames being received, above what every connection may always hold.
    pub inbound_bytes_max: usize,
    /// Bytes of all frames waiting to be sent.
    pub outgoing_bytes_max: usize,
    /// Seconds that a connection may take to say something first, to finish a frame it began, and to read anything of what
    /// is queued for it. A full frame then needs 9 KB/s.
    pub patience_s: u64,
    /// Writes waiting for the store; more are refused for a moment. Their bytes count in `inbound_bytes_max`.
    pub queued_writes_max: usize,
    /// Readable bytes in one box.
    pub box_bytes_max: u64,
    /// Of which records may take.
    pub box_record_bytes_max: u64,
    /// Hidden bytes in one box.
    pub box_hidden_bytes_max: u64,
    /// Seconds until hidden data are gone.
    pub hidden_lifetime_s: u64,
    /// Seconds that a chunk waits for its pack.
    pub loose_chunk_lifetime_s: u64,
    /// Seconds that a box nobody opens is kept.
    pub box_lifetime_s: u64,
    /// Bytes of the database file, if it should be smaller than the disk.
    pub store_bytes_max: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            per_address: true,
            connections_per_address_max: 64,
            connects_per_address_per_minute: 120,
            requests_per_address_per_second: 200,
            bytes_per_address_per_second: 1024 * 1024,
            boxes_per_address_per_hour: 60,
            rendezvous_per_address_per_hour: 120,
            rendezvous_lifetime_s: protocol::RENDEZVOUS_LIFETIME_S,
            rendezvous_max: 4096,
            rendezvous_bytes_max: 64 * 1024 * 1024,
            inbound_bytes_max: 64 * 1024 * 1024,
            outgoing_bytes_max: 256 * 1024 * 1024,
            patience_s: 60,
            queued_writes_max: 16_384,
            box_bytes_max: protocol::BOX_BYTES_MAX,
            box_record_bytes_max: protocol::BOX_RECORD_BYTES_MAX,
            box_hidden_bytes_max: protocol::BOX_HIDDEN_BYTES_MAX,
            hidden_lifetime_s: protocol::HIDDEN_LIFETIME_S,
            loose_chunk_lifetime_s: protocol::LOOSE_CHUNK_LIFETIME_S,
            box_lifetime_s: protocol::BOX_LIFETIME_S,
            store_bytes_max: None,
        }
    }
}
