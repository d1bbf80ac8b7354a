//! Settings of how much the server takes from outside.

use clap::{Args, value_parser};

/// Settings of connections: how many there may be, and how long they may be silent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct ConnectionSettings {
    /// Most connections of one address, trusted proxies aside; 0 for no limit.
    #[arg(long, env = "DAILIES_CONNECTIONS_PER_ADDRESS", default_value_t = 1000)]
    pub connections_per_address: usize,
    /// Seconds that the heading of a request may take.
    #[arg(long, env = "DAILIES_HEAD_TIMEOUT", default_value_t = 15, value_parser = value_parser!(u64).range(1..))]
    pub head_timeout: u64,
    /// Seconds for which nothing of a body may come.
    #[arg(long, env = "DAILIES_BODY_TIMEOUT", default_value_t = 30, value_parser = value_parser!(u64).range(1..))]
    pub body_timeout: u64,
    /// Seconds between two requests of a connection.
    #[arg(long, env = "DAILIES_IDLE_TIMEOUT", default_value_t = 120, value_parser = value_parser!(u64).range(1..))]
    pub idle_timeout: u64,
    /// Seconds for which nothing of an answer may be taken.
    #[arg(long, env = "DAILIES_WRITE_TIMEOUT", default_value_t = 120, value_parser = value_parser!(u64).range(1..))]
    pub write_timeout: u64,
}
