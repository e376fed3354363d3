"""The firms contacts work for; they come into being with the first contact that names them."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_input import StrictSerializer, Text
from accounts.api_lists import narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from leads import rendering
from leads.api import examples
from leads.api.listings import COMPANIES
from leads.models import Company
from leads.people import companies
from leads.people.contact_filters import CompanyFilter

TAG = "Companies"
_COUNTED = f"Exact to {companies.MOST_COUNTED:,}, which then means at least as many."


class CompanyChangesInput(StrictSerializer):
    name = serializers.CharField(max_length=companies.LONGEST_NAME, required=False)
    website = Text(max_length=companies.LONGEST_WEBSITE, help_text="An empty text clears it.")


class CompanySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    website = serializers.CharField(allow_blank=True)
    contacts = serializers.IntegerField(help_text=f"People you see. {_COUNTED}")
    open_leads = serializers.IntegerField(help_text=f"Of these people. {_COUNTED}")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CompaniesView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = COMPANIES

    @documented(
        tag=TAG,
        summary="List companies",
        response=page_of(CompanySerializer),
        answer=page_answer(examples.COMPANY),
    )
    def get(self, request: Request) -> Response:
        rows = companies.with_counts(companies.visible_companies(self.actor), self.actor)
        found = narrowed(CompanyFilter(request.query_params, queryset=rows, actor=self.actor))
        return COMPANIES.answer(request, found, rendering.company)


class CompanyView(ApiView):
    needs = {"GET": Permission.VIEW, "PUT": Permission.LEAD_EDIT, "PATCH": Permission.LEAD_EDIT}
    company: Company

    def look_up(self, **kwargs: str) -> None:
        rows = companies.with_counts(companies.visible_companies(self.actor), self.actor)
        self.company = one_by_id(rows, kwargs["company"])

    @documented(
        tag=TAG,
        summary="Read a company",
        response=CompanySerializer,
        answer=examples.COMPANY,
    )
    def get(self, request: Request, company: str) -> Response:
        return Response(rendering.company(self.company))

    @documented(
        tag=TAG,
        summary="Rename a company",
        description=(
            "Its people keep it. The name of another company, whatever the case and spacing, is 409"
            " `company_exists` with its `company_id`."
        ),
        request=CompanyChangesInput,
        example=examples.COMPANY_CHANGES,
        response=CompanySerializer,
        answer=examples.COMPANY,
        conflicts=True,
    )
    def patch(self, request: Request, company: str) -> Response:
        changes = self.parsed(CompanyChangesInput, current=rendering.company(self.company))
        row = companies.change(self.company, actor=self.actor, changes=changes)
        found = companies.with_counts(companies.visible_companies(self.actor), self.actor)
        return Response(rendering.company(found.get(pk=row.pk)))

    put = patch
