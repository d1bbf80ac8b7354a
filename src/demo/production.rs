//! Stores the production itself, its team, its settings and its metadata columns.

use dailies_demo::people::{PEOPLE, Role};
use dailies_demo::pipeline::{AssetKind, State};
use dailies_demo::plan::{CAMERA_MOVES, COMPLEXITIES, Plan, steps};
use dailies_demo::scale::Scale;
use dailies_demo::story::{CODE, SYNOPSIS, TITLE};
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

use super::studio::Studio;
use super::writer::Row;
use crate::database::{self, Database, Sql, Writes};

/// Frames per second of the production.
pub const FPS: &str = "24";

/// Step whose tasks have a metadata column of their own.
pub const WITH_REFERENCE: &str = "Animation";

/// The title, with a number behind it when it is taken.
///
/// # Errors
/// The database does not answer.
pub async fn free_name(database: &Database) -> Result<String, DbErr> {
    let sql = Sql::with(
        "SELECT name FROM project WHERE name LIKE $1",
        [format!("{TITLE}%").into()],
    );
    Ok(first_free(&database::read_values::<String>(database, &sql).await?))
}

fn first_free(taken: &[String]) -> String {
    let mut name = TITLE.to_owned();
    let mut number = 1;
    while taken.contains(&name) {
        number += 1;
        name = format!("{TITLE} {number}");
    }
    name
}

/// Stores the production with everything that is not its work.
///
/// # Errors
/// The database refuses something.
pub async fn store(
    transaction: &impl Writes,
    name: &str,
    scale: &Scale,
    plan: &Plan,
    studio: &Studio,
) -> Result<Uuid, DbErr> {
    let number = name.strip_prefix(TITLE).unwrap_or_default().trim();
    let days = i64::from(scale.weeks) * 5;
    let estimated: i64 = plan.tasks.iter().map(|task| task.estimation() / 480).sum();
    let project = vec![
        ("name", name.into()),
        ("code", format!("{CODE}{number}").into()),
        ("description", SYNOPSIS.into()),
        ("data", json!({}).into()),
        ("has_avatar", true.into()),
        ("fps", FPS.into()),
        ("ratio", "16:9".into()),
        ("resolution", "1920x1080".into()),
        ("production_type", scale.production_type.into()),
        ("production_style", "3d".into()),
        ("start_date", plan.calendar.date(0).into()),
        ("end_date", plan.calendar.date(days - 1).into()),
        ("man_days", i32::try_from(estimated).unwrap_or(i32::MAX).into()),
        ("is_preview_download_allowed", true.into()),
        ("is_set_preview_automated", true.into()),
        ("project_status_id", studio.open.into()),
    ];
    let id = database::insert(transaction, &entity::project::TABLE, project).await?;
    database::insert_many(transaction, &entity::project_person_link::TABLE, team(id, studio)).await?;
    link_studio(transaction, id, studio).await?;
    database::insert_many(
        transaction,
        &entity::metadata_descriptor::TABLE,
        descriptors(id, studio),
    )
    .await?;
    Ok(id)
}

/// Links the production with the asset types, task types and statuses that it uses.
async fn link_studio(transaction: &impl Writes, id: Uuid, studio: &Studio) -> Result<(), DbErr> {
    let asset_types = AssetKind::ALL.map(|kind| {
        vec![
            ("project_id", id.into()),
            ("asset_type_id", studio.asset_type(kind).into()),
        ]
    });
    database::insert_many(
        transaction,
        &entity::project_asset_type_link::TABLE,
        asset_types.to_vec(),
    )
    .await?;
    let task_types = steps().map(|step| {
        vec![
            ("project_id", id.into()),
            ("task_type_id", studio.task_type(step.name).into()),
            ("priority", step.place.into()),
        ]
    });
    database::insert_many(
        transaction,
        &entity::project_task_type_link::TABLE,
        task_types.collect(),
    )
    .await?;
    let statuses = State::ALL.into_iter().zip(1_i32..).map(|(state, place)| {
        vec![
            ("project_id", id.into()),
            ("task_status_id", studio.status(state).into()),
            ("priority", place.into()),
        ]
    });
    database::insert_many(
        transaction,
        &entity::project_task_status_link::TABLE,
        statuses.collect(),
    )
    .await
}

/// Everybody; the first modeler stands in for the supervisor here.
fn team(project: Uuid, studio: &Studio) -> Vec<Row> {
    let stand_in = PEOPLE
        .iter()
        .position(|member| member.role == Role::Artist && member.department == Some("Modeling"));
    let people = studio.people.iter().enumerate();
    let role = |place| (Some(place) == stand_in).then(|| Role::Supervisor.word().to_owned());
    people
        .map(|(place, person)| {
            vec![
                ("project_id", project.into()),
                ("person_id", (*person).into()),
                ("role", role(place).into()),
            ]
        })
        .collect()
}

fn descriptors(project: Uuid, studio: &Studio) -> Vec<Row> {
    let column = |kind: &str,
                  place: i32,
                  name: &str,
                  field: &str,
                  data_type: &str,
                  choices: &[&str],
                  task_type: Option<Uuid>|
     -> Row {
        vec![
            ("project_id", project.into()),
            ("entity_type", kind.into()),
            ("task_type_id", task_type.into()),
            ("name", name.into()),
            ("data_type", data_type.into()),
            ("field_name", field.into()),
            ("choices", json!(choices).into()),
            ("for_client", (kind == "Shot").into()),
            ("position", place.into()),
        ]
    };
    vec![
        column("Shot", 1, "Camera move", "camera_move", "list", &CAMERA_MOVES, None),
        column("Shot", 2, "Stereo", "stereo", "boolean", &[], None),
        column("Asset", 1, "Complexity", "complexity", "list", &COMPLEXITIES, None),
        column("Asset", 2, "Height in cm", "height_in_cm", "number", &[], None),
        column(
            "Task",
            1,
            "Video reference",
            "video_reference",
            "boolean",
            &[],
            studio.task_type(WITH_REFERENCE),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_titles_get_a_number() {
        let mut taken = Vec::new();
        for expected in [TITLE.to_owned(), format!("{TITLE} 2"), format!("{TITLE} 3")] {
            assert_eq!(first_free(&taken), expected);
            taken.push(expected);
        }
        taken.remove(1);
        assert_eq!(first_free(&taken), format!("{TITLE} 2"));
    }
}
