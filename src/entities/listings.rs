//! Plain lists that several kinds of entities have in the same way.

use dailies_definitions::access::{Caller, EntityReader, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use uuid::Uuid;

use super::criteria;
use super::episode_choice::EpisodeChoice;
use super::layouts::EntityLayout;
use super::rows::{Listing, PROJECT_NAME, RELATIONS, SEQUENCE_NAME, find_entity};
use super::with_tasks::{self, ListingOptions, Request};
use crate::access::entities::{Scope, own_entities};
use crate::app::App;
use crate::database::{Sent, Sql};
use crate::vocabulary::kinds::EntityKind;

/// The entities of a kind that the caller sees and that every filter of the query keeps, save for those that the listing
/// sees to itself.
///
/// # Errors
/// 400 for a value that its column can't have.
pub(super) async fn filtered(
    app: &App,
    scope: &Scope,
    kind: EntityKind,
    query: &Query,
    save_for: &[&str],
) -> Result<Listing, Failure> {
    let mut listing = Listing::new(&app.database, scope, kind).await?;
    criteria::add(&mut listing.conditions, query, save_for)?;
    if query.get("assigned_to").is_some() {
        listing.conditions.push(" AND (");
        own_entities(&mut listing.conditions, kind, scope.person());
        listing.conditions.push(")");
    }
    Ok(listing)
}

/// The same with the name of the production.
///
/// # Errors
/// As [`filtered`].
pub(super) async fn with_project(
    app: &App,
    scope: &Scope,
    kind: EntityKind,
    query: &Query,
) -> Result<Listing, Failure> {
    let mut listing = filtered(app, scope, kind, query, &[]).await?;
    listing.joins = "JOIN project p ON p.id = e.project_id";
    listing.extras = &[PROJECT_NAME];
    Ok(listing)
}

/// The entities of a layout with their tasks, of the episode that is chosen. `main` is the condition on what belongs to no episode,
/// `one` that on what belongs to the one whose id follows.
///
/// # Errors
/// The database does not answer.
pub(super) async fn of_chosen_episode(
    app: &App,
    caller: &Caller,
    layout: &'static EntityLayout,
    options: ListingOptions,
    main: &str,
    one: &str,
) -> Result<with_tasks::Listing, Failure> {
    let scope = Scope::named(app, caller, options.project_id).await?;
    let mut request = Request::listing(layout, scope, &options);
    match options.episode {
        None | Some(EpisodeChoice::All) => {}
        Some(EpisodeChoice::Main) => {
            request.conditions.push(main);
        }
        Some(EpisodeChoice::One(episode_id)) => {
            request.conditions.push(one).bind(episode_id);
        }
    }
    request.load(&app.database).await
}

/// The shots, or the scenes that are in a sequence, with the names of sequence and production. A shot may stand alone.
///
/// # Errors
/// As [`filtered`].
pub(super) async fn in_sequences(
    app: &App,
    scope: &Scope,
    kind: EntityKind,
    query: &Query,
    save_for: &[&str],
) -> Result<Listing, Failure> {
    let mut listing = filtered(app, scope, kind, query, save_for).await?;
    name_sequences(&mut listing);
    if kind == EntityKind::Shot {
        listing.joins = "LEFT JOIN entity sq ON sq.id = e.parent_id JOIN project p ON p.id = e.project_id";
    }
    Ok(listing)
}

/// Keeps the entities that are in a sequence, and adds its name and that of the production.
pub(super) fn name_sequences(listing: &mut Listing) {
    listing.joins = "JOIN entity sq ON sq.id = e.parent_id JOIN project p ON p.id = e.project_id";
    listing.extras = &[PROJECT_NAME, SEQUENCE_NAME];
}

/// The entities of a kind in a production.
///
/// # Errors
/// The database does not answer.
pub(super) async fn of_project(app: &App, access: &ProjectMember, kind: EntityKind) -> Result<Sent, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    Listing::new(&app.database, &scope, kind)
        .await?
        .send(&app.database)
        .await
}

/// The entities of a kind in an episode, for whoever reads it; where `relations` is set, with the ids of all that they are
/// linked with.
///
/// # Errors
/// 404 when there is no such episode.
pub(super) async fn of_episode(
    app: &App,
    access: &EntityReader,
    kind: EntityKind,
    episode_id: Uuid,
    conditions: Sql,
    relations: bool,
) -> Result<Sent, Failure> {
    find_entity(&app.database, episode_id, EntityKind::Episode).await?;
    let mut listing = within(app, access, kind, conditions).await?;
    listing.relations = if relations { &RELATIONS } else { &[] };
    listing.send(&app.database).await
}

/// The entities of a kind within another one, for whoever reads that one: all of them, without the metadata that the caller
/// may not see.
///
/// # Errors
/// The database does not answer.
pub(super) async fn within(
    app: &App,
    access: &EntityReader,
    kind: EntityKind,
    conditions: Sql,
) -> Result<Listing, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    let mut listing = Listing::unrestricted(kind, conditions);
    listing.mask(&app.database, &scope).await?;
    Ok(listing)
}
