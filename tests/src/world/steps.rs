//! The schedule: what happens in one step of a world.

use super::dice::Dice;
use super::{Bug, World};
use amends_core::storage::{Fault, FaultPlan};
use amends_protocol::ErrorCode;

const HOUR_MS: u64 = 3_600_000;
const YEAR_S: i64 = 365 * 24 * 3600;

impl World {
    /// Lets something happen.
    ///
    /// # Errors
    /// What a home says that no mishap explains.
    pub fn step(&mut self, dice: &mut Dice) -> Result<(), String> {
        let at = dice.below(self.phones.len());
        match dice.below(100) {
            0..=29 => self.act(at, dice)?,
            30..=58 => {
                for _ in 0..=dice.below(8) {
                    self.deliver_some(dice)?;
                }
            }
            59..=66 => self.pass(500 + dice.below(3000) as u64)?,
            67..=70 => self.flush(at)?,
            71..=74 => self.cut(at)?,
            75..=81 => {
                self.start(at)?;
                self.connect(at)?;
            }
            82..=84 => {
                self.phones[at].reachable ^= true;
                if !self.phones[at].reachable {
                    self.cut(at)?;
                }
            }
            85 | 86 => self.break_disk(at, dice),
            87 => {
                let name = self.phones[at].name;
                self.note(|| format!("{name} is killed"));
                self.kill(at);
            }
            88 => self.phones[at].dies_after = Some(dice.below(4)),
            89 => self.phones[at].clock_off_s = if dice.hits(1, 2) { YEAR_S } else { -YEAR_S },
            90 => self.pass(HOUR_MS * (1 + dice.below(30) as u64))?,
            91 => {
                let troubles = [ErrorCode::BoxFull, ErrorCode::RateLimited, ErrorCode::StoreFull];
                self.relay.trouble = if dice.hits(1, 2) { dice.pick(&troubles).copied() } else { None };
            }
            92 => {
                self.note(|| "the relay is backed up".to_owned());
                self.relay_backup = Some(self.relay.back_up());
            }
            93 | 94 => self.relay_mishap(dice)?,
            95 | 96 => self.back_up(at),
            97 if dice.hits(1, 2) => self.damage(at, dice)?,
            97 => self.restore(at)?,
            98 if dice.hits(1, 2) => {
                self.note(|| "a month passes for what the relay hides".to_owned());
                self.relay.expire_hidden();
            }
            _ => self.foul(dice)?,
        }
        for phone in &mut self.phones {
            if phone.home.as_ref().is_some_and(|home| home.is_settled()) {
                phone.went_back_to = None;
            }
        }
        self.nothing_agreed_unseen(at)?;
        self.watch()
    }

    fn deliver_some(&mut self, dice: &mut Dice) -> Result<(), String> {
        match dice.pick(&self.busy()) {
            Some((connection, true)) => {
                self.deliver_up(*connection);
                Ok(())
            }
            Some((connection, false)) => self.deliver_down(*connection),
            None => Ok(()),
        }
    }

    fn break_disk(&mut self, at: usize, dice: &mut Dice) {
        let from = 1 + dice.below(5) as u64;
        let plan = match dice.below(3) {
            0 if self.bug == Some(Bug::StoreTears) => FaultPlan::default().at(from, Fault::Torn),
            0 => FaultPlan::default().at(from, Fault::CrashBefore),
            1 => FaultPlan::default().at(from, Fault::CrashAfter),
            _ => (from..from + 4).fold(FaultPlan::default(), |plan, at| plan.at(at, Fault::Full)),
        };
        let name = self.phones[at].name;
        self.note(|| format!("{name}'s disk: {plan:?}"));
        self.phones[at].disk.with(|store| store.inject(plan));
    }

    /// Lets time pass, for everybody.
    ///
    /// # Errors
    /// What a home says.
    pub fn pass(&mut self, ms: u64) -> Result<(), String> {
        self.now_ms += ms;
        for at in 0..self.phones.len() {
            self.phones[at].now_ms = self.now_ms;
            let elapsed = self.now_ms - self.phones[at].started_ms();
            let timeout = self.phones[at].home.as_ref().and_then(|home| home.poll_timeout_ms());
            if timeout.is_some_and(|due| due <= elapsed) {
                self.input(at, amends_core::sync::Input::Tick)?;
            }
        }
        Ok(())
    }

    /// Asks a phone to hand on what it has.
    ///
    /// # Errors
    /// What the home says.
    pub fn flush(&mut self, at: usize) -> Result<(), String> {
        let phone = &mut self.phones[at];
        phone.now_ms = self.now_ms;
        let moment = phone.moment();
        let Some(home) = &mut phone.home else { return Ok(()) };
        let done = home.flush(moment);
        self.outcome(at, done).map(drop)
    }

    /// Starts a phone that does not run.
    ///
    /// # Errors
    /// What the home says, its disk's trouble excepted.
    pub fn start(&mut self, at: usize) -> Result<(), String> {
        let now_ms = self.now_ms;
        let phone = &mut self.phones[at];
        if phone.home.is_some() {
            return Ok(());
        }
        phone.now_ms = now_ms;
        phone.dies_after = None;
        let name = phone.name;
        self.note(|| format!("{name} starts"));
        let phone = &mut self.phones[at];
        let done = phone.start(self.bug);
        self.outcome(at, done).map(drop)
    }

    fn relay_mishap(&mut self, dice: &mut Dice) -> Result<(), String> {
        match dice.below(4) {
            0 => return self.relay_restarts(),
            1 => {
                self.relay_delays(dice);
                return Ok(());
            }
            _ => {}
        }
        match (&self.relay_backup, dice.below(3)) {
            (Some(backup), 0) => self.relay.roll_back(backup),
            (None, 0) => return Ok(()),
            (_, 1) => self.relay.lose_box(),
            _ => self.relay.lose_packs(),
        }
        self.note(|| "the relay went back, or lost a box or its packs".to_owned());
        self.shadow.mishaps += 1;
        // What a restored phone had not pulled yet, perhaps only the relay had.
        for at in 0..self.phones.len() {
            if let Some(acts) = self.phones[at].went_back_to {
                self.shadow.forget(at, acts);
            }
        }
        for line in self.lines.values_mut() {
            line.up.clear();
        }
        (0..self.phones.len()).try_for_each(|at| self.cut(at))
    }

    /// The relay tells everybody that it goes, answers what is on its way down, and is there again.
    fn relay_restarts(&mut self) -> Result<(), String> {
        self.note(|| "the relay goes away and comes back".to_owned());
        let mail = self.relay.go_away();
        self.post(mail);
        for at in 0..self.phones.len() {
            let Some(connection) = self.phones[at].line else { continue };
            while self.lines.get(&connection).is_some_and(|line| !line.down.is_empty()) {
                self.deliver_down(connection)?;
            }
            self.cut(at)?;
        }
        Ok(())
    }

    /// Records overtake each other on the way through the relay.
    fn relay_delays(&mut self, dice: &mut Dice) {
        let Some(space) = self.space.as_ref().map(|space| *space.box_id()) else { return };
        if dice.hits(1, 2) {
            self.note(|| "the relay delays a record".to_owned());
            self.relay.delay(space);
        } else {
            let mail = self.relay.catch_up();
            self.post(mail);
        }
    }

    fn back_up(&mut self, at: usize) {
        if self.phones[at].home.is_some() {
            let (acts, mishaps) = (self.shadow.acts, self.shadow.mishaps);
            let name = self.phones[at].name;
            self.note(|| format!("{name} is backed up"));
            self.phones[at].back_up(acts, mishaps);
        }
    }

    fn restore(&mut self, at: usize) -> Result<(), String> {
        let Some((acts, mishaps)) = self.phones[at].backup.as_ref().map(|backup| (backup.acts, backup.mishaps)) else {
            return Ok(());
        };
        let phone = &mut self.phones[at];
        let moment = phone.moment();
        let sent = match &mut phone.home {
            Some(home) => home.status(moment).is_ok_and(|status| status.outbox == 0),
            None => false,
        };
        if !sent || mishaps != self.shadow.mishaps {
            self.shadow.forget(at, acts);
        }
        let name = self.phones[at].name;
        self.note(|| format!("{name} is restored from a backup"));
        self.kill(at);
        self.phones[at].restore();
        let before = self.phones[at].went_back_to.unwrap_or(acts);
        self.phones[at].went_back_to = Some(before.min(acts));
        self.start(at)
    }
}
