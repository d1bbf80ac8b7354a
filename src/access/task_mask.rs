//! Parts of tasks that clients and vendors of their productions are not told: how they are planned, and metadata.

use dailies_definitions::access::Caller;
use sea_orm::{ConnectionTrait, DbErr};

use super::Reach;
use super::data_mask::DataMask;
use super::plans::PlanMask;

/// All that is left out of tasks, and of the metadata of their entities beside them.
#[derive(Clone, Debug)]
pub struct TaskMask {
    plans: Option<PlanMask>,
    metadata: Option<DataMask>,
}

impl TaskMask {
    /// Mask for the productions of a reach.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(connection: &impl ConnectionTrait, reach: &Reach) -> Result<Self, DbErr> {
        Ok(Self {
            plans: PlanMask::of(reach),
            metadata: DataMask::of_reach(connection, reach).await?,
        })
    }

    /// Mask for all productions whose team the caller is in.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn in_teams(connection: &impl ConnectionTrait, caller: &Caller) -> Result<Self, DbErr> {
        Self::of(connection, &Reach::teams(connection, caller).await?).await
    }

    /// Leaves it out of a task, whose JSON object begins at a place of `out`.
    pub fn apply(&self, out: &mut Vec<u8>, start: usize) {
        if let Some(metadata) = &self.metadata {
            metadata.apply_to_task(out, start);
        }
        if let Some(plans) = &self.plans {
            plans.apply(out, start);
        }
    }
}
