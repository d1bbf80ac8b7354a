//! `init`, `create-admin` and `change-password`.

use super::{CommandResult, offline};
use crate::auth::accounts::{self, Administrator};
use crate::config::DataArgs;
use crate::studio::seed::{Domain, seed};

pub(super) async fn init(data: &DataArgs, domain: Domain) -> CommandResult {
    let database = super::connect(data).await?;
    crate::server::prepare(&database).await?;
    let app = crate::server::build(data, super::environment(), database).await?;
    seed(&app, domain).await?;
    println!("The database is ready.");
    Ok(())
}

pub(super) async fn create_admin(data: &DataArgs, email: &str, password: Option<&str>) -> CommandResult {
    let app = offline(data).await?;
    match accounts::create_admin(&app, email, password).await? {
        Administrator::Created(_) => println!("{email} can sign in as an administrator."),
        Administrator::Promoted(_) => println!("{email} is an administrator now."),
        Administrator::Unchanged(_) => println!("{email} is an administrator already."),
    }
    Ok(())
}

pub(super) async fn change_password(data: &DataArgs, email: &str, password: &str) -> CommandResult {
    let app = offline(data).await?;
    accounts::change_password(&app, email, password).await?;
    println!("{email} has a new password. Earlier sessions have ended.");
    Ok(())
}
