//! Words that must not be found where they do not belong, and the search for them.
//!
//! A word is searched as it is, as UTF-16, as hexadecimal digits, and as base64 wherever it may begin within a group of three
//! bytes. It would not be found inside compressed data; what Amends compresses, it then encrypts.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

/// A word that nothing else contains.
#[derive(Debug, Clone)]
pub struct Canary {
    word: String,
    writings: Vec<Vec<u8>>,
}

impl Canary {
    /// A new word that begins with `stem`: letters and digits only, so that no format escapes it.
    pub fn new(stem: &str) -> Self {
        let mut random = RandomState::new().build_hasher();
        random.write_u8(0);
        Self::of(&format!("{stem}{:016x}", random.finish()))
    }

    fn of(word: &str) -> Self {
        let plain = word.as_bytes();
        let mut utf16: Vec<u8> = plain.iter().flat_map(|&byte| [byte, 0]).collect();
        // Without the last zero it is found in either order of bytes.
        utf16.pop();
        let hex = |upper: bool| -> Vec<u8> {
            let digit = |byte: &u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
            plain.iter().map(digit).collect::<String>().into_bytes()
        };
        let mut writings = vec![plain.to_vec(), utf16, hex(false), hex(true)];
        writings.extend((0..3).map(|begin| base64_middle(plain, begin)));
        Self { word: word.to_owned(), writings }
    }

    /// The word.
    pub fn word(&self) -> &str {
        &self.word
    }

    /// Whether it is in `bytes`, however written.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.writings.iter().any(|writing| contains(bytes, writing))
    }

    /// The files below `folder` that have it in them or in their names.
    pub fn files_in(&self, folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("the folder can be read") {
                let path = entry.expect("the folder can be read").path();
                if path.is_dir() {
                    folders.push(path);
                } else if self.is_in(path.to_string_lossy().as_bytes())
                    || self.is_in(&fs::read(&path).expect("the file can be read"))
                {
                    found.push(path);
                }
            }
        }
        found
    }

    /// Asserts that no file below `folder` has it, with a positive control: the same search finds it in a file planted there
    /// among those bytes.
    #[track_caller]
    pub fn is_nowhere_in(&self, folder: &Path) {
        assert_eq!(self.files_in(folder), Vec::<PathBuf>::new(), "{} is in the clear", self.word);
        let planted = folder.join("planted");
        fs::write(&planted, [&[0x9f, 0, 7], self.word.as_bytes(), &[0xff, 1]].concat()).expect("a file can be written");
        assert_eq!(self.files_in(folder), [planted.as_path()], "the search finds what is there");
        fs::remove_file(planted).expect("it can be deleted");
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let mut bytes = bytes;
    while let Some(at) = bytes.iter().position(|byte| byte == first) {
        bytes = &bytes[at + 1..];
        if bytes.starts_with(rest) {
            return true;
        }
    }
    false
}

/// The characters of base64 that depend on `text` alone when it begins `begin` bytes into a group.
fn base64_middle(text: &[u8], begin: usize) -> Vec<u8> {
    let padded = [vec![0; begin], text.to_vec()].concat();
    let (first, end) = ((begin * 8).div_ceil(6), padded.len() * 8 / 6);
    base64(&padded)[first..end].to_vec()
}

/// Base64 without padding characters.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::new();
    for group in bytes.chunks(3) {
        let value = group.iter().fold(0, |value, &byte| value << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        let digits = (0..=group.len()).map(|digit| (value >> (18 - 6 * digit)) as usize & 63);
        text.extend(digits.map(|digit| ALPHABET[digit]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_in_rfc_4648() {
        for (plain, written) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), written.as_bytes());
        }
    }

    #[test]
    fn a_word_is_found_in_every_writing_at_every_place() {
        let canary = Canary::new("heron");
        for before in ["", "x", "xy", "xyz"] {
            let text = format!("{before}{} and an end", canary.word()).into_bytes();
            let utf16: Vec<u8> = text.iter().flat_map(|&byte| [0, byte]).collect();
            let hex: String = text.iter().map(|byte| format!("{byte:02X}")).collect();
            for bytes in [text.clone(), utf16, hex.into_bytes(), base64(&text)] {
                assert!(canary.is_in(&bytes), "after {before:?}");
                assert!(!Canary::new("heron").is_in(&bytes));
            }
        }
        let cut = &canary.word().as_bytes()[1..];
        assert!(!canary.is_in(cut) && !canary.is_in(b""));
    }
}
