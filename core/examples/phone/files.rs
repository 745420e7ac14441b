//! Files for the owner: made anew, never over another.

use super::failure::Failure;
use amends_core::client::ErrorClass;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Makes the file `path` of `bytes`, readable by its owner only.
///
/// # Errors
/// `file_exists`; `file_failed`, and then no part of it is left.
pub(crate) fn make(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::new(ErrorClass::Refused, "file_exists", "the file exists already"),
        kind => Failure::new(ErrorClass::Storage, "file_failed", format!("the file can't be written: {kind}")),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a copy is worse than none.
        let _ = std::fs::remove_file(path);
        failed(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_are_the_owners_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.json");
        make(&path, b"one").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = make(&path, b"two").unwrap_err();
        assert_eq!((refused.code.as_ref(), refused.exit()), ("file_exists", 4));
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        let nowhere = make(&folder.path().join("no/such"), b"x").unwrap_err();
        assert_eq!(nowhere.code, "file_failed");
    }
}
