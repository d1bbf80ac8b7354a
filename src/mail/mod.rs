//! E-mails: what they say, and how they leave without anybody waiting for it.

mod letters;
mod mailer;
mod plain;

pub use letters::{Letter, Recipient};
pub use mailer::{MailError, Mailer};
