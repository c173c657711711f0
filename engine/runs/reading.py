"""Reading a run directory, even while another process writes it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from engine.records.annotations import Annotation
from engine.records.decodings.decoding import Decoding
from engine.records.decodings.registry import kinds, unknown_kind
from engine.records.errors import UserError
from engine.records.hypotheses import Redecode
from engine.records.instruments.instrument import Finding, FindingKey, finding_key
from engine.records.instruments.registry import AnyFinding, instruments, unknown_instrument
from engine.records.items import Item
from engine.records.lines import LineDecoder
from engine.records.manifest import FORMAT, Manifest
from engine.records.remedies import RemedyReport
from engine.records.scores import Score, ScoredItem
from engine.runs.sealing import RESTORE, is_sealed, opened, run_number
from engine.user_files import is_there, read_file

MANIFEST = "manifest.json"
ITEMS = "items.jsonl"
LOG = "log.jsonl"
PARTS = "parts"


class Scored(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="scored"):
    """A line of the log: an item was scored."""

    scored: ScoredItem


class Redecoded(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="redecode"):
    """A line of the log: an item was decoded again."""

    redecode: Redecode


class Probed(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="probe"):
    """A line of the log: an instrument was applied to an item."""

    finding: AnyFinding


LogRecord = Scored | Redecoded | Probed


class _Named(msgspec.Struct):
    """As much of an item as names it."""

    id: str


class _Kind(msgspec.Struct):
    kind: str = ""


class _KindOfRedecode(msgspec.Struct):
    decoding: _Kind


class _KindOfLine(msgspec.Struct):
    """As much of a line as tells which decoding or instrument it is of, if it is of any."""

    redecode: _KindOfRedecode | None = None
    finding: _Kind | None = None


RedecodeKey = tuple[str, str, Decoding]
"""Item, variant and decoding: two re-decodes with the same key are the same."""


def redecode_key(redecode: Redecode) -> RedecodeKey:
    """The key of a re-decode within its run."""
    return redecode.item_id, redecode.variant, redecode.decoding


class LogContent(NamedTuple):
    """The content of a log; `intact_bytes` is its length without a torn last line."""

    scored: dict[str, ScoredItem]
    redecodes: dict[RedecodeKey, Redecode]
    findings: dict[FindingKey, Finding]
    intact_bytes: int


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it is on disk; `scored` is in the order of the items.

    `annotations` is by item, of a run that went through `engine.analysis.overruling`. `asked` has
    the ids of what was asked beside its items, of a run that went through
    `engine.analysis.asked.with_asked`: they are among what is scored, and in no figure.

    What was found on it to bring answers back is in a file of its own, and comes with
    `engine.runs.remedies.with_remedies`: `remedies` is the report, and `proven` has, by held-out
    item, its scores under the recipes of that report.
    """

    directory: Path
    manifest: Manifest
    items: Collection[Item]
    scored: Mapping[str, ScoredItem]
    redecodes: Collection[Redecode]
    findings: Collection[Finding] = ()
    annotations: Mapping[str, Annotation] = {}
    asked: tuple[str, ...] = ()
    remedies: RemedyReport | None = None
    proven: Mapping[str, Mapping[str, Score]] = {}


REDO = (
    "Restore the file from a copy, or delete that line: the same 'illusion-tui score' command then "
    "does anew what it was about."
)

T = TypeVar("T")
NamedT = TypeVar("NamedT", Item, _Named)

_manifests: LineDecoder[Manifest] = LineDecoder(Manifest)
_items: LineDecoder[Item] = LineDecoder(Item)
_names: LineDecoder[_Named] = LineDecoder(_Named)
_records: LineDecoder[LogRecord] = LineDecoder(LogRecord)
_kinds_of_lines: LineDecoder[_KindOfLine] = LineDecoder(_KindOfLine)


def read_run(directory: Path) -> Run:
    """Read a run without locking it.

    Wrong answers that were scored or imported without their failure mode get it here.

    Raises:
        UserError: there is no run, or one of its files is damaged; the error names the line.
    """
    # Parts first: one that is taken over meanwhile is then in the run's log.
    parts = [content for part in part_directories(directory) if (content := _read_part(part))]
    manifest = read_manifest(directory)
    items = read_items(directory)
    ids = frozenset(item.id for item in items)
    log = read_log(directory / LOG, ids)
    for part in parts:
        log = LogContent(
            part.scored | log.scored,
            part.redecodes | log.redecodes,
            part.findings | log.findings,
            log.intact_bytes,
        )
    refuse_unknown(directory, log.scored.keys() - ids)
    scored = {item.id: log.scored[item.id] for item in items if item.id in log.scored}
    return Run(
        directory=directory,
        manifest=manifest,
        items=items,
        scored=_with_failures(scored, items, manifest),
        redecodes=tuple(log.redecodes.values()),
        findings=tuple(log.findings.values()),
    )


def _with_failures(
    scored: dict[str, ScoredItem], items: Collection[Item], manifest: Manifest
) -> dict[str, ScoredItem]:
    lacking = [one for one in scored.values() if any(map(_lacks_failure, one.scores.values()))]
    if not lacking:
        return scored
    # They bring a library that takes a while to import, and that few runs need here.
    from engine.judging.background import Background
    from engine.judging.failures import with_failure

    background = Background(items, manifest.settings.answer_tokens)
    return scored | {
        one.item.id: msgspec.structs.replace(
            one,
            scores={
                name: with_failure(score, one.item, background) if _lacks_failure(score) else score
                for name, score in one.scores.items()
            },
        )
        for one in lacking
    }


def _lacks_failure(score: Score) -> bool:
    answer = score.open
    return answer is not None and answer.failure is None and answer.judgement.correct is False


def part_directories(directory: Path) -> list[Path]:
    """The parts of a run that other processes write, by name.

    One without a manifest is just being made: its process takes the lock first.
    """
    parts = directory / PARTS
    return sorted(path.parent for path in parts.glob(f"*/{MANIFEST}")) if is_there(parts) else []


def _read_part(directory: Path) -> LogContent | None:
    """The log of a part; None where it has been taken over meanwhile."""
    try:
        return read_log(directory / LOG)
    except UserError:
        if (directory / LOG).exists():
            raise
        return None


def refuse_unknown(directory: Path, unknown: Collection[str]) -> None:
    """Refuse a run whose parts have items that the run has not; raises `UserError`."""
    if unknown:
        raise UserError(
            f"{directory / PARTS} has scores of items that {ITEMS} lacks, such as {min(unknown)}",
            "They belong to another run: remove that directory.",
        )


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a run directory.

    Raises:
        UserError: there is none, it is damaged, or another version wrote it.
    """
    path = directory / MANIFEST
    data = opened(_bytes(path), f"{path}")
    fields = _decode(LineDecoder[Any](Any), data, f"{path}")
    if isinstance(fields, dict) and fields.get("format", FORMAT) != FORMAT:
        raise UserError(
            f"{directory} is a run in format {fields['format']}, but this version reads {FORMAT}",
            "Open it with the version of illusion-tui that wrote it.",
        )
    manifest = _decode(_manifests, data, f"{path}")
    if not manifest.settings.recipes:
        raise damaged(f"{path}", ValueError("its settings have no recipe"))
    return manifest


def is_run(directory: Path, manifest: Manifest) -> bool:
    """Whether a directory on this machine holds the run of a manifest, which may come from another
    machine, where another run can have the same path."""
    try:
        found = read_manifest(directory)
    except UserError:
        return False
    return (found.created, found.items) == (manifest.created, manifest.items)


def read_items(directory: Path) -> tuple[Item, ...]:
    """Read the items of a run, in order.

    Raises:
        UserError: a line is damaged, doubled, missing, or of another run.
    """
    return _read_items(directory, _items)


def read_item_ids(directory: Path) -> tuple[str, ...]:
    """Read only the ids of the items of a run, in order; raises as `read_items`."""
    return tuple(item.id for item in _read_items(directory, _names))


def _read_items(directory: Path, decoder: LineDecoder[NamedT]) -> tuple[NamedT, ...]:
    path, manifest = directory / ITEMS, read_manifest(directory)
    run = run_number(manifest)
    lines = _bytes(path).splitlines()
    must = is_sealed(lines[0]) if lines else False
    items: dict[str, NamedT] = {}
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        try:
            item = decoder.decode(opened(line, where, run, must=must))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise damaged(where, error) from error
        if item.id in items:
            raise UserError(f"{where} is the item '{item.id}' once more", RESTORE)
        items[item.id] = item
    if len(items) != manifest.items.count:
        raise UserError(
            f"{path} has {len(items)} items, but the run has {manifest.items.count}", RESTORE
        )
    # Where lines have no checksums, the hash of all of them has to do. A closed book's is that of
    # the items with their passages, which aren't kept.
    told = must or manifest.settings.closed_book
    if not told and manifest.items.hash not in _hashes(lines):
        raise UserError(
            f"{path} has other items than the run was begun with: their hash is not the one in "
            f"{MANIFEST}",
            RESTORE,
        )
    return tuple(items.values())


def _hashes(lines: Sequence[bytes]) -> tuple[str, str]:
    """SHA-256 of items as an `ItemSet` has it, and with the last line's end, as imported runs."""
    content = hashlib.sha256(b"\n".join(lines))
    ended = content.copy()
    ended.update(b"\n")
    return content.hexdigest(), ended.hexdigest()


def read_log(path: Path, ids: Collection[str] | None = None) -> LogContent:
    """Read a log, without a last line that lacks its end: its writer was killed.

    Args:
        path: of the log.
        ids: of the run's items; None for any.

    Raises:
        UserError: it can't be read, or a line of it is damaged, of another run, or about none of
            the items; the error names the line.
    """
    data = _bytes(path)
    run = run_number(read_manifest(path.parent)) if data else 0
    intact_bytes = data.rfind(b"\n") + 1
    scored: dict[str, ScoredItem] = {}
    redecodes: dict[RedecodeKey, Redecode] = {}
    findings: dict[FindingKey, Finding] = {}
    lines = data[:intact_bytes].split(b"\n")[:-1]
    must = is_sealed(lines[0]) if lines else False
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        record = decode_record(line, where, run, must=must)
        match record:
            case Scored(scored=one):
                item_id, scored[one.item.id] = one.item.id, one
            case Redecoded(redecode=redecode):
                item_id, redecodes[redecode_key(redecode)] = redecode.item_id, redecode
            case Probed(finding=finding):
                item_id, findings[finding_key(finding)] = finding.item_id, finding
        if ids is not None and item_id not in ids:
            raise of_no_item(where, item_id)
    return LogContent(scored, redecodes, findings, intact_bytes)


def of_no_item(where: str, item_id: str) -> UserError:
    """What to say of a line that is about an item that the run hasn't."""
    return UserError(f"{where} is about an item that {ITEMS} lacks: {item_id}", REDO)


def decode_record(line: bytes, where: str, run: int, *, must: bool = False) -> LogRecord:
    """Read a line of a log.

    Args:
        line: with or without its end.
        where: what the line is called in an error.
        run: number of the run (`engine.runs.sealing`).
        must: it must have a checksum.

    Raises:
        UserError: it is no record, damaged or of another run, or has a decoding or an instrument
            that is not installed.
    """
    try:
        line = opened(line, where, run, must=must)
    except UserError as error:
        raise UserError(error.message, REDO) from None
    try:
        return _decode(_records, line, where)
    except UserError as error:
        try:
            kind = _kinds_of_lines.decode(line)
        except msgspec.DecodeError:
            raise error from None
        if kind.redecode is not None and kind.redecode.decoding.kind not in kinds():
            unknown = unknown_kind(kind.redecode.decoding.kind)
        elif kind.finding is not None and kind.finding.kind not in instruments():
            unknown = unknown_instrument(kind.finding.kind)
        else:
            raise
        raise UserError(f"{where}: {unknown.message}", unknown.hint) from None


def _bytes(path: Path) -> bytes:
    try:
        return read_file(path)
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> UserError:
    """What to say of a file of a run that can't be read."""
    return UserError(
        f"there is no run in {path.parent}: {path.name} can't be read ({error.strerror})",
        "Name the directory that 'illusion-tui score --out' wrote.",
    )


def _decode(decoder: LineDecoder[T], data: bytes, where: str) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise damaged(where, error) from error


def damaged(where: str, error: Exception) -> UserError:
    """What to say of a line of a run's file that is not what it should be."""
    return UserError(f"{where} is damaged: {error}", RESTORE)
