"""前置: which matters must be decided before which, and which are mutual and so have to be decided together.

A graph over codes of matters. Mutual ones (互为前置) are its cycles: they are found here when a pack is read, and at
run time a joint meeting decides them in one act (同时审批、同时办结).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

Graph = Mapping[str, Collection[str]]


def mutual(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """The groups of matters that wait for each other, each in the order of the graph (Tarjan's components of two or
    more). A matter that waits for itself is no group: whoever reads the graph refuses it."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[tuple[str, ...]] = []
    order = {code: place for place, code in enumerate(graph)}

    def visit(code: str) -> None:
        index[code] = low[code] = len(index)
        stack.append(code)
        for before in graph[code]:
            if before not in graph:
                continue
            if before not in index:
                visit(before)
                low[code] = min(low[code], low[before])
            elif before in stack:
                low[code] = min(low[code], index[before])
        if low[code] == index[code]:
            members = []
            while True:
                members.append(stack.pop())
                if members[-1] == code:
                    break
            if len(members) > 1:
                groups.append(tuple(sorted(members, key=order.__getitem__)))

    for code in graph:
        if code not in index:
            visit(code)
    return tuple(sorted(groups, key=lambda group: order[group[0]]))


def within(graph: Graph, present: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The part of the graph that one application has: its matters, each with those of its prerequisites it has."""
    here = tuple(present)
    return {code: tuple(each for each in graph.get(code, ()) if each in here) for code in here}


def open_now(graph: Graph, approved: Collection[str]) -> frozenset[str]:
    """The matters whose every prerequisite is approved."""
    return frozenset(code for code, before in graph.items() if all(each in approved for each in before))


def missing(graph: Graph, code: str, approved: Collection[str]) -> tuple[str, ...]:
    """The prerequisites that a matter still waits for."""
    return tuple(each for each in graph[code] if each not in approved)


def due_together(graph: Graph, approved: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """The mutual groups that nothing but their own members holds up any more: a meeting can decide them."""
    groups = []
    for group in mutual(graph):
        outside = {before for code in group for before in graph[code]} - set(group)
        undecided = [code for code in group if code not in approved]
        if len(undecided) > 1 and outside <= set(approved):
            groups.append(group)
    return tuple(groups)


def starting_ranks(graph: Graph, days: Mapping[str, int]) -> dict[str, int]:
    """After how many working days each matter can start at the latest, if everybody uses the whole promise.

    Mutual matters start together, behind what any of them waits for outside.
    """
    groups = {code: group for group in mutual(graph) for code in group}
    ranks: dict[str, int] = {}

    def rank(code: str) -> int:
        group = groups.get(code, (code,))
        if code not in ranks:
            outside = {before for member in group for before in graph[member]} - set(group)
            start = max((rank(before) + days[before] for before in outside), default=0)
            ranks.update(dict.fromkeys(group, start))
        return ranks[code]

    return {code: rank(code) for code in graph}
