//! Tables of persons. The rules for accounts hold as they do elsewhere.

use std::collections::{BTreeSet, HashMap};

use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use entity::{department_link, person};
use sea_orm::sea_query::Value as SqlValue;
use sea_orm::{DbErr, FromQueryResult};
use uuid::Uuid;

use super::person_cells::{Places, Wanted};
use super::problem::Problem;
use super::sheet::Sheet;
use crate::app::App;
use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};
use crate::vocabulary::persons::person_rows;

/// Persons that one statement changes.
const PORTION: usize = 70;

/// An account, as far as tables say something of it.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
struct Account {
    id: Uuid,
    first_name: String,
    last_name: String,
    email: Option<String>,
    phone: Option<String>,
    role: String,
    contract_type: String,
    position: Option<String>,
    seniority: Option<String>,
    country: Option<String>,
    daily_salary: Option<i32>,
    studio_id: Option<Uuid>,
    active: Option<bool>,
    is_guest: bool,
}

/// A person while a table is imported.
struct Entry {
    account: Account,
    before: Option<Account>,
    departments: BTreeSet<Uuid>,
    departments_before: BTreeSet<Uuid>,
}

impl Entry {
    fn is_changed(&self) -> bool {
        self.before.as_ref() != Some(&self.account) || self.departments != self.departments_before
    }
}

struct Import<'a> {
    app: &'a App,
    caller: Uuid,
    places: Places,
    entries: Vec<Entry>,
    by_email: HashMap<String, usize>,
    /// Persons without an address, by their names.
    by_name: HashMap<(String, String), usize>,
    /// Line of the last row that took the rights or the activity of an administrator away.
    demoted_at: Option<u64>,
}

/// Imports a table of persons, and gives them as JSON.
///
/// # Errors
/// 400 with the line that is wrong; nothing is stored then.
pub(super) async fn import(app: &App, access: &Admin, sheet: &Sheet, update: bool) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, access).await?;
    let mut import = Import::load(&work, app, access.person.id).await?;
    let mut ids = Vec::with_capacity(sheet.len());
    for line in sheet.lines() {
        let row = Wanted::read(&line, &import.places).and_then(|wanted| import.row(wanted, update, line.number));
        ids.push(row.map_err(|problem| problem.at(line.number))?);
    }
    import.require_administrator()?;
    import.store(&mut work).await?;
    let rows = person_rows(&*work, &ids).await?;
    work.commit().await?;
    Ok(database::json::array(ids.iter().filter_map(|id| rows.get(id)).map(Vec::as_slice)))
}

impl<'a> Import<'a> {
    async fn load(work: &Work<'_>, app: &'a App, caller: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT id, first_name, last_name, email, phone, role, contract_type, position, seniority, country, daily_salary, studio_id, \
             active, is_guest FROM person WHERE is_bot = $1 ORDER BY id",
            [false.into()],
        );
        let mut departments: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
        for row in database::rows(&**work, &Sql::new("SELECT person_id, department_id FROM department_link")).await? {
            departments.entry(row.try_get("", "person_id")?).or_default().insert(row.try_get("", "department_id")?);
        }
        let places = Places::load(&**work).await?;
        let mut import = Self { app, caller, places, entries: Vec::new(), by_email: HashMap::new(), by_name: HashMap::new(), demoted_at: None };
        for account in database::read_all::<Account>(&**work, &sql).await? {
            let own = departments.remove(&account.id).unwrap_or_default();
            import.keep(Entry { before: Some(account.clone()), account, departments: own.clone(), departments_before: own });
        }
        Ok(import)
    }

    fn keep(&mut self, entry: Entry) -> usize {
        let place = self.entries.len();
        match entry.account.email.as_deref().filter(|email| !email.is_empty()) {
            Some(email) => self.by_email.insert(email.to_lowercase(), place),
            None => self.by_name.insert((entry.account.first_name.clone(), entry.account.last_name.clone()), place),
        };
        self.entries.push(entry);
        place
    }

    /// Imports one row, and gives the id of its person.
    fn row(&mut self, wanted: Wanted, update: bool, line: u64) -> Result<Uuid, Problem> {
        let known = match wanted.email.as_str() {
            "" => self.by_name.get(&(wanted.first_name.clone(), wanted.last_name.clone())),
            email => self.by_email.get(email),
        }
        .copied();
        let place = match known {
            Some(place) if !update => return Ok(self.entries[place].account.id),
            Some(place) => place,
            None => {
                wanted.check_address()?;
                self.keep(Entry { account: fresh(&wanted), before: None, departments: BTreeSet::new(), departments_before: BTreeSet::new() })
            }
        };
        let before = self.entries[place].account.clone();
        let is_new = self.entries[place].before.is_none();
        self.protect(&before, &wanted)?;
        apply(&mut self.entries[place], wanted);
        let after = &self.entries[place].account;
        let (id, joins) = (after.id, counts(after) && (is_new || !counts(&before)));
        if administers(&before) && !administers(after) {
            self.demoted_at = Some(line);
        }
        if joins && self.active() > self.app.settings.user_limit {
            return Err(Problem("User limit reached.".into()));
        }
        Ok(id)
    }

    /// Others can't deactivate a protected account, nor change its role.
    fn protect(&self, account: &Account, wanted: &Wanted) -> Result<(), Problem> {
        let email = account.email.as_deref().unwrap_or_default();
        let protected = self.app.settings.protected_accounts.iter().any(|known| !email.is_empty() && known.trim().eq_ignore_ascii_case(email));
        if !protected || account.id == self.caller {
            return Ok(());
        }
        if wanted.active == Some(false) && account.active == Some(true) {
            return Err(Problem("Can't set this person as inactive it's a protected account.".into()));
        }
        if wanted.role.as_ref().is_some_and(|role| *role != account.role) {
            return Err(Problem("Can't change the role of this person it's a protected account.".into()));
        }
        Ok(())
    }

    /// How many accounts the limit counts.
    fn active(&self) -> u64 {
        u64::try_from(self.entries.iter().filter(|entry| counts(&entry.account)).count()).unwrap_or(u64::MAX)
    }

    /// The studio keeps somebody who may do everything.
    fn require_administrator(&self) -> Result<(), Failure> {
        match self.demoted_at {
            Some(line) if !self.entries.iter().any(|entry| administers(&entry.account)) => {
                Err(Problem("No active administrator would be left.".into()).at(line))
            }
            _ => Ok(()),
        }
    }

    async fn store(&self, work: &mut Work<'_>) -> Result<(), Failure> {
        let changed = || self.entries.iter().filter(|entry| entry.is_changed());
        let new = changed().filter(|entry| entry.before.is_none()).map(|entry| {
            let mut row = columns(&entry.account);
            row.push(("email", entry.account.email.clone().into()));
            row.push(("timezone", self.app.settings.default_timezone.clone().into()));
            row.push(("locale", self.app.settings.default_locale.clone().into()));
            row
        });
        database::insert_many(&**work, &person::TABLE, new.collect()).await?;
        let old: Vec<&Account> = changed().filter(|entry| entry.before.is_some()).map(|entry| &entry.account).collect();
        for accounts in old.chunks(PORTION) {
            database::execute(&**work, &change(accounts)).await?;
        }
        self.store_departments(work).await?;
        for entry in changed() {
            let id = entry.account.id;
            let name = if entry.before.is_some() { "person:update" } else { "person:new" };
            work.emit(name, payload([("person_id", id)]));
            work.person_changed(id);
            if entry.before.as_ref().is_some_and(|before| before.active == Some(true)) && entry.account.active == Some(false) {
                work.end_sessions_of(id);
            }
        }
        Ok(())
    }

    async fn store_departments(&self, work: &Work<'_>) -> Result<(), DbErr> {
        let moved = || self.entries.iter().filter(|entry| entry.departments != entry.departments_before);
        let ids: Vec<Uuid> = moved().map(|entry| entry.account.id).collect();
        for ids in ids.chunks(BATCH) {
            let mut sql = Sql::new("DELETE FROM department_link WHERE person_id");
            sql.among(ids);
            database::execute(&**work, &sql).await?;
        }
        let link = |person_id: Uuid, department_id: Uuid| vec![("person_id", person_id.into()), ("department_id", department_id.into())];
        let links = moved().flat_map(|entry| entry.departments.iter().map(move |department| link(entry.account.id, *department)));
        database::insert_many(&**work, &department_link::TABLE, links.collect()).await
    }
}

/// Whether the limit of users counts an account.
fn counts(account: &Account) -> bool {
    account.active.unwrap_or_default() && !account.is_guest
}

/// Whether somebody may do everything.
fn administers(account: &Account) -> bool {
    account.role == "admin" && account.active.unwrap_or_default() && !account.is_guest
}

/// A new account without a password.
fn fresh(wanted: &Wanted) -> Account {
    Account {
        id: Uuid::new_v4(),
        first_name: String::new(),
        last_name: String::new(),
        email: Some(wanted.email.clone()),
        phone: None,
        role: "user".into(),
        contract_type: "open-ended".into(),
        position: Some("artist".into()),
        seniority: Some("mid".into()),
        country: None,
        daily_salary: Some(0),
        studio_id: None,
        active: Some(true),
        is_guest: false,
    }
}

/// Takes over what a row says.
fn apply(entry: &mut Entry, wanted: Wanted) {
    let account = &mut entry.account;
    account.first_name = wanted.first_name;
    account.last_name = wanted.last_name;
    account.phone = wanted.phone.or(account.phone.take());
    account.role = wanted.role.unwrap_or_else(|| account.role.clone());
    account.contract_type = wanted.contract_type.unwrap_or_else(|| account.contract_type.clone());
    account.position = wanted.position.or(account.position.take());
    account.seniority = wanted.seniority.or(account.seniority.take());
    account.country = wanted.country.or(account.country.take());
    account.daily_salary = wanted.daily_salary.or(account.daily_salary);
    account.studio_id = wanted.studio_id.or(account.studio_id);
    account.active = wanted.active.or(account.active);
    if let Some(departments) = wanted.departments {
        entry.departments = departments.into_iter().collect();
    }
}

/// What a table can change of an account.
fn columns(account: &Account) -> Vec<(&'static str, SqlValue)> {
    vec![
        ("id", account.id.into()),
        ("first_name", account.first_name.as_str().into()),
        ("last_name", account.last_name.as_str().into()),
        ("phone", account.phone.clone().into()),
        ("role", account.role.as_str().into()),
        ("contract_type", account.contract_type.as_str().into()),
        ("position", account.position.clone().into()),
        ("seniority", account.seniority.clone().into()),
        ("country", account.country.clone().into()),
        ("daily_salary", account.daily_salary.into()),
        ("studio_id", account.studio_id.into()),
        ("active", account.active.into()),
    ]
}

/// The statement that changes accounts.
fn change(accounts: &[&Account]) -> Sql {
    let now = database::now();
    let mut sql = Sql::new(
        "UPDATE person SET first_name = v.column2, last_name = v.column3, phone = v.column4, role = v.column5, contract_type = v.column6, \
         position = v.column7, seniority = v.column8, country = v.column9, daily_salary = v.column10, studio_id = v.column11, \
         active = v.column12, updated_at = v.column13 FROM (VALUES ",
    );
    for (at, account) in accounts.iter().enumerate() {
        let values = columns(account).into_iter().map(|(_, value)| value).chain([now.into()]);
        sql.push(if at > 0 { ", " } else { "" }).bind_list(values);
    }
    sql.push(") AS v WHERE person.id = v.column1");
    sql
}
