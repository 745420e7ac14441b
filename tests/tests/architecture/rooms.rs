//! Which room may mention what, in the code that ships. Tests may measure time or plant a key.

use crate::assert_none;
use crate::code::{lines_mentioning, test_modules, without_prose, without_tests};
use crate::repository::{File, files};

/// `words` may stand only in `rooms` within `scope`.
struct Rule {
    scope: &'static str,
    rooms: &'static [&'static str],
    words: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        scope: "core/src/",
        rooms: &["core/src/client/"],
        words: &[
            "std::net",
            "net::",
            "UdpSocket",
            "TcpStream",
            "TcpListener",
            "SystemTime",
            "UNIX_EPOCH",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
            "TimeZone::system",
            "tokio",
            "quinn",
            "quinn_proto",
            "rustls",
        ],
        why: "only the client room has a socket, a clock or a runtime; the others are lent them",
    },
    Rule {
        scope: "core/src/",
        rooms: &["core/src/client/", "core/src/storage/"],
        words: &["std::fs", "fs::", "File::open", "File::create", "OpenOptions"],
        why: "only the storage and client rooms touch files",
    },
    Rule {
        scope: "core/src/",
        rooms: &["core/src/storage/"],
        words: &["rusqlite"],
        why: "SQLite is one of several stores, behind the Store trait",
    },
    Rule {
        scope: "core/src/",
        rooms: &["core/src/document/"],
        words: &["automerge::", "use automerge"],
        why: "Automerge stays inside the document room, which guards it",
    },
    Rule {
        scope: "core/src/",
        rooms: &["core/src/crypto/"],
        words: &[
            "ring::{",
            "use ring",
            "ring::aead",
            "ring::agreement",
            "ring::hkdf",
            "ring::hmac",
            "ring::pbkdf2",
            "ring::signature",
            "hpke::",
            "use hpke",
            "argon2::",
            "use argon2",
        ],
        why: "only the crypto room touches key bytes; import ring's hashes and randomness by their full path",
    },
    Rule {
        scope: "core/src/",
        rooms: &["core/src/client/"],
        words: &["crate::client"],
        why: "dependencies point away from the client, never to it",
    },
    Rule {
        scope: "relay/protocol/src/",
        rooms: &[],
        words: &[
            "UdpSocket",
            "TcpStream",
            "TcpListener",
            "ToSocketAddrs",
            "std::fs",
            "fs::",
            "SystemTime",
            "Instant",
            "tokio",
            "quinn",
        ],
        why: "the protocol crate does no input or output",
    },
];

impl Rule {
    /// `ring::digest` and `ring::rand` are named in full outside the crypto room, so `use ring::digest` is fine.
    fn is_exempt(&self, word: &str, line: &str) -> bool {
        word == "use ring" && ["use ring::digest", "use ring::rand"].iter().any(|fine| line.contains(fine))
    }

    fn broken_by(&self, file: &File) -> Vec<String> {
        let here = |folder: &&str| file.path.starts_with(*folder) || file.path == as_file(folder);
        if !file.path.starts_with(self.scope) || self.rooms.iter().any(here) {
            return Vec::new();
        }
        let code = without_tests(&without_prose(&file.text));
        let lines: Vec<&str> = code.lines().collect();
        let mut findings = Vec::new();
        for word in self.words {
            for number in lines_mentioning(&code, word) {
                if !self.is_exempt(word, lines[number - 1]) {
                    findings.push(format!("{}:{number} mentions {word}: {}", file.path, self.why));
                }
            }
        }
        findings
    }
}

/// A room may also be a single file: `core/src/client.rs` for `core/src/client/`.
fn as_file(folder: &str) -> String {
    format!("{}.rs", folder.trim_end_matches('/'))
}

fn broken_rules(files: &[File]) -> Vec<String> {
    let sources: Vec<&File> = files.iter().filter(|file| file.path.ends_with(".rs")).collect();
    let tests: Vec<String> =
        sources.iter().flat_map(|file| test_modules(&file.path, &without_prose(&file.text))).collect();
    let is_test = |file: &File| {
        tests.iter().any(|module| {
            let rest = file.path.strip_prefix(module.as_str());
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        })
    };
    let shipped = sources.into_iter().filter(|file| !is_test(file));
    shipped.flat_map(|file| RULES.iter().flat_map(|rule| rule.broken_by(file))).collect()
}

#[test]
fn each_room_keeps_to_itself() {
    assert_none("rooms that reach too far", &broken_rules(&files()));
}

/// Every word of every rule is planted outside its room, where it must be found, and inside, where it must not.
#[test]
fn every_rule_can_be_broken() {
    for rule in RULES {
        for word in rule.words {
            let line = format!("fn planted() {{ {word} }}\n");
            let outside = File { path: format!("{}elsewhere/mod.rs", rule.scope), text: line.clone() };
            assert!(!rule.broken_by(&outside).is_empty(), "{word} went unseen in {}", outside.path);
            for room in rule.rooms {
                for path in [format!("{room}deep/inside.rs"), as_file(room)] {
                    let inside = File { path, text: line.clone() };
                    assert_none("found in its own room", &rule.broken_by(&inside));
                }
            }
            let prose = File { text: format!("// {word}\nconst A: &str = \"{word}\";\n"), ..outside };
            assert_none("found in prose", &rule.broken_by(&prose));
        }
    }
}

#[test]
fn what_ships_is_bound_and_what_only_tests_compile_is_not() {
    let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
    let parent = file("core/src/sync/mod.rs", "#[cfg(test)]\nmod speed;\nmod engine;\n");
    let clock = "fn f() { Instant::now() }\n";
    let found = broken_rules(&[
        parent,
        file("core/src/sync/speed.rs", clock),
        file("core/src/sync/speed/more.rs", clock),
        file("core/src/sync/speedy.rs", clock),
        file("core/src/sync/engine.rs", &format!("{clock}#[cfg(test)]\nmod tests {{ {clock} }}\n")),
    ]);
    let places: Vec<_> = found.iter().filter_map(|finding| finding.split(" mentions").next()).collect();
    assert_eq!(places, ["core/src/sync/speedy.rs:1", "core/src/sync/engine.rs:1"]);
}

#[test]
fn hashing_outside_the_crypto_room_is_fine_but_keys_are_not() {
    let file = |text: &str| File { path: "core/src/statement/id.rs".into(), text: text.into() };
    assert_none("hashing", &broken_rules(&[file("use ring::digest;\nlet h = ring::digest::digest(a, b);\n")]));
    assert_eq!(broken_rules(&[file("use ring::signature::Ed25519KeyPair;\n")]).len(), 2);
    assert_eq!(broken_rules(&[file("use ring::{digest, hkdf};\n")]).len(), 2);
    assert_eq!(broken_rules(&[file("use std::{net::IpAddr, time::SystemTime};\n")]).len(), 2);
}
