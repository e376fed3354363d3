"""Contacts, the members who may be given leads, and the reasons why leads are lost."""

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, found_or_404
from accounts.api_lists import InvalidParameter, narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.models import Membership
from accounts.permissions import Permission
from leads import editing, rendering
from leads.api import examples
from leads.api.inputs import ContactChangesInput
from leads.api.listings import CONTACTS, MEMBERS, REASONS
from leads.api.shapes import ContactSerializer, MemberSerializer, ReasonSerializer
from leads.assigning.assignment import assignable, workload
from leads.assigning.turns import caps_of
from leads.merges import merged
from leads.models import Contact, Reason
from leads.people.contact_filters import ContactFilter

CONTACT_TAG = "Contacts"
WORKSPACE_TAG = "Workspaces"


class ContactsView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = CONTACTS

    @documented(
        tag=CONTACT_TAG,
        summary="List contacts",
        response=page_of(ContactSerializer),
        answer=page_answer(examples.CONTACT),
    )
    def get(self, request: Request) -> Response:
        rows: QuerySet[Contact] = (
            Contact.objects.visible_to(self.actor)
            .select_related("company")
            .prefetch_related("tags")
        )
        found = narrowed(ContactFilter(request.query_params, queryset=rows, actor=self.actor))
        return CONTACTS.answer(request, found, rendering.contact)


class ContactDetailView(ApiView):
    needs = {"GET": Permission.VIEW, "PUT": Permission.LEAD_EDIT, "PATCH": Permission.LEAD_EDIT}
    contact: Contact

    def look_up(self, **kwargs: str) -> None:
        rows = Contact.objects.visible_to(self.actor).select_related("company")
        self.contact = found_or_404(
            merged.contact_by_ref(rows, kwargs["contact"], workspace_id=self.workspace.pk)
        )

    @documented(
        tag=CONTACT_TAG,
        summary="Read a contact",
        response=ContactSerializer,
        answer=examples.CONTACT,
    )
    def get(self, request: Request, contact: str) -> Response:
        return Response(rendering.contact(self.contact))

    @documented(
        tag=CONTACT_TAG,
        summary="Change a contact",
        description=(
            "Set the fields that are named; PUT does the same. Another contact's e-mail is 409"
            " `contact_exists`."
        ),
        request=ContactChangesInput,
        example=examples.CONTACT_CHANGES,
        response=ContactSerializer,
        answer=examples.CONTACT,
        conflicts=True,
    )
    def patch(self, request: Request, contact: str) -> Response:
        changes = self.parsed(ContactChangesInput, current=rendering.contact(self.contact))
        row = editing.update_contact(self.contact, actor=self.actor, changes=changes)
        return Response(rendering.contact(row))

    put = patch


class MembersView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = MEMBERS

    @documented(
        tag=WORKSPACE_TAG,
        summary="List who may be given leads",
        response=page_of(MemberSerializer),
        answer=page_answer(examples.MEMBER),
    )
    def get(self, request: Request) -> Response:
        page = MEMBERS.page(request, assignable(self.workspace.pk))
        members: list[Membership] = page["results"]
        loads = workload(self.workspace.pk, [member.user_id for member in members])
        caps = caps_of(self.workspace.pk, [member.user_id for member in members])
        rendered = [
            rendering.member(one, load=loads.get(one.user_id, 0), cap=caps[one.user_id])
            for one in members
        ]
        return Response(page | {"results": rendered})


class ReasonsView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = REASONS

    @documented(
        tag=WORKSPACE_TAG,
        summary="List loss and unqualified reasons",
        response=page_of(ReasonSerializer),
        answer=page_answer(examples.REASON),
    )
    def get(self, request: Request) -> Response:
        rows = Reason.objects.in_workspace(self.workspace.pk).filter(is_active=True)
        kinds = [k for text in request.query_params.getlist("kind") for k in text.split(",") if k]
        if not set(kinds) <= set(Reason.Kind.values):
            raise InvalidParameter("kind", f"Use one of: {', '.join(Reason.Kind.values)}.")
        if kinds:
            rows = rows.filter(kind__in=kinds)
        return REASONS.answer(request, rows, rendering.reason)
