"""The actions on many leads that this app has: each calls the set-based form of a verb."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.permissions import Permission
from leads import editing
from leads.api import bulk_inputs
from leads.assigning import assignment, auto_assignment
from leads.bulk.bulk_actions import BulkAction, Given
from leads.bulk.bulk_forms import AssignForm, BulkForm, LoseForm, TagForm
from leads.bulk.jobs import DELETE, RESTORE
from leads.bulk.losing import check_reasons, lose_many
from leads.bulk.many import Done
from leads.bulk.tagging import tag_many
from leads.errors import LeadError
from leads.models import ContactTag, Job, Reason

MOST_TAGS = 100


def _nothing(_actor: Actor, _given: Given) -> dict[str, Any]:
    return {}


def _understand_owner(actor: Actor, given: Given) -> dict[str, Any]:
    """The name is kept beside the id, to say later whom the leads went to."""
    if given["user_id"] is None:
        return {"user_id": None}
    user_id = UUID(str(given["user_id"]))
    members = assignment.assignable(actor.own_workspace.pk)
    member = assignment.assignable_member(members, user_id)
    return {"user_id": str(user_id), "name": member.user.get_full_name()}


def _assign(lead_ids: Sequence[UUID], actor: Actor, job: Job) -> Done:
    chosen = job.parameters["user_id"]
    user_id = UUID(chosen) if chosen else None
    return assignment.assign_many(lead_ids, actor=actor, user_id=user_id, job_id=job.pk)


def _auto_assign(lead_ids: Sequence[UUID], actor: Actor, job: Job) -> Done:
    return auto_assignment.auto_assign_many(lead_ids, actor=actor, job_id=job.pk)


def _understand_tags(_actor: Actor, given: Given) -> dict[str, Any]:
    tags = list(dict.fromkeys(" ".join(str(tag).split()) for tag in given["tags"]))
    longest = ContactTag._meta.get_field("name").max_length or 0
    if "" in tags or not tags:
        raise _bad_tags("required", _("Name at least one tag."))
    if len(tags) > MOST_TAGS or any(len(tag) > longest for tag in tags):
        message = _("Use at most %(count)d tags of %(longest)d characters.")
        raise _bad_tags("max_length", message % {"count": MOST_TAGS, "longest": longest})
    return {"tags": tags}


def _bad_tags(code: str, message: str) -> LeadError:
    return LeadError(message, errors=[("tags", code, message)])


def _tag(lead_ids: Sequence[UUID], actor: Actor, job: Job) -> Done:
    return tag_many(lead_ids, actor=actor, add=job.parameters["tags"])


def _untag(lead_ids: Sequence[UUID], actor: Actor, job: Job) -> Done:
    return tag_many(lead_ids, actor=actor, remove=job.parameters["tags"])


def _understand_loss(actor: Actor, given: Given) -> dict[str, Any]:
    names = ("loss_reason", "unqualified_reason", "notes")
    parameters = {name: str(given.get(name) or "") for name in names}
    check_reasons(
        actor.own_workspace.pk, parameters["loss_reason"], parameters["unqualified_reason"]
    )
    labels = dict(Reason.objects.choices_for(actor.own_workspace.pk, Reason.Kind.LOSS))
    return parameters | {"label": labels[parameters["loss_reason"]]}


def _lose(lead_ids: Sequence[UUID], actor: Actor, job: Job) -> Done:
    names = ("loss_reason", "unqualified_reason", "notes")
    return lose_many(lead_ids, actor=actor, **{name: job.parameters[name] for name in names})


def _delete(lead_ids: Sequence[UUID], actor: Actor, job: Job) -> Done:
    return editing.delete_many(lead_ids, actor=actor, at=job.started_at)


def _restore(lead_ids: Sequence[UUID], actor: Actor, _job: Job) -> Done:
    return editing.restore_many(lead_ids, actor=actor)


def _assigned(job: Job) -> str:
    name = job.parameters.get("name")
    return _("Assign to %(name)s") % {"name": name} if name else _("Take the owner off")


def _tagged(job: Job) -> str:
    return _("Tag: %(tags)s") % {"tags": ", ".join(job.parameters["tags"])}


def _untagged(job: Job) -> str:
    return _("Untag: %(tags)s") % {"tags": ", ".join(job.parameters["tags"])}


def _lost(job: Job) -> str:
    return _("Mark lost: %(reason)s") % {"reason": job.parameters.get("label", "")}


OFFERED = (
    BulkAction(
        "assign",
        gettext_lazy("Assign"),
        "user-round-check",
        Permission.LEAD_ASSIGN,
        _assign,
        _understand_owner,
        AssignForm,
        bulk_inputs.AssignBulk,
        question=gettext_lazy("Their open tasks go along, as far as they are the former owner's."),
        describe=_assigned,
    ),
    BulkAction(
        "auto_assign",
        gettext_lazy("Auto-assign"),
        "bot",
        Permission.LEAD_ASSIGN,
        _auto_assign,
        _nothing,
        BulkForm,
        bulk_inputs.BulkSelection,
        question=gettext_lazy(
            "Open leads without an owner go to the members whose turn it is. The others stay as"
            " they are."
        ),
    ),
    BulkAction(
        "tag",
        gettext_lazy("Tag"),
        "tag",
        Permission.LEAD_EDIT,
        _tag,
        _understand_tags,
        TagForm,
        bulk_inputs.TagBulk,
        describe=_tagged,
    ),
    BulkAction(
        "untag",
        gettext_lazy("Untag"),
        "x",
        Permission.LEAD_EDIT,
        _untag,
        _understand_tags,
        TagForm,
        bulk_inputs.TagBulk,
        describe=_untagged,
    ),
    BulkAction(
        "lose",
        gettext_lazy("Mark lost"),
        "circle-slash",
        Permission.LEAD_EDIT,
        _lose,
        _understand_loss,
        LoseForm,
        bulk_inputs.LoseBulk,
        question=gettext_lazy("Their appointments are canceled and their tasks closed."),
        describe=_lost,
        is_danger=True,
    ),
    BulkAction(
        DELETE,
        gettext_lazy("Delete"),
        "trash-2",
        Permission.LEAD_DELETE,
        _delete,
        _nothing,
        BulkForm,
        bulk_inputs.BulkSelection,
        question=gettext_lazy(
            "They leave every list. The page of the job brings them back if you change your mind."
        ),
        is_danger=True,
    ),
    BulkAction(
        RESTORE,
        gettext_lazy("Restore"),
        "undo-2",
        Permission.LEAD_DELETE,
        _restore,
        _nothing,
        BulkForm,
        bulk_inputs.BulkSelection,
        on_page=False,
        takes_filter=False,
    ),
)
