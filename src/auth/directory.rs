//! The directory of the studio (LDAP): it checks passwords, and lists the persons that are taken over from it.
//!
//! Active Directory is asked by simple binds, over TLS where the settings say so. The reference server uses NTLM there, for which
//! the library would need a whole implementation of the sign-in of Windows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry, dn_escape, ldap_escape};
use rustls::{ClientConfig, RootCertStore};

use crate::config::LdapSettings;

/// Time that the directory may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Entries of one part of a listing.
const PAGE: i32 = 500;
/// Answers that say that it is not the password of that entry.
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_DN: u32 = 34;
const INAPPROPRIATE: u32 = 48;
const INVALID_CREDENTIALS: u32 = 49;
/// Mark of an entry of Active Directory that is switched off.
const SWITCHED_OFF: u64 = 0x2;

/// Reason why the directory can't be asked.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("the directory does not answer: {0}")]
    Ldap(#[from] LdapError),
    #[error("the directory does not let LDAP_USER in: {0}")]
    Reader(LdapError),
    #[error("a connection to the directory can't be encrypted: {0}")]
    Tls(#[from] rustls::Error),
    #[error("{0} is no role of a group, such as leads=supervisor")]
    Role(String),
}

/// Somebody in the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Name of the account on the workstations.
    pub login: String,
    /// Permanent name of the person in the directory.
    pub uid: Option<String>,
    pub emails: Vec<String>,
    pub first_name: String,
    pub last_name: String,
    pub active: bool,
    pub role: Option<&'static str>,
    pub photo: Option<Vec<u8>>,
}

/// The kinds of directories, which name persons differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DirectoryKind {
    ActiveDirectory,
    /// Active Directory whose persons are named by their entries.
    Simple,
    Other,
}

impl DirectoryKind {
    fn of(settings: &LdapSettings) -> Self {
        match (settings.ldap_is_ad_simple, settings.ldap_is_ad) {
            (true, _) => Self::Simple,
            (false, true) => Self::ActiveDirectory,
            _ => Self::Other,
        }
    }

    /// The attribute with the name of the account.
    fn login(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "sAMAccountName",
            Self::Simple => "cn",
            Self::Other => "uid",
        }
    }

    /// The attribute with what the directory calls a person for good.
    fn uid(self) -> &'static str {
        if self == Self::Other {
            "uniqueIdentifier"
        } else {
            "objectGUID"
        }
    }

    fn photo(self) -> &'static str {
        if self == Self::Other {
            "jpegPhoto"
        } else {
            "thumbnailPhoto"
        }
    }
}

/// Name to bind as, to check a password. A name can't change what surrounds it.
fn bind_name(settings: &LdapSettings, login: &str) -> String {
    match DirectoryKind::of(settings) {
        DirectoryKind::Simple => format!("cn={},{}", dn_escape(login), settings.ldap_base_dn),
        DirectoryKind::ActiveDirectory if settings.ldap_domain.contains('.') => {
            format!("{login}@{}", settings.ldap_domain)
        }
        DirectoryKind::ActiveDirectory => format!("{}\\{login}", settings.ldap_domain),
        DirectoryKind::Other => format!("uid={},{}", dn_escape(login), settings.ldap_base_dn),
    }
}

/// Name to bind as, to list persons.
fn reader_name(settings: &LdapSettings) -> String {
    let user = &settings.ldap_user;
    match DirectoryKind::of(settings) {
        DirectoryKind::Simple => user.clone(),
        // No account of either kind has such a name.
        _ if user.contains('=') => user.clone(),
        _ => bind_name(settings, user),
    }
}

fn tls() -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for problem in &found.errors {
        tracing::warn!(%problem, "certificates of this machine can't be read");
    }
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

async fn connect(settings: &LdapSettings) -> Result<Ldap, DirectoryError> {
    let mut options = LdapConnSettings::new().set_conn_timeout(TIMEOUT);
    if settings.ldap_ssl || settings.ldap_start_tls {
        options = options
            .set_config(tls()?)
            .set_starttls(settings.ldap_start_tls && !settings.ldap_ssl);
    }
    let scheme = if settings.ldap_ssl { "ldaps" } else { "ldap" };
    let address = format!("{scheme}://{}:{}", settings.ldap_host, settings.ldap_port);
    let (connection, ldap) = LdapConnAsync::with_settings(options, &address).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.drive().await {
            tracing::warn!(%error, "the connection to the directory broke off");
        }
    });
    Ok(ldap)
}

/// True if a password is that of an account of the directory. An empty one is none: directories take it for a visitor's.
///
/// # Errors
/// The directory does not answer, or answers something else.
pub(super) async fn accepts(settings: &LdapSettings, login: &str, password: &str) -> Result<bool, DirectoryError> {
    if login.is_empty() || password.is_empty() {
        return Ok(false);
    }
    let mut ldap = connect(settings).await?;
    let answer = ldap
        .with_timeout(TIMEOUT)
        .simple_bind(&bind_name(settings, login), password)
        .await?;
    if let Err(error) = ldap.unbind().await {
        tracing::debug!(%error, "the directory did not wait for the end");
    }
    if matches!(
        answer.rc,
        NO_SUCH_OBJECT | INVALID_DN | INAPPROPRIATE | INVALID_CREDENTIALS
    ) {
        return Ok(false);
    }
    answer.success()?;
    Ok(true)
}

/// The groups that the settings give roles to, the mightiest role first.
fn role_groups(settings: &LdapSettings) -> Result<Vec<(&str, &'static str)>, DirectoryError> {
    const ROLES_FROM_HIGHEST: [&str; 6] = ["admin", "manager", "supervisor", "user", "client", "vendor"];
    let mut groups = Vec::new();
    for text in settings
        .ldap_roles
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
    {
        // The name of a group may have the sign in it.
        let pair = text.rsplit_once('=').map(|(group, role)| (group.trim(), role.trim()));
        let known =
            pair.and_then(|(group, role)| Some((group, *ROLES_FROM_HIGHEST.iter().find(|known| **known == role)?)));
        groups.push(known.ok_or_else(|| DirectoryError::Role(text.to_owned()))?);
    }
    groups.sort_by_key(|(_, role)| ROLES_FROM_HIGHEST.iter().position(|known| known == role));
    Ok(groups)
}

/// The roles that the settings give to groups.
///
/// # Errors
/// One of them is no role.
pub fn roles_of_groups(settings: &LdapSettings) -> Result<Vec<&'static str>, DirectoryError> {
    Ok(role_groups(settings)?.into_iter().map(|(_, role)| role).collect())
}

/// Everybody in the directory who is to be taken over.
///
/// # Errors
/// The directory does not answer, or refuses the reader.
pub async fn listed(settings: &LdapSettings) -> Result<Vec<Listed>, DirectoryError> {
    let kind = DirectoryKind::of(settings);
    let roles = role_groups(settings)?;
    let mut ldap = connect(settings).await?;
    ldap.with_timeout(TIMEOUT)
        .simple_bind(&reader_name(settings), &settings.ldap_password)
        .await?
        .success()
        .map_err(DirectoryError::Reader)?;
    let mut members = HashMap::new();
    let narrowing =
        (kind == DirectoryKind::Other && !settings.ldap_group.is_empty()).then_some(settings.ldap_group.as_str());
    for group in roles.iter().map(|(group, _)| *group).chain(narrowing) {
        if kind == DirectoryKind::Other && !members.contains_key(group) {
            members.insert(group, members_of(&mut ldap, settings, group).await?);
        }
    }
    let filter = filter_of_persons(kind, &settings.ldap_group);
    let mut attributes = vec![kind.login(), kind.uid(), kind.photo()];
    attributes.extend([
        "mail",
        "givenName",
        "sn",
        "memberOf",
        "userAccountControl",
        "organizationalStatus",
    ]);
    let entries = search(&mut ldap, &settings.ldap_base_dn, &filter, attributes).await?;
    ldap.unbind().await?;
    let wanted = |entry: &SearchEntry| {
        narrowing.is_none_or(|group| members[group].contains(&entry.dn.to_lowercase()) || is_in(entry, group))
    };
    let persons = entries.iter().filter(|entry| wanted(entry)).filter_map(|entry| {
        let mut person = read_person(settings, kind, entry)?;
        let belongs = |group: &str| {
            is_in(entry, group)
                || members
                    .get(group)
                    .is_some_and(|members| members.contains(&entry.dn.to_lowercase()))
        };
        person.role = roles.iter().find(|(group, _)| belongs(group)).map(|(_, role)| *role);
        Some(person)
    });
    Ok(persons.collect())
}

/// The filter for entries that may be persons. Active Directory counts computers among persons; other directories may not know
/// that class.
fn filter_of_persons(kind: DirectoryKind, group: &str) -> String {
    match (kind, group) {
        (DirectoryKind::Other, _) => "(objectClass=person)".to_owned(),
        (_, "") => "(&(objectClass=person)(!(objectClass=computer)))".to_owned(),
        (_, group) => format!(
            "(&(objectClass=person)(!(objectClass=computer))(memberOf={}))",
            ldap_escape(group)
        ),
    }
}

async fn search(
    ldap: &mut Ldap,
    base: &str,
    filter: &str,
    attributes: Vec<&'static str>,
) -> Result<Vec<SearchEntry>, DirectoryError> {
    let adapters: Vec<Box<dyn Adapter<_, _>>> = vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
    let mut stream = ldap
        .with_timeout(TIMEOUT)
        .streaming_search_with(adapters, base, Scope::Subtree, filter, attributes)
        .await?;
    let mut entries = Vec::new();
    while let Some(entry) = stream.next().await? {
        entries.push(SearchEntry::construct(entry));
    }
    stream.finish().await.success()?;
    Ok(entries)
}

/// Names of the entries in a group, in small letters.
async fn members_of(ldap: &mut Ldap, settings: &LdapSettings, group: &str) -> Result<HashSet<String>, DirectoryError> {
    let filter = format!(
        "(&(|(objectClass=groupOfUniqueNames)(objectClass=groupOfNames))(cn={}))",
        ldap_escape(group)
    );
    let entries = search(ldap, &settings.ldap_base_dn, &filter, vec!["uniqueMember", "member"]).await?;
    let names = entries
        .iter()
        .flat_map(|entry| values(entry, "uniqueMember").chain(values(entry, "member")));
    Ok(names.map(|name| name.to_lowercase()).collect())
}

/// True if an entry says that it is in a group, which is given by its whole name or by the first part of it.
fn is_in(entry: &SearchEntry, group: &str) -> bool {
    values(entry, "memberOf").any(|name| {
        let first = name
            .split(',')
            .next()
            .and_then(|part| part.split_once('='))
            .map(|(_, value)| value);
        name.eq_ignore_ascii_case(group) || first.is_some_and(|first| first.eq_ignore_ascii_case(group))
    })
}

/// The values of an attribute, whose name may be written in other letters.
fn values<'a>(entry: &'a SearchEntry, name: &str) -> impl Iterator<Item = &'a str> {
    let found = entry
        .attrs
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, values)| values);
    found.into_iter().flatten().map(String::as_str)
}

fn bytes<'a>(entry: &'a SearchEntry, name: &str) -> Option<&'a Vec<u8>> {
    entry
        .bin_attrs
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .and_then(|(_, values)| values.first())
}

/// A person; nobody for an entry without a name, or one that is left out.
fn read_person(settings: &LdapSettings, kind: DirectoryKind, entry: &SearchEntry) -> Option<Listed> {
    let first = |name: &str| {
        values(entry, name)
            .next()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let login = first(kind.login())?.to_owned();
    if settings
        .ldap_excluded_accounts
        .iter()
        .any(|excluded| excluded.trim().eq_ignore_ascii_case(&login))
    {
        return None;
    }
    let uid = first(kind.uid())
        .map(str::to_owned)
        .or_else(|| bytes(entry, kind.uid()).map(|bytes| hexadecimal(bytes)));
    let active = if kind == DirectoryKind::Other {
        first("organizationalStatus").is_some_and(|status| status.eq_ignore_ascii_case("active"))
    } else {
        first("userAccountControl")
            .and_then(|flags| flags.parse::<u64>().ok())
            .is_none_or(|flags| flags & SWITCHED_OFF == 0)
    };
    Some(Listed {
        uid,
        emails: emails(settings, &login, entry),
        first_name: first("givenName").unwrap_or_default().to_owned(),
        last_name: first("sn").unwrap_or_default().to_owned(),
        active,
        role: None,
        photo: bytes(entry, kind.photo()).cloned(),
        login,
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The addresses of a person, the one to use first: that which is the name of the account, or one of the studio, or any; and
/// one that is made of the name when there is none.
fn emails(settings: &LdapSettings, login: &str, entry: &SearchEntry) -> Vec<String> {
    let mut emails: Vec<String> = values(entry, "mail")
        .map(|email| email.trim().to_lowercase())
        .filter(|email| email.contains('@'))
        .collect();
    let domain = settings.email_domain.to_lowercase();
    let best = emails
        .iter()
        .position(|email| *email == login.to_lowercase())
        .or_else(|| emails.iter().position(|email| email.contains(&domain)));
    if let Some(best) = best {
        emails[..=best].rotate_right(1);
    }
    if emails.is_empty() {
        emails.push(format!("{login}@{domain}").to_lowercase());
    }
    emails
}

#[cfg(test)]
mod tests;
