//! A foe with a partner's key: what a modified app, or whoever holds the space's key, can put into the space's box.

use super::World;
use super::dice::Dice;
use amends_core::crypto::record::{Core, Item, Place, SignedRecord};
use amends_core::crypto::seal::{open_record, seal_record};
use amends_core::document::{Actor, Document, ScalarPosition, Schema, change_hash};
use amends_core::home::EntryView;
use amends_core::id::{Day, DeviceId, EntryId, Incarnation, MemberId, SeriesId, StatementId};
use amends_core::statement::{Body, Content, Header, Kind, Role, Statement, Subject, Value, body_hash};
use std::collections::BTreeMap;

/// A word that only a foe uses: no phone of the other may ever show it.
pub const FOE: &str = "forged";
/// Whose phone the foe has: B's first.
const PHONE: usize = 1;

impl World {
    /// Somebody does what no sound phone does.
    ///
    /// # Errors
    /// What a home says.
    pub fn foul(&mut self, dice: &mut Dice) -> Result<(), String> {
        let choice = dice.below(15);
        self.note(|| format!("a foe tries trick {choice}"));
        if choice == 14 {
            self.foul_pack(dice);
            return Ok(());
        }
        let sealed = match choice {
            0 | 1 => self.broken_record(dice),
            2 => self.record_again(dice),
            _ => self.forged(choice, dice),
        };
        if let (Some(sealed), Some(space)) = (sealed, &self.space) {
            let mail = self.relay.inject(*space.box_id(), sealed);
            self.post(mail);
        }
        Ok(())
    }

    fn some_record(&self, dice: &mut Dice) -> Option<Vec<u8>> {
        let space = self.space.as_ref()?;
        let records: Vec<&[u8]> = self.relay.records(space.box_id()).collect();
        dice.pick(&records).map(|record| record.to_vec())
    }

    /// Bits flipped, bytes cut off, or nothing but noise.
    fn broken_record(&self, dice: &mut Dice) -> Option<Vec<u8>> {
        let mut record = self.some_record(dice)?;
        match dice.below(4) {
            0 => record.truncate(dice.below(record.len()).max(1)),
            1 => record = dice.bytes::<64>().to_vec(),
            _ => {
                let at = dice.below(record.len());
                *record.get_mut(at)? ^= 1 << dice.below(8);
            }
        }
        Some(record)
    }

    /// The same signed record in other sealed bytes.
    fn record_again(&self, dice: &mut Dice) -> Option<Vec<u8>> {
        let space = self.space.as_ref()?;
        let record = open_record(space, &self.some_record(dice)?).ok()?;
        seal_record(space, &record, &Place::START).ok()
    }

    /// Statements and changes that their signer may not make.
    fn forged(&mut self, choice: usize, dice: &mut Dice) -> Option<Vec<u8>> {
        let day = Day::new(20_250).ok()?;
        let of_a = self.shadow.entries.iter().filter(|entry| entry.side == super::Side::A);
        let practices: &[&str] = match choice {
            3..=5 | 10 => &["boundary", "appreciation"],
            6 | 7 => &["agreement"],
            12 => &["note"],
            _ => &[],
        };
        let targets: Vec<EntryId> = of_a.filter(|e| practices.contains(&e.practice)).map(|e| e.id).collect();
        let target = dice.pick(&targets).copied();
        let junk = StatementId(dice.bytes());
        let on = |kind, target: EntryId| Header::new(kind, Subject::Target(target), day);
        let mut claims: Vec<(Header, Content, bool)> = Vec::new();
        let mut changes = Vec::new();
        match choice {
            // The other's words, edited or taken back; the practice renamed on the way.
            3 => {
                let over: Vec<StatementId> = self.shadow.said.iter().map(|said| said.hash).take(40).collect();
                claims.push((on(Kind::EDIT, target?).over(over), words("agreement", FOE), true));
            }
            4 => claims.push((on(Kind::REDACT, target?), Content::default(), true)),
            5 => claims.push((on(Kind(900), target?), words("boundary", FOE), true)),
            // Agreeing to what is none.
            6 => claims.push((on(Kind::CONSENT, target?).naming(Role::SUBJECT, junk), Content::default(), true)),
            7 => {
                let own = StatementId(target?.0);
                claims.push((on(Kind::CONSENT, target?).naming(Role::SUBJECT, own), Content::default(), true));
            }
            // A check-in, opened for the other, or taken back for them.
            8 | 9 => claims.extend(self.forged_opening(choice == 8, day, dice)),
            // Text that is not what it seems, or far too much of it.
            10 => claims.push((fresh(dice, day), words("boundary", &format!("{FOE}\u{202e}txet")), true)),
            11 => claims.push((fresh(dice, day), words("boundary", &FOE.repeat(5000)), true)),
            // Somebody else's hand in a note, and a change that is none.
            12 => {
                let mut document = Document::load(Schema::Note, &[], Vec::new()).ok()?.0;
                let actor = Actor::derive(&DeviceId(dice.bytes()), &Incarnation(dice.bytes()), &target?);
                let mut made = document.splice(actor, ScalarPosition(0), 0, FOE).ok()?.pop()?.bytes;
                if dice.hits(1, 2) {
                    let at = dice.below(made.len());
                    *made.get_mut(at)? ^= 0x40;
                }
                changes.push((target?, made));
            }
            _ => {
                let missing = vec![(DeviceId(dice.bytes()), Incarnation(dice.bytes()), 1, u64::MAX)];
                let owner = EntryId::from(self.owner());
                claims.push((on(Kind::REFILL, owner), Content { missing: Some(missing), ..Content::default() }, true));
            }
        }
        self.sign(claims, changes, dice)
    }

    /// An opening of words that were never sealed; or a second answer, once both are open.
    fn forged_opening(&mut self, again: bool, day: Day, dice: &mut Dice) -> Vec<(Header, Content, bool)> {
        let date = Day::new(20_000 + dice.below(3) as i64).unwrap_or(Day::MIN);
        let series = SeriesId::built_in(&self.owner(), "check_in");
        let occurrence = self.occurrence(date);
        let phone = &mut self.phones[PHONE];
        let moment = phone.moment();
        let Some(home) = &mut phone.home else { return Vec::new() };
        let Ok(history) = home.history(moment, occurrence) else { return Vec::new() };
        let Ok(EntryView::SealedPair { state, .. }) = home.show(moment, occurrence) else { return Vec::new() };
        let me = home.identity().member;
        let commitment = |mine: bool| {
            let mut all = history.iter().filter(|item| item.kind == "commit" && (item.member == me) == mine);
            all.next().map(|item| item.hash)
        };
        let Some(theirs) = commitment(false) else { return Vec::new() };
        let about = |kind| Header::new(kind, Subject::Occurrence { series, day: date }, day);
        let content = words("check_in", FOE);
        if again && state == "open" {
            let header = about(Kind::COMMIT);
            return vec![(header, content, false)];
        }
        let own = commitment(true).unwrap_or(StatementId(dice.bytes()));
        let opening = about(Kind::OPEN).naming(Role::OWN_COMMITMENT, own).naming(Role::PARTNER_COMMITMENT, theirs);
        let theirs_opened =
            about(Kind::OPEN).naming(Role::OWN_COMMITMENT, theirs).naming(Role::PARTNER_COMMITMENT, own);
        let taken_back = about(Kind::TAKE_BACK).naming(Role::OWN_COMMITMENT, theirs);
        // An opening of one's own names the other's answer, which lets it open: only who answered may do that.
        let mut claims = vec![(theirs_opened, content.clone(), true), (taken_back, Content::default(), true)];
        if self.shadow.answered.contains(&(date, super::Side::B)) {
            claims.push((opening, content, true));
        }
        claims
    }

    /// One sealed record of a chain of its own, signed by the foe's device: statements, each with or without its body, and
    /// changes.
    pub fn sign(
        &mut self,
        claims: Vec<(Header, Content, bool)>,
        changes: Vec<(EntryId, Vec<u8>)>,
        dice: &mut Dice,
    ) -> Option<Vec<u8>> {
        if claims.is_empty() && changes.is_empty() {
            return None;
        }
        let owner = self.owner();
        let home = self.phones[PHONE].home.as_mut()?;
        let member: MemberId = home.identity().member;
        let (mut headers, mut items) = (Vec::new(), Vec::new());
        for (header, content, present) in claims {
            let body = Body { nonce: dice.bytes(), content: content.encode() };
            let statement = Statement::author(owner, member, header, body.clone());
            headers.push(statement.header_bytes);
            items.push(if present { Item::Present(body.to_bytes()) } else { Item::Absent(statement.body_hash.0) });
        }
        let mut documents = Vec::new();
        for (document, bytes) in changes {
            documents.push(document);
            items.push(Item::Present(bytes));
        }
        let space = self.space.as_ref()?;
        let place = Place { owner, epoch: space.id(), prev: Place::START };
        let incarnation = Incarnation(dice.bytes());
        let record = home.with_means(0, |means| {
            let device_hint = means.device.id().hint();
            let hashes = headers.clone();
            let core = Core { device_hint, incarnation, seq: 1, seen: Vec::new(), headers, documents };
            let hash = |at: usize, bytes: &[u8]| match hashes.get(at) {
                Some(header) => body_hash(&owner, &member, header, bytes).map(|hash| hash.0),
                None => Some(change_hash(bytes).0),
            };
            SignedRecord::sign(means.device, &place, core, items, Vec::new(), hash).ok()
        });
        seal_record(space, &record?.0, &Place::START).ok()
    }
}

fn fresh(dice: &mut Dice, day: Day) -> Header {
    Header::new(Kind::CREATE, Subject::Fresh(dice.bytes()), day)
}

fn words(practice: &str, words: &str) -> Content {
    Content::of(practice, 1, BTreeMap::from([(1, Value::Text(words.to_owned()))]))
}
