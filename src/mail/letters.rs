//! Texts of e-mails. Each one is a template under `templates/`, which the layout there wraps.

use std::net::IpAddr;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use minijinja::{Environment, context};

use super::plain::plain;

/// Something to write to a person about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// The person changed their password.
    PasswordChanged,
    /// The person, or somebody else, asked for a link to choose a new password.
    PasswordRecovery { link: String },
    /// An administrator invites the person, who has not signed in yet.
    Invitation { link: String },
    /// An administrator changed the person's password.
    PasswordChangedByAdmin,
    /// An administrator took the person's second factors away.
    SecondFactorsRemovedByAdmin,
    /// The person, or an administrator, changed the person's e-mail address; this goes to the former one.
    AddressChanged,
    /// The person, or somebody else, asked for a code to sign in with.
    VerificationCode { code: String },
    /// Something happened on a task.
    Task(TaskNews),
    /// Somebody shares a playlist with the person, who needs no account.
    PlaylistShared(PlaylistShared),
    /// The movie of a playlist, for which the person asked, can be downloaded.
    MovieBuilt { playlist: String, link: String },
}

/// A playlist that is shared with somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaylistShared {
    pub author: String,
    pub playlist: String,
    /// Name of the production.
    pub production: String,
    pub link: String,
    /// Text that the author wrote, if anything.
    pub text: String,
}

/// News of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskNews {
    pub news: News,
    pub author_first_name: String,
    pub author: String,
    /// The production, the entity with what it is part of, and the task type.
    pub task: String,
    /// Address where the web UI shows it.
    pub link: String,
    /// Short name of the status that a comment came with.
    pub status: String,
    /// Text of the comment, if anything.
    pub text: String,
}

/// A kind of [`TaskNews`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    Comment,
    Mention,
    Reply,
    Assignation,
    /// A playlist waits for clients; the names are those of the playlist instead of a task.
    PlaylistReady,
}

impl News {
    fn word(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Mention => "mention",
            Self::Reply => "reply",
            Self::Assignation => "assignation",
            Self::PlaylistReady => "playlist-ready",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Comment => "New Comment",
            Self::Mention => "You Were Mentioned",
            Self::Reply => "New Reply",
            Self::Assignation => "New Assignment",
            Self::PlaylistReady => "Playlist Ready",
        }
    }
}

impl TaskNews {
    fn subject(&self) -> String {
        let Self {
            author_first_name: name,
            task,
            status,
            ..
        } = self;
        match self.news {
            News::Comment => format!("[Kitsu] {status} - {name} commented on {task}"),
            News::Mention => format!("[Kitsu] {name} mentioned you on {task}"),
            News::Reply => format!("[Kitsu] {name} replied on {task}"),
            News::Assignation => format!("[Kitsu] You were assigned to {task}"),
            News::PlaylistReady => format!("[Kitsu] {task} is ready for review"),
        }
    }
}

/// Recipient of an e-mail.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub address: String,
    pub first_name: String,
    pub full_name: String,
    /// Name of the time zone that times are told in.
    pub timezone: Option<String>,
}

/// Cause of an e-mail.
#[derive(Clone, Copy, Debug)]
pub struct LetterOrigin {
    /// Moment at which it happened, in UTC.
    pub moment: NaiveDateTime,
    /// Address of whoever caused it, where it is known and matters.
    pub address: Option<IpAddr>,
}

/// An e-mail as it is sent, without its addresses.
#[derive(Clone, Debug)]
pub(super) struct WrittenEmail {
    pub subject: String,
    pub html: String,
    pub text: String,
}

impl Letter {
    fn template(&self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed.html",
            Self::PasswordRecovery { .. } => "password_recovery.html",
            Self::Invitation { .. } => "invitation.html",
            Self::PasswordChangedByAdmin => "password_changed_by_admin.html",
            Self::SecondFactorsRemovedByAdmin => "second_factors_removed.html",
            Self::AddressChanged => "address_changed.html",
            Self::VerificationCode { .. } => "verification_code.html",
            Self::Task(_) => "task_news.html",
            Self::PlaylistShared(_) => "playlist_shared.html",
            Self::MovieBuilt { .. } => "movie_built.html",
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::PasswordChanged | Self::PasswordChangedByAdmin => "Password Changed",
            Self::PasswordRecovery { .. } => "Password Recovery",
            Self::Invitation { .. } => "Welcome to Kitsu",
            Self::SecondFactorsRemovedByAdmin => "Two Factor Authentication Disabled",
            Self::AddressChanged => "E-mail Address Changed",
            Self::VerificationCode { .. } => "Your verification code",
            Self::Task(news) => news.news.title(),
            Self::PlaylistShared(_) => "Playlist Shared With You",
            Self::MovieBuilt { .. } => "Playlist Movie Ready",
        }
    }

    fn subject(&self, organisation: &str) -> String {
        match self {
            Self::PasswordChanged | Self::PasswordChangedByAdmin => {
                format!("{organisation} - Kitsu: password changed")
            }
            Self::PasswordRecovery { .. } => format!("{organisation} - Kitsu: password recovery"),
            Self::Invitation { .. } => {
                format!("You are invited by {organisation} to join their Kitsu platform")
            }
            Self::SecondFactorsRemovedByAdmin => {
                format!("{organisation} - Kitsu: two factor authentication disabled")
            }
            Self::AddressChanged => format!("{organisation} - Kitsu: e-mail address changed"),
            Self::VerificationCode { .. } => format!("{organisation} - Kitsu: your verification code"),
            Self::Task(news) => news.subject(),
            Self::PlaylistShared(shared) => format!(
                "[Kitsu] {} shared the playlist {} with you",
                shared.author, shared.playlist
            ),
            Self::MovieBuilt { .. } => format!("{organisation} - Kitsu: playlist download"),
        }
    }

    fn link(&self) -> &str {
        match self {
            Self::PasswordRecovery { link } | Self::Invitation { link } | Self::MovieBuilt { link, .. } => link,
            Self::Task(news) => &news.link,
            Self::PlaylistShared(shared) => &shared.link,
            _ => "",
        }
    }

    /// Writes the e-mail.
    pub(super) fn write(
        &self,
        recipient: &Recipient,
        organisation: &str,
        origin: LetterOrigin,
    ) -> Result<WrittenEmail, minijinja::Error> {
        let news = if let Self::Task(news) = self { Some(news) } else { None };
        let shared = if let Self::PlaylistShared(shared) = self {
            Some(shared)
        } else {
            None
        };
        let text = news
            .map(|news| news.text.as_str())
            .or(shared.map(|shared| shared.text.as_str()));
        let playlist = if let Self::MovieBuilt { playlist, .. } = self {
            Some(playlist.as_str())
        } else {
            None
        };
        let code = if let Self::VerificationCode { code } = self {
            Some(code.as_str())
        } else {
            None
        };
        let values = context! {
            news => news.map(|news| news.news.word()),
            author => news.map(|news| news.author.as_str()).or(shared.map(|shared| shared.author.as_str())),
            task => news.map(|news| news.task.as_str()),
            status => news.map(|news| news.status.as_str()),
            playlist => playlist.or(shared.map(|shared| shared.playlist.as_str())),
            production => shared.map(|shared| shared.production.as_str()),
            lines => text.map(|text| text.trim().lines().map(str::to_owned).collect::<Vec<_>>()),
            title => self.title(),
            organisation,
            first_name => recipient.first_name.as_str(),
            email => recipient.address.as_str(),
            code,
            link => self.link(),
            time => local_time(origin.moment, recipient.timezone.as_deref()),
            address => origin.address.map(|address| address.to_string()).unwrap_or_default(),
        };
        let html = templates()?.get_template(self.template())?.render(values)?;
        Ok(WrittenEmail {
            subject: self.subject(organisation),
            text: plain(&html),
            html,
        })
    }
}

/// Values in templates are escaped, since their names end in `.html`.
fn templates() -> Result<Environment<'static>, minijinja::Error> {
    let mut templates = Environment::new();
    templates.add_template("layout.html", include_str!("templates/layout.html"))?;
    templates.add_template("origin.html", include_str!("templates/origin.html"))?;
    templates.add_template("password_changed.html", include_str!("templates/password_changed.html"))?;
    templates.add_template(
        "verification_code.html",
        include_str!("templates/verification_code.html"),
    )?;
    templates.add_template(
        "password_recovery.html",
        include_str!("templates/password_recovery.html"),
    )?;
    templates.add_template("invitation.html", include_str!("templates/invitation.html"))?;
    templates.add_template(
        "password_changed_by_admin.html",
        include_str!("templates/password_changed_by_admin.html"),
    )?;
    templates.add_template("task_news.html", include_str!("templates/task_news.html"))?;
    templates.add_template("playlist_shared.html", include_str!("templates/playlist_shared.html"))?;
    templates.add_template("movie_built.html", include_str!("templates/movie_built.html"))?;
    templates.add_template(
        "second_factors_removed.html",
        include_str!("templates/second_factors_removed.html"),
    )?;
    templates.add_template("address_changed.html", include_str!("templates/address_changed.html"))?;
    Ok(templates)
}

/// A moment such as `Nov 21, 2026, 12:34:07 AM`, in UTC when the time zone is not known.
fn local_time(moment: NaiveDateTime, timezone: Option<&str>) -> String {
    let zone: Tz = timezone.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
    moment
        .and_utc()
        .with_timezone(&zone)
        .format("%b %-d, %Y, %-I:%M:%S %p")
        .to_string()
}

#[cfg(test)]
mod tests;
