"""What the admin's pages stand on: scope, permissions by role, verbs instead of bare saves."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import ForeignKey, Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.views import ChangeList as UnfoldChangeList

from accounts import history
from accounts.actors import Actor
from accounts.admin_access import access
from accounts.models import Tracked, Workspace
from accounts.permissions import Permission
from accounts.problems import ProblemError

Row = TypeVar("Row", bound=Model)


class AtLeast(int):
    """A count that was not finished: shown as `10000+`."""

    def __str__(self) -> str:
        return f"{int(self):d}+"


class BoundedPaginator(Paginator):
    """Counts a list so far and no further: to count millions takes longer than to show fifty."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        found = rows.order_by()[: self.MOST + 1].count()
        return AtLeast(self.MOST) if found > self.MOST else found


class ScopedChangeList(UnfoldChangeList):
    """Unfold makes the heads of all columns anew for each row: their addresses are made once."""

    def get_query_string(
        self, new_params: dict[str, Any] | None = None, remove: list[str] | None = None
    ) -> str:
        made = self.__dict__.setdefault("made_query_strings", {})
        key = repr((new_params, remove))
        if key not in made:
            made[key] = super().get_query_string(new_params, remove)
        return str(made[key])


class ScopedAdmin(ModelAdmin):
    """Rows, choices and permissions of the workspaces in which the person has a fitting role.

    A permission of None is nobody's. An object may be given as its id, as unfold does.
    """

    view_permission: Permission | None = Permission.VIEW
    add_permission: Permission | None = None
    change_permission: Permission | None = None
    delete_permission: Permission | None = None
    # From a row to the id of its workspace.
    workspace_path = "workspace_id"
    list_per_page = 50
    paginator: Any = BoundedPaginator
    # Counting all rows of a large table for "12 of 4,000,000" costs more than it tells.
    show_full_result_count = False
    list_filter_submit = True
    # Unfold asks each row of a list for these, and what is not there it looks for long.
    list_sections: Sequence[Any] = ()
    compressed_fields = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScopedChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if self.view_permission is None:
            return rows if access(request).sees_everything else rows.none()
        return access(request).limit(rows, self.view_permission, path=self.workspace_path)

    def get_field_queryset(
        self, db: str | None, db_field: ForeignKey[Any, Any], request: HttpRequest
    ) -> QuerySet[Any] | None:
        """Choices of a reference are what its own list shows this person."""
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if related is None:
            return super().get_field_queryset(db, db_field, request)
        rows = related.get_queryset(request)
        if db_field.remote_field.model is Workspace and self.add_permission is not None:
            rows = access(request).limit(rows, self.add_permission, path="id")
        return rows.order_by(*related.get_ordering(request))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who works in one workspace need not choose it."""
        initial = super().get_changeform_initial_data(request)
        allowed = access(request).workspace_ids(self.add_permission or Permission.VIEW)
        if len(allowed) == 1:
            initial.setdefault("workspace", allowed[0])
        return initial

    def actor(self, request: HttpRequest, row: Any) -> Actor:
        """The signed-in person acting in the row's workspace."""
        return access(request).actor(row.workspace)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.view_permission, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.add_permission, None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.change_permission, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.delete_permission, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def allows(self, request: HttpRequest, permission: Permission | None, obj: Any) -> bool:
        if permission is None:
            return False
        if obj is None:
            return access(request).may(permission)
        row = self.row(request, obj) if isinstance(obj, str) else obj
        return access(request).may(permission, self.workspace_id_of(row))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """What was changed about the row, whoever did it and wherever; then what was done here."""
        context = dict(extra_context or {})
        if isinstance(getattr(self.model, "history", None), Tracked):
            events = history.events_of(self.row(request, unquote(object_id)))
            pages = Paginator(events, self.list_per_page)
            shown = pages.get_page(request.GET.get("changes"))
            context |= {"changes_page": shown, "entries": history.told(shown)}
        return super().history_view(request, object_id, context)

    def workspace_id_of(self, row: Any) -> UUID | None:
        workspace_id = row
        for name in self.workspace_path.split("__"):
            workspace_id = getattr(workspace_id, name)
        return workspace_id

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """The row of that id, read once a request; 404 when it is not this person's to see."""
        rows = request.__dict__.setdefault("admin_rows", {})
        key = (self.model, object_id)
        if key not in rows:
            rows[key] = self.get_object(request, object_id)
        if rows[key] is None:
            raise Http404
        return rows[key]


class ReadOnlyAdmin(ScopedAdmin):
    """History and bookkeeping: to be looked at, searched and filtered."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        return self.fields or ()


class VerbForm(forms.ModelForm):
    """Shows what a verb refused beside the field it is about."""

    refusal: ProblemError | None = None
    # What a verb calls a field, where the form calls it otherwise.
    verb_fields: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Left to the verbs, which say it in words; some take a repeat for what it is.
        self.instance.validate_constraints = lambda exclude=None: None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.refusal is not None:
            shown = [error for error in self.refusal.errors if self._field(error[0])]
            for name, _code, message in shown:
                self.add_error(self._field(name), message)
            if not shown:
                self.add_error(None, self.refusal.detail)
        return cleaned

    def _field(self, verb_name: str) -> str:
        name = self.verb_fields.get(verb_name) or verb_name.rpartition(".")[2]
        return name if name in self.fields else ""


class VerbAdmin(ScopedAdmin):
    """Saves through the domain's verb functions: `add_row` and `change_row` call them."""

    form = VerbForm

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ProblemError as error:
            # Nothing was written. The form is shown again, and says why.
            request.refusal = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            self.change_row(request, obj, changes)
            return
        made = self.add_row(request, obj, form.cleaned_data)
        # The page goes on with the row the verb made, or found.
        obj.pk = made.pk
        obj.refresh_from_db()

    def add_row(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> Model:
        raise NotImplementedError

    def change_row(self, request: HttpRequest, obj: Any, changes: dict[str, Any]) -> None:
        raise NotImplementedError


class SoftDeleteAdmin(ScopedAdmin):
    """Deleting takes a row out of use and keeps it: `take_away` calls the verb."""

    def take_away(self, request: HttpRequest, obj: Any) -> None:
        raise NotImplementedError

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]]:
        """Nothing beneath the rows goes with them."""
        rows = list(objs)
        refused = [row for row in rows if not self.has_delete_permission(request, row)]
        name = self.opts.verbose_name
        return [str(row) for row in rows], {name: len(rows)}, {name} if refused else set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.take_away(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.take_away(request, row)


class HistoryInline(TabularInline):
    """What belongs to a row, in a tab of its page: shown, never changed there."""

    extra = 0
    max_num = 0
    can_delete = False
    tab = True
    per_page = 20
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        return self.fields or ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever sees the row sees what belongs to it.
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScopedRelatedFilter(RelatedDropdownFilter):
    """A filter by a reference offers what the reference's own list shows this person."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, str]]:
        rows = model_admin.get_field_queryset(None, field, request)
        return [(row.pk, str(row)) for row in rows]


def short_time(moment: datetime) -> str:
    """For columns of a list: day and time, in one line."""
    return date_format(timezone.localtime(moment), "j M, H:i")


SHOWN_REFUSALS = 10


def tell_refusals(request: HttpRequest, refusals: Sequence[tuple[object, Exception]]) -> None:
    """One message for each row a verb refused, with the reason; many end in a count."""
    for row, error in refusals[:SHOWN_REFUSALS]:
        reason = error.detail if isinstance(error, ProblemError) else str(error)
        messages.error(request, f"{row}: {reason}")
    rest = len(refusals) - SHOWN_REFUSALS
    if rest > 0:
        messages.error(request, _("… and %(count)d more.") % {"count": rest})


REFUSALS = (ProblemError, PermissionDenied)


def refused(
    rows: Iterable[Row], verb: Callable[[Row], object], *, about: Callable[[Row], object] = str
) -> list[tuple[object, Exception]]:
    """Have a verb done to each row; returns what those it refused are `about`, with the reason."""
    refusals: list[tuple[object, Exception]] = []
    for row in rows:
        try:
            verb(row)
        except REFUSALS as error:
            refusals.append((about(row), error))
    return refusals


def do_to_each(
    request: HttpRequest,
    rows: Iterable[Row],
    verb: Callable[[Row], object],
    *,
    said: str,
    about: Callable[[Row], object] = str,
) -> None:
    """The same as an action of a list, and tell: `said` has the `count` of what was done."""
    chosen = list(rows)
    refusals = refused(chosen, verb, about=about)
    done = len(chosen) - len(refusals)
    if done:
        messages.success(request, said % {"count": done})
    tell_refusals(request, refusals)
