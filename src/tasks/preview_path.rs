//! Where a studio keeps the preview of a task, by the file tree of the production.

use std::collections::BTreeMap;

use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::database::{self, Sql, write_value};

/// A folder and the name of a file without its extension; both are empty when the tree has no such place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviewPath {
    folder: String,
    file: String,
}

impl PreviewPath {
    /// Where the preview of a task is kept. `name` and `revision` are for templates that have them.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(connection: &impl ConnectionTrait, task_id: Uuid, name: &str, revision: i32) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT p.file_tree, k.name, p.name, p.id, t.name, t.id, y.name, y.id, y.short_name, d.name, d.id, e.name, e.id, k.id, k.short_name, \
             q.name, q.id, g.name, g.id FROM task t JOIN project p ON p.id = t.project_id JOIN entity e ON e.id = t.entity_id \
             JOIN entity_type k ON k.id = e.entity_type_id LEFT JOIN task_type y ON y.id = t.task_type_id \
             LEFT JOIN department d ON d.id = y.department_id LEFT JOIN entity q ON q.id = e.parent_id \
             LEFT JOIN entity g ON g.id = q.parent_id WHERE t.id = $1",
            [task_id.into()],
        );
        let Some(row) = database::row(connection, &sql).await? else { return Ok(Self::default()) };
        let mut tree = Vec::new();
        write_value(&mut tree, &row, 0, Kind::Json)?;
        let tree: Value = serde_json::from_slice(&tree)?;
        let kind: String = row.try_get_by_index(1)?;
        let mut tokens = Tokens::read(&row, &kind)?;
        tokens.plain("Name", name);
        for key in ["Version", "Revision"] {
            tokens.plain(key, &format!("{revision:03}"));
        }
        Ok(Self::of(&tree["preview"], &kind, &tokens).unwrap_or_default())
    }

    fn of(mode: &Value, kind: &str, tokens: &Tokens) -> Option<Self> {
        let kind = match kind {
            "Shot" | "Sequence" | "Scene" | "Episode" => kind.to_lowercase(),
            _ => "asset".to_owned(),
        };
        let part = |key: &str, name: &str| mode[key][name].as_str();
        let folder = tokens.render(part("folder_path", &kind)?, Style::of(part("folder_path", "style")))?;
        let file = tokens.render(part("file_name", &kind)?, Style::Lower)?;
        let (mount, root) = (mode["mountpoint"].as_str()?, mode["root"].as_str()?);
        let prefix = if root.is_empty() { format!("{mount}/") } else { format!("{mount}/{root}/") };
        let mut file = Style::of(part("file_name", "style")).apply(&slug(&file));
        // Identifiers keep their hyphens.
        for id in tokens.ids() {
            file = file.replace(&id.replace('-', "_"), id);
        }
        Some(Self { folder: format!("{prefix}{folder}"), file })
    }

    /// As it is told.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({"folder_path": self.folder, "file_name": self.file})
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Lower,
    Upper,
}

impl Style {
    fn of(name: Option<&str>) -> Self {
        if name == Some("uppercase") { Self::Upper } else { Self::Lower }
    }

    fn apply(self, text: &str) -> String {
        if self == Self::Upper { text.to_uppercase() } else { text.to_owned() }
    }
}

/// Letters and digits in lower case, with one `_` for whatever stands between them.
fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}

/// What stands for a token, by its fields.
#[derive(Clone, Debug, Default)]
struct Token {
    name: String,
    short_name: Option<String>,
    id: Option<Uuid>,
}

/// What the templates of a tree can speak of.
#[derive(Debug, Default)]
struct Tokens {
    known: BTreeMap<&'static str, Token>,
    written: Vec<String>,
}

impl Tokens {
    fn read(row: &QueryResult, kind: &str) -> Result<Self, Failure> {
        let token = |name: usize| -> Result<Option<Token>, Failure> {
            let Some(text) = row.try_get_by_index::<Option<String>>(name)? else { return Ok(None) };
            Ok(Some(Token { name: text, short_name: None, id: row.try_get_by_index(name + 1)? }))
        };
        let short = |token: Option<Token>, index: usize| -> Result<Option<Token>, Failure> {
            let short_name = row.try_get_by_index::<Option<String>>(index)?;
            Ok(token.map(|token| Token { short_name, ..token }))
        };
        let entity = token(11)?;
        let asset_type = Some(Token { name: kind.to_owned(), short_name: row.try_get_by_index(14)?, id: row.try_get_by_index(13)? });
        let sequence = match kind {
            "Shot" | "Scene" => token(15)?,
            "Sequence" => entity.clone(),
            _ => None,
        };
        let episode = match kind {
            "Episode" => entity.clone(),
            "Shot" | "Scene" => token(17)?,
            "Sequence" => token(15)?,
            _ => None,
        };
        let first = Token { name: "e001".into(), ..Token::default() };
        let mut known = BTreeMap::new();
        for (key, found) in [
            ("Project", token(2)?),
            ("Task", token(4)?),
            ("TaskType", short(token(6)?, 8)?),
            ("Department", token(9)?),
            ("Shot", entity.clone()),
            ("Scene", entity.clone()),
            ("Asset", entity),
            ("AssetType", asset_type),
            ("Sequence", sequence.map(numbered)),
            ("Episode", Some(episode.unwrap_or(first))),
        ] {
            known.insert(key, found.unwrap_or_default());
        }
        let written = known.values().filter_map(|token| token.id).map(|id| id.to_string()).collect();
        Ok(Self { known, written })
    }

    fn plain(&mut self, key: &'static str, text: &str) {
        self.known.insert(key, Token { name: text.to_owned(), ..Token::default() });
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        self.written.iter().map(String::as_str)
    }

    /// A template with what stands for its tokens, or nothing when it has one that is not known.
    fn render(&self, template: &str, style: Style) -> Option<String> {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, token)) = rest.split_once('<') {
            let (token, after) = token.split_once('>')?;
            let (name, field) = token.split_once('.').unwrap_or((token, "name"));
            let token = self.known.get(name)?;
            out.push_str(before);
            match field {
                "id" => out.push_str(&token.id?.to_string()),
                "number" => return None,
                "short_name" => out.push_str(&style.apply(&slug(token.short_name.as_deref()?))),
                _ => out.push_str(&style.apply(&slug(&token.name))),
            }
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }
}

/// `Seq2` stands for `S002`.
fn numbered(token: Token) -> Token {
    if !token.name.contains("Seq") {
        return token;
    }
    let number: String = token.name.chars().skip(3).collect();
    Token { name: format!("S{number:0>3}"), ..token }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        let mut tokens = Tokens::default();
        for (key, name) in [("Project", "Cosmos Laundromat"), ("Sequence", "S01"), ("Shot", "P01"), ("TaskType", "Animation")] {
            tokens.plain(key, name);
        }
        tokens
    }

    #[test]
    fn a_tree_says_where_previews_are() {
        let mode = json!({
            "mountpoint": "/simple", "root": "productions/previews",
            "folder_path": {"shot": "<Project>/shots/<Sequence>/<Shot>/<TaskType>", "style": "lowercase"},
            "file_name": {"shot": "<Project>_<Sequence>_<Shot>_<TaskType>", "style": "uppercase"},
        });
        let path = PreviewPath::of(&mode, "Shot", &tokens()).expect("a path");
        assert_eq!(path.folder, "/simple/productions/previews/cosmos_laundromat/shots/s01/p01/animation");
        assert_eq!(path.file, "COSMOS_LAUNDROMAT_S01_P01_ANIMATION");
    }

    #[test]
    fn a_tree_without_the_place_says_nothing() {
        assert_eq!(PreviewPath::of(&Value::Null, "Shot", &tokens()), None);
        assert_eq!(tokens().render("<Unknown>", Style::Lower), None);
        assert_eq!(tokens().render("<Project", Style::Lower), None);
    }

    #[test]
    fn slugs_are_plain() {
        assert_eq!(slug("  A -- b.C "), "a_b_c");
        assert_eq!(numbered(Token { name: "Seq2".into(), ..Token::default() }).name, "S002");
    }
}
