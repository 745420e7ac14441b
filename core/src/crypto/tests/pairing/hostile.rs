use super::*;

#[test]
fn wherever_a_message_is_lost_both_can_start_again() {
    for lost in [Step::M0, Step::M1, Step::M2, Step::M3, Step::M4] {
        let mut world = partners(true, 8).hostile(|step, bytes| (step != lost).then(|| bytes.to_vec()));
        world.run();
        assert_eq!(world.failures(), [None, None], "{lost:?}");
        assert!(world.phones[INVITER].paired.is_none());
        world.wait(LIFETIME_MS - 1);
        assert_eq!(world.failures(), [None, None], "{lost:?}");
        world.wait(1);
        assert!(world.phones[INVITER].failed.is_some(), "{lost:?}");
        // Only the last message leaves the joiner waiting for a word that never comes.
        assert_eq!(world.phones[JOINER].pending.is_some(), lost == Step::M4);
        assert_eq!(world.phones[JOINER].failed.is_some(), lost != Step::M4);
        let mut again = partners(true, 9);
        again.run();
        assert!(again.ended_well());
    }
}

#[test]
fn whoever_runs_out_of_time_first_tells_the_other() {
    for (who, lost) in [(INVITER, Step::M1), (INVITER, Step::M3), (JOINER, Step::M2), (JOINER, Step::M3)] {
        let mut world = partners(false, 8).hostile(|step, bytes| (step != lost).then(|| bytes.to_vec()));
        world.run();
        world.phones[who].elapsed_ms = LIFETIME_MS;
        world.input(who, Input::TypedCode("000000"));
        world.settle();
        assert_eq!(world.phones[who].failed, Some(PairingError::Expired));
        let other = world.phones[1 - who].failed;
        // Before it has heard of the joiner, the inviter cannot tell it why.
        let told = if lost == Step::M1 { PairingError::Burned } else { PairingError::Aborted(AbortReason::Expired) };
        assert_eq!(other, Some(told), "{who} {lost:?}");
    }
}

#[test]
fn a_second_joiner_burns_the_invite_for_all() {
    let (inviter, invited) = inviter(space_offer(), false, 10);
    let mut second = joiner(&invited, false, false, 77);
    let mut world = World::new(inviter, joiner(&invited, false, false, 78));
    world.input(INVITER, Input::Start);
    world.input(JOINER, Input::Start);
    for output in second.take(Input::Start) {
        if let Output::Put(Step::M1, bytes) = output {
            world.put(JOINER, Step::M1, bytes);
        }
    }
    world.settle();
    assert_eq!(world.failures(), [Some(PairingError::Burned); 2]);
}

#[test]
fn every_changed_message_is_refused() {
    for target in [Step::M0, Step::M1, Step::M2, Step::M3, Step::M4] {
        let mut honest = partners(true, 11);
        honest.run();
        let bytes = honest.cells[&(target as u8)].clone();
        // In the key, then now and then a byte of the rest.
        let positions = (0..64).step_by(5).chain((64..bytes.len()).step_by(131)).chain([bytes.len() - 1]);
        for position in positions {
            let mut world = partners(true, 11).hostile(|step, bytes| {
                let mut bytes = bytes.to_vec();
                if step == target {
                    bytes[position] ^= 1;
                }
                Some(bytes)
            });
            world.run();
            let who = if matches!(target, Step::M1 | Step::M4) { INVITER } else { JOINER };
            assert_eq!(world.phones[who].failed, Some(PairingError::NotAuthentic(target)), "{target:?} {position}");
            assert!(world.phones[INVITER].paired.is_none());
        }
    }
}

#[test]
fn messages_of_another_pairing_or_another_step_are_refused() {
    let mut other = partners(true, 12);
    other.run();
    let steps = [Step::M0, Step::M1, Step::M2, Step::M3, Step::M4];
    for target in steps {
        let foreign = other.cells[&(target as u8)].clone();
        let mut world = partners(true, 13)
            .hostile(move |step, bytes| Some(if step == target { foreign.clone() } else { bytes.to_vec() }));
        world.run();
        let who = if matches!(target, Step::M1 | Step::M4) { INVITER } else { JOINER };
        assert_eq!(world.phones[who].failed, Some(PairingError::NotAuthentic(target)));
    }
    for (asked, given) in [(Step::M2, Step::M1), (Step::M3, Step::M2), (Step::M4, Step::M1)] {
        let mut seen = BTreeMap::new();
        let mut world = partners(true, 13).hostile(move |step, bytes| {
            seen.insert(step as u8, bytes.to_vec());
            Some(if step == asked { seen[&(given as u8)].clone() } else { bytes.to_vec() })
        });
        world.run();
        assert!(world.failures().contains(&Some(PairingError::NotAuthentic(asked))), "{asked:?}");
    }
    for bytes in [vec![], vec![0; 47], vec![0; 20_000]] {
        let mut world = partners(true, 13)
            .hostile(move |step, honest| Some(if step == Step::M1 { bytes.clone() } else { honest.to_vec() }));
        world.run();
        assert_eq!(world.phones[INVITER].failed, Some(PairingError::NotAuthentic(Step::M1)));
    }
}

/// Somebody who carries the link replaces it by their own, and stands between the phones. Both sides of them are honest
/// machines; only the codes differ.
#[test]
fn who_knows_the_link_still_needs_the_code() {
    let (victim, invited) = inviter(space_offer(), false, 14);
    let mut towards_inviter = World::new(victim, joiner(&invited, false, false, 15));
    let (mallory, replaced) = inviter(space_offer(), false, 16);
    let mut towards_joiner = World::new(mallory, joiner(&replaced, false, false, 17));
    for world in [&mut towards_inviter, &mut towards_joiner] {
        world.phones[INVITER].asked = 0;
        world.input(INVITER, Input::Start);
        world.input(JOINER, Input::Start);
        world.settle_relay();
    }
    let real_code = towards_joiner.phones[JOINER].shown.clone().unwrap();
    towards_inviter.phones[INVITER].typing.push_back(real_code);
    towards_inviter.settle();
    assert_eq!(towards_inviter.phones[INVITER].failed, Some(PairingError::CodeMismatch));
    assert!(!towards_inviter.cells.contains_key(&(Step::M3 as u8)));
}

#[test]
fn homes_take_only_the_invites_that_fit_and_leave_the_others_usable() {
    let chain = chain_of(&device(2));
    let member = |in_space| JoinerHome::Member(MemberHome { chain: &chain, name: "Ben", in_space });
    let (_, partner) = inviter(space_offer(), true, 20);
    let (_, own) = inviter(grant(), true, 20);
    for (invited, home, error) in [
        (&partner, member(true), PairingError::AlreadyInSpace),
        (&partner, JoinerHome::NewDevice, PairingError::NoMember),
        (&own, member(false), PairingError::AlreadyMember),
    ] {
        assert_eq!(try_joiner(invited, false, PIN, home, 1).err(), Some(error));
        let (inviter, _) = inviter(if invited.link == own.link { grant() } else { space_offer() }, true, 20);
        let mut world = World::new(inviter, try_joiner(invited, true, PIN, home, 1).unwrap());
        world.run();
        assert_eq!(world.failures(), [None, Some(error)]);
        assert!(!world.cells.contains_key(&(Step::Abort as u8)));
    }
    let keys = device(1);
    let mut randomness = seeded(1);
    let mut means = Means { device: &keys, elapsed_ms: 0, randomness: &mut randomness };
    let home = MemberHome { chain: &chain_of(&keys), name: "Ana", in_space: true };
    let refused = Inviter::new(home, relay(), space_offer(), None, &mut means);
    assert_eq!(refused.err(), Some(PairingError::AlreadyInSpace));
}

#[test]
fn words_at_another_relay_are_refused() {
    let (inviter, invited) = inviter(space_offer(), true, 21);
    let chain = chain_of(&device(2));
    let home = JoinerHome::Member(MemberHome { chain: &chain, name: "Ben", in_space: false });
    let mut world = World::new(inviter, try_joiner(&invited, true, [1; 32], home, 1).unwrap());
    world.run();
    assert_eq!(world.failures(), [None, Some(PairingError::WrongPin)]);
    assert!(!world.cells.contains_key(&(Step::M1 as u8)));
}

#[test]
fn nobody_pairs_with_themself() {
    let (inviter, invited) = inviter(space_offer(), false, 22);
    let keys = device(1);
    let mut randomness = Noted::new(23);
    let means = Means { device: &keys, elapsed_ms: 0, randomness: &mut randomness };
    let chain = chain_of(&keys);
    let home = JoinerHome::Member(MemberHome { chain: &chain, name: "Ana", in_space: false });
    let joiner = Joiner::from_link(&invited.link, home, &means).unwrap();
    let mut world = World::new(inviter, Phone::new(Machine::Joiner(Box::new(joiner)), 1, randomness));
    world.run();
    assert_eq!(world.failures(), [Some(PairingError::SameMember), Some(PairingError::Burned)]);
}
