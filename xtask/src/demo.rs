//! The demo.
use std::path::PathBuf;

use crate::cargo::Workspace;
use crate::failure::Failure;

pub(crate) fn run(_workspace: &Workspace, _keep: Option<PathBuf>) -> Result<(), Failure> {
    Err(Failure::new("not there yet"))
}
