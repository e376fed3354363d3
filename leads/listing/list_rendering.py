"""The public form of many leads as the database writes it, without turning values into objects.

A page of 50 leads has three thousand values. Times and JSON are text on the wire and text in the
answer: making Python objects of them in between took most of a page's time, and letting PostgreSQL
write the JSON took twice as long as handing its columns over. `rendering.lead` is the same form of
one lead, and a test holds the two equal.

A form that was written stays right until one of the rows it is made of changes (ADR 17), so only
those that a process does not know in their present version are read.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateTimeField, F, JSONField, OuterRef
from django.db.models.expressions import CombinedExpression
from psycopg.types.string import TextLoader

from accounts.among import array_of
from accounts.postgresql.prepared import prepared_cursor
from accounts.rendering import encoded
from accounts.row_versions import KeptByVersion
from leads.models import ATTRIBUTION_FIELDS, ContactTag, Lead
from leads.rendering import LEAD_FORM, OWNER, put_together

_COLUMNS = tuple(dict.fromkeys((*LEAD_FORM.values(), *OWNER, *ATTRIBUTION_FIELDS)))
_TAGS = "tag_names"
# A lead shows its contact's custom fields with its own upon them.
_CUSTOM_FIELDS = "all_custom_fields"
# Where each field of the form stands; the rest is put together.
_SOURCES = {**LEAD_FORM, "custom_fields": _CUSTOM_FIELDS, "tags": _TAGS}


@dataclass(frozen=True)
class _Statement:
    """The SQL, with placeholders for ids and workspace, and which of its columns are what."""

    sql: str
    times: Sequence[int]
    documents: Sequence[int]
    form: Callable[[Sequence[Any]], tuple[Any, ...]]
    owner: Callable[[Sequence[Any]], tuple[Any, ...]]
    attribution: Callable[[Sequence[Any]], tuple[Any, ...]]


# Where the rows stand that a lead's form is made of. Any change of one of them moves it.
_VERSIONS = """
    SELECT lead.id, ROW(lead.xmin, lead.ctid, contact.xmin, contact.ctid, company.xmin,
        company.ctid, owner.xmin, owner.ctid, ARRAY(
            SELECT tag.name FROM leads_contacttag AS tag
            WHERE tag.workspace_id = lead.workspace_id AND tag.contact_id = lead.contact_id
            ORDER BY tag.name
        ))::text
    FROM leads_lead AS lead
    JOIN leads_contact AS contact ON contact.id = lead.contact_id
    LEFT JOIN leads_company AS company ON company.id = contact.company_id
    LEFT JOIN accounts_user AS owner ON owner.id = lead.assigned_to_id
    WHERE lead.id = ANY(%s::uuid[]) AND lead.workspace_id = %s
"""
# Bytes: what is longer is read anew each time, so that what is known stays below 80 MB.
LONGEST_KNOWN = 8_192
# By the number behind each id: a UUID is hashed and compared in Python.
_known: KeptByVersion[orjson.Fragment] = KeptByVersion(10_000)


def written(ids: Sequence[UUID], *, workspace_id: UUID) -> list[orjson.Fragment]:
    """These leads of a workspace in this order, as JSON; runs in its scope."""
    with prepared_cursor() as cursor:
        cursor.execute(_VERSIONS, [array_of(ids), workspace_id])
        versions = dict(cursor.fetchall())
    texts = {pk.int: _known.get(pk.int, version) for pk, version in versions.items()}
    unknown = [pk for pk in versions if texts[pk.int] is None]
    for form in leads(unknown, workspace_id=workspace_id) if unknown else ():
        pk, text = form["id"], encoded(form)
        texts[pk.int] = new = orjson.Fragment(text)
        if len(text) <= LONGEST_KNOWN:
            _known.keep(pk.int, versions[pk], new)
    return [row for pk in ids if (row := texts.get(pk.int)) is not None]


def leads(ids: Sequence[UUID], *, workspace_id: UUID) -> list[dict[str, Any]]:
    """These leads of a workspace in this order, ready for `OrjsonRenderer`; runs in its scope."""
    statement = _statement()
    with prepared_cursor() as cursor:
        cursor.adapters.register_loader("timestamptz", TextLoader)
        cursor.execute(statement.sql, [array_of(ids), workspace_id])
        forms = [_form(row, statement) for row in cursor.fetchall()]
    found = {form["id"].int: form for form in forms}
    return [found[pk.int] for pk in ids if pk.int in found]


def _form(row: Sequence[Any], statement: _Statement) -> dict[str, Any]:
    values = list(row)
    for n in statement.times:
        if values[n] is not None:
            values[n] = _time(values[n])
    for n in statement.documents:
        values[n] = orjson.Fragment(values[n])
    form = dict(zip(_SOURCES, statement.form(values), strict=True))
    return put_together(
        form, owner=statement.owner(values), attribution=statement.attribution(values)
    )


def _time(text: str) -> str:
    """`2026-11-21 09:30:00.5+00` as `orjson` writes it; the connection's time zone is UTC."""
    if len(text) == _WITH_MICROSECONDS:
        return f"{text[:10]}T{text[11:26]}Z"
    day, clock = text.removesuffix("+00").split(" ")
    seconds, point, fraction = clock.partition(".")
    return f"{day}T{seconds}{point}{fraction:0<6}Z" if point else f"{day}T{seconds}Z"


_WITH_MICROSECONDS = len("2026-11-21 09:30:00.123456+00")


@cache
def _statement() -> _Statement:
    """Put together once: to build it anew took as long as to run it."""
    tags = ContactTag.objects.filter(
        contact_id=OuterRef("contact_id"), workspace_id=OuterRef("workspace_id")
    )
    computed = {
        _TAGS: ArraySubquery(tags.order_by("name").values("name")),
        _CUSTOM_FIELDS: CombinedExpression(
            F("contact__custom_fields"), "||", F("custom_fields"), output_field=JSONField()
        ),
    }
    nobody = UUID(int=0)
    rows = Lead.objects.filter(pk=nobody).filter(workspace_id=nobody)
    query = rows.order_by().values(*_COLUMNS, **computed).query
    sql, parameters = query.sql_with_params()
    one, many = '"leads_lead"."id" = %s', '"leads_lead"."id" = ANY(%s::uuid[])'
    if sql.count(one) != 1 or parameters != (nobody, nobody):
        raise RuntimeError("Django writes this statement in another way now.")
    names = (*_COLUMNS, *computed)
    kinds = [column.output_field for column in (*query.select, *query.annotations.values())]
    place = {name: n for n, name in enumerate(names)}

    def picked(paths: Iterable[str]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
        return itemgetter(*(place[path] for path in paths))

    return _Statement(
        sql=sql.replace(one, many),
        times=[n for n, kind in enumerate(kinds) if isinstance(kind, DateTimeField)],
        documents=[n for n, kind in enumerate(kinds) if isinstance(kind, JSONField)],
        form=picked(_SOURCES.values()),
        owner=picked(OWNER),
        attribution=picked(ATTRIBUTION_FIELDS),
    )
