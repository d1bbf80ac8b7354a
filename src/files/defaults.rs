//! Programs, kinds of output and states that files have when nobody says: each is added when it is missing.

use dailies_definitions::failure::Failure;
use entity::facts::Table;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::file_trees::FilePlace;
use crate::file_trees::language::Thing;

/// A program of the studio: name, short name and extension of its files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Program(&'static str, &'static str, &'static str);

/// Program that makes working files.
pub(super) const BLENDER: Program = Program("Blender", "blender", ".blend");
/// Program of the paths of working files.
pub(super) const MAX: Program = Program("3ds Max", "max", ".max");
/// Program in paths of other files.
const OTHER: Program = Program("3dsmax", "max", ".max");

/// Kind of output that stands in paths of files that have none.
const GEOMETRY: &str = "Geometry";

/// A program or a kind of output, as paths name it.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Named {
    pub id: Uuid,
    name: String,
    short_name: String,
}

impl Named {
    pub(super) fn thing(&self) -> Thing {
        Thing::record(self.id, self.name.clone()).with_short_name(self.short_name.clone())
    }
}

/// The row of that name, and whether it was added just now.
async fn find_or_add(
    work: &Work<'_>,
    table: &'static Table,
    name: &str,
    values: Vec<(&'static str, Value)>,
) -> Result<(Uuid, bool), Failure> {
    let sql = Sql::with(
        format!("SELECT id FROM \"{}\" WHERE name = $1", table.name),
        [name.into()],
    );
    if let Some(row) = database::row(&**work, &sql).await? {
        return Ok((row.try_get("", "id")?, false));
    }
    let values = [("name", name.into())].into_iter().chain(values).collect();
    Ok((database::insert(&**work, table, values).await?, true))
}

/// A program, or a kind of output, by its id.
async fn named(connection: &impl ConnectionTrait, table: &'static Table, id: Uuid) -> Result<Option<Named>, DbErr> {
    let sql = Sql::with(
        format!("SELECT id, name, short_name FROM \"{}\" WHERE id = $1", table.name),
        [id.into()],
    );
    database::read_one(connection, &sql).await
}

/// The program that a request names, or the usual one.
///
/// # Errors
/// 404 when there is no such program.
pub(super) async fn software(work: &mut Work<'_>, id: Option<Uuid>, usual: Program) -> Result<Named, Failure> {
    let id = match id {
        Some(id) => id,
        None => {
            let Program(name, short_name, extension) = usual;
            let values = vec![("short_name", short_name.into()), ("file_extension", extension.into())];
            let (id, added) = find_or_add(work, &entity::software::TABLE, name, values).await?;
            if added {
                work.emit_of_studio(&entity::software::TABLE, "software:new", payload([("software_id", id)]));
            }
            id
        }
    };
    named(&**work, &entity::software::TABLE, id)
        .await?
        .ok_or_else(|| Failure::not_found().naming("software_id"))
}

/// A kind of output.
///
/// # Errors
/// The database does not answer.
pub(super) async fn output_type(connection: &impl ConnectionTrait, id: Uuid) -> Result<Option<Named>, DbErr> {
    named(connection, &entity::output_type::TABLE, id).await
}

/// The kind of output that files have which are published without one.
///
/// # Errors
/// The database does not answer.
pub(super) async fn geometry(work: &mut Work<'_>) -> Result<Named, Failure> {
    let values = vec![("short_name", "Geo".into())];
    let (id, added) = find_or_add(work, &entity::output_type::TABLE, GEOMETRY, values).await?;
    if added {
        work.emit_of_studio(
            &entity::output_type::TABLE,
            "output_type:new",
            payload([("output_type_id", id)]),
        );
    }
    output_type(&**work, id).await?.ok_or_else(Failure::not_found)
}

/// The state of new output files.
///
/// # Errors
/// The database does not answer.
pub(super) async fn to_review(work: &Work<'_>) -> Result<Uuid, Failure> {
    Ok(find_or_add(
        work,
        &entity::file_status::TABLE,
        "To review",
        vec![("color", "#FFFFFF".into())],
    )
    .await?
    .0)
}

/// Says what the templates of a mode ask for that a file has not.
///
/// # Errors
/// The database does not answer.
pub(super) async fn complete(work: &mut Work<'_>, place: &mut FilePlace, mode: &str) -> Result<(), Failure> {
    if place.asks_for(mode, "Software") {
        place
            .values
            .set("Software", Some(software(work, None, OTHER).await?.thing()));
    }
    if place.asks_for(mode, "OutputType") {
        place.values.set("OutputType", Some(geometry(work).await?.thing()));
    }
    Ok(())
}
