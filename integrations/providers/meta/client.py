"""Meta's own client library, configured: an API object per connection, one attempt, our errors.

Importing this module loads `facebook_business`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from facebook_business.adobjects.adspixel import AdsPixel
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import (
    FacebookError,
    FacebookRequestError,
)
from facebook_business.session import FacebookSession

from integrations.contracts import ProviderError, TemporaryError
from integrations.providers.meta.failures import from_request_error

GRAPH_URL = str(FacebookSession.GRAPH)
API_VERSION = str(FacebookAdsApi.API_VERSION)


class GraphClient:
    """Calls about one dataset, with one connection's token.

    The library's process-wide default API is never set: it would send one workspace's events with
    another's token. Its session makes exactly one attempt a call (`requests` retries nothing unless
    told to).

    Args:
        app_id, app_secret: "" without an app; with a secret every call carries its proof.
        local_endpoint: "http://127.0.0.1:9102", or "" for Meta.
        timeout_seconds: to connect, and between two bytes of the answer.
    """

    def __init__(
        self,
        *,
        dataset_id: str,
        access_token: str,
        app_id: str,
        app_secret: str,
        local_endpoint: str,
        timeout_seconds: float,
    ) -> None:
        session = FacebookSession(
            app_id or None,
            app_secret or None,
            access_token,
            timeout=(timeout_seconds, timeout_seconds),
        )
        if local_endpoint:
            session.GRAPH = local_endpoint
        self._dataset = AdsPixel(dataset_id, api=FacebookAdsApi(session))

    def send(self, params: Mapping[str, Any]) -> str:
        """Send one request's events; returns Meta's trace id, for its support.

        Raises:
            PermanentError, TemporaryError, ConfigurationError: see `Provider._send`.
        """
        answer = _call(lambda: self._dataset.create_event(fields=[], params=dict(params)))
        sent = len(params["data"])
        if answer.get("events_received") != sent:
            # Meta takes all of a request or nothing, so this is no answer to it.
            raise TemporaryError(f"Meta did not confirm all {sent} events.", code="bad_answer")
        return str(answer.get("fbtrace_id") or "")

    def dataset_name(self) -> str:
        """Read the dataset; returns its name.

        Raises:
            PermanentError, TemporaryError, ConfigurationError: see `Provider._send`.
        """
        answer = _call(lambda: self._dataset.api_get(fields=["id", "name"]))
        return str(answer.get("name") or answer.get("id") or "")


def _call(request: Callable[[], Any]) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = {}
    failure: ProviderError | None = None
    try:
        answer = request().export_all_data()
    except FacebookRequestError as error:
        failure = from_request_error(error)
    except requests.Timeout:
        failure = TemporaryError("Meta did not answer in time.", code="timeout")
    except requests.RequestException:
        failure = TemporaryError("The connection to Meta broke.", code="connection")
    except (FacebookError, ValueError, TypeError, AttributeError, KeyError):
        # The library stumbles over answers that are cut off or are not Meta's at all (a proxy's
        # page): whether the request was taken is unknown, and sending again is safe.
        failure = TemporaryError("Meta's answer could not be read.", code="bad_answer")
    if failure is not None:
        # Raised outside of the handler: the library's exceptions carry the address, and with it
        # the access token, which a chained traceback would show.
        raise failure
    return answer
