//! Changes that follow from what a directory lists.

use super::*;

fn account(login: &str, email: &str) -> DirectoryAccount {
    DirectoryAccount {
        id: Uuid::new_v4(),
        first_name: "Ada".into(),
        last_name: "Byron".into(),
        email: Some(email.into()),
        desktop_login: Some(login.into()),
        active: Some(true),
        role: "user".into(),
        is_generated_from_ldap: Some(true),
        ldap_uid: None,
        has_avatar: Some(true),
    }
}

fn listed(login: &str, email: &str) -> Listed {
    Listed {
        login: login.into(),
        emails: vec![email.into()],
        first_name: "Ada".into(),
        last_name: "Byron".into(),
        active: true,
        ..Listed::default()
    }
}

#[test]
fn an_unchanged_person_is_left_alone() {
    let known = [account("ada", "ada@wool.local")];
    assert_eq!(
        plan_changes(&known, &[listed("ada", "ada@wool.local")], &[], 10, &[]).report(),
        SyncReport::default()
    );
}

#[test]
fn persons_are_known_by_what_changes_least() {
    let known = [
        DirectoryAccount {
            ldap_uid: Some("7".into()),
            ..account("old", "old@wool.local")
        },
        account("eve", "eve@wool.local"),
        DirectoryAccount {
            desktop_login: None,
            is_generated_from_ldap: None,
            ..account("", "tim@wool.local")
        },
    ];
    let persons = [
        Listed {
            uid: Some("7".into()),
            last_name: "Lovelace".into(),
            ..listed("new", "new@wool.local")
        },
        listed("eve", "eve.b@wool.local"),
        listed("tim", "tim@wool.local"),
    ];
    let plan = plan_changes(&known, &persons, &[], 10, &[]);
    let after: Vec<_> = plan
        .changed
        .iter()
        .map(|(before, after)| (before.id, after.email.clone().unwrap_or_default()))
        .collect();
    let expected = ["new@wool.local", "eve.b@wool.local", "tim@wool.local"];
    assert_eq!(
        after,
        known
            .iter()
            .map(|account| account.id)
            .zip(expected.map(str::to_owned))
            .collect::<Vec<_>>()
    );
    assert!(plan.changed.iter().all(|(_, after)| after.is_from_directory()) && plan.created.is_empty());
}

#[test]
fn who_is_gone_is_switched_off_except_the_last_administrator() {
    let local = DirectoryAccount {
        is_generated_from_ldap: Some(false),
        ..account("local", "local@wool.local")
    };
    let admin = DirectoryAccount {
        role: "admin".into(),
        ..account("boss", "boss@wool.local")
    };
    let known = [
        local,
        admin,
        account("gone", "gone@wool.local"),
        account("safe", "safe@wool.local"),
    ];
    let report = plan_changes(
        &known,
        &[listed("new", "new@wool.local")],
        &[],
        10,
        &["Safe@wool.local".into()],
    )
    .report();
    assert_eq!(report.deactivated, ["Ada Byron (gone)"]);
    assert_eq!(report.created, ["Ada Byron (new)"]);
    assert_eq!(
        report.kept,
        [
            "Ada Byron (safe) is a protected account",
            "Ada Byron (boss) is the last administrator"
        ]
    );
}

#[test]
fn the_limit_and_addresses_of_others_hold() {
    let known = [account("ada", "ada@wool.local"), account("eve", "eve@wool.local")];
    let persons = [
        listed("ada", "eve@wool.local"),
        listed("eve", "eve@wool.local"),
        listed("tim", "tim@wool.local"),
    ];
    let report = plan_changes(&known, &persons, &[], 2, &[]);
    assert_eq!(report.limited, ["Ada Byron (tim)"]);
    assert!(report.created.is_empty() && report.changed.is_empty());
    let off = [
        Listed {
            active: false,
            ..listed("ada", "ada@wool.local")
        },
        listed("eve", "eve@wool.local"),
        listed("ada2", "x@wool.local"),
    ];
    assert_eq!(
        plan_changes(&known, &off, &[], 2, &[]).report().deactivated,
        ["Ada Byron (ada)"]
    );
}

#[test]
fn groups_take_the_roles_of_power_that_they_give() {
    let roles = |given: &[&str], role: Option<&'static str>, had: &str| {
        let boss = DirectoryAccount {
            role: "admin".into(),
            is_generated_from_ldap: None,
            ..account("boss", "boss@wool.local")
        };
        let known = [
            DirectoryAccount {
                role: had.into(),
                ..account("ada", "ada@wool.local")
            },
            boss,
        ];
        let plan = plan_changes(
            &known,
            &[Listed {
                role,
                ..listed("ada", "ada@wool.local")
            }],
            given,
            10,
            &[],
        );
        plan.changed.first().map(|(_, after)| after.role.clone())
    };
    let given = ["manager", "supervisor", "client"];
    assert_eq!(roles(&given, None, "manager").as_deref(), Some("user"));
    assert_eq!(
        roles(&given, Some("supervisor"), "manager").as_deref(),
        Some("supervisor")
    );
    assert_eq!(
        roles(&given, None, "client"),
        None,
        "nobody gets more by leaving a group"
    );
    assert_eq!(roles(&given, None, "admin"), None, "no group made the administrator");
    assert_eq!(
        roles(&["supervisor"], None, "manager"),
        None,
        "somebody else gave that role"
    );
    assert_eq!(roles(&["admin"], None, "admin").as_deref(), Some("user"));
    let last = [DirectoryAccount {
        role: "admin".into(),
        ..account("ada", "ada@wool.local")
    }];
    let report = plan_changes(&last, &[listed("ada", "ada@wool.local")], &["admin"], 10, &[]).report();
    assert_eq!(
        (report.updated.len(), report.kept.len()),
        (0, 1),
        "the last administrator stays"
    );
    let safe = plan_changes(
        &last,
        &[listed("ada", "ada@wool.local")],
        &["admin"],
        10,
        &["ada@wool.local".into()],
    )
    .report();
    assert_eq!(safe, SyncReport::default(), "a protected account stays");
}

#[test]
fn groups_give_roles_but_take_none_from_administrators() {
    let known = [
        account("ada", "ada@wool.local"),
        DirectoryAccount {
            role: "admin".into(),
            ..account("eve", "eve@wool.local")
        },
    ];
    let persons = [
        Listed {
            role: Some("manager"),
            ..listed("ada", "ada@wool.local")
        },
        Listed {
            role: Some("supervisor"),
            ..listed("eve", "eve@wool.local")
        },
    ];
    let plan = plan_changes(&known, &persons, &[], 10, &[]);
    assert_eq!(
        plan.changed
            .iter()
            .map(|(_, after)| after.role.as_str())
            .collect::<Vec<_>>(),
        ["manager"]
    );
}
