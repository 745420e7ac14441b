//! A simulated world: phones, the people who hold them, a relay, and everything that can go wrong between them, from one seed.
//!
//! No clock, no socket, no thread: a world is a schedule of steps, each with dice of its own, so that any part of a schedule
//! can be played again without the rest.

pub mod acts;
mod bugs;
pub mod checks;
mod damage;
pub mod dice;
pub mod disk;
pub mod foe;
mod invariants;
pub mod lines;
pub mod meeting;
pub mod packs;
pub mod pairing;
pub mod phone;
pub mod relay;
pub mod runs;
pub mod shadow;
mod shelf;
mod spoil;
pub mod steps;

use amends_core::crypto::epoch::{Epoch, EpochKey};
use amends_core::crypto::pairing::Outcome;
use amends_core::id::{MemberId, OwnerId, StatementId};
use amends_core::sync::PackRule;
use amends_protocol::PackId;
pub use bugs::Bug;
use dice::Dice;
use lines::Line;
use phone::{Phone, Side};
use relay::{ConnectionId, Relay};
use shadow::Shadow;
use std::collections::{BTreeMap, BTreeSet};

/// See the module's documentation.
pub struct World {
    /// The relay.
    pub relay: Relay,
    /// A's first phone, B's first phone, then second ones.
    pub phones: Vec<Phone>,
    /// Connections, those included that the phone has given up.
    pub lines: BTreeMap<ConnectionId, Line>,
    /// Milliseconds since the beginning.
    pub now_ms: u64,
    /// The space's epoch: what a partner can read.
    pub space: Option<Epoch>,
    /// Each person's member box: what their own phones can read.
    vaults: BTreeMap<Side, Epoch>,
    /// Commitments whose words were seen in a vault's box.
    kept_answers: BTreeSet<StatementId>,
    members: Vec<MemberId>,
    owner: OwnerId,
    /// What was acknowledged.
    pub shadow: Shadow,
    /// Records looked at.
    watched: BTreeSet<[u8; 32]>,
    /// How often words that belong in the space were seen in its box: the search finds what is there.
    pub seen_words: usize,
    /// How often the two tried in vain to pair.
    pub failed_pairings: usize,
    /// How often a phone knew a consent to words that it did not have.
    pub unseen_consents: usize,
    /// Reasons for which phones set things aside.
    pub set_aside: BTreeSet<String>,
    /// Messages that phones have read.
    delivered: usize,
    relay_backup: Option<relay::Backup>,
    /// Whether to write the trace.
    pub tracing: bool,
    /// What happened.
    pub trace: Vec<String>,
    /// What is planted.
    pub bug: Option<Bug>,
    /// When records become packs: early enough for a short run.
    pub rule: PackRule,
    /// For what happens once everybody met again.
    last_dice: Dice,
    /// What is known of sealed things that were looked into.
    sealed: packs::Sealed,
    /// Packs whose id a planted bug changes on the way, by what the relay calls them.
    renamed: BTreeMap<PackId, PackId>,
    /// A planted bug had its one chance.
    gave_up: bool,
}

impl World {
    /// Two phones that are paired, and as many second ones as `second` says.
    ///
    /// # Errors
    /// What kept them from pairing.
    pub fn new(seed: u64, second: &[Side], bug: Option<Bug>) -> Result<Self, String> {
        let mut dice = Dice::new(seed);
        let rule = PackRule { after: 1 + seed % 5, keep: seed / 5 % 3 };
        let mut world = Self {
            relay: Relay::new(dice.fork(), bug),
            phones: vec![Phone::new("A1", Side::A, dice.fork(), bug), Phone::new("B1", Side::B, dice.fork(), bug)],
            lines: BTreeMap::new(),
            now_ms: 0,
            space: None,
            vaults: BTreeMap::new(),
            kept_answers: BTreeSet::new(),
            members: Vec::new(),
            owner: OwnerId([0; 32]),
            shadow: Shadow::default(),
            watched: BTreeSet::new(),
            seen_words: 0,
            failed_pairings: 0,
            unseen_consents: 0,
            set_aside: BTreeSet::new(),
            delivered: 0,
            relay_backup: None,
            tracing: false,
            trace: Vec::new(),
            bug,
            rule,
            last_dice: Dice::new(seed.wrapping_mul(1_000_033)),
            sealed: packs::Sealed::default(),
            renamed: BTreeMap::new(),
            gave_up: false,
        };
        world.phones.iter_mut().for_each(|phone| phone.rule = rule);
        let by_words = dice.hits(1, 4);
        let [a, b] = world.phones.as_mut_slice() else { return Err("two phones".to_owned()) };
        a.create("Ana").map_err(|e| e.to_string())?;
        b.create("Ben").map_err(|e| e.to_string())?;
        let unlucky = dice.hits(1, 3).then(|| dice.fork());
        let (outcome, failed) = pairing::pair_partners(&mut world.relay, a, b, by_words, unlucky)?;
        world.failed_pairings = failed;
        if let Outcome::Partner(pairing) = &outcome {
            world.owner = pairing.roster.space().into();
            world.space = Some(pairing.enter().map_err(|e| e.to_string())?);
        }
        for phone in &mut world.phones {
            world.members.extend(phone.home.as_ref().map(|home| home.identity().member));
            let boxes = phone.boxes()?;
            let epoch = boxes.first().and_then(|vault| vault.epochs.first()).ok_or("a phone without a vault")?;
            let key = EpochKey::from_bytes(&epoch.key);
            world.vaults.insert(phone.side, Epoch::new(epoch.id, key).map_err(|e| e.to_string())?);
        }
        world.settle()?;
        for phone in &mut world.phones {
            if pairing::status_of(phone)?.map(OwnerId::from) != Some(world.owner) {
                return Err(format!("{} is not in the space", phone.name));
            }
        }
        for side in second {
            let name = if *side == Side::A { "A2" } else { "B2" };
            let mut next = Phone::new(name, *side, dice.fork(), bug);
            next.now_ms = world.now_ms;
            next.rule = rule;
            let first = world.phones.iter_mut().find(|phone| phone.side == *side).ok_or("no phone")?;
            let mishaps = meeting::Mishaps::broken_connections(dice.fork());
            pairing::add_device(&mut world.relay, first, &mut next, by_words, mishaps)?;
            world.phones.push(next);
            world.settle()?;
        }
        Ok(world)
    }

    /// Notes what happened.
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        if self.tracing {
            self.trace.push(what());
        }
    }
}
