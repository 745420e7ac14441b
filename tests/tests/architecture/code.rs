//! Rust source reduced to what the compiler acts on, so that prose about a forbidden thing is not taken for its use.

/// The same text with comments and the insides of strings and characters blanked; line numbers stay.
pub(crate) fn without_prose(source: &str) -> String {
    let characters: Vec<char> = source.chars().collect();
    let mut blanked = String::with_capacity(source.len());
    let mut at = 0;
    while at < characters.len() {
        let rest = &characters[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => string(rest),
            ['r', '"' | '#', ..] if !after_identifier(&characters, at) => raw_string(rest).unwrap_or(0),
            ['b', 'r', '"' | '#', ..] if !after_identifier(&characters, at) => {
                raw_string(&rest[1..]).map_or(0, |length| length + 1)
            }
            ['\'', '\\', ..] => rest[2..].iter().skip(1).position(|&c| c == '\'').map_or(1, |end| end + 4),
            ['\'', _, '\'', ..] => 3,
            _ => 0,
        };
        if length == 0 {
            blanked.push(rest[0]);
            at += 1;
        } else {
            blanked.extend(rest[..length].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at += length;
        }
    }
    blanked
}

/// The same code, without prose already, with every item blanked that only tests compile.
pub(crate) fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(TEST_ONLY) {
        let end = start + item_length(&rest[start..]);
        kept.push_str(&rest[..start]);
        kept.extend(rest[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &rest[end..];
    }
    kept + rest
}

/// Paths, without their ending, of the modules that the file at `path` declares for tests alone.
pub(crate) fn test_modules(path: &str, code: &str) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let inside = match file {
        "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
        _ => path.trim_end_matches(".rs").to_owned(),
    };
    let items = code.match_indices(TEST_ONLY).map(|(start, _)| &code[start..start + item_length(&code[start..])]);
    let names = items.filter_map(|item| {
        let (_, declared) = item.rsplit_once("mod ")?;
        Some(declared.strip_suffix(';')?.trim()).filter(|name| name.chars().all(is_name))
    });
    names.map(|name| format!("{inside}/{name}")).collect()
}

const TEST_ONLY: &str = "#[cfg(test)]";

/// Up to the end of the item that begins here with its attributes: its semicolon, or its closing brace.
fn item_length(code: &str) -> usize {
    let mut depth = 0_i32;
    for (at, character) in code.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(character, ';' | '}') {
            return at + 1;
        }
    }
    code.len()
}

/// The line numbers, from 1, on which `word` stands for itself and not inside a longer name.
pub(crate) fn lines_mentioning(code: &str, word: &str) -> Vec<usize> {
    code.lines().enumerate().filter(|(_, line)| mentions(line, word)).map(|(index, _)| index + 1).collect()
}

fn mentions(line: &str, word: &str) -> bool {
    let ends_in_name = word.chars().next_back().is_some_and(is_name);
    line.match_indices(word).any(|(start, found)| {
        let before = line[..start].chars().next_back();
        let after = line[start + found.len()..].chars().next();
        let begins_inside = before.is_some_and(is_name);
        let ends_inside = ends_in_name && after.is_some_and(is_name);
        !begins_inside && !ends_inside
    })
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn after_identifier(characters: &[char], at: usize) -> bool {
    at > 0 && is_name(characters[at - 1])
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `r"…"` or `r#"…"#`; none for a raw identifier such as `r#type`.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let body = 2 + hashes;
    let closes = |at: &usize| rest[*at] == '"' && rest[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
    Some((body..rest.len()).find(closes).map_or(rest.len(), |end| end + 1 + hashes))
}

#[test]
fn prose_is_blanked_and_code_is_kept() {
    let source = r####"
//! tokio in a comment
use tokio::time; /* quinn /* nested */ quinn */ use quinn::Endpoint;
let link = "https://tokio.rs"; let after = SystemTime::now();
let raw = r#"say "tokio""#; let kept = tokio::spawn;
let quote = '"'; let escaped = '\''; let tick: &'static str = "tokio"; quinn
let r#type = 1; let bytes = br"tokio";
"####;
    let code = without_prose(source);
    assert_eq!(code.lines().count(), source.lines().count());
    assert_eq!(lines_mentioning(&code, "tokio"), [3, 5]);
    assert_eq!(lines_mentioning(&code, "quinn"), [3, 6]);
    assert_eq!(lines_mentioning(&code, "SystemTime"), [4]);
    assert_eq!(lines_mentioning(&code, "r#type"), [7]);
}

#[test]
fn a_word_is_not_found_inside_a_longer_name() {
    assert!(mentions("let key = ring::aead::KEY;", "ring::aead"));
    assert!(!mentions("String::aead", "ring::aead"));
    assert!(!mentions("tokio_like::x", "tokio"));
    assert!(mentions("(tokio)", "tokio"));
    assert!(mentions("std::net::UdpSocket", "net::"));
    assert!(!mentions("subnet::x", "net::"));
}

#[test]
fn only_what_tests_compile_is_blanked() {
    let source = "use a;\n#[cfg(test)]\nmod tests {\n    fn f() { tokio(); }\n}\nfn g() { quinn(); }\n#[cfg(test)]\n\
        #[allow(dead)]\nfn h(x: [u8; 2]) { tokio() }\n#[cfg(test)]\nuse tokio;\nuse quinn;\n";
    let code = without_tests(source);
    assert_eq!(code.lines().count(), source.lines().count());
    assert!(lines_mentioning(&code, "tokio").is_empty(), "{code}");
    assert_eq!(lines_mentioning(&code, "quinn"), [6, 12]);
    assert_eq!(without_tests("fn test() { tokio() }"), "fn test() { tokio() }");
}

#[test]
fn modules_for_tests_alone_are_known_by_their_path() {
    let code = "#[cfg(test)]\nmod suite;\nmod kept;\n#[cfg(test)]\n#[allow(x)]\npub(crate) mod more;\n\
        #[cfg(test)]\nmod inline { }\n#[cfg(test)]\nuse a;\n";
    assert_eq!(test_modules("core/src/storage/mod.rs", code), ["core/src/storage/suite", "core/src/storage/more"]);
    assert_eq!(test_modules("core/src/id.rs", "#[cfg(test)]\nmod tests;\n"), ["core/src/id/tests"]);
}
