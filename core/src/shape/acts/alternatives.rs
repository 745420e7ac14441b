//! Alternatives: what either offers, how each rates it, which one both pick. Other ways to keep a promise, times to talk.
//!
//! # Merge rule
//! Offers are a union. A rating is its member's register for one alternative; of two ratings that one member gave on two phones at
//! once the less willing counts. Who offers something can do it until they rate it otherwise. An alternative is *picked* when both
//! picked it and nothing else, and neither says that it cannot be: nobody is ever taken to have picked by rating.

use super::{ActsView, OFFER, PICK, Said};
use crate::id::{MemberId, StatementId};
use crate::shape::Voices;
use crate::statement::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How willing somebody is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// It cannot be.
    Cant,
    /// It could be.
    Could,
    /// It works.
    Works,
}

impl Rating {
    /// As statements write it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "cant" => Some(Self::Cant),
            "could" => Some(Self::Could),
            "works" => Some(Self::Works),
            _ => None,
        }
    }

    /// As statements write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cant => "cant",
            Self::Could => "could",
            Self::Works => "works",
        }
    }
}

/// Where a practice's acts keep what alternatives are made of. Offers are the acts of the group [`OFFER`], choices those of the
/// group [`PICK`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Alternatives {
    /// The act that rates one.
    pub rate: &'static str,
    /// The number of its field that holds the rating.
    pub rating: u32,
    /// The number of the offer's field by which alternatives are early or late: a date and time as text, or a number.
    pub slot: Option<u32>,
}

/// One alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The act that offered it.
    pub id: StatementId,
    /// Who offered it.
    pub member: MemberId,
    /// What was offered, by field.
    pub fields: BTreeMap<u32, Value>,
    /// What each says of it; who said nothing is not here.
    pub ratings: BTreeMap<MemberId, Rating>,
    /// Whether it works, or could work, for both.
    pub mutually_acceptable: bool,
    /// Who picked it.
    pub picked_by: BTreeSet<MemberId>,
}

/// Everything that was offered and stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlternativesView {
    /// In view order.
    pub all: Vec<Alternative>,
    /// The earliest that is acceptable to both: a suggestion, until both pick it.
    pub suggested: Option<StatementId>,
    /// The one that both picked.
    pub picked: Option<StatementId>,
}

/// What was offered, rated and picked.
pub fn view(acts: &ActsView, voices: &Voices, of: &Alternatives) -> AlternativesView {
    let in_group = |group| move |said: &&Said| said.act.is_some_and(|act| act.group == Some(group));
    let offers = acts.standing().filter(in_group(OFFER));
    let all: Vec<Alternative> = offers
        .map(|offer| {
            let ratings = ratings(acts, offer, of);
            let willing = |member: &MemberId| ratings.get(member).is_some_and(|rating| *rating > Rating::Cant);
            let mutually_acceptable = voices.members().len() == 2 && voices.members().iter().all(willing);
            let picks = acts.standing().filter(in_group(PICK)).filter(|pick| pick.subjects.contains(&offer.id));
            Alternative {
                id: offer.id,
                member: offer.member,
                fields: offer.fields.clone(),
                mutually_acceptable,
                picked_by: picks.map(|pick| pick.member).collect(),
                ratings,
            }
        })
        .collect();
    let slot = |one: &Alternative| of.slot.and_then(|slot| one.fields.get(&slot).cloned());
    let acceptable = all.iter().filter(|one| one.mutually_acceptable);
    let suggested = acceptable.filter_map(|one| Some((slot(one)?, one.id))).min().map(|(_, id)| id);
    // Whatever somebody picked, also if it no longer stands.
    let choices: BTreeSet<StatementId> =
        acts.standing().filter(in_group(PICK)).flat_map(|pick| pick.subjects.iter().copied()).collect();
    let agreed = |one: &&Alternative| {
        choices.len() == 1
            && voices.members().len() == 2
            && voices.members().iter().all(|member| one.picked_by.contains(member))
            && one.ratings.values().all(|rating| *rating > Rating::Cant)
    };
    let picked = all.iter().find(agreed).map(|one| one.id);
    AlternativesView { all, suggested, picked }
}

fn ratings(acts: &ActsView, offer: &Said, of: &Alternatives) -> BTreeMap<MemberId, Rating> {
    let mut ratings: BTreeMap<MemberId, Rating> = BTreeMap::new();
    for rate in acts.standing_as(of.rate).filter(|rate| rate.subjects.contains(&offer.id)) {
        let Some(Value::Text(text)) = rate.fields.get(&of.rating) else { continue };
        if let Some(rating) = Rating::parse(text) {
            let least = ratings.entry(rate.member).or_insert(rating);
            *least = rating.min(*least);
        }
    }
    ratings.entry(offer.member).or_insert(Rating::Works);
    ratings
}
