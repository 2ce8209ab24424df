"""The judgement of a run: facts of clusters in, one report out. Nothing is asked.

It is loaded while clusters are asked, with all that judges: see `auditor.audit`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from auditor.config.settings import ClusterSettings
from auditor.models.cluster_report import ClusterReport
from auditor.models.facts import ClusterFacts
from auditor.models.findings import Finding, Severity
from auditor.models.profile import ProfileEntry
from auditor.models.report import Report, RunMetadata
from auditor.recommendations.causes import link_causes
from auditor.recommendations.engine import judge_facts
from auditor.recommendations.packs import Recommendation, load_packs
from auditor.report.notices import cluster_notices
from auditor.run import RunContext, RunOptions
from auditor.text import utc_timestamp

_MOST_OPEN_NODES = 100
"""Of a run: the findings on further nodes are packed, or they would take most of the memory."""


def build_report(
    clusters: Sequence[ClusterSettings],
    facts: Sequence[ClusterFacts],
    options: RunOptions,
    context: RunContext,
    started: datetime,
) -> Report:
    """Judge the facts of each cluster, and return them with the metadata of the run."""
    run = RunMetadata(
        id=context.run_id,
        mode=options.mode,
        started_at=utc_timestamp(started),
        finished_at=utc_timestamp(context.clock()),
        fail_on=_strictest_threshold(clusters, options),
        insecure=options.insecure,
        allow_unknown=options.allow_unknown,
        packs=options.packs,
    )
    rows = load_packs(options.packs)
    judged: list[ClusterReport] = []
    nodes = 0
    for settings, own in zip(clusters, facts, strict=True):
        cluster = _judge_cluster(
            replace(own, started_at=started), rows, options.fail_on or settings.fail_on
        )
        # The day of the start for all, even if the run goes on past midnight.
        cluster = _apply_waivers(cluster, rows, options, started.date())
        # After the waivers: what was accepted is no cause, and what it explains stays to be fixed.
        cluster = replace(cluster, findings=link_causes(cluster.findings, cluster.nodes))
        nodes += len(cluster.nodes)
        judged.append(_pack_findings(cluster) if nodes > _MOST_OPEN_NODES else cluster)
    return Report(run, tuple(judged))


def _pack_findings(cluster: ClusterReport) -> ClusterReport:
    # Small runs need not load it.
    from auditor.models.packed import PackedFindings

    return replace(cluster, findings=PackedFindings(cluster.findings))


def _judge_cluster(
    facts: ClusterFacts, rows: Sequence[Recommendation], fail_on: Severity
) -> ClusterReport:
    """Return the report of one cluster: its facts with the findings on them."""
    findings = judge_facts(rows, facts)
    return ClusterReport(
        name=facts.name,
        release=facts.release,
        fail_on=fail_on,
        nodes=facts.nodes,
        findings=findings,
        coverage=facts.coverage,
        notices=cluster_notices(facts),
        certificate_days=facts.certificate_days,
        cucm_certificate_not_after=facts.cucm_certificate_not_after,
        cucm_release=facts.cucm_release,
        are_nodes_listed=facts.are_nodes_listed,
        proposed=_propose_answers(facts, findings),
    )


def _propose_answers(facts: ClusterFacts, findings: Sequence[Finding]) -> tuple[ProfileEntry, ...]:
    awaited = {key for finding in findings for key in finding.awaited_keys}
    if not awaited:
        return ()
    # A file that declares its deployment need not load how it is inferred.
    from auditor.recommendations.inference import propose_answers

    return propose_answers(facts, awaited)


def _apply_waivers(
    cluster: ClusterReport, rows: Sequence[Recommendation], options: RunOptions, today: date
) -> ClusterReport:
    """Return the cluster with its waivers applied, and notices on them."""
    accepted = options.waivers.get(cluster.name)
    if accepted is None:
        return cluster
    # Most runs have no waivers, and need not load their code.
    from auditor.waivers.apply import apply_waivers

    waived = apply_waivers(cluster, accepted.rules, today, {row.id for row in rows})
    return replace(waived, notices=(*waived.notices, *accepted.notices))


def _strictest_threshold(clusters: Sequence[ClusterSettings], options: RunOptions) -> Severity:
    """Return the threshold of the run, the strictest of those in the file."""
    return options.fail_on or max((c.fail_on for c in clusters), key=lambda s: s.rank)
