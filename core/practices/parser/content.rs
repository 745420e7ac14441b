// What stands beside the practices: rows, operations, guarantees, templates, cards, hints and help.

use super::{Fault, File, Known, Out, ROWS, always, camel, code, one_of, rows, unique};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use toml::Spanned;

/// What programs may warn of in what is being written, by language; never stops anybody.
const LANGUAGES: [&str; 2] = ["de", "en"];
const HELP_KINDS: [&str; 4] = ["emergency", "partner_violence", "crisis", "couples"];
const TEMPLATE_SAFETY: [&str; 2] = ["review_required", "safety_link"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    number: Spanned<u8>,
    what: Spanned<String>,
}

/// An operation or a guarantee.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Duty {
    id: Spanned<String>,
    /// Left out when phones can do it; `false` while they cannot.
    #[serde(default = "always")]
    ready: bool,
    rows: Spanned<Vec<u8>>,
    test: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Template {
    id: Spanned<String>,
    practice: Spanned<String>,
    category: Spanned<String>,
    #[serde(default)]
    safety: Vec<Spanned<String>>,
    rows: Spanned<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Card {
    id: Spanned<String>,
    practice: Spanned<String>,
    depth: Spanned<u8>,
    #[serde(default)]
    body_contact: bool,
    rows: Spanned<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hint {
    pub(super) id: Spanned<String>,
    words: Spanned<std::collections::BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Region {
    id: Spanned<String>,
    #[serde(default)]
    entry: Vec<Spanned<HelpEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HelpEntry {
    name: Spanned<String>,
    kind: Spanned<String>,
    contact: Spanned<String>,
    source: Spanned<String>,
    checked: Spanned<toml::value::Datetime>,
}

/// Writes all of them.
pub(super) fn write(out: &mut Out, file: &File, known: &Known) -> Result<(), Fault> {
    list_rows(out, &file.row)?;
    for ((whole, part), duties) in
        [(("OPERATIONS", "READY_OPERATIONS"), &file.operation), (("GUARANTEES", "READY_GUARANTEES"), &file.guarantee)]
    {
        let mut ids = BTreeSet::new();
        for duty in duties.iter().map(Spanned::get_ref) {
            unique(&mut ids, &duty.id, "entry")?;
            let rows = rows(&duty.rows)?;
            // The name of a test says more than a code of the catalogue: it is not held to its words.
            let test = duty.test.get_ref();
            if !test.starts_with(|c: char| c.is_ascii_lowercase())
                || !test.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            {
                return Err((duty.test.span(), "the name of a test".into()));
            }
            let written = format!("Duty {{ id: {:?}, rows: &{rows:?}, test: {test:?} }}", duty.id.get_ref());
            out.line(whole, part, duty.ready, &written);
        }
    }
    list_templates(out, &file.template, known)?;
    list_cards(out, &file.card, known)?;
    for hint in file.hint.iter().map(Spanned::get_ref) {
        let words = hint.words.get_ref();
        let sound = |list: &Vec<String>| !list.is_empty() && list.iter().all(|word| *word == word.to_lowercase());
        if !words.keys().eq(LANGUAGES) || !words.values().all(sound) {
            return Err((hint.words.span(), "lower-case words for each language, de and en".into()));
        }
        let by_language: Vec<_> = words.iter().map(|(language, words)| format!("({language:?}, &{words:?})")).collect();
        line(out, "HINTS", format!("Hint {{ id: {:?}, words: &[{}] }}", hint.id.get_ref(), by_language.join(", ")));
    }
    list_help(out, &file.region)
}

fn line(out: &mut Out, list: &'static str, item: String) {
    out.line(list, list, false, &item);
}

fn list_rows(out: &mut Out, list: &[Spanned<Row>]) -> Result<(), Fault> {
    let mut sentences = BTreeSet::new();
    for (next, row) in (*ROWS.start()..).zip(list.iter().map(Spanned::get_ref)) {
        let number = *row.number.get_ref();
        if number != next || !ROWS.contains(&number) {
            return Err((row.number.span(), format!("the rows follow each other from 1 to 79: {next} comes here")));
        }
        let what = row.what.get_ref();
        if !what.ends_with('.') || what.len() > 300 || !sentences.insert(what) {
            return Err((row.what.span(), "one short sentence of its own".into()));
        }
        line(out, "ROWS", format!("Row {{ number: {number}, what: {what:?} }}"));
    }
    Ok(())
}

fn list_templates(out: &mut Out, list: &[Spanned<Template>], known: &Known) -> Result<(), Fault> {
    let mut ids = BTreeSet::new();
    for template in list.iter().map(Spanned::get_ref) {
        unique(&mut ids, &template.id, "template")?;
        let id = template.id.get_ref();
        let Some(practice) = known.practices.get(template.practice.get_ref()) else {
            return Err((template.practice.span(), "there is no such practice".into()));
        };
        let offers = |field: &str, choice: &String| practice.fields.get(field).is_some_and(|all| all.contains(choice));
        if !offers("category", template.category.get_ref()) {
            return Err((template.category.span(), "a category of that practice".into()));
        }
        if !offers("template", id) {
            return Err((template.id.span(), "the practice's field `template` does not offer it".into()));
        }
        let mut safety = Vec::new();
        for flag in &template.safety {
            safety.push(format!("Safety::{}", camel(one_of(flag, &TEMPLATE_SAFETY)?)));
        }
        let (practice, category) = (template.practice.get_ref(), template.category.get_ref());
        let rows = rows(&template.rows)?;
        line(
            out,
            "TEMPLATES",
            format!(
                "Template {{ id: {id:?}, practice: {practice:?}, category: {category:?}, safety: &[{}], rows: &{rows:?} }}",
                safety.join(", ")
            ),
        );
    }
    Ok(())
}

fn list_cards(out: &mut Out, list: &[Spanned<Card>], known: &Known) -> Result<(), Fault> {
    let mut ids = BTreeSet::new();
    for card in list.iter().map(Spanned::get_ref) {
        unique(&mut ids, &card.id, "card")?;
        let (id, practice, depth) = (card.id.get_ref(), card.practice.get_ref(), *card.depth.get_ref());
        let offered = known.practices.get(practice).and_then(|practice| practice.fields.get("card"));
        if !offered.is_some_and(|cards| cards.contains(id)) {
            return Err((card.practice.span(), "a practice whose field `card` offers it".into()));
        }
        if !(1..=3).contains(&depth) {
            return Err((card.depth.span(), "1 is light, 3 is deep".into()));
        }
        let (contact, rows) = (card.body_contact, rows(&card.rows)?);
        line(
            out,
            "CARDS",
            format!(
                "Card {{ id: {id:?}, practice: {practice:?}, depth: {depth}, body_contact: {contact}, rows: &{rows:?} }}"
            ),
        );
    }
    Ok(())
}

/// Nothing from memory: every entry names the public page that says so, and the day somebody looked.
fn list_help(out: &mut Out, list: &[Spanned<Region>]) -> Result<(), Fault> {
    let mut ids = BTreeSet::new();
    for region in list.iter().map(Spanned::get_ref) {
        unique(&mut ids, &region.id, "region")?;
        let mut entries = String::new();
        for entry in region.entry.iter().map(Spanned::get_ref) {
            let kind = camel(one_of(&entry.kind, &HELP_KINDS)?);
            for text in [&entry.name, &entry.contact] {
                if text.get_ref().trim().is_empty() {
                    return Err((text.span(), "what the page says".into()));
                }
            }
            let source = entry.source.get_ref();
            if !source.strip_prefix("https://").is_some_and(|rest| rest.contains('.') && !rest.contains(' ')) {
                return Err((entry.source.span(), "the address of the public page that says so".into()));
            }
            let checked = entry.checked.get_ref();
            let Some(date) = checked.date.filter(|_| checked.time.is_none() && checked.offset.is_none()) else {
                return Err((entry.checked.span(), "the day on which somebody read the page".into()));
            };
            let (name, contact) = (entry.name.get_ref(), entry.contact.get_ref());
            write!(
                entries,
                "HelpEntry {{ name: {name:?}, kind: HelpKind::{kind}, contact: {contact:?}, source: {source:?}, \
                 checked: \"{date}\" }}, "
            )
            .map_err(|error| (entry.name.span(), error.to_string()))?;
        }
        line(out, "HELP", format!("Region {{ id: {:?}, entries: &[{entries}] }}", code(&region.id)?));
    }
    Ok(())
}
