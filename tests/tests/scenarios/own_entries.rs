//! What one person wrote, and what the other may say to it.

use amends_tests::phones::{Couple, exit, text};
use serde_json::json;

#[test]
fn an_acknowledgement_is_of_the_wording_that_was_read() {
    let mut couple = Couple::paired();
    let id = couple.ben.make(&["new", "boundary", "limit=No talks after ten.", "helps=Asking in the morning."]);
    couple.sync();
    let first = text(&couple.ana.show(&id)["wordings"][0], "hash");
    couple.relay.stop();
    couple.ben.ask(&["edit", &id, "limit=No talks after nine."]);
    couple.ana.ask(&["acknowledge", &id]);
    assert_eq!(couple.ana.show(&id)["state"], "acknowledged", "as far as Ana's phone can know");
    couple.relay.start_again();
    couple.sync();
    let view = couple.both_show(&id);
    assert_eq!(view["state"], "changed_since_acknowledged");
    assert_eq!(view["fields"], json!({ "limit": "No talks after nine.", "helps": "Asking in the morning." }));
    let wordings = view["wordings"].as_array().expect("wordings");
    for wording in wordings {
        assert_eq!(wording["acknowledged"], wording["hash"] == first, "{wording}");
        assert_eq!(wording["current"], wording["hash"] != first, "{wording}");
    }
    couple.ana.ask(&["acknowledge", &id]);
    couple.sync();
    assert_eq!(couple.both_show(&id)["state"], "acknowledged");
    couple.agree();
}

#[test]
fn nobody_writes_in_the_others_name() {
    let couple = Couple::paired();
    let boundary = couple.ben.make(&["new", "boundary", "limit=No talks after ten."]);
    couple.sync();
    couple.ana.refuses(&["edit", &boundary, "limit=None."], exit::REFUSED, "not_yours");
    couple.ana.refuses(&["redact", &boundary], exit::REFUSED, "not_yours");
    couple.ben.refuses(&["acknowledge", &boundary], exit::REFUSED, "yours");
    couple.ben.refuses(&["consent", &boundary], exit::REFUSED, "wrong_shape");
    couple.ben.refuses(&["note", &boundary, "--at", "0", "--insert", "x"], exit::REFUSED, "wrong_shape");
    couple.sync();
    assert_eq!(couple.both_show(&boundary)["fields"]["limit"], "No talks after ten.");
    couple.agree();
}

#[test]
fn words_arrive_as_they_were_written_in_any_script() {
    let couple = Couple::paired();
    let words = "می‌خواهم 👩‍👩‍👧‍👦 «ü» – “quoted” 'single' $HOME \\ = ½ end";
    let id = couple.ana.make(&["new", "appreciation", &format!("text={words}")]);
    let lines = "first\nsecond\n\nfourth";
    let other = couple.ana.make(&["new", "appreciation", &format!("text={lines}")]);
    couple.sync();
    assert_eq!(couple.both_show(&id)["fields"]["text"], words);
    assert_eq!(couple.both_show(&other)["fields"]["text"], lines);
    // Hidden characters are left out before anything is signed.
    let hidden = couple.ana.make(&["new", "appreciation", "text=a\u{202e}b\u{200b}c\u{feff}"]);
    couple.sync();
    assert_eq!(couple.both_show(&hidden)["fields"]["text"], "abc");
    couple.agree();
}
