//! Golden vectors in `tests/vectors/crypto`: the published ones of the primitives, as this room calls them, and our own, which
//! pin every format byte by byte. `AMENDS_WRITE_VECTORS=1` writes ours anew; a format that was released must never need it.

mod ours;
mod pairing;
mod published;
mod spec;

use super::{Noted, device, flipped, item_hash};
use crate::crypto::random::{NoRandomness, Randomness};
use serde_json::{Map, Value};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "tests", "vectors", "crypto", name].iter().collect()
}

fn load(name: &str) -> Value {
    let path = path(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn hex(bytes: impl AsRef<[u8]>) -> Value {
    Value::String(bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn unhex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap_or_else(|| panic!("no hex: {value}"));
    assert!(digits.len().is_multiple_of(2));
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn fixed<const N: usize>(value: &Value) -> [u8; N] {
    unhex(value).try_into().unwrap()
}

/// A vector under construction, keys in the order of the JSON file.
#[derive(Default)]
struct Vector(Map<String, Value>);

impl Vector {
    fn hex(mut self, key: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.0.insert(key.to_owned(), hex(bytes));
        self
    }

    fn value(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }
}

/// Compares what is made now with the file, and gives the file.
fn golden(name: &str, vectors: Vec<(&str, Vector)>) -> Value {
    let made =
        Value::Object(vectors.into_iter().map(|(name, vector)| (name.to_owned(), Value::Object(vector.0))).collect());
    if std::env::var_os("AMENDS_WRITE_VECTORS").is_some() {
        std::fs::write(path(name), serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let kept = load(name);
    for (key, vector) in made.as_object().unwrap() {
        for (field, value) in vector.as_object().unwrap() {
            assert_eq!(kept[key][field], *value, "{name}: {key}.{field}");
        }
    }
    assert_eq!(kept, made, "{name}");
    kept
}
