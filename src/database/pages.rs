//! Pages of listings. The ids of a page are found first, so that whole rows are read for that page alone: sorting them
//! all would cost more than reading them.

use sea_orm::{DbBackend, DbErr};
use uuid::Uuid;

use super::{Database, Sql};

/// Rows of the longest page whose ids are found first. Statements may not have any number of values.
const LONGEST_LOOKUP: i64 = 2000;

impl Database {
    /// A selection (`FROM … WHERE …`), cut down to the rows of a page, and in order. `id` and `order` are SQL on its rows.
    ///
    /// # Errors
    /// The database refuses the query.
    pub async fn page_of(&self, selection: Sql, id: &str, order: &str, limit: i64, offset: i64) -> Result<Sql, DbErr> {
        self.page_by(selection.clone(), selection, id, order, limit, offset)
            .await
    }

    /// The same with another selection, which finds the same rows with less, to look for the ids.
    ///
    /// # Errors
    /// The database refuses the query.
    pub async fn page_by(
        &self,
        lookup: Sql,
        mut selection: Sql,
        id: &str,
        order: &str,
        limit: i64,
        offset: i64,
    ) -> Result<Sql, DbErr> {
        let on_page = |sql: &mut Sql| {
            sql.push(" ORDER BY ")
                .push(order)
                .push(" LIMIT ")
                .bind(limit)
                .push(" OFFSET ")
                .bind(offset);
        };
        if limit > LONGEST_LOOKUP {
            on_page(&mut selection);
            return Ok(selection);
        }
        let mut lookup = lookup.before(&format!("SELECT {id} "));
        on_page(&mut lookup);
        let ids = super::read_values::<Uuid>(self, &lookup).await?;
        // An index in this order would be read from end to end for the few rows: the plus keeps SQLite from that.
        let by = if self.backend() == DbBackend::Sqlite {
            " ORDER BY +"
        } else {
            " ORDER BY "
        };
        selection
            .push(&format!(" AND {id} IN "))
            .bind_list(ids)
            .push(by)
            .push(order);
        Ok(selection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn long_and_short_pages_are_in_order() {
        let database = Database::connect("sqlite::memory:", 1).await.unwrap();
        database
            .change(&Sql::new("CREATE TABLE letter (id uuid_text PRIMARY KEY, name text)"))
            .await
            .unwrap();
        for (number, name) in ["d", "a", "c", "b", "e"].into_iter().enumerate() {
            let insert = Sql::with(
                "INSERT INTO letter VALUES ($1, $2)",
                [Uuid::from_u128(number as u128).into(), name.into()],
            );
            database.change(&insert).await.unwrap();
        }
        for (limit, offset, expected) in [(2, 1, "bc"), (2, 9, ""), (LONGEST_LOOKUP + 1, 1, "bcde")] {
            let selection = Sql::with("FROM letter l WHERE l.name <> $1", ["x".into()]);
            let page = database
                .page_of(selection, "l.id", "l.name", limit, offset)
                .await
                .unwrap();
            let names: Vec<String> = crate::database::read_values(&database, &page.before("SELECT l.name "))
                .await
                .unwrap();
            assert_eq!(names.concat(), expected);
        }
    }

    #[tokio::test]
    async fn rows_of_a_page_are_looked_up_by_their_ids() {
        let database = Database::connect("sqlite::memory:", 1).await.unwrap();
        for text in [
            "CREATE TABLE letter (id uuid_text PRIMARY KEY, folder integer, name text)",
            "CREATE INDEX in_order ON letter (folder, name, id)",
            "INSERT INTO letter WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
             SELECT randomblob(16), i % 2, i FROM n",
            "ANALYZE",
        ] {
            database.change(&Sql::new(text)).await.unwrap();
        }
        let selection = Sql::with("FROM letter l WHERE l.folder = $1", [1.into()]);
        let page = database.page_of(selection, "l.id", "l.name", 100, 0).await.unwrap();
        let plan = database
            .change_returning(&page.before("EXPLAIN QUERY PLAN SELECT l.name "))
            .await
            .unwrap();
        let steps: Vec<String> = plan.iter().map(|step| step.try_get("", "detail").unwrap()).collect();
        assert!(
            steps.iter().any(|step| step.contains("id=?")) && !steps.iter().any(|step| step.contains("in_order")),
            "{steps:?}"
        );
    }
}
