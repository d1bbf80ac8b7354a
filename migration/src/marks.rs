//! Marks of change: for each table, and for each production where rows have one, a number that grows with every change.
//! The database keeps them itself, by triggers, so that what other programs write counts, too.
//!
//! A mark is the sum of `amount` over its rows in `dailies_mark`. On PostgreSQL every statement adds a row: writers of the
//! same production would stand in each other's way if they changed one. Whatever order transactions are stored in, each that
//! can be seen has raised the sum. On SQLite, which has one writer, the row is changed.
//!
//! The amount that a change adds is left to chance, so that a database that was taken back from a backup does not come to the
//! same mark again with other rows.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::unsupported;

/// A table with marks.
#[derive(Clone, Copy, Debug)]
pub struct Marked {
    pub table: &'static str,
    /// Ways to the productions of a row: a change counts for what each of these leads to. Without any, it counts for
    /// every production.
    pub sides: &'static [Side],
}

/// Ways from a row to a production. The first one counts that leads to any.
pub type Side = &'static [Way];

/// A way from a row to a production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The column holds it.
    Direct(&'static str),
    /// The column holds the id of a row of another table, whose `project_id` it is.
    Through(&'static str, &'static str),
}

use Way::{Direct, Through};

const PROJECT: Side = &[Direct("project_id")];
const TASK: Side = &[Through("task_id", "task")];

const fn studio(table: &'static str) -> Marked {
    Marked { table, sides: &[] }
}

/// The tables that got marks first, by name. Marks of one production only pay where rows change all day long; the others
/// count for every production, among them all that decides who may see what.
pub(crate) const FIRST: &[Marked] = &[
    studio("asset_instance"),
    studio("asset_instance_link"),
    studio("attachment_file"),
    studio("budget"),
    studio("budget_entry"),
    studio("build_job"),
    studio("chat"),
    studio("chat_message"),
    studio("chat_participant"),
    Marked {
        table: "comment",
        sides: &[&[Through("object_id", "task")]],
    },
    studio("comment_acknoledgments"),
    studio("comment_department_mentions"),
    studio("comment_mentions"),
    studio("comment_preview_link"),
    studio("custom_action"),
    studio("day_off"),
    studio("department"),
    studio("department_link"),
    studio("department_metadata_descriptor_link"),
    Marked {
        table: "entity",
        sides: &[PROJECT],
    },
    Marked {
        table: "entity_concept_link",
        sides: &[
            &[Through("entity_in_id", "entity")],
            &[Through("entity_out_id", "entity")],
        ],
    },
    Marked {
        table: "entity_link",
        sides: &[
            &[Through("entity_in_id", "entity")],
            &[Through("entity_out_id", "entity")],
        ],
    },
    studio("entity_type"),
    studio("entity_version"),
    studio("file_status"),
    studio("hardware_item"),
    studio("hardware_item_department_link"),
    studio("metadata_descriptor"),
    studio("milestone"),
    Marked {
        table: "news",
        sides: &[TASK],
    },
    studio("notification"),
    studio("organisation"),
    studio("output_file"),
    studio("output_type"),
    studio("person"),
    Marked {
        table: "playlist",
        sides: &[PROJECT],
    },
    studio("playlist_share_link"),
    studio("plugin"),
    studio("preview_background_file"),
    Marked {
        table: "preview_file",
        sides: &[TASK],
    },
    studio("production_schedule_version"),
    studio("production_schedule_version_task_link"),
    studio("production_schedule_version_task_link_person_link"),
    studio("project"),
    studio("project_asset_type_link"),
    studio("project_person_link"),
    studio("project_preview_background_file_link"),
    studio("project_status"),
    studio("project_status_automation_link"),
    studio("project_task_status_link"),
    studio("project_task_type_link"),
    studio("project_task_type_software_link"),
    studio("project_template"),
    studio("project_template_asset_type_link"),
    studio("project_template_preview_background_file_link"),
    studio("project_template_status_automation_link"),
    studio("project_template_task_status_link"),
    studio("project_template_task_type_link"),
    studio("salary_scale"),
    Marked {
        table: "schedule_item",
        sides: &[PROJECT],
    },
    studio("search_filter"),
    studio("search_filter_group"),
    studio("software"),
    studio("software_department_link"),
    studio("status_automation"),
    studio("studio"),
    Marked {
        table: "subscription",
        sides: &[&[Through("task_id", "task"), Through("entity_id", "entity")]],
    },
    Marked {
        table: "task",
        sides: &[&[Direct("project_id"), Through("entity_id", "entity")]],
    },
    Marked {
        table: "task_person_link",
        sides: &[TASK],
    },
    studio("task_status"),
    studio("task_type"),
    studio("task_type_asset_type_link"),
    Marked {
        table: "time_spent",
        sides: &[TASK],
    },
    studio("working_file"),
];

/// Tables without marks: logs, and what the servers note for themselves. What is made of their rows has no tag.
pub const UNMARKED: &[&str] = &[
    "api_event",
    "data_import_error",
    "desktop_login_log",
    "login_log",
    "preview_file_storage_state",
    "stored_file",
];

/// The tables with marks, in an order that later ones come behind. A migration that adds a table has a list of its own, which
/// it hands to `install`.
pub fn marked() -> impl Iterator<Item = &'static Marked> {
    [FIRST].into_iter().flatten()
}

/// Stands for the production of changes that count for every one.
const EVERY: &str = "00000000-0000-0000-0000-000000000000";

/// Gives tables the triggers that keep their marks.
///
/// # Errors
/// The database refuses, or is neither PostgreSQL nor SQLite.
pub(crate) async fn install(connection: &impl ConnectionTrait, tables: &[Marked]) -> Result<(), DbErr> {
    let statements: Vec<String> = match connection.get_database_backend() {
        DbBackend::Postgres => {
            let row = connection
                .query_one_raw(Statement::from_string(
                    DbBackend::Postgres,
                    "SELECT quote_ident(current_schema()) AS name",
                ))
                .await?;
            let schema: String = row
                .ok_or_else(|| DbErr::RecordNotFound("the schema".into()))?
                .try_get("", "name")?;
            let functions = tables
                .iter()
                .filter(|marked| !marked.sides.is_empty())
                .map(|marked| marked.function(&schema));
            [shared_function(&schema)]
                .into_iter()
                .chain(functions)
                .chain(tables.iter().map(Marked::on_postgres))
                .collect()
        }
        DbBackend::Sqlite => tables.iter().map(Marked::on_sqlite).collect(),
        other => return Err(unsupported(other)),
    };
    connection.execute_unprepared(&statements.concat()).await?;
    Ok(())
}

/// A function of PostgreSQL that triggers call.
///
/// It has the rights of whoever made it, since whoever writes a table may know nothing of marks, and looks names up where the
/// tables are. Where it reads tables at all it does not read them from end to end, which serialisable transactions of others
/// would be in conflict with; to say so costs a tenth of its time. Writing goes on where somebody removed the table of marks.
fn function(schema: &str, name: &str, subject: &str, reads: bool, [updated, changed]: [&str; 2]) -> String {
    let by_index = if reads { " SET enable_seqscan = off" } else { "" };
    let add = |rows: &str| {
        format!(
            "INSERT INTO dailies_mark (subject, project_id, amount) \
             SELECT {subject}, c.project_id, 1 + floor(random() * 16777216)::bigint FROM ({rows}) c"
        )
    };
    format!(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql \
         SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp{by_index} AS $$\n\
         BEGIN\n\
             IF to_regclass('dailies_mark') IS NULL THEN\n  RETURN NULL;\n\
             ELSIF TG_OP = 'UPDATE' THEN\n  {};\n\
             ELSIF TG_OP = 'TRUNCATE' THEN\n  {};\n\
             ELSE\n  {};\n\
             END IF;\n\
             RETURN NULL;\n\
         END\n$$;\n",
        add(updated),
        add(&format!("SELECT uuid '{EVERY}' AS project_id")),
        add(changed),
    )
}

/// The function of all tables whose marks count for every production.
fn shared_function(schema: &str) -> String {
    let once = format!("SELECT uuid '{EVERY}' AS project_id WHERE EXISTS (SELECT FROM changed)");
    function(schema, "dailies_mark_studio", "TG_TABLE_NAME", false, [&once, &once])
}

impl Way {
    /// SQL of the production of a row.
    fn sql(self, row: &str) -> String {
        match self {
            Direct(column) => format!("{row}.{column}"),
            Through(column, table) => format!("(SELECT x.project_id FROM {table} x WHERE x.id = {row}.{column})"),
        }
    }
}

impl Marked {
    /// SQL of each production that a row belongs to.
    fn productions(&self, row: &str, every: &str) -> Vec<String> {
        let of = |side: &Side| {
            let ways: Vec<String> = side.iter().map(|way| way.sql(row)).collect();
            format!("COALESCE({}, {every})", ways.join(", "))
        };
        if self.sides.is_empty() {
            vec![every.to_owned()]
        } else {
            self.sides.iter().map(of).collect()
        }
    }

    /// The function of a table that has marks by production: it looks at all rows of a statement together.
    fn function(&self, schema: &str) -> String {
        let every = format!("uuid '{EVERY}'");
        let from = |rows: &str| {
            let each = self
                .productions("r", &every)
                .into_iter()
                .map(|production| format!("SELECT {production} AS project_id FROM {rows} r"));
            each.collect::<Vec<_>>().join(" UNION ")
        };
        // One side alone gives a production as often as there are rows.
        let changed = format!("SELECT DISTINCT s.project_id FROM ({}) s", from("changed"));
        let both = format!("{} UNION {}", from("before"), from("changed"));
        function(
            schema,
            &format!("dailies_mark_{}", self.table),
            &format!("'{}'", self.table),
            self.sides
                .iter()
                .copied()
                .flatten()
                .any(|way| matches!(way, Through(..))),
            [&both, &changed],
        )
    }

    fn on_postgres(&self) -> String {
        let table = self.table;
        let (function, before) = if self.sides.is_empty() {
            ("studio", "")
        } else {
            (table, "OLD TABLE AS before ")
        };
        let events = [
            ("insert", "REFERENCING NEW TABLE AS changed ".to_owned()),
            ("update", format!("REFERENCING {before}NEW TABLE AS changed ")),
            ("delete", "REFERENCING OLD TABLE AS changed ".to_owned()),
            ("truncate", String::new()),
        ];
        let each = events.map(|(event, rows)| {
            let when = event.to_uppercase();
            format!(
                "CREATE TRIGGER dailies_mark_{event} AFTER {when} ON {table} {rows}FOR EACH STATEMENT EXECUTE FUNCTION dailies_mark_{function}();\n\
                 ALTER TABLE {table} ENABLE ALWAYS TRIGGER dailies_mark_{event};\n"
            )
        });
        each.concat()
    }

    /// Triggers that look at each row: SQLite has no others.
    fn on_sqlite(&self) -> String {
        let table = self.table;
        let every = format!("x'{}'", EVERY.replace('-', ""));
        let add = |production: &str, condition: &str| {
            format!(
                "    INSERT INTO dailies_mark (subject, project_id, amount) \
                 SELECT '{table}', {production}, 1 + abs(random() % 16777216) WHERE {condition} \
                 ON CONFLICT (subject, project_id) DO UPDATE SET amount = amount + excluded.amount;\n"
            )
        };
        let (new, old) = (self.productions("NEW", &every), self.productions("OLD", &every));
        let all = |productions: &[String]| {
            productions
                .iter()
                .map(|production| add(production, "true"))
                .collect::<String>()
        };
        // Where a row was before, if it is elsewhere now.
        let moved = old
            .iter()
            .zip(&new)
            .filter(|(old, new)| old != new)
            .map(|(old, new)| add(old, &format!("{old} IS NOT {new}")));
        let moved: String = moved.collect();
        [
            ("insert", all(&new)),
            ("update", all(&new) + &moved),
            ("delete", all(&old)),
        ]
        .map(|(event, body)| {
            format!(
                "CREATE TRIGGER dailies_mark_{table}_{event} AFTER {} ON {table} BEGIN\n{body}END;\n",
                event.to_uppercase()
            )
        })
        .concat()
    }
}
