//! A couple that writes for years: statements as SPEC section 3 has them, in the chains of two phones that see each other.

use super::super::{device, seeded};
use crate::crypto::cbor::{Reader, Writer};
use crate::crypto::keys::DeviceKeys;
use crate::crypto::pack::{ChainId, Dictionary, PackedRecord};
use crate::crypto::record::{Core, Item, Place, SeenEntry, SignedRecord};
use crate::id::*;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

pub(super) const OWNER: OwnerId = OwnerId([1; 32]);
pub(super) const EPOCH: EpochId = EpochId([9; 32]);

/// One phone's chain.
pub(super) struct Phone {
    keys: DeviceKeys,
    pub(super) member: MemberId,
    pub(super) chain: ChainId,
    pub(super) records: Vec<PackedRecord>,
    /// The other's head that was named last.
    named: Option<RecordId>,
}

impl Phone {
    fn head(&self) -> RecordId {
        self.records.last().map_or(Place::START, |record| record.id)
    }
}

pub(super) struct Couple {
    pub(super) phones: [Phone; 2],
    randomness: ChaCha20Rng,
    words: Vec<&'static str>,
}

pub(super) enum Target {
    Fresh,
    Known(EntryId),
    Occurrence(Day),
}

pub(super) struct Said {
    pub(super) statement: StatementId,
    pub(super) target: EntryId,
}

impl Couple {
    pub(super) fn new() -> Self {
        let phone = |seed: u8| {
            let keys = device(seed);
            let chain = ChainId { device: keys.id(), incarnation: Incarnation([seed; 8]) };
            Phone { member: MemberId::derive(&keys.id()), keys, chain, records: Vec::new(), named: None }
        };
        let words = include_str!("../../words/english.txt").split_ascii_whitespace().collect();
        Self { phones: [phone(1), phone(2)], randomness: seeded(42), words }
    }

    pub(super) fn text(&mut self, words: usize) -> String {
        let pick = |_| self.words[self.randomness.next_u32() as usize % self.words.len()];
        (0..words).map(pick).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.randomness.fill_bytes(&mut bytes);
        bytes
    }

    pub(super) fn body(&mut self, practice: &str, text: &str) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.map(3).uint(0).text(practice).uint(1).uint(1).uint(2).map(1).uint(0).text(text);
        [&self.bytes::<32>()[..], &writer.finish()].concat()
    }

    /// One statement, in a record of its own.
    pub(super) fn say(
        &mut self,
        who: usize,
        kind: u64,
        target: Target,
        refs: &[(u64, [u8; 32])],
        body: &[u8],
        day: Day,
    ) -> Said {
        let fresh: [u8; 16] = self.bytes();
        let member = self.phones[who].member;
        let mut writer = Writer::default();
        writer.map(if refs.is_empty() { 3 } else { 4 }).uint(0).uint(kind);
        let target = match target {
            Target::Known(entry) => {
                writer.uint(1).bytes(&entry.0);
                entry
            }
            Target::Fresh => {
                writer.uint(2).bytes(&fresh);
                EntryId::derive(&OWNER, &member, &fresh)
            }
            Target::Occurrence(day) => {
                let series = SeriesId::built_in(&OWNER, "check_in");
                writer.uint(3).array(2).bytes(&series.0).uint(i32::from(day) as u64);
                EntryId::occurrence(&OWNER, &series, day)
            }
        };
        if !refs.is_empty() {
            writer.uint(4).array(2 * refs.len());
            refs.iter().for_each(|(role, id)| {
                writer.uint(*role).bytes(id);
            });
        }
        writer.uint(6).uint(i32::from(day) as u64);
        let header = writer.finish();
        let body_hash = body_hash(&member, kind, &target, body);
        let statement = StatementId(hash(&[b"amends/statement/1", &OWNER.0, &member.0, &body_hash, &header]));
        // A commitment keeps its body back.
        let item = if kind == 11 { Item::Absent(body_hash) } else { Item::Present(body.to_vec()) };
        self.sign(who, vec![header], vec![item]);
        Said { statement, target }
    }

    fn sign(&mut self, who: usize, headers: Vec<Vec<u8>>, items: Vec<Item>) {
        let other = &self.phones[1 - who];
        let (head, other_chain) = (other.head(), other.chain);
        let phone = &mut self.phones[who];
        let mut seen = Vec::new();
        if head != Place::START && phone.named != Some(head) {
            let named = phone.named.is_none().then_some((other_chain.device, other_chain.incarnation));
            seen.push(SeenEntry { index: 0, record: head, named });
            phone.named = Some(head);
        }
        let core = Core {
            device_hint: phone.keys.id().hint(),
            incarnation: phone.chain.incarnation,
            seq: phone.records.len() as u64 + 1,
            seen,
            headers,
            documents: Vec::new(),
        };
        let prev = phone.head();
        let place = Place { owner: OWNER, epoch: EPOCH, prev };
        let chain = phone.chain;
        let item_hash = |index: usize, bytes: &[u8]| item_hash(&chain, &core, index, bytes);
        let (record, id) = SignedRecord::sign(&phone.keys, &place, core.clone(), items, vec![], item_hash).unwrap();
        phone.records.push(PackedRecord { member: phone.member, chain, prev, id, record });
    }

    /// A sealed check-in: both commit, both open.
    pub(super) fn check_in(&mut self, day: Day) {
        let said: Vec<(Vec<u8>, Said)> = [0, 1]
            .into_iter()
            .map(|who| {
                let text = self.text(6);
                let body = self.body("check_in", &text);
                let said = self.say(who, 11, Target::Occurrence(day), &[], &body, day);
                (body, said)
            })
            .collect();
        for who in [0, 1] {
            let refs = [(4, said[who].1.statement.0), (5, said[1 - who].1.statement.0)];
            let body = said[who].0.clone();
            self.say(who, 12, Target::Occurrence(day), &refs, &body, day);
        }
    }

    /// Ten years are 3650 days and about 27,000 actions.
    pub(super) fn live(&mut self, days: i64) {
        for number in 0..days {
            let day = Day::new(20_000 + number).unwrap();
            self.check_in(day);
            for who in [0, 1] {
                let text = self.text(8);
                let body = self.body("appreciation", &text);
                self.say(who, 1, Target::Fresh, &[], &body, day);
            }
            if number % 2 == 0 {
                let text = self.text(20);
                let body = self.body("agreement", &text);
                let proposal = self.say(0, 4, Target::Fresh, &[], &body, day);
                let empty = [&self.bytes::<32>()[..], &[0xa0]].concat();
                let subject = [(2, proposal.statement.0)];
                self.say(1, 5, Target::Known(proposal.target), &subject, &empty, day);
                let empty = [&self.bytes::<32>()[..], &[0xa0]].concat();
                self.say(0, 5, Target::Known(proposal.target), &subject, &empty, day);
            }
        }
    }

    /// All records, each after those that it names.
    pub(super) fn dictionary(&self) -> Dictionary {
        let mut dictionary = Dictionary::new(OWNER);
        let mut next = [0, 0];
        let mut defined = std::collections::HashSet::from([Place::START]);
        loop {
            let before = next;
            for (phone, next) in self.phones.iter().zip(&mut next) {
                while let Some(record) = phone.records.get(*next)
                    && record.record.core.seen.iter().all(|seen| defined.contains(&seen.record))
                {
                    dictionary.define(record, &item_hash).unwrap();
                    defined.insert(record.id);
                    *next += 1;
                }
            }
            if next == before {
                break;
            }
        }
        dictionary
    }
}

fn body_hash(member: &MemberId, kind: u64, target: &EntryId, body: &[u8]) -> [u8; 32] {
    hash(&[b"amends/body/1", &OWNER.0, &member.0, &(kind as u16).to_be_bytes(), &target.0, body])
}

/// What the statement room knows: a body's hash, from its header.
pub(super) fn item_hash(chain: &ChainId, core: &Core, index: usize, body: &[u8]) -> Option<[u8; 32]> {
    let member = MemberId::derive(&chain.device);
    let (mut kind, mut target) = (None, None);
    let mut reader = Reader::open(core.headers.get(index)?).ok()?;
    for _ in 0..reader.map().ok()? {
        match reader.uint().ok()? {
            0 => kind = reader.uint().ok(),
            1 => target = reader.fixed().ok().map(EntryId),
            2 => target = reader.fixed().ok().map(|fresh| EntryId::derive(&OWNER, &member, &fresh)),
            3 => {
                reader.tuple(2).ok()?;
                let series = SeriesId(reader.fixed().ok()?);
                let day = Day::new(reader.uint().ok()? as i64).ok()?;
                target = Some(EntryId::occurrence(&OWNER, &series, day));
            }
            _ => reader.skip().ok()?,
        }
    }
    Some(body_hash(&member, kind?, &target?, body))
}
