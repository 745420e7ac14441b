use super::*;
use crate::document::DocumentError;
use crate::home::HomeError;
use crate::practice::FieldError;

mod codes;
mod kind;
mod needs;
mod source;

use needs::Need;
use source::Source;
use std::collections::{BTreeMap, BTreeSet};

const WRITTEN: [Language; 2] = [Language::English, Language::German];

/// Keys that no text was written for, and texts that nothing asks for.
fn differences(needs: &[Need], texts: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    let (mut missing, mut used) = (BTreeSet::new(), BTreeSet::new());
    for need in needs {
        match need.keys.iter().find(|key| texts.contains(*key)) {
            Some(key) => _ = used.insert(key.clone()),
            None => _ = missing.insert(need.keys.join(" or ")),
        }
    }
    (missing.into_iter().collect(), texts.iter().filter(|text| !used.contains(*text)).cloned().collect())
}

#[test]
fn nothing_is_missing_and_nothing_is_unused() {
    let needs = needs::all();
    for language in WRITTEN {
        let (missing, unused) = differences(&needs, &Source::of(language).keys());
        let code = language.code();
        assert!(missing.is_empty(), "{code} has no text for:\n{}", missing.join("\n"));
        assert!(unused.is_empty(), "{code} has texts that nothing asks for:\n{}", unused.join("\n"));
    }
}

#[test]
fn what_is_missing_or_unused_is_seen() {
    let needs = [Need::of(["field-a-b", "field-b"]), Need::of(["error-x"])];
    let texts = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    assert_eq!(differences(&needs, &texts(&["field-b", "error-x"])), (vec![], vec![]));
    assert_eq!(differences(&needs, &texts(&["field-b"])), (vec!["error-x".to_owned()], vec![]));
    let shadowed = differences(&needs, &texts(&["field-a-b", "field-b", "error-x"]));
    assert_eq!(shadowed, (vec![], vec!["field-b".to_owned()]));
    assert_eq!(differences(&needs, &texts(&[])).0, ["error-x", "field-a-b or field-b"]);
}

#[test]
fn every_language_parses_and_has_the_same_arguments() {
    let mut all: BTreeMap<String, Vec<(Language, BTreeSet<String>)>> = BTreeMap::new();
    for language in WRITTEN {
        let source = Source::of(language);
        assert_eq!(source.errors, Vec::<String>::new(), "{}", language.code());
        assert_eq!(source.twice, Vec::<String>::new(), "{}", language.code());
        for (key, arguments) in source.arguments {
            all.entry(key).or_default().push((language, arguments));
        }
    }
    for (key, found) in all {
        assert!(found.iter().all(|(_, arguments)| *arguments == found[0].1), "{key}: {found:?}");
        assert_eq!(found.len(), WRITTEN.len(), "{key} is there in one language only");
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    for (language, files) in compiled::LOCALES {
        for (name, text) in *files {
            assert!(text.lines().count() <= 600, "{language}/{name}.ftl");
        }
    }
    assert_eq!(compiled::LOCALES.iter().map(|(language, _)| *language).collect::<Vec<_>>(), ["de", "en"]);
}

#[test]
fn texts_of_a_practice_come_before_those_that_all_share() {
    let english = words(Language::English);
    assert_eq!(english.practice("agreement"), "Agreement");
    assert_ne!(english.field("agreement", "text"), english.field("journal_entry", "text"));
    assert_eq!(english.text("a-key-from-later", &[]), "a-key-from-later");
    assert_eq!(english.state("agreement", "a_state_from_later"), "a_state_from_later");
    assert!(english.has("practice-agreement") && !english.has("practice-gossip"));
    assert!(english.hint("feeling_statement", "when").is_some() && english.hint("agreement", "category").is_none());
    assert_ne!(words(Language::German).practice("agreement"), "Agreement");
}

#[test]
fn numbers_decide_on_the_plural_and_names_are_set_apart() {
    let most = |language, number| words(language).error("too_long", &[("most", Argument::Number(number))]);
    assert_ne!(most(Language::English, 1), most(Language::English, 2).replace('2', "1"));
    assert_ne!(most(Language::German, 1), most(Language::German, 2).replace('2', "1"));
    let name = words(Language::English).text("general-withdrew", &[("name", Argument::Text("Ana"))]);
    assert!(name.contains("\u{2068}Ana\u{2069}"), "{name:?}");
}

/// An error that has arguments gives exactly those that its text asks for.
#[test]
fn errors_know_what_their_texts_need() {
    let asked = Source::of(Language::English).arguments;
    let field = "it";
    let errors = [
        FieldError::TooLong { field, most: 1 },
        FieldError::NotANumber { field, min: 1, max: 2 },
        FieldError::NotADate { field },
        FieldError::Nothing,
    ];
    for error in errors {
        let given: BTreeSet<String> = error.arguments().into_iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(Some(&given), asked.get(&format!("error-{}", error.code())), "{error}");
    }
    assert_eq!(HomeError::Document(DocumentError::TooLong { most: 3 }).arguments(), [("most", 3)]);
}

#[test]
fn languages_are_found_by_their_codes() {
    assert_eq!(Language::find("de-AT"), Some(Language::German));
    assert_eq!(Language::find("EN_us"), Some(Language::English));
    assert_eq!(Language::find("en-XA"), Some(Language::Pseudo));
    assert_eq!(Language::find("tlh"), None);
    assert!(Language::ALL.into_iter().all(|language| Language::find(language.code()) == Some(language)));
}

#[test]
fn the_pseudolocale_renders_every_text_longer_accented_and_bracketed() {
    let (english, pseudo) = (words(Language::English), words(Language::Pseudo));
    for (key, arguments) in Source::of(Language::English).arguments {
        let (key, attribute) = key.split_once('.').map_or((key.as_str(), None), |(key, name)| (key, Some(name)));
        let arguments: Vec<_> = arguments.iter().map(|name| (name.as_str(), Argument::Number(7))).collect();
        let plain = english.formatted(key, attribute, &arguments).expect("a text");
        let shown = pseudo.formatted(key, attribute, &arguments).expect("a text");
        let inside = shown.strip_prefix('[').and_then(|shown| shown.strip_suffix(']')).expect(key);
        assert!(inside.chars().count() > plain.chars().count(), "{key}: {plain} {inside}");
        assert!(inside.contains(|c: char| c.is_alphabetic() && !c.is_ascii()), "{key}: {inside}");
        assert!(!plain.contains('{') && !shown.contains('{'), "{key}: an argument was left open: {plain}");
    }
    assert_eq!(accented("Time to talk, 7"), "Ŧííméé tóó táálk, 7");
}
