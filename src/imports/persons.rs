//! Tables of persons. The rules for accounts hold as they do elsewhere.

use std::collections::{BTreeSet, HashMap};

use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use entity::{department_link, person};
use sea_orm::DbErr;
use uuid::Uuid;

use super::accounts::{ImportedAccount, ImportedPerson, administers, apply, columns, counts, fresh};
use super::person_cells::{PersonCells, Places};
use super::problem::RowProblem;
use super::sheet::Sheet;
use crate::app::App;
use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};
use crate::vocabulary::persons::person_rows;

struct PersonsImport<'a> {
    app: &'a App,
    caller: Uuid,
    places: Places,
    entries: Vec<ImportedPerson>,
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
    let mut import = PersonsImport::load(&work, app, access.person.id).await?;
    let mut ids = Vec::with_capacity(sheet.len());
    for line in sheet.lines() {
        let row = PersonCells::read(&line, &import.places).and_then(|wanted| import.row(wanted, update, line.number));
        ids.push(row.map_err(|problem| problem.at(line.number))?);
    }
    import.require_administrator()?;
    import.store(&mut work).await?;
    let rows = person_rows(&*work, &ids).await?;
    work.finish().await?;
    Ok(database::json::array(
        ids.iter().filter_map(|id| rows.get(id)).map(Vec::as_slice),
    ))
}

impl<'a> PersonsImport<'a> {
    async fn load(work: &Work<'_>, app: &'a App, caller: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT id, first_name, last_name, email, phone, role, contract_type, position, seniority, country, daily_salary, studio_id, \
             active, is_guest, preview_project_id FROM person WHERE is_bot = $1 ORDER BY id",
            [false.into()],
        );
        let mut departments: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
        for row in database::rows(
            &**work,
            &Sql::new("SELECT person_id, department_id FROM department_link"),
        )
        .await?
        {
            departments
                .entry(row.try_get("", "person_id")?)
                .or_default()
                .insert(row.try_get("", "department_id")?);
        }
        let places = Places::load(&**work).await?;
        let mut import = Self {
            app,
            caller,
            places,
            entries: Vec::new(),
            by_email: HashMap::new(),
            by_name: HashMap::new(),
            demoted_at: None,
        };
        for account in database::read_all::<ImportedAccount>(&**work, &sql).await? {
            let own = departments.remove(&account.id).unwrap_or_default();
            import.keep(ImportedPerson {
                before: Some(account.clone()),
                account,
                departments: own.clone(),
                departments_before: own,
            });
        }
        Ok(import)
    }

    fn keep(&mut self, entry: ImportedPerson) -> usize {
        let place = self.entries.len();
        match entry.account.email.as_deref().filter(|email| !email.is_empty()) {
            Some(email) => self.by_email.insert(email.to_lowercase(), place),
            None => self.by_name.insert(
                (entry.account.first_name.clone(), entry.account.last_name.clone()),
                place,
            ),
        };
        self.entries.push(entry);
        place
    }

    /// Imports one row, and gives the id of its person.
    fn row(&mut self, wanted: PersonCells, update: bool, line: u64) -> Result<Uuid, RowProblem> {
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
                self.keep(ImportedPerson {
                    account: fresh(&wanted),
                    before: None,
                    departments: BTreeSet::new(),
                    departments_before: BTreeSet::new(),
                })
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
            return Err(RowProblem("User limit reached.".into()));
        }
        Ok(id)
    }

    /// Others can't deactivate a protected account, nor change its role. Preview accounts are changed by their productions alone.
    fn protect(&self, account: &ImportedAccount, wanted: &PersonCells) -> Result<(), RowProblem> {
        if account.preview_project_id.is_some() {
            return Err(RowProblem("A preview account can't be changed.".into()));
        }
        let protected = self.app.settings.protects(account.email.as_deref());
        if !protected || account.id == self.caller {
            return Ok(());
        }
        if wanted.active == Some(false) && account.active == Some(true) {
            return Err(RowProblem(
                "Can't set this person as inactive it's a protected account.".into(),
            ));
        }
        if wanted.role.as_ref().is_some_and(|role| *role != account.role) {
            return Err(RowProblem(
                "Can't change the role of this person it's a protected account.".into(),
            ));
        }
        Ok(())
    }

    /// Number of accounts that the limit counts.
    fn active(&self) -> u64 {
        u64::try_from(self.entries.iter().filter(|entry| counts(&entry.account)).count()).unwrap_or(u64::MAX)
    }

    /// The studio keeps somebody who may do everything.
    fn require_administrator(&self) -> Result<(), Failure> {
        match self.demoted_at {
            Some(line) if !self.entries.iter().any(|entry| administers(&entry.account)) => {
                Err(RowProblem("The last administrator can't be demoted, made inactive or deleted.".into()).at(line))
            }
            _ => Ok(()),
        }
    }

    async fn store(&self, work: &mut Work<'_>) -> Result<(), Failure> {
        let changed = || self.entries.iter().filter(|entry| entry.is_changed());
        let new = changed().filter(|entry| entry.before.is_none()).map(|entry| {
            let mut row = columns(&entry.account);
            row.push(("id", entry.account.id.into()));
            row.push(("email", entry.account.email.clone().into()));
            row.push(("timezone", self.app.settings.default_timezone.clone().into()));
            row.push(("locale", self.app.settings.default_locale.clone().into()));
            row
        });
        database::insert_many(&**work, &person::TABLE, new.collect()).await?;
        let old = changed()
            .filter(|entry| entry.before.is_some())
            .map(|entry| (entry.account.id, columns(&entry.account)));
        database::update_many(&**work, &person::TABLE, old.collect()).await?;
        self.store_departments(work).await?;
        let gone: Vec<Uuid> = changed()
            .filter(|entry| entry.moves() && !entry.account.active.unwrap_or_default())
            .map(|entry| entry.account.id)
            .collect();
        for ids in gone.chunks(BATCH) {
            // A token that was made before a person was switched off is dead when they come back.
            let mut sql = Sql::new("UPDATE person SET jti = NULL WHERE id");
            sql.among(ids);
            database::execute(&**work, &sql).await?;
        }
        for entry in changed() {
            let id = entry.account.id;
            let name = if entry.before.is_some() {
                "person:update"
            } else {
                "person:new"
            };
            work.emit_of_studio(&entity::person::TABLE, name, payload([("person_id", id)]));
            work.person_changed(id);
            if entry.moves() {
                work.end_sessions_of(id);
            }
        }
        Ok(())
    }

    async fn store_departments(&self, work: &Work<'_>) -> Result<(), DbErr> {
        let moved = || {
            self.entries
                .iter()
                .filter(|entry| entry.departments != entry.departments_before)
        };
        let ids: Vec<Uuid> = moved().map(|entry| entry.account.id).collect();
        for ids in ids.chunks(BATCH) {
            let mut sql = Sql::new("DELETE FROM department_link WHERE person_id");
            sql.among(ids);
            database::execute(&**work, &sql).await?;
        }
        let link = |person_id: Uuid, department_id: Uuid| {
            vec![("person_id", person_id.into()), ("department_id", department_id.into())]
        };
        let links = moved().flat_map(|entry| {
            entry
                .departments
                .iter()
                .map(move |department| link(entry.account.id, *department))
        });
        database::insert_many(&**work, &department_link::TABLE, links.collect()).await
    }
}
