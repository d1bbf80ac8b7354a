//! The studio as an organisation: its name and its settings. There is one.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::app::App;
use crate::crud::{Record, Resource, Shape};
use crate::events::Work;
use crate::studio::organisation;

/// The collection `/data/organisations`.
pub struct Organisations;

/// Tokens of chat servers, which only administrators get to see.
const SECRETS: [&str; 3] = ["chat_token_slack", "chat_webhook_mattermost", "chat_token_discord"];

#[async_trait]
impl Resource for Organisations {
    fn table(&self) -> &'static Table {
        &entity::organisation::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Organisation"
    }

    fn shape(&self, caller: &Caller, _one: bool) -> Shape {
        let mut shape = self.full_shape();
        if !caller.is_admin() {
            shape.columns.retain(|column| !SECRETS.contains(&column.name));
        }
        shape
    }

    /// The organisation is there whenever it is asked for.
    async fn before_list(&self, app: &App, _caller: &Caller) -> Result<(), Failure> {
        organisation(app).await?;
        Ok(())
    }

    /// Hours may come as text; a JSON number is what is stored.
    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        _record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if let Some(hours) = body.get("hours_by_day").filter(|hours| !hours.is_null()) {
            let number = hours
                .as_f64()
                .or_else(|| hours.as_str()?.trim().parse().ok())
                .filter(|number: &f64| number.is_finite());
            let number = number.ok_or_else(|| Failure::parameter("hours_by_day must be a number."))?;
            body.insert("hours_by_day".into(), number.into());
        }
        Ok(())
    }
}
