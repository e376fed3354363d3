"""The demo's exports: a workbook of a list that was fetched, and a file of all hot leads."""

from campaigns.exports import exports, making
from campaigns.models import LeadList
from config.demo.stories import Cast


def load(cast: Cast) -> None:
    """Asked for as the pages do of what is large, and made as a worker does."""
    actor = cast.manager
    group = LeadList.objects.visible_to(actor).order_by("name").first()
    for target, narrowing, file_format in (
        (group, {}, "xlsx"),
        (None, {"heat": ["HOT"], "open": ["true"]}, "csv"),
    ):
        asked = exports.question(actor=actor, target=target, filter=narrowing)
        exports.ask(asked, actor=actor, file_format=file_format)
        making.work_off()
