//! Commands of the `dailies` program.

mod accounts;
mod adopt;
mod backup;
mod contract;
mod copying;
mod dumps;
mod first_steps;
mod log;
#[cfg(test)]
mod manual;
#[cfg(test)]
mod manual_facts;
#[cfg(test)]
mod packaging;
mod password;
mod private;
mod serve;
mod settings;
mod upkeep;
mod variables;
mod work_folder;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, Parser, Subcommand};
use sea_orm::{DbErr, RuntimeErr};

use crate::config::{DataArgs, Settings};
use crate::database::Database;
use crate::dumps::DumpError;
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
    /// Print the settings that count, and where each comes from; or a file with all of them.
    Config(Box<settings::ConfigArgs>),
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
        /// Password of a new account. Where it is not given, it is asked for, or read from standard input: other users of the machine
        /// may see what stands on a command line.
        #[arg(long, env = "DAILIES_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
    /// Give somebody a new password.
    ChangePassword {
        /// E-mail address.
        email: String,
        /// The new password. Where it is not given, it is asked for, or read from standard input: other users of the machine may see
        /// what stands on a command line.
        #[arg(long, env = "DAILIES_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
    /// Take the persons of the studio over from its directory (LDAP), which the settings name.
    #[command(alias = "sync-with-ldap-server")]
    SyncLdap(Box<accounts::SyncLdapArgs>),
    /// Make a production that looks real.
    Demo(crate::demo::DemoArgs),
    /// Measure how fast a running server answers.
    Bench(dailies_bench::BenchArgs),
    /// Take over a PostgreSQL database that Zou made, of a release from 1.0.67 to 1.0.97.
    Adopt {
        /// Say what is found and what would be done, and leave everything as it is.
        #[arg(long, visible_alias = "dry-run")]
        check: bool,
    },
    /// Make a database that was taken over ready for a newer release of Zou.
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
    /// Copy the embedded database into a file while the server runs. For PostgreSQL, and for the stored files, see `dump`.
    Backup {
        /// File to write; it must not exist.
        file: std::path::PathBuf,
    },
    /// Write everything into one file while the server runs: the database, SQLite or PostgreSQL, and the stored files.
    Dump(dumps::DumpArgs),
    /// Make the database and the stored files from a file that `dump` wrote, of either kind of database. Stop servers first.
    Restore(dumps::RestoreArgs),
    /// Copy another instance here, of Zou or of Dailies, with its files; best into an empty database, before the first `serve`.
    Pull(copying::PullArgs),
    /// Bring one production of this server to another instance.
    Push(copying::PushArgs),
    /// Remove what nobody needs any more, and work out anew what follows from other figures.
    #[command(subcommand)]
    Upkeep(upkeep::Upkeep),
}

/// Settings of the environment, for commands that take none of their own.
#[derive(Parser)]
struct FromEnvironment {
    #[command(flatten)]
    settings: Settings,
}

fn environment() -> Settings {
    variables::read_with_variables::<FromEnvironment>(&["dailies".into()])
        .0
        .settings
}

/// Runs the command that the program was started with.
#[must_use]
pub fn run() -> ExitCode {
    let given: Vec<_> = std::env::args_os().collect();
    let (cli, matches) = variables::read_with_variables::<Cli>(&given);
    if !matches!(cli.command, Command::Serve(_)) {
        unknown_variables()
            .iter()
            .for_each(|sentence| eprintln!("dailies: {sentence}"));
    }
    if let Command::Openapi { format } = cli.command {
        return finish(contract::print(format));
    }
    private::begin();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return finish(Err(error.into())),
    };
    finish(runtime.block_on(execute(cli.data, cli.command, &matches)))
}

/// A sentence on each variable that looks like a setting of ours and is none.
fn unknown_variables() -> Vec<String> {
    variables::unknown(Cli::command(), std::env::vars_os().map(|(name, _)| name))
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

/// Prints a text. Whoever reads it may stop before its end, as `head` does.
fn print_out(text: &[u8]) -> CommandResult {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

async fn execute(data: DataArgs, command: Command, matches: &ArgMatches) -> CommandResult {
    match command {
        Command::Serve(settings) => serve::run(data, *settings).await,
        Command::Config(args) => settings::run(&data, &args, Cli::command(), matches),
        Command::Init { domain } => accounts::init(&data, domain).await,
        Command::CreateAdmin { email, password } => accounts::create_admin(&data, &email, password.as_deref()).await,
        Command::ChangePassword { email, password } => accounts::change_password(&data, &email, password).await,
        Command::SyncLdap(args) => accounts::sync_ldap(&data, *args).await,
        Command::Demo(args) => crate::demo::run(&offline(&data).await?, &args).await,
        Command::Bench(args) => dailies_bench::run(&args).await,
        Command::Adopt { check } => adopt::run(&data, check).await,
        Command::HandBack { check } => adopt::hand_back(&data, check).await,
        Command::Openapi { format } => contract::print(format),
        Command::Backup { file } => backup::run(&data, &file).await,
        Command::Dump(args) => dumps::dump(&data, &args).await,
        Command::Restore(args) => dumps::restore(&data, &args).await,
        Command::Pull(args) => copying::pull(&data, args).await,
        Command::Push(args) => copying::push(&data, args).await,
        Command::Upkeep(what) => upkeep::run(&data, &what).await,
    }
}

/// Refuses to work where there is no embedded database yet: whoever connects to one makes it, in a wrong folder, too.
fn require_database(data: &DataArgs) -> Result<(), DumpError> {
    match missing_file(data) {
        Some(file) => Err(DumpError::NoDatabase(file)),
        None => Ok(()),
    }
}

/// The file of the embedded database, when it is not there yet.
fn missing_file(data: &DataArgs) -> Option<PathBuf> {
    data.embedded_file().filter(|file| !file.exists())
}

/// Reason why there is no way to the database.
#[derive(Debug, thiserror::Error)]
#[error("the database {address} can't be opened: {reason}")]
struct UnreachableDatabase {
    /// Address without a password.
    address: String,
    reason: String,
}

impl UnreachableDatabase {
    fn at(url: &str, error: &DbErr) -> Self {
        let reason = match error {
            DbErr::Conn(RuntimeErr::SqlxError(error)) => error.to_string(),
            DbErr::Custom(reason) => reason.clone(),
            other => other.to_string(),
        };
        Self {
            address: settings::shown_address(url),
            reason,
        }
    }
}

async fn connect(data: &DataArgs) -> Result<Database, Box<dyn std::error::Error>> {
    let url = data.url();
    let database = Database::connect(&url, data.pool_size())
        .await
        .map_err(|error| UnreachableDatabase::at(&url, &error))?;
    private::close_data(data);
    Ok(database)
}

/// The parts of a server that serves nobody, on a prepared database with its base data.
async fn offline(data: &DataArgs) -> Result<crate::app::SharedApp, Box<dyn std::error::Error>> {
    offline_with(data, environment()).await
}

async fn offline_with(
    data: &DataArgs,
    settings: Settings,
) -> Result<crate::app::SharedApp, Box<dyn std::error::Error>> {
    let (app, fresh) = bare_with(data, settings).await?;
    if fresh {
        crate::studio::seed::seed(&app, Domain::default()).await?;
    }
    Ok(app)
}

/// The same without base data, and whether the database was empty before.
async fn bare(data: &DataArgs) -> Result<(crate::app::SharedApp, bool), Box<dyn std::error::Error>> {
    bare_with(data, environment()).await
}

async fn bare_with(
    data: &DataArgs,
    settings: Settings,
) -> Result<(crate::app::SharedApp, bool), Box<dyn std::error::Error>> {
    let database = connect(data).await?;
    let fresh = crate::server::prepare(&database).await?;
    let app = crate::server::build(data, settings, database).await?;
    Ok((std::sync::Arc::new(app), fresh))
}
