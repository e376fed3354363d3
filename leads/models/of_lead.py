"""Rows that belong to a lead are seen by whoever sees the lead."""

from typing import TYPE_CHECKING, Self

from accounts.models import TenantQuerySet

from .lead import Lead

if TYPE_CHECKING:
    from accounts.actors import Actor


class OfLeadQuerySet(TenantQuerySet):
    """Rows of a table with a `lead`."""

    def visible_to(self, actor: "Actor") -> Self:
        """Those of the leads that the actor sees."""
        seen = Lead.objects.visible_to(actor)
        return self.in_workspace(actor.own_workspace.pk).filter(lead__in=seen.values("pk"))
