//! Reads records: what a list, a page or a single record is made of.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use entity::facts::Table;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};
use uuid::Uuid;

use super::{Nested, Record, Relation, Resource, Shape};
use crate::database::{self, BATCH, Field, Links, NestedWriter, RecordWriter, SelectList, SelectedColumn, Sql};

/// Related ids of several relations, by their names.
type RelatedIds = HashMap<&'static str, Links>;

/// Writes records of a shape as JSON objects.
pub(super) struct ShapeWriter {
    list: SelectList,
    record: RecordWriter,
    id: SelectedColumn,
    related: Vec<(&'static str, Links)>,
    nested: Vec<NestedWriter>,
}

/// Tables in which a query finds the records of a resource, which it calls `t`, and those that they carry.
pub(super) fn from(resource: &dyn Resource) -> String {
    let mut text = format!("FROM \"{}\" t", resource.table().name);
    for Nested { key, column, table, .. } in resource.nested() {
        text.push_str(&format!(
            " LEFT JOIN \"{}\" \"{key}\" ON \"{key}\".id = t.\"{column}\"",
            table.name
        ));
    }
    text
}

impl ShapeWriter {
    /// A writer of records of this shape, which the query calls `t`.
    pub(super) fn new(resource: &dyn Resource, shape: &Shape) -> Self {
        let columns = shape
            .columns
            .iter()
            .map(|column| (format!("t.\"{}\"", column.name), Field::from(*column)));
        let extras = shape
            .extras
            .iter()
            .map(|extra| (extra.expression.to_owned(), Field::new(extra.key, extra.kind)));
        let has_type = shape.extras.iter().any(|extra| extra.key == "type");
        let record = RecordWriter::select(columns.chain(extras), (!has_type).then(|| resource.type_name()));
        let mut list = SelectList::of_record(&record);
        let id = list.add("t.id");
        let nest = |Nested {
                        key, table, type_name, ..
                    }: &&'static Nested| {
            NestedWriter::new(key, table, &format!("\"{key}\""), type_name, &mut list)
        };
        let nested = shape.nested.iter().map(nest).collect();
        Self {
            list,
            record,
            id,
            related: Vec::new(),
            nested,
        }
    }

    /// Columns that the query selects.
    pub(super) fn columns(&self) -> String {
        self.list.to_string()
    }

    /// The same with related ids, where they are asked for or the shape always has them.
    pub(super) fn with_related(self, shape: &Shape, related: Option<RelatedIds>) -> Self {
        if related.is_none() && !shape.keeps_relations {
            return self;
        }
        let mut related = related.unwrap_or_default();
        let ids = |relation: &&Relation| (relation.name, related.remove(relation.name).unwrap_or_default());
        Self {
            related: shape.relations.iter().map(ids).collect(),
            ..self
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        self.record.write_open(out, row)?;
        for nested in &self.nested {
            nested.write(out, row)?;
        }
        if !self.related.is_empty() {
            let id: Uuid = self.id.read(row)?;
            for (key, ids) in &self.related {
                ids.write_key(out, key, id);
            }
        }
        out.push(b'}');
        Ok(())
    }
}

/// Ids of the relation for the records of a condition (`FROM … WHERE …` of a query whose row is called `t`): for each
/// record a JSON list without its brackets. One query, however many records there are.
pub(super) async fn related(
    connection: &impl ConnectionTrait,
    relation: &Relation,
    condition: &Sql,
) -> Result<Links, DbErr> {
    let mut sql = condition.clone().before(&format!(
        "SELECT r.\"{own}\" AS owner, r.\"{other}\" AS item FROM \"{table}\" r WHERE r.\"{other}\" IS NOT NULL AND r.\"{own}\" IN (SELECT t.id ",
        own = relation.own,
        other = relation.other,
        table = relation.table.name,
    ));
    sql.push(")");
    Links::load(connection, &sql).await
}

/// Related ids of every relation of a shape.
pub(super) async fn all_related(
    connection: &impl ConnectionTrait,
    shape: &Shape,
    condition: &Sql,
) -> Result<RelatedIds, DbErr> {
    let mut all = HashMap::new();
    for relation in &shape.relations {
        all.insert(relation.name, related(connection, relation, condition).await?);
    }
    Ok(all)
}

/// Parts of one record that are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct WantedParts {
    /// Related ids of every relation of the shape.
    pub(super) relations: bool,
    /// The record with all its columns, for rules.
    pub(super) record: bool,
}

/// One record.
pub(super) struct FoundRecord {
    /// The JSON object of the shape.
    pub(super) text: Vec<u8>,
    /// The record, where it is wanted.
    pub(super) record: Option<Record>,
}

/// One record, or nothing when it is not there. However much is wanted, it is one query.
pub(super) async fn one(
    connection: &impl ConnectionTrait,
    resource: &dyn Resource,
    shape: &Shape,
    id: Uuid,
    wanted: WantedParts,
) -> Result<Option<FoundRecord>, Failure> {
    let table = resource.table();
    let writer = ShapeWriter::new(resource, shape);
    let relations: &[&Relation] = if wanted.relations { &shape.relations } else { &[] };
    let mut list = writer.list.clone();
    let backend = connection.get_database_backend();
    let relations: Vec<_> = relations
        .iter()
        .map(|relation| (relation.name, list.add(id_list(backend, relation))))
        .collect();
    let all = wanted.record.then(|| all_columns(table));
    let all = all.map(|all| (list.add_record(&all), all));
    let sql = Sql::with(format!("SELECT {list} {} WHERE t.id = $1", from(resource)), [id.into()]);
    let Some(row) = database::row(connection, &sql).await? else {
        return Ok(None);
    };
    let mut related = RelatedIds::new();
    for (name, ids) in relations {
        let ids = ids.read::<Option<String>>(&row)?.unwrap_or_default();
        related.insert(name, Links::from_iter(read_ids(&ids).map(|item| (id, item))));
    }
    let mut text = Vec::with_capacity(1024);
    writer
        .with_related(shape, wanted.relations.then_some(related))
        .write(&mut text, &row)?;
    let record = all.map(|(first, all)| read_record(&all, &row, first, id)).transpose()?;
    Ok(Some(FoundRecord { text, record }))
}

/// The ids of a relation as text with commas between them, which is a value of the query of a row called `t`.
fn id_list(backend: DbBackend, relation: &Relation) -> String {
    let Relation { table, own, other, .. } = relation;
    let list = match backend {
        DbBackend::Postgres => format!("string_agg(CAST(r.\"{other}\" AS text), ',')"),
        _ => format!("group_concat(hex(r.\"{other}\"))"),
    };
    format!(
        "(SELECT {list} FROM \"{}\" r WHERE r.\"{own}\" = t.id AND r.\"{other}\" IS NOT NULL)",
        table.name
    )
}

/// The ids of such a list.
fn read_ids(text: &str) -> impl Iterator<Item = Uuid> {
    text.split(',').filter_map(|id| Uuid::try_parse(id).ok())
}

/// All columns of a table, whose row a query calls `t`.
fn all_columns(table: &Table) -> RecordWriter {
    RecordWriter::select(
        table
            .columns
            .iter()
            .map(|column| (format!("t.\"{}\"", column.name), Field::from(column))),
        None,
    )
}

/// The record of a row, whose list of columns has all of the record from `first` on.
fn read_record(all: &RecordWriter, row: &QueryResult, first: SelectedColumn, id: Uuid) -> Result<Record, Failure> {
    let mut out = vec![b'{'];
    all.write_keys(&mut out, row, first)?;
    out.push(b'}');
    Ok(Record {
        id,
        values: serde_json::from_slice(&out)?,
    })
}

/// A record with all its columns, for rules and checks.
///
/// # Errors
/// 404 when it is not there.
pub async fn record(connection: &impl ConnectionTrait, resource: &dyn Resource, id: Uuid) -> Result<Record, Failure> {
    let table = resource.table();
    let mut list = SelectList::default();
    let all = all_columns(table);
    let first = list.add_record(&all);
    let sql = Sql::with(
        format!("SELECT {list} FROM \"{}\" t WHERE t.id = $1", table.name),
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    read_record(&all, &row, first, id)
}

/// Records of a shape by their ids, as JSON objects without relations.
///
/// # Errors
/// The database does not answer.
pub async fn rows(
    connection: &impl ConnectionTrait,
    resource: &dyn Resource,
    shape: &Shape,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let writer = ShapeWriter::new(resource, shape);
    let text = format!("SELECT {} {} WHERE t.id = ANY($1)", writer.columns(), from(resource));
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        for row in database::rows(connection, &Sql::of_ids(text.as_str(), ids)).await? {
            let mut out = Vec::with_capacity(512);
            writer.write(&mut out, &row)?;
            found.insert(writer.id.read(&row)?, out);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_both_databases_are_read() {
        let id = Uuid::from_u128(7);
        let text = format!("{},{}", id.simple().to_string().to_uppercase(), id.hyphenated());
        assert_eq!(read_ids(&text).collect::<Vec<_>>(), [id, id]);
        assert_eq!(read_ids("").count(), 0);
    }
}
