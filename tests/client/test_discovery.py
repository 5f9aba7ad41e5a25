"""Where the client looks up the endpoint, and in which order."""

import json
import os
from pathlib import Path

import pytest

from sluice_client import NotConfigured, Sluice
from sluice_client.transport.endpoint import Endpoint


def write_endpoints(folder: Path, **endpoints: object) -> Path:
    path = folder / ".sluice" / "endpoints.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(endpoints))
    return path


@pytest.fixture
def in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_URL", "https://environment.example/v1")
    monkeypatch.setenv("SLUICE_API_KEY", "environment-key")


@pytest.mark.usefixtures("in_environment")
def test_arguments_win_over_the_environment() -> None:
    assert Endpoint.discover("http://argument", "argument-key") == Endpoint(
        "http://argument", "argument-key"
    )


@pytest.mark.usefixtures("in_environment")
def test_a_missing_argument_comes_from_the_environment() -> None:
    assert Endpoint.discover("http://argument") == Endpoint("http://argument", "environment-key")


@pytest.mark.usefixtures("in_environment")
def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    write_endpoints(tmp_path, api_url="http://file", api_key="file-key")

    assert Endpoint.discover().url == "https://environment.example/v1"


def test_the_file_is_found_in_a_parent_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_endpoints(tmp_path, api_url="http://127.0.0.1:8787/v1/", api_key="k", more={"x": 1})
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)

    assert Endpoint.discover() == Endpoint("http://127.0.0.1:8787/v1", "k")


def test_the_nearest_file_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_endpoints(tmp_path, api_url="http://far", api_key="k")
    write_endpoints(tmp_path / "near", api_url="http://near", api_key="k")
    monkeypatch.chdir(tmp_path / "near")

    assert Endpoint.discover().url == "http://near"


def test_variables_that_are_empty_count_as_unset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_endpoints(tmp_path, api_url="http://file", api_key="k")
    monkeypatch.setenv("SLUICE_URL", "")
    monkeypatch.setenv("SLUICE_API_KEY", "  ")

    assert Endpoint.discover().url == "http://file"


def test_the_sockets_address_comes_from_where_the_apis_address_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_endpoints(tmp_path, api_url="http://file", api_key="k", websocket_url="ws://file/live")
    monkeypatch.setenv("SLUICE_WEBSOCKET_URL", "wss://environment.example/live")
    assert Endpoint.discover().websocket_url == "ws://file/live"

    monkeypatch.setenv("SLUICE_URL", "https://environment.example/v1")
    monkeypatch.setenv("SLUICE_API_KEY", "environment-key")
    assert Endpoint.discover().websocket_url == "wss://environment.example/live"
    assert Endpoint.discover("http://argument", "k").websocket_url is None


@pytest.mark.usefixtures("in_environment")
def test_an_argument_for_the_socket_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_WEBSOCKET_URL", "wss://environment.example/live")

    assert Endpoint.discover(websocket_url="ws://argument").websocket_url == "ws://argument"
    assert Endpoint.discover("http://x", "k", "ws://argument").websocket_url == "ws://argument"


@pytest.mark.usefixtures("in_environment")
def test_a_service_without_a_socket_is_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Endpoint.discover().websocket_url is None
    monkeypatch.setenv("SLUICE_WEBSOCKET_URL", " ")
    assert Endpoint.discover().websocket_url is None


@pytest.mark.parametrize(
    "url", ["http://x", "localhost:8787", "ws://", "ws://x:port", "wss://x/live?a=b", "ws://x#y"]
)
def test_an_invalid_socket_url_is_refused(url: str) -> None:
    with pytest.raises(NotConfigured, match="SLUICE_WEBSOCKET_URL"):
        Endpoint.discover("http://x", "k", url)


def test_without_configuration_both_ways_to_configure_are_named() -> None:
    with pytest.raises(NotConfigured, match=r"`make run`.*SLUICE_URL and SLUICE_API_KEY"):
        Sluice()


def test_a_key_is_never_sent_to_the_url_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_endpoints(tmp_path, api_url="http://file", api_key="file-key")
    monkeypatch.setenv("SLUICE_API_KEY", "environment-key")

    with pytest.raises(NotConfigured, match="There is an API key but no URL: set SLUICE_URL"):
        Endpoint.discover()


def test_a_url_without_a_key_names_the_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_URL", "http://somewhere")

    with pytest.raises(NotConfigured, match="set SLUICE_API_KEY"):
        Endpoint.discover()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"api_url": 1}', '{"api_url": "http://x"}'])
def test_an_invalid_file_is_named(tmp_path: Path, content: str) -> None:
    path = write_endpoints(tmp_path)
    path.write_text(content)

    with pytest.raises(NotConfigured, match=r"endpoints\.json"):
        Endpoint.discover()


def test_a_deleted_directory_causes_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Path:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "cwd", gone)

    with pytest.raises(NotConfigured, match="No such file"):
        Endpoint.discover()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owner here")
def test_another_users_file_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_endpoints(tmp_path, api_url="http://evil", api_key="k")
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)

    with pytest.raises(NotConfigured, match="another user"):
        Endpoint.discover()


@pytest.mark.parametrize("url", ["localhost:8787", "ftp://x", "http://", "http://x:port", "/v1"])
def test_what_is_not_an_http_url_is_refused(url: str) -> None:
    with pytest.raises(NotConfigured, match="SLUICE_URL"):
        Endpoint.discover(url, "k")


@pytest.mark.parametrize("key", ["clé", "two\nlines"])
def test_a_key_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(NotConfigured, match="SLUICE_API_KEY"):
        Endpoint.discover("http://x", key)


def test_the_key_does_not_show_in_a_repr() -> None:
    assert "secret" not in repr(Endpoint("http://x", "secret"))


def test_proxy_settings_that_cannot_be_used_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "carrier-pigeon://loft")

    with pytest.raises(NotConfigured, match="ALL_PROXY"):
        Sluice("https://remote.example", "k")


def test_a_local_sluice_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "carrier-pigeon://loft")

    Sluice("http://127.0.0.1:8787", "k").close()
