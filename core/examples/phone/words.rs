//! Lines of the shell: cut into words as a shell would, and what clap has to say about them.

use super::failure::Failure;
use super::print::Printer;
use clap::error::ErrorKind;

/// Cuts a line into words. Quotes: `'…'` as it stands, `"…"` with `\` before `"`, `\`, `$` and a backquote, `$'…'` with `\n`,
/// `\t`, `\\`, `\'` and `\"`; outside quotes `\` makes the next character an ordinary one.
///
/// # Errors
/// When a quote is not closed, or nothing follows a `\`.
pub(crate) fn split(line: &str) -> Result<Vec<String>, Failure> {
    let open = || Failure::usage("a quote is not closed");
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars().peekable();
    while let Some(character) = rest.next() {
        let current = match character {
            c if c.is_whitespace() => {
                words.extend(word.take());
                continue;
            }
            _ => word.get_or_insert_default(),
        };
        match character {
            '\\' => current.push(rest.next().ok_or_else(|| Failure::usage("nothing follows the last \\"))?),
            '\'' => loop {
                match rest.next().ok_or_else(open)? {
                    '\'' => break,
                    c => current.push(c),
                }
            },
            '"' => loop {
                match rest.next().ok_or_else(open)? {
                    '"' => break,
                    '\\' => {
                        let next = rest.next().ok_or_else(open)?;
                        if !matches!(next, '"' | '\\' | '$' | '`') {
                            current.push('\\');
                        }
                        current.push(next);
                    }
                    c => current.push(c),
                }
            },
            '$' if rest.peek() == Some(&'\'') => {
                rest.next();
                loop {
                    match rest.next().ok_or_else(open)? {
                        '\'' => break,
                        '\\' => current.push(match rest.next().ok_or_else(open)? {
                            'n' => '\n',
                            't' => '\t',
                            c @ ('\\' | '\'' | '"') => c,
                            c => return Err(Failure::usage(format!("unknown \\{c} in $'…'"))),
                        }),
                        c => current.push(c),
                    }
                }
            }
            c => current.push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Help was asked for and is printed; or the words make no command.
pub(crate) fn explain(printer: &Printer, error: &clap::Error) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            printer.help(&error.render().to_string());
            Ok(())
        }
        _ => {
            let text = error.render().to_string();
            Err(Failure::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_by_a_shell() {
        for (line, words) in [
            ("", vec![]),
            ("  \t ", vec![]),
            ("new note title=Weekend", vec!["new", "note", "title=Weekend"]),
            ("text='a b'\"c d\"e", vec!["text=a bc de"]),
            (r#"'a\n"b'"#, vec![r#"a\n"b"#]),
            (r#""a\"b\\c\d""#, vec![r#"a"b\c\d"#]),
            (r"a\ b \'", vec!["a b", "'"]),
            ("'' \"\"", vec!["", ""]),
            (r"$'a\nb\t\\\'\''", vec!["a\nb\t\\''"]),
            ("a$b $ c", vec!["a$b", "$", "c"]),
            ("text=x=y", vec!["text=x=y"]),
            ("«ü»  ‘q’", vec!["«ü»", "‘q’"]),
        ] {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
    }

    #[test]
    fn what_is_not_closed_is_a_usage_error() {
        for line in ["'a", "\"a", "\"a\\", "$'a", "$'\\", "a\\", "$'\\q'"] {
            assert_eq!(split(line).unwrap_err().exit(), 2, "{line}");
        }
    }
}
