//! `pull` and `push`: copies of other instances.

use clap::Args;

use super::{CommandResult, bare, require_database};
use crate::config::DataArgs;
use crate::pulling::{self, Compared, Fetched, PullOptions, PullOutcome, PushOptions, Remote};

/// Account that signs in at the other instance. Secrets come in variables.
#[derive(Args)]
struct RemoteAccount {
    /// E-mail of an administrator there; the password is in SYNC_PASSWORD. Without it, a token is in SYNC_TOKEN.
    #[arg(long, env = "SYNC_LOGIN")]
    login: Option<String>,
    /// Files that are moved at once.
    #[arg(long, default_value_t = 8)]
    workers: usize,
    /// Move no stored files.
    #[arg(long)]
    without_files: bool,
}

impl RemoteAccount {
    async fn sign_in(&self, url: &str) -> Result<Remote, Box<dyn std::error::Error>> {
        let secret = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        Ok(Remote::sign_in(
            url,
            self.login.as_deref(),
            secret("SYNC_PASSWORD").as_deref(),
            secret("SYNC_TOKEN").as_deref(),
        )
        .await?)
    }
}

/// Arguments of `pull`.
#[derive(Args)]
pub(super) struct PullArgs {
    /// Address of the other instance, of Zou or of Dailies.
    #[arg(long)]
    from: String,
    /// Name of the only production to copy, with what the whole studio shares.
    #[arg(long)]
    production: Option<String>,
    /// Copy nothing, only compare.
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    account: RemoteAccount,
}

/// Arguments of `push`.
#[derive(Args)]
pub(super) struct PushArgs {
    /// Address of the other instance, of Zou or of Dailies.
    #[arg(long)]
    to: String,
    /// Name of the production.
    #[arg(long)]
    production: String,
    /// Let the other instance tell its clients of every row.
    #[arg(long)]
    broadcast: bool,
    /// Push nothing, only compare.
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    account: RemoteAccount,
}

pub(super) async fn pull(data: &DataArgs, args: PullArgs) -> CommandResult {
    let PullArgs {
        from,
        production,
        verify,
        account,
    } = args;
    let app = bare(data).await?.0;
    let remote = account.sign_in(&from).await?;
    if verify {
        return print_comparison(&pulling::compare(&app, &remote, production.as_deref()).await?);
    }
    let options = PullOptions {
        production: production.clone(),
        without_files: account.without_files,
        workers: account.workers,
        folder: data.data_dir.clone(),
    };
    let outcome = pulling::pull(&app, &remote, &options).await?;
    let compared = pulling::compare(&app, &remote, production.as_deref()).await?;
    tell_outcome(&outcome);
    print_comparison(&compared)
}

pub(super) async fn push(data: &DataArgs, args: PushArgs) -> CommandResult {
    let PushArgs {
        to,
        production,
        broadcast,
        verify,
        account,
    } = args;
    require_database(data)?;
    let app = bare(data).await?.0;
    let remote = account.sign_in(&to).await?;
    if verify {
        return print_comparison(&pulling::compare_pushed(&app, &remote, &production).await?);
    }
    let options = PushOptions {
        production,
        without_files: account.without_files,
        workers: account.workers,
        broadcast,
    };
    let pushed = pulling::push(&app, &remote, &options).await?;
    println!("{} rows and {} files were pushed.", pushed.rows, pushed.files);
    for reason in &pushed.refused {
        println!("refused there: {reason}");
    }
    print_comparison(&pushed.compared)?;
    if pushed.refused.is_empty() {
        Ok(())
    } else {
        Err("some of the production was refused".into())
    }
}

fn tell_outcome(outcome: &PullOutcome) {
    if outcome.went_on {
        println!("It went on where an earlier call stopped.");
    }
    println!("{} rows were read.", outcome.rows);
    for name in &outcome.not_offered {
        println!("not offered there: {name}");
    }
    for (collection, (count, reasons)) in &outcome.refused {
        println!("refused here: {count} of {collection}");
        for reason in reasons {
            println!("  {reason}");
        }
    }
    let Some(Fetched {
        fetched,
        bytes,
        kept,
        missing,
        failed,
    }) = &outcome.files
    else {
        return;
    };
    println!(
        "{fetched} files ({:.1} MB) were fetched, {kept} were here, {missing} are not there.",
        *bytes as f64 / 1_000_000.0
    );
    for (kind, (count, reasons)) in failed {
        println!("not fetched: {count} of {kind}");
        for reason in reasons {
            println!("  {reason}");
        }
    }
}

/// The table of what was compared.
fn print_comparison(compared: &[Compared]) -> CommandResult {
    let width = compared
        .iter()
        .map(|line| line.collection.len())
        .max()
        .unwrap_or_default();
    println!("{:width$} {:>10} {:>10}", "", "there", "here");
    for line in compared {
        let there = line.there.map_or_else(|| "-".to_owned(), |count| count.to_string());
        println!(
            "{:width$} {there:>10} {:>10}{}",
            line.collection,
            line.here,
            if line.agrees() { "" } else { "  differs" }
        );
    }
    Ok(())
}
