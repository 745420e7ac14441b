//! The one form text is signed in (SPEC 3.2): NFC, without characters that change what is seen but not what is read.

use crate::text::is_hidden;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Puts text in the form it is signed in. Carriage returns become line feeds, tabs spaces.
pub fn normalise(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    // Stripping may bring together what composes, so compose last.
    text.chars().filter(|c| !is_hidden(*c)).nfc().collect()
}

/// Whether text is in that form.
pub fn is_normal(text: &str) -> bool {
    if text.is_ascii() {
        return !text.bytes().any(|c| c.is_ascii_control() && c != b'\n');
    }
    is_nfc(text) && !text.chars().any(is_hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_hides_is_hidden_and_what_joins_stays() {
        assert_eq!(normalise("no\u{202E}t\u{200B} \u{2066}me\u{FEFF}"), "not me");
        assert_eq!(normalise("e\u{301}\r\nx\ty"), "é\nx y");
        let persian = "می\u{200C}خواهم 👩\u{200D}🔧";
        assert_eq!(normalise(persian), persian);
        assert!(!is_normal("a\u{2060}b") && !is_normal("e\u{301}") && !is_normal("a\u{7}") && is_normal(persian));
    }

    proptest! {
        #[test]
        fn normalising_is_final(text in any::<String>()) {
            let normal = normalise(&text);
            prop_assert!(is_normal(&normal));
            prop_assert_eq!(normalise(&normal), normal);
        }
    }
}
