//! Rows of a sample: what each column has, so that everything refers to the records of the same sample.

use chrono::{Days, NaiveDate};
use entity::facts::{Column, Kind, Table};
use harness::{ENTITIES, plain_value, word};
use sea_orm::Value;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Which::{First, Second};
use super::{MORE, Row, Sample, Samples, TOTP_SECRET, Which, type_word};

/// The tree of files of every production.
const FILE_TREE: &str = include_str!("../../../src/file_trees/shipped/simple.json");

/// Value that records beyond the two of each table have, so that a number in ShotGrid means one record.
const UNNUMBERED: (&str, Value) = ("shotgun_id", Value::Int(None));

impl Samples<'_> {
    /// The rows of a table that a sample has.
    pub(super) fn rows(&self, sample: &Sample, table: &'static Table) -> Vec<Row> {
        let row = |which, given: Row| self.row(sample, table, which, given);
        let two = || vec![row(First, vec![]), row(Second, vec![])];
        let more = || {
            MORE.iter()
                .filter(|(_, of, _)| *of == table.name)
                .map(|(word, _, kind)| (sample.own[&(*word, First)], *word, *kind))
        };
        let links = |column: &'static str, words: &[&'static str]| -> Vec<Row> {
            let link = |word: &&'static str| {
                let linked = sample.own[&(*word, First)];
                row(First, vec![("id", Uuid::new_v4().into()), (column, linked.into())])
            };
            words.iter().map(link).collect()
        };
        match table.name {
            "entity" => ENTITIES
                .iter()
                .flat_map(|kind| [First, Second].map(|which| row(which, entity_of(sample, kind, which))))
                .collect(),
            "task_type" => {
                let others = more().map(|(id, word, kind)| {
                    let name = format!("{word} {}", sample.mark);
                    row(
                        First,
                        vec![
                            ("id", id.into()),
                            UNNUMBERED,
                            ("name", name.into()),
                            ("for_entity", kind.into()),
                        ],
                    )
                });
                two().into_iter().chain(others).collect()
            }
            "task_status" => {
                let others = more().map(|(id, word, _)| {
                    let short = format!("wip {}", sample.mark);
                    row(
                        First,
                        vec![
                            ("id", id.into()),
                            UNNUMBERED,
                            ("name", format!("{word} {}", sample.mark).into()),
                            ("short_name", short.into()),
                            ("is_wip", true.into()),
                        ],
                    )
                });
                two().into_iter().chain(others).collect()
            }
            "task" => {
                let of_asset = [("entity_id", "asset"), ("task_type_id", "asset_task_type")];
                let given = of_asset.map(|(column, word)| (column, sample.own[&(word, First)].into()));
                let others = more().map(|(id, ..)| {
                    row(
                        First,
                        [("id", id.into()), UNNUMBERED]
                            .into_iter()
                            .chain(given.clone())
                            .collect(),
                    )
                });
                two().into_iter().chain(others).collect()
            }
            "project_task_type_link" => links(
                "task_type_id",
                &["task_type", "asset_task_type", "edit_task_type", "concept_task_type"],
            ),
            "project_task_status_link" => links("task_status_id", &["task_status", "wip_status"]),
            _ if table.column("id").is_none() => vec![row(First, vec![])],
            _ => two(),
        }
    }

    fn row(&self, sample: &Sample, table: &'static Table, which: Which, given: Row) -> Row {
        let place = |name: &str| self.order.iter().position(|table| table.name == name);
        let there = |word: &str| {
            let of = if ENTITIES.iter().any(|(kind, ..)| *kind == word) {
                "entity"
            } else {
                word
            };
            sample.shared.contains_key(word) || place(of) < place(table.name)
        };
        let value = |column: &Column| {
            if let Some((_, value)) = given.iter().find(|(name, _)| *name == column.name) {
                return Some(value.clone());
            }
            if let Some(value) = self.special(sample, table, column, which) {
                return Some(value);
            }
            match column.name {
                "id" => Some(sample.own[&(table.name, which)].into()),
                _ if column.references.is_some() => Some(word(table, column))
                    .filter(|word| there(word))
                    .and_then(|word| sample.record(word, First))
                    .map(Value::from),
                "object_id" => sample
                    .record(if table.name == "comment" { "task" } else { "entity" }, First)
                    .map(Value::from),
                _ => plain(sample, table, column, which),
            }
        };
        table
            .columns
            .iter()
            .filter_map(|column| Some((column.name, value(column)?)))
            .collect()
    }

    /// The value of a column that means more than any value does.
    fn special(&self, sample: &Sample, table: &Table, column: &Column, which: Which) -> Option<Value> {
        let own = |word, which| Some(Value::from(sample.own[&(word, which)]));
        let json = |value: Json| Some(Value::from(value));
        match (table.name, column.name, which) {
            (_, "shotgun_id", _) => Some(sample.number(which).into()),
            ("person", "role", First) => Some("admin".into()),
            ("person", "email", _) => Some(sample.email(which).into()),
            ("person", "password", _) => Some(self.password.clone().into()),
            ("person", "totp_enabled", Second) => Some(true.into()),
            ("person", "totp_secret", First) => Some(TOTP_SECRET.into()),
            ("project", "project_status_id", _) => Some(self.closed.into()),
            ("project", "file_tree", _) => json(serde_json::from_str(FILE_TREE).expect("a tree")),
            ("task_type", "for_entity", _) => Some("Shot".into()),
            ("task", "last_preview_file_id", First) => own("preview_file", First),
            ("comment", "replies", _) => {
                let reply = sample.own[&("reply", which)];
                let author = sample.own[&("person", First)];
                json(json!([{"id": reply, "date": "2026-03-02T10:00:00", "person_id": author, "text": "So be it."}]))
            }
            ("playlist_share_link", "token", _) => Some(sample.share_token(which).into()),
            ("preview_file", "status", _) => Some("ready".into()),
            ("preview_file", "extension", _) => Some("png".into()),
            ("preview_file", "position", Second) => Some(2.into()),
            // The latest preview is the same in every sample.
            ("preview_file", "revision", Second) => Some(2.into()),
            // An entity has one chat.
            ("chat", "object_id", Second) => own("asset", First),
            ("preview_file", "source_file_id", _) => Some(Value::Uuid(None)),
            ("playlist", "shots", First) => json(
                json!([{"entity_id": sample.own[&("shot", First)], "preview_file_id": sample.own[&("preview_file", First)]}]),
            ),
            ("task_type_asset_type_link", "asset_type_id", _) => own("entity_type", First),
            ("entity_link", "entity_in_id", _) => own("shot", First),
            ("entity_link", "entity_out_id", Second) => own("scene", First),
            ("subscription" | "schedule_item", "task_type_id", Second)
            | ("subscription", "task_id", Second)
            | ("notification", "comment_id", Second) => Some(Value::Uuid(None)),
            ("production_schedule_version_task_link", "task_id", Second) => own("asset_task", First),
            ("asset_instance", "number", Second) => Some(2.into()),
            ("budget", "revision", Second) => Some(2.into()),
            _ => None,
        }
    }
}

/// Columns special to an entity of a kind.
fn entity_of(sample: &Sample, (word, _, parent): &(&'static str, &str, Option<&'static str>), which: Which) -> Row {
    vec![
        ("id", sample.own[&(*word, which)].into()),
        ("name", format!("{word} {} {which:?}", sample.mark).into()),
        ("entity_type_id", sample.shared[type_word(word)].into()),
        ("parent_id", parent.map(|parent| sample.own[&(parent, First)]).into()),
    ]
}

/// The value of a column that refers to nothing; none where the usual one will do.
fn plain(sample: &Sample, table: &Table, column: &Column, which: Which) -> Option<Value> {
    if column.name == "revision" && column.kind == Kind::Integer {
        return Some(1.into());
    }
    let day = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day") + Days::new(u64::from(which == Second));
    plain_value(table, column, day, |max| {
        let long = format!(
            "{}_{}_{}",
            table.name.get(..9).unwrap_or(table.name),
            sample.mark,
            which as u8
        );
        if max.is_none_or(|max| long.len() <= usize::from(max)) {
            return long;
        }
        format!("{}{}", sample.mark, which as u8)
    })
}
