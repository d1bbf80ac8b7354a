//! Teams of productions: ShotGrid has a record for each person in one, whose number the membership gets.

use std::collections::{BTreeMap, HashMap};

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::rules::Collection;
use dailies_definitions::schemas::ShotgunRemoval;
use serde_json::Value;
use uuid::Uuid;

use super::Record;
use super::lookups::{Keys, KnownRows, Lookup, Only};
use crate::app::App;
use crate::collections;
use crate::crud::{self, Relation};
use crate::database::{self, Sql, json};
use crate::events::Work;
use crate::sources::links::Lists;

static LOOKUPS: [Lookup; 2] = [
    Lookup {
        name: "project",
        table: &entity::project::TABLE,
        column: super::NUMBER,
        only: Only::All,
        keys: Keys::At("project.id"),
        make: None,
    },
    Lookup {
        name: "person",
        table: &entity::person::TABLE,
        column: super::NUMBER,
        only: Only::All,
        keys: Keys::At("user.id"),
        make: None,
    },
];
/// Memberships that one statement changes.
const PORTION: usize = 300;

static TEAM: Relation = Relation::links("team", &entity::project_person_link::TABLE, "project_id", "person_id");

/// Adds persons to teams, and gives the production of each record whose production and person are here, as JSON.
///
/// # Errors
/// The database does not answer.
pub(in crate::sources) async fn connect(app: &App, caller: &Caller, records: &[Record]) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let records: Vec<(usize, &Record)> = records.iter().enumerate().collect();
    let known = KnownRows::load(&mut work, &LOOKUPS, &records).await?;
    let mut teams: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    let mut order = Vec::with_capacity(records.len());
    // A number is that of one membership: the last one.
    let mut numbers: BTreeMap<i32, (Uuid, Uuid)> = BTreeMap::new();
    for (_, record) in records {
        if let (Some(project), Some(person)) = (
            known.find("project", record).next(),
            known.find("person", record).next(),
        ) {
            teams.entry(project).or_default().push(person);
            order.push(project);
            numbers.extend(number(record).map(|number| (number, (project, person))));
        }
    }
    let projects: Vec<Uuid> = teams.keys().copied().collect();
    let mut lists = Lists::of(&TEAM, false);
    lists.ids = teams;
    lists.store(&work).await?;
    let numbers: Vec<(i32, (Uuid, Uuid))> = numbers.into_iter().collect();
    for numbers in numbers.chunks(PORTION) {
        for sql in numbering(numbers) {
            database::execute(&*work, &sql).await?;
        }
    }
    let resource = collections::resource(Collection::Projects);
    let mut shape = resource.full_shape();
    shape.relations.clear();
    let answered = crud::rows(&*work, resource, &shape, &projects).await?;
    work.finish().await?;
    Ok(json::array(
        order.iter().filter_map(|id| answered.get(id)).map(Vec::as_slice),
    ))
}

/// The number of a record.
fn number(record: &Record) -> Option<i32> {
    record
        .get("id")
        .and_then(Value::as_i64)
        .and_then(|number| number.try_into().ok())
}

/// Statements that give memberships the numbers of their records, once no other has them.
fn numbering(numbers: &[(i32, (Uuid, Uuid))]) -> [Sql; 2] {
    let with_numbers = |change: &str, condition: &str| {
        let mut sql = Sql::new(format!(
            "UPDATE project_person_link SET shotgun_id = {change} FROM (VALUES "
        ));
        for (at, (number, (project, person))) in numbers.iter().enumerate() {
            sql.push(if at > 0 { ", (" } else { "(" }).bind(*project);
            sql.push(", ").bind(*person).push(", ").bind(*number).push(")");
        }
        sql.push(") AS v WHERE ").push(condition);
        sql
    };
    [
        with_numbers(
            "NULL",
            "project_person_link.shotgun_id = v.column3 \
             AND (project_person_link.project_id <> v.column1 OR project_person_link.person_id <> v.column2)",
        ),
        with_numbers(
            "v.column3",
            "project_person_link.project_id = v.column1 AND project_person_link.person_id = v.column2 \
             AND project_person_link.shotgun_id IS DISTINCT FROM v.column3",
        ),
    ]
}

/// Takes the person out of the team whom the record of that number put there.
///
/// # Errors
/// The database refuses.
pub(in crate::sources) async fn disconnect(
    app: &App,
    caller: &Caller,
    number: i32,
) -> Result<Json<ShotgunRemoval>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let sql = Sql::with(
        "DELETE FROM project_person_link WHERE shotgun_id = $1 RETURNING project_id",
        [number.into()],
    );
    for project_id in database::ids(&*work, &sql).await? {
        work.emit_of_production(project_id, "project:update");
    }
    work.finish().await?;
    Ok(Json::of(&ShotgunRemoval {
        removed_instance_id: None,
        success: true,
    })?)
}
