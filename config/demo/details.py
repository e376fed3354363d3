"""What is known of the demo's people beyond the usual: custom fields, social profiles, websites."""

import random
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from config.demo.stories import Cast
from leads.capture import lead_forms
from leads.capture.form_questions import name_of
from leads.fields.custom_fields import define
from leads.fields.custom_kinds import fitted
from leads.fields.custom_values import rows_of
from leads.models import Company, Contact, CustomField, FieldValue, Lead, LeadForm

Draw = Callable[[random.Random, Contact | Lead], Any]


@dataclass(frozen=True)
class Detail:
    """A custom field; `share` of the people have a value, which `draw` makes up."""

    label: str
    kind: str
    draw: Draw
    share: float
    subject: str = "contact"
    choices: tuple[str, ...] = ()


def _one_of(*choices: str) -> Draw:
    return lambda rng, _row: rng.choice(choices)


def _some_of(*choices: str) -> Draw:
    return lambda rng, _row: rng.sample(choices, k=rng.choice((1, 1, 2)))


def _amount(low: int, high: int, step: int) -> Draw:
    return lambda rng, _row: rng.randrange(low, high + step, step)


def _day_after(low: int, high: int) -> Draw:
    def draw(rng: random.Random, row: Contact | Lead) -> str:
        return (row.created_at + timedelta(days=rng.randint(low, high))).date().isoformat()

    return draw


_SOCIAL_SHARE = 0.12
_WEBSITE_SHARE = 0.7
_TIMES = ("Mornings", "Afternoons", "Evenings", "Saturdays")
_ROOFS = ("Pitched, tiles", "Pitched, metal", "Flat")
_DETAILS = {
    "brightsmile": (
        Detail("Insurance", "choice", _one_of("Delta", "Aetna", "Cigna", "None"), 0.7,
               choices=("Delta", "Aetna", "Cigna", "None")),
        Detail("Good times", "multi_choice", _some_of(*_TIMES), 0.5, choices=_TIMES),
        Detail("Wants to pay monthly", "boolean", lambda rng, _row: rng.random() < 0.4, 0.6,
               subject="lead"),
    ),
    "solwerk": (
        Detail("Roof", "choice", _one_of(*_ROOFS), 0.75, choices=_ROOFS),
        Detail("Roof area (m²)", "number", _amount(30, 180, 5), 0.6),
        Detail("Yearly use (kWh)", "number", _amount(2000, 9000, 100), 0.5, subject="lead"),
    ),
    "fernhill": (
        Detail("Desks", "number", _amount(8, 240, 4), 0.8, subject="lead"),
        Detail("Move-in", "date", _day_after(60, 400), 0.6, subject="lead"),
        Detail("Sector", "text", _one_of("Law", "Insurance", "Software", "Biotech", "Media"), 0.7),
    ),
}  # fmt: skip


def fill(cast: Cast) -> list[FieldValue]:
    """Define the workspace's fields and give the people in `cast.rows` values; the rows of these.

    It draws by itself, so that the stories stay the same with and without.
    """
    rng = random.Random(f"{cast.workspace.slug} details")
    made = [
        (detail, define(actor=cast.manager, **_definition(detail)))
        for detail in _DETAILS.get(cast.workspace.slug, ())
    ]
    if made:
        _ask_on_form(cast, made[0][1])
    for contact in cast.rows.contacts:
        if rng.random() < _SOCIAL_SHARE:
            contact.social_profiles = _profiles(contact, rng)
    rows: list[FieldValue] = []
    subjects: list[Contact | Lead] = [*cast.rows.contacts, *cast.rows.leads]
    for subject in subjects:
        rows += rows_of(subject, {
            field: fitted(field, detail.draw(rng, subject))
            for detail, field in made
            if _is_of(field, subject) and rng.random() < detail.share
        })  # fmt: skip
    return rows


def _ask_on_form(cast: Cast, field: CustomField) -> None:
    """The public form asks the first of them, too."""
    form = LeadForm.objects.in_workspace(cast.workspace.pk).earliest("id")
    question = {"name": name_of(field), "label": field.label, "required": False}
    changes = {"fields": [*form.fields[:-1], question, form.fields[-1]]}
    lead_forms.update(form, actor=cast.manager, changes=changes)


def _profiles(contact: Contact, rng: random.Random) -> list[dict[str, str]]:
    name = f"{contact.first_name}.{contact.last_name}".lower().replace(" ", "")
    handle = f"{name}{rng.randrange(100)}"
    return [
        {
            "platform": platform,
            "handle": f"@{handle}",
            "url": f"https://www.{platform.lower()}.com/{quote(handle)}",
        }
        for platform in rng.choice((("Instagram",), ("Facebook",), ("Facebook", "Instagram")))
    ]


def add_websites(companies: Iterable[Company]) -> None:
    """Where most of the firms are on the web."""
    for company in companies:
        rng = random.Random(company.name)
        host = unicodedata.normalize("NFKD", company.name_normalized)
        host = re.sub(r"[^a-z0-9]+", "", host.encode("ascii", "ignore").decode())
        if rng.random() < _WEBSITE_SHARE:
            company.website = f"https://www.{host}.example"


def _definition(detail: Detail) -> dict[str, Any]:
    return {
        "label": detail.label,
        "kind": detail.kind,
        "subject": detail.subject,
        "choices": detail.choices,
    }


def _is_of(field: CustomField, subject: Contact | Lead) -> bool:
    return (field.subject == CustomField.Subject.LEAD) == isinstance(subject, Lead)
