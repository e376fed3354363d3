"""What the ad platforms were told, what waits and why, and sending it again."""

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_base import ApiView, one_by_id
from accounts.api_lists import OWN_WORKSPACE, Listing, narrowed
from accounts.api_schema import documented, page_answer, page_of
from accounts.permissions import Permission
from conversions import delivery, rendering
from conversions.api import examples
from conversions.api.shapes import UploadDetailSerializer, UploadSerializer
from conversions.filters import UploadFilter
from conversions.models import Upload
from leads.api.listings import any_of, parameter, period

TAG = "Uploads"

UPLOADS = Listing(
    filters=(
        any_of("status", Upload.Status.values, "How it stands."),
        parameter("destination", "A connection's id, or a provider's name."),
        *period("Made"),
        *OWN_WORKSPACE,
    )
)


class UploadsView(ApiView):
    needs = {"GET": Permission.VIEW}
    listing = UPLOADS

    @documented(
        tag=TAG,
        summary="List uploads",
        response=page_of(UploadSerializer),
        answer=page_answer(examples.UPLOAD),
    )
    def get(self, request: Request) -> Response:
        visible: QuerySet[Upload] = Upload.objects.visible_to(self.actor)
        rows = narrowed(
            UploadFilter(
                request.query_params,
                queryset=visible.select_related("connection"),
                actor=self.actor,
            )
        )
        return UPLOADS.answer(request, rows, rendering.upload)


class UploadView(ApiView):
    """An address beneath one upload."""

    upload: Upload

    def look_up(self, **kwargs: str) -> None:
        visible: QuerySet[Upload] = Upload.objects.visible_to(self.actor)
        self.upload = one_by_id(visible.select_related("connection"), kwargs["upload"])


class UploadDetailView(UploadView):
    needs = {"GET": Permission.VIEW}

    @documented(
        tag=TAG,
        summary="Read an upload with its attempts",
        response=UploadDetailSerializer,
        answer=examples.UPLOAD_DETAIL,
    )
    def get(self, request: Request, upload: str) -> Response:
        return Response(rendering.upload_detail(self.upload))


class RetryView(UploadView):
    needs = {"POST": Permission.UPLOAD_RETRY}

    @documented(
        tag=TAG,
        summary="Send an upload again",
        description=(
            "Now, under the same event id. Once the platform took it, it is never sent again: 409"
            " `already_accepted`."
        ),
        response=UploadSerializer,
        answer=examples.UPLOAD | {"status": "pending", "accepted_at": None},
        conflicts=True,
    )
    def post(self, request: Request, upload: str) -> Response:
        return Response(rendering.upload(delivery.retry(self.upload.pk, actor=self.actor)))
