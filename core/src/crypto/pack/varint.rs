//! Numbers in a segment's columns: seven bits to a byte, low ones first, the high bit set on all but the last.

/// Appends `value`.
pub(super) fn put(column: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            column.push(low & 0x7f);
            return;
        }
        column.push(low | 0x80);
    }
}

/// Small numbers for small differences of either sign.
pub(super) fn zigzag(from: u64, to: u64) -> u64 {
    let difference = to.wrapping_sub(from).cast_signed();
    ((difference << 1) ^ (difference >> 63)).cast_unsigned()
}

/// Where `zigzag` led from `from`.
pub(super) fn unzigzag(from: u64, coded: u64) -> u64 {
    from.wrapping_add((coded >> 1) ^ (coded & 1).wrapping_neg())
}

/// A place in a column.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor(usize);

impl Cursor {
    /// The next `length` bytes.
    pub(super) fn take<'a>(&mut self, column: &'a [u8], length: usize) -> Option<&'a [u8]> {
        let end = self.0.checked_add(length)?;
        let bytes = column.get(self.0..end)?;
        self.0 = end;
        Some(bytes)
    }

    /// The next number.
    pub(super) fn number(&mut self, column: &[u8]) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(column, 1)?.first()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// The next number, as a length or an index.
    pub(super) fn length(&mut self, column: &[u8]) -> Option<usize> {
        usize::try_from(self.number(column)?).ok()
    }

    /// All that is left.
    pub(super) fn rest(self, column: &[u8]) -> &[u8] {
        column.get(self.0..).unwrap_or_default()
    }

    /// Whether all of the column was read.
    pub(super) fn is_at_end(self, column: &[u8]) -> bool {
        self.0 == column.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_round_trip(value: u64, other: u64) {
            let mut column = Vec::new();
            put(&mut column, value);
            let mut cursor = Cursor::default();
            prop_assert_eq!(cursor.number(&column), Some(value));
            prop_assert!(cursor.is_at_end(&column));
            prop_assert_eq!(unzigzag(value, zigzag(value, other)), other);
        }

        #[test]
        fn any_bytes_are_a_number_or_none(bytes: Vec<u8>) {
            let _ = Cursor::default().number(&bytes);
        }
    }

    #[test]
    fn small_differences_are_small_numbers() {
        assert_eq!([zigzag(5, 5), zigzag(5, 4), zigzag(5, 6)], [0, 1, 2]);
        assert_eq!(Cursor::default().number(&[0xff; 10]), None);
        assert_eq!(Cursor::default().number(&[0x80]), None);
    }
}
