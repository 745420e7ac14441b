//! What may not be in any file of the repository, and how long a source file may be.

use std::path::{Path, PathBuf};

use crate::assert_none;

/// A text file, by its path from the root, with `/`.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Lines in a source file beyond which it is no longer read from the top.
const LINES_MAX: usize = 600;

/// Folders that hold what is built, not what is written.
const BUILT: &[&str] = &["target", ".git", ".cache", ".gradle", ".build", "build", "node_modules"];

/// Files that tools write, naming their sources.
const LOCKS: &[&str] = &["Cargo.lock", "Package.resolved"];

/// Put together from halves, so that this file does not contain what it looks for.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("../", "shared"), "a folder outside the repository"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("TO", "DO"), "an unfinished thought: finish it or write it into the change's description"),
    (concat!("FIX", "ME"), "an unfinished thought: finish it or write it into the change's description"),
    (concat!("todo", "!("), "unfinished code"),
    (concat!("unimplemented", "!("), "unfinished code"),
    (concat!("crates", ".io"), "the host of a package registry"),
    (concat!("npmjs", ".com"), "the host of a package registry"),
    (concat!("npmjs", ".org"), "the host of a package registry"),
    (concat!("pypi", ".org"), "the host of a package registry"),
    (concat!("maven", ".org"), "the host of a package registry"),
    (concat!("maven.", "apache.org"), "the host of a package registry"),
    (concat!("plugins.", "gradle.org"), "the host of a package registry"),
    (concat!("rubygems", ".org"), "the host of a package registry"),
    (concat!("proxy.", "golang.org"), "the host of a package registry"),
];

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

/// Every file of the repository that was written by hand, whether or not version control is there.
pub(crate) fn files() -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the repository can be read") {
            let entry = entry.expect("a folder of the repository can be read");
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().expect("a file has a type");
            if kind.is_dir() && !BUILT.contains(&name.as_str()) && !is_built_folder(&entry.path()) {
                folders.push(entry.path());
            } else if kind.is_file() && !LOCKS.contains(&name.as_str()) && name != ".git" {
                found.push(read(&entry.path()));
            }
        }
    }
    found
}

/// Cargo marks its target folder, wherever it is, with this file.
fn is_built_folder(folder: &Path) -> bool {
    folder.join("CACHEDIR.TAG").exists()
}

fn read(path: &Path) -> File {
    let bytes = std::fs::read(path).expect("a file of the repository can be read");
    let relative = path.strip_prefix(root()).expect("it lies in the repository");
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    File { path: parts.join("/"), text: String::from_utf8_lossy(&bytes).into_owned() }
}

fn forbidden_in(file: &File) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for (needle, why) in FORBIDDEN {
            if stands_alone(line, needle) {
                findings.push(format!("{}:{}: {needle:?} is {why}", file.path, index + 1));
            }
        }
    }
    findings
}

/// Letters around a needle that is all letters make it part of a longer word, or of encoded bytes.
fn stands_alone(line: &str, needle: &str) -> bool {
    let is_word = needle.chars().all(char::is_alphanumeric);
    line.match_indices(needle).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + needle.len()..].chars().next();
        !is_word || ![before, after].iter().flatten().any(|c| c.is_alphanumeric())
    })
}

fn too_long(file: &File) -> Option<String> {
    let is_source = [".rs", ".kt", ".kts", ".swift", ".sh"].iter().any(|end| file.path.ends_with(end));
    let lines = file.text.lines().count();
    (is_source && lines > LINES_MAX).then(|| format!("{}: {lines} lines, more than {LINES_MAX}", file.path))
}

#[test]
fn no_file_holds_a_forbidden_string() {
    let findings: Vec<String> = files().iter().flat_map(forbidden_in).collect();
    assert_none("forbidden strings", &findings);
}

#[test]
fn no_source_file_is_too_long() {
    let findings: Vec<String> = files().iter().filter_map(too_long).collect();
    assert_none("source files to split", &findings);
}

/// The walk must reach the scanner itself, code, manifests and dot folders, or the checks above prove nothing.
#[test]
fn the_walk_reaches_every_corner() {
    let files = files();
    for path in ["tests/tests/architecture/repository.rs", "Cargo.toml", ".ci/run", "core/src/lib.rs", "deny.toml"] {
        assert!(files.iter().any(|file| file.path == path), "the walk missed {path}");
    }
    assert!(!files.iter().any(|file| file.path.starts_with("target/") || file.path.starts_with(".git/")));
}

#[test]
fn every_forbidden_string_is_found_where_it_is_planted() {
    for (needle, _) in FORBIDDEN {
        let file = File { path: "planted.md".into(), text: format!("fine\nsee {needle} there\n") };
        let findings = forbidden_in(&file);
        assert!(findings.iter().any(|finding| finding.starts_with("planted.md:2: ")), "{needle} went unseen");
    }
    let inside = File { path: "a".into(), text: concat!("base64: xTO", "DOy").into() };
    assert_none("part of a longer word", &forbidden_in(&inside));
}

#[test]
fn a_long_source_file_is_found_and_a_long_document_is_not() {
    let long = "x\n".repeat(LINES_MAX + 1);
    let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
    assert!(too_long(&file("a.rs", &long)).is_some());
    assert!(too_long(&file("a.rs", &long[2..])).is_none());
    assert!(too_long(&file("SPEC.md", &long)).is_none());
}
