"""The scripts beside the program do the same work: the same questions, and who answers is proven.

What they are measured against would be worth little otherwise.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.simulator import Simulator
from auditor.simulator.certificates import CertificateAuthority
from tests.benchmarks.clients import (
    compare_questions,
    laboratory,
    script_commands,
    write_questions,
)
from tests.benchmarks.farm import CHECKOUT

LABELS = [*script_commands(Path("questions.json"))]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(laboratory(1), tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def questions(simulator: Simulator, tmp_path: Path) -> Path:
    config = simulator.write_config(tmp_path / "auditor.toml")
    return write_questions(simulator, config, tmp_path / "questions.json")


@pytest.mark.parametrize("label", LABELS)
def test_a_script_trusts_no_other_authority(
    simulator: Simulator, questions: Path, tmp_path: Path, label: str
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(CertificateAuthority.create("stranger").pem())
    told = json.loads(questions.read_text(encoding="utf-8"))
    questions.write_text(json.dumps({**told, "ca_bundle": str(stranger)}), encoding="utf-8")
    before = len(simulator.requests)
    refused = subprocess.run(
        script_commands(questions)[label],
        cwd=CHECKOUT,
        env={"HOME": str(tmp_path), "AUDITOR_PASSWORD": simulator.password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "CERTIFICATE_VERIFY_FAILED" in refused.stderr
    assert simulator.requests[before:] == []


def test_a_side_that_leaves_a_question_out_is_not_compared(
    simulator: Simulator, questions: Path
) -> None:
    assert questions.exists()
    asked = simulator.requests
    compare_questions("all of them", asked, asked)
    with pytest.raises(RuntimeError, match="lazy: it asked something else than the audit"):
        compare_questions("lazy", asked[1:], asked)
