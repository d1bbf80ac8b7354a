"""Departments and people."""

import gazu

from studio_day import shapes
from studio_day.day import TAG, by_id, refused
from studio_day.shapes import has_keys

PERSON_PASSWORD = f"password-of-{TAG}"


def create_people(day):
    """Two departments and five people, found again by what clients look for."""
    day.departments = []
    for name, colour in (("Modeling", "#78909C"), ("Animation", "#009688")):
        department = gazu.person.new_department(f"{name} {TAG}", colour)
        day.heard(("department:new", {"department_id": department["id"]}))
        day.departments.append(department)
    assert gazu.person.get_department_by_name(f"Modeling {TAG}")["id"] == day.departments[0]["id"]

    day.people = {}
    for name, role in (
        ("artist", "user"),
        ("supervisor", "supervisor"),
        ("manager", "manager"),
        ("client", "client"),
        ("outsider", "user"),
    ):
        person = gazu.person.new_person(
            name.capitalize(),
            f"Day {TAG}",
            f"{name}-{TAG}@example.com",
            role=role,
            departments=[day.departments[1]] if name == "artist" else [],
            password=PERSON_PASSWORD,
        )
        has_keys(person, shapes.PERSON | {"departments"}, "a new person")
        assert person["full_name"] == f"{name.capitalize()} Day {TAG}" and person["role"] == role, person
        assert person["active"] and not person["is_bot"] and person["type"] == "Person", person
        day.heard(("person:new", {"person_id": person["id"]}))
        day.people[name] = person
    artist = day.people["artist"]
    assert artist["departments"] == [day.departments[1]["id"]], artist["departments"]

    again = gazu.person.new_person("Artist", "Again", artist["email"])
    assert again["id"] == artist["id"], "gazu finds the person of an e-mail"
    refused(
        lambda: gazu.client.create(
            "persons", {"first_name": "A", "last_name": "B", "email": artist["email"].upper()}
        ),
        "Email already in use.",
        gazu.ParameterException,
    )
    assert gazu.person.get_person_by_email(artist["email"].upper())["id"] == artist["id"]
    assert gazu.person.get_person_by_full_name(artist["full_name"])["id"] == artist["id"]
    assert by_id(gazu.person.all_persons())[artist["id"]]["email"] == artist["email"]

    updated = gazu.person.update_person({"id": artist["id"], "phone": "+33 1 23 45 67 89"})
    assert updated["phone"] == "+33 1 23 45 67 89" and updated["departments"] == artist["departments"], (
        updated
    )
    day.heard(("person:update", {"person_id": artist["id"]}))
