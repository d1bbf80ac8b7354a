//! The order of listings: by text, whatever the case of its letters, and else as their codes go, which is the same on both
//! databases.

use sea_orm::DbBackend;

/// `ORDER BY` texts, and at last by an id, so that no two rows are alike. Rows without a text come first.
pub fn order_by(backend: DbBackend, texts: &[&str], id: &str) -> String {
    let mut sql = String::from(" ORDER BY ");
    for text in texts {
        // Both know the letters of ASCII here, and no others.
        sql.push_str(&match backend {
            DbBackend::Postgres => format!("LOWER({text} COLLATE \"C\") NULLS FIRST, "),
            _ => format!("{text} COLLATE NOCASE NULLS FIRST, "),
        });
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
            " ORDER BY e.name COLLATE NOCASE NULLS FIRST, e.id"
        );
        assert_eq!(
            order_by(DbBackend::Postgres, &["q.name", "e.name"], "e.id"),
            " ORDER BY LOWER(q.name COLLATE \"C\") NULLS FIRST, LOWER(e.name COLLATE \"C\") NULLS FIRST, e.id"
        );
    }
}
