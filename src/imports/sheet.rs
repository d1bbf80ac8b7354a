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
    /// Places of the columns by their headings, which several may have.
    columns: HashMap<String, Vec<usize>>,
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
    /// Columns that are passed over where several have the heading that is asked for.
    before: usize,
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
            sheet.columns.entry(heading.trim().to_owned()).or_default().push(at);
        }
        sheet.rows = records.collect();
        match sheet.unstorable() {
            Some((line, problem)) => Err(problem.at(line)),
            None => Ok(sheet),
        }
    }

    /// The first cell with a character that no database takes, with its line.
    fn unstorable(&self) -> Option<(u64, RowProblem)> {
        let (row, at) = self.rows.iter().find_map(|row| {
            let at = row.cells.iter().position(|cell| cell.contains('\0'))?;
            Some((row, at))
        })?;
        let heading = self.columns.iter().find(|(_, places)| places.contains(&at));
        let column = heading.map_or_else(|| (at + 1).to_string(), |(heading, _)| heading.clone());
        let shown = row.cells[at].replace('\0', "\u{2400}");
        let problem = RowProblem::invalid(&column, &shown, "it has a character that can't be stored");
        Some((row.line, problem))
    }

    /// The rows.
    pub(super) fn lines(&self) -> impl Iterator<Item = SheetRow<'_>> {
        self.rows.iter().map(|row| SheetRow {
            sheet: self,
            row,
            number: row.line,
            before: 0,
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
    /// The same row where columns are meant that stand behind so many others with their heading; where there are fewer, the last.
    pub(super) fn behind(self, before: usize) -> Self {
        Self { before, ..self }
    }

    /// The cell of a column, or nothing when the column or the cell is not there. Of several columns with the heading the first one
    /// counts.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        self.row.cells.get(self.place(column)?).map(String::as_str)
    }

    /// Place of a column, or nothing when it is not there. Of several columns with the heading the first one counts.
    fn place(&self, column: &str) -> Option<usize> {
        let places = self.sheet.columns.get(column.trim())?;
        places.get(self.before).or(places.last()).copied()
    }

    /// The cell right of that of another column, where it stands under this heading, unless it is blank, without blanks around it.
    pub(super) fn filled_beside(&self, heading: &str, other: &SheetRow<'_>, column: &str) -> Option<&'a str> {
        let next = other.place(column)? + 1;
        let mut places = self.sheet.columns.get(heading)?.iter().skip(self.before);
        let place = places.find(|place| **place == next)?;
        let cell = self.row.cells.get(*place).map(String::as_str);
        cell.map(str::trim).filter(|cell| !cell.is_empty())
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
    let mut begun = line;
    while reader.read_record(&mut record).map_err(wrong)? {
        let end = usize::try_from(reader.position().byte())
            .unwrap_or(ended.len())
            .min(ended.len());
        let upto = ended[..end].trim_end_matches(['\r', '\n']).len().max(counted);
        let between = &ended[counted..upto];
        let ends = between.len() - between.trim_start_matches(['\r', '\n']).len();
        begun = line + breaks(&between[..ends]);
        line += breaks(between);
        counted = upto;
        rows.push(RowCells {
            line,
            cells: record.iter().map(|cell| restored(cell).to_owned()).collect(),
        });
    }
    match rows.pop() {
        Some(last) if last.cells == [END] => Ok(rows),
        _ => Err(Failure::refused(format!(
            "A quote is opened in the row of line {begun} and never closed."
        ))
        .naming("file")),
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
    fn of_columns_with_one_heading_the_first_counts() {
        let sheet = Sheet::read(b"Type;Name;Name;;\nProp;Oak;Pine;;\nProp;Fir\n").unwrap_or_default();
        let rows: Vec<SheetRow<'_>> = sheet.lines().collect();
        let cell = |row: usize, before| rows[row].behind(before).get("Name");
        assert_eq!(
            (cell(0, 0), cell(0, 1), cell(0, 2)),
            (Some("Oak"), Some("Pine"), Some("Pine"))
        );
        assert_eq!((cell(1, 0), cell(1, 1)), (Some("Fir"), None));
        assert_eq!(rows[0].behind(1).get("Type"), Some("Prop"));
    }

    #[test]
    fn a_column_is_found_right_of_another() {
        let sheet = Sheet::read(b"Name;Who;Model;Who;Rig;Who\nOak;a;b; c ;d;\n").unwrap_or_default();
        let rows: Vec<SheetRow<'_>> = sheet.lines().collect();
        let beside = |before, column| rows[0].behind(before).filled_beside("Who", &rows[0], column);
        assert_eq!(
            (beside(0, "Name"), beside(0, "Model"), beside(0, "Rig")),
            (Some("a"), Some("c"), None)
        );
        assert_eq!(
            (beside(1, "Name"), beside(1, "Model")),
            (None, Some("c")),
            "the first one is of another kind"
        );
        assert_eq!((beside(0, "Paint"), beside(0, "Who")), (None, None));
    }

    #[test]
    fn refusals_say_where() {
        let message = |text: &str| match Sheet::read(text.as_bytes()) {
            Err(Failure::Answer { body, .. }) => (
                body["message"].as_str().unwrap_or_default().to_owned(),
                body["line_number"].as_u64(),
            ),
            _ => Default::default(),
        };
        assert_eq!(
            message("Type;Name\n\nProp;\"Oak\nSet;Pine\n").0,
            "A quote is opened in the row of line 3 and never closed."
        );
        assert_eq!(
            message("Type;Name\nProp;Elm\nProp;O\0k\n"),
            (
                "A value is invalid: Name: O\u{2400}k (it has a character that can't be stored)".to_owned(),
                Some(3)
            )
        );
    }

    #[test]
    fn blank_lines_and_empty_columns_are_passed_over() {
        let text = "\r\n;;;\r\nType;Name;;\r\n;;;\r\n\r\nProp;Oak;;\r\n\r\n";
        assert_eq!(cells(text), [(6, "Prop".to_owned(), "Oak".to_owned())]);
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
