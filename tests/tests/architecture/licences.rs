//! Licences of everything in the tree, against the list in `deny.toml`.

use std::collections::BTreeSet;

use crate::assert_none;
use crate::repository::root;
use crate::tree::metadata;

/// The list in `deny.toml`.
fn allowed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml is there");
    let deny: toml::Table = text.parse().expect("deny.toml is TOML");
    let list = deny["licenses"]["allow"].as_array().expect("deny.toml lists licences");
    list.iter().map(|licence| licence.as_str().expect("a licence is text").to_owned()).collect()
}

/// Whether one may choose allowed licences that satisfy an SPDX expression. `/` is the older spelling of OR.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let fine = any_of(&words, &mut at, allowed);
    fine && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut fine = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        fine |= all_of(words, at, allowed);
    }
    fine
}

fn all_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut fine = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        fine &= one(words, at, allowed);
    }
    fine
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(&word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if word == "(" {
        let fine = any_of(words, at, allowed);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return fine && closed;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or_default();
        *at += 2;
        return allowed.contains(&format!("{word} WITH {exception}"));
    }
    allowed.contains(word)
}

/// Packages for other platforms are not on this disk; `cargo deny check licenses` covers those.
#[test]
fn every_package_has_an_allowed_licence() {
    let (allowed, metadata) = (allowed(), metadata());
    let mut findings = Vec::new();
    for package in &metadata {
        if !package.licence.as_deref().is_some_and(|licence| satisfied(licence, &allowed)) {
            findings.push(format!("{} {}: {:?}", package.name, package.version, package.licence));
        }
    }
    assert_none("licences that are not allowed", &findings);
    assert!(metadata.len() > 100, "only {} packages were looked at", metadata.len());
}

#[test]
fn expressions_are_judged_as_spdx_means_them() {
    let allowed: BTreeSet<String> = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(String::from).into();
    for fine in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "MIT AND ISC", "(GPL-3.0 OR MIT) AND ISC"] {
        assert!(satisfied(fine, &allowed), "{fine}");
    }
    assert!(satisfied("Apache-2.0 WITH LLVM-exception OR GPL-3.0", &allowed));
    for wrong in ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT AND (GPL-3.0 OR AGPL-3.0)", "Apache-2.0", "(MIT", "MIT ISC"] {
        assert!(!satisfied(wrong, &allowed), "{wrong}");
    }
}
