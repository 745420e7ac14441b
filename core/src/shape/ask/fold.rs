//! The state of a request from the graph of its steps. Every step is looked at once, behind those that it names, so a graph of any
//! depth costs no stack; its past is a row of bits.

use super::super::acts::{ActsView, Rank, Said, Verdict};
use super::{Judgement, Role, Table};
use crate::id::{MemberId, StatementId};
use std::collections::{BTreeMap, BTreeSet};

/// So many of a member's steps count, besides as many that take the question back: nobody can crowd out the other, and nobody's
/// phone works without end. Those that stand count before those that were replaced, then the smallest ids.
pub const STEPS_MAX: usize = 256;

/// A set of nodes.
#[derive(Clone, Default)]
pub(super) struct Nodes(Vec<u64>);

impl Nodes {
    fn insert(&mut self, at: usize) {
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn contains(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    fn extend(&mut self, other: &Nodes) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }
}

struct Node<'a> {
    said: &'a Said,
    /// Everything that it knew of.
    past: Nodes,
    /// The state it leads to and what it weighs, if it is effective.
    leads: Option<(&'static str, Rank)>,
}

/// Where a request is.
pub(super) struct Outcome {
    pub(super) state: &'static str,
    /// What the steps that lead there weigh; none at the beginning.
    pub(super) rank: Option<Rank>,
    /// The steps that lead there, or lead elsewhere with the same weight.
    pub(super) leading: BTreeSet<StatementId>,
}

/// The steps of a request, each behind those that it names.
pub(super) struct Fold<'a> {
    table: &'a Table,
    nodes: Vec<Node<'a>>,
    places: BTreeMap<StatementId, usize>,
    /// What naming an act makes one know of: itself, if it is a node, and its past. Acts that do not count pass on what they knew.
    reach: BTreeMap<StatementId, Nodes>,
}

impl<'a> Fold<'a> {
    pub(super) fn new(table: &'a Table, asker: MemberId, acts: &'a ActsView) -> Self {
        let counted = counted(acts);
        let mut fold = Self { table, nodes: Vec::new(), places: BTreeMap::new(), reach: BTreeMap::new() };
        for said in &acts.said {
            let past = fold.past(said.saw.union(&said.over));
            let mut reach = past.clone();
            if counted.contains(&said.id) {
                let role = if said.member == asker { Role::Asker } else { Role::Askee };
                let leads = fold.leads(said, role, &past);
                reach.insert(fold.nodes.len());
                fold.places.insert(said.id, fold.nodes.len());
                fold.nodes.push(Node { said, past, leads });
            }
            fold.reach.insert(said.id, reach);
        }
        fold
    }

    /// Where an act leads from what it knew of, and what it weighs; none when it is not effective.
    fn leads(&self, said: &Said, role: Role, past: &Nodes) -> Option<(&'static str, Rank)> {
        let act = said.act?;
        match self.table.judge(self.state_of(past).state, role, &act) {
            Judgement::To(state) => Some((state, act.step?.rank)),
            _ => None,
        }
    }

    /// What naming these statements makes one know of.
    pub(super) fn past<'b>(&self, named: impl IntoIterator<Item = &'b StatementId>) -> Nodes {
        let mut past = Nodes::default();
        named.into_iter().filter_map(|id| self.reach.get(id)).for_each(|reach| past.extend(reach));
        past
    }

    /// What the weightiest steps weigh that are not known to who knows of `past`.
    pub(super) fn rank_beyond(&self, past: &Nodes) -> Option<Rank> {
        let mut beyond = Nodes::default();
        (0..self.nodes.len()).filter(|at| !past.contains(*at)).for_each(|at| beyond.insert(at));
        self.state_of(&beyond).rank
    }

    pub(super) fn outcome(&self) -> Outcome {
        let mut all = Nodes::default();
        (0..self.nodes.len()).for_each(|at| all.insert(at));
        self.state_of(&all)
    }

    /// The state that a part of the graph comes to.
    pub(super) fn state_of(&self, part: &Nodes) -> Outcome {
        let nodes = self.nodes.iter().enumerate();
        let effective: Vec<_> = nodes
            .filter_map(|(at, node)| node.leads.filter(|_| part.contains(at)).map(|leads| (at, node, leads)))
            .collect();
        let mut known = Nodes::default();
        // Backwards: what a later one knew of brings nothing new, with all that it knew of itself.
        for (at, node, _) in effective.iter().rev() {
            if !known.contains(*at) {
                known.extend(&node.past);
            }
        }
        let open = || effective.iter().filter(|(at, _, _)| !known.contains(*at));
        let rank = open().map(|(_, _, (_, rank))| *rank).max();
        let leading = || open().filter(|(_, _, (_, of))| Some(*of) == rank);
        let first = leading().min_by_key(|(_, node, _)| node.said.id);
        Outcome {
            state: first.map_or(self.table.initial, |(_, _, (state, _))| state),
            rank,
            leading: leading().map(|(_, node, _)| node.said.id).collect(),
        }
    }

    pub(super) fn is_effective(&self, id: &StatementId) -> bool {
        self.places.get(id).and_then(|at| self.nodes.get(*at)).is_some_and(|node| node.leads.is_some())
    }

    /// The acts that no other act knew of, the weightiest first.
    pub(super) fn tips(&self) -> Vec<&'a Said> {
        let mut known = Nodes::default();
        self.nodes.iter().for_each(|node| known.extend(&node.past));
        let open = self.nodes.iter().enumerate().filter(|(at, _)| !known.contains(*at));
        let mut tips: Vec<&Node<'a>> = open.map(|(_, node)| node).collect();
        tips.sort_by_key(|node| (std::cmp::Reverse(node.leads.map(|(_, rank)| rank)), node.said.id));
        tips.into_iter().map(|node| node.said).collect()
    }

    /// What `member` said that stands.
    pub(super) fn standing_of(&self, member: MemberId) -> impl Iterator<Item = &'a Said> {
        self.nodes.iter().map(|node| node.said).filter(move |said| said.member == member && said.current)
    }

    /// Whether as many of a member's steps count as may.
    pub(super) fn is_full(&self, member: MemberId) -> bool {
        self.nodes.iter().filter(|node| node.said.member == member && !is_withdrawal(node.said)).count() >= STEPS_MAX
    }
}

/// Whether an act is part of the graph. What cannot be read or does not count has no effect; it is there for what it knew of.
fn is_node(said: &Said) -> bool {
    said.verdict != Verdict::Counts || said.act.is_some_and(|act| act.step.is_some())
}

fn is_withdrawal(said: &Said) -> bool {
    said.act.and_then(|act| act.step).is_some_and(|step| step.rank == Rank::Withdraw)
}

/// The acts that count: see [`STEPS_MAX`].
fn counted(acts: &ActsView) -> BTreeSet<StatementId> {
    let mut kinds: BTreeMap<(MemberId, bool), Vec<&Said>> = BTreeMap::new();
    for said in acts.said.iter().filter(|said| is_node(said)) {
        kinds.entry((said.member, is_withdrawal(said))).or_default().push(said);
    }
    let mut counted = BTreeSet::new();
    for mut kind in kinds.into_values() {
        kind.sort_by_key(|said| (!said.current, said.id));
        counted.extend(kind.into_iter().take(STEPS_MAX).map(|said| said.id));
    }
    counted
}
