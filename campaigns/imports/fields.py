"""What a column of a file can become, and which headers people give it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from leads.fields.custom_kinds import plain_key
from leads.models import ATTRIBUTION_FIELDS, Contact, ContactTag, CustomField, Lead
from leads.models.custom_field import LONGEST_KEY

ATTR = "attr."


@dataclass(frozen=True)
class Target:
    """A field that a column may fill."""

    name: str
    label: Any
    group: Any
    longest: int = 10_000
    # Several columns may fill it.
    is_many: bool = False
    headers: str = ""


def _longest(model: type[Any], name: str) -> int:
    return model._meta.get_field(name).max_length or 10_000


_PERSON, _ADDRESS, _LEAD, _ORIGIN, _CAMPAIGN = (
    _("Person"),
    _("Address"),
    _("Lead"),
    _("Where it came from"),
    _("Campaign it was in"),
)


def _of_contact(name: str, label: Any, headers: str) -> Target:
    return Target(name, label, _PERSON, _longest(Contact, name), headers=headers)


TARGETS: dict[str, Target] = {
    one.name: one
    for one in (
        _of_contact(
            "first_name",
            _("First name"),
            "first,firstname,given name,forename,vorname,prénom,nombre,fname",
        ),
        _of_contact(
            "last_name",
            _("Last name"),
            "last,lastname,surname,family name,nachname,name de famille,apellido,apellidos,lname",
        ),
        _of_contact(
            "display_name",
            _("Full name"),
            "name,full name,fullname,contact,contact name,lead name,customer,person,nom,"
            "ansprechpartner",
        ),
        _of_contact(
            "email",
            _("E-mail"),
            "mail,email,email address,e mail,e mail address,emailadresse,correo,courriel,"
            "work email",
        ),
        _of_contact(
            "phone",
            _("Phone"),
            "phone number,phone no,telephone,tel,mobile,mobile phone,cell,cell phone,telefon,handy,"
            "téléphone,teléfono,primary phone,work phone,phone 1",
        ),
        Target(
            "company",
            _("Company"),
            _PERSON,
            200,
            headers="company name,organization,organisation,account,account name,firma,business,"
            "employer,entreprise,empresa",
        ),
        _of_contact("job_title", _("Job title"), "title,position,job,role,funktion,beruf"),
        _of_contact(
            "linkedin_url", _("LinkedIn"), "linkedin,linkedin profile,linkedin url,person linkedin"
        ),
        Target(
            "tags", _("Tags"), _PERSON, 2000, is_many=True, headers="tag,labels,label,categories"
        ),
        Target(
            "address.street",
            _("Street"),
            _ADDRESS,
            200,
            headers="address,address 1,street address,address line 1,strasse,straße,rue,calle",
        ),
        Target(
            "address.postal_code",
            _("Postal code"),
            _ADDRESS,
            40,
            headers="zip,zip code,zipcode,postcode,postal,plz,code postal",
        ),
        Target("address.city", _("City"), _ADDRESS, 200, headers="town,ort,stadt,ville,ciudad"),
        Target(
            "address.region",
            _("State or region"),
            _ADDRESS,
            200,
            headers="state,province,region,county,kanton,bundesland",
        ),
        Target("address.country", _("Country"), _ADDRESS, 200, headers="land,pays,país,nation"),
        Target(
            "notes",
            _("Notes"),
            _LEAD,
            10_000,
            is_many=True,
            headers="note,comment,comments,message,remarks,bemerkung,bemerkungen,description",
        ),
        Target(
            "external_id",
            _("Id in the other system"),
            _LEAD,
            _longest(Lead, "external_id"),
            headers="id,lead id,external id,record id,source id,crm id,contact id,leadid,"
            "kundennummer",
        ),
        Target("source", _("Source"), _LEAD, 40, headers="lead source,channel,quelle,origin"),
        Target(
            "source_workflow",
            _("Source workflow"),
            _LEAD,
            _longest(Lead, "source_workflow"),
            headers="workflow,source detail",
        ),
        *(
            Target(name, name.replace("_", " "), _ORIGIN, _longest(Lead, name), headers=f"{name}")
            for name in ATTRIBUTION_FIELDS
        ),
        Target(
            "campaign.name",
            _("Campaign"),
            _CAMPAIGN,
            200,
            headers="campaign,campaign name,campaign id,kampagne",
        ),
        Target(
            "campaign.status",
            _("Status in the campaign"),
            _CAMPAIGN,
            50,
            headers="status,lead status,call status",
        ),
        Target(
            "campaign.attempts",
            _("Attempts"),
            _CAMPAIGN,
            10,
            headers="attempts,attempt,call attempts,number of attempts,calls",
        ),
        Target(
            "campaign.last_attempt_at",
            _("Last attempt"),
            _CAMPAIGN,
            40,
            headers="last contact date,last contact,last contacted,last attempt,last call,"
            "last attempt at,last contacted at",
        ),
        Target(
            "campaign.pledged_amount",
            _("Pledged"),
            _CAMPAIGN,
            40,
            headers="pledged amount,pledge,pledged",
        ),
        Target(
            "campaign.donated_amount",
            _("Donated"),
            _CAMPAIGN,
            40,
            headers="donated amount,donation,donated",
        ),
        Target("campaign.notes", _("Notes of the calls"), _CAMPAIGN, 10_000, headers="call notes"),
    )
}


def plain_header(text: str) -> str:
    """For comparing headers: letters and digits, one space between words."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[^\w]+|_", " ", text).split())


def words_of(header: str) -> str:
    """`plain_header`, with camel case taken apart."""
    return plain_header(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header))


KNOWN_HEADERS: dict[str, str] = {}
for _target in TARGETS.values():
    for _text in (_target.name.replace(".", " "), *_target.headers.split(",")):
        KNOWN_HEADERS.setdefault(plain_header(_text), _target.name)
    KNOWN_HEADERS.setdefault(plain_header(_target.name), _target.name)
# Meant only where a file says which campaign each lead was in; see `guessing`.
LEGACY_ONLY = {name for name in TARGETS if name.startswith("campaign.")}


def fields_of(workspace_id: UUID) -> dict[str, CustomField]:
    """The workspace's own fields, by the name of their target."""
    rows = CustomField.objects.in_workspace(workspace_id).active()
    return {f"{ATTR}{row.key}": row for row in rows}


def new_field(header: str) -> str:
    """The target that makes a field of a header; empty for an empty one."""
    key = plain_key(header)
    return f"{ATTR}{key}" if key else ""


def is_target(name: str, own: Iterable[str]) -> bool:
    """Whether a column can be mapped to it; `attr.` makes the field where there is none."""
    if name in TARGETS or name in own:
        return True
    key = name.removeprefix(ATTR)
    return name.startswith(ATTR) and len(key) <= LONGEST_KEY and key == plain_key(key)


LONGEST_TAG = ContactTag._meta.get_field("name").max_length or 60
