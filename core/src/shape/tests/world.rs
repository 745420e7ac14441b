//! Phones with an agreement: two members, several phones each, every phone knowing what reached it and acting only through the
//! drafting functions.

use super::*;
use crate::shape::RuleError;
use crate::shape::revisions::{Agreement, AgreementView};
use crate::statement::{Kind, Subject};

pub(super) struct World {
    pub(super) phones: Vec<Phone>,
    pub(super) target: EntryId,
}

#[derive(Clone)]
pub(super) struct Phone {
    pub(super) me: MemberId,
    pub(super) set: StatementSet,
    pub(super) target: EntryId,
}

pub(super) fn agreement(set: &StatementSet, me: MemberId) -> Agreement<'_> {
    Agreement::new(set, parties(me), |practice, version| practice == "agreement" && version == 1)
}

impl World {
    /// `phones` phones of each member, all knowing Ada's first proposal, which is the id returned.
    pub(super) fn proposed(phones: usize) -> (Self, StatementId) {
        rewind();
        let first = author(ada(), Header::new(Kind::PROPOSE, Subject::Fresh([7; 16]), day(1)), &words("first"));
        let mut set = StatementSet::default();
        set.insert(first.clone());
        let phone = |me| Phone { me, set: set.clone(), target: first.target };
        let of = |me| (0..phones).map(move |_| me);
        let phones = of(ada()).chain(of(ben())).map(phone).collect();
        (Self { phones, target: first.target }, first.id)
    }

    /// One phone each, with a first text in force.
    pub(super) fn agreed() -> (Self, StatementId) {
        let (mut world, first) = Self::proposed(1);
        world.phones[1].consent(first);
        world.heal();
        assert_eq!(world.view(0).in_force, Some(first));
        (world, first)
    }

    /// Everybody hears everything, until nobody learns anything more.
    pub(super) fn heal(&mut self) {
        for _ in 0..2 {
            for from in 0..self.phones.len() {
                for to in 0..self.phones.len() {
                    self.deliver(from, to, |_| true);
                }
            }
        }
    }

    /// What one phone has reaches another, as far as `passes` lets it.
    pub(super) fn deliver(&mut self, from: usize, to: usize, mut passes: impl FnMut(usize) -> bool) {
        let sent: Vec<Statement> = self.phones[from].set.iter().cloned().collect();
        let to = &mut self.phones[to];
        for (at, said) in sent.into_iter().enumerate() {
            if passes(at) {
                to.set.insert(said);
            }
        }
        forget(&mut to.set);
    }

    pub(super) fn view(&self, phone: usize) -> AgreementView {
        self.phones[phone].view()
    }

    /// After everything is heard, the two phones say the same; gives what they say.
    pub(super) fn healed(&mut self) -> AgreementView {
        self.heal();
        let views: Vec<AgreementView> = (0..self.phones.len()).map(|phone| self.view(phone)).collect();
        for view in &views {
            assert_eq!(view, &views[0], "I2: equal sets, equal views");
        }
        views.into_iter().next().expect("a phone")
    }
}

impl Phone {
    pub(super) fn agreement(&self) -> Agreement<'_> {
        agreement(&self.set, self.me)
    }

    pub(super) fn view(&self) -> AgreementView {
        self.agreement().view(|_| false)
    }

    /// Authors headers as the engine does: the last one carries the content.
    pub(super) fn say(&mut self, headers: Vec<Header>, content: &Content) -> StatementId {
        let count = headers.len();
        let mut last = None;
        for (at, header) in headers.into_iter().enumerate() {
            let said = author(self.me, header, if at + 1 == count { content } else { &EMPTY });
            last = Some(said.id);
            self.set.insert(said);
        }
        forget(&mut self.set);
        last.expect("something was said")
    }

    pub(super) fn try_propose(
        &mut self,
        text: &str,
        parents: Option<&[StatementId]>,
    ) -> Result<StatementId, RuleError> {
        let headers = self.agreement().propose(self.target, day(1), parents)?;
        Ok(self.say(headers, &words(text)))
    }

    pub(super) fn try_consent(&mut self, revision: Option<&StatementId>) -> Result<StatementId, RuleError> {
        let headers = self.agreement().consent(self.target, day(1), revision)?;
        Ok(self.say(headers, &EMPTY))
    }

    pub(super) fn try_decline(&mut self, revision: Option<&StatementId>) -> Result<StatementId, RuleError> {
        let header = self.agreement().decline(self.target, day(1), revision)?;
        Ok(self.say(vec![header], &Content::text("not for me")))
    }

    pub(super) fn try_comment(&mut self, text: &str, revision: Option<&StatementId>) -> Result<StatementId, RuleError> {
        let header = self.agreement().comment(self.target, day(1), revision)?;
        Ok(self.say(vec![header], &Content::text(text)))
    }

    pub(super) fn try_withdraw(&mut self, revision: Option<&StatementId>) -> Result<StatementId, RuleError> {
        let headers = self.agreement().withdraw(self.target, day(1), revision)?;
        Ok(self.say(headers, &EMPTY))
    }

    pub(super) fn try_redact(&mut self) -> Result<StatementId, RuleError> {
        let headers = self.agreement().redact(self.target, day(1))?;
        Ok(self.say(headers, &EMPTY))
    }

    pub(super) fn retire(&mut self) -> StatementId {
        let header = self.agreement().retire(self.target, day(1));
        self.say(vec![header], &EMPTY)
    }

    pub(super) fn propose(&mut self, text: &str) -> StatementId {
        self.try_propose(text, None).expect("one parent by default")
    }

    pub(super) fn propose_on(&mut self, text: &str, parents: &[StatementId]) -> StatementId {
        self.try_propose(text, Some(parents)).expect("the parents are known")
    }

    pub(super) fn consent(&mut self, revision: StatementId) -> StatementId {
        self.try_consent(Some(&revision)).expect("it can be agreed to")
    }

    pub(super) fn withdraw(&mut self, revision: StatementId) -> StatementId {
        self.try_withdraw(Some(&revision)).expect("withdrawing is always possible")
    }
}

pub(super) static EMPTY: Content = Content {
    practice: None,
    version: None,
    fields: None,
    text: None,
    commitment: None,
    roster: None,
    missing: None,
    space: None,
    transcript: None,
    act: None,
};
