//! Columns of persons: who sees which, and who may change which.

use std::sync::LazyLock;

use crate::vocabulary::persons::HIDDEN_COLUMNS;

/// Columns that no answer ever shows, and the names of security keys, which are shown to their owner elsewhere.
pub(super) static HIDDEN: LazyLock<Vec<&str>> =
    LazyLock::new(|| HIDDEN_COLUMNS.into_iter().chain(["fido_devices"]).collect());

/// Columns that are set by their own routes only.
pub(super) const NOT_BY_BODY: [&str; 7] = [
    "totp_enabled",
    "email_otp_enabled",
    "fido_enabled",
    "is_guest",
    "preview_project_id",
    "preview_opened_at",
    "preview_open_until",
];

/// Columns that somebody who is no manager gets to see of others.
pub(super) const COLUMNS_FOR_COLLEAGUES: [&str; 12] = [
    "id",
    "type",
    "first_name",
    "last_name",
    "full_name",
    "has_avatar",
    "active",
    "departments",
    "studio_id",
    "role",
    "desktop_login",
    "is_bot",
];

/// Columns that a client gets to see of others.
pub(super) const COLUMNS_FOR_CLIENTS: [&str; 9] = [
    "id",
    "type",
    "first_name",
    "last_name",
    "full_name",
    "has_avatar",
    "active",
    "role",
    "is_bot",
];

/// Columns that a person who is no administrator may change of themself.
pub(super) const COLUMNS_OF_ONESELF: [&str; 19] = [
    "first_name",
    "last_name",
    "email",
    "phone",
    "country",
    "locale",
    "timezone",
    "use_12_hour_clock",
    "display_date_format",
    "data",
    "notifications_enabled",
    "notifications_slack_enabled",
    "notifications_slack_userid",
    "notifications_mattermost_enabled",
    "notifications_mattermost_userid",
    "notifications_discord_enabled",
    "notifications_discord_userid",
    "expiration_date",
    "preferred_two_factor_authentication",
];
