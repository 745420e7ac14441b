//! Two people pairing their phones, each typing the code that the other's shows.

use super::phone::{Conversation, Phone};
use super::reply::text;

/// Pairs two phones by link; the space's id.
#[track_caller]
pub fn pair(inviter: &Phone, joiner: &Phone, relay: &str) -> String {
    let mut inviting = inviter.start(&["invite", "--relay", relay]);
    let link = text(&inviting.event("invite"), "link");
    codes(inviting, joiner.start(&["join", &link]))
}

/// Pairs two phones by eight words; the space's id.
#[track_caller]
pub fn pair_by_words(inviter: &Phone, joiner: &Phone, relay: &str) -> String {
    let mut inviting = inviter.start(&["invite", "--relay", relay]);
    let words = text(&inviting.event("invite"), "words");
    assert_eq!(words.split_whitespace().count(), 8, "{words:?}");
    codes(inviting, joiner.start(&["join", "--words", &words, "--relay", relay]))
}

/// Pairs one's own next phone, which has no home yet.
#[track_caller]
pub fn pair_own_device(inviter: &Phone, next: &Phone) {
    let mut inviting = inviter.start(&["invite", "--own-device"]);
    let link = text(&inviting.event("invite"), "link");
    let mut joining = next.start(&["join", &link]);
    exchange(&mut inviting, &mut joining);
    inviting.wait().ok();
    joining.wait().ok();
    // What the new phone does not have yet, it reads now.
    next.sync();
}

#[track_caller]
fn codes(mut inviting: Conversation, mut joining: Conversation) -> String {
    exchange(&mut inviting, &mut joining);
    let (inviters, joiners) = (inviting.wait(), joining.wait());
    let space = text(inviters.ok(), "space");
    assert_eq!(space, text(joiners.ok(), "space"), "they are in one space");
    space
}

#[track_caller]
fn exchange(inviting: &mut Conversation, joining: &mut Conversation) {
    let joiners = text(&joining.event("check"), "code");
    inviting.event("type_code");
    inviting.say(&joiners);
    let inviters = text(&inviting.event("check"), "code");
    joining.event("type_code");
    joining.say(&inviters);
}
