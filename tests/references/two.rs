//! Two productions with two records of everything, and people who are in the team of the first one.

use std::collections::{BTreeMap, BTreeSet};

use dailies::database::{Database, Sql};
use dailies_definitions::access::Role;
use entity::TABLES;
use entity::belonging::Belonging;
use entity::facts::{Column, Table};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::concurrency::sample::{Sample, Samples, Which};
use crate::concurrency::state::rows;
use harness::rows::{insert_ignoring_duplicates, update};
use harness::{ENTITIES, Studio, contract, word};

use Which::{First, Second};

/// Columns and relations that mean other records than those of their name.
const WORDS: [(&str, &str); 14] = [
    ("attachment_files", "attachment_file"),
    ("comments", "comment"),
    ("entities_in", "shot"),
    ("entities_out", "asset"),
    ("entity_concept_links", "asset"),
    ("episode_id", "episode"),
    ("instance_casting", "asset_instance"),
    ("outputs", "output_file"),
    ("parent_id", "sequence"),
    ("previews", "preview_file"),
    ("scene_id", "scene"),
    ("shots", "shot"),
    ("source_id", "scene"),
    ("target_asset_id", "asset"),
];

/// Two productions, P and Q, with two records of everything.
pub struct Two<'a> {
    studio: &'a Studio,
    samples: Samples<'a>,
    pub p: Sample,
    pub q: Sample,
    /// The rows of Q, and how many rows refer to them.
    before: Snapshot,
}

type Snapshot = (BTreeMap<String, String>, BTreeMap<String, i64>);

impl<'a> Two<'a> {
    /// Makes both productions.
    pub async fn of(studio: &'a Studio) -> Self {
        let mut samples = Samples::of(studio).await;
        let (q, p) = (samples.fresh().await, samples.fresh().await);
        let mut two = Self {
            studio,
            samples,
            p,
            q,
            before: Snapshot::default(),
        };
        two.prepare().await;
        two
    }

    /// Begins again with another P.
    pub async fn renew(&mut self) {
        self.p = self.samples.fresh().await;
        self.prepare().await;
    }

    /// Begins again with other productions.
    pub async fn renew_both(&mut self) {
        self.q = self.samples.fresh().await;
        self.renew().await;
    }

    fn database(&self) -> &Database {
        &self.studio.server.app.database
    }

    /// Opens both, and puts people of every role into the team of P, where they do both tasks and wrote the second comment.
    async fn prepare(&mut self) {
        let database = self.database();
        let open = self.studio.named("project-status", "Open").await;
        let project = self.p.own_record("project", First).expect("a production");
        for project in [project, self.q.own_record("project", First).expect("a production")] {
            update(
                database,
                &entity::project::TABLE,
                project,
                vec![("project_status_id", open.into())],
            )
            .await
            .expect("a production");
        }
        let people: Vec<(Role, Uuid)> = self.studio.team.clone();
        let team = people
            .iter()
            .map(|(_, person)| vec![("project_id", project.into()), ("person_id", (*person).into())])
            .collect();
        insert_ignoring_duplicates(database, &entity::project_person_link::TABLE, team)
            .await
            .expect("a team");
        for which in [First, Second] {
            let task = self.p.own_record("task", which).expect("a task");
            let work = people
                .iter()
                .map(|(_, person)| vec![("task_id", task.into()), ("person_id", (*person).into())])
                .collect();
            insert_ignoring_duplicates(database, &entity::task_person_link::TABLE, work)
                .await
                .expect("assignees");
        }
        let artist = self.studio.member_id(Role::Artist);
        for (table, word) in [
            (&entity::comment::TABLE, "comment"),
            (&entity::preview_file::TABLE, "preview_file"),
        ] {
            let own = self.p.own_record(word, Second).expect("a record");
            update(database, table, own, vec![("person_id", artist.into())])
                .await
                .expect("a record of the artist");
        }
        self.before = self.look().await;
    }

    /// Records of Q that belong to the production, by label.
    fn bound(&self) -> BTreeMap<String, Uuid> {
        let bound = TABLES.iter().filter(|table| !Belonging::is_of_studio(table));
        let ids: BTreeSet<Uuid> = bound.flat_map(|table| self.q.of_table(table.name)).collect();
        self.q
            .labels()
            .into_iter()
            .filter(|(id, _)| ids.contains(id))
            .map(|(id, label)| (label, id))
            .collect()
    }

    /// Records of Q that belong to it, each with the same one of P.
    pub fn pairs(&self) -> Vec<(Uuid, Uuid)> {
        let bound = self.bound();
        let of_p = self.p.labels().into_iter();
        of_p.filter_map(|(id, label)| Some((*bound.get(&label)?, id))).collect()
    }

    /// Keys of bodies of a table's collection, each with what Q has for it.
    pub fn references(&self, table: &str, path: &str) -> Vec<(String, Value)> {
        let facts = Table::find(table).expect("a table");
        let is_bound = |column: &&Column| {
            column
                .targets()
                .iter()
                .any(|target| Belonging::of(target) != Belonging::Studio)
        };
        let mut found: Vec<(String, Value)> = Vec::new();
        for column in facts.columns.iter().filter(is_bound) {
            let known = WORDS
                .iter()
                .find(|(name, _)| *name == column.name)
                .map(|(_, word)| *word);
            let word = known
                .or_else(|| Some(word(facts, column)).filter(|word| !word.is_empty()))
                .unwrap_or(column.targets()[0]);
            let id = self
                .q
                .record(word, First)
                .unwrap_or_else(|| panic!("{table}.{} means nothing of the sample", column.name));
            found.push((column.name.to_owned(), json!(id)));
        }
        for name in lists(table, path) {
            let Some(id) = WORDS
                .iter()
                .find(|(key, _)| *key == name)
                .and_then(|(_, word)| self.q.record(word, First))
            else {
                continue;
            };
            found.push((name, json!([id])));
        }
        if table == "playlist" {
            let shots = json!([{"entity_id": self.q.record("shot", First), "preview_file_id": self.q.record("preview_file", First)}]);
            found.push(("shots".to_owned(), shots));
        }
        found
    }

    /// True if a text has a word of an entity of Q.
    pub fn tells_of_q(&self, text: &str) -> bool {
        ENTITIES
            .iter()
            .any(|(word, ..)| text.contains(&format!("{word} {} ", self.q.mark)))
    }

    async fn look(&self) -> Snapshot {
        let ids: Vec<Uuid> = self.bound().into_values().collect();
        let of_q = rows(self.database(), &self.q).await;
        let of_q = of_q
            .into_iter()
            .map(|(table, row)| (format!("{} {}", table.name, row["id"]), row.to_string()))
            .collect();
        let mut sql = Sql::default();
        for table in TABLES.iter().filter(|table| table.name != "api_event") {
            for column in table.columns.iter().filter(|column| column.is_reference()) {
                let joint = if sql.text().is_empty() { "" } else { " UNION ALL " };
                let place = format!("{}.{}", table.name, column.name);
                sql.push(&format!(
                    "{joint}SELECT '{place}' AS place, COUNT(*) AS count FROM \"{}\" r WHERE r.\"{}\"",
                    table.name, column.name
                ));
                sql.among(&ids);
            }
        }
        let counts = self.database().rows(&sql).await.expect("counts");
        let counts = counts.iter().map(|row| {
            (
                row.try_get("", "place").expect("a name"),
                row.try_get("", "count").expect("a number"),
            )
        });
        (of_q, counts.collect())
    }

    /// Changes of Q.
    pub async fn changes_of_q(&self) -> Vec<String> {
        let (of_q, counts) = self.look().await;
        let (before, counts_before) = &self.before;
        let mut found = Vec::new();
        for (name, row) in before {
            match of_q.get(name) {
                None => found.push(format!("{name} is gone")),
                Some(now) if now != row => found.push(format!("{row} became {now}")),
                Some(_) => {}
            }
        }
        found.extend(
            counts
                .iter()
                .filter(|(place, count)| counts_before.get(*place) != Some(count))
                .map(|(place, _)| format!("other rows in {place}")),
        );
        found
    }
}

/// The lists of ids that a body of a collection may have.
fn lists(table: &str, path: &str) -> Vec<String> {
    let collection = path.strip_suffix("/{instance_id}").unwrap_or(path);
    let mut schema = &contract()["paths"][collection]["post"]["requestBody"]["content"]["application/json"]["schema"];
    if let Some(reference) = schema["$ref"].as_str() {
        schema = contract().pointer(reference.trim_start_matches('#')).expect("a schema");
    }
    let facts = Table::find(table).expect("a table");
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .filter(|(name, property)| property["type"] == "array" && facts.column(name).is_none())
        .map(|(name, _)| name.clone())
        .collect()
}

/// The same value with an id in the place of another one; nothing where that is not in it.
pub fn replaced(value: &Value, id: Uuid, other: Uuid) -> Option<Value> {
    let text = value.to_string();
    let changed = text.replace(&id.to_string(), &other.to_string());
    (changed != text).then(|| serde_json::from_str(&changed).expect("JSON"))
}
