//! Changes of accounts that follow from what the directory lists.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{DirectoryAccount, SyncReport};
use crate::auth::directory::Listed;

/// Changes that follow from the directory.
#[derive(Default)]
pub(super) struct SyncPlan {
    pub(super) created: Vec<DirectoryAccount>,
    /// Accounts before and after.
    pub(super) changed: Vec<(DirectoryAccount, DirectoryAccount)>,
    /// Pictures of those who have none.
    pub(super) pictures: Vec<(Uuid, Vec<u8>)>,
    limited: Vec<String>,
    kept: Vec<String>,
}

impl SyncPlan {
    pub(super) fn report(&self) -> SyncReport {
        let (ended, updated): (Vec<_>, Vec<_>) = self
            .changed
            .iter()
            .partition(|(before, after)| before.is_active() && !after.is_active());
        let after = |changes: Vec<&(DirectoryAccount, DirectoryAccount)>| {
            changes.into_iter().map(|(_, after)| after.name()).collect()
        };
        SyncReport {
            created: self.created.iter().map(DirectoryAccount::name).collect(),
            updated: after(updated),
            deactivated: after(ended),
            limited: self.limited.clone(),
            kept: self.kept.clone(),
        }
    }

    /// Notes what becomes of an account, or of somebody who has none, and the picture that they lack.
    fn note_account(&mut self, before: Option<&DirectoryAccount>, after: DirectoryAccount, photo: Option<&[u8]>) {
        if let Some(photo) = photo.filter(|_| after.has_avatar != Some(true) && after.is_active()) {
            self.pictures.push((after.id, photo.to_vec()));
        }
        match before {
            Some(before) if *before != after => self.changed.push((before.clone(), after)),
            None if after.is_active() => self.created.push(after),
            _ => {}
        }
    }
}

/// Accounts by what a person of the directory may be known by.
struct Index<'a> {
    uids: HashMap<&'a str, usize>,
    logins: HashMap<&'a str, usize>,
    emails: HashMap<String, usize>,
}

impl<'a> Index<'a> {
    fn of(known: &'a [DirectoryAccount]) -> Self {
        let mut index = Self {
            uids: HashMap::new(),
            logins: HashMap::new(),
            emails: HashMap::new(),
        };
        for (at, account) in known.iter().enumerate() {
            let given = |text: &'a Option<String>| text.as_deref().filter(|text| !text.is_empty());
            if let Some(uid) = given(&account.ldap_uid) {
                index.uids.entry(uid).or_insert(at);
            }
            if let Some(login) = given(&account.desktop_login) {
                index.logins.entry(login).or_insert(at);
            }
            if let Some(email) = given(&account.email) {
                index.emails.entry(email.to_lowercase()).or_insert(at);
            }
        }
        index
    }

    fn find(&self, person: &Listed) -> Option<usize> {
        let by_uid = person.uid.as_deref().and_then(|uid| self.uids.get(uid));
        let by_email = || person.emails.iter().find_map(|email| self.emails.get(email));
        by_uid
            .or_else(|| self.logins.get(person.login.as_str()))
            .or_else(by_email)
            .copied()
    }
}

/// A text as long as its column takes it.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Changes that make the accounts those of the directory, whose groups give these roles.
pub(super) fn plan_changes(
    known: &[DirectoryAccount],
    persons: &[Listed],
    given: &[&str],
    limit: u64,
    protected: &[String],
) -> SyncPlan {
    let index = Index::of(known);
    let mut plan = SyncPlan::default();
    let mut active = known.iter().filter(|account| account.is_active()).count() as u64;
    let mut emails: HashSet<String> = index.emails.keys().cloned().collect();
    let mut taken = HashSet::new();
    for person in persons {
        let found = index.find(person);
        if found.is_some_and(|at| !taken.insert(at)) {
            plan.kept.push(format!("{} is listed twice", person.login));
            continue;
        }
        let before = found.map(|at| &known[at]);
        let mut after = before.cloned().unwrap_or_else(|| fresh(person));
        take_over(&mut after, person, &mut emails);
        if !before.is_some_and(|account| is_protected(account, protected)) {
            after.active = Some(person.active);
            take_role_over(&mut after, person.role, given);
        }
        let joins = after.is_active() && !before.is_some_and(DirectoryAccount::is_active);
        if joins && active >= limit {
            plan.limited.push(after.name());
            after.active = before.map_or(Some(false), |before| before.active);
        } else if joins {
            active += 1;
        }
        plan.note_account(before, after, person.photo.as_deref());
    }
    end_unlisted(known, &taken, protected, &mut plan);
    keep_an_administrator(known, &mut plan);
    plan
}

/// True if an account has one of the addresses that are kept whatever the directory says.
fn is_protected(account: &DirectoryAccount, protected: &[String]) -> bool {
    let email = account.email.as_deref().unwrap_or_default();
    !email.is_empty() && protected.iter().any(|known| known.trim().eq_ignore_ascii_case(email))
}

/// Ends the accounts from the directory that it lists no longer. Those that it lists are known by their places.
fn end_unlisted(known: &[DirectoryAccount], listed: &HashSet<usize>, protected: &[String], plan: &mut SyncPlan) {
    for (at, account) in known.iter().enumerate() {
        if !account.is_from_directory() || !account.is_active() || listed.contains(&at) {
            continue;
        }
        if is_protected(account, protected) {
            plan.kept.push(format!("{} is a protected account", account.name()));
            continue;
        }
        let ended = DirectoryAccount {
            active: Some(false),
            ..account.clone()
        };
        plan.changed.push((account.clone(), ended));
    }
}

/// Account of somebody who has none yet.
fn fresh(person: &Listed) -> DirectoryAccount {
    DirectoryAccount {
        id: Uuid::new_v4(),
        first_name: String::new(),
        last_name: String::new(),
        email: None,
        desktop_login: Some(cut(&person.login, 80)),
        active: Some(true),
        role: "user".into(),
        is_generated_from_ldap: Some(true),
        ldap_uid: None,
        has_avatar: Some(false),
    }
}

/// Takes over what the directory says of a person, the role aside.
fn take_over(account: &mut DirectoryAccount, person: &Listed, emails: &mut HashSet<String>) {
    for (name, said) in [
        (&mut account.first_name, &person.first_name),
        (&mut account.last_name, &person.last_name),
    ] {
        if !said.is_empty() {
            *name = cut(said, 80);
        }
    }
    // An address that somebody else has stays theirs.
    let own = account.email.as_deref().unwrap_or_default().to_lowercase();
    if let Some(email) = person
        .emails
        .first()
        .filter(|email| **email != own && email.len() <= 255 && !emails.contains(*email))
    {
        emails.insert(email.clone());
        account.email = Some(email.clone());
    }
    account.desktop_login = Some(cut(&person.login, 80));
    account.ldap_uid = person
        .uid
        .as_deref()
        .map(|uid| cut(uid, 60))
        .or(account.ldap_uid.take());
    account.is_generated_from_ldap = Some(true);
}

/// Takes over the role that the groups of a person give. A role of power that groups give is theirs to take, too: who has it and is in
/// none of them is an artist from then on. An administrator stays one where no group makes administrators.
fn take_role_over(account: &mut DirectoryAccount, role: Option<&str>, given: &[&str]) {
    const POWER: [&str; 3] = ["admin", "manager", "supervisor"];
    let had = account.role.as_str();
    let is_given = given.contains(&had);
    match role {
        Some(role) if had != "admin" || is_given => account.role = role.to_owned(),
        None if is_given && POWER.contains(&had) => account.role = "user".to_owned(),
        _ => {}
    }
}

/// Leaves the studio an administrator who can sign in, if it had one.
fn keep_an_administrator(known: &[DirectoryAccount], plan: &mut SyncPlan) {
    let administers = |account: &DirectoryAccount| account.role == "admin" && account.is_active();
    let ended: HashSet<Uuid> = plan
        .changed
        .iter()
        .filter(|(before, after)| administers(before) && !administers(after))
        .map(|(before, _)| before.id)
        .collect();
    let left = known
        .iter()
        .any(|account| administers(account) && !ended.contains(&account.id));
    if left || ended.is_empty() {
        return;
    }
    if let Some(at) = plan.changed.iter().position(|(before, _)| ended.contains(&before.id)) {
        let (before, _) = plan.changed.remove(at);
        plan.kept.push(format!("{} is the last administrator", before.name()));
    }
}

#[cfg(test)]
mod tests;
