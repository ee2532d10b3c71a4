"""The handler's calls (aws.wire) answered in this process, by whoever answers botocore's."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto.core.models import botocore_stubber

from aws import lean, wire
from aws.connection import Answer, Request
from aws.failures import CannotConnect, ReadTimeout

type Answers = Callable[[AWSPreparedRequest], AWSResponse]


def by_moto(request: AWSPreparedRequest) -> AWSResponse:
    """Answer from moto, as its own hook in botocore's clients does."""
    answer = botocore_stubber("before-send", request)
    assert answer is not None, "moto is off"
    return answer


def exchange_with(
    answers: Answers, begin: Callable[[str, str], None] = lambda _operation, _body: None
) -> Callable[[Request], Answer]:
    """Return what takes the place of `wire.exchange`.

    `begin` hears of every call, as botocore's `before-call` does; `answers` is asked for every
    attempt, as `before-send` is, and may raise botocore's time-outs.
    """

    def exchange(request: Request) -> Answer:
        if request.attempt == 1:
            begin(request.operation, request.body.decode())
        headers: Any = HTTPHeaders.from_dict(request.headers)  # their case makes no difference
        prepared = AWSPreparedRequest("POST", request.url, headers, request.body, False)
        try:
            answer = answers(prepared)
        except ConnectTimeoutError as error:
            raise CannotConnect from error
        except ReadTimeoutError as error:
            raise ReadTimeout from error
        lowered = {str(name).lower(): str(value) for name, value in answer.headers.items()}
        return Answer(answer.status_code, lowered, answer.content)

    return exchange


def answer_wire(monkeypatch: pytest.MonkeyPatch, answers: Answers) -> None:
    """Let `answers` answer the handler's calls; its clients are made anew."""
    lean._client.cache_clear()
    monkeypatch.setattr(wire, "exchange", exchange_with(answers))
