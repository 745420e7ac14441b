use super::{cut, device, flipped};
use crate::crypto::cbor::Writer;
use crate::crypto::certificate::*;
use crate::crypto::keys::{DeviceKeys, DevicePublic, KeyError};
use crate::crypto::primitive::{is_weak_signing_key, verify};
use crate::id::{DeviceId, Incarnation, MemberId};
use proptest::prelude::*;

fn first(keys: &DeviceKeys) -> (MemberId, Vec<u8>) {
    let certificate = Certificate::first(keys).unwrap();
    (certificate.member(), certificate.as_bytes().to_vec())
}

fn add(issuer: &DeviceKeys, member: MemberId, new: &DeviceKeys) -> Vec<u8> {
    let unsigned = Certificate::add(issuer, member, new.public()).unwrap();
    unsigned.countersign(new).unwrap().as_bytes().to_vec()
}

fn revoke(issuer: &DeviceKeys, chain: &MemberChain, revoked: &DeviceKeys, seq: u64) -> Vec<u8> {
    let accepted = [LastAccepted { incarnation: Incarnation([1; 8]), seq }];
    Certificate::revoke(issuer, chain, revoked.id(), &accepted).unwrap().as_bytes().to_vec()
}

/// The standing of devices 1 to 5 of the member whose first device is 1.
fn standing(certificates: &[Vec<u8>]) -> Vec<Option<Standing>> {
    let mut chain = MemberChain::new(MemberId::derive(&device(1).id()));
    assert_eq!(chain.extend(certificates), []);
    (1..6).map(|seed| chain.standing(&device(seed).id())).collect()
}

#[test]
fn keys_come_back_from_storage_and_stay_out_of_debug() {
    let keys = device(1);
    let again = DeviceKeys::from_secret(keys.to_secret().as_slice()).unwrap();
    assert_eq!(again.public(), keys.public());
    assert_eq!(again.to_secret(), keys.to_secret());
    assert_eq!(DeviceKeys::from_secret(&[0; 63]).unwrap_err(), KeyError::Length);
    assert_eq!(format!("{keys:?} {:?}", keys.public()), "DeviceKeys(…) DevicePublic(…)");
}

#[test]
fn a_chain_reaches_over_devices_that_add_devices() {
    let (member, root) = first(&device(1));
    let certificates = [add(&device(2), member, &device(3)), root, add(&device(1), member, &device(2))];
    let chain = MemberChain::verify(member, &certificates).unwrap();
    assert_eq!(chain.live_devices().count(), 3);
    assert_eq!(chain.device(&device(3).id()), Some(device(3).public()));
    let hint = device(3).id().hint();
    assert_eq!(chain.devices_by_hint(hint).collect::<Vec<_>>(), [(device(3).id(), device(3).public())]);
    assert_eq!(chain.devices_by_hint([0xff; 8]).count(), 0);
    assert_eq!(chain.last_accepted(&device(3).id(), &Incarnation([1; 8])), u64::MAX);
    assert_eq!(
        MemberChain::verify(member, &chain.certificates().collect::<Vec<_>>()).unwrap().live_devices().count(),
        3
    );
}

#[test]
fn foreign_and_forged_certificates_are_refused_by_name() {
    let (member, root) = first(&device(1));
    let (other, other_root) = first(&device(9));
    let verify = |certificates: &[Vec<u8>]| MemberChain::verify(member, certificates).err();
    assert_eq!(verify(&[other_root]), Some(CertificateError::OtherMember));
    assert_eq!(verify(&[root.clone(), add(&device(9), other, &device(8))]), Some(CertificateError::OtherMember));
    assert_eq!(verify(&[root.clone(), add(&device(9), member, &device(8))]), Some(CertificateError::UnknownIssuer));
    assert_eq!(verify(&[]), Some(CertificateError::UnknownIssuer));
    let unsigned = Certificate::add(&device(1), member, device(2).public()).unwrap();
    assert_eq!(verify(&[root.clone(), unsigned.encode().unwrap()]), Some(CertificateError::NotCountersigned));
    assert_eq!(unsigned.countersign(&device(3)).unwrap_err(), CertificateError::NotCountersigned);
    assert_eq!(unsigned.complete(&[7; 64]).unwrap_err(), CertificateError::NotCountersigned);
    assert_eq!(UnsignedAdd::decode(&unsigned.encode().unwrap()).unwrap().device(), Ok(device(2).public()));
    assert_eq!(UnsignedAdd::decode(&root).unwrap_err(), CertificateError::UnknownKind);
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let (member, root) = first(&device(1));
    let added = add(&device(1), member, &device(2));
    let chain = MemberChain::verify(member, &[&root, &added]).unwrap();
    let revoked = revoke(&device(2), &chain, &device(1), 7);
    for (certificate, beside) in [(&root, vec![]), (&added, vec![&root]), (&revoked, vec![&root, &added])] {
        let check = |bytes: &[u8]| {
            let mut set: Vec<&[u8]> = beside.iter().map(|bytes| bytes.as_slice()).collect();
            set.push(bytes);
            MemberChain::verify(member, &set)
        };
        assert!(check(certificate).is_ok());
        for bytes in flipped(certificate) {
            assert!(check(&bytes).is_err());
        }
        for bytes in cut(certificate) {
            assert!(check(bytes).is_err());
        }
    }
}

#[test]
fn revoking_ends_a_device_and_keeps_what_it_had_added_and_said() {
    use Standing::*;
    let (member, root) = first(&device(1));
    let mut set = vec![root, add(&device(1), member, &device(2)), add(&device(1), member, &device(3))];
    let chain = MemberChain::verify(member, &set).unwrap();
    set.push(revoke(&device(2), &chain, &device(1), 7));
    assert_eq!(standing(&set), [Some(Revoked), Some(Live), Some(Live), None, None]);
    let chain = MemberChain::verify(member, &set).unwrap();
    assert_eq!(chain.last_accepted(&device(1).id(), &Incarnation([1; 8])), 7);
    assert_eq!(chain.last_accepted(&device(1).id(), &Incarnation([2; 8])), 0);
    assert_eq!(chain.device(&device(1).id()), Some(device(1).public()));
    let refused = Certificate::revoke(&device(1), &chain, device(2).id(), &[]);
    assert_eq!(refused.unwrap_err(), CertificateError::NotLive);
    // What the revoked device adds later, dated back or not, does not stand.
    set.push(add(&device(1), member, &device(4)));
    assert_eq!(standing(&set)[3], Some(Dropped));
    let chain = MemberChain::verify(member, &set).unwrap();
    assert_eq!(chain.device(&device(4).id()), None);
    assert_eq!(chain.devices_by_hint(device(4).id().hint()).count(), 0);
    assert_eq!(chain.last_accepted(&device(4).id(), &Incarnation([1; 8])), 0);
}

#[test]
fn a_thief_can_take_away_but_never_get_in() {
    use Standing::*;
    let (member, root) = first(&device(1));
    let set = vec![root, add(&device(1), member, &device(2))];
    let honest = MemberChain::verify(member, &set).unwrap();
    let mut set = [set, vec![revoke(&device(2), &honest, &device(1), 7)]].concat();
    // The thief of device 1 adds device 4, which vouches for itself by a revocation of device 1 of its own.
    set.push(add(&device(1), member, &device(4)));
    let thiefs = MemberChain::verify(member, &[set[0].clone(), set[1].clone(), set[3].clone()]).unwrap();
    set.push(revoke(&device(4), &thiefs, &device(1), 99));
    assert_eq!(standing(&set)[..4], [Some(Revoked), Some(Live), None, Some(Dropped)]);
    let chain = MemberChain::verify(member, &set).unwrap();
    assert_eq!(chain.last_accepted(&device(1).id(), &Incarnation([1; 8])), 7);
    // It can lock everybody out.
    set.push(revoke(&device(1), &thiefs, &device(2), 0));
    assert_eq!(standing(&set)[..2], [Some(Revoked), Some(Revoked)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The same certificates say the same in any order, any number of times, in any batches.
    #[test]
    fn a_chain_is_a_union(order in Just((0..7usize).collect::<Vec<_>>()).prop_shuffle(), again in 0..7usize, at in 0..8usize) {
        let (member, root) = first(&device(1));
        let mut set = vec![root, add(&device(1), member, &device(2)), add(&device(2), member, &device(3))];
        let chain = MemberChain::verify(member, &set).unwrap();
        set.push(revoke(&device(1), &chain, &device(2), 5));
        set.push(add(&device(2), member, &device(4)));
        set.push(revoke(&device(3), &chain, &device(2), 3));
        set.push(add(&device(3), member, &device(5)));
        let expected = standing(&set);

        let mut shuffled: Vec<Vec<u8>> = order.iter().map(|index| set[*index].clone()).collect();
        shuffled.insert(at, set[again].clone());
        prop_assert_eq!(standing(&shuffled), expected.clone());

        // Arriving one after the other, what is refused for an unknown issuer is offered again.
        let mut chain = MemberChain::new(member);
        for _ in 0..set.len() {
            for certificate in &shuffled {
                chain.extend(std::slice::from_ref(certificate));
            }
        }
        let found: Vec<_> = (1..6).map(|seed| chain.standing(&device(seed).id())).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn hostile_bytes_never_panic(bytes: Vec<u8>) {
        let _ = Certificate::decode(&bytes);
        let _ = UnsignedAdd::decode(&bytes);
    }
}

#[test]
fn keys_with_which_everything_seems_signed_are_refused() {
    // The neutral point as key and as R, zero as S: a signature under any text.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    assert!(verify(&neutral, &[b"any text"], &signature));

    let first = |signing: [u8; 32], sealing: [u8; 32]| {
        let mut body = Writer::default();
        body.map(3).uint(0).uint(1).uint(2).bytes(&signing).uint(3).bytes(&sealing);
        let mut writer = Writer::default();
        writer.map(2).uint(0).bytes(&body.finish()).uint(1).bytes(&signature);
        let member = MemberId::derive(&DeviceId::derive(&signing, &sealing));
        MemberChain::verify(member, &[writer.finish()]).unwrap_err()
    };
    let sealing = device(1).public().sealing;
    assert_eq!(first(neutral, sealing), CertificateError::WeakKey);
    let unsealable = DevicePublic { sealing: [0; 32], ..device(1).public() };
    assert!(device(1).public().is_usable() && !unsealable.is_usable());
    assert_eq!(first(device(1).public().signing, sealing), CertificateError::NotSigned);
}

#[test]
fn the_weak_keys_are_those_that_fit_many_texts() {
    let mut signature = [0; 64];
    signature[0] = 1;
    let fits = |key: &[u8; 32]| (0..500u16).any(|text| verify(key, &[&text.to_be_bytes()], &signature));
    let point = |first: u8, middle: u8, last: u8| {
        let mut point = [middle; 32];
        (point[0], point[31]) = (first, last);
        point
    };
    let order_8: [[u8; 32]; 2] = [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ]
    .map(|hex| hex.parse::<DeviceId>().unwrap().0);
    for weak in [point(0, 0, 0), point(1, 0, 0), point(0xec, 0xff, 0x7f), order_8[0], order_8[1]] {
        assert!(fits(&weak) && is_weak_signing_key(&weak));
        let mut negative = weak;
        negative[31] |= 0x80;
        assert!(is_weak_signing_key(&negative));
    }
    // The same points in encodings that no writer makes.
    assert!([0xed, 0xee].into_iter().all(|first| is_weak_signing_key(&point(first, 0xff, 0x7f))));
    assert!(!is_weak_signing_key(&device(1).public().signing) && !fits(&device(1).public().signing));
    assert!(!is_weak_signing_key(&point(2, 0, 0)));
}
