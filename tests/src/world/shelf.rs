//! What a relay's box keeps beside records: chunks, and the packs that name them.

use super::dice::Dice;
use amends_core::id::hash;
use amends_protocol::{ChunkHash, ErrorCode, Pack, PackId, RelayError, Response};
use std::collections::BTreeMap;

#[derive(Clone)]
struct Chunk {
    bytes: Vec<u8>,
    /// Whether a pack ever named it: what none names any more is hidden, what none named yet is loose.
    named: bool,
}

/// See the module's documentation.
#[derive(Clone, Default)]
pub(super) struct Shelf {
    chunks: BTreeMap<ChunkHash, Chunk>,
    /// Oldest first.
    packs: Vec<Pack>,
    /// How often a pack was put.
    pub(super) puts: usize,
}

impl Shelf {
    pub(super) fn packs(&self) -> &[Pack] {
        &self.packs
    }

    fn is_named(&self, hash: &ChunkHash) -> bool {
        self.packs.iter().any(|pack| pack.chunks.contains(hash))
    }

    pub(super) fn put_chunk(&mut self, bytes: Vec<u8>) -> Response {
        let hash = ChunkHash(hash(&[&bytes]));
        let named = self.is_named(&hash);
        self.chunks.insert(hash, Chunk { bytes, named });
        Response::ChunkStored { hash }
    }

    /// The bytes of a chunk that can be read.
    pub(super) fn chunk(&self, hash: &ChunkHash) -> Option<&[u8]> {
        let kept = self.chunks.get(hash).filter(|chunk| !chunk.named || self.is_named(hash));
        kept.map(|chunk| chunk.bytes.as_slice())
    }

    pub(super) fn get_chunk(&self, hash: &ChunkHash) -> Response {
        let missing = Response::Error(RelayError::new(ErrorCode::ChunkNotFound));
        self.chunk(hash).map_or(missing, |chunk| Response::Chunk { chunk: chunk.to_vec() })
    }

    pub(super) fn put_pack(&mut self, manifest: Vec<u8>, chunks: Vec<ChunkHash>, replaces: &[PackId]) -> Response {
        if !chunks.iter().all(|hash| self.chunks.contains_key(hash)) {
            return Response::Error(RelayError::new(ErrorCode::ChunkMissing));
        }
        for hash in &chunks {
            self.chunks.entry(*hash).and_modify(|chunk| chunk.named = true);
        }
        self.puts += 1;
        let id = PackId(hash(&[&manifest]));
        let place = self.packs.iter().position(|pack| pack.id == id);
        self.packs.retain(|pack| pack.id == id || !replaces.contains(&pack.id));
        match place {
            Some(_) => self.packs.iter_mut().filter(|pack| pack.id == id).for_each(|pack| pack.chunks = chunks.clone()),
            None => self.packs.push(Pack { id, manifest, chunks }),
        }
        Response::PackStored { pack: id }
    }

    /// A month passes: what is hidden is gone, and so is what no pack ever named.
    pub(super) fn expire(&mut self) {
        let packs = &self.packs;
        self.chunks.retain(|hash, _| packs.iter().any(|pack| pack.chunks.contains(hash)));
    }

    /// Every pack is gone.
    pub(super) fn lose(&mut self) {
        *self = Self { puts: self.puts, ..Self::default() };
    }

    /// A bit of a chunk flips on the disk.
    pub(super) fn rot(&mut self, dice: &mut Dice) {
        let hashes: Vec<ChunkHash> = self.chunks.keys().copied().collect();
        let Some(chunk) = dice.pick(&hashes).and_then(|hash| self.chunks.get_mut(hash)) else { return };
        let at = dice.below(chunk.bytes.len());
        if let Some(byte) = chunk.bytes.get_mut(at) {
            *byte ^= 1 << dice.below(8);
        }
    }
}
