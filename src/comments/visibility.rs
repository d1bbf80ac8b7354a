//! Who sees which comments, and how much of them.

use dailies_definitions::access::Role;
use uuid::Uuid;

/// How much somebody sees of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    Whole,
    /// The previews that came with it, and none of its words.
    Previews,
    Nothing,
}

/// Somebody who looks at the comments of a production.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    pub person_id: Uuid,
    /// Role in the production.
    pub role: Role,
    /// Whether clients of the production don't see each other.
    pub clients_isolated: bool,
}

/// What decides about a comment.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub author_id: Uuid,
    /// Role of the author in the production.
    pub author_role: Role,
    pub for_client: bool,
}

impl Viewer {
    /// How much the viewer sees of a comment.
    #[must_use]
    pub fn sight(&self, comment: Seen) -> Sight {
        let by_client = comment.author_role == Role::Client;
        let own = comment.author_id == self.person_id;
        match self.role {
            Role::Admin | Role::Manager | Role::Supervisor => Sight::Whole,
            Role::Artist | Role::Vendor if by_client && !own => Sight::Nothing,
            Role::Artist | Role::Vendor => Sight::Whole,
            Role::Client if comment.for_client || own || (by_client && !self.clients_isolated) => Sight::Whole,
            Role::Client if by_client => Sight::Nothing,
            Role::Client => Sight::Previews,
        }
    }

    /// Whether a notification may tell of the comment: clients are not told of what they may not read.
    #[must_use]
    pub fn may_be_told(&self, comment: Seen) -> bool {
        self.role != Role::Client || self.sight(comment) == Sight::Whole
    }

    /// Whether the viewer is told who wrote something.
    #[must_use]
    pub fn knows(&self, author_id: Uuid, author_role: Role) -> bool {
        self.role != Role::Client || author_role == Role::Client || author_id == self.person_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(viewer: Role, isolated: bool, author: Role, for_client: bool) -> Sight {
        let viewer = Viewer { person_id: Uuid::new_v4(), role: viewer, clients_isolated: isolated };
        viewer.sight(Seen { author_id: Uuid::new_v4(), author_role: author, for_client })
    }

    #[test]
    fn clients_see_what_is_meant_for_them() {
        assert_eq!(sight(Role::Client, false, Role::Artist, false), Sight::Previews);
        assert_eq!(sight(Role::Client, false, Role::Artist, true), Sight::Whole);
        assert_eq!(sight(Role::Client, false, Role::Client, false), Sight::Whole);
        assert_eq!(sight(Role::Client, true, Role::Client, false), Sight::Nothing);
        assert_eq!(sight(Role::Client, true, Role::Client, true), Sight::Whole);
    }

    #[test]
    fn artists_do_not_see_clients() {
        for viewer in [Role::Artist, Role::Vendor] {
            assert_eq!(sight(viewer, false, Role::Client, true), Sight::Nothing);
            assert_eq!(sight(viewer, false, Role::Vendor, false), Sight::Whole);
        }
        for viewer in [Role::Admin, Role::Manager, Role::Supervisor] {
            assert_eq!(sight(viewer, true, Role::Client, false), Sight::Whole);
        }
    }

    #[test]
    fn the_own_comment_is_always_seen() {
        let person_id = Uuid::new_v4();
        for role in Role::ALL {
            let viewer = Viewer { person_id, role, clients_isolated: true };
            assert_eq!(viewer.sight(Seen { author_id: person_id, author_role: role, for_client: false }), Sight::Whole);
            assert!(viewer.knows(person_id, role));
        }
    }
}
