//! Eight words instead of a link (SPEC section 7.2): 88 bits that can be read out on the telephone.
//!
//! `english.txt` is the English list of BIP-39 (2048 words, MIT licence), as crate `bip39` carries it under CC0-1.0; a test pins
//! its SHA-256.

use super::primitive::{self, PrimitiveError};
use super::random::{NoRandomness, Randomness, make_secret};
use super::stretch::Cost;
use std::fmt;
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Words of an invite.
pub const WORDS: usize = 8;

const ENTROPY: usize = 11;
/// Far longer than eight words with anything between them.
const TEXT_MAX: usize = 1024;
const LIST: &str = include_str!("english.txt");

/// A text that is not eight words of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// More or fewer words.
    #[error("{found} words instead of 8")]
    Count {
        /// How many there were.
        found: usize,
    },
    /// A word that is not in the list.
    #[error("word {position} is not in the list")]
    Unknown {
        /// Which word, counted from 1.
        position: usize,
    },
    /// Too long to be eight words.
    #[error("too long to be eight words")]
    TooLong,
}

/// Eight words. Erased when dropped, never printed but by [`Words::to_text`].
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Words([u16; WORDS]);

impl Words {
    /// Eight random words.
    ///
    /// # Errors
    /// [`NoRandomness`] when the source fails.
    pub fn make(randomness: &mut dyn Randomness) -> Result<Self, NoRandomness> {
        let entropy = make_secret::<ENTROPY>(randomness)?;
        Ok(Self::from_entropy(&entropy))
    }

    /// The words of 88 bits, eleven at a time from the most significant.
    pub(super) fn from_entropy(entropy: &[u8; ENTROPY]) -> Self {
        let mut bits = entropy.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        Self(std::array::from_fn(|_| bits.by_ref().take(11).fold(0, |word, bit| word << 1 | u16::from(bit))))
    }

    /// As they are shown: lower case, one space between them.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Eight words of at most eight letters: never reallocated, so nothing is left behind unerased.
        let mut text = Zeroizing::new(String::with_capacity(WORDS * 9));
        for index in self.0 {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(LIST.split_ascii_whitespace().nth(index.into()).unwrap_or_default());
        }
        text
    }

    /// What the words stand for.
    pub(super) fn derive_keys(&self, cost: Cost) -> Result<WordKeys, PrimitiveError> {
        let stretched = cost.stretch(&self.to_text(), b"amends/words/1")?;
        let derive = |info: &[u8]| primitive::derive::<32>(stretched.as_slice(), b"", &[info]);
        Ok(WordKeys {
            rendezvous: *primitive::derive(stretched.as_slice(), b"", &[b"amends/words-rendezvous/1"])?,
            key: derive(b"amends/words-key/1")?,
            secret: derive(b"amends/words-secret/1")?,
        })
    }
}

/// What eight words derive to.
pub(super) struct WordKeys {
    /// R: where the two meet.
    pub(super) rendezvous: [u8; 16],
    /// K: seals m0.
    pub(super) key: Zeroizing<[u8; 32]>,
    /// S: what a link would carry.
    pub(super) secret: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for WordKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WordKeys(…)")
    }
}

impl FromStr for Words {
    type Err = WordsError;

    /// Takes any case, anything but letters between the words, letters in any Unicode form and with any accent.
    fn from_str(text: &str) -> Result<Self, WordsError> {
        if text.len() > TEXT_MAX {
            return Err(WordsError::TooLong);
        }
        let mut normal = Zeroizing::new(String::with_capacity(TEXT_MAX * 18));
        let letters = text.nfkd().filter(|letter| !is_combining_mark(*letter));
        normal.extend(letters.flat_map(char::to_lowercase));
        let words = || normal.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
        let mut found = Self([0; WORDS]);
        for ((position, word), slot) in (1..).zip(words()).zip(&mut found.0) {
            let index = LIST.split_ascii_whitespace().position(|known| known == word);
            *slot = index.and_then(|index| u16::try_from(index).ok()).ok_or(WordsError::Unknown { position })?;
        }
        match words().count() {
            WORDS => Ok(found),
            count => Err(WordsError::Count { found: count }),
        }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::hash;
    use proptest::prelude::*;

    #[test]
    fn the_list_is_the_one_everybody_has() {
        assert_eq!(LIST.split_ascii_whitespace().count(), 2048);
        let digest: String = hash(&[LIST.as_bytes()]).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
    }

    #[test]
    fn words_are_read_as_people_type_them() {
        let words: Words = "zoo abandon ability able about above absent absorb".parse().unwrap();
        assert_eq!(words.0, [2047, 0, 1, 2, 3, 4, 5, 6]);
        let typed = " 1. Zoo, 2. ABANDON\tability-able \u{ff41}bout\u{a0}abóve\n absent …absorb! ";
        assert_eq!(typed.parse(), Ok(words.clone()));
        assert_eq!(format!("{words:?}"), "Words(…)");
        let refused = |text: &str| text.parse::<Words>().unwrap_err();
        assert_eq!(refused("zoo abandon abilty able"), WordsError::Unknown { position: 3 });
        assert_eq!(refused("zoo zoo zoo zoo zoo zoo zoo zoo zoo"), WordsError::Count { found: 9 });
        assert_eq!(refused("zoo zoo zoo zoo zoo zoo zoo"), WordsError::Count { found: 7 });
        assert_eq!(refused(&"zoo ".repeat(9)), WordsError::Count { found: 9 });
        assert_eq!(refused(""), WordsError::Count { found: 0 });
        assert_eq!(refused(&"z".repeat(2000)), WordsError::TooLong);
    }

    proptest! {
        #[test]
        fn words_and_their_bits_are_one_to_one(entropy: [u8; ENTROPY]) {
            let words = Words::from_entropy(&entropy);
            prop_assert_eq!(words.to_text().parse(), Ok(words.clone()));
            let mut bits = words.0.iter().flat_map(|word| (0..11).rev().map(move |bit| word >> bit & 1));
            let back: [u8; ENTROPY] =
                std::array::from_fn(|_| bits.by_ref().take(8).fold(0, |byte, bit| byte << 1 | bit as u8));
            prop_assert_eq!(back, entropy);
        }
    }
}
