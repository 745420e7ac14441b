//! What two people agreed, exactly, when they said different things while apart.

use amends_tests::phones::{Couple, Phone, exit, text};
use serde_json::{Value, json};

/// An agreement that Ana proposed and Ben has read; its id and first revision.
fn proposed(couple: &Couple) -> (String, String) {
    let id = couple.ana.make(&["new", "agreement", "text=We say by noon when plans change.", "category=communication"]);
    couple.sync();
    let first = text(&couple.ana.show(&id)["revisions"][0], "hash");
    (id, first)
}

/// The same, with Ben's consent.
fn agreed(couple: &Couple) -> (String, String) {
    let (id, first) = proposed(couple);
    couple.ben.ask(&["consent", &id]);
    couple.sync();
    let view = couple.both_show(&id);
    assert_eq!((&view["state"], &view["in_force"]), (&json!("in_force"), &json!(first)));
    (id, first)
}

fn propose(phone: &Phone, id: &str, words: &str) -> String {
    text(&phone.ask(&["propose", id, &format!("text={words}")]), "revision")
}

fn member(phone: &Phone) -> Value {
    phone.ask(&["status"])["member"].clone()
}

/// Who stands on a revision.
fn standing(view: &Value, revision: &str) -> Vec<Value> {
    let revisions = view["revisions"].as_array().expect("revisions");
    let revision = revisions.iter().find(|known| known["hash"] == revision).expect("the revision is there");
    revision["consents"].as_array().expect("consents").iter().map(|consent| consent["member"].clone()).collect()
}

fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(Value::to_string);
    values
}

fn list(view: &Value, key: &str) -> Vec<Value> {
    sorted(view[key].as_array().unwrap_or_else(|| panic!("no list {key} in {view}")).clone())
}

/// S-1, case C1: the text changed while the other signed.
#[test]
fn consent_to_an_earlier_wording_asks_for_consent_again() {
    let mut couple = Couple::paired();
    let (id, first) = proposed(&couple);
    couple.relay.stop();
    let second = propose(&couple.ana, &id, "We say by ten when plans change.");
    couple.ben.ask(&["consent", &id, "--revision", &first]);
    assert_eq!(couple.ben.show(&id)["state"], "in_force", "as far as Ben's phone can know");
    assert_eq!(couple.ben.show(&id)["settled"], false);

    couple.relay.start_again();
    couple.sync();
    let view = couple.both_show(&id);
    assert_eq!(view["state"], "needs_reconsent");
    assert_eq!(view["in_force"], Value::Null, "nothing is in force that one of them has moved on from");
    assert_eq!(view["needs_reconsent"], json!([member(&couple.ben)]));
    assert_eq!(
        (standing(&view, &first), standing(&view, &second)),
        (vec![member(&couple.ben)], vec![member(&couple.ana)])
    );
    let words: Vec<&Value> =
        view["revisions"].as_array().expect("revisions").iter().map(|r| &r["fields"]["text"]).collect();
    assert_eq!(words, ["We say by noon when plans change.", "We say by ten when plans change."], "both to be compared");
    let today = couple.ben.ask(&["today"]);
    assert!(today["to_do"].as_array().expect("to_do").iter().any(|card| card["action"] == "reconsent"), "{today}");

    couple.ben.ask(&["consent", &id]);
    couple.sync();
    let view = couple.both_show(&id);
    assert_eq!((&view["state"], &view["in_force"]), (&json!("in_force"), &json!(second)));
    couple.agree();
}

/// S-2, cases C3 and C4: both amend, then each accepts the other's wording. No machine picks.
#[test]
fn crossed_consent_is_left_to_the_two() {
    let mut couple = Couple::paired();
    let (id, first) = agreed(&couple);
    couple.relay.stop();
    let anas = propose(&couple.ana, &id, "We say by ten when plans change.");
    let bens = propose(&couple.ben, &id, "We call when plans change.");
    couple.relay.start_again();
    couple.sync();
    let both = sorted(vec![json!(anas), json!(bens)]);
    let view = couple.both_show(&id);
    assert_eq!((&view["state"], &view["in_force"]), (&json!("competing"), &json!(first)));
    assert_eq!(list(&view, "heads"), both);

    couple.relay.stop();
    couple.ana.ask(&["consent", &id, "--revision", &bens]);
    couple.ben.ask(&["consent", &id, "--revision", &anas]);
    couple.relay.start_again();
    couple.sync();
    let two = sorted(vec![member(&couple.ana), member(&couple.ben)]);
    let crossed = |view: &Value| {
        assert_eq!((&view["state"], &view["in_force"]), (&json!("crossed_consent"), &json!(first)));
        assert_eq!(list(view, "crossed"), both);
        for revision in [&first, &anas, &bens] {
            assert_eq!(sorted(standing(view, revision)), two, "both signed all three");
        }
    };
    crossed(&couple.both_show(&id));
    // Time and further trips decide nothing.
    couple.sync();
    crossed(&couple.both_show(&id));
    assert_eq!(couple.ana.at("2027-03-14T12:00:00Z").show(&id)["state"], "crossed_consent");

    let parents = format!("{anas},{bens}");
    let words = "text=We call by ten when plans change.";
    let merged = text(&couple.ana.ask(&["propose", &id, words, "--parents", &parents]), "revision");
    couple.sync();
    let view = couple.both_show(&id);
    assert_eq!(view["in_force"], first, "the third wording waits for the other");
    couple.ben.ask(&["consent", &id, "--revision", &merged]);
    couple.sync();
    let view = couple.both_show(&id);
    assert_eq!((&view["state"], &view["in_force"]), (&json!("in_force"), &json!(merged)));
    couple.agree();
}

/// S-3, case C5: one withdraws while the other signs.
#[test]
fn a_withdrawal_that_crossed_a_signature_wins() {
    for named in [true, false] {
        let mut couple = Couple::paired();
        let (id, first) = proposed(&couple);
        couple.relay.stop();
        let withdraw: &[&str] = if named { &["withdraw", &id, "--revision", &first] } else { &["withdraw", &id] };
        couple.ana.ask(withdraw);
        couple.ben.ask(&["consent", &id]);
        couple.relay.start_again();
        couple.sync();
        let view = couple.both_show(&id);
        assert_eq!((&view["state"], &view["in_force"]), (&json!("withdrawn"), &Value::Null));
        assert_eq!(standing(&view, &first), [member(&couple.ben)], "Ben's signature is his, Ana's withdrawal hers");
        assert_eq!(view["withdrawn"][0]["member"], member(&couple.ana));
        // Whatever Ben does, Ana's register stays hers.
        couple.ben.refuses(&["consent", &id, "--revision", &first], exit::REFUSED, "already_consented");
        couple.ben.ask(&["comment", &id, "I had signed already."]);
        couple.sync();
        assert_eq!(couple.both_show(&id)["state"], "withdrawn");
        // She may come back to it herself.
        couple.ana.ask(&["consent", &id, "--revision", &first]);
        couple.sync();
        assert_eq!(couple.both_show(&id)["in_force"], first);
        couple.agree();
    }
}

#[test]
fn what_does_not_build_on_the_text_in_force_must_be_merged() {
    let mut couple = Couple::paired();
    let (id, first) = agreed(&couple);
    couple.relay.stop();
    let anas = propose(&couple.ana, &id, "We say by ten.");
    let bens = propose(&couple.ben, &id, "We call.");
    couple.relay.start_again();
    couple.sync();
    couple.ana.ask(&["consent", &id, "--revision", &bens]);
    couple.sync();
    assert_eq!(couple.both_show(&id)["in_force"], bens);
    couple.ben.refuses(&["consent", &id, "--revision", &anas], exit::REFUSED, "must_merge");
    couple.ben.refuses(&["consent", &id, "--revision", &bens], exit::REFUSED, "already_consented");
    let parents = format!("{anas},{bens}");
    let merged = text(&couple.ben.ask(&["propose", &id, "text=We call by ten.", "--parents", &parents]), "revision");
    couple.sync();
    couple.ana.ask(&["consent", &id, "--revision", &merged]);
    couple.sync();
    let view = couple.both_show(&id);
    assert_eq!(view["in_force"], merged);
    assert_ne!(view["in_force"], first);
    couple.agree();
}

#[test]
fn which_revision_must_be_said_when_more_than_one_could_be_meant() {
    let couple = Couple::paired();
    let (id, first) = agreed(&couple);
    let one = propose(&couple.ana, &id, "One way.");
    let other = couple.ana.ask(&["propose", &id, "text=Another way.", "--parents", &first]);
    couple.sync();
    for act in ["consent", "decline"] {
        couple.ben.refuses(&[act, &id], exit::USAGE, "ambiguous_revision");
    }
    couple.ana.refuses(&["propose", &id, "text=A third way."], exit::USAGE, "ambiguous_revision");
    let unknown = "0".repeat(64);
    couple.ben.refuses(&["consent", &id, "--revision", &unknown], exit::NOT_FOUND, "not_found");
    couple.ben.refuses(&["withdraw", &id, "--revision", &unknown], exit::NOT_FOUND, "not_found");
    couple.ben.ask(&["decline", &id, "--revision", &one, "--note", "Too early for me."]);
    couple.ben.ask(&["consent", &id, "--revision", &text(&other, "revision")]);
    couple.sync();
    let view = couple.both_show(&id);
    assert_eq!(view["in_force"], other["revision"]);
    assert!(view.to_string().contains("Too early for me."), "{view}");
    couple.agree();
}

#[test]
fn an_ending_and_an_amendment_that_crossed_leave_nothing_in_force() {
    let mut couple = Couple::paired();
    let (id, _) = agreed(&couple);
    couple.relay.stop();
    couple.ana.ask(&["retire", &id]);
    let bens = propose(&couple.ben, &id, "We call.");
    couple.relay.start_again();
    couple.sync();
    let view = couple.both_show(&id);
    assert_eq!((&view["state"], &view["in_force"]), (&json!("retired"), &Value::Null));
    assert!(list(&view, "heads").contains(&json!(bens)), "what Ben proposed is still there to talk about: {view}");
    assert_eq!(view["withdrawn"][0]["retired"], true);
    couple.agree();
}

#[test]
fn a_shared_note_becomes_words_to_sign_and_is_not_signed_itself() {
    let mut couple = Couple::paired();
    let note = couple.ana.make(&["new", "note", "title=Draft"]);
    couple.ana.ask(&["note", &note, "--at", "0", "--insert", "We rest on Sundays."]);
    couple.sync();
    couple.relay.stop();
    couple.ana.ask(&["note", &note, "--at", "0", "--insert", "Mostly: "]);
    couple.ben.ask(&["note", &note, "--at", "8", "--delete", "4", "--insert", "rest well"]);
    couple.relay.start_again();
    couple.sync();
    let words = text(&couple.both_show(&note), "text");
    assert!(words.starts_with("Mostly: We rest") && words.contains("rest well"), "both edits are in {words:?}");

    let id = couple.ana.make(&["new", "agreement", "text=To be written."]);
    couple.ana.ask(&["propose", &id, "--from-note", &note]);
    couple.sync();
    couple.ben.ask(&["consent", &id]);
    couple.ben.ask(&["note", &note, "--at", "0", "--insert", "Changed since. "]);
    couple.sync();
    let view = couple.both_show(&id);
    let in_force = view["revisions"].as_array().expect("revisions").iter().find(|r| r["hash"] == view["in_force"]);
    assert_eq!(in_force.expect("one is in force")["fields"]["text"], words, "what was signed stays as it was");
    couple.agree();
}
