//! The kinds of records, each with the meaning of its fields.

use dailies_definitions::rules::Collection;
use entity::facts::Table;
use serde_json::{Value, json};

use super::alike::Natural;
use super::lookups::{Keys, Lookup, Make, Only, number_of};
use super::reading::{ValueOrigin, colour};
use super::values::{email, entity_of_task, first_word, frames, moment, role};
use super::{Links, NUMBER, RecordKind};
use crate::crud::Relation;
use crate::file_trees::shipped;
use crate::vocabulary::kinds::EntityKind;

use ValueOrigin::{Always, Derived, Field, Found};

/// The colour of what is made because a record names it.
const BLACK: &str = "#000000";

/// Base of all kinds: columns and links that some have are left out, and nothing but the number makes a row the one that is
/// meant.
const PLAIN: RecordKind = RecordKind {
    collection: Collection::Entities,
    entity: None,
    needs: &[],
    lookups: &[],
    columns: &[],
    first: &[],
    holds: &[],
    optional: &[],
    begins_with: &[],
    natural: Natural {
        columns: &[],
        adopts: false,
    },
    stays: &[],
    keeps: false,
    links: &[],
};

/// A lookup by a number in a field.
const fn by_number(name: &'static str, table: &'static Table, only: Only, keys: Keys) -> Lookup {
    Lookup {
        name,
        table,
        column: NUMBER,
        only,
        keys,
        make: None,
    }
}

/// A lookup by a name, which is made where it is missing.
const fn made(name: &'static str, table: &'static Table, only: Only, keys: Keys, make: Make) -> Lookup {
    Lookup {
        name,
        table,
        column: "name",
        only,
        keys,
        make: Some(make),
    }
}

/// The production, by its name.
const fn project_by_name() -> Lookup {
    Lookup {
        name: "project",
        table: &entity::project::TABLE,
        column: "name",
        only: Only::All,
        keys: Keys::At("project.name"),
        make: None,
    }
}

/// The production, by its number.
const fn project() -> Lookup {
    by_number("project", &entity::project::TABLE, Only::All, Keys::At("project.id"))
}

/// An entity of a kind, by its number.
const fn entity_at(name: &'static str, kind: EntityKind, keys: Keys) -> Lookup {
    by_number(name, &entity::entity::TABLE, Only::Of(kind), keys)
}

/// A person, by the number in a field.
const fn person(name: &'static str, keys: Keys) -> Lookup {
    by_number(name, &entity::person::TABLE, Only::All, keys)
}

pub(in crate::sources) static PROJECTS: RecordKind = RecordKind {
    collection: Collection::Projects,
    needs: &["name", "sg_status"],
    lookups: &[made(
        "status",
        &entity::project_status::TABLE,
        Only::All,
        Keys::At("sg_status"),
        Make {
            columns: || vec![("color", BLACK.into())],
            event: None,
        },
    )],
    columns: &[
        ("name", Field("name")),
        ("project_status_id", Found("status")),
        ("data", Derived(|reading| reading.own_fields(&["sg_status"]).into())),
    ],
    first: &[(
        "file_tree",
        Derived(|_| shipped("default").cloned().unwrap_or_else(|| json!({}))),
    )],
    holds: &["name"],
    natural: Natural {
        columns: &["name"],
        adopts: true,
    },
    ..PLAIN
};

pub(in crate::sources) static PERSONS: RecordKind = RecordKind {
    collection: Collection::Persons,
    needs: &["firstname", "lastname", "email", "login"],
    lookups: &[made(
        "department",
        &entity::department::TABLE,
        Only::All,
        Keys::At("department.name"),
        Make {
            columns: || vec![("color", BLACK.into())],
            event: Some(("department:new", "department_id")),
        },
    )],
    columns: &[
        ("first_name", Field("firstname")),
        ("last_name", Field("lastname")),
        ("email", Derived(email)),
        ("desktop_login", Field("login")),
        (
            "active",
            Derived(|reading| matches!(reading.text("sg_status_list"), "" | "act").into()),
        ),
        ("role", Derived(role)),
    ],
    holds: &["first_name", "last_name", "email"],
    natural: Natural {
        columns: &["email"],
        adopts: true,
    },
    keeps: true,
    links: &[Links {
        relation: Relation::links(
            "departments",
            &entity::department_link::TABLE,
            "person_id",
            "department_id",
        ),
        to: "department",
        field: "department",
        strict: false,
    }],
    ..PLAIN
};

pub(in crate::sources) static EPISODES: RecordKind = RecordKind {
    collection: Collection::Entities,
    entity: Some(EntityKind::Episode),
    needs: &["code", "description", "project"],
    lookups: &[project_by_name()],
    columns: &[
        ("name", Field("code")),
        ("description", Field("description")),
        ("project_id", Found("project")),
    ],
    holds: &["name", "project_id"],
    natural: Natural {
        columns: &["name", "project_id"],
        adopts: true,
    },
    ..PLAIN
};

pub(in crate::sources) static SEQUENCES: RecordKind = RecordKind {
    collection: Collection::Entities,
    entity: Some(EntityKind::Sequence),
    needs: &["code", "description", "project"],
    lookups: &[
        project_by_name(),
        entity_at("episode", EntityKind::Episode, Keys::At("episode.id")),
    ],
    columns: &[
        ("name", Field("code")),
        ("description", Field("description")),
        ("project_id", Found("project")),
        ("parent_id", Found("episode")),
    ],
    holds: &["name", "project_id"],
    natural: Natural {
        columns: &["name", "project_id", "parent_id"],
        adopts: false,
    },
    ..PLAIN
};

pub(in crate::sources) static SCENES: RecordKind = RecordKind {
    collection: Collection::Entities,
    entity: Some(EntityKind::Scene),
    needs: &["code", "project"],
    lookups: &[
        project_by_name(),
        entity_at(
            "sequence",
            EntityKind::Sequence,
            Keys::First("sequence_sg_scenes_1_sequences"),
        ),
    ],
    columns: &[
        ("name", Field("code")),
        ("project_id", Found("project")),
        ("parent_id", Found("sequence")),
    ],
    holds: &["name", "project_id"],
    natural: Natural {
        columns: &["name", "project_id", "parent_id"],
        adopts: true,
    },
    ..PLAIN
};

pub(in crate::sources) static SHOTS: RecordKind = RecordKind {
    collection: Collection::Entities,
    entity: Some(EntityKind::Shot),
    needs: &["code", "project", "sg_cut_in", "sg_cut_duration"],
    lookups: &[
        project_by_name(),
        entity_at("sequence", EntityKind::Sequence, Keys::At("sg_sequence.id")),
        entity_at("scene", EntityKind::Scene, Keys::At("sg_scene.id")),
        entity_at("assets", EntityKind::Asset, Keys::Each("assets")),
    ],
    columns: &[
        ("name", Field("code")),
        ("project_id", Found("project")),
        ("parent_id", Found("sequence")),
        ("source_id", Found("scene")),
        ("data", Derived(frames)),
    ],
    holds: &["name", "project_id"],
    natural: Natural {
        columns: &["name", "project_id", "parent_id"],
        adopts: true,
    },
    links: &[Links {
        relation: Relation::links(
            "entities_out",
            &entity::entity_link::TABLE,
            "entity_in_id",
            "entity_out_id",
        ),
        to: "assets",
        field: "assets",
        strict: false,
    }],
    ..PLAIN
};

pub(in crate::sources) static ASSETS: RecordKind = RecordKind {
    collection: Collection::Entities,
    entity: Some(EntityKind::Asset),
    needs: &["code", "description", "project", "sg_asset_type"],
    lookups: &[
        project(),
        made(
            "type",
            &entity::entity_type::TABLE,
            Only::AssetTypes,
            Keys::At("sg_asset_type"),
            Make {
                columns: Vec::new,
                event: Some(("asset-type:new", "asset_type_id")),
            },
        ),
        entity_at("parents", EntityKind::Asset, Keys::Each("parents")),
    ],
    columns: &[
        ("name", Field("code")),
        ("description", Field("description")),
        ("project_id", Found("project")),
        ("entity_type_id", Found("type")),
    ],
    holds: &["name", "project_id"],
    optional: &["entity_type_id"],
    begins_with: &["entity_type_id"],
    natural: Natural {
        columns: &["name", "project_id", "entity_type_id"],
        adopts: false,
    },
    ..PLAIN
};

pub(in crate::sources) static STEPS: RecordKind = RecordKind {
    collection: Collection::TaskTypes,
    needs: &["code"],
    lookups: &[made(
        "department",
        &entity::department::TABLE,
        Only::All,
        Keys::Derived(first_word),
        Make {
            columns: || vec![("color", BLACK.into())],
            event: None,
        },
    )],
    columns: &[
        ("name", Field("code")),
        ("short_name", Derived(|reading| reading.text("short_name").into())),
        (
            "color",
            Derived(|reading| colour(reading.at("color").and_then(Value::as_str).unwrap_or("0,0,0"))),
        ),
        (
            "for_entity",
            Derived(|reading| {
                reading
                    .at("entity_type")
                    .and_then(Value::as_str)
                    .unwrap_or("Asset")
                    .into()
            }),
        ),
        ("department_id", Found("department")),
    ],
    holds: &["name"],
    natural: Natural {
        columns: &["name", "for_entity"],
        adopts: true,
    },
    stays: &["name", "for_entity", "department_id"],
    ..PLAIN
};

pub(in crate::sources) static STATUSES: RecordKind = RecordKind {
    collection: Collection::TaskStatus,
    needs: &["name", "code"],
    columns: &[
        ("name", Field("name")),
        ("short_name", Field("code")),
        (
            "color",
            Derived(|reading| colour(reading.at("bg_color").and_then(Value::as_str).unwrap_or("0,0,0"))),
        ),
    ],
    holds: &["name", "short_name"],
    natural: Natural {
        columns: &["short_name"],
        adopts: true,
    },
    ..PLAIN
};

pub(in crate::sources) static TASKS: RecordKind = RecordKind {
    collection: Collection::Tasks,
    needs: &[
        "cached_display_name",
        "step",
        "project",
        "entity",
        "sg_status_list",
        "created_by",
        "start_date",
        "due_date",
        "sg_sort_order",
        "duration",
        "task_assignees",
    ],
    lookups: &[
        project(),
        by_number("step", &entity::task_type::TABLE, Only::All, Keys::At("step.id")),
        Lookup {
            name: "status",
            table: &entity::task_status::TABLE,
            column: "short_name",
            only: Only::All,
            keys: Keys::At("sg_status_list"),
            make: None,
        },
        entity_at(
            "asset",
            EntityKind::Asset,
            Keys::Derived(|record| number_of(record, "entity", EntityKind::Asset)),
        ),
        entity_at(
            "shot",
            EntityKind::Shot,
            Keys::Derived(|record| number_of(record, "entity", EntityKind::Shot)),
        ),
        entity_at(
            "scene",
            EntityKind::Scene,
            Keys::Derived(|record| number_of(record, "entity", EntityKind::Scene)),
        ),
        entity_at(
            "sequence",
            EntityKind::Sequence,
            Keys::Derived(|record| number_of(record, "entity", EntityKind::Sequence)),
        ),
        entity_at(
            "episode",
            EntityKind::Episode,
            Keys::Derived(|record| number_of(record, "entity", EntityKind::Episode)),
        ),
        person("author", Keys::At("created_by.id")),
        person("assignees", Keys::Each("task_assignees")),
    ],
    columns: &[
        ("name", Field("cached_display_name")),
        ("project_id", Found("project")),
        ("task_type_id", Found("step")),
        ("task_status_id", Found("status")),
        ("entity_id", Derived(entity_of_task)),
        ("assigner_id", Found("author")),
        ("start_date", Field("start_date")),
        ("due_date", Field("due_date")),
        ("sort_order", Field("sg_sort_order")),
        ("duration", Field("duration")),
    ],
    holds: &["name", "project_id", "task_type_id"],
    optional: &["task_status_id"],
    natural: Natural {
        columns: &["entity_id", "name", "project_id", "task_type_id"],
        adopts: true,
    },
    links: &[Links {
        relation: Relation::links("assignees", &entity::task_person_link::TABLE, "task_id", "person_id"),
        to: "assignees",
        field: "task_assignees",
        strict: true,
    }],
    ..PLAIN
};

pub(in crate::sources) static VERSIONS: RecordKind = RecordKind {
    collection: Collection::PreviewFiles,
    needs: &["code", "description", "sg_task", "sg_uploaded_movie"],
    lookups: &[
        by_number("task", &entity::task::TABLE, Only::All, Keys::At("sg_task.id")),
        person("author", Keys::At("user.id")),
    ],
    columns: &[
        ("name", Field("code")),
        ("description", Field("description")),
        ("source", Always("Shotgun")),
        ("task_id", Found("task")),
        ("person_id", Found("author")),
        ("uploaded_movie_url", Field("sg_uploaded_movie.url")),
        ("uploaded_movie_name", Field("sg_uploaded_movie.name")),
    ],
    first: &[("status", Always("processing"))],
    holds: &["task_id"],
    natural: Natural {
        columns: &["task_id", "name"],
        adopts: true,
    },
    ..PLAIN
};

pub(in crate::sources) static NOTES: RecordKind = RecordKind {
    collection: Collection::Comments,
    needs: &["content", "created_at", "user", "tasks"],
    lookups: &[
        by_number("task", &entity::task::TABLE, Only::All, Keys::First("tasks")),
        person("author", Keys::At("user.id")),
    ],
    columns: &[
        ("object_id", Found("task")),
        ("object_type", Always("Task")),
        ("person_id", Found("author")),
        ("text", Field("content")),
        ("created_at", Derived(moment)),
    ],
    holds: &["object_id", "person_id"],
    ..PLAIN
};
