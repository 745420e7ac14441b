//! One sample of every message: what the golden vectors and the worked bytes of SPEC.md are made of.

use amends_protocol::*;

pub(crate) enum Sample {
    Up(ToRelay),
    Down(FromRelay),
}

pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) sample: Sample,
}

const BOX: BoxId = BoxId([0xb0; 32]);
const RENDEZVOUS: RendezvousId = RendezvousId([0xa0; 16]);

fn up(name: &'static str, id: u64, request: Request, meaning: &'static str) -> Named {
    Named { name, meaning, sample: Sample::Up(ToRelay::Request(RequestId(id), request)) }
}

fn down(name: &'static str, id: u64, response: Response, meaning: &'static str) -> Named {
    Named { name, meaning, sample: Sample::Down(FromRelay::Response(RequestId(id), response)) }
}

fn push(name: &'static str, push: Push, meaning: &'static str) -> Named {
    Named { name, meaning, sample: Sample::Down(FromRelay::Push(push)) }
}

fn stored(cursor: u64, record: &[u8]) -> StoredRecord {
    StoredRecord { cursor: Cursor(cursor), record: record.to_vec() }
}

pub(crate) fn all() -> Vec<Named> {
    let mut samples = requests();
    samples.extend(responses());
    samples.extend(pushes());
    samples
}

fn requests() -> Vec<Named> {
    let rendezvous = RENDEZVOUS;
    let after = Cursor(300);
    vec![
        up(
            "open_box",
            1,
            Request::OpenBox { box_id: BOX, signature: [0x51; 64] },
            "open box b0…b0 with signature 51…51",
        ),
        up("append", 2, Request::Append { box_id: BOX, record: vec![1, 2, 3] }, "append the record 01 02 03"),
        up("read", 3, Request::Read { box_id: BOX, after, limit: 100 }, "read at most 100 records after cursor 300"),
        up("subscribe", 4, Request::Subscribe { box_id: BOX, after }, "subscribe from after cursor 300"),
        up("unsubscribe", 5, Request::Unsubscribe { box_id: BOX }, "end the subscription"),
        up("put_chunk", 6, Request::PutChunk { box_id: BOX, chunk: vec![0xc0, 0xc1] }, "store the chunk c0 c1"),
        up("get_chunk", 7, Request::GetChunk { box_id: BOX, hash: ChunkHash([0xcc; 32]) }, "fetch chunk cc…cc"),
        up(
            "put_pack",
            8,
            Request::PutPack {
                box_id: BOX,
                manifest: vec![0x0a, 0x0b],
                chunks: vec![ChunkHash([0xcc; 32]), ChunkHash([0xcd; 32])],
                replaces: vec![PackId([0xdd; 32])],
            },
            "make a pack of manifest 0a 0b and two chunks, replacing pack dd…dd",
        ),
        up("packs", 9, Request::Packs { box_id: BOX }, "list the packs"),
        up("trim", 10, Request::Trim { box_id: BOX, records: vec![RecordHash([0xee; 32])] }, "hide record ee…ee"),
        up(
            "restore",
            11,
            Request::Restore { box_id: BOX, records: vec![RecordHash([0xee; 32])] },
            "make record ee…ee readable again",
        ),
        up("delete_box", 12, Request::DeleteBox { box_id: BOX }, "delete the box"),
        up(
            "rendezvous_put",
            13,
            Request::RendezvousPut { rendezvous, step: RendezvousStep::M1, body: vec![0x6d, 0x31] },
            "write 6d 31 as step m1 of rendezvous a0…a0",
        ),
        up(
            "rendezvous_get",
            14,
            Request::RendezvousGet { rendezvous, step: RendezvousStep::Abort },
            "wait for the abort of rendezvous a0…a0",
        ),
        up("ping", 1_000_000, Request::Ping, "is anybody there? with a larger request id"),
    ]
}

fn responses() -> Vec<Named> {
    vec![
        down(
            "box_opened",
            1,
            Response::BoxOpened { generation: Generation([0x9e; 16]), first: Cursor(12), last: Cursor(345), packs: 2 },
            "the box exists: readable from 13 on, newest ever 345, two packs",
        ),
        down(
            "box_opened_none",
            1,
            Response::BoxOpened { generation: Generation::NONE, first: Cursor(0), last: Cursor(0), packs: 0 },
            "the relay has no such box; appending makes it",
        ),
        down("appended", 2, Response::Appended { cursor: Cursor(346), duplicate: false }, "durable at cursor 346"),
        down(
            "records",
            3,
            Response::Records { records: vec![stored(301, &[1, 2]), stored(303, &[1])], more: true },
            "two records, and more after them",
        ),
        down("subscribed", 4, Response::Subscribed, "pushes follow"),
        down("unsubscribed", 5, Response::Unsubscribed, "no pushes follow"),
        down("chunk_stored", 6, Response::ChunkStored { hash: ChunkHash([0xcc; 32]) }, "durable under hash cc…cc"),
        down("chunk", 7, Response::Chunk { chunk: vec![0xc0, 0xc1] }, "the chunk c0 c1"),
        down("pack_stored", 8, Response::PackStored { pack: PackId([0xdd; 32]) }, "durable as pack dd…dd"),
        down(
            "pack_list",
            9,
            Response::PackList {
                packs: vec![Pack {
                    id: PackId([0xdd; 32]),
                    manifest: vec![0x0a, 0x0b],
                    chunks: vec![ChunkHash([0xcc; 32])],
                }],
            },
            "one pack of one chunk",
        ),
        down("trimmed", 10, Response::Trimmed { records: 1 }, "one record is hidden now"),
        down("restored", 11, Response::Restored { records: 1 }, "one record is readable again"),
        down("box_deleted", 12, Response::BoxDeleted, "the box is gone"),
        down("rendezvous_stored", 13, Response::RendezvousStored, "the step is written"),
        down("rendezvous_body", 14, Response::RendezvousBody { body: vec![0x6d, 0x31] }, "the step's body 6d 31"),
        down("pong", 1_000_000, Response::Pong, "here"),
        down("error", 2, Response::Error(ErrorCode::NotOpened.into()), "error not_opened, nothing else"),
        down(
            "error_limit",
            2,
            Response::Error(RelayError::with_limit(ErrorCode::RecordTooLarge, 262_144)),
            "error record_too_large, the limit is 262144 bytes",
        ),
        down(
            "error_retry",
            0,
            Response::Error(RelayError::with_retry(ErrorCode::RateLimited, 7)),
            "error rate_limited about an unreadable request, try again in 7 s",
        ),
        down(
            "error_unknown_code",
            2,
            Response::Error(ErrorCode::Other(4_096).into()),
            "an error code of a later version",
        ),
    ]
}

fn pushes() -> Vec<Named> {
    vec![
        push(
            "push_records",
            Push::Records { box_id: BOX, records: vec![stored(346, &[1, 2, 3])] },
            "a new record in a subscribed box",
        ),
        push("push_lagged", Push::Lagged { box_id: BOX }, "the subscription has ended"),
        push(
            "push_rendezvous_burned",
            Push::RendezvousBurned { rendezvous: RENDEZVOUS },
            "a rendezvous of this connection burned",
        ),
        push("push_going_away", Push::GoingAway, "the relay stops"),
    ]
}
