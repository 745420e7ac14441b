//! Flush: unflushed changes of a box become signed records of this home's own chain (SPEC section 4).

use super::SyncError;
use super::keyring::{BoxRing, Keyring};
use super::rows::{BoxIndex, Locator, MEMBER_BOX, RecordRow, UnflushedRow, unflushed_key, whole};
use super::seal::write_record;
use super::state::{BoxState, Chain, SeenHead, Wait};
use crate::crypto::keys::DeviceKeys;
use crate::crypto::record::{Core, Item, Place, SeenEntry, SignedRecord};
use crate::crypto::seal::seal_record;
use crate::id::{ChangeHash, DeviceId, EntryId, Incarnation, MemberId, hash};
use crate::statement::{Header, Kind};
use crate::storage::{StoreError, Table, Work};

/// Bytes of items gathered into one record, well under the relay's 256 KiB with everything around them.
const RECORD_ITEMS_BYTES_MAX: usize = 160 * 1024;
/// Items in one record (SPEC 4.1 allows 256 headers and 1024 changes).
const RECORD_ITEMS_MAX: usize = 256;
/// Heads named in one record (SPEC 4.1); the rest are named by the next.
const SEEN_MAX: usize = 64;

/// Who signs.
pub struct Signer<'a> {
    /// This device's keys.
    pub keys: &'a DeviceKeys,
    /// This home's incarnation.
    pub incarnation: Incarnation,
    /// This home's member.
    pub member: MemberId,
}

/// What a flush did with one unflushed change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flushed {
    /// Which box.
    pub index: BoxIndex,
    /// Its number among the unflushed.
    pub number: u64,
    /// Where it is now.
    pub locator: Locator,
    /// Header of the statement, or the document of the change.
    pub what: FlushedItem,
}

/// See [`Flushed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlushedItem {
    /// A statement's header bytes.
    Header(Vec<u8>),
    /// A change of this document.
    Change(EntryId, ChangeHash),
}

/// Turns everything unflushed in every box into records. The member box goes first, so that a commitment can name the vault
/// record it waits for.
///
/// # Errors
/// [`StoreError`] when a row cannot be read or is damaged.
pub fn flush(
    signer: &Signer<'_>,
    boxes: &mut [BoxState],
    keyring: &Keyring,
    work: &mut Work<'_>,
) -> Result<Vec<Flushed>, SyncError> {
    let mut flushed = Vec::new();
    for at in 0..boxes.len() {
        let Ok(index) = BoxIndex::try_from(at) else { break };
        let vault = boxes.get(usize::from(MEMBER_BOX)).and_then(|vault| newest_own(vault, &signer.keys.id()));
        if let Some(state) = boxes.get_mut(at) {
            while state.unflushed > 0 && !state.closed {
                let before = state.unflushed;
                one_record(signer, index, state, keyring.ring(index)?, vault, work, &mut flushed)?;
                if state.unflushed == before {
                    return Err(StoreError::Damaged { table: Some(Table::Unflushed) }.into());
                }
            }
        }
    }
    Ok(flushed)
}

/// This home's newest record in a box; before the first of an incarnation, that of the one before which is not at the relay yet.
fn newest_own(state: &BoxState, device: &DeviceId) -> Option<(u16, u64)> {
    if let Some(own) = state.own {
        return Some((own, state.chain(own)?.head_seq));
    }
    let waiting = |(number, chain): (u16, &Chain)| Some((number, chain.upload.stretches().last()?.1));
    (0..).zip(&state.chains).filter(|(_, chain)| chain.device == *device).filter_map(waiting).last()
}

fn one_record(
    signer: &Signer<'_>,
    index: BoxIndex,
    state: &mut BoxState,
    ring: &BoxRing,
    vault: Option<(u16, u64)>,
    work: &mut Work<'_>,
    flushed: &mut Vec<Flushed>,
) -> Result<(), SyncError> {
    let damaged = || StoreError::Damaged { table: Some(Table::Unflushed) };
    let (from, to) = whole(index);
    let mut statements = Vec::new();
    let mut changes = Vec::new();
    let mut bytes = 0;
    for (key, row) in work.range(Table::Unflushed, &from, &to, RECORD_ITEMS_MAX)? {
        let number = key.get(1..).and_then(|n| n.try_into().ok()).map(u64::from_be_bytes).ok_or_else(damaged)?;
        let size = row.len();
        if bytes > 0 && bytes + size > RECORD_ITEMS_BYTES_MAX {
            break;
        }
        bytes += size;
        let row: UnflushedRow = minicbor::decode(&row).map_err(|_| damaged())?;
        if row.header.is_some() { statements.push((number, row)) } else { changes.push((number, row)) }
    }
    if statements.is_empty() && changes.is_empty() {
        return Ok(());
    }

    let own = own_chain(signer, state).ok_or_else(damaged)?;
    let seen = name_seen(state, own);
    let chain = state.chain_mut(own).ok_or_else(damaged)?;
    let (prev, seq) = (chain.head, chain.head_seq + 1);
    let (mut headers, mut documents, mut items, mut hashes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut commits = false;
    for (item, (number, row)) in (0u16..).zip(statements.into_iter().chain(changes)) {
        hashes.push(*row.hash);
        let what = match (row.header, row.change) {
            (Some(header), _) => {
                let header: Vec<u8> = header.into();
                commits |= Header::decode(&header).is_ok_and(|header| header.kind == Kind::COMMIT);
                items.push(row.body.map_or(Item::Absent(*row.hash), |body| Item::Present(body.into())));
                headers.push(header.clone());
                FlushedItem::Header(header)
            }
            (None, Some((document, change))) => {
                items.push(Item::Present(change.into()));
                documents.push(document);
                FlushedItem::Change(document, ChangeHash(*row.hash))
            }
            (None, None) => return Err(damaged().into()),
        };
        flushed.push(Flushed { index, number, locator: Locator::Record { chain: own, seq, twin: 0, item }, what });
        work.delete(Table::Unflushed, unflushed_key(index, number));
    }
    state.unflushed = state.unflushed.saturating_sub(items.len() as u64);

    let place = Place { owner: state.owner, epoch: ring.epoch()?.id(), prev };
    let device_hint = signer.keys.id().hint();
    let core = Core { device_hint, incarnation: signer.incarnation, seq, seen, headers, documents };
    let hash_of = |at: usize, _: &[u8]| hashes.get(at).copied();
    let (mut record, id) = SignedRecord::sign(signer.keys, &place, core, items, Vec::new(), hash_of)?;
    if seq == 1 {
        record.certificates = ring.certificates(&record);
    }
    let sealed = seal_record(ring.epoch()?, &record, &prev)?;
    record.certificates.clear();
    let row = RecordRow::new(id, &record, Some(hash(&[&sealed])));
    write_record(work, index, own, seq, 0, &row);
    if let Some(chain) = state.chain_mut(own) {
        chain.head_seq = seq;
        chain.head = id;
        chain.upload.insert(seq, seq);
    }
    if let (true, Some((vault_chain, vault_seq))) = (commits && index != MEMBER_BOX, vault) {
        state.waits.push(Wait { seq, vault_seq, chain: own, vault_chain });
    }
    Ok(())
}

/// Index of this home's chain, begun if this is its first record.
fn own_chain(signer: &Signer<'_>, state: &mut BoxState) -> Option<u16> {
    let device = signer.keys.id();
    let own = match state.chain_index(&device, &signer.incarnation) {
        Some(own) => own,
        None => {
            state.chains.push(Chain::new(signer.member, device, signer.incarnation));
            u16::try_from(state.chains.len() - 1).ok()?
        }
    };
    state.own = Some(own);
    Some(own)
}

/// Names the heads of other chains that changed since our last record, and remembers that it did.
fn name_seen(state: &mut BoxState, own: u16) -> Vec<SeenEntry> {
    let device = state.chain(own).map(|chain| chain.device);
    let mut known = state.chain(own).map(|chain| chain.seen.clone()).unwrap_or_default();
    let mut entries = Vec::new();
    let of_device = |(_, chain): &(usize, &Chain)| Some(chain.device) != device;
    let mut chains: Vec<(usize, &Chain)> = state.chains.iter().enumerate().collect();
    // One's own come first, so that no change is sent before its incarnation is named.
    chains.sort_by_key(of_device);
    for (at, chain) in chains {
        // An earlier incarnation of which nothing is left is named even so: a change that it made may be sent only now.
        let nameless = chain.head_seq == 0 && Some(chain.device) != device;
        if at == usize::from(own) || nameless || entries.len() == SEEN_MAX {
            continue;
        }
        let head =
            SeenHead { device: chain.device, incarnation: chain.incarnation, record: chain.head, seq: chain.head_seq };
        let place = known.iter().position(|k| k.device == chain.device && k.incarnation == chain.incarnation);
        let index = place.unwrap_or(known.len());
        let Ok(number) = u32::try_from(index) else { break };
        match place.and_then(|place| known.get_mut(place)) {
            Some(known) if known.record == head.record => continue,
            Some(known) => {
                *known = head;
                entries.push(SeenEntry { index: number, record: chain.head, named: None });
            }
            None => {
                known.push(head);
                let named = Some((chain.device, chain.incarnation));
                entries.push(SeenEntry { index: number, record: chain.head, named });
            }
        }
    }
    if let Some(chain) = state.chain_mut(own) {
        chain.seen = known;
    }
    entries
}
