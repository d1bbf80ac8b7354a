//! The company that runs the server: one row, made when it is first asked for.

use entity::organisation;
use sea_orm::{DbErr, EntityTrait, QueryOrder};
use uuid::Uuid;

use crate::app::App;
use crate::background::JobError;
use crate::database::{self, Field, RowWriter, Sql, Transaction};
use crate::mail::{Letter, LetterOrigin, MailError, Recipient};

/// Name of the company until somebody gives one.
const NAME: &str = "Kitsu";

/// The organisation.
///
/// # Errors
/// The database does not answer.
pub async fn organisation(app: &App) -> Result<organisation::Model, DbErr> {
    let found = || {
        let query = organisation::Entity::find().order_by_asc(organisation::Column::CreatedAt);
        query.order_by_asc(organisation::Column::Id).one(&app.database)
    };
    if let Some(organisation) = found().await? {
        return Ok(organisation);
    }
    // Of several who make it at once, one does: its name is unique.
    app.database.transact(make_organisation).await?;
    found()
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the organisation that was just made".into()))
}

async fn make_organisation() -> Result<(), DbErr> {
    let transaction = Transaction::current()?;
    database::insert_ignoring_duplicates(&transaction, &organisation::TABLE, vec![vec![("name", NAME.into())]]).await?;
    transaction.finish();
    Ok(())
}

/// Sends a letter of the organisation, as the work of the job with this id.
///
/// # Errors
/// The database does not answer, the letter can't be put together, or the mail server does not take it.
pub async fn send_letter(
    app: &App,
    id: Uuid,
    letter: &Letter,
    recipient: &Recipient,
    origin: LetterOrigin,
) -> Result<(), JobError> {
    let organisation = organisation(app).await?;
    app.mailer
        .send(id, letter, recipient, &organisation.name, origin)
        .await
        .map_err(MailError::of_job)
}

/// The organisation as a JSON object. The tokens and addresses of chat services are for administrators.
///
/// # Errors
/// The database does not answer.
pub async fn organisation_row(app: &App, for_admin: bool) -> Result<Vec<u8>, DbErr> {
    let id = organisation(app).await?.id;
    let columns = || {
        organisation::TABLE
            .columns
            .iter()
            .filter(|column| for_admin || !column.name.starts_with("chat_"))
    };
    let names: Vec<&str> = columns().map(|column| column.name).collect();
    let sql = Sql::with(
        format!("SELECT {} FROM organisation WHERE id = $1", names.join(", ")),
        [id.into()],
    );
    let row = app
        .database
        .row(&sql)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the organisation".into()))?;
    let mut out = vec![b'{'];
    RowWriter::new(columns().map(Field::from)).write(&mut out, &row)?;
    out.extend_from_slice(b",\"type\":\"Organisation\"}");
    Ok(out)
}
