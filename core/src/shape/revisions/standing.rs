//! Who stands on what. Each member's register is computed from that member's statements alone, so that no statement of one can
//! alter the other's.

use super::graph::{Graph, root};
use crate::id::{MemberId, StatementId};
use crate::statement::{Kind, Role, Statement, StatementSet};
use std::collections::{BTreeMap, BTreeSet};

/// What a withdrawal covers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Covers {
    /// The whole agreement, revisions to come included.
    All,
    /// The revisions it names.
    Named(BTreeSet<StatementId>),
}

/// One member's stances and withdrawals.
pub(super) struct Register<'a> {
    pub(super) member: MemberId,
    set: &'a StatementSet,
    withdrawals: Vec<(&'a Statement, Covers)>,
    /// By revision number: the stances that stand.
    standing: Vec<Vec<&'a Statement>>,
    /// Everything that some stance of this member names in `over`, directly or through what it names.
    answered: BTreeSet<StatementId>,
}

impl<'a> Register<'a> {
    pub(super) fn new(set: &'a StatementSet, graph: &Graph<'a>, member: MemberId) -> Self {
        let own: Vec<&Statement> = set.iter().filter(|statement| statement.member == member).collect();
        let withdrawals = own.iter().filter_map(|statement| Some((*statement, covers(statement)?))).collect();
        let standing = vec![Vec::new(); graph.revisions.len()];
        let mut register = Self { member, set, withdrawals, standing, answered: BTreeSet::new() };
        register.take_stances(graph, &own);
        let stances = own.iter().filter(|statement| is_stance(statement)).flat_map(|stance| &stance.header.over);
        register.answered = register.reached(stances.copied().collect());
        register
    }

    /// A stance stands if it names every withdrawal that covers its revision. Withdrawals are taken 64 at a time, a bit each, and
    /// bits flow along `over` once: linear in statements, however long the chains.
    fn take_stances(&mut self, graph: &Graph<'a>, own: &[&'a Statement]) {
        let numbers: BTreeMap<StatementId, usize> = own.iter().enumerate().map(|(at, said)| (said.id, at)).collect();
        let order = over_order(own, &numbers);
        let mut stances: Vec<(usize, usize, bool)> = Vec::new();
        for (at, statement) in own.iter().enumerate().filter(|(_, statement)| is_stance(statement)) {
            let subjects: BTreeSet<StatementId> = match statement.header.kind {
                Kind::PROPOSE => [statement.id].into(),
                _ => statement.header.named(Role::SUBJECT).collect(),
            };
            // Nobody consents to two texts in one breath.
            let revision = subjects.first().filter(|_| subjects.len() == 1).and_then(|id| graph.number(id));
            let redacted = |at: usize| graph.revisions.get(at).is_some_and(|revision| self.set.is_redacted(revision));
            stances.extend(revision.filter(|revision| !redacted(*revision)).map(|revision| (at, revision, true)));
        }
        for chunk in self.withdrawals.chunks(64) {
            let bits = chunk.iter().zip(0u32..);
            let bit_of: BTreeMap<StatementId, u64> = bits.clone().map(|((said, _), bit)| (said.id, 1 << bit)).collect();
            let mut named = vec![0u64; own.len()];
            for at in &order {
                let over = own.get(*at).map(|said| said.header.over.as_slice()).unwrap_or_default();
                let reached = over.iter().fold(0, |reached, id| {
                    let through = numbers.get(id).and_then(|over| named.get(*over)).copied().unwrap_or(0);
                    reached | through | bit_of.get(id).copied().unwrap_or(0)
                });
                if let Some(named) = named.get_mut(*at) {
                    *named = reached;
                }
            }
            let all =
                bits.clone().filter(|((_, covers), _)| *covers == Covers::All).fold(0, |all, (_, bit)| all | 1 << bit);
            let mut needed: BTreeMap<StatementId, u64> = BTreeMap::new();
            for ((_, covers), bit) in bits {
                if let Covers::Named(revisions) = covers {
                    revisions.iter().for_each(|revision| *needed.entry(*revision).or_default() |= 1u64 << bit);
                }
            }
            for (at, revision, stands) in &mut stances {
                let id = graph.revisions.get(*revision).map(|revision| revision.id);
                let needed = all | id.and_then(|id| needed.get(&id)).copied().unwrap_or(0);
                *stands &= named.get(*at).copied().unwrap_or(0) & needed == needed;
            }
        }
        for (at, revision, _) in stances.into_iter().filter(|(_, _, stands)| *stands) {
            if let Some(standing) = self.standing.get_mut(revision) {
                standing.extend(own.get(at).copied());
            }
        }
    }

    /// The stances by which the member stands on a revision, by id.
    pub(super) fn standing(&self, at: usize) -> &[&'a Statement] {
        self.standing.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn stands(&self, at: usize) -> bool {
        !self.standing(at).is_empty()
    }

    /// Every withdrawal that covers a revision.
    pub(super) fn covering(&self, revision: StatementId) -> impl Iterator<Item = &'a Statement> + '_ {
        let covers = move |covers: &Covers| match covers {
            Covers::All => true,
            Covers::Named(revisions) => revisions.contains(&revision),
        };
        self.withdrawals.iter().filter(move |(_, what)| covers(what)).map(|(said, _)| *said)
    }

    /// Withdrawals that name a revision.
    pub(super) fn names(&self, revision: StatementId) -> bool {
        self.withdrawals.iter().any(|(_, covers)| matches!(covers, Covers::Named(named) if named.contains(&revision)))
    }

    /// Withdrawals of the whole agreement, and endings of it.
    pub(super) fn general(&self) -> impl Iterator<Item = &'a Statement> + '_ {
        self.withdrawals.iter().filter(|(_, covers)| *covers == Covers::All).map(|(said, _)| *said)
    }

    /// Those that no later stance of the member answers.
    pub(super) fn open_general(&self) -> impl Iterator<Item = &'a Statement> + '_ {
        self.general().filter(|said| !self.answered.contains(&said.id))
    }

    /// The member's statements that `from` reaches along `over`, `from` included.
    pub(super) fn reached(&self, mut from: Vec<StatementId>) -> BTreeSet<StatementId> {
        let mut reached = BTreeSet::new();
        while let Some(id) = from.pop() {
            let Some(said) = self.set.get(&id).filter(|said| said.member == self.member) else { continue };
            if reached.insert(id) {
                from.extend(&said.header.over);
            }
        }
        reached
    }

    /// Few ids that name all of `needed` in `over`, themselves or through what they name: of the withdrawals alone those that no
    /// other names, and, should these be more than `max`, later stances too, which answered some of them before.
    pub(super) fn naming(&self, needed: Vec<StatementId>, max: usize) -> Vec<StatementId> {
        let named = needed.iter().filter_map(|id| self.set.get(id)).flat_map(|said| &said.header.over);
        let reached = self.reached(named.copied().collect());
        let direct: Vec<StatementId> = needed.iter().filter(|id| !reached.contains(id)).copied().collect();
        if direct.len() <= max {
            return direct;
        }
        let own = self.set.iter().filter(|said| said.member == self.member);
        let reaching: Vec<_> = own.map(|said| (said.id, self.reached(vec![said.id]))).collect();
        let mut left: BTreeSet<StatementId> = needed.into_iter().collect();
        let mut chosen = Vec::new();
        while !left.is_empty() && chosen.len() <= max {
            let Some((id, reached)) = reaching.iter().max_by_key(|(_, reached)| reached.intersection(&left).count())
            else {
                break;
            };
            left.retain(|id| !reached.contains(id));
            chosen.push(*id);
        }
        chosen
    }
}

/// Proposing is consenting.
fn is_stance(statement: &Statement) -> bool {
    matches!(statement.header.kind, Kind::PROPOSE | Kind::CONSENT)
}

fn covers(statement: &Statement) -> Option<Covers> {
    let named: BTreeSet<StatementId> = statement.header.named(Role::SUBJECT).collect();
    match statement.header.kind {
        Kind::RETIRE => Some(Covers::All),
        Kind::WITHDRAW if named.is_empty() => Some(Covers::All),
        Kind::WITHDRAW => Some(Covers::Named(named)),
        _ => None,
    }
}

/// A member's statements, what is named in `over` before what names it.
fn over_order(own: &[&Statement], numbers: &BTreeMap<StatementId, usize>) -> Vec<usize> {
    let named = |said: &Statement| -> BTreeSet<usize> {
        said.header.over.iter().filter_map(|id| numbers.get(id).copied()).collect()
    };
    let mut waiting: Vec<usize> = Vec::with_capacity(own.len());
    let mut followers = vec![Vec::new(); own.len()];
    for (at, said) in own.iter().enumerate() {
        let named = named(said);
        waiting.push(named.len());
        for over in named {
            if let Some(followers) = followers.get_mut(over) {
                followers.push(at);
            }
        }
    }
    root(waiting, &followers).0
}
