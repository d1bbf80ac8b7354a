//! Tables of assets.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectManager};
use dailies_definitions::failure::Failure;
use entity::entity_type;
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use super::entities::{LONGEST_NAME, Matches, Stock};
use super::import::EntityImport;
use super::metadata;
use super::problem::{RowProblem, excerpt};
use super::production::{Production, workflows};
use super::sheet::{SheetRow, short_enough};
use super::task_columns::{TaskColumns, read_task_cells};
use crate::database::{self, Sql};
use crate::events::{Payload, Work, payload};
use crate::export::headings;
use crate::readiness::counts::Touched;
use crate::vocabulary::kinds::{EntityKind, is_built_in};

const EPISODE: &str = "Episode";
const READY_FOR: &str = "Ready for";
/// Name of the main pack, which stands in place of an episode.
const MAIN_PACK: &str = "MP";
/// Most letters of the name of an asset type.
const LONGEST_TYPE: usize = 30;

/// A table of assets.
pub(super) struct AssetImport {
    production: Production,
    stock: Stock,
    tasks: TaskColumns,
    types: Types,
    workflows: HashMap<Uuid, Vec<Uuid>>,
    by_type: Matches<(Uuid, String)>,
    update: bool,
}

/// The asset types of the studio, and those that rows add.
struct Types {
    known: Vec<(Uuid, String)>,
    new: Vec<(Uuid, String)>,
    /// Those that the production is set to use; with none it uses all.
    own: HashSet<Uuid>,
    /// Those of the studio that rows add to the production.
    joined: Vec<Uuid>,
}

impl Types {
    fn named(&self, name: &str) -> Option<Uuid> {
        let exact = self.known.iter().find(|(_, known)| known == name);
        let close = || {
            self.known
                .iter()
                .find(|(_, known)| known.trim().to_lowercase() == name.to_lowercase())
        };
        exact.or_else(close).map(|(id, _)| *id)
    }

    /// The asset type with a name. One of the studio joins the production; one that is missing is made, unless the production
    /// is set to use others.
    fn require(&mut self, work: &mut Work<'_>, name: &str) -> Result<Uuid, RowProblem> {
        if name.is_empty() {
            return Err(RowProblem("An asset type is required in the Type column".into()));
        }
        if EntityKind::BUILT_IN
            .iter()
            .any(|kind| kind.type_name().eq_ignore_ascii_case(name))
        {
            return Err(RowProblem::about("Type", format!("{name} is not an asset type")));
        }
        if let Some(id) = self.named(name) {
            if !self.own.is_empty() && self.own.insert(id) {
                self.joined.push(id);
            }
            return Ok(id);
        }
        if !self.own.is_empty() {
            return Err(RowProblem(format!(
                "Asset type {} is not configured for this project",
                excerpt(name)
            )));
        }
        let id = Uuid::new_v4();
        self.known
            .push((id, short_enough("Type", name, LONGEST_TYPE)?.to_owned()));
        self.new.push((id, name.to_owned()));
        work.emit_of_studio(
            &entity::entity_type::TABLE,
            "asset-type:new",
            payload([("asset_type_id", id)]),
        );
        Ok(id)
    }
}

#[async_trait]
impl EntityImport for AssetImport {
    async fn load(work: &mut Work<'_>, access: &ProjectManager, update: bool) -> Result<Self, Failure> {
        let production = Production::load(work, access.project_id(), EntityKind::Asset.type_name(), None).await?;
        let stock = Stock::load(work, access).await?;
        let all = entity_type::Entity::find().all(&**work).await?;
        let mut known: Vec<(Uuid, String)> = all
            .into_iter()
            .filter(|kind| !is_built_in(&kind.name))
            .map(|kind| (kind.id, kind.name))
            .collect();
        known.sort();
        let sql = Sql::with(
            "SELECT asset_type_id FROM project_asset_type_link WHERE project_id = $1",
            [production.id.into()],
        );
        let own: HashSet<Uuid> = database::read_values::<Uuid>(&**work, &sql)
            .await?
            .into_iter()
            .collect();
        let types = Types {
            known,
            new: Vec::new(),
            own,
            joined: Vec::new(),
        };
        let asset_types: HashSet<Uuid> = types.known.iter().map(|(id, _)| *id).collect();
        let assets = stock.of_type(|id| asset_types.contains(&id));
        let by_type = Matches::of(assets.map(|asset| ((asset.entity_type_id, asset.name.trim().to_owned()), asset.id)));
        Ok(Self {
            tasks: TaskColumns::load(work, production.id, EntityKind::Asset).await?,
            workflows: workflows(work).await?,
            production,
            by_type,
            stock,
            types,
            update,
        })
    }

    fn line(&mut self, work: &mut Work<'_>, line: &SheetRow<'_>) -> Result<Uuid, RowProblem> {
        let type_name = line.required("Type")?;
        let name = line.name("Name", LONGEST_NAME)?;
        let type_id = self.types.require(work, type_name)?;
        let episode = self.episode(work, line)?;
        let key = (type_id, name.to_owned());
        let id = self.by_type.next(&key).unwrap_or_else(|| {
            let id = self.stock.add(type_id, name, None);
            self.by_type.add(key, id);
            id
        });
        let cells = read_task_cells(&self.production, EntityKind::Asset, line)?;
        let ready_for = self.ready_for(line)?;
        let Some(entry) = self.stock.entry(id) else {
            return Ok(id);
        };
        let is_new = entry.is_new();
        let mut data = entry.take_data();
        let before = (!is_new && !self.update).then(|| data.clone());
        metadata::apply(&mut data, &self.production, line, &headings(EntityKind::Asset), is_new)?;
        metadata::apply_text(&mut data, "resolution", line.get("Resolution"), is_new);
        let writes = is_new || self.update;
        if let Some(workflow) = self.workflows.get(&type_id).filter(|_| writes) {
            self.tasks.require_workflow(id, &cells, (type_name, workflow))?;
        }
        entry.put_data(before.unwrap_or(data));
        if writes {
            entry.model.entity_type_id = type_id;
            entry.model.source_id = episode.unwrap_or(entry.model.source_id);
            entry.model.ready_for = ready_for.unwrap_or(entry.model.ready_for);
            entry.describe(line);
        }
        let mut about = Payload::from_iter([("episode_id".to_owned(), json!(entry.model.source_id))]);
        if is_new {
            about.insert("asset_type".into(), json!(type_id));
        } else {
            about.insert("data".into(), entry.written());
        }
        self.stock.emit_change(work, EntityKind::Asset, id, about);
        self.require_tasks(work, id, type_id);
        if writes {
            self.tasks.take_over(work, id, cells, line.number);
        }
        Ok(id)
    }

    async fn store(self, work: &mut Work<'_>, caller: &Caller) -> Result<(), Failure> {
        let new_types = self
            .types
            .new
            .into_iter()
            .map(|(id, name)| vec![("id", id.into()), ("name", name.into())])
            .collect();
        database::insert_many(&**work, &entity_type::TABLE, new_types).await?;
        if !self.types.joined.is_empty() {
            let project_id = self.production.id;
            let links = self
                .types
                .joined
                .iter()
                .map(|id| vec![("project_id", project_id.into()), ("asset_type_id", (*id).into())])
                .collect();
            database::insert_many(&**work, &entity::project_asset_type_link::TABLE, links).await?;
            work.emit_of_production(project_id, "project:update");
        }
        self.stock.store(work).await?;
        self.tasks.store(work, caller).await?;
        Touched::by(&**work, &self.stock.readiness_changed())
            .await?
            .settle(work)
            .await
    }
}

impl AssetImport {
    /// The episode that a row gives, none for the main pack, or nothing when it says nothing.
    fn episode(&mut self, work: &mut Work<'_>, line: &SheetRow<'_>) -> Result<Option<Option<Uuid>>, RowProblem> {
        match line.get(EPISODE).map(str::trim) {
            None | Some("") => Ok(None),
            Some(_) if !self.production.is_show => Err(RowProblem(
                "An episode column is present for a production that isn't a TV Show".into(),
            )),
            Some(MAIN_PACK) => Ok(Some(None)),
            Some(name) => self.stock.episode(work, EPISODE, name).map(|id| Some(Some(id))),
        }
    }

    /// The task type that a row says the asset is ready for, none for an empty cell, or nothing without the column.
    fn ready_for(&self, line: &SheetRow<'_>) -> Result<Option<Option<Uuid>>, RowProblem> {
        match line.get(READY_FOR).map(str::trim) {
            None => Ok(None),
            Some("") => Ok(Some(None)),
            Some(cell) => self.production.shot_task_type(READY_FOR, cell).map(|id| Some(Some(id))),
        }
    }

    /// Makes the tasks that an asset of a type lacks.
    fn require_tasks(&mut self, work: &mut Work<'_>, id: Uuid, type_id: Uuid) {
        let workflow = self.workflows.get(&type_id);
        for task_type in self
            .production
            .task_types
            .iter()
            .filter(|task_type| task_type.is_for(EntityKind::Asset))
        {
            if workflow.is_none_or(|workflow| workflow.contains(&task_type.id)) {
                self.tasks.require(work, id, task_type.id);
            }
        }
    }
}
