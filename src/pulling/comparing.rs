//! Rows there and here, collection by collection.

use uuid::Uuid;

use super::pages::count;
use super::remote::Remote;
use super::stages::stages;
use super::{PullError, pull, scope};
use crate::app::App;

/// The numbers of rows of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub collection: &'static str,
    /// None where the other instance does not offer the collection.
    pub there: Option<u64>,
    pub here: u64,
}

impl Compared {
    /// True if both have as many rows.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.there.is_none_or(|there| there == self.here)
    }
}

/// Counts the rows of each collection there and here, of one production or of all.
///
/// # Errors
/// The other instance or the database does not answer.
pub async fn compare(app: &App, remote: &Remote, production: Option<&str>) -> Result<Vec<Compared>, PullError> {
    let production = match production {
        Some(name) => Some(pull::find(remote, name).await?),
        None => None,
    };
    compare_of(app, remote, production).await
}

/// The same by the id of the production.
pub(super) async fn compare_of(
    app: &App,
    remote: &Remote,
    production: Option<Uuid>,
) -> Result<Vec<Compared>, PullError> {
    let mut compared = Vec::new();
    for stage in stages().iter().filter(|stage| !stage.again) {
        let (collection, table) = (stage.collection.name(), stage.table().name);
        let filters = scope::filters(&app.database, table, production).await?;
        let there = match count(remote, collection, &filters).await {
            Err(error) if error.is_missing() => None,
            found => Some(found?),
        };
        compared.push(Compared {
            collection,
            there,
            here: scope::count(&app.database, table, production).await?,
        });
    }
    Ok(compared)
}
