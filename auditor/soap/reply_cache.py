"""What was read of earlier replies: one that is equal to the last byte is not read again.

The list of products is half of what an audit reads, and the same on every node of a cluster.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from auditor.soap.messages import SoapResponse
from auditor.soap.operations import SoapOperation

_CACHEABLE_OPERATIONS = frozenset({"getProductInformationList", "executeSQLQuery"})
"""Their records depend on the bytes alone; those of service states also on when they came."""

_MOST_REPLIES = 48
_MOST_BYTES = 128 * 1024
"""Of one reply; a longer one is an exception, and not worth the memory."""

_Key = tuple[SoapOperation, str, bytes]
"""The operation, the content type and the body."""


@dataclass(frozen=True, slots=True)
class CachedReply:
    """The records of a reply that passed every check, and the text that was searched for secrets.

    Another account has other secrets, so the text is searched for those of each.
    """

    records: Any
    searched_text: str


class ReplyCache:
    """The replies that were used last; shared by threads."""

    def __init__(self) -> None:
        """Start with none."""
        self._replies: OrderedDict[_Key, CachedReply] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, operation: SoapOperation, response: SoapResponse) -> CachedReply | None:
        """Return what an equal reply to the same operation came to, None where there is none."""
        if not _is_cacheable(operation, response):
            return None
        key = _reply_key(operation, response)
        with self._lock:
            reply = self._replies.get(key)
            if reply is not None:
                self._replies.move_to_end(key)
            return reply

    def add(self, operation: SoapOperation, response: SoapResponse, reply: CachedReply) -> None:
        """Add what a response came to, in place of what was not used for longest."""
        if not _is_cacheable(operation, response):
            return
        with self._lock:
            self._replies[_reply_key(operation, response)] = reply
            if len(self._replies) > _MOST_REPLIES:
                self._replies.popitem(last=False)


def _is_cacheable(operation: SoapOperation, response: SoapResponse) -> bool:
    return (
        operation.name in _CACHEABLE_OPERATIONS
        and response.status == HTTPStatus.OK
        and len(response.body) <= _MOST_BYTES
    )


def _reply_key(operation: SoapOperation, response: SoapResponse) -> _Key:
    return operation, response.content_type, response.body
