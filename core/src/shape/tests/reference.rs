//! The agreement's rules, written down as literally and as slowly as they read. The shape is compared against this.

use super::*;
use crate::shape::revisions::AgreementState;
use crate::statement::{Kind, Role};
use std::collections::BTreeSet;

type Ids = BTreeSet<StatementId>;

fn said_by(set: &StatementSet, member: MemberId, kind: Kind) -> impl Iterator<Item = &Statement> {
    set.of_kind(kind).filter(move |said| said.member == member)
}

/// What a statement names in `over`, directly or through its own chain.
fn names(set: &StatementSet, said: &Statement) -> Ids {
    let mut all = Ids::new();
    for id in &said.header.over {
        if let Some(named) = set.get(id).filter(|named| named.member == said.member) {
            all.insert(*id);
            all.extend(names(set, named));
        }
    }
    all
}

fn subjects(said: &Statement) -> Ids {
    said.header.named(Role::SUBJECT).collect()
}

fn covers(withdrawal: &Statement, revision: &StatementId) -> bool {
    match withdrawal.header.kind {
        Kind::RETIRE => true,
        Kind::WITHDRAW => subjects(withdrawal).is_empty() || subjects(withdrawal).contains(revision),
        _ => false,
    }
}

/// "A member stands on r iff one of their consents (or the proposal itself) names in `over`, directly or through its own `over`
/// chain, every withdrawal by that member that covers r." Redacting a proposal withdraws it.
pub(super) fn stands(set: &StatementSet, member: MemberId, revision: &StatementId) -> bool {
    let Some(proposal) = set.get(revision) else { return false };
    if set.is_redacted(proposal) {
        return false;
    }
    let consents = said_by(set, member, Kind::CONSENT).filter(|consent| subjects(consent) == Ids::from([*revision]));
    let own = Some(proposal).filter(|proposal| proposal.member == member);
    consents.chain(own).any(|stance| {
        let names = names(set, stance);
        set.iter().all(|said| said.member != member || !covers(said, revision) || names.contains(&said.id))
    })
}

pub(super) fn revisions(set: &StatementSet) -> Ids {
    set.of_kind(Kind::PROPOSE).map(|said| said.id).collect()
}

/// Proper ancestors, and whether all of them are known.
pub(super) fn ancestors(set: &StatementSet, revision: &StatementId) -> (Ids, bool) {
    let (mut all, mut known) = (Ids::new(), true);
    for parent in set.get(revision).into_iter().flat_map(|said| said.header.named(Role::PARENT)) {
        match set.get(&parent).filter(|parent| parent.header.kind == Kind::PROPOSE) {
            Some(_) => {
                all.insert(parent);
                let (above, rooted) = ancestors(set, &parent);
                all.extend(above);
                known &= rooted;
            }
            None => known = false,
        }
    }
    (all, known)
}

fn is_above(set: &StatementSet, above: &StatementId, below: &StatementId) -> bool {
    ancestors(set, below).0.contains(above)
}

fn comparable(set: &StatementSet, one: &StatementId, other: &StatementId) -> bool {
    one == other || is_above(set, one, other) || is_above(set, other, one)
}

/// Whether words and ancestors are all here.
fn is_whole(set: &StatementSet, revision: &StatementId) -> bool {
    let worded = set.get(revision).is_some_and(|said| said.body.is_some() && !set.is_redacted(said));
    worded && ancestors(set, revision).1
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) in_force: Option<StatementId>,
    pub(super) crossed: Ids,
    pub(super) heads: Ids,
    pub(super) needs_reconsent: BTreeSet<MemberId>,
    pub(super) state: AgreementState,
}

pub(super) fn outcome(set: &StatementSet) -> Outcome {
    let members = [ada(), ben()];
    let whole: Ids = revisions(set).into_iter().filter(|r| is_whole(set, r)).collect();
    let stand = |member, r: &StatementId| stands(set, member, r);
    let s: Ids = whole.iter().copied().filter(|r| members.iter().all(|m| stand(*m, r))).collect();

    let in_line: Ids = s.iter().copied().filter(|x| s.iter().all(|y| comparable(set, x, y))).collect();
    let greatest = |x: &&StatementId| in_line.iter().all(|y| y == *x || is_above(set, y, x));
    let in_force = in_line.iter().find(greatest).copied();
    let below = |y: &StatementId| in_force.is_some_and(|x| x == *y || is_above(set, y, &x));
    let crossed: Ids = s.iter().copied().filter(|y| !below(y) && s.iter().any(|z| !comparable(set, y, z))).collect();

    let stood: Ids = whole.iter().copied().filter(|r| members.iter().any(|m| stand(*m, r)) && !below(r)).collect();
    let heads: Ids = stood.iter().copied().filter(|r| !stood.iter().any(|other| is_above(set, r, other))).collect();

    let mut needs_reconsent = BTreeSet::new();
    if let (None, Some(head), 1) = (in_force, heads.first(), heads.len()) {
        for (one, other) in [(ada(), ben()), (ben(), ada())] {
            let behind = stood.iter().any(|r| is_above(set, r, head) && stand(one, r));
            if stand(other, head) && !stand(one, head) && behind {
                needs_reconsent.insert(one);
            }
        }
    }
    let answered = |withdrawal: &Statement| {
        set.iter().any(|stance| {
            matches!(stance.header.kind, Kind::PROPOSE | Kind::CONSENT)
                && stance.member == withdrawal.member
                && names(set, stance).contains(&withdrawal.id)
        })
    };
    let retired = set.of_kind(Kind::RETIRE).any(|retire| !answered(retire));
    // A withdrawal of the head: it names it, or it is of the whole, not answered since, and the head's author did not know of it.
    let withdrawn = |head: &StatementId| {
        let proposal = set.get(head).expect("a head is known");
        members.iter().filter(|member| !stand(**member, head)).any(|member| {
            let knew = |withdrawal: &Statement| {
                proposal.header.named(Role::SAW).any(|saw| {
                    saw == withdrawal.id
                        || set
                            .get(&saw)
                            .is_some_and(|saw| saw.member == *member && names(set, saw).contains(&withdrawal.id))
                })
            };
            set.iter().filter(|said| said.member == *member && covers(said, head)).any(|withdrawal| {
                (withdrawal.header.kind == Kind::WITHDRAW && subjects(withdrawal).contains(head))
                    || (!answered(withdrawal) && !knew(withdrawal))
            })
        })
    };
    let nobody = |r: &StatementId| members.iter().all(|member| !stand(*member, r));
    let state = if !crossed.is_empty() {
        AgreementState::CrossedConsent
    } else if in_force.is_some() {
        match heads.len() {
            0 => AgreementState::InForce,
            1 => AgreementState::AmendmentPending,
            _ => AgreementState::Competing,
        }
    } else if retired {
        AgreementState::Retired
    } else if heads.len() > 1 {
        AgreementState::Competing
    } else if !needs_reconsent.is_empty() {
        AgreementState::NeedsReconsent
    } else if heads.iter().any(|head| !withdrawn(head)) {
        AgreementState::Proposed
    } else if !heads.is_empty() || revisions(set).iter().any(nobody) {
        AgreementState::Withdrawn
    } else {
        AgreementState::Draft
    };
    Outcome { in_force, crossed, heads, needs_reconsent, state }
}
