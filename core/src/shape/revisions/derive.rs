//! In force, crossed, heads, state: pure functions of the graph and the two registers.

use super::graph::{Graph, Marks, is_marked};
use super::standing::Register;
use crate::id::MemberId;
use crate::statement::{Kind, Role};

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
    pub const fn code(self) -> &'static str {
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
    /// Both, in the same order on both phones.
    pub(super) fn both(self) -> [MemberId; 2] {
        if self.me <= self.partner { [self.me, self.partner] } else { [self.partner, self.me] }
    }

    /// The other of the two.
    pub fn other(self, member: MemberId) -> MemberId {
        if member == self.me { self.partner } else { self.me }
    }
}

/// What holds, by revision number.
pub(super) struct Derived {
    /// Revisions both stand on, worded and rooted.
    agreed: Marks,
    pub(super) in_force: Option<usize>,
    pub(super) crossed: Vec<usize>,
    /// Greatest revisions that somebody stands on, not at or below the one in force.
    pub(super) heads: Vec<usize>,
    pub(super) state: AgreementState,
    /// Who stands on an earlier wording than the head's.
    pub(super) reconsent: Vec<MemberId>,
}

/// Derives what holds. `worded` marks revisions whose words are here. Whether this version of the app can show them does not
/// matter: two phones of different age must not see different texts in force.
pub(super) fn derive(graph: &Graph<'_>, registers: &[Register<'_>; 2], worded: &[bool]) -> Derived {
    let [one, other] = registers;
    // What waits for its words or its ancestors neither holds nor competes.
    let whole: Vec<usize> = graph.order().filter(|at| is_marked(worded, *at)).collect();
    let stands_both = |at: &usize| one.stands(*at) && other.stands(*at);
    let stands_any = |at: &usize| one.stands(*at) || other.stands(*at);

    let agreed_list: Vec<usize> = whole.iter().copied().filter(stands_both).collect();
    let mut agreed = vec![false; graph.revisions.len()];
    for at in &agreed_list {
        if let Some(mark) = agreed.get_mut(*at) {
            *mark = true;
        }
    }
    // Those in line with all others form a chain, and the list has ancestors first: the first found from its end is the greatest.
    let in_force = agreed_list.iter().rev().copied().find(|at| {
        let (above, below) = (graph.above(&[*at]), graph.below(*at));
        agreed_list.iter().all(|other| other == at || is_marked(&above, *other) || is_marked(&below, *other))
    });
    let held = in_force.map(|at| graph.above(&[at])).unwrap_or_default();
    let settled_by = |at: &usize| in_force == Some(*at) || is_marked(&held, *at);
    let crossed: Vec<usize> = agreed_list.into_iter().filter(|at| !settled_by(at)).collect();

    let somebody: Vec<usize> = whole.iter().copied().filter(|at| stands_any(at) && !settled_by(at)).collect();
    let replaced = graph.above(&somebody);
    let heads: Vec<usize> = somebody.iter().copied().filter(|at| !is_marked(&replaced, *at)).collect();

    let reconsent: Vec<MemberId> = match (in_force, heads.as_slice()) {
        (None, [head]) => {
            let above = graph.above(&[*head]);
            let behind = |register: &&Register<'_>| {
                !register.stands(*head) && somebody.iter().any(|at| is_marked(&above, *at) && register.stands(*at))
            };
            registers.iter().filter(behind).map(|register| register.member).collect()
        }
        _ => Vec::new(),
    };
    let nobody = |at: usize| !stands_any(&at);
    let state = if !crossed.is_empty() {
        AgreementState::CrossedConsent
    } else if in_force.is_some() {
        match heads.len() {
            0 => AgreementState::InForce,
            1 => AgreementState::AmendmentPending,
            _ => AgreementState::Competing,
        }
    } else if registers.iter().flat_map(Register::open_general).any(|said| said.header.kind == Kind::RETIRE) {
        AgreementState::Retired
    } else if heads.len() > 1 {
        AgreementState::Competing
    } else if !reconsent.is_empty() {
        AgreementState::NeedsReconsent
    } else if heads.iter().any(|head| !registers.iter().any(|register| is_withdrawn(graph, register, *head))) {
        AgreementState::Proposed
    } else if !heads.is_empty() || graph.numbers().any(nobody) {
        AgreementState::Withdrawn
    } else {
        AgreementState::Draft
    };
    Derived { agreed, in_force, crossed, heads, state, reconsent }
}

impl Derived {
    pub(super) fn is_agreed(&self, at: usize) -> bool {
        is_marked(&self.agreed, at)
    }
}

/// Whether a member withdrew from a head: by naming it, or from the whole agreement without having come back since and without the
/// head's author having known. Who proposes knowing of it proposes anew.
fn is_withdrawn(graph: &Graph<'_>, register: &Register<'_>, head: usize) -> bool {
    let Some(revision) = graph.revisions.get(head).filter(|_| !register.stands(head)) else { return false };
    let known = register.reached(revision.header.named(Role::SAW).collect());
    register.names(revision.id) || register.open_general().any(|said| !known.contains(&said.id))
}
