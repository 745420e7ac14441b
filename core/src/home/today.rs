//! *Today*: what is mine to do, what opened, what is new. Read from one sealed row of cards that every step keeps current, so
//! that opening the app loads no entry and no document.
//!
//! A card says what the person may do, never what the other has not done.

use super::derive::Loaded;
use super::entries::EntryRow;
use super::step::Step;
use super::{Home, HomeError, Moment};
use crate::id::{Day, EntryId, SeriesId, StatementId};
use crate::practice::{Schedule, Shape, catalogue};
use crate::shape::revisions::{Agreement, AgreementState};
use crate::shape::sealed_pair::SealedState;
use crate::shape::{own_entry, sealed_pair, settings};
use crate::statement::{Body, StatementSet, Subject, Value};
use crate::storage::{Store, StoreError, Table};
use crate::sync::{BoxIndex, Locator, MEMBER_BOX, encoded};
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// The row of cards.
pub(super) const TODAY_KEY: &[u8] = b"today";
/// Cards kept with something to do about them. `list` shows everything.
const ACTIONS_MAX: usize = 500;
/// Cards kept beside them, the newest days first: about a month's. Every edit rewrites them, and opening the app reads them.
const OTHERS_MAX: usize = 64;
/// Days for which something stays new.
const NEW_DAYS: i32 = 2;
/// Days for which an opened check-in is shown.
const OPENED_DAYS: i32 = 7;
/// Characters of an entry's words on its card: enough for two answers to a check-in.
const TEXT_CHARS_MAX: usize = 600;

/// One thing on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
#[cbor(map)]
pub struct Card {
    /// The entry or occurrence.
    #[n(0)]
    pub id: EntryId,
    /// Its practice.
    #[n(1)]
    pub practice: String,
    /// Its state, as `show` names it.
    #[n(2)]
    pub state: String,
    /// The beginning of its words.
    #[n(3)]
    pub text: String,
    /// What this person may do about it, as a code; none when there is nothing.
    #[n(4)]
    pub action: Option<String>,
    /// For a check-in, its day.
    #[n(5)]
    pub date: Option<Day>,
    /// The day its newest statement claims.
    #[n(6)]
    pub day: Day,
    /// Whether the newest statement is one's own.
    #[n(7)]
    pub mine: bool,
    /// For an agreement, whether the partner's phone is known to know.
    #[n(8)]
    pub settled: Option<bool>,
    /// Which box.
    #[n(9)]
    #[serde(skip)]
    pub index: BoxIndex,
}

/// All cards, as kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct TodayRow {
    #[n(0)]
    cards: Vec<Card>,
}

/// The screen.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Today {
    /// The day shown.
    pub date: Day,
    /// What is mine to do.
    pub to_do: Vec<Card>,
    /// Check-ins that opened.
    pub opened: Vec<Card>,
    /// Sealed answers that wait, one's own and, unless switched off, the other's.
    pub waiting: Vec<Card>,
    /// What the other wrote lately.
    pub new: Vec<Card>,
}

impl Card {
    /// Whether any day's screen can show it.
    fn is_ever_shown(&self) -> bool {
        self.date.is_some() || self.action.is_some() || !self.mine && self.index != MEMBER_BOX
    }
}

impl<S: Store> Home<S> {
    /// The screen of a day, today's unless one is named.
    ///
    /// # Errors
    /// What the store says.
    pub fn today(&self, at: Moment, date: Option<Day>) -> Result<Today, HomeError> {
        let row = match self.store.read(Table::Views, TODAY_KEY)? {
            Some(row) => minicbor::decode(&row).map_err(|_| StoreError::Damaged { table: Some(Table::Views) })?,
            None => TodayRow::default(),
        };
        let now = self.day(at)?;
        let date = date.unwrap_or(now);
        let mut today = Today { date, to_do: Vec::new(), opened: Vec::new(), waiting: Vec::new(), new: Vec::new() };
        let lately = |day: Day, days: i32| day.plus(days) >= date && day <= date.plus(1);
        for mut card in row.cards {
            if let Some(day) = card.date {
                // "Unopened" is a matter of the day that is looked from.
                if card.state == SealedState::MineSealed.code() && day < now {
                    SealedState::Unopened.code().clone_into(&mut card.state);
                }
                let open = card.state == SealedState::Open.code() || card.state == SealedState::Passed.code();
                if open && lately(day, OPENED_DAYS) {
                    today.opened.push(card);
                } else if !open && day == date {
                    today.waiting.push(card);
                }
            } else if card.action.is_some() {
                today.to_do.push(card);
            } else if !card.mine && card.index != MEMBER_BOX && lately(card.day, NEW_DAYS) {
                today.new.push(card);
            }
        }
        self.add_unanswered(&mut today);
        Ok(today)
    }

    /// A built-in check-in that this person has not answered is theirs to do, whether or not the other has.
    fn add_unanswered(&self, today: &mut Today) {
        let Some(space) = &self.state.space else { return };
        let sealed = catalogue::all().iter().filter(|practice| practice.shape == Shape::SealedPair);
        let daily = sealed.filter(|practice| practice.schedule == Some(Schedule::Daily));
        for practice in daily {
            let series = SeriesId::built_in(&space.id.into(), practice.id);
            let id = EntryId::occurrence(&space.id.into(), &series, today.date);
            let upcoming = [SealedState::Upcoming.code(), SealedState::TheirsSealed.code()];
            let card = |cards: &[Card]| cards.iter().find(|card| card.id == id).map(|card| card.state.clone());
            let state = card(&today.waiting).or_else(|| card(&today.opened));
            if state.is_none_or(|state| upcoming.contains(&state.as_str())) {
                today.to_do.push(Card {
                    id,
                    practice: practice.id.to_owned(),
                    state: SealedState::Upcoming.code().to_owned(),
                    text: String::new(),
                    action: Some("answer".to_owned()),
                    date: Some(today.date),
                    day: today.date,
                    mine: true,
                    settled: None,
                    index: space.index,
                });
            }
        }
    }
}

impl Step<'_> {
    fn today_row(&mut self) -> Result<&mut TodayRow, HomeError> {
        let row = match self.today.take() {
            Some(row) => row,
            None => match self.work.read(Table::Views, TODAY_KEY)? {
                Some(row) => minicbor::decode(&row).map_err(|_| StoreError::Damaged { table: Some(Table::Views) })?,
                None => TodayRow::default(),
            },
        };
        Ok(self.today.insert(row))
    }

    /// Begins the cards anew.
    pub(super) fn forget_today(&mut self) {
        self.today = Some(TodayRow::default());
    }

    /// The occurrences of a box that have a card.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn dated_cards(&mut self, index: BoxIndex) -> Result<Vec<EntryId>, HomeError> {
        let cards = self.today_row()?.cards.iter();
        Ok(cards.filter(|card| card.index == index && card.date.is_some()).map(|card| card.id).collect())
    }

    /// Writes the cards, if this step touched any.
    pub(super) fn store_today(&mut self) {
        let Some(mut row) = self.today.take() else { return };
        row.cards.sort_by_key(|card| (std::cmp::Reverse(card.day), card.id));
        let mut room = [ACTIONS_MAX, OTHERS_MAX];
        row.cards.retain(|card| {
            let room = &mut room[usize::from(card.action.is_none())];
            let kept = *room > 0;
            *room = room.saturating_sub(1);
            kept
        });
        self.work.put(Table::Views, TODAY_KEY, encoded(&row));
    }

    /// Makes an entry's card anew.
    pub(super) fn update_card(
        &mut self,
        index: BoxIndex,
        entry: &EntryId,
        row: &EntryRow,
        loaded: &Loaded,
    ) -> Result<(), HomeError> {
        let card = self.card(index, entry, row, loaded)?;
        let cards = &mut self.today_row()?.cards;
        cards.retain(|card| (card.index, card.id) != (index, *entry));
        cards.extend(card.filter(Card::is_ever_shown));
        Ok(())
    }

    fn card(
        &self,
        index: BoxIndex,
        entry: &EntryId,
        row: &EntryRow,
        loaded: &Loaded,
    ) -> Result<Option<Card>, HomeError> {
        let set = &loaded.set;
        let Some((practice, shape)) = super::views::shape_of(row, set) else { return Ok(None) };
        let Some(newest) = set.iter().max_by_key(|statement| (statement.header.day, statement.id)) else {
            return Ok(None);
        };
        let mut card = Card {
            id: *entry,
            practice,
            state: String::new(),
            text: String::new(),
            action: None,
            date: None,
            day: newest.header.day,
            mine: newest.member == self.me(),
            settled: None,
            index,
        };
        // Nobody is shown as news what they wrote themself, or what is in their vault.
        if matches!(shape, Shape::OwnEntry | Shape::CoText | Shape::Vault) && !card.is_ever_shown() {
            return Ok(None);
        }
        match shape {
            Shape::Revisions if index != MEMBER_BOX => self.agreement_card(index, loaded, &mut card)?,
            Shape::SealedPair if index != MEMBER_BOX => self.check_in_card(index, entry, set, &mut card)?,
            Shape::SealedPair => return Ok(None),
            Shape::CoText if index != MEMBER_BOX => {
                "open".clone_into(&mut card.state);
                card.text = match self.titles.get(&(index, *entry)) {
                    Some(title) => title.clone(),
                    None => self.note(index, entry)?.shown_title(),
                };
            }
            _ => {
                let Some(view) = own_entry::view(set) else { return Ok(None) };
                // What was taken back is not news.
                if view.state == own_entry::OwnEntryState::Redacted {
                    return Ok(None);
                }
                view.state.code().clone_into(&mut card.state);
                let standing = view.wordings.iter().rev().find(|wording| wording.current);
                card.text = standing.and_then(|wording| wording.fields.as_ref()).map(first_text).unwrap_or_default();
            }
        }
        card.text = card.text.chars().take(TEXT_CHARS_MAX).collect();
        Ok(Some(card))
    }

    fn agreement_card(&self, index: BoxIndex, loaded: &Loaded, card: &mut Card) -> Result<(), HomeError> {
        let set = &loaded.set;
        let agreement = Agreement::new(set, self.parties()?, super::agreements::knows);
        let me = self.me();
        let state = agreement.state();
        state.code().clone_into(&mut card.state);
        // Made on several phones of one's own, any that was seen will do.
        let own: BTreeSet<StatementId> = agreement.own_stances_in_force().iter().map(|stance| stance.id).collect();
        let seen = |(locator, id): &(Locator, StatementId)| own.contains(id) && self.seen_by_other(index, locator);
        card.settled = agreement.in_force().map(|_| loaded.places.iter().any(seen));
        let awaited = agreement.awaits(me);
        let action = match state {
            AgreementState::CrossedConsent => Some("choose"),
            AgreementState::NeedsReconsent if agreement.needs_reconsent().contains(&me) => Some("reconsent"),
            AgreementState::Competing => Some("decide"),
            AgreementState::Proposed | AgreementState::AmendmentPending if !awaited.is_empty() => Some("consent"),
            _ => None,
        };
        // What this version cannot show whole, a newer one can.
        let newer = awaited.iter().any(|revision| agreement.is_newer(revision));
        let action = action.map(|action| if newer && action.ends_with("consent") { "update" } else { action });
        card.action = action.map(str::to_owned);
        let shown = agreement.in_force().or_else(|| set.get(agreement.heads().first()?));
        let fields = shown.and_then(|shown| shown.content().ok().flatten()?.fields);
        card.text = fields.as_ref().map(first_text).unwrap_or_default();
        Ok(())
    }

    fn check_in_card(
        &self,
        index: BoxIndex,
        entry: &EntryId,
        set: &StatementSet,
        card: &mut Card,
    ) -> Result<(), HomeError> {
        let own: Vec<Body> = self.own_answers(entry)?.into_iter().map(|(_, body)| body).collect();
        let hint = self.waiting_hint(index)?;
        let view = sealed_pair::view(set, self.me(), &own, hint, false);
        view.state.code().clone_into(&mut card.state);
        card.date = set.iter().find_map(|statement| match statement.header.subject {
            Subject::Occurrence { day, .. } => Some(day),
            _ => None,
        });
        // One's own words stay readable to oneself while they are sealed.
        let texts = view.answers.iter().filter_map(|answer| answer.fields.as_ref()).map(all_texts);
        card.text = texts.collect::<Vec<_>>().join(" · ");
        Ok(())
    }

    /// Whether a waiting answer may be shown.
    pub(super) fn waiting_hint(&self, index: BoxIndex) -> Result<bool, HomeError> {
        let target = EntryId::from(self.owner(index)?);
        Ok(settings::waiting_hint(&self.set_of(index, &target)?))
    }
}

/// All words among fields.
fn all_texts(fields: &BTreeMap<u32, Value>) -> String {
    let texts = fields.values().flat_map(Value::texts);
    texts.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The first words among fields.
fn first_text(fields: &BTreeMap<u32, Value>) -> String {
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        Value::List(texts) => texts.first().cloned(),
        Value::Uint(_) | Value::Bool(_) => None,
    };
    fields.values().find_map(text).unwrap_or_default()
}
