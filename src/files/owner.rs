//! Owners of output files: an entity, or an instance of an asset in an entity.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::access::entities::{READ, require};
use crate::database::{self, Sql};
use crate::file_trees::FilePlace;

/// An instance of an asset in a shot, a scene or another asset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instance {
    pub id: Uuid,
    pub asset_id: Uuid,
    /// The production of the asset.
    pub project_id: Uuid,
    pub temporal_entity_id: Uuid,
}

/// Owner of an output file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    Entity { id: Uuid, project_id: Uuid },
    Instance(Instance),
}

#[derive(FromQueryResult)]
struct AssetRow {
    asset_id: Uuid,
    project_id: Uuid,
    is_shared: bool,
    temporal_project_id: Option<Uuid>,
}

/// The asset of an instance, once the caller may read it.
///
/// # Errors
/// 404 when there is no such instance, 403 when the caller may not read its asset.
async fn asset(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: Uuid,
    temporal_entity_id: Option<Uuid>,
) -> Result<AssetRow, Failure> {
    let sql = Sql::with(
        "SELECT i.asset_id, a.project_id, a.is_shared, t.project_id AS temporal_project_id FROM asset_instance i \
         JOIN entity a ON a.id = i.asset_id LEFT JOIN entity t ON t.id = $2 WHERE i.id = $1",
        [id.into(), temporal_entity_id.into()],
    );
    let row: AssetRow = database::read_one(connection, &sql)
        .await?
        .ok_or_else(Failure::not_found)?;
    require(connection, caller, row.asset_id, &READ).await?;
    Ok(row)
}

/// Lets those in who may read the asset of an instance.
///
/// # Errors
/// 404 when there is no such instance, 403 for those who may not.
pub(super) async fn require_instance(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: Uuid,
) -> Result<(), Failure> {
    asset(connection, caller, id, None).await.map(|_| ())
}

impl Instance {
    /// An instance in an entity of the same production; or of another one that the caller may read, when the asset is shared.
    ///
    /// # Errors
    /// 404 when one of them is not there, 403 when the caller may not read the asset.
    pub(super) async fn find(
        connection: &impl ConnectionTrait,
        caller: &Caller,
        id: Uuid,
        temporal_entity_id: Uuid,
    ) -> Result<Self, Failure> {
        let AssetRow {
            asset_id,
            project_id,
            is_shared,
            temporal_project_id,
        } = asset(connection, caller, id, Some(temporal_entity_id)).await?;
        if temporal_project_id != Some(project_id) {
            if !is_shared {
                return Err(Failure::not_found());
            }
            match require(connection, caller, temporal_entity_id, &READ).await {
                // Those who may not read it are not told that it is there.
                Err(Failure::Answer { .. }) => return Err(Failure::not_found()),
                Err(fault) => return Err(fault),
                Ok(_) => {}
            }
        }
        Ok(Self {
            id,
            asset_id,
            project_id,
            temporal_entity_id,
        })
    }
}

impl Owner {
    /// The production that is told of files.
    pub(super) fn project_id(self) -> Uuid {
        match self {
            Self::Entity { project_id, .. } | Self::Instance(Instance { project_id, .. }) => project_id,
        }
    }

    /// The entity that files are entered for: the asset, for an instance.
    pub(super) fn entity_id(self) -> Uuid {
        match self {
            Self::Entity { id, .. } => id,
            Self::Instance(instance) => instance.asset_id,
        }
    }

    pub(super) fn instance_id(self) -> Option<Uuid> {
        match self {
            Self::Entity { .. } => None,
            Self::Instance(instance) => Some(instance.id),
        }
    }

    pub(super) fn temporal_entity_id(self) -> Option<Uuid> {
        match self {
            Self::Entity { .. } => None,
            Self::Instance(instance) => Some(instance.temporal_entity_id),
        }
    }

    /// Owner of its files, as a tree names it.
    ///
    /// # Errors
    /// 404 when it is not there any more.
    pub(super) async fn place(self, connection: &impl ConnectionTrait) -> Result<FilePlace, Failure> {
        match self {
            Self::Entity { id, .. } => FilePlace::of_entity(connection, id).await,
            Self::Instance(instance) => {
                FilePlace::of_instance(connection, instance.id, instance.temporal_entity_id).await
            }
        }
    }

    /// Adds the condition on the files `f` that revisions count among.
    pub(super) fn restrict(self, sql: &mut Sql) {
        match self {
            Self::Entity { id, .. } => sql.push("f.entity_id = ").bind(id),
            Self::Instance(instance) => sql
                .push("f.asset_instance_id = ")
                .bind(instance.id)
                .push(" AND f.temporal_entity_id = ")
                .bind(instance.temporal_entity_id),
        };
    }
}
