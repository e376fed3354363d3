"""The shapes of what a manager sets about assignment; each form calls the verb it stands for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.models import Membership
from leads.assigning import assignment_policy, duty
from leads.errors import LeadError
from leads.forms import VerbForm
from leads.models import (
    MOST_CAP,
    AssignmentMember,
    AssignmentPolicy,
    AssignmentRule,
    Source,
    Territory,
)


class SettingForm(VerbForm):
    """A form whose verb may refuse it: `save` says whether it was taken."""

    def perform(self, *, actor: Actor) -> object:
        raise NotImplementedError

    def save(self, *, actor: Actor) -> bool:
        """Call the verb; refused, its errors stand at the fields."""
        try:
            self.perform(actor=actor)
        except LeadError as error:
            self.refuse(error)
            if not self.errors:
                self.add_error(None, error.detail)
            return False
        return True


class PolicyForm(SettingForm):
    """When leads are given away by themselves, and whose turn it is."""

    trigger = forms.ChoiceField(
        label=_("Assign leads automatically"), choices=AssignmentPolicy.Trigger.choices
    )
    strategy = forms.ChoiceField(label=_("To whom"), choices=AssignmentPolicy.Strategy.choices)
    default_cap = forms.IntegerField(
        label=_("Most open leads of a member"),
        required=False,
        min_value=0,
        max_value=MOST_CAP,
        help_text=_("Empty: any number. A member may have a number of their own, below."),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, policy: AssignmentPolicy) -> None:
        names = assignment_policy.POLICY_SETTINGS
        super().__init__(data, initial={name: getattr(policy, name) for name in names})

    def perform(self, *, actor: Actor) -> object:
        return assignment_policy.set_policy(actor=actor, changes=self.cleaned_data)


class CapsForm(SettingForm):
    """The number of each member, all in one form."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        members: list[Membership],
        own: Mapping[UUID, AssignmentMember],
    ) -> None:
        super().__init__(data)
        for member in members:
            known = own.get(member.user_id)
            self.fields[f"cap_{member.user_id}"] = forms.IntegerField(
                label=_("Most open leads of %(name)s") % {"name": member.user.get_full_name()},
                required=False,
                min_value=0,
                max_value=MOST_CAP,
                initial=known.cap if known else None,
                widget=forms.NumberInput({"class": "input"}),
            )

    def initial_cap(self, user_id: UUID) -> int | None:
        """What is stored, whatever was typed."""
        initial: int | None = self.fields[f"cap_{user_id}"].initial
        return initial

    def of(self, member: Membership) -> forms.BoundField:
        return self[f"cap_{member.user_id}"]

    def perform(self, *, actor: Actor) -> object:
        for name in self.changed_data:
            user_id = UUID(name.removeprefix("cap_"))
            duty.set_cap(user_id, actor=actor, cap=self.cleaned_data[name])
        return None


class RuleForm(SettingForm):
    """Which leads, and who is asked for them."""

    name = forms.CharField(label=_("Name"), max_length=120)
    sources = forms.MultipleChoiceField(
        label=_("Sources"),
        choices=Source.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: leads of every source."),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        help_text=_("Separated by commas; any of them will do. Empty: with any tags or none."),
    )
    territory = forms.ChoiceField(label=_("Territory"), required=False)
    member_ids = forms.TypedMultipleChoiceField(
        label=_("Members"), coerce=UUID, widget=forms.CheckboxSelectMultiple
    )
    if_nobody = forms.ChoiceField(
        label=_("If none of them is on duty with room"), choices=AssignmentRule.IfNobody.choices
    )
    is_active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        rule: AssignmentRule,
        members: list[Membership],
        territories: QuerySet[Territory],
    ) -> None:
        self.rule = rule
        initial = {name: getattr(rule, name) for name in assignment_policy.RULE_SETTINGS}
        initial["tags"] = ", ".join(rule.tags)
        initial["territory"] = rule.territory_id or ""
        super().__init__(data, initial=initial)
        people = [(str(m.user_id), m.user.get_full_name()) for m in members]
        places = [(str(row.pk), row.name) for row in territories]
        self.fields["member_ids"].choices = people  # type: ignore[attr-defined]
        self.fields["territory"].choices = [("", _("Anywhere")), *places]  # type: ignore[attr-defined]

    def perform(self, *, actor: Actor) -> object:
        given = dict(self.cleaned_data)
        given["tags"] = given["tags"].split(",")
        given["territory"] = UUID(given["territory"]) if given["territory"] else None
        if self.rule._state.adding:
            return assignment_policy.create_rule(actor=actor, values=given)
        return assignment_policy.change_rule(self.rule, actor=actor, changes=given)


class TerritoryForm(SettingForm):
    """A name and its places, one to a line or separated by commas."""

    name = forms.CharField(label=_("Name"), max_length=120)
    countries = forms.CharField(
        label=_("Countries"),
        required=False,
        help_text=_("Two-letter codes, such as DE, AT, CH."),
        widget=forms.Textarea({"rows": 2}),
    )
    regions = forms.CharField(
        label=_("Regions"),
        required=False,
        help_text=_("As addresses have them: CA, or US-CA with its country in front."),
        widget=forms.Textarea({"rows": 2}),
    )
    postal_prefixes = forms.CharField(
        label=_("Postal codes that begin with"),
        required=False,
        help_text=_("606, or US-606 with its country in front."),
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, territory: Territory) -> None:
        self.territory = territory
        lists = ("countries", "regions", "postal_prefixes")
        initial = {name: ", ".join(getattr(territory, name)) for name in lists}
        super().__init__(data, initial=initial | {"name": territory.name})

    def perform(self, *, actor: Actor) -> object:
        given = dict(self.cleaned_data)
        for name in ("countries", "regions", "postal_prefixes"):
            given[name] = [text for line in given[name].splitlines() for text in line.split(",")]
        if self.territory._state.adding:
            return assignment_policy.create_territory(actor=actor, values=given)
        return assignment_policy.change_territory(self.territory, actor=actor, changes=given)
