//! The persons who call, kept in mind between requests where the settings allow it.

use std::sync::Arc;
use std::time::Duration;

use dailies_definitions::access::{Person, PreviewWindow, Role};
use moka::future::Cache;
use sea_orm::DbErr;
use uuid::Uuid;

use crate::database::{Database, Sql, depends_on_more};

/// Time for which a person is kept in mind. What other programs, and other servers that Redis does not join to this
/// one, write into the database is seen after this time at the latest. It spares a page that asks for many things at
/// once from reading the same person each time; longer would gain nothing more.
const LIFETIME: Duration = Duration::from_secs(3);

/// Persons by their ids.
#[derive(Clone)]
pub struct People {
    database: Database,
    cache: Option<Cache<Uuid, Arc<Person>>>,
}

impl People {
    /// Persons of a database, with or without a memory.
    #[must_use]
    pub fn new(database: Database, cached: bool) -> Self {
        let cache = cached.then(|| Cache::builder().max_capacity(10_000).time_to_live(LIFETIME).build());
        Self { database, cache }
    }

    /// The person with that id.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(&self, id: Uuid) -> Result<Option<Arc<Person>>, DbErr> {
        if let Some(cache) = &self.cache
            && let Some(person) = cache.get(&id).await
        {
            depends_on_more();
            return Ok(Some(person));
        }
        let person = load(&self.database, id).await?.map(Arc::new);
        if let (Some(cache), Some(person)) = (&self.cache, &person) {
            cache.insert(id, Arc::clone(person)).await;
        }
        Ok(person)
    }

    /// Forgets a person who changed.
    pub async fn forget(&self, id: Uuid) {
        if let Some(cache) = &self.cache {
            cache.invalidate(&id).await;
        }
    }

    /// Forgets everybody.
    pub fn forget_all(&self) {
        if let Some(cache) = &self.cache {
            cache.invalidate_all();
        }
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
