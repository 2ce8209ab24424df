"""Reads the numbers of a run out of each output, each with a parser of its own.

Each reader returns what its format has of: differences, causes, unknown, explained, waived, passed.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lxml import etree, html
from prometheus_client.parser import text_string_to_metric_families

from auditor.report.summary import CHANGE_WORDS

Numbers = dict[str, int]

VERDICT_NAMES = {
    "drift": "differences",
    "unknown": "unknown",
    "explained": "explained",
    "waived": "waived",
    "pass": "passed",
}
_RESULT_LINE = re.compile(
    r"^\d+ clusters?: (?P<passed>\d+) pass, (?P<differences>\d+) drift(?: \((?P<causes>\d+) causes?"
    r"\))?, (?P<unknown>\d+) unknown, \d+ not applicable, (?P<explained>\d+) explained, "
    r"(?P<waived>\d+) waived\.$",
    re.MULTILINE,
)
_HEADLINE = re.compile(
    r"^(?:(?P<causes>\d+) causes?(?: \([^)]*\))?, )?(?P<differences>\d+) differences?\b"
)
_SINCE_LINE = re.compile(r"Since the run of \S+: (.*?)(?:\n\n|\n[^a-z0-9]|$)", re.DOTALL)
_SINCE_WORDS = {
    "new": "new",
    "worse": "worse",
    "still there": "still_there",
    "resolved": "resolved",
    "no longer asked for": "not_asked",
}
_SINCE_SENTENCES = {
    r"(\d+) checks? that passed (?:is|are) unknown now\.": "unproven",
    r"(\d+) earlier differences? (?:is|are) unknown now\.": "unknown",
    r"(\d+) checks? (?:is|are) newly explained or waived\.": "accepted",
    r"(\d+) checks? (?:is|are) no longer explained or waived\.": "no_longer_accepted",
}
CATEGORIES = {words: str(category) for category, words in CHANGE_WORDS.items()}
UNPRINTED_CATEGORIES = {"still_accepted"}
"""What the line "Since the run of" leaves out, because nothing changed there."""


def _by_name(tally: Mapping[str, int]) -> Numbers:
    return {name: tally.get(verdict, 0) for verdict, name in VERDICT_NAMES.items()}


def read_json(text: str) -> Numbers:
    """Count the findings; what the document says that it counts must be the same."""
    document = json.loads(text)
    tallies = []
    for cluster in document["clusters"]:
        tally = Counter(finding["verdict"] for finding in cluster["findings"])
        drift = {f["id"] for f in cluster["findings"] if f["verdict"] == "drift"}
        roots = [f for f in cluster["findings"] if f["id"] in drift and not f["caused_by"]]
        assert len(roots) == len(cluster["causes"]) == cluster["counts"]["causes"]
        explained = [id_ for cause in cluster["causes"] for id_ in cause["explains"]]
        assert sorted(drift) == sorted([*explained, *(c["finding"] for c in cluster["causes"])])
        counts = {name: number for name, number in cluster["counts"].items() if number}
        assert counts == dict(tally) | ({"causes": len(roots)} if roots else {})
        tallies.append(Counter(counts))
    total = sum(tallies, Counter[str]())
    assert {
        name: n for name, n in document["summary"].items() if n and name != "exit_code"
    } == total
    return _by_name(total) | {"causes": total["causes"]}


def read_csv(text: str) -> Numbers:
    """Count the rows of findings; a cause is drift that nothing caused."""
    rows = [row for row in csv.DictReader(text.splitlines()) if row["record"] == "finding"]
    causes = sum(row["result"] == "drift" and not row["caused_by"] for row in rows)
    return _by_name(Counter(row["result"] for row in rows)) | {"causes": causes}


def read_junit(text: str) -> Numbers:
    """Count failures, errors and passes among the cases of findings."""
    root = etree.fromstring(text.encode())
    suites = root.findall("testsuite")
    cases = [case for suite in suites for case in suite.findall("testcase")]
    of_findings = [case for case in cases if not case.get("classname", "").endswith(".coverage")]
    failures = sum(case.find("failure") is not None for case in of_findings)
    assert failures == sum(int(suite.get("failures", 0)) for suite in suites)
    properties = [p for suite in suites for p in suite.iterfind("properties/property")]
    return {
        "differences": failures,
        "unknown": sum(case.find("error") is not None for case in of_findings),
        "passed": sum(len(case) == 0 for case in of_findings),
        "causes": sum(int(p.get("value", "")) for p in properties if p.get("name") == "causes"),
    }


def read_sarif(text: str) -> Numbers:
    """Count the results, which hold no pass, and add up the numbers of the clusters."""
    (run,) = json.loads(text)["runs"]
    numbers = _by_name(Counter(result["properties"]["verdict"] for result in run["results"]))
    clusters = run["properties"]["clusters"]
    told = _by_name(sum((Counter(cluster["counts"]) for cluster in clusters), Counter[str]()))
    assert numbers | {"passed": told["passed"]} == told
    return told | {"causes": sum(cluster["causes"] for cluster in clusters)}


def read_prometheus(text: str) -> Numbers:
    """Add the clusters up."""
    tally: Counter[str] = Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "auditor_findings":
                tally[sample.labels["verdict"]] += int(sample.value)
            elif sample.name in ("auditor_causes", "auditor_drift"):
                tally[sample.name] += int(sample.value)
    assert tally["auditor_drift"] == tally["drift"]
    return _by_name(tally) | {"causes": tally["auditor_causes"]}


def read_markdown(text: str) -> Numbers:
    """Add up the table of clusters, in which a dash or a question mark is no number."""
    table = [line for line in text.splitlines() if line.startswith("| ")]
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    head, _, *rows = split[: next((n for n, r in enumerate(split) if n and r[0] == "node"), None)]
    cells = [dict(zip(head, row, strict=True)) for row in rows if len(row) == len(head)]
    severities = ("critical", "high", "medium", "low", "info")
    tally: Counter[str] = Counter()
    for row in cells:
        for title, cell in row.items():
            if cell.isdecimal():
                of_causes = title.removesuffix(" causes") in severities
                tally["causes" if of_causes else title] += int(cell)
    return {name: tally[name] for name in ("causes", "unknown", "explained", "waived", "passed")}


def find_on_page(page: str, path: str) -> list[Any]:
    """Return what an XPath finds on a page."""
    found = html.fromstring(page).xpath(path)
    assert isinstance(found, list)
    return found


def _read_tiles(page: str) -> dict[str, tuple[int, str]]:
    """Return the number and the note of each tile that has a number."""
    return {
        str(tile.xpath("string(dt)")): (int(number), str(tile.xpath("string(dd/span)")))
        for tile in find_on_page(page, "//dl[@class='tiles']/div")
        if (number := str(tile.xpath("string(dd/b)"))).isdecimal()
    }


def read_history_page(page: str) -> Numbers:
    """Read the tiles of `auditor history -o html`, which add up the last runs of all clusters."""
    tiles = _read_tiles(page)
    named = {"Differences": "differences", "Unknown": "unknown", "Waived": "waived"}
    return {name: tiles[label][0] for label, name in named.items()}


def read_html(text: str) -> Numbers:
    """Read the tiles; that of the differences counts causes where one explains another."""
    tiles = _read_tiles(text)
    named = {"Unknown": "unknown", "Explained": "explained", "Waived": "waived"}
    numbers = {name: tiles[label][0] for label, name in named.items()}
    numbers["passed"] = tiles["As recommended"][0]
    if "Causes" in tiles:
        causes, note = tiles["Causes"]
        return numbers | {"causes": causes, "differences": int(note.split()[0])}
    differences, _ = tiles["Differences"]
    return numbers | {"causes": differences, "differences": differences}


def read_terminal(text: str) -> Numbers:
    """Read the line under "Result"; of a cluster that nothing was read of there is a short form."""
    found = _RESULT_LINE.search(_join_wrapped(text))
    if not found and "\nNothing could be audited: " in text:
        (unknown,) = re.findall(r"^(\d+) checks? (?:is|are) unknown", text, re.MULTILINE)
        # What the profile says of itself may pass, and is not in the short form.
        others = ("causes", "differences", "explained", "waived")
        return {"unknown": int(unknown)} | dict.fromkeys(others, 0)
    assert found, text
    numbers = {name: int(number) for name, number in found.groupdict().items() if number}
    return {"causes": numbers["differences"]} | numbers


def _join_wrapped(text: str) -> str:
    """Return the text with the lines of the result joined again."""
    head, _, result = text.rpartition("Result ━")
    return head + re.sub(r"(?<=[,0-9a-z(])\n(?=[0-9a-z])", " ", result)


def read_plugin(line: str) -> Numbers:
    """Read the performance data; the text must name the same differences, if it names any."""
    text, _, data = line.partition(" | ")
    figures = {name: int(number) for name, number in re.findall(r"(?:^| )(\w+)=(\d+);", data)}
    severities = ("critical", "high", "medium", "low", "info")
    assert figures["drift"] == sum(figures[f"drift_{severity}"] for severity in severities)
    numbers = _by_name(figures) | {"causes": figures["causes"]}
    del numbers["passed"]
    headline = _HEADLINE.search(text.partition(" - ")[2])
    if headline:
        told = {name: int(number) for name, number in headline.groupdict().items() if number}
        assert told == {name: numbers[name] for name in told}
    return numbers


READERS: Mapping[str, Callable[[str], Numbers]] = {
    "json": read_json,
    "csv": read_csv,
    "junit": read_junit,
    "sarif": read_sarif,
    "prometheus": read_prometheus,
    "markdown": read_markdown,
    "html": read_html,
    "terminal": read_terminal,
}
"""How to read each format of `auditor audit`."""


def read_outputs(folder: Path) -> dict[str, Numbers]:
    """Return the numbers of all formats, written to files of their names."""
    return {name: read((folder / name).read_text("utf-8")) for name, read in READERS.items()}


def read_history_row(text: str, run: str, cluster: str) -> Numbers:
    """Read the row of a run and cluster in the table of `auditor history`."""
    place = re.escape(cluster)
    pattern = rf"^{run[:8]} .* {place} +. \w+ +(\d+) +(\d+) +(\d+) +\d+ *$"
    (row,) = re.findall(pattern, text, re.MULTILINE)
    return dict(zip(("differences", "unknown", "waived"), map(int, row), strict=True))


def read_estate_page(page: str) -> dict[str, Numbers]:
    """Read the row of each cluster on the page of `auditor history -o html`."""
    numbers = {}
    for row in find_on_page(page, "//section[@aria-labelledby='clusters']//tbody/tr"):
        cells = {
            name: int(row.xpath(f"string(td[@data-of='{name}'])"))
            for name in ("Causes", "Differences", "Unknown", "Explained", "Waived")
        }
        numbers[row.xpath("string(th)")] = {name.lower(): n for name, n in cells.items()}
    return numbers


def read_history_changes(text: str) -> Numbers:
    """Read the headings of `auditor history --since`, by their first words."""
    heading = r"^([A-Z][^(:\n]*): (\d+)(?: \(\d+ causes?\))?(?:, \w.*)?$"
    headings = re.findall(heading, text, re.MULTILINE)
    return {_category(heading): int(number) for heading, number in headings}


def read_page_changes(page: str) -> Numbers:
    """Read the headings of the changes on the page of one cluster."""
    heads = find_on_page(page, "//dl[@class='changes']/div/dt/text()")
    found = [re.fullmatch(r"(.*): (\d+)(?: \w+)?(?: \(\d+ causes?\))?", head) for head in heads]
    assert all(found)
    return {_category(match[1]): int(match[2]) for match in found if match}


def _category(heading: str) -> str:
    words = max((w for w in CATEGORIES if heading.lower().startswith(w)), key=len)
    return CATEGORIES[words]


def count_categories(document: Mapping[str, Any], cluster: str) -> Numbers:
    """Count the changes of a JSON report by category; what it says it counts must be the same."""
    past = document["run"]["past"][cluster]
    tally = Counter(change["category"] for change in past["changes"])
    assert {name: number for name, number in past["counts"].items() if number} == tally
    return dict(tally)


def read_since_line(text: str) -> Numbers:
    """Read the first line "Since the run of ..." of a page of text."""
    found = _SINCE_LINE.search(text)
    if not found:
        return {}
    line = " ".join(found[1].split())
    numbers = {}
    first = re.match(r"(\d+) differences? (?:is|are) ([^.]*)\.", line)
    if first:
        for part in f"{first[1]} {first[2]}".split(", "):
            counted = re.fullmatch(r"(\d+) ([a-z ]+?)(?: \(\d+ causes?\))?", part)
            assert counted, part
            numbers[_SINCE_WORDS[counted[2]]] = int(counted[1])
    for pattern, name in _SINCE_SENTENCES.items():
        if sentence := re.search(pattern, line):
            numbers[name] = int(sentence[1])
    return numbers


def read_title(title: str) -> Numbers:
    """Read the title of a notification."""
    found = re.findall(r"(\d+) (new|worse|resolved|unread|back)\b", title)
    return {word: int(number) for number, word in found}
