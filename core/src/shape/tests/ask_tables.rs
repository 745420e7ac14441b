//! Five requests of different kinds, and everything that one table can be asked: each state, each role, each act.

use crate::shape::By;
use crate::shape::acts::{Act, OFFER, On, PICK, Rank, Step, Table as Acts};
use crate::shape::ask::{Judgement, Role, Table, TableFlaw};

const fn step(code: &'static str, by: By, from: &'static [&'static str], to: &'static str, rank: Rank) -> Act {
    Act { code, by, group: None, on: On::Entry, step: Some(Step { from, to, rank }) }
}

const fn on_wording(act: Act) -> Act {
    Act { on: On::Wording, ..act }
}

const fn aside(code: &'static str, group: &'static str, on: On) -> Act {
    Act { code, by: By::Each, group: Some(group), on, step: None }
}

const WITHDRAW: Act = step("withdraw", By::Author, &["*"], "withdrawn", Rank::Withdraw);

static RENEGOTIATION: [Act; 8] = [
    aside("offer", OFFER, On::Entry),
    aside("rate", "rating", On::Alternative),
    aside("pick", PICK, On::Alternative),
    step("open", By::Other, &["asked"], "alternatives_open", Rank::Counter),
    step("settle", By::Each, &["asked", "alternatives_open"], "settled", Rank::Answer),
    step("decline", By::Other, &["asked", "alternatives_open"], "declined", Rank::Decline),
    step("ask_again", By::Author, &["declined", "withdrawn", "settled"], "asked", Rank::Ask),
    WITHDRAW,
];

static TALK_REQUEST: [Act; 7] = [
    step("counter", By::Each, &["asked", "countered", "postponed"], "countered", Rank::Counter),
    step("agree", By::Each, &["asked", "countered", "postponed"], "agreed", Rank::Answer),
    step("postpone", By::Each, &["agreed"], "postponed", Rank::Counter),
    step("held", By::Each, &["agreed"], "held", Rank::Answer),
    step("done", By::Each, &["agreed", "held"], "done", Rank::Answer),
    step("decline", By::Other, &["asked", "countered", "postponed", "agreed"], "declined", Rank::Decline),
    WITHDRAW,
];

static INFORMATION_REQUEST: [Act; 7] = [
    step("will_answer_by", By::Other, &["asked", "will_answer"], "will_answer", Rank::Counter),
    step("in_talk", By::Other, &["asked", "will_answer"], "in_talk", Rank::Counter),
    on_wording(step("answer", By::Other, &["asked", "will_answer", "in_talk"], "answered", Rank::Answer)),
    on_wording(step("correct", By::Other, &["answered", "corrected"], "corrected", Rank::Answer)),
    step("decline", By::Other, &["asked", "will_answer", "in_talk"], "declined", Rank::Decline),
    step("ask_again", By::Author, &["withdrawn", "declined"], "asked", Rank::Ask),
    WITHDRAW,
];

static APOLOGY: [Act; 5] = [
    step("received", By::Other, &["offered"], "received", Rank::Counter),
    step("more_time", By::Other, &["offered", "received", "something_missing"], "more_time", Rank::Counter),
    step("something_missing", By::Other, &["offered", "received", "more_time"], "something_missing", Rank::Counter),
    on_wording(step(
        "accept",
        By::Other,
        &["offered", "received", "more_time", "something_missing"],
        "accepted",
        Rank::Answer,
    )),
    WITHDRAW,
];

static PAUSE: [Act; 4] = [
    step("extend", By::Each, &["paused"], "paused", Rank::Counter),
    step("return", By::Each, &["paused"], "returned", Rank::Answer),
    step("park", By::Each, &["paused", "returned"], "parked", Rank::Answer),
    WITHDRAW,
];

const fn table(practice: &'static str, acts: &'static [Act], initial: &'static str) -> Table {
    Table { acts: Acts { practice, acts }, initial }
}

pub(super) const RENEGOTIATIONS: Table = table("renegotiation", &RENEGOTIATION, "asked");
pub(super) const TALK_REQUESTS: Table = table("talk_request", &TALK_REQUEST, "asked");
pub(super) const INFORMATION_REQUESTS: Table = table("information_request", &INFORMATION_REQUEST, "asked");
pub(super) const APOLOGIES: Table = table("apology", &APOLOGY, "offered");
pub(super) const PAUSES: Table = table("pause", &PAUSE, "paused");
pub(super) const ALL: [Table; 5] = [RENEGOTIATIONS, TALK_REQUESTS, INFORMATION_REQUESTS, APOLOGIES, PAUSES];

/// Each state, each role, each act: a state of the table, or a reason. And asked of states that are none.
#[test]
fn the_table_is_total() {
    for table in ALL {
        let states = table.states();
        for state in states.iter().copied().chain(["", "*", "of_another_practice"]) {
            for role in [Role::Asker, Role::Askee] {
                for act in table.acts.acts {
                    let mine = !matches!((act.by, role), (By::Author, Role::Askee) | (By::Other, Role::Asker));
                    let leads = |step: Step| step.from.contains(&"*") || step.from.contains(&state);
                    let expected = match act.step {
                        _ if !mine => Judgement::NotYours,
                        _ if !states.contains(state) => Judgement::NotNow,
                        Some(step) if leads(step) => Judgement::To(step.to),
                        Some(_) => Judgement::NotNow,
                        // What is no step leaves things as they are.
                        None => Judgement::To(states.get(state).copied().expect("a state")),
                    };
                    let found = table.judge(state, role, act);
                    assert_eq!(found, expected, "{} {state} {role:?} {}", table.acts.practice, act.code);
                    match found {
                        Judgement::To(to) => assert!(states.contains(to) && (act.step.is_some() || to == state)),
                        Judgement::NotNow | Judgement::NotYours => {}
                    }
                }
            }
        }
    }
}

/// R4: from each state whoever asked takes the question back, and nobody else does, nor asks for them again.
#[test]
fn r4_withdrawing_leads_on_from_every_state() {
    for table in ALL {
        assert_eq!(table.flaws(), []);
        for state in table.states() {
            assert_eq!(table.judge(state, Role::Asker, &WITHDRAW), Judgement::To("withdrawn"), "{state}");
            assert_eq!(table.judge(state, Role::Askee, &WITHDRAW), Judgement::NotYours, "{state}");
        }
        for act in table.acts.acts.iter().filter(|act| act.step.is_some()) {
            assert_ne!(table.judge("withdrawn", Role::Askee, act), Judgement::To("asked"), "{}", act.code);
        }
    }
}

#[test]
fn flaws_of_a_table_are_found() {
    let flaws = |acts: Vec<Act>| table("x", acts.leak(), "asked").flaws();
    assert_eq!(flaws(vec![WITHDRAW]), []);
    assert_eq!(flaws(vec![]), [TableFlaw::NoWithdrawal]);
    assert_eq!(flaws(vec![WITHDRAW, WITHDRAW]), [TableFlaw::Code("withdraw")]);
    let answer = |from| step("answer", By::Other, from, "answered", Rank::Answer);
    assert_eq!(flaws(vec![WITHDRAW, answer(&["aksed"])]), [TableFlaw::UnknownState("aksed")]);
    assert_eq!(flaws(vec![WITHDRAW, answer(&["*"])]), [TableFlaw::Revives("answer")]);
    assert_eq!(flaws(vec![WITHDRAW, answer(&["withdrawn"])]), [TableFlaw::Revives("answer")]);
    assert_eq!(flaws(vec![on_wording(WITHDRAW)]), [TableFlaw::BoundWithdrawal("withdraw")]);
    let bound = step("withdraw", By::Author, &["asked"], "withdrawn", Rank::Withdraw);
    assert_eq!(flaws(vec![bound]), [TableFlaw::BoundWithdrawal("withdraw")]);
    let anyones = Act { by: By::Each, ..WITHDRAW };
    assert_eq!(flaws(vec![anyones]), [TableFlaw::BoundWithdrawal("withdraw"), TableFlaw::Revives("withdraw")]);
}

#[test]
fn every_state_of_a_table_can_be_reached() {
    for table in ALL {
        let mut reached = std::collections::BTreeSet::from([table.initial]);
        for _ in 0..table.states().len() {
            for state in reached.clone() {
                for role in [Role::Asker, Role::Askee] {
                    let judged = table.acts.acts.iter().map(|act| table.judge(state, role, act));
                    reached.extend(judged.filter_map(|judged| match judged {
                        Judgement::To(to) => Some(to),
                        _ => None,
                    }));
                }
            }
        }
        assert_eq!(reached, table.states());
    }
}
