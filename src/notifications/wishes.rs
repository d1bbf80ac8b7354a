//! Wishes of persons for the ways in which they hear of notifications outside of the web UI.

use sea_orm::{DbErr, QueryResult};

use crate::messengers::Service;

/// Columns that [`DeliveryWishes::read`] takes, of a person `r`.
pub(super) const WISHES: &str = "r.email AS email, r.notifications_enabled AS wants_emails, r.notifications_slack_enabled AS wants_slack, \
     r.notifications_slack_userid AS slack, r.notifications_mattermost_enabled AS wants_mattermost, \
     r.notifications_mattermost_userid AS mattermost, r.notifications_discord_enabled AS wants_discord, \
     r.notifications_discord_userid AS discord";

/// Wishes of one person. They are asked when a notification is stored, and once more when it leaves.
#[derive(Clone, Debug)]
pub(super) struct DeliveryWishes {
    has_address: bool,
    wants_emails: bool,
    /// Names in the chat services where the person wants messages.
    names: Vec<(Service, String)>,
}

impl DeliveryWishes {
    /// The wishes of the person of a row.
    ///
    /// # Errors
    /// The row lacks a column of [`WISHES`].
    pub(super) fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let text = |name: &str| row.try_get::<Option<String>>("", name).map(Option::unwrap_or_default);
        let flag = |name: &str| row.try_get::<Option<bool>>("", name).map(Option::unwrap_or_default);
        let mut names = Vec::new();
        for (service, wants, name) in [
            (Service::Slack, "wants_slack", "slack"),
            (Service::Mattermost, "wants_mattermost", "mattermost"),
            (Service::Discord, "wants_discord", "discord"),
        ] {
            let name = text(name)?;
            if flag(wants)? && !name.is_empty() {
                names.push((service, name));
            }
        }
        Ok(Self {
            has_address: !text("email")?.is_empty(),
            wants_emails: flag("wants_emails")?,
            names,
        })
    }

    /// True if notifications about tasks go to the person by e-mail.
    pub(super) fn by_email(&self) -> bool {
        self.has_address && self.wants_emails
    }

    /// True if the person is told by e-mail that a playlist is ready: so is everybody who wants to hear of anything.
    pub(super) fn playlists_by_email(&self) -> bool {
        self.has_address && (self.wants_emails || !self.names.is_empty())
    }

    /// The chat services where the person wants messages.
    pub(super) fn services(&self) -> impl Iterator<Item = Service> {
        self.names.iter().map(|(service, _)| *service)
    }

    /// The name of the person in a chat service where they want messages.
    pub(super) fn name_in(&self, service: Service) -> Option<&str> {
        let name = self.names.iter().find(|(known, _)| *known == service);
        name.map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playlists_go_by_email_to_those_who_want_to_hear_of_anything() {
        let wishes = |has_address, wants_emails, in_slack: bool| {
            let names = in_slack.then(|| (Service::Slack, "ada".to_owned()));
            let wishes = DeliveryWishes {
                has_address,
                wants_emails,
                names: names.into_iter().collect(),
            };
            (wishes.by_email(), wishes.playlists_by_email())
        };
        assert_eq!(wishes(true, true, false), (true, true));
        assert_eq!(wishes(true, false, true), (false, true));
        assert_eq!(wishes(true, false, false), (false, false));
        assert_eq!(wishes(false, true, true), (false, false));
    }
}
