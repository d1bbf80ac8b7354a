//! Commands of the `dailies` program.

mod accounts;
mod adopt;
mod backup;
mod contract;
mod private;
mod serve;
mod work_folder;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{DataArgs, Settings};
use crate::database::Database;
use crate::studio::seed::Domain;

/// Production tracking server for animation and VFX studios.
#[derive(Parser)]
#[command(name = "dailies", version, about)]
struct Cli {
    #[command(flatten)]
    data: DataArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(Box<Settings>),
    /// Make the database and what every studio starts with.
    Init {
        /// Kind of work that the studio does.
        #[arg(long, short, value_enum, ignore_case = true, default_value = "3d")]
        domain: Domain,
    },
    /// Make an administrator, or make somebody one.
    CreateAdmin {
        /// E-mail address.
        email: String,
        /// Password of a new account.
        #[arg(long)]
        password: Option<String>,
    },
    /// Give somebody a new password.
    ChangePassword {
        /// E-mail address.
        email: String,
        /// The new password.
        #[arg(long)]
        password: String,
    },
    /// Take the persons of the studio over from its directory (LDAP), which the settings name.
    #[command(alias = "sync-with-ldap-server")]
    SyncLdap(Box<accounts::SyncLdapArgs>),
    /// Make a production that looks real.
    Demo(crate::demo::DemoArgs),
    /// Measure how fast a running server answers.
    Bench(crate::bench::BenchArgs),
    /// Take over a PostgreSQL database that the reference server made, of a release from 1.0.67 to 1.0.97.
    Adopt {
        /// Say what is found and what would be done, and leave everything as it is.
        #[arg(long, visible_alias = "dry-run")]
        check: bool,
    },
    /// Make a database that was taken over ready for a newer release of the server that made it.
    HandBack {
        /// Say what would be done, and leave everything as it is.
        #[arg(long)]
        check: bool,
    },
    /// Print the contract.
    Openapi {
        /// Form of the document.
        #[arg(long, value_enum, default_value = "json")]
        format: contract::Format,
    },
    /// Copy the embedded database into a file while the server runs.
    Backup {
        /// File to write; it must not exist.
        file: std::path::PathBuf,
    },
}

/// Settings of the environment, for commands that take none of their own.
#[derive(Parser)]
struct FromEnvironment {
    #[command(flatten)]
    settings: Settings,
}

fn environment() -> Settings {
    FromEnvironment::parse_from(["dailies"]).settings
}

/// Runs the command that the program was started with.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Openapi { format } = cli.command {
        return finish(contract::print(format));
    }
    private::begin();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return finish(Err(error.into())),
    };
    finish(runtime.block_on(execute(cli.data, cli.command)))
}

type CommandResult = Result<(), Box<dyn std::error::Error>>;

fn finish(result: CommandResult) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dailies: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(data: DataArgs, command: Command) -> CommandResult {
    match command {
        Command::Serve(settings) => serve::run(data, *settings).await,
        Command::Init { domain } => accounts::init(&data, domain).await,
        Command::CreateAdmin { email, password } => accounts::create_admin(&data, &email, password.as_deref()).await,
        Command::ChangePassword { email, password } => accounts::change_password(&data, &email, &password).await,
        Command::SyncLdap(args) => accounts::sync_ldap(&data, *args).await,
        Command::Demo(args) => crate::demo::run(&offline(&data).await?, &args).await,
        Command::Bench(args) => crate::bench::run(&args).await,
        Command::Adopt { check } => adopt::run(&data, check).await,
        Command::HandBack { check } => adopt::hand_back(&data, check).await,
        Command::Openapi { format } => contract::print(format),
        Command::Backup { file } => backup::run(&data, &file).await,
    }
}

async fn connect(data: &DataArgs) -> Result<Database, Box<dyn std::error::Error>> {
    let database = Database::connect(&data.url(), data.pool_size()).await?;
    private::close_data(data);
    Ok(database)
}

/// The parts of a server that serves nobody, on a prepared database with its base data.
async fn offline(data: &DataArgs) -> Result<crate::app::SharedApp, Box<dyn std::error::Error>> {
    offline_with(data, environment()).await
}

async fn offline_with(data: &DataArgs, settings: Settings) -> Result<crate::app::SharedApp, Box<dyn std::error::Error>> {
    let database = connect(data).await?;
    let fresh = crate::server::prepare(&database).await?;
    let app = crate::server::build(data, settings, database).await?;
    if fresh {
        crate::studio::seed::seed(&app, Domain::default()).await?;
    }
    Ok(std::sync::Arc::new(app))
}
