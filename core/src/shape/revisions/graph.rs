//! The revisions of one agreement as a graph. Walks are iterative and linear, so that whoever writes a thousand revisions slows
//! nobody down by more than a thousand.

use crate::id::StatementId;
use crate::statement::{Kind, Role, Statement, StatementSet};
use std::collections::{BTreeMap, BTreeSet};

/// A mark per revision.
pub(super) type Marks = Vec<bool>;

/// Whether a revision is marked.
pub(super) fn is_marked(marks: &[bool], at: usize) -> bool {
    marks.get(at).copied().unwrap_or(false)
}

/// Revisions are numbered in the set's order of ids.
pub(super) struct Graph<'a> {
    pub(super) revisions: Vec<&'a Statement>,
    numbers: BTreeMap<StatementId, usize>,
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
    /// Rooted revisions, each behind all its ancestors. A revision behind an unknown parent, or behind something that is no
    /// revision, is not among them and stays pending.
    order: Vec<usize>,
    rooted: Marks,
}

impl<'a> Graph<'a> {
    pub(super) fn new(set: &'a StatementSet) -> Self {
        let revisions: Vec<&Statement> = set.of_kind(Kind::PROPOSE).collect();
        let numbers: BTreeMap<_, _> = revisions.iter().enumerate().map(|(at, r)| (r.id, at)).collect();
        let count = revisions.len();
        let mut parents = Vec::with_capacity(count);
        let mut children = vec![Vec::new(); count];
        let mut waiting = Vec::with_capacity(count);
        for (at, revision) in revisions.iter().enumerate() {
            let ids: BTreeSet<StatementId> = revision.header.named(Role::PARENT).collect();
            let known: Vec<usize> = ids.iter().filter_map(|id| numbers.get(id).copied()).collect();
            for parent in &known {
                if let Some(children) = children.get_mut(*parent) {
                    children.push(at);
                }
            }
            // An unknown parent is waited for in vain.
            waiting.push(ids.len());
            parents.push(known);
        }
        let (order, rooted) = root(waiting, &children);
        Self { revisions, numbers, parents, children, order, rooted }
    }

    pub(super) fn number(&self, id: &StatementId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// Every number.
    pub(super) fn numbers(&self) -> std::ops::Range<usize> {
        0..self.revisions.len()
    }

    /// Rooted revisions, ancestors first.
    pub(super) fn order(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        self.order.iter().copied()
    }

    /// Whether every ancestor is known.
    pub(super) fn is_rooted(&self, at: usize) -> bool {
        is_marked(&self.rooted, at)
    }

    /// Whether nothing known builds on a revision.
    pub(super) fn is_last(&self, at: usize) -> bool {
        self.children.get(at).is_some_and(Vec::is_empty)
    }

    /// Proper ancestors of any of `of`, as far as they are known.
    pub(super) fn above(&self, of: &[usize]) -> Marks {
        reach(&self.parents, of)
    }

    /// Proper descendants.
    pub(super) fn below(&self, of: usize) -> Marks {
        reach(&self.children, &[of])
    }
}

/// What is waited for before what waits, given how many each waits for and who follows whom; and a mark for what gets its turn.
pub(super) fn root(mut waiting: Vec<usize>, children: &[Vec<usize>]) -> (Vec<usize>, Marks) {
    let mut order: Vec<usize> = (0..waiting.len()).filter(|at| waiting.get(*at) == Some(&0)).collect();
    let mut rooted = vec![false; waiting.len()];
    let mut next = 0;
    while let Some(at) = order.get(next).copied() {
        next += 1;
        if let Some(mark) = rooted.get_mut(at) {
            *mark = true;
        }
        for child in children.get(at).into_iter().flatten() {
            if let Some(waiting) = waiting.get_mut(*child) {
                *waiting = waiting.saturating_sub(1);
                if *waiting == 0 {
                    order.push(*child);
                }
            }
        }
    }
    (order, rooted)
}

fn reach(edges: &[Vec<usize>], from: &[usize]) -> Marks {
    let mut marks = vec![false; edges.len()];
    let mut next = from.to_vec();
    while let Some(at) = next.pop() {
        for to in edges.get(at).into_iter().flatten() {
            if let Some(mark) = marks.get_mut(*to)
                && !*mark
            {
                *mark = true;
                next.push(*to);
            }
        }
    }
    marks
}
