"""How much a client, and all of them together, may take of us."""

from dataclasses import dataclass

from schemas.settings import Settings

READ_BYTES = 64 * 1024
"""The most that is searched for the end of a mail before it is taken away; up to twice that and what the transport
reads at a time (250 KB) waits to be searched.

Each session may have so much whatever the others hold, so a mail of this size never lacks memory."""
POSITIVE = (
    "max_mail_bytes",
    "smtp_sessions_max",
    "smtp_client_sessions_max",
    "smtp_recipients_max",
    "smtp_idle_seconds",
    "smtp_mail_seconds",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Each is the setting of the same name (without `smtp_`); `Settings` says what it means."""

    max_mail_bytes: int = 26_214_400
    sessions_max: int = 500
    client_sessions_max: int = 50
    recipients_max: int = 1000
    idle_seconds: float = 300.0
    mail_seconds: float = 600.0
    memory_bytes: int = 134_217_728

    @property
    def client_memory_bytes(self) -> int:
        """What the mails of one client may hold: half of all, but no less than the largest mail needs."""
        return max(self.memory_bytes // 2, mail_memory_bytes(self.max_mail_bytes))


def mail_memory_bytes(size_bytes: int) -> int:
    """What a mail of this size may take while it comes."""
    return size_bytes + READ_BYTES


def read_limits(settings: Settings) -> Limits:
    """The limits of the settings. Raises ValueError naming the setting, what was expected and what came."""
    for name in POSITIVE:
        value = getattr(settings, name)
        if not value > 0:
            raise ValueError(f"{name}: expected a number above 0, came {value}")
    least = mail_memory_bytes(settings.max_mail_bytes)
    if settings.smtp_memory_bytes < least:
        reason = f"what one mail of max_mail_bytes ({settings.max_mail_bytes}) needs"
        raise ValueError(f"smtp_memory_bytes: expected {least} or more, {reason}; came {settings.smtp_memory_bytes}")
    return Limits(
        settings.max_mail_bytes,
        settings.smtp_sessions_max,
        settings.smtp_client_sessions_max,
        settings.smtp_recipients_max,
        settings.smtp_idle_seconds,
        settings.smtp_mail_seconds,
        settings.smtp_memory_bytes,
    )
