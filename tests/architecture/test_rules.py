"""Rules of the house that a machine can hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "integrations", "leads", "campaigns", "conversions", "config")
LONGEST_FILE = 400
# Names that say nothing about what is inside.
VAGUE_NAMES = {"utils.py", "helpers.py", "services.py", "common.py", "misc.py"}

# Files that write a `status`, and whose: the lead's belongs to the lifecycle alone.
STATUS_WRITERS = {
    "leads/transitions.py": "leads move here and nowhere else",
    "leads/diary/bookings.py": "appointments, under the lead's lock",
    "leads/diary/appointments.py": "appointments, under the lead's lock",
    "leads/bulk/jobs.py": "jobs",
    "leads/bulk/job_runs.py": "jobs",
    "leads/messaging/messages.py": "messages",
    "leads/messaging/email_delivery.py": "messages",
    "integrations/inbox.py": "inbound deliveries",
    "leads/intake.py": "the status a lead is born with",
    "conversions/delivery.py": "uploads",
    "campaigns/queue.py": "campaign leads, as they are handed out",
    "campaigns/running.py": "campaigns, and their leads as they start",
    "campaigns/stopping.py": "campaign leads whose work stops or goes on",
    "campaigns/attempts.py": "campaign leads, by what came of the call",
    "campaigns/imports/work.py": "imports",
    "campaigns/imports/imports.py": "imports",
    "campaigns/exports/exports.py": "exports",
    "campaigns/exports/making.py": "exports",
}
# Demo histories are written in bulk, as of the past.
STATUS_WRITING_FOLDERS = ("config/demo/",)


def sources() -> Iterator[tuple[str, str]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()


def _writes_status(tree: ast.AST) -> bool:
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            targets = [node.target]
        if any(
            isinstance(t, ast.Attribute) and t.attr == "status" and not _is_self(t) for t in targets
        ):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_update = node.func.attr in ("update", "create", "get_or_create")
            if is_update and any(keyword.arg == "status" for keyword in node.keywords):
                return True
    return False


def _is_self(target: ast.Attribute) -> bool:
    return isinstance(target.value, ast.Name) and target.value.id == "self"


def test_statuses_are_written_only_where_the_rules_live():
    writers = {name for name, text in sources() if _writes_status(ast.parse(text))}
    writers = {name for name in writers if not name.startswith(STATUS_WRITING_FOLDERS)}
    assert writers <= set(STATUS_WRITERS)
    assert "leads/transitions.py" in writers


def test_the_rule_above_can_fail():
    assert _writes_status(ast.parse("lead.status = 'lost'"))
    assert _writes_status(ast.parse("Lead.objects.filter(pk=1).update(status='lost')"))
    assert not _writes_status(ast.parse("self.status = 409"))


def test_no_file_is_long_or_vaguely_named():
    long = {name for name, text in sources() if text.count("\n") > LONGEST_FILE}
    assert long == set()
    assert [name for name, _text in sources() if Path(name).name in VAGUE_NAMES] == []


@pytest.mark.parametrize("marker", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_for_later(marker):
    assert [name for name, text in sources() if marker in text] == []


def test_no_signals_carry_business_logic():
    signal_users = {name for name, text in sources() if "django.db.models.signals" in text}
    # Policies follow every migrate; nothing else listens.
    assert signal_users == {"accounts/apps.py"}
