//! Words that must not be found where they do not belong, and the search for them.
//!
//! A word is searched as it is, as UTF-16, as hexadecimal digits, and as base64 wherever it may begin within a group.
//! It would not be found inside compressed data; what Amends compresses, it then encrypts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::scratch::random;
use crate::failure::{Context, Failure};

/// The places in the story where a word of its own is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    AgreedText,
    AnasAmendment,
    BensAmendment,
    AnasNote,
    BensNote,
    AnasAnswer,
    BensAnswer,
    /// Ana answered a day that Ben did not: sealed for good.
    AnasSealedAnswer,
    BensBoundary,
    AnasJournal,
}

impl Spot {
    pub(super) const ALL: [Self; 10] = [
        Self::AgreedText,
        Self::AnasAmendment,
        Self::BensAmendment,
        Self::AnasNote,
        Self::BensNote,
        Self::AnasAnswer,
        Self::BensAnswer,
        Self::AnasSealedAnswer,
        Self::BensBoundary,
        Self::AnasJournal,
    ];
    /// What Ana keeps, or what keeps until Ben answers, which he does not.
    pub(super) const ANAS_ALONE: [Self; 2] = [Self::AnasSealedAnswer, Self::AnasJournal];

    pub(super) fn by_ana(self) -> bool {
        !matches!(self, Self::BensAmendment | Self::BensNote | Self::BensAnswer | Self::BensBoundary)
    }

    pub(super) fn is_shared(self) -> bool {
        !Self::ANAS_ALONE.contains(&self)
    }

    fn stem(self) -> &'static str {
        match self {
            Self::AgreedText => "harbour",
            Self::AnasAmendment => "lantern",
            Self::BensAmendment => "orchard",
            Self::AnasNote => "saffron",
            Self::BensNote => "walnut",
            Self::AnasAnswer => "meadow",
            Self::BensAnswer => "granite",
            Self::AnasSealedAnswer => "thistle",
            Self::BensBoundary => "juniper",
            Self::AnasJournal => "cinnamon",
        }
    }
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Writing {
    Plain,
    Utf16,
    HexLower,
    HexUpper,
    /// Beginning at this byte of a group of three.
    Base64(u8),
}

impl Writing {
    pub(super) const ALL: [Self; 7] =
        [Self::Plain, Self::Utf16, Self::HexLower, Self::HexUpper, Self::Base64(0), Self::Base64(1), Self::Base64(2)];

    /// The bytes to look for. Without the last zero, UTF-16 is found in either order of bytes.
    fn needle(self, word: &str) -> Vec<u8> {
        let mut needle = self.write(word.as_bytes());
        if self == Self::Utf16 {
            needle.pop();
        }
        needle
    }

    /// `text` so written, as it would stand in the middle of something longer.
    pub(super) fn write(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => text.to_vec(),
            Self::Utf16 => text.iter().flat_map(|&byte| [byte, 0]).collect(),
            Self::HexLower => text.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(),
            Self::HexUpper => text.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect(),
            Self::Base64(begin) => base64_middle(text, usize::from(begin)),
        }
    }
}

/// The words of one run.
pub(super) struct Canaries {
    words: BTreeMap<Spot, String>,
    search: Search,
}

/// What a search found: which word, written how.
pub(super) type Found = BTreeSet<(Spot, Writing)>;

impl Canaries {
    /// New words: letters and digits only, so that no format escapes them, and random, so that nothing else has them.
    pub(super) fn make() -> Self {
        let words: BTreeMap<Spot, String> =
            Spot::ALL.iter().map(|&spot| (spot, format!("{}{:012x}", spot.stem(), random() >> 16))).collect();
        let search = Search::new(&words);
        Self { words, search }
    }

    pub(super) fn word(&self, spot: Spot) -> &str {
        &self.words[&spot]
    }

    pub(super) fn in_bytes(&self, bytes: &[u8]) -> Found {
        self.search.run(bytes)
    }

    /// Every file below `folder`, its name included.
    pub(super) fn in_folder(&self, folder: &Path) -> Result<Swept, Failure> {
        let mut swept = Swept::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).context(|| folder.display().to_string())? {
                let path = entry.context(|| folder.display().to_string())?.path();
                swept.found.extend(self.in_bytes(path.to_string_lossy().as_bytes()));
                if path.is_dir() {
                    folders.push(path);
                } else {
                    // A socket or the like holds nothing; a file that cannot be read would be a check not made.
                    let bytes = std::fs::read(&path).context(|| path.display().to_string())?;
                    swept.found.extend(self.in_bytes(&bytes));
                    swept.files += 1;
                    swept.bytes += bytes.len();
                }
            }
        }
        Ok(swept)
    }
}

/// A folder that was searched, and how much there was in it.
#[derive(Debug, Default)]
pub(super) struct Swept {
    pub(super) files: usize,
    pub(super) bytes: usize,
    pub(super) found: Found,
}

/// The distinct words among `found` that are of interest.
pub(super) fn words(found: &Found, of_interest: impl Fn(Spot) -> bool) -> usize {
    let spots: BTreeSet<Spot> = found.iter().map(|&(spot, _)| spot).filter(|&spot| of_interest(spot)).collect();
    spots.len()
}

/// Every writing of every word, looked up by its first two bytes: one pass, however many there are.
struct Search {
    needles: Vec<(Vec<u8>, Spot, Writing)>,
    by_beginning: Vec<Vec<usize>>,
}

impl Search {
    fn new(words: &BTreeMap<Spot, String>) -> Self {
        let mut needles = Vec::new();
        for (&spot, word) in words {
            needles.extend(Writing::ALL.iter().map(|&writing| (writing.needle(word), spot, writing)));
        }
        let mut by_beginning = vec![Vec::new(); 1 << 16];
        for (index, (needle, _, _)) in needles.iter().enumerate() {
            by_beginning[beginning(needle[0], needle[1])].push(index);
        }
        Self { needles, by_beginning }
    }

    fn run(&self, bytes: &[u8]) -> Found {
        let mut found = Found::new();
        for (at, pair) in bytes.windows(2).enumerate() {
            for &index in &self.by_beginning[beginning(pair[0], pair[1])] {
                let (needle, spot, writing) = &self.needles[index];
                if bytes[at..].starts_with(needle) {
                    found.insert((*spot, *writing));
                }
            }
        }
        found
    }
}

fn beginning(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// The characters of base64 that depend on `text` alone when it begins `begin` bytes into a group. Words of letters and
/// digits never need the two characters in which the alphabets for files and for links differ.
fn base64_middle(text: &[u8], begin: usize) -> Vec<u8> {
    let padded = [vec![0; begin], text.to_vec()].concat();
    let whole = base64(&padded);
    let (first, end) = ((begin * 8).div_ceil(6), padded.len() * 8 / 6);
    whole[first..end].to_vec()
}

/// Base64 without padding characters.
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::with_capacity(bytes.len() * 4 / 3 + 3);
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

    /// The positive control of everything else: whatever is planted is found, so that an absence means something.
    #[test]
    fn every_word_is_found_in_every_writing_at_every_place() {
        let canaries = Canaries::make();
        for spot in Spot::ALL {
            let word = canaries.word(spot);
            for before in ["", "x", "xy", "xyz", "a much longer beginning "] {
                let text = format!("{before}{word} and an end").into_bytes();
                assert_eq!(canaries.in_bytes(&text), Found::from([(spot, Writing::Plain)]));
                for writing in [Writing::Utf16, Writing::HexLower, Writing::HexUpper] {
                    assert_eq!(canaries.in_bytes(&writing.write(&text)), Found::from([(spot, writing)]));
                }
                let big_endian: Vec<u8> = text.iter().flat_map(|&byte| [0, byte]).collect();
                assert_eq!(canaries.in_bytes(&big_endian), Found::from([(spot, Writing::Utf16)]));
                let begin = Writing::Base64((before.len() % 3) as u8);
                assert_eq!(canaries.in_bytes(&base64(&text)), Found::from([(spot, begin)]), "after {before:?}");
            }
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_was_planted() {
        let (canaries, others) = (Canaries::make(), Canaries::make());
        let text: String = Spot::ALL.iter().map(|&spot| others.word(spot)).collect();
        assert_eq!(canaries.in_bytes(text.as_bytes()), Found::new());
        let word = canaries.word(Spot::AnasJournal);
        assert_eq!(canaries.in_bytes(&word.as_bytes()[..word.len() - 1]), Found::new());
        assert_eq!(canaries.in_bytes(b""), Found::new());
        assert_eq!(canaries.in_bytes(b"c"), Found::new());
    }

    #[test]
    fn a_folder_is_searched_to_its_depths_and_by_its_names() {
        let scratch = super::super::scratch::Scratch::new(None).expect("a temporary folder can be made");
        let canaries = Canaries::make();
        let deep = scratch.folder("a/b").expect("it can be made");
        let mut database = vec![0_u8, 159, 146, 150];
        database.extend_from_slice(canaries.word(Spot::BensBoundary).as_bytes());
        std::fs::write(deep.join("store.db"), &database).expect("it can be written");
        std::fs::write(deep.join(canaries.word(Spot::AnasNote)), "").expect("it can be written");
        let swept = canaries.in_folder(scratch.path()).expect("it can be searched");
        assert_eq!((swept.files, swept.bytes), (2, database.len()));
        let expected = [(Spot::BensBoundary, Writing::Plain), (Spot::AnasNote, Writing::Plain)];
        assert_eq!(swept.found, Found::from(expected));
        assert_eq!(words(&swept.found, Spot::by_ana), 1);
        assert!(canaries.in_folder(&deep.join("not there")).is_err());
    }

    #[test]
    fn words_do_not_contain_each_other() {
        let canaries = Canaries::make();
        for spot in Spot::ALL {
            assert!(canaries.word(spot).chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
            assert_eq!(words(&canaries.in_bytes(canaries.word(spot).as_bytes()), |_| true), 1);
        }
    }
}
