//! In force, crossed, heads, state: pure functions of the graph.

use super::graph::Graph;
use crate::id::{MemberId, StatementId};
use crate::statement::{Kind, StatementSet};
use std::collections::BTreeSet;

/// What an agreement is, the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreementState {
    /// Each accepted a wording that does not build on the one the other accepted; nobody picks but the two.
    CrossedConsent,
    /// Two or more wordings stand side by side.
    Competing,
    /// A text is in force and one change to it waits.
    AmendmentPending,
    /// Both agreed to exactly this text.
    InForce,
    /// Somebody ended it.
    Retired,
    /// Somebody agreed to an earlier wording than the other now proposes.
    NeedsReconsent,
    /// Somebody proposed it; the other has not answered.
    Proposed,
    /// Somebody withdrew.
    Withdrawn,
    /// Nothing was proposed yet.
    Draft,
}

impl AgreementState {
    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::CrossedConsent => "crossed_consent",
            Self::Competing => "competing",
            Self::AmendmentPending => "amendment_pending",
            Self::InForce => "in_force",
            Self::Retired => "retired",
            Self::NeedsReconsent => "needs_reconsent",
            Self::Proposed => "proposed",
            Self::Withdrawn => "withdrawn",
            Self::Draft => "draft",
        }
    }
}

/// The parties of the agreement: the space's two members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties {
    /// Whose phone this is.
    pub me: MemberId,
    /// The other.
    pub partner: MemberId,
}

impl Parties {
    pub(super) fn both(self) -> [MemberId; 2] {
        [self.me, self.partner]
    }

    /// The other of the two.
    pub fn other(self, member: MemberId) -> MemberId {
        if member == self.me { self.partner } else { self.me }
    }
}

/// What holds, by revision number.
pub(super) struct Derived {
    /// Revisions both stand on, whole and rooted.
    pub(super) agreed: Vec<usize>,
    pub(super) in_force: Option<usize>,
    pub(super) crossed: Vec<usize>,
    /// Greatest revisions that somebody stands on, not at or below the one in force.
    pub(super) heads: Vec<usize>,
    pub(super) state: AgreementState,
    /// Who stands on an earlier wording than the head's.
    pub(super) reconsent: Vec<MemberId>,
}

/// Derives what holds. `readable` says whether this version can read a revision's content.
pub(super) fn derive(graph: &Graph<'_>, set: &StatementSet, parties: Parties, readable: &[bool]) -> Derived {
    let numbers = 0..graph.revisions.len();
    let whole = |at: &usize| graph.is_rooted(*at) && readable.get(*at).copied().unwrap_or(false);
    let standing: Vec<[bool; 2]> = numbers.clone().map(|at| parties.both().map(|m| graph.stands(m, at))).collect();
    let stood = |at: usize| standing.get(at).copied().unwrap_or_default();

    let agreed: Vec<usize> = numbers.clone().filter(whole).filter(|at| stood(*at) == [true, true]).collect();
    let chain = agreed.iter().copied().filter(|x| agreed.iter().all(|y| graph.comparable(*x, *y)));
    // Such x form a chain, so the one with the most ancestors among them is the greatest.
    let in_force = chain.max_by_key(|x| agreed.iter().filter(|y| graph.is_above(**y, *x)).count());
    let settled_by = |at: usize| in_force.is_some_and(|x| x == at || graph.is_above(at, x));
    let crossed: Vec<usize> = agreed.iter().copied().filter(|at| !settled_by(*at)).collect();

    let somebody: Vec<usize> = numbers.filter(|at| stood(*at) != [false, false] && !settled_by(*at)).collect();
    let heads: Vec<usize> =
        somebody.iter().copied().filter(|at| !somebody.iter().any(|other| graph.is_above(*at, *other))).collect();

    let reconsent: Vec<MemberId> = match (in_force, heads.as_slice()) {
        (None, [head]) => {
            let behind = |member: &MemberId| {
                !graph.stands(*member, *head)
                    && graph.stands(parties.other(*member), *head)
                    && somebody.iter().any(|at| graph.is_above(*at, *head) && graph.stands(*member, *at))
            };
            parties.both().into_iter().filter(behind).collect()
        }
        _ => Vec::new(),
    };
    let state = if !crossed.is_empty() {
        AgreementState::CrossedConsent
    } else if in_force.is_some() {
        match heads.len() {
            0 => AgreementState::InForce,
            1 => AgreementState::AmendmentPending,
            _ => AgreementState::Competing,
        }
    } else if !open_retirements(graph, set).is_empty() {
        AgreementState::Retired
    } else if heads.len() > 1 {
        AgreementState::Competing
    } else if !reconsent.is_empty() {
        AgreementState::NeedsReconsent
    } else if heads.iter().any(|head| parties.both().iter().all(|member| !graph.withdrew(*member, *head))) {
        AgreementState::Proposed
    } else if graph.revisions.is_empty() {
        AgreementState::Draft
    } else {
        AgreementState::Withdrawn
    };
    Derived { agreed, in_force, crossed, heads, state, reconsent }
}

/// Retirements that their signer has not answered by a later stance.
pub(super) fn open_retirements(graph: &Graph<'_>, set: &StatementSet) -> Vec<StatementId> {
    let answered: BTreeSet<StatementId> = set
        .iter()
        .filter(|statement| matches!(statement.header.kind, Kind::PROPOSE | Kind::CONSENT))
        .filter(|statement| !statement.header.over.is_empty())
        .flat_map(|stance| graph.over(stance))
        .collect();
    set.of_kind(Kind::RETIRE).map(|retire| retire.id).filter(|id| !answered.contains(id)).collect()
}
