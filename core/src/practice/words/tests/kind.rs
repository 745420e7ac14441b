//! Words that may not stand in any text: they shame, press, or take something for granted about the people who read them.

use super::source::Source;
use super::{Language, WRITTEN};

/// Words and beginnings of words (with `*`), by language.
const UNKIND: [(Language, &[&str]); 2] = [
    (
        Language::English,
        &[
            "streak*",
            "fail*",
            "overdue",
            "broke",
            "broken",
            "should",
            "must",
            "ought",
            "guilty",
            "blame",
            "shame*",
            "late",
            "missed",
            "lazy",
            "wrong of you",
            "hasn't",
            "hasn’t",
            "haven't answered",
            "score*",
            "ranking",
            "percent",
            "husband*",
            "wife",
            "wives",
            "spouse*",
            "marriage*",
            "married",
            "wedding",
            "boyfriend*",
            "girlfriend*",
            "he",
            "she",
            "his",
            "her",
            "him",
            "god",
            "pray*",
            "church",
            "sin",
            "your kids",
            "your child*",
            "our kids",
            "our child*",
            "household*",
            "legal obligation",
            "your partner has not",
            "your partner hasn't",
            "last seen",
            "screenshot*",
            "location",
            "gps",
            "prove",
            "proof",
        ],
    ),
    (
        Language::German,
        &[
            "versag*",
            "gescheitert",
            "überfällig",
            "gebrochen*",
            "sollte",
            "solltest",
            "sollst",
            "musst",
            "schuldig",
            "schuld",
            "scham",
            "schäm*",
            "verpasst",
            "faul",
            "noch nicht geantwortet",
            "punktestand",
            "prozent",
            "rangliste",
            "ehe",
            "ehemann",
            "ehefrau",
            "ehepartner*",
            "heirat*",
            "verheiratet",
            "hochzeit*",
            "freundin",
            "partnerin",
            "partner",
            "partners",
            "gott",
            "beten",
            "kirche",
            "sünde",
            "eure kinder",
            "unsere kinder",
            "haushalt",
            "innen",
            "zuletzt online",
            "bildschirmfoto*",
            "standort",
            "beweis*",
            "täter*",
        ],
    ),
];

/// What of a text is not kind.
fn unkind(language: Language, text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    let lists = UNKIND.iter().filter(|(of, _)| *of == language).flat_map(|(_, words)| *words);
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric());
    let stands = |word: &&&'static str| {
        let (word, open) = word.strip_suffix('*').map_or((**word, false), |word| (word, true));
        text.match_indices(word).any(|(start, found)| {
            let before = is_letter(text[..start].chars().next_back());
            let after = is_letter(text[start + found.len()..].chars().next());
            !before && (open || !after)
        })
    };
    lists.filter(stands).copied().collect()
}

#[test]
fn texts_shame_nobody_and_take_nothing_for_granted() {
    for language in WRITTEN {
        let found: Vec<String> = Source::of(language)
            .texts
            .iter()
            .flat_map(|(key, text)| {
                unkind(language, text).into_iter().map(move |word| format!("{key}: {word}: {text}"))
            })
            .collect();
        assert!(found.is_empty(), "{}:\n{}", language.code(), found.join("\n"));
    }
}

#[test]
fn unkind_words_are_found_where_they_are_planted() {
    for (language, words) in UNKIND {
        for word in words {
            let word = word.trim_end_matches('*');
            assert!(!unkind(language, &format!("Now, {word}!")).is_empty(), "{word} went unseen");
            assert!(unkind(language, &format!("Now, x{word}x!")).is_empty(), "{word} was seen in a longer word");
        }
    }
    assert_eq!(unkind(Language::English, "You failed again"), ["fail*"]);
    assert!(unkind(Language::German, "Überlege in Ruhe, was dir guttut").is_empty());
}
