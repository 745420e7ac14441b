//! Records (SPEC sections 4.1 to 4.3): the statements and document changes of one device, chained and signed.
//!
//! What a header or a change means is other rooms' business: this one takes them as bytes, and is lent a function that knows
//! the hash of an item that is present.

use super::cbor::{CborError, Reader, Writer};
use super::certificate::{CERTIFICATE_MAX, CERTIFICATES_MAX};
use super::keys::{DeviceKeys, DevicePublic};
use super::primitive::PrimitiveError;
use crate::id::{DeviceId, EntryId, EpochId, Incarnation, OwnerId, RecordId, hash};

/// Most headers in one record.
pub const HEADERS_MAX: usize = 256;
/// Most document changes in one record.
pub const CHANGES_MAX: usize = 1024;
/// Most `seen` heads in one record.
pub const SEEN_MAX: usize = 64;
/// Longest header in bytes.
pub const HEADER_MAX: usize = 8 * 1024;
/// Longest body in bytes, its nonce included.
pub const BODY_MAX: usize = 128 * 1024;
/// Longest payload in bytes, before deflating.
pub const PAYLOAD_MAX: usize = 1024 * 1024;

const SIGN: &[u8] = b"amends/record/1";

/// A record that cannot be read or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Not in the format.
    #[error("malformed record")]
    Malformed(#[from] CborError),
    /// Seq 0, or another number of items than headers and documents.
    #[error("the record's parts do not fit together")]
    Inconsistent,
    /// The item at this index is not what its header or document says it is.
    #[error("item {0} of the record cannot be hashed")]
    Item(usize),
    /// The core names another device.
    #[error("another device's record")]
    OtherDevice,
    /// Not signed by the device, or not with this owner, epoch, place in the chain or content.
    #[error("the record's signature does not hold")]
    NotSigned,
    /// See [`PrimitiveError`].
    #[error(transparent)]
    Primitive(#[from] PrimitiveError),
}

/// A body or a change: there, or only what it hashed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The bytes of a body or of an uncompressed change chunk.
    Present(Vec<u8>),
    /// Withheld or removed: the hash that was signed.
    Absent([u8; 32]),
}

/// The head of another chain, as this device had seen it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenEntry {
    /// Index into this chain's list of (device, incarnation), in order of first mention.
    pub index: u32,
    /// The other chain's head.
    pub record: RecordId,
    /// Which chain the index means; there on its first mention.
    pub named: Option<(DeviceId, Incarnation)>,
}

/// What is signed and cannot be recomputed (SPEC section 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Core {
    /// First eight bytes of the device id.
    pub device_hint: [u8; 8],
    /// The life of the device's database that this chain belongs to.
    pub incarnation: Incarnation,
    /// Place in the chain, from 1.
    pub seq: u64,
    /// Heads of other chains that changed since the record before.
    pub seen: Vec<SeenEntry>,
    /// Statement headers (SPEC section 3.1), each as it was written.
    pub headers: Vec<Vec<u8>>,
    /// The document of each change.
    pub documents: Vec<EntryId>,
}

impl Core {
    /// The bytes that are signed.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        let present = [!self.seen.is_empty(), !self.headers.is_empty(), !self.documents.is_empty()];
        writer.map(3 + present.map(usize::from).iter().sum::<usize>());
        writer.uint(0).bytes(&self.device_hint).uint(1).bytes(&self.incarnation.0).uint(2).uint(self.seq);
        if !self.seen.is_empty() {
            writer.uint(3).array(self.seen.len());
            for seen in &self.seen {
                writer.array(if seen.named.is_some() { 4 } else { 2 });
                writer.uint(seen.index.into()).bytes(&seen.record.0);
                if let Some((device, incarnation)) = &seen.named {
                    writer.bytes(&device.0).bytes(&incarnation.0);
                }
            }
        }
        if !self.headers.is_empty() {
            writer.uint(4).byte_strings(self.headers.iter().map(Vec::as_slice));
        }
        if !self.documents.is_empty() {
            writer.uint(5).byte_strings(self.documents.iter().map(|document| document.as_bytes()));
        }
        writer.finish()
    }

    /// Reads a core; keys that it does not know are passed over.
    ///
    /// # Errors
    /// [`RecordError::Malformed`], and [`RecordError::Inconsistent`] for seq 0.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut reader = Reader::open(bytes)?;
        let (mut device_hint, mut incarnation, mut seq) = (None, None, None);
        let (mut seen, mut headers, mut documents) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => device_hint = Some(reader.fixed()?),
                1 => incarnation = Some(Incarnation(reader.fixed()?)),
                2 => seq = Some(reader.uint()?),
                3 => {
                    for _ in 0..reader.array(SEEN_MAX)? {
                        seen.push(SeenEntry::decode(&mut reader)?);
                    }
                }
                4 => headers = reader.byte_strings(HEADERS_MAX, HEADER_MAX)?,
                5 => {
                    for _ in 0..reader.array(CHANGES_MAX)? {
                        documents.push(EntryId(reader.fixed()?));
                    }
                }
                _ => reader.skip()?,
            }
        }
        let seq = seq.ok_or(CborError::Missing(2))?;
        if seq == 0 {
            return Err(RecordError::Inconsistent);
        }
        Ok(Self {
            device_hint: device_hint.ok_or(CborError::Missing(0))?,
            incarnation: incarnation.ok_or(CborError::Missing(1))?,
            seq,
            seen,
            headers,
            documents,
        })
    }
}

impl SeenEntry {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let parts = reader.array(4)?;
        let index = u32::try_from(reader.uint()?).map_err(|_| CborError::TooLong)?;
        let record = RecordId(reader.fixed()?);
        let named = match parts {
            2 => None,
            4 => Some((DeviceId(reader.fixed()?), Incarnation(reader.fixed()?))),
            _ => return Err(CborError::Type),
        };
        Ok(Self { index, record, named })
    }
}

/// Where a record stands: signed with it, recomputed by its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Whose box.
    pub owner: OwnerId,
    /// The epoch it was made in.
    pub epoch: EpochId,
    /// The record before it in its chain, [`Place::START`] for seq 1.
    pub prev: RecordId,
}

impl Place {
    /// What stands before the first record of a chain.
    pub const START: RecordId = RecordId([0; 32]);
}

/// One signed record with what travels beside it (SPEC section 4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRecord {
    /// The core as it was signed; newer writers' unknown keys survive in it.
    pub core_bytes: Vec<u8>,
    /// The core, read.
    pub core: Core,
    /// The device's signature.
    pub signature: [u8; 64],
    /// For each header, then each change.
    pub items: Vec<Item>,
    /// The record before it, if the payload told.
    pub prev: Option<RecordId>,
    /// The epoch it was made in.
    pub made_in: EpochId,
    /// Certificates (SPEC section 5.2), with the first record of an incarnation.
    pub certificates: Vec<Vec<u8>>,
}

impl SignedRecord {
    /// Signs `core` with `items`, one for each header and then for each document. `item_hash` gives the hash of an item that
    /// is present from its index and bytes: a body hash (SPEC section 2), or the change's hash.
    ///
    /// # Errors
    /// [`RecordError::Inconsistent`] when the numbers of items and of headers and documents differ or a limit of SPEC 4.1 is
    /// exceeded, [`RecordError::OtherDevice`] when the core names another device, and [`RecordError::Item`] when `item_hash`
    /// gives none.
    pub fn sign(
        device: &DeviceKeys,
        place: &Place,
        core: Core,
        items: Vec<Item>,
        certificates: Vec<Vec<u8>>,
        item_hash: impl FnMut(usize, &[u8]) -> Option<[u8; 32]>,
    ) -> Result<(Self, RecordId), RecordError> {
        if core.device_hint != device.id().hint() {
            return Err(RecordError::OtherDevice);
        }
        let core_bytes = core.encode();
        let mut record = Self {
            core: Core::decode(&core_bytes)?,
            core_bytes,
            signature: [0; 64],
            items,
            prev: (place.prev != Place::START).then_some(place.prev),
            made_in: place.epoch,
            certificates,
        };
        let inner = record.inner(&place.owner, &device.id(), &place.prev, item_hash)?;
        record.signature = device.sign(&[SIGN, &inner])?;
        Ok((record, RecordId(hash(&[&inner]))))
    }

    /// Checks that `device` signed this record for `owner` behind `prev`, and gives its id. `item_hash` as in
    /// [`SignedRecord::sign`]; what an absent item hashed to is believed, since it is what was signed.
    ///
    /// # Errors
    /// [`RecordError::OtherDevice`], [`RecordError::Item`], [`RecordError::NotSigned`].
    pub fn verify(
        &self,
        owner: &OwnerId,
        device: &DevicePublic,
        prev: &RecordId,
        item_hash: impl FnMut(usize, &[u8]) -> Option<[u8; 32]>,
    ) -> Result<RecordId, RecordError> {
        let id = device.id();
        if self.core.device_hint != id.hint() {
            return Err(RecordError::OtherDevice);
        }
        let inner = self.inner(owner, &id, prev, item_hash)?;
        if device.signed(&[SIGN, &inner], &self.signature) {
            Ok(RecordId(hash(&[&inner])))
        } else {
            Err(RecordError::NotSigned)
        }
    }

    /// What is hashed and signed (SPEC section 4.2).
    ///
    /// # Errors
    /// [`RecordError::Inconsistent`] and [`RecordError::Item`].
    pub fn inner(
        &self,
        owner: &OwnerId,
        device: &DeviceId,
        prev: &RecordId,
        mut item_hash: impl FnMut(usize, &[u8]) -> Option<[u8; 32]>,
    ) -> Result<Vec<u8>, RecordError> {
        self.check_items()?;
        let count = u16::try_from(self.items.len()).map_err(|_| RecordError::Inconsistent)?;
        let mut inner = Vec::with_capacity(4 * 32 + 2 + 32 * self.items.len() + self.core_bytes.len());
        for part in [&owner.0, &self.made_in.0, &device.0, &prev.0] {
            inner.extend_from_slice(part);
        }
        inner.extend_from_slice(&count.to_be_bytes());
        for (index, item) in self.items.iter().enumerate() {
            let hash = match item {
                Item::Present(bytes) => item_hash(index, bytes).ok_or(RecordError::Item(index))?,
                Item::Absent(hash) => *hash,
            };
            inner.extend_from_slice(&hash);
        }
        inner.extend_from_slice(&self.core_bytes);
        Ok(inner)
    }

    fn check_items(&self) -> Result<(), RecordError> {
        if self.items.len() == self.core.headers.len() + self.core.documents.len() {
            Ok(())
        } else {
            Err(RecordError::Inconsistent)
        }
    }

    /// This record with one item reduced to its hash: id and signature still hold. Nothing changes when there is no such item
    /// or it is absent already. `hash` must be the item's, or the record no longer verifies.
    #[must_use]
    pub fn without_item(mut self, index: usize, hash: [u8; 32]) -> Self {
        if let Some(item @ Item::Present(_)) = self.items.get_mut(index) {
            *item = Item::Absent(hash);
        }
        self
    }

    /// The payload as it is sealed in epoch `sealed_in`, with the id of the record before it or without.
    pub fn encode_payload(&self, sealed_in: &EpochId, prev: Option<&RecordId>) -> Vec<u8> {
        let made_in = (self.made_in != *sealed_in).then_some(&self.made_in);
        let present = [!self.items.is_empty(), prev.is_some(), made_in.is_some(), !self.certificates.is_empty()];
        let mut writer = Writer::default();
        writer.map(2 + present.map(usize::from).iter().sum::<usize>());
        writer.uint(0).bytes(&self.core_bytes).uint(1).bytes(&self.signature);
        if !self.items.is_empty() {
            writer.uint(2).array(self.items.len());
            for item in &self.items {
                match item {
                    Item::Present(bytes) => writer.bytes(bytes),
                    Item::Absent(hash) => writer.array(1).bytes(hash),
                };
            }
        }
        if let Some(prev) = prev {
            writer.uint(3).bytes(&prev.0);
        }
        if let Some(made_in) = made_in {
            writer.uint(4).bytes(&made_in.0);
        }
        if !self.certificates.is_empty() {
            writer.uint(5).byte_strings(self.certificates.iter().map(Vec::as_slice));
        }
        writer.finish()
    }

    /// Reads a payload that was sealed in epoch `sealed_in`; keys that it does not know are passed over.
    ///
    /// # Errors
    /// [`RecordError::Malformed`] and [`RecordError::Inconsistent`].
    pub fn decode_payload(bytes: &[u8], sealed_in: &EpochId) -> Result<Self, RecordError> {
        if bytes.len() > PAYLOAD_MAX {
            return Err(CborError::TooLong.into());
        }
        let mut reader = Reader::open(bytes)?;
        let (mut core_bytes, mut signature, mut items) = (None, None, Vec::new());
        let (mut prev, mut made_in, mut certificates) = (None, *sealed_in, Vec::new());
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => core_bytes = Some(reader.bytes(PAYLOAD_MAX)?.to_vec()),
                1 => signature = Some(reader.fixed()?),
                2 => {
                    for _ in 0..reader.array(HEADERS_MAX + CHANGES_MAX)? {
                        items.push(Item::decode(&mut reader)?);
                    }
                }
                3 => prev = Some(RecordId(reader.fixed()?)),
                4 => made_in = EpochId(reader.fixed()?),
                5 => certificates = reader.byte_strings(CERTIFICATES_MAX, CERTIFICATE_MAX)?,
                _ => reader.skip()?,
            }
        }
        let core_bytes = core_bytes.ok_or(CborError::Missing(0))?;
        let record = Self {
            core: Core::decode(&core_bytes)?,
            core_bytes,
            signature: signature.ok_or(CborError::Missing(1))?,
            items,
            prev,
            made_in,
            certificates,
        };
        record.check_items()?;
        if record.items.iter().take(record.core.headers.len()).any(Item::is_long) {
            return Err(CborError::TooLong.into());
        }
        Ok(record)
    }
}

impl Item {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        if reader.is_bytes() {
            return Ok(Self::Present(reader.bytes(PAYLOAD_MAX)?.to_vec()));
        }
        reader.tuple(1)?;
        Ok(Self::Absent(reader.fixed()?))
    }

    /// Longer than a body may be.
    fn is_long(&self) -> bool {
        matches!(self, Self::Present(bytes) if bytes.len() > BODY_MAX)
    }
}
