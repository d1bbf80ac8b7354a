//! The handlers of the tag *Search*.

use std::sync::Arc;

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{SearchRequest, SearchResults};
use dailies_definitions::search::Search;
use uuid::Uuid;

use super::matching::Question;
use super::ranking::{HitPage, SeenShelf, rank};
use super::results;
use super::shelves::{self, Shelves};
use crate::access::entities::Scope;
use crate::app::{App, SharedApp};
use crate::conditional::ProductionMarks;
use crate::config::CacheType;
use crate::vocabulary::kinds::EntityKind;

/// Fewest letters that are searched for.
const SHORTEST_QUERY: usize = 3;
/// Most records of a kind in an answer that does not say how many.
const USUAL_PAGE: usize = 3;
/// Most records of a kind in any answer.
const LARGEST_PAGE: usize = 1000;

/// Serves the search.
pub struct SearchHandlers {
    app: SharedApp,
    shelves: Shelves,
}

impl SearchHandlers {
    /// One that keeps what it looks through as far as the settings allow it.
    #[must_use]
    pub fn new(app: SharedApp) -> Self {
        let is_kept = app.settings.cache_type != Some(CacheType::Null);
        let shelves = Shelves::new(if is_kept { app.settings.cache_memory } else { 0 });
        Self { app, shelves }
    }
}

#[async_trait]
impl Search for SearchHandlers {
    async fn search(&self, access: Caller, body: SearchRequest) -> Result<Json<SearchResults>, Failure> {
        self.answer(&access, &body).await.map(Json::written)
    }
}

/// Place that assets and shots are looked for in.
struct SearchPlace {
    scope: Scope,
    productions: Vec<Uuid>,
    marks: Option<ProductionMarks>,
}

impl SearchHandlers {
    async fn answer(&self, caller: &Caller, body: &SearchRequest) -> Result<Vec<u8>, Failure> {
        if body.query.chars().count() < SHORTEST_QUERY {
            return Ok(b"{}".to_vec());
        }
        let app: &App = &self.app;
        let question = Question::new(&body.query);
        let number = |number: Option<i32>, default| {
            number
                .and_then(|number| usize::try_from(number).ok())
                .unwrap_or(default)
        };
        let page = HitPage {
            offset: number(body.offset, 0),
            limit: number(body.limit, USUAL_PAGE).min(LARGEST_PAGE),
        };
        let asked = |index: &str| {
            body.index_names
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name == index))
        };
        let mut lists = Vec::new();
        if asked("assets") || asked("shots") {
            // Marks are read before what they speak of.
            let marks = self.shelves.marks(app).await?;
            let scope = Scope::open_teams(app, caller).await?;
            let productions = shelves::productions(&app.database, &scope, body.project_id).await?;
            let place = SearchPlace {
                scope,
                productions,
                marks,
            };
            for (index, kind) in [("assets", EntityKind::Asset), ("shots", EntityKind::Shot)] {
                if asked(index) {
                    lists.push((index, self.entities(kind, &place, &question, page).await?));
                }
            }
        }
        if asked("persons") {
            let persons = SeenShelf::whole(shelves::persons(&app.database, caller).await?);
            let hits = rank(&question, &[persons], page);
            lists.push(("persons", results::persons(&app.database, caller, &hits).await?));
        }
        Ok(object(&lists))
    }

    async fn entities(
        &self,
        kind: EntityKind,
        place: &SearchPlace,
        question: &Question,
        page: HitPage,
    ) -> Result<Vec<u8>, Failure> {
        let SearchPlace {
            scope,
            productions,
            marks,
        } = place;
        let database = &self.app.database;
        let masks = scope.masks(database, kind).await?;
        let visible = if scope.is_narrowed() {
            Some(Arc::new(shelves::visible(database, kind, scope, productions).await?))
        } else {
            None
        };
        let shelves = self.shelves.of(database, kind, productions, marks.as_ref()).await?;
        let seen: Vec<SeenShelf> = shelves
            .into_iter()
            .map(|(production, shelf)| SeenShelf {
                hidden: shelf.fields_named(masks.of_project(production)),
                shelf,
                visible: visible.clone(),
            })
            .collect();
        let hits = rank(question, &seen, page);
        results::entities(database, kind, masks, &hits).await
    }
}

fn object(lists: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"{".to_vec();
    for (at, (name, list)) in lists.iter().enumerate() {
        out.extend_from_slice(format!("{}\"{name}\":", if at > 0 { "," } else { "" }).as_bytes());
        out.extend_from_slice(list);
    }
    out.push(b'}');
    out
}
