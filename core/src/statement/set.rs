//! All statements about one target.

use super::{Kind, Role, Statement};
use crate::id::{MemberId, StatementId};
use std::collections::{BTreeMap, BTreeSet};

/// A set of statements about one target. Union is the only way it grows, so order and duplication do not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementSet {
    statements: BTreeMap<StatementId, Statement>,
    /// Whom others name in `over`: (named, naming member).
    named_over: BTreeSet<(StatementId, MemberId)>,
    /// Redactions: (member, redaction).
    redactions: BTreeSet<(MemberId, StatementId)>,
    /// What was consented to: (revision, consenting member).
    consents: BTreeSet<(StatementId, MemberId)>,
}

impl StatementSet {
    /// Adds a statement. A copy with a body completes one without.
    pub fn insert(&mut self, statement: Statement) {
        if let Some(known) = self.statements.get_mut(&statement.id) {
            if known.body.is_none() {
                known.body = statement.body;
            }
            return;
        }
        let Statement { id, member, header, .. } = &statement;
        self.named_over.extend(header.over.iter().filter(|named| *named != id).map(|named| (*named, *member)));
        if header.kind == Kind::REDACT {
            self.redactions.insert((*member, *id));
        }
        if header.kind == Kind::CONSENT {
            self.consents.extend(header.named(Role::SUBJECT).map(|revision| (revision, *member)));
        }
        self.statements.insert(*id, statement);
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
        !self.named_over.contains(&(statement.id, statement.member))
    }

    /// A member's current statements of one kind, by id.
    pub fn current(&self, member: MemberId, kind: Kind) -> impl Iterator<Item = &Statement> {
        self.of_kind(kind).filter(move |statement| statement.member == member && self.is_current(statement))
    }

    /// A member's redactions. Words they say from now on name all of them in `over`, themselves and not through what they name:
    /// whether a body may be kept must be known from its own statement, before anything else has arrived.
    pub fn redactions(&self, member: MemberId) -> impl Iterator<Item = StatementId> + '_ {
        let from = (member, StatementId([0; 32]));
        let to = (member, StatementId([0xFF; 32]));
        self.redactions.range(from..=to).map(|(_, id)| *id)
    }

    /// Whether the words of a statement were taken back for good: a redaction by its member that it does not name covers it.
    /// Redacting a proposal that the other member consented to is void: agreed or half-agreed words belong to both. What has no
    /// words keeps its body: taking words back does not undo what was done.
    pub fn is_redacted(&self, statement: &Statement) -> bool {
        let covered = self.redactions(statement.member).any(|redact| !statement.header.over.contains(&redact));
        covered && statement.has_words() && !self.is_half_agreed(statement)
    }

    /// Whether a statement is a proposal that the other member ever consented to.
    pub fn is_half_agreed(&self, statement: &Statement) -> bool {
        let from = (statement.id, MemberId([0; 32]));
        let to = (statement.id, MemberId([0xFF; 32]));
        statement.header.kind == Kind::PROPOSE
            && self.consents.range(from..=to).any(|(_, member)| *member != statement.member)
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
