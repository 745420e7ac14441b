//! The rows of [`Table::Spare`](super::Table::Spare) once more, in a file beside the store: whatever happens to the store's own
//! file, the home's keys are not gone with it.
//!
//! The file is `length of key u16 ‖ key ‖ length of value u32 ‖ value` for each row. Values are sealed, so that a reader
//! notices by itself what is damaged in it.

use super::{Row, StoreError};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Bytes of the file at most: some hundred times what a home's keys need.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Puts a file of `rows` in place of what is at `path`: after a crash at any instant the file is the old one or the new one.
pub(super) fn write(path: &Path, rows: &[Row]) -> Result<(), StoreError> {
    let mut bytes = Vec::new();
    for (key, value) in rows {
        let (Ok(key_length), Ok(length)) = (u16::try_from(key.len()), u32::try_from(value.len())) else { continue };
        bytes.extend(key_length.to_be_bytes());
        bytes.extend_from_slice(key);
        bytes.extend(length.to_be_bytes());
        bytes.extend_from_slice(value);
    }
    let beside = super::salvage::with_suffix(path, ".new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    super::salvage::sync_folder(path)
}

/// The rows in the file at `path`, as far as they are there.
pub(super) fn read(path: &Path) -> Vec<Row> {
    let mut bytes = Vec::new();
    let Ok(file) = File::open(path) else { return Vec::new() };
    if file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).is_err() {
        return Vec::new();
    }
    let mut rest = bytes.as_slice();
    std::iter::from_fn(|| row(&mut rest)).collect()
}

fn row(rest: &mut &[u8]) -> Option<Row> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (key, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let (length, after) = after.split_first_chunk::<4>()?;
    let (value, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = after;
    Some((key.to_vec(), value.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn what_is_whole_in_the_file_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("spare");
        assert!(read(&path).is_empty());
        let rows = vec![(b"one".to_vec(), vec![1; 3000]), (b"two".to_vec(), Vec::new()), (Vec::new(), vec![3])];
        for _ in 0..2 {
            write(&path, &rows).expect("writes");
            assert_eq!(read(&path), rows);
        }
        let whole = std::fs::read(&path).expect("reads");
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).expect("writes");
            let found = read(&path);
            assert!(found.len() < rows.len() && rows.starts_with(&found), "cut at {cut}");
        }
        std::fs::write(&path, [0xff; 5000]).expect("writes");
        assert!(read(&path).is_empty());
    }
}
