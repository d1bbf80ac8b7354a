//! Settings of what people are sent: e-mails, and messages to chat services.

use clap::{ArgAction, Args};

use super::switch;

/// Settings of e-mails.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Mail")]
pub struct MailSettings {
    /// True if e-mails are sent.
    #[arg(long, env = "MAIL_ENABLED", default_value = "true", value_parser = switch, action = ArgAction::Set)]
    pub mail_enabled: bool,
    /// Host of the mail server.
    #[arg(long, env = "MAIL_SERVER", default_value = "localhost")]
    pub mail_server: String,
    /// Port of the mail server.
    #[arg(long, env = "MAIL_PORT", default_value_t = 25)]
    pub mail_port: u16,
    /// User of the mail server.
    #[arg(long, env = "MAIL_USERNAME", default_value = "")]
    pub mail_username: String,
    /// Password of that user.
    #[arg(long, env = "MAIL_PASSWORD", default_value = "", hide_env_values = true)]
    pub mail_password: String,
    /// True if the connection turns to TLS after it is made.
    #[arg(long, env = "MAIL_USE_TLS", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub mail_use_tls: bool,
    /// True if the connection is TLS from the start.
    #[arg(long, env = "MAIL_USE_SSL", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub mail_use_ssl: bool,
    /// Address that e-mails come from.
    #[arg(long, env = "MAIL_DEFAULT_SENDER", default_value = "no-reply@your-studio.com")]
    pub mail_default_sender: String,
}

/// Settings of messages to chat services.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Chat services")]
pub struct ChatSettings {
    /// Hosts, separated by semicolons, that a webhook may lead to though they are not on the public network.
    #[arg(long, env = "DAILIES_CHAT_HOSTS", value_delimiter = ';')]
    pub chat_hosts: Vec<String>,
    /// Address of the API of Slack.
    #[arg(long, env = "DAILIES_SLACK_ADDRESS", default_value = "https://slack.com/api")]
    pub slack_address: String,
    /// Address of the API of Discord.
    #[arg(long, env = "DAILIES_DISCORD_ADDRESS", default_value = "https://discord.com/api/v10")]
    pub discord_address: String,
}
