//! E-mails: what they say, and how they reach the mail server. Those who write one store it as a job with their change.

mod letters;
mod mailer;
mod plain;

pub use letters::{Letter, LetterOrigin, News, PlaylistShared, Recipient, TaskNews};
pub use mailer::{MailError, Mailer};
