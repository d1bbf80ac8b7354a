//! The handlers of the tag *Search*.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{SearchRequest, SearchResults};
use dailies_definitions::search::Search;
use uuid::Uuid;

use super::documents;
use super::matching::Question;
use super::ranking::{HitPage, rank};
use super::results;
use crate::access::entities::Scope;
use crate::app::{App, SharedApp};
use crate::vocabulary::kinds::EntityKind;

/// Fewest letters that are searched for.
const SHORTEST_QUERY: usize = 3;
/// Most records of a kind in an answer that does not say how many.
const USUAL_PAGE: usize = 3;
/// Most records of a kind in any answer.
const LARGEST_PAGE: usize = 1000;

/// Serves the search.
pub struct SearchHandlers(pub SharedApp);

#[async_trait]
impl Search for SearchHandlers {
    async fn search(&self, access: Caller, body: SearchRequest) -> Result<Json<SearchResults>, Failure> {
        search(&self.0, &access, &body).await.map(Json::written)
    }
}

async fn search(app: &App, caller: &Caller, body: &SearchRequest) -> Result<Vec<u8>, Failure> {
    if body.query.chars().count() < SHORTEST_QUERY {
        return Ok(b"{}".to_vec());
    }
    let mut question = Question::new(&body.query);
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
        let scope = Scope::open_teams(app, caller).await?;
        for (index, kind) in [("assets", EntityKind::Asset), ("shots", EntityKind::Shot)] {
            if asked(index) {
                lists.push((
                    index,
                    entities(app, kind, &scope, body.project_id, &mut question, page).await?,
                ));
            }
        }
    }
    if asked("persons") {
        let hits = rank(&mut question, &documents::persons(&app.database, caller).await?, page);
        lists.push(("persons", results::persons(&app.database, caller, &hits).await?));
    }
    Ok(object(&lists))
}

async fn entities(
    app: &App,
    kind: EntityKind,
    scope: &Scope,
    project_id: Option<Uuid>,
    question: &mut Question,
    page: HitPage,
) -> Result<Vec<u8>, Failure> {
    let masks = scope.masks(&app.database, kind).await?;
    let documents = documents::entities(&app.database, kind, scope, project_id, &masks).await?;
    let hits = rank(question, &documents, page);
    results::entities(&app.database, kind, masks, &hits).await
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
