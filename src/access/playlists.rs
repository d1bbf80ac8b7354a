//! Playlists: who sees, keeps and lists them.

use dailies_definitions::access::{Person, Role};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::reach::Reach;
use super::roles::{join_place, place_columns, read_place};
use super::rule::{Ground, Rule, STAFF};
use crate::database::{self, Sql};

/// What rules ask of a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaylistFact {
    /// It is meant for clients.
    ForClient,
    /// The person made it, or it is not known who did.
    OwnOrNobodys,
}

pub type PlaylistRule = Rule<PlaylistFact>;

/// `playlist-reader`: the team without vendors; clients when it is meant for them.
pub const READ: PlaylistRule =
    Rule::Any(&[Rule::Admin, Rule::Team(&STAFF), Rule::All(&[Rule::Team(&[Role::Client]), Rule::Fact(PlaylistFact::ForClient)])]);

/// `playlist-keeper`: managers, and supervisors unless somebody else made it.
pub const KEEP: PlaylistRule =
    Rule::Any(&[Rule::Admin, Rule::Team(&[Role::Manager]), Rule::All(&[Rule::Team(&[Role::Supervisor]), Rule::Fact(PlaylistFact::OwnOrNobodys)])]);

/// Whether a person sees a playlist, and so may be in the review room of it.
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
    let Some(row) = database::row(connection, &sql).await? else { return Ok(false) };
    let for_client = row.try_get::<Option<bool>>("", "for_client")?.unwrap_or_default();
    Ok(READ.allows(read_place(&row, "reader")?, &|fact| fact == PlaylistFact::ForClient && for_client))
}

/// Playlists of a query, whose table has this name there.
#[derive(Clone, Copy, Debug)]
pub struct Playlists(pub &'static str);

impl Ground<PlaylistFact> for Playlists {
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
                sql.push(&format!("({table}.created_by IS NULL OR {table}.created_by = ")).bind(person.id).push(")");
            }
        }
    }
}

/// The playlists that somebody gets to see in a list.
#[derive(Clone, Debug)]
pub struct Visible(Reach);

impl Visible {
    /// Those of a reach.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self(reach)
    }

    /// Whether nothing is to be seen, whatever there is.
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
