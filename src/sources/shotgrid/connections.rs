//! Teams of productions: ShotGrid has a record for each person in one.

use std::collections::HashMap;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::rules::Collection;
use uuid::Uuid;

use super::Record;
use super::lookups::{Keys, KnownRows, Lookup, Only};
use crate::app::App;
use crate::collections;
use crate::crud::{self, Relation};
use crate::database::json;
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
    for (_, record) in records {
        if let (Some(project), Some(person)) = (
            known.find("project", record).next(),
            known.find("person", record).next(),
        ) {
            teams.entry(project).or_default().push(person);
            order.push(project);
        }
    }
    let projects: Vec<Uuid> = teams.keys().copied().collect();
    let mut lists = Lists::of(&TEAM, false);
    lists.ids = teams;
    lists.store(&work).await?;
    let resource = collections::resource(Collection::Projects);
    let mut shape = resource.full_shape();
    shape.relations.clear();
    let answered = crud::rows(&*work, resource, &shape, &projects).await?;
    work.commit().await?;
    Ok(json::array(
        order.iter().filter_map(|id| answered.get(id)).map(Vec::as_slice),
    ))
}
