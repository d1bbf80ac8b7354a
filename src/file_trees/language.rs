//! The language of templates: text with tokens such as `<Shot>` and `<Instance.number>`, for which names, numbers or ids of
//! what a file belongs to are put in.

use std::collections::BTreeMap;

use uuid::Uuid;

/// Things that a token can stand for, with the fields that it has besides its name and id.
pub const TOKENS: [(&str, &[Field]); 21] = [
    ("Project", &[]),
    ("Task", &[]),
    ("TaskType", &[Field::ShortName]),
    ("Department", &[]),
    ("Shot", &[]),
    ("Scene", &[]),
    ("Asset", &[]),
    ("AssetType", &[Field::ShortName]),
    ("Sequence", &[]),
    ("Episode", &[]),
    ("Software", &[Field::ShortName]),
    ("OutputType", &[Field::ShortName]),
    ("TemporalEntity", &[]),
    ("TemporalEntityType", &[Field::ShortName]),
    ("Instance", &[Field::ShortName, Field::Number]),
    ("Representation", &[Field::ShortName, Field::Number]),
    ("Name", &[Field::ShortName, Field::Number]),
    ("OutputFile", &[Field::ShortName, Field::Number]),
    ("WorkingFile", &[Field::ShortName, Field::Number]),
    ("Version", &[Field::ShortName, Field::Number]),
    ("Revision", &[Field::ShortName, Field::Number]),
];

/// Field of a thing that a token asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Name,
    ShortName,
    Number,
    Id,
}

impl Field {
    /// Any other word stands for the name.
    fn of(word: &str) -> Self {
        match word {
            "short_name" => Self::ShortName,
            "number" => Self::Number,
            "id" => Self::Id,
            _ => Self::Name,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::ShortName => "short_name",
            Self::Number => "number",
            Self::Id => "id",
        }
    }
}

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Token { name: &'a str, field: Field },
}

/// The parts of a template. What looks like no token is text.
#[must_use]
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut text, mut at) = (0, 0);
    while let Some(open) = template[at..].find('<').map(|found| at + found) {
        let inside = &template[open + 1..];
        let end = inside
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))
            .unwrap_or(inside.len());
        if end == 0 || !inside[end..].starts_with('>') {
            at = open + 1;
            continue;
        }
        if text < open {
            pieces.push(Piece::Text(&template[text..open]));
        }
        let (name, field) = inside[..end].split_once('.').unwrap_or((&inside[..end], "name"));
        pieces.push(Piece::Token {
            name,
            field: Field::of(field),
        });
        at = open + end + 2;
        text = at;
    }
    if text < template.len() {
        pieces.push(Piece::Text(&template[text..]));
    }
    pieces
}

/// Problem of a token, whatever it would stand for.
#[must_use]
pub fn problem(name: &str, field: Field) -> Option<String> {
    let Some((_, fields)) = TOKENS.iter().find(|(known, _)| *known == name) else {
        return Some(format!("Unknown data type: {name}."));
    };
    let known = matches!(field, Field::Name | Field::Id) || fields.contains(&field);
    (!known).then(|| format!("The token {name} has no {}.", field.word()))
}

/// Letter case of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Lower,
    Upper,
}

impl Style {
    /// The style of that name; any other one than `uppercase` is lower case.
    #[must_use]
    pub fn of(name: Option<&str>) -> Self {
        if name == Some("uppercase") {
            Self::Upper
        } else {
            Self::Lower
        }
    }

    /// A text in this case.
    #[must_use]
    pub fn apply(self, text: &str) -> String {
        match self {
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
        }
    }
}

/// Text in small ASCII letters and digits, with one underscore for each run of anything else.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for character in deunicode::deunicode(text).chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.truncate(slug.trim_end_matches('_').len());
    slug
}

/// Thing that stands for a token.
#[derive(Clone, Debug, Default)]
pub struct Thing {
    name: String,
    short_name: Option<String>,
    /// Text that stands for its number; its name does where it has none.
    number: Option<String>,
    id: Option<Uuid>,
}

impl Thing {
    /// A text, whatever is asked of it.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            name: text.into(),
            ..Self::default()
        }
    }

    /// A record with its name.
    #[must_use]
    pub fn record(id: Uuid, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            id: Some(id),
            ..Self::default()
        }
    }

    /// A record with a short name besides.
    #[must_use]
    pub fn with_short_name(self, short_name: impl Into<String>) -> Self {
        Self {
            short_name: Some(short_name.into()),
            ..self
        }
    }

    /// An instance of an asset. Without a name it goes by its number, which stands for everything else, too.
    #[must_use]
    pub fn instance(name: Option<String>, number: Option<i32>) -> Self {
        let number = format!("{:04}", number.unwrap_or_default());
        Self {
            name: name.unwrap_or_else(|| number.clone()),
            number: Some(number),
            ..Self::default()
        }
    }

    /// A sequence: `Seq2` is called `S002`.
    #[must_use]
    pub fn sequence(id: Uuid, name: &str) -> Self {
        let number = || name.chars().skip(3).collect::<String>();
        let name = if name.contains("Seq") {
            format!("S{:0>3}", number())
        } else {
            name.to_owned()
        };
        Self::record(id, name)
    }

    /// The name that it goes by in paths.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn field(&self, field: Field) -> &str {
        match field {
            Field::Name => &self.name,
            Field::ShortName => self
                .short_name
                .as_deref()
                .or(self.number.as_deref())
                .unwrap_or(&self.name),
            Field::Number | Field::Id => self.number.as_deref().unwrap_or(&self.name),
        }
    }
}

/// Things that stand for the tokens of a template.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, Option<Thing>>);

impl Values {
    /// Says what a token stands for; it leaves nothing where that is none.
    pub fn set(&mut self, token: &'static str, thing: Option<Thing>) {
        self.0.insert(token, thing);
    }

    /// True if it is known what a token stands for.
    #[must_use]
    pub fn has(&self, token: &str) -> bool {
        self.0.contains_key(token)
    }

    /// A template with what its tokens stand for. Names become plain text of a letter case, ids stay as they are.
    ///
    /// # Errors
    /// The fault of the template, as a sentence.
    pub fn render(&self, template: &str, style: Style) -> Result<String, String> {
        let mut out = String::new();
        for piece in pieces(template) {
            let (name, field) = match piece {
                Piece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Piece::Token { name, field } => (name, field),
            };
            if let Some(problem) = problem(name, field) {
                return Err(problem);
            }
            let thing = self
                .0
                .get(name)
                .ok_or_else(|| format!("The token {name} stands for nothing here."))?;
            match thing {
                None => {}
                Some(Thing { id: Some(id), .. }) if field == Field::Id => out.push_str(&id.to_string()),
                Some(thing) => out.push_str(&style.apply(&slug(thing.field(field)))),
            }
        }
        Ok(out)
    }

    /// The name of a file: plain text as a whole, in which ids that the template asks for keep their hyphens.
    ///
    /// # Errors
    /// The fault of the template, as a sentence.
    pub fn render_file(&self, template: &str, style: Style) -> Result<String, String> {
        let rendered = self.render(template, Style::Lower)?;
        let mut name = style.apply(&slug(&rendered));
        for id in ids(&rendered) {
            name = name.replacen(&style.apply(&id.replace('-', "_")), id, 1);
        }
        Ok(name)
    }
}

/// The ids in a text.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    const LENGTH: usize = 36;
    let mut at = 0;
    std::iter::from_fn(move || {
        while at + LENGTH <= text.len() {
            let part = text.get(at..at + LENGTH);
            if let Some(id) = part.filter(|part| part.as_bytes()[8] == b'-' && Uuid::try_parse(part).is_ok()) {
                at += LENGTH;
                return Some(id);
            }
            at += 1;
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let mut values = Values::default();
        let id = Uuid::parse_str("1f6b7b77-14b8-47fd-a02e-745880d8d9ed").expect("an id");
        values.set("Project", Some(Thing::record(Uuid::nil(), "Cosmos  Landromat")));
        values.set("Sequence", Some(Thing::sequence(Uuid::nil(), "Seq2")));
        values.set("Shot", Some(Thing::record(id, "P01")));
        values.set(
            "TaskType",
            Some(Thing::record(Uuid::nil(), "Éclairage").with_short_name("lgt")),
        );
        values.set("Department", None);
        values.set("Instance", Some(Thing::instance(None, Some(1))));
        values.set("Version", Some(Thing::text("001")));
        values
    }

    #[test]
    fn templates_are_text_and_tokens() {
        let token = |name, field| Piece::Token { name, field };
        let found = pieces("<Project>/a<b/<Shot.id>_v<Version.bad>>");
        let expected = [
            token("Project", Field::Name),
            Piece::Text("/a<b/"),
            token("Shot", Field::Id),
            Piece::Text("_v"),
            token("Version", Field::Name),
            Piece::Text(">"),
        ];
        assert_eq!(found, expected);
        assert!(pieces("").is_empty());
    }

    #[test]
    fn names_are_plain_and_literal_text_stays() {
        let rendered = values().render(
            "Keep/<Project>/<Sequence>/<TaskType>/<TaskType.short_name>/<Department>",
            Style::Upper,
        );
        assert_eq!(rendered.as_deref(), Ok("Keep/COSMOS_LANDROMAT/S002/ECLAIRAGE/LGT/"));
        assert_eq!(
            values()
                .render("<Instance>_<Instance.number>_<Instance.id>", Style::Lower)
                .as_deref(),
            Ok("0001_0001_0001")
        );
    }

    #[test]
    fn files_keep_the_ids_that_were_asked_for() {
        let name = values().render_file("<Shot.id>_<Shot.bad>_v<Version>", Style::Upper);
        assert_eq!(name.as_deref(), Ok("1f6b7b77-14b8-47fd-a02e-745880d8d9ed_P01_V001"));
        assert_eq!(
            values().render_file("A -- <Shot>.b", Style::Lower).as_deref(),
            Ok("a_p01_b")
        );
    }

    #[test]
    fn wrong_tokens_are_named() {
        assert_eq!(
            values().render("<OuputType>", Style::Lower),
            Err("Unknown data type: OuputType.".into())
        );
        assert_eq!(
            values().render("<Project.number>", Style::Lower),
            Err("The token Project has no number.".into())
        );
        assert_eq!(
            values().render("<Task>", Style::Lower),
            Err("The token Task stands for nothing here.".into())
        );
    }

    #[test]
    fn slugs_are_plain() {
        assert_eq!(
            slug("Cosmos Landromat_Props / Tree_Shaders_v1"),
            "cosmos_landromat_props_tree_shaders_v1"
        );
        assert_eq!(slug("Décor_Été / Œuf"), "decor_ete_oeuf");
        assert_eq!(slug("../../etc/passwd"), "etc_passwd");
        assert_eq!(slug(" -- "), "");
    }
}
