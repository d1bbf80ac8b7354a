//! A change with the events that tell of it: both are stored in the transaction around it, and announced once that is.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Deref;

use chrono::TimeDelta;
use dailies_definitions::access::Caller;
use entity::belonging::Belonging;
use entity::facts::Table;
use futures::future::BoxFuture;
use sea_orm::{DbErr, Value};
use serde_json::json;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::event::{Event, Payload, payload, team, unsigned, written};
use crate::app::App;
use crate::database::{self, Transaction};
use crate::realtime::Audience;
use crate::sessions;

tokio::task_local! {
    /// Actions that follow once the transaction of this task is stored.
    static CONSEQUENCES: RefCell<Vec<Consequence>>;
}

/// Something to do once a transaction is stored.
enum Consequence {
    PersonChanged(Uuid),
    Announcement {
        audience: Audience,
        name: String,
        payload: Box<RawValue>,
        for_clients: Option<Box<RawValue>>,
    },
    EndOfSessions(Uuid),
    Task(Afterwards),
}

/// Does all that `attempt` does in one transaction, and then what follows from it: this is the way to change anything. The
/// attempt is made again when another transaction was in the way, so it does nothing but read and write the database; what
/// else has to be done follows ([`Work::afterwards`]). Within another transaction it is part of that one.
///
/// # Errors
/// Those of `attempt`, and that of a database which does not answer; nothing has happened then.
pub async fn transact<T, E, Attempt>(app: &App, mut attempt: impl FnMut() -> Attempt) -> Result<T, E>
where
    E: From<DbErr>,
    Attempt: Future<Output = Result<T, E>>,
{
    if CONSEQUENCES.try_with(|_| ()).is_ok() {
        return attempt().await;
    }
    let collected = app.database.transact(|| {
        let attempt = attempt();
        CONSEQUENCES.scope(RefCell::default(), async {
            let result = attempt.await?;
            Ok::<_, E>((result, CONSEQUENCES.with(RefCell::take)))
        })
    });
    let (result, consequences) = collected.await?;
    for consequence in consequences {
        consequence.follow(app).await;
    }
    Ok(result)
}

impl Consequence {
    async fn follow(self, app: &App) {
        match self {
            Self::PersonChanged(id) => app.bus.person_changed(id),
            Self::Announcement {
                audience,
                name,
                payload,
                for_clients,
            } => app.bus.publish(audience, &name, &payload, for_clients.as_deref()).await,
            Self::EndOfSessions(id) => {
                if let Err(error) = sessions::end_sessions(app, id, None).await {
                    tracing::error!(%error, person = %id, "the sessions of a person could not be ended");
                }
                app.bus.end_person(id);
            }
            Self::Task(task) => task(app).await,
        }
    }
}

/// A change within a transaction. What it emits is stored with what it changes, and announced after the transaction; when
/// it is dropped instead of finished, nothing of the transaction has happened.
///
/// Events by `emit_…` are kept in the log, those by `announce_…` are not. `…_in` tells the team of a production, `…_among` some
/// people, and `…_to` one person.
pub struct Work<'a> {
    app: &'a App,
    transaction: Transaction,
    author: Option<Uuid>,
    events: Vec<Event>,
    changed_people: Vec<Uuid>,
    ended_people: Vec<Uuid>,
    afterwards: Vec<Afterwards>,
}

/// Something to do once a change is stored.
type Afterwards = Box<dyn for<'b> FnOnce(&'b App) -> BoxFuture<'b, ()> + Send + Sync>;

impl<'a> Work<'a> {
    /// Starts work on behalf of somebody.
    ///
    /// # Errors
    /// There is no transaction around this task, see [`transact`].
    pub async fn begin(app: &'a App, caller: &Caller) -> Result<Self, DbErr> {
        Self::begin_as(app, Some(caller.person.id)).await
    }

    /// Starts work of the server itself, or on behalf of a person without a token.
    ///
    /// # Errors
    /// There is no transaction around this task, see [`transact`].
    pub async fn begin_as(app: &'a App, author: Option<Uuid>) -> Result<Self, DbErr> {
        let transaction = Transaction::current()?;
        Ok(Self {
            app,
            transaction,
            author,
            events: Vec::new(),
            changed_people: Vec::new(),
            ended_people: Vec::new(),
            afterwards: Vec::new(),
        })
    }

    /// The server that the work is done on.
    #[must_use]
    pub fn app(&self) -> &'a App {
        self.app
    }

    /// Tells the team of something in a production. What belongs to none is told to administrators alone.
    pub fn emit_in(
        &mut self,
        project_id: impl Into<Option<Uuid>>,
        name: impl Into<Cow<'static, str>>,
        payload: Payload,
    ) {
        self.events.push(Event::of_team(project_id.into(), name, payload));
    }

    /// Tells the team of what the person of `person_id` did in a production. Clients are told that it was done, and not who of
    /// the studio did it.
    pub fn emit_signed(
        &mut self,
        project_id: impl Into<Option<Uuid>>,
        name: impl Into<Cow<'static, str>>,
        payload: Payload,
    ) {
        self.events
            .push(Event::of_team(project_id.into(), name, payload).signed());
    }

    /// Tells the team of a change of the production itself. The log does not keep it under the production, which can still
    /// be deleted as long as nothing else happened in it.
    pub fn emit_of_production(&mut self, project_id: Uuid, name: impl Into<Cow<'static, str>>) {
        let payload = payload([("project_id", project_id)]);
        self.events
            .push(Event::of_none(name, payload).to(team(Some(project_id))));
    }

    /// Tells the whole studio of a row that belongs to it. A row of a table whose rows belong to productions is told to
    /// administrators alone: say the production of it with [`Work::emit_in`].
    pub fn emit_of_studio(&mut self, table: &Table, name: impl Into<Cow<'static, str>>, payload: Payload) {
        let event = Event::of_none(name, payload);
        self.events.push(if Belonging::is_of_studio(table) {
            event.to(Audience::Everyone)
        } else {
            event
        });
    }

    /// Tells some people of something in a production, and administrators.
    pub fn emit_among(
        &mut self,
        people: Vec<Uuid>,
        project_id: impl Into<Option<Uuid>>,
        name: impl Into<Cow<'static, str>>,
        payload: Payload,
    ) {
        self.events
            .push(Event::of_team(project_id.into(), name, payload).to(Audience::Team(people)));
    }

    /// Tells one person of what is nobody else's business.
    pub fn emit_to(&mut self, person_id: Uuid, name: impl Into<Cow<'static, str>>, payload: Payload) {
        self.events
            .push(Event::of_none(name, payload).to(Audience::Persons(vec![person_id])));
    }

    /// Announces to one person what is nobody else's business, without keeping it in the log.
    pub fn announce_to(
        &mut self,
        person_id: Uuid,
        project_id: impl Into<Option<Uuid>>,
        name: impl Into<Cow<'static, str>>,
        payload: Payload,
    ) {
        let event = Event::of_team(project_id.into(), name, payload);
        self.events
            .push(event.to(Audience::Persons(vec![person_id])).not_kept());
    }

    /// Announces to these persons what is nobody else's business, without keeping it in the log.
    pub fn announce_among(&mut self, persons: Vec<Uuid>, name: impl Into<Cow<'static, str>>, payload: Payload) {
        let event = Event::of_none(name, payload);
        self.events.push(event.to(Audience::Persons(persons)).not_kept());
    }

    /// Announces to the team what the person of `person_id` did in a production, without keeping it in the log. Clients are
    /// told that it was done, and not who of the studio did it.
    pub fn announce_signed(
        &mut self,
        project_id: impl Into<Option<Uuid>>,
        name: impl Into<Cow<'static, str>>,
        payload: Payload,
    ) {
        self.events
            .push(Event::of_team(project_id.into(), name, payload).signed().not_kept());
    }

    /// Announces something in a production without keeping it in the log: what repeats a figure that is stored anyway.
    pub fn announce_in(
        &mut self,
        project_id: impl Into<Option<Uuid>>,
        name: impl Into<Cow<'static, str>>,
        payload: Payload,
    ) {
        self.events
            .push(Event::of_team(project_id.into(), name, payload).not_kept());
    }

    /// Notes that what is kept in mind of a person is no longer true after the commit.
    pub fn person_changed(&mut self, id: Uuid) {
        self.changed_people.push(id);
    }

    /// Notes that the sessions of a person end with the commit.
    pub fn end_sessions_of(&mut self, id: Uuid) {
        self.ended_people.push(id);
    }

    /// Does something once the work is stored, such as removing files that no row names any more.
    pub fn afterwards(&mut self, task: impl for<'b> FnOnce(&'b App) -> BoxFuture<'b, ()> + Send + Sync + 'static) {
        self.afterwards.push(Box::new(task));
    }

    /// Notes that a production is gone, with those who were its team: what is told of it can't be kept under it, and is
    /// still for them and for administrators alone.
    pub fn project_removed(&mut self, id: Uuid, team: &[Uuid]) {
        let of_it = |event: &Event| event.project_id == Some(id) || event.payload.get("project_id") == Some(&json!(id));
        for event in self.events.iter_mut().filter(|event| of_it(event)) {
            event.payload.insert("project_id".into(), json!(id));
            event.project_id = None;
            if matches!(event.audience, Audience::Project(_)) {
                event.audience = Audience::Team(team.to_vec());
            }
        }
    }

    /// Stores the events. What follows from the change waits for the end of the transaction around it.
    ///
    /// # Errors
    /// The database refuses; nothing has happened then.
    pub async fn finish(self) -> Result<(), DbErr> {
        let Self {
            transaction,
            author,
            events,
            changed_people,
            ended_people,
            afterwards,
            ..
        } = self;
        let ToldEvents { rows, announcements } = ToldEvents::of(events, author)?;
        if !rows.is_empty() {
            database::insert_many(&transaction, &entity::api_event::TABLE, rows).await?;
        }
        transaction.finish();
        CONSEQUENCES.with(|consequences| {
            let mut consequences = consequences.borrow_mut();
            consequences.extend(changed_people.into_iter().map(Consequence::PersonChanged));
            consequences.extend(announcements);
            consequences.extend(ended_people.into_iter().map(Consequence::EndOfSessions));
            consequences.extend(afterwards.into_iter().map(Consequence::Task));
        });
        Ok(())
    }
}

/// Events as the log keeps them, and as they are announced.
struct ToldEvents {
    rows: Vec<Vec<(&'static str, Value)>>,
    announcements: Vec<Consequence>,
}

impl ToldEvents {
    fn of(events: Vec<Event>, author: Option<Uuid>) -> Result<Self, DbErr> {
        let mut announcements = Vec::with_capacity(events.len());
        // The log is read in the order of time, so that what happened together still has an order.
        let mut moment = database::now();
        let mut rows = Vec::with_capacity(events.len());
        for event in events {
            let mut payload = event.payload;
            if let Some(project_id) = event.project_id {
                payload.insert("project_id".into(), json!(project_id));
            }
            let for_clients = if event.signed {
                Some(written(&unsigned(&payload))?)
            } else {
                None
            };
            let text = written(&payload)?;
            let data = serde_json::Value::Object(payload);
            let name = event.name.to_lowercase();
            if event.kept {
                moment += TimeDelta::microseconds(1);
                rows.push(vec![
                    ("created_at", moment.into()),
                    ("updated_at", moment.into()),
                    ("name", Value::from(name.clone())),
                    ("user_id", author.into()),
                    ("project_id", event.project_id.into()),
                    ("data", data.into()),
                ]);
            }
            announcements.push(Consequence::Announcement {
                audience: event.audience,
                name,
                payload: text,
                for_clients,
            });
        }
        Ok(Self { rows, announcements })
    }
}

/// Statements run in the transaction.
impl Deref for Work<'_> {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.transaction
    }
}
