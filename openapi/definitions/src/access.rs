//! Proofs of access. A handler that takes one of these can only be called once the rule that the contract names has been
//! checked; the guard of the server makes them, and nothing else should.

use std::ops::Deref;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use uuid::Uuid;

/// Role of a person, in the studio or in one production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Admin,
    Manager,
    Supervisor,
    /// An artist; the wire says `user`.
    Artist,
    Client,
    Vendor,
}

impl Role {
    /// All roles, the mightiest first.
    pub const ALL: [Self; 6] = [
        Self::Admin,
        Self::Manager,
        Self::Supervisor,
        Self::Artist,
        Self::Client,
        Self::Vendor,
    ];

    /// The role with that code, or an artist for what is no code: an unknown role never gives power.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|role| role.code() == code)
            .unwrap_or(Self::Artist)
    }

    /// The code in the database and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Supervisor => "supervisor",
            Self::Artist => "user",
            Self::Client => "client",
            Self::Vendor => "vendor",
        }
    }
}

/// Facts about a person who calls.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: Uuid,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    /// Role in the whole studio.
    pub role: Role,
    pub active: bool,
    pub is_bot: bool,
    pub departments: Vec<Uuid>,
    pub studio_id: Option<Uuid>,
    /// Name of the time zone, such as `Europe/Paris`.
    pub timezone: Option<String>,
    pub locale: Option<String>,
    /// Last day on which the personal token of this person is good.
    pub expiration_date: Option<NaiveDate>,
    /// Identifier of the one personal token that is good.
    pub token_id: Option<String>,
    /// Time in which the person may look at a production, where the account is for nothing else.
    pub preview: Option<PreviewWindow>,
}

/// Time in which a preview account is open. It reads and changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreviewWindow {
    pub opened_at: Option<NaiveDateTime>,
    pub open_until: Option<NaiveDateTime>,
}

impl PreviewWindow {
    /// True if a session of that age is good at a moment. `issued_at` is in seconds since 1970; a session of before the opening
    /// is dead, since it is of a former one.
    #[must_use]
    pub fn admits(&self, issued_at: i64, now: NaiveDateTime) -> bool {
        self.open_until.is_some_and(|end| end > now)
            && self
                .opened_at
                .is_some_and(|opened| opened.and_utc().timestamp() <= issued_at)
    }
}

impl Person {
    /// First and last name, joined by a blank where both are there.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// Subject of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A person who signed in.
    Person,
    /// The personal token of a person.
    PersonalToken,
    /// A bot.
    Bot,
}

/// The token that came with a request.
#[derive(Clone, Debug)]
pub struct Token {
    pub id: String,
    pub identity: Identity,
    /// Identifier of the refresh token that was made with it.
    pub refresh_id: Option<String>,
    /// True if a second factor has to be set up before anything else.
    pub needs_second_factor: bool,
    /// True if the person never has to set one up in this session, because who vouched for them has asked for one.
    pub skips_second_factor: bool,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Caller {
    pub person: Arc<Person>,
    pub token: Arc<Token>,
}

impl Caller {
    /// True if the caller is an administrator of the studio.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.person.role == Role::Admin
    }
}

/// Proofs that hold nothing but the caller.
macro_rules! caller_proofs {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(Caller);

        impl $name {
            /// States that the rule was checked for this caller.
            #[must_use]
            pub fn granted(caller: Caller) -> Self {
                Self(caller)
            }

            /// The caller that the rule was checked for.
            #[must_use]
            pub fn caller(&self) -> &Caller {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.0
            }
        }
    )*};
}

caller_proofs! {
    /// A person, not a bot.
    Human,
    /// A person who signed in, not a bot or personal token.
    SessionHolder,
    /// An administrator of the studio.
    Admin,
    /// An administrator or manager of the studio.
    StudioManager,
}

/// Person who holds a refresh token.
#[derive(Clone, Debug)]
pub struct Refresher {
    pub person: Arc<Person>,
    /// Identifier of the refresh token.
    pub refresh_id: String,
    /// True if the person never has to set a second factor up in this session, because who vouched for them has asked for one.
    pub skips_second_factor: bool,
}

/// Whoever holds the link of a shared playlist, which is good, and its password where there is one.
#[derive(Clone, Debug)]
pub struct ShareVisitor {
    pub link_id: Uuid,
    pub playlist_id: Uuid,
    pub project_id: Uuid,
    /// True if guests may write and draw.
    pub can_comment: bool,
    /// Text that stands for the password from now on, where the request brought the password.
    pub pass: Option<String>,
}

/// Proofs about one record of one production.
macro_rules! production_proofs {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            caller: Caller,
            project_id: Uuid,
            role: Role,
        }

        impl $name {
            /// States that the rule was checked for this caller; `role` is the caller's role in that production.
            #[must_use]
            pub fn granted(caller: Caller, project_id: Uuid, role: Role) -> Self {
                Self { caller, project_id, role }
            }

            /// The caller that the rule was checked for.
            #[must_use]
            pub fn caller(&self) -> &Caller {
                &self.caller
            }

            /// The production that the rule was checked in.
            #[must_use]
            pub fn project_id(&self) -> Uuid {
                self.project_id
            }

            /// The caller's role in that production: that of the team's list, or else the studio-wide one.
            #[must_use]
            pub fn role(&self) -> Role {
                self.role
            }
        }

        impl Deref for $name {
            type Target = Caller;

            fn deref(&self) -> &Caller {
                &self.caller
            }
        }
    )*};
}

production_proofs! {
    /// An administrator, or somebody in the team of the production.
    ProjectMember,
    /// An administrator, or a manager or supervisor in the team.
    ProjectSupervisor,
    /// An administrator, or a manager in the team.
    ProjectManager,
    /// Somebody who may read an entity.
    EntityReader,
    /// Somebody who may read a task.
    TaskReader,
    /// Somebody who may act on a task: comment it, or put previews forward.
    TaskActor,
}

/// An administrator, or the person that the operation is about.
#[derive(Clone, Debug)]
pub struct SelfOrAdmin {
    caller: Caller,
    person_id: Uuid,
}

impl SelfOrAdmin {
    /// States that the caller is that person or an administrator.
    #[must_use]
    pub fn granted(caller: Caller, person_id: Uuid) -> Self {
        Self { caller, person_id }
    }

    /// The person that the operation is about.
    #[must_use]
    pub fn person_id(&self) -> Uuid {
        self.person_id
    }
}

impl Deref for SelfOrAdmin {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}
