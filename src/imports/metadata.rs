//! Values of metadata columns from cells. A cell that says what is stored changes nothing, so that what was exported
//! keeps its type when it comes back.

use serde_json::{Map, Number, Value};

use super::people::People;
use super::problem::RowProblem;
use super::production::{ImportedDescriptor, Production};
use super::sheet::SheetRow;
use super::values;
use crate::export::cells;

/// Brings the cells of the metadata columns into `data`. `own` are the headings of the table itself, behind which a metadata column
/// of the same name stands. `is_new` says that nothing is stored yet.
pub(super) fn apply(
    data: &mut Map<String, Value>,
    production: &Production,
    line: &SheetRow<'_>,
    own: &[&str],
    is_new: bool,
) -> Result<(), RowProblem> {
    apply_columns(data, &production.descriptors, &production.people, line, own, is_new)
}

fn apply_columns(
    data: &mut Map<String, Value>,
    columns: &[ImportedDescriptor],
    people: &People,
    line: &SheetRow<'_>,
    own: &[&str],
    is_new: bool,
) -> Result<(), RowProblem> {
    for column in columns {
        let before = own.iter().filter(|heading| **heading == column.name.trim()).count();
        let Some(cell) = line.behind(before).get(&column.name) else {
            continue;
        };
        let kind = column.data_type.as_deref();
        let is_same = !is_new && cells::metadata(data, &column.field_name, kind) == cell;
        if !is_same {
            data.insert(column.field_name.clone(), value(column, people, cell)?);
        }
    }
    Ok(())
}

/// Brings a text into `data`, unless it is there.
pub(super) fn apply_text(data: &mut Map<String, Value>, key: &str, cell: Option<&str>, is_new: bool) {
    if let Some(cell) = cell.filter(|cell| is_new || cells::plain(data.get(key)) != *cell) {
        data.insert(key.into(), cell.into());
    }
}

/// The value that a cell stands for.
fn value(column: &ImportedDescriptor, people: &People, cell: &str) -> Result<Value, RowProblem> {
    let trimmed = cell.trim();
    if trimmed.is_empty() {
        return Ok(cell.into());
    }
    match column.data_type.as_deref() {
        Some("boolean") => Ok(values::flag(&column.name, cell)?.to_string().into()),
        Some("person") => Ok(people.find(&column.name, cell)?.to_string().into()),
        Some("number") => {
            number(trimmed).ok_or_else(|| RowProblem::invalid(&column.name, cell, "a number is expected"))
        }
        Some("string") => Ok(cell.into()),
        _ => Ok(structure(trimmed).unwrap_or_else(|| cell.into())),
    }
}

/// A number, whole where it can be.
fn number(cell: &str) -> Option<Value> {
    match cell.parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => cell.parse().ok().and_then(Number::from_f64).map(Value::Number),
    }
}

/// A list or object as the exports write it.
fn structure(cell: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(cell).ok()?;
    (value.is_array() || value.is_object()).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::imports::sheet::Sheet;

    fn column(name: &str, data_type: &str) -> ImportedDescriptor {
        ImportedDescriptor {
            name: name.into(),
            field_name: name.to_lowercase(),
            data_type: Some(data_type.into()),
        }
    }

    fn applied(before: Value, columns: &[ImportedDescriptor], table: &str, is_new: bool) -> Result<Value, RowProblem> {
        let sheet = Sheet::read(table.as_bytes()).unwrap_or_default();
        let mut data = before.as_object().cloned().unwrap_or_default();
        let line = sheet.lines().next().ok_or_else(|| RowProblem("no line".into()))?;
        let own = ["Name", "FPS"];
        apply_columns(&mut data, columns, &People::default(), &line, &own, is_new)?;
        Ok(data.into())
    }

    #[test]
    fn what_was_exported_keeps_its_type() {
        let columns = [
            column("Size", "number"),
            column("Outdoor", "boolean"),
            column("Steps", "checklist"),
            column("Note", "string"),
        ];
        let stored = json!({"size": "12", "steps": [{"text": "a", "checked": true}], "note": "[1]"});
        let table = "Size;Outdoor;Steps;Note\n12;false;\"[{\"\"text\"\":\"\"a\"\",\"\"checked\"\":true}]\";[1]\n";
        assert_eq!(applied(stored.clone(), &columns, table, false), Ok(stored));
        let fresh = json!({"size": 12, "outdoor": "false", "steps": [{"text": "a", "checked": true}], "note": "[1]"});
        assert_eq!(applied(json!({}), &columns, table, true), Ok(fresh));
    }

    #[test]
    fn a_column_of_the_table_itself_comes_before_one_of_metadata() {
        let columns = [column("FPS", "string"), column("Mood", "string")];
        let table = "Name;FPS;FPS;Mood\nOak;24;fast;calm\n";
        let both = json!({"fps": "fast", "mood": "calm"});
        assert_eq!(applied(json!({}), &columns, table, true), Ok(both));
        let one = applied(json!({}), &columns[..1], "Name;FPS\nOak;24\n", true);
        assert_eq!(one, Ok(json!({"fps": "24"})));
    }

    #[test]
    fn wrong_cells_are_refused_and_empty_ones_stay_empty() {
        let columns = [column("Size", "number"), column("Outdoor", "boolean")];
        assert_eq!(
            applied(json!({}), &columns, "Size;Outdoor\n;YES\n", true),
            Ok(json!({"size": "", "outdoor": "true"}))
        );
        assert!(applied(json!({}), &columns, "Size;Outdoor\n;maybe\n", true).is_err());
        assert!(applied(json!({}), &columns, "Size;Outdoor\nbig;no\n", true).is_err());
    }
}
