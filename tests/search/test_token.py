"""Replay tokens survive what happens to strings, and nothing else passes for one."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_concurrency.model import Schedule
from pytest_concurrency.search.token import (
    Token,
    TokenError,
    decode,
    fingerprint,
    source_fingerprint,
)

switches = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 10**6), st.integers(0, 200)), max_size=30
)
tokens = st.builds(
    Token,
    switches.map(lambda entries: Schedule(tuple(entries))),
    st.integers(1, 64),
    st.binary(min_size=3, max_size=3),
    st.binary(min_size=3, max_size=3),
)


@given(tokens)
def test_round_trip(token):
    text = token.encode()
    assert decode(text) == token
    assert decode(f"  {text}\n") == token
    assert text.isalnum()
    assert shlex.quote(text) == text


@given(tokens, st.data())
def test_damage_is_noticed(token, data):
    text = token.encode()
    position = data.draw(st.integers(2, len(text) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
    damaged = text[:position] + other + text[position + 1 :]
    if damaged == text:
        return
    try:
        survivor = decode(damaged)
    except TokenError as error:
        told = str(error)
    else:
        # The last character carries bits that base32 does not use.
        assert survivor == token
        return
    assert "damaged" in told
    assert "\n" not in told


@pytest.mark.parametrize("text", ["", "c1", "x9abc", "c1!!!!", "c1abc", "hello world", "c1ünicode"])
def test_nonsense_is_refused_in_one_line(text):
    with pytest.raises(TokenError) as caught:
        decode(text)
    assert "\n" not in str(caught.value)
    assert repr(text) in str(caught.value)


def test_truncated_tokens_are_refused():
    text = Token(Schedule(((1, 5, 2),)), 2, b"abc", b"def").encode()
    for length in range(len(text)):
        with pytest.raises(TokenError):
            decode(text[:length])


def test_small_schedules_have_short_tokens():
    token = Token(Schedule(((1, 2, 2),)), 2, fingerprint("test"), b"abc")
    assert len(token.encode()) <= 30


def test_source_fingerprint_follows_contents_not_places(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, text in ((one, b"x = 1\n"), (two, b"x = 1\r\n")):
        folder.mkdir()
        (folder / "module.py").write_bytes(text)
    assert source_fingerprint([str(one / "module.py")]) == source_fingerprint(
        [str(two / "module.py"), str(two / "module.py")]
    )
    (two / "module.py").write_text("x = 2\n")
    assert source_fingerprint([str(one / "module.py")]) != source_fingerprint(
        [str(two / "module.py")]
    )


def test_a_test_is_known_wherever_the_rootdir_is():
    assert fingerprint("tests/a/test_x.py::T::test_y[a/b]") == fingerprint(
        "test_x.py::T::test_y[a/b]"
    )
    assert fingerprint("test_x.py::test_y[a/b]") != fingerprint("test_x.py::test_y[b]")
    assert fingerprint("test_x.py::test_y") != fingerprint("test_z.py::test_y")


def test_a_long_token_is_not_echoed_whole():
    with pytest.raises(TokenError) as caught:
        decode("c1" + "a" * 5000)
    assert len(str(caught.value)) < 160
