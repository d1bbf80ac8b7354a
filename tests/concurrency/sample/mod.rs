//! Samples: productions of their own with two records of everything, each as like the others as one twin is like another.

mod values;

use std::collections::{BTreeMap, HashMap};

use dailies::database::{Transaction, insert_ignoring_duplicates};
use entity::TABLES;
use entity::facts::Table;
use harness::{Client, ENTITIES, Studio, rows};
use sea_orm::{DbErr, Value};
use uuid::Uuid;

use self::Which::{First, Second};
use super::table_order::tables_in_order;

/// Password of the caller of every sample.
pub const PASSWORD: &str = "sheep in the morning fog";

/// The secret of the caller's second factor, which is not in use yet.
pub const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// Samples that are made at once.
const BATCH: usize = 24;

/// Records beyond the two of each table: the word for one, its table, and what is special to it.
const MORE: [(&str, &str, &str); 5] = [
    ("asset_task_type", "task_type", "Asset"),
    ("edit_task_type", "task_type", "Edit"),
    ("concept_task_type", "task_type", "Concept"),
    ("wip_status", "task_status", ""),
    ("asset_task", "task", ""),
];

/// One of the two records of a kind. Others refer to the first; to the second nothing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Which {
    First,
    Second,
}

type Row = Vec<(&'static str, Value)>;

/// One production with what belongs to it, and somebody who may do everything.
pub struct Sample {
    /// Mark that every text of the sample has in it, and of no other one.
    pub mark: String,
    pub caller: Client,
    /// Records by their word: a table, a kind of entities, or a word of `MORE`.
    own: BTreeMap<(&'static str, Which), Uuid>,
    /// Rows that all samples share.
    shared: HashMap<&'static str, Uuid>,
}

impl Sample {
    /// The record that a word stands for, when something refers to it.
    pub fn record(&self, word: &str, which: Which) -> Option<Uuid> {
        match (word, which) {
            ("asset_type", Second) => self.own_record("entity_type", First),
            (word, First) if self.shared.contains_key(word) => self.shared.get(word).copied(),
            _ => self.own_record(word, which),
        }
    }

    /// The record that the sample itself has.
    pub fn own_record(&self, word: &str, which: Which) -> Option<Uuid> {
        let word = if word == "entity" { "shot" } else { word };
        self.own.get(&(word, which)).copied()
    }

    /// The record that a name such as `target_task_id` means: that of the longest word at its end.
    pub fn named(&self, name: &str, which: Which) -> Option<Uuid> {
        let name = name.strip_suffix("_id").or_else(|| name.strip_suffix("_ids"))?;
        let name = match name {
            "filter" => "search_filter",
            "filter_group" => "search_filter_group",
            "entry" => "budget_entry",
            "descriptor" => "metadata_descriptor",
            "author" | "editor" | "assigner" => "person",
            "asset_to_instantiate" => "asset",
            _ => name,
        };
        let starts = std::iter::once(0).chain(name.match_indices('_').map(|(at, _)| at + 1));
        starts.filter_map(|start| self.record(&name[start..], which)).next()
    }

    /// Names of the sample's records, by their ids.
    pub fn labels(&self) -> HashMap<Uuid, String> {
        let label = |(word, which): &(&str, Which)| {
            if *which == First {
                (*word).to_owned()
            } else {
                format!("second {word}")
            }
        };
        self.own.iter().map(|(key, id)| (*id, label(key))).collect()
    }

    /// The sample's rows of a table.
    pub fn of_table(&self, table: &str) -> impl Iterator<Item = Uuid> {
        let table_of = |word: &'static str| {
            let entity = ENTITIES.iter().any(|(kind, ..)| *kind == word).then_some("entity");
            entity
                .or_else(|| MORE.iter().find(|(more, ..)| *more == word).map(|(_, table, _)| *table))
                .unwrap_or(word)
        };
        self.own
            .iter()
            .filter(move |((word, _), _)| table_of(word) == table)
            .map(|(_, id)| *id)
    }

    /// Variables that templates of bodies may name in braces.
    pub fn variables(&self) -> HashMap<String, String> {
        let mut variables: HashMap<String, String> = self
            .shared
            .iter()
            .map(|(word, id)| ((*word).to_owned(), id.to_string()))
            .collect();
        variables.extend(self.labels().into_iter().map(|(id, label)| (label, id.to_string())));
        variables.insert("mark".into(), self.mark.clone());
        variables.extend(
            [("shotgun", First), ("second shotgun", Second)]
                .map(|(name, which)| (name.to_owned(), self.number(which).to_string())),
        );
        variables.insert("email".into(), self.email(First));
        variables
    }

    /// The secret part of the address of the sample's shared playlist.
    pub fn share_token(&self, which: Which) -> String {
        format!("share-{}-{}", self.mark, which as u8)
    }

    /// The number that its records have in ShotGrid.
    fn number(&self, which: Which) -> i32 {
        let own: i32 = self.mark.trim_start_matches('n').parse().expect("a number");
        2 * own + 1 + i32::from(which == Second)
    }

    fn email(&self, which: Which) -> String {
        let name = if which == First { "ada" } else { "bob" };
        format!("{name}.{}@example.com", self.mark)
    }
}

async fn store(tables: &[(&'static Table, Vec<Row>)]) -> Result<(), DbErr> {
    let transaction = Transaction::current()?;
    for (table, rows) in tables {
        insert_ignoring_duplicates(&transaction, table, rows.clone()).await?;
    }
    transaction.finish();
    Ok(())
}

/// Makes samples, many at once, and keeps them closed until they are asked for.
pub struct Samples<'a> {
    studio: &'a Studio,
    shared: HashMap<&'static str, Uuid>,
    closed: Uuid,
    password: Vec<u8>,
    order: Vec<&'static Table>,
    made: usize,
    waiting: Vec<Sample>,
    open: Option<Uuid>,
}

impl<'a> Samples<'a> {
    /// Makes the records that all samples share.
    pub async fn of(studio: &'a Studio) -> Self {
        let mut shared = HashMap::from([("project_status", studio.named("project-status", "Open").await)]);
        for (word, name, _) in ENTITIES {
            shared.insert(type_word(word), entity_type(studio, name).await);
        }
        shared.insert("entity_type", shared["asset_type"]);
        let closed = studio.named("project-status", "Closed").await;
        let password = studio.server.app.passwords.hash(PASSWORD).await.expect("a hash");
        Self {
            studio,
            shared,
            closed,
            password,
            order: tables_in_order(),
            made: 0,
            waiting: Vec::new(),
            open: None,
        }
    }

    /// A fresh sample, whose production alone is open.
    pub async fn fresh(&mut self) -> Sample {
        if self.waiting.is_empty() {
            self.make().await;
        }
        let sample = self.waiting.pop().expect("a sample");
        let database = &self.studio.server.app.database;
        if let Some(before) = self.open {
            let closed = vec![("project_status_id", self.closed.into())];
            rows::update(database, &entity::project::TABLE, before, closed)
                .await
                .expect("a production");
        }
        for which in [First, Second] {
            let id = sample.own_record("project", which).expect("a production");
            let status = if which == First {
                self.shared["project_status"]
            } else {
                self.closed
            };
            rows::update(
                database,
                &entity::project::TABLE,
                id,
                vec![("project_status_id", status.into())],
            )
            .await
            .expect("a production");
        }
        self.open = sample.own_record("project", First);
        sample
    }

    async fn make(&mut self) {
        let samples: Vec<Sample> = (0..BATCH).map(|at| self.sample(self.made + at)).collect();
        let tables: Vec<(&'static Table, Vec<Row>)> = self
            .order
            .iter()
            .map(|table| {
                (
                    *table,
                    samples.iter().flat_map(|sample| self.rows(sample, table)).collect(),
                )
            })
            .collect();
        self.studio
            .server
            .app
            .database
            .transact(|| store(&tables))
            .await
            .expect("samples");
        self.made += samples.len();
        self.waiting = samples;
    }

    fn sample(&self, number: usize) -> Sample {
        let mut own = BTreeMap::new();
        let kinds = ENTITIES.iter().map(|(word, ..)| *word);
        let tables = TABLES
            .iter()
            .filter(|table| table.name != "entity" && table.column("id").is_some())
            .map(|table| table.name);
        for word in kinds.chain(tables).chain(["reply"]) {
            own.extend([First, Second].map(|which| ((word, which), Uuid::new_v4())));
        }
        own.extend(MORE.iter().map(|(word, ..)| ((*word, First), Uuid::new_v4())));
        let caller = self.studio.server.as_person(own[&("person", First)]);
        Sample {
            mark: format!("n{number:05}"),
            caller,
            own,
            shared: self.shared.clone(),
        }
    }
}

/// The word for the type of a kind of entities.
fn type_word(kind: &str) -> &'static str {
    match kind {
        "episode" => "episode_type",
        "sequence" => "sequence_type",
        "shot" => "shot_type",
        "asset" => "asset_type",
        "edit" => "edit_type",
        "scene" => "scene_type",
        "concept_folder" => "concept_folder_type",
        _ => "concept_type",
    }
}

/// The entity type of that name, which is made where the base data lacks it.
async fn entity_type(studio: &Studio, name: &str) -> Uuid {
    let known = studio
        .admin
        .get(&format!("/data/entity-types?name={name}"))
        .await
        .expect(200);
    match known[0]["id"].as_str() {
        Some(id) => id.parse().expect("an id"),
        None => rows::insert(
            &studio.server.app.database,
            &entity::entity_type::TABLE,
            vec![("name", name.into())],
        )
        .await
        .expect("a type"),
    }
}
