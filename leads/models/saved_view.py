"""A way to look at the leads that is kept under a name, and who has it at hand."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet

if TYPE_CHECKING:
    from accounts.actors import Actor

LONGEST_VIEW_NAME = 60
# `attr.` and the key of a custom field.
LONGEST_COLUMN = 65
MOST_PINS = 10


class SavedViewQuerySet(TenantQuerySet):
    def shared(self) -> Self:
        return self.filter(owner__isnull=True)

    def visible_to(self, actor: "Actor") -> Self:
        """What the workspace shares, and the actor's own."""
        rows = self.in_workspace(actor.own_workspace.pk)
        mine = Q(owner=actor.user) if actor.user is not None else Q()
        return rows.filter(Q(owner__isnull=True) | mine) if mine else rows.shared()


class SavedView(TenantModel):
    """Filters, order and columns of the Leads page; changed through `leads.listing.saved_views`.

    It is one person's, or, without an owner, the workspace's.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("whose"),
        help_text=_("Empty: everybody's in the workspace."),
    )
    name = models.CharField(_("name"), max_length=LONGEST_VIEW_NAME)
    # What GET /leads/ takes: each filter with its values.
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    ordering = models.CharField(_("order"), max_length=30, blank=True)
    # Empty: those that everybody is shown.
    columns = ArrayField(
        models.CharField(max_length=LONGEST_COLUMN),
        verbose_name=_("columns"),
        default=list,
        blank=True,
    )
    created_by = models.CharField(_("created by"), max_length=200, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_name"),
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=Q(owner__isnull=True),
                name="saved_view_shared_name_once",
            ),
            models.UniqueConstraint(
                fields=["workspace", "owner", "name"],
                condition=Q(owner__isnull=False),
                name="saved_view_own_name_once",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "created_at", "id"], name="saved_view_newest"),
            models.Index(fields=["workspace", "name", "id"], name="saved_view_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        return self.owner_id is None

    @property
    def state(self) -> QueryDict:
        """Filters, order and columns as the address of the Leads page has them."""
        state = QueryDict(mutable=True)
        for name, values in sorted(self.filters.items()):
            state.setlist(name, values)
        if self.ordering:
            state["ordering"] = self.ordering
        if self.columns:
            state["columns"] = ",".join(self.columns)
        return state


class PinnedView(TenantModel):
    """A view that somebody has in their sidebar; there are only so many places."""

    view = TenantForeignKey(
        SavedView, on_delete=models.CASCADE, related_name="pins", verbose_name=_("view")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("for"),
    )
    place = models.PositiveSmallIntegerField(_("place"))

    objects = TenantManager()

    class Meta:
        verbose_name = _("pinned view")
        verbose_name_plural = _("pinned views")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "view", "user"], name="pinned_view_once"),
            models.UniqueConstraint(
                fields=["workspace", "user", "place"], name="pinned_view_place"
            ),
            models.CheckConstraint(
                condition=Q(place__gte=1, place__lte=MOST_PINS), name="pinned_view_place_in_range"
            ),
        ]

    def __str__(self) -> str:
        return str(self.view)
