//! `dailies bench`: loads a running server with the calls that clients make most, and shows how fast it answers.

mod client;
mod figures;
mod measuring;
mod routes;

use std::error::Error;
use std::time::Duration;

use clap::Args;

use self::client::Client;
use self::figures::table;
use self::routes::{ROUTES, Route};

/// What is measured, and where.
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
    /// Measure writing calls, too: they change records of the production and leave their comments there.
    #[arg(long)]
    pub writes: bool,
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

/// Measures, and prints a table as it goes.
///
/// # Errors
/// The server does not answer, refuses the password, or no route is known by the given names.
pub async fn run(args: &BenchArgs) -> Result<(), Box<dyn Error>> {
    let routes: Vec<&Route> = ROUTES.iter().filter(|route| args.wants(route)).collect();
    if routes.is_empty() {
        return Err("no route is known by that name".into());
    }
    let mut client = Client::sign_in(&args.url, &args.email, &args.password, args.gzip).await?;
    let half = Duration::from_secs_f64((args.seconds / 2.0).max(0.05));
    println!("{}", table::head(args.concurrency));
    for route in routes {
        let line = match client.call(route).await {
            Ok(call) => match measuring::measure(&client, &call, half, args.concurrency).await {
                Ok(figures) => table::line(route, &figures),
                Err(problem) => table::left_out(route, &problem.to_string()),
            },
            Err(problem) => table::left_out(route, &problem.to_string()),
        };
        println!("{line}");
    }
    Ok(())
}
