use super::*;
use crate::crypto::tests::flipped;

#[test]
fn partners_end_in_the_same_space() {
    for words in [false, true] {
        let mut world = partners(words, 5);
        world.run();
        assert!(world.ended_well(), "{:?}", world.failures());
        let [inviter, joiner] = &world.phones;
        assert_ne!(inviter.shown, joiner.shown);
        let pending = joiner.pending.as_ref().unwrap();
        let (Some(Outcome::Partner(ours)), Outcome::Partner(theirs)) = (&inviter.paired, pending.outcome()) else {
            panic!("no space");
        };
        assert_eq!(ours.transcript, theirs.transcript);
        assert_eq!(ours.roster.as_bytes(), theirs.roster.as_bytes());
        assert_eq!(ours.signatures, theirs.signatures);
        assert_eq!(ours.enter().unwrap().box_id(), theirs.enter().unwrap().box_id());
        assert_eq!(ours.roster.inviter.member, chain_of(&device(1)).member());
        assert_eq!(ours.roster.joiner.name, "Ben");
        assert_eq!((ours.roster.zone.as_str(), ours.roster.rollover_hour), ("Europe/Madrid", 4));
        assert_eq!(ours.relay, relay());

        let again = Pending::from_bytes(&pending.to_bytes()).unwrap();
        assert!(again.is_confirmed_by_roster(&ours.transcript, ours.roster.as_bytes()));
        assert!(!again.is_confirmed_by_roster(&[0; 32], ours.roster.as_bytes()));
        assert!(!again.is_confirmed_by_roster(&ours.transcript, &[0xa0]));
        assert!(!again.is_confirmed_by_certificate(&[]));
        assert!(matches!(again.put_again(), Output::Put(Step::M4, m4) if m4 == world.cells[&(Step::M4 as u8)]));
    }
}

#[test]
fn a_new_device_receives_its_members_boxes() {
    for words in [false, true] {
        let mut world = devices(words, 6);
        world.run();
        assert!(world.ended_well(), "{:?}", world.failures());
        let [inviter, joiner] = &world.phones;
        let pending = joiner.pending.as_ref().unwrap();
        let (Some(Outcome::OwnDevice(ours)), Outcome::OwnDevice(theirs)) = (&inviter.paired, pending.outcome()) else {
            panic!("no device");
        };
        assert_eq!(ours.certificate, theirs.certificate);
        assert_eq!(theirs.chain.member(), chain_of(&device(1)).member());
        assert!(theirs.chain.is_live(&device(2).id()));
        assert_eq!(theirs.inviter.party().unwrap().name, "Ana");
        assert_eq!(theirs.grant.member_epochs.len(), 1);
        let space = &theirs.grant.spaces[0];
        assert_eq!(space.roster.as_bytes(), space_between(40).roster.as_bytes());
        assert_eq!(space.epochs[0].key.as_bytes(), space_between(40).epoch.key.as_bytes());
        let again = Pending::from_bytes(&pending.to_bytes()).unwrap();
        assert!(again.is_confirmed_by_certificate(ours.certificate.as_bytes()));
        assert!(!again.is_confirmed_by_roster(&ours.transcript, &[]));
    }
}

#[test]
fn the_relay_cannot_tell_a_partner_from_a_device() {
    let sizes = |mut world: World<'_>| {
        world.run();
        world.cells.into_iter().map(|(step, bytes)| (step, bytes.len())).collect::<Vec<_>>()
    };
    let partner = sizes(partners(true, 5));
    assert_eq!(partner, sizes(devices(true, 5)));
    assert_eq!(partner, [(0, 2048), (1, 2048), (2, 2048), (3, 2048), (4, 2048)]);
}

#[test]
fn a_wrong_code_on_either_phone_burns_both_sides() {
    for who in [INVITER, JOINER] {
        let mut world = partners(false, 7);
        world.phones[who].typing.push_back("000000".to_owned());
        world.run();
        assert_eq!(world.phones[who].failed, Some(PairingError::CodeMismatch));
        assert_eq!(world.phones[1 - who].failed, Some(PairingError::Aborted(AbortReason::CodeMismatch)));
        // Keys leave the inviter only behind the joiner's code, and nothing is kept without the inviter's.
        assert_eq!(world.cells.contains_key(&(Step::M3 as u8)), who == JOINER);
        assert!(world.phones[JOINER].pending.is_none());
    }
}

#[test]
fn what_is_no_code_is_asked_for_again() {
    let mut world = partners(false, 7);
    for who in [INVITER, JOINER] {
        world.phones[who].typing.extend(["".to_owned(), "12345".to_owned()]);
    }
    world.run();
    assert!(world.ended_well());
}

#[test]
fn codes_are_taken_only_when_they_are_asked_for() {
    let mut world = partners(false, 7);
    for who in [INVITER, JOINER] {
        world.input(who, Input::TypedCode("000000"));
    }
    world.run();
    assert!(world.ended_well());
}

#[test]
fn giving_up_ends_it_for_both() {
    for who in [INVITER, JOINER] {
        let mut world = partners(false, 8).hostile(|step, bytes| (step != Step::M3).then(|| bytes.to_vec()));
        world.run();
        world.input(who, Input::Cancel);
        world.settle();
        assert_eq!(world.phones[who].failed, Some(PairingError::Cancelled));
        assert_eq!(world.phones[1 - who].failed, Some(PairingError::Aborted(AbortReason::Cancelled)));
        // Ended is ended.
        world.input(who, Input::Start);
        assert_eq!(world.phones[who].take(Input::Cancel).len(), 0);
    }
    let mut world = partners(false, 8);
    world.input(INVITER, Input::Cancel);
    assert!(world.cells.is_empty());
}

#[test]
fn a_pending_pairing_that_was_changed_does_not_come_back() {
    let mut world = partners(false, 24);
    world.run();
    let bytes = world.phones[JOINER].pending.as_ref().unwrap().to_bytes();
    let whole = Pending::from_bytes(&bytes).unwrap();
    for changed in flipped(&bytes).step_by(37) {
        if let Ok(other) = Pending::from_bytes(&changed) {
            // Where the relay is, and m4, are not signed; all else is.
            let (Outcome::Partner(other), Outcome::Partner(whole)) = (other.outcome(), whole.outcome()) else {
                panic!()
            };
            assert_eq!((other.transcript, &other.signatures), (whole.transcript, &whole.signatures));
            assert_eq!(other.roster.as_bytes(), whole.roster.as_bytes());
            assert_eq!(other.epoch.key.as_bytes(), whole.epoch.key.as_bytes());
        }
    }
    assert!((0..bytes.len()).step_by(17).all(|length| Pending::from_bytes(&bytes[..length]).is_err()));
}

#[test]
fn links_are_refused_by_name() {
    let (_, invited) = inviter(space_offer(), false, 25);
    let link = invited.link.to_string();
    let invite = parse_link(&format!(" {link}\n")).unwrap();
    assert_eq!((invite.purpose(), invite.relay()), (Purpose::Partner, &relay()));
    let refused = |link: &str| parse_link(link).unwrap_err();
    assert_eq!(refused("https://example.org"), LinkError::NotALink);
    assert_eq!(refused(&link.replace("pair/1#", "pair/2#")), LinkError::UnknownVersion);
    assert_eq!(refused(&"x".repeat(10_000)), LinkError::TooLong);
    let start = "amends://pair/1#".len();
    assert!((start..link.len()).all(|length| refused(&link[..length]) == LinkError::Damaged));
    for position in start..link.len() {
        for other in [b'!', b'A', b'b', b'7', b'_'] {
            let mut changed = link.clone().into_bytes();
            if std::mem::replace(&mut changed[position], other) != other {
                // A character that no link has, and any mistake of one who types it.
                assert_eq!(refused(std::str::from_utf8(&changed).unwrap()), LinkError::Damaged, "{position}");
            }
        }
    }
    for position in start..link.len() - 1 {
        let mut swapped = link.clone().into_bytes();
        swapped.swap(position, position + 1);
        if swapped != link.as_bytes() {
            assert_eq!(refused(std::str::from_utf8(&swapped).unwrap()), LinkError::Damaged, "{position}");
        }
    }
}

#[test]
fn debug_gives_nothing_away() {
    let mut world = partners(true, 26);
    world.run();
    let (inviter, invited) = inviter(grant(), true, 27);
    let Machine::Inviter(inviter) = &inviter.machine else { panic!() };
    let printed = format!(
        "{invited:?} {inviter:?} {:?} {:?} {:?} {:?}",
        world.phones[INVITER].paired,
        world.phones[JOINER].pending,
        Input::TypedCode("123456"),
        Output::AskCode { name: Some("Ana".to_owned()) },
    );
    for secret in ["Ana", "Ben", "123456", "amends://", "relay.example"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
    let Some(Outcome::Partner(pairing)) = &world.phones[INVITER].paired else { panic!() };
    let key = format!("{:?}", pairing.epoch.key.as_bytes());
    assert!(!printed.contains(key.trim_matches(['[', ']'])));
}
