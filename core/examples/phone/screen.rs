//! Screens for people.

use super::text::shown;
use serde_json::Value;
use std::fmt::Write;

/// *Today*: what is mine to do, what opened, what waits, what is new.
pub(crate) fn today(today: &Value) -> String {
    let mut out = format!("{}\n", shown(today["date"].as_str().unwrap_or_default()));
    let sections = [("to_do", "To do"), ("opened", "Opened"), ("waiting", "Waiting"), ("new", "New")];
    for (key, title) in sections {
        let cards: Vec<&Value> = today[key].as_array().into_iter().flatten().collect();
        if !cards.is_empty() {
            let _ = writeln!(out, "\n{title}");
        }
        for card in cards {
            write_card(&mut out, card);
        }
    }
    if out.lines().count() == 1 {
        out.push_str("\nNothing today.\n");
    }
    out
}

fn write_card(out: &mut String, card: &Value) {
    let part = |key: &str| card[key].as_str().map(|text| shown(text).replace('\n', " ")).unwrap_or_default();
    let name = |key: &str| part(key).replace('_', " ");
    let _ = write!(out, "  {}, {}", name("practice"), name("state"));
    if card["action"].is_string() {
        let _ = write!(out, ": {}", name("action"));
    }
    if card["settled"] == Value::Bool(false) {
        out.push_str(" (agreed here)");
    }
    out.push('\n');
    if !part("text").is_empty() {
        let _ = writeln!(out, "    {}", part("text"));
    }
    let _ = writeln!(out, "    {}", part("id"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn today_reads_like_a_screen() {
        let card =
            json!({ "id": "e1", "practice": "check_in", "state": "mine_sealed", "text": "calm", "action": null });
        let agreement = json!({ "id": "e2", "practice": "agreement", "state": "proposed", "text": "By\nnoon",
            "action": "consent", "settled": false });
        let shown = today(&json!({ "date": "2026-02-05", "to_do": [agreement], "opened": [], "waiting": [card] }));
        let expected = "2026-02-05\n\nTo do\n  agreement, proposed: consent (agreed here)\n    By noon\n    e2\n\n\
            Waiting\n  check in, mine sealed\n    calm\n    e1\n";
        assert_eq!(shown, expected);
        assert_eq!(today(&json!({ "date": "2026-02-05" })), "2026-02-05\n\nNothing today.\n");
    }
}
