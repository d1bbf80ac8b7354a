//! The handlers of the tag *People*.

use async_trait::async_trait;
use chrono::NaiveDate;
use dailies_definitions::access::{Admin, Caller, EntityReader, SelfOrAdmin};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media, NoContent};
use dailies_definitions::people::*;
use dailies_definitions::schemas::*;
use uuid::Uuid;

use super::time_tables::{self, Unit};
use super::{accounts, colleagues, day_offs, presence, profile, time_spent};
use crate::app::SharedApp;
use crate::quotas::shots::shots;
use crate::vocabulary::period;

/// Serves people.
pub struct PeopleHandlers(pub SharedApp);

#[async_trait]
impl People for PeopleHandlers {
    async fn invite_person(&self, access: Admin, person_id: Uuid) -> Result<Json<InvitationSent>, Failure> {
        accounts::invite(&self.0, &access, person_id).await
    }

    async fn make_password_link(&self, access: Admin, person_id: Uuid) -> Result<Json<PasswordLink>, Failure> {
        accounts::password_link(&self.0, &access, person_id).await
    }

    async fn change_password_of_person(
        &self,
        access: Admin,
        person_id: Uuid,
        body: PersonPassword,
    ) -> Result<Json<Success>, Failure> {
        accounts::change_password(&self.0, &access, person_id, &body).await
    }

    async fn disable_second_factors_of_person(&self, access: Admin, person_id: Uuid) -> Result<Json<Success>, Failure> {
        accounts::disable_second_factors(&self.0, &access, person_id).await
    }

    async fn remove_second_factors_of_person(&self, access: Admin, person_id: Uuid) -> Result<Json<Success>, Failure> {
        accounts::disable_second_factors(&self.0, &access, person_id).await
    }

    async fn remove_avatar_of_person(&self, access: Admin, person_id: Uuid) -> Result<NoContent, Failure> {
        profile::clear_avatar(&self.0, &access, person_id).await
    }

    async fn clear_avatar_of_person(&self, access: Admin, person_id: Uuid) -> Result<NoContent, Failure> {
        profile::clear_avatar(&self.0, &access, person_id).await
    }

    async fn add_department_to_person(
        &self,
        access: Admin,
        person_id: Uuid,
        body: PersonDepartmentAdd,
    ) -> Result<Json<Person>, Failure> {
        profile::add_department(&self.0, &access, person_id, body.department_id).await
    }

    async fn list_persons_of_department(
        &self,
        access: Caller,
        department_id: Uuid,
    ) -> Result<Json<Vec<PersonView>>, Failure> {
        Ok(Json::written(
            colleagues::of_department(&self.0.database, &access, department_id).await?,
        ))
    }

    async fn remove_department_from_person(
        &self,
        access: Admin,
        person_id: Uuid,
        department_id: Uuid,
    ) -> Result<NoContent, Failure> {
        profile::remove_department(&self.0, &access, person_id, department_id).await
    }

    async fn list_desktop_logins_of_person(
        &self,
        access: Caller,
        person_id: Uuid,
    ) -> Result<Json<Vec<UserDesktopLogin>>, Failure> {
        presence::logins(&self.0, &access, person_id).await
    }

    async fn add_desktop_login_of_person(
        &self,
        access: SelfOrAdmin,
        _person_id: Uuid,
        body: DesktopLoginAdd,
    ) -> Result<Json<UserDesktopLogin>, Failure> {
        presence::add_login(&self.0, &access, body.date).await
    }

    async fn export_presence(&self, _access: Admin, month_date: String) -> Result<Media, Failure> {
        presence::table(&self.0, &month_date).await
    }

    async fn list_time_spents_of_person(
        &self,
        access: Caller,
        person_id: Uuid,
        query: ListTimeSpentsOfPersonQuery,
    ) -> Result<Json<Vec<TaskTimeSpent>>, Failure> {
        time_spent::of_person(&self.0, &access, person_id, query.start_date, query.end_date).await
    }

    async fn list_time_spents_of_person_on_day(
        &self,
        access: Caller,
        person_id: Uuid,
        date: NaiveDate,
    ) -> Result<Json<Vec<TimeSpent>>, Failure> {
        time_spent::on_day(&self.0, &access, person_id, date).await
    }

    async fn list_time_spents_of_person_by_date(
        &self,
        access: Caller,
        person_id: Uuid,
        query: ListTimeSpentsOfPersonByDateQuery,
    ) -> Result<Json<Vec<TimeSpent>>, Failure> {
        time_spent::on_day(&self.0, &access, person_id, query.date).await
    }

    async fn sum_time_of_person_in_year(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        query: SumTimeOfPersonInYearQuery,
    ) -> Result<Json<Vec<TaskTimeSum>>, Failure> {
        time_spent::by_task(&self.0, &access, person_id, period::year(year)?, query.project_id).await
    }

    async fn sum_time_of_person_in_month(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        month: i32,
        query: SumTimeOfPersonInMonthQuery,
    ) -> Result<Json<Vec<TaskTimeSum>>, Failure> {
        time_spent::by_task(
            &self.0,
            &access,
            person_id,
            period::month(year, month)?,
            query.project_id,
        )
        .await
    }

    async fn sum_time_of_person_in_week(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        week: i32,
        query: SumTimeOfPersonInWeekQuery,
    ) -> Result<Json<Vec<TaskTimeSum>>, Failure> {
        time_spent::by_task(&self.0, &access, person_id, period::week(year, week)?, query.project_id).await
    }

    async fn sum_time_of_person_on_day(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        month: i32,
        day: i32,
        query: SumTimeOfPersonOnDayQuery,
    ) -> Result<Json<Vec<TaskTimeSum>>, Failure> {
        time_spent::by_task(
            &self.0,
            &access,
            person_id,
            period::day(year, month, day)?,
            query.project_id,
        )
        .await
    }

    async fn list_time_spents_of_person_in_month(
        &self,
        _access: SelfOrAdmin,
        person_id: Uuid,
        year: i32,
        month: i32,
    ) -> Result<Json<Vec<TimeSpent>>, Failure> {
        time_spent::in_period(&self.0, person_id, period::month(year, month)?).await
    }

    async fn sum_time_by_year(
        &self,
        access: Caller,
        query: SumTimeByYearQuery,
    ) -> Result<Json<TimeSpentTable>, Failure> {
        time_tables::table(&self.0, &access, Unit::Year, None, &query.filter).await
    }

    async fn sum_time_by_month(
        &self,
        access: Caller,
        year: i32,
        query: SumTimeByMonthQuery,
    ) -> Result<Json<TimeSpentTable>, Failure> {
        time_tables::table(&self.0, &access, Unit::Month, Some(period::year(year)?), &query.filter).await
    }

    async fn sum_time_by_week(
        &self,
        access: Caller,
        year: i32,
        query: SumTimeByWeekQuery,
    ) -> Result<Json<TimeSpentTable>, Failure> {
        time_tables::table(
            &self.0,
            &access,
            Unit::Week,
            Some(period::weeks_of(year)?),
            &query.filter,
        )
        .await
    }

    async fn sum_time_by_day(
        &self,
        access: Caller,
        year: i32,
        month: i32,
        query: SumTimeByDayQuery,
    ) -> Result<Json<TimeSpentTable>, Failure> {
        time_tables::table(
            &self.0,
            &access,
            Unit::Day,
            Some(period::month(year, month)?),
            &query.filter,
        )
        .await
    }

    async fn list_time_spents_on_entity(
        &self,
        access: EntityReader,
        entity_id: Uuid,
    ) -> Result<Json<Vec<TimeSpent>>, Failure> {
        time_spent::on_entity(&self.0, &access, entity_id).await
    }

    async fn list_day_offs_of_person(&self, access: Caller, person_id: Uuid) -> Result<Json<Vec<DayOff>>, Failure> {
        day_offs::of_person(&self.0, &access, person_id, None).await
    }

    async fn get_day_off_of_person(
        &self,
        access: Caller,
        person_id: Uuid,
        date: NaiveDate,
    ) -> Result<Json<UserDayOff>, Failure> {
        day_offs::around(&self.0, &access, person_id, date).await
    }

    async fn list_day_offs_of_person_in_year(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
    ) -> Result<Json<Vec<DayOff>>, Failure> {
        day_offs::of_person(&self.0, &access, person_id, Some(period::year(year)?)).await
    }

    async fn list_day_offs_of_person_in_month(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        month: i32,
    ) -> Result<Json<Vec<DayOff>>, Failure> {
        day_offs::of_person(&self.0, &access, person_id, Some(period::month(year, month)?)).await
    }

    async fn list_day_offs_of_person_in_week(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        week: i32,
    ) -> Result<Json<Vec<DayOff>>, Failure> {
        day_offs::of_person(&self.0, &access, person_id, Some(period::week(year, week)?)).await
    }

    async fn list_day_offs_in_month(
        &self,
        access: Caller,
        year: i32,
        month: i32,
    ) -> Result<Json<Vec<DayOff>>, Failure> {
        day_offs::of_studio(&self.0, &access, period::month(year, month)?).await
    }

    async fn list_day_offs_in_year(&self, access: Caller, year: i32) -> Result<Json<Vec<DayOff>>, Failure> {
        day_offs::of_studio(&self.0, &access, period::year(year)?).await
    }

    async fn list_quota_shots_of_person_in_year(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        query: ListQuotaShotsOfPersonInYearQuery,
    ) -> Result<Json<Vec<QuotaShot>>, Failure> {
        shots(&self.0, &access, person_id, &query.filter, period::year(year)).await
    }

    async fn list_quota_shots_of_person_in_month(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        month: i32,
        query: ListQuotaShotsOfPersonInMonthQuery,
    ) -> Result<Json<Vec<QuotaShot>>, Failure> {
        shots(&self.0, &access, person_id, &query.filter, period::month(year, month)).await
    }

    async fn list_quota_shots_of_person_in_week(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        week: i32,
        query: ListQuotaShotsOfPersonInWeekQuery,
    ) -> Result<Json<Vec<QuotaShot>>, Failure> {
        shots(&self.0, &access, person_id, &query.filter, period::week(year, week)).await
    }

    async fn list_quota_shots_of_person_on_day(
        &self,
        access: Caller,
        person_id: Uuid,
        year: i32,
        month: i32,
        day: i32,
        query: ListQuotaShotsOfPersonOnDayQuery,
    ) -> Result<Json<Vec<QuotaShot>>, Failure> {
        shots(
            &self.0,
            &access,
            person_id,
            &query.filter,
            period::day(year, month, day),
        )
        .await
    }
}
