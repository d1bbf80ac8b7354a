//! Answers the operations of the tag *Studio*.

use async_trait::async_trait;
use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{
    DepartmentHardwareItemAdd, DepartmentSoftwareAdd, HardwareItem, HardwareItemDepartmentLink,
    HardwareItemsByDepartment, Software, SoftwareDepartmentLink, SoftwaresByDepartment, TaskType, TaskTypeOrder,
};
use dailies_definitions::studio::Studio;
use uuid::Uuid;

use super::department_links::{HARDWARE, SOFTWARE};
use super::task_types;
use crate::app::SharedApp;

/// Handlers of what the studio's productions share.
pub struct StudioHandlers(pub SharedApp);

#[async_trait]
impl Studio for StudioHandlers {
    async fn reorder_task_types(&self, access: Admin, body: TaskTypeOrder) -> Result<Json<Vec<TaskType>>, Failure> {
        task_types::reorder(&self.0, &access, &body.task_type_ids).await
    }

    async fn list_softwares_of_departments(&self, _access: Admin) -> Result<Json<SoftwaresByDepartment>, Failure> {
        SOFTWARE.by_department(&self.0).await
    }

    async fn add_software_to_department(
        &self,
        access: Admin,
        department_id: Uuid,
        body: DepartmentSoftwareAdd,
    ) -> Result<Json<SoftwareDepartmentLink>, Failure> {
        SOFTWARE.add(&self.0, &access, department_id, body.software_id).await
    }

    async fn get_software_of_department(
        &self,
        _access: Admin,
        department_id: Uuid,
        software_id: Uuid,
    ) -> Result<Json<Software>, Failure> {
        SOFTWARE.one(&self.0, department_id, software_id).await
    }

    async fn remove_software_from_department(
        &self,
        access: Admin,
        department_id: Uuid,
        software_id: Uuid,
    ) -> Result<NoContent, Failure> {
        SOFTWARE.remove(&self.0, &access, department_id, software_id).await
    }

    async fn list_hardware_items_of_departments(
        &self,
        _access: Admin,
    ) -> Result<Json<HardwareItemsByDepartment>, Failure> {
        HARDWARE.by_department(&self.0).await
    }

    async fn add_hardware_item_to_department(
        &self,
        access: Admin,
        department_id: Uuid,
        body: DepartmentHardwareItemAdd,
    ) -> Result<Json<HardwareItemDepartmentLink>, Failure> {
        HARDWARE
            .add(&self.0, &access, department_id, body.hardware_item_id)
            .await
    }

    async fn list_hardware_items_of_department(
        &self,
        _access: Admin,
        department_id: Uuid,
        hardware_item_id: Uuid,
    ) -> Result<Json<Vec<HardwareItem>>, Failure> {
        HARDWARE.of_department(&self.0, department_id, hardware_item_id).await
    }

    async fn remove_hardware_item_from_department(
        &self,
        access: Admin,
        department_id: Uuid,
        hardware_item_id: Uuid,
    ) -> Result<NoContent, Failure> {
        HARDWARE.remove(&self.0, &access, department_id, hardware_item_id).await
    }
}
