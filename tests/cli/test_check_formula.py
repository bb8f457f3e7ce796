"""`check formula` on the command line."""

from __future__ import annotations


def test_the_command(run):
    ask = ("check", "formula", "--network", "2-3-2", "--of")
    right = run(*ask, "delta2", "-(y - p)")
    assert (right.code, right.out, right.err) == (0, "Correct: this is delta2.\n", "")
    wrong = run(*ask, "delta2", "y - p", "--lang", "zh")
    assert (wrong.code, wrong.err) == (1, "")
    assert wrong.out.startswith("错误：这不是 delta2。\n")
    unreadable = run(*ask, "delta1", "delta1")
    assert (unreadable.code, unreadable.out) == (2, "")
    assert unreadable.err.startswith("error: at character 1 there is delta1")


def test_the_command_as_json(run):
    ask = ("check", "formula", "--network", "2-3-2", "--json", "--of")
    assert run(*ask, "delta2", "p - y").json == {"verdict": "correct", "diagnosis": []}
    wrong = run(*ask, "delta2", "y - p")
    assert wrong.code == 1
    assert set(wrong.json["diagnosis"][0]) == {"code", "message", "suggestion"}
    unreadable = run(*ask, "delta2", "p -")
    assert (unreadable.code, unreadable.err, unreadable.json["position"]) == (2, "", 3)
    assert run("check", "formula", "p - y", "--of", "delta2").code == 2
    assert run("check", "formula", "p - y", "--network", "2-3-2").code == 2
