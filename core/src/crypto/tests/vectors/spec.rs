//! The SPEC's worked bytes are those of the vectors.

use super::*;

const WORKED: [(&str, &str, &[&str]); 9] = [
    ("certificates.json", "first_device", &["secret", "signing", "sealing", "device"]),
    ("certificates.json", "add", &["bytes", "id", "member"]),
    ("epochs.json", "first", &["key", "parts", "epoch", "box"]),
    ("records.json", "record", &["core", "inner", "id", "signature", "payload", "sealed"]),
    ("words.json", "words", &["entropy", "words", "rendezvous", "key", "secret"]),
    ("pairing.json", "partner", &["link", "m0", "transcript", "joiners_code", "inviters_code", "roster", "space"]),
    ("packs.json", "segment", &["columns", "content"]),
    ("packs.json", "manifest", &["content"]),
    ("storage.json", "row", &["key", "sealed"]),
];

#[test]
fn the_worked_bytes_of_the_spec_are_the_vectors() {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "SPEC.md"].iter().collect();
    let spec = std::fs::read_to_string(path).unwrap();
    // Worked bytes are wrapped.
    let unwrapped: String = spec.split_whitespace().collect();
    for (file, vector, fields) in WORKED {
        for field in fields {
            let value =
                load(file)[vector][field].as_str().unwrap_or_else(|| panic!("{file} {vector} {field}")).to_owned();
            let value: String = value.split_whitespace().collect();
            assert!(unwrapped.contains(&value), "SPEC.md lacks {file} {vector} {field}");
        }
    }
}
