"""A Prometheus beside a server, set up as the manual says, with the alerts and the dashboard of `packaging/`.

Each curve of the dashboard has to show something, with the labels that its legend names, and no alert may be up.
"""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import requests
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import server  # noqa: E402

WITHIN = 30
# Nobody takes e-mails there, so that a job is put off.
MAIL = {"MAIL_ENABLED": "true", "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": "9"}


def scraping(dailies):
    """The settings of the manual, for this server and with less time between two readings."""
    page = (server.REPOSITORY / "docs/monitoring.md").read_text()
    settings = yaml.safe_load(re.search(r"```yaml\n(scrape_configs:.*?)```", page, re.DOTALL)[1])
    settings["scrape_configs"][0]["static_configs"] = [{"targets": [dailies.url.removeprefix("http://")]}]
    settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    settings["rule_files"] = [str(server.REPOSITORY / "packaging/prometheus-alerts.yaml")]
    return settings


@contextlib.contextmanager
def prometheus(folder, settings):
    """Runs a Prometheus until the block ends, and gives its address."""
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(settings))
    subprocess.run(["promtool", "check", "config", path], check=True, capture_output=True)
    address = f"127.0.0.1:{server.free_port()}"
    command = ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={address}"]
    with server.program(command, folder / "prometheus.log"):
        yield f"http://{address}"


def curves():
    """Title, expression and legend of each curve, with the variables of Grafana replaced."""
    dashboard = json.loads((server.REPOSITORY / "packaging/grafana-dashboard.json").read_text())
    for panel in dashboard["panels"]:
        # Where nothing happened some panels say 0.
        if "noValue" in panel["fieldConfig"]["defaults"]:
            continue
        for target in panel["targets"]:
            expression = target["expr"].replace("$instance", ".*").replace("$__rate_interval", "1m")
            yield panel["title"], expression, target.get("legendFormat", "")


def problem(http, address, curve):
    """The fault of a curve, or nothing."""
    title, expression, legend = curve
    answer = http.get(f"{address}/api/v1/query", params={"query": expression}, timeout=WITHIN).json()
    if answer["status"] != "success":
        return f"{title}: {answer['error']}"
    found = answer["data"]["result"]
    if not found or found[0]["value"][1] == "NaN":
        return f"{title} shows nothing: {expression}"
    missing = set(re.findall(r"{{\s*(\w+)\s*}}", legend)) - set(found[0]["metric"])
    return f"{title} has no {missing}" if missing else None


def signed_in(dailies):
    """A session of the administrator, and their id."""
    http = requests.Session()
    # A proxy of this machine means nothing here.
    http.trust_env = False
    answer = http.post(f"{dailies.url}/auth/login", json={"email": dailies.email, "password": dailies.password}, timeout=WITHIN)
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return http, answer.json()["user"]["id"]


def main():
    """Waits until all curves show something, and looks at the alerts then."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dailies-monitoring-"))
    try:
        with server.running(demo=False, settings=MAIL) as dailies, prometheus(folder, scraping(dailies)) as address:
            http, somebody = signed_in(dailies)
            deadline = time.monotonic() + WITHIN
            problems = ["Prometheus does not answer"]
            while problems:
                assert time.monotonic() < deadline, "\n".join(problems)
                time.sleep(0.5)
                # An e-mail is a job.
                answer = http.get(f"{dailies.url}/actions/persons/{somebody}/invite", timeout=WITHIN)
                assert answer.status_code == 200, answer.text
                with contextlib.suppress(requests.ConnectionError):
                    problems = [told for told in (problem(http, address, curve) for curve in curves()) if told]
            text = http.get(f"{dailies.url}/metrics", timeout=WITHIN).content
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
            assert checked.returncode == 0, checked.stderr.decode()
            groups = http.get(f"{address}/api/v1/rules", timeout=WITHIN).json()["data"]["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            wrong = [rule for rule in rules if rule["health"] != "ok" or rule["state"] == "firing"]
            assert rules and not wrong, wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"monitoring: Prometheus reads the server, {len(list(curves()))} curves show something, {len(rules)} alerts are quiet")


if __name__ == "__main__":
    main()
