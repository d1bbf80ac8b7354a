//! A table as it was sent: its separator, its headings, and its rows with their lines in the file.

use std::collections::HashMap;

use csv::ReaderBuilder;
use dailies_definitions::failure::Failure;

use super::decoding;
use super::problem::RowProblem;
use crate::export::cells::restored;

/// Separators that tables have, the likeliest first.
const SEPARATORS: [char; 4] = [';', ',', '\t', '|'];
/// Text of the last line when it is read right; when a quote before it is still open, it is not.
const END: &str = "\u{2}end of table\u{3}";

/// A table.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    columns: HashMap<String, usize>,
    rows: Vec<RowCells>,
}

#[derive(Debug)]
struct RowCells {
    line: u64,
    cells: Vec<String>,
}

/// One row of a table, as importing looks at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SheetRow<'a> {
    sheet: &'a Sheet,
    row: &'a RowCells,
    /// Line of the file where the row ends.
    pub(super) number: u64,
}

impl Sheet {
    /// Reads a file.
    ///
    /// # Errors
    /// 400 when it is no table.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let text = decoding::text(bytes);
        let (skipped, named) = announced(&text);
        let body = &text[skipped..];
        let separator = named.or_else(|| separator(body)).ok_or_else(undetermined)?;
        let separator = u8::try_from(separator).map_err(|_| undetermined())?;
        let mut records = records(body, separator, if skipped > 0 { 1 } else { 0 })?
            .into_iter()
            .filter(|row| !row.is_blank());
        let mut sheet = Self::default();
        for (at, heading) in records
            .next()
            .map(|row| row.cells)
            .unwrap_or_default()
            .into_iter()
            .enumerate()
        {
            sheet.columns.entry(heading.trim().to_owned()).or_insert(at);
        }
        sheet.rows = records.collect();
        match sheet
            .rows
            .iter()
            .find(|row| row.cells.iter().any(|cell| cell.contains('\0')))
        {
            Some(row) => {
                Err(RowProblem("A value is invalid: a cell has a character that can't be stored.".into()).at(row.line))
            }
            None => Ok(sheet),
        }
    }

    /// The rows.
    pub(super) fn lines(&self) -> impl Iterator<Item = SheetRow<'_>> {
        self.rows.iter().map(|row| SheetRow {
            sheet: self,
            row,
            number: row.line,
        })
    }

    /// Number of the rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

impl RowCells {
    fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

impl<'a> SheetRow<'a> {
    /// The cell of a column, or nothing when the column or the cell is not there.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        let place = self.sheet.columns.get(column.trim())?;
        self.row.cells.get(*place).map(String::as_str)
    }

    /// The cell of a column, unless it is blank, without blanks around it.
    pub(super) fn filled(&self, column: &str) -> Option<&'a str> {
        self.get(column).map(str::trim).filter(|cell| !cell.is_empty())
    }

    /// The cell of a column that the table must have, without blanks around it.
    pub(super) fn required(&self, column: &str) -> Result<&'a str, RowProblem> {
        if self.sheet.columns.contains_key(column) {
            Ok(self.get(column).unwrap_or_default().trim())
        } else {
            Err(RowProblem::missing(column))
        }
    }

    /// A name that must be there, and not be longer than names can be.
    pub(super) fn name(&self, column: &str, longest: usize) -> Result<&'a str, RowProblem> {
        let name = self.required(column)?;
        if name.is_empty() {
            Err(RowProblem(format!("{column} cannot be empty")))
        } else {
            short_enough(column, name, longest)
        }
    }
}

/// A text that is not longer than its column takes.
pub(super) fn short_enough<'a>(column: &str, text: &'a str, longest: usize) -> Result<&'a str, RowProblem> {
    if text.chars().count() <= longest {
        Ok(text)
    } else {
        Err(RowProblem::invalid(
            column,
            text,
            format!("at most {longest} characters"),
        ))
    }
}

/// Length of a line `sep=;` at the beginning, and the separator that it names.
fn announced(text: &str) -> (usize, Option<char>) {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let line = text[..end].trim_matches('"');
    let named = line
        .get(..4)
        .filter(|head| head.eq_ignore_ascii_case("sep="))
        .and_then(|_| line[4..].chars().next());
    let after = if text[end..].starts_with("\r\n") {
        end + 2
    } else {
        (end + 1).min(text.len())
    };
    named.map_or((0, None), |separator| (after, Some(separator)))
}

/// The separator that the first line has most often outside of quotes.
fn separator(text: &str) -> Option<char> {
    let mut counts = [0; SEPARATORS.len()];
    let mut quoted = false;
    for letter in text.trim_start_matches(['\r', '\n', ' ']).chars() {
        match letter {
            '"' => quoted = !quoted,
            '\r' | '\n' if !quoted => break,
            letter if !quoted => {
                if let Some(place) = SEPARATORS.iter().position(|separator| *separator == letter) {
                    counts[place] += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    counts
        .iter()
        .position(|count| *count == most)
        .map(|place| SEPARATORS[place])
}

/// 400: nothing tells how the cells of the table are separated.
fn undetermined() -> Failure {
    Failure::refused("Could not determine delimiter").naming("file")
}

/// The records of a text, headings too; `before` is how many lines of the file come before the text.
fn records(text: &str, separator: u8, before: u64) -> Result<Vec<RowCells>, Failure> {
    let wrong = |error: csv::Error| Failure::refused(error.to_string()).naming("file");
    let ended = format!("{text}\n{END}");
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(ended.as_bytes());
    let (mut rows, mut record) = (Vec::new(), csv::StringRecord::new());
    let (mut line, mut counted) = (before + 1, 0);
    while reader.read_record(&mut record).map_err(wrong)? {
        let end = usize::try_from(reader.position().byte())
            .unwrap_or(ended.len())
            .min(ended.len());
        let upto = ended[..end].trim_end_matches(['\r', '\n']).len().max(counted);
        line += breaks(&ended[counted..upto]);
        counted = upto;
        rows.push(RowCells {
            line,
            cells: record.iter().map(|cell| restored(cell).to_owned()).collect(),
        });
    }
    match rows.pop() {
        Some(last) if last.cells == [END] => Ok(rows),
        _ => Err(Failure::refused("A quote is opened and never closed.").naming("file")),
    }
}

/// Number of line ends in a text.
fn breaks(text: &str) -> u64 {
    let ends = text.bytes().filter(|byte| matches!(byte, b'\r' | b'\n')).count() - text.matches("\r\n").count();
    u64::try_from(ends).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(u64, String, String)> {
        let sheet = Sheet::read(text.as_bytes()).unwrap_or_default();
        let cell = |line: &SheetRow<'_>, column| line.get(column).unwrap_or("-").to_owned();
        sheet
            .lines()
            .map(|line| (line.number, cell(&line, "Type"), cell(&line, "Name")))
            .collect()
    }

    #[test]
    fn separators_and_ends_of_lines_are_found() {
        for separator in [";", ",", "\t"] {
            for end in ["\n", "\r", "\r\n"] {
                let text = ["Type|Name", "Prop|\"a|b\"", "|", "Set|\"x@\"\"y\"\"\"", "Hero"]
                    .join(end)
                    .replace('|', separator)
                    .replace('@', end);
                let wanted = [
                    (2, "Prop", format!("a{separator}b")),
                    (5, "Set", format!("x{end}\"y\"")),
                    (6, "Hero", "-".to_owned()),
                ]
                .map(|(line, kind, name)| (line, kind.to_owned(), name));
                assert_eq!(cells(&text), wanted, "{text:?}");
            }
        }
    }

    #[test]
    fn the_first_line_may_name_the_separator() {
        assert_eq!(
            cells("sep=;\r\nName;Type,x\r\nOak;Prop\r\n"),
            [(3, "-".to_owned(), "Oak".to_owned())]
        );
        assert_eq!(
            cells("sep=|\nName|Type\nOak|Prop"),
            [(3, "Prop".to_owned(), "Oak".to_owned())]
        );
    }

    #[test]
    fn formulas_come_back() {
        assert_eq!(
            cells("Type;Name\n'=1;it's\n"),
            [(2, "=1".to_owned(), "it's".to_owned())]
        );
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for text in [
            "",
            "Name\nOak\n",
            "Type;Name\nProp;\"Oak\nSet;Pine\n",
            "Type;Name\nProp;O\0k\n",
        ] {
            assert!(Sheet::read(text.as_bytes()).is_err(), "{text:?}");
        }
        assert_eq!(Sheet::read(b"Type;Name\n").map(|sheet| sheet.len()).ok(), Some(0));
    }
}
