//! One account: somebody of the studio, a client, a guest of a shared playlist, or a bot.

use sea_orm::entity::prelude::*;

use crate::arrays::{BytesArray, JsonArray};
use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub first_name: String,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub last_name: String,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub email: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(30))")]
    pub phone: Option<String>,
    /// ISO 3166 code of two letters.
    #[sea_orm(column_type = "String(StringLen::N(2))")]
    pub country: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub contract_type: String,
    pub active: Option<bool>,
    pub archived: Option<bool>,
    /// Latest day with a workstation sign-in or logged time.
    pub last_presence: Option<Date>,
    /// Hash; an account without one cannot sign in with a password.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub password: Option<Vec<u8>>,
    /// Name of the workstation account; also accepted at sign-in.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub desktop_login: Option<String>,
    /// Failures in a row, which lock the account for a while.
    pub login_failed_attemps: Option<i32>,
    pub last_login_failed: Option<DateTime>,
    pub totp_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub totp_secret: Option<String>,
    pub email_otp_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub email_otp_secret: Option<String>,
    pub fido_enabled: Option<bool>,
    /// One registered security key an item.
    pub fido_credentials: Option<JsonArray>,
    /// Hashes of the codes that are still unused.
    pub otp_recovery_codes: Option<BytesArray>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub preferred_two_factor_authentication: Option<String>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    /// IANA name, such as `Europe/Paris`.
    #[sea_orm(column_type = "String(StringLen::N(50))")]
    pub timezone: Option<String>,
    /// Such as `en_US`.
    #[sea_orm(column_type = "String(StringLen::N(10))")]
    pub locale: Option<String>,
    pub use_12_hour_clock: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub display_date_format: Option<String>,
    /// Values of the metadata columns, by field name.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    /// What the account may do in general; a team can give another role.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub role: String,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub position: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub seniority: Option<String>,
    pub daily_salary: Option<i32>,
    pub has_avatar: Option<bool>,
    pub notifications_enabled: Option<bool>,
    pub notifications_slack_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(60))")]
    pub notifications_slack_userid: Option<String>,
    pub notifications_mattermost_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(60))")]
    pub notifications_mattermost_userid: Option<String>,
    pub notifications_discord_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(60))")]
    pub notifications_discord_userid: Option<String>,
    pub is_bot: bool,
    /// Whether it stands for a visitor of a shared playlist.
    pub is_guest: bool,
    /// Id of the one API token that is valid for the account.
    #[sea_orm(column_type = "String(StringLen::N(60))")]
    pub jti: Option<String>,
    /// Last day of the API token.
    pub expiration_date: Option<Date>,
    pub is_generated_from_ldap: Option<bool>,
    /// Name in the LDAP directory of the studio.
    #[sea_orm(column_type = "String(StringLen::N(60))")]
    pub ldap_uid: Option<String>,
    pub studio_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::studio::Entity", from = "Column::StudioId", to = "super::studio::Column::Id")]
    Studio,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "person",
    columns: &[
        required("first_name", Kind::text(80)),
        required("last_name", Kind::text(80)),
        optional("email", Kind::text(255)),
        optional("phone", Kind::text(30)),
        optional("country", Kind::text(2)),
        required("contract_type", Kind::text(255)).default(Default::Text("open-ended")).choices(&[
            "open-ended",
            "fixed-term",
            "short-term",
            "freelance",
            "apprentice",
            "internship",
        ]),
        optional("active", Kind::Bool).default(Default::Bool(true)),
        optional("archived", Kind::Bool).default(Default::Bool(false)),
        optional("last_presence", Kind::Date),
        optional("password", Kind::Bytes),
        optional("desktop_login", Kind::text(80)),
        optional("login_failed_attemps", Kind::Integer).default(Default::Integer(0)),
        optional("last_login_failed", Kind::DateTime),
        optional("totp_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("totp_secret", Kind::text(32)),
        optional("email_otp_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("email_otp_secret", Kind::text(32)),
        optional("fido_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("fido_credentials", Kind::JsonArray),
        optional("otp_recovery_codes", Kind::BytesArray),
        optional("preferred_two_factor_authentication", Kind::text(255)).choices(&["totp", "email_otp", "fido"]),
        optional("shotgun_id", Kind::Integer),
        optional("timezone", Kind::text(50)).default(Default::Timezone),
        optional("locale", Kind::text(10)).default(Default::Locale),
        optional("use_12_hour_clock", Kind::Bool).default(Default::Bool(false)),
        optional("display_date_format", Kind::text(20)).default(Default::Text("YYYY-MM-DD")),
        optional("data", Kind::Json),
        required("role", Kind::text(255)).default(Default::Text("user")).choices(&["user", "admin", "supervisor", "manager", "client", "vendor"]),
        optional("position", Kind::text(255)).default(Default::Text("artist")).choices(&["supervisor", "lead", "artist"]),
        optional("seniority", Kind::text(255)).default(Default::Text("mid")).choices(&["senior", "mid", "junior"]),
        optional("daily_salary", Kind::Integer).default(Default::Integer(0)),
        optional("has_avatar", Kind::Bool).default(Default::Bool(false)),
        optional("notifications_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("notifications_slack_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("notifications_slack_userid", Kind::text(60)).default(Default::Text("")),
        optional("notifications_mattermost_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("notifications_mattermost_userid", Kind::text(60)).default(Default::Text("")),
        optional("notifications_discord_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("notifications_discord_userid", Kind::text(60)).default(Default::Text("")),
        required("is_bot", Kind::Bool).default(Default::Bool(false)),
        required("is_guest", Kind::Bool).default(Default::Bool(false)),
        optional("jti", Kind::text(60)),
        optional("expiration_date", Kind::Date),
        optional("is_generated_from_ldap", Kind::Bool).default(Default::Bool(false)),
        optional("ldap_uid", Kind::text(60)),
        optional("studio_id", Kind::Uuid).references("studio"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
