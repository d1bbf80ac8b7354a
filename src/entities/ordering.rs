//! The order of listings: by text, letter by letter as their codes go, which is the same on both databases.

use sea_orm::DbBackend;

/// `ORDER BY` texts, and at last by an id, so that no two rows are alike. Rows without a text come first.
pub fn order_by(backend: DbBackend, texts: &[&str], id: &str) -> String {
    let by_code = match backend {
        DbBackend::Postgres => "COLLATE \"C\" NULLS FIRST",
        _ => "COLLATE BINARY NULLS FIRST",
    };
    let mut sql = String::from(" ORDER BY ");
    for text in texts {
        sql.push_str(text);
        sql.push(' ');
        sql.push_str(by_code);
        sql.push_str(", ");
    }
    sql.push_str(id);
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_decides_between_equal_names() {
        assert_eq!(
            order_by(DbBackend::Sqlite, &["e.name"], "e.id"),
            " ORDER BY e.name COLLATE BINARY NULLS FIRST, e.id"
        );
    }
}
