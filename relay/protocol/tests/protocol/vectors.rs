//! The frames in `tests/vectors/protocol/frames.json` are what every version of this protocol must read and write.
//! `AMENDS_WRITE_VECTORS=1` writes the file anew: only for a message that is new.

use std::path::PathBuf;

use amends_protocol::{
    BoxId, FrameDecoder, FromRelay, RelayAddress, RelayAddressError, ToRelay, box_access_message, decode_item,
    encode_frame,
};
use serde_json::{Value, json};

use crate::samples::{self, Named, Sample};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/protocol")
}

fn path() -> PathBuf {
    folder().join("frames.json")
}

fn read(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0);
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn encode(named: &Named) -> Vec<u8> {
    match &named.sample {
        Sample::Up(message) => encode_frame(message),
        Sample::Down(message) => encode_frame(message),
    }
    .unwrap()
}

pub(crate) fn item_of(frame: &[u8]) -> Vec<u8> {
    let mut input = frame;
    let item = FrameDecoder::new().next_frame(&mut input).unwrap().unwrap();
    assert!(input.is_empty());
    item
}

fn golden() -> Vec<Value> {
    if std::env::var_os("AMENDS_WRITE_VECTORS").is_some() {
        let vectors: Vec<Value> = samples::all()
            .iter()
            .map(|named| {
                let direction = if matches!(named.sample, Sample::Up(_)) { "to_relay" } else { "from_relay" };
                json!({"name": named.name, "direction": direction, "meaning": named.meaning, "hex": hex(&encode(named))})
            })
            .collect();
        std::fs::write(path(), serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
    read("frames.json").as_array().unwrap().clone()
}

#[test]
fn every_message_is_its_golden_frame() {
    let golden = golden();
    let samples = samples::all();
    assert_eq!(golden.len(), samples.len(), "every sample has its vector");
    for (vector, named) in golden.iter().zip(&samples) {
        assert_eq!(vector["name"], named.name);
        assert_eq!(vector["meaning"], named.meaning);
        let frame = unhex(vector["hex"].as_str().unwrap());
        assert_eq!(hex(&encode(named)), hex(&frame), "{} is written otherwise", named.name);
        match &named.sample {
            Sample::Up(message) => {
                assert_eq!(&decode_item::<ToRelay>(&item_of(&frame)).unwrap(), message)
            }
            Sample::Down(message) => assert_eq!(&decode_item::<FromRelay>(&item_of(&frame)).unwrap(), message),
        }
    }
}

#[test]
fn the_spec_shows_exactly_these_bytes() {
    let spec = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/SPEC.md")).unwrap();
    for vector in golden() {
        let name = vector["name"].as_str().unwrap();
        let block: String = spec
            .split_once(&format!("```hex {name}\n"))
            .unwrap_or_else(|| panic!("SPEC.md has no worked bytes for {name}"))
            .1
            .split_once("```")
            .unwrap()
            .0
            .split_whitespace()
            .collect();
        assert_eq!(block, vector["hex"].as_str().unwrap(), "{name}");
    }
    let blocks = spec.matches("```hex ").count();
    assert_eq!(blocks, golden().len(), "SPEC.md has worked bytes that no vector has");
}

#[test]
fn the_spec_lists_every_error_code() {
    let spec = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/SPEC.md")).unwrap();
    for code in amends_protocol::ErrorCode::ALL {
        let row = format!("| {} | `{}` |", code.number(), code.name());
        assert!(spec.contains(&row), "SPEC.md has no row `{row}`");
    }
}

#[test]
fn relay_addresses_are_read_and_written_as_in_the_vectors() {
    let vectors = read("addresses.json");
    for vector in vectors["valid"].as_array().unwrap() {
        let text = vector["text"].as_str().unwrap();
        let address: RelayAddress = text.parse().unwrap();
        assert_eq!(address.host.to_string(), vector["host"].as_str().unwrap());
        assert_eq!(u64::from(address.port), vector["port"].as_u64().unwrap());
        assert_eq!(hex(&address.pin.0), vector["pin"].as_str().unwrap());
        assert_eq!(address.to_string(), vector["printed"].as_str().unwrap());
        assert_eq!(address.host_port(), format!("{}:{}", vector["host"].as_str().unwrap(), vector["port"]));
    }
    for vector in vectors["invalid"].as_array().unwrap() {
        let text = vector["text"].as_str().unwrap();
        let wrong = match text.parse::<RelayAddress>().unwrap_err() {
            RelayAddressError::Scheme => "scheme",
            RelayAddressError::Host => "host",
            RelayAddressError::Port => "port",
            RelayAddressError::Pin => "pin",
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong, vector["wrong"], "{text}");
    }
}

#[test]
fn the_box_access_message_is_as_in_the_vector() {
    let vector = read("access.json");
    let bytes = |name: &str| -> [u8; 32] { unhex(vector[name].as_str().unwrap()).try_into().unwrap() };
    let message = box_access_message(&bytes("exporter"), &BoxId(bytes("box_id")));
    assert_eq!(hex(&message), vector["message"].as_str().unwrap());
}
