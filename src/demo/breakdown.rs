//! Stores assets, sequences and shots, and who and what is in which shot.

use dailies_demo::plan::{Asset, Cast, Plan, Shot};
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

use super::production::FPS;
use super::studio::Studio;
use super::writer::{Row, Writer};
use crate::database::null;

/// Ids of the entities, by their places in the plan.
pub struct Breakdown {
    pub assets: Vec<Uuid>,
    pub shots: Vec<Uuid>,
}

/// Some different ids.
pub fn ids(count: usize) -> Vec<Uuid> {
    (0..count).map(|_| Uuid::new_v4()).collect()
}

/// Stores the entities and the casting.
///
/// # Errors
/// The database refuses something.
pub async fn store(writer: &Writer<'_>, project: Uuid, plan: &Plan, studio: &Studio) -> Result<Breakdown, DbErr> {
    let (assets, sequences, shots) = (ids(plan.assets.len()), ids(plan.sequences.len()), ids(plan.shots.len()));
    let table = &entity::entity::TABLE;
    let maker = studio.people.first().copied();
    // Everything was entered in the first days, one after the other.
    let base = |id: Uuid, number: usize, kind: Uuid| -> Row {
        let entered = plan.calendar.moment(i64::try_from(number / 2).unwrap_or_default());
        vec![
            ("id", id.into()),
            ("project_id", project.into()),
            ("entity_type_id", kind.into()),
            ("created_by", maker.into()),
            ("created_at", entered.into()),
            ("updated_at", entered.into()),
        ]
    };
    let rows = plan.sequences.iter().enumerate().map(|(number, sequence)| {
        let mut row = base(sequences[number], number, studio.sequence_type);
        row.extend([
            ("name", sequence.name.as_str().into()),
            ("description", sequence.description.as_str().into()),
            ("data", json!({}).into()),
        ]);
        row
    });
    writer.write("Sequences", table, rows).await?;
    let rows = plan.assets.iter().enumerate().map(|(number, asset)| {
        let mut row = base(assets[number], number, studio.asset_type(asset.kind));
        row.extend(asset_columns(number, asset, studio));
        row
    });
    writer.write("Assets", table, rows).await?;
    let rows = plan.shots.iter().enumerate().map(|(number, shot)| {
        let mut row = base(shots[number], number, studio.shot_type);
        row.push(("parent_id", sequences[shot.sequence].into()));
        row.extend(shot_columns(shot));
        row
    });
    writer.write("Shots", table, rows).await?;
    let breakdown = Breakdown { assets, shots };
    store_casting(writer, plan, &breakdown).await?;
    Ok(breakdown)
}

/// Stores the assets that appear in assets, then those in shots.
async fn store_casting(writer: &Writer<'_>, plan: &Plan, breakdown: &Breakdown) -> Result<(), DbErr> {
    let Breakdown { assets, shots } = breakdown;
    let in_assets = plan.assets.iter().map(|asset| &asset.casting).zip(assets);
    let in_shots = plan.shots.iter().map(|shot| &shot.casting).zip(shots);
    let links: Vec<(Uuid, &Cast)> = in_assets
        .chain(in_shots)
        .flat_map(|(casting, into)| casting.iter().map(|cast| (*into, cast)))
        .collect();
    let rows = links.into_iter().enumerate().map(|(number, (into, cast))| {
        let entered = plan.calendar.moment(i64::try_from(number / 8).unwrap_or_default());
        vec![
            ("entity_in_id", into.into()),
            ("entity_out_id", assets[cast.asset].into()),
            ("nb_occurences", cast.count.into()),
            ("label", cast.label.into()),
            ("created_at", entered.into()),
            ("updated_at", entered.into()),
        ]
    });
    writer.write("Casting", &entity::entity_link::TABLE, rows).await
}

fn asset_columns(number: usize, asset: &Asset, studio: &Studio) -> Row {
    let height = 10 + 7 * (number % 60);
    vec![
        ("name", asset.name.as_str().into()),
        ("description", asset.description.as_str().into()),
        (
            "data",
            json!({"complexity": asset.complexity, "height_in_cm": height}).into(),
        ),
        ("canceled", asset.canceled.into()),
        ("status", asset.status.into()),
        (
            "ready_for",
            asset.ready_for.and_then(|step| studio.task_type(step.name)).into(),
        ),
        ("nb_entities_out", count(asset.casting.len())),
    ]
}

fn shot_columns(shot: &Shot) -> Row {
    let data = json!({
        "fps": FPS,
        "frame_in": shot.frame_in,
        "frame_out": shot.frame_out,
        "camera_move": shot.camera_move,
        // The way web forms keep a switch.
        "stereo": shot.stereo.to_string(),
    });
    vec![
        ("name", shot.name.as_str().into()),
        ("description", shot.description.as_str().into()),
        ("data", data.into()),
        ("nb_frames", (shot.frame_out - shot.frame_in + 1).into()),
        ("canceled", shot.canceled.into()),
        ("status", shot.status.into()),
        ("ready_for", null(entity::facts::Kind::Uuid)),
        ("nb_entities_out", count(shot.casting.len())),
    ]
}

/// A number of things as the database holds it.
pub fn count(number: usize) -> sea_orm::Value {
    i32::try_from(number).unwrap_or(i32::MAX).into()
}
