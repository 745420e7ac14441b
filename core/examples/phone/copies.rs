//! What leaves the home for its owner: the full copy, and what was set aside.

use super::args::Format;
use super::failure::Failure;
use super::files;
use super::print::Printer;
use super::session::Session;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::Path;

/// The owner's full copy, to a new file or to stdout.
pub(crate) fn export(
    session: &mut Session,
    format: Format,
    to: Option<&Path>,
    printer: &Printer,
) -> Result<(), Failure> {
    let copy = serde_json::to_value(session.look(|home, at| home.export(at))?)?;
    match (format, to) {
        (Format::Json, Some(to)) => written(to, &pretty(&copy)?, printer),
        (Format::Markdown, Some(to)) => written(to, &markdown(&copy), printer),
        // JSON was asked for: that is what people get, too.
        (Format::Json, None) if printer.is_json() => {
            printer.result(&copy);
            Ok(())
        }
        (Format::Json, None) => {
            printer.text("json", &pretty(&copy)?);
            Ok(())
        }
        (Format::Markdown, None) => {
            printer.text("markdown", &markdown(&copy));
            Ok(())
        }
    }
}

/// What was set aside, and its payloads to a new file if one is named.
pub(crate) fn quarantine(session: &mut Session, to: Option<&Path>, printer: &Printer) -> Result<(), Failure> {
    let items = session.look(|home, at| home.quarantine(at))?;
    if let Some(to) = to {
        let mut payloads = Vec::new();
        for item in &items {
            let mut value = serde_json::to_value(item)?;
            value["content"] = item.content.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
            payloads.push(value);
        }
        files::make(to, pretty(&json!({ "quarantine": payloads }))?.as_bytes())?;
    }
    printer.result(&json!({ "quarantine": items }));
    Ok(())
}

fn written(to: &Path, text: &str, printer: &Printer) -> Result<(), Failure> {
    files::make(to, text.as_bytes())?;
    printer.result(&json!({ "written": to.to_string_lossy(), "bytes": text.len() }));
    Ok(())
}

fn pretty(value: &Value) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// A copy for people: a heading for each entry, its words, and who said what.
fn markdown(copy: &Value) -> String {
    let mut out = format!("# A full copy, for {}\n", inline(&copy["name"]));
    let _ = writeln!(out, "\nMember `{}`, device `{}`.", inline(&copy["member"]), inline(&copy["device"]));
    for entry in copy["entries"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "\n## {}: {}\n", inline(&entry["practice"]), inline(&entry["state"]));
        let _ = writeln!(out, "`{}`", inline(&entry["id"]));
        for key in ["date", "author", "title"] {
            if let Some(text) = entry[key].as_str().filter(|text| !text.is_empty()) {
                let _ = writeln!(out, "\n*{key}*: {}", inline_text(text));
            }
        }
        if let Some(text) = entry["text"].as_str() {
            quote(&mut out, text);
        }
        if let Some(fields) = entry["fields"].as_object() {
            fields_of(&mut out, fields);
        }
        for revision in entry["revisions"].as_array().into_iter().flatten() {
            let standing = if revision["hash"] == entry["in_force"] { ", in force" } else { "" };
            let _ = writeln!(out, "\n### Revision `{}`{standing}", inline(&revision["hash"]));
            said_by(&mut out, &revision["author"], &revision["day"]);
            if let Some(fields) = revision["fields"].as_object() {
                fields_of(&mut out, fields);
            }
        }
        for answer in entry["answers"].as_array().into_iter().flatten() {
            out.push_str("\n### Answer\n");
            said_by(&mut out, &answer["member"], &answer["day"]);
            if let Some(fields) = answer["fields"].as_object() {
                fields_of(&mut out, fields);
            }
        }
        history(&mut out, entry);
    }
    out
}

fn history(out: &mut String, entry: &Value) {
    let items: Vec<&Value> = entry["history"].as_array().into_iter().flatten().collect();
    if items.is_empty() {
        return;
    }
    out.push_str("\n### History\n\n");
    for item in items {
        let (day, kind, member) = (inline(&item["day"]), inline(&item["kind"]), inline(&item["member"]));
        let _ = write!(out, "- {day}: {kind}, by `{member}` (`{}`)", inline(&item["hash"]));
        if let Some(text) = item["text"].as_str() {
            let _ = write!(out, ": {}", inline_text(text));
        }
        out.push('\n');
    }
}

fn said_by(out: &mut String, member: &Value, day: &Value) {
    let _ = writeln!(out, "\n*by* `{}`, *on* {}", inline(member), inline(day));
}

fn fields_of(out: &mut String, fields: &Map<String, Value>) {
    for (name, value) in fields {
        let _ = writeln!(out, "\n**{}**", inline_text(name));
        match value {
            Value::String(text) => quote(out, text),
            Value::Array(items) => items.iter().for_each(|item| {
                let _ = writeln!(out, "\n> - {}", inline(item));
            }),
            other => quote(out, &other.to_string()),
        }
    }
}

/// Words as they are, each line quoted: nothing in them becomes a heading or a list of this file.
fn quote(out: &mut String, text: &str) {
    out.push('\n');
    for line in text.lines() {
        let _ = writeln!(out, "> {}", escaped(line));
    }
}

fn inline(value: &Value) -> String {
    value.as_str().map_or_else(|| if value.is_null() { "-".to_owned() } else { value.to_string() }, inline_text)
}

fn inline_text(text: &str) -> String {
    escaped(&text.replace('\n', " "))
}

/// Characters that Markdown gives a meaning stay characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' | '~') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_for_people_holds_every_word_and_no_markup_of_theirs() {
        let copy = json!({ "name": "Ana", "member": "m1", "device": "d1", "entries": [
            { "id": "e1", "practice": "agreement", "state": "in_force", "in_force": "h1", "revisions": [
                { "hash": "h1", "author": "m1", "day": "2026-02-01", "fields": { "text": "# We say\nby <b>noon</b>" } }],
              "history": [{ "hash": "h1", "kind": "propose", "member": "m1", "day": "2026-02-01", "text": null }] },
            { "id": "e2", "practice": "note", "state": "open", "title": "Weekend", "text": "Walk" },
        ] });
        let text = markdown(&copy);
        for words in
            ["Ana", "> \\# We say", "> by \\<b\\>noon\\</b\\>", "h1`, in force", "Weekend", "> Walk", "propose"]
        {
            assert!(text.contains(words), "{words} in\n{text}");
        }
        assert!(text.lines().filter(|line| line.starts_with('#')).count() == 5, "{text}");
    }
}
