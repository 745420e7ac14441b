//! Records out of a pack, taken in as if the relay had sent them: signatures verified, twins kept, bodies completed.

use crate::crypto::pack::PackedRecord;
use crate::crypto::record::{Item, SignedRecord};
use crate::sync::SyncError;
use crate::sync::open::{Checked, check_all};
use crate::sync::receive::{Intake, Verdict};
use crate::sync::seal::read_record;
use crate::sync::state::{CHAINS_MAX, Chain};

impl Intake<'_, '_> {
    /// Takes records of a pack that was sealed in epoch `epoch`, in the pack's order. Tells whether all of them could be
    /// believed, now or once something else arrives.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn receive_packed(&mut self, packed: Vec<PackedRecord>, epoch: u16) -> Result<bool, SyncError> {
        let mut records: Vec<SignedRecord> = Vec::with_capacity(packed.len());
        for packed in packed {
            if !self.has(&packed)? {
                records.push(packed.record);
            }
        }
        let checked = check_all(self.ring, &self.state.owner, &records);
        self.know_chains(&records, &checked);
        let (mut kept, mut sound) = (false, true);
        for (record, checked) in records.iter().zip(checked) {
            match self.take(record, checked, None)? {
                Verdict::Kept => kept = true,
                Verdict::Known => {}
                Verdict::Waits(reason) => self.wait(record, epoch, reason)?,
                // The pack is its evidence.
                Verdict::Refused(_) => sound = false,
            }
        }
        while kept {
            kept = self.retry_waiting()?;
        }
        Ok(sound)
    }

    /// Knows every chain of which the pack has a signed record before any of them is judged: a change may be by the actor of another
    /// incarnation of its signer's device, whichever of the two the pack tells of first.
    fn know_chains(&mut self, records: &[SignedRecord], checked: &[Option<Checked>]) {
        for (record, checked) in records.iter().zip(checked) {
            let (Some(Checked { member, device, .. }), incarnation) = (checked, record.core.incarnation) else {
                continue;
            };
            if self.state.chain_index(device, &incarnation).is_none() && self.state.chains.len() < CHAINS_MAX {
                self.state.chains.push(Chain::new(*member, *device, incarnation));
            }
        }
    }

    /// Whether this very record is kept already, with every body that the pack has. Its id covers all but the signature.
    fn has(&self, packed: &PackedRecord) -> Result<bool, SyncError> {
        let seq = packed.record.core.seq;
        let number = self.state.chain_index(&packed.chain.device, &packed.chain.incarnation);
        let Some(number) = number.filter(|number| self.state.chain(*number).is_some_and(|c| seq <= c.head_seq)) else {
            return Ok(false);
        };
        let Some((row, known)) = read_record(self.work, self.ring, self.index, number, seq, 0)? else {
            return Ok(false);
        };
        let complete = |(ours, theirs): (&Item, &Item)| !matches!((ours, theirs), (Item::Absent(_), Item::Present(_)));
        Ok(row.id == packed.id && known.items.iter().zip(&packed.record.items).all(complete))
    }
}
