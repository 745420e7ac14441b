//! Disks that lose or garble rows, and phones that recover.

use super::dice::Dice;
use super::phone::Phone;
use super::{Bug, World};
use amends_core::home::Home;
use amends_core::storage::{Store, Table, Transaction};

/// Rows that go with one page.
const PAGE_ROWS_MAX: usize = 12;

impl World {
    /// A phone's disk loses or garbles rows here and there, and the phone recovers.
    ///
    /// # Errors
    /// What the home says.
    pub(super) fn damage(&mut self, at: usize, dice: &mut Dice) -> Result<(), String> {
        let now_ms = self.now_ms;
        let phone = &mut self.phones[at];
        phone.now_ms = now_ms;
        let moment = phone.moment();
        let Some(home) = &mut phone.home else { return Ok(()) };
        let sent = home.status(moment).is_ok_and(|status| status.outbox == 0);
        // What was never sent is gone, if it was hit; what the relay has lost since, only this phone had, perhaps.
        if !sent || self.shadow.mishaps > 0 {
            self.shadow.forget(at, 0);
        }
        self.kill(at);
        let phone = &mut self.phones[at];
        phone.disk.with(|store| {
            store.restart();
            store.inject(Default::default());
        });
        let hit = phone.spoil_rows(dice)?;
        phone.went_back_to = Some(0);
        let name = phone.name;
        self.note(|| format!("{name}'s disk is damaged in {hit} rows"));
        let (bug, phone) = (self.bug, &mut self.phones[at]);
        phone.recover(bug)?;
        self.drive(at)
    }
}

impl Phone {
    /// Damages rows: one here and there, or as many as lie beside each other. One of the two copies of the keys stays.
    fn spoil_rows(&mut self, dice: &mut Dice) -> Result<usize, String> {
        let spared = if dice.hits(1, 2) { Table::Meta } else { Table::Spare };
        let mut keys = Vec::new();
        for table in Table::ALL.into_iter().filter(|table| *table != spared) {
            let rows = self.disk.range(table, &[], &[], usize::MAX).map_err(|error| error.to_string())?;
            keys.extend(rows.into_iter().map(|(key, _)| (table, key)));
        }
        let mut hit = 0;
        for _ in 0..=dice.below(4) {
            let first = dice.below(keys.len().max(1));
            let rows = if dice.hits(1, 2) { 1 } else { 1 + dice.below(PAGE_ROWS_MAX) };
            let garbled = dice.hits(1, 2);
            for (table, key) in keys.iter().skip(first).take(rows) {
                hit += 1;
                if garbled {
                    let bit = dice.below(8 * 20);
                    self.disk.with(|store| store.flip(*table, key, bit));
                } else {
                    let mut lost = Transaction::new();
                    lost.delete(*table, key.as_slice());
                    self.disk.with(|store| store.commit(&lost)).map_err(|error| error.to_string())?;
                }
            }
        }
        Ok(hit)
    }

    /// The next process makes the home sound again.
    fn recover(&mut self, bug: Option<Bug>) -> Result<(), String> {
        self.begin_again();
        let mut disk = self.sealed_disk();
        disk.drop_unreadable().map_err(|error| error.to_string())?;
        let counter = self.counter.clone().filter(|_| bug != Some(Bug::ForgetsCounter));
        let (moment, random) = (self.moment(), self.randomness());
        let recovered = Home::recover(disk, random, moment, counter.as_ref());
        let (home, _) = recovered.map_err(|error| format!("{}: recover: {error}", self.name))?;
        self.home = Some(home);
        Ok(())
    }
}
