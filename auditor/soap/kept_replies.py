"""Replies that the nodes of a cluster send alike, byte for byte: each is checked and read once.

The list of products is half of what an audit reads, and the same on every node of a release.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from auditor.soap.messages import SoapResponse
from auditor.soap.operations import SoapOperation

_ALIKE_OPERATIONS = frozenset({"getProductInformationList", "executeSQLQuery"})
"""Their records depend on the bytes alone; those of service states also on when they came."""

_MOST_REPLIES = 48
_MOST_BYTES = 128 * 1024
"""Of one reply; a longer one is an exception, and not worth the memory."""

_Key = tuple[SoapOperation, str, bytes]
"""The operation, the content type and the body."""


@dataclass(frozen=True, slots=True)
class KeptReply:
    """The records of a reply that passed every check, and the text that was searched for secrets.

    Another account has other secrets, so the text is searched for those of each.
    """

    records: Any
    searched_text: str


class KeptReplies:
    """The replies that came last; shared by threads."""

    def __init__(self) -> None:
        """Start with none."""
        self._replies: OrderedDict[_Key, KeptReply] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, operation: SoapOperation, response: SoapResponse) -> KeptReply | None:
        """Return what an equal reply to the same operation came to, None where none came."""
        if not _is_alike(operation, response):
            return None
        key = _reply_key(operation, response)
        with self._lock:
            kept = self._replies.get(key)
            if kept is not None:
                self._replies.move_to_end(key)
            return kept

    def keep(self, operation: SoapOperation, response: SoapResponse, reply: KeptReply) -> None:
        """Keep a reply of a good response for the next equal one; drop the oldest for it."""
        if not _is_alike(operation, response):
            return
        with self._lock:
            self._replies[_reply_key(operation, response)] = reply
            if len(self._replies) > _MOST_REPLIES:
                self._replies.popitem(last=False)


def _is_alike(operation: SoapOperation, response: SoapResponse) -> bool:
    return (
        operation.name in _ALIKE_OPERATIONS
        and response.status == HTTPStatus.OK
        and len(response.body) <= _MOST_BYTES
    )


def _reply_key(operation: SoapOperation, response: SoapResponse) -> _Key:
    return operation, response.content_type, response.body
