//! One member of the team of a production.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};
use crate::person::ROLES;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_person_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    /// Role within the production; without one, that of the person counts.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub role: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::project::Entity",
        from = "Column::ProjectId",
        to = "super::project::Column::Id"
    )]
    Project,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| Definition::of::<Entity>().choices(Column::Role, ROLES));
