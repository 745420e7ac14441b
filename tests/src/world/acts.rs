//! What people do.

use super::dice::Dice;
use super::phone::{PhoneHome, Side};
use super::shadow::{Entry, Sealed, Token};
use super::{Bug, World};
use amends_core::document::ScalarPosition;
use amends_core::home::{Answer, EntryView, ErrorClass, HomeError, Moment};
use amends_core::id::{Day, EntryId, StatementId};

/// Fields by name.
pub type Pairs = Vec<(String, String)>;

fn pair(name: &str, value: &str) -> Pairs {
    vec![(name.to_owned(), value.to_owned())]
}

/// What an act was about, and the words it brought.
struct Done {
    entry: EntryId,
    hash: Option<StatementId>,
    word: Option<String>,
}

impl World {
    /// A person does something on a phone that runs.
    ///
    /// # Errors
    /// What no home may answer.
    pub fn act(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        if self.phones[at].home.is_none() {
            return Ok(());
        }
        self.shadow.acts += 1;
        if self.bug == Some(Bug::MergesTexts) {
            self.merge_texts(at);
        }
        match dice.below(20) {
            0 => self.write(at, "boundary", "limit", dice),
            1 => self.write(at, "appreciation", "text", dice),
            2 => self.write(at, "journal_entry", "text", dice),
            3 => self.write(at, "agreement", "text", dice),
            4 => self.write(at, "note", "title", dice),
            5 | 6 => self.reword(at, dice),
            7..=10 => self.answer_agreement(at, dice),
            11..=14 => self.type_note(at, dice),
            15..=17 => self.check_in(at, dice),
            18 => self.acknowledge_wording(at, dice),
            _ => self.other(at, dice),
        }
    }

    /// Does one thing, takes what the phone acknowledged into the shadow, and drives what follows.
    fn perform(
        &mut self,
        at: usize,
        what: &str,
        act: impl FnOnce(&mut PhoneHome, Moment) -> Result<Done, HomeError>,
    ) -> Result<Option<EntryId>, String> {
        let now_ms = self.now_ms;
        let phone = &mut self.phones[at];
        phone.now_ms = now_ms;
        let (moment, name) = (phone.moment(), phone.name);
        let Some(home) = &mut phone.home else { return Ok(None) };
        let done = act(home, moment);
        if self.tracing {
            let outcome = done.as_ref().map_or_else(|error| error.code(), |_| "ok");
            self.trace.push(format!("{name}: {what}: {outcome}"));
        }
        let done = match done {
            Err(error) if is_answer(&error) => None,
            done => self.outcome(at, done)?,
        };
        let Some(Done { entry, hash, word }) = done else { return Ok(None) };
        self.acknowledged(at, entry, hash, word.as_deref())?;
        Ok(Some(entry))
    }

    /// Everything the acting phone now shows of the entry's past was acknowledged by somebody.
    fn acknowledged(
        &mut self,
        at: usize,
        entry: EntryId,
        hash: Option<StatementId>,
        word: Option<&str>,
    ) -> Result<(), String> {
        let phone = &mut self.phones[at];
        let moment = phone.moment();
        let Some(home) = &mut phone.home else { return Ok(()) };
        let me = home.identity().member;
        let history = home.history(moment, entry).map_err(|error| format!("no history: {error}"))?;
        let new: Vec<StatementId> = history.iter().filter(|item| item.member == me).map(|item| item.hash).collect();
        for own in new {
            let words = word.filter(|_| hash.is_none_or(|hash| hash == own));
            self.shadow.acknowledge(at, entry, own, words);
        }
        Ok(())
    }

    fn some_entry(&mut self, dice: &mut Dice, practices: &[&str]) -> Option<Entry> {
        let fitting: Vec<&Entry> =
            self.shadow.entries.iter().filter(|entry| practices.contains(&entry.practice)).collect();
        dice.pick(&fitting).map(|entry| (*entry).clone())
    }

    fn write(&mut self, at: usize, practice: &'static str, field: &str, dice: &mut Dice) -> Result<(), String> {
        let word = self.shadow.word(dice.below(6));
        let side = self.phones[at].side;
        if practice == "journal_entry" {
            self.shadow.vault.push((word.clone(), side));
        }
        let fields = pair(field, &word);
        let words = (practice != "note").then(|| word.clone());
        let entry = self.perform(at, &format!("new {practice} {word}"), |home, moment| {
            let entry = home.new_entry(moment, practice, &fields, false)?;
            Ok(Done { entry, hash: None, word: words })
        })?;
        if let (Some(Bug::SharesVault), Some(vault), "journal_entry") = (self.bug, entry, practice) {
            let phone = &mut self.phones[at];
            let moment = phone.moment();
            if let Some(home) = &mut phone.home {
                let shared = home.share(moment, vault, "appreciation", &pair("text", &word));
                drop(shared);
            }
        }
        self.shadow.entries.extend(entry.map(|id| Entry { id, practice, side }));
        Ok(())
    }

    fn reword(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        let practices = ["boundary", "appreciation", "journal_entry", "note", "agreement"];
        let Some(Entry { id, practice, side }) = self.some_entry(dice, &practices) else { return Ok(()) };
        if dice.hits(1, 4) {
            return self.redact(at, id, practice, side);
        }
        let word = self.shadow.word(dice.below(6));
        if practice == "journal_entry" {
            self.shadow.vault.push((word.clone(), side));
        }
        let field = match practice {
            "boundary" => "limit",
            "note" => "title",
            _ => "text",
        };
        let fields = pair(field, &word);
        let words = (practice != "note").then(|| word.clone());
        let mine = self.phones[at].side == side;
        let done = self.perform(at, &format!("edit {practice} {word}"), |home, moment| {
            let hash = home.edit(moment, id, &fields)?;
            Ok(Done { entry: id, hash: Some(hash), word: words })
        })?;
        if done.is_some() && !mine && practice != "note" {
            return Err(format!("edited the other's {practice}"));
        }
        Ok(())
    }

    fn redact(&mut self, at: usize, id: EntryId, practice: &str, side: Side) -> Result<(), String> {
        let done = self.perform(at, &format!("redact {practice}"), |home, moment| {
            home.redact(moment, id)?;
            Ok(Done { entry: id, hash: None, word: None })
        })?;
        let mine = self.phones[at].side == side;
        if done.is_some() && practice != "agreement" && (!mine || practice == "note") {
            return Err(format!("redacted a {practice} that is not one's own"));
        }
        Ok(())
    }

    /// Somebody takes back what they wrote, long after everybody read it.
    ///
    /// # Errors
    /// What no home may answer.
    pub(super) fn take_back_late(&mut self) -> Result<(), String> {
        let mut dice = self.last_dice.fork();
        let Some(Entry { id, practice, side }) =
            self.some_entry(&mut dice, &["boundary", "appreciation", "journal_entry"])
        else {
            return Ok(());
        };
        let Some(at) = self.phones.iter().position(|phone| phone.side == side) else { return Ok(()) };
        self.redact(at, id, practice, side)
    }

    fn acknowledge_wording(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        let Some(Entry { id, .. }) = self.some_entry(dice, &["boundary", "appreciation"]) else { return Ok(()) };
        self.perform(at, "acknowledge", |home, moment| {
            home.acknowledge(moment, id, None)?;
            Ok(Done { entry: id, hash: None, word: None })
        })
        .map(drop)
    }

    fn answer_agreement(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        let Some(Entry { id, .. }) = self.some_entry(dice, &["agreement"]) else { return Ok(()) };
        let revision = if dice.hits(1, 3) { self.some_revision(at, id, dice) } else { None };
        let word = self.shadow.word(dice.below(6));
        let choice = dice.below(9);
        let parents = revision.map(|revision| vec![revision]);
        let what = ["propose", "propose", "consent", "consent", "consent", "decline", "comment", "withdraw", "retire"];
        let what = what.get(choice).copied().unwrap_or_default();
        let withdraws = choice > 6 && self.shows_agreement(at, id);
        let mut refused = None;
        let done = self.perform(at, &format!("{what} {word}"), |home, moment| {
            let done = match choice {
                0 | 1 => {
                    let proposed = home.propose(moment, id, &pair("text", &word), None, parents.as_deref());
                    proposed.map(|hash| (hash, Some(word.clone())))
                }
                2..=4 => home.consent(moment, id, revision).map(|hash| (hash, None)),
                5 => home.decline(moment, id, revision, Some(&word)).map(|hash| (hash, Some(word.clone()))),
                6 => home.comment(moment, id, &word, revision).map(|hash| (hash, Some(word.clone()))),
                7 => home.withdraw(moment, id, revision).map(|hash| (hash, None)),
                _ => home.retire(moment, id).map(|hash| (hash, None)),
            };
            refused = done.as_ref().err().filter(|error| is_answer(error)).map(HomeError::code);
            done.map(|(hash, word)| Done { entry: id, hash: Some(hash), word })
        });
        match refused {
            Some(code) if withdraws => Err(format!("I5: {} may not {what}: {code}", self.phones[at].name)),
            _ => done.map(drop),
        }
    }

    fn some_revision(&mut self, at: usize, entry: EntryId, dice: &mut Dice) -> Option<StatementId> {
        let phone = &mut self.phones[at];
        let moment = phone.moment();
        let Ok(EntryView::Revisions { revisions, .. }) = phone.home.as_mut()?.show(moment, entry) else { return None };
        dice.pick(&revisions).map(|revision| revision.hash)
    }

    fn type_note(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        let Some(Entry { id: note, .. }) = self.some_entry(dice, &["note"]) else { return Ok(()) };
        let phone = &mut self.phones[at];
        let moment = phone.moment();
        let Some(home) = phone.home.as_mut() else { return Ok(()) };
        let Ok(EntryView::CoText { text, .. }) = home.show(moment, note) else { return Ok(()) };
        let inside: Vec<String> = self.shadow.tokens.keys().filter(|token| text.contains(*token)).cloned().collect();
        if let (true, Some(token)) = (dice.hits(1, 4), dice.pick(&inside)) {
            let before = text.split(token.as_str()).next().map_or(0, |before| before.chars().count());
            let length = token.chars().count();
            // Whether or not the phone lives to say so, it may be gone.
            if let Some(known) = self.shadow.tokens.get_mut(token) {
                known.deleted = true;
            }
            return self
                .perform(at, &format!("take {token} out"), |home, moment| {
                    home.splice(moment, note, ScalarPosition(before), length, "")?;
                    Ok(Done { entry: note, hash: None, word: None })
                })
                .map(drop);
        }
        let edges: Vec<usize> = text.chars().enumerate().filter(|(_, c)| *c == '[').map(|(at, _)| at).collect();
        let place = if dice.hits(1, 2) { text.chars().count() } else { dice.pick(&edges).copied().unwrap_or(0) };
        let token = self.shadow.word(dice.below(6));
        let typed = self.perform(at, &format!("type {token} at {place}"), |home, moment| {
            home.splice(moment, note, ScalarPosition(place), 0, &token)?;
            Ok(Done { entry: note, hash: None, word: None })
        })?;
        if let (Some(Bug::TypesTwice), Some(home)) = (self.bug, &mut self.phones[at].home) {
            drop(home.splice(moment, note, ScalarPosition(place), 0, &token));
        }
        if typed.is_some() {
            let kept = Token { note, act: self.shadow.acts, phone: at, deleted: false, lost: false };
            self.shadow.tokens.insert(token, kept);
        }
        Ok(())
    }

    fn check_in(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        let side = self.phones[at].side;
        let date = Day::new(20_000 + dice.below(3) as i64).unwrap_or(Day::MIN);
        let word = self.shadow.word(5);
        let fields = pair("mood", &word);
        let choice = dice.below(9);
        match choice {
            0..=5 => {
                self.shadow.answered.insert((date, side));
            }
            6 | 7 => {}
            _ => {
                self.shadow.shared_anyway.insert((date, side));
            }
        }
        let what = if choice < 4 { format!("answer {date} {word}") } else { format!("check-in {date} act {choice}") };
        if choice < 4 {
            self.shadow.sealed.push(Sealed { word: word.clone(), side, date });
        }
        let occurrence = self.occurrence(date);
        let moment = self.phones[at].moment();
        self.perform(at, &what, |home, moment| {
            let entry = match choice {
                0..=3 => home.answer(moment, "check_in", date, Answer::Fields(&fields))?,
                4 | 5 => home.answer(moment, "check_in", date, Answer::Pass)?,
                6 => {
                    home.take_back(moment, "check_in", date)?;
                    occurrence
                }
                7 => {
                    home.redact(moment, occurrence)?;
                    occurrence
                }
                _ => {
                    home.share_anyway(moment, "check_in", date)?;
                    occurrence
                }
            };
            Ok(Done { entry, hash: None, word: None })
        })?;
        if let (Some(Bug::OpensAtOnce), Some(home), 0..=3) = (self.bug, &mut self.phones[at].home, choice) {
            drop(home.share_anyway(moment, "check_in", date));
        }
        Ok(())
    }

    /// Settings, and a copy out of the vault.
    fn other(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        if dice.hits(1, 2) {
            let on = dice.hits(1, 2);
            let phone = &mut self.phones[at];
            let moment = phone.moment();
            let Some(home) = phone.home.as_mut() else { return Ok(()) };
            let done = home.set_waiting_hint(moment, on);
            return self.outcome(at, done).map(drop);
        }
        let Some(Entry { id, .. }) = self.some_entry(dice, &["journal_entry"]) else { return Ok(()) };
        let word = self.shadow.word(dice.below(6));
        let side = self.phones[at].side;
        let words = word.clone();
        let entry = self.perform(at, &format!("share as {word}"), |home, moment| {
            let entry = home.share(moment, id, "appreciation", &pair("text", &words))?;
            Ok(Done { entry, hash: None, word: Some(words) })
        })?;
        self.shadow.entries.extend(entry.map(|id| Entry { id, practice: "appreciation", side }));
        Ok(())
    }
}

/// Whether an error is an answer that a person may get.
fn is_answer(error: &HomeError) -> bool {
    matches!(error.class(), ErrorClass::Usage | ErrorClass::NotFound | ErrorClass::Refused)
}
