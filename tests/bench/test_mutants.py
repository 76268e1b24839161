"""What became of mutants, as the tool that makes them prints it."""

from bench.mutants import NOTICED, ROOMS, ROOT, statuses


def test_of_all_mutants_the_chosen_ones_are_told() -> None:
    printed = "    a.b.x_f__mutmut_1: killed\n    a.b.x_f__mutmut_2: no tests\n    a.b.x_g__mutmut_1: survived\n"
    said = statuses(printed, ["a.b.x_f__mutmut_2", "a.b.x_f__mutmut_1"])
    assert said == {"a.b.x_f__mutmut_1": "killed", "a.b.x_f__mutmut_2": "no tests"}
    assert [name for name, status in said.items() if status in NOTICED] == ["a.b.x_f__mutmut_1"]


def test_the_rooms_and_their_tests_are_where_they_are_looked_for() -> None:
    for room in ROOMS:
        assert (ROOT / room / "__init__.py").is_file()
        assert list((ROOT / "tests" / room).glob("test_*.py"))
