//! The people of a demo studio. They are the same in every demo production.

pub use crate::roster::PEOPLE;

/// Role of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Manager,
    Supervisor,
    Artist,
    Vendor,
    Client,
}

impl Role {
    /// The word that is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Supervisor => "supervisor",
            Self::Artist => "user",
            Self::Vendor => "vendor",
            Self::Client => "client",
        }
    }
}

/// Somebody of the studio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    pub first_name: &'static str,
    pub last_name: &'static str,
    /// ISO 3166 code of two letters.
    pub country: &'static str,
    pub timezone: &'static str,
    pub role: Role,
    /// Name of the department, where there is one.
    pub department: Option<&'static str>,
    pub seniority: &'static str,
    pub contract: &'static str,
}

impl Member {
    /// First and last name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// Address under a domain that nobody has.
    pub fn email(&self) -> String {
        let words = |name: &str| deunicode::deunicode(name).to_lowercase().replace([' ', '\''], "-");
        format!("{}.{}@example.com", words(self.first_name), words(self.last_name))
    }

    /// Place among the crew, as it is stored.
    pub fn position(&self) -> &'static str {
        match (self.role, self.seniority) {
            (Role::Supervisor, _) => "supervisor",
            (_, "senior") => "lead",
            _ => "artist",
        }
    }

    /// First letters of the names.
    pub fn initials(&self) -> String {
        [self.first_name, self.last_name]
            .iter()
            .filter_map(|name| deunicode::deunicode(name).chars().next())
            .collect()
    }
}

/// Persons with the password [`PASSWORD`]: the production manager and an animator.
pub const WITH_PASSWORD: [usize; 2] = [1, 7];

/// Password of the accounts that are made to look around with.
pub const PASSWORD: &str = "dailies-demo";

/// Person of that number: one of [`PEOPLE`], or behind them somebody who does the work, with the first name of one of them and
/// the last name of another one. Thousands have different names.
pub fn person(number: usize) -> Member {
    let (round, place) = (number / PEOPLE.len(), number % PEOPLE.len());
    let known = PEOPLE[place];
    if round == 0 {
        return known;
    }
    Member {
        last_name: PEOPLE[(place + round) % PEOPLE.len()].last_name,
        role: if known.role == Role::Vendor {
            Role::Vendor
        } else {
            Role::Artist
        },
        department: known.department.or(Some("Animation")),
        ..known
    }
}

/// Persons who do, check and follow the work of a production. They are known by their places: first those of [`PEOPLE`], then
/// those who work for no other production.
#[derive(Clone, Copy, Debug)]
pub struct Crew {
    /// Number of persons who are on the team.
    pub size: usize,
    /// Number of persons behind [`PEOPLE`] who come before those of this team.
    pub others: usize,
}

impl Crew {
    /// Number of the person in that place.
    pub fn number(self, place: usize) -> usize {
        if place < PEOPLE.len() {
            place
        } else {
            place + self.others
        }
    }

    /// The person in that place.
    pub fn member(self, place: usize) -> Member {
        person(self.number(place))
    }

    /// Everybody of that role and, when one is named, of that department.
    pub fn of(self, role: Role, department: Option<&str>) -> Vec<usize> {
        let fits = |member: Member| member.role == role && (department.is_none() || member.department == department);
        // Behind the known ones there are only those who do the work.
        let works = matches!(role, Role::Artist | Role::Vendor);
        let size = if works { self.size } else { self.size.min(PEOPLE.len()) };
        (0..size).filter(|place| fits(self.member(*place))).collect()
    }

    /// Persons who do the work of a department.
    pub fn artists(self, department: &str) -> Vec<usize> {
        let mut found = self.of(Role::Artist, Some(department));
        found.extend(self.of(Role::Vendor, Some(department)));
        found
    }

    /// Person who checks the work of a department: its supervisor, or the director.
    pub fn reviewer(self, department: &str) -> usize {
        let supervisors = |department| self.of(Role::Supervisor, department);
        let found = supervisors(Some(department))
            .into_iter()
            .chain(supervisors(None))
            .next();
        found.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::pipeline::{ASSET_STEPS, SHOT_STEPS};
    use crate::scale::Size;

    #[test]
    fn everybody_has_an_address_of_their_own() {
        let addresses: HashSet<String> = (0..2000).map(|number| person(number).email()).collect();
        assert_eq!(addresses.len(), 2000);
        for address in &addresses {
            assert!(
                address
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || b"@.-".contains(&byte)),
                "{address}"
            );
        }
        assert!(addresses.contains("lea.marchand@example.com"));
        assert!((0..2000).all(|number| person(number).initials().len() == 2));
    }

    #[test]
    fn productions_share_those_who_lead_them() {
        let scale = Size::Huge.scale();
        let teams: Vec<HashSet<usize>> = (0..scale.productions)
            .map(|number| {
                let crew = scale.crew(number);
                (0..crew.size).map(|place| crew.number(place)).collect()
            })
            .collect();
        let everybody: HashSet<usize> = teams.iter().flatten().copied().collect();
        assert_eq!(everybody, (0..2000).collect::<HashSet<usize>>());
        assert_eq!(teams[0].intersection(&teams[4]).count(), PEOPLE.len());
        assert!(
            (PEOPLE.len()..2000)
                .all(|number| person(number).role != Role::Supervisor && person(number).department.is_some())
        );
    }

    #[test]
    fn every_step_has_somebody_who_does_and_somebody_who_checks() {
        for size in [Size::Small, Size::Medium, Size::Large, Size::Huge] {
            let crew = size.scale().crew(0);
            for step in ASSET_STEPS.iter().chain(&SHOT_STEPS) {
                assert!(!crew.artists(step.department).is_empty(), "{size:?}: {}", step.name);
                assert_eq!(PEOPLE[crew.reviewer(step.department)].role, Role::Supervisor);
            }
            for role in [Role::Manager, Role::Client] {
                assert!(!crew.of(role, None).is_empty(), "{size:?}: {role:?}");
            }
        }
    }

    #[test]
    fn columns_take_what_is_said_of_people() {
        let fits = |column: &str, word: &str| {
            entity::person::TABLE
                .column(column)
                .is_some_and(|column| column.choices.contains(&word))
        };
        for member in &PEOPLE {
            assert!(
                fits("role", member.role.word()) && fits("seniority", member.seniority),
                "{member:?}"
            );
            assert!(
                fits("contract_type", member.contract) && fits("position", member.position()),
                "{member:?}"
            );
            assert_eq!(member.country.len(), 2);
            assert!(member.timezone.parse::<chrono_tz::Tz>().is_ok(), "{member:?}");
        }
        assert_eq!(
            WITH_PASSWORD.map(|place| PEOPLE[place].role),
            [Role::Manager, Role::Artist]
        );
    }
}
