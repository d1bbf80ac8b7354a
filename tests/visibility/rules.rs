//! Conditions of lists, held against the decisions about single records.

use std::collections::BTreeSet;

use dailies::access::comments::{self, CommentRule, Comments};
use dailies::access::entities::{self, Entities, EntityRule};
use dailies::access::playlists;
use dailies::access::records::{RecordSubject, Statement, require_record, statement};
use dailies::access::role_in;
use dailies::access::tasks::{self, TaskRule, Tasks};
use dailies::database::Sql;
use dailies_definitions::access::Role;
use dailies_definitions::rules::RecordRule;
use rstest::rstest;
use uuid::Uuid;

use super::crowd::{Crowd, IN_TEAM};
use harness::{On, rows};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_tasks_and_single_tasks_follow_the_same_rule(#[values(On::Sqlite, On::Postgres)] on: On) {
    let crowd = Crowd::gather(on).await;
    let database = &crowd.studio.server.app.database;
    let rules: Vec<(RecordRule, &TaskRule)> = RecordRule::ALL
        .into_iter()
        .filter_map(|rule| match statement(rule) {
            Statement::Task(stated) => Some((rule, stated)),
            _ => None,
        })
        .collect();
    assert!(rules.len() > 6);
    let mut seen = 0;
    for caller in &crowd.callers {
        let relations = tasks::relations(database, caller, &crowd.tasks)
            .await
            .expect("relations");
        let reaches = crowd.reaches(caller).await;
        for (name, rule) in &rules {
            let allowed: BTreeSet<Uuid> = relations
                .values()
                .filter(|task| task.allows(rule))
                .map(|task| task.task_id)
                .collect();
            // The last one: the query looks the teams up itself.
            for reach in reaches.iter().map(Some).chain([None]) {
                let mut sql = Sql::new("SELECT t.id FROM task t WHERE 1 = 1");
                match reach {
                    Some(reach) => rule.restrict(&mut sql, reach, &Tasks("t")),
                    None => rule.restrict_in_teams(&mut sql, &caller.person, &Tasks("t")),
                }
                assert_eq!(
                    crowd.ids(&sql).await,
                    allowed,
                    "{} for {:?}",
                    name.name(),
                    caller.person
                );
                seen += allowed.len();
            }
        }
    }
    assert!(seen > 1000, "the rules were asked of almost nothing");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_entities_and_single_entities_follow_the_same_rule(#[values(On::Sqlite, On::Postgres)] on: On) {
    let crowd = Crowd::gather(on).await;
    let database = &crowd.studio.server.app.database;
    let rules: Vec<&EntityRule> = RecordRule::ALL
        .into_iter()
        .filter_map(|rule| match statement(rule) {
            Statement::Entity(stated) => Some(stated),
            _ => None,
        })
        .collect();
    assert!(rules.len() > 3);
    for caller in &crowd.callers {
        let mut relations = Vec::new();
        for entity in &crowd.entities {
            relations.push((
                *entity,
                entities::relation(database, caller, *entity).await.expect("a relation"),
            ));
        }
        let reach = &crowd.reaches(caller).await[0];
        for rule in &rules {
            let mut sql = Sql::new("SELECT e.id FROM entity e WHERE 1 = 1");
            rule.restrict(&mut sql, reach, &Entities { table: "e", kind: None });
            let allowed: BTreeSet<Uuid> = relations
                .iter()
                .filter(|(_, relation)| relation.allows(rule))
                .map(|(id, _)| *id)
                .collect();
            assert_eq!(crowd.ids(&sql).await, allowed, "{rule:?} for {:?}", caller.person);
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_comments_and_single_comments_follow_the_same_rule(#[values(On::Sqlite, On::Postgres)] on: On) {
    let crowd = Crowd::gather(on).await;
    let database = &crowd.studio.server.app.database;
    let columns = Comments {
        id: "c.id",
        author: "c.person_id",
        for_client: "c.for_client",
        project: "t.project_id",
        entity: "t.entity_id",
    };
    let rules: [&CommentRule; 4] = [
        &comments::READ,
        &comments::KEEP,
        &comments::KEEP_REPLY,
        &comments::KNOW_AUTHOR,
    ];
    for isolated in [false, true] {
        rows::update(
            database,
            &entity::project::TABLE,
            crowd.studio.project_id,
            vec![("is_clients_isolated", isolated.into())],
        )
        .await
        .expect("a change");
        // A few of each kind of author are enough for everybody to look at.
        for caller in &crowd.callers {
            let mut subjects = Vec::new();
            for comment in crowd.comments.iter().step_by(3) {
                subjects.push(
                    comments::CommentSubject::find(database, caller, *comment)
                        .await
                        .expect("a comment"),
                );
            }
            let looked_at: BTreeSet<Uuid> = subjects.iter().map(|subject| subject.id).collect();
            let reach = &crowd.reaches(caller).await[0];
            for rule in rules {
                let mut sql = Sql::new("SELECT c.id FROM comment c JOIN task t ON t.id = c.object_id WHERE 1 = 1");
                rule.restrict(&mut sql, reach, &columns);
                let listed: BTreeSet<Uuid> = crowd.ids(&sql).await.intersection(&looked_at).copied().collect();
                let allowed: BTreeSet<Uuid> = subjects
                    .iter()
                    .filter(|subject| subject.allows(caller, rule))
                    .map(|subject| subject.id)
                    .collect();
                assert_eq!(
                    listed, allowed,
                    "{rule:?} for {:?}, clients kept apart: {isolated}",
                    caller.person
                );
            }
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_playlists_and_single_playlists_follow_the_same_rule(#[values(On::Sqlite, On::Postgres)] on: On) {
    let crowd = Crowd::gather(on).await;
    let database = &crowd.studio.server.app.database;
    let project_id = Some(crowd.studio.project_id);
    for caller in &crowd.callers {
        let mut sql = Sql::new("SELECT p.id FROM playlist p WHERE 1 = 1");
        playlists::VisiblePlaylists::new(crowd.reaches(caller).await.remove(0)).restrict(&mut sql, "p");
        let mut allowed = BTreeSet::new();
        for (id, for_client, creator) in crowd.playlists.iter().step_by(5) {
            let subject = RecordSubject::Playlist {
                project_id,
                for_client: *for_client,
                created_by: Some(*creator),
            };
            if require_record(database, caller, RecordRule::PlaylistReader, subject)
                .await
                .is_ok()
            {
                allowed.insert(*id);
            }
            // Whoever sees a playlist may be in its review room, and nobody else.
            assert_eq!(
                playlists::may_read(database, caller.person.id, *id)
                    .await
                    .expect("an answer"),
                allowed.contains(id)
            );
        }
        let looked_at: BTreeSet<Uuid> = crowd.playlists.iter().step_by(5).map(|(id, ..)| *id).collect();
        let listed: BTreeSet<Uuid> = crowd.ids(&sql).await.intersection(&looked_at).copied().collect();
        assert_eq!(listed, allowed, "for {:?}", caller.person);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_role_in_a_production_is_the_same_in_queries_and_in_decisions(#[values(On::Sqlite, On::Postgres)] on: On) {
    let crowd = Crowd::gather(on).await;
    let mut sql = Sql::new("SELECT a.id FROM person a WHERE ");
    sql.push(&comments::by_client("a.id", "$1"));
    let sql = Sql::with(sql.text(), [crowd.studio.project_id.into()]);
    let clients = crowd.ids(&sql).await;
    let places = IN_TEAM.map(Some).into_iter().chain([None]);
    let places: Vec<_> = Role::ALL
        .into_iter()
        .flat_map(|role| places.clone().map(move |place| (role, place)))
        .collect();
    assert_eq!(places.len(), crowd.callers.len());
    for ((role, place), caller) in places.into_iter().zip(&crowd.callers) {
        let found = role_in(role, place.is_some(), place.flatten()).role;
        assert_eq!(
            clients.contains(&caller.person.id),
            found == Role::Client,
            "{role:?} as {place:?}"
        );
    }
}
