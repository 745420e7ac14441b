//! What is one person's alone.

use amends_tests::phones::{Canary, Couple, Phone, TODAY, exit, pair_own_device, shared};
use std::path::Path;

fn copy(phone: &Phone) -> String {
    phone.ask(&["export", "--format", "json"]).to_string() + &phone.ask(&["list"]).to_string()
}

/// S-9: what Ana writes in her vault is nowhere but on Ana's screens.
#[test]
fn words_in_a_vault_are_found_nowhere_else() {
    let couple = Couple::paired();
    couple.relay.tap().record();
    let [journal, edited, draft, sealed, shared_word, kept] =
        ["cinnamon", "ginger", "juniper", "thistle", "walnut", "saffron"].map(Canary::new);
    let ana = &couple.ana;
    let entry =
        ana.make(&["new", "journal_entry", &format!("text=I am afraid of the same again ({}).", journal.word())]);
    couple.sync();
    ana.ask(&["edit", &entry, &format!("text=Less afraid ({}).", edited.word())]);
    let agreement = ana.make(&["new", "agreement", &format!("text=Perhaps ({}).", draft.word()), "--draft"]);
    ana.ask(&["answer", "check_in", "--date", TODAY, &format!("need=Rest ({}).", sealed.word())]);
    let both = format!("text={} and {}", shared_word.word(), kept.word());
    let source = ana.make(&["new", "journal_entry", &both]);
    couple.sync();
    // A copy out of the vault is exactly what is named.
    ana.ask(&["share", &source, "--as", "appreciation", &format!("text={}", shared_word.word())]);
    couple.sync();

    let private = [&journal, &edited, &draft, &sealed, &kept];
    for canary in private.into_iter().chain([&shared_word]) {
        assert!(canary.is_in(copy(ana).as_bytes()), "Ana reads it: the search can find it");
    }
    let wire = couple.relay.tap().recorded();
    assert!(wire.len() > 1000, "the wire was recorded");
    for canary in private.into_iter().chain([&shared_word]) {
        assert!(!canary.is_in(&wire), "{canary:?} on the wire");
        assert!(canary.is_in(&[&wire, canary.word().as_bytes()].concat()), "the search finds it among those bytes");
        for folder in [ana.folder(), couple.ben.folder(), &couple.relay.data()] {
            canary.is_nowhere_in(folder);
        }
    }
    let bens = copy(&couple.ben) + &couple.ben.screen(&["today"]) + &couple.ben.ask(&["status"]).to_string();
    assert!(shared_word.is_in(bens.as_bytes()), "what was shared is there: the search can find it");
    for canary in private {
        assert!(!canary.is_in(bens.as_bytes()), "{canary:?} at Ben's");
    }
    for id in [&entry, &agreement, &source] {
        assert!(!bens.contains(id.as_str()), "nor that there is such an entry");
        couple.ben.refuses(&["show", id], exit::NOT_FOUND, "not_found");
    }
    ana.verify();
}

#[test]
fn the_partner_cannot_tell_that_a_vault_is_written_in() {
    let couple = Couple::paired();
    couple.ana.make(&["new", "appreciation", "text=You waited for me."]);
    couple.sync();
    let before = (copy(&couple.ben), couple.ben.ask(&["status"]), couple.ben.ask(&["verify"]));
    for word in ["one", "two", "three"] {
        couple.ana.make(&["new", "journal_entry", &format!("text={word}")]);
        couple.sync();
    }
    assert_eq!(before, (copy(&couple.ben), couple.ben.ask(&["status"]), couple.ben.ask(&["verify"])));
}

fn next_phone(couple: &Couple, folder: &Path) -> Phone {
    let next = Phone::new("Ana", &folder.join("anas-tablet"));
    pair_own_device(&couple.ana, &next);
    next
}

#[test]
fn an_own_second_phone_has_everything_and_the_partner_cannot_tell() {
    let couple = Couple::paired();
    let ana = &couple.ana;
    let journal = ana.make(&["new", "journal_entry", "text=For me alone."]);
    let agreement = ana.make(&["new", "agreement", "text=We say by noon."]);
    let note = ana.make(&["new", "note", "title=Weekend"]);
    ana.ask(&["note", &note, "--at", "0", "--insert", "A walk."]);
    ana.ask(&["answer", "check_in", "--date", TODAY, "mood=calm"]);
    couple.sync();
    couple.ben.ask(&["consent", &agreement]);
    couple.sync();
    let before = (copy(&couple.ben), couple.ben.ask(&["status"]));

    let tablet = next_phone(&couple, couple.folder.path());
    couple.sync();
    assert_eq!((copy(&couple.ben), couple.ben.ask(&["status"])), before, "nothing of it reaches Ben");
    tablet.sync();
    assert_eq!(shared(&tablet), shared(ana));
    assert_eq!(tablet.show(&journal)["fields"]["text"], "For me alone.");
    let [anas, tablets] = [ana, &tablet].map(|phone| phone.ask(&["status"]));
    assert_eq!((&anas["member"], &anas["space"]), (&tablets["member"], &tablets["space"]));
    assert_ne!(anas["device"], tablets["device"]);
    assert_eq!(anas["devices"].as_array().map(Vec::len), Some(2));

    // What the tablet says is Ana's, and Ben's phone has no name for the tablet.
    let said = tablet.make(&["new", "appreciation", "text=You waited for me."]);
    let secret = tablet.make(&["new", "journal_entry", "text=Written on the tablet."]);
    tablet.sync();
    couple.sync();
    assert_eq!(couple.ben.show(&said)["author"], anas["member"]);
    assert_eq!(ana.show(&secret)["fields"]["text"], "Written on the tablet.");
    let device = tablets["device"].as_str().expect("a device id");
    let bens = copy(&couple.ben) + &couple.ben.ask(&["status"]).to_string();
    assert!(!bens.contains(device), "no screen or copy of Ben's names the tablet");
    // The answer sealed on the phone opens on both, whichever of them is there.
    couple.ben.ask(&["answer", "check_in", "--date", TODAY, "mood=glad"]);
    couple.ben.sync();
    tablet.sync();
    couple.ben.sync();
    let bens = couple.ben.ask(&["list", "check_in"]);
    assert_eq!(bens["entries"][0]["state"], "open", "{bens}");
    couple.sync();
    tablet.sync();
    assert_eq!(shared(&tablet), shared(ana));
    tablet.verify();
    couple.agree();
}

#[test]
fn a_vault_of_one_person_needs_no_partner() {
    let couple = Couple::strangers();
    let journal = couple.ana.make(&["new", "journal_entry", "text=Alone, for now."]);
    assert_eq!(couple.ana.show(&journal)["fields"]["text"], "Alone, for now.");
    couple.ana.refuses(&["new", "appreciation", "text=Thank you."], exit::REFUSED, "not_paired");
    couple.ana.refuses(&["answer", "check_in", "--date", TODAY, "mood=calm"], exit::REFUSED, "not_paired");
    let draft = couple.ana.make(&["new", "agreement", "text=Perhaps.", "--draft"]);
    assert_eq!(couple.ana.show(&draft)["shape"], "vault");
    couple.ana.verify();
}
