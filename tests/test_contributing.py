"""What contributors meet: forms, workflows, citation, pages."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import musebench
from musebench.models import released

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
FORMS.remove(ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml")
PAGES = ("CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "MAINTENANCE.md")
PAGES_OF_SITE = {"pages": "write", "id-token": "write"}
MAY_DO_MORE = {
    "release": {"publish": {"id-token": "write"}},
    "site": {"publish": PAGES_OF_SITE},
    "entries": {
        "check": {"contents": "read", "issues": "write"},
        "accept": {"contents": "write", "issues": "write"},
        "site": {"contents": "read"} | PAGES_OF_SITE,
    },
}
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def name_of(path):
    return path.stem


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_actions_are_pinned_by_commit_with_their_version_beside(path):
    used = [step["uses"] for job in read(path)["jobs"].values() for step in job.get("steps", ())
            if "uses" in step]  # fmt: skip
    text = path.read_text("utf-8")
    for action in used:
        assert PINNED.fullmatch(action), action
        assert re.search(rf"{re.escape(action)} # v\d+\.\d+\.\d+$", text, re.MULTILINE), action
    assert used == re.findall(r"uses: ([^\s.]\S*)", text)


def test_one_action_has_one_version_in_all_workflows():
    used = re.findall(
        r"uses: (\S+)@(\S+)", "\n".join(path.read_text("utf-8") for path in WORKFLOWS)
    )
    assert used
    assert len(dict(used)) == len(set(used))


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_workflows_may_read_and_few_jobs_may_do_more(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets" not in path.read_text("utf-8")
    more = {name: job["permissions"] for name, job in workflow["jobs"].items()
            if "permissions" in job}  # fmt: skip
    assert more == MAY_DO_MORE.get(path.stem, {})


def test_a_release_publishes_what_the_workflow_of_wheels_made():
    jobs = read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert jobs["publish"]["needs"] == "wheels"
    called = ROOT / jobs["wheels"]["uses"]
    assert "workflow_call" in read(called)[True]  # YAML 1.1 takes the key `on` for true
    check = jobs["version"]["steps"][-1]["run"]
    line = re.search(r'"(version .*)" pyproject', check)[1].replace("\\", "")
    line = line.replace("${GITHUB_REF_NAME#v}", musebench.__version__)
    assert line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines()


@pytest.mark.parametrize("path", FORMS, ids=name_of)
def test_forms_have_what_the_site_asks_of_them(path):
    form = read(path)
    assert all(isinstance(form[key], str) and form[key] for key in ("name", "description"))
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert len({field["attributes"]["label"] for field in fields}) == len(fields)
    assert any(field["validations"]["required"] for field in fields)
    for field in fields:
        assert field["type"] in {"input", "textarea", "dropdown", "checkboxes"}
        if field["type"] == "dropdown":
            options = field["attributes"]["options"]
            assert all(isinstance(option, str) for option in options)  # a bare yes is a boolean
            assert len(set(options)) == len(options) > 1


def test_there_is_a_form_for_each_thing_that_people_come_with():
    assert {path.stem for path in FORMS} == {"bug", "new-corpus", "new-board", "submission"}
    assert read(ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml") == {
        "blank_issues_enabled": True
    }


def test_the_citation_is_that_of_the_package(project):
    citation = read(ROOT / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["message"]
    assert citation["title"] == project["name"]
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["abstract"] == project["description"]
    assert citation["keywords"] == project["keywords"]
    assert citation["authors"] == project["authors"]


def test_addresses_are_those_of_the_repository_that_releases_come_from(project):
    repository = f"https://github.com/{released.REPOSITORY}"
    assert read(ROOT / "CITATION.cff")["repository-code"] == repository
    assert project["urls"]["Repository"] == repository
    assert all(url.startswith(repository) for url in project["urls"].values())
    assert (ROOT / project["urls"]["Changelog"].rpartition("/")[2]).exists()


def test_the_author_is_the_holder_of_the_licence(project):
    (author,) = project["authors"]
    assert author["name"] in (ROOT / "LICENSE").read_text("utf-8")


def test_hooks_call_what_the_gate_calls():
    repos = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    gate = (ROOT / "Makefile").read_text("utf-8").replace("$(BIN)", ".venv/bin")
    for hook in repos[0]["hooks"]:
        assert hook["entry"].removesuffix(" --force-exclude") in gate


def test_dependabot_looks_at_libraries_and_actions():
    updates = read(ROOT / ".github" / "dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"pip", "github-actions"}
    assert all(update["schedule"]["interval"] and update["directory"] == "/" for update in updates)


@pytest.mark.parametrize("page", PAGES)
def test_pages_lead_to_what_is_there(page):
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    named = re.findall(r"`((?:\.github|docs|tests|musebench|csrc|leaderboards)/[\w./-]+)`", text)
    for path in [*links, *named]:
        assert (ROOT / path).exists(), path


def test_the_commands_of_the_guide_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z]+)\b", text)) <= set(targets)
    tests = re.findall(r"\btests/\w+\.py", text)
    assert tests
    assert all((ROOT / path).is_file() for path in tests)
