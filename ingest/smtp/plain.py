"""Plain lines of MAIL and RCPT, answered where they arrive: most commands of most sessions."""

from collections.abc import Callable

Answer = Callable[[str], str | None]
"""Takes a command's argument and gives the answer; None where it is not for this way."""


def answer_lines(data: bytes, line_max_bytes: int, mail: Answer, rcpt: Answer) -> tuple[list[str], int]:
    """Answer the lines that data begins with, in their order, until one has to go the long way.

    That is a line of another command, of more than line_max_bytes, without its end or with an argument beyond ASCII,
    and whatever `mail` or `rcpt` gives no answer to. Gives the answers, and the offset at which the rest begins.
    """
    answers: list[str] = []
    start = 0
    while True:
        end = data.find(b"\n", start, start + line_max_bytes)
        if end < 0:
            return answers, start
        command, argument = data[start : start + 5].upper(), data[start + 5 : end].strip()
        take = rcpt if command == b"RCPT " else mail if command == b"MAIL " else None
        answer = None if take is None or not argument.isascii() else take(argument.decode())
        if answer is None:
            return answers, start
        answers.append(answer)
        start = end + 1
