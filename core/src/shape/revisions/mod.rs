//! Revisions and consent: what two people agreed, exactly.
//!
//! # Merge rule
//! Revisions are immutable and name their parents by hash; text is never merged. Each member's stance on each revision is their
//! own: a consent, or the proposal itself, stands unless a withdrawal of theirs covers the revision and is not named in the
//! stance's `over`. With S the revisions both stand on (whole, with every ancestor known), the text **in force** is the greatest
//! element of S that is ancestor or descendant of every other; elements of S beside or above it that do not line up are
//! **crossed** and left to the two people. Everything is computed from the set of statements, so order, duplication and partition
//! of deliveries do not matter.

mod derive;
mod draft;
mod graph;
mod standing;

pub use derive::{AgreementState, Parties};

use crate::id::{Day, MemberId, StatementId};
use crate::statement::{Kind, Role, Statement, StatementSet, Value};
use derive::{Derived, derive};
use graph::{Graph, Marks, is_marked};
use standing::Register;
use std::collections::{BTreeMap, BTreeSet};

/// An agreement as one person's phone knows it: what holds, what they may do.
pub struct Agreement<'a> {
    set: &'a StatementSet,
    parties: Parties,
    graph: Graph<'a>,
    /// The two members' registers, in the order of [`Parties::both`].
    registers: [Register<'a>; 2],
    /// Revisions whose words are here, whether or not this version of the app can show them.
    worded: Marks,
    /// Revisions whose words are here and cannot be shown.
    unreadable: Marks,
    /// Revisions made with a version of the practice that this version of the app does not know.
    newer: Marks,
    derived: Derived,
}

/// One person's consent to one revision.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ConsentView {
    /// Who.
    pub member: MemberId,
    /// The day they claim.
    pub day: Day,
}

/// One proposed wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionView {
    /// Its hash: the statement id of its proposal.
    pub hash: StatementId,
    /// Who proposed it.
    pub author: MemberId,
    /// The day they claim.
    pub day: Day,
    /// The revisions it amends.
    pub parents: Vec<StatementId>,
    /// The practice and its version.
    pub practice: Option<(String, u32)>,
    /// Its fields by number; `None` when the words are not here (withheld, taken back, not arrived) or not readable.
    pub fields: Option<BTreeMap<u32, Value>>,
    /// Whether its author took the words back before the other agreed.
    pub redacted: bool,
    /// Whether content or an ancestor is missing here, or it cannot be shown or was made with a newer version, and is not agreed:
    /// nobody can agree to it on this phone yet.
    pub pending: bool,
    /// Whether it was made with a newer version of the app than this one.
    pub newer: bool,
    /// Who stands on it.
    pub consents: Vec<ConsentView>,
}

/// A withdrawal or ending that still counts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WithdrawnView {
    /// Who.
    pub member: MemberId,
    /// The day they claim.
    pub day: Day,
    /// The revision, or the whole agreement.
    pub revision: Option<StatementId>,
    /// Whether they asked to end the agreement.
    pub retired: bool,
}

/// What somebody said about a revision or the agreement.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RemarkView {
    /// Its statement.
    pub id: StatementId,
    /// Who.
    pub member: MemberId,
    /// The day they claim.
    pub day: Day,
    /// Which revision, if one.
    pub revision: Option<StatementId>,
    /// The words; `None` when there are none or they were taken back.
    pub text: Option<String>,
    /// Whether it declines the revision.
    pub declined: bool,
}

/// Everything a person is shown of an agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementView {
    /// What it is.
    pub state: AgreementState,
    /// Whether the partner's phone has shown that it knows of one's consent to the text in force. Until then it is "agreed
    /// here".
    pub settled: bool,
    /// The text in force.
    pub in_force: Option<StatementId>,
    /// Wordings that wait for an answer.
    pub heads: Vec<StatementId>,
    /// Wordings both agreed to that do not line up.
    pub crossed: Vec<StatementId>,
    /// Who agreed to an earlier wording than the one now proposed.
    pub needs_reconsent: Vec<MemberId>,
    /// Every wording, in view order.
    pub revisions: Vec<RevisionView>,
    /// Who withdrew what.
    pub withdrawn: Vec<WithdrawnView>,
    /// Declines and comments, in view order.
    pub remarks: Vec<RemarkView>,
}

impl<'a> Agreement<'a> {
    /// The agreement of a set of statements. `knows` says whether this version knows a practice at a version: words it does not
    /// know cannot be agreed to.
    pub fn new(set: &'a StatementSet, parties: Parties, knows: impl Fn(&str, u32) -> bool) -> Self {
        let graph = Graph::new(set);
        let registers = parties.both().map(|member| Register::new(set, &graph, member));
        let (mut worded, mut unreadable, mut newer) = (Marks::new(), Marks::new(), Marks::new());
        for revision in &graph.revisions {
            let here = revision.body.is_some() && !set.is_redacted(revision);
            let content = revision.content().ok().flatten().filter(|_| here);
            let named = content.and_then(|content| content.practice.zip(content.version));
            worded.push(here);
            unreadable.push(here && named.is_none());
            newer.push(named.is_some_and(|(practice, version)| !knows(&practice, version)));
        }
        let derived = derive(&graph, &registers, &worded);
        Self { set, parties, graph, registers, worded, unreadable, newer, derived }
    }

    fn mine(&self) -> &Register<'a> {
        let [one, other] = &self.registers;
        if one.member == self.parties.me { one } else { other }
    }

    fn theirs(&self) -> &Register<'a> {
        let [one, other] = &self.registers;
        if one.member == self.parties.me { other } else { one }
    }

    /// What it is.
    pub fn state(&self) -> AgreementState {
        self.derived.state
    }

    /// The revision in force.
    pub fn in_force(&self) -> Option<&'a Statement> {
        self.derived.in_force.and_then(|at| self.graph.revisions.get(at).copied())
    }

    /// Wordings that wait for an answer of `member`.
    pub fn awaits(&self, member: MemberId) -> Vec<StatementId> {
        let Some(register) = self.registers.iter().find(|register| register.member == member) else {
            return Vec::new();
        };
        let open = self.derived.heads.iter().filter(|at| !register.stands(**at));
        open.filter_map(|at| self.id(*at)).collect()
    }

    /// The heads, greatest revisions that somebody stands on.
    pub fn heads(&self) -> Vec<StatementId> {
        self.derived.heads.iter().filter_map(|at| self.id(*at)).collect()
    }

    /// Who agreed to an earlier wording than the one proposed now.
    pub fn needs_reconsent(&self) -> &[MemberId] {
        &self.derived.reconsent
    }

    /// Whether a revision was made with a newer version of the app than this one.
    pub fn is_newer(&self, revision: &StatementId) -> bool {
        self.graph.number(revision).is_some_and(|at| is_marked(&self.newer, at))
    }

    /// All of one's own stances on the text in force, by id. The agreement is settled once the partner's phone has seen one.
    pub fn own_stances_in_force(&self) -> &[&'a Statement] {
        self.derived.in_force.map(|at| self.mine().standing(at)).unwrap_or_default()
    }

    fn id(&self, at: usize) -> Option<StatementId> {
        self.graph.revisions.get(at).map(|revision| revision.id)
    }

    /// Everything to show. `seen` says whether the partner's phone has seen a statement of one's own.
    pub fn view(&self, seen: impl Fn(&StatementId) -> bool) -> AgreementView {
        let ids = |numbers: &[usize]| numbers.iter().filter_map(|at| self.id(*at)).collect();
        let ordered = self.set.ordered();
        let registers = self.registers.iter();
        let open: BTreeSet<StatementId> = registers.flat_map(Register::open_general).map(|said| said.id).collect();
        AgreementView {
            state: self.derived.state,
            settled: self.own_stances_in_force().iter().any(|stance| seen(&stance.id)),
            in_force: self.in_force().map(|revision| revision.id),
            heads: ids(&self.derived.heads),
            crossed: ids(&self.derived.crossed),
            needs_reconsent: self.derived.reconsent.clone(),
            revisions: ordered.iter().filter_map(|statement| self.revision_view(statement)).collect(),
            withdrawn: ordered.iter().flat_map(|statement| self.withdrawn_view(statement, &open)).collect(),
            remarks: ordered.iter().filter_map(|statement| self.remark_view(statement)).collect(),
        }
    }

    fn revision_view(&self, statement: &Statement) -> Option<RevisionView> {
        let at = self.graph.number(&statement.id)?;
        let redacted = self.set.is_redacted(statement);
        let content = statement.content().ok().flatten().filter(|_| !redacted);
        let consents = self.registers.iter().filter_map(|register| {
            let stance = register.standing(at).first()?;
            Some(ConsentView { member: register.member, day: stance.header.day })
        });
        let whole = self.graph.is_rooted(at) && is_marked(&self.worded, at);
        let newer = is_marked(&self.newer, at);
        let shown = !newer && !is_marked(&self.unreadable, at);
        Some(RevisionView {
            hash: statement.id,
            author: statement.member,
            day: statement.header.day,
            parents: statement.header.named(Role::PARENT).collect(),
            practice: content.as_ref().and_then(|content| content.practice.clone().zip(content.version)),
            fields: content.and_then(|content| content.fields),
            redacted,
            pending: !whole || (!shown && !self.derived.is_agreed(at)),
            newer,
            consents: consents.collect(),
        })
    }

    /// A withdrawal counts while it keeps its member from standing: on what it names, or, of the whole, until they answer it.
    fn withdrawn_view(&self, statement: &Statement, open: &BTreeSet<StatementId>) -> Vec<WithdrawnView> {
        let Some(register) = self.registers.iter().find(|register| register.member == statement.member) else {
            return Vec::new();
        };
        let view = |revision, retired| WithdrawnView {
            member: statement.member,
            day: statement.header.day,
            revision,
            retired,
        };
        let kind = statement.header.kind;
        if open.contains(&statement.id) {
            return vec![view(None, kind == Kind::RETIRE)];
        }
        if kind != Kind::WITHDRAW {
            return Vec::new();
        }
        let named: BTreeSet<StatementId> = statement.header.named(Role::SUBJECT).collect();
        let counts = |id: &StatementId| self.graph.number(id).is_some_and(|at| !register.stands(at));
        named.into_iter().filter(counts).map(|id| view(Some(id), false)).collect()
    }

    fn remark_view(&self, statement: &Statement) -> Option<RemarkView> {
        let declined = match statement.header.kind {
            Kind::DECLINE => true,
            Kind::COMMENT => false,
            _ => return None,
        };
        let content = statement.content().ok().flatten().filter(|_| !self.set.is_redacted(statement));
        Some(RemarkView {
            id: statement.id,
            member: statement.member,
            day: statement.header.day,
            revision: statement.header.named(Role::SUBJECT).next(),
            text: content.and_then(|content| content.text),
            declined,
        })
    }
}
