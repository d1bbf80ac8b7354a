//! The people of a demo studio. They are the same in every demo production.

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

const fn member(
    (first_name, last_name): (&'static str, &'static str),
    (country, timezone): (&'static str, &'static str),
    role: Role,
    department: &'static str,
    (seniority, contract): (&'static str, &'static str),
) -> Member {
    let department = if department.is_empty() { None } else { Some(department) };
    Member {
        first_name,
        last_name,
        country,
        timezone,
        role,
        department,
        seniority,
        contract,
    }
}

const SENIOR: (&str, &str) = ("senior", "open-ended");
const MID: (&str, &str) = ("mid", "open-ended");
const HIRED: (&str, &str) = ("mid", "fixed-term");
const FREE: (&str, &str) = ("senior", "freelance");
const JUNIOR: (&str, &str) = ("junior", "fixed-term");
const TRAINEE: (&str, &str) = ("junior", "internship");

/// Everybody, those first whom the smallest production needs.
pub static PEOPLE: [Member; 60] = {
    use Role::{Artist, Client, Manager, Supervisor, Vendor};
    [
        member(("Ingrid", "Solheim"), ("NO", "Europe/Oslo"), Manager, "", SENIOR),
        member(("Amara", "Okonkwo"), ("NG", "Africa/Lagos"), Manager, "", SENIOR),
        member(("Matteo", "Ferraris"), ("IT", "Europe/Rome"), Supervisor, "", SENIOR),
        member(("Yuki", "Tanabe"), ("JP", "Asia/Tokyo"), Supervisor, "Concept", SENIOR),
        member(
            ("Rafael", "Quintana"),
            ("MX", "America/Mexico_City"),
            Supervisor,
            "Modeling",
            SENIOR,
        ),
        member(
            ("Léa", "Marchand"),
            ("FR", "Europe/Paris"),
            Supervisor,
            "Animation",
            SENIOR,
        ),
        member(
            ("Tomasz", "Wierzba"),
            ("PL", "Europe/Warsaw"),
            Supervisor,
            "Compositing",
            SENIOR,
        ),
        member(("Soo-jin", "Baek"), ("KR", "Asia/Seoul"), Artist, "Animation", MID),
        member(
            ("Oluwaseun", "Adeyemi"),
            ("NG", "Africa/Lagos"),
            Artist,
            "Modeling",
            SENIOR,
        ),
        member(("Noor", "Haddad"), ("LB", "Asia/Beirut"), Artist, "Concept", MID),
        member(
            ("Bram", "van Houten"),
            ("NL", "Europe/Amsterdam"),
            Artist,
            "Layout",
            MID,
        ),
        member(("Priya", "Raghunathan"), ("IN", "Asia/Kolkata"), Artist, "FX", SENIOR),
        member(
            ("Oksana", "Hrytsenko"),
            ("UA", "Europe/Kyiv"),
            Artist,
            "Compositing",
            MID,
        ),
        member(
            ("Hana", "Novotná"),
            ("CZ", "Europe/Prague"),
            Artist,
            "Animation",
            JUNIOR,
        ),
        member(
            ("Joaquín", "Ibarra"),
            ("CL", "America/Santiago"),
            Artist,
            "Compositing",
            HIRED,
        ),
        member(("Margaret", "Ashdown"), ("GB", "Europe/London"), Client, "", SENIOR),
        member(
            ("Siobhán", "Keane"),
            ("IE", "Europe/Dublin"),
            Supervisor,
            "Layout",
            SENIOR,
        ),
        member(("Wei", "Zhang"), ("CN", "Asia/Shanghai"), Supervisor, "FX", SENIOR),
        member(("Kofi", "Mensah"), ("GH", "Africa/Accra"), Artist, "Animation", SENIOR),
        member(("Elif", "Yıldız"), ("TR", "Europe/Istanbul"), Artist, "Modeling", MID),
        member(
            ("Lucas", "Carvalho"),
            ("BR", "America/Sao_Paulo"),
            Artist,
            "Animation",
            MID,
        ),
        member(
            ("Freja", "Lindqvist"),
            ("SE", "Europe/Stockholm"),
            Artist,
            "Compositing",
            SENIOR,
        ),
        member(
            ("Mihai", "Ionescu"),
            ("RO", "Europe/Bucharest"),
            Artist,
            "Layout",
            JUNIOR,
        ),
        member(
            ("Thandiwe", "Dlamini"),
            ("ZA", "Africa/Johannesburg"),
            Artist,
            "Concept",
            SENIOR,
        ),
        member(("Arash", "Karimi"), ("IR", "Asia/Tehran"), Artist, "FX", HIRED),
        member(
            ("Camille", "Tremblay"),
            ("CA", "America/Toronto"),
            Artist,
            "Animation",
            MID,
        ),
        member(("Viktor", "Szabó"), ("HU", "Europe/Budapest"), Artist, "Modeling", FREE),
        member(
            ("Leilani", "Kealoha"),
            ("US", "Pacific/Honolulu"),
            Artist,
            "Compositing",
            MID,
        ),
        member(
            ("Nguyễn", "Minh Anh"),
            ("VN", "Asia/Ho_Chi_Minh"),
            Artist,
            "Animation",
            JUNIOR,
        ),
        member(
            ("Pablo", "Etcheverry"),
            ("UY", "America/Montevideo"),
            Artist,
            "Layout",
            MID,
        ),
        member(("Zara", "Whitlock"), ("AU", "Australia/Sydney"), Vendor, "FX", FREE),
        member(
            ("Henrik", "Vestergaard"),
            ("DK", "Europe/Copenhagen"),
            Client,
            "",
            SENIOR,
        ),
        member(("Aino", "Korhonen"), ("FI", "Europe/Helsinki"), Manager, "", MID),
        member(
            ("Desta", "Bekele"),
            ("ET", "Africa/Addis_Ababa"),
            Artist,
            "Animation",
            MID,
        ),
        member(
            ("Giulia", "Bassanelli"),
            ("IT", "Europe/Rome"),
            Artist,
            "Modeling",
            JUNIOR,
        ),
        member(
            ("Ravi", "Chandrasekhar"),
            ("IN", "Asia/Kolkata"),
            Artist,
            "Compositing",
            SENIOR,
        ),
        member(("Ana", "Petrović"), ("RS", "Europe/Belgrade"), Artist, "Animation", MID),
        member(
            ("Malik", "Benyoucef"),
            ("DZ", "Africa/Algiers"),
            Artist,
            "Layout",
            HIRED,
        ),
        member(("Chiara", "Montefusco"), ("IT", "Europe/Rome"), Artist, "Concept", MID),
        member(("Diego", "Huamán"), ("PE", "America/Lima"), Artist, "Animation", HIRED),
        member(("Ebba", "Sandström"), ("SE", "Europe/Stockholm"), Artist, "FX", MID),
        member(("Farid", "Rahmonov"), ("UZ", "Asia/Tashkent"), Artist, "Modeling", MID),
        member(
            ("Greta", "Baumann"),
            ("DE", "Europe/Berlin"),
            Artist,
            "Compositing",
            MID,
        ),
        member(
            ("Haruto", "Nishikawa"),
            ("JP", "Asia/Tokyo"),
            Artist,
            "Animation",
            SENIOR,
        ),
        member(("Isla", "MacRae"), ("GB", "Europe/London"), Artist, "Layout", SENIOR),
        member(
            ("Jelena", "Kovač"),
            ("HR", "Europe/Zagreb"),
            Artist,
            "Animation",
            JUNIOR,
        ),
        member(
            ("Kwame", "Asante"),
            ("GH", "Africa/Accra"),
            Artist,
            "Compositing",
            HIRED,
        ),
        member(
            ("Liselotte", "Peeters"),
            ("BE", "Europe/Brussels"),
            Artist,
            "Modeling",
            SENIOR,
        ),
        member(("Marisol", "Vega"), ("CO", "America/Bogota"), Artist, "Animation", MID),
        member(("Nikos", "Papadakis"), ("GR", "Europe/Athens"), Artist, "FX", FREE),
        member(("Odile", "Rousselet"), ("FR", "Europe/Paris"), Artist, "Concept", FREE),
        member(("Paulo", "Nogueira"), ("PT", "Europe/Lisbon"), Artist, "Animation", MID),
        member(
            ("Rania", "El-Sayed"),
            ("EG", "Africa/Cairo"),
            Artist,
            "Compositing",
            MID,
        ),
        member(("Stefan", "Dimitrov"), ("BG", "Europe/Sofia"), Artist, "Layout", MID),
        member(("Tala", "Santos"), ("PH", "Asia/Manila"), Artist, "Animation", TRAINEE),
        member(
            ("Ulrike", "Hofstetter"),
            ("AT", "Europe/Vienna"),
            Artist,
            "Compositing",
            MID,
        ),
        member(("Wanjiru", "Kamau"), ("KE", "Africa/Nairobi"), Artist, "Modeling", MID),
        member(
            ("Ximena", "Robles"),
            ("ES", "Europe/Madrid"),
            Artist,
            "Animation",
            HIRED,
        ),
        member(
            ("Yosef", "Abrahami"),
            ("IL", "Asia/Jerusalem"),
            Vendor,
            "Modeling",
            FREE,
        ),
        member(
            ("Zsófia", "Balogh"),
            ("HU", "Europe/Budapest"),
            Artist,
            "Compositing",
            TRAINEE,
        ),
    ]
};

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
    use crate::demo::pipeline::{ASSET_STEPS, SHOT_STEPS};
    use crate::demo::scale::Size;

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
