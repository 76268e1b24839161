"""The projects, and which of them a mail belongs to (assembly, section 1)."""

from collections.abc import Iterable, Sequence

import msgspec

from projector.assembly.keys import key
from projector.assembly.subject import parse_subject
from projector.outcomes import CONFLICT, DONE, TARGET_GONE, Outcome
from projector.readmodel import tables as t
from projector.readmodel.rows import Row
from projector.readmodel.working import WorkingSet
from schemas.mail import ParsedMail
from schemas.records import ProjectAdded, ProjectChanged

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ProjectAdded).decode


class Project(msgspec.Struct):
    """A project as the log has it by now. last_event_us: the time of its last event, microseconds since 1970."""

    id: int
    settings: ProjectAdded
    last_event_us: int


class Projects:
    """All projects, in memory. There are few, and every mail asks."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working
        self.by_id: dict[int, Project] = {}
        self._by_list: dict[str | bytes, list[Project]] = {}

    def load(self) -> None:
        """Read the projects of the generation."""
        rows = self._working.load_all(t.project)
        self.by_id = {row["id"]: Project(row["id"], _decode(row["settings"]), row["last_event_us"]) for row in rows}
        self._index()

    def find(self, linkname: str) -> Project | None:
        return next((project for project in self.by_id.values() if project.settings.linkname == linkname), None)

    def add(self, id: int, fact: ProjectAdded) -> Outcome:
        """Add a project, unless its linkname is taken."""
        taken = self.find(fact.linkname)
        if taken is not None:
            return Outcome(CONFLICT, f"There is a project {fact.linkname} already (record {taken.id}).")
        self.by_id[id] = Project(id, fact, 0)
        self._working.counts["project"] += 1
        self.save(self.by_id[id])
        self._index()
        return Outcome(DONE)

    def change(self, fact: ProjectChanged) -> Outcome:
        """Change the fields that are set."""
        project = self.find(fact.linkname)
        if project is None:
            return Outcome(TARGET_GONE, f"There is no project {fact.linkname}.")
        names = [name for name in fact.__struct_fields__ if name != "linkname"]
        set_fields = {name: value for name in names if (value := getattr(fact, name)) is not msgspec.UNSET}
        project.settings = msgspec.structs.replace(project.settings, **set_fields)
        self.save(project)
        self._index()
        return Outcome(DONE)

    def save(self, project: Project) -> None:
        """Note that a project changed."""
        settings = project.settings
        row: Row = {
            "id": project.id,
            "linkname": settings.linkname,
            "name": settings.name,
            "listid": settings.listid,
            "listemail": settings.listemail,
            "web_url": settings.web_url,
            "scm_url": settings.scm_url,
            "webscm_url": settings.webscm_url,
            "settings": _encode(settings),
            "last_event_us": project.last_event_us,
        }
        self._working.add(t.project, row)

    def place(self, parsed: ParsedMail, list_id: str, recipients: Sequence[str | bytes]) -> Project | None:
        """The project of a mail: of those that read its list by its tags, else that of the nearest mail it answers
        which one of them has, else the one without tags.
        """
        sharing = self.reading(parsed, list_id, recipients)
        if len(sharing) < 2:
            return choose(sharing, parsed.subject)
        return tagged(sharing, parsed.subject) or self._above(sharing, parsed) or choose(sharing, parsed.subject)

    def reading(self, parsed: ParsedMail, list_id: str, recipients: Sequence[str | bytes]) -> Sequence[Project]:
        """The projects that read a mail's list: by the lists it names, else by the archive's, else by its recipients.

        Those of a redacted mail are keys.
        """
        names = (*parsed.list_ids, *([list_id] if list_id else ()), *recipients)
        return next(filter(None, map(self.sharing, names)), ())

    def _above(self, sharing: Sequence[Project], parsed: ParsedMail) -> Project | None:
        """Of projects that share a list, the one that has the nearest mail that one refers to."""
        for name in reversed(parsed.references):
            for project in sharing:
                if name != parsed.message_id and self._working.has_mail(project.id, name):
                    return project
        return None

    def sharing(self, name: str | bytes) -> list[Project]:
        """The projects that read a list, by its id or address, or the key of that."""
        return self._by_list.get(name.lower() if isinstance(name, str) else name, [])

    def _index(self) -> None:
        self._by_list = {}
        for project in sorted(self.by_id.values(), key=lambda project: project.id):
            names = {project.settings.listid.lower(), project.settings.listemail.lower()}
            for name in sorted(names - {""}):
                self._by_list.setdefault(name, []).append(project)
                self._by_list.setdefault(key(name), []).append(project)


def choose(sharing: Iterable[Project], subject: str) -> Project | None:
    """Of projects that share a list, the one whose tags are in the subject's brackets, else the one without tags."""
    projects = list(sharing)
    rest = next((project for project in projects if not project.settings.subject_prefix_tags), None)
    return tagged(projects, subject) or rest


def tagged(sharing: Iterable[Project], subject: str) -> Project | None:
    """Of projects that share a list, the one whose tags are in the subject's brackets."""
    for project in sharing:
        tags = {tag.lower() for tag in project.settings.subject_prefix_tags}
        if tags & _bracket_tokens(subject, project.settings):
            return project
    return None


def _bracket_tokens(subject: str, settings: ProjectAdded) -> frozenset[str]:
    """The tokens of a subject's brackets, lower case."""
    shown = parse_subject(subject, names={settings.listemail.partition("@")[0].lower()}).name
    if not shown.startswith("["):
        return frozenset()
    return frozenset(shown[1 : shown.index("]")].lower().split(","))
