"""A domain in the shape of Active Directory, kept by slapd.

slapd binds by the whole names of entries alone, so that of the other ways of Active Directory (`ada@wool.example`) it
shows only that nobody gets in by them.
"""

import slapd
from parts import certificate, studio
from slapd import PICTURE, READS, REFUSED, SUFFIX, escaped

# Attributes that can't be searched by, as Debian's schema of Active Directory says.
AD_SCHEMA = """
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName'
    EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID'
    EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl'
    EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 2.16.840.1.113730.3.1.35 NAME 'thumbnailPhoto'
    SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP inetOrgPerson STRUCTURAL
    MUST sAMAccountName MAY ( objectGUID $ userAccountControl $ thumbnailPhoto ) )
objectclass ( 1.2.840.113556.1.3.30 NAME 'computer' SUP user STRUCTURAL )
"""
USERS = f"cn=Users,{SUFFIX}"
# A usual account, and one that is switched off.
ON, OFF = 512, 514


def account(name, login, password, flags=ON, kind="user", **more):
    """An account in the shape of Active Directory, where other names are signed in with than those of entries."""
    return slapd.entry(
        f"cn={escaped(name)},{USERS}",
        objectClass=kind,
        cn=name,
        sAMAccountName=login,
        sn=name.split()[-1],
        givenName=name.split()[0],
        userPassword=password,
        userAccountControl=flags,
        **more,
    )


def domain():
    """The entries of a domain."""
    return [
        slapd.entry(SUFFIX, objectClass=["dcObject", "organization"], dc="wool", o="Wool"),
        slapd.entry(USERS, objectClass=["applicationProcess"], cn="Users"),
        account("Dailies Reader", "reader", READS),
        account(
            "Ada Byron",
            "ada",
            "adas-password",
            objectGUID=bytes(range(240, 256)),
            mail="ada@wool.example",
            thumbnailPhoto=PICTURE,
        ),
        account("Eve, Moor (Wool)", "eve", "eves-password", objectGUID=bytes(16)),
        account("Tim Off", "tim", "tims-password", OFF),
        account("Workstation", "WS-1$", "x", kind="computer"),
    ]


def domain_groups():
    """Its groups, which its accounts name."""
    return [
        slapd.entry(
            f"cn=Leads (all*),{USERS}",
            objectClass="groupOfNames",
            cn="Leads (all*)",
            member=f"cn={escaped('Eve, Moor (Wool)')},{USERS}",
        ),
        slapd.entry(
            f"cn=Studio,{USERS}",
            objectClass="groupOfNames",
            cn="Studio",
            member=[f"cn=Ada Byron,{USERS}", f"cn=Tim Off,{USERS}"],
        ),
    ]


def domain_settings(directory, trusted, **more):
    """The settings of a studio with a domain, asked over LDAPS."""
    return slapd.settings(
        directory,
        trusted,
        LDAP_PORT=str(directory.tls_port),
        LDAP_SSL="true",
        LDAP_BASE_DN=USERS,
        LDAP_USER=f"cn=Dailies Reader,{USERS}",
        LDAP_EXCLUDED_ACCOUNTS="reader,Dailies Reader",
        DAILIES_LDAP_ROLES=f"Leads (all*)=supervisor;cn=studio,{USERS}=manager",
        **more,
    )


def simple_domain(suite, at):
    """Persons are named by their entries."""
    dry = at.running.command("sync-ldap", "--dry-run")
    suite.check("a dry run", (dry.returncode, "2 new" in dry.stdout, at.persons()), (0, True, {}))
    suite.check("persons are taken over", at.running.command("sync-ldap").returncode, 0)
    found = {one["desktop_login"]: (one["email"], one["role"], one["has_avatar"]) for one in at.persons().values()}
    suite.check(
        "who is active, no computers, with roles by either name of a group",
        found,
        {
            "Ada Byron": ("ada@wool.example", "manager", True),
            "Eve, Moor (Wool)": ("eve, moor (wool)@wool.example", "supervisor", False),
        },
    )
    for name, password in (
        ("Ada Byron", "adas-password"),
        ("ada@wool.example", "adas-password"),
        ("Eve, Moor (Wool)", "eves-password"),
    ):
        suite.check(f"{name} signs in", at.sign_in(name, password)[0], 200)
    for name, password in (
        ("Ada Byron", "eves-password"),
        ("ada", "adas-password"),
        ("Tim Off", "tims-password"),
        ("Ada*", "adas-password"),
    ):
        suite.check(f"{name} does not", at.sign_in(name, password), REFUSED)


def accounts_of_domain(suite, at, directory):
    """Persons are named by their accounts. What is tried is the account's name in the domain."""
    group = at.running.command("sync-ldap", "--dry-run", settings={"LDAP_GROUP": f"cn=Studio,{USERS}"})
    suite.check(
        "members of a group",
        (group.returncode, [line for line in group.stdout.splitlines() if ":" in line]),
        (0, ["new: Ada Byron (ada)"]),
    )
    for wrong in ("*", f"*,{USERS}", f"cn=Studio,{USERS})(cn=*", f"cn=Stud*,{USERS}"):
        done = at.running.command("sync-ldap", "--dry-run", settings={"LDAP_GROUP": wrong})
        suite.check(f"{wrong} is nobody's group", (done.returncode, "new:" in done.stdout), (1, False))
    suite.check("persons are taken over", at.running.command("sync-ldap").returncode, 0)
    before = {one["desktop_login"]: one for one in at.persons().values()}
    suite.check("by the names of their accounts", sorted(before), ["ada", "eve"])
    directory.modify(
        f"dn: cn=Ada Byron,{USERS}\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: countess\n"
    )
    at.running.command("sync-ldap")
    after = {one["desktop_login"]: one["id"] for one in at.persons().values()}
    suite.check("a renamed account is the same person", after.get("countess"), before["ada"]["id"])
    directory.modify(
        f"dn: cn={escaped('Eve, Moor (Wool)')},{USERS}\nchangetype: modify\nreplace: userAccountControl\n"
        f"userAccountControl: {OFF}\n"
    )
    done = at.running.command("sync-ldap")
    suite.check("who is switched off there", "1 switched off" in done.stdout, True)
    suite.check("is here", {one["desktop_login"]: one["active"] for one in at.persons().values()}["eve"], False)
    suite.check("slapd knows no such names, and lets nobody in", at.sign_in("countess", "adas-password"), REFUSED)


def active_directory(suite, place, issuer):
    """The studios with a domain."""
    schema = place / "ad.schema"
    schema.write_text(AD_SCHEMA)
    tls = certificate(place, "localhost", issuer)
    with slapd.directory(
        place,
        SUFFIX,
        domain(),
        tls,
        modules=["memberof"],
        overlay="overlay memberof",
        schemas=[*slapd.USUAL_SCHEMAS, schema],
    ) as directory:
        directory.add(*domain_groups())
        with studio(domain_settings(directory, issuer[0], LDAP_IS_AD_SIMPLE="true")) as at:
            suite.section(simple_domain, at)
        with studio(domain_settings(directory, issuer[0], LDAP_IS_AD="true", LDAP_DOMAIN="wool.example")) as at:
            suite.section(accounts_of_domain, at, directory)
