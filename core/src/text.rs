//! The characters that no text here holds or shows (SPEC 3.2): one set for words that are signed, words that are typed together, and
//! names.

/// Whether a character hides: bidi controls, spaces and joins that show nothing, and control characters but line feed. ZWJ and ZWNJ
/// are letters' business (Persian, emoji) and stay.
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'
        | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
        || (c.is_control() && c != '\n')
}
