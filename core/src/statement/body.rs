//! Statement bodies (SPEC 3.2).

use super::header::Kind;
use crate::cbor;
use crate::id::{BodyHash, DeviceId, EntryId, Incarnation, MemberId, OwnerId, SpaceId, hash};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use std::collections::BTreeMap;
use std::fmt;

/// Most fields, most elements of a list, and most missing stretches.
const LIST_MAX: u64 = 256;

/// Bytes that are no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed statement body")]
pub struct ContentError;

impl From<minicbor::decode::Error> for ContentError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self
    }
}

/// The value of one field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Text a person wrote, or a code the practice prescribes.
    Text(String),
    /// A number.
    Uint(u64),
    /// Yes or no.
    Bool(bool),
    /// Several texts.
    List(Vec<String>),
}

impl Value {
    /// The texts in it.
    pub(crate) fn texts(&self) -> &[String] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::List(texts) => texts,
            Self::Uint(_) | Self::Bool(_) => &[],
        }
    }
}

/// Values are words of people: never printed by accident.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(…)")
    }
}

/// What a body says.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// Practice id.
    pub practice: Option<String>,
    /// Practice version.
    pub version: Option<u32>,
    /// Fields by their number in the catalogue.
    pub fields: Option<BTreeMap<u32, Value>>,
    /// A comment, or a note with a decline.
    pub text: Option<String>,
    /// The body of a commitment.
    pub commitment: Option<Vec<u8>>,
    /// A roster.
    pub roster: Option<Vec<u8>>,
    /// Missing stretches of chains: device, incarnation, first and last sequence number.
    pub missing: Option<Vec<(DeviceId, Incarnation, u64, u64)>>,
    /// The space a sealed answer belongs to.
    pub space: Option<SpaceId>,
    /// The transcript of a pairing.
    pub transcript: Option<[u8; 32]>,
    /// The code of an act.
    pub act: Option<String>,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content(…)")
    }
}

/// A nonce and a content, as hashed.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// Keeps a guessable content from being found by its hash.
    pub nonce: [u8; 32],
    /// The content's bytes.
    pub content: Vec<u8>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.content.len())
    }
}

impl Body {
    /// `nonce ‖ content`.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.nonce.as_slice(), &self.content].concat()
    }

    /// Splits `nonce ‖ content`, however long: what this version finds too long is hashed and kept all the same.
    ///
    /// # Errors
    /// [`ContentError`] when it is shorter than a nonce.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ContentError> {
        let (nonce, content) = bytes.split_first_chunk::<32>().ok_or(ContentError)?;
        Ok(Self { nonce: *nonce, content: content.to_vec() })
    }

    /// The hash that binds this body to who says it, how, and of what.
    pub fn hash(&self, owner: &OwnerId, member: &MemberId, kind: Kind, target: &EntryId) -> BodyHash {
        let kind = kind.0.to_be_bytes();
        let parts =
            [b"amends/body/1", owner.as_bytes(), member.as_bytes(), &kind, &target.0, &self.nonce, &self.content];
        BodyHash(hash(&parts))
    }

    /// Reads the content.
    ///
    /// # Errors
    /// [`ContentError`].
    pub fn content(&self) -> Result<Content, ContentError> {
        Content::decode(&self.content)
    }
}

impl Content {
    /// A practice's fields.
    pub fn of(practice: &str, version: u32, fields: BTreeMap<u32, Value>) -> Self {
        Self { practice: Some(practice.to_owned()), version: Some(version), fields: Some(fields), ..Self::default() }
    }

    /// An act of a practice, without fields.
    pub fn act(practice: &str, version: u32, act: &str) -> Self {
        Self { act: Some(act.to_owned()), fields: None, ..Self::of(practice, version, BTreeMap::new()) }
    }

    /// Nothing but text.
    pub fn text(text: &str) -> Self {
        Self { text: Some(super::normalise(text)), ..Self::default() }
    }

    /// The keys that are there, one bit each.
    pub(super) fn keys(&self) -> u16 {
        let there = [
            self.practice.is_some(),
            self.version.is_some(),
            self.fields.is_some(),
            self.text.is_some(),
            self.commitment.is_some(),
            self.roster.is_some(),
            self.missing.is_some(),
            self.space.is_some(),
            self.transcript.is_some(),
            self.act.is_some(),
        ];
        there.iter().rev().fold(0, |keys, there| keys << 1 | u16::from(*there))
    }

    /// Whether it has no text besides codes, and `body`, which it was read from, nothing that this version passed over.
    pub(super) fn is_speechless(&self, body: &Body) -> bool {
        let texts = self.fields.iter().flat_map(BTreeMap::values).flat_map(Value::texts);
        texts.chain(&self.text).next().is_none() && self.encode() == body.content
    }

    /// Every text in it, for checks.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter().flat_map(BTreeMap::values).flat_map(Value::texts);
        fields.chain(&self.text).chain(&self.practice).map(String::as_str)
    }

    /// The deterministic encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a growing buffer cannot fail.
        let _ = self.write(&mut Encoder::new(&mut bytes));
        bytes
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        e.map(u64::from(self.keys().count_ones()))?;
        if let Some(practice) = &self.practice {
            e.u8(0)?.str(practice)?;
        }
        if let Some(version) = self.version {
            e.u8(1)?.u32(version)?;
        }
        if let Some(fields) = &self.fields {
            e.u8(2)?.map(fields.len() as u64)?;
            for (number, value) in fields {
                e.u32(*number)?;
                match value {
                    Value::Text(text) => drop(e.str(text)?),
                    Value::Uint(number) => drop(e.u64(*number)?),
                    Value::Bool(yes) => drop(e.bool(*yes)?),
                    Value::List(texts) => {
                        e.array(texts.len() as u64)?;
                        for text in texts {
                            e.str(text)?;
                        }
                    }
                }
            }
        }
        if let Some(text) = &self.text {
            e.u8(3)?.str(text)?;
        }
        if let Some(commitment) = &self.commitment {
            e.u8(4)?.bytes(commitment)?;
        }
        if let Some(roster) = &self.roster {
            e.u8(5)?.bytes(roster)?;
        }
        if let Some(missing) = &self.missing {
            e.u8(6)?.array(missing.len() as u64)?;
            for (device, incarnation, first, last) in missing {
                e.array(4)?.encode(device)?.encode(incarnation)?.u64(*first)?.u64(*last)?;
            }
        }
        if let Some(space) = &self.space {
            e.u8(7)?.encode(space)?;
        }
        if let Some(transcript) = &self.transcript {
            e.u8(8)?.bytes(transcript)?;
        }
        if let Some(act) = &self.act {
            e.u8(9)?.str(act)?;
        }
        Ok(())
    }

    /// Reads a content in the deterministic encoding. Unknown keys are passed over.
    ///
    /// # Errors
    /// [`ContentError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        if cbor::check(bytes).is_err() {
            return Err(ContentError);
        }
        let mut d = Decoder::new(bytes);
        let mut content = Self::default();
        for _ in 0..d.map()?.ok_or(ContentError)? {
            match d.u64()? {
                0 => content.practice = Some(d.str()?.to_owned()),
                1 => content.version = Some(d.u32()?),
                2 => content.fields = Some(fields(&mut d)?),
                3 => content.text = Some(d.str()?.to_owned()),
                4 => content.commitment = Some(d.bytes()?.to_vec()),
                5 => content.roster = Some(d.bytes()?.to_vec()),
                6 => content.missing = Some(missing(&mut d)?),
                7 => content.space = Some(d.decode()?),
                8 => content.transcript = Some(d.bytes()?.try_into().map_err(|_| ContentError)?),
                9 => content.act = Some(d.str()?.to_owned()),
                _ => d.skip()?,
            }
        }
        Ok(content)
    }
}

fn length(length: Option<u64>) -> Result<u64, ContentError> {
    length.filter(|length| *length <= LIST_MAX).ok_or(ContentError)
}

fn fields(d: &mut Decoder<'_>) -> Result<BTreeMap<u32, Value>, ContentError> {
    let mut fields = BTreeMap::new();
    for _ in 0..length(d.map()?)? {
        let number = d.u32()?;
        let value = match d.datatype()? {
            Type::String => Value::Text(d.str()?.to_owned()),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => Value::Uint(d.u64()?),
            Type::Bool => Value::Bool(d.bool()?),
            Type::Array => {
                let mut texts = Vec::new();
                for _ in 0..length(d.array()?)? {
                    texts.push(d.str()?.to_owned());
                }
                Value::List(texts)
            }
            _ => return Err(ContentError),
        };
        fields.insert(number, value);
    }
    Ok(fields)
}

fn missing(d: &mut Decoder<'_>) -> Result<Vec<(DeviceId, Incarnation, u64, u64)>, ContentError> {
    let mut missing = Vec::new();
    for _ in 0..length(d.array()?)? {
        if d.array()? != Some(4) {
            return Err(ContentError);
        }
        missing.push((d.decode()?, d.decode()?, d.u64()?, d.u64()?));
    }
    Ok(missing)
}
