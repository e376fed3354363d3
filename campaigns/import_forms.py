"""The forms of an import: the file and where its leads go, and what its columns are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.permissions import Permission
from campaigns.imports.fields import TARGETS, fields_of, new_field
from campaigns.imports.limits import MOST_BYTES
from campaigns.models import LONGEST_LIST_NAME, Campaign, Import, LeadList
from leads.models import Source

# A longer list of choices is for the search of the API.
MOST_CHOICES = 300
_WAYS = (
    ("email,phone,external_id", gettext_lazy("E-mail, else phone")),
    ("email", gettext_lazy("E-mail only")),
    ("phone", gettext_lazy("Phone only")),
    ("external_id,email,phone", gettext_lazy("Id in the other system, else e-mail, else phone")),
)
_DUPLICATES = (
    ("skip", gettext_lazy("Skip the row")),
    ("fill", gettext_lazy("Fill what is blank")),
    ("overwrite", gettext_lazy("Overwrite")),
)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or Excel (.xlsx), up to 100 MB and 300,000 rows. The first line names the columns."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,text/csv"}),
    )
    list_id = forms.ChoiceField(label=gettext_lazy("Into the list"), required=False)
    new_list_name = forms.CharField(
        label=gettext_lazy("Or into a new list"), max_length=LONGEST_LIST_NAME, required=False
    )
    campaign_id = forms.ChoiceField(
        label=gettext_lazy("To be called in"),
        required=False,
        help_text=gettext_lazy("Without a list, one is made that has the name of the file."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = (
            LeadList.objects.visible_to(actor).current().exclude(list_type=LeadList.Type.DYNAMIC)
        )
        _offer(self, "list_id", _("No list"), lists.order_by("name"))
        campaigns = Campaign.objects.visible_to(actor).exclude(status=Campaign.Status.COMPLETED)
        _offer(self, "campaign_id", _("No campaign"), campaigns.order_by("name"))
        if not actor.can(Permission.LIST_EDIT):
            for name in ("list_id", "new_list_name", "campaign_id"):
                del self.fields[name]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 100 MB. Send it in parts."))
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("list_id") and cleaned.get("new_list_name"):
            self.add_error("new_list_name", _("Choose a list, or name a new one."))
        return cleaned

    def settings(self) -> dict[str, Any]:
        """Where the leads go."""
        names = ("list_id", "new_list_name", "campaign_id")
        return {name: self.cleaned_data.get(name) or None for name in names}


def _offer(form: forms.Form, name: str, none: str, rows: Any) -> None:
    field = form.fields[name]
    choices = [(str(row.pk), row.name) for row in rows.only("name")[:MOST_CHOICES]]
    field.choices = [("", none), *choices]  # type: ignore[attr-defined]


class SettingsForm(forms.Form):
    """What is done about known people, and what the values mean."""

    duplicates = forms.ChoiceField(
        label=gettext_lazy("When somebody is known already"),
        choices=_DUPLICATES,
        help_text=gettext_lazy(
            "Who is skipped stays as they are and joins no list. Blank cells never overwrite."
        ),
    )
    match_on = forms.ChoiceField(label=gettext_lazy("Known by"), choices=_WAYS)
    day_first = forms.ChoiceField(
        label=gettext_lazy("03/04/2026 is"),
        choices=(("true", gettext_lazy("3 April")), ("false", gettext_lazy("March 4"))),
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Source of the leads"),
        choices=Source.choices,
        help_text=gettext_lazy("Where no column says it."),
    )

    @classmethod
    def of(cls, row: Import) -> "SettingsForm":
        """As the import has it."""
        match_on = ",".join(row.match_on)
        form = cls(
            initial={
                "duplicates": row.duplicates,
                "match_on": match_on,
                "day_first": "true" if row.options.get("day_first") else "false",
                "source": row.options.get("source", Source.IMPORT),
            }
        )
        form.keep(match_on)
        return form

    def keep(self, match_on: str) -> None:
        """Offer what the API was told, too."""
        field = self.fields["match_on"]
        known = dict(_WAYS)
        if match_on and match_on not in known:
            field.choices = [(match_on, match_on.replace(",", ", ")), *_WAYS]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Column:
    """A column of the file on the page: what it is called, what stands in it, what it may be."""

    place: int
    header: str
    samples: list[str]
    chosen: str
    groups: list[tuple[str, list[tuple[str, str]]]]
    error: str = ""

    @property
    def name(self) -> str:
        return f"column-{self.place}"


def columns(
    row: Import, mapping: Iterable[str], errors: dict[str, str] | None = None
) -> list[Column]:
    """Each column with its choices."""
    own = fields_of(row.workspace_id)
    groups: dict[str, list[tuple[str, str]]] = {}
    for target in TARGETS.values():
        groups.setdefault(str(target.group), []).append((target.name, str(target.label)))
    known = [(name, one.label) for name, one in own.items()]
    found = []
    for place, (header, chosen) in enumerate(zip(row.headers, mapping, strict=False)):
        fresh = new_field(header)
        more = [] if not fresh or fresh in own else [(fresh, header)]
        if chosen.startswith("attr.") and chosen not in own and chosen != fresh:
            more.append((chosen, chosen.removeprefix("attr.")))
        samples = row.samples[place] if place < len(row.samples) else []
        found.append(
            Column(
                place,
                header,
                samples,
                chosen,
                [
                    *([(_("Custom fields"), known)] if known else []),
                    *([(_("New custom field"), more)] if more else []),
                    *groups.items(),
                ],
                (errors or {}).get(header, ""),
            )
        )
    return found
