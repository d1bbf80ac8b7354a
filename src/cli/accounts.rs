//! `init`, `create-admin`, `change-password` and `sync-ldap`.

use std::path::PathBuf;

use clap::Args;

use super::{CommandResult, environment, missing_file, offline, offline_with, password, require_database};
use crate::auth::accounts::{self, AccountError, Administrator};
use crate::config::{DataArgs, LdapSettings, Settings};
use crate::people::directory_sync;
use crate::studio::seed::{Domain, seed};

pub(super) async fn init(data: &DataArgs, domain: Domain) -> CommandResult {
    let database = super::connect(data).await?;
    let fresh = crate::server::prepare(&database).await?;
    let app = crate::server::build(data, super::environment(), database).await?;
    seed(&app, domain).await?;
    if fresh {
        println!("The database is ready.");
    } else {
        println!("A studio was there already. What it lacked for this kind of work was added, and the rest stays.");
    }
    Ok(())
}

/// Says that there is a new database: who meant one that is there looks for it in another folder.
fn tell_of_new(file: Option<PathBuf>) {
    if let Some(file) = file {
        eprintln!(
            "dailies: there was no database at {}, so a new one was made",
            file.display()
        );
    }
}

/// Makes an administrator. A password is asked for where one is needed and none was given.
pub(super) async fn create_admin(data: &DataArgs, email: &str, given: Option<&str>) -> CommandResult {
    let missing = missing_file(data);
    let app = offline(data).await?;
    tell_of_new(missing);
    let made = match accounts::create_admin(&app, email, given).await {
        Err(AccountError::NoPassword) => accounts::create_admin(&app, email, Some(&password::ask()?)).await?,
        made => made?,
    };
    match made {
        Administrator::Created(_) => println!("{email} can sign in as an administrator."),
        Administrator::Promoted(_) => println!("{email} is an administrator now."),
        Administrator::Unchanged(_) => println!("{email} is an administrator already."),
    }
    Ok(())
}

pub(super) async fn change_password(data: &DataArgs, email: &str, given: Option<String>) -> CommandResult {
    require_database(data)?;
    let app = offline(data).await?;
    let password = given.map_or_else(password::ask, Ok)?;
    accounts::change_password(&app, email, &password).await?;
    println!("{email} has a new password. Earlier sessions have ended.");
    Ok(())
}

/// Arguments of `sync-ldap`.
#[derive(Args)]
pub(super) struct SyncLdapArgs {
    /// Say what would change, and leave everything as it is.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    ldap: LdapSettings,
}

pub(super) async fn sync_ldap(data: &DataArgs, args: SyncLdapArgs) -> CommandResult {
    let SyncLdapArgs { dry_run, ldap } = args;
    let missing = missing_file(data);
    let app = offline_with(data, Settings { ldap, ..environment() }).await?;
    tell_of_new(missing);
    let report = directory_sync::synchronise(&app, dry_run).await?;
    let groups = [
        ("new", &report.created),
        ("changed", &report.updated),
        ("switched off", &report.deactivated),
        ("left alone", &report.kept),
    ];
    for (what, names) in groups {
        for name in names {
            println!("{what}: {name}");
        }
    }
    let counts: Vec<String> = groups
        .iter()
        .map(|(what, names)| format!("{} {what}", names.len()))
        .collect();
    let end = if dry_run {
        "; this was a dry run, and nothing was changed"
    } else {
        ""
    };
    println!("{}{end}.", counts.join(", "));
    if report.limited.is_empty() {
        Ok(())
    } else {
        Err(format!("the limit of users keeps out: {}", report.limited.join(", ")).into())
    }
}
