"""How long a certificate is still valid, or since when it is not, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.report.wording import certificate_lines
from auditor.soap.messages import Certificate

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(days=3, hours=1), "3 days left"),
        (timedelta(days=1, hours=23), "1 day left"),
        (timedelta(hours=23), "less than a day left"),
        (timedelta(0), "ended less than a day ago"),
        (timedelta(hours=-23), "ended less than a day ago"),
        (timedelta(hours=-25), "ended 1 day ago"),
        (timedelta(days=-3), "ended 3 days ago"),
    ],
)
def test_whole_days_are_counted_on_both_sides_of_the_end(left: timedelta, text: str) -> None:
    ends = NOW + left
    certificate = Certificate("AB:CD", ("imp1",), "imp1", "lab CA", NOW, ends, self_signed=False)
    (valid,) = [line for line in certificate_lines(certificate, NOW) if line.startswith("valid: ")]

    assert valid == f"valid: 2026-03-01 to {ends:%Y-%m-%d}, {text}"
