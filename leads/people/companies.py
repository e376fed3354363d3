"""The firms people work for: who sees them, what is counted of them, and changing one.

Intake makes a company by naming it (`contacts.company_named`); its name is known once, whatever the
case and spacing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.db.models import Exists, Func, IntegerField, OuterRef, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.permissions import Permission
from integrations import outbox
from leads.errors import Conflict, LeadError
from leads.listing.narrowing import among
from leads.models import Company, Contact, Lead
from leads.models.lead import LeadQuerySet, sees_own_only
from leads.people.identity import normalize_name

CHANGEABLE = ("name", "website")
LONGEST_NAME = Company._meta.get_field("name_normalized").max_length or 0
LONGEST_WEBSITE = Company._meta.get_field("website").max_length or 0
# Nobody reads a larger number than this of one company in a list.
MOST_COUNTED = 1_000
# Up to so many people of a company are added up for its totals.
MOST_SUMMED = 10_000


class CompanyNotFound(LeadError):
    status = 404
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such company, or it is not yours to see.")


class InvalidCompany(LeadError):
    """The company cannot be like that; `errors` names each field."""


def visible_companies(actor: Actor) -> QuerySet[Company]:
    """The workspace's companies; who sees own leads only sees those of people they see."""
    rows: QuerySet[Company] = Company.objects.in_workspace(actor.own_workspace.pk)
    if not sees_own_only(actor):
        return rows
    everybody = Contact.objects.in_workspace(actor.own_workspace.pk).alive()
    theirs = everybody.filter(company=OuterRef("pk"))
    return rows.filter(Exists(people_of(OuterRef("pk"), actor)) | ~Exists(theirs))


def people_of(company: Any, actor: Actor) -> QuerySet[Contact]:
    """The company's contacts, as far as the actor sees them."""
    rows: QuerySet[Contact] = Contact.objects.visible_to(actor).filter(company=company)
    return rows


def leads_of(company: Company, actor: Actor) -> LeadQuerySet:
    """The inquiries of the company's people, as far as the actor sees them."""
    people = Contact.objects.in_workspace(company.workspace_id).alive().filter(company=company)
    rows: LeadQuerySet = among(  # type: ignore[assignment]
        Lead.objects.visible_to(actor), "contact_id", people, "pk"
    )
    return rows


def with_counts(rows: QuerySet[Company], actor: Actor) -> QuerySet[Company]:
    """With `people` and `open_leads` of each, exact to `MOST_COUNTED`, whatever there are."""
    theirs = Lead.objects.visible_to(actor).open()
    return rows.annotate(
        people=_number_of(people_of(OuterRef("pk"), actor)),
        open_leads=_number_of(
            theirs.filter(contact__company=OuterRef("pk"), contact__deleted_at__isnull=True)
        ),
    )


def _number_of(rows: QuerySet[Any]) -> Func:
    ids = ArraySubquery(rows.order_by().values("pk")[:MOST_COUNTED])
    return Func(ids, function="cardinality", output_field=IntegerField())


@dataclass(frozen=True)
class Totals:
    """What a company's people bought, of the first `MOST_SUMMED` of them."""

    conversions: int
    value: Decimal


def totals_of(company: Company, actor: Actor) -> Totals:
    """Added up from the totals that each contact keeps."""
    some = people_of(company, actor).order_by()[:MOST_SUMMED]
    found = some.aggregate(conversions=Sum("conversion_count"), value=Sum("lifetime_value"))
    return Totals(found["conversions"] or 0, found["value"] or Decimal(0))


def add(*, actor: Actor, facts: Mapping[str, Any]) -> Company:
    """A company nobody works for yet, with these facts of `CHANGEABLE`."""
    actor.require(Permission.LEAD_EDIT)
    with transaction.atomic():
        row = Company(workspace_id=actor.own_workspace.pk)
        _apply(row, {"name": "", **facts})
        _save(row, actor)
        _tell(row, "company.added", {"name": row.name})
        return row


def change(company: Company | UUID, *, actor: Actor, changes: Mapping[str, Any]) -> Company:
    """Set what `changes` names of `CHANGEABLE`; what is as it was is no change.

    Raises `InvalidCompany`, and `Conflict` (``company_exists``) for the name of another one.
    """
    actor.require(Permission.LEAD_EDIT)
    company_id = company.pk if isinstance(company, Company) else company
    with transaction.atomic():
        rows = visible_companies(actor).select_for_update(no_key=True, of=("self",))
        row = rows.filter(pk=company_id).first()
        if row is None:
            raise CompanyNotFound
        before = {name: getattr(row, name) for name in CHANGEABLE}
        _apply(row, changes)
        changed = {name: old for name, old in before.items() if getattr(row, name) != old}
        if changed:
            _save(row, actor)
            _tell(row, "company.changed", {name: getattr(row, name) for name in changed})
        return row


def _apply(row: Company, given: Mapping[str, Any]) -> None:
    errors = []
    if "name" in given:
        row.name = " ".join(str(given["name"]).split())
        row.name_normalized = normalize_name(row.name)
        if not row.name:
            errors.append(("name", "required", _("Say what the company is called.")))
        elif max(len(row.name), len(row.name_normalized)) > LONGEST_NAME:
            message = _("Use at most %(count)d characters.") % {"count": LONGEST_NAME}
            errors.append(("name", "max_length", message))
    if "website" in given:
        row.website = _address(str(given["website"]))
        try:
            if row.website:
                URLValidator(schemes=["http", "https"])(row.website)
        except ValidationError:
            message = _("Enter a web address (https://…).")
            errors.append(("website", "invalid", message))
        else:
            if len(row.website) > LONGEST_WEBSITE:
                message = _("Use at most %(count)d characters.") % {"count": LONGEST_WEBSITE}
                errors.append(("website", "max_length", message))
    if errors:
        raise InvalidCompany(errors[0][2], errors=errors)


def _address(typed: str) -> str:
    text = typed.strip()
    return f"https://{text}" if text and "://" not in text else text


def _save(row: Company, actor: Actor) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "company_once_per_workspace" not in str(error):
            raise
        same = visible_companies(actor).filter(name_normalized=row.name_normalized)
        other = same.exclude(pk=row.pk).first()
        known: dict[str, Any] = {"company_id": str(other.pk)} if other else {}
        message = _("There is a company of this name already.")
        errors = [("name", "company_exists", message)]
        raise Conflict(message, code="company_exists", errors=errors, **known) from error


def _tell(row: Company, event: str, change: dict[str, Any]) -> None:
    outbox.emit(
        workspace_id=row.workspace_id,
        type=event,
        subject_id=row.pk,
        payload={
            "version": 1,
            "company": {"id": str(row.pk), "name": row.name, "website": row.website},
            "change": change,
        },
    )
