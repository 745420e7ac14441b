//! What a planted bug makes of what a phone sends.

use super::{Bug, World};
use amends_core::crypto::pack::Manifest;
use amends_core::crypto::record::{Core, Item, Place, SignedRecord};
use amends_core::crypto::seal::{open_record, seal_record};
use amends_core::document::change_hash;
use amends_core::id::hash;
use amends_core::statement::{Header, body_hash};
use amends_protocol::{PackId, Request, ToRelay};

/// The phone that is spoilt: B's first.
const PHONE: usize = 1;

impl World {
    /// What leaves instead of a message; with planted bugs that sign, another record may leave before it.
    pub(super) fn spoil(&mut self, at: usize, message: ToRelay) -> ToRelay {
        if matches!(message, ToRelay::Request(_, Request::PutPack { .. })) {
            return self.spoil_pack(message);
        }
        let ToRelay::Request(id, Request::Append { box_id, record }) = &message else { return message };
        if at != PHONE || self.space.as_ref().is_none_or(|space| *space.box_id() != box_id.0) {
            return message;
        }
        match self.bug {
            Some(Bug::SkipsOver) => match self.signed_again(record, without_over) {
                Some(record) => ToRelay::Request(*id, Request::Append { box_id: *box_id, record }),
                None => message,
            },
            Some(Bug::SignsTwice) => {
                if let Some(twin) = self.signed_again(record, emptied) {
                    let mail = self.relay.inject(box_id.0, twin);
                    self.post(mail);
                }
                message
            }
            _ => message,
        }
    }

    /// The same for a pack, of any phone.
    fn spoil_pack(&mut self, message: ToRelay) -> ToRelay {
        let ToRelay::Request(id, Request::PutPack { box_id, manifest, chunks, replaces }) = message else {
            return message;
        };
        let put =
            |manifest, chunks, replaces| ToRelay::Request(id, Request::PutPack { box_id, manifest, chunks, replaces });
        match self.bug {
            Some(Bug::KeepsOldPacks) => put(manifest, chunks, Vec::new()),
            Some(Bug::PacksLackChain) => match self.without_a_chain(&manifest) {
                Some(less) => {
                    self.renamed.insert(PackId(hash(&[&less])), PackId(hash(&[&manifest])));
                    put(less, chunks, replaces)
                }
                None => put(manifest, chunks, replaces),
            },
            _ => put(manifest, chunks, replaces),
        }
    }

    fn without_a_chain(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let space = self.space.as_ref()?;
        let mut manifest = Manifest::open(space, sealed).ok()?;
        let chain = manifest.segments.first()?.chain;
        manifest.segments.retain(|segment| segment.chain != chain);
        manifest.seal(space).ok()
    }

    fn signed_again(&mut self, sealed: &[u8], change: impl FnOnce(&mut Core, &mut Vec<Item>)) -> Option<Vec<u8>> {
        let owner = self.owner();
        let space = self.space.as_ref()?;
        let SignedRecord { mut core, mut items, prev, made_in, certificates, .. } = open_record(space, sealed).ok()?;
        let prev = if core.seq == 1 { Place::START } else { prev? };
        let before = core.clone();
        change(&mut core, &mut items);
        if core == before {
            return None;
        }
        let home = self.phones[PHONE].home.as_mut()?;
        let member = home.identity().member;
        let place = Place { owner, epoch: made_in, prev };
        let headers = core.headers.clone();
        let (record, _) = home.with_means(0, |means| {
            let hash = |at: usize, bytes: &[u8]| match headers.get(at) {
                Some(header) => body_hash(&owner, &member, header, bytes).map(|hash| hash.0),
                None => Some(change_hash(bytes).0),
            };
            SignedRecord::sign(means.device, &place, core, items, certificates, hash).ok()
        })?;
        seal_record(space, &record, &prev).ok()
    }
}

fn without_over(core: &mut Core, _: &mut Vec<Item>) {
    for bytes in &mut core.headers {
        if let Ok(mut header) = Header::decode(bytes) {
            header.over.clear();
            *bytes = header.encode();
        }
    }
}

fn emptied(core: &mut Core, items: &mut Vec<Item>) {
    core.headers.clear();
    core.documents.clear();
    items.clear();
}
