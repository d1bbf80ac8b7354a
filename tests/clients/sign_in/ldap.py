"""Signing in with passwords of OpenLDAP's server, and taking its persons over.

Starts slapd twice: with the tree of a studio of OpenLDAP, which takes passwords over TLS alone, and with one in the shape of
Active Directory. The servers of the suite ask it as those of a studio would.
"""

import base64

import requests
import slapd
from parts import Suite, authority, certificate, folder, studio, wait_for

SUFFIX = "dc=wool,dc=example"
PEOPLE = f"ou=people,{SUFFIX}"
GROUPS = f"ou=groups,{SUFFIX}"
READER = f"cn=reader,{SUFFIX}"
READS = "the-readers-password"
ODD = 'ó\'neil, "bob" + <x>; #1=(*)\\'
# A picture of one pixel.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
REFUSED = (400, {"login": False, "message": "Wrong email or password."})


def escaped(text):
    """A text as a part of a name in LDAP."""
    return "".join(f"\\{byte:02x}" if byte > 127 or not chr(byte).isalnum() else chr(byte) for byte in text.encode())


def person(uid, password, under=PEOPLE, status="active", **more):
    """Somebody in a directory of OpenLDAP."""
    # No usual class has the attribute that says who is active.
    classes = ["inetOrgPerson", "extensibleObject"]
    given = {"givenName": uid.title(), **({"organizationalStatus": status} if status else {}), **more}
    return slapd.entry(f"uid={escaped(uid)},{under}", objectClass=classes, uid=uid, cn=uid, sn="Byron",
                       userPassword=password, **given)  # fmt: skip


def tree():
    """The entries of a studio of OpenLDAP, the groups aside."""
    return [
        slapd.entry(SUFFIX, objectClass=["dcObject", "organization"], dc="wool", o="Wool"),
        slapd.entry(READER, objectClass=["applicationProcess", "simpleSecurityObject"], cn="reader", userPassword=READS),
        slapd.entry(PEOPLE, objectClass="organizationalUnit", ou="people"),
        slapd.entry(GROUPS, objectClass="organizationalUnit", ou="groups"),
        slapd.entry(f"ou=staff,{PEOPLE}", objectClass="organizationalUnit", ou="staff"),
        person("ada", "adas-password", mail=["a.b@elsewhere.example", "Ada@Wool.example"], uniqueIdentifier="7",
               jpegPhoto=PICTURE),  # fmt: skip
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
        slapd.entry(f"cn={escaped('night (*)')},{PEOPLE}", **unique, cn="night (*)",
                    uniqueMember=[f"uid=ADA,{PEOPLE}", f"uid=eve,{PEOPLE}"]),  # fmt: skip
        slapd.entry(f"cn=producers,{GROUPS}", objectClass="groupOfNames", cn="producers",
                    member=[f"uid=tim,{PEOPLE}", f"uid=eve,{PEOPLE}"]),  # fmt: skip
        slapd.entry(f"cn=heads,{PEOPLE}", objectClass="groupOfNames", cn="heads", member=f"uid=ada,{PEOPLE}"),
    ]


def settings(directory, trusted):
    """The settings of a studio with the tree of OpenLDAP."""
    return {
        "AUTH_STRATEGY": "auth_remote_ldap",
        "LDAP_FALLBACK": "true",
        "LDAP_HOST": "localhost",
        "LDAP_PORT": str(directory.port),
        "LDAP_BASE_DN": PEOPLE,
        "LDAP_USER": READER,
        "LDAP_PASSWORD": READS,
        "EMAIL_DOMAIN": "wool.example",
        "LDAP_EXCLUDED_ACCOUNTS": "robot",
        "DAILIES_LDAP_START_TLS": "true",
        "DAILIES_LDAP_ROLES": "leads=supervisor;producers=manager;nobody=admin;*=admin",
        "SSL_CERT_FILE": str(trusted),
    }


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
    suite.check("who is active is taken over", sorted(found),
                ["ada@wool.example", "eve@wool.example", "odd@wool.example", "tim@wool.example"])  # fmt: skip
    facts = {one["desktop_login"]: (one["role"], one["active"], one["is_generated_from_ldap"]) for one in found.values()}
    suite.check("roles come from groups, the mightiest first", facts,
                {"ada": ("user", True, True), "eve": ("manager", True, True), "tim": ("manager", True, True),
                 ODD: ("user", True, True)})  # fmt: skip
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
        ("tim\x00", "tims-password"),
    ]:
        found = at.sign_in(name, password)
        found = (400, REFUSED[1]) if password == "" and found[0] == 400 else found
        suite.check(f"{name!r} does not sign in with {password!r}", found, REFUSED)
    suite.check("tim signs in after a few wrong ones", at.sign_in("tim", "tims-password")[0], 200)
    for _ in range(5):
        at.sign_in("eve", "wrong")
    status, answer = at.sign_in("eve", "eves-password")
    suite.check("nobody guesses for long", (status, answer.get("too_many_failed_login_attemps")), (400, True))


def names(suite, at):
    """A name can't lead elsewhere in the directory, whatever is written in it."""
    for at_number, login in enumerate(["max,ou=staff", "max+cn=max,ou=staff", "max\\,ou=staff", "max,ou=staff,ou=people,dc=wool"]):
        somebody = at.add_person(f"forged{at_number}@wool.example", desktop_login=login)
        at.call("PUT", f"/data/persons/{somebody['id']}", json={"is_generated_from_ldap": True}, expected=200)
        suite.check(f"{login} is no other entry", at.sign_in(login, "maxs-password"), REFUSED)
        at.call("DELETE", f"/data/persons/{somebody['id']}?force=true", expected=204)


def fallback(suite, at):
    """Who is not of the directory signs in with the password that is kept here."""
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
    suite.check("LDAPS", dry(LDAP_SSL="true", LDAP_PORT=str(directory.tls_port), DAILIES_LDAP_START_TLS="false").returncode, 0)
    plain = dry(DAILIES_LDAP_START_TLS="false")
    suite.check("slapd takes no password without TLS", (plain.returncode, "confidential" in plain.stderr.lower()), (1, True))
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
        return done.returncode, sorted(line for line in done.stdout.splitlines() if line.startswith(("new", "switched")))

    off = "switched off: {} Byron ({})"
    odd, tim = off.format(ODD.title(), ODD), off.format("Tim", "tim")
    suite.check("members of a group", dry("night (*)"), (0, sorted([odd, tim])))
    suite.check("members of a group elsewhere, which their entries name", dry("producers"),
                (0, sorted([odd, off.format("Ada", "ada")])))  # fmt: skip
    suite.check("members of a group of the other kind", dry("heads"),
                (0, sorted([odd, tim, off.format("Eve", "eve")])))  # fmt: skip
    for group in ["*", "lead*", "leads)(objectClass=*", "*)(|(cn=*", "nobody", "\\2a", "leads\x00"[:5] + ")"]:
        status, lines = dry(group)
        suite.check(f"{group} is nobody's group", (status, lines), (1, []))
    wrong = at.running.command("sync-ldap", "--dry-run", settings={"DAILIES_LDAP_ROLES": "leads=king"})
    suite.check("an unknown role is refused", (wrong.returncode, "leads=king" in wrong.stderr), (1, True))


def changes(suite, at, directory):
    """Who is renamed stays the same; who is gone or switched off there is switched off here, with the sessions."""
    before = {one["desktop_login"]: one for one in at.persons().values()}
    tokens = {name: at.token(name, f"{name}s-password") for name in ("ada", "tim")}

    def status(name):
        headers = {"Authorization": f"Bearer {tokens[name]}"}
        return requests.get(f"{at.address}/data/projects/open", headers=headers, timeout=30).status_code

    suite.check("sessions are open", (status("ada"), status("tim")), (200, 200))
    directory.modify(f"dn: uid=ada,{PEOPLE}\nchangetype: modrdn\nnewrdn: uid=ada.l\ndeleteoldrdn: 1\n\n"
                     f"dn: uid=ada.l,{PEOPLE}\nchangetype: modify\nreplace: sn\nsn: Lovelace\n\n"
                     f"dn: uid=eve,{PEOPLE}\nchangetype: modify\nreplace: organizationalStatus\n"
                     "organizationalStatus: inactive\n")  # fmt: skip
    directory.delete(f"uid=tim,{PEOPLE}")
    dry = at.running.command("sync-ldap", "--dry-run")
    suite.check("a dry run says who goes", "0 new, 1 changed, 2 switched off" in dry.stdout, True)
    suite.check("a dry run switches nobody off", status("tim"), 200)
    at.running.command("sync-ldap")
    after = {one["desktop_login"]: one for one in at.persons().values()}
    suite.check("a new name is the same person", (after["ada.l"]["id"], after["ada.l"]["last_name"]),
                (before["ada"]["id"], "Lovelace"))  # fmt: skip
    suite.check("who is gone is switched off", (after["tim"]["active"], after["eve"]["active"]), (False, False))
    suite.check("and stays listed", (after["tim"]["id"], after["tim"]["email"]), (before["tim"]["id"], "tim@wool.example"))
    # Another program changed the accounts, which the server sees within seconds.
    wait_for(lambda: status("tim") == 401, "the session of who is gone does not end", within=10)
    suite.check("the other one goes on", status("ada"), 200)
    suite.check("who is gone does not sign in", at.sign_in("tim", "tims-password"), REFUSED)
    directory.add(person("tim", "a-new-password"))
    at.running.command("sync-ldap")
    suite.check("who comes back is the same person", (at.persons()["tim@wool.example"]["id"], at.sign_in("tim", "a-new-password")[0]),
                (before["tim"]["id"], 200))  # fmt: skip
    for name in [f"uid=ada.l,{PEOPLE}", f"uid=eve,{PEOPLE}", f"uid=tim,{PEOPLE}", f"uid={escaped(ODD)},{PEOPLE}",
                 f"uid=off,{PEOPLE}", f"uid=robot,{PEOPLE}", f"uid=unsaid,{PEOPLE}", f"uid=max,ou=staff,{PEOPLE}"]:  # fmt: skip
        directory.delete(name)
    nobody = at.running.command("sync-ldap")
    suite.check("an empty directory switches nobody off", (nobody.returncode, "lists nobody" in nobody.stderr), (1, True))
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
    with slapd.directory(place, SUFFIX, tree(), tls, more, modules=["memberof"], overlay="overlay memberof") as directory:
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


AD_SCHEMA = """
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 2.16.840.1.113730.3.1.35 NAME 'thumbnailPhoto' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP inetOrgPerson STRUCTURAL MUST sAMAccountName
    MAY ( objectGUID $ userAccountControl $ thumbnailPhoto ) )
objectclass ( 1.2.840.113556.1.3.30 NAME 'computer' SUP user STRUCTURAL )
"""
USERS = f"cn=Users,{SUFFIX}"
# A usual account, and one that is switched off.
ON, OFF = 512, 514


def account(name, login, password, flags=ON, kind="user", **more):
    """An account in the shape of Active Directory, where other names are signed in with than those of entries."""
    return slapd.entry(f"cn={escaped(name)},{USERS}", objectClass=kind, cn=name, sAMAccountName=login, sn=name.split()[-1],
                       givenName=name.split()[0], userPassword=password, userAccountControl=flags, **more)  # fmt: skip


def domain():
    """The entries of a domain."""
    return [
        slapd.entry(SUFFIX, objectClass=["dcObject", "organization"], dc="wool", o="Wool"),
        slapd.entry(USERS, objectClass=["applicationProcess"], cn="Users"),
        account("Dailies Reader", "reader", READS),
        account("Ada Byron", "ada", "adas-password", objectGUID=bytes(range(240, 256)), mail="ada@wool.example", thumbnailPhoto=PICTURE),
        account("Eve, Moor (Wool)", "eve", "eves-password", objectGUID=bytes(16)),
        account("Tim Off", "tim", "tims-password", OFF),
        account("Workstation", "WS-1$", "x", kind="computer"),
    ]


def domain_groups():
    """Its groups, which its accounts name."""
    return [
        slapd.entry(f"cn=Leads (all*),{USERS}", objectClass="groupOfNames", cn="Leads (all*)",
                    member=f"cn={escaped('Eve, Moor (Wool)')},{USERS}"),  # fmt: skip
        slapd.entry(f"cn=Studio,{USERS}", objectClass="groupOfNames", cn="Studio",
                    member=[f"cn=Ada Byron,{USERS}", f"cn=Tim Off,{USERS}"]),  # fmt: skip
    ]


def domain_settings(directory, trusted, **more):
    """The settings of a studio with a domain."""
    return {
        **settings(directory, trusted),
        "LDAP_BASE_DN": USERS,
        "LDAP_USER": f"cn=Dailies Reader,{USERS}",
        "LDAP_EXCLUDED_ACCOUNTS": "reader,Dailies Reader",
        "DAILIES_LDAP_ROLES": f"Leads (all*)=supervisor;cn=studio,{USERS}=manager",
        **more,
    }


def simple_domain(suite, at):
    """Persons are named by their entries."""
    dry = at.running.command("sync-ldap", "--dry-run")
    suite.check("a dry run", (dry.returncode, "2 new" in dry.stdout, at.persons()), (0, True, {}))
    suite.check("persons are taken over", at.running.command("sync-ldap").returncode, 0)
    found = {one["desktop_login"]: (one["email"], one["role"], one["has_avatar"]) for one in at.persons().values()}
    suite.check("who is active, no computers, with roles by either name of a group", found,
                {"Ada Byron": ("ada@wool.example", "manager", True),
                 "Eve, Moor (Wool)": ("eve, moor (wool)@wool.example", "supervisor", False)})  # fmt: skip
    for name, password in (("Ada Byron", "adas-password"), ("ada@wool.example", "adas-password"), ("Eve, Moor (Wool)", "eves-password")):
        suite.check(f"{name} signs in", at.sign_in(name, password)[0], 200)
    for name, password in (("Ada Byron", "eves-password"), ("ada", "adas-password"), ("Tim Off", "tims-password"), ("Ada*", "adas-password")):
        suite.check(f"{name} does not", at.sign_in(name, password), REFUSED)


def accounts_of_domain(suite, at, directory):
    """Persons are named by their accounts. What is tried is the account's name in the domain."""
    group = at.running.command("sync-ldap", "--dry-run", settings={"LDAP_GROUP": f"cn=Studio,{USERS}"})
    suite.check("members of a group", (group.returncode, [line for line in group.stdout.splitlines() if ":" in line]),
                (0, ["new: Ada Byron (ada)"]))  # fmt: skip
    for wrong in ("*", f"*,{USERS}", f"cn=Studio,{USERS})(cn=*", f"cn=Stud*,{USERS}"):
        done = at.running.command("sync-ldap", "--dry-run", settings={"LDAP_GROUP": wrong})
        suite.check(f"{wrong} is nobody's group", (done.returncode, "new:" in done.stdout), (1, False))
    suite.check("persons are taken over", at.running.command("sync-ldap").returncode, 0)
    before = {one["desktop_login"]: one for one in at.persons().values()}
    suite.check("by the names of their accounts", sorted(before), ["ada", "eve"])
    directory.modify(f"dn: cn=Ada Byron,{USERS}\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: countess\n")
    at.running.command("sync-ldap")
    after = {one["desktop_login"]: one["id"] for one in at.persons().values()}
    suite.check("a renamed account is the same person", after.get("countess"), before["ada"]["id"])
    directory.modify(f"dn: cn={escaped('Eve, Moor (Wool)')},{USERS}\nchangetype: modify\nreplace: userAccountControl\n"
                     f"userAccountControl: {OFF}\n")  # fmt: skip
    done = at.running.command("sync-ldap")
    suite.check("who is switched off there", "1 switched off" in done.stdout, True)
    suite.check("is here", {one["desktop_login"]: one["active"] for one in at.persons().values()}["eve"], False)
    suite.check("slapd knows no such names, and lets nobody in", at.sign_in("countess", "adas-password"), REFUSED)


def active_directory(suite, place, issuer):
    """The studios with a domain."""
    schema = place / "ad.schema"
    schema.write_text(AD_SCHEMA)
    tls = certificate(place, "localhost", issuer)
    with slapd.directory(place, SUFFIX, domain(), tls, modules=["memberof"], overlay="overlay memberof",
                         schemas=[*slapd.USUAL_SCHEMAS, schema]) as directory:  # fmt: skip
        directory.add(*domain_groups())
        encrypted = {"LDAP_SSL": "true", "DAILIES_LDAP_START_TLS": "false", "LDAP_PORT": str(directory.tls_port)}
        with studio(domain_settings(directory, issuer[0], LDAP_IS_AD_SIMPLE="true", **encrypted)) as at:
            suite.section(simple_domain, at)
        named = {"LDAP_IS_AD": "true", "LDAP_DOMAIN": "wool.example", **encrypted}
        with studio(domain_settings(directory, issuer[0], **named)) as at:
            suite.section(accounts_of_domain, at, directory)


if __name__ == "__main__":
    ldap = Suite("ldap")
    with folder("ldap") as top:
        known, stranger = authority(top, "studio"), authority(top, "stranger")
        for part in ("tree", "domain"):
            (top / part).mkdir()
        openldap(ldap, top / "tree", known, stranger)
        active_directory(ldap, top / "domain", known)
    ldap.end()
