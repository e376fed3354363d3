"""Clients on loopback that start together, and what their times were."""

import http.client
import itertools
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Times:
    """Milliseconds of each answer, and how long all of them took together (seconds)."""

    milliseconds: list[float]
    seconds: float

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.milliseconds, n=20)[-1]

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def rate(self) -> float:
        return len(self.milliseconds) / self.seconds


Call = Callable[[http.client.HTTPConnection, int], int]
Body = Callable[[int], bytes]


def address(path: str, **parameters: str) -> str:
    return f"{path}?{urlencode(parameters)}"


def together(port: int, call: Call, *, clients: int, requests: int) -> Times:
    """`requests` calls by `clients` threads with a kept connection each; every one must succeed."""
    numbers = itertools.count()
    times: list[float] = []
    failures: list[int] = []
    barrier = threading.Barrier(clients + 1)

    def run() -> None:
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        connection.connect()
        barrier.wait()
        while (number := next(numbers)) < requests:
            began = time.perf_counter()
            status = call(connection, number)
            times.append((time.perf_counter() - began) * 1000)
            if status >= 300:
                failures.append(status)

    threads = [threading.Thread(target=run) for _client in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{len(failures)} of {requests} calls failed, first {failures[0]}")
    return Times(times, time.perf_counter() - began)


def get(path: str, headers: dict[str, str]) -> Call:
    def call(connection: http.client.HTTPConnection, _number: int) -> int:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status

    return call


def post(path: str, body: Body, headers: dict[str, str]) -> Call:
    sent = headers | {"Content-Type": "application/json"}

    def call(connection: http.client.HTTPConnection, number: int) -> int:
        connection.request("POST", path, body=body(number), headers=sent)
        response = connection.getresponse()
        response.read()
        return response.status

    return call
