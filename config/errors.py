"""Errors outside of DRF, in the shape the caller reads: a page, or problem+json under /api/."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.problems import problem_response
from config.request_ids import request_id_of


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return problem_response(
            status=404, code="not_found", detail="There is nothing at this address."
        )
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return problem_response(
            status=403, code="permission_denied", detail=str(exception) or "Not allowed."
        )
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """It carries the id of the request, by which the error is found in the logs."""
    request_id = request_id_of(request)
    if _is_api(request):
        return problem_response(
            status=500,
            code="server_error",
            detail="Something failed on our side; nothing was changed. Try again.",
            request_id=request_id,
        )
    return render(request, "500.html", {"request_id": request_id}, status=500)
