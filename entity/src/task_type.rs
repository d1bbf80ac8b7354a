//! One kind of work, such as animation or compositing.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_type")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub short_name: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    /// Hexadecimal, such as `#22D160`.
    #[sea_orm(column_type = "String(StringLen::N(7))")]
    pub color: Option<String>,
    /// Place in the pipeline, from 1.
    pub priority: Option<i32>,
    /// Kind of entity that the work is done on, such as `Asset` or `Shot`.
    #[sea_orm(column_type = "String(StringLen::N(30))")]
    pub for_entity: Option<String>,
    /// Whether time can be logged on its tasks.
    pub allow_timelog: Option<bool>,
    pub archived: Option<bool>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    pub department_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::department::Entity", from = "Column::DepartmentId", to = "super::department::Column::Id")]
    Department,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "task_type",
    columns: &[
        required("name", Kind::text(40)),
        optional("short_name", Kind::text(20)),
        optional("description", Kind::TEXT),
        optional("color", Kind::text(7)).default(Default::Text("#FFFFFF")),
        optional("priority", Kind::Integer).default(Default::Integer(1)),
        optional("for_entity", Kind::text(30)).default(Default::Text("Asset")),
        optional("allow_timelog", Kind::Bool).default(Default::Bool(true)),
        optional("archived", Kind::Bool).default(Default::Bool(false)),
        optional("shotgun_id", Kind::Integer),
        optional("department_id", Kind::Uuid).references("department"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
