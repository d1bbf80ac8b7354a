//! Contents of a database that is taken over: what was there before, and what Dailies adds.

use std::collections::BTreeSet;

use dailies::database::{Database, Sql, read_values};

/// Tables that Dailies did not make, each with its columns as they are now.
pub async fn columns(url: &str) -> Vec<(String, String)> {
    let database = Database::connect(url, 1).await.expect("a connection");
    let sql = "SELECT c.relname::text AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns FROM pg_class c \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind = 'r' \
         AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'dailies\\_%' AND c.relname NOT LIKE 'seaql\\_%' GROUP BY 1";
    let rows = database.rows(&Sql::new(sql)).await.expect("tables");
    let found = rows
        .iter()
        .map(|row| {
            (
                row.try_get("", "name").expect("a name"),
                row.try_get("", "columns").expect("columns"),
            )
        })
        .collect();
    database.close().await;
    found
}

/// Contents of a database apart from what Dailies adds: everything that the system knows of it, and a checksum of these
/// columns of each table.
pub async fn contents(url: &str, columns: &[(String, String)]) -> Vec<String> {
    let database = Database::connect(url, 1).await.expect("a connection");
    let ours = |column: &str| format!("{column} NOT LIKE 'dailies\\_%' AND {column} NOT LIKE 'seaql\\_%'");
    let public = "relnamespace = 'public'::regnamespace";
    let queries = [
        format!(
            "SELECT concat_ws(' ', relname, relkind, relowner, relacl::text, relpersistence) FROM pg_class c WHERE {public} AND {}",
            ours("relname")
        ),
        format!(
            "SELECT concat_ws(' ', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attacl::text, \
             pg_get_expr(d.adbin, d.adrelid)) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
             LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE {public} AND a.attnum > 0 AND {}",
            ours("c.relname")
        ),
        format!(
            "SELECT concat_ws(' ', c.relname, k.conname, pg_get_constraintdef(k.oid), k.convalidated) FROM pg_constraint k \
             JOIN pg_class c ON c.oid = k.conrelid WHERE {public} AND {}",
            ours("c.relname")
        ),
        format!("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND {}", ours("indexname")),
        "SELECT concat_ws(' ', t.typname, e.enumsortorder, e.enumlabel) FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid".into(),
        "SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal".into(),
        "SELECT concat_ws(' ', proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace".into(),
        "SELECT concat_ws(' ', viewname, definition) FROM pg_views WHERE schemaname = 'public'".into(),
        "SELECT concat_ws(' ', nspname, nspowner, nspacl::text) FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)'".into(),
        "SELECT concat_ws(' ', extname, extversion) FROM pg_extension".into(),
    ];
    let mut found = Vec::new();
    for query in queries {
        found.extend(texts(&database, &format!("{query} ORDER BY 1")).await);
    }
    for (table, columns) in columns {
        let row = format!("ROW({columns})::text");
        let sum = texts(
            &database,
            &format!("SELECT concat(COUNT(*), ' ', md5(string_agg({row}, '|' ORDER BY {row}))) FROM \"{table}\""),
        )
        .await;
        found.push(format!("{table} holds {}", sum[0]));
    }
    database.close().await;
    found
}

/// Parts that were there and are no longer as they were. Columns and tables may have come with newer releases.
pub async fn lost(url: &str, columns: &[(String, String)], before: &[String]) -> Vec<String> {
    let after: BTreeSet<String> = contents(url, columns).await.into_iter().collect();
    before.iter().filter(|fact| !after.contains(*fact)).cloned().collect()
}

/// Texts that a query answers, one a row.
pub async fn texts(database: &Database, sql: &str) -> Vec<String> {
    read_values(database, &Sql::new(sql)).await.expect("an answer")
}

/// Additions to a database.
pub async fn additions(url: &str) -> Vec<String> {
    let database = Database::connect(url, 1).await.expect("a connection");
    let sql = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND (relname LIKE 'dailies\\_%' OR relname LIKE 'seaql\\_%') ORDER BY 1";
    let found = texts(&database, sql).await;
    database.close().await;
    found
}
