//! Sets of places in chains, as ascending, disjoint, inclusive stretches; exact, unlike [`Ranges`](crate::sync::Ranges).

use crate::crypto::pack::{ChainId, Manifest};
use crate::id::Incarnation;
use std::collections::BTreeMap;

/// First and last sequence number.
pub(super) type Stretch = (u64, u64);

/// Which records packs hold.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::sync) struct Coverage(BTreeMap<ChainId, Vec<Stretch>>);

impl Coverage {
    /// Of packs together.
    pub(super) fn of<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> Self {
        let mut all: BTreeMap<ChainId, Vec<Stretch>> = BTreeMap::new();
        for segment in manifests.into_iter().flat_map(|manifest| &manifest.segments) {
            all.entry(segment.chain).or_default().push((segment.first_seq, segment.last_seq));
        }
        all.values_mut().for_each(join);
        Self(all)
    }

    /// What of `wanted` in a chain is not covered.
    pub(in crate::sync) fn lacks(&self, chain: &ChainId, wanted: &[Stretch]) -> Vec<Stretch> {
        without(wanted, self.0.get(chain).map(Vec::as_slice).unwrap_or_default())
    }

    /// Whether the record at a place of a chain with this incarnation is covered.
    pub(in crate::sync) fn has(&self, incarnation: &Incarnation, seq: u64) -> bool {
        let chains = self.0.iter().filter(|(chain, _)| chain.incarnation == *incarnation);
        chains.flat_map(|(_, stretches)| stretches).any(|(first, last)| (*first..=*last).contains(&seq))
    }

    /// Whether everything of `other` is covered.
    pub(super) fn holds(&self, other: &Self) -> bool {
        other.0.iter().all(|(chain, stretches)| self.lacks(chain, stretches).is_empty())
    }

    /// How many records that is.
    pub(super) fn count(&self) -> u64 {
        self.0.values().map(|stretches| length(stretches)).fold(0, u64::saturating_add)
    }

    /// Chains and their stretches.
    pub(super) fn chains(&self) -> impl Iterator<Item = (&ChainId, &[Stretch])> {
        self.0.iter().map(|(chain, stretches)| (chain, stretches.as_slice()))
    }

    /// The stretches of one chain.
    pub(super) fn chain(&self, chain: &ChainId) -> &[Stretch] {
        self.0.get(chain).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Makes stretches ascending and disjoint.
fn join(stretches: &mut Vec<Stretch>) {
    stretches.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for (first, last) in stretches.drain(..) {
        match joined.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    *stretches = joined;
}

/// What is in `all` and not in `some`, both ascending and disjoint.
pub(super) fn without(all: &[Stretch], some: &[Stretch]) -> Vec<Stretch> {
    let mut left = Vec::new();
    for (first, last) in all.iter().copied() {
        let mut from = first;
        for (start, end) in some.iter().copied().filter(|(start, end)| *end >= first && *start <= last) {
            if start > from {
                left.push((from, start - 1));
            }
            from = from.max(end.saturating_add(1));
        }
        if from <= last {
            left.push((from, last));
        }
    }
    left
}

/// What of `all` is not beyond `last`.
pub(super) fn up_to(all: &[Stretch], end: u64) -> Vec<Stretch> {
    all.iter().filter(|(first, _)| *first <= end).map(|(first, last)| (*first, (*last).min(end))).collect()
}

/// Numbers in all stretches.
pub(super) fn length(stretches: &[Stretch]) -> u64 {
    stretches.iter().map(|(first, last)| (last - first).saturating_add(1)).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::{Stretch, join, length, up_to, without};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn stretches() -> impl Strategy<Value = Vec<Stretch>> {
        let stretch = (1u64..60, 0u64..6).prop_map(|(first, more)| (first, first + more));
        proptest::collection::vec(stretch, 0..12)
    }

    fn numbers(stretches: &[Stretch]) -> BTreeSet<u64> {
        stretches.iter().flat_map(|(first, last)| *first..=*last).collect()
    }

    proptest! {
        #[test]
        fn stretches_are_the_sets_they_stand_for(mut all in stretches(), mut some in stretches(), end in 0u64..70) {
            let (everything, part) = (numbers(&all), numbers(&some));
            join(&mut all);
            join(&mut some);
            prop_assert_eq!(numbers(&all), everything.clone());
            prop_assert!(all.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
            prop_assert_eq!(length(&all), everything.len() as u64);
            prop_assert_eq!(numbers(&without(&all, &some)), &everything - &part);
            let below: BTreeSet<u64> = everything.into_iter().filter(|number| *number <= end).collect();
            prop_assert_eq!(numbers(&up_to(&all, end)), below);
        }
    }
}
