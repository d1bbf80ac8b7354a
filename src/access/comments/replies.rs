//! Replies to comments, which lie within them: what of them somebody does not see.

use std::collections::HashSet;

use dailies_definitions::access::Role;
use dailies_definitions::query::parse_id;
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Value;
use uuid::Uuid;

use super::{READ_REPLY, Seen, Viewer, by_client};
use crate::database::{self, Sql};

/// Replies of clients that somebody does not see, within the comments of a production that they read.
#[derive(Clone, Debug)]
pub struct ReplyMask {
    viewer: Viewer,
    /// Those who are clients of the production.
    clients: HashSet<Uuid>,
}

impl ReplyMask {
    /// The mask for a viewer, where these persons are clients of the production; none where every reply is seen.
    #[must_use]
    pub fn new(viewer: Viewer, clients: impl IntoIterator<Item = Uuid>) -> Option<Self> {
        let of_another_client = Seen { author_id: Uuid::nil(), author_role: Role::Client, for_client: false };
        (!viewer.may(&READ_REPLY, of_another_client)).then(|| Self { viewer, clients: clients.into_iter().collect() })
    }

    /// The same, with the clients of a production looked up where it matters.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(connection: &impl ConnectionTrait, viewer: Viewer, project_id: Option<Uuid>) -> Result<Option<Self>, DbErr> {
        let Some(mask) = Self::new(viewer, []) else { return Ok(None) };
        let mut sql = Sql::default();
        let project = sql.slot(project_id);
        sql.push(&format!("SELECT p.id FROM person p WHERE {}", by_client("p.id", &project)));
        Ok(Some(Self { clients: database::ids(connection, &sql).await?, ..mask }))
    }

    /// Leaves out of a list of replies what is not seen, and gives the ids of the replies that went.
    pub fn apply(&self, replies: &mut Value) -> HashSet<Uuid> {
        let id_of = |reply: &Value, key: &str| reply[key].as_str().and_then(parse_id);
        let mut gone = HashSet::new();
        if let Some(replies) = replies.as_array_mut() {
            replies.retain(|reply| {
                let sees = id_of(reply, "person_id").is_none_or(|author_id| self.sees(author_id));
                if !sees {
                    gone.extend(id_of(reply, "id"));
                }
                sees
            });
        }
        gone
    }

    fn sees(&self, author_id: Uuid) -> bool {
        let author_role = if self.clients.contains(&author_id) { Role::Client } else { Role::Artist };
        self.viewer.may(&READ_REPLY, Seen { author_id, author_role, for_client: false })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::access::ProjectRole;

    fn seen_by(role: Role, clients_isolated: bool) -> Vec<String> {
        let [own, client, manager] = [1, 2, 3].map(Uuid::from_u128);
        let viewer = Viewer { person_id: own, place: ProjectRole { role, in_team: true }, clients_isolated };
        let reply = |text: &str, person_id: Uuid| json!({"id": person_id, "text": text, "person_id": person_id});
        let mut replies = json!([reply("own", own), reply("client", client), reply("manager", manager), {"text": "old"}]);
        if let Some(mask) = ReplyMask::new(viewer, [client]) {
            assert_eq!(mask.apply(&mut replies), HashSet::from([client]));
        }
        replies.as_array().into_iter().flatten().filter_map(|reply| reply["text"].as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn words_of_clients_are_for_those_who_run_the_production() {
        for role in [Role::Admin, Role::Manager, Role::Supervisor] {
            assert_eq!(seen_by(role, true).len(), 4);
        }
        for role in [Role::Artist, Role::Vendor] {
            assert_eq!(seen_by(role, false), ["own", "manager", "old"]);
        }
        assert_eq!(seen_by(Role::Client, false).len(), 4);
        assert_eq!(seen_by(Role::Client, true), ["own", "manager", "old"]);
    }
}
