"""What `auditor init` says about servers that it cannot trust or reach: options, no keys."""

import pytest

from auditor.errors import ExchangeError, TimedOut, TlsFailed, Unreachable, WrongNode
from auditor.failures import failure_remedy
from auditor.problems import Problem
from auditor.setup.init.draft import words_with_options

NODE = "imp1.lab.test"
DIGEST = ":".join(["AB"] * 32)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (
            TlsFailed(Problem.UNTRUSTED_ISSUER, NODE, issuer="Lab", digest=DIGEST),
            "Give the authority that signed it as --ca-bundle FILE, or give "
            f"--pin {NODE}={DIGEST}.",
        ),
        (
            TlsFailed(Problem.UNVERIFIED_CERTIFICATE, NODE),
            f"Give the authority that signed it as --ca-bundle FILE, or give --pin {NODE}=SHA256.",
        ),
        (
            TlsFailed(Problem.OTHER_NAME, NODE, names=["mail.lab.test"], name=NODE, digest=DIGEST),
            f"Use the name that it is issued to (--address {NODE}=HOST[:PORT]), or give "
            f"--pin {NODE}={DIGEST}.",
        ),
        (
            TlsFailed(Problem.UNPINNED_CERTIFICATE, NODE, digest=DIGEST),
            f"Find out why it changed; if that was meant, give --pin {NODE}={DIGEST}.",
        ),
        (
            WrongNode(Problem.OTHER_NODE, NODE, other="imp2.lab.test"),
            f"Correct the address (--address {NODE}=HOST[:PORT]) or the name service: each node "
            "needs its own address.",
        ),
        (
            Unreachable(Problem.NO_ADDRESS, NODE, host="imp1", error="unknown"),
            f"Correct the name, or give its address (--address {NODE}=HOST[:PORT]).",
        ),
        (
            TlsFailed(Problem.NO_TLS, NODE, port=443),
            f"Check the port (--address {NODE}=HOST[:PORT]); Cisco's web services use 8443.",
        ),
        (
            TimedOut(Problem.DEADLINE_PASSED, NODE, seconds=10),
            "Check its load and the network, or raise timeout_s; this request was not repeated.",
        ),
    ],
)
def test_advice_names_the_option_in_place_of_the_key(error: ExchangeError, advice: str) -> None:
    assert failure_remedy(error.failure, words_with_options(error.failure, {})) == advice
