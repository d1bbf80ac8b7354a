"""Signs in and lists the projects with the generated client.

The generator names modules and classes after the contract's tags, operation ids and schemas. They
are found by method and path here, so that renaming an operation does not break this program.
"""

import importlib
import inspect
import os
import pkgutil
import typing

from generated_dailies import AuthenticatedClient, Client, api


def operations():
    """Every generated operation module; one that cannot be loaded is a failure too."""
    found = (
        importlib.import_module(entry.name)
        for entry in pkgutil.walk_packages(api.__path__, f"{api.__name__}.")
    )
    return [module for module in found if hasattr(module, "sync_detailed")]


def operation(modules, method, path):
    """The module of one operation."""
    for module in modules:
        source = inspect.getsource(module)
        if f'"method": "{method}"' in source and f'"url": "{path}"' in source:
            return module
    raise LookupError(f"nothing was generated for {method} {path}")


def body(module, content):
    """The content as an instance of the class that the operation takes as its JSON body."""
    wanted = typing.get_type_hints(module.sync_detailed)["body"]
    candidates = typing.get_args(wanted) or (wanted,)
    model = next(
        candidate
        for candidate in candidates
        if inspect.isclass(candidate) and hasattr(candidate, "from_dict")
    )
    return model.from_dict(content)


def main():
    """Fails with a message when an answer is not what the contract says."""
    url = os.environ["DAILIES_URL"]

    modules = operations()
    login = operation(modules, "post", "/auth/login")
    credentials = {"email": os.environ["DAILIES_EMAIL"], "password": os.environ["DAILIES_PASSWORD"]}
    answer = login.sync_detailed(client=Client(base_url=url), body=body(login, credentials))
    assert answer.status_code == 200, f"sign-in answered {answer.status_code}: {answer.content!r}"
    token = answer.parsed.access_token

    listing = operation(modules, "get", "/data/projects")
    answer = listing.sync_detailed(client=AuthenticatedClient(base_url=url, token="not-a-token"))
    assert answer.status_code == 422, f"with a wrong token the listing answered {answer.status_code}, not 422"

    answer = listing.sync_detailed(client=AuthenticatedClient(base_url=url, token=token))
    assert answer.status_code == 200, f"the listing answered {answer.status_code}: {answer.content!r}"
    assert isinstance(answer.parsed, list), f"the listing was parsed as {type(answer.parsed)}"
    names = [project.name for project in answer.parsed]
    assert names, "the demo data has a project, but none was listed"
    print(
        f"python client: openapi-python-client is silent, its {len(modules)} operations load, "
        f"and its client lists {', '.join(names)}"
    )


if __name__ == "__main__":
    main()
