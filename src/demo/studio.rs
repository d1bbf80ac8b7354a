//! Parts of the studio that the demo production takes: its task types, statuses, asset types and departments, and the
//! people, who are made when they are missing.

use std::collections::HashMap;

use dailies_demo::people::{Crew, PASSWORD, PEOPLE, WITH_PASSWORD};
use dailies_demo::pipeline::{AssetKind, State};
use dailies_demo::plan::steps;
use image::DynamicImage;
use sea_orm::{DbErr, FromQueryResult, Value};
use uuid::Uuid;

use crate::app::App;
use crate::database::{self, Database, Sql};
use crate::events::{Work, payload, transact};
use crate::pictures;
use crate::storage::{Bucket, FileKey};

type DemoError = Box<dyn std::error::Error>;

/// Ids of what the studio has.
pub struct Studio {
    /// The status of open productions.
    pub open: Uuid,
    /// In the order of their places in the crew.
    pub people: Vec<Uuid>,
    task_types: HashMap<&'static str, Uuid>,
    statuses: HashMap<State, Uuid>,
    asset_types: [Uuid; AssetKind::ALL.len()],
    pub shot_type: Uuid,
    pub sequence_type: Uuid,
}

impl Studio {
    /// Finds everything. The base data has to be there.
    ///
    /// # Errors
    /// Something is not there, or the database refuses the people.
    pub async fn find(app: &App, crew: Crew) -> Result<Self, DemoError> {
        let database = &app.database;
        let open = id_of(
            database,
            "SELECT id FROM project_status WHERE name = $1",
            ["Open".into()],
        )
        .await?;
        let mut task_types = HashMap::new();
        for step in steps() {
            let sql = "SELECT id FROM task_type WHERE name = $1 AND for_entity = $2 ORDER BY created_at, id LIMIT 1";
            task_types.insert(
                step.name,
                id_of(database, sql, [step.name.into(), step.made.for_entity().into()]).await?,
            );
        }
        let mut statuses = HashMap::new();
        for state in State::ALL {
            let sql = "SELECT id FROM task_status WHERE short_name = $1";
            statuses.insert(state, id_of(database, sql, [state.short_name().into()]).await?);
        }
        let kind = |name: &'static str| id_of(database, "SELECT id FROM entity_type WHERE name = $1", [name.into()]);
        let [character, prop, environment, effect] = AssetKind::ALL.map(AssetKind::name);
        Ok(Self {
            open,
            asset_types: [
                kind(character).await?,
                kind(prop).await?,
                kind(environment).await?,
                kind(effect).await?,
            ],
            shot_type: kind("Shot").await?,
            sequence_type: kind("Sequence").await?,
            people: everybody(app, crew).await?,
            task_types,
            statuses,
        })
    }

    /// The task type of a step.
    pub fn task_type(&self, step: &str) -> Option<Uuid> {
        self.task_types.get(step).copied()
    }

    /// The task status of a state.
    pub fn status(&self, state: State) -> Option<Uuid> {
        self.statuses.get(&state).copied()
    }

    /// The asset type of a kind.
    pub fn asset_type(&self, kind: AssetKind) -> Uuid {
        self.asset_types[kind as usize]
    }
}

async fn id_of<const N: usize>(database: &Database, sql: &str, values: [Value; N]) -> Result<Uuid, DbErr> {
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    let id = database::read_value(database, &Sql::with(sql, values)).await?;
    id.ok_or_else(|| DbErr::RecordNotFound(format!("nothing for {} in `{sql}`", words.join(", "))))
}

/// Id of a row that is known by a name or an address.
#[derive(FromQueryResult)]
struct KeyedId {
    key: String,
    id: Uuid,
}

/// Ids by the `key` of the rows of a query.
async fn ids_by_key(database: &Database, sql: &Sql) -> Result<HashMap<String, Uuid>, DbErr> {
    Ok(database::read_all::<KeyedId>(database, sql)
        .await?
        .into_iter()
        .map(|known| (known.key, known.id))
        .collect())
}

/// The people of the demo studio, known by their e-mails. Those who are there already stay as they are.
async fn everybody(app: &App, crew: Crew) -> Result<Vec<Uuid>, DemoError> {
    let emails: Vec<String> = (0..crew.size).map(|place| crew.member(place).email()).collect();
    let mut sql = Sql::new("SELECT email AS key, id FROM person WHERE is_bot = false AND email IN ");
    sql.bind_list(emails.iter().map(String::as_str));
    let mut known = ids_by_key(&app.database, &sql).await?;
    let missing: Vec<(Uuid, usize)> = (0..emails.len())
        .filter(|place| !known.contains_key(&emails[*place]))
        .map(|place| (Uuid::new_v4(), place))
        .collect();
    if !missing.is_empty() {
        for (id, place) in &missing {
            if has_avatar(*place) {
                draw_avatar(app, *id, *place).await?;
            }
            known.insert(emails[*place].clone(), *id);
        }
        make(app, crew, &missing).await?;
    }
    Ok(emails.iter().filter_map(|email| known.get(email).copied()).collect())
}

async fn make(app: &App, crew: Crew, missing: &[(Uuid, usize)]) -> Result<(), DemoError> {
    let password = app.passwords.hash(PASSWORD).await?;
    let departments = ids_by_key(&app.database, &Sql::new("SELECT name AS key, id FROM department")).await?;
    let row = |(id, place): &(Uuid, usize)| {
        let member = crew.member(*place);
        let password = WITH_PASSWORD.contains(place).then(|| password.clone());
        vec![
            ("id", (*id).into()),
            ("first_name", member.first_name.into()),
            ("last_name", member.last_name.into()),
            ("email", member.email().into()),
            ("country", member.country.into()),
            ("timezone", member.timezone.into()),
            ("locale", app.settings.default_locale.as_str().into()),
            ("contract_type", member.contract.into()),
            ("role", member.role.word().into()),
            ("position", member.position().into()),
            ("seniority", member.seniority.into()),
            ("password", password.into()),
            ("has_avatar", has_avatar(*place).into()),
        ]
    };
    let link = |(id, place): &(Uuid, usize)| {
        let department = departments.get(crew.member(*place).department?)?;
        Some(vec![
            ("person_id", (*id).into()),
            ("department_id", (*department).into()),
        ])
    };
    let store = || async {
        let mut work = Work::begin_as(app, None).await?;
        database::insert_many(&*work, &entity::person::TABLE, missing.iter().map(row).collect()).await?;
        let links: Vec<_> = missing.iter().filter_map(link).collect();
        if !links.is_empty() {
            database::insert_many(&*work, &entity::department_link::TABLE, links).await?;
        }
        for (id, _) in missing {
            work.emit_of_studio(&entity::person::TABLE, "person:new", payload([("person_id", *id)]));
        }
        Ok(work.finish().await?)
    };
    transact(app, store).await
}

/// True if a picture is drawn of the person in that place: thousands of them would take long.
fn has_avatar(place: usize) -> bool {
    place < PEOPLE.len()
}

async fn draw_avatar(app: &App, id: Uuid, place: usize) -> Result<(), DemoError> {
    let drawn = tokio::task::spawn_blocking(move || {
        let picture = pictures::draw_avatar(place as u64, &PEOPLE[place].initials())?;
        pictures::png(&DynamicImage::from(picture))
    });
    Ok(app
        .storage
        .put(&FileKey::new(Bucket::Pictures, "thumbnails", id), drawn.await??.into())
        .await?)
}
