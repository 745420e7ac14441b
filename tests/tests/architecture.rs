//! The architecture, checked: what may depend on what, which room may touch what, what may not be in the repository.
//!
//! Each check is a function from text to a list of findings, and each is also run on planted text that must make it
//! fail: a scan that cannot fail proves nothing, and planted text does not wait for a room to be written.

#[path = "architecture/code.rs"]
mod code;
#[path = "architecture/licences.rs"]
mod licences;
#[path = "architecture/manifests.rs"]
mod manifests;
#[path = "architecture/repository.rs"]
mod repository;
#[path = "architecture/rooms.rs"]
mod rooms;
#[path = "architecture/tree.rs"]
mod tree;

/// Fails with every finding at once.
#[track_caller]
fn assert_none(what: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{what}:\n  {}\n", findings.join("\n  "));
}
