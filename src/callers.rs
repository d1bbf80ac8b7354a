//! The persons who call, kept in mind for as long as no person changes, whatever program changes one.

use std::sync::Arc;
use std::time::Duration;

use dailies_definitions::access::{Person, PreviewWindow, Role};
use moka::future::Cache;
use sea_orm::DbErr;
use uuid::Uuid;

use crate::conditional::Conditional;
use crate::database::{Database, Sql};

/// Tables that a person is read from.
const TABLES: [&str; 2] = ["person", "department_link"];
const MOST_PERSONS: u64 = 10_000;
/// Time for which a person is kept who does not call.
const UNUSED_LIMIT: Duration = Duration::from_secs(600);

/// Persons by their ids.
#[derive(Clone)]
pub struct Callers {
    database: Database,
    kept: Option<KeptPersons>,
}

/// Persons as they were read, with the marks of change that their tables had before.
#[derive(Clone)]
struct KeptPersons {
    conditional: Conditional,
    persons: Cache<Uuid, (Arc<str>, Arc<Person>)>,
}

impl Callers {
    /// Persons of a database, and what tells whether they changed, where they may be kept.
    #[must_use]
    pub fn new(database: Database, conditional: Option<Conditional>) -> Self {
        let persons = Cache::builder().max_capacity(MOST_PERSONS).time_to_idle(UNUSED_LIMIT);
        let kept = conditional.map(|conditional| KeptPersons {
            conditional,
            persons: persons.build(),
        });
        Self { database, kept }
    }

    /// The person with that id, as the database has them.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(&self, id: Uuid) -> Result<Option<Arc<Person>>, DbErr> {
        Ok(load(&self.database, id).await?.map(Arc::new))
    }

    /// The same, from memory where no person changed. It looks at the marks of change (`conditional`), which a request that reads
    /// goes on with.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find_kept(&self, id: Uuid) -> Result<Option<Arc<Person>>, DbErr> {
        let Some(KeptPersons { conditional, persons }) = &self.kept else {
            return self.find(id).await;
        };
        let Some(marks) = conditional.look(&self.database, &TABLES).await? else {
            return self.find(id).await;
        };
        let marks = marks.of(Uuid::nil());
        if let Some((known, person)) = persons.get(&id).await
            && *known == *marks
        {
            return Ok(Some(person));
        }
        let person = self.find(id).await?;
        if let Some(person) = &person {
            persons.insert(id, (marks.into(), Arc::clone(person))).await;
        }
        Ok(person)
    }
}

async fn load(database: &Database, id: Uuid) -> Result<Option<Person>, DbErr> {
    let sql = Sql::with(
        "SELECT p.first_name, p.last_name, p.email, p.role, p.active, p.is_bot, p.studio_id, p.timezone, p.locale, \
         p.expiration_date, p.jti, d.department_id, p.preview_project_id, p.preview_opened_at, p.preview_open_until \
         FROM person p LEFT JOIN department_link d ON d.person_id = p.id WHERE p.id = $1 ORDER BY d.department_id",
        [id.into()],
    );
    let rows = database.rows(&sql).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let mut departments = Vec::new();
    for row in &rows {
        departments.extend(row.try_get::<Option<Uuid>>("", "department_id")?);
    }
    Ok(Some(Person {
        id,
        first_name: row.try_get("", "first_name")?,
        last_name: row.try_get("", "last_name")?,
        email: row.try_get("", "email")?,
        role: Role::from_code(&row.try_get::<String>("", "role")?),
        active: row.try_get::<Option<bool>>("", "active")?.unwrap_or_default(),
        is_bot: row.try_get("", "is_bot")?,
        studio_id: row.try_get("", "studio_id")?,
        timezone: row.try_get("", "timezone")?,
        locale: row.try_get("", "locale")?,
        expiration_date: row.try_get("", "expiration_date")?,
        token_id: row.try_get("", "jti")?,
        preview: match row.try_get::<Option<Uuid>>("", "preview_project_id")? {
            Some(_) => Some(PreviewWindow {
                opened_at: row.try_get("", "preview_opened_at")?,
                open_until: row.try_get("", "preview_open_until")?,
            }),
            None => None,
        },
        departments,
    }))
}
