//! Reading of entries of a directory, and of the groups that give roles.

use super::*;
use crate::config::parsed;

fn settings(flags: &[&str]) -> LdapSettings {
    parsed(&[&["--ldap-base-dn", "dc=wool"], flags].concat()).expect("settings")
}

fn entry(attributes: &[(&str, &[&str])]) -> SearchEntry {
    let attrs = attributes
        .iter()
        .map(|(name, values)| {
            (
                (*name).to_owned(),
                values.iter().map(|value| (*value).to_owned()).collect(),
            )
        })
        .collect();
    SearchEntry {
        dn: "uid=ada,dc=wool".into(),
        attrs,
        bin_attrs: HashMap::new(),
    }
}

#[test]
fn a_name_stays_within_its_place() {
    assert_eq!(bind_name(&settings(&[]), "ada"), "uid=ada,dc=wool");
    let forged = bind_name(&settings(&[]), "ada,cn=admin");
    assert!(forged.starts_with("uid=ada\\") && !forged.contains(",cn"), "{forged}");
    assert_eq!(
        bind_name(&settings(&["--ldap-is-ad-simple", "true"]), "Ada B"),
        "cn=Ada B,dc=wool"
    );
    assert_eq!(
        bind_name(
            &settings(&["--ldap-is-ad", "true", "--ldap-domain", "wool.local"]),
            "ada"
        ),
        "ada@wool.local"
    );
    assert_eq!(
        bind_name(&settings(&["--ldap-is-ad", "true", "--ldap-domain", "WOOL"]), "ada"),
        "WOOL\\ada"
    );
    assert_eq!(reader_name(&settings(&["--ldap-user", "reader"])), "uid=reader,dc=wool");
    assert_eq!(reader_name(&settings(&["--ldap-user", "cn=reader"])), "cn=reader");
    assert_eq!(
        reader_name(&settings(&["--ldap-user", "cn=reader", "--ldap-is-ad", "true"])),
        "cn=reader"
    );
}

#[test]
fn computers_are_no_persons() {
    for group in ["", "CN=Artists,DC=wool"] {
        for (kind, leaves_out) in [(DirectoryKind::Other, false), (DirectoryKind::ActiveDirectory, true)] {
            let filter = filter_of_persons(kind, group);
            assert_eq!(filter.contains("(!(objectClass=computer))"), leaves_out, "{filter}");
        }
    }
    let escaped = filter_of_persons(DirectoryKind::ActiveDirectory, "CN=Artists (all)");
    assert!(escaped.contains("(memberOf=CN=Artists \\28all\\29)"), "{escaped}");
}

#[test]
fn the_best_address_comes_first() {
    let of = |mails: &[&str]| {
        emails(
            &settings(&["--email-domain", "wool.local"]),
            "Ada",
            &entry(&[("mail", mails)]),
        )
    };
    assert_eq!(of(&[]), ["ada@wool.local"]);
    assert_eq!(
        of(&["Other@example.com", "Ada.B@wool.local"]),
        ["ada.b@wool.local", "other@example.com"]
    );
    assert_eq!(
        of(&["one@example.com", "two@example.com"]),
        ["one@example.com", "two@example.com"]
    );
}

#[test]
fn entries_become_persons() {
    let other = settings(&["--ldap-excluded-accounts", "root,guest"]);
    let found = entry(&[
        ("UID", &["ada"]),
        ("givenName", &["Ada"]),
        ("sn", &["Byron"]),
        ("organizationalStatus", &["Active"]),
        ("uniqueIdentifier", &["7"]),
    ]);
    let ada = read_person(&other, DirectoryKind::Other, &found).expect("a person");
    assert_eq!(
        (ada.login.as_str(), ada.uid.as_deref(), ada.active),
        ("ada", Some("7"), true)
    );
    assert!(read_person(&other, DirectoryKind::Other, &entry(&[("uid", &["Root"])])).is_none());
    assert!(read_person(&other, DirectoryKind::Other, &entry(&[("sn", &["Nobody"])])).is_none());
    assert!(
        !read_person(&other, DirectoryKind::Other, &entry(&[("uid", &["eve"])]))
            .expect("a person")
            .active,
        "without a status"
    );
    for (flags, active) in [("512", true), ("514", false)] {
        let found = entry(&[("sAMAccountName", &["ada"]), ("userAccountControl", &[flags])]);
        assert_eq!(
            read_person(&other, DirectoryKind::ActiveDirectory, &found)
                .expect("a person")
                .active,
            active
        );
    }
}

#[test]
fn groups_give_roles() {
    let given = settings(&["--ldap-roles", "cn=leads,dc=wool=supervisor; producers = manager"]);
    assert_eq!(
        role_groups(&given).expect("groups"),
        [("producers", "manager"), ("cn=leads,dc=wool", "supervisor")]
    );
    assert_eq!(roles_of_groups(&given).expect("roles"), ["manager", "supervisor"]);
    for wrong in ["leads", "leads=boss"] {
        assert!(role_groups(&settings(&["--ldap-roles", wrong])).is_err());
    }
    let found = entry(&[("memberOf", &["cn=Producers,ou=groups,dc=wool"])]);
    assert!(is_in(&found, "producers") && is_in(&found, "CN=Producers,OU=groups,DC=wool") && !is_in(&found, "wool"));
}
