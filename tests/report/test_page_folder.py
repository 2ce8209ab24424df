"""The HTML report as a folder: its file names, links between its files, and how it is replaced."""

import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from auditor import __version__
from auditor.cli.output import write_reports
from auditor.errors import ConfigError, OutputError
from auditor.models.report import Report
from auditor.report.formats import (
    OutputTarget,
    ReportFormat,
    check_targets_writable,
    parse_output_targets,
)
from auditor.report.html import render
from auditor.report.page_folder import name_cluster_page, write_page_folder
from tests.lab import Lab
from tests.report import samples
from tests.report.test_html_report import HOSTILE

GOLDEN = Path(__file__).parent / "golden"


def target(folder: Path) -> OutputTarget:
    return OutputTarget(ReportFormat.HTML, folder, is_folder=True)


def write(folder: Path, report: Report) -> None:
    assert write_reports(report, [target(folder)]) == []


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.mark.parametrize(
    ("cluster", "page"),
    [
        ("berlin", "cluster-berlin.html"),
        ("emea_2-lab", "cluster-emea_2-lab.html"),
        ("con", "cluster-con.html"),
        ("Berlin", "cluster-berlin.a5f06a01.html"),
        ("köln", "cluster-koln.8f6e6d8c.html"),
        ("a/../b", "cluster-a-b.2a1f27ad.html"),
        ("", "cluster-.html"),
    ],
)
def test_a_page_is_named_after_its_cluster(cluster: str, page: str) -> None:
    stem = re.sub(r"\.[0-9a-f]{8}\.html$", ".html", page)
    assert re.sub(r"\.[0-9a-f]{8}\.html$", ".html", name_cluster_page(cluster)) == stem
    assert (name_cluster_page(cluster) == stem) is (page == stem)


@given(st.text(), st.text())
def test_any_two_clusters_have_safe_and_different_pages(one: str, other: str) -> None:
    pages = [name_cluster_page(one), name_cluster_page(other)]
    assert all(re.fullmatch(r"cluster-[a-z0-9_.-]{0,80}\.html", page) for page in pages)
    assert (pages[0].casefold() == pages[1].casefold()) is (one == other)


def test_a_slash_or_an_existing_folder_asks_for_a_folder(tmp_path: Path) -> None:
    new, old, file, other = parse_output_targets(
        [f"html:{tmp_path}/new/", f"html:{tmp_path}", "html:report.html", f"json:{tmp_path}"]
    )
    assert (new, old) == (target(tmp_path / "new"), target(tmp_path))
    assert not file.is_folder
    assert not other.is_folder


@pytest.mark.parametrize(("value", "command"), [("json:new/", "audit"), ("html:new/", "history")])
def test_a_folder_is_refused_where_one_file_is_written(value: str, command: str) -> None:
    """A file of that name would be a surprise, and a web server would serve it as no page."""
    with pytest.raises(ConfigError) as caught:
        parse_output_targets([value], command)
    word = value.partition(":")[0]
    assert caught.value.problems == (
        f"--output {value}: {command} writes {word} to one file. Name the file.",
    )


def test_a_folder_and_its_index_are_one_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is the same file"):
        parse_output_targets([f"html:{tmp_path}/", f"json:{tmp_path}/index.html"])


def refused(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        check_targets_writable([target(folder)])
    (problem,) = caught.value.problems
    return problem


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert f"the folder {tmp_path}/nowhere does not exist" in refused(tmp_path / "nowhere" / "a")
    assert "is not a folder" in refused(tmp_path / "file")


def test_an_index_of_something_else_is_never_replaced(folder: Path) -> None:
    folder.mkdir()
    (folder / "index.html").write_text("<title>Another site</title>")
    assert "it holds an index.html that is no report" in refused(folder)


def test_a_check_of_a_folder_leaves_nothing_behind(folder: Path) -> None:
    check_targets_writable([target(folder)])
    assert not folder.exists()
    write(folder, samples.many())
    before = names(folder)
    check_targets_writable([target(folder)])
    assert names(folder) == before


def test_whole_index(compare_golden: Callable[[Path, str], None]) -> None:
    many = samples.many()
    past = {"hamburg": samples.past(many.clusters[1])}
    pages = dict(render.render_pages(replace(many, past=past)))
    text = pages["index.html"].replace(f"auditor {__version__},", "auditor VERSION,")
    text = re.sub(r"(<(style|script)>).*?(</\2>)", r"\1...\3", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[\w+/=]+", "sha256-...", text)
    compare_golden(GOLDEN / "many-index.html", text)


def test_every_link_between_pages_leads_somewhere(folder: Path) -> None:
    write(folder, samples.many())
    trees = {path.name: html.parse(str(path)).getroot() for path in folder.iterdir()}
    ids = {name: set(tree.xpath("//@id")) for name, tree in trees.items()}
    assert len(trees) == 5
    for name, tree in trees.items():
        links = [str(link) for link in tree.xpath("//a/@href")]
        for link in links:
            page, _, place = link.partition("#")
            if not link.startswith("https://"):
                assert not place or place in ids[page or name]
        if name == "index.html":
            assert {link.partition("#")[0] for link in links} >= set(trees) - {name}
        else:
            assert "index.html" in links


def test_a_page_of_a_cluster_has_its_own_status_and_the_exit_code_of_all(folder: Path) -> None:
    write(folder, samples.many())
    page = html.parse(str(folder / "cluster-berlin.html")).getroot()
    assert page.xpath("string(//h2[@id='verdict'])") == "Compliant"
    assert "Of all clusters of the run: Exit code 3: drift." in page.xpath("string(//footer)")


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_name_stays_in_the_folder(folder: Path, attack: str) -> None:
    (cluster,) = samples.hostile(attack).clusters
    write(folder, Report(samples.RUN, (cluster, samples.compliant_cluster("b"))))
    assert names(folder.parent) == ["home", "site"]
    assert len(names(folder)) == 3
    index = html.parse(str(folder / "index.html")).getroot()
    (link,) = (str(a.get("href")) for a in index.xpath("//table[@id='fleet']//a") if a.text != "b")
    assert (folder / link).is_file()


def test_pages_of_clusters_that_left_are_removed_and_nothing_else(folder: Path) -> None:
    write(folder, samples.many())
    (folder / "cluster-notes.html").write_text("<title>Mine</title>")
    (folder / "logo.png").write_text("")
    berlin = samples.many().clusters[0]
    write(folder, Report(samples.RUN, (berlin,)))
    assert names(folder) == ["cluster-berlin.html", "cluster-notes.html", "index.html", "logo.png"]


def test_a_run_that_fails_halfway_leaves_the_old_index(folder: Path) -> None:
    write(folder, samples.many())
    before = (folder / "index.html").read_text(encoding="utf-8")

    def half() -> Iterator[tuple[str, str]]:
        yield "cluster-new.html", "text"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_page_folder(folder, half())
    assert (folder / "index.html").read_text(encoding="utf-8") == before
    assert {"cluster-berlin.html", "cluster-new.html"} < set(names(folder))


def test_new_pages_take_the_permissions_of_the_index(folder: Path) -> None:
    write(folder, Report(samples.RUN, (samples.compliant_cluster("a"),)))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {0o700, 0o600}
    (folder / "index.html").chmod(0o644)
    write(folder, Report(samples.RUN, (samples.compliant_cluster("b"),)))
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}


def test_a_file_in_the_way_is_an_output_error(folder: Path) -> None:
    folder.write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        write_page_folder(folder, [])


def test_the_index_of_a_fleet_is_small() -> None:
    pages = dict(render.render_pages(samples.largest()))
    assert len(pages) == 31
    assert len(pages["index.html"].encode()) < 1_500_000


def test_an_audit_writes_a_folder(lab: Callable[..., Lab], folder: Path) -> None:
    running = lab("healthy")
    result = running.run("audit", "-o", f"html:{folder}/")
    assert result.exit_code == 0
    page, index = names(folder)
    assert index == "index.html"
    assert page.startswith("cluster-")
