"""A million believable leads over three workspaces, by COPY into temporary tables.

COPY into a table with policies is refused, so rows go through a temporary table and one
INSERT … SELECT as the system role. 60 % of the leads are the first workspace's, 30 % the second's.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
from django.db import connection

from accounts.ids import new_id
from accounts.models import Membership, Organization, User, Workspace
from accounts.permissions import Role
from accounts.tenancy import system_scope
from accounts.workspaces import create_workspace
from benchmarks.surroundings import surround
from leads.measuring import metrics_rollup
from leads.models import CustomField, Source, Status
from leads.models.lead_words import OPEN_STATUSES
from leads.scoring import heat

SHARES = (0.6, 0.3, 0.1)
STATUS_WEIGHTS = {
    Status.NEW: 18,
    Status.ENRICHED: 8,
    Status.CONTACTED: 18,
    Status.CONVERSING: 9,
    Status.QUALIFIED: 9,
    Status.SCHEDULED: 5,
    Status.COMPLETED: 8,
    Status.CONVERTED: 10,
    Status.LOST: 15,
}
# Some 2,700 first and 4,100 last names, so that a name is about as rare as in life.
STARTS = ["An", "Be", "Ca", "Dmi", "E", "Fe", "Gre", "Hu", "I", "Ja", "Ka", "Li", "Ma", "No", "O"]
MIDDLES = ["la", "ri", "no", "ve", "ta", "mi", "sa", "du", "lo", "be", "ri", "na", "go", "ke", "su"]
ENDS = ["", "n", "na", "ra", "s", "ta", "l", "la", "ne", "r", "do", "m"]
FAMILIES = ["", "son", "ner", "ez", "ov", "ini", "berg", "ski", "mann", "dottir", "ard", "well"]
AREA_CODES = [206, 212, 213, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 808, 919]
OWNERS = 20
TAGS = [("vip", 0.02), ("newsletter", 0.3), ("rare", 0.0005)]
# Every so many contacts work for a company, so many for each, and a part of them for one.
WORKS_FOR_A_COMPANY = 3
PEOPLE_OF_A_COMPANY = 4
WORKS_FOR_THE_LARGEST = 99
# Every so many open leads have a task.
HAS_TASK = 5
# The one custom field: every so many contacts have the value.
SEGMENTS = {"rare": 2000, "common": 3}

_CONTACT_COLUMNS = (
    "id, workspace_id, created_at, updated_at, first_name, last_name, email, email_normalized,"
    " phone, phone_e164, custom_fields, company_id"
)
_LEAD_COLUMNS = (
    "id, workspace_id, contact_id, created_at, updated_at, status, status_changed_at, source,"
    " heat_score, heat, quality_rating, contact_count, last_contacted_at, last_contact_method,"
    " first_contacted_at, last_activity_at, qualified_at, lost_at, gclid, auto_close_alarm_at,"
    " assigned_to_id, assigned_at, next_task_at"
)
_COMPANY_COLUMNS = "id, workspace_id, created_at, updated_at, name, name_normalized, website"
_TAG_COLUMNS = "id, workspace_id, created_at, contact_id, name"
_VALUE_COLUMNS = "id, workspace_id, created_at, field_id, contact_id, text_value, match_text"
# Every column that must not be null and is not given, with what an empty one holds.
_EMPTY_CONTACT = {
    "display_name": "''",
    "job_title": "''",
    "linkedin_url": "''",
    "social_profiles": "'[]'",
    "address": "'{}'",
    "time_zone": "''",
    "custom_metadata_sealed": "''",
    "consent": "'{}'",
    "do_not_contact": "'{}'",
    "lifetime_value": "0",
    "conversion_count": "0",
    "conversion_status": "'pending'",
    "converted_by": "''",
    "sent_from_workspace": "''",
    "converted_from_workspace": "''",
}
_EMPTY_LEAD = {
    **dict.fromkeys(
        (
            "gbraid",
            "wbraid",
            "fbclid",
            "fbp",
            "fbc",
            "meta_lead_id",
            "li_fat_id",
            "utm_source",
            "utm_medium",
            "utm_campaign",
            "utm_term",
            "utm_content",
            "landing_page",
            "referrer",
            "scheduled_from",
            "lost_from",
            "source_workflow",
            "external_id",
            "notes",
            "loss_reason",
            "unqualified_reason",
            "created_by",
        ),
        "''",
    ),
    **dict.fromkeys(
        ("platform_ref", "enrichment_data", "attributes", "conversion_metadata"), "'{}'"
    ),
    "response_count": "0",
}

Row = tuple[object, ...]


def name(number: int) -> tuple[str, str]:
    """The first and last name of the contact with that running number."""
    dice = random.Random(number)
    first = dice.choice(STARTS) + dice.choice(MIDDLES) + dice.choice(ENDS)
    last = dice.choice(STARTS) + dice.choice(MIDDLES) + dice.choice(ENDS) + dice.choice(FAMILIES)
    return first, last


def make_workspaces() -> list[Workspace]:
    """The three workspaces of a run, in an organization of their own."""
    organization = Organization.objects.create(name="Benchmark")
    return [
        create_workspace(organization=organization, slug=f"bench-{number}", name=f"Bench {number}")
        for number in range(1, len(SHARES) + 1)
    ]


def load(workspaces: list[Workspace], leads: int, *, seed: int = 7) -> None:
    """Fill the workspaces with `leads` leads, a contact each, and analyse the tables."""
    dice = random.Random(seed)
    offset = 0
    for workspace, share in zip(workspaces, SHARES, strict=True):
        count = round(leads * share)
        people = [(new_id(), new_id(), offset + number) for number in range(count)]
        offset += count
        owners = _owners(workspace)
        with system_scope():
            firms = [new_id() for _firm in range(1 + count // 12)]
            _copy("leads_company", _COMPANY_COLUMNS, {}, _companies(workspace, firms))
            contacts = _contacts(workspace, people, firms)
            _copy("leads_contact", _CONTACT_COLUMNS, _EMPTY_CONTACT, contacts)
            _copy("leads_lead", _LEAD_COLUMNS, _EMPTY_LEAD, _leads(workspace, people, dice, owners))
            _copy("leads_contacttag", _TAG_COLUMNS, {}, _tags(workspace, people, dice))
            segment = CustomField.objects.create(
                workspace=workspace, key="segment", label="Segment"
            )
            values = _values(workspace, people, segment)
            _copy("leads_contactfieldvalue", _VALUE_COLUMNS, {}, values)
            surround(workspace)
    # As beat does in its first minutes.
    metrics_rollup.recount()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _owners(workspace: Workspace) -> list[UUID]:
    people = [
        User.objects.create_user(f"rep{number}@{workspace.slug}.example")
        for number in range(OWNERS)
    ]
    for user in people:
        Membership.objects.create(user=user, workspace=workspace, role=Role.REP)
    return [user.pk for user in people]


def _copy(table: str, columns: str, empty: dict[str, str], rows: Iterator[Row]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(
            f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0"
        )
        cursor.execute("GRANT SELECT ON incoming TO leadloop_system")
        with cursor.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("SET LOCAL ROLE leadloop_system")
        names = ", ".join([columns, *empty])
        values = ", ".join([columns, *empty.values()])
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM incoming")
        cursor.execute("RESET ROLE")
        cursor.execute("DROP TABLE incoming")
        cursor.execute("SET LOCAL ROLE leadloop_system")


People = list[tuple[UUID, UUID, int]]


def _companies(workspace: Workspace, firms: list[UUID]) -> Iterator[Row]:
    now = datetime.now(UTC)
    for number, firm_id in enumerate(firms):
        called = f"{' & '.join(name(number))} {number}"
        yield firm_id, workspace.pk, now, now, called, called.lower(), ""


def _firm(number: int, firms: list[UUID]) -> UUID | None:
    """The first one is the largest."""
    if number % WORKS_FOR_A_COMPANY:
        return None
    if number % WORKS_FOR_THE_LARGEST == 0:
        return firms[0]
    return firms[number // (WORKS_FOR_A_COMPANY * PEOPLE_OF_A_COMPANY) % len(firms)]


def _contacts(workspace: Workspace, people: People, firms: list[UUID]) -> Iterator[Row]:
    now = datetime.now(UTC)
    for contact_id, _lead_id, number in people:
        first, last = name(number)
        email = f"{first}.{last}.{number}@example.com".lower()
        # A prime step: neighbours have numbers that look nothing alike.
        phone = f"+1{AREA_CODES[number % len(AREA_CODES)]}{2_000_003 + number * 7919 % 7_999_993}"
        created = now - timedelta(seconds=number * 7)
        who = (first, last, email, email, phone, phone)
        segment = _segment(number)
        custom_fields = orjson.dumps({"segment": segment} if segment else {}).decode()
        firm = _firm(number, firms)
        yield (contact_id, workspace.pk, created, created, *who, custom_fields, firm)


def _leads(
    workspace: Workspace, people: People, dice: random.Random, owners: list[UUID]
) -> Iterator[Row]:
    now = datetime.now(UTC)
    statuses = dice.choices(list(STATUS_WEIGHTS), list(STATUS_WEIGHTS.values()), k=len(people))
    sources = [source.value for source in Source]
    for (contact_id, lead_id, number), status in zip(people, statuses, strict=True):
        created = now - timedelta(seconds=number * 7)
        active = created + (now - created) * dice.random()
        score = min(40, int(dice.expovariate(0.18)))
        contacted = active if status not in (Status.NEW, Status.ENRICHED) else None
        waiting = status in (Status.NEW, Status.ENRICHED, Status.QUALIFIED)
        yield (
            lead_id,
            workspace.pk,
            contact_id,
            created,
            created,
            status.value,
            active,
            sources[number % len(sources)],
            score,
            heat.DEFAULT.level(score).value,
            "unrated",
            dice.randint(1, 6) if contacted else 0,
            contacted,
            dice.choice(["email", "call", "sms", "linkedin"]) if contacted else "",
            contacted,
            active,
            active if status == Status.QUALIFIED else None,
            active if status == Status.LOST else None,
            f"Cj0-{number}" if number % 3 == 0 else "",
            # Nothing is due yet: the sweep's rows make their own.
            now + timedelta(days=30) if waiting else None,
            # A tenth is nobody's yet.
            *((owners[number % OWNERS], created) if number % 10 else (None, None)),
            # From a day ago until a month from now.
            now + timedelta(minutes=10 * (number % 4500) - 1440)
            if status in OPEN_STATUSES and number % HAS_TASK == 0
            else None,
        )


def _tags(workspace: Workspace, people: People, dice: random.Random) -> Iterator[Row]:
    now = datetime.now(UTC)
    for contact_id, _lead_id, _number in people:
        for name, share in TAGS:
            if dice.random() < share:
                yield (new_id(), workspace.pk, now, contact_id, name)


def _segment(number: int) -> str:
    return next((name for name, every in SEGMENTS.items() if number % every == 0), "")


def _values(workspace: Workspace, people: People, field: CustomField) -> Iterator[Row]:
    now = datetime.now(UTC)
    for contact_id, _lead_id, number in people:
        if segment := _segment(number):
            yield (new_id(), workspace.pk, now, field.pk, contact_id, segment, segment)
