//! The files of one language as they are written: which texts they have, and with which arguments.

use super::super::{Language, compiled};
use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use std::collections::{BTreeMap, BTreeSet};

/// What a language's files have.
pub(super) struct Source {
    /// Arguments by key; an attribute's key is `message.attribute`.
    pub(super) arguments: BTreeMap<String, BTreeSet<String>>,
    /// Texts by key, as they are written.
    pub(super) texts: BTreeMap<String, String>,
    /// Keys that are there twice.
    pub(super) twice: Vec<String>,
    /// What does not parse.
    pub(super) errors: Vec<String>,
}

impl Source {
    pub(super) fn of(language: Language) -> Self {
        let files = compiled::LOCALES.iter().filter(|(code, _)| *code == language.code()).flat_map(|(_, files)| *files);
        let mut source = Self { arguments: BTreeMap::new(), texts: BTreeMap::new(), twice: vec![], errors: vec![] };
        for (name, text) in files {
            source.read(name, text);
        }
        source
    }

    /// Keys of messages.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        self.arguments.keys().filter(|key| !key.contains('.')).cloned().collect()
    }

    pub(super) fn read(&mut self, name: &str, text: &str) {
        let (resource, errors) = match parser::parse(text) {
            Ok(resource) => (resource, vec![]),
            Err((resource, errors)) => (resource, errors),
        };
        self.errors.extend(errors.into_iter().map(|error| format!("{name}: {error}")));
        for entry in resource.body {
            match entry {
                Entry::Message(message) => {
                    let key = message.id.name.to_owned();
                    if let Some(pattern) = &message.value {
                        self.take(key.clone(), pattern);
                    }
                    for attribute in &message.attributes {
                        if attribute.id.name != "hint" || !key.starts_with("field-") {
                            self.errors.push(format!("{key}.{}: only fields have a hint", attribute.id.name));
                        }
                        self.take(format!("{key}.{}", attribute.id.name), &attribute.value);
                    }
                }
                Entry::Junk { content } => self.errors.push(format!("{name}: {content}")),
                Entry::Term(term) => self.errors.push(format!("{name}: a term, {}, which nothing uses", term.id.name)),
                _ => {}
            }
        }
    }

    fn take(&mut self, key: String, pattern: &Pattern<&str>) {
        let mut found = Found::default();
        found.pattern(pattern);
        self.texts.insert(key.clone(), found.text);
        if self.arguments.insert(key.clone(), found.arguments).is_some() {
            self.twice.push(key);
        }
    }
}

#[derive(Default)]
struct Found {
    arguments: BTreeSet<String>,
    text: String,
}

impl Found {
    fn pattern(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => self.text.push_str(value),
                PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                for variant in variants {
                    self.text.push(' ');
                    self.pattern(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::VariableReference { id } => _ = self.arguments.insert(id.name.to_owned()),
            InlineExpression::FunctionReference { arguments, .. } => self.call(arguments),
            InlineExpression::Placeable { expression } => self.expression(expression),
            _ => {}
        }
    }

    fn call(&mut self, arguments: &CallArguments<&str>) {
        arguments.positional.iter().for_each(|argument| self.inline(argument));
    }
}
