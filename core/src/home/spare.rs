//! The spare: a second copy of what nobody else has, the home's keys. It lies at the other end of the store than the first, so
//! that one damaged page does not take both (SPEC section 12.1).

use super::state::{HOME_VERSION, HomeState};
use super::{BOXES_KEY, HOME_KEY, HomeError};
use crate::crypto::keys::DeviceKeys;
use crate::id::OwnerId;
use crate::storage::{Store, StoreError, Table, Work};
use crate::sync::{BoxState, encoded};
use minicbor::{Decode, Encode};

const SPARE_KEY: &[u8] = b"spare";

#[derive(Encode, Decode)]
#[cbor(map)]
struct Spare {
    #[n(0)]
    home: HomeState,
    /// Without anything that rows say.
    #[n(1)]
    boxes: Vec<BoxState>,
}

/// Writes the spare, where it would say something new. `before` is what it says now.
pub(super) fn keep(
    work: &mut Work<'_>,
    before: Option<(&HomeState, &[BoxState])>,
    home: &HomeState,
    boxes: &[BoxState],
) {
    let same = before.is_some_and(|(known, known_boxes)| {
        let same_keys = |(a, b): (&BoxState, &BoxState)| {
            (a.owner, a.closed) == (b.owner, b.closed) && a.epochs == b.epochs && a.roster == b.roster
        };
        known == home && known_boxes.len() == boxes.len() && known_boxes.iter().zip(boxes).all(same_keys)
    });
    if !same {
        let spare = Spare { home: home.clone(), boxes: boxes.iter().map(BoxState::bare).collect() };
        work.put(Table::Spare, SPARE_KEY, encoded(&spare));
    }
}

/// What a damaged store still says of home and boxes.
pub(super) struct Kept {
    pub(super) home: HomeState,
    pub(super) boxes: Vec<BoxState>,
    pub(super) keys: DeviceKeys,
    /// Whether the first copy of either was gone, or contradicted the spare.
    pub(super) contradicted: bool,
}

/// Reads home and boxes from whichever copies are there.
///
/// # Errors
/// [`HomeError::KeysLost`] when no copy of the keys is left, [`HomeError::NewerHome`], or what the store says.
pub(super) fn read(store: &dyn Store) -> Result<Kept, HomeError> {
    let home: Option<HomeState> = decoded(store, Table::Meta, HOME_KEY)?;
    let boxes: Option<Vec<BoxState>> = decoded(store, Table::Meta, BOXES_KEY)?;
    let spare: Option<Spare> = decoded(store, Table::Spare, SPARE_KEY)?;
    let mut contradicted = home.is_none() || boxes.is_none() || spare.is_none();
    let (spare, spare_boxes) = spare.map_or((None, Vec::new()), |spare| (Some(spare.home), spare.boxes));
    if [&home, &spare].into_iter().flatten().any(|home| home.version > HOME_VERSION) {
        return Err(HomeError::NewerHome);
    }
    let boxes = merged(boxes.unwrap_or_default(), spare_boxes, &mut contradicted);
    for (home, is_spare) in [(home, false), (spare, true)] {
        let fitting = home.filter(|home| fits(home, &boxes));
        if let Some((home, keys)) =
            fitting.and_then(|home| DeviceKeys::from_secret(&home.device).ok().map(|keys| (home, keys)))
        {
            contradicted |= is_spare;
            return Ok(Kept { home, boxes, keys, contradicted });
        }
    }
    Err(HomeError::KeysLost)
}

fn decoded<T: for<'b> Decode<'b, ()>>(store: &dyn Store, table: Table, key: &[u8]) -> Result<Option<T>, StoreError> {
    Ok(store.read(table, key)?.and_then(|row| minicbor::decode(&row).ok()))
}

/// Every box and every key of both copies: the two may have been saved from different moments.
fn merged(mut boxes: Vec<BoxState>, spare: Vec<BoxState>, contradicted: &mut bool) -> Vec<BoxState> {
    for (at, spare) in spare.into_iter().enumerate() {
        let Some(state) = boxes.get_mut(at) else {
            *contradicted = true;
            boxes.push(spare);
            continue;
        };
        if state.owner != spare.owner {
            *contradicted = true;
            continue;
        }
        state.closed |= spare.closed;
        for epoch in spare.epochs {
            if !state.epochs.contains(&epoch) {
                *contradicted = true;
                state.epochs.push(epoch);
            }
        }
        for member in spare.roster {
            let Some(known) = state.roster.iter_mut().find(|known| known.member == member.member) else { continue };
            for certificate in member.certificates {
                if !known.certificates.contains(&certificate) {
                    *contradicted = true;
                    known.certificates.push(certificate);
                }
            }
        }
    }
    boxes
}

fn fits(home: &HomeState, boxes: &[BoxState]) -> bool {
    let vault = boxes.first().is_some_and(|vault| vault.owner == OwnerId::from(home.member));
    let space = home.space.as_ref().is_none_or(|space| {
        boxes.get(usize::from(space.index)).is_some_and(|state| state.owner == OwnerId::from(space.id))
    });
    vault && space && boxes.iter().all(|state| !state.epochs.is_empty())
}
