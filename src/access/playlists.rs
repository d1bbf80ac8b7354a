//! Playlists: who sees, keeps and lists them.

use dailies_definitions::access::{Caller, Person, ProjectMember, Role};
use dailies_definitions::failure::Failure;
use entity::playlist::Entry;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use serde_json::Value;
use uuid::Uuid;

use super::reach::Reach;
use super::roles::{ProjectRole, join_place, place_columns, read_place, role_in};
use super::rule::{QueriedRecords, Rule, STAFF};
use crate::database::{self, Sql};

/// Facts of a playlist that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaylistFact {
    /// It is meant for clients.
    ForClient,
    /// The person made it, or it is not known who did.
    OwnOrNobodys,
}

/// Rule about one playlist.
pub type PlaylistRule = Rule<PlaylistFact>;

/// `playlist-reader`: the team without vendors; clients when it is meant for them.
pub const READ: PlaylistRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    Rule::All(&[Rule::Team(&[Role::Client]), Rule::Fact(PlaylistFact::ForClient)]),
]);

/// `playlist-keeper`: managers, and supervisors unless somebody else made it.
pub const KEEP: PlaylistRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&[Role::Manager]),
    Rule::All(&[Rule::Team(&[Role::Supervisor]), Rule::Fact(PlaylistFact::OwnOrNobodys)]),
]);

/// `build-viewer`: managers, and clients when it is meant for them.
pub const VIEW_BUILDS: PlaylistRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&[Role::Manager]),
    Rule::All(&[Rule::Team(&[Role::Client]), Rule::Fact(PlaylistFact::ForClient)]),
]);

/// `playlist-downloader`: managers and supervisors, and clients when it is meant for them.
pub const DOWNLOAD: PlaylistRule = Rule::Any(&[VIEW_BUILDS, Rule::Team(&[Role::Supervisor])]);

/// Relation of the caller to a playlist.
#[derive(Clone, Copy, Debug)]
pub struct PlaylistRelation {
    pub project_id: Option<Uuid>,
    /// Role of the caller in the production.
    pub role: ProjectRole,
    for_client: bool,
    own: bool,
}

impl PlaylistRelation {
    /// True if a rule allows it.
    #[must_use]
    pub fn allows(&self, rule: &PlaylistRule) -> bool {
        rule.allows(self.role, &|fact| match fact {
            PlaylistFact::ForClient => self.for_client,
            PlaylistFact::OwnOrNobodys => self.own,
        })
    }
}

/// Relation of the caller to a playlist, once a rule lets the caller in.
///
/// # Errors
/// 404 when there is no such playlist, 403 when the rule does not let the caller in.
pub async fn require(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: Uuid,
    rule: &PlaylistRule,
) -> Result<PlaylistRelation, Failure> {
    let relation = relation(connection, caller, id).await?;
    if relation.allows(rule) {
        Ok(relation)
    } else {
        Err(Failure::forbidden())
    }
}

/// The same for those who manage the production.
///
/// # Errors
/// 404 when there is no such playlist, 403 for everybody else.
pub async fn require_manager(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: Uuid,
) -> Result<PlaylistRelation, Failure> {
    let relation = relation(connection, caller, id).await?;
    if relation.role.is_manager() {
        Ok(relation)
    } else {
        Err(Failure::forbidden())
    }
}

/// Refuses a playlist that is not meant for clients to those who are let in to its production as clients.
///
/// # Errors
/// 403 for them, and for vendors.
pub fn require_reader(access: &ProjectMember, for_client: bool) -> Result<(), Failure> {
    let place = ProjectRole {
        role: access.role(),
        in_team: true,
    };
    READ.require(place, &|fact| fact == PlaylistFact::ForClient && for_client)
}

#[derive(FromQueryResult)]
struct Facts {
    project_id: Option<Uuid>,
    for_client: Option<bool>,
    created_by: Option<Uuid>,
    member_id: Option<Uuid>,
    team_role: Option<String>,
}

async fn relation(connection: &impl ConnectionTrait, caller: &Caller, id: Uuid) -> Result<PlaylistRelation, Failure> {
    let sql = Sql::with(
        format!(
            "SELECT y.project_id, y.for_client, y.created_by, l.person_id AS member_id, l.role AS team_role FROM playlist y {} WHERE y.id = $2",
            join_place("l", "y.project_id", "$1")
        ),
        [caller.person.id.into(), id.into()],
    );
    let facts = database::read_one::<Facts>(connection, &sql)
        .await?
        .ok_or_else(Failure::not_found)?;
    Ok(PlaylistRelation {
        project_id: facts.project_id,
        role: role_in(
            caller.person.role,
            facts.member_id.is_some(),
            facts.team_role.as_deref(),
        ),
        for_client: facts.for_client.unwrap_or_default(),
        own: facts.created_by.is_none_or(|creator| creator == caller.person.id),
    })
}

/// True if a person sees a playlist, and so may be in the review room of it.
///
/// # Errors
/// The database does not answer.
pub async fn may_read(connection: &impl ConnectionTrait, person_id: Uuid, playlist_id: Uuid) -> Result<bool, DbErr> {
    let sql = Sql::with(
        format!(
            "SELECT y.for_client, {} FROM playlist y JOIN person a ON a.id = $1 {} WHERE y.id = $2",
            place_columns("reader", "a", "l"),
            join_place("l", "y.project_id", "a.id")
        ),
        [person_id.into(), playlist_id.into()],
    );
    let Some(row) = database::row(connection, &sql).await? else {
        return Ok(false);
    };
    let for_client = row.try_get::<Option<bool>>("", "for_client")?.unwrap_or_default();
    Ok(READ.allows(read_place(&row, "reader")?, &|fact| {
        fact == PlaylistFact::ForClient && for_client
    }))
}

/// Playlists of a query, whose table has this name there.
#[derive(Clone, Copy, Debug)]
pub struct Playlists(pub &'static str);

impl QueriedRecords<PlaylistFact> for Playlists {
    fn project(&self) -> String {
        format!("{}.project_id", self.0)
    }

    fn push(&self, sql: &mut Sql, person: &Person, fact: PlaylistFact) {
        let table = self.0;
        match fact {
            PlaylistFact::ForClient => {
                sql.push(&format!("{table}.for_client = ")).bind(true);
            }
            PlaylistFact::OwnOrNobodys => {
                sql.push(&format!("({table}.created_by IS NULL OR {table}.created_by = "))
                    .bind(person.id)
                    .push(")");
            }
        }
    }
}

/// Adds the condition that a playlist of a production may show the previews `p` of tasks `t`, with `AND` before it: those of
/// the production, and of an entity that another production shares the main one.
pub fn restrict_previews(sql: &mut Sql, project_id: Option<Uuid>) {
    sql.push(" AND (t.project_id = ").bind(project_id);
    sql.push(" OR EXISTS (SELECT 1 FROM entity sh WHERE sh.id = t.entity_id AND sh.preview_file_id = p.id AND sh.is_shared = ")
        .bind(true)
        .push("))");
}

/// The entries of a playlist.
///
/// # Errors
/// 404 when the playlist is gone.
pub async fn stored_entries(connection: &impl ConnectionTrait, playlist_id: Uuid) -> Result<Vec<Entry>, Failure> {
    let sql = Sql::with("SELECT shots FROM playlist WHERE id = $1", [playlist_id.into()]);
    let shots: Option<Value> = database::read_value(connection, &sql)
        .await?
        .ok_or_else(Failure::not_found)?;
    Ok(Entry::all(shots.as_ref()))
}

/// The playlists that somebody gets to see in a list.
#[derive(Clone, Debug)]
pub struct VisiblePlaylists(Reach);

impl VisiblePlaylists {
    /// Those of a reach.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self(reach)
    }

    /// True if nothing is to be seen, whatever there is.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        READ.always(&self.0) == Some(false)
    }

    /// Adds the conditions on the playlists of a table, each with `AND` before it.
    pub fn restrict(&self, sql: &mut Sql, table: &'static str) {
        self.0.keep(sql, &format!("{table}.project_id"));
        READ.restrict(sql, &self.0, &Playlists(table));
    }
}
