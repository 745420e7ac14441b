use super::{cut, device, flipped, seeded};
use crate::crypto::epoch::*;
use crate::id::{EpochId, OwnerId};

const OWNER: OwnerId = OwnerId([1; 32]);

fn key(seed: u8) -> EpochKey {
    EpochKey::make(&mut seeded(seed)).unwrap()
}

#[test]
fn a_first_epoch_is_entered_with_its_key_only() {
    let parts = EpochParts::first(&key(1)).unwrap();
    let epoch = parts.with_key(&OWNER, key(1)).unwrap();
    assert_eq!(epoch.id(), parts.id(&OWNER));
    assert_ne!(epoch.id(), parts.id(&OwnerId([2; 32])));
    assert_eq!(parts.with_key(&OWNER, key(2)).unwrap_err(), EpochError::WrongKey);
    assert_eq!(format!("{:?} {:?}", epoch.key(), epoch.box_keys()), "EpochKey(…) BoxKeys(…)");
}

#[test]
fn a_later_epoch_opens_for_the_devices_it_is_sealed_to() {
    let parents = [EpochId([3; 32]), EpochId([4; 32])];
    let devices = [device(1).public(), device(2).public()];
    let parts = EpochParts::turn(&OWNER, &key(1), &parents, Some([5; 32]), &devices, &mut seeded(9)).unwrap();
    assert_eq!(parts.parents(), parents);
    assert_eq!(parts.roster_head(), Some([5; 32]));
    assert_eq!(parts.devices().collect::<Vec<_>>(), [device(1).id(), device(2).id()]);
    for seed in [1, 2] {
        let epoch = parts.open(&OWNER, &device(seed)).unwrap();
        assert_eq!(epoch.key().as_bytes(), key(1).as_bytes());
        assert_eq!(epoch.box_id(), BoxKeys::derive(&key(1)).map(|keys| keys.box_id).as_ref().unwrap());
    }
    assert_eq!(parts.open(&OWNER, &device(3)).unwrap_err(), EpochError::NotSealedToUs);
    assert_eq!(parts.open(&OwnerId([2; 32]), &device(1)).unwrap_err(), EpochError::WrongKey);
}

#[test]
fn every_flipped_bit_gives_another_epoch_or_none() {
    let parents = [EpochId([3; 32])];
    let parts = EpochParts::turn(&OWNER, &key(1), &parents, None, &[device(1).public()], &mut seeded(9)).unwrap();
    for bytes in flipped(parts.as_bytes()) {
        if let Ok(other) = EpochParts::decode(&bytes) {
            assert_ne!(other.id(&OWNER), parts.id(&OWNER));
        }
    }
    assert!(cut(parts.as_bytes()).all(|bytes| EpochParts::decode(bytes).is_err()));
}

#[test]
fn a_key_that_cannot_be_sealed_to_is_refused() {
    let low_order = crate::crypto::keys::DevicePublic { signing: [0; 32], sealing: [0; 32] };
    let refused = EpochParts::turn(&OWNER, &key(1), &[], None, &[low_order], &mut seeded(9));
    assert_eq!(refused.unwrap_err(), EpochError::PublicKey);
}

#[test]
fn access_is_proved_with_the_box_id() {
    let keys = BoxKeys::derive(&key(1)).unwrap();
    let signature = keys.sign_access(b"exporter and box id").unwrap();
    let public = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, keys.box_id);
    assert!(public.verify(b"exporter and box id", &signature).is_ok());
    assert!(public.verify(b"another exporter", &signature).is_err());
}
