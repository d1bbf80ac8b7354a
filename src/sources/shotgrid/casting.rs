//! Assets that are cast in other assets, which ShotGrid says of those that are cast.

use std::collections::BTreeMap;

use dailies_definitions::failure::Failure;
use serde_json::json;
use uuid::Uuid;

use super::reading::RecordReading;
use crate::access::references::{productions, require_many};
use crate::crud::Relation;
use crate::events::{Work, payload};
use crate::readiness::counts::recount;
use crate::sources::links::Lists;

static CAST: Relation = Relation::links(
    "entities_out",
    &entity::entity_link::TABLE,
    "entity_in_id",
    "entity_out_id",
);

/// The field that names the assets in which one is cast, and its lookup.
const PARENTS: &str = "parents";

/// Puts the assets that name a parent in the place of those that were cast in it before, and tells of each parent.
///
/// # Errors
/// 400 when a parent is of another production.
pub(super) async fn store_parents(work: &mut Work<'_>, assets: &[(RecordReading<'_>, Uuid)]) -> Result<(), Failure> {
    let mut children: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (reading, id) in assets {
        for parent in reading.found_all(PARENTS) {
            let cast = children.entry(parent).or_default();
            if !cast.contains(id) {
                cast.push(*id);
            }
        }
    }
    if children.is_empty() {
        return Ok(());
    }
    let mut lists = Lists::of(&CAST, true);
    lists
        .ids
        .extend(children.iter().map(|(parent, cast)| (*parent, cast.clone())));
    lists.store(work).await?;
    let parents: Vec<Uuid> = children.keys().copied().collect();
    recount(work, &parents).await?;
    let before = productions(&**work, &entity::entity::TABLE, &parents).await?;
    let homes = require_many(
        &**work,
        &entity::entity::TABLE,
        &[(CAST.table, CAST.own)],
        &parents,
        &before,
    )
    .await?;
    for (parent, cast) in children {
        let mut about = payload([("asset_id", parent)]);
        about.insert("data".into(), json!({"entities_out": cast}));
        work.emit_in(homes.get(&parent).copied().flatten(), "asset:update", about);
    }
    Ok(())
}
