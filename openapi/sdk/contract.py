"""The contract as the packages are made from it."""

import json
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
# Parameters with which a list is answered in another form than a list.
PAGING = ("page", "limit", "fields", "cursor_created_at")


def read():
    """The bundled contract, in which a list is a list: pages have a helper of their own in the packages."""
    document = json.loads((REPOSITORY / "openapi/openapi.json").read_text())
    for operation in operations(document):
        media = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        first = media.get("schema", {}).get("anyOf", [{}])[0]
        if first.get("type") == "array":
            media["schema"] = first
            without(operation, PAGING)
    return document


def operations(document):
    """All operations."""
    return (item[method] for item in document["paths"].values() for method in METHODS if method in item)


def without(operation, names):
    """Takes parameters out of an operation."""
    operation["parameters"] = [known for known in operation.get("parameters", []) if known["name"] not in names]
