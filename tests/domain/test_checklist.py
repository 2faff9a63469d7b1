"""One list of papers: each needed one exactly once, with exactly the matters that need it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from sample_cases import PACKS

from shared.domain.checklist import GENERAL_CLAUSE, Checklist, Need, union
from shared.domain.facts import Claim, Facts
from shared.domain.matters import Material, Matter
from shared.packs import load_pack

HANHAI = load_pack(PACKS / "hanhai")
CODES = ("a", "b", "c", "d", "e", "f")


def material(code: str, required: str = "always", promise_days: int = 0) -> Material:
    return Material(
        code=code, name=f"材料{code}", required=required, formats=("pdf",), note="", promise_days=promise_days
    )


def matter(seq: int, needs: tuple[str, ...], law: str = "") -> Matter:
    return Matter(
        code=f"m{seq}", seq=seq, name=f"事项{seq}", unit_code="zj", level="city", promise_days=3, legal_days=20,
        legal_basis=law or f"法{seq}", needs=needs,
    )  # fmt: skip


materials = st.lists(
    st.sampled_from(("always", "optional", "needed", "community_care_area_m2", "reductions_claimed")),
    min_size=len(CODES),
    max_size=len(CODES),
).map(lambda kinds: [material(code, kind) for code, kind in zip(CODES, kinds, strict=True)])
matters = st.lists(st.lists(st.sampled_from(CODES), unique=True, min_size=1).map(tuple), max_size=8).map(
    lambda all_needs: [matter(seq, needs) for seq, needs in enumerate(all_needs, start=1)]
)
facts = st.one_of(
    st.none(),
    st.builds(
        Facts,
        accepted_on=st.just(date(2014, 9, 15)),
        community_care_area_m2=st.sampled_from((None, Decimal(0), Decimal(120))),
        reductions_claimed=st.sampled_from(((), (Claim("AFF", "文号"),))),
    ),
)


class TestTheUnion:
    @given(materials, matters, facts)
    def test_names_each_needed_paper_once_with_exactly_its_matters(
        self, known: list[Material], chosen: list[Matter], stated: Facts | None
    ) -> None:
        found = union(known, chosen, stated)

        codes = [entry.material.code for entry in found.entries]
        assert len(codes) == len(set(codes))
        assert {code for each in chosen for code in each.needs} <= set(codes)
        for entry in found.entries:
            assert [each.code for each in entry.matters] == [
                each.code for each in chosen if entry.material.code in each.needs
            ]

    @given(materials, matters, facts)
    def test_requires_what_the_pack_says_and_nothing_else(
        self, known: list[Material], chosen: list[Matter], stated: Facts | None
    ) -> None:
        found = union(known, chosen, stated)

        for each in known:
            entry = found.find(each.code)
            if each.required == "needed":
                assert (entry is not None) == any(each.code in one.needs for one in chosen)
                assert entry is None or entry.is_required
            elif each.required in ("always", "optional"):
                assert entry is not None
                assert entry.is_required == (each.required == "always")
            else:
                assert entry is not None
                assert entry.is_required == bool(stated and getattr(stated, each.required))
                assert entry.is_required or entry.need is Need.CONDITIONAL

    @given(materials, matters)
    def test_counts_what_separate_applications_would_ask_for(self, known: list[Material], chosen: list[Matter]) -> None:
        found = union(known, chosen)

        assert found.asked == sum(len(each.needs) for each in chosen)
        assert found.distinct == len({code for each in chosen for code in each.needs})
        assert found.saved == found.asked - found.distinct >= 0

    @given(materials, matters, matters)
    def test_grows_only_by_what_more_matters_bring(
        self, known: list[Material], chosen: list[Matter], more: list[Matter]
    ) -> None:
        def codes(found: Checklist) -> set[str]:
            return {entry.material.code for entry in found.entries}

        before, after = codes(union(known, chosen)), codes(union(known, [*chosen, *more]))
        assert before <= after
        assert after - before <= {code for each in more for code in each.needs}


class TestAnEntry:
    def test_is_asked_for_by_the_laws_of_its_matters_while_they_are_few(self) -> None:
        found = union(
            [material("a"), material("b"), material("c")],
            [matter(1, ("a", "b")), matter(2, ("b",)), matter(3, ("b",)), matter(4, ("a",), "法1")],
        )

        assert [entry.clause for entry in found.entries] == ["法1", GENERAL_CLAUSE, GENERAL_CLAUSE]

    def test_may_be_promised_only_while_it_is_required(self) -> None:
        found = union([material("a", "optional", 10), material("b", "always", 10), material("c")], [])

        assert [entry.may_be_promised for entry in found.entries] == [False, True, False]


class TestTheSampleCity:
    def test_asks_for_sixteen_papers_where_departments_would_ask_for_thirty_six(self) -> None:
        found = union(HANHAI.materials, [each for each in HANHAI.matters if each.applies_in(())])

        assert (found.asked, found.distinct, found.saved) == (36, 16, 20)

    def test_asks_for_the_papers_of_a_situation_only_in_it(self) -> None:
        def required(*situations: str) -> set[str]:
            found = union(HANHAI.materials, [each for each in HANHAI.matters if each.applies_in(situations)])
            return {entry.material.code for entry in found.required}

        assert required("road_works") - required() == {"road_plan", "pipe_plan"}
        assert required("deep_pit", "waste_route") - required() == {"pit_plan", "route_plan"}
        assert required("night_work") == required()
