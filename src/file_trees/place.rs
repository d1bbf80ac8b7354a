//! Owners of files, and where a tree keeps them.

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult};
use serde_json::Value;
use uuid::Uuid;

use super::language::{Piece, Style, Thing, Values, pieces};
use crate::database::{self, Sql};
use crate::vocabulary::kinds::EntityKind;

/// Reason why a tree gives no path.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// A folder, and the name of a file without its extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    pub folder: String,
    pub file: String,
}

/// Path that stands before the folders of a mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// The prefix of a mode, if it has one.
    #[must_use]
    pub fn of(mode: &Value, separator: &str) -> Option<Self> {
        let (mountpoint, root) = (mode["mountpoint"].as_str()?, mode["root"].as_str()?);
        Some(Self(if root.is_empty() {
            format!("{mountpoint}{separator}")
        } else {
            format!("{mountpoint}{separator}{root}{separator}")
        }))
    }

    /// The prefix as a text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Owner of files: an entity, a task of it, or an instance of an asset in it.
#[derive(Clone, Debug)]
pub struct FilePlace {
    pub project_id: Uuid,
    pub entity_id: Uuid,
    tree: Option<Value>,
    /// Key of its templates.
    kind: &'static str,
    pub values: Values,
}

/// Columns that are read of an entity `e` with its production, type and parents.
const COLUMNS: &str = "p.file_tree, p.id AS project_id, p.name AS project_name, e.id AS entity_id, e.name AS entity_name, \
    k.id AS type_id, k.name AS type_name, k.short_name AS type_short_name, q.id AS parent_id, q.name AS parent_name, \
    g.id AS grandparent_id, g.name AS grandparent_name";
const JOINS: &str = "JOIN project p ON p.id = e.project_id JOIN entity_type k ON k.id = e.entity_type_id \
    LEFT JOIN entity q ON q.id = e.parent_id LEFT JOIN entity g ON g.id = q.parent_id";

#[derive(FromQueryResult)]
struct EntityRow {
    file_tree: Option<Value>,
    project_id: Uuid,
    project_name: String,
    entity_id: Uuid,
    entity_name: String,
    type_id: Uuid,
    type_name: String,
    type_short_name: Option<String>,
    parent_id: Option<Uuid>,
    parent_name: Option<String>,
    grandparent_id: Option<Uuid>,
    grandparent_name: Option<String>,
}

/// Columns that are read of a task type `y` with its department.
const TASK_TYPE: &str = "y.id AS task_type_id, y.name AS task_type_name, y.short_name AS task_type_short_name, \
    d.id AS department_id, d.name AS department_name";

#[derive(FromQueryResult)]
struct TaskTypeRow {
    task_type_id: Option<Uuid>,
    task_type_name: Option<String>,
    task_type_short_name: Option<String>,
    department_id: Option<Uuid>,
    department_name: Option<String>,
}

#[derive(FromQueryResult)]
struct InstanceRow {
    instance_name: Option<String>,
    number: Option<i32>,
    target_asset_id: Option<Uuid>,
    asset_id: Uuid,
    asset_name: String,
    asset_type_id: Uuid,
    asset_type_name: String,
    asset_type_short_name: Option<String>,
}

impl FilePlace {
    /// An entity.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn of_entity(connection: &impl ConnectionTrait, entity_id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            format!("SELECT {COLUMNS} FROM entity e {JOINS} WHERE e.id = $1"),
            [entity_id.into()],
        );
        let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
        Ok(Self::read(&row)?)
    }

    /// A task, if it is one of an entity.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of_task(connection: &impl ConnectionTrait, task_id: Uuid) -> Result<Option<Self>, DbErr> {
        let sql = Sql::with(
            format!(
                "SELECT {COLUMNS}, {TASK_TYPE}, t.name AS task_name FROM task t JOIN entity e ON e.id = t.entity_id {JOINS} \
                 LEFT JOIN task_type y ON y.id = t.task_type_id LEFT JOIN department d ON d.id = y.department_id WHERE t.id = $1"
            ),
            [task_id.into()],
        );
        let Some(row) = database::row(connection, &sql).await? else {
            return Ok(None);
        };
        let mut place = Self::read(&row)?;
        place.values.set(
            "Task",
            Some(Thing::record(task_id, row.try_get::<String>("", "task_name")?)),
        );
        place.set_task_type(TaskTypeRow::from_query_result(&row, "")?);
        Ok(Some(place))
    }

    /// An instance of an asset in an entity.
    ///
    /// # Errors
    /// 404 when one of them is not there.
    pub async fn of_instance(
        connection: &impl ConnectionTrait,
        instance_id: Uuid,
        temporal_entity_id: Uuid,
    ) -> Result<Self, Failure> {
        let mut place = Self::of_entity(connection, temporal_entity_id).await?;
        let sql = Sql::with(
            "SELECT i.name AS instance_name, i.number, i.target_asset_id, a.id AS asset_id, a.name AS asset_name, k.id AS asset_type_id, \
             k.name AS asset_type_name, k.short_name AS asset_type_short_name FROM asset_instance i JOIN entity a ON a.id = i.asset_id \
             JOIN entity_type k ON k.id = a.entity_type_id WHERE i.id = $1",
            [instance_id.into()],
        );
        let row: InstanceRow = database::read_one(connection, &sql)
            .await?
            .ok_or_else(Failure::not_found)?;
        place.kind = if row.target_asset_id.is_some() {
            "instance_asset"
        } else {
            "instance"
        };
        place
            .values
            .set("Asset", Some(Thing::record(row.asset_id, row.asset_name)));
        let asset_type = Thing::record(row.asset_type_id, row.asset_type_name);
        place.values.set(
            "AssetType",
            Some(asset_type.with_short_name(row.asset_type_short_name.unwrap_or_default())),
        );
        place
            .values
            .set("Instance", Some(Thing::instance(row.instance_name, row.number)));
        Ok(place)
    }

    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let row = EntityRow::from_query_result(row, "")?;
        let kind = EntityKind::of_type(&row.type_name);
        let parent = row.parent_id.zip(row.parent_name);
        let grandparent = row.grandparent_id.zip(row.grandparent_name);
        let entity = Thing::record(row.entity_id, row.entity_name.clone());
        let of_parent = |parent: Option<(Uuid, String)>| parent.map(|(id, name)| Thing::record(id, name));
        let sequence = match kind {
            EntityKind::Shot | EntityKind::Scene => parent.clone().map(|(id, name)| Thing::sequence(id, &name)),
            EntityKind::Sequence => Some(Thing::sequence(row.entity_id, &row.entity_name)),
            _ => None,
        };
        let episode = match kind {
            EntityKind::Episode => Some(entity.clone()),
            EntityKind::Shot | EntityKind::Scene => of_parent(grandparent),
            EntityKind::Sequence => of_parent(parent),
            _ => None,
        };
        let entity_type =
            Thing::record(row.type_id, row.type_name).with_short_name(row.type_short_name.unwrap_or_default());
        let mut values = Values::default();
        values.set("Project", Some(Thing::record(row.project_id, row.project_name)));
        for token in ["Shot", "Scene", "Asset", "TemporalEntity"] {
            values.set(token, Some(entity.clone()));
        }
        for token in ["AssetType", "TemporalEntityType"] {
            values.set(token, Some(entity_type.clone()));
        }
        values.set("Sequence", sequence);
        // Without an episode, the path is that of the first one.
        values.set("Episode", Some(episode.unwrap_or_else(|| Thing::text("e001"))));
        for token in ["TaskType", "Department"] {
            values.set(token, None);
        }
        let templates = match kind {
            EntityKind::Shot | EntityKind::Sequence | EntityKind::Scene | EntityKind::Episode => kind.word(),
            _ => EntityKind::Asset.word(),
        };
        Ok(Self {
            project_id: row.project_id,
            entity_id: row.entity_id,
            tree: row.file_tree,
            kind: templates,
            values,
        })
    }

    /// Says of which task type the files are.
    ///
    /// # Errors
    /// 404 when there is no such task type.
    pub async fn name_task_type(
        &mut self,
        connection: &impl ConnectionTrait,
        task_type_id: Uuid,
    ) -> Result<(), Failure> {
        let sql = Sql::with(
            format!(
                "SELECT {TASK_TYPE} FROM task_type y LEFT JOIN department d ON d.id = y.department_id WHERE y.id = $1"
            ),
            [task_type_id.into()],
        );
        let row = database::read_one(connection, &sql)
            .await?
            .ok_or_else(|| Failure::not_found().naming("task_type_id"))?;
        self.set_task_type(row);
        Ok(())
    }

    fn set_task_type(&mut self, row: TaskTypeRow) {
        let task_type = row
            .task_type_id
            .zip(row.task_type_name)
            .map(|(id, name)| Thing::record(id, name));
        let short_name = row.task_type_short_name.unwrap_or_default();
        self.values.set(
            "TaskType",
            task_type.map(|task_type| task_type.with_short_name(short_name)),
        );
        self.values.set(
            "Department",
            row.department_id
                .zip(row.department_name)
                .map(|(id, name)| Thing::record(id, name)),
        );
    }

    /// Says how the file is called, and of which revision it is.
    pub fn name_file(&mut self, name: &str, revision: i32) {
        for token in ["Name", "OutputFile", "WorkingFile"] {
            self.values.set(token, Some(Thing::text(name)));
        }
        for token in ["Version", "Revision"] {
            self.values.set(token, Some(Thing::text(format!("{revision:03}"))));
        }
    }

    /// True if the templates of a mode have a token that nobody has said yet what it stands for.
    #[must_use]
    pub fn asks_for(&self, mode: &str, token: &str) -> bool {
        let has = |part: &str| {
            let template = self
                .tree
                .as_ref()
                .and_then(|tree| tree[mode][part][self.kind].as_str())
                .unwrap_or_default();
            pieces(template)
                .iter()
                .any(|piece| matches!(piece, Piece::Token { name, .. } if *name == token))
        };
        !self.values.has(token) && (has("folder_path") || has("file_name"))
    }

    /// Path at which the tree keeps the file in a mode.
    ///
    /// # Errors
    /// The tree has no such place, or its templates are wrong.
    pub fn path(&self, mode: &str, separator: &str) -> Result<Path, Malformed> {
        let folder = self.folder(mode, separator)?;
        let (_, template, style) = self.template(mode, "file_name", separator)?;
        Ok(Path {
            folder,
            file: self.values.render_file(template, style).map_err(Malformed)?,
        })
    }

    /// The folder in which the tree keeps the file in a mode.
    ///
    /// # Errors
    /// As [`FilePlace::path`].
    pub fn folder(&self, mode: &str, separator: &str) -> Result<String, Malformed> {
        let (prefix, template, style) = self.template(mode, "folder_path", separator)?;
        let rendered = self.values.render(template, style).map_err(Malformed)?;
        Ok(format!("{}{}", prefix.text(), rendered.replace('/', separator)))
    }

    fn template(&self, mode: &str, part: &str, separator: &str) -> Result<(Prefix, &str, Style), Malformed> {
        let tree = self
            .tree
            .as_ref()
            .and_then(Value::as_object)
            .filter(|tree| !tree.is_empty());
        let tree = tree.ok_or_else(|| Malformed("No tree can be found for given project.".into()))?;
        let found = tree
            .get(mode)
            .ok_or_else(|| Malformed(format!("Mode {mode} cannot be found on given tree.")))?;
        let prefix = Prefix::of(found, separator)
            .ok_or_else(|| Malformed(format!("Can't find given mode ({mode}) in given tree.")))?;
        let missing = || Malformed(format!("The mode {mode} of the tree has no {part} for {}.", self.kind));
        let template = found[part][self.kind].as_str().ok_or_else(missing)?;
        Ok((prefix, template, Style::of(found[part]["style"].as_str())))
    }
}
