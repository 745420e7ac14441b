//! What the checks behind the codes are for: a phone that was let in and then cheats.

use super::outcome::Terms;
use super::*;
use crate::crypto::cbor::Writer;
use crate::crypto::certificate::{Certificate, UnsignedAdd};
use crate::crypto::epoch::{EpochKey, EpochParts};
use crate::crypto::keys::DeviceKeys;
use crate::crypto::tests::pairing::{JOINER, chain_of, devices, partners};
use crate::crypto::tests::{device, seeded};
use crate::id::EpochId;
use message::{signed_by_inviter, signed_by_joiner};
use zeroize::Zeroizing;

fn terms(own_device: bool) -> Terms {
    let mut world = if own_device { devices(false, 30) } else { partners(false, 30) };
    world.run();
    let pending = world.phones[JOINER].pending.take().unwrap();
    let (terms, _) = Terms::decode(&pending.to_bytes()).unwrap();
    assert!(terms.conclude().is_ok());
    terms
}

/// Both sign what the cheat wrote: only what it says can be refused.
fn signed(mut terms: Terms) -> Result<Outcome, FormError> {
    let sign = |keys: DeviceKeys, parts: [&[u8]; 3]| keys.sign(&parts).unwrap();
    terms.by_inviter = sign(device(1), signed_by_inviter(&terms.transcript, &terms.paper));
    terms.by_joiner = sign(device(2), signed_by_joiner(&terms.transcript, &terms.paper));
    terms.conclude()
}

fn other_epoch() -> GrantedEpoch {
    let key = EpochKey::make(&mut seeded(90)).unwrap();
    GrantedEpoch { parts: EpochParts::first(&key).unwrap(), key }
}

#[test]
fn papers_count_only_with_both_signatures() {
    for own_device in [false, true] {
        let honest = terms(own_device);
        let refused = |terms: Terms| terms.conclude().unwrap_err();
        assert_eq!(refused(Terms { by_inviter: honest.by_joiner, ..honest.clone() }), FormError::Signature);
        assert_eq!(refused(Terms { by_joiner: honest.by_inviter, ..honest.clone() }), FormError::Signature);
        assert_eq!(refused(Terms { transcript: [0; 32], ..honest.clone() }), FormError::Signature);
        let longer = Zeroizing::new([honest.paper.as_slice(), &[0]].concat());
        assert_eq!(refused(Terms { paper: longer, ..honest }), FormError::Signature);
    }
}

#[test]
fn a_roster_is_of_these_two_and_of_this_epoch() {
    let honest = terms(false);
    let roster = Roster::decode(&honest.paper).unwrap();
    let with = |inviter: &Bundle, joiner: &Bundle, zone: &str, hour: u8, epoch: &EpochId| {
        let roster = Roster::new(&[1; 32], [inviter, joiner], zone, hour, epoch).unwrap();
        roster.map(|roster| {
            let paper = Zeroizing::new(roster.as_bytes().to_vec());
            signed(Terms { paper, ..honest.clone() }).unwrap_err()
        })
    };
    let (inviter, joiner) = (&honest.inviter, &honest.joiner);
    // The same names and epoch, but another random: another space, whose epoch has another id.
    assert_eq!(with(inviter, joiner, "UTC", 4, &roster.epoch).unwrap(), FormError::Part);
    // In the other order, under another name, or with somebody else.
    let bundle = |seed: u8, name: &str| {
        let keys = device(seed);
        Bundle::of_member(keys.public(), &chain_of(&keys), name).unwrap()
    };
    for (inviter, joiner) in [(joiner, inviter), (&bundle(1, "Anna"), joiner), (inviter, &bundle(3, "Ben"))] {
        assert_eq!(with(inviter, joiner, "UTC", 4, &roster.epoch).unwrap(), FormError::Part);
    }
    assert_eq!(with(inviter, joiner, "UTC", 24, &roster.epoch).unwrap_err(), RosterError::Rollover);
    assert_eq!(with(inviter, inviter, "UTC", 4, &roster.epoch).unwrap_err(), RosterError::SameMember);
    assert!(with(inviter, joiner, &"x".repeat(65), 4, &roster.epoch).is_err());

    assert_eq!(signed(Terms { epoch: None, ..honest.clone() }).unwrap_err(), FormError::Part);
    assert_eq!(signed(Terms { epoch: Some(other_epoch()), ..honest.clone() }).unwrap_err(), FormError::Part);
    let epoch = honest.epoch.clone().unwrap();
    let wrong_key = GrantedEpoch { key: other_epoch().key, ..epoch };
    assert_eq!(signed(Terms { epoch: Some(wrong_key), ..honest }).unwrap_err(), FormError::Part);
}

#[test]
fn a_grant_is_to_this_device_and_of_this_member() {
    let honest = terms(true);
    let member = honest.inviter.party().unwrap().member;
    let (grant, add) = Grant::decode(&honest.paper, &member).unwrap();
    let with = |grant: &Grant, add: &UnsignedAdd, countersigner: u8| {
        let countersignature = add.countersignature(&device(countersigner)).ok();
        let paper = grant.encode(add).unwrap();
        signed(Terms { paper, countersignature, ..honest.clone() })
    };
    assert!(with(&grant, &add, 2).is_ok());
    // A certificate for another device, by another issuer, or without the new device's signature.
    let for_another = Certificate::add(&device(1), member, device(3).public()).unwrap();
    assert_eq!(with(&grant, &for_another, 3).unwrap_err(), FormError::Part);
    let by_another = Certificate::add(&device(4), member, device(2).public()).unwrap();
    assert_eq!(with(&grant, &by_another, 2).unwrap_err(), FormError::Part);
    assert_eq!(with(&grant, &add, 3).unwrap_err(), FormError::Part);
    // Keys that are not their epoch's, spaces of others, spaces without a key.
    let wrong_key = GrantedEpoch { key: EpochKey::from_bytes(&[1; 32]), ..other_epoch() };
    let wrong = Grant { member_epochs: vec![wrong_key], ..grant.clone() };
    assert_eq!(with(&wrong, &add, 2).unwrap_err(), FormError::Part);
    let space = grant.spaces[0].clone();
    let without = GrantedSpace { epochs: vec![], ..space.clone() };
    assert_eq!(with(&Grant { spaces: vec![without], ..grant.clone() }, &add, 2).unwrap_err(), FormError::Part);
    let bundle = |seed: u8| {
        let keys = device(seed);
        Bundle::of_member(keys.public(), &chain_of(&keys), "Eve").unwrap()
    };
    let foreign = Roster::new(&[1; 32], [&bundle(5), &bundle(6)], "UTC", 4, &space.roster.epoch).unwrap().unwrap();
    let foreign = GrantedSpace { roster: foreign, ..space };
    assert_eq!(with(&Grant { spaces: vec![foreign], ..grant }, &add, 2).unwrap_err(), FormError::Part);
}

#[test]
fn a_bundle_is_of_a_live_device_of_a_whole_chain() {
    let keys = device(1);
    let chain = chain_of(&keys);
    let of = |device, name| Bundle::of_member(device, &chain, name).map(|_| ());
    assert_eq!(of(keys.public(), "Ana"), Ok(()));
    assert_eq!(of(device(2).public(), "Ana"), Err(CertificateError::NotLive.into()));
    assert_eq!(of(keys.public(), ""), Err(NameError::Empty.into()));
    let raw = |member: Option<[u8; 32]>, certificates: &[&[u8]], name: &str| {
        let public = keys.public();
        let mut writer = Writer::default();
        writer.map(if member.is_some() { 5 } else { 4 });
        if let Some(member) = member {
            writer.uint(0).bytes(&member);
        }
        writer.uint(1).byte_strings(certificates.iter().copied());
        writer.uint(2).bytes(&public.signing).uint(3).bytes(&public.sealing).uint(4).text(name);
        Bundle::decode(&writer.finish()).map(|bundle| bundle.party().is_some())
    };
    let certificates: Vec<&[u8]> = chain.certificates().collect();
    let member = Some(chain.member().0);
    assert_eq!(raw(member, &certificates, "Ana"), Ok(true));
    assert_eq!(raw(None, &certificates, "Ana"), Ok(false));
    assert_eq!(raw(member, &[], "Ana"), Err(CertificateError::UnknownIssuer.into()));
    assert_eq!(raw(Some([1; 32]), &certificates, "Ana"), Err(CertificateError::OtherMember.into()));
    assert_eq!(raw(member, &certificates, "A\u{202e}na"), Err(NameError::NotNormal.into()));
}
