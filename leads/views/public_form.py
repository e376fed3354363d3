"""The public pages of a lead form: no sign-in, no session, no cookie, no script needed."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import condition, require_http_methods, require_safe

from accounts.acting import acting_itself
from accounts.tenancy import scope, system_scope
from leads.capture import form_questions
from leads.capture.form_entries import EntryForm, from_address, new_ticket, take
from leads.capture.form_limits import WINDOW_SECONDS, may_send
from leads.capture.lead_forms import origin_of
from leads.errors import LeadError
from leads.models import LeadForm

EMBED_SCRIPT = "js/lead-form-embed.js"
THEMES = ("light", "dark")
_TRY_AGAIN = 429

PublicView = Callable[[HttpRequest, LeadForm], HttpResponse]


def _public(view: PublicView) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """Find the open form by its token, name the sites that may frame the answer, or 404.

    The token is all that says which workspace this is about, so it is looked up in the system's
    scope; whatever the visitor brings about happens in the workspace's own.
    """

    @wraps(view)
    def shown(request: HttpRequest, token: str) -> HttpResponseBase:
        with system_scope():
            rows = LeadForm.objects.select_related("workspace__organization")
            form = rows.filter(token=token, is_active=True).first()
        if form is None:
            return render(request, "leads/public/gone.html", status=404)
        return _policy(form)(lambda answered: view(answered, form))(request)

    # X-Frame-Options knows no list of sites; every browser we support obeys frame-ancestors.
    return xframe_options_exempt(shown)


def _policy(form: LeadForm) -> Callable[..., Callable[[HttpRequest], HttpResponseBase]]:
    """The content policy, widened by what this form names.

    Browsers hold `form-action` against the redirect after a post too.
    """
    wider: dict[str, list[str]] = {}
    if form.allowed_origins:
        wider["frame-ancestors"] = form.allowed_origins
    if form.redirect_url:
        wider["form-action"] = [SELF, origin_of(form.redirect_url)]
    return csp_replace(wider)


# No CSRF cookie: embedded in another site it would be a third party's, which browsers withhold, and
# there is no session whose authority a forged request could borrow. The signed ticket inside the
# form shows that the page was asked for, and when.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@_public
def show(request: HttpRequest, form: LeadForm) -> HttpResponse:
    """The form; a sent one leads on to the thanks."""
    if request.method != "POST":
        here = request.build_absolute_uri(request.get_full_path())
        came_from = request.headers.get("Referer", "")
        initial = from_address(request.GET, here=here, came_from=came_from)
        initial |= {"ticket": new_ticket(form), "page": request.GET.get("page", "")}
        return _render(request, _entry(form, initial=initial))
    entry = _entry(form, data=request.POST)
    if not may_send(form.pk, request):
        entry.is_valid()
        refused = _(
            "Too much came from your connection just now. Please send again in ten minutes."
        )
        answer = _render(request, entry, refused=refused, status=_TRY_AGAIN)
        answer["Retry-After"] = str(WINDOW_SECONDS)
        return answer
    if not entry.is_valid():
        return _render(request, entry, status=422)
    try:
        with acting_itself(via="form"), scope(form.workspace_id):
            take(entry)
    except LeadError as error:
        return _render(request, entry, refused="" if entry.errors else error.detail, status=422)
    return _thank(request, form)


def _entry(form: LeadForm, **kwargs: Any) -> EntryForm:
    """What is asked by the workspace's own fields stands in its own scope."""
    with acting_itself(via="form"), scope(form.workspace_id):
        own_fields = form_questions.asked(form)
    return EntryForm(lead_form=form, own_fields=own_fields, **kwargs)


def _thank(request: HttpRequest, form: LeadForm) -> HttpResponse:
    """On to a page that may be reloaded. In a frame the redirect is the surrounding page's."""
    if form.redirect_url and not _is_embedded(request):
        return redirect(form.redirect_url)
    address = reverse("lead_form:thanks", args=[form.token])
    look = {name: request.GET[name] for name in ("embed", "theme") if name in request.GET}
    return redirect(f"{address}?{urlencode(look)}" if look else address)


@require_safe
@_public
def thanks(request: HttpRequest, form: LeadForm) -> HttpResponse:
    """What the visitor reads in the end."""
    return render(request, "leads/public/thanks.html", {"form": form, **_look(request)})


@require_safe
@_public
def embed_script(request: HttpRequest, form: LeadForm) -> HttpResponse:
    """The script that a customer's page loads; the form's address is part of the script's own."""
    return _script(request)


def _script_path() -> Path:
    found = finders.find(EMBED_SCRIPT)
    if not isinstance(found, str):
        raise FileNotFoundError(EMBED_SCRIPT)
    return Path(found)


def _script_version(request: HttpRequest) -> str:
    read = _script_path().stat()
    return f'"{read.st_mtime_ns:x}-{read.st_size:x}"'


@cache_control(public=True, max_age=3600)
@condition(etag_func=_script_version)
def _script(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(
        _script_path().read_bytes(), content_type="text/javascript; charset=utf-8"
    )
    # Pages of any site may load it, also those that isolate themselves.
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _is_embedded(request: HttpRequest) -> bool:
    return "embed" in request.GET


def _look(request: HttpRequest) -> dict[str, object]:
    """In a frame the surrounding page says whether it is light or dark; light unless it does."""
    embedded, theme = _is_embedded(request), request.GET.get("theme", "")
    if theme not in THEMES:
        theme = "light" if embedded and theme != "auto" else ""
    return {"embedded": embedded, "theme": theme}


def _render(
    request: HttpRequest, entry: EntryForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": entry, "lead_form": entry.lead_form, "refused": refused, **_look(request)}
    return render(request, "leads/public/form.html", context, status=status)
