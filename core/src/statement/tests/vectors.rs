//! The statements in `tests/vectors/statement/statements.json`, made by an independent writer from SPEC sections 2 and 3.

use super::*;
use crate::statement::{Item, check};
use serde_json::Value as Json;

fn vectors() -> Vec<Json> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/statement/statements.json");
    let text = std::fs::read_to_string(path).expect("the vectors are part of the repository");
    let all: Json = serde_json::from_str(&text).expect("JSON");
    all["statements"].as_array().expect("a list").clone()
}

fn hex(vector: &Json, key: &str) -> Option<Vec<u8>> {
    let text = vector[key].as_str()?;
    Some((0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal")).collect())
}

fn fixed<const N: usize>(vector: &Json, key: &str) -> [u8; N] {
    hex(vector, key).expect("there").try_into().expect("of that length")
}

struct Vector {
    name: String,
    owner: OwnerId,
    member: MemberId,
    header: Vec<u8>,
    body: Option<Vec<u8>>,
    body_hash: [u8; 32],
    id: StatementId,
}

impl Vector {
    fn read(vector: &Json) -> Self {
        Self {
            name: vector["name"].as_str().expect("a name").to_owned(),
            owner: OwnerId(fixed(vector, "owner")),
            member: MemberId(fixed(vector, "member")),
            header: hex(vector, "header").expect("a header"),
            body: hex(vector, "body"),
            body_hash: fixed(vector, "body_hash"),
            id: StatementId(fixed(vector, "id")),
        }
    }

    fn statement(&self) -> Option<Statement> {
        let item = match &self.body {
            Some(body) => Item::Present(body.clone()),
            None => Item::Absent(crate::id::BodyHash(self.body_hash)),
        };
        Statement::from_parts(self.owner, self.member, self.header.clone(), item).ok()
    }
}

#[test]
fn statements_are_what_an_independent_writer_made() {
    let vectors = vectors();
    assert!(vectors.len() >= 34);
    let mut kinds = std::collections::BTreeSet::new();
    for json in &vectors {
        let vector = Vector::read(json);
        let name = &vector.name;
        let said = vector.statement().expect(name);
        assert_eq!(said.id, vector.id, "{name}");
        assert_eq!(said.body_hash.0, vector.body_hash, "{name}");
        assert_eq!(said.target.0, fixed(json, "target"), "{name}");
        assert_eq!(Some(u64::from(said.header.kind.0)), json["kind"].as_u64(), "{name}");
        assert_eq!(Some(i64::from(i32::from(said.header.day))), json["day"].as_i64(), "{name}");
        assert_eq!(check(&said), Ok(()), "{name}");
        kinds.insert(said.header.kind);
        if said.header.kind.is_known() {
            // Writing it ourselves gives the same bytes.
            assert_eq!(said.header.encode(), vector.header, "{name}");
            if let Some(body) = &said.body {
                assert_eq!(body.content().expect(name).encode(), body.content, "{name}");
            }
        } else {
            // Keys this version does not know are hashed as they came, though not understood.
            assert_ne!(said.header.encode(), vector.header, "{name}");
        }
    }
    assert!((1..=20).all(|kind| kinds.contains(&Kind(kind))));
}

/// Openings carry the body that their commitment bound, under the commitment's kind.
#[test]
fn openings_of_the_vectors_bring_what_was_sealed() {
    let said: Vec<Statement> = vectors().iter().filter_map(|json| Vector::read(json).statement()).collect();
    let openings = said.iter().filter(|said| matches!(said.header.kind, Kind::OPEN | Kind::SHARE_ANYWAY));
    let mut count = 0;
    for opening in openings {
        let own = opening.header.named(Role::OWN_COMMITMENT).next().expect("checked");
        let commitment = said.iter().find(|said| said.id == own).expect("its commitment is a vector");
        let body = opening.body.as_ref().expect("a body");
        let bound = body.hash(&opening.owner, &opening.member, Kind::COMMIT, &opening.target);
        assert_eq!(bound, commitment.body_hash);
        assert_ne!(opening.body_hash, commitment.body_hash);
        count += 1;
    }
    assert_eq!(count, 3);
}

/// Every byte counts: flipped, the statement is refused or is another one.
#[test]
fn a_flipped_byte_of_a_vector_is_refused_or_another_statement() {
    let mut read = 0;
    let mut refused = 0;
    for json in vectors() {
        let vector = Vector::read(&json);
        for flip in [0x01, 0x20, 0x80, 0xFF] {
            type Part = fn(&mut Vector) -> &mut [u8];
            let parts: [(usize, Part); 4] = [
                (vector.header.len(), |vector| &mut vector.header),
                (vector.body.as_ref().map_or(0, Vec::len), |vector| vector.body.as_deref_mut().unwrap_or_default()),
                (32, |vector| &mut vector.owner.0),
                (32, |vector| &mut vector.member.0),
            ];
            for (length, part) in parts {
                for at in 0..length {
                    let mut other = Vector::read(&json);
                    part(&mut other)[at] ^= flip;
                    match other.statement() {
                        None => refused += 1,
                        Some(said) => {
                            read += 1;
                            assert_ne!(said.id, vector.id, "{} byte {at}", vector.name);
                        }
                    }
                }
            }
        }
    }
    assert!(read > 1_000 && refused > 1_000, "both happen: {read} read, {refused} refused");
}
