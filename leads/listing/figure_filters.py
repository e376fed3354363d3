"""Filters behind the figures of the Metrics page: each finds just the leads that were counted."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from leads.listing.filter_fields import AnyOfFilter, CommaListFilter, TextListField
from leads.measuring.metrics_facts import reached
from leads.merges.merged import leads_once_called
from leads.models import Reason, Status


class ReachedFilter(CommaListFilter):
    """Leads that came to a stage, or beyond it; of several, to any."""

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        if not value:
            return qs
        first = min(value, key=list(Status.values).index)
        return qs.filter(reached(first))


class ReasonFilter(AnyOfFilter):
    """Lost leads with one of these reasons, by code."""

    field_class = TextListField

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    @property
    def value_labels(self) -> Mapping[str, str]:
        """What the workspace calls them, those that it no longer offers, too."""
        workspace = self.parent.actor.workspace
        rows = Reason.objects.filter(kind=self.kind)
        return dict(
            rows.in_workspace(workspace.pk).values_list("code", "label") if workspace else ()
        )

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter(qs, value)
        return found.filter(status=Status.LOST) if value else found


class ExternalIdFilter(AnyOfFilter):
    """Leads by the id that an outside system has for them, or had for one that went into them."""

    field_class = TextListField

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        if not value:
            return qs
        own, workspace = Q(external_id__in=value), self.parent.actor.workspace
        merged = leads_once_called(workspace.pk, value) if workspace else []
        return qs.filter(own | Q(pk__in=merged)) if merged else qs.filter(own)
