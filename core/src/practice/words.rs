//! The texts of the catalogue in every language, for edges to show: the terminal phone, exports, the apps. The core speaks in
//! codes and typed arguments; nothing else in it asks for a text.
//!
//! Texts are Fluent messages in `core/practices/locales/<language>/`, embedded, and parsed when a language is first asked for.
//! What is said of many things is written once: a text for one practice is looked for first, then the one that all share.
//!
//! | what | its own text | the shared text |
//! |---|---|---|
//! | a practice | `practice-<practice>`, `practice-<practice>-intro` | |
//! | a field | `field-<practice>-<field>`, `….hint` | `field-<field>` |
//! | a choice | `choice-<practice>-<field>-<choice>` | `choice-<field>-<choice>` |
//! | an act | `act-<practice>-<act>` | `act-<act>` |
//! | a state or label | `state-<practice>-<state>` | `state-<state>` |
//! | a document | `document-<practice>-<part>` | `document-<part>` |
//! | a guide and its steps | `guide-<guide>`, `guide-<guide>-<step>` | |
//! | a template, its text | `template-<template>`, `template-<template>-text` | |
//! | a card, a hint, a region, a family, an error | `card-…`, `hint-…`, `region-…`, `family-…`, `error-…` | |

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::borrow::Cow;
use std::sync::OnceLock;

mod compiled {
    include!(concat!(env!("OUT_DIR"), "/locales.rs"));
}

/// A language that texts are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// English, `en`.
    #[default]
    English,
    /// German, `de`.
    German,
    /// English made longer, accented and bracketed, `en-xa`: what stays plain on a screen is not in the catalogue, and what is
    /// cut off will be cut off in some language.
    Pseudo,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::Pseudo];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Pseudo => "en-xa",
        }
    }

    /// The language of a code such as `de` or `de-AT`; none if there are no texts in it.
    pub fn find(code: &str) -> Option<Self> {
        let code = code.to_ascii_lowercase().replace('_', "-");
        let first = code.split('-').next().unwrap_or("");
        let whole = Self::ALL.into_iter().find(|language| language.code() == code);
        whole.or_else(|| Self::ALL.into_iter().find(|language| language.code() == first))
    }
}

/// An argument of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Argument<'a> {
    /// Words, such as a name; set apart, so that another direction of writing does not spill over.
    Text(&'a str),
    /// A number, which may decide on the plural.
    Number(u64),
}

/// Texts that edges need beside what the catalogue declares.
pub const GENERAL: &[&str] = &[
    "general-about-earlier-wording",
    "general-answer-waiting",
    "general-answered-after-reading",
    "general-answered-twice",
    "general-asks",
    "general-both-reached-out",
    "general-copy-may-remain",
    "general-help-afraid",
    "general-help-find",
    "general-help-kind-couples",
    "general-help-kind-crisis",
    "general-help-kind-emergency",
    "general-help-kind-partner_violence",
    "general-help-local-number",
    "general-help-safer-device",
    "general-help-source",
    "general-help-title",
    "general-leave-note",
    "general-life-happened",
    "general-newer-version",
    "general-not-a-contract",
    "general-question-withdrawn",
    "general-removed-words",
    "general-added-words",
    "general-restored",
    "general-settled",
    "general-vault-limits",
    "general-withdrew",
    "general-written-in",
    "state-newer",
];

/// The texts of one language.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

/// The texts of a language.
pub fn words(language: Language) -> &'static Words {
    static ENGLISH: OnceLock<Words> = OnceLock::new();
    static GERMAN: OnceLock<Words> = OnceLock::new();
    static PSEUDO: OnceLock<Words> = OnceLock::new();
    let words = match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
        Language::Pseudo => &PSEUDO,
    };
    words.get_or_init(|| Words::load(language))
}

impl Words {
    fn load(language: Language) -> Self {
        let source = if language == Language::Pseudo { "en" } else { language.code() };
        // A code of our own always parses; the default would be the root language.
        let mut bundle = FluentBundle::new_concurrent(vec![source.parse().unwrap_or_default()]);
        if language == Language::Pseudo {
            bundle.set_transform(Some(accented));
        }
        let files = compiled::LOCALES.iter().filter(|(code, _)| *code == source).flat_map(|(_, files)| *files);
        for (_, text) in files {
            // What does not parse is missing, which a test would have found; the rest is there.
            let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, _)| resource);
            bundle.add_resource_overriding(resource);
        }
        Self { language, bundle }
    }

    /// Whether there is a text.
    pub fn has(&self, key: &str) -> bool {
        self.bundle.get_message(key).is_some_and(|message| message.value().is_some())
    }

    /// A text. Without one, the key: a code from a newer version is better shown than left out.
    pub fn text(&self, key: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        self.formatted(key, None, arguments).unwrap_or_else(|| key.to_owned())
    }

    /// What helps to fill in a field, if anything is to be said.
    pub fn hint(&self, practice: &str, field: &str) -> Option<String> {
        self.first("field", &[practice], &[field], Some("hint"))
    }

    /// A practice's name.
    pub fn practice(&self, practice: &str) -> String {
        self.text(&format!("practice-{practice}"), &[])
    }

    /// A field of a practice, of its sides, its acts or its documents.
    pub fn field(&self, practice: &str, field: &str) -> String {
        self.shared("field", practice, &[field])
    }

    /// A choice of a field.
    pub fn choice(&self, practice: &str, field: &str, choice: &str) -> String {
        self.shared("choice", practice, &[field, choice])
    }

    /// An act.
    pub fn act(&self, practice: &str, act: &str) -> String {
        self.shared("act", practice, &[act])
    }

    /// A state or a label.
    pub fn state(&self, practice: &str, state: &str) -> String {
        self.shared("state", practice, &[state])
    }

    /// A document beside an entry.
    pub fn document(&self, practice: &str, part: &str) -> String {
        self.shared("document", practice, &[part])
    }

    /// What an error code means for a person.
    pub fn error(&self, code: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        self.text(&format!("error-{code}"), arguments)
    }

    fn shared(&self, kind: &str, practice: &str, rest: &[&str]) -> String {
        self.first(kind, &[practice], rest, None).unwrap_or_else(|| rest.last().map_or("", |code| *code).to_owned())
    }

    /// The text of a practice's own, else the one that all share.
    fn first(&self, kind: &str, own: &[&str], rest: &[&str], attribute: Option<&str>) -> Option<String> {
        let key = |parts: &[&[&str]]| parts.concat().join("-");
        let own = key(&[&[kind], own, rest]);
        self.formatted(&own, attribute, &[]).or_else(|| self.formatted(&key(&[&[kind], rest]), attribute, &[]))
    }

    fn formatted(&self, key: &str, attribute: Option<&str>, arguments: &[(&str, Argument<'_>)]) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(attribute) => message.get_attribute(attribute)?.value(),
        };
        let mut given = FluentArgs::new();
        for (name, argument) in arguments {
            given.set(
                *name,
                match argument {
                    Argument::Text(text) => FluentValue::from(*text),
                    Argument::Number(number) => FluentValue::from(*number),
                },
            );
        }
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&given), &mut errors);
        Some(if self.language == Language::Pseudo { format!("[{text}~]") } else { text.into_owned() })
    }
}

/// Text that an English reader can still read, in letters that English does not have, about a third longer.
fn accented(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        let accented = match letter {
            'a' => 'á',
            'c' => 'ç',
            'd' => 'ð',
            'e' => 'é',
            'i' => 'í',
            'n' => 'ñ',
            'o' => 'ó',
            's' => 'š',
            'u' => 'ú',
            'y' => 'ý',
            'A' => 'Á',
            'E' => 'É',
            'I' => 'Í',
            'O' => 'Ó',
            'T' => 'Ŧ',
            'U' => 'Ú',
            'Y' => 'Ý',
            other => other,
        };
        out.push(accented);
        // Vowels grow, as words do in other languages.
        if "aeiouAEIOU".contains(letter) {
            out.push(accented);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
