//! Where a thing stands, derived: an ordered list of states, each with conditions on what was said. The first whose conditions
//! all hold is the state; the last has none. Nothing is stored, and no condition asks for a clock or for silence to mean
//! something: `none:x` says that nobody did x, and only a state's words say what that is.

use super::super::own_entry::{OwnEntryState, OwnEntryView};
use super::super::two_sides::Side;
use super::super::{By, Voices};
use super::{ActsView, On, Said};
use crate::id::{MemberId, OwnerId, StatementId};
use crate::statement::StatementSet;
use std::collections::BTreeSet;
use std::fmt;

/// Of whom a condition asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// The entry's author.
    Author,
    /// The other member.
    Other,
    /// At least one of them.
    Any,
    /// Both of them.
    Both,
    /// Neither.
    None,
}

const WHO: [(Who, &str); 5] =
    [(Who::Author, "author"), (Who::Other, "other"), (Who::Any, "any"), (Who::Both, "both"), (Who::None, "none")];

/// What must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// `author:kept`: the act stands. One about a wording counts only for every wording that stands.
    Act(Who, &'static str),
    /// `other:accepted@earlier`: the act stands, for a wording that does not.
    Earlier(Who, &'static str),
    /// `side:author`: a side stands.
    Side(Who),
    /// `acknowledged`: the other acknowledged what stands.
    Acknowledged,
    /// `acknowledged_earlier`: the other acknowledged an earlier wording.
    AcknowledgedEarlier,
    /// `private`: it is in its author's own box.
    Private,
    /// `redacted`: its author took its words back.
    Redacted,
    /// `lifted`: its author said that it is over.
    Lifted,
    /// `step:asked`: the request is there.
    Step(&'static str),
    /// `mutually_acceptable`: an alternative that works, or could work, for both.
    MutuallyAcceptable,
    /// `picked`: both picked the same alternative.
    Picked,
}

const SINGLE: [(Condition, &str); 7] = [
    (Condition::Acknowledged, "acknowledged"),
    (Condition::AcknowledgedEarlier, "acknowledged_earlier"),
    (Condition::Private, "private"),
    (Condition::Redacted, "redacted"),
    (Condition::Lifted, "lifted"),
    (Condition::MutuallyAcceptable, "mutually_acceptable"),
    (Condition::Picked, "picked"),
];

impl Condition {
    /// Reads a condition as a catalogue writes it; `None` when it is none.
    pub fn parse(text: &'static str) -> Option<Self> {
        if let Some((single, _)) = SINGLE.iter().find(|(_, name)| *name == text) {
            return Some(*single);
        }
        let (first, second) = text.split_once(':')?;
        let who = |text: &str| WHO.iter().find(|(_, name)| *name == text).map(|(who, _)| *who);
        match first {
            "side" => who(second).map(Self::Side),
            "step" => is_code(second).then_some(Self::Step(second)),
            _ => match second.strip_suffix("@earlier") {
                Some(act) => is_code(act).then_some(Self::Earlier(who(first)?, act)),
                None => is_code(second).then_some(Self::Act(who(first)?, second)),
            },
        }
    }
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |who: &Who| WHO.iter().find(|(other, _)| other == who).map_or("", |(_, name)| name);
        match self {
            Self::Act(who, act) => write!(f, "{}:{act}", name(who)),
            Self::Earlier(who, act) => write!(f, "{}:{act}@earlier", name(who)),
            Self::Side(who) => write!(f, "side:{}", name(who)),
            Self::Step(state) => write!(f, "step:{state}"),
            single => f.write_str(SINGLE.iter().find(|(other, _)| other == single).map_or("", |(_, name)| name)),
        }
    }
}

/// One state of a practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// What views call it.
    pub id: &'static str,
    /// What must hold, all of it.
    pub when: &'static [Condition],
}

/// What is known of a thing. Parts that a practice does not have stay empty.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// Its acts.
    pub acts: ActsView,
    /// Its sides.
    pub sides: Vec<Side>,
    /// It as its author's entry.
    pub own: Option<&'a OwnEntryView>,
    /// Where a request is.
    pub step: Option<&'static str>,
    /// Its alternatives.
    pub alternatives: super::alternatives::AlternativesView,
    /// Whether it is in its author's own box.
    pub private: bool,
}

/// Whether what is spoken of is in its author's own box and not in a space.
pub fn is_private(set: &StatementSet) -> bool {
    set.iter().any(|said| said.owner == OwnerId::from(said.member))
}

/// The first state whose conditions all hold; `None` when the list has no last state without conditions.
pub fn derive(states: &'static [State], voices: &Voices, facts: &Facts<'_>) -> Option<&'static str> {
    let holds = |state: &&State| state.when.iter().all(|condition| facts.holds(*condition, voices));
    states.iter().find(holds).map(|state| state.id)
}

impl Facts<'_> {
    /// Whether one condition holds.
    pub fn holds(&self, condition: Condition, voices: &Voices) -> bool {
        let said = |fits: &dyn Fn(&Said) -> bool| -> BTreeSet<MemberId> {
            self.acts.standing().filter(|said| fits(said)).map(|said| said.member).collect()
        };
        let own = |state| self.own.is_some_and(|own| own.state == state);
        match condition {
            Condition::Act(who, code) => {
                who.is_met(&said(&|said| said.stands_as(code) && self.is_of_now(said)), voices)
            }
            Condition::Earlier(who, code) => {
                who.is_met(&said(&|said| said.stands_as(code) && !self.is_of_now(said)), voices)
            }
            Condition::Side(who) => {
                let sides = self.sides.iter().filter(|side| side.stands()).map(|side| side.member);
                who.is_met(&sides.collect(), voices)
            }
            Condition::Acknowledged => own(OwnEntryState::Acknowledged),
            Condition::AcknowledgedEarlier => own(OwnEntryState::ChangedSinceAcknowledged),
            Condition::Private => self.private,
            Condition::Redacted => own(OwnEntryState::Redacted),
            Condition::Lifted => self.own.is_some_and(|own| own.lifted),
            Condition::Step(state) => self.step == Some(state),
            Condition::MutuallyAcceptable => self.alternatives.all.iter().any(|one| one.mutually_acceptable),
            Condition::Picked => self.alternatives.picked.is_some(),
        }
    }

    /// Whether an act about a wording is about every wording that stands. Acts about anything else are always of now.
    fn is_of_now(&self, said: &Said) -> bool {
        let (Some(own), Some(On::Wording)) = (self.own, said.act.map(|act| act.on)) else { return true };
        let mut standing = own.standing().map(|wording| wording.hash).peekable();
        standing.peek().is_some() && standing.all(|hash: StatementId| said.subjects.contains(&hash))
    }
}

impl Who {
    fn is_met(self, members: &BTreeSet<MemberId>, voices: &Voices) -> bool {
        let by = |by| members.iter().any(|member| voices.author().is_some() && voices.may(by, *member).is_ok());
        let all = || voices.members().iter().all(|member| members.contains(member));
        match self {
            Self::Author => by(By::Author),
            Self::Other => by(By::Other),
            Self::Any => !members.is_empty(),
            Self::Both => voices.members().len() == 2 && all(),
            Self::None => members.is_empty(),
        }
    }
}
