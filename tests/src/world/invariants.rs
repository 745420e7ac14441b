//! The rules of agreements and entries by name, asserted on what phones show; and what planted bugs make of it.

use super::checks::text_of;
use super::{Bug, World};
use amends_core::home::{EntryView, HistoryItem, Revision};
use amends_core::id::{EntryId, StatementId};
use std::collections::{BTreeMap, BTreeSet};

impl World {
    /// C9: a consent that came before its words is held, and nothing is shown as agreed whose words are not there. Asked at any
    /// time, of one phone.
    ///
    /// # Errors
    /// What is shown and must not be.
    pub(super) fn nothing_agreed_unseen(&mut self, at: usize) -> Result<(), String> {
        let agreements = self.shadow.entries.iter().filter(|entry| entry.practice == "agreement");
        let agreements: Vec<EntryId> = agreements.map(|entry| entry.id).collect();
        for id in agreements {
            let Some((view, history)) = self.shown(at, id) else { continue };
            let said: BTreeSet<StatementId> = history.iter().map(|item| item.hash).collect();
            let consents = history.iter().filter(|item| item.kind == "consent");
            self.unseen_consents += consents.flat_map(|item| &item.refs).filter(|named| !said.contains(named)).count();
            let EntryView::Revisions { in_force: Some(in_force), revisions, .. } = view else { continue };
            let agreed = revisions.iter().find(|revision| revision.hash == in_force);
            let name = self.phones[at].name;
            match agreed {
                Some(Revision { fields: Some(_), consents, .. }) if consents.len() == 2 => {}
                _ => {
                    return Err(format!("C9: {name} shows as agreed what it has no words or consents for: {agreed:?}"));
                }
            }
        }
        Ok(())
    }

    fn shown(&mut self, at: usize, id: EntryId) -> Option<(EntryView, Vec<HistoryItem>)> {
        let phone = &mut self.phones[at];
        let moment = phone.moment();
        let home = phone.home.as_mut()?;
        Some((home.show(moment, id).ok()?, home.history(moment, id).ok()?))
    }

    /// Whether a phone shows an agreement as one.
    pub(super) fn shows_agreement(&mut self, at: usize, id: EntryId) -> bool {
        matches!(self.shown(at, id), Some((EntryView::Revisions { .. }, _)))
    }

    /// G5: where several wordings stand, each is shown as standing, whatever its date.
    ///
    /// # Errors
    /// Which one is not.
    pub(super) fn nobody_loses_silently(&mut self) -> Result<(), String> {
        for at in 0..self.phones.len() {
            let name = self.phones[at].name;
            for (id, view) in self.views(at)? {
                match &view {
                    EntryView::Revisions { revisions, heads, in_force, .. } => {
                        let shown: BTreeSet<StatementId> = heads.iter().copied().collect();
                        let standing = standing_heads(revisions, *in_force);
                        if shown != standing {
                            return Err(format!("G5: {name} shows {shown:?} where {standing:?} stand"));
                        }
                    }
                    EntryView::OwnEntry { wordings, fields, .. } | EntryView::Vault { wordings, fields, .. } => {
                        let Some((_, history)) = self.shown(at, id) else { continue };
                        for wording in wordings {
                            let author = history.iter().find(|item| item.hash == wording.hash).map(|item| item.member);
                            let mut own = history.iter().filter(|item| Some(item.member) == author);
                            let replaced = own.any(|item| item.over.contains(&wording.hash));
                            if wording.current == replaced {
                                return Err(format!(
                                    "G5: {name} shows {:?} as current: {}",
                                    wording.hash, wording.current
                                ));
                            }
                        }
                        let texts = wordings.iter().filter(|wording| wording.current);
                        let mut texts = texts.filter_map(|wording| wording.fields.as_ref()).map(text_of);
                        if fields.as_ref().is_some_and(|fields| !texts.any(|text| text == text_of(fields))) {
                            return Err(format!("G4: {name} shows words that are none of its wordings'"));
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// I5: at the end of everything each person withdraws from each agreement, alone on one phone. It works in every state, and at
    /// once nothing is in force there; and then nowhere.
    ///
    /// # Errors
    /// Where it does not.
    pub(super) fn everybody_can_withdraw(&mut self) -> Result<(), String> {
        let states: BTreeMap<EntryId, EntryView> = self.views(0)?;
        let agreements = states.iter().filter(|(_, view)| matches!(view, EntryView::Revisions { .. }));
        for (turn, (id, _)) in agreements.enumerate() {
            let at = turn % self.phones.len();
            let phone = &mut self.phones[at];
            let (moment, name) = (phone.moment(), phone.name);
            let Some(home) = phone.home.as_mut() else { continue };
            home.withdraw(moment, *id, None)
                .map_err(|error| format!("I5: {name} may not withdraw: {}", error.code()))?;
            self.drive(at)?;
            if let Some((EntryView::Revisions { in_force: Some(_), .. }, _)) = self.shown(at, *id) {
                return Err(format!("I5: {name} withdrew, and it is still in force"));
            }
        }
        for at in 0..self.phones.len() {
            self.flush(at)?;
        }
        self.settle()?;
        for at in 0..self.phones.len() {
            for view in self.views(at)?.values() {
                if matches!(view, EntryView::Revisions { in_force: Some(_), .. }) {
                    return Err(format!("I5: {} shows in force what was withdrawn from", self.phones[at].name));
                }
            }
        }
        self.converged()
    }

    /// A view as the phone shows it, where that is planted.
    pub(super) fn as_shown(&self, mut view: EntryView) -> EntryView {
        if self.bug == Some(Bug::LatestByClock) {
            match &mut view {
                EntryView::Revisions { heads, revisions, .. } => {
                    let day = |hash: &StatementId| revisions.iter().find(|r| r.hash == *hash).map(|r| (r.day, r.hash));
                    let latest = heads.iter().copied().max_by_key(day);
                    heads.retain(|head| Some(*head) == latest);
                }
                EntryView::OwnEntry { wordings, .. } | EntryView::Vault { wordings, .. } => {
                    let current = wordings.iter().filter(|wording| wording.current);
                    let latest = current.max_by_key(|wording| (wording.day, wording.hash)).map(|latest| latest.hash);
                    wordings.iter_mut().for_each(|wording| wording.current = Some(wording.hash) == latest);
                }
                _ => {}
            }
        }
        view
    }

    /// Planted: a phone that sees two texts side by side makes one of them.
    pub(super) fn merge_texts(&mut self, at: usize) {
        let entries: Vec<EntryId> = self.shadow.entries.iter().map(|entry| entry.id).collect();
        for id in entries {
            let Some((view, _)) = self.shown(at, id) else { continue };
            let texts: Vec<String> = match &view {
                EntryView::Revisions { heads, revisions, .. } => {
                    let head = revisions.iter().filter(|revision| heads.contains(&revision.hash));
                    head.filter_map(|revision| revision.fields.as_ref().and_then(text_of)).collect()
                }
                EntryView::OwnEntry { wordings, .. } => {
                    let current = wordings.iter().filter(|wording| wording.current);
                    current.filter_map(|wording| wording.fields.as_ref().and_then(text_of)).collect()
                }
                _ => Vec::new(),
            };
            let phone = &mut self.phones[at];
            let moment = phone.moment();
            if let (Some(home), true) = (&mut phone.home, texts.len() > 1) {
                let merged = |field: &str| vec![(field.to_owned(), texts.join("\n"))];
                let _ = match &view {
                    EntryView::Revisions { heads, .. } => home.propose(moment, id, &merged("text"), None, Some(heads)),
                    EntryView::OwnEntry { practice, .. } if practice == "boundary" => {
                        home.edit(moment, id, &merged("limit"))
                    }
                    _ => home.edit(moment, id, &merged("text")),
                };
            }
        }
    }
}

/// The heads as the rules say, from what is shown of each revision alone: whole, stood on by somebody, neither in force nor below it,
/// and below no other of these.
fn standing_heads(revisions: &[Revision], in_force: Option<StatementId>) -> BTreeSet<StatementId> {
    let parents: BTreeMap<StatementId, &[StatementId]> =
        revisions.iter().map(|revision| (revision.hash, revision.parents.as_slice())).collect();
    let above = |of: StatementId| {
        let (mut found, mut next) = (BTreeSet::new(), vec![of]);
        while let Some(hash) = next.pop() {
            next.extend(parents.get(&hash).into_iter().copied().flatten().filter(|parent| found.insert(**parent)));
        }
        found
    };
    let settled = in_force.map(above).unwrap_or_default();
    let stands = revisions.iter().filter(|revision| !revision.pending && !revision.consents.is_empty());
    let standing: BTreeSet<StatementId> =
        stands.map(|r| r.hash).filter(|hash| Some(*hash) != in_force && !settled.contains(hash)).collect();
    let replaced: BTreeSet<StatementId> = standing.iter().flat_map(|hash| above(*hash)).collect();
    standing.difference(&replaced).copied().collect()
}
