//! Mentions in a text: persons, departments, and task types that its hashtags name.

use std::collections::{BTreeSet, HashSet};

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;

use crate::access::{ProjectRole, place_columns, read_place};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::vocabulary::persons::full_name;

/// Somebody in a team.
#[derive(Clone, Debug)]
pub struct Member {
    pub project_id: Uuid,
    pub person_id: Uuid,
    pub full_name: String,
    /// Role in that production.
    pub place: ProjectRole,
    pub departments: Vec<Uuid>,
}

/// Persons who can be mentioned in some productions.
#[derive(Clone, Debug, Default)]
pub struct Mentionable {
    pub members: Vec<Member>,
    /// Names and ids of all departments.
    pub departments: Vec<(String, Uuid)>,
}

/// Persons and departments who are mentioned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    pub persons: Vec<Uuid>,
    pub departments: Vec<Uuid>,
}

impl Mentionable {
    /// Everybody in the teams of these productions, and all departments.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(connection: &impl ConnectionTrait, projects: &[Uuid]) -> Result<Self, DbErr> {
        let mut sql = Sql::new(format!(
            "SELECT l.project_id, p.id, p.first_name, p.last_name, d.department_id, {} FROM project_person_link l \
             JOIN person p ON p.id = l.person_id LEFT JOIN department_link d ON d.person_id = p.id WHERE p.preview_project_id IS NULL AND l.project_id IN ",
            place_columns("member", "p", "l")
        ));
        sql.bind_list(projects.iter().copied())
            .push(" ORDER BY l.project_id, p.created_at, p.id");
        let mut members: Vec<Member> = Vec::new();
        for row in database::rows(connection, &sql).await? {
            let (project_id, person_id): (Uuid, Uuid) = (row.try_get("", "project_id")?, row.try_get("", "id")?);
            let department: Option<Uuid> = row.try_get("", "department_id")?;
            match members
                .last_mut()
                .filter(|last| last.project_id == project_id && last.person_id == person_id)
            {
                Some(last) => last.departments.extend(department),
                None => {
                    let [first, last]: [String; 2] = [row.try_get("", "first_name")?, row.try_get("", "last_name")?];
                    members.push(Member {
                        project_id,
                        person_id,
                        full_name: full_name(&first, &last),
                        place: read_place(&row, "member")?,
                        departments: department.into_iter().collect(),
                    });
                }
            }
        }
        let mut departments = Vec::new();
        for row in database::rows(
            connection,
            &Sql::new("SELECT name, id FROM department ORDER BY name, id"),
        )
        .await?
        {
            departments.push((row.try_get("", "name")?, row.try_get("", "id")?));
        }
        Ok(Self { members, departments })
    }

    /// Those whom a text in a production mentions. Behind an `@` the longest name counts.
    #[must_use]
    pub fn in_text(&self, text: &str, project_id: Uuid) -> Mentions {
        let text = plain(text);
        if !text.contains('@') {
            return Mentions::default();
        }
        let members = || self.members.iter().filter(|member| member.project_id == project_id);
        let names: Vec<String> = members()
            .map(|member| &member.full_name)
            .chain(self.departments.iter().map(|(name, _)| name))
            .map(|name| plain(name))
            .collect();
        let named: HashSet<&str> = places(&text).filter_map(|rest| longest(rest, &names)).collect();
        Mentions {
            persons: members()
                .filter(|member| named.contains(plain(&member.full_name).as_str()))
                .map(|member| member.person_id)
                .collect(),
            departments: self
                .departments
                .iter()
                .filter(|(name, _)| named.contains(plain(name).as_str()))
                .map(|(_, id)| *id)
                .collect(),
        }
    }

    /// The persons whom mentions reach in a production, each once: those mentioned themselves, then the members of the
    /// departments.
    #[must_use]
    pub fn reached(&self, mentions: &Mentions, project_id: Uuid) -> Vec<&Member> {
        let team = || {
            self.members
                .iter()
                .filter(move |member| member.project_id == project_id)
        };
        let named = team().filter(|member| mentions.persons.contains(&member.person_id));
        let departments = team().filter(|member| {
            !mentions.persons.contains(&member.person_id)
                && member.departments.iter().any(|id| mentions.departments.contains(id))
        });
        named.chain(departments).collect()
    }
}

/// A text or a name in one form, whatever keyboard or program wrote it: letters with their marks, the usual `@`, blanks,
/// hyphens and apostrophes, and one blank where there are several.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.nfkc() {
        match letter {
            ' ' if plain.ends_with(' ') => {}
            '\u{2010}' | '\u{2011}' => plain.push('-'),
            '\u{2019}' | '\u{2bc}' => plain.push('\''),
            _ => plain.push(letter),
        }
    }
    plain
}

/// Words that stand behind the signs `@` of a text.
fn places(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('@').filter_map(|(at, _)| text.get(at + 1..))
}

/// The longest of the names that a text begins with. A name ends where no further letter or digit follows, nor a mark on its
/// last letter.
fn longest<'a>(text: &str, names: &'a [String]) -> Option<&'a str> {
    let ends = |rest: &str| {
        rest.chars()
            .next()
            .is_none_or(|next| !next.is_alphanumeric() && !is_combining_mark(next))
    };
    let found = names
        .iter()
        .filter(|name| !name.is_empty() && text.strip_prefix(name.as_str()).is_some_and(ends));
    found.max_by_key(|name| name.len()).map(String::as_str)
}

/// Words behind `#` in a text, in lower case; only ASCII letters count.
#[must_use]
pub fn hashtags(text: &str) -> BTreeSet<String> {
    let words = text.split('#').skip(1);
    words
        .map(|rest| {
            rest.chars()
                .take_while(char::is_ascii_alphabetic)
                .collect::<String>()
                .to_ascii_lowercase()
        })
        .collect()
}

/// Stored mentions of a comment.
///
/// # Errors
/// The database does not answer.
pub async fn stored(work: &Work<'_>, comment_id: Uuid) -> Result<Mentions, DbErr> {
    Ok(Mentions {
        persons: ids(
            work,
            "SELECT person AS id FROM comment_mentions WHERE comment = $1",
            comment_id,
        )
        .await?,
        departments: ids(
            work,
            "SELECT department AS id FROM comment_department_mentions WHERE comment = $1",
            comment_id,
        )
        .await?,
    })
}

async fn ids(work: &Work<'_>, text: &str, comment_id: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let rows = database::rows(&**work, &Sql::with(text, [comment_id.into()])).await?;
    rows.iter().map(|row| row.try_get("", "id")).collect()
}

/// Stores whom a comment mentions, in place of what was stored.
///
/// # Errors
/// The database refuses.
pub async fn replace(work: &Work<'_>, comment_id: Uuid, mentions: &Mentions) -> Result<(), Failure> {
    for table in ["comment_mentions", "comment_department_mentions"] {
        let sql = Sql::with(format!("DELETE FROM {table} WHERE comment = $1"), [comment_id.into()]);
        database::execute(&**work, &sql).await?;
    }
    Ok(store(work, &[(comment_id, mentions)]).await?)
}

/// Stores whom new comments mention.
///
/// # Errors
/// The database refuses.
pub async fn store(work: &Work<'_>, comments: &[(Uuid, &Mentions)]) -> Result<(), DbErr> {
    let mut persons = Vec::new();
    let mut departments = Vec::new();
    for (comment, mentions) in comments {
        persons.extend(
            mentions
                .persons
                .iter()
                .map(|person| vec![("comment", (*comment).into()), ("person", (*person).into())]),
        );
        departments.extend(
            mentions
                .departments
                .iter()
                .map(|id| vec![("comment", (*comment).into()), ("department", (*id).into())]),
        );
    }
    database::insert_many(&**work, &entity::comment_mentions::TABLE, persons).await?;
    database::insert_many(&**work, &entity::comment_department_mentions::TABLE, departments).await
}

#[cfg(test)]
mod tests {
    use dailies_definitions::access::Role;

    use super::*;

    fn found(text: &str, names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        places(text)
            .filter_map(|rest| longest(rest, &names))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_name_ends_where_no_letter_follows() {
        let texts = [
            "@Ada Lovelace",
            "Hi @Ada Lovelace how",
            "x@Ada Lovelace\n",
            "@Ada @Ada Lovelace ",
            "@Ada Lovelace, hi",
            "@Ada Lovelace\nhi",
            "(@Ada Lovelace)",
            "@Ada Lovelace.",
            "@Ada Lovelace\u{a0}hi",
            "@Ada Lovelace's",
        ];
        for text in texts {
            assert_eq!(found(text, &["Ada Lovelace"]), ["Ada Lovelace"], "{text}");
        }
        for text in [
            "Ada Lovelace",
            "@ada lovelace",
            "@Ada Lovelaces",
            "@Ada Lovelace2",
            "@ ",
        ] {
            assert!(found(text, &["Ada Lovelace", ""]).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_longest_name_counts() {
        assert_eq!(
            found("@Ada Lovelace and @Ada", &["Ada", "Ada Lovelace"]),
            ["Ada Lovelace", "Ada"]
        );
    }

    #[test]
    fn letters_with_marks_have_one_form() {
        let project_id = Uuid::new_v4();
        let place = ProjectRole {
            role: Role::Artist,
            in_team: true,
        };
        let member = |name: &str| Member {
            project_id,
            person_id: Uuid::new_v4(),
            full_name: name.into(),
            place,
            departments: Vec::new(),
        };
        let names = ["Zo\u{e9} Petit", "Zoe\u{301} Grand", "Ra  O'Neil-Ek", "Ax"];
        let team = Mentionable {
            members: names.map(member).to_vec(),
            departments: Vec::new(),
        };
        for (text, reached) in [
            ("@Zoe\u{301} Petit, @Zo\u{e9} Grand", 2),
            ("@Zo\u{e9}\u{a0}Petit and @Zo\u{e9}  Grand", 2),
            ("\u{ff20}Ra\u{202f}O\u{2019}Neil\u{2011}Ek", 1),
            ("@Ax\u{331}", 0),
            ("@Zo\u{e9}\nPetit", 0),
        ] {
            assert_eq!(team.in_text(text, project_id).persons.len(), reached, "{text}");
        }
    }

    #[test]
    fn hashtags_are_words_of_letters() {
        let found: Vec<String> = hashtags("#Anim and #fx2 # #all,#ALL").into_iter().collect();
        assert_eq!(found, ["", "all", "anim", "fx"]);
        assert!(hashtags("none").is_empty());
    }

    #[test]
    fn departments_reach_their_members_in_the_team() {
        let project_id = Uuid::new_v4();
        let (ada, bob, fx) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let member = |person_id, name: &str, departments: &[Uuid]| Member {
            project_id,
            person_id,
            full_name: name.into(),
            place: ProjectRole {
                role: Role::Artist,
                in_team: true,
            },
            departments: departments.into(),
        };
        let team = Mentionable {
            members: vec![member(ada, "Ada", &[fx]), member(bob, "Bob", &[fx])],
            departments: vec![("FX".into(), fx)],
        };
        let mentions = team.in_text("@Bob and @FX", project_id);
        assert_eq!(
            mentions,
            Mentions {
                persons: vec![bob],
                departments: vec![fx]
            }
        );
        let reached: Vec<Uuid> = team
            .reached(&mentions, project_id)
            .iter()
            .map(|member| member.person_id)
            .collect();
        assert_eq!(reached, [bob, ada]);
    }
}
