"""`patchlog smtp-user`: a line for the file of those who deliver by AUTH."""

import sys

import click


@click.command("smtp-user", short_help="Print a line for the file of those who may log in.")
@click.argument("name")
def smtp_user_command(name: str) -> None:
    """Print a line for the file that the setting smtp_users names: NAME, and a hash of its password.

    The password is the first line of the standard input. The running receiver reads the file again when it changes.

    \b
    Example: patchlog smtp-user mailhost < password >> /etc/patchlog/smtp-users
    """
    from patchlog.accounts import check_user_name, hash_password

    click.echo(f"{check_user_name(name)}:{hash_password(sys.stdin)}")
