//! All statements about one target.

use super::{Kind, Role, Statement};
use crate::id::{MemberId, StatementId};
use std::collections::{BTreeMap, BTreeSet};

/// A set of statements about one target. Union is the only way it grows, so order and duplication do not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementSet {
    statements: BTreeMap<StatementId, Statement>,
}

impl StatementSet {
    /// Adds a statement. A copy with a body completes one without.
    pub fn insert(&mut self, statement: Statement) {
        match self.statements.get_mut(&statement.id) {
            Some(known) if known.body.is_none() => known.body = statement.body,
            Some(_) => {}
            None => {
                self.statements.insert(statement.id, statement);
            }
        }
    }

    /// The statement with this id.
    pub fn get(&self, id: &StatementId) -> Option<&Statement> {
        self.statements.get(id)
    }

    /// Every statement, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Statement> {
        self.statements.values()
    }

    /// Statements of one kind, by id.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Statement> {
        self.iter().filter(move |statement| statement.header.kind == kind)
    }

    /// How many statements there are.
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Whether no other statement of the same member names it in `over`.
    pub fn is_current(&self, statement: &Statement) -> bool {
        !self.iter().any(|other| {
            other.member == statement.member && other.id != statement.id && other.header.over.contains(&statement.id)
        })
    }

    /// A member's current statements of one kind, by id.
    pub fn current(&self, member: MemberId, kind: Kind) -> impl Iterator<Item = &Statement> {
        self.of_kind(kind).filter(move |statement| statement.member == member && self.is_current(statement))
    }

    /// Whether the words of a statement were taken back for good: a redaction by its member that it does not name covers it.
    /// Redacting a proposal that the other member consented to is void: agreed or half-agreed words belong to both.
    pub fn is_redacted(&self, statement: &Statement) -> bool {
        if matches!(statement.header.kind, Kind::REDACT) {
            return false;
        }
        let covered = self
            .of_kind(Kind::REDACT)
            .any(|redact| redact.member == statement.member && !statement.header.over.contains(&redact.id));
        covered && !self.is_half_agreed(statement)
    }

    fn is_half_agreed(&self, statement: &Statement) -> bool {
        statement.header.kind == Kind::PROPOSE
            && self.of_kind(Kind::CONSENT).any(|consent| {
                consent.member != statement.member && consent.header.named(Role::SUBJECT).any(|id| id == statement.id)
            })
    }

    /// Statements whose words must not be kept though they are here.
    pub fn to_forget(&self) -> impl Iterator<Item = &Statement> {
        self.iter().filter(|statement| statement.body.is_some() && self.is_redacted(statement))
    }

    /// Every statement in the order views use: what is named before what names it, then by claimed day, then by id.
    pub fn ordered(&self) -> Vec<&Statement> {
        let mut waiting: BTreeMap<StatementId, usize> = BTreeMap::new();
        let mut followers: BTreeMap<StatementId, Vec<StatementId>> = BTreeMap::new();
        for statement in self.iter() {
            let named: BTreeSet<StatementId> = named(statement).filter(|id| self.statements.contains_key(id)).collect();
            waiting.insert(statement.id, named.len());
            for id in named {
                followers.entry(id).or_default().push(statement.id);
            }
        }
        let key = |id: StatementId| self.statements.get(&id).map(|s| (s.header.day, id));
        let mut ready: BTreeSet<_> =
            waiting.iter().filter(|(_, count)| **count == 0).filter_map(|(id, _)| key(*id)).collect();
        let mut ordered = Vec::with_capacity(self.len());
        while let Some((_, id)) = ready.pop_first() {
            ordered.extend(self.statements.get(&id));
            for follower in followers.remove(&id).unwrap_or_default() {
                if let Some(count) = waiting.get_mut(&follower) {
                    *count -= 1;
                    if *count == 0 {
                        ready.extend(key(follower));
                    }
                }
            }
        }
        // Ids are hashes over what they name, so a cycle cannot be made; nothing is left out.
        ordered
    }
}

fn named(statement: &Statement) -> impl Iterator<Item = StatementId> + '_ {
    statement.header.refs.iter().map(|named| named.id).chain(statement.header.over.iter().copied())
}
