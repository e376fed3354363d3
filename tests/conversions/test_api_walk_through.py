"""The walk-through at the top of /api/docs/ does what it says, command by command."""

import re
import shlex
from pathlib import Path

import pytest

from conversions import delivery
from integrations import outbox
from tests.api import with_key

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "integrators"


def commands(guide: str) -> list[str]:
    """The shell lines of a guide; a line that goes on is joined."""
    blocks = re.findall(r"```sh\n(.*?)```", (GUIDES / guide).read_text(), re.DOTALL)
    text = "\n".join(blocks)
    return re.findall(r"^(?:api \w+ (?:'[^']*'|[^\n'])*|\w+=….*)$", text, re.MULTILINE)


def follow(guide: str, caller, known: dict[str, str]) -> list[tuple[str, str, dict]]:
    """Run the commands; ``NAME=…`` takes what its comment names from the answer before it."""
    answers: list[tuple[str, str, dict]] = []
    for command in commands(guide):
        if "=…" in command:
            name, wanted = command.split("=…")[0], re.findall(r'"(\w+)"', command)
            if wanted:
                answer = answers[-1][2]
                known[name] = str(answer.get("results", [answer])[0][wanted[0]])
            continue
        for name, value in known.items():
            command = command.replace(f"${name}", value)
        _api, method, path, *body = shlex.split(command)
        answer = caller.call(method.lower(), path, body[0] if body else None)
        assert answer.status_code in (200, 201, 202), (command, answer.content)
        answers.append((method, path, answer.json()))
        while outbox.drain():
            pass
        for connection_id in delivery.connections_with_due_uploads():
            delivery.deliver_batch(connection_id)
    return answers


def test_an_integrator_who_follows_it_sees_the_upload(world):
    caller = with_key(world.key())
    answers = follow("api-introduction.md", caller, {})
    by_path = {path: answer for _method, path, answer in answers}
    (completed,) = [answer for path, answer in by_path.items() if path.endswith("/complete/")]
    assert completed["status"] == "completed"
    (listed,) = [answer for path, answer in by_path.items() if path.startswith("uploads/?")]
    assert [row["lead_id"] for row in listed["results"]] == [completed["id"]]
    assert listed["results"][0]["status"] == "dry_run"
    assert by_path["conversions/log/"]["lead_id"] == completed["id"]
    assert caller.get(f"leads/{completed['id']}/").json()["status"] == "converted"
    (narrowed,) = [answer for path, answer in by_path.items() if "attr." in path]
    assert narrowed["results"]
    (job,) = [answer for path, answer in by_path.items() if path.startswith("jobs/")]
    assert (job["action"], job["status"]) == ("tag", "queued")
    (call,) = [answer for path, answer in by_path.items() if path.endswith("/attempts/")]
    assert (call["outcome"], call["pledged_amount"]) == ("pledged", "250.00")
    assert call["donated_amount"] == "0.00"
    assert len(answers) == 25


@pytest.mark.parametrize("guide", ["google-data-manager.md", "meta.md"])
def test_the_platforms_guides_name_what_the_providers_know(world, guide, monkeypatch):
    monkeypatch.setattr("integrations.providers.base.Provider._require_configuration", _refuse)
    caller = with_key(world.key())
    provider = guide.removesuffix(".md").replace("-", "_")
    body = {"provider": provider, "settings": {"customer_id": "1"}}
    if provider == "meta":
        body["settings"] = {"dataset_id": "1"}
    connection = caller.post("connections/", body).json()["id"]
    answers = follow(guide, caller, {"CONNECTION": connection})
    assert next(path for _method, path, _answer in answers) == "connections/"


def _refuse(_provider) -> None:
    from integrations.contracts import ConfigurationError

    raise ConfigurationError("Nothing leaves this test.")
