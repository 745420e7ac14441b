//! Lines of stdin, read by a thread of their own so that a person who thinks holds up nothing.

use std::io::{BufRead, BufReader, Read};
use tokio::sync::mpsc;

/// Bytes of the longest line: a text of a million characters, quoted.
const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A line, or why it is none.
pub(crate) type Line = Result<String, BadLine>;

/// A line that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadLine {
    TooLong,
    NotUnicode,
}

/// The lines of stdin. The channel ends where stdin does.
pub(crate) fn lines() -> mpsc::Receiver<Line> {
    // One line read ahead: whoever writes more is held up by the pipe.
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut stdin = BufReader::new(std::io::stdin());
        while let Some(line) = next(&mut stdin, LINE_BYTES_MAX) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// The next line without its end; none at the end, or when reading fails.
fn next(reader: &mut impl BufRead, bytes_max: usize) -> Option<Line> {
    let mut line = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    reader.by_ref().take(limit).read_until(b'\n', &mut line).ok()?;
    if line.is_empty() {
        return None;
    }
    if line.last() != Some(&b'\n') && line.len() > bytes_max {
        reader.skip_until(b'\n').ok()?;
        return Some(Err(BadLine::TooLong));
    }
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Some(String::from_utf8(line).map_err(|_| BadLine::NotUnicode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut bytes: &[u8], bytes_max: usize) -> Vec<Line> {
        std::iter::from_fn(|| next(&mut bytes, bytes_max)).collect()
    }

    #[test]
    fn lines_end_at_line_feeds_and_at_the_end() {
        let ok = |line: &str| Ok(line.to_owned());
        assert_eq!(all(b"a\r\n\nb", 10), [ok("a"), ok(""), ok("b")]);
        assert_eq!(all(b"", 10), []);
    }

    #[test]
    fn a_line_too_long_or_not_unicode_is_passed_over_and_the_next_is_read() {
        assert_eq!(all(b"12345\n123456\nab\n", 5), [Ok("12345".into()), Err(BadLine::TooLong), Ok("ab".into())]);
        assert_eq!(all(b"123456", 5), [Err(BadLine::TooLong)]);
        assert_eq!(all(b"\xff\nab\n", 5), [Err(BadLine::NotUnicode), Ok("ab".into())]);
    }
}
