//! The counter's file: two slots written in turn, so that the older one stands while the newer is written. One write and one
//! flush of bytes already allocated, since every record sent waits for it.
//!
//! A slot is `round u64 ‖ length u16 ‖ counter ‖ zeros`, its last 32 bytes the SHA-256 of all before them. The slot with the
//! highest round among those whose hash is right counts.

use super::VaultError;
use crate::home::Counter;
use crate::id::hash;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A page: written whole by every file system this runs on, and room for every box a home can have.
const SLOT: usize = 4096;
const HASH: usize = 32;
const HEADER: usize = 10;

pub(super) struct CounterFile {
    path: PathBuf,
    /// The file and the round last written, once they were looked for.
    open: Option<(File, u64)>,
}

impl CounterFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    /// # Errors
    /// [`VaultError::Damaged`] when the file is there and no slot of it is right.
    pub(super) fn read(&mut self) -> Result<Option<Counter>, VaultError> {
        let mut file = match OpenOptions::new().read(true).write(true).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut bytes = Vec::with_capacity(2 * SLOT);
        (&mut file).take(2 * SLOT as u64).read_to_end(&mut bytes)?;
        let newest = bytes.chunks_exact(SLOT).filter_map(read_slot).max_by_key(|(round, _)| *round);
        let (round, counter) = newest.ok_or(VaultError::Damaged)?;
        self.open = Some((file, round));
        Ok(Some(counter))
    }

    pub(super) fn write(&mut self, counter: &Counter) -> Result<(), VaultError> {
        if self.open.is_none() {
            match self.read() {
                Ok(Some(_)) => {}
                // What was damaged is written anew: whoever read it before knows that nothing stood there.
                Ok(None) | Err(VaultError::Damaged) => return self.create(counter),
                Err(error) => return Err(error),
            }
        }
        let Some((file, round)) = &mut self.open else { return Err(VaultError::Damaged) };
        let next = *round + 1;
        file.write_all_at(&slot(next, counter)?, (next % 2) * SLOT as u64)?;
        file.sync_data()?;
        *round = next;
        Ok(())
    }

    /// Both slots at once, under their name only when they are whole.
    fn create(&mut self, counter: &Counter) -> Result<(), VaultError> {
        let slots = [slot(0, counter)?, slot(1, counter)?].concat();
        replace(&self.path, &slots)?;
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        self.open = Some((file, 1));
        Ok(())
    }
}

fn slot(round: u64, counter: &Counter) -> Result<Vec<u8>, VaultError> {
    let counter = minicbor::to_vec(counter).map_err(|_| VaultError::Damaged)?;
    let length = u16::try_from(counter.len()).map_err(|_| VaultError::Damaged)?;
    let mut slot = [round.to_be_bytes().as_slice(), &length.to_be_bytes(), &counter].concat();
    if slot.len() > SLOT - HASH {
        return Err(VaultError::Damaged);
    }
    slot.resize(SLOT - HASH, 0);
    let sum = hash(&[&slot]);
    slot.extend_from_slice(&sum);
    Ok(slot)
}

fn read_slot(slot: &[u8]) -> Option<(u64, Counter)> {
    let (content, sum) = slot.split_at_checked(SLOT - HASH)?;
    if hash(&[content]) != sum {
        return None;
    }
    let (header, rest) = content.split_at_checked(HEADER)?;
    let (round, length) = header.split_first_chunk::<8>()?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
    let counter = minicbor::decode(rest.get(..length)?).ok()?;
    Some((u64::from_be_bytes(*round), counter))
}

/// Puts a file of `bytes`, readable by its owner only, in place of what is at `path`: after a crash at any instant the file
/// is the old one or the new one, never part of either.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // Left by a process that died on the way; its permissions may be anybody's.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(())
}
