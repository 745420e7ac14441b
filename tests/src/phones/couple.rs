//! The stage: a relay, and two phones that are paired.

use serde_json::Value;
use tempfile::TempDir;

use super::pairing::pair;
use super::phone::Phone;
use super::relay::Relay;

/// See the module's documentation.
pub struct Couple {
    /// Who invited.
    pub ana: Phone,
    /// Who joined.
    pub ben: Phone,
    /// Where they meet.
    pub relay: Relay,
    /// Holds everything; deleted at the end.
    pub folder: TempDir,
}

impl Couple {
    /// A relay that runs, and two phones with homes.
    #[track_caller]
    pub fn strangers() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let [ana, ben] = ["Ana", "Ben"].map(|name| Phone::new(name, &folder.path().join(name.to_lowercase())));
        ana.init();
        ben.init();
        let relay = Relay::start(&folder.path().join("relay"));
        Self { ana, ben, relay, folder }
    }

    /// The same, paired.
    #[track_caller]
    pub fn paired() -> Self {
        let couple = Self::strangers();
        pair(&couple.ana, &couple.ben, couple.relay.address());
        couple
    }

    /// Both sync until neither has anything more to send: what one sends may let the other open something.
    #[track_caller]
    pub fn sync(&self) {
        for phone in [&self.ana, &self.ben, &self.ana, &self.ben] {
            phone.sync();
        }
    }

    /// Asserts that both see the same of an entry, and gives it as Ana sees it.
    #[track_caller]
    pub fn both_show(&self, id: &str) -> Value {
        let [ana, ben] = [&self.ana, &self.ben].map(|phone| perspective_free(phone.show(id)));
        assert_eq!(ana, ben, "both see the same");
        ana
    }

    /// Asserts that both see the same of everything that is shared, and that every signature holds.
    #[track_caller]
    pub fn agree(&self) -> Vec<Value> {
        let [ana, ben] = [&self.ana, &self.ben].map(shared);
        let beside = |one: &[Value], other: &[Value]| -> Vec<String> {
            one.iter().filter(|entry| !other.contains(entry)).map(Value::to_string).collect()
        };
        let (anas, bens) = (beside(&ana, &ben), beside(&ben, &ana));
        assert!(anas.is_empty() && bens.is_empty(), "both see the same, but Ana sees {anas:#?} and Ben {bens:#?}");
        self.ana.verify();
        self.ben.verify();
        ana
    }
}

/// All that a phone shows of what is shared, without what depends on who looks.
#[track_caller]
pub fn shared(phone: &Phone) -> Vec<Value> {
    let list = phone.ask(&["list"]);
    let entries = list["entries"].as_array().expect("a list of entries").iter();
    let mut entries: Vec<Value> =
        entries.filter(|entry| entry["shape"] != "vault").cloned().map(perspective_free).collect();
    entries.sort_by_key(|entry| entry["id"].as_str().map(str::to_owned));
    entries
}

/// `settled` says what a phone knows of the other, sets are told with oneself first, and a sealed answer is shown to its author
/// alone. Nothing else depends on who looks.
fn perspective_free(mut entry: Value) -> Value {
    let is_sealed = entry["shape"] == "sealed_pair" && entry["state"] != "open" && entry["state"] != "passed";
    if let Some(entry) = entry.as_object_mut() {
        entry.remove("settled");
        if is_sealed {
            entry.retain(|key, _| ["id", "practice", "date"].contains(&key.as_str()));
        }
        if let Some(Value::Array(answers)) = entry.get_mut("answers") {
            answers.retain(|answer| answer["open"] == true);
        }
    }
    in_order(&mut entry);
    entry
}

/// Sets of what members said, in one order.
fn in_order(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(in_order);
            if items.iter().all(|item| item["member"].is_string()) {
                items.sort_by_cached_key(Value::to_string);
            }
        }
        Value::Object(object) => object.values_mut().for_each(in_order),
        _ => {}
    }
}
