//! The six digits that people carry from one phone to the other (SPEC section 7.5).

use super::message::Secrets;
use crate::crypto::primitive::{self, PrimitiveError};
use std::fmt;
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop};

const DIGITS: usize = 6;
const CODES: u32 = 1_000_000;

/// Six digits to show. Erased when dropped; `Debug` names the type only.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Code([u8; DIGITS]);

impl Code {
    /// The code that the joiner's phone shows.
    pub(super) fn derive_joiners(secrets: &Secrets, transcript: &[u8; 32]) -> Result<Self, PrimitiveError> {
        Self::derive(secrets, transcript, b"amends/code-joiner/1")
    }

    /// The code that the inviter's phone shows.
    pub(super) fn derive_inviters(secrets: &Secrets, transcript: &[u8; 32]) -> Result<Self, PrimitiveError> {
        Self::derive(secrets, transcript, b"amends/code-inviter/1")
    }

    fn derive(secrets: &Secrets, transcript: &[u8; 32], label: &[u8]) -> Result<Self, PrimitiveError> {
        let stream = primitive::derive::<64>(secrets.secret.as_slice(), transcript, &[label])?;
        Self::from_stream(stream.as_slice()).ok_or(PrimitiveError)
    }

    /// The first four bytes that lie below the largest multiple of a million say the code; all others would favour the low
    /// codes. That sixteen in a row lie above has a chance of 10^-58.
    fn from_stream(stream: &[u8]) -> Option<Self> {
        let fair = u32::MAX - u32::MAX % CODES;
        let (numbers, _) = stream.as_chunks::<4>();
        let number = numbers.iter().map(|bytes| u32::from_be_bytes(*bytes)).find(|number| *number < fair)? % CODES;
        let mut rest = number;
        let mut digits = [0; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit = u8::try_from(rest % 10).ok()?;
            rest /= 10;
        }
        Some(Self(digits))
    }

    /// Whether `typed` is this code, in a time that does not tell; none when it is no six digits at all. Anything but digits is
    /// passed over, and digits are taken in any width.
    pub(super) fn matches(&self, typed: &str) -> Option<bool> {
        let mut digits =
            typed.nfkd().filter_map(|digit| digit.to_digit(10)).filter_map(|digit| u8::try_from(digit).ok());
        let mut found = Self([0; DIGITS]);
        for slot in &mut found.0 {
            *slot = digits.next()?;
        }
        digits.next().is_none().then(|| self.0.ct_eq(&found.0).into())
    }
}

/// The six digits.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(numbers: &[u32]) -> Option<String> {
        let stream: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        Code::from_stream(&stream).map(|code| code.to_string())
    }

    #[test]
    fn numbers_that_would_favour_low_codes_are_passed_over() {
        assert_eq!(code(&[0]).unwrap(), "000000");
        assert_eq!(code(&[1_000_042]).unwrap(), "000042");
        assert_eq!(code(&[4_293_999_999]).unwrap(), "999999");
        assert_eq!(code(&[4_294_000_000, u32::MAX, 7]).unwrap(), "000007");
        assert_eq!(code(&[u32::MAX; 16]), None);
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code([0, 4, 2, 1, 9, 3]);
        for typed in ["042193", " 042 193\n", "042-193", "０４２１９３"] {
            assert_eq!(code.matches(typed), Some(true), "{typed}");
        }
        assert_eq!(code.matches("042194"), Some(false));
        for typed in ["", "42193", "0421930", "six"] {
            assert_eq!(code.matches(typed), None, "{typed}");
        }
        assert_eq!(format!("{code:?}"), "Code(…)");
    }
}
