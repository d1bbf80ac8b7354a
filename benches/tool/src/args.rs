//! Subjects and addresses of a measurement, as they are given on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, value_parser};

/// Subjects and addresses of a measurement.
#[derive(Args, Clone, Debug)]
pub struct BenchArgs {
    /// Address of the server.
    #[arg(long, default_value = "http://127.0.0.1:5000")]
    pub url: String,
    /// E-mail address of the person who calls; administrators reach every route.
    #[arg(long)]
    pub email: String,
    /// Password of that person.
    #[arg(long)]
    pub password: String,
    /// Address of another server with the same API. It gets the same load in turns with the first one, and the ratio is shown.
    #[arg(long, value_name = "URL")]
    pub against: Option<String>,
    /// E-mail address of the person who calls the other server, unless it is the same.
    #[arg(long, value_name = "EMAIL", requires = "against")]
    pub against_email: Option<String>,
    /// Password of the person who calls the other server, unless it is the same.
    #[arg(long, value_name = "PASSWORD", requires = "against")]
    pub against_password: Option<String>,
    /// Name of the open production whose records are asked for; the first one unless it is given.
    #[arg(long, value_name = "NAME")]
    pub production: Option<String>,
    /// Seconds for each reading call: half of them one call after another, half of them several at once. Writing calls get half of
    /// them with each number of clients.
    #[arg(long, default_value_t = 4.0, value_parser = seconds)]
    pub seconds: f64,
    /// Turns in which everything is measured, of which the best figures count; two with `--against`, one without it.
    #[arg(long, value_parser = value_parser!(u16).range(1..=100))]
    pub turns: Option<u16>,
    /// Reading calls that are made at once in the second half.
    #[arg(long, default_value_t = 8, value_parser = value_parser!(u16).range(1..=1000))]
    pub concurrency: u16,
    /// Numbers of clients that make writing calls at once, one number after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1_u16, 8, 32], value_parser = value_parser!(u16).range(1..=1000))]
    pub clients: Vec<u16>,
    /// Only the lines whose name or path holds this text. May be given several times.
    #[arg(long)]
    pub route: Vec<String>,
    /// Measure writing calls, too, in a production that is made for them and removed in the end.
    #[arg(long)]
    pub writes: bool,
    /// Tasks that are created, assigned and deleted at once among the writing calls. The board has as many.
    #[arg(long, default_value_t = 1000)]
    pub tasks: usize,
    /// Listeners over Socket.IO that hear of 50 changes a second, in a production that is made for it; none unless it is given.
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub listeners: usize,
    /// Ask for compressed answers.
    #[arg(long)]
    pub gzip: bool,
    /// Write everything to this file, too, as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

impl BenchArgs {
    /// True if a line is wanted by its name, or by its path where it has one.
    pub fn names(&self, name: &str, path: &str) -> bool {
        self.route.is_empty()
            || self
                .route
                .iter()
                .any(|text| name.contains(text.as_str()) || path.contains(text.as_str()))
    }

    /// Number of turns.
    pub fn turns(&self) -> u16 {
        self.turns.unwrap_or(if self.against.is_some() { 2 } else { 1 })
    }

    /// Half of the time that a reading call gets.
    pub fn half(&self) -> Duration {
        self.whole() / 2
    }

    /// Time for which changes come.
    pub fn whole(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// Most clients that write at once.
    pub fn most_clients(&self) -> usize {
        self.clients.iter().copied().max().map_or(1, usize::from)
    }
}

/// Reads a number of seconds that something can be measured in.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "no number".to_owned())?;
    if (0.1..=86_400.0).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("less than 0.1, or more than a day".to_owned())
    }
}

#[cfg(test)]
pub mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        args: BenchArgs,
    }

    /// The arguments, with somebody who signs in.
    pub fn parse(more: &[&str]) -> Result<BenchArgs, clap::Error> {
        let program = [
            "bench",
            "--email",
            "admin@example.com",
            "--password",
            "sheep-in-the-fog",
        ];
        Program::try_parse_from(program.iter().chain(more)).map(|program| program.args)
    }

    #[test]
    fn numbers_of_clients_are_a_list() {
        assert_eq!(parse(&[]).expect("defaults").clients, [1, 8, 32]);
        let args = parse(&["--clients", "2,64"]).expect("a list");
        assert_eq!((args.clients.as_slice(), args.most_clients()), ([2, 64].as_slice(), 64));
        assert!(parse(&["--clients", "0"]).is_err() && parse(&["--clients", "1,many"]).is_err());
    }

    #[test]
    fn two_servers_take_turns() {
        assert_eq!(parse(&[]).expect("defaults").turns(), 1);
        assert_eq!(parse(&["--against", "http://other"]).expect("two servers").turns(), 2);
        assert_eq!(
            parse(&["--against", "http://other", "--turns", "5"])
                .expect("two servers")
                .turns(),
            5
        );
        assert!(
            parse(&["--against-email", "me@example.com"]).is_err(),
            "whose address is that?"
        );
    }

    #[test]
    fn lines_are_chosen_by_name_or_path() {
        assert!(parse(&[]).expect("defaults").names("search", "/data/search"));
        let args = parse(&["--route", "search", "--route", "/casting"]).expect("names");
        assert!(args.names("search with a mistake", "/data/search") && args.names("breakdown", "/data/casting"));
        assert!(!args.names("team", "/data/projects/{project}/team"));
    }

    #[test]
    fn times_can_be_measured_in() {
        let args = parse(&["--seconds", "3"]).expect("a number");
        assert_eq!(
            (args.half(), args.whole()),
            (Duration::from_millis(1500), Duration::from_secs(3))
        );
        assert!(
            ["0", "-1", "NaN", "inf", "soon"]
                .iter()
                .all(|wrong| parse(&[&format!("--seconds={wrong}")]).is_err())
        );
    }
}
