"""Google's own client library, configured: gRPC, one attempt, a deadline, our errors.

The library's `GoogleAdsClient` is left out: it logs every failed request, and cannot be pointed at
a server without TLS. Its two interceptors that matter are used as it uses them.

Importing this module loads `google.ads.googleads`, which takes seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
from google.ads.googleads.errors import GoogleAdsException
from google.ads.googleads.interceptors import ExceptionInterceptor, MetadataInterceptor
from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure
from google.ads.googleads.v26.services.services.conversion_upload_service import (
    ConversionUploadServiceClient,
)
from google.ads.googleads.v26.services.services.conversion_upload_service.transports import (
    ConversionUploadServiceGrpcTransport,
)
from google.ads.googleads.v26.services.types.conversion_upload_service import (
    UploadClickConversionsRequest,
    UploadClickConversionsResponse,
)
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo

from integrations.contracts import ConfigurationError, ProviderError, TemporaryError
from integrations.providers.base import RowVerdict
from integrations.providers.google_ads.failures import Fault, faults_of, from_call, row_verdicts
from integrations.providers.google_messages import message
from integrations.providers.google_sign_in import authentication_failure

_VERSION = "v26"
_FAILURE_KEY = f"google.ads.googleads.{_VERSION}.errors.googleadsfailure-bin"
_LARGEST_ANSWER = 64 * 1024 * 1024


def request_of(body: Mapping[str, Any]) -> UploadClickConversionsRequest:
    """The library's message for a body (`payloads.upload_request`).

    Raises:
        PermanentError: the body does not fit the API's definition.
    """
    return message(UploadClickConversionsRequest, body)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What Google answered: its id of the request, and a verdict on each row it did not take."""

    reference: str
    verdicts: Mapping[int, RowVerdict] = field(default_factory=dict)


class UploadClient:
    """Calls `UploadClickConversions` for one account.

    Args:
        credentials: None for the local address, which needs none.
        developer_token: names the API's user; "" for none.
        login_customer_id: the manager account the access is given through, digits only, or "".
        local_endpoint: "http://127.0.0.1:9103", or "" for Google.
        timeout_seconds: to sign in, and again for the whole call.

    Raises:
        ConfigurationError: the token or the manager account cannot be part of a request.
    """

    def __init__(
        self,
        *,
        credentials: Credentials | None,
        developer_token: str,
        login_customer_id: str,
        local_endpoint: str,
        timeout_seconds: float,
    ) -> None:
        # They travel as headers; gRPC's complaint about a bad one would quote it.
        if not all(t.isascii() and t.isprintable() for t in (developer_token, login_customer_id)):
            raise ConfigurationError(
                "The developer token or the manager account ID has characters no request may hold.",
                code="bad_secret",
            )
        self._credentials = credentials
        self._developer_token = developer_token
        self._login_customer_id = login_customer_id
        self._local_address = local_endpoint.removeprefix("http://")
        self._timeout_seconds = timeout_seconds

    def upload(self, body: Mapping[str, Any]) -> Receipt:
        """Send one request, in one attempt.

        Raises:
            BatchRejectedError, PermanentError, TemporaryError, ConfigurationError: see
                `Provider._send`.
        """
        request = request_of(body)
        receipt: Receipt | None = None
        # Whether an answer nobody can read took anything is unknown; sending again is safe.
        failure: ProviderError = TemporaryError(
            "Google's answer could not be read.", code="bad_answer"
        )
        try:
            self._sign_in()
            receipt = _receipt(request, self._call(request))
        except GoogleAdsException as error:
            failure = from_call(error.error.code().name, "", _faults(error.failure))
        except GoogleAPICallError as error:
            failure = _call_failure(error)
        except GoogleAuthError as error:
            failure = authentication_failure(error)
        if receipt is None:
            # Raised outside of the handler: the library's exceptions carry the request, and a
            # chained traceback would show it.
            raise failure
        return receipt

    def _sign_in(self) -> None:
        """Fetch an access token if there is none: inside of a call a refusal of it would look like
        a broken connection, and would be tried again for ever.
        """
        if self._credentials is not None and not self._credentials.valid:
            self._credentials.refresh(partial(Request(), timeout=self._timeout_seconds))  # type: ignore[no-untyped-call]

    def _call(self, request: UploadClickConversionsRequest) -> UploadClickConversionsResponse:
        # A channel for each call: work is sent in batches, and an open one outlives its provider.
        with self._channel() as channel:
            intercepted = grpc.intercept_channel(
                channel,
                MetadataInterceptor(self._developer_token, self._login_customer_id),
                ExceptionInterceptor(_VERSION, use_proto_plus=True),
            )
            transport = ConversionUploadServiceGrpcTransport(channel=intercepted)
            return ConversionUploadServiceClient(transport=transport).upload_click_conversions(
                request=request, retry=None, timeout=self._timeout_seconds
            )

    def _channel(self) -> grpc.Channel:
        options = [
            ("grpc.max_receive_message_length", _LARGEST_ANSWER),
            # Else channels to one address share a TCP connection: a call would fail because the one
            # before it did, and so would the calls of other workspaces.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        if self._local_address:
            # No proxy of the environment stands between this machine and itself.
            options.append(("grpc.enable_http_proxy", 0))
            return grpc.insecure_channel(self._local_address, options=options)
        return ConversionUploadServiceGrpcTransport.create_channel(
            host=ConversionUploadServiceClient.DEFAULT_ENDPOINT,
            credentials=self._credentials,
            options=options,
        )


def _receipt(
    request: UploadClickConversionsRequest, response: UploadClickConversionsResponse
) -> Receipt | None:
    """The answer row by row; None when it is none to this request.

    Rows that were refused have an empty result. `partial_failure_error` is always there, and says
    something when its code does.
    """
    reference = str(response.job_id or "")
    if not response.partial_failure_error.code:
        complete = request.validate_only or len(response.results) == len(request.conversions)
        return Receipt(reference) if complete else None
    faults = _partial_faults(response)
    if not faults:
        return None
    taken = {
        row for row, result in enumerate(response.results) if type(result).pb(result).ByteSize()
    }
    refused = () if request.validate_only else set(range(len(request.conversions))) - taken
    return Receipt(reference, row_verdicts(faults, refused))


def _partial_faults(response: UploadClickConversionsResponse) -> list[Fault]:
    faults: list[Fault] = []
    for detail in response.partial_failure_error.details:
        faults += _decoded(detail.value)
    return faults


def _call_failure(error: GoogleAPICallError) -> ProviderError:
    """gRPC's own errors: among them INTERNAL and RESOURCE_EXHAUSTED, which the library's
    interceptor does not open, whatever Google put into them.
    """
    status = error.grpc_status_code.name if error.grpc_status_code is not None else "UNKNOWN"
    faults: list[Fault] = []
    if isinstance(error.response, grpc.Call):
        for key, value in error.response.trailing_metadata() or ():
            if key == _FAILURE_KEY:
                faults += _decoded(value)
    return from_call(status, error.message, faults, retry_after=_retry_info(error.details))


def _retry_info(details: Any) -> float | None:
    for detail in details:
        if isinstance(detail, RetryInfo):
            return float(detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9)
    return None


def _decoded(serialized: bytes) -> list[Fault]:
    """The errors of a serialized `GoogleAdsFailure`; none when it is something else."""
    try:
        return _faults(GoogleAdsFailure.deserialize(serialized))
    except DecodeError:
        return []


def _faults(failure: GoogleAdsFailure) -> list[Fault]:
    return faults_of(GoogleAdsFailure.pb(failure))
