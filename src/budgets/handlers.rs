//! The handlers of the tag *Budgets*.

use async_trait::async_trait;
use dailies_definitions::access::{Admin, ProjectManager};
use dailies_definitions::budgets::Budgets;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::*;
use uuid::Uuid;

use super::{budget, entries, time};
use crate::app::SharedApp;

/// Serves budgets.
pub struct BudgetsHandlers(pub SharedApp);

#[async_trait]
impl Budgets for BudgetsHandlers {
    async fn list_project_budgets(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
    ) -> Result<Json<Vec<ProjectBudget>>, Failure> {
        budget::list(&self.0, &access).await
    }

    async fn create_project_budget(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: ProjectBudgetAdd,
    ) -> Result<Json<Budget>, Failure> {
        budget::create(&self.0, &access, body).await
    }

    async fn get_project_budget_time_spents(
        &self,
        _access: Admin,
        project_id: Uuid,
    ) -> Result<Json<BudgetTimeSpents>, Failure> {
        time::by_department(&self.0, project_id).await
    }

    async fn get_project_budget(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        budget_id: Uuid,
    ) -> Result<Json<Budget>, Failure> {
        budget::get(&self.0, &access, budget_id).await
    }

    async fn update_project_budget(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        budget_id: Uuid,
        body: ProjectBudgetChange,
    ) -> Result<Json<Budget>, Failure> {
        budget::update(&self.0, &access, budget_id, body).await
    }

    async fn delete_project_budget(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        budget_id: Uuid,
    ) -> Result<NoContent, Failure> {
        budget::delete(&self.0, &access, budget_id).await
    }

    async fn list_project_budget_entries(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        budget_id: Uuid,
    ) -> Result<Json<Vec<ProjectBudgetEntry>>, Failure> {
        entries::list(&self.0, &access, budget_id).await
    }

    async fn create_project_budget_entry(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        budget_id: Uuid,
        body: ProjectBudgetEntryAdd,
    ) -> Result<Json<BudgetEntry>, Failure> {
        entries::create(&self.0, &access, budget_id, body).await
    }

    async fn get_project_budget_entry(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        budget_id: Uuid,
        entry_id: Uuid,
    ) -> Result<Json<BudgetEntry>, Failure> {
        entries::get(&self.0, &access, budget_id, entry_id).await
    }

    async fn update_project_budget_entry(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        budget_id: Uuid,
        entry_id: Uuid,
        body: ProjectBudgetEntryChange,
    ) -> Result<Json<BudgetEntry>, Failure> {
        entries::update(&self.0, &access, budget_id, entry_id, body).await
    }

    async fn delete_project_budget_entry(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        budget_id: Uuid,
        entry_id: Uuid,
    ) -> Result<NoContent, Failure> {
        entries::delete(&self.0, &access, budget_id, entry_id).await
    }
}
