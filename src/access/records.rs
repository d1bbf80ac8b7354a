//! The rules about records by the names that the contract gives them: where each is stated, and how it is asked.

use dailies_definitions::access::{Caller, Identity, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::rules::RecordRule;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::comments::CommentRule;
use super::entities::EntityRule;
use super::hours::HoursRule;
use super::playlists::{PlaylistFact, PlaylistRule};
use super::reach::Reach;
use super::roles::project_role;
use super::rule::{ALL_BUT_VENDORS, RoleRule};
use super::tasks::TaskRule;
use super::{comments, entities, hours, playlists, previews, roles, tasks};

/// Place where a rule about records is stated.
#[derive(Clone, Copy, Debug)]
pub enum Statement {
    /// It asks for the role in the production.
    Production(&'static RoleRule),
    Task(&'static TaskRule),
    Entity(&'static EntityRule),
    Comment(&'static CommentRule),
    Playlist(&'static PlaylistRule),
    Hours(&'static HoursRule),
    /// It asks for the caller and the person that the record is about.
    Person(fn(&Caller, Option<Uuid>) -> bool),
    /// A list: everybody is let in, or the role in the production that the request names decides, and the rule says which
    /// rows there are.
    List,
    /// A function of this room with the name of the rule.
    Function,
}

/// Place where each rule of the contract is stated. Without its place here a new rule does not compile.
#[must_use]
pub fn statement(rule: RecordRule) -> Statement {
    use RecordRule as R;
    use Statement as S;
    match rule {
        R::ProductionMember => S::Production(&roles::MEMBER),
        R::ProductionStaff => S::Production(&roles::STAFF_MEMBER),
        R::ProductionManager => S::Production(&roles::MANAGER),
        R::ProductionSupervisor => S::Production(&roles::SUPERVISOR),
        R::EntityReader => S::Entity(&entities::READ),
        R::EntityWorker => S::Entity(&entities::PRESENT),
        R::EntityEditor => S::Entity(&entities::EDIT),
        R::EntityRemover => S::Entity(&entities::REMOVE),
        R::InstanceKeeper => S::Entity(&entities::PLACE_INSTANCES),
        R::FileWorker => S::Entity(&entities::WORK),
        R::TaskReader | R::Follower => S::Task(&tasks::READ),
        R::TaskActor => S::Task(&tasks::ACT),
        R::TaskWorker => S::Task(&tasks::WRITE_FILES),
        R::TaskSupervisor => S::Task(&tasks::LEAD),
        R::TaskPresenter => S::Task(&tasks::PRESENT),
        R::PreviewReader => S::Task(&previews::LISTED),
        R::PreviewEditor => S::Task(&tasks::EDIT_PREVIEWS),
        R::PreviewReviewer => S::Task(&tasks::REVIEW),
        R::SequenceFollower => S::Production(&roles::MEMBER),
        R::CommentEditor => S::Task(&tasks::READ),
        R::CommentKeeper => S::Comment(&comments::KEEP),
        R::ReplyKeeper => S::Comment(&comments::KEEP_REPLY),
        R::PlaylistReader => S::Playlist(&playlists::READ),
        R::PlaylistKeeper => S::Playlist(&playlists::KEEP),
        R::BuildViewer => S::Playlist(&playlists::VIEW_BUILDS),
        R::PlaylistDownloader => S::Playlist(&playlists::DOWNLOAD),
        R::TimeLogger => S::Hours(&hours::LOG),
        R::TimeReader => S::Hours(&hours::READ_OF_PERSON),
        R::OwnRecord | R::OwnAccount => S::Person(is_own),
        R::OtherAccount => S::Person(is_others),
        R::PersonViewer => S::Person(is_own_or_managed),
        R::NotVendor => S::Person(|caller, _| caller.person.role != Role::Vendor),
        R::AbsenceReader
        | R::ColumnReader
        | R::CommentReader
        | R::CommentReplier
        | R::TaskCommenter
        | R::TaskAssigner
        | R::TaskUnassigner
        | R::PreviewViewer
        | R::AttachmentReader
        | R::ChatMessageKeeper
        | R::ProductionViewer
        | R::ShotsReader
        | R::QuotaReader
        | R::EventReader => S::Function,
        R::ProductionLister
        | R::ProductionListerNotVendor
        | R::ProductionStaffLister
        | R::AssetLister
        | R::PlanLister
        | R::WorkLister
        | R::DatesLister
        | R::FileLister
        | R::PlaylistLister => S::List,
    }
}

fn is_own(caller: &Caller, person_id: Option<Uuid>) -> bool {
    caller.is_admin() || person_id == Some(caller.person.id)
}

fn is_others(caller: &Caller, person_id: Option<Uuid>) -> bool {
    caller.is_admin() && person_id != Some(caller.person.id)
}

fn is_own_or_managed(caller: &Caller, person_id: Option<Uuid>) -> bool {
    is_own(caller, person_id) || caller.person.role == Role::Manager
}

/// Subject of a record, as far as a rule asks.
#[derive(Clone, Copy, Debug)]
pub enum RecordSubject {
    Production(Option<Uuid>),
    Task(Option<Uuid>),
    Entity(Option<Uuid>),
    Playlist {
        project_id: Option<Uuid>,
        for_client: bool,
        created_by: Option<Uuid>,
    },
    Person(Option<Uuid>),
}

/// Asks a rule of the contract about a record. What belongs to no production, task or entity is for administrators.
///
/// # Errors
/// 403 when the rule does not allow it, 404 when what the record is about is not there.
pub async fn require_record(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    rule: RecordRule,
    subject: RecordSubject,
) -> Result<(), Failure> {
    let allowed = match (statement(rule), subject) {
        (Statement::Person(rule), RecordSubject::Person(id)) => rule(caller, id),
        (Statement::Person(rule), _) => rule(caller, None),
        (Statement::Production(rule), RecordSubject::Production(Some(id))) => {
            project_role(connection, caller, id).await?.allows(rule)
        }
        (Statement::Production(rule), RecordSubject::Task(Some(id))) => {
            tasks::relation(connection, caller, id).await?.role.allows(rule)
        }
        (Statement::Production(rule), RecordSubject::Entity(Some(id))) => {
            entities::relation(connection, caller, id).await?.role.allows(rule)
        }
        (Statement::Task(rule), RecordSubject::Task(Some(id))) => {
            tasks::relation(connection, caller, id).await?.allows(rule)
        }
        (Statement::Entity(rule), RecordSubject::Entity(Some(id))) => {
            entities::relation(connection, caller, id).await?.allows(rule)
        }
        (
            Statement::Playlist(rule),
            RecordSubject::Playlist {
                project_id: Some(id),
                for_client,
                created_by,
            },
        ) => {
            let own = created_by.is_none_or(|creator| creator == caller.person.id);
            rule.allows(project_role(connection, caller, id).await?, &|fact| match fact {
                PlaylistFact::ForClient => for_client,
                PlaylistFact::OwnOrNobodys => own,
            })
        }
        _ => caller.is_admin(),
    };
    if allowed { Ok(()) } else { Err(Failure::forbidden()) }
}

/// Lets people in to lists of what productions have, unless they are vendors and nothing else in any production.
///
/// # Errors
/// 403 for those.
pub async fn require_other_than_vendor(connection: &impl ConnectionTrait, caller: &Caller) -> Result<(), Failure> {
    let elsewhere = caller.person.role != Role::Vendor
        || !Reach::teams(connection, caller)
            .await?
            .projects_as(&ALL_BUT_VENDORS)
            .is_empty();
    if elsewhere { Ok(()) } else { Err(Failure::forbidden()) }
}

/// Lets everybody in but bots.
///
/// # Errors
/// 403 for bots.
pub fn require_human(caller: &Caller) -> Result<(), Failure> {
    if caller.token.identity == Identity::Bot {
        Err(Failure::forbidden())
    } else {
        Ok(())
    }
}
