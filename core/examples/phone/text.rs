//! Text for people, made of the same values that programs get.

use serde_json::{Map, Value};
use std::fmt::Write;

const INDENT: &str = "  ";

/// A result.
pub(crate) fn result(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(object) if object.len() == 1 => match object.iter().next() {
            Some((key, Value::Bool(true))) if key == "ok" => out.push_str("done\n"),
            Some((key, Value::Array(items))) if items.is_empty() => {
                let _ = writeln!(out, "no {}", words(key));
            }
            Some((_, Value::Array(items))) => list(&mut out, items, 0),
            _ => fields(&mut out, object, 0),
        },
        Value::Object(object) => fields(&mut out, object, 0),
        other => {
            let _ = writeln!(out, "{}", plain(other));
        }
    }
    out
}

/// An event: what it is called, then what it carries.
pub(crate) fn event(value: &Value) -> String {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(shown).unwrap_or_default();
    match text("event").as_str() {
        "invite" => {
            let words = text("words");
            let words = if words.is_empty() { words } else { format!("or these words:\n  {words}\n") };
            format!("Pass on this link, by a way you trust:\n  {}\n{words}It is good for ten minutes.\n", text("link"))
        }
        "type_code" => {
            let name = text("name");
            let whose = if name.is_empty() { "the other phone".to_owned() } else { format!("{name}'s phone") };
            format!("Type the six digits that {whose} shows, then Enter:\n")
        }
        "check" => format!("Your code, for the other person to type:\n  {}\n", text("code")),
        "paired" => "Paired.\n".to_owned(),
        name => {
            let mut out = words(name);
            if let Value::Object(object) = value {
                for (key, value) in object.iter().filter(|(key, _)| *key != "event") {
                    let _ = write!(out, ", {} {}", words(key), value.as_str().map_or_else(|| value.to_string(), shown));
                }
            }
            out.push('\n');
            out
        }
    }
}

/// A text as a terminal may show it: nothing in it is taken for a command to the terminal.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// `amendment_pending` for people.
fn words(key: &str) -> String {
    shown(&key.replace('_', " "))
}

fn fields(out: &mut String, object: &Map<String, Value>, depth: usize) {
    let lead = INDENT.repeat(depth);
    for (key, value) in object.iter().filter(|(_, value)| !is_nothing(value)) {
        let _ = write!(out, "{lead}{}:", words(key));
        match value {
            Value::Object(inner) => {
                out.push('\n');
                fields(out, inner, depth + 1);
            }
            Value::Array(items) if items.iter().all(is_short) => {
                let items: Vec<String> = items.iter().map(plain).collect();
                let _ = writeln!(out, " {}", items.join(", "));
            }
            Value::Array(items) => {
                out.push('\n');
                list(out, items, depth + 1);
            }
            other => scalar(out, other, depth + 1),
        }
    }
}

fn list(out: &mut String, items: &[Value], depth: usize) {
    let lead = INDENT.repeat(depth);
    for item in items {
        let mut inner = String::new();
        match item {
            Value::Object(object) => fields(&mut inner, object, depth + 1),
            Value::Array(items) => list(&mut inner, items, depth + 1),
            other => scalar(&mut inner, other, depth + 1),
        }
        let _ = write!(out, "{lead}- {}", inner.trim_start());
        if inner.trim_start().is_empty() {
            out.push('\n');
        }
    }
}

/// A value on the rest of its line; a text of several lines below it.
fn scalar(out: &mut String, value: &Value, depth: usize) {
    let text = plain(value);
    if !text.contains('\n') {
        let _ = writeln!(out, " {text}");
        return;
    }
    out.push('\n');
    for line in text.lines() {
        let _ = writeln!(out, "{}{line}", INDENT.repeat(depth));
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => shown(text),
        other => other.to_string(),
    }
}

fn is_short(value: &Value) -> bool {
    match value {
        Value::Object(_) | Value::Array(_) => false,
        Value::String(text) => !text.contains('\n'),
        _ => true,
    }
}

/// What is empty says nothing to people.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn results_read_like_text() {
        assert_eq!(result(&json!({ "ok": true })), "done\n");
        assert_eq!(result(&json!({ "entries": [] })), "no entries\n");
        assert_eq!(result(&json!({ "id": "ab" })), "id: ab\n");
        let view = json!({
            "state": "in_force", "settled": true, "note": null, "parents": [],
            "fields": { "text": "We say\nby noon.", "category": "communication" },
            "revisions": [{ "hash": "h1", "consents": ["a", "b"] }, { "hash": "h2" }],
        });
        let expected = "\
state: in_force
settled: yes
fields:
  text:
    We say
    by noon.
  category: communication
revisions:
  - hash: h1
    consents: a, b
  - hash: h2
";
        assert_eq!(result(&view), expected);
    }

    #[test]
    fn a_list_of_entries_is_told_one_by_one() {
        let list = json!({ "entries": [{ "id": "a", "practice": "note" }, { "id": "b", "practice": "note" }] });
        assert_eq!(result(&list), "- id: a\n  practice: note\n- id: b\n  practice: note\n");
    }

    #[test]
    fn nothing_that_arrives_commands_the_terminal() {
        let text = result(&json!({ "text": "a\u{1b}[2Jb\rc\u{9b}d\nok" }));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        let told = event(&json!({ "event": "type_code", "name": "\u{1b}]0;x" }));
        assert!(!told.contains('\u{1b}'));
    }

    #[test]
    fn events_say_what_to_do() {
        let invite = event(&json!({ "event": "invite", "link": "amends://x", "words": "a b" }));
        assert!(invite.contains("amends://x") && invite.contains("a b"));
        assert!(event(&json!({ "event": "check", "code": "123456" })).contains("123456"));
        assert_eq!(
            event(&json!({ "event": "offline", "code": "relay_unreachable" })),
            "offline, code relay_unreachable\n"
        );
    }
}
