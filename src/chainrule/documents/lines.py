"""Formulas that are wider than a line, broken where a person would break them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainrule.documents.boxes import Plain, box, bracketed, with_gaps
from chainrule.render.tex_layout import Fenced, Layout, Row, Scripts, Space, Symbol, items


@dataclass(frozen=True)
class _Part:
    """What is not broken, with the blanks before it and how badly a line would end there."""

    items: tuple[Layout, ...]
    width: int
    gap: int
    badness: int


_BADNESS = {"relation": 0, "binary": 2, "function": 3, "series": 3, "ordinary": 3}
_NEVER = 1000


def broken(layout: Layout, width: int) -> list[Layout]:
    """A formula as lines of at most `width` columns, where it can be broken: at relations, then at + and -,
    then between factors; outside brackets rather than inside."""
    parts = _parts(layout, width, 0)
    lines: list[Layout] = []
    start = 0
    while start < len(parts):
        end, used = start + 1, parts[start].width
        while end < len(parts) and (used := used + parts[end].gap + parts[end].width) <= width:
            end += 1
        if end < len(parts):
            end = _best(parts, start, end)
        row = [item for part in parts[start:end] for item in part.items]
        lines.append(_line(row) if start else _row_of(row))
        start = end
    return lines if len(lines) > 1 else [layout]


def _line(row: list[Layout]) -> Layout:
    """A line but the first: without blanks at its start, and with something that a sign there can join."""
    while isinstance(row[0], Space):
        row = row[1:]
    joins = isinstance(row[0], Symbol) and row[0].kind == "binary"
    return _row_of([*([Row(())] if joins else []), *row])


def _row_of(row: Sequence[Layout]) -> Layout:
    """The things side by side, with plain brackets as they were."""
    plain = tuple(each for item in row for each in _unbracketed(item))
    return plain[0] if len(plain) == 1 else Row(plain)


def _unbracketed(item: Layout) -> Iterator[Layout]:
    brackets = item.base if isinstance(item, Scripts) else item
    if not isinstance(brackets, Plain):
        yield item
        return
    yield Symbol(brackets.left)
    for each in items(brackets.body):
        yield from _unbracketed(each)
    closing = Symbol(brackets.right)
    yield Scripts(closing, item.below, item.above) if isinstance(item, Scripts) else closing


def _best(parts: Sequence[_Part], start: int, end: int) -> int:
    """Where a line that begins at `start` and has room for what is before `end` is to end."""
    full = sum(part.gap + part.width for part in parts[start:end])
    best, badness, used = 0, _NEVER, 0
    for i in range(start + 1, len(parts)):
        used += parts[i - 1].gap + parts[i - 1].width
        if i > end and best:
            break
        here = parts[i].badness
        if 3 * used < full:  # little would stand on the line; a factor by itself is worst
            here += 10 if here == _BADNESS["ordinary"] else 5
        if here <= badness and here < _NEVER:
            best, badness = i, here
    return best or len(parts)


def _parts(layout: Layout, width: int, depth: int) -> list[_Part]:
    """What a formula can be broken into; brackets are opened where they are wider than a line."""
    row = bracketed(items(layout))
    visible = iter(with_gaps(row, "display"))
    found: list[_Part] = []
    spaces: list[Layout] = []
    after_comma = False
    for thing in row:
        if isinstance(thing, Space):
            spaces.append(thing)
            continue
        item, kind, gap = next(visible)
        badness = 10 * depth + (0 if after_comma else _BADNESS.get(kind, _NEVER))
        if item in (Symbol("+"), Symbol("-")) and kind == "binary":
            badness -= 1
        if gap == 0 and not after_comma:
            badness = _NEVER
        whole = _Part((*spaces, item), box(item).width, gap, badness)
        brackets = item.base if isinstance(item, Scripts) else item
        if (
            isinstance(brackets, Fenced)
            and "." not in (brackets.left, brackets.right)
            and whole.width > width
        ):
            found += _opened(brackets, whole, width, depth)
        else:
            found.append(whole)
        after_comma = kind == "punctuation"
        spaces = []
    return found


def _opened(brackets: Fenced, whole: _Part, width: int, depth: int) -> list[_Part]:
    *spaces, item = whole.items
    first, *others = _parts(brackets.body, width, depth + 1)
    opening = (*spaces, Symbol(brackets.left), *first.items)
    closing: Layout = Symbol(brackets.right)
    if isinstance(item, Scripts):
        closing = Scripts(closing, item.below, item.above)
    *others, last = [_Part(opening, first.width + 1, whole.gap, whole.badness), *others]
    end = _Part((*last.items, closing), last.width + box(closing).width, last.gap, last.badness)
    return [*others, end]
