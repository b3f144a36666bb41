//! Tables for people.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ContentArrangement, Table as Grid, presets};
use vmbroker::{clip, printable};

use crate::terminal::Terminal;

/// The most characters of a cell: more than the longest handle has.
const LONGEST_CELL: usize = 200;

/// A table whose least important columns are left out where a terminal is too narrow for all.
///
/// Cells are made printable here, and cut where they are longer than anything that is to be copied. Nothing is ever
/// wrapped: what is in a row can be copied from it.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// A column's heading, and how soon it may be left out.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub heading: Cow<'static, str>,
    /// 0: never left out; the highest goes first.
    pub dispensable: u8,
    pub right: bool,
}

/// A column that is always shown.
pub(crate) const fn column(heading: &'static str) -> Column {
    Column { heading: Cow::Borrowed(heading), dispensable: 0, right: false }
}

/// What stands in a cell: printable, and cut where it is longer than anything that is to be copied.
pub(crate) fn cell(text: &str) -> String {
    clip(&printable(&clip(text, LONGEST_CELL)), LONGEST_CELL)
}

impl Column {
    /// Left out where the terminal is too narrow: the highest number first.
    pub(crate) fn dispensable(self, rank: u8) -> Self {
        Self { dispensable: rank, ..self }
    }

    /// Numbers, which stand at the right.
    pub(crate) fn right(self) -> Self {
        Self { right: true, ..self }
    }
}

impl Table {
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|text| cell(&text)).collect());
    }

    /// The table for this many columns of a terminal, and the headings that had to be left out.
    pub(crate) fn render(&self, width: Option<u16>) -> (String, Vec<&str>) {
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        let mut left_out = Vec::new();
        loop {
            let text = self.lines(&shown);
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            let worst = (0..shown.len()).max_by_key(|at| self.columns[shown[*at]].dispensable);
            match (width, worst) {
                (Some(width), Some(worst))
                    if widest > usize::from(width) && self.columns[shown[worst]].dispensable > 0 =>
                {
                    left_out.push(&*self.columns[shown.remove(worst)].heading);
                }
                _ => return (text, left_out),
            }
        }
    }

    /// Prints the table, and says on standard error what did not fit.
    pub(crate) fn print(&self, terminal: &Terminal) -> Result<(), crate::failure::Failure> {
        let (text, left_out) = self.render(terminal.width());
        terminal.print(&text)?;
        say_left_out(terminal, &left_out);
        Ok(())
    }

    fn lines(&self, shown: &[usize]) -> String {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        grid.set_header(shown.iter().map(|at| &*self.columns[*at].heading));
        for row in &self.rows {
            grid.add_row(shown.iter().map(|at| row[*at].as_str()));
        }
        for (place, at) in shown.iter().enumerate() {
            if let Some(column) = grid.column_mut(place) {
                column.set_padding((0, 2));
                if self.columns[*at].right {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        let mut text = String::new();
        for line in grid.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Says on standard error which columns did not fit.
pub(crate) fn say_left_out(terminal: &Terminal, headings: &[impl AsRef<str>]) {
    if !headings.is_empty() {
        let columns: Vec<String> = headings.iter().map(|heading| heading.as_ref().to_lowercase()).collect();
        let columns = columns.join(", ");
        terminal.note(&format!("note: left out on this narrow terminal: {columns}; `--output json` has all"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_important_columns_go_first_and_cells_are_harmless() {
        let mut table =
            Table::new(&[column("HANDLE"), column("PRICE").dispensable(2), column("WHERE").dispensable(1)]);
        table.row(["a/instance:1".into(), "unknown".into(), "DE \u{1b}[2J".into()]);
        let (text, left_out) = table.render(None);
        assert_eq!(text, "HANDLE        PRICE    WHERE\na/instance:1  unknown  DE \\u{1b}[2J\n");
        assert!(left_out.is_empty());
        let (text, left_out) = table.render(Some(30));
        assert_eq!((text.lines().next(), left_out), (Some("HANDLE        WHERE"), vec!["PRICE"]));
        let (text, left_out) = table.render(Some(3));
        assert_eq!((text.as_str(), left_out), ("HANDLE\na/instance:1\n", vec!["PRICE", "WHERE"]));
        let mut long = Table::new(&[column("NAME")]);
        long.row(["\u{202e}".repeat(1_000_000)]);
        let (text, _) = long.render(None);
        assert!(text.lines().all(|line| line.chars().count() <= LONGEST_CELL + 1) && text.contains('…'));
    }
}
