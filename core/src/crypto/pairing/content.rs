//! What m1 to m4 say, before they are sealed (SPEC section 7.4).

use super::grant::GrantedEpoch;
use super::outcome::Terms;
use super::{Bundle, FormError};
use crate::crypto::cbor::{CborError, Reader, Writer};
use crate::crypto::epoch::{EPOCH_PARTS_MAX, EpochKey, EpochParts};
use zeroize::Zeroizing;

/// m1: to whom to answer, and who it is.
pub(super) fn write_m1(key: &[u8; 32], nonce: &[u8; 32], bundle: &Bundle) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.map(3).uint(0).bytes(key).uint(1).bytes(nonce);
    writer.uint(2).bytes(bundle.as_bytes());
    writer.finish()
}

pub(super) fn read_m1(content: &[u8]) -> Result<([u8; 32], [u8; 32], Bundle), FormError> {
    let mut reader = Reader::open(content)?;
    let (mut key, mut nonce, mut bundle) = (None, None, None);
    for _ in 0..reader.map()? {
        match reader.uint()? {
            0 => key = Some(reader.fixed()?),
            1 => nonce = Some(reader.fixed()?),
            2 => bundle = Some(Bundle::decode(reader.bytes(content.len())?)?),
            _ => reader.skip()?,
        }
    }
    let key = key.ok_or(CborError::Missing(0))?;
    let nonce = nonce.ok_or(CborError::Missing(1))?;
    Ok((key, nonce, bundle.ok_or(CborError::Missing(2))?))
}

/// m2: what the invite committed to.
pub(super) fn write_m2(nonce: &[u8; 32], bundle: &Bundle) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.map(2).uint(0).bytes(nonce).uint(1).bytes(bundle.as_bytes());
    writer.finish()
}

/// The bundle is not read yet: the commitment comes first.
pub(super) fn read_m2(content: &[u8]) -> Result<([u8; 32], Vec<u8>), FormError> {
    let mut reader = Reader::open(content)?;
    let (mut nonce, mut bundle) = (None, None);
    for _ in 0..reader.map()? {
        match reader.uint()? {
            0 => nonce = Some(reader.fixed()?),
            1 => bundle = Some(reader.bytes(content.len())?.to_vec()),
            _ => reader.skip()?,
        }
    }
    Ok((nonce.ok_or(CborError::Missing(0))?, bundle.ok_or(CborError::Missing(1))?))
}

/// m3: the paper that both sign, with the keys of a new space.
pub(super) fn write_m3(terms: &Terms) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::for_secrets();
    writer.map(if terms.epoch.is_some() { 4 } else { 2 });
    writer.uint(0).bytes(&terms.paper).uint(1).bytes(&terms.by_inviter);
    if let Some(epoch) = &terms.epoch {
        writer.uint(2).bytes(epoch.parts.as_bytes()).uint(3).bytes(epoch.key.as_bytes());
    }
    Zeroizing::new(writer.finish())
}

/// Paper, signature and, with a partner, the epoch.
pub(super) type M3 = (Zeroizing<Vec<u8>>, [u8; 64], Option<GrantedEpoch>);

pub(super) fn read_m3(content: &[u8]) -> Result<M3, FormError> {
    let mut reader = Reader::open(content)?;
    let (mut paper, mut by_inviter, mut parts, mut key) = (None, None, None, None);
    for _ in 0..reader.map()? {
        match reader.uint()? {
            0 => paper = Some(Zeroizing::new(reader.bytes(content.len())?.to_vec())),
            1 => by_inviter = Some(reader.fixed()?),
            2 => parts = Some(EpochParts::decode(reader.bytes(EPOCH_PARTS_MAX)?)?),
            3 => key = Some(EpochKey::from_bytes(&Zeroizing::new(reader.fixed()?))),
            _ => reader.skip()?,
        }
    }
    let epoch = parts.zip(key).map(|(parts, key)| GrantedEpoch { parts, key });
    Ok((paper.ok_or(CborError::Missing(0))?, by_inviter.ok_or(CborError::Missing(1))?, epoch))
}

/// m4: the joiner's signatures.
pub(super) fn write_m4(terms: &Terms) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.map(1 + usize::from(terms.countersignature.is_some())).uint(0).bytes(&terms.by_joiner);
    if let Some(countersignature) = &terms.countersignature {
        writer.uint(1).bytes(countersignature);
    }
    writer.finish()
}

pub(super) fn read_m4(content: &[u8]) -> Result<([u8; 64], Option<[u8; 64]>), CborError> {
    let mut reader = Reader::open(content)?;
    let (mut by_joiner, mut countersignature) = (None, None);
    for _ in 0..reader.map()? {
        match reader.uint()? {
            0 => by_joiner = Some(reader.fixed()?),
            1 => countersignature = Some(reader.fixed()?),
            _ => reader.skip()?,
        }
    }
    Ok((by_joiner.ok_or(CborError::Missing(0))?, countersignature))
}
