"""The shape of what a person enters about a lead; each form calls the verb it stands for."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from leads import lifecycle
from leads.errors import LeadError
from leads.intake import FIRST_STATUSES, LeadInput, Received, receive
from leads.lifecycle import MOVES
from leads.models import ContactTag, Lead, Reason, Source, Status

LONGEST_TAG = ContactTag._meta.get_field("name").max_length or 0
CONTACT_METHODS = (
    ("call", _("Call")),
    ("email", _("E-mail")),
    ("sms", _("SMS")),
    ("linkedin", _("LinkedIn")),
    ("other", _("Other")),
)


class LocalDateTime(forms.DateTimeInput):
    """The browser's own picker; the value is in the workspace's time zone."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class VerbForm(forms.Form):
    """A form that shows a verb's refusal beside the field it is about."""

    def refuse(self, error: LeadError) -> None:
        """Take over the fields' errors of a refused verb; what has no field here is left out."""
        for name, _code, message in error.errors:
            field = name.rpartition(".")[2]
            # A custom field may be called like one of these; its errors are its own form's.
            if field in self.fields and not name.startswith("custom_fields."):
                self.add_error(field, message)


class PersonForm(VerbForm):
    """Who the person is: what is asked of a contact and of a lead alike."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    email = forms.CharField(
        label=_("E-mail"),
        max_length=320,
        required=False,
        widget=forms.TextInput({"inputmode": "email", "autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=64,
        required=False,
        help_text=_("Without a country code it is read as a number of the workspace's country."),
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    job_title = forms.CharField(label=_("Job title"), max_length=200, required=False)
    linkedin_url = forms.CharField(
        label=_("LinkedIn profile"),
        max_length=500,
        required=False,
        widget=forms.TextInput({"inputmode": "url"}),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        help_text=_("Separate several by commas."),
    )

    def clean_tags(self) -> list[str]:
        names = (name.strip() for name in self.cleaned_data["tags"].split(","))
        tags = list(dict.fromkeys(name for name in names if name))
        if any(len(name) > LONGEST_TAG for name in tags):
            raise ValidationError(
                _("A tag has at most %(count)d characters."), params={"count": LONGEST_TAG}
            )
        return tags


class LeadDetailsForm(PersonForm):
    """The part shared by a new lead and an edited one."""

    source = forms.ChoiceField(label=_("Source"), choices=Source.choices, initial=Source.OTHER)
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea({"rows": 3}))


class NewLeadForm(LeadDetailsForm):
    """A lead entered by hand; it goes through the same intake as every other."""

    ATTRIBUTION = ("gclid", "fbclid", "utm_source", "utm_medium", "utm_campaign", "landing_page")

    status = forms.ChoiceField(
        label=_("Starts as"),
        choices=[(status.value, status.label) for status in Status if status in FIRST_STATUSES],
        initial=Status.NEW,
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    gclid = forms.CharField(label=_("Google click id (gclid)"), max_length=512, required=False)
    fbclid = forms.CharField(label=_("Meta click id (fbclid)"), max_length=512, required=False)
    utm_source = forms.CharField(label=_("UTM source"), max_length=255, required=False)
    utm_medium = forms.CharField(label=_("UTM medium"), max_length=255, required=False)
    utm_campaign = forms.CharField(label=_("UTM campaign"), max_length=255, required=False)
    landing_page = forms.CharField(label=_("Landing page"), max_length=2000, required=False)

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if owners:
            self.fields["owner"].choices = [("", _("Nobody yet")), *owners]  # type: ignore[attr-defined]
        else:
            del self.fields["owner"]

    def receive(self, *, actor: Actor, custom_fields: Mapping[str, Any]) -> Received:
        """Take the lead in; raises `InvalidLead` with its errors on the fields."""
        details = dict(self.cleaned_data)
        details.pop("owner", None)
        attribution = {name: details.pop(name) for name in self.ATTRIBUTION}
        try:
            return receive(
                LeadInput(**details, attribution=attribution, custom_fields=custom_fields),
                actor=actor,
            )
        except LeadError as error:
            self.refuse(error)
            raise


class MoveForm(VerbForm):
    """A move of the lifecycle that needs nothing but the wish."""

    expected_status = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, lead: Lead, move: str, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"expected_status": lead.status})
        # Several of these forms stand on one page: their ids carry the move.
        super().__init__(*args, **{"auto_id": f"id_{move}_%s", **kwargs})
        self.lead = lead
        self.move = move

    def perform(self, *, actor: Actor) -> Lead:
        """Make the move; raises `LeadError` with its errors on the fields."""
        extra: dict[str, Any] = {"enrichment_data": {}} if self.move == "enrich" else {}
        verb = "mark_contacted" if self.move == "contact" else self.move
        try:
            moved: Lead = getattr(lifecycle, verb)(
                self.lead, actor=actor, **self.cleaned_data, **extra
            )
        except LeadError as error:
            self.refuse(error)
            raise
        return moved


class ContactedForm(MoveForm):
    method = forms.ChoiceField(label=_("How?"), choices=CONTACT_METHODS)
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea({"rows": 2}))


class ScheduleForm(MoveForm):
    scheduled_for = forms.DateTimeField(label=_("When is the visit?"), widget=LocalDateTime())
    location = forms.CharField(label=_("Where"), max_length=300, required=False)


class ReasonsForm(VerbForm):
    """Asks why something is lost, out of the workspace's reasons."""

    loss_reason = forms.ChoiceField(label=_("Why is it lost?"))
    unqualified_reason = forms.ChoiceField(label=_("Why was it never qualified?"), required=False)
    notes = forms.CharField(label=_("Notes"), required=False, widget=forms.Textarea({"rows": 2}))

    def offer(self, reasons: Mapping[str, list[tuple[str, str]]]) -> None:
        """Offer these; see `Reason.objects.offered`."""
        for field, kind in (
            ("loss_reason", Reason.Kind.LOSS),
            ("unqualified_reason", Reason.Kind.UNQUALIFIED),
        ):
            self.fields[field].choices = [("", _("Choose…")), *reasons[kind]]  # type: ignore[attr-defined]


class LoseForm(MoveForm, ReasonsForm):
    def __init__(
        self, *args: Any, reasons: Mapping[str, list[tuple[str, str]]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer(reasons)
        if self.lead.qualified_at is not None:
            del self.fields["unqualified_reason"]
        else:
            # A lead that was scheduled straight away may be lost without one.
            self.fields["unqualified_reason"].required = (
                self.lead.status in MOVES["qualify"].sources
            )


DIALOG_FORMS: dict[str, type[MoveForm]] = {
    "contact": ContactedForm,
    "schedule": ScheduleForm,
    "lose": LoseForm,
}
