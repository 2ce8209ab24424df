"""Whether a block of a file of probes makes sense: its key, its columns, its statement."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from auditor.collect import probe_blocks, statements
from auditor.collect.probe_blocks import Block, Switch
from auditor.collect.probes import COLUMNS, Join, Meaning, Probe
from auditor.errors import ConfigError
from auditor.names import nearest
from auditor.recommendations.vocabulary import DEPLOYMENT_KEYS
from auditor.soap.sql import StatementRefused, check_select

_LISTS = frozenset({"routing_nodes", "xmpp_federation_enabled_on", "intercluster_synced_from"})
"""Keys that hold nothing but a list."""

_WITH_NODES = _LISTS | {
    "chat",
    "sip_federation",
    "xmpp_federation",
    "compliance",
    "compliance_third_party",
    "managed_file_transfer",
} - {"intercluster_synced_from"}
"""Keys that may name nodes."""

_KEYS: Mapping[Meaning, frozenset[str]] = {
    Meaning.SWITCH: frozenset(DEPLOYMENT_KEYS) - _LISTS,
    Meaning.PRESENT: frozenset(DEPLOYMENT_KEYS) - _LISTS,
    Meaning.NODES: _WITH_NODES,
}
"""The keys that a meaning can tell; the other meanings take no key."""


def parse(text: str, origin: str, ours: Sequence[str]) -> tuple[Block | Switch, ...]:
    """Return the blocks of a file once every one makes sense by itself."""
    blocks = probe_blocks.parse(text, origin)
    counts = Counter(block.id for block in blocks)
    problems = [f"probe `{name}`: it stands twice" for name, n in counts.items() if n > 1]
    for block in blocks:
        found = _about_switch(block, ours) if isinstance(block, Switch) else _about(block)
        problems += [f"probe `{block.id}`: {problem}" for problem in found]
    if problems:
        raise ConfigError(f"{origin}: {problem}" for problem in problems)
    return blocks


def _about_switch(block: Switch, ours: Sequence[str]) -> Iterator[str]:
    if block.enabled:
        yield "it needs `meaning`, `confidence` and `source`; leave it out to keep ours"
    elif block.id not in ours:
        close = nearest(block.id, ours)
        hint = f"did you mean `{close}`?" if close else f"there are {', '.join(ours)}"
        yield f"there is no such probe to turn off; {hint}"


def _about(block: Block) -> Iterator[str]:
    yield from _key_problems(block)
    yield from _word_problems(block)
    if block.statement is not None:
        yield from _statement_problems(block)
    else:
        yield from _part_problems(block)
    yield from _guard_problems(block)


def _key_problems(block: Block) -> Iterator[str]:
    allowed = _KEYS.get(block.meaning)
    if allowed is None:
        if block.key is not None:
            yield f"a probe of meaning {block.meaning} takes no `key`"
    elif block.key is None:
        yield f"a probe of meaning {block.meaning} needs a `key` of [cluster.deployment]"
    elif block.key not in allowed:
        close = nearest(block.key, allowed)
        hint = f"did you mean `{close}`?" if close else f"it can be {', '.join(sorted(allowed))}"
        yield f"key `key` cannot be `{block.key[:60]}` with meaning {block.meaning}; {hint}"


def _word_problems(block: Block) -> Iterator[str]:
    if block.meaning is not Meaning.SWITCH and (block.on or block.off):
        yield "`on` and `off` belong to meaning switch"
    if block.meaning is not Meaning.STATUS and block.good:
        yield "`good` belongs to meaning status"
    if (block.on is None) != (block.off is None):
        yield "`on` and `off` go together"
    both = {text.casefold() for text in block.on or ()} & {t.casefold() for t in block.off or ()}
    if both:
        yield f"`on` and `off` both hold {', '.join(sorted(both))}"


def _statement_problems(block: Block) -> Iterator[str]:
    beside = [name for name in ("table", "columns", "join", "where") if getattr(block, name)]
    if beside:
        yield f"`statement` is the whole question; leave out {', '.join(beside)}"
    if not block.needs:
        yield "`statement` goes with `needs`, the tables and columns that must be there"
    selected = re.split(r"\bfrom\b", block.statement or "", maxsplit=1, flags=re.IGNORECASE)[0]
    words = set(re.findall(r"\w+", selected.lower()))
    for name in sorted(COLUMNS[block.meaning][0] - words):
        yield f"`statement` has no column `{name}`; write `... as {name}`"


def _part_problems(block: Block) -> Iterator[str]:
    must, may = COLUMNS[block.meaning]
    for name in sorted(must - block.columns.keys()):
        yield f"the key `columns.{name}` is missing"
    for name in block.columns.keys() - must - may:
        close = nearest(name, must | may)
        hint = f"did you mean `{close}`?" if close else f"it has {', '.join(sorted(must | may))}"
        yield f"there is no key `columns.{name[:60]}` in meaning {block.meaning}; {hint}"
    if block.needs:
        yield "`needs` goes with `statement`"
    if block.table is None and (not must or block.join or block.where):
        yield "the key `table` is missing"
    strange = {c.partition(".")[0] for found in block.columns.values() for c in found if "." in c}
    for name in sorted(strange - {block.table, block.join.table if block.join else None}):
        yield f"a column stands in table `{name}`, which is neither `table` nor that of `join`"


def _guard_problems(block: Block) -> Iterator[str]:
    """Hold whatever may be sent against the gate of the SOAP layer, before anything is sent."""
    for statement in statements.samples(probe_of(block)):
        try:
            check_select(statement)
        except StatementRefused as refused:
            yield str(refused)
            return


def probe_of(block: Block) -> Probe:
    return Probe(
        id=block.id,
        meaning=block.meaning,
        confidence=block.confidence,
        source=block.source,
        key=block.key,
        table=block.table,
        columns=block.columns,
        join=Join(**block.join.model_dump()) if block.join else None,
        where=block.where,
        statement=block.statement,
        needs=block.needs,
        on=frozenset(text.casefold() for text in block.on or ("t", "true", "1")),
        off=frozenset(text.casefold() for text in block.off or ("f", "false", "0")),
        good=block.good or (),
        caution=block.caution or "",
    )
