//! What must hold: while things happen, and once everybody has met again.

use super::World;
use super::packs::{open_pack, words_of};
use super::phone::Side;
use super::shadow::Sealed;
use amends_core::crypto::record::{Item, SignedRecord};
use amends_core::crypto::seal::open_record;
use amends_core::home::EntryView;
use amends_core::id::{BodyHash, Day, EntryId, OwnerId, SeriesId, StatementId, hash};
use amends_core::statement::{self, Header, Kind, Role, Statement};
use amends_core::storage::{Store, Table};
use amends_core::sync::{RecordRow, bound_records};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Days a healed world is given: what is missing is asked for once a day.
const HEALING_DAYS: usize = 5;
const DAY_MS: u64 = 24 * 3_600_000;

impl World {
    /// The check-in of a day.
    pub fn occurrence(&self, date: Day) -> EntryId {
        let owner = self.owner();
        EntryId::occurrence(&owner, &SeriesId::built_in(&owner, "check_in"), date)
    }

    /// Who owns the space's statements.
    pub fn owner(&self) -> OwnerId {
        self.owner
    }

    /// Looks at every record that came into the space's box since the last look: nobody's vault is in it, and no sealed words
    /// before their time.
    ///
    /// # Errors
    /// What is there and must not be.
    pub fn watch(&mut self) -> Result<(), String> {
        let Some(space) = &self.space else { return Ok(()) };
        let mut found = Vec::new();
        let mut committed = Vec::new();
        for vault in self.vaults.values() {
            for sealed in self.relay.records(vault.box_id()) {
                if self.watched.insert(hash(&[sealed])) {
                    let Ok(record) = open_record(vault, sealed) else { continue };
                    let headers = record.core.headers.iter().filter_map(|header| Header::decode(header).ok());
                    let answers = headers.filter(|header| header.kind == Kind::SEALED_ANSWER);
                    self.kept_answers.extend(answers.filter_map(|header| header.named(Role::OWN_COMMITMENT).next()));
                }
            }
        }
        for sealed in self.relay.records(space.box_id()) {
            if self.watched.insert(hash(&[sealed])) {
                let Ok(record) = open_record(space, sealed) else { continue };
                committed.extend(self.own_commitments(&record));
                found.push(words_of(&record));
            }
        }
        for pack in self.relay.packs(space.box_id()) {
            if self.watched.insert(pack.id.0) {
                for packed in open_pack(&self.relay, space, &self.owner, pack) {
                    committed.extend(self.own_commitments(&packed.record));
                    found.push(words_of(&packed.record));
                }
            }
        }
        if committed.iter().any(|commitment| !self.kept_answers.contains(commitment)) {
            return Err("a commitment is at the relay before its words are in a vault there".to_owned());
        }
        for bytes in found {
            self.sees_only_its_own(None, &bytes, "a record of the space's box")?;
            self.seen_words += self.shadow.words.values().filter(|word| contains(&bytes, word)).count();
        }
        // What a relay lost is no longer where phones left it, until they notice.
        if self.shadow.mishaps == 0 { self.nothing_hidden_is_gone() } else { Ok(()) }
    }

    /// Commitments in a record that a phone acknowledged to its person.
    fn own_commitments(&self, record: &SignedRecord) -> Vec<StatementId> {
        let sealed = |(header, item): (&Vec<u8>, &Item)| {
            let Item::Absent(body) = item else { return None };
            let is_commit = Header::decode(header).is_ok_and(|header| header.kind == Kind::COMMIT);
            is_commit.then(|| (header.clone(), BodyHash(*body)))
        };
        let commits: Vec<_> = record.core.headers.iter().zip(&record.items).filter_map(sealed).collect();
        let id = |(header, body): (Vec<u8>, BodyHash)| {
            self.members.iter().find_map(|member| {
                let item = statement::Item::Absent(body);
                let said = Statement::from_parts(self.owner, *member, header.clone(), item).ok()?;
                self.shadow.is_known(&said.id).then_some(said.id)
            })
        };
        commits.into_iter().filter_map(id).collect()
    }

    /// Whether bytes that one person (or whoever has the space's key) can read hold only what they may.
    fn sees_only_its_own(&self, reader: Option<Side>, bytes: &[u8], place: &str) -> Result<(), String> {
        for (word, side) in &self.shadow.vault {
            if reader != Some(*side) && contains(bytes, word) {
                return Err(format!("{place} holds {word} of {side:?}'s vault"));
            }
        }
        for sealed in &self.shadow.sealed {
            let open = reader == Some(sealed.side) || self.shadow.may_be_open(sealed.date, sealed.side);
            if !open && contains(bytes, &sealed.word) {
                return Err(format!("{place} holds {} before its time", sealed.word));
            }
        }
        Ok(())
    }

    /// Everything a phone keeps, opened, and inflated where it was deflated.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn rows(&mut self, at: usize) -> Result<Vec<(Table, Vec<u8>)>, String> {
        let disk = self.phones[at].sealed_disk();
        let mut all = Vec::new();
        for table in Table::ALL {
            let rows = disk.range(table, &[], &[], usize::MAX).map_err(|error| format!("unreadable: {error}"))?;
            for (_, row) in rows {
                let records = match table {
                    Table::Records => {
                        let kept: RecordRow = minicbor::decode(&row).map_err(|error| format!("unreadable: {error}"))?;
                        kept.record().map(|record| vec![record])
                    }
                    Table::Sheaves => bound_records(&row),
                    _ => Some(Vec::new()),
                };
                let payloads = records.ok_or("a record cannot be read")?.into_iter();
                all.extend(payloads.map(|record| (table, record.encode_payload(&record.made_in, None))));
                all.push((table, row));
            }
        }
        Ok(all)
    }

    /// Brings everybody together and checks everything, on a phone too that comes last. Before the end words are taken back that
    /// packs hold, as a rule.
    ///
    /// # Errors
    /// What does not hold.
    pub fn heal_and_check(&mut self) -> Result<(), String> {
        self.relay.trouble = None;
        let mail = self.relay.catch_up();
        self.post(mail);
        for at in 0..self.phones.len() {
            self.phones[at].reachable = true;
            self.phones[at].clock_off_s = 0;
            self.phones[at].dies_after = None;
            self.phones[at].disk.with(|store| store.inject(Default::default()));
            self.start(at)?;
        }
        self.heal()?;
        self.take_back_late()?;
        self.heal()?;
        self.newcomer()?;
        self.heal()?;
        self.nothing_hidden_is_gone()?;
        self.nothing_lost()?;
        self.nothing_foreign()?;
        self.nothing_leaks()?;
        self.nobody_loses_silently()?;
        self.everything_verifies()?;
        self.everybody_can_withdraw()
    }

    /// Everybody meets, day after day, until all see the same.
    fn heal(&mut self) -> Result<(), String> {
        let mut last = Ok(());
        for _ in 0..HEALING_DAYS {
            for at in 0..self.phones.len() {
                self.cut(at)?;
                self.connect(at)?;
                self.flush(at)?;
            }
            self.settle()?;
            self.watch()?;
            last = self.converged();
            if last.is_ok() {
                break;
            }
            self.pass(DAY_MS)?;
            for at in 0..self.phones.len() {
                self.input(at, amends_core::sync::Input::Tick)?;
            }
        }
        last
    }

    /// Everything a phone shows.
    pub(super) fn views(&mut self, at: usize) -> Result<BTreeMap<EntryId, EntryView>, String> {
        let phone = &mut self.phones[at];
        let moment = phone.moment();
        let home = phone.home.as_mut().ok_or("a phone is off")?;
        let views = home.list(moment, None).map_err(|error| format!("{}: list: {error}", phone.name))?;
        Ok(views.into_iter().map(|view| (view.id(), self.as_shown(view))).collect())
    }

    /// All phones show the same: exactly between one's own, up to the point of view between partners.
    pub(super) fn converged(&mut self) -> Result<(), String> {
        let mut seen: Vec<(Side, &'static str, BTreeMap<EntryId, EntryView>)> = Vec::new();
        let vaults: BTreeSet<EntryId> = self
            .shadow
            .entries
            .iter()
            .filter(|entry| entry.practice == "journal_entry")
            .map(|entry| entry.id)
            .collect();
        for at in 0..self.phones.len() {
            let mut views = self.views(at)?;
            // What is left of an entry in the vault whose beginning a damaged disk lost.
            views.retain(|id, view| !(vaults.contains(id) && matches!(view, EntryView::Newer { .. })));
            seen.push((self.phones[at].side, self.phones[at].name, views));
        }
        for pair in 1..seen.len() {
            let (side, name, views) = &seen[0];
            let (other_side, other, others) = &seen[pair];
            same(name, views, other, others, side == other_side)?;
        }
        if let [.., (side, name, views), (other_side, other, others)] = seen.as_slice() {
            same(name, views, other, others, side == other_side)?;
        }
        Ok(())
    }

    /// Everything that was acknowledged is on every phone that may have it.
    fn nothing_lost(&mut self) -> Result<(), String> {
        for at in 0..self.phones.len() {
            let views = self.views(at)?;
            let phone = &mut self.phones[at];
            let (moment, side, name) = (phone.moment(), phone.side, phone.name);
            let Some(home) = phone.home.as_mut() else { continue };
            let mut histories: BTreeMap<EntryId, BTreeSet<StatementId>> = BTreeMap::new();
            for said in self.shadow.said.iter().filter(|said| !said.lost) {
                let vault = self
                    .shadow
                    .entries
                    .iter()
                    .any(|entry| entry.id == said.entry && entry.practice == "journal_entry" && entry.side != side);
                if vault {
                    continue;
                }
                let known = match histories.entry(said.entry) {
                    std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                    std::collections::btree_map::Entry::Vacant(place) => {
                        let history = home.history(moment, said.entry).unwrap_or_default();
                        place.insert(history.into_iter().map(|item| item.hash).collect())
                    }
                };
                if !known.contains(&said.hash) {
                    return Err(format!("{name} lacks what act {} on phone {} acknowledged", said.act, said.phone));
                }
            }
            for (token, typed) in &self.shadow.tokens {
                let Some(EntryView::CoText { text, .. }) = views.get(&typed.note) else {
                    if typed.lost {
                        continue;
                    }
                    return Err(format!("{name} lacks the note of {token}"));
                };
                if !typed.deleted && !typed.lost && !text.contains(token.as_str()) {
                    return Err(format!("{name} lacks {token} in {text:?}"));
                }
                if text.matches(token.as_str()).count() > 1 {
                    return Err(format!("{name} shows {token} twice"));
                }
            }
        }
        Ok(())
    }

    /// Every word shown is what its author said under that very hash; what is in force has both consents.
    fn nothing_foreign(&mut self) -> Result<(), String> {
        for at in 0..self.phones.len() {
            let name = self.phones[at].name;
            let views = self.views(at)?;
            for view in views.values() {
                let shown = serde_json::to_string(view).unwrap_or_default();
                if shown.contains(super::foe::FOE) {
                    return Err(format!("{name} shows what a foe forged: {shown}"));
                }
                match view {
                    EntryView::Revisions { in_force, revisions, .. } => {
                        for revision in revisions {
                            self.is_what_was_said(name, &revision.hash, revision.fields.as_ref().and_then(text_of))?;
                            if Some(revision.hash) == *in_force && revision.consents.len() != 2 {
                                return Err(format!("{name} shows in force what one person consents to"));
                            }
                        }
                    }
                    EntryView::OwnEntry { wordings, .. } | EntryView::Vault { wordings, .. } => {
                        for wording in wordings {
                            self.is_what_was_said(name, &wording.hash, wording.fields.as_ref().and_then(text_of))?;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn is_what_was_said(&self, name: &str, hash: &StatementId, shown: Option<String>) -> Result<(), String> {
        let Some(shown) = shown else { return Ok(()) };
        let said = match self.shadow.words.get(hash) {
            Some(word) => *word == shown,
            None => self.shadow.tried.contains(&shown),
        };
        if said { Ok(()) } else { Err(format!("{name} shows {shown:?}, which nobody said there")) }
    }

    /// Words of check-ins that their authors took back for good, their own vaults included.
    fn answers_taken_back(&mut self) -> Result<BTreeSet<String>, String> {
        let mut gone = BTreeSet::new();
        let sealed = self.shadow.sealed.clone();
        for Sealed { word, side, date } in sealed {
            let occurrence = self.occurrence(date);
            let Some(phone) = self.phones.iter_mut().find(|phone| phone.side == side) else { continue };
            let moment = phone.moment();
            let home = phone.home.as_mut().ok_or("a phone is off")?;
            let me = home.identity().member;
            let history = home.history(moment, occurrence).unwrap_or_default();
            let of = |kind| history.iter().filter(move |item| item.member == me && item.kind == kind);
            // Whoever answers knowing of a redaction says so, and keeps the words.
            let covered = |over: &[StatementId]| of("redact").any(|redact| !over.contains(&redact.hash));
            if of("commit").all(|commitment| covered(&commitment.over)) && of("redact").next().is_some() {
                gone.insert(word);
            }
        }
        Ok(gone)
    }

    /// Nobody keeps what is not theirs, and nobody keeps what was taken back.
    fn nothing_leaks(&mut self) -> Result<(), String> {
        let mut gone = BTreeSet::new();
        let views = self.views(0)?;
        for view in views.values() {
            if let EntryView::OwnEntry { wordings, .. } | EntryView::Vault { wordings, .. } = view {
                let redacted = wordings.iter().filter(|wording| wording.redacted);
                gone.extend(redacted.filter_map(|wording| self.shadow.words.get(&wording.hash).cloned()));
            }
        }
        gone.extend(self.answers_taken_back()?);
        for words in self.all_packed_words() {
            if let Some(word) = gone.iter().find(|word| contains(&words, word)) {
                return Err(format!("a pack still holds {word}, which was taken back"));
            }
        }
        for at in 0..self.phones.len() {
            let (name, side) = (self.phones[at].name, self.phones[at].side);
            let rows = self.rows(at)?;
            for (table, row) in &rows {
                self.sees_only_its_own(Some(side), row, &format!("{name}'s {table:?}"))?;
                if let Some(word) = gone.iter().find(|word| contains(row, word)) {
                    return Err(format!("{name}'s {table:?} still holds {word}, which was taken back"));
                }
            }
        }
        Ok(())
    }

    /// Every chain holds, none is forked, and views are what the records say.
    fn everything_verifies(&mut self) -> Result<(), String> {
        for at in 0..self.phones.len() {
            let before = self.views(at)?;
            let phone = &mut self.phones[at];
            phone.disk.mend();
            let moment = phone.moment();
            let Some(home) = phone.home.as_mut() else { continue };
            let set_aside = home.quarantine(moment).map_err(|error| error.to_string())?;
            self.set_aside.extend(set_aside.into_iter().map(|item| item.reason));
            let report = home.verify(moment).map_err(|error| error.to_string())?;
            if report.broken > 0 || report.forks > 0 {
                return Err(format!("{}: {report:?}", phone.name));
            }
            let today = home.today(moment, None).map_err(|error| error.to_string())?;
            home.rebuild(moment).map_err(|error| format!("{}: rebuild: {error}", phone.name))?;
            let again = home.today(moment, None).map_err(|error| error.to_string())?;
            if today != again {
                return Err(format!("{}: Today differs when recomputed: {today:?} {again:?}", phone.name));
            }
            let name = phone.name;
            same(name, &before, "recomputed", &self.views(at)?, true)?;
        }
        Ok(())
    }
}

/// Whether bytes hold a word.
pub fn contains(bytes: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    !word.is_empty() && bytes.windows(word.len()).any(|window| window == word)
}

/// The first text among fields.
pub(super) fn text_of(fields: &BTreeMap<String, amends_core::statement::Value>) -> Option<String> {
    fields.values().find_map(|value| match value {
        amends_core::statement::Value::Text(text) => Some(text.clone()),
        _ => None,
    })
}

fn same(
    name: &str,
    views: &BTreeMap<EntryId, EntryView>,
    other: &str,
    others: &BTreeMap<EntryId, EntryView>,
    own: bool,
) -> Result<(), String> {
    let shown = |views: &BTreeMap<EntryId, EntryView>| -> BTreeMap<EntryId, Value> {
        let each = views.iter().filter(|(_, view)| own || !matches!(view, EntryView::Vault { .. }));
        each.map(|(id, view)| (*id, shared(view, own))).collect()
    };
    let (left, right) = (shown(views), shown(others));
    if left == right {
        return Ok(());
    }
    let ids: BTreeSet<&EntryId> = left.keys().chain(right.keys()).collect();
    let differing = ids.into_iter().find(|id| left.get(*id) != right.get(*id));
    let of = |views: &BTreeMap<EntryId, Value>| differing.and_then(|id| views.get(id)).map(Value::to_string);
    Err(format!("{name} shows {:?}\n  {other} shows {:?}", of(&left), of(&right)))
}

/// A view without what depends on whose phone shows it.
fn shared(view: &EntryView, own: bool) -> Value {
    let mut shown = serde_json::to_value(view).unwrap_or_default();
    // A phone that never had the words cannot know what they were for.
    let redacted = shown.get("state") == Some(&Value::String("redacted".to_owned()));
    if redacted || matches!(view, EntryView::Revisions { .. }) {
        shown.as_object_mut().and_then(|map| map.remove("practice"));
    }
    if own {
        return shown;
    }
    let Some(map) = shown.as_object_mut() else { return shown };
    match view {
        EntryView::Revisions { .. } => {
            map.remove("settled");
            // Named in the order of "me, the other".
            for revision in map.get_mut("revisions").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(consents) = revision.get_mut("consents").and_then(Value::as_array_mut) {
                    consents.sort_by_key(Value::to_string);
                }
            }
        }
        EntryView::SealedPair { .. } => {
            map.remove("state");
            map.remove("could_not_be_opened");
            if let Some(answers) = map.get_mut("answers").and_then(Value::as_array_mut) {
                answers.retain(|answer| answer.get("open") == Some(&Value::Bool(true)));
                answers.sort_by_key(Value::to_string);
            }
        }
        _ => {}
    }
    shown
}
