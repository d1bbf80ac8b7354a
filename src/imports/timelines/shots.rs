//! Shots from the clips of a timeline.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::ProjectManager;
use dailies_definitions::failure::Failure;
use entity::{entity as stored, project};
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use super::naming::ShotNames;
use super::{Clip, Convention, Format, Wrong};
use crate::app::App;
use crate::database;
use crate::events::{Payload, Work};
use crate::imports::built_in::ByParent;
use crate::imports::entities::{LONGEST_NAME, Stock};
use crate::imports::problem::excerpt;
use crate::imports::production::Production;
use crate::imports::task_columns::TaskColumns;
use crate::previews::rate_of_production;
use crate::vocabulary::kinds::{EntityKind, built_in_type};

/// A timeline, and the production that it is of.
#[derive(Clone, Copy)]
pub(in crate::imports) struct TimelinePlace<'a> {
    /// The episode, where the address names one.
    pub(in crate::imports) episode_id: Option<Uuid>,
    pub(in crate::imports) format: Format,
    pub(in crate::imports) content: &'a [u8],
    pub(in crate::imports) convention: &'a Convention,
}

/// Import of a timeline.
struct ImportedTimeline<'a> {
    production: Production,
    stock: Stock,
    episode_id: Option<Uuid>,
    convention: &'a Convention,
    /// Shots by what their clips would be called.
    by_name: HashMap<String, Uuid>,
    by_sequence: ByParent,
    updated: Vec<Uuid>,
    created: Vec<Uuid>,
    seen: HashSet<Uuid>,
}

/// Imports a timeline, and gives the shots that were changed and made as JSON.
///
/// # Errors
/// 400 for what is no timeline, or has clips whose names don't say which shot they show; nothing is stored then. 404 for an
/// episode that is not one of the production.
pub(in crate::imports) async fn import(
    app: &App,
    access: &ProjectManager,
    place: TimelinePlace<'_>,
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, access.caller()).await?;
    let project = project::Entity::find_by_id(access.project_id())
        .one(&*work)
        .await?
        .ok_or_else(Failure::not_found)?;
    let clips = place
        .format
        .read(place.content, rate_of_production(project.fps.as_deref()));
    let clips =
        clips.map_err(|wrong| Failure::parameter(format!("Failed to parse OTIO file: {wrong}")).naming("file"))?;
    let mut import = ImportedTimeline::load(&mut work, access, place, &project.name).await?;
    for clip in &clips {
        import.clip(&mut work, clip)?;
    }
    import.stock.store(&work).await?;
    let mut tasks = TaskColumns::load(&mut work, project.id, EntityKind::Shot).await?;
    for shot_id in &import.created {
        for task_type in import
            .production
            .task_types
            .iter()
            .filter(|task_type| task_type.is_for(EntityKind::Shot))
        {
            tasks.require(&mut work, *shot_id, task_type.id);
        }
    }
    tasks.store(&mut work, access.caller()).await?;
    let mut text = b"{\"updated_shots\":".to_vec();
    text.extend(records(&work, "Entity", &import.updated).await?);
    text.extend_from_slice(b",\"created_shots\":");
    text.extend(records(&work, "Shot", &import.created).await?);
    text.push(b'}');
    work.finish().await?;
    Ok(text)
}

/// Shots as a JSON list, in their order.
async fn records(work: &Work<'_>, type_name: &str, ids: &[Uuid]) -> Result<Vec<u8>, Failure> {
    let rows = database::json::records(&**work, &stored::TABLE, type_name, ids).await?;
    Ok(database::json::array(
        ids.iter().filter_map(|id| rows.get(id)).map(Vec::as_slice),
    ))
}

/// Requires an episode where the production has episodes, and none of another one.
///
/// # Errors
/// 404 for an episode that is not one of the production, 400 for a production with episodes when none is named.
fn require_episode(production: &Production, stock: &Stock, episode_id: Option<Uuid>) -> Result<(), Failure> {
    if episode_id.is_some_and(|id| !stock.is_episode(id)) {
        return Err(Failure::not_found());
    }
    if production.is_show && episode_id.is_none() {
        return Err(Failure::refused(
            "EpisodeNotFoundException: The production has episodes: send the timeline to one of them.",
        )
        .naming("episode_id"));
    }
    Ok(())
}

impl<'a> ImportedTimeline<'a> {
    async fn load(
        work: &mut Work<'_>,
        access: &ProjectManager,
        place: TimelinePlace<'a>,
        project_name: &str,
    ) -> Result<Self, Failure> {
        let TimelinePlace {
            episode_id, convention, ..
        } = place;
        let production = Production::load(work, access.project_id(), EntityKind::Shot.type_name(), None).await?;
        let shot_type = built_in_type(&**work, EntityKind::Shot).await?;
        let stock = Stock::load(work, access).await?;
        require_episode(&production, &stock, episode_id)?;
        let mut by_name = HashMap::new();
        for shot in stock.of_type(|id| id == shot_type) {
            let sequence = shot.parent_id.and_then(|id| stock.model(id));
            let episode = sequence
                .and_then(|sequence| sequence.parent_id)
                .and_then(|id| stock.model(id));
            if production.is_show && episode.map(|episode| episode.id) != episode_id {
                continue;
            }
            let names = ShotNames {
                project: project_name,
                episode: episode.map_or("", |episode| episode.name.as_str()),
                sequence: sequence.map_or("", |sequence| sequence.name.as_str()),
                shot: &shot.name,
            };
            by_name.entry(convention.key_of_shot(names)).or_insert(shot.id);
        }
        let by_sequence = ByParent::of(&stock, shot_type);
        let (updated, created, seen) = (Vec::new(), Vec::new(), HashSet::new());
        Ok(Self {
            production,
            stock,
            episode_id,
            convention,
            by_name,
            by_sequence,
            updated,
            created,
            seen,
        })
    }

    /// Imports one clip.
    fn clip(&mut self, work: &mut Work<'_>, clip: &Clip) -> Result<(), Failure> {
        let name = crate::pictures::name_without_extension(&clip.name);
        let key = self.convention.key_of_clip(name);
        let id = match self.by_name.get(&key) {
            Some(id) => *id,
            None => {
                let id = self.named(work, name)?;
                self.by_name.insert(key, id);
                id
            }
        };
        let Some(entry) = self.stock.entry(id) else {
            return Ok(());
        };
        let is_new = entry.is_new();
        let mut data = entry.take_data();
        if clip.is_placed {
            data.insert("frame_in".into(), clip.first.into());
            data.insert("frame_out".into(), clip.last.into());
        }
        entry.put_data(data);
        let length = clip.length.map(|frames| i32::try_from(frames).unwrap_or(i32::MAX));
        entry.model.nb_frames = length.or(entry.model.nb_frames).or(is_new.then_some(0));
        if self.seen.insert(id) {
            if is_new { &mut self.created } else { &mut self.updated }.push(id);
        }
        let more = if is_new {
            Payload::from_iter([("episode_id".to_owned(), json!(self.episode_id))])
        } else {
            Payload::default()
        };
        self.stock.emit_change(work, EntityKind::Shot, id, more);
        Ok(())
    }

    /// The shot that the name of a clip tells of, which is made when it is missing.
    fn named(&mut self, work: &mut Work<'_>, name: &str) -> Result<Uuid, Failure> {
        let refused =
            |wrong: Wrong, field: &str| Failure::refused(format!("{wrong} (clip '{}')", excerpt(name))).naming(field);
        let told = self
            .convention
            .told(name)
            .map_err(|wrong| refused(wrong, "naming_convention"))?;
        if [told.sequence, told.shot]
            .iter()
            .any(|name| name.chars().count() > LONGEST_NAME)
        {
            let wrong = format!("ValueError: A name has at most {LONGEST_NAME} characters.");
            return Err(refused(wrong, "file"));
        }
        // Without episodes, the name alone identifies a sequence.
        let known = if self.production.is_show {
            None
        } else {
            self.stock.sequence_named(told.sequence)
        };
        let sequence_id = known.unwrap_or_else(|| self.stock.sequence(work, self.episode_id, told.sequence));
        Ok(self.by_sequence.require(&mut self.stock, Some(sequence_id), told.shot))
    }
}
