//! The handlers of the tag *Quotas*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectSupervisor};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::quotas::{
    FindProjectPersonQuotasQuery, GetProjectPersonQuotasQuery, GetProjectQuotasQuery, GetProjectTaskTypeQuotasQuery,
    Quotas as QuotasTag,
};
use dailies_definitions::schemas::Quotas;
use uuid::Uuid;

use super::{CountMode, ProjectQuotas, of_project};
use crate::access::quota_reader;
use crate::app::{App, SharedApp};
use crate::database::Sql;

/// Serves the quotas of productions.
pub struct QuotasHandlers(pub SharedApp);

#[async_trait]
impl QuotasTag for QuotasHandlers {
    async fn get_project_quotas(
        &self,
        access: ProjectSupervisor,
        project_id: Uuid,
        query: GetProjectQuotasQuery,
    ) -> Result<Json<Quotas>, Failure> {
        let mode = mode(&query.count_mode)?;
        let wanted = ProjectQuotas {
            project_id,
            task_type_id: query.task_type_id,
            person_id: None,
            studio_id: query.studio_id,
            mode,
        };
        Ok(Json::written(of_project(&self.0, &access.person, wanted).await?))
    }

    async fn get_project_task_type_quotas(
        &self,
        access: ProjectSupervisor,
        project_id: Uuid,
        task_type_id: Uuid,
        query: GetProjectTaskTypeQuotasQuery,
    ) -> Result<Json<Quotas>, Failure> {
        let mode = mode(&query.count_mode)?;
        let wanted = ProjectQuotas {
            project_id,
            task_type_id: Some(task_type_id),
            person_id: None,
            studio_id: query.studio_id,
            mode,
        };
        Ok(Json::written(of_project(&self.0, &access.person, wanted).await?))
    }

    async fn get_project_person_quotas(
        &self,
        access: Caller,
        project_id: Uuid,
        person_id: Uuid,
        query: GetProjectPersonQuotasQuery,
    ) -> Result<Json<Quotas>, Failure> {
        of_person(
            &self.0,
            &access,
            project_id,
            person_id,
            &query.count_mode,
            query.studio_id,
        )
        .await
    }

    async fn find_project_person_quotas(
        &self,
        access: Caller,
        project_id: Uuid,
        query: FindProjectPersonQuotasQuery,
    ) -> Result<Json<Quotas>, Failure> {
        of_person(
            &self.0,
            &access,
            project_id,
            query.person_id,
            &query.count_mode,
            query.studio_id,
        )
        .await
    }
}

fn mode(name: &str) -> Result<CountMode, Failure> {
    CountMode::named(Some(name))
        .ok_or_else(|| Failure::parameter("count_mode must be equal to weighted, weighteddone, feedback, or done"))
}

/// Figures of one person, for the person and for those who look after the production.
async fn of_person(
    app: &App,
    caller: &Caller,
    project_id: Uuid,
    person_id: Uuid,
    count_mode: &str,
    studio_id: Option<Uuid>,
) -> Result<Json<Quotas>, Failure> {
    let mode = mode(count_mode)?;
    quota_reader(&app.database, caller, project_id, person_id).await?;
    let sql = Sql::with("SELECT 1 FROM person WHERE id = $1", [person_id.into()]);
    app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let wanted = ProjectQuotas {
        project_id,
        task_type_id: None,
        person_id: Some(person_id),
        studio_id,
        mode,
    };
    Ok(Json::written(of_project(app, &caller.person, wanted).await?))
}
