//! Every name in the phone's JSON that the demo relies on. If the phone's interface changes, it changes here alone.

use std::collections::BTreeMap;

use serde_json::Value;

use super::phone::Reply;
use crate::failure::Failure;

pub(super) const ERROR: &str = "error";

/// Events of `invite` and `join`.
pub(super) const INVITE: &str = "invite";
pub(super) const TYPE_CODE: &str = "type_code";
pub(super) const CHECK: &str = "check";
pub(super) const PAIRED: &str = "paired";

/// States of an agreement.
pub(super) const IN_FORCE: &str = "in_force";
pub(super) const COMPETING: &str = "competing";
pub(super) const CROSSED_CONSENT: &str = "crossed_consent";

/// How a command ends that did not reach the relay: the edits are kept.
pub(super) const UNREACHABLE: i32 = 5;

pub(super) fn event_name(object: &Value) -> Option<&str> {
    object["event"].as_str()
}

pub(super) fn link(invite: &Value) -> Result<String, Failure> {
    text(invite, "link")
}

pub(super) fn code(check: &Value) -> Result<String, Failure> {
    text(check, "code")
}

pub(super) fn space(paired: &Value) -> Result<String, Failure> {
    text(paired, "space")
}

/// The id that `new` prints.
pub(super) fn entry(reply: &Reply) -> Result<String, Failure> {
    text(only(reply)?, "id")
}

/// The hash that `propose` prints.
pub(super) fn revision(reply: &Reply) -> Result<String, Failure> {
    text(only(reply)?, "revision")
}

/// The text of a shared note, as `show` prints it.
pub(super) fn note_text(reply: &Reply) -> Result<String, Failure> {
    text(only(reply)?, "text")
}

/// How many edits wait to be sent, as `status` prints it.
pub(super) fn outbox(reply: &Reply) -> Result<u64, Failure> {
    number(only(reply)?, "outbox")
}

/// How much was set aside as not understood or not authentic, as `status` prints it.
pub(super) fn quarantine(reply: &Reply) -> Result<u64, Failure> {
    number(only(reply)?, "quarantine")
}

/// What both partners must see alike of an agreement; whose phone it is does not enter.
#[derive(Debug, PartialEq)]
pub(super) struct Agreement {
    pub(super) state: String,
    /// The hash of the revision in force.
    pub(super) in_force: Option<String>,
    /// By hash: author, parents, fields, consents.
    pub(super) revisions: BTreeMap<String, Value>,
}

/// An agreement as `show` prints it.
pub(super) fn agreement(reply: &Reply) -> Result<Agreement, Failure> {
    let view = only(reply)?;
    let list = find(view, "revisions").and_then(Value::as_array);
    let list = list.ok_or_else(|| missing(view, "revisions"))?;
    let mut revisions = BTreeMap::new();
    for revision in list {
        let parts = ["author", "parents", "fields", "consents"];
        let seen: BTreeMap<&str, Value> = parts.map(|part| (part, in_order(&revision[part]))).into();
        let seen = serde_json::to_value(seen).unwrap_or_default();
        revisions.insert(text(revision, "hash")?, seen);
    }
    Ok(Agreement { state: text(view, "state")?, in_force: in_force(view), revisions })
}

/// The revision in force: its hash, or an object that has one.
fn in_force(view: &Value) -> Option<String> {
    match find(view, "in_force")? {
        Value::String(hash) => Some(hash.clone()),
        revision => revision["hash"].as_str().map(str::to_owned),
    }
}

/// Consents and parents are sets: their order may differ from phone to phone.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items = items.clone();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

/// A command's result is one object, its last line.
fn only(reply: &Reply) -> Result<&Value, Failure> {
    reply.objects.last().ok_or_else(|| Failure::new("the phone printed no result"))
}

fn text(object: &Value, key: &str) -> Result<String, Failure> {
    find(object, key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| missing(object, key))
}

/// A count, or the length of a list.
fn number(object: &Value, key: &str) -> Result<u64, Failure> {
    let found = find(object, key);
    let length = found.and_then(Value::as_array).map(|list| list.len() as u64);
    found.and_then(Value::as_u64).or(length).ok_or_else(|| missing(object, key))
}

/// `key` in the object itself, or else in one of the objects directly inside it.
fn find<'a>(object: &'a Value, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| object.as_object()?.values().find_map(|inner| inner.as_object()?.get(key)))
}

fn missing(object: &Value, key: &str) -> Failure {
    Failure::new(format!("the phone printed no {key:?} in {object}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply(object: Value) -> Reply {
        Reply { code: 0, raw: object.to_string(), objects: vec![object] }
    }

    #[test]
    fn an_agreement_is_the_same_in_whatever_order_sets_are_printed() {
        let shown = |consents: [&str; 2]| {
            let revision = json!({"hash": "h1", "author": "a", "parents": [], "fields": {"text": "t"},
                "consents": consents, "mine": true});
            reply(json!({"state": "in_force", "in_force": "h1", "revisions": [revision]}))
        };
        let one = agreement(&shown(["a", "b"])).expect("it is an agreement");
        let other = agreement(&shown(["b", "a"])).expect("it is an agreement");
        assert_eq!(one, other);
        assert_eq!((one.state.as_str(), one.in_force.as_deref()), (IN_FORCE, Some("h1")));
        assert!(one.revisions["h1"].get("mine").is_none());
        let changed = agreement(&shown(["a", "c"])).expect("it is an agreement");
        assert_ne!(one, changed, "a different consent must be seen");
    }

    #[test]
    fn the_revision_in_force_may_be_a_hash_or_an_object_or_none() {
        assert_eq!(in_force(&json!({"in_force": "h"})).as_deref(), Some("h"));
        assert_eq!(in_force(&json!({"in_force": {"hash": "h"}})).as_deref(), Some("h"));
        assert_eq!(in_force(&json!({"in_force": null})), None);
        assert_eq!(in_force(&json!({})), None);
    }

    #[test]
    fn counts_may_be_numbers_or_lists() {
        assert_eq!(outbox(&reply(json!({"outbox": 3}))).ok(), Some(3));
        assert_eq!(quarantine(&reply(json!({"quarantine": ["x"]}))).ok(), Some(1));
        assert!(outbox(&reply(json!({}))).is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        let failure = entry(&reply(json!({"revision": "h"}))).expect_err("there is no id");
        assert!(failure.to_string().contains("\"id\""), "{failure}");
        assert_eq!(note_text(&reply(json!({"fields": {"text": "t"}}))).ok().as_deref(), Some("t"));
    }
}
