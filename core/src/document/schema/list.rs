//! Lists: what their keys are, what may stand there, and where an item goes between two others.
//!
//! A list is one flat map. An item's keys are `<item>/alive`, `<item>/gone`, `<item>/order` and `<item>/<number of a field>`. An
//! item is in the list while something stands at `alive`: adding and editing put something new there, removing takes away what it
//! saw there and puts something at `gone`. So what is added or edited while another phone removes it stays, and `gone` tells that
//! it was restored.

use crate::id::{EntryId, StatementId, hash};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Unicode scalar values in one field of an item.
pub const LIST_FIELD_MAX: usize = 4_000;
/// Items in one list, for what is added here. What others added at the same time may add to it.
pub const LIST_ITEMS_MAX: usize = 1_000;
/// Bytes of a place in the order.
pub const ORDER_MAX: usize = 200;
/// Digits of a mark at `alive` or `gone`.
const MARK_MAX: usize = 20;

/// One item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemId {
    /// Something written in the list itself, by random bytes.
    Fresh([u8; 16]),
    /// An entry that was placed there.
    Placed(EntryId),
}

impl ItemId {
    /// As keys write it: base64url without padding.
    pub fn text(&self) -> String {
        match self {
            Self::Fresh(fresh) => URL_SAFE_NO_PAD.encode(fresh),
            Self::Placed(entry) => URL_SAFE_NO_PAD.encode(entry.0),
        }
    }

    /// Reads what [`ItemId::text`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        // 16 and 32 bytes make no more characters.
        if text.len() > 43 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let fresh = || bytes.as_slice().try_into().ok().map(Self::Fresh);
        let placed = || bytes.as_slice().try_into().ok().map(|id| Self::Placed(EntryId(id)));
        fresh().or_else(placed)
    }

    /// What statements about the item name, in the list that is `document`.
    pub fn subject(&self, document: &EntryId) -> StatementId {
        match self {
            Self::Fresh(fresh) => StatementId(hash(&[b"amends/item/1", &document.0, fresh])),
            Self::Placed(entry) => StatementId(entry.0),
        }
    }
}

/// What an item's key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::document) enum Part {
    Alive,
    Gone,
    Order,
    Field(u32),
}

const ALIVE: &str = "alive";
const GONE: &str = "gone";
const ORDER: &str = "order";

impl Part {
    fn parse(text: &str) -> Option<Self> {
        match text {
            ALIVE => Some(Self::Alive),
            GONE => Some(Self::Gone),
            ORDER => Some(Self::Order),
            number => {
                let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
                plain.then(|| number.parse().ok()).flatten().map(Self::Field)
            }
        }
    }

    /// Whether a text may stand there.
    pub(in crate::document) fn admits(self, text: &str) -> bool {
        match self {
            Self::Alive | Self::Gone => {
                (1..=MARK_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            }
            Self::Order => is_order(text),
            Self::Field(_) => !text.is_empty() && text.chars().count() <= LIST_FIELD_MAX,
        }
    }
}

/// A key of a list.
pub(in crate::document) fn key(item: &ItemId, part: Part) -> String {
    let item = item.text();
    match part {
        Part::Alive => format!("{item}/{ALIVE}"),
        Part::Gone => format!("{item}/{GONE}"),
        Part::Order => format!("{item}/{ORDER}"),
        Part::Field(number) => format!("{item}/{number}"),
    }
}

/// Reads a key; none when a list has no such key.
pub(in crate::document) fn parse_key(key: &str) -> Option<(ItemId, Part)> {
    let (item, part) = key.split_once('/')?;
    Some((ItemId::parse(item)?, Part::parse(part)?))
}

/// Digits of places in the order, ascending as bytes do.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A place is a fraction without its leading `0.`: digits, the last one not zero, so that there is always one before it.
fn is_order(text: &str) -> bool {
    (1..=ORDER_MAX).contains(&text.len())
        && !text.ends_with('0')
        && text.bytes().all(|byte| DIGITS.binary_search(&byte).is_ok())
}

/// A place behind `before` and ahead of `after`, where there is one of at most [`ORDER_MAX`] bytes.
pub(in crate::document) fn between(before: &str, after: Option<&str>) -> Option<String> {
    if after.is_some_and(|after| after <= before) {
        return None;
    }
    let digit = |text: &str, at: usize| text.as_bytes().get(at).and_then(|byte| DIGITS.binary_search(byte).ok());
    let mut place = String::new();
    // Past the first digit in which they differ nothing limits the place from above.
    let mut above = after;
    for at in 0..ORDER_MAX {
        let low = digit(before, at).unwrap_or(0);
        let high = above.map_or(Some(DIGITS.len()), |above| digit(above, at))?;
        let middle = (low + high) / 2;
        if middle > low {
            place.push(char::from(*DIGITS.get(middle)?));
            return Some(place);
        }
        place.push(char::from(*DIGITS.get(low)?));
        if high > low {
            above = None;
        }
    }
    None
}

/// So many places, evenly apart.
pub(in crate::document) fn spread(count: usize) -> Vec<String> {
    let base = DIGITS.len();
    // Three digits are far more than items of a list.
    let all = base * base * base;
    let step = (all / (count + 1)).max(1);
    let place = |nth: usize| {
        let value = ((nth + 1) * step).min(all - 1);
        let digits = [value / (base * base), value / base % base, value % base];
        let text: String = digits.iter().filter_map(|digit| DIGITS.get(*digit)).map(|byte| char::from(*byte)).collect();
        text.trim_end_matches('0').to_owned()
    };
    (0..count).map(place).collect()
}

/// The first change of every list. It says that it is one.
#[rustfmt::skip]
pub(super) const ROOT: [u8; 65] = [
    0x85, 0x6f, 0x4a, 0x83, 0x01, 0xc4, 0xb5, 0x83, 0x01, 0x37, 0x00, 0x10, 0xb8, 0x53, 0xe7, 0x88,
    0x47, 0x4c, 0x8d, 0x86, 0x17, 0x19, 0x1d, 0xca, 0x57, 0x7c, 0x04, 0x5a, 0x01, 0x01, 0x00, 0x00,
    0x00, 0x06, 0x15, 0x08, 0x34, 0x01, 0x42, 0x02, 0x56, 0x02, 0x57, 0x04, 0x70, 0x02, 0x7f, 0x06,
    0x73, 0x63, 0x68, 0x65, 0x6d, 0x61, 0x01, 0x7f, 0x01, 0x7f, 0x46, 0x6c, 0x69, 0x73, 0x74, 0x7f,
    0x00,
];
