"""The admin's site: unfold's, which lists every model only for the page that shows the list."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class AdminSite(UnfoldAdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """What the front page lists; every other page is given it too, and has the sidebar.

        To ask for the permissions and addresses of sixty models took a tenth of a list's time.
        """
        made = super().get_app_list
        return SimpleLazyObject(lambda: made(request, app_label))
