"""Signing in with passwords of OpenLDAP's server, and taking its persons over.

Starts slapd twice: with the tree of a studio of OpenLDAP, which takes passwords over TLS alone, and with one in the
shape of Active Directory. The servers of the suite ask it as those of a studio would.
"""

import domain
import requests
import slapd
from parts import Suite, authority, certificate, folder, studio
from slapd import PICTURE, READS, REFUSED, SUFFIX, escaped

PEOPLE = f"ou=people,{SUFFIX}"
GROUPS = f"ou=groups,{SUFFIX}"
READER = f"cn=reader,{SUFFIX}"
ODD = 'ó\'neil, "bob" + <x>; #1=(*)\\'


def person(uid, password, under=PEOPLE, status="active", **more):
    """Somebody in a directory of OpenLDAP."""
    # No usual class has the attribute that says who is active.
    classes = ["inetOrgPerson", "extensibleObject"]
    given = {"givenName": uid.title(), **({"organizationalStatus": status} if status else {}), **more}
    return slapd.entry(
        f"uid={escaped(uid)},{under}", objectClass=classes, uid=uid, cn=uid, sn="Byron", userPassword=password, **given
    )


def tree():
    """The entries of a studio of OpenLDAP, the groups aside."""
    return [
        slapd.entry(SUFFIX, objectClass=["dcObject", "organization"], dc="wool", o="Wool"),
        slapd.entry(
            READER, objectClass=["applicationProcess", "simpleSecurityObject"], cn="reader", userPassword=READS
        ),
        slapd.entry(PEOPLE, objectClass="organizationalUnit", ou="people"),
        slapd.entry(GROUPS, objectClass="organizationalUnit", ou="groups"),
        slapd.entry(f"ou=staff,{PEOPLE}", objectClass="organizationalUnit", ou="staff"),
        person(
            "ada",
            "adas-password",
            mail=["a.b@elsewhere.example", "Ada@Wool.example"],
            uniqueIdentifier="7",
            jpegPhoto=PICTURE,
        ),
        person("eve", "eves-password"),
        person("tim", "tims-password"),
        person("off", "offs-password", status="inactive"),
        person("robot", "robots-password"),
        person("unsaid", "unsaids-password", status=None),
        person(ODD, "odds-password", mail="odd@wool.example"),
        # Entries that a name would lead to which is not escaped.
        person("max", "maxs-password", under=f"ou=staff,{PEOPLE}", status="inactive"),
    ]


def groups():
    """Groups of either kind. The names of some are what a filter is made of."""
    unique = {"objectClass": "groupOfUniqueNames"}
    return [
        slapd.entry(f"cn=leads,{PEOPLE}", **unique, cn="leads", uniqueMember=f"uid=eve,{PEOPLE}"),
        slapd.entry(
            f"cn={escaped('night (*)')},{PEOPLE}",
            **unique,
            cn="night (*)",
            uniqueMember=[f"uid=ADA,{PEOPLE}", f"uid=eve,{PEOPLE}"],
        ),
        slapd.entry(
            f"cn=producers,{GROUPS}",
            objectClass="groupOfNames",
            cn="producers",
            member=[f"uid=tim,{PEOPLE}", f"uid=eve,{PEOPLE}"],
        ),
        slapd.entry(f"cn=heads,{PEOPLE}", objectClass="groupOfNames", cn="heads", member=f"uid=ada,{PEOPLE}"),
    ]


def settings(directory, trusted):
    """The settings of a studio with the tree of OpenLDAP, asked over StartTLS."""
    return slapd.settings(
        directory,
        trusted,
        LDAP_BASE_DN=PEOPLE,
        LDAP_USER=READER,
        LDAP_EXCLUDED_ACCOUNTS="robot",
        DAILIES_LDAP_START_TLS="true",
        DAILIES_LDAP_ROLES="leads=supervisor;producers=manager;nobody=admin;*=admin",
    )


def taken_over(suite, at):
    """A dry run changes nothing; the real one takes over who is active, with roles and a picture."""
    before = at.persons()
    dry = at.running.command("sync-ldap", "--dry-run")
    suite.check("a dry run ends well", dry.returncode, 0)
    suite.check("a dry run says what would change", "4 new, 0 changed, 0 switched off" in dry.stdout, True)
    suite.check("a dry run says that it was one", "dry run" in dry.stdout, True)
    suite.check("a dry run changes nothing", at.persons(), before)
    real = at.running.command("sync-ldap")
    suite.check("the real one does the same", (real.returncode, "4 new, 0 changed" in real.stdout), (0, True))
    found = at.persons()
    suite.check(
        "who is active is taken over",
        sorted(found),
        ["ada@wool.example", "eve@wool.example", "odd@wool.example", "tim@wool.example"],
    )
    facts = {
        one["desktop_login"]: (one["role"], one["active"], one["is_generated_from_ldap"]) for one in found.values()
    }
    suite.check(
        "roles come from groups, the mightiest first",
        facts,
        {
            "ada": ("user", True, True),
            "eve": ("manager", True, True),
            "tim": ("manager", True, True),
            ODD: ("user", True, True),
        },
    )
    suite.check("a picture comes along", [one["desktop_login"] for one in found.values() if one["has_avatar"]], ["ada"])
    again = at.running.command("sync-ldap")
    suite.check("a second run finds nothing to do", "0 new, 0 changed, 0 switched off" in again.stdout, True)


def passwords(suite, at):
    """The directory checks passwords; nothing else opens an account of it."""
    for name, password in [("ada", "adas-password"), ("Ada@wool.example", "adas-password"), (ODD, "odds-password")]:
        status, answer = at.sign_in(name, password)
        suite.check(f"{name} signs in", (status, answer.get("login")), (200, True))
    for name, password in [
        ("tim", "wrong"),
        ("tim", "tims-password "),
        ("tim", ""),
        ("tim", "eves-password"),
        ("off", "offs-password"),
        ("robot", "robots-password"),
        ("nobody", "nobodys-password"),
        ("*", "tims-password"),
        ("ti*", "tims-password"),
        ("*)(uid=*", "tims-password"),
        ("tim)(|(uid=*", "tims-password"),
        (f"uid=tim,{PEOPLE}", "tims-password"),
    ]:
        found = at.sign_in(name, password)
        found = (400, REFUSED[1]) if password == "" and found[0] == 400 else found
        suite.check(f"{name!r} does not sign in with {password!r}", found, REFUSED)
    suite.check("a name has no end within", at.sign_in("tim\x00", "tims-password")[0], 400)
    suite.check("tim signs in after a few wrong ones", at.sign_in("tim", "tims-password")[0], 200)
    for _ in range(5):
        at.sign_in("eve", "wrong")
    status, answer = at.sign_in("eve", "eves-password")
    suite.check("nobody guesses for long", (status, answer.get("too_many_failed_login_attemps")), (400, True))


def names(suite, at):
    """A name can't lead elsewhere in the directory, whatever is written in it."""
    for at_number, login in enumerate(
        ["max,ou=staff", "max+cn=max,ou=staff", "max\\,ou=staff", "max,ou=staff,ou=people,dc=wool"]
    ):
        somebody = at.add_person(f"forged{at_number}@wool.example", desktop_login=login)
        at.call("PUT", f"/data/persons/{somebody['id']}", json={"is_generated_from_ldap": True}, expected=200)
        suite.check(f"{login} is no other entry", at.sign_in(login, "maxs-password"), REFUSED)
        at.call("DELETE", f"/data/persons/{somebody['id']}?force=true", expected=204)


def fallback(suite, at):
    """A person who is not in the directory signs in with the password that is kept here."""
    running = at.running
    suite.check("the administrator falls back", at.sign_in(running.email, running.password)[0], 200)
    suite.check("with the right password alone", at.sign_in(running.email, "wrong")[0], 400)
    token = {"Authorization": f"Bearer {at.token('ada', 'adas-password')}"}
    body = {"old_password": "adas-password", "password": "another-password", "password_2": "another-password"}
    told = at.call("POST", "/auth/change-password", token, json=body, expected=400)
    suite.check("a password of the directory is changed there", "directory" in told["message"], True)
    closed = running.command("sync-ldap", "--dry-run", settings={"LDAP_PASSWORD": "wrong"})
    suite.check("the reader's password counts", (closed.returncode, "new" in closed.stdout), (1, False))


def encryption(suite, at, place, directory, other):
    """Nothing is told a server that is not the one that it says, or over a connection that others can read."""

    def dry(**more):
        return at.running.command("sync-ldap", "--dry-run", settings=more)

    suite.check("StartTLS", dry().returncode, 0)
    suite.check(
        "LDAPS", dry(LDAP_SSL="true", LDAP_PORT=str(directory.tls_port), DAILIES_LDAP_START_TLS="false").returncode, 0
    )
    plain = dry(DAILIES_LDAP_START_TLS="false")
    suite.check(
        "slapd takes no password without TLS", (plain.returncode, "confidential" in plain.stderr.lower()), (1, True)
    )
    for what, more in {
        "a certificate of somebody unknown": {"SSL_CERT_FILE": str(other[0])},
        "a certificate of another host": {"LDAP_HOST": "127.0.0.1"},
        "no certificate at all": {"SSL_CERT_FILE": str(place / "slapd.conf")},
    }.items():
        for way in [{}, {"LDAP_SSL": "true", "LDAP_PORT": str(directory.tls_port)}]:
            done = dry(**more, **way)
            suite.check(f"{what} is refused {way}", (done.returncode, "new" in done.stdout), (1, False))


def narrowing(suite, at):
    """A group narrows who is taken over. Its name is a name, whatever is written in it."""

    def dry(group, **more):
        done = at.running.command("sync-ldap", "--dry-run", settings={"LDAP_GROUP": group, **more})
        return done.returncode, sorted(
            line for line in done.stdout.splitlines() if line.startswith(("new", "switched"))
        )

    off = "switched off: {} Byron ({})"
    odd, tim = off.format(ODD.title(), ODD), off.format("Tim", "tim")
    suite.check("members of a group", dry("night (*)"), (0, sorted([odd, tim])))
    suite.check(
        "members of a group elsewhere, which their entries name",
        dry("producers"),
        (0, sorted([odd, off.format("Ada", "ada")])),
    )
    suite.check("members of a group of the other kind", dry("heads"), (0, sorted([odd, tim, off.format("Eve", "eve")])))
    for group in ["*", "lead*", "leads)(objectClass=*", "*)(|(cn=*", "nobody", "\\2a", "leads\x00"[:5] + ")"]:
        status, lines = dry(group)
        suite.check(f"{group} is nobody's group", (status, lines), (1, []))
    wrong = at.running.command("sync-ldap", "--dry-run", settings={"DAILIES_LDAP_ROLES": "leads=king"})
    suite.check("an unknown role is refused", (wrong.returncode, "leads=king" in wrong.stderr), (1, True))


def changes(suite, at, directory):
    """A renamed person stays the same; one who is gone or switched off there is switched off here, and signed out."""
    before = {one["desktop_login"]: one for one in at.persons().values()}
    tokens = {name: at.token(name, f"{name}s-password") for name in ("ada", "tim")}

    def status(name):
        headers = {"Authorization": f"Bearer {tokens[name]}"}
        return requests.get(f"{at.address}/data/projects/open", headers=headers, timeout=60).status_code

    suite.check("sessions are open", (status("ada"), status("tim")), (200, 200))
    directory.modify(
        f"dn: uid=ada,{PEOPLE}\nchangetype: modrdn\nnewrdn: uid=ada.l\ndeleteoldrdn: 1\n\n"
        f"dn: uid=ada.l,{PEOPLE}\nchangetype: modify\nreplace: sn\nsn: Lovelace\n\n"
        f"dn: uid=eve,{PEOPLE}\nchangetype: modify\nreplace: organizationalStatus\n"
        "organizationalStatus: inactive\n"
    )
    directory.delete(f"uid=tim,{PEOPLE}")
    dry = at.running.command("sync-ldap", "--dry-run")
    suite.check("a dry run says who goes", "0 new, 1 changed, 2 switched off" in dry.stdout, True)
    suite.check("a dry run switches nobody off", status("tim"), 200)
    at.running.command("sync-ldap")
    after = {one["desktop_login"]: one for one in at.persons().values()}
    suite.check(
        "a new name is the same person",
        (after["ada.l"]["id"], after["ada.l"]["last_name"]),
        (before["ada"]["id"], "Lovelace"),
    )
    suite.check("who is gone is switched off", (after["tim"]["active"], after["eve"]["active"]), (False, False))
    suite.check(
        "and stays listed", (after["tim"]["id"], after["tim"]["email"]), (before["tim"]["id"], "tim@wool.example")
    )
    # Another program changed the accounts.
    suite.check("the session of who is gone is over", status("tim"), 401)
    suite.check("the other one goes on", status("ada"), 200)
    suite.check("who is gone does not sign in", at.sign_in("tim", "tims-password"), REFUSED)
    directory.add(person("tim", "a-new-password"))
    at.running.command("sync-ldap")
    suite.check(
        "who comes back is the same person",
        (at.persons()["tim@wool.example"]["id"], at.sign_in("tim", "a-new-password")[0]),
        (before["tim"]["id"], 200),
    )
    for name in [
        f"uid=ada.l,{PEOPLE}",
        f"uid=eve,{PEOPLE}",
        f"uid=tim,{PEOPLE}",
        f"uid={escaped(ODD)},{PEOPLE}",
        f"uid=off,{PEOPLE}",
        f"uid=robot,{PEOPLE}",
        f"uid=unsaid,{PEOPLE}",
        f"uid=max,ou=staff,{PEOPLE}",
    ]:
        directory.delete(name)
    nobody = at.running.command("sync-ldap")
    suite.check(
        "an empty directory switches nobody off", (nobody.returncode, "lists nobody" in nobody.stderr), (1, True)
    )
    suite.check("everybody is there", at.persons()["tim@wool.example"]["active"], True)


def gone(suite, at):
    """A directory that does not answer lets nobody in but those whose passwords are kept here."""
    status, answer = at.sign_in("tim", "a-new-password")
    suite.check("nobody is let in", (status, answer["login"], answer["error"]), (500, False, True))
    suite.check("the administrator is", at.sign_in(at.running.email, at.running.password)[0], 200)
    suite.check("nobody is taken over", at.running.command("sync-ldap").returncode, 1)


def openldap(suite, place, issuer, other):
    """The studio of OpenLDAP."""
    tls = certificate(place, "localhost", issuer)
    # The last line lets an empty password in as a visitor, which a server must not take for the person.
    more = "security simple_bind=128\nallow bind_anon_cred"
    with slapd.directory(
        place, SUFFIX, tree(), tls, more, modules=["memberof"], overlay="overlay memberof"
    ) as directory:
        directory.add(*groups())
        trusted = place / "trusted.pem"
        trusted.write_text(issuer[0].read_text())
        running = studio(settings(directory, trusted))
        at = running.__enter__()
        try:
            suite.section(taken_over, at)
            suite.section(passwords, at)
            suite.section(names, at)
            suite.section(fallback, at)
            suite.section(encryption, at, place, directory, other)
            suite.section(narrowing, at)
            suite.section(changes, at, directory)
        except BaseException:
            running.__exit__(None, None, None)
            raise
    try:
        suite.section(gone, at)
    finally:
        running.__exit__(None, None, None)


if __name__ == "__main__":
    ldap = Suite("ldap")
    with folder("ldap") as top:
        known, stranger = authority(top, "studio"), authority(top, "stranger")
        for part in ("tree", "domain"):
            (top / part).mkdir()
        openldap(ldap, top / "tree", known, stranger)
        domain.active_directory(ldap, top / "domain", known)
    ldap.end()
