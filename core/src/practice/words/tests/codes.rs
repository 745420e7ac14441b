//! Codes that edges can show, found in the source: whoever adds a code adds its texts.

use amends_protocol::ErrorCode;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Types whose codes are states of something, not errors.
const STATES: [&str; 3] = ["OwnEntryState", "AgreementState", "SealedState"];
/// Types whose codes are neither: they are values in statements, which the catalogue has as choices.
const VALUES: [&str; 2] = ["Rating", "Language"];

/// Codes by the type that gives them.
fn found() -> Vec<(String, BTreeSet<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "examples"] {
        collect(&root.join(folder), &mut files);
    }
    let tests = |path: &PathBuf| path.components().any(|part| part.as_os_str().to_string_lossy().contains("tests"));
    let texts = files.into_iter().filter(|path| !tests(path));
    texts.flat_map(|path| codes_in(&std::fs::read_to_string(path).expect("a source file"))).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("a folder of the source").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The codes that functions named `code`, or `…_code`, give in a source text, by the type that they belong to; and those
/// that a failure of the terminal phone is made with.
fn codes_in(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let (mut owner, mut inside, mut out) = (String::new(), None::<BTreeSet<String>>, Vec::new());
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let code = line.trim();
        if line.starts_with("impl") {
            let name = line.trim_end_matches('{').trim().rsplit([' ', ':']).next().unwrap_or("");
            owner = name.split('<').next().unwrap_or("").to_owned();
        }
        if code.contains("fn code(") && code.contains("&'static str") || code.contains("_code(error: &") {
            inside = Some(BTreeSet::new());
        }
        if let Some(codes) = &mut inside {
            if let Some((_, value)) = code.split_once("=>") {
                codes.extend(literals(value));
            }
            let indent = line.len() - line.trim_start().len();
            if code == "}" && indent <= 4 {
                out.push((owner.clone(), inside.take().unwrap_or_default()));
            }
        }
        if code.contains("Failure::new(") || code.contains("Self::new(ErrorClass::") {
            let whole = lines.get(index..(index + 4).min(lines.len())).unwrap_or_default().join(" ");
            let call = whole.split_once("::new(").map_or("", |(_, call)| call);
            out.push(("Failure".into(), literals(call).into_iter().take(1).collect()));
        }
    }
    out
}

/// Literals that are codes.
fn literals(text: &str) -> Vec<String> {
    let parts = text.split('"').skip(1).step_by(2);
    let is_code = |part: &&str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    parts.filter(is_code).map(str::to_owned).collect()
}

/// Every error code.
pub(super) fn errors() -> BTreeSet<String> {
    let of_types = found().into_iter().filter(|(owner, _)| ![&STATES[..], &VALUES].concat().contains(&owner.as_str()));
    let relay = ErrorCode::ALL.iter().map(|code| code.name()).chain(["other"]).map(str::to_owned);
    of_types.flat_map(|(_, codes)| codes).chain(relay).collect()
}

/// Every state that code gives.
pub(super) fn states() -> BTreeSet<String> {
    let of_types = found().into_iter().filter(|(owner, _)| STATES.contains(&owner.as_str()));
    of_types.flat_map(|(_, codes)| codes).collect()
}

#[test]
fn codes_are_found_where_they_are() {
    let (errors, states) = (errors(), states());
    for code in
        ["no_home", "too_long", "bad_time", "code_mismatch", "wrong_relay_pin", "change_counter", "usage", "bug"]
    {
        assert!(errors.contains(code), "{code} went unseen");
    }
    assert!(errors.contains(ErrorCode::ALL[0].name()));
    for code in ["in_force", "mine_sealed", "changed_since_acknowledged"] {
        assert!(states.contains(code) && !errors.contains(code), "{code}");
    }
    assert!(!errors.contains("works") && !errors.contains("de"));
    let planted = "impl Planted {\n    pub fn code(self) -> &'static str {\n        match self {\n            \
                   Self::One => \"one_thing\",\n        }\n    }\n}\n";
    assert_eq!(codes_in(planted), [("Planted".to_owned(), ["one_thing".to_owned()].into())]);
    let failure = "        return Err(Failure::new(\n            ErrorClass::Refused,\n            \"file_gone\",\n";
    assert_eq!(codes_in(failure), [("Failure".to_owned(), ["file_gone".to_owned()].into())]);
}
