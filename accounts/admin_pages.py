"""Pages of the admin between a button and what it does: a button's GET changes nothing."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from accounts.admin_base import REFUSALS, tell_refusals


def change_page(model_admin: ModelAdmin, object_id: object) -> HttpResponse:
    """To the page of a row, after something was done to it."""
    opts = model_admin.opts
    return redirect(f"admin:{opts.app_label}_{opts.model_name}_change", str(object_id))


def question(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    button: str,
    explanation: str = "",
    rows: list[Any] | None = None,
    form: forms.Form | None = None,
    hidden: dict[str, Any] | None = None,
    cancel: str = "..",
) -> HttpResponse:
    """A page that asks before something is done; its button posts to where it was opened."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "button": button,
        "explanation": explanation,
        "rows": rows or [],
        "form": form,
        "hidden": hidden or {},
        "cancel": cancel,
    }
    return TemplateResponse(request, "admin/question.html", context)


def confirmed(
    model_admin: ModelAdmin,
    request: HttpRequest,
    row: Any,
    *,
    title: str,
    explanation: str,
    button: str,
    perform: Callable[[], object],
    done: str,
) -> HttpResponse:
    """Ask about one row, then do it and go back to its page, saying how it went."""
    if request.method != "POST":
        return question(model_admin, request, title=title, explanation=explanation, button=button)
    try:
        perform()
    except REFUSALS as error:
        tell_refusals(request, [(row, error)])
    else:
        messages.success(request, done)
    return change_page(model_admin, row.pk)
