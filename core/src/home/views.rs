//! What is shown of entries, as data with stable names that any edge can serialise: `show`, `list`, `history`, `status`.

use super::entries::EntryRow;
use super::step::Step;
use super::{Home, HomeError, Identity, Moment};
use crate::id::{Day, EntryId, MemberId, SpaceId, StatementId};
use crate::practice::{Practice, Shape, catalogue};
use crate::shape::own_entry::{self, OwnEntryState};
use crate::shape::revisions::{Agreement, AgreementView, ConsentView, RemarkView, WithdrawnView};
use crate::shape::sealed_pair::{self, SealedView};
use crate::statement::{Body, Kind, Role, Statement, StatementSet, Subject, Value};
use crate::storage::{Store, Table};
use crate::sync::{BoxIndex, MEMBER_BOX, whole};
use std::collections::BTreeMap;

/// Fields by name.
pub type Named = BTreeMap<String, Value>;

/// Rows read at once when everything is listed.
const PAGE: usize = 512;

/// One revision of an agreement.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Revision {
    /// Its hash.
    pub hash: StatementId,
    /// Who proposed it.
    pub author: MemberId,
    /// The day they claim.
    pub day: Day,
    /// What it amends.
    pub parents: Vec<StatementId>,
    /// Its words; none when they are not here or were taken back.
    pub fields: Option<Named>,
    /// Whether its author took the words back.
    pub redacted: bool,
    /// Whether nobody can agree to it yet, for want of words, ancestors, or a newer app.
    pub pending: bool,
    /// Whether it was made with a newer version of the app: fields that this one does not know have numbers for names, and nobody
    /// can consent to it here.
    pub newer: bool,
    /// Who stands on it.
    pub consents: Vec<ConsentView>,
}

/// One wording of an own entry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Wording {
    /// Its hash.
    pub hash: StatementId,
    /// The day its author claims.
    pub day: Day,
    /// Whether no later wording replaced it.
    pub current: bool,
    /// Whether its words were taken back.
    pub redacted: bool,
    /// Whether the other acknowledged exactly this wording.
    pub acknowledged: bool,
    /// Its words.
    pub fields: Option<Named>,
}

/// One readable answer to a check-in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AnswerEntry {
    /// Whose.
    pub member: MemberId,
    /// The day its author claims.
    pub day: Day,
    /// Whether it is a pass.
    pub passed: bool,
    /// Its words.
    pub fields: Option<Named>,
    /// Whether its author took the words back.
    pub redacted: bool,
    /// Whether the other may read it too.
    pub open: bool,
    /// Opened without waiting for the other.
    pub shared_anyway: bool,
    /// Sealed after the other's answer could be read.
    pub answered_after_reading: bool,
}

/// What is shown of one entry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "shape", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryView {
    /// An agreement.
    Revisions {
        /// Its id.
        id: EntryId,
        /// Its practice.
        practice: String,
        /// What it is.
        state: &'static str,
        /// Whether the partner's phone is known to know of one's consent to the text in force.
        settled: bool,
        /// The revision in force.
        in_force: Option<StatementId>,
        /// Wordings that wait for an answer.
        heads: Vec<StatementId>,
        /// Wordings both agreed to that do not line up.
        crossed: Vec<StatementId>,
        /// Who agreed to an earlier wording than the one proposed now.
        needs_reconsent: Vec<MemberId>,
        /// Every wording.
        revisions: Vec<Revision>,
        /// Who withdrew what.
        withdrawn: Vec<WithdrawnView>,
        /// Declines and comments.
        remarks: Vec<RemarkView>,
    },
    /// Something one person wrote and the other may read.
    OwnEntry {
        /// Its id.
        id: EntryId,
        /// Its practice.
        practice: String,
        /// How it stands.
        state: &'static str,
        /// Who wrote it.
        author: MemberId,
        /// The wording that stands; of two concurrent ones the later in view order.
        fields: Option<Named>,
        /// Every wording.
        wordings: Vec<Wording>,
    },
    /// Something that is one's own alone. Never part of what is shared.
    Vault {
        /// Its id.
        id: EntryId,
        /// Its practice.
        practice: String,
        /// How it stands.
        state: &'static str,
        /// The wording that stands.
        fields: Option<Named>,
        /// Every wording.
        wordings: Vec<Wording>,
    },
    /// A sealed check-in.
    SealedPair {
        /// The occurrence.
        id: EntryId,
        /// Its practice.
        practice: String,
        /// Its day.
        date: Option<Day>,
        /// How it stands.
        state: &'static str,
        /// Answers that may be read here.
        answers: Vec<AnswerEntry>,
        /// Members of whom two answers were named.
        answered_twice: Vec<MemberId>,
        /// Whether an answer of one's own cannot be opened.
        could_not_be_opened: bool,
    },
    /// A note both type in.
    CoText {
        /// Its id.
        id: EntryId,
        /// Its practice.
        practice: String,
        /// `open`.
        state: &'static str,
        /// Who began it.
        author: Option<MemberId>,
        /// Its title.
        title: String,
        /// Titles given at the same time, none of them lost.
        other_titles: Vec<String>,
        /// Its text.
        text: String,
        /// Whether hidden characters were left out of what is shown.
        hidden_characters: bool,
    },
    /// Made with a newer version: kept and synced.
    Newer {
        /// Its id.
        id: EntryId,
        /// Its practice, if it says.
        practice: Option<String>,
        /// `newer`.
        state: &'static str,
        /// How many statements are kept.
        statements: usize,
    },
}

/// One statement in an entry's history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct HistoryItem {
    /// Its hash.
    pub hash: StatementId,
    /// Who.
    pub member: MemberId,
    /// The day they claim.
    pub day: Day,
    /// What it did, in snake_case.
    pub kind: String,
    /// Statements it speaks of or builds on.
    pub refs: Vec<StatementId>,
    /// Statements of the same member it replaces or answers.
    pub over: Vec<StatementId>,
    /// Its fields, if it has any.
    pub fields: Option<Named>,
    /// Its text, if it has any.
    pub text: Option<String>,
    /// Whether its words are sealed, or were taken back.
    pub words_absent: bool,
}

/// One's own side of things. Nothing about the partner's devices or times.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    /// Whose phone this is.
    #[serde(flatten)]
    pub identity: Identity,
    /// One's own devices.
    pub devices: Vec<crate::id::DeviceId>,
    /// The space, once there is one.
    pub space: Option<SpaceId>,
    /// The other member.
    pub partner: Option<Partner>,
    /// Whether a pairing waits for the inviter.
    pub pending: bool,
    /// The relay's address.
    pub relay: Option<String>,
    /// Records and changes the relay has not acknowledged.
    pub outbox: u64,
    /// Things set aside.
    pub quarantine: usize,
    /// Whether a waiting answer may be shown.
    pub waiting_hint: bool,
    /// The couple's home zone.
    pub zone: String,
    /// The hour at which their day rolls over.
    pub rollover_hour: u8,
}

/// The other person, as pairing introduced them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Partner {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
}

impl<S: Store> Home<S> {
    /// One entry.
    ///
    /// # Errors
    /// [`HomeError::NotFound`].
    pub fn show(&mut self, at: Moment, entry: EntryId) -> Result<EntryView, HomeError> {
        self.look(at, |step| {
            let (index, row) = step.find(&entry)?.ok_or(HomeError::NotFound("entry"))?;
            step.view(index, &entry, &row)?.ok_or(HomeError::NotFound("entry"))
        })
    }

    /// Every entry, or those of one practice, newest id order unspecified but stable.
    ///
    /// # Errors
    /// [`HomeError::UnknownPractice`].
    pub fn list(&mut self, at: Moment, practice: Option<&str>) -> Result<Vec<EntryView>, HomeError> {
        if let Some(practice) = practice {
            super::acts::practice(practice)?;
        }
        self.look(at, |step| {
            let mut views = Vec::new();
            for index in 0..u8::try_from(step.boxes.len()).unwrap_or(u8::MAX) {
                for (entry, row) in step.entries(index)? {
                    let fits = practice.is_none_or(|practice| row.practice.as_deref() == Some(practice));
                    if fits {
                        views.extend(step.view(index, &entry, &row)?);
                    }
                }
            }
            Ok(views)
        })
    }

    /// Every statement about an entry, what is named before what names it.
    ///
    /// # Errors
    /// [`HomeError::NotFound`].
    pub fn history(&mut self, at: Moment, entry: EntryId) -> Result<Vec<HistoryItem>, HomeError> {
        self.look(at, |step| {
            let (_, row, set) = step.entry(&entry)?;
            let practice = row.practice.as_deref().and_then(catalogue::find);
            Ok(set.ordered().into_iter().map(|statement| history_item(&set, practice, statement)).collect())
        })
    }

    /// One's own side of things.
    ///
    /// # Errors
    /// What the store says.
    pub fn status(&mut self, at: Moment) -> Result<Status, HomeError> {
        let identity = self.identity();
        self.look(at, |step| {
            let ring = step.ring.ring(MEMBER_BOX)?;
            let devices = ring.members().iter().flat_map(|chain| chain.live_devices().map(|(device, _)| device));
            let space = step.home.confirmed_space();
            let zone = step.home.zone();
            Ok(Status {
                devices: devices.collect(),
                space: space.map(|space| space.id),
                partner: space.map(|space| Partner { member: space.partner, name: space.partner_name.clone() }),
                pending: step.home.pending.is_some(),
                relay: step.home.relay.clone(),
                outbox: step.boxes.iter().map(|state| state.outbox(&identity.device)).sum(),
                quarantine: step.work.range(Table::Quarantine, &[], &[], usize::MAX)?.len(),
                waiting_hint: space.map_or(Ok(true), |space| step.waiting_hint(space.index))?,
                zone: zone.zone.clone(),
                rollover_hour: zone.rollover_hour,
                identity,
            })
        })
    }
}

impl Step<'_> {
    /// Every entry row of a box.
    pub(super) fn entries(&self, index: BoxIndex) -> Result<Vec<(EntryId, EntryRow)>, HomeError> {
        let damaged = || crate::storage::StoreError::Damaged { table: Some(Table::Entries) };
        let (mut from, to) = whole(index);
        let mut entries = Vec::new();
        loop {
            let rows = self.work.range(Table::Entries, &from, &to, PAGE)?;
            let full = rows.len() == PAGE;
            for (key, row) in rows {
                let entry = key.get(1..).and_then(|id| EntryId::try_from(id).ok()).ok_or_else(damaged)?;
                entries.push((entry, minicbor::decode(&row).map_err(|_| damaged())?));
                from = key;
                from.push(0);
            }
            if !full {
                return Ok(entries);
            }
        }
    }

    /// What is shown of an entry; nothing for what is no entry, such as settings and the vault's sealed answers.
    pub(super) fn view(
        &self,
        index: BoxIndex,
        entry: &EntryId,
        row: &EntryRow,
    ) -> Result<Option<EntryView>, HomeError> {
        let loaded = self.load(index, row)?;
        let set = &loaded.set;
        let Some((name, shape)) = shape_of(row, set) else {
            return Ok(self.newer(entry, row, set));
        };
        let practice = catalogue::find(&name);
        let id = *entry;
        Ok(match shape {
            Shape::Revisions if index != MEMBER_BOX => {
                let agreement = Agreement::new(set, self.parties()?, super::agreements::knows);
                let seen = |id: &StatementId| {
                    loaded.places.iter().any(|(locator, known)| known == id && self.seen_by_other(index, locator))
                };
                Some(agreement_view(id, name, agreement.view(seen)))
            }
            Shape::SealedPair if index != MEMBER_BOX => Some(self.sealed_view(index, id, name, set)?),
            Shape::SealedPair => None,
            Shape::CoText if index != MEMBER_BOX => {
                let document = self.note(index, entry)?;
                let (text, title) = (document.text(), document.title());
                let mut titles = title.into_iter().map(|value| value.text.text);
                Some(EntryView::CoText {
                    id,
                    practice: name,
                    state: "open",
                    author: own_entry::author(set),
                    title: titles.next().unwrap_or_default(),
                    other_titles: titles.collect(),
                    hidden_characters: text.stripped,
                    text: text.text,
                })
            }
            _ => own_entry::view(set).map(|view| {
                let standing = view.wordings.iter().rev().find(|wording| wording.current);
                let fields = standing.and_then(|wording| wording.fields.as_ref()).map(|f| named(practice, f));
                let wordings = view.wordings.iter().map(|wording| Wording {
                    hash: wording.hash,
                    day: wording.day,
                    current: wording.current,
                    redacted: wording.redacted,
                    acknowledged: wording.acknowledged,
                    fields: wording.fields.as_ref().map(|fields| named(practice, fields)),
                });
                let (wordings, state) = (wordings.collect(), view.state.code());
                if index == MEMBER_BOX {
                    let state = if state == "shared" { "private" } else { state };
                    EntryView::Vault { id, practice: name, state, fields, wordings }
                } else {
                    EntryView::OwnEntry { id, practice: name, state, author: view.author, fields, wordings }
                }
            }),
        })
    }

    fn sealed_view(
        &self,
        index: BoxIndex,
        id: EntryId,
        practice: String,
        set: &StatementSet,
    ) -> Result<EntryView, HomeError> {
        let known = catalogue::find(&practice);
        let own: Vec<Body> = self.own_answers(&id)?.into_iter().map(|(_, body)| body).collect();
        let date = set.iter().find_map(|statement| match statement.header.subject {
            Subject::Occurrence { day, .. } => Some(day),
            _ => None,
        });
        let past = date.is_some_and(|date| date < self.now.day);
        let view = sealed_pair::view(set, self.me(), &own, self.waiting_hint(index)?, past);
        let SealedView { state, answers, answered_twice, could_not_be_opened } = view;
        let answers = answers.into_iter().map(|answer| AnswerEntry {
            member: answer.member,
            day: answer.day,
            passed: answer.passed,
            fields: answer.fields.as_ref().map(|fields| named(known, fields)),
            redacted: answer.redacted,
            open: answer.open,
            shared_anyway: answer.shared_anyway,
            answered_after_reading: answer.answered_after_reading,
        });
        Ok(EntryView::SealedPair {
            id,
            practice,
            date,
            state: state.code(),
            answers: answers.collect(),
            answered_twice,
            could_not_be_opened,
        })
    }

    /// An entry this version cannot show, unless it is one of the engine's own targets.
    fn newer(&self, entry: &EntryId, row: &EntryRow, set: &StatementSet) -> Option<EntryView> {
        let inner = set.iter().all(|statement| {
            matches!(statement.header.kind, Kind::SETTING | Kind::ROSTER | Kind::REFILL | Kind::SEALED_ANSWER)
        });
        (!inner).then(|| EntryView::Newer {
            id: *entry,
            practice: row.practice.clone(),
            state: "newer",
            statements: set.len(),
        })
    }
}

/// Fields by name; numbers that this version does not know keep their number.
pub(super) fn named(practice: Option<&Practice>, fields: &BTreeMap<u32, Value>) -> Named {
    match practice {
        Some(known) => {
            let named = known.named_fields(fields).into_iter();
            named.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
        }
        None => fields.iter().map(|(number, value)| (format!("field_{number}"), value.clone())).collect(),
    }
}

/// An entry's practice and shape. Where no words are left to name the practice, because they were taken back before they came
/// here, the statements still say what it is; its practice is empty then. `None` for what this version does not know.
pub(super) fn shape_of(row: &EntryRow, set: &StatementSet) -> Option<(String, Shape)> {
    if let Some(practice) = &row.practice {
        return catalogue::find(practice).map(|practice| (practice.id.to_owned(), practice.shape));
    }
    let agreement = [Kind::PROPOSE, Kind::CONSENT, Kind::DECLINE, Kind::COMMENT, Kind::WITHDRAW, Kind::RETIRE];
    let maker = set.iter().find(|statement| matches!(statement.header.subject, Subject::Fresh(_)));
    let shape = match maker.map(|maker| maker.header.kind) {
        Some(Kind::PROPOSE) => Shape::Revisions,
        // Answers to an agreement that has not come yet.
        None if set.iter().any(|statement| agreement.contains(&statement.header.kind)) => Shape::Revisions,
        Some(Kind::CREATE) if own_entry::view(set).is_some_and(|view| view.state == OwnEntryState::Redacted) => {
            Shape::OwnEntry
        }
        _ => return None,
    };
    Some((String::new(), shape))
}

fn agreement_view(id: EntryId, practice: String, view: AgreementView) -> EntryView {
    let known = catalogue::find(&practice);
    let revisions = view.revisions.into_iter().map(|revision| Revision {
        hash: revision.hash,
        author: revision.author,
        day: revision.day,
        parents: revision.parents,
        fields: revision.fields.as_ref().map(|fields| named(known, fields)),
        redacted: revision.redacted,
        pending: revision.pending,
        newer: revision.newer,
        consents: revision.consents,
    });
    EntryView::Revisions {
        id,
        practice,
        state: view.state.code(),
        settled: view.settled,
        in_force: view.in_force,
        heads: view.heads,
        crossed: view.crossed,
        needs_reconsent: view.needs_reconsent,
        revisions: revisions.collect(),
        withdrawn: view.withdrawn,
        remarks: view.remarks,
    }
}

fn history_item(set: &StatementSet, practice: Option<&'static Practice>, statement: &Statement) -> HistoryItem {
    let content = statement.content().ok().flatten().filter(|_| !set.is_redacted(statement));
    let sealed = matches!(statement.header.kind, Kind::COMMIT);
    let roles = [Role::PARENT, Role::SUBJECT, Role::SAW, Role::OWN_COMMITMENT, Role::PARTNER_COMMITMENT, Role::ABOUT];
    let fields = content.as_ref().and_then(|content| content.fields.as_ref());
    HistoryItem {
        hash: statement.id,
        member: statement.member,
        day: statement.header.day,
        kind: statement.header.kind.name().to_ascii_lowercase(),
        refs: roles.into_iter().flat_map(|role| statement.header.named(role)).collect(),
        over: statement.header.over.clone(),
        fields: fields.map(|fields| named(practice, fields)),
        text: content.as_ref().and_then(|content| content.text.clone()),
        words_absent: content.is_none() || sealed,
    }
}

impl EntryView {
    /// The entry's id.
    pub fn id(&self) -> EntryId {
        match self {
            Self::Revisions { id, .. }
            | Self::OwnEntry { id, .. }
            | Self::Vault { id, .. }
            | Self::SealedPair { id, .. }
            | Self::CoText { id, .. }
            | Self::Newer { id, .. } => *id,
        }
    }
}
