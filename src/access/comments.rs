//! Comments and the news of them: who sees which, and how much of them.

mod subject;

use dailies_definitions::access::{Caller, Person, Role};
use dailies_definitions::failure::Failure;
use uuid::Uuid;

use super::reach::Reach;
use super::roles::{ProjectRole, join_place, role_sql};
use super::rule::{ALL_BUT_CLIENTS, EVERYBODY, QueriedRecords, Rule, STAFF};
use super::tasks::worked_on_by;
use crate::database::Sql;

pub use self::subject::{CommentSubject, attachment_reader, readable_attachment};

/// Facts of a comment that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentFact {
    /// The person wrote it.
    Own,
    /// Its author is a client of the production.
    ByClient,
    /// It is meant for clients.
    ForClient,
    /// Clients of the production see each other.
    ClientsMeet,
    /// Previews came with it.
    WithPreviews,
    /// The person works on the entity of its task.
    WorksOnEntity,
}

/// Rule about one comment.
pub type CommentRule = Rule<CommentFact>;

/// Comments that clients read: what is meant for them, what they wrote themselves, and what other clients wrote unless
/// they are kept apart.
const CLIENTS_READ: CommentRule = Rule::Any(&[
    Rule::Fact(CommentFact::ForClient),
    Rule::Fact(CommentFact::Own),
    Rule::All(&[Rule::Fact(CommentFact::ByClient), Rule::Fact(CommentFact::ClientsMeet)]),
]);

/// Comments that clients see: what they read, and the previews that came with the words of the team.
const CLIENTS_SEE: CommentRule = Rule::Any(&[
    CLIENTS_READ,
    Rule::All(&[Rule::Not(CommentFact::ByClient), Rule::Fact(CommentFact::WithPreviews)]),
]);

/// Rule about who sees a comment whole. What clients write is between them and whoever runs the production.
pub const READ: CommentRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&[Role::Manager, Role::Supervisor]),
    Rule::All(&[
        Rule::Team(&[Role::Artist, Role::Vendor]),
        Rule::Any(&[Rule::Fact(CommentFact::Own), Rule::Not(CommentFact::ByClient)]),
    ]),
    Rule::All(&[Rule::Team(&[Role::Client]), CLIENTS_READ]),
]);

/// Rule about who sees anything of a comment: clients may see no more than its previews.
pub const SEE: CommentRule = Rule::Any(&[READ, Rule::All(&[Rule::Team(&[Role::Client]), CLIENTS_SEE])]);

/// `comment-keeper`: the author, as long as they are in the team, and managers.
pub const KEEP: CommentRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&[Role::Manager]),
    Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(CommentFact::Own)]),
]);

/// `reply-keeper`: the author, as long as they are in the team, and administrators.
pub const KEEP_REPLY: CommentRule = Rule::Any(&[
    Rule::Admin,
    Rule::All(&[Rule::Team(&EVERYBODY), Rule::Fact(CommentFact::Own)]),
]);

/// Rule about who is told who wrote something: clients are, of what is meant for them, and of what they or other clients wrote.
pub const KNOW_AUTHOR: CommentRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&ALL_BUT_CLIENTS),
    Rule::All(&[
        Rule::Team(&[Role::Client]),
        Rule::Any(&[
            Rule::Fact(CommentFact::ForClient),
            Rule::Fact(CommentFact::Own),
            Rule::Fact(CommentFact::ByClient),
        ]),
    ]),
]);

/// Rule about who is shown the news of a task: vendors when they work on the entity, clients when they see the comment.
pub const NEWS: CommentRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(CommentFact::WorksOnEntity)]),
    Rule::All(&[Rule::Team(&[Role::Client]), CLIENTS_SEE]),
]);

/// Rule about who is told that somebody wrote: vendors when they work on the entity, clients when they read it. Artists and
/// vendors are told that a client wrote, and not what.
pub const TOLD: CommentRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&STAFF),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(CommentFact::WorksOnEntity)]),
    Rule::All(&[Rule::Team(&[Role::Client]), CLIENTS_READ]),
]);

/// Extent to which somebody sees a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    Whole,
    /// The previews that came with it, and none of its words.
    Previews,
    Nothing,
}

/// Somebody who looks at the comments of a production.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    pub person_id: Uuid,
    /// Role of the person in the production.
    pub place: ProjectRole,
    /// True if clients of the production don't see each other.
    pub clients_isolated: bool,
    /// True if the person does a task of the entity that is commented.
    pub works_on_entity: bool,
}

/// Facts that decide about a comment.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub author_id: Uuid,
    /// Role of the author in the production.
    pub author_role: Role,
    pub for_client: bool,
}

impl Seen {
    /// Role for an author of whom a query told whether they are a client ([`by_client`]), and no more.
    #[must_use]
    pub fn role_of_author(by_client: bool) -> Role {
        if by_client { Role::Client } else { Role::Artist }
    }
}

impl Viewer {
    /// The caller, who holds a proof of being let in to the task with this role in its production.
    #[must_use]
    pub fn within(caller: &Caller, role: Role, clients_isolated: bool) -> Self {
        Self {
            person_id: caller.person.id,
            place: ProjectRole { role, in_team: true },
            clients_isolated,
            works_on_entity: true,
        }
    }

    /// True if a rule allows it of a comment, of which it is taken that previews came with it.
    #[must_use]
    pub fn may(&self, rule: &CommentRule, comment: Seen) -> bool {
        rule.allows(self.place, &|fact| match fact {
            CommentFact::Own => comment.author_id == self.person_id,
            CommentFact::ByClient => comment.author_role == Role::Client,
            CommentFact::ForClient => comment.for_client,
            CommentFact::ClientsMeet => !self.clients_isolated,
            CommentFact::WithPreviews => true,
            CommentFact::WorksOnEntity => self.works_on_entity,
        })
    }

    /// As [`Viewer::may`].
    ///
    /// # Errors
    /// 403 when the rule does not allow it.
    pub fn require(&self, rule: &CommentRule, comment: Seen) -> Result<(), Failure> {
        if self.may(rule, comment) {
            Ok(())
        } else {
            Err(Failure::forbidden())
        }
    }

    /// Extent to which the viewer sees the comment, if previews came with it.
    #[must_use]
    pub fn sight(&self, comment: Seen) -> Sight {
        if self.may(&READ, comment) {
            Sight::Whole
        } else if self.may(&SEE, comment) {
            Sight::Previews
        } else {
            Sight::Nothing
        }
    }

    /// True if a notification may tell of the comment.
    #[must_use]
    pub fn may_be_told(&self, comment: Seen) -> bool {
        self.may(&TOLD, comment)
    }

    /// True if a notification may tell the words of the comment.
    #[must_use]
    pub fn may_be_told_words(&self, comment: Seen) -> bool {
        self.may_be_told(comment) && self.may(&READ, comment)
    }

    /// True if the viewer is told who wrote something that is not meant for clients.
    #[must_use]
    pub fn knows(&self, author_id: Uuid, author_role: Role) -> bool {
        self.may(
            &KNOW_AUTHOR,
            Seen {
                author_id,
                author_role,
                for_client: false,
            },
        )
    }
}

/// Comments of a query, and what tells of them.
#[derive(Clone, Copy, Debug)]
pub struct Comments<'a> {
    /// Column of the comment's id.
    pub id: &'a str,
    /// Column of the author.
    pub author: &'a str,
    /// Column that says whether it is meant for clients.
    pub for_client: &'a str,
    /// Column of the production.
    pub project: &'a str,
    /// Column of the entity of the task.
    pub entity: &'a str,
}

impl QueriedRecords<CommentFact> for Comments<'_> {
    fn project(&self) -> String {
        self.project.to_owned()
    }

    fn push(&self, sql: &mut Sql, person: &Person, fact: CommentFact) {
        let Self {
            id,
            author,
            for_client,
            project,
            entity,
        } = self;
        match fact {
            CommentFact::Own => {
                sql.push(author).push(" = ").bind(person.id);
            }
            CommentFact::ByClient => {
                sql.push(&by_client(author, project));
            }
            CommentFact::ForClient => {
                sql.push(for_client).push(" = ").bind(true);
            }
            CommentFact::ClientsMeet => {
                sql.push(&format!(
                    "{project} NOT IN (SELECT q.id FROM project q WHERE q.is_clients_isolated = "
                ))
                .bind(true)
                .push(")");
            }
            CommentFact::WithPreviews => {
                sql.push(&format!(
                    "EXISTS (SELECT 1 FROM comment_preview_link v WHERE v.comment = {id})"
                ));
            }
            CommentFact::WorksOnEntity => worked_on_by(sql, entity, person.id),
        }
    }
}

/// True if somebody is told who wrote a comment in a production.
#[must_use]
pub fn may_know_author(reach: &Reach, project_id: Uuid, comment: Seen) -> bool {
    let viewer = Viewer {
        person_id: reach.person().id,
        place: reach.place(project_id),
        clients_isolated: false,
        works_on_entity: false,
    };
    viewer.may(&KNOW_AUTHOR, comment)
}

/// Condition that somebody, whose id is in a column, is a client of a production.
#[must_use]
pub fn by_client(person: &str, project: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM person wr {} WHERE wr.id = {person} AND {} = '{}')",
        join_place("wl", project, "wr.id"),
        role_sql("wr", "wl"),
        Role::Client.code()
    )
}

/// The comments, or the news of them, that somebody gets to see in a list.
#[derive(Clone, Debug)]
pub struct VisibleComments {
    reach: Reach,
    rule: CommentRule,
}

impl VisibleComments {
    /// Comments that a rule allows in a reach.
    #[must_use]
    pub fn new(reach: Reach, rule: CommentRule) -> Self {
        Self { reach, rule }
    }

    /// The productions that are looked into.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// True if everything is to be seen.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.rule.always(&self.reach) == Some(true)
    }

    /// Adds the condition, with `AND` before it.
    pub fn restrict(&self, sql: &mut Sql, comments: &Comments<'_>) {
        self.rule.restrict(sql, &self.reach, comments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(role: Role, clients_isolated: bool) -> Viewer {
        Viewer {
            person_id: Uuid::new_v4(),
            place: ProjectRole { role, in_team: true },
            clients_isolated,
            works_on_entity: true,
        }
    }

    fn sight(role: Role, isolated: bool, author_role: Role, for_client: bool) -> Sight {
        viewer(role, isolated).sight(Seen {
            author_id: Uuid::new_v4(),
            author_role,
            for_client,
        })
    }

    #[test]
    fn clients_see_what_is_meant_for_them() {
        assert_eq!(sight(Role::Client, false, Role::Artist, false), Sight::Previews);
        assert_eq!(sight(Role::Client, false, Role::Artist, true), Sight::Whole);
        assert_eq!(sight(Role::Client, false, Role::Client, false), Sight::Whole);
        assert_eq!(sight(Role::Client, true, Role::Client, false), Sight::Nothing);
        assert_eq!(sight(Role::Client, true, Role::Client, true), Sight::Whole);
    }

    #[test]
    fn artists_do_not_see_clients() {
        for viewer in [Role::Artist, Role::Vendor] {
            assert_eq!(sight(viewer, false, Role::Client, true), Sight::Nothing);
            assert_eq!(sight(viewer, false, Role::Vendor, false), Sight::Whole);
        }
        for viewer in [Role::Admin, Role::Manager, Role::Supervisor] {
            assert_eq!(sight(viewer, true, Role::Client, false), Sight::Whole);
        }
    }

    #[test]
    fn vendors_are_told_of_what_they_work_on() {
        let comment = |author_role| Seen {
            author_id: Uuid::new_v4(),
            author_role,
            for_client: false,
        };
        let at_work = viewer(Role::Vendor, false);
        let beside = Viewer {
            works_on_entity: false,
            ..at_work
        };
        let gone = Viewer {
            place: ProjectRole {
                role: Role::Vendor,
                in_team: false,
            },
            ..at_work
        };
        assert!(at_work.may_be_told(comment(Role::Artist)) && at_work.may_be_told_words(comment(Role::Artist)));
        assert!(at_work.may_be_told(comment(Role::Client)) && !at_work.may_be_told_words(comment(Role::Client)));
        for other in [beside, gone] {
            assert!(!other.may_be_told(comment(Role::Artist)) && !other.may_be_told_words(comment(Role::Artist)));
        }
        let artist = Viewer {
            works_on_entity: false,
            ..viewer(Role::Artist, false)
        };
        assert!(artist.may_be_told_words(comment(Role::Supervisor)));
    }

    #[test]
    fn the_own_comment_is_always_seen_from_within_the_team() {
        for role in Role::ALL {
            let inside = viewer(role, true);
            let outside = Viewer {
                place: ProjectRole { role, in_team: false },
                ..inside
            };
            let own = Seen {
                author_id: inside.person_id,
                author_role: role,
                for_client: false,
            };
            assert_eq!(inside.sight(own), Sight::Whole);
            assert!(inside.knows(inside.person_id, role) && inside.may(&KEEP, own));
            let runs_the_studio = role == Role::Admin;
            assert_eq!(
                (outside.sight(own) == Sight::Whole, outside.may(&KEEP, own)),
                (runs_the_studio, runs_the_studio)
            );
        }
    }
}
