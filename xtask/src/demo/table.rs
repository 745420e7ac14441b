//! The table at the end: what, expected, seen.

use std::fmt;

#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    expected: String,
    seen: String,
}

impl Table {
    pub(super) fn row(&mut self, what: impl Into<String>, expected: impl Into<String>, seen: impl Into<String>) {
        self.rows.push(Row { what: what.into(), expected: expected.into(), seen: seen.into() });
    }

    /// How many rows saw something else than expected. A table without rows has checked nothing and counts as one.
    pub(super) fn differing(&self) -> usize {
        if self.rows.is_empty() {
            return 1;
        }
        self.rows.iter().filter(|row| row.differs()).count()
    }
}

impl Row {
    fn differs(&self) -> bool {
        self.expected != self.seen
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: fn(&Row) -> &str, head: &str| {
            self.rows.iter().map(|row| column(row).chars().count()).chain([head.len()]).max().unwrap_or(0)
        };
        let (what, expected) = (width(|row| &row.what, "what"), width(|row| &row.expected, "expected"));
        writeln!(out, "        {:<what$}  {:<expected$}  seen", "what", "expected")?;
        for row in &self.rows {
            let mark = if row.differs() { "DIFFERS" } else { "ok     " };
            writeln!(out, "{mark} {:<what$}  {:<expected$}  {}", row.what, row.expected, row.seen)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_differs_is_counted_and_marked() {
        let mut table = Table::default();
        assert_eq!(table.differing(), 1, "an empty table has checked nothing");
        table.row("tea", "hot", "hot");
        assert_eq!(table.differing(), 0);
        table.row("the longest name", "cup", "mug");
        assert_eq!(table.differing(), 1);
        let shown = table.to_string();
        assert!(shown.contains("ok      tea               hot       hot\n"), "{shown}");
        assert!(shown.contains("DIFFERS the longest name  cup       mug\n"), "{shown}");
    }
}
