//! `upkeep`: work to be done from time to time.

use clap::Subcommand;

use super::{CommandResult, offline, require_database};
use crate::background::JobError;
use crate::config::DataArgs;
use crate::upkeep::{self, Finding, OrphanRemoval};

/// Work to be done.
#[derive(Subcommand)]
pub(super) enum Upkeep {
    /// Remove old rows of the event log, sign-ins and notifications.
    #[command(alias = "remove-old-data")]
    Events {
        /// Age in days from which on they go.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(..=36_500))]
        days: u32,
        /// Say what would go, and leave everything as it is.
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove stored files that belong to no row.
    Files {
        /// Hours for which a file is left alone after it was written: it is stored before its row.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(..=876_000))]
        older_than: u32,
        /// Remove them even if that is every stored file.
        #[arg(long)]
        all: bool,
        /// Say what would go, and leave everything as it is.
        #[arg(long)]
        dry_run: bool,
    },
    /// Work out anew what follows from castings, comments and time spent: counts of assets, dates and retakes of tasks.
    #[command(aliases = ["reset-breakdown-data", "clean-tasks-data"])]
    Figures {
        /// Name of the only production to look at.
        #[arg(long)]
        production: Option<String>,
        /// Say what would change, and leave everything as it is.
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove what has expired: revoked tokens, codes, counters, and jobs that were given up. A running server does it, too.
    #[command(alias = "clean-auth-tokens")]
    Expired {
        /// Say what would go, and leave everything as it is.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(data: &DataArgs, what: &Upkeep) -> CommandResult {
    require_database(data)?;
    let app = offline(data).await?;
    let (found, word, is_dry) = match what {
        Upkeep::Events { days, dry_run } => (
            upkeep::old_rows(&app.database, *days, *dry_run).await?,
            "removed",
            *dry_run,
        ),
        Upkeep::Files {
            older_than,
            all,
            dry_run,
        } => {
            let removal = OrphanRemoval {
                older_than: *older_than,
                all: *all,
                dry_run: *dry_run,
            };
            let found = upkeep::files(&app.database, &app.storage, removal).await?;
            (found, "removed", *dry_run)
        }
        Upkeep::Figures { production, dry_run } => {
            let found = upkeep::figures(&app, production.as_deref(), *dry_run)
                .await
                .map_err(|failure| JobError::of(failure).to_string())?;
            (found, "corrected", *dry_run)
        }
        Upkeep::Expired { dry_run } => (upkeep::expired(&app, *dry_run).await?, "removed", *dry_run),
    };
    print_findings(&found, word);
    if is_dry {
        println!("This was a dry run, and nothing was changed.");
    }
    Ok(())
}

fn print_findings(found: &[Finding], word: &str) {
    let width = found.iter().map(|found| found.what.len()).max().unwrap_or_default();
    println!("{:width$} {:>10} {word:>10}", "", "all");
    for Finding { what, all, changed } in found {
        println!("{what:width$} {all:>10} {changed:>10}");
    }
}
