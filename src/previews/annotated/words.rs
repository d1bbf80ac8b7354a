//! Text that stands below the pictures of a document of drawings.

use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;

use crate::app::App;
use crate::database::{self, Sql};
use crate::pictures::DocumentPage;
use crate::previews::subject::PreviewSubject;
use crate::vocabulary::entity_names::{ENTITY_PARENTS, EntityNames};

/// Text below the pictures of a preview.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// Entity, task type and revision.
    pub(super) title: String,
    /// The production, and the comment with its author.
    lines: Vec<String>,
}

#[derive(Default, FromQueryResult)]
struct TaskNames {
    kind: Option<String>,
    entity: Option<String>,
    parent: Option<String>,
    grandparent: Option<String>,
    task_type: Option<String>,
    project: Option<String>,
}

/// The comment that holds the preview.
#[derive(FromQueryResult)]
struct Holder {
    text: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

impl Words {
    /// The words about a preview.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn find(app: &App, preview: &PreviewSubject) -> Result<Self, Failure> {
        let sql = Sql::with(
            format!(
                "SELECT k.name AS kind, e.name AS entity, pa.name AS parent, gp.name AS grandparent, tt.name AS task_type, pr.name AS project \
                 FROM task t LEFT JOIN project pr ON pr.id = t.project_id LEFT JOIN task_type tt ON tt.id = t.task_type_id \
                 LEFT JOIN entity e ON e.id = t.entity_id {ENTITY_PARENTS} WHERE t.id = $1"
            ),
            [preview.task_id.into()],
        );
        let names = database::read_one::<TaskNames>(&app.database, &sql)
            .await?
            .unwrap_or_default();
        let sql = Sql::with(
            "SELECT c.text, a.first_name, a.last_name FROM comment_preview_link l JOIN comment c ON c.id = l.comment \
             LEFT JOIN person a ON a.id = c.person_id WHERE l.preview_file = $1 ORDER BY c.created_at, c.id LIMIT 1",
            [preview.id.into()],
        );
        let entity = EntityNames::new(names.kind, names.entity, names.parent, names.grandparent).full();
        let title = [
            entity,
            names.task_type.unwrap_or_default(),
            format!("v{}", preview.revision.unwrap_or(1)),
        ];
        let mut lines = vec![names.project.unwrap_or_default()];
        if let Some(comment) = database::read_one::<Holder>(&app.database, &sql).await? {
            lines.push(
                [comment.first_name, comment.last_name]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(" "),
            );
            lines.push(comment.text.unwrap_or_default());
        }
        lines.retain(|line| !line.trim().is_empty());
        Ok(Self {
            title: title
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" – "),
            lines,
        })
    }

    /// The words below a frame, or below a drawing on a picture.
    pub(super) fn page(&self, number: i64, is_movie: bool) -> DocumentPage {
        let what = if is_movie { "Frame" } else { "Annotation" };
        let lines = std::iter::once(format!("{what} {number}"))
            .chain(self.lines.iter().cloned())
            .collect();
        DocumentPage {
            title: self.title.clone(),
            lines,
        }
    }
}
