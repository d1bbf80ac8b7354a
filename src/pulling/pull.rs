//! `pull`: the rows of the other instance, page by page, and then its files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dailies_definitions::rules::Collection;
use serde_json::Value;
use uuid::Uuid;

use super::files::{self, Fetched};
use super::pages::{RowFilter, RowPage, page};
use super::remote::{Remote, RemoteError};
use super::stages::{Stage, stages};
use super::state::{PullPlace, PullState};
use super::{PullError, scope, settings};
use crate::app::App;
use crate::events::transact;
use crate::progress::Progress;
use crate::sources::{ForeignRow, import};

/// Rows that are named when they are refused, at most.
const NAMED: usize = 20;

/// Choices about what is copied.
#[derive(Clone, Debug)]
pub struct PullOptions {
    /// The only production.
    pub production: Option<String>,
    /// True if stored files are left where they are.
    pub without_files: bool,
    /// Files that are fetched at once.
    pub workers: usize,
    /// Folder in which the place is kept where it stopped.
    pub folder: PathBuf,
}

/// Result of a pull.
#[derive(Clone, Debug, Default)]
pub struct PullOutcome {
    /// True if it went on where an earlier one stopped.
    pub went_on: bool,
    pub rows: u64,
    /// Collections that the other instance does not offer.
    pub not_offered: Vec<String>,
    /// Rows that this server refuses, by collection: how many, and why the first ones.
    pub refused: BTreeMap<String, (u64, Vec<String>)>,
    pub files: Option<Fetched>,
}

/// Copies another instance here, with the ids of its rows.
///
/// # Errors
/// The other instance or the database does not answer. What was stored before stays, and another call goes on from there.
pub async fn pull(app: &App, remote: &Remote, options: &PullOptions) -> Result<PullOutcome, PullError> {
    let state = PullState::new(&options.folder);
    let mut place = state.read(remote.url(), options.production.as_deref())?;
    let mut outcome = PullOutcome {
        went_on: (place.stage, place.question, place.page) != (0, 0, 1),
        ..PullOutcome::default()
    };
    let production = match &options.production {
        Some(name) => Some(find(remote, name).await?),
        None => None,
    };
    let stages = stages();
    let progress = Progress::start(0);
    while let Some(stage) = stages.get(place.stage) {
        progress.next(format!(
            "{}{}",
            stage.collection.name(),
            if stage.again { " (links)" } else { "" }
        ));
        run(
            app,
            remote,
            stage,
            production,
            (&state, &mut place),
            &mut outcome,
            &progress,
        )
        .await?;
        if stage.collection == Collection::Projects {
            settings::bring(app, remote, production).await?;
        }
        place = PullPlace {
            stage: place.stage + 1,
            question: 0,
            page: 1,
            ..place
        };
        state.write(&place)?;
    }
    progress.finish();
    app.database.analyze().await?;
    if !options.without_files {
        outcome.files = Some(files::fetch(app, remote, production, options.workers).await?);
    }
    state.clear()?;
    Ok(outcome)
}

/// The id of a production of the other instance, by its name.
///
/// # Errors
/// It has none of that name, or does not answer.
pub(super) async fn find(remote: &Remote, name: &str) -> Result<Uuid, PullError> {
    let found = page(remote, "projects", &Some(("name".to_owned(), name.to_owned())), 1).await?;
    let named = |row: &&ForeignRow| row.get("name").and_then(Value::as_str) == Some(name);
    let id = |row: &ForeignRow| row.get("id")?.as_str()?.parse().ok();
    found
        .rows
        .iter()
        .filter(named)
        .find_map(id)
        .ok_or_else(|| PullError::NoProduction(name.to_owned(), "there"))
}

/// One pass over a collection, from the place on.
async fn run(
    app: &App,
    remote: &Remote,
    stage: &Stage,
    production: Option<Uuid>,
    (state, place): (&PullState, &mut PullPlace),
    outcome: &mut PullOutcome,
    progress: &Progress,
) -> Result<(), PullError> {
    let filters: Vec<RowFilter> = scope::filters(&app.database, stage.table().name, production).await?;
    let name = stage.collection.name();
    while let Some(filter) = filters.get(place.question) {
        let RowPage { rows, pages, .. } = match page(remote, name, filter, place.page).await {
            Err(error @ RemoteError::Refused { .. }) if error.is_missing() && place.page == 1 => {
                outcome.not_offered.push(name.to_owned());
                return Ok(());
            }
            found => found?,
        };
        let count = rows.len();
        store(app, stage, rows, outcome).await?;
        outcome.rows += count as u64;
        progress.more(count);
        *place = if place.page < pages {
            PullPlace {
                page: place.page + 1,
                ..place.clone()
            }
        } else {
            PullPlace {
                question: place.question + 1,
                page: 1,
                ..place.clone()
            }
        };
        state.write(place)?;
    }
    Ok(())
}

/// Stores the rows of a page in one transaction; or those that can be, when some are refused.
async fn store(
    app: &App,
    stage: &Stage,
    mut rows: Vec<ForeignRow>,
    outcome: &mut PullOutcome,
) -> Result<(), PullError> {
    rows.iter_mut().for_each(|row| stage.cut(row));
    let keep = |rows: Vec<ForeignRow>| async move {
        transact(app, || import(app, None, stage.source(), rows.clone(), true)).await
    };
    let Err(failure) = keep(rows.clone()).await else {
        return Ok(());
    };
    // A database that does not answer refuses every row.
    app.database
        .row(&crate::database::Sql::new("SELECT 1"))
        .await
        .map_err(|_| PullError::refused(failure))?;
    for row in rows {
        let id = row.get("id").map(ToString::to_string).unwrap_or_default();
        if let Err(failure) = keep(vec![row]).await {
            let (count, named) = outcome.refused.entry(stage.collection.name().to_owned()).or_default();
            *count += 1;
            if named.len() < NAMED {
                named.push(format!("{id}: {}", PullError::refused(failure)));
            }
        }
    }
    Ok(())
}
