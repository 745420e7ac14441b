//! Pairing over a real rendezvous.

use crate::world::{Honest, Nobody, PATIENCE, Seat, Sitting, Way, World, thank, thanks};
use amends_core::client::{Client, ClientError, Clock, ErrorClass, FileKeyVault, Invited};
use amends_core::crypto::pairing::{AbortReason, PairingError};
use amends_core::home::Invitee;
use std::sync::atomic::{AtomicUsize, Ordering};

fn code(result: &Result<impl Sized, ClientError>) -> &'static str {
    result.as_ref().err().map_or("none", ClientError::code)
}

#[tokio::test]
async fn partners_pair_by_link_and_by_words() {
    for way in [Way::Link, Way::Words] {
        let world = World::new().await;
        let (ana, ben) = (world.phone("ana"), world.phone("ben"));
        let (invited, joined) = world.pair(&ana, &ben, way, Honest).await;
        let space = invited.unwrap();
        assert!(space.is_some());
        assert_eq!(joined.unwrap(), space);
        thank(&ben, "for asking");
        ben.sync(PATIENCE).await.unwrap();
        ana.sync(PATIENCE).await.unwrap();
        assert_eq!(thanks(&ana), thanks(&ben));
        assert_eq!(thanks(&ana).len(), 1);
    }
}

/// One wrong code ends it on both phones, and nothing of it stays: the same two pair at the next try.
#[tokio::test]
async fn a_wrong_code_burns_both_sides_and_both_can_start_again() {
    // Which of the two codes is mistyped: the joiner's is shown first.
    for wrong in [0, 1] {
        let world = World::new().await;
        let (ana, ben) = (world.phone("ana"), world.phone("ben"));
        let shown = AtomicUsize::new(0);
        let mistype = |code: String| {
            let digits = code.chars().map(|digit| if digit == '0' { '1' } else { '0' });
            let right = shown.fetch_add(1, Ordering::Relaxed) != wrong;
            Some(if right { code } else { digits.collect() })
        };
        let (invited, joined) = world.pair(&ana, &ben, Way::Link, mistype).await;
        let (typed, other) = if wrong == 0 { (invited, joined) } else { (joined, invited) };
        assert!(matches!(typed, Err(ClientError::Pairing(PairingError::CodeMismatch))), "{typed:?}");
        let aborted = PairingError::Aborted(AbortReason::CodeMismatch);
        assert!(matches!(&other, Err(ClientError::Pairing(error)) if *error == aborted), "{other:?}");
        assert_eq!(typed.err().map(|error| error.class()), Some(ErrorClass::Refused));
        let (invited, joined) = world.pair(&ana, &ben, Way::Link, Honest).await;
        assert_eq!(invited.unwrap(), joined.unwrap());
    }
}

#[tokio::test]
async fn who_gives_up_tells_the_other() {
    let world = World::new().await;
    let (ana, ben) = (world.phone("ana"), world.phone("ben"));
    let (invited, joined) = world.pair(&ana, &ben, Way::Link, |_| None).await;
    assert_eq!((code(&invited), code(&joined)), ("cancelled", "aborted_cancelled"));
}

#[tokio::test]
async fn texts_that_are_no_invite_are_refused_before_anything_is_sent() {
    let world = World::new().await;
    let ben = world.phone("ben");
    let mut nobody = Nobody;
    let bad = ben.join(Invited::Link("amends://pair/1#AAAA"), &mut nobody).await;
    assert_eq!((code(&bad), bad.err().map(|error| error.class())), ("invalid_link", Some(ErrorClass::Usage)));
    let words = Invited::Words { words: "one two three", relay: &world.address };
    assert_eq!(code(&ben.join(words, &mut nobody).await), "invalid_words");
    let words = "scan episode measure gospel analyst coconut attack miss";
    let unknown = ben.join(Invited::Words { words, relay: &world.address }, &mut nobody).await;
    assert_eq!((code(&unknown), unknown.err().map(|error| error.class())), ("no_invite", Some(ErrorClass::NotFound)));
    let mut other = world.address.clone();
    other.pin.0 = [1; 32];
    let wrong = ben.join(Invited::Words { words, relay: &other }, &mut nobody).await;
    assert_eq!((code(&wrong), wrong.err().map(|error| error.class())), ("wrong_relay_pin", Some(ErrorClass::Damaged)));
}

/// The joiner refuses by itself; an inviter who is no longer waited for leaves nothing behind.
#[tokio::test]
async fn a_home_in_a_space_takes_no_second_partner() {
    let world = World::new().await;
    let (ana, _ben) = world.couple().await;
    let cy = world.phone("cy");
    let mut seat = Seat::new();
    let mut person = seat.person();
    let join = async {
        let (link, _) = seat.invite().await;
        ana.join(Invited::Link(&link), &mut Nobody).await
    };
    tokio::select! {
        invited = cy.invite(Invitee::Partner, Some(&world.address), &mut person) => panic!("ended: {invited:?}"),
        refused = join => assert_eq!(code(&refused), "already_paired"),
    }
    let again = ana.invite(Invitee::Partner, Some(&world.address), &mut Nobody).await;
    assert_eq!(code(&again), "already_paired");
}

/// A new device gets what its member has, and the home it makes is the member's.
#[tokio::test]
async fn an_own_device_joins_and_reads_everything() {
    let world = World::new().await;
    let (ana, ben) = world.couple().await;
    thank(&ana, "before the tablet");
    ana.sync(PATIENCE).await.unwrap();
    let path = world.path("tablet");
    let join = async |invited: Invited<'_>, person: &mut Sitting| {
        let vault = Box::new(FileKeyVault::new(&path));
        Client::join_as_device(&path, vault, Clock::system(), invited, person).await
    };
    let (invited, tablet, spaces) = world.meet(&ana, Invitee::OwnDevice, Way::Words, Honest, join).await;
    invited.unwrap();
    let tablet = tablet.unwrap();
    assert!(spaces[0].is_some());
    assert_eq!(spaces[0], spaces[1]);
    let member = |client: &Client| client.look(|home, _| Ok(home.identity())).unwrap().member;
    assert_eq!(member(&tablet), member(&ana));
    tablet.sync(PATIENCE).await.unwrap();
    assert_eq!(thanks(&tablet).len(), 1);
    thank(&tablet, "from the tablet");
    tablet.sync(PATIENCE).await.unwrap();
    ben.sync(PATIENCE).await.unwrap();
    assert_eq!(thanks(&ben), thanks(&tablet));
    drop(tablet);
    let (vault, link) = (Box::new(FileKeyVault::new(&path)), Invited::Link("amends://pair/1#AAAA"));
    let taken = Client::join_as_device(&path, vault, Clock::system(), link, &mut Nobody).await;
    assert_eq!(code(&taken), "home_exists");
}

#[tokio::test]
async fn whoever_vanishes_leaves_both_free_to_start_again() {
    let world = World::new().await;
    let (ana, ben) = (world.phone("ana"), world.phone("ben"));
    let mut seat = Seat::new();
    let mut person = seat.person();
    let answer = async {
        let (link, _) = seat.invite().await;
        let mut vanishing = Seat::new();
        let mut other = vanishing.person();
        tokio::select! {
            joined = ben.join(Invited::Link(&link), &mut other) => panic!("ended: {joined:?}"),
            () = vanishing.check() => {}
        }
        seat.give_up();
    };
    let (invited, ()) = tokio::join!(ana.invite(Invitee::Partner, Some(&world.address), &mut person), answer);
    assert_eq!(code(&invited), "cancelled");
    let (invited, joined) = world.pair(&ana, &ben, Way::Link, Honest).await;
    assert_eq!(invited.unwrap(), joined.unwrap());
}
