//! One sign-in of a person.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "login_log")]
pub struct Model {
    pub person_id: Uuid,
    #[sea_orm(column_type = "String(StringLen::N(50))")]
    pub ip_address: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub origin: Option<String>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| Definition::of::<Entity>().choices(Column::Origin, &["web", "script"]));
