"""A rule as a sentence, such as "Status is New or Enriched; tagged “vip”".

What it names (people, lists, fields, reasons) is looked up once for all rules of a page.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Membership, Workspace
from campaigns.criteria import LIST
from campaigns.models import Campaign, LeadList
from leads.fields.custom_filters import PREFIX
from leads.forms import CONTACT_METHODS
from leads.listing.filter_fields import DAYS_AGO
from leads.listing.filters import LeadFilter
from leads.models import CustomField, Heat, QualityRating, Reason, Source, Status

# What each filter says, around its values in words.
_SAYS: Mapping[str, Any] = {
    "status": gettext_lazy("status is %s"),
    "q": gettext_lazy("matching “%s”"),
    "from": gettext_lazy("created from %s on"),
    "to": gettext_lazy("created up to %s"),
    "source": gettext_lazy("came by %s"),
    "assigned_to": gettext_lazy("belonging to %s"),
    "heat": gettext_lazy("heat is %s"),
    "min_score": gettext_lazy("score is %s or more"),
    "max_score": gettext_lazy("score is %s or less"),
    "quality_rating": gettext_lazy("quality is %s"),
    "tag": gettext_lazy("tagged %s"),
    "last_contact_method": gettext_lazy("last contacted by %s"),
    "last_contacted_before": gettext_lazy("last contacted before %s"),
    "last_contacted_after": gettext_lazy("last contacted since %s"),
    "min_contact_count": gettext_lazy("contacted %s times or more"),
    "max_contact_count": gettext_lazy("contacted %s times or less"),
    "reached": gettext_lazy("came as far as %s"),
    "loss_reason": gettext_lazy("lost because of %s"),
    "unqualified_reason": gettext_lazy("not qualified because of %s"),
    "external_id": gettext_lazy("external id is %s"),
    LIST: gettext_lazy("in the list %s"),
    "campaign": gettext_lazy("in the campaign %s"),
}
# What a yes or a no says.
_FLAGS: Mapping[str, tuple[Any, Any]] = {
    "open": (gettext_lazy("open"), gettext_lazy("no longer open")),
    "assigned_to_me": (gettext_lazy("mine"), gettext_lazy("not mine")),
    "unassigned": (gettext_lazy("without an owner"), gettext_lazy("with an owner")),
    "never_contacted": (gettext_lazy("never contacted"), gettext_lazy("contacted before")),
    "never_responded": (gettext_lazy("never responded"), gettext_lazy("responded before")),
    "follow_up_due": (gettext_lazy("follow-up due"), gettext_lazy("no follow-up due")),
    "has_gclid": (
        gettext_lazy("with a Google click id"),
        gettext_lazy("without a Google click id"),
    ),
}
_QUOTED = {"tag", LIST, "campaign", "external_id"}


class RuleWords:
    """Words for the rules of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def sentence(self, criteria: Mapping[str, Any]) -> str:
        """What the rule says; nothing for no rule."""
        known = list(LeadFilter.base_filters)
        in_order = sorted(
            criteria.items(),
            key=lambda one: (known.index(one[0]) if one[0] in known else len(known), one[0]),
        )
        parts = [self._part(name, _texts(values)) for name, values in in_order]
        text = "; ".join(part for part in parts if part)
        return text[:1].upper() + text[1:]

    def _part(self, name: str, values: list[str]) -> str:
        if name in _FLAGS:
            yes, no = _FLAGS[name]
            return str(yes if values[:1] in (["true"], ["1"]) else no)
        if name.startswith(PREFIX):
            return self._of_field(name.removeprefix(PREFIX), values)
        words = [self._word(name, value) for value in values]
        if name in _QUOTED:
            words = [f"“{word}”" for word in words]
        if name not in _SAYS:
            return f"{name}: {', '.join(words)}"
        return str(_SAYS[name]) % _either(words)

    def _of_field(self, key: str, values: list[str]) -> str:
        key, _dot, bound = key.partition(".")
        field = self._fields.get(key)
        label = field.label if field else key
        choices = field.choice_labels if field else {}
        text = _either([choices.get(value, _moment(value)) for value in values])
        said = {
            "min": _("%(label)s is %(text)s or more"),
            "max": _("%(label)s is %(text)s or less"),
        }
        return said.get(bound, _("%(label)s is %(text)s")) % {"label": label, "text": text}

    def _word(self, name: str, value: str) -> str:
        labels = _CHOICES.get(name) or self._names.get(name, _nothing)()
        return str(labels.get(value) or _moment(value))

    @cached_property
    def _names(self) -> Mapping[str, Callable[[], Mapping[str, Any]]]:
        return {
            "assigned_to": lambda: self._people,
            LIST: lambda: self._lists,
            "campaign": lambda: self._campaigns,
            "loss_reason": lambda: self._reasons(Reason.Kind.LOSS),
            "unqualified_reason": lambda: self._reasons(Reason.Kind.UNQUALIFIED),
        }

    @cached_property
    def _people(self) -> dict[str, str]:
        rows = Membership.objects.filter(workspace=self.workspace).select_related("user")
        return {str(row.user_id): row.user.get_full_name() for row in rows}

    @cached_property
    def _lists(self) -> dict[str, str]:
        rows = LeadList.objects.in_workspace(self.workspace.pk)
        return {str(pk): name for pk, name in rows.values_list("pk", "name")}

    @cached_property
    def _campaigns(self) -> dict[str, str]:
        rows = Campaign.objects.in_workspace(self.workspace.pk)
        return {str(pk): name for pk, name in rows.values_list("pk", "name")}

    @cached_property
    def _all_reasons(self) -> list[tuple[str, str, str]]:
        rows = Reason.objects.in_workspace(self.workspace.pk)
        return list(rows.values_list("kind", "code", "label"))

    def _reasons(self, kind: str) -> dict[str, str]:
        return {code: label for one, code, label in self._all_reasons if one == kind}

    @cached_property
    def _fields(self) -> dict[str, CustomField]:
        rows = CustomField.objects.in_workspace(self.workspace.pk)
        return {field.key: field for field in rows}


_CHOICES: Mapping[str, Mapping[str, Any]] = {
    "status": dict(Status.choices),
    "reached": dict(Status.choices),
    "source": dict(Source.choices),
    "heat": dict(Heat.choices),
    "quality_rating": dict(QualityRating.choices),
    "last_contact_method": dict(CONTACT_METHODS),
}


def _nothing() -> Mapping[str, Any]:
    return {}


def _texts(values: Any) -> list[str]:
    return [str(value) for value in (values if isinstance(values, list) else [values])]


def _either(words: Iterable[str]) -> str:
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return _("%(some)s or %(last)s") % {"some": ", ".join(listed[:-1]), "last": listed[-1]}


def _moment(value: str) -> str:
    """Days ago and dates as people say them; anything else as it is."""
    if ago := DAYS_AGO.fullmatch(value):
        days = int(ago[1])
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    try:
        found: date | datetime | None = parse_date(value) or parse_datetime(value)
    except ValueError:
        return value
    if found is None:
        return value
    return date_format(found, "DATETIME_FORMAT" if isinstance(found, datetime) else "DATE_FORMAT")
