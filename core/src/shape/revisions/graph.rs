//! The revisions of one agreement as a graph, and who stands on which. Everything the view says is computed from this.

use crate::id::{MemberId, StatementId};
use crate::statement::{Kind, Role, Statement, StatementSet};
use std::collections::{BTreeMap, BTreeSet};

/// A set of small numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bits(Vec<u64>);

impl Bits {
    fn none(length: usize) -> Self {
        Self(vec![0; length.div_ceil(64)])
    }

    fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn contains(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    fn union(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }
}

/// See the module's documentation. Revisions are numbered in the set's order of ids.
pub(super) struct Graph<'a> {
    set: &'a StatementSet,
    pub(super) revisions: Vec<&'a Statement>,
    numbers: BTreeMap<StatementId, usize>,
    /// Proper ancestors; `None` while some of them are unknown.
    ancestors: Vec<Option<Bits>>,
    /// Every member who ever said anything here.
    pub(super) members: Vec<MemberId>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(set: &'a StatementSet) -> Self {
        let revisions: Vec<&Statement> = set.of_kind(Kind::PROPOSE).collect();
        let numbers: BTreeMap<_, _> = revisions.iter().enumerate().map(|(at, r)| (r.id, at)).collect();
        let mut graph = Self { set, ancestors: vec![None; revisions.len()], revisions, numbers, members: Vec::new() };
        graph.find_ancestors();
        let members: BTreeSet<MemberId> = set.iter().map(|statement| statement.member).collect();
        graph.members = members.into_iter().collect();
        graph
    }

    /// Fills in ancestors from the roots up. A revision behind an unknown parent, or behind something that is no revision,
    /// never gets any and stays pending.
    fn find_ancestors(&mut self) {
        let count = self.revisions.len();
        let parents: Vec<Option<Vec<usize>>> = self.revisions.iter().map(|r| self.parents(r)).collect();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut waiting: Vec<usize> = vec![0; count];
        let mut ready = Vec::new();
        for (at, parents) in parents.iter().enumerate() {
            let Some(parents) = parents else { continue };
            if let Some(waiting) = waiting.get_mut(at) {
                *waiting = parents.len();
            }
            if parents.is_empty() {
                ready.push(at);
            }
            for parent in parents {
                if let Some(children) = children.get_mut(*parent) {
                    children.push(at);
                }
            }
        }
        while let Some(at) = ready.pop() {
            let mut bits = Bits::none(count);
            for parent in parents.get(at).into_iter().flatten().flatten() {
                bits.insert(*parent);
                if let Some(Some(above)) = self.ancestors.get(*parent) {
                    bits.union(above);
                }
            }
            if let Some(place) = self.ancestors.get_mut(at) {
                *place = Some(bits);
            }
            for child in children.get(at).into_iter().flatten() {
                if let Some(waiting) = waiting.get_mut(*child) {
                    *waiting -= 1;
                    if *waiting == 0 {
                        ready.push(*child);
                    }
                }
            }
        }
    }

    /// Numbers of a revision's parents without repeats; `None` when one is unknown.
    fn parents(&self, revision: &Statement) -> Option<Vec<usize>> {
        let parents: BTreeSet<StatementId> = revision.header.named(Role::PARENT).collect();
        parents.iter().map(|id| self.numbers.get(id).copied()).collect()
    }

    pub(super) fn number(&self, id: &StatementId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// Whether every ancestor is known.
    pub(super) fn is_rooted(&self, at: usize) -> bool {
        self.ancestors.get(at).is_some_and(Option::is_some)
    }

    /// Whether `above` is a proper ancestor of `at`.
    pub(super) fn is_above(&self, above: usize, at: usize) -> bool {
        self.ancestors.get(at).and_then(Option::as_ref).is_some_and(|bits| bits.contains(above))
    }

    pub(super) fn comparable(&self, a: usize, b: usize) -> bool {
        a == b || self.is_above(a, b) || self.is_above(b, a)
    }

    /// Withdrawals by `member` that cover revision `at`: of the whole agreement, or naming it.
    pub(super) fn withdrawals(&self, member: MemberId, at: usize) -> impl Iterator<Item = &'a Statement> + '_ {
        let id = self.revisions.get(at).map(|revision| revision.id);
        self.set.iter().filter(move |statement| {
            statement.member == member
                && match statement.header.kind {
                    Kind::RETIRE => true,
                    Kind::WITHDRAW => {
                        let mut named = statement.header.named(Role::SUBJECT).peekable();
                        named.peek().is_none() || named.any(|named| Some(named) == id)
                    }
                    _ => false,
                }
        })
    }

    /// Statements by which `member` took a stance on revision `at`: their proposal of it and their consents to it.
    fn stances(&self, member: MemberId, at: usize) -> impl Iterator<Item = &'a Statement> + '_ {
        let revision = self.revisions.get(at).copied();
        let own = revision.filter(move |revision| revision.member == member);
        let id = revision.map(|revision| revision.id);
        let consents = self.set.of_kind(Kind::CONSENT);
        own.into_iter().chain(consents.filter(move |consent| {
            consent.member == member && consent.header.named(Role::SUBJECT).any(|named| Some(named) == id)
        }))
    }

    /// Everything of the same member that a statement names in `over`, directly or through what it names.
    pub(super) fn over(&self, statement: &Statement) -> BTreeSet<StatementId> {
        let mut reached = BTreeSet::new();
        let mut next = statement.header.over.clone();
        while let Some(id) = next.pop() {
            match self.set.get(&id) {
                Some(named) if named.member == statement.member && reached.insert(id) => {
                    next.extend(&named.header.over);
                }
                _ => {}
            }
        }
        reached
    }

    /// A stance by which `member` stands on revision `at`: one that answers every withdrawal of theirs that covers it. So a
    /// concurrent withdrawal wins, whenever it arrives.
    pub(super) fn standing(&self, member: MemberId, at: usize) -> Option<&'a Statement> {
        let revision = self.revisions.get(at)?;
        if self.set.is_redacted(revision) {
            return None;
        }
        let withdrawals: Vec<StatementId> = self.withdrawals(member, at).map(|statement| statement.id).collect();
        self.stances(member, at).find(|stance| {
            let over = self.over(stance);
            withdrawals.iter().all(|withdrawal| over.contains(withdrawal))
        })
    }

    pub(super) fn stands(&self, member: MemberId, at: usize) -> bool {
        self.standing(member, at).is_some()
    }

    /// Whether `member` withdrew revision `at` and has not come back to it.
    pub(super) fn withdrew(&self, member: MemberId, at: usize) -> bool {
        self.withdrawals(member, at).next().is_some() && !self.stands(member, at)
    }
}
