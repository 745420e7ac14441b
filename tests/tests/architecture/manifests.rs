//! What every crate's manifest must say.

use crate::assert_none;
use crate::repository::{File, files, root};
use crate::tree::metadata;

fn manifests() -> Vec<File> {
    let manifests: Vec<File> =
        files().into_iter().filter(|file| file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml")).collect();
    assert!(manifests.len() > 5, "the workspace and its crates have manifests");
    manifests
}

/// Dependencies without a reason. A comment covers the lines below it up to an empty line, a header or another
/// comment; a dependency written as a table of its own has its comment directly above the header. The workspace's
/// own table only pins versions: the crates say why.
fn unexplained(manifest: &File) -> Vec<String> {
    let mut findings = Vec::new();
    let (mut in_dependencies, mut explained, mut open_brackets) = (false, false, 0_i32);
    for line in manifest.text.lines().map(str::trim) {
        if open_brackets > 0 {
            open_brackets += brackets(line);
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            let name = header.rsplit('.').next();
            in_dependencies = header != "workspace.dependencies" && name.is_some_and(is_dependency_table);
            let table_of_one = header
                .rsplit_once('.')
                .is_some_and(|(parent, _)| parent.rsplit('.').next().is_some_and(is_dependency_table));
            if table_of_one && !explained {
                findings.push(format!("{}: [{header}]", manifest.path));
            }
            explained = false;
        } else if line.starts_with('#') {
            explained = true;
        } else if line.is_empty() {
            explained = false;
        } else {
            open_brackets = brackets(line);
            if in_dependencies && !explained {
                findings.push(format!("{}: {line}", manifest.path));
            }
        }
    }
    findings
}

fn is_dependency_table(name: &str) -> bool {
    matches!(name, "dependencies" | "dev-dependencies" | "build-dependencies")
}

fn brackets(line: &str) -> i32 {
    line.chars().map(|c| i32::from(matches!(c, '[' | '{')) - i32::from(matches!(c, ']' | '}'))).sum()
}

fn opts_in_to_lints(manifest: &str) -> bool {
    let Ok(manifest) = manifest.parse::<toml::Table>() else {
        return false;
    };
    manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
}

fn forbids_unsafe(workspace_manifest: &str) -> bool {
    let manifest: toml::Table = workspace_manifest.parse().expect("the manifest is TOML");
    let lint = manifest.get("workspace").and_then(|table| table.get("lints")?.get("rust")?.get("unsafe_code"));
    lint.and_then(toml::Value::as_str) == Some("forbid")
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let findings: Vec<String> = manifests().iter().flat_map(unexplained).collect();
    assert_none("dependencies without a comment above them or their group", &findings);
}

#[test]
fn a_dependency_without_a_reason_is_found() {
    let planted = |text: &str| unexplained(&File { path: "Cargo.toml".into(), text: text.into() });
    assert_none("explained", &planted("[dependencies]\n# Why.\na = \"1\"\nb = \"1\"\n# Why c.\nc.workspace = true\n"));
    assert_none("not dependencies", &planted("[package]\nname = \"x\"\n[features]\ndefault = []\n"));
    assert_none("many lines", &planted("[dependencies]\n# Why.\na = { features = [\n\n  \"x\",\n] }\n"));
    assert_none("a table", &planted("# Why.\n[dependencies.a]\nversion = \"1\"\n"));
    assert_eq!(planted("[dependencies]\na = \"1\"\n").len(), 1);
    assert_eq!(planted("[dependencies]\n# Why a.\na = \"1\"\n\nb = \"1\"\n"), ["Cargo.toml: b = \"1\""]);
    assert_eq!(planted("# About the section.\n[dev-dependencies]\na = \"1\"\n").len(), 1);
    assert_eq!(planted("[target.'cfg(unix)'.dependencies]\na = \"1\"\n").len(), 1);
    assert_none("versions", &planted("[workspace.dependencies]\na = \"1\"\n"));
    assert_eq!(planted("[dependencies.a]\nversion = \"1\"\n").len(), 1);
}

#[test]
fn unsafe_code_is_forbidden_everywhere() {
    for manifest in manifests() {
        let fine = match manifest.path.as_str() {
            "Cargo.toml" => forbids_unsafe(&manifest.text),
            _ => opts_in_to_lints(&manifest.text),
        };
        assert!(fine, "{} does not take part in the workspace's lints", manifest.path);
    }
    assert!(!forbids_unsafe("[workspace.lints.rust]\nunsafe_code = \"warn\"\n"));
    assert!(!opts_in_to_lints("[package]\nname = \"x\"\n"));
    assert!(!opts_in_to_lints("[lints]\nworkspace = false\n"));
}

#[test]
fn every_crate_introduces_itself() {
    let members: Vec<_> = metadata().into_iter().filter(|package| package.source.is_none()).collect();
    assert!(members.len() >= 5, "the workspace has members");
    let mut findings = Vec::new();
    for member in &members {
        findings.extend(member.lacks().into_iter().map(|lack| format!("{}: no {lack}", member.name)));
        let readme = member.readme.as_ref().map(|readme| member.folder.join(readme));
        if !readme.is_some_and(|readme| readme.is_file() && readme.starts_with(root())) {
            findings.push(format!("{}: its README does not exist", member.name));
        }
    }
    assert_none("crates that leave something unsaid", &findings);
}
