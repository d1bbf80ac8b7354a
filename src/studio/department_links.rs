//! Tools of departments: software and hardware.

use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use entity::facts::Table;
use uuid::Uuid;

use crate::app::App;
use crate::database::{self, RecordWriter, Sql, write_uuid};
use crate::events::Work;

/// One kind of things that departments work with.
pub(super) struct Equipment {
    table: &'static Table,
    type_name: &'static str,
    links: &'static Table,
    link_type: &'static str,
    /// Column of the link that names the thing.
    column: &'static str,
}

pub(super) static SOFTWARE: Equipment = Equipment {
    table: &entity::software::TABLE,
    type_name: "Software",
    links: &entity::software_department_link::TABLE,
    link_type: "SoftwareDepartmentLink",
    column: "software_id",
};

pub(super) static HARDWARE: Equipment = Equipment {
    table: &entity::hardware_item::TABLE,
    type_name: "HardwareItem",
    links: &entity::hardware_item_department_link::TABLE,
    link_type: "HardwareItemDepartmentLink",
    column: "hardware_item_id",
};

impl Equipment {
    /// Selects what departments work with, and their ids behind it.
    fn select(&self) -> (RecordWriter, Sql) {
        let model = RecordWriter::new(self.table, "i", self.type_name);
        let Self {
            table, links, column, ..
        } = self;
        let sql = Sql::new(format!(
            "SELECT {}, l.department_id FROM {} l JOIN {} i ON i.id = l.{column} WHERE 1 = 1",
            model.columns(),
            links.name,
            table.name
        ));
        (model, sql)
    }

    /// Everything that departments work with, by department.
    pub(super) async fn by_department<T>(&self, app: &App) -> Result<Json<T>, Failure> {
        let (model, mut sql) = self.select();
        sql.push(" ORDER BY l.department_id, i.name, i.id");
        let mut out = b"{".to_vec();
        let mut open: Option<Uuid> = None;
        for row in app.database.rows(&sql).await? {
            let department: Uuid = row.try_get("", "department_id")?;
            if open == Some(department) {
                out.push(b',');
            } else {
                out.extend_from_slice(if open.is_some() { b"]," } else { b"" });
                write_uuid(&mut out, department);
                out.extend_from_slice(b":[");
                open = Some(department);
            }
            model.write(&mut out, &row)?;
        }
        out.extend_from_slice(if open.is_some() { b"]}" } else { b"}" });
        Ok(Json::written(out))
    }

    /// One tool of a department.
    ///
    /// # Errors
    /// 404 for anything else.
    pub(super) async fn one<T>(&self, app: &App, department_id: Uuid, id: Uuid) -> Result<Json<T>, Failure> {
        let (model, mut sql) = self.select();
        sql.push(" AND l.department_id = ")
            .bind(department_id)
            .push(" AND i.id = ")
            .bind(id);
        let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
        let mut out = Vec::with_capacity(256);
        model.write(&mut out, &row)?;
        Ok(Json::written(out))
    }

    /// Tools of one department.
    pub(super) async fn of_department<T>(&self, app: &App, department_id: Uuid, id: Uuid) -> Result<Json<T>, Failure> {
        self.require(app, department_id, id).await?;
        let (model, mut sql) = self.select();
        sql.push(" AND l.department_id = ")
            .bind(department_id)
            .push(" ORDER BY i.name, i.id");
        Ok(model.list(&app.database, sql).await?)
    }

    /// Lets a department work with something, and answers the link.
    pub(super) async fn add<T>(
        &self,
        app: &App,
        access: &Admin,
        department_id: Uuid,
        id: Uuid,
    ) -> Result<Json<T>, Failure> {
        if !self.is_there(app, department_id, id).await? {
            return Err(Failure::not_found().naming(self.column));
        }
        let work = Work::begin(app, access).await?;
        let values = vec![("department_id", department_id.into()), (self.column, id.into())];
        database::insert_ignoring_duplicates(&*work, self.links, vec![values]).await?;
        let model = RecordWriter::new(self.links, "l", self.link_type);
        let text = format!(
            "SELECT {} FROM {} l WHERE l.department_id = $1 AND l.{} = $2",
            model.columns(),
            self.links.name,
            self.column
        );
        let row = database::row(&*work, &Sql::with(text, [department_id.into(), id.into()]))
            .await?
            .ok_or_else(Failure::not_found)?;
        let mut out = Vec::with_capacity(256);
        model.write(&mut out, &row)?;
        work.finish().await?;
        Ok(Json::written(out))
    }

    /// Lets a department no longer work with something.
    pub(super) async fn remove(
        &self,
        app: &App,
        access: &Admin,
        department_id: Uuid,
        id: Uuid,
    ) -> Result<NoContent, Failure> {
        self.require(app, department_id, id).await?;
        let work = Work::begin(app, access).await?;
        let text = format!(
            "DELETE FROM {} WHERE department_id = $1 AND {} = $2",
            self.links.name, self.column
        );
        database::execute(&*work, &Sql::with(text, [department_id.into(), id.into()])).await?;
        work.finish().await?;
        Ok(NoContent)
    }

    /// 404 unless both are there.
    async fn require(&self, app: &App, department_id: Uuid, id: Uuid) -> Result<(), Failure> {
        if self.is_there(app, department_id, id).await? {
            Ok(())
        } else {
            Err(Failure::not_found())
        }
    }

    /// True if there is such a tool; 404 unless there is such a department.
    async fn is_there(&self, app: &App, department_id: Uuid, id: Uuid) -> Result<bool, Failure> {
        let text = format!(
            "SELECT i.id FROM department d LEFT JOIN {} i ON i.id = $2 WHERE d.id = $1",
            self.table.name
        );
        let sql = Sql::with(text, [department_id.into(), id.into()]);
        let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
        Ok(row.try_get::<Option<Uuid>>("", "id")?.is_some())
    }
}
