"""Who may change what, and how they say who they are."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest
from falcon.testing import ASGIConductor

from api.app import create_app
from api.gate import CHECKS_AT_ONCE
from schemas.accounts import TokenRevoked, UserChanged
from schemas.settings import Settings
from tests.api.changing.conftest import PASSWORD, Live, basic, make_live

RESULT = {"test_name": "bat", "state": "info"}


def results(live: Live) -> str:
    return f"/series/{live.series}/revisions/1/test-results/"


@pytest.mark.parametrize(
    "field",
    [
        pytest.param(None, id="none"),
        pytest.param(basic("max", "wrong"), id="wrong password"),
        pytest.param(basic("nobody", PASSWORD), id="nobody"),
        pytest.param("Basic !!!", id="no base64"),
        pytest.param("Basic bWF4", id="no colon"),
        pytest.param("Token patchlog_x", id="no such token"),
        pytest.param("Bearer", id="no secret"),
        pytest.param("Digest x", id="another scheme"),
    ],
)
def test_wrong_credentials_are_told_how_to_come(live: Live, field: str | None) -> None:
    headers = {"Authorization": field} if field is not None else {}
    result = live.call("POST", results(live), RESULT, headers=headers)
    assert result.status_code == 401
    assert result.headers["www-authenticate"].startswith('Basic realm="patchlog"')
    assert result.headers["content-type"] == "application/problem+json"
    assert set(result.json) == {"detail"}


def test_wrong_credentials_are_refused_for_reading_too(live: Live) -> None:
    assert live.call("GET", "/projects/", headers={"Authorization": basic("max", "no")}).status_code == 401
    assert live.call("GET", "/projects/", by="max").status_code == 200


def test_who_has_no_right_is_told_so(live: Live) -> None:
    result = live.call("POST", results(live), RESULT, by="sam")
    assert (result.status_code, result.json["detail"]) == (403, "User sam is not a maintainer of project demo.")


def test_page_of_another_site_cannot_use_a_browsers_password(live: Live) -> None:
    result = live.call("POST", results(live), RESULT, by="max", headers={"Sec-Fetch-Site": "cross-site"})
    assert result.status_code == 403


def test_page_of_another_site_is_asked_for_no_password(live: Live) -> None:
    result = live.call("POST", results(live), RESULT, headers={"Sec-Fetch-Site": "same-site"})
    assert result.status_code == 403
    assert "www-authenticate" not in result.headers


def test_page_of_another_site_may_name_a_token(live: Live) -> None:
    live.token(live.stranger, "patchlog_script", tests=("bat*",))
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://ci.example.net"}
    for scheme, status in (("Token patchlog_script", 201), (basic("sam", "patchlog_script"), 403)):
        headers = {**foreign, "Authorization": scheme}
        result = live.call("POST", results(live), RESULT, headers=headers)
        assert (result.status_code, result.headers["access-control-allow-origin"]) == (status, "*"), result.text


@pytest.mark.parametrize("field", ["Token {}", "Bearer {}", "bearer {}"])
def test_token_comes_in_either_scheme(live: Live, field: str) -> None:
    secret = f"patchlog_{len(field)}{field[0]}"
    live.token(live.stranger, secret, tests=("bat*",))
    result = live.call("POST", results(live), RESULT, headers={"Authorization": field.format(secret)})
    assert result.status_code == 201, result.text


def test_token_is_as_good_as_a_password_of_its_user_alone(live: Live) -> None:
    live.token(live.stranger, "patchlog_basic", tests=("bat*",))
    for name, status in (("sam", 201), ("max", 401)):
        headers = {"Authorization": basic(name, "patchlog_basic")}
        assert live.call("POST", results(live), RESULT, headers=headers).status_code == status


def test_token_is_good_for_its_tests_and_projects_alone(live: Live) -> None:
    live.token(live.maintainer, "patchlog_ci", projects=("demo",), tests=("ci.*",))
    live.token(live.maintainer, "patchlog_elsewhere", projects=("other",))
    ci = {"Authorization": "Token patchlog_ci"}
    elsewhere = {"Authorization": "Token patchlog_elsewhere"}
    for test_name, headers, status in (("ci.a", ci, 201), ("bat", ci, 403), ("ci.a", elsewhere, 403)):
        posted = {"test_name": test_name, "state": "info"}
        assert live.call("POST", results(live), posted, headers=headers).status_code == status
    assert live.call("PATCH", f"/series/{live.series}/", {"reviewer": None}, headers=ci).status_code == 403


def test_token_that_expired_or_was_revoked_is_nobody(live: Live) -> None:
    live.token(live.maintainer, "patchlog_old", expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    id = live.token(live.maintainer, "patchlog_lost")
    lost = {"Authorization": "Token patchlog_lost"}
    assert live.call("POST", results(live), RESULT, headers=lost).status_code == 201
    live.append(TokenRevoked(token=id, reason="lost"))
    for headers, detail in (
        (lost, "Token lost was revoked."),
        ({"Authorization": "Token patchlog_old"}, "Token old has expired."),
    ):
        result = live.call("POST", results(live), RESULT, headers=headers)
        assert (result.status_code, result.json["detail"]) == (401, detail)


def test_who_is_not_active_is_nobody(live: Live) -> None:
    assert live.call("GET", "/projects/", by="gus").status_code == 200
    live.append(UserChanged(name="gus", active=False))
    assert live.call("GET", "/projects/", by="gus").status_code == 401


def test_changed_password_counts_at_once(live: Live) -> None:
    from tests.api.changing.conftest import QUICK

    assert live.call("GET", "/projects/", by="ada").status_code == 200
    live.append(UserChanged(name="ada", password_hash=QUICK.hash("another")))
    assert live.call("GET", "/projects/", by="ada").status_code == 401
    assert live.call("GET", "/projects/", headers={"Authorization": basic("ada", "another")}).status_code == 200


def test_guessing_is_throttled_by_account_and_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    for live in make_live(tmp_path_factory.mktemp("guessed")):
        far = {"X-Forwarded-For": "2001:db8:1:1::1"}
        near = {"X-Forwarded-For": "2001:db8:1:1::2"}
        secret = "patchlog_of_max"
        live.token(live.maintainer, secret)
        for number in range(20):
            headers = {"Authorization": basic("max", f"guess {number}"), **far}
            assert live.call("GET", "/projects/", headers=headers).status_code == 401
        blocked = live.call("GET", "/projects/", headers={"Authorization": basic("max", PASSWORD), **near})
        assert blocked.status_code == 429, "a network has one count, and guesses stay slow"
        assert int(blocked.headers["retry-after"]) > 0
        assert live.call("GET", "/projects/", by="max").status_code == 200, "its owner comes from elsewhere"
        known = {"Authorization": basic("max", PASSWORD), **near}
        assert live.call("GET", "/projects/", headers=known).status_code == 200, "what was found right is no guess"
        for field in (basic("max", secret), f"Token {secret}"):
            assert live.call("GET", "/projects/", headers={"Authorization": field, **far}).status_code == 200
        assert (
            live.call("GET", "/projects/", headers={"Authorization": basic("ada", PASSWORD), **far}).status_code == 200
        )
        assert live.call("GET", "/projects/", headers=far).status_code == 200, "who does not say a name guesses none"


def test_guesses_that_come_at_once_are_no_more_than_those_that_come_in_turn(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async def ask_at_once(settings: Settings) -> list[int]:
        async with ASGIConductor(create_app(settings)) as conductor:
            asked = [
                conductor.simulate_get("/api/1.0/projects/", headers={"Authorization": basic("max", f"guess {number}")})
                for number in range(60)
            ]
            return [result.status_code for result in await asyncio.gather(*asked)]

    for live in make_live(tmp_path_factory.mktemp("at_once")):
        answers = Counter(asyncio.run(ask_at_once(live.settings)))
        assert answers.keys() == {401, 429}
        assert 20 <= answers[401] < 20 + CHECKS_AT_ONCE, "only those that were being checked are not counted yet"


def test_many_addresses_guess_at_one_account_slowly(tmp_path_factory: pytest.TempPathFactory) -> None:
    def ask(address: str, password: str) -> int:
        headers = {"Authorization": basic("max", password), "X-Forwarded-For": address}
        return live.call("GET", "/projects/", headers=headers).status_code

    for live in make_live(tmp_path_factory.mktemp("guessed_by_many")):
        assert ask("192.0.2.7", PASSWORD) == 200
        assert {ask(f"198.51.100.{number % 50}", f"guess {number}") for number in range(100)} == {401}
        assert [ask("203.0.113.1", f"guess {number}") for number in range(4)] == [401, 401, 401, 429]
        of_one_customer = [ask(f"2001:db8:1:{number}::1", "guess") for number in range(4)]
        assert of_one_customer == [401, 401, 401, 429]
        assert [ask("192.0.2.7", f"mistake {number}") for number in range(4)] == [401] * 4, "it got in before"
        assert ask("203.0.113.2", PASSWORD) == 200, "a right one gets in, from wherever it comes"
        assert ask("203.0.113.1", PASSWORD) == 200, "and what was found right is no guess"
        by_ada = {"Authorization": basic("ada", "guess"), "X-Forwarded-For": "203.0.113.1"}
        assert live.call("GET", "/projects/", headers=by_ada).status_code == 401, "another account is another matter"


def test_one_address_guesses_at_so_many_accounts(tmp_path_factory: pytest.TempPathFactory) -> None:
    for live in make_live(tmp_path_factory.mktemp("sprayed")):
        far = {"X-Forwarded-For": "192.0.2.1"}
        for number in range(100):
            headers = {"Authorization": f"Token patchlog_{number // 10}", **far}
            if number >= 20:
                headers = {"Authorization": basic(f"nobody{number % 7}", "patchlog_x"), **far}
            assert live.call("GET", "/projects/", headers=headers).status_code == 401
        headers = {"Authorization": basic("ada", PASSWORD), **far}
        assert live.call("GET", "/projects/", headers=headers).status_code == 429


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Origin": "https://evil.example.org"}, 403, id="another site"),
        pytest.param({"Origin": "null"}, 403, id="no site"),
        pytest.param({"Origin": "https://patches.example.org"}, 201, id="our own page"),
        pytest.param({}, 201, id="no browser"),
    ],
)
def test_origin_of_what_uses_a_browsers_password(live: Live, headers: dict[str, str], status: int) -> None:
    assert live.call("POST", results(live), RESULT, by="max", headers=headers).status_code == status


def test_token_is_no_browsers_and_comes_from_any_site(live: Live) -> None:
    live.token(live.maintainer, "patchlog_page")
    headers = {"Authorization": "Token patchlog_page", "Origin": "https://ci.example.org"}
    assert live.call("POST", results(live), RESULT, headers=headers).status_code == 201
