"""What a list is asked for on its page, and whom somebody wants in it."""

import re
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from campaigns.lists import LONGEST_DESCRIPTION
from campaigns.membership import LONGEST_NOTES
from campaigns.models import LeadList
from campaigns.models.lead_list import LONGEST_LIST_NAME
from campaigns.refusals import RefusableForm
from leads.bulk.selection import MOST_NAMED
from leads.fields.custom_filters import PREFIX
from leads.listing.filter_fields import DAYS_AGO
from leads.listing.filters import LeadFilter
from leads.listing.saved_views import filters_in
from leads.models import Lead
from leads.people.identity import is_email, normalize_email

_SEPARATORS = re.compile(r"[,;\s]+")


class ListForm(RefusableForm):
    """Name, description and tags; the rule is made of the filters beside it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_LIST_NAME,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=LONGEST_DESCRIPTION,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        help_text=_("Separate several by commas."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, lead_list: LeadList | None = None) -> None:
        known = (
            {
                "name": lead_list.name,
                "description": lead_list.description,
                "tags": ", ".join(lead_list.tags),
            }
            if lead_list
            else {}
        )
        # Filters are called name and tags, too.
        super().__init__(data, initial=known, prefix="list")

    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        tags = [tag for tag in self.cleaned_data["tags"].split(",") if tag.strip()]
        return {**self.cleaned_data, "tags": tags}


# Days that are counted back from whenever the rule is asked, and the filter that they are kept in.
DAYS = {"quiet_days": "last_contacted_before", "recent_days": "from"}


def rule_in(given: QueryDict) -> dict[str, list[str]]:
    """The filters of leads among what came with a page."""
    known = QueryDict(mutable=True)
    given = given.copy()
    for control, name in DAYS.items():
        if (text := given.get(control, "").strip()).isdigit():
            given[name] = f"{int(text)}d"
    for name, values in given.lists():
        if name in LeadFilter.base_filters or name.startswith(PREFIX):
            known.setlist(name, [value.strip() for value in values if value.strip()])
    return filters_in(known)


def days_in(state: QueryDict) -> dict[str, str]:
    """Takes the days that have a control of their own out of `state`: what each control shows."""
    shown = {}
    for control, name in DAYS.items():
        if ago := DAYS_AGO.fullmatch(state.get(name, "")):
            shown[control] = ago[1]
            del state[name]
    return shown


class MembersForm(forms.Form):
    """Whom to put in, and why."""

    who = forms.CharField(
        label=_("Leads"),
        help_text=_("Numbers such as #1042, or e-mail addresses; several on lines or by commas."),
        widget=forms.Textarea({"rows": 2, "autocomplete": "off"}),
    )
    notes = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_NOTES,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, actor: Actor) -> None:
        super().__init__(data)
        self.actor = actor

    def clean_who(self) -> list[Any]:
        """The ids of the leads; whoever is not found is named."""
        texts = [text.removeprefix("#") for text in _SEPARATORS.split(self.cleaned_data["who"])]
        texts = list(dict.fromkeys(text for text in texts if text))
        if len(texts) > MOST_NAMED:
            raise forms.ValidationError(_("Name fewer leads at once, or import them."))
        numbers = {text for text in texts if text.isascii() and text.isdigit() and len(text) < 19}
        emails = {text: normalize_email(text) for text in texts if is_email(text)}
        seen = Lead.objects.visible_to(self.actor)
        by_number = dict(
            seen.filter(number__in=[int(text) for text in numbers]).values_list("number", "pk")
        )
        # Of several leads of one person, the latest.
        known = seen.filter(contact__deleted_at__isnull=True)
        rows = known.with_any("contact__email_normalized", emails.values()).order_by("created_at")
        by_email = dict(rows.values_list("contact__email_normalized", "pk"))
        found = {
            text: by_number.get(int(text)) if text in numbers else by_email.get(emails.get(text))
            for text in texts
        }
        missing = [text for text, pk in found.items() if pk is None]
        if missing:
            raise forms.ValidationError(
                _("There is no lead %(missing)s."), params={"missing": ", ".join(missing[:10])}
            )
        return list(found.values())
