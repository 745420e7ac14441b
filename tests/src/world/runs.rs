//! One run of a world under a seed; and the shortest schedule that fails the same way.

use super::dice::Dice;
use super::phone::Side;
use super::{Bug, World};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Steps of a run unless another number is asked for.
pub const STEPS: usize = 120;
/// Runs that shortening a schedule may take.
const SHORTENING_MAX: usize = 80;

/// What is played.
#[derive(Debug, Clone, Copy)]
pub struct Play {
    /// Everything comes from it.
    pub seed: u64,
    /// How many steps.
    pub steps: usize,
    /// What is planted.
    pub bug: Option<Bug>,
}

/// What a run that held found.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Acts that were tried.
    pub acts: usize,
    /// Statements that were acknowledged and found everywhere.
    pub said: usize,
    /// How often a word that belongs there was seen in the space's box.
    pub seen_words: usize,
    /// How often the two tried in vain to pair.
    pub failed_pairings: usize,
    /// How often a phone knew a consent to words that it did not have.
    pub unseen_consents: usize,
    /// Reasons for which phones set things aside.
    pub set_aside: BTreeSet<String>,
    /// What became of packs.
    pub packing: Packing,
}

/// What a relay was asked about packs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Packing {
    /// Packs that were put.
    pub put: usize,
    /// Chunks that were fetched.
    pub fetched: usize,
    /// Records that were hidden.
    pub trimmed: usize,
}

/// What did not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What did not hold.
    pub what: String,
    /// What happened before, in the shortest schedule found.
    pub trace: Vec<String>,
}

impl Play {
    /// Plays it.
    ///
    /// # Errors
    /// What does not hold.
    pub fn run(&self) -> Result<Held, String> {
        let schedule: Vec<usize> = (0..self.steps).collect();
        self.run_schedule(&schedule, false).0
    }

    /// Plays it, and finds a short schedule if it fails.
    ///
    /// # Errors
    /// The failure.
    pub fn run_and_shorten(&self) -> Result<Held, Failure> {
        let schedule: Vec<usize> = (0..self.steps).collect();
        match self.run_schedule(&schedule, false).0 {
            Ok(held) => Ok(held),
            Err(what) => Err(self.shorten(schedule, what)),
        }
    }

    fn shorten(&self, mut schedule: Vec<usize>, mut what: String) -> Failure {
        let mut tries = 0;
        let mut chunk = schedule.len().div_ceil(2);
        while chunk > 0 && tries < SHORTENING_MAX {
            let mut from = 0;
            while from < schedule.len() && tries < SHORTENING_MAX {
                let mut shorter = schedule.clone();
                shorter.drain(from..(from + chunk).min(schedule.len()));
                tries += 1;
                match self.run_schedule(&shorter, false).0 {
                    Err(again) => (schedule, what) = (shorter, again),
                    Ok(_) => from += chunk,
                }
            }
            chunk /= 2;
        }
        let (_, trace) = self.run_schedule(&schedule, true);
        Failure { seed: self.seed, what, trace }
    }

    fn run_schedule(&self, schedule: &[usize], tracing: bool) -> (Result<Held, String>, Vec<String>) {
        let mut world = None;
        let done = catch_unwind(AssertUnwindSafe(|| {
            let world = world.insert(self.world()?);
            world.tracing = tracing;
            for step in schedule {
                let mut dice = Dice::new(self.seed.wrapping_mul(1_000_003).wrapping_add(*step as u64));
                world.step(&mut dice)?;
            }
            world.note(|| "everybody meets again".to_owned());
            world.tracing = false;
            world.heal_and_check()?;
            let (acts, said) = (world.shadow.acts, world.shadow.said.len());
            let set_aside = std::mem::take(&mut world.set_aside);
            let relay = &world.relay;
            let packing = Packing { put: relay.packs_put(), fetched: relay.fetched, trimmed: relay.trimmed };
            let World { seen_words, unseen_consents, failed_pairings, .. } = *world;
            Ok(Held { acts, said, seen_words, failed_pairings, unseen_consents, set_aside, packing })
        }));
        let done = done.unwrap_or_else(|panic| {
            let what = panic.downcast_ref::<String>().cloned();
            Err(what.or_else(|| panic.downcast_ref::<&str>().map(|what| (*what).to_owned())).unwrap_or_default())
        });
        (done, world.map(|world| world.trace).unwrap_or_default())
    }

    fn world(&self) -> Result<World, String> {
        let second: &[Side] = match self.seed % 4 {
            0 => &[],
            1 => &[Side::A],
            2 => &[Side::B],
            _ => &[Side::A, Side::B],
        };
        World::new(self.seed, second, self.bug)
    }
}
