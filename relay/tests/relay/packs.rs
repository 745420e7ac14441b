//! Chunks and packs.

use amends_protocol::limits::{CHUNK_BYTES_MAX, CHUNKS_PER_PACK_MAX, MANIFEST_BYTES_MAX, PACKS_PER_BOX_MAX};
use amends_protocol::*;

use crate::common::*;

fn chunk(number: u32, length: usize) -> Vec<u8> {
    record(number, length)
}

fn chunk_hash(number: u32, length: usize) -> ChunkHash {
    ChunkHash(sha256(&chunk(number, length)))
}

async fn put(client: &mut Client, box_id: BoxId, number: u32, length: usize) -> ChunkHash {
    match client.ask(Request::PutChunk { box_id, chunk: chunk(number, length) }).await {
        Response::ChunkStored { hash } => hash,
        other => panic!("{other:?}"),
    }
}

async fn pack(
    client: &mut Client,
    box_id: BoxId,
    manifest: &[u8],
    chunks: &[ChunkHash],
    replaces: &[PackId],
) -> Response {
    let (manifest, chunks, replaces) = (manifest.to_vec(), chunks.to_vec(), replaces.to_vec());
    client.ask(Request::PutPack { box_id, manifest, chunks, replaces }).await
}

async fn list(client: &mut Client, box_id: BoxId) -> Vec<Pack> {
    match client.ask(Request::Packs { box_id }).await {
        Response::PackList { packs } => packs,
        other => panic!("{other:?}"),
    }
}

async fn fetch(client: &mut Client, box_id: BoxId, hash: ChunkHash) -> Result<Vec<u8>, ErrorCode> {
    match client.ask(Request::GetChunk { box_id, hash }).await {
        Response::Chunk { chunk } => Ok(chunk),
        other => Err(code(&other)),
    }
}

#[tokio::test]
async fn packs_are_listed_oldest_first_with_chunks_in_order() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    let hashes = [put(&mut client, box_id, 1, 100).await, put(&mut client, box_id, 2, CHUNK_BYTES_MAX).await];
    assert_eq!(hashes, [chunk_hash(1, 100), chunk_hash(2, CHUNK_BYTES_MAX)]);
    let named = [hashes[1], hashes[0], hashes[1]];
    let stored = pack(&mut client, box_id, b"manifest", &named, &[]).await;
    let id = PackId(sha256(b"manifest"));
    assert_eq!(stored, Response::PackStored { pack: id });
    pack(&mut client, box_id, b"another", &hashes[..1], &[]).await;
    let first = Pack { id, manifest: b"manifest".to_vec(), chunks: named.to_vec() };
    let second = Pack { id: PackId(sha256(b"another")), manifest: b"another".to_vec(), chunks: hashes[..1].to_vec() };
    assert_eq!(list(&mut client, box_id).await, [first, second]);
    assert_eq!(fetch(&mut client, box_id, hashes[1]).await.unwrap().len(), CHUNK_BYTES_MAX);
    let Response::BoxOpened { packs, generation, .. } = client.open(&key).await else { unreachable!() };
    assert_eq!(packs, 2);
    assert_ne!(generation, Generation::NONE, "a chunk makes the box, too");
}

#[tokio::test]
async fn a_pack_needs_its_chunks_and_replaces_others_at_once() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    let missing = pack(&mut client, box_id, b"m", &[ChunkHash([1; 32])], &[]).await;
    assert_eq!(code(&missing), ErrorCode::ChunkMissing);
    let shared = put(&mut client, box_id, 1, 100).await;
    let old = put(&mut client, box_id, 2, 100).await;
    pack(&mut client, box_id, b"old", &[shared, old], &[]).await;
    let replaced = PackId(sha256(b"old"));
    let half = pack(&mut client, box_id, b"new", &[shared, ChunkHash([1; 32])], &[replaced]).await;
    assert_eq!(code(&half), ErrorCode::ChunkMissing);
    assert_eq!(list(&mut client, box_id).await.len(), 1, "a refused pack replaces nothing");
    let unknown = PackId([9; 32]);
    pack(&mut client, box_id, b"new", &[shared], &[replaced, unknown]).await;
    let left: Vec<_> = list(&mut client, box_id).await.into_iter().map(|pack| pack.manifest).collect();
    assert_eq!(left, [b"new"]);
    assert!(fetch(&mut client, box_id, shared).await.is_ok(), "a shared chunk stays");
    assert_eq!(fetch(&mut client, box_id, old).await, Err(ErrorCode::ChunkNotFound), "an unshared one is hidden");
    // Any key holder brings it back with the old pack.
    pack(&mut client, box_id, b"old", &[shared, old], &[]).await;
    assert_eq!(fetch(&mut client, box_id, old).await.unwrap(), chunk(2, 100));
    // The same pack again is the same pack; with other chunks, those count.
    pack(&mut client, box_id, b"old", &[shared, old], &[PackId(sha256(b"old"))]).await;
    pack(&mut client, box_id, b"new", &[old], &[]).await;
    let lists: Vec<_> = list(&mut client, box_id).await.into_iter().map(|pack| pack.chunks).collect();
    assert_eq!(lists, [vec![shared, old], vec![old]]);
}

#[tokio::test]
async fn chunks_and_packs_have_limits() {
    let relay = TestRelay::with(|config| {
        config.limits.box_bytes_max = 600_000;
        config.limits.box_hidden_bytes_max = 150_000;
    })
    .await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    let limited = |code, limit| Response::Error(RelayError::with_limit(code, limit));
    let chunk_max = CHUNK_BYTES_MAX as u64;
    for bytes in [0, CHUNK_BYTES_MAX + 1] {
        let answer = client.ask(Request::PutChunk { box_id, chunk: vec![1; bytes] }).await;
        assert_eq!(answer, limited(ErrorCode::ChunkTooLarge, chunk_max));
    }
    let small = put(&mut client, box_id, 1, 10).await;
    let too_many = vec![small; CHUNKS_PER_PACK_MAX + 1];
    let answer = pack(&mut client, box_id, b"m", &too_many, &[]).await;
    assert_eq!(answer, limited(ErrorCode::PackTooLarge, CHUNKS_PER_PACK_MAX as u64));
    let answer = pack(&mut client, box_id, &[1; MANIFEST_BYTES_MAX + 1], &[small], &[]).await;
    assert_eq!(answer, limited(ErrorCode::PackTooLarge, MANIFEST_BYTES_MAX as u64));
    let answer = pack(&mut client, box_id, b"m", &[small], &vec![PackId([1; 32]); PACKS_PER_BOX_MAX + 1]).await;
    assert_eq!(answer, limited(ErrorCode::TooManyItems, PACKS_PER_BOX_MAX as u64));
    // The list of packs stays one answer: 5 of 2,048 hashes fit, a sixth doesn't.
    for number in 0..5u8 {
        pack(&mut client, box_id, &[number], &vec![small; CHUNKS_PER_PACK_MAX], &[]).await;
    }
    let sixth = pack(&mut client, box_id, &[5], &vec![small; CHUNKS_PER_PACK_MAX], &[]).await;
    assert_eq!(code(&sixth), ErrorCode::PackTooLarge);
    assert_eq!(list(&mut client, box_id).await.len(), 5);
    for number in 1..5u8 {
        pack(&mut client, box_id, &[0], &vec![small; CHUNKS_PER_PACK_MAX], &[PackId(sha256(&[number]))]).await;
    }
    // The box fills with chunks; a duplicate takes no room.
    put(&mut client, box_id, 2, 250_000).await;
    put(&mut client, box_id, 3, 250_000).await;
    put(&mut client, box_id, 3, 250_000).await;
    let full = client.ask(Request::PutChunk { box_id, chunk: chunk(4, 250_000) }).await;
    assert_eq!(full, limited(ErrorCode::BoxFull, 600_000));
    // What is hidden above its allowance goes, the oldest first.
    pack(&mut client, box_id, b"big", &[chunk_hash(2, 250_000)], &[]).await;
    pack(&mut client, box_id, b"none", &[small], &[PackId(sha256(b"big"))]).await;
    let gone = pack(&mut client, box_id, b"big", &[chunk_hash(2, 250_000)], &[]).await;
    assert_eq!(code(&gone), ErrorCode::ChunkMissing);
}

#[tokio::test]
async fn too_many_packs_are_refused() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    let hash = put(&mut client, box_id, 1, 10).await;
    for number in 0..PACKS_PER_BOX_MAX {
        let stored = pack(&mut client, box_id, &[number as u8], &[hash], &[]).await;
        assert!(matches!(stored, Response::PackStored { .. }), "{stored:?}");
    }
    let refused = pack(&mut client, box_id, b"one more", &[hash], &[]).await;
    let limit = PACKS_PER_BOX_MAX as u64;
    assert_eq!(refused, Response::Error(RelayError::with_limit(ErrorCode::PackTooLarge, limit)));
    let replacing = pack(&mut client, box_id, b"one more", &[hash], &[PackId(sha256(&[0]))]).await;
    assert!(matches!(replacing, Response::PackStored { .. }), "one for one fits");
}
