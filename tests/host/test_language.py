"""A language is chosen for the process; `speaking` is for the code of its block alone."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import chainrule as cr
from chainrule.sentences import choose_language, language, say, speaking

KEY = "data.sample"
SAID = {"en": "sample 3", "zh": "第 3 个样本"}


@pytest.fixture(autouse=True)
def _left_as_it_was():
    yield
    choose_language(None)


@pytest.mark.parametrize("lang", SAID)
def test_what_is_chosen_holds_in_every_thread(lang):
    begun, go, said = threading.Event(), threading.Event(), []

    def early() -> None:
        begun.set()
        go.wait()
        said.append(say(KEY, number=3))

    thread = threading.Thread(target=early)  # begun before it is chosen
    thread.start()
    begun.wait()
    choose_language(lang)
    go.set()
    thread.join()
    with ThreadPoolExecutor(2) as pool:
        said += pool.map(lambda number: say(KEY, number=number), [3, 3])
    said.append(asyncio.run(asyncio.to_thread(say, KEY, number=3)))
    assert said == [SAID[lang]] * 4


def test_what_is_chosen_in_a_thread_holds_in_the_others():
    thread = threading.Thread(target=choose_language, args=("zh",))
    thread.start()
    thread.join()
    assert language() == "zh"


def test_none_leaves_it_to_the_environment(monkeypatch):
    monkeypatch.setenv("CHAINRULE_LANG", "zh")
    choose_language("en")
    assert language() == "en"
    choose_language(None)
    assert language() == "zh"


def test_a_block_keeps_its_language_to_its_end():
    choose_language("en")
    with speaking("zh"):
        choose_language("en")
        assert language() == "zh"
        with speaking(None):
            assert language() == "zh"
    assert language() == "en"


def test_a_block_is_not_heard_in_other_threads():
    choose_language("en")
    with speaking("zh"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(language).result() == "en"


def test_tasks_that_speak_different_languages_do_not_disturb_each_other():
    async def speak(lang: str, said: list[str]) -> None:
        with speaking(lang):
            for _ in range(20):
                said.append(say(KEY, number=3))
                await asyncio.sleep(0)
            said.append(await asyncio.to_thread(say, KEY, number=3))

    async def both() -> dict[str, list[str]]:
        said: dict[str, list[str]] = {lang: [] for lang in SAID}
        await asyncio.gather(*(speak(lang, each) for lang, each in said.items()))
        said["begun inside"] = []
        with speaking("zh"):
            task = asyncio.create_task(speak(None, said["begun inside"]))
        await task
        return said

    choose_language("en")
    said = asyncio.run(both())
    assert said == {
        "en": [SAID["en"]] * 21,
        "zh": [SAID["zh"]] * 21,
        "begun inside": [SAID["zh"]] * 21,
    }
    assert language() == "en"


def test_threads_that_derive_in_different_languages():
    net = cr.Network(2, 2, 1)
    alone = {lang: net.derive(lang=lang).markdown() for lang in SAID}
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda lang: (lang, net.derive(lang=lang).markdown()), [*SAID] * 4))
    assert found == [*alone.items()] * 4


@pytest.mark.parametrize("end", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_a_block_that_ends_badly(end):
    before = language()
    with pytest.raises(end), speaking("zh"):
        raise end
    assert language() == before
