"""The bar of a replay counts from where it is gone on with."""

from rich.progress import Progress

from patchlog.bar import RateColumn


def test_rate_is_of_what_was_done_now() -> None:
    now = 0.0
    bar = Progress(get_time=lambda: now, disable=True)
    number = bar.add_task("replay", total=10_000, completed=5_000)
    (task,) = bar.tasks
    assert RateColumn().render(task).plain == "records"
    for now in (1.0, 2.0, 3.0):
        bar.update(number, completed=5_000 + int(now) * 1_000)
    assert RateColumn().render(task).plain == "records, 1,000/s"
