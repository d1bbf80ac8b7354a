//! Records of a production by the names that stand for them in paths.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use uuid::Uuid;

use crate::access::entities::Scope;
use crate::app::App;
use crate::database::{self, Sql};
use crate::file_trees::language::{Thing, slug};
use crate::vocabulary::kinds::EntityKind;

/// Finds records by their names. What was read is kept in mind for the other readings of the same path.
pub(super) struct NameLookup<'a> {
    app: &'a App,
    scope: &'a Scope,
    known: HashMap<NamedKind, Vec<(Uuid, String)>>,
}

/// Records among which a name is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum NamedKind {
    Project(Uuid),
    EntityType,
    TaskType,
    Department,
    OutputType,
    /// Entities of a type in the production, as far as the caller sees them.
    OfType(Uuid),
    /// Entities of a built-in kind in the production, below another one where that is known.
    Within(EntityKind, Option<Uuid>),
    /// Tasks of an entity, by the task type.
    Task {
        entity_id: Uuid,
        task_type_id: Uuid,
    },
    /// Instances of an asset, which go by their number where they have no name.
    Instance(Uuid),
}

impl<'a> NameLookup<'a> {
    pub(super) fn new(app: &'a App, scope: &'a Scope) -> Self {
        Self {
            app,
            scope,
            known: HashMap::new(),
        }
    }

    /// The record of that name, in any letter case. Marks and blanks count alike, since paths can't tell them apart; one that
    /// has exactly that name comes first.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn find(&mut self, kind: NamedKind, name: &str) -> Result<Option<Uuid>, Failure> {
        if !self.known.contains_key(&kind) {
            let read = self.read(kind).await?;
            self.known.insert(kind, read);
        }
        let wanted = slug(name);
        if wanted.is_empty() {
            return Ok(None);
        }
        let records = self.known.get(&kind).map(Vec::as_slice).unwrap_or_default();
        let exact = records
            .iter()
            .find(|(_, known)| known.to_lowercase() == name.to_lowercase());
        Ok(exact
            .or_else(|| records.iter().find(|(id, known)| is_called(kind, *id, known, &wanted)))
            .map(|(id, _)| *id))
    }

    async fn read(&self, kind: NamedKind) -> Result<Vec<(Uuid, String)>, Failure> {
        let sql = self.query(kind);
        let mut records = Vec::new();
        for row in database::rows(&self.app.database, &sql).await? {
            records.push((row.try_get("", "id")?, row.try_get("", "name")?));
        }
        Ok(records)
    }

    fn query(&self, kind: NamedKind) -> Sql {
        let mut sql = match kind {
            NamedKind::Project(id) => Sql::with("SELECT id, name FROM project WHERE id = $1", [id.into()]),
            NamedKind::EntityType => Sql::new("SELECT id, name FROM entity_type"),
            NamedKind::TaskType => Sql::new("SELECT id, name FROM task_type"),
            NamedKind::Department => Sql::new("SELECT id, name FROM department"),
            NamedKind::OutputType => Sql::new("SELECT id, name FROM output_type"),
            NamedKind::OfType(type_id) => {
                let mut sql = Sql::with(
                    "SELECT e.id, e.name FROM entity e WHERE e.entity_type_id = $1",
                    [type_id.into()],
                );
                // Vendors see those that they work on, which is a condition on each.
                self.scope.restrict(&mut sql, EntityKind::Asset);
                sql
            }
            NamedKind::Within(kind, parent) => {
                let mut sql = Sql::new(format!(
                    "SELECT e.id, e.name FROM entity e WHERE {}",
                    kind.condition("e.entity_type_id")
                ));
                if let Some(parent) = parent {
                    sql.push(" AND e.parent_id = ").bind(parent);
                }
                self.scope.restrict(&mut sql, kind);
                sql
            }
            NamedKind::Task {
                entity_id,
                task_type_id,
            } => {
                let mut sql = Sql::with(
                    "SELECT t.id, t.name FROM task t WHERE t.entity_id = $1 AND t.task_type_id = $2",
                    [entity_id.into(), task_type_id.into()],
                );
                self.scope.restrict_tasks(&mut sql);
                sql
            }
            NamedKind::Instance(asset_id) => Sql::with(
                "SELECT i.id, COALESCE(i.name, CAST(i.number AS TEXT), '') AS name FROM asset_instance i WHERE i.asset_id = $1",
                [asset_id.into()],
            ),
        };
        sql.push(" ORDER BY name, id");
        sql
    }
}

/// True if a record of that name is called so in paths.
fn is_called(kind: NamedKind, id: Uuid, name: &str, wanted: &str) -> bool {
    let numbered = match kind {
        NamedKind::Within(EntityKind::Sequence, _) => Thing::sequence(id, name).name().to_owned(),
        NamedKind::Instance(_) => format!("{name:0>4}"),
        _ => return slug(name) == wanted,
    };
    slug(name) == wanted || slug(&numbered) == wanted
}
