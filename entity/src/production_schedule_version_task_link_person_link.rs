//! One person assigned to a task in one version of the schedule.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "production_schedule_version_task_link_person_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub production_schedule_version_task_link_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::production_schedule_version_task_link::Entity",
        from = "Column::ProductionScheduleVersionTaskLinkId",
        to = "super::production_schedule_version_task_link::Column::Id",
        on_delete = "Cascade"
    )]
    ProductionScheduleVersionTaskLink,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id",
        on_delete = "Cascade"
    )]
    Person,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
