//! Task types that fit an entity: those for its kind that the production uses, within the workflow of its asset type.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::vocabulary::kinds::EntityKind;

/// The pipeline of a production.
#[derive(Debug)]
pub struct Pipeline {
    project_id: Uuid,
    /// Task types of the production, in the order of its pipeline.
    pub enabled: Vec<Uuid>,
    /// Task types of the asset types that have a workflow.
    workflows: HashMap<Uuid, HashSet<Uuid>>,
}

/// A task type as far as it fits entities.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    pub id: Uuid,
    /// Name of the kind that it is for; empty or missing for all.
    pub for_entity: Option<&'a str>,
}

/// An entity as far as task types fit it.
#[derive(Clone, Copy, Debug)]
pub struct TaskedEntity {
    pub kind: EntityKind,
    pub entity_type_id: Uuid,
}

#[derive(FromQueryResult)]
struct InProduction {
    task_type_id: Uuid,
}

#[derive(FromQueryResult)]
struct InWorkflow {
    asset_type_id: Uuid,
    task_type_id: Uuid,
}

impl Pipeline {
    /// The pipeline of a production, and the workflows of the studio.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(connection: &impl ConnectionTrait, project_id: Uuid) -> Result<Self, DbErr> {
        let sql = Sql::with(
            "SELECT l.task_type_id FROM project_task_type_link l JOIN task_type k ON k.id = l.task_type_id WHERE l.project_id = $1 \
             ORDER BY COALESCE(l.priority, k.priority, 0), k.name, k.id",
            [project_id.into()],
        );
        let enabled: Vec<InProduction> = database::read_all(connection, &sql).await?;
        let sql = Sql::new(
            "SELECT asset_type_id, task_type_id FROM task_type_asset_type_link WHERE asset_type_id IS NOT NULL AND task_type_id IS NOT NULL",
        );
        let mut workflows: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
        for link in database::read_all::<InWorkflow>(connection, &sql).await? {
            workflows
                .entry(link.asset_type_id)
                .or_default()
                .insert(link.task_type_id);
        }
        Ok(Self {
            project_id,
            enabled: enabled.into_iter().map(|link| link.task_type_id).collect(),
            workflows,
        })
    }

    /// Reason why a task type does not fit an entity.
    #[must_use]
    pub fn refusal(&self, task_type: Candidate<'_>, target: TaskedEntity) -> Option<String> {
        let Candidate { id, for_entity } = task_type;
        let kind = target.kind.type_name();
        if !is_for(task_type, target.kind) {
            return Some(format!(
                "Task type {id} is for {} entities, got {kind}.",
                for_entity.unwrap_or_default()
            ));
        }
        if !self.enabled.contains(&id) {
            return Some(format!("Task type {id} is not enabled in project {}.", self.project_id));
        }
        (!self.has_in_workflow(id, target)).then(|| {
            format!(
                "Task type {id} is not in the workflow of asset type {}.",
                target.entity_type_id
            )
        })
    }

    /// True if the workflow of an asset's type has a task type. What is no asset, and a type without a workflow, take all of them.
    #[must_use]
    pub fn has_in_workflow(&self, task_type_id: Uuid, target: TaskedEntity) -> bool {
        let workflow = self.workflows.get(&target.entity_type_id);
        workflow
            .filter(|_| target.kind == EntityKind::Asset)
            .is_none_or(|workflow| workflow.contains(&task_type_id))
    }
}

/// Scenes are worked on with the task types of shots, too: studios that lay shots out in scenes have no others.
fn is_for(task_type: Candidate<'_>, kind: EntityKind) -> bool {
    let is_named = |name: &str, kind: EntityKind| name.eq_ignore_ascii_case(kind.type_name());
    let of_shots = |name: &str| kind == EntityKind::Scene && is_named(name, EntityKind::Shot);
    task_type
        .for_entity
        .is_none_or(|name| name.is_empty() || is_named(name, kind) || of_shots(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_of_the_pipeline_does_not_fit() {
        let [modeling, animation, rigging, character] = [1, 2, 3, 4].map(Uuid::from_u128);
        let asset = TaskedEntity {
            kind: EntityKind::Asset,
            entity_type_id: character,
        };
        let pipeline = Pipeline {
            project_id: Uuid::nil(),
            enabled: vec![modeling, animation, rigging],
            workflows: HashMap::from([(character, HashSet::from([modeling]))]),
        };
        let for_assets = |id| Candidate {
            id,
            for_entity: Some("Asset"),
        };
        assert_eq!(pipeline.refusal(for_assets(modeling), asset), None);
        assert!(
            pipeline
                .refusal(for_assets(rigging), asset)
                .is_some_and(|why| why.contains("workflow"))
        );
        assert!(
            pipeline
                .refusal(
                    Candidate {
                        id: animation,
                        for_entity: Some("Shot")
                    },
                    asset
                )
                .is_some_and(|why| why.contains("is for Shot"))
        );
        assert!(
            pipeline
                .refusal(for_assets(character), asset)
                .is_some_and(|why| why.contains("not enabled"))
        );
        assert!(pipeline.has_in_workflow(modeling, asset) && !pipeline.has_in_workflow(rigging, asset));
        let shot = TaskedEntity {
            kind: EntityKind::Shot,
            ..asset
        };
        assert!(pipeline.has_in_workflow(rigging, shot), "workflows are of assets");
    }
}
