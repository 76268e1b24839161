"""Rows in memory: loaded by key when first asked for, changed in memory, written in one go."""

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Load = Callable[[Collection[K]], dict[K, V]]
Save = Callable[[list[tuple[K, V]], list[K]], None]


class Cache(Generic[K, V]):
    """Values by key, with what is stored behind it. The one writer of what is stored, so that nothing in it goes stale.

    load gives the stored values of some keys (a key that is not there is left out). save writes values, and takes away
    keys. Keys come out in the order in which they were first changed.
    """

    def __init__(self, load: Load[K, V], save: Save[K, V], limit: int) -> None:
        self._load, self._save, self._limit = load, save, limit
        self._values: dict[K, V | None] = {}
        self._changed: dict[K, None] = {}

    def get(self, key: K) -> V | None:
        """The value of a key; None where there is none."""
        try:
            return self._values[key]
        except KeyError:
            value = self._values[key] = self._load((key,)).get(key)
            return value

    def get_all(self, keys: Collection[K]) -> list[tuple[K, V]]:
        """Those of some keys that have a value, with it: loaded in one go."""
        values = self._values
        try:
            return [(key, value) for key in keys if (value := values[key]) is not None]
        except KeyError:
            self.need(keys)
            return [(key, value) for key in keys if (value := values[key]) is not None]

    def need(self, keys: Iterable[K]) -> None:
        """Load what will be asked for, in one go."""
        missing = {key for key in keys if key not in self._values}
        if missing:
            self._values.update(dict.fromkeys(missing))
            self._values.update(self._load(missing))

    def put(self, key: K, value: V) -> None:
        """Set a value, to be saved; also to say that a value was changed inside."""
        self._values[key] = value
        self._changed[key] = None

    def seed(self, key: K, value: V | None) -> None:
        """Set a value that is known without a look at what is stored, and need not be saved."""
        self._values[key] = value

    def drop(self, key: K) -> None:
        """Take a key away."""
        self._values[key] = None
        self._changed[key] = None

    def changed(self) -> Iterable[K]:
        """The keys of what is not saved yet."""
        return list(self._changed)

    def save(self) -> None:
        """Write all changes, and forget the oldest values beyond the limit."""
        if self._changed:
            kept = [(key, value) for key in self._changed if (value := self._values[key]) is not None]
            gone = [key for key in self._changed if self._values[key] is None]
            self._save(kept, gone)
            self._changed.clear()
        if len(self._values) > self._limit:
            for key in list(self._values)[: len(self._values) - self._limit // 2]:
                del self._values[key]

    def forget(self) -> None:
        """Forget everything, saved or not: what is stored counts."""
        self._values.clear()
        self._changed.clear()
