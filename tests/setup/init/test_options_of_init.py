"""What `auditor init` says of servers that it does not believe or reach: options, no keys."""

import pytest

from auditor.setup.init.draft import advice_with_options

NODE = "imp1.lab.test"
DIGEST = ":".join(["AB"] * 32)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            f'signed by "Lab", which is not trusted here (SHA-256 {DIGEST}); nothing was sent. '
            "Give the authority that signed it as ca_bundle, or pin it in [cluster.pins].",
            f'signed by "Lab", which is not trusted here (SHA-256 {DIGEST}); nothing was sent. '
            "Give the authority that signed it as --ca-bundle FILE, or give "
            f"--pin {NODE}={DIGEST}.",
        ),
        (
            "Give the authority that signed it as ca_bundle, or pin it in [cluster.pins].",
            f"Give the authority that signed it as --ca-bundle FILE, or give --pin {NODE}=SHA256.",
        ),
        (
            "Put the name that it is issued to in [cluster.addresses], or pin it in "
            "[cluster.pins].",
            f"Give that name as --address {NODE}=HOST[:PORT], or give --pin {NODE}=SHA256.",
        ),
        (
            "Correct [cluster.addresses] or the name service: each node needs its own address.",
            f"Correct --address {NODE}=HOST[:PORT] or the name service: each node needs its own "
            "address.",
        ),
        (
            "Correct the name, or give its address in [cluster.addresses].",
            f"Correct the name, or give its address as --address {NODE}=HOST[:PORT].",
        ),
        (
            "Check the port in [cluster.addresses]; Cisco's web services use 8443.",
            f"Check the port in --address {NODE}=HOST[:PORT]; Cisco's web services use 8443.",
        ),
        ("It did not answer. Ask again later.", "It did not answer. Ask again later."),
    ],
)
def test_a_key_of_the_file_is_told_as_the_option_that_stands_for_it(told: str, said: str) -> None:
    assert advice_with_options(told, NODE) == said
