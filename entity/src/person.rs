//! One account: somebody of the studio, a client, a guest of a shared playlist, or a bot.

use sea_orm::entity::prelude::*;

use crate::arrays::{BytesArray, JsonArray};
use crate::facts::{Default, Definition, Table};

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
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "open-ended")]
    pub contract_type: String,
    #[sea_orm(default_value = true)]
    pub active: Option<bool>,
    #[sea_orm(default_value = false)]
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
    #[sea_orm(default_value = 0)]
    pub login_failed_attemps: Option<i32>,
    pub last_login_failed: Option<DateTime>,
    #[sea_orm(default_value = false)]
    pub totp_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub totp_secret: Option<String>,
    #[sea_orm(default_value = false)]
    pub email_otp_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub email_otp_secret: Option<String>,
    #[sea_orm(default_value = false)]
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
    #[sea_orm(default_value = false)]
    pub use_12_hour_clock: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(20))", default_value = "YYYY-MM-DD")]
    pub display_date_format: Option<String>,
    /// Values of the metadata columns, by field name.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    /// Role of the account in the studio: what it may do in general; a team can give another role.
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "user")]
    pub role: String,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "artist")]
    pub position: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "mid")]
    pub seniority: Option<String>,
    #[sea_orm(default_value = 0)]
    pub daily_salary: Option<i32>,
    #[sea_orm(default_value = false)]
    pub has_avatar: Option<bool>,
    #[sea_orm(default_value = false)]
    pub notifications_enabled: Option<bool>,
    #[sea_orm(default_value = false)]
    pub notifications_slack_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(60))", default_value = "")]
    pub notifications_slack_userid: Option<String>,
    #[sea_orm(default_value = false)]
    pub notifications_mattermost_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(60))", default_value = "")]
    pub notifications_mattermost_userid: Option<String>,
    #[sea_orm(default_value = false)]
    pub notifications_discord_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(60))", default_value = "")]
    pub notifications_discord_userid: Option<String>,
    #[sea_orm(default_value = false)]
    pub is_bot: bool,
    /// True if it stands for a visitor of a shared playlist.
    #[sea_orm(default_value = false)]
    pub is_guest: bool,
    /// Id of the one API token that is valid for the account.
    #[sea_orm(column_type = "String(StringLen::N(60))")]
    pub jti: Option<String>,
    /// Last day of the API token.
    pub expiration_date: Option<Date>,
    #[sea_orm(default_value = false)]
    pub is_generated_from_ldap: Option<bool>,
    /// Name in the LDAP directory of the studio.
    #[sea_orm(column_type = "String(StringLen::N(60))")]
    pub ldap_uid: Option<String>,
    /// Production that a preview account is for; null for everybody else. Such an account has a password that is handed out,
    /// and may sign in only while it is open.
    pub preview_project_id: Option<Uuid>,
    /// Moment at which the account was opened; tokens of before are dead.
    pub preview_opened_at: Option<DateTime>,
    /// End of the time for which the account is open; null when it is closed.
    pub preview_open_until: Option<DateTime>,
    /// Identity provider that the account is bound to, with the name that it knows the person by.
    #[sea_orm(column_type = "Text")]
    pub oidc_issuer: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub oidc_subject: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub saml_issuer: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub saml_subject: Option<String>,
    pub studio_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::studio::Entity",
        from = "Column::StudioId",
        to = "super::studio::Column::Id"
    )]
    Studio,
}

impl ActiveModelBehavior for ActiveModel {}

/// Roles that an account has in the studio, or in the team of a production.
pub const ROLES: &[&str] = &["user", "admin", "supervisor", "manager", "client", "vendor"];

/// Positions that a person works in, and is paid by.
pub const POSITIONS: &[&str] = &["supervisor", "lead", "artist"];

/// Levels of experience that a person has, and is paid by.
pub const SENIORITIES: &[&str] = &["senior", "mid", "junior"];

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>()
        .choices(
            Column::ContractType,
            &[
                "open-ended",
                "fixed-term",
                "short-term",
                "freelance",
                "apprentice",
                "internship",
            ],
        )
        .choices(Column::PreferredTwoFactorAuthentication, &["totp", "email_otp", "fido"])
        .default(Column::Timezone, Default::Timezone)
        .default(Column::Locale, Default::Locale)
        .choices(Column::Role, ROLES)
        .choices(Column::Position, POSITIONS)
        .choices(Column::Seniority, SENIORITIES)
        // The database has a foreign key; but it says how long the account lives, not what the person belongs to.
        .names(Column::PreviewProjectId, &["project"])
});
