//! `dailies bench`: loads a running server with the calls that clients make most, and shows how fast it answers.
//!
//! Which database it measures is for the server to say. For SQLite and PostgreSQL side by side, make the same production on
//! both, and give each its server:
//!
//! ```sh
//! dailies --data-dir lite demo --size large
//! dailies --data-dir lite serve --port 5001 --admin-password sheep-in-the-fog
//! dailies --data-dir heavy --database-url postgres://… demo --size large
//! dailies --data-dir heavy --database-url postgres://… serve --port 5002 --admin-password sheep-in-the-fog
//! dailies bench --url http://127.0.0.1:5001 --email admin@example.com --password sheep-in-the-fog --writes
//! ```
//!
//! The column *cold* is the first call of the run, on a connection of its own: run the bench against a server that was just
//! started to see what statements cost that no connection knows yet. The others are warm.

mod board;
mod client;
mod figures;
mod measuring;
mod routes;
mod stage;

use std::error::Error;
use std::time::Duration;

use clap::Args;

use self::client::{Client, Problem};
use self::figures::table;
use self::routes::{ROUTES, Route};
use self::stage::Stage;

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
    /// Seconds for each route: half of them one call after another, half of them several at once.
    #[arg(long, default_value_t = 4.0)]
    pub seconds: f64,
    /// Calls at once in the second half.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub concurrency: u16,
    /// Only the routes whose name or path holds this text. May be given several times.
    #[arg(long)]
    pub route: Vec<String>,
    /// Measure writing calls, too, in a production that is made for them and removed in the end.
    #[arg(long)]
    pub writes: bool,
    /// Tasks that are created, assigned and deleted at once among the writing calls.
    #[arg(long, default_value_t = 1000)]
    pub tasks: usize,
    /// Ask for compressed answers.
    #[arg(long)]
    pub gzip: bool,
}

impl BenchArgs {
    fn wants(&self, route: &Route) -> bool {
        let named = |text: &String| route.name.contains(text.as_str()) || route.path.contains(text.as_str());
        (self.writes || !route.writes) && (self.route.is_empty() || self.route.iter().any(named))
    }
}

/// Name of the lines about many tasks at once, for `--route`.
const BULK: &str = "many tasks";
/// Name of the lines about a board that is kept open, for `--route`.
const BOARD: &str = "board of tasks";

/// Measures, and prints a table as it goes.
///
/// # Errors
/// The server does not answer, refuses the password, or no route is known by the given names.
pub async fn run(args: &BenchArgs) -> Result<(), Box<dyn Error>> {
    measure_all(args).await.map_err(|problem| problem as Box<dyn Error>)
}

async fn measure_all(args: &BenchArgs) -> Result<(), Problem> {
    let routes: Vec<&Route> = ROUTES.iter().filter(|route| args.wants(route)).collect();
    let named = |line: &str| args.writes && (args.route.is_empty() || args.route.iter().any(|text| line.contains(text.as_str())));
    let (bulk, board) = (named(BULK), named(BOARD));
    if routes.is_empty() && !bulk && !board {
        return Err("no route is known by that name".into());
    }
    let mut client = Client::sign_in(&args.url, &args.email, &args.password, args.gzip).await?;
    println!("{}", table::head(args.concurrency));
    let (writing, reading): (Vec<&Route>, Vec<&Route>) = routes.into_iter().partition(|route| route.writes);
    measure(&mut client, &reading, args).await;
    if writing.is_empty() && !bulk && !board {
        return Ok(());
    }
    let stage = Stage::build(&mut client, if bulk || board { args.tasks } else { 0 }).await?;
    measure(&mut client, &writing, args).await;
    // These tasks are deleted in the end, so that those of the board can be created.
    if bulk && let Err(problem) = stage.bulk(&client).await {
        println!("{}", table::left_out(BULK, &problem.to_string()));
    }
    if board && let Err(problem) = board::reload(&client, &stage).await {
        println!("{}", table::left_out(BOARD, &problem.to_string()));
    }
    stage.remove(&client).await
}

/// Measures routes, and prints a line for each.
async fn measure(client: &mut Client, routes: &[&Route], args: &BenchArgs) {
    let half = Duration::from_secs_f64((args.seconds / 2.0).max(0.05));
    for route in routes {
        let call = match client.call(route).await {
            Ok(call) if route.known => client.knowing(call).await,
            call => call,
        };
        let line = match call {
            Ok(call) => match measuring::measure(client, &call, half, args.concurrency).await {
                Ok(figures) => table::line(route, &figures),
                Err(problem) => table::left_out(route.name, &problem.to_string()),
            },
            Err(problem) => table::left_out(route.name, &problem.to_string()),
        };
        println!("{line}");
    }
}
