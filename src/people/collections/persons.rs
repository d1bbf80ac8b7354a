//! Persons, human or bot.

use async_trait::async_trait;
use chrono::NaiveDate;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::{Kind, Table};
use sea_orm::Value as SqlValue;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::account_rules::{
    CURRENT_PASSWORD, is_active, is_protected, leaves_an_administrator, limit, no_token_of_others, only_by_session,
    only_with_password, prefers_what_is_set_up, protect, require_another,
};
use super::identities;
use super::person_columns::{COLUMNS_FOR_CLIENTS, COLUMNS_FOR_COLLEAGUES, COLUMNS_OF_ONESELF, HIDDEN, NOT_BY_BODY};
use crate::access::persons::{View, require_known, require_session, restrict_to_known, sees_salaries, sees_whole};
use crate::access::records::RecordSubject;
use crate::app::App;
use crate::auth::accounts::confirm_password;
use crate::crud::rules::round;
use crate::crud::{Changes, Extra, Record, Relation, Resource, Shape, WrittenRecord, add_column};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::people::accounts::tell_of_other_address;
use crate::people::checks;
use crate::vocabulary::persons::{NO_SALARY, SALARY};

/// The collection `/data/persons`.
pub struct Persons;

static RELATIONS: [Relation; 1] = [Relation::links(
    "departments",
    &entity::department_link::TABLE,
    "person_id",
    "department_id",
)];

/// First and last name with a blank between them, where both are there.
const FULL_NAME: &str = "TRIM(t.first_name || ' ' || t.last_name)";

#[async_trait]
impl Resource for Persons {
    fn table(&self) -> &'static Table {
        &entity::person::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Person"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn hidden(&self) -> &'static [&'static str] {
        HIDDEN.as_slice()
    }

    fn accepted(&self) -> &'static [&'static str] {
        // A password comes in the clear and is stored as a hash.
        &[
            "password",
            CURRENT_PASSWORD,
            "oidc_issuer",
            "oidc_subject",
            "saml_issuer",
            "saml_subject",
        ]
    }

    fn extras(&self) -> Vec<Extra> {
        vec![Extra {
            key: "full_name",
            expression: FULL_NAME,
            kind: Kind::Text { max: None },
        }]
    }

    fn shape(&self, caller: &Caller, one: bool) -> Shape {
        let mut shape = self.full_shape();
        let view = if one {
            View::of_studio(caller)
        } else {
            View::of_others(caller)
        };
        if view == View::Card {
            shape.keep(&COLUMNS_FOR_CLIENTS);
        } else if view == View::Short {
            shape.keep(&COLUMNS_FOR_COLLEAGUES);
            shape.keeps_relations = true;
        } else if !sees_salaries(caller) {
            shape.columns.retain(|column| column.name != SALARY);
            shape.extras.push(Extra {
                key: SALARY,
                expression: NO_SALARY,
                kind: Kind::Integer,
            });
        }
        shape
    }

    fn special_filter(
        &self,
        sql: &mut Sql,
        caller: &Caller,
        _query: &Query,
        key: &str,
        value: &str,
    ) -> Result<bool, Failure> {
        match key {
            "full_name" => sql
                .push(" AND ")
                .push(FULL_NAME)
                .push(" = ")
                .bind(value.replace('\0', "")),
            // Addresses are stored in small letters.
            "email" if !value.starts_with('[') => {
                sql.push(" AND t.email = ").bind(value.to_lowercase().replace('\0', ""));
                // Clients look for their own person by it. Of others it would tell who has an address.
                if !sees_whole(caller) {
                    sql.push(" AND t.id = ").bind(caller.person.id);
                }
                sql
            }
            // Programs leave visitors out of the people they show.
            "is_guest" => {
                if let Some(column) = self.table().column(key) {
                    add_column(sql, "t", column, value)?;
                }
                sql
            }
            _ => return Ok(false),
        };
        Ok(true)
    }

    fn update_answers_relations(&self) -> bool {
        true
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Person(Some(record.id))
    }

    /// Preview accounts are shown in the team of their production, and nowhere else.
    async fn visible(&self, _app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        sql.push(" AND t.preview_project_id IS NULL");
        restrict_to_known(sql, caller, "t.id");
        Ok(())
    }

    async fn enrich(
        &self,
        app: &App,
        caller: &Caller,
        id: Uuid,
        _query: &Query,
        text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        require_known(&app.database, caller, id).await?;
        Ok(text)
    }

    async fn before_update(
        &self,
        app: &App,
        caller: &Caller,
        id: Uuid,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        match body.get(CURRENT_PASSWORD) {
            Some(password) if caller.person.id == id => {
                confirm_password(app, id, password.as_str().unwrap_or_default()).await
            }
            _ => Ok(()),
        }
    }

    async fn check(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if let Some(record) = record {
            if record.id_of("preview_project_id").is_some() {
                return Err(Failure::forbidden());
            }
            if !caller.is_admin() {
                body.retain(|key, _| COLUMNS_OF_ONESELF.contains(&key.as_str()) || key == CURRENT_PASSWORD);
            }
            body.remove("password");
            protect(work.app(), caller, record, body)?;
            only_by_session(caller, record, body)?;
            no_token_of_others(work.app(), caller, record, body)?;
            only_with_password(caller, record, body)?;
        } else {
            if body.get("is_bot") == Some(&Value::Bool(true)) {
                require_session(caller)?;
            }
            let password = body.get("password").filter(|password| !password.is_null());
            let least = work.app().settings.sign_in.min_password_length;
            if password.is_some_and(|password| password.as_str().unwrap_or_default().chars().count() < least) {
                return Err(Failure::refused("Password is too short.").naming("password"));
            }
        }
        identities::check(caller, record, body)?;
        for column in NOT_BY_BODY {
            body.remove(column);
        }
        round(body, "daily_salary");
        checks::person(work, record, body).await?;
        if !record.is_some_and(|record| prefers_what_is_set_up(caller, record, body)) {
            body.remove("preferred_two_factor_authentication");
        }
        limit(work, record, body).await
    }

    async fn before_write(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        if record.is_none() && changes.get("is_bot") == Some(&SqlValue::Bool(Some(true))) {
            changes.set("jti", Uuid::new_v4().to_string());
        }
        if let Some(record) = record
            && changes
                .get("is_bot")
                .is_some_and(|is_bot| *is_bot != SqlValue::Bool(Some(record.flag("is_bot"))))
        {
            changes.set("jti", None::<String>);
        }
        if let Some(record) = record
            && let Some(SqlValue::ChronoDate(end)) = changes.get("expiration_date")
        {
            match end {
                Some(end) if *end < database::now().date() => {}
                None if !record.flag("is_bot") => changes.set("jti", None::<String>),
                _ => changes.set("jti", Uuid::new_v4().to_string()),
            }
        }
        if let Some(record) = record {
            leaves_an_administrator(work, record, changes).await?;
        }
        // A token that was made before a person was switched off is dead when they come back.
        if changes
            .get("active")
            .is_some_and(|active| *active != SqlValue::Bool(Some(true)))
        {
            changes.set("jti", None::<String>);
        }
        if let Some(record) = record
            && let Some(SqlValue::String(Some(email))) = changes.get("email")
            && record.text("email") != Some(email)
        {
            tell_of_other_address(work, record.id).await?;
        }
        Ok(())
    }

    async fn after_create(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        id: Uuid,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        if let Some(password) = body.get("password").and_then(Value::as_str) {
            let hash = work.app().passwords.hash(password).await?;
            database::update(&**work, self.table(), id, vec![("password", hash.into())]).await?;
        }
        Ok(())
    }

    async fn after_update(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        before: &Record,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        identities::store(work, before, body).await?;
        work.person_changed(before.id);
        if body.contains_key("active") && before.flag("active") != is_active(work, before.id).await? {
            // On the return, too: what was to be ended when they went may not have been.
            work.end_sessions_of(before.id);
        }
        Ok(())
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        query: &Query,
    ) -> Result<(), Failure> {
        if is_protected(work.app(), record) {
            return Err(Failure::plain(
                poem::http::StatusCode::FORBIDDEN,
                "Can't delete this person it's a protected account.",
            ));
        }
        require_another(work, record).await?;
        if query.flag("force")?.unwrap_or_default() {
            crate::people::removal::detach(work, record.id).await?;
        }
        self.remove_row(work, record).await.map_err(|failure| match &failure {
            Failure::Fault(error) => match error
                .downcast_ref::<sea_orm::DbErr>()
                .and_then(crate::database::explain)
            {
                Some(_) => Failure::refused("Some data are still linked to given person."),
                None => failure,
            },
            Failure::Answer { .. } => failure,
        })?;
        work.person_changed(record.id);
        // Clients are used to being told twice.
        self.emit_change(work, "delete", record.id, record).await?;
        self.emit_change(work, "delete", record.id, record).await
    }

    /// A bot is answered with its token once, and so is whoever asks for a new personal token.
    async fn enrich_written(
        &self,
        app: &App,
        _caller: &Caller,
        written: &WrittenRecord<'_>,
        text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let WrittenRecord { id, body, created } = *written;
        let sql = Sql::with(
            "SELECT jti, is_bot, expiration_date FROM person WHERE id = $1",
            [id.into()],
        );
        let Some(row) = app.database.row(&sql).await? else {
            return Ok(text);
        };
        let is_bot: bool = row.try_get("", "is_bot")?;
        let Some(jti) = row.try_get::<Option<String>>("", "jti")?.filter(|_| {
            if created {
                is_bot
            } else {
                body.contains_key("expiration_date")
            }
        }) else {
            return Ok(text);
        };
        let expires: Option<NaiveDate> = row.try_get("", "expiration_date")?;
        if expires.is_some_and(|day| day < database::now().date()) {
            return Ok(text);
        }
        let token = app.tokens.personal(id, &jti, is_bot, expires)?;
        let mut text = text;
        text.pop();
        text.extend_from_slice(format!(",\"access_token\":{}}}", json!(token)).as_bytes());
        Ok(text)
    }
}
