//! Persons that a provider means. An account is bound to what the provider calls the person for good, the first time by
//! its e-mail address. From then on the address does not matter, which may come to be somebody else's.

use dailies_definitions::failure::Failure;
use entity::person;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, Value};
use uuid::Uuid;

use super::refused;
use crate::app::App;
use crate::auth::accounts;
use crate::database::{self, Sql};
use crate::events::{Work, payload, transact};

/// A kind of provider, and the keys of persons that say what it calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Oidc,
    Saml,
}

/// Keys for the issuer and the subject in bodies of persons, by the kind of provider.
pub const OF_PROVIDERS: [(Provider, &str, &str); 2] = [
    (Provider::Oidc, "oidc_issuer", "oidc_subject"),
    (Provider::Saml, "saml_issuer", "saml_subject"),
];

impl Provider {
    fn word(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Saml => "saml",
        }
    }
}

/// Somebody at a provider.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub provider: Provider,
    pub issuer: String,
    pub subject: String,
}

/// Facts about somebody by the word of a provider.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    /// Columns with what is to be stored in them; what the provider does not say is left out.
    pub columns: Vec<(&'static str, String)>,
}

#[derive(FromQueryResult)]
struct Binding {
    issuer: String,
    subject: String,
}

/// The person that an identity is bound to.
async fn bound_person(work: &Work<'_>, identity: &Identity) -> Result<Option<person::Model>, DbErr> {
    let sql = Sql::with(
        "SELECT person_id FROM dailies_identity WHERE provider = $1 AND issuer = $2 AND subject = $3",
        [
            identity.provider.word().into(),
            identity.issuer.as_str().into(),
            identity.subject.as_str().into(),
        ],
    );
    match database::read_value::<Uuid>(&**work, &sql).await? {
        Some(id) => person::Entity::find_by_id(id).one(&**work).await,
        None => Ok(None),
    }
}

/// The person who has an e-mail address. Bots and guests are nobody's accounts.
async fn person_at(work: &Work<'_>, email: &str) -> Result<Option<person::Model>, DbErr> {
    let query = person::Entity::find()
        .filter(person::Column::IsBot.eq(false))
        .filter(person::Column::IsGuest.eq(false));
    query.filter(person::Column::Email.eq(email)).one(&**work).await
}

/// Binds a person to what a provider calls them, in place of an earlier binding.
///
/// # Errors
/// Somebody else is bound to it.
pub async fn bind(
    work: &Work<'_>,
    person_id: Uuid,
    provider: Provider,
    binding: Option<(&str, &str)>,
) -> Result<(), DbErr> {
    let sql = Sql::with(
        "DELETE FROM dailies_identity WHERE provider = $1 AND person_id = $2",
        [provider.word().into(), person_id.into()],
    );
    database::execute(&**work, &sql).await?;
    let Some((issuer, subject)) = binding else {
        return Ok(());
    };
    let sql = Sql::with(
        "INSERT INTO dailies_identity (provider, issuer, subject, person_id, created_at) VALUES ($1, $2, $3, $4, $5)",
        [
            provider.word().into(),
            issuer.into(),
            subject.into(),
            person_id.into(),
            database::now().into(),
        ],
    );
    database::execute(&**work, &sql).await.map(|_| ())
}

/// True if an identity is bound to somebody else.
///
/// # Errors
/// The database does not answer.
pub async fn is_bound(
    work: &Work<'_>,
    person_id: Uuid,
    provider: Provider,
    (issuer, subject): (&str, &str),
) -> Result<bool, DbErr> {
    let sql = Sql::with(
        "SELECT person_id FROM dailies_identity WHERE provider = $1 AND issuer = $2 AND subject = $3",
        [provider.word().into(), issuer.into(), subject.into()],
    );
    Ok(database::read_value::<Uuid>(&**work, &sql)
        .await?
        .is_some_and(|id| id != person_id))
}

async fn binding_of(work: &Work<'_>, person_id: Uuid, provider: Provider) -> Result<Option<Binding>, DbErr> {
    let sql = Sql::with(
        "SELECT issuer, subject FROM dailies_identity WHERE provider = $1 AND person_id = $2",
        [provider.word().into(), person_id.into()],
    );
    database::read_one(&**work, &sql).await
}

/// The account of somebody whom a provider vouches for: the one that is bound to them, or else the one with their e-mail
/// address, which is bound to them from now on, or a new one. `email` says why there is no address that counts.
///
/// # Errors
/// 400 when the account is not for them.
pub(super) async fn account(
    app: &App,
    identity: Option<&Identity>,
    email: &Result<String, &'static str>,
    profile: &Profile,
) -> Result<person::Model, Failure> {
    let id = transact(app, || find(app, identity, email, profile)).await?;
    person::Entity::find_by_id(id)
        .one(&app.database)
        .await?
        .ok_or_else(Failure::not_found)
}

/// The account, as part of one transaction.
async fn find(
    app: &App,
    identity: Option<&Identity>,
    email: &Result<String, &'static str>,
    profile: &Profile,
) -> Result<Uuid, Failure> {
    let mut work = Work::begin_as(app, None).await?;
    let bound = match identity {
        Some(identity) => bound_person(&work, identity).await?,
        None => None,
    };
    let id = match (bound, email) {
        (Some(account), _) => {
            update(&mut work, &account, profile).await?;
            account.id
        }
        (None, Ok(email)) => by_email(&mut work, identity, email, profile).await?,
        (None, Err(reason)) => return Err(refused(reason)),
    };
    work.finish().await?;
    Ok(id)
}

async fn by_email(
    work: &mut Work<'_>,
    identity: Option<&Identity>,
    email: &str,
    profile: &Profile,
) -> Result<Uuid, Failure> {
    let id = match person_at(work, email).await? {
        Some(account) => {
            if let Some(identity) = identity {
                may_bind(work, &account, identity).await?;
            }
            update(work, &account, profile).await?;
            account.id
        }
        None => create(work, email, profile).await?,
    };
    if let Some(identity) = identity {
        bind(work, id, identity.provider, Some((&identity.issuer, &identity.subject))).await?;
    }
    Ok(id)
}

/// Refuses to bind an account that others must not touch, or that is somebody else at the same provider.
async fn may_bind(work: &Work<'_>, account: &person::Model, identity: &Identity) -> Result<(), Failure> {
    let is_protected = work.app().settings.protects(account.email.as_deref());
    let other = binding_of(work, account.id, identity.provider).await?;
    let is_other = other.is_some_and(|other| other.issuer == identity.issuer && other.subject != identity.subject);
    if is_protected || is_other {
        Err(not_for_them())
    } else {
        Ok(())
    }
}

pub(super) fn not_for_them() -> Failure {
    refused("This account cannot be signed in to with this identity. Ask an administrator.")
}

async fn create(work: &mut Work<'_>, email: &str, profile: &Profile) -> Result<Uuid, DbErr> {
    let mut values: Vec<(&'static str, Value)> = vec![("email", email.into()), ("role", "user".into())];
    for name in ["first_name", "last_name"] {
        if profile.columns.iter().all(|(column, _)| *column != name) {
            values.push((name, "".into()));
        }
    }
    values.extend(
        profile
            .columns
            .iter()
            .map(|(column, text)| (*column, stored(column, text))),
    );
    accounts::insert(work, values).await
}

/// Names may be empty; of anything else nothing is stored then.
fn stored(column: &str, text: &str) -> Value {
    let keeps_empty = matches!(column, "first_name" | "last_name");
    Value::from(
        Some(text)
            .filter(|text| keeps_empty || !text.is_empty())
            .map(str::to_owned),
    )
}

/// Takes over what the provider says otherwise than it is stored.
async fn update(work: &mut Work<'_>, account: &person::Model, profile: &Profile) -> Result<(), DbErr> {
    let known = |column: &str| match column {
        "first_name" => Some(account.first_name.as_str()),
        "last_name" => Some(account.last_name.as_str()),
        "phone" => account.phone.as_deref(),
        "country" => account.country.as_deref(),
        _ => None,
    };
    let changes = profile
        .columns
        .iter()
        .filter(|(column, text)| known(column).unwrap_or_default() != text.as_str());
    let changes: Vec<(&'static str, Value)> = changes.map(|(column, text)| (*column, stored(column, text))).collect();
    if changes.is_empty() {
        return Ok(());
    }
    database::update(&**work, &person::TABLE, account.id, changes).await?;
    work.person_changed(account.id);
    work.emit_of_studio(&person::TABLE, "person:update", payload([("person_id", account.id)]));
    Ok(())
}
