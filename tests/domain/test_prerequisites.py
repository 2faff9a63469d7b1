"""Prerequisites between matters: what can start, what waits for what, and what has to be decided together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.prerequisites import due_together, missing, mutual, open_now, starting_ranks, within

#: a and b wait for each other, and b for x as well; c waits for both; d for nobody.
GRAPH = {"x": (), "a": ("b",), "b": ("a", "x"), "c": ("a", "b"), "d": ()}

CODES = "abcdef"
graphs = st.fixed_dictionaries(
    {code: st.lists(st.sampled_from([each for each in CODES if each != code]), unique=True) for code in CODES}
)


class TestMutualMatters:
    def test_are_those_of_a_cycle_and_not_those_behind_it(self) -> None:
        assert mutual(GRAPH) == (("a", "b"),)

    def test_are_found_through_others(self) -> None:
        assert mutual({"a": ("b",), "b": ("c",), "c": ("a",), "d": ("a",)}) == (("a", "b", "c"),)

    def test_are_none_where_nobody_waits_in_a_circle(self) -> None:
        assert mutual({"a": (), "b": ("a",), "c": ("a", "b")}) == ()

    def test_can_be_decided_once_nobody_else_holds_them_up(self) -> None:
        assert due_together(GRAPH, ()) == ()
        assert due_together(GRAPH, ("x",)) == (("a", "b"),)

    def test_need_no_meeting_any_more_once_decided(self) -> None:
        assert due_together(GRAPH, ("x", "a", "b")) == ()

    def test_of_one_application_are_those_that_it_has(self) -> None:
        assert mutual(within(GRAPH, ("a", "c", "d"))) == ()

    @given(graphs)
    def test_reach_each_other_and_nobody_else_does(self, graph: dict[str, list[str]]) -> None:
        def reached(code: str) -> set[str]:
            seen: set[str] = set()
            todo = list(graph[code])
            while todo:
                each = todo.pop()
                if each not in seen:
                    seen.add(each)
                    todo += graph[each]
            return seen

        together = {code: set(group) for group in mutual(graph) for code in group}
        for one in CODES:
            for other in CODES:
                if one != other:
                    assert (other in together.get(one, set())) == (other in reached(one) and one in reached(other))


class TestAMatter:
    def test_opens_when_all_of_its_prerequisites_are_approved(self) -> None:
        assert open_now(GRAPH, ()) == {"x", "d"}
        assert open_now(GRAPH, ("x", "a", "b")) == set(GRAPH)

    def test_names_what_it_still_waits_for(self) -> None:
        assert missing(GRAPH, "c", ("a",)) == ("b",)

    @given(graphs, st.data())
    def test_is_never_closed_again_by_a_further_approval(
        self, graph: dict[str, list[str]], data: st.DataObject
    ) -> None:
        approved = data.draw(st.sets(st.sampled_from(CODES)))
        more = approved | data.draw(st.sets(st.sampled_from(CODES)))

        assert open_now(graph, approved) <= open_now(graph, more)

    @given(graphs)
    def test_is_decided_in_the_end_when_meetings_decide_what_is_mutual(self, graph: dict[str, list[str]]) -> None:
        approved: set[str] = set()
        while len(approved) < len(graph):
            ready = (set(open_now(graph, approved)) | {c for g in due_together(graph, approved) for c in g}) - approved
            assert ready, f"nobody can go on after {approved}"
            approved |= ready


class TestAPlan:
    def test_lets_each_matter_start_behind_the_longest_way_to_it(self) -> None:
        days = {"x": 3, "a": 2, "b": 2, "c": 1, "d": 5}

        assert starting_ranks(GRAPH, days) == {"x": 0, "a": 3, "b": 3, "c": 5, "d": 0}
