"""Which leads changed since the smart lists last looked."""

from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from accounts.models import TenantModel, TenantQuerySet, workspace_without_key


class LeadMarkQuerySet(TenantQuerySet):
    def take(self, workspace_id: UUID, *, at_most: int) -> list[UUID]:
        """The leads of the oldest marks, whose marks are gone with this transaction.

        Marks that another worker is at are passed over; those of transactions that are still
        running come with the next look, however old their numbers are.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH taken AS (DELETE FROM campaigns_leadmark WHERE id IN ("
                " SELECT id FROM campaigns_leadmark WHERE workspace_id = %s"
                " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING lead_id)"
                " SELECT DISTINCT lead_id FROM taken ORDER BY lead_id",
                [workspace_id, at_most],
            )
            return [row[0] for row in cursor.fetchall()]

    def waiting_workspaces(self) -> list[UUID]:
        """Ids of the workspaces with marks; in the system's scope."""
        ids = self.order_by("workspace_id").values_list("workspace_id", flat=True)
        return list(ids.distinct())


class LeadMark(TenantModel):
    """A lead that some smart list may have to take in or let go.

    Triggers write it, in the transaction of the change and only where the workspace has a smart
    list, when a column that filters ask for changes: of the lead, its contact, tags and values of
    custom fields. What changes by time alone ("not contacted for 30 days"), or by other lists and
    campaigns, leaves no mark: the full rebuild (`LeadList.rebuild_due_at`) sees to it.
    """

    id = models.BigAutoField(primary_key=True)  # type: ignore[assignment]
    # Without a constraint, as the lead's: a mark is cheap, and one for nothing does no harm.
    workspace = workspace_without_key()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    lead_id = models.UUIDField()

    objects = LeadMarkQuerySet.as_manager()

    class Meta:
        verbose_name = "mark of a changed lead"
        verbose_name_plural = "marks of changed leads"
        indexes = [models.Index(fields=["workspace", "id"], name="lead_mark_oldest")]

    def __str__(self) -> str:
        return str(self.lead_id)
