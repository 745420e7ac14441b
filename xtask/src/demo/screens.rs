//! Both partners' *Today*, side by side.

use super::story::{Stage, Told};
use crate::failure::Failure;

const COLUMN: usize = 58;

pub(super) fn show(stage: &Stage, told: &Told) -> Result<(), Failure> {
    let today = ["today", "--date", &told.agreed.today];
    let (ana, ben) = (stage.ana.screen(&today)?, stage.ben.screen(&today)?);
    println!("\n{}", side_by_side(&titled(stage.ana.name, &ana), &titled(stage.ben.name, &ben)));
    Ok(())
}

fn titled(name: &str, text: &str) -> String {
    format!("{name}'s phone\n{}\n{text}", "─".repeat(COLUMN))
}

fn side_by_side(left: &str, right: &str) -> String {
    let (left, right) = (wrapped(left), wrapped(right));
    let line = |lines: &[String], index: usize| lines.get(index).cloned().unwrap_or_default();
    let rows = (0..left.len().max(right.len())).map(|index| {
        let row = format!("{:<COLUMN$} │ {}", line(&left, index), line(&right, index));
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// Lines of at most a column, broken at spaces where there are some.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut rest: Vec<char> = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        while rest.len() > COLUMN {
            let space = rest[..=COLUMN].iter().rposition(|&c| c == ' ').filter(|&at| at > COLUMN / 2);
            let tail = rest.split_off(space.unwrap_or(COLUMN));
            lines.push(rest.iter().collect());
            rest = tail.into_iter().skip(usize::from(space.is_some())).collect();
        }
        lines.push(rest.iter().collect());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_texts_stand_beside_each_other() {
        let shown = side_by_side("one\ntwo", &format!("{} end", "x".repeat(COLUMN)));
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], format!("{:<COLUMN$} │ {}", "one", "x".repeat(COLUMN)));
        assert_eq!(lines[1], format!("{:<COLUMN$} │ end", "two"));
    }

    #[test]
    fn long_lines_are_broken_and_lose_no_letter() {
        let long = "y".repeat(3 * COLUMN + 1);
        let lines = wrapped(&long);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines.concat(), long);
        assert!(wrapped(&"word ".repeat(40)).iter().all(|line| line.chars().count() <= COLUMN));
    }
}
