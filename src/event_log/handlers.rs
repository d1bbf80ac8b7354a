//! Handlers of the tag *Events*.

use async_trait::async_trait;
use dailies_definitions::access::{Admin, Caller, StudioManager};
use dailies_definitions::events::{Events, ListLastEventsQuery, ListLastLoginsQuery};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{EventRecord, LoginRecord};

use super::reading;
use crate::app::SharedApp;

/// Serves what happened from the database.
pub struct EventsHandlers(pub SharedApp);

#[async_trait]
impl Events for EventsHandlers {
    async fn list_last_events(
        &self,
        access: Caller,
        query: ListLastEventsQuery,
    ) -> Result<Json<Vec<EventRecord>>, Failure> {
        reading::last_events(&self.0.database, &access, &query).await
    }

    async fn list_last_logins(
        &self,
        _access: Admin,
        query: ListLastLoginsQuery,
    ) -> Result<Json<Vec<LoginRecord>>, Failure> {
        reading::last_logins(&self.0.database, &query).await
    }

    async fn list_event_names(&self, _access: StudioManager) -> Result<Json<Vec<String>>, Failure> {
        reading::names(&self.0.database).await
    }
}
