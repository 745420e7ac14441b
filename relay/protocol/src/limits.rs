//! Every limit of the protocol, by name, with its reason. A relay may be configured to be stricter in what it stores,
//! never to accept larger frames; an error's `limit` field carries the number that was in force.

/// Bytes of a frame after its length field. Twice the largest record, so that a full record, or a page of records whose
/// last one is large, always fits with its envelope.
pub const FRAME_BYTES_MAX: usize = 512 * 1024;

/// How deep unknown values may nest: nothing in the protocol nests deeper than 4, and skipping must not exhaust a stack.
pub const NESTING_MAX: u8 = 8;

/// Bytes of one sealed record. Large enough for a long note's change, small enough that one record never delays the
/// others of a slow phone for long.
pub const RECORD_BYTES_MAX: usize = 256 * 1024;

/// First byte of every sealed record this version of the relay keeps: a later sealing format must not be mistaken for
/// this one by a phone that reads the box.
pub const RECORD_VERSION: u8 = 1;

/// Bytes of everything readable in a box: records, chunks, manifests. Ten years of a couple are about 4 MiB.
pub const BOX_BYTES_MAX: u64 = 25 * 1024 * 1024;

/// Of which records may fill this much: the rest is kept free for the packs that make trimming possible.
pub const BOX_RECORD_BYTES_MAX: u64 = 15 * 1024 * 1024;

/// What a record or chunk counts at least in these allowances: a sealed record is padded to this much anyway, and a box
/// of millions of tiny ones would cost far more than their bytes.
pub const CHARGE_BYTES_MIN: u64 = 512;

/// Bytes of hidden (trimmed or replaced) data in a box, beside the readable; when more is hidden, the oldest goes first.
pub const BOX_HIDDEN_BYTES_MAX: u64 = BOX_BYTES_MAX;

/// Bytes of one pack chunk: the same as a record, for the same reasons.
pub const CHUNK_BYTES_MAX: usize = 256 * 1024;

/// Chunks that one pack may name: 25 MiB in chunks of 12.5 KiB.
pub const CHUNKS_PER_PACK_MAX: usize = 2048;

/// Packs that one `put_pack` may replace: all there can be.
pub const REPLACES_PER_PACK_MAX: usize = PACKS_PER_BOX_MAX;

/// Packs in one box: two members' segments and their rewrites, with much to spare.
pub const PACKS_PER_BOX_MAX: usize = 128;

/// Bytes of one pack's manifest.
pub const MANIFEST_BYTES_MAX: usize = 64 * 1024;

/// Bytes of all manifests of a box, plus 34 for each chunk they name: the list of packs must fit one frame.
pub const PACK_LIST_BYTES_MAX: usize = 384 * 1024;

/// Record hashes in one `trim` or `restore`: bounds the transaction it takes.
pub const HASHES_PER_TRIM_MAX: usize = 1024;

/// Records in one answer or push.
pub const RECORDS_PER_PAGE_MAX: u32 = 512;

/// Bytes of records in one answer or push (a single record may be alone above it): leaves room for envelopes in a frame.
pub const PAGE_BYTES_MAX: usize = 256 * 1024;

/// Boxes that one connection may open: a phone has two, and a few old epochs that it drains.
pub const BOXES_PER_CONNECTION_MAX: usize = 32;

/// Bytes of a frame on a connection that has opened no box yet: a stranger gets to send a pairing message, nothing more.
pub const STRANGER_FRAME_BYTES_MAX: usize = 32 * 1024;

/// Seconds that trimmed records and replaced chunks stay restorable: thirty days.
pub const HIDDEN_LIFETIME_S: u64 = 30 * 24 * 3600;

/// Seconds that a chunk which no pack names is kept: an upload interrupted overnight can go on the next day.
pub const LOOSE_CHUNK_LIFETIME_S: u64 = 24 * 3600;

/// Seconds that a box nobody opens is kept: a couple that comes back after a year finds it.
pub const BOX_LIFETIME_S: u64 = 400 * 24 * 3600;

/// Seconds of a rendezvous, by elapsed time from its first use.
pub const RENDEZVOUS_LIFETIME_S: u64 = 600;

/// Seconds for which a relay remembers that a rendezvous burned or expired, counted from its end: longer than a phone
/// could still believe in the invite.
pub const RENDEZVOUS_REMEMBERED_S: u64 = 600;

/// Bytes of one rendezvous step: a long certificate chain, a roster and sealed keys fit with room.
pub const RENDEZVOUS_BODY_BYTES_MAX: usize = 16 * 1024;

/// Waiting `rendezvous_get`s of one connection: every step at once.
pub const RENDEZVOUS_WAITS_PER_CONNECTION_MAX: usize = 8;

/// Seconds without any packet after which a relay drops a connection. A phone that wants to stay subscribed sends QUIC
/// keep-alives at a third of it.
pub const IDLE_TIMEOUT_S: u64 = 90;
