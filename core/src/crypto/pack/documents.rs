//! Documents parts: whole documents, so that a new device need not replay their changes (SPEC section 8.3).

use super::{PART_MAX, PackError, SealedPart};
use crate::crypto::cbor::{CborError, Reader, Writer};
use crate::crypto::epoch::Epoch;
use crate::crypto::seal::{deflate, inflate};
use crate::id::{ChangeHash, EntryId};

/// Most documents of one part.
const DOCUMENTS_MAX: usize = 65_536;
/// Most heads of one document.
const HEADS_MAX: usize = 1024;

/// One document, saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedDocument {
    /// Its id.
    pub document: EntryId,
    /// Its heads: changes that records of the pack have signed.
    pub heads: Vec<ChangeHash>,
    /// An Automerge save, not deflated.
    pub save: Vec<u8>,
}

/// Seals documents as one part: the same bytes for the same documents in the same order.
///
/// # Errors
/// [`PackError::TooLarge`] beyond 16 MiB, [`PackError::Malformed`] beyond the format's limits.
pub fn seal_documents(epoch: &Epoch, documents: &[PackedDocument]) -> Result<SealedPart, PackError> {
    let mut writer = Writer::default();
    writer.array(documents.len());
    for document in documents {
        writer.array(3).bytes(&document.document.0);
        writer.byte_strings(document.heads.iter().map(|head| head.as_bytes())).bytes(&document.save);
    }
    let content = writer.finish();
    decode(&content)?;
    SealedPart::seal(epoch, &deflate(&content))
}

/// The documents of a part.
pub(super) fn read_documents(part: &[u8]) -> Result<Vec<PackedDocument>, PackError> {
    decode(&inflate(part, PART_MAX).ok_or(PackError::TooLarge)?)
}

fn decode(content: &[u8]) -> Result<Vec<PackedDocument>, PackError> {
    if content.len() > PART_MAX {
        return Err(PackError::TooLarge);
    }
    let mut reader = Reader::open(content)?;
    let count = reader.array(DOCUMENTS_MAX)?;
    let documents = (0..count).map(|_| PackedDocument::decode(&mut reader));
    Ok(documents.collect::<Result<_, CborError>>()?)
}

impl PackedDocument {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        reader.tuple(3)?;
        let document = EntryId(reader.fixed()?);
        let heads = (0..reader.array(HEADS_MAX)?).map(|_| reader.fixed().map(ChangeHash));
        let heads = heads.collect::<Result<_, _>>()?;
        Ok(Self { document, heads, save: reader.bytes(PART_MAX)?.to_vec() })
    }
}
