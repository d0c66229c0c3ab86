"""When cards come back and what is kept of that: the page's own modules, asked in Node."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from publish.mathematics import find_node

ROOT = Path(__file__).resolve().parents[1]
CARDS = ROOT / "publish" / "browser" / "cards"
BEGINNING = f"""
    import * as schedule from "{(CARDS / "schedule.js").as_uri()}";
    import * as store from "{(CARDS / "store.js").as_uri()}";
    const {{ DAY, due, graded, begunToday }} = schedule;
    const MORNING = new Date(2030, 4, 6, 9).getTime();
    const cards = Array.from({{ length: 60 }}, (_, i) => ({{ id: `c${{i}}`, about: [`m${{i}}`] }}));
    const records = {{}};
    /** Answer until nothing is due; the number of answers. */
    function session(now, {{ grade = 3, mistakes = {{}}, limit }} = {{}}) {{
      for (let answers = 0; answers < 1000; answers += 1) {{
        const [card] = due(cards, records, mistakes, now, limit);
        if (!card) return answers;
        records[card.id] = graded(records[card.id], grade, now, "digest");
        if (!schedule.isRecord(records[card.id])) throw new Error(JSON.stringify(records[card.id]));
      }}
      throw new Error("the session does not end");
    }}
    const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
"""


def ask(script: str) -> Any:
    """What `answer` is at the end of a script."""
    if not (ROOT / "node_modules" / "ts-fsrs").is_dir():
        pytest.skip("node_modules is not there; `make setup` puts it in place")
    asked = f"{BEGINNING}\n{script}\nconsole.log(JSON.stringify(answer));"
    command = [find_node(), "--input-type=module", "--eval", asked]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_year_of_studying() -> None:
    answers, gaps, stays = ask(
        """
        const answers = [];
        const gaps = [];
        for (let day = 0; day < 365; day += 1) {
          answers.push(session(MORNING + day * DAY));
          if (records.c0.due > MORNING + day * DAY) gaps.push(records.c0.due - records.c0.last);
        }
        const answer = [answers, [...new Set(gaps)], Object.values(records).map((r) => r.lapses)];
        """
    )
    assert answers[:2] == [40, 40]  # twenty new ones a day, each asked twice
    assert sum(answers) < 60 * 15
    assert gaps == sorted(gaps)
    assert gaps[-1] > 10 * gaps[1]
    assert set(stays) == {0}


def test_new_cards_go_on_from_those_of_today() -> None:
    answer = ask(
        """
        const begun = [];
        for (let more = 0; more < 3; more += 1) {
          session(MORNING, { limit: begunToday(records, MORNING) + schedule.NEW_PER_DAY });
          begun.push(Object.keys(records).length);
        }
        const answer = [begun, due(cards, {}, {}, MORNING, 0).length];
        """
    )
    assert answer == [[20, 40, 60], 0]


def test_a_clock_that_is_set_back_loses_nothing_and_ends() -> None:
    hours, years, again, later, fresh = ask(
        """
        const LATER = MORNING + 8 * 365 * DAY; // a clock that was wrong
        session(LATER);
        const before = records.c0.last;
        records.c0 = graded(records.c0, 3, LATER - DAY / 4, "digest");
        const hours = records.c0.last - before;
        const years = due(cards, records, {}, MORNING).length;
        session(MORNING);
        const answer = [
          hours,
          years,
          due(cards, records, {}, MORNING).length,
          Math.max(...Object.values(records).map((r) => r.due)) - MORNING < 40 * DAY,
          Object.values(records).filter((r) => r.first === MORNING).length,
        ];
        """
    )
    assert hours == 0  # by some hours: as if no time had passed
    assert (years, again) == (40, 0)  # by years: what was learned is asked again, once
    assert later
    assert fresh == 20


def test_a_mistake_brings_its_card_forward_once() -> None:
    answer = ask(
        """
        session(MORNING, { limit: 60 });
        const next = MORNING + DAY / 2;
        const made = (last) => session(next, { mistakes: { m7: { count: 1, last } } });
        const answer = [made(next - 1000), made(next - 1000), made(next + DAY), made(MORNING)];
        """
    )
    assert answer == [1, 0, 0, 0]  # yet to come, by a clock that was ahead; answered since


def test_records_that_make_no_sense_are_left_out_and_counted() -> None:
    kept, dropped, log = ask(
        """
        session(MORNING);
        const bad = [{ due: "5" }, { due: null }, { last: 1e300 }, { first: -1 }, { state: 9 },
                     { stability: 0 }, { reps: -1 }, { difficulty: "NaN" }];
        const broken = bad.map((change, i) => [`bad${i}`, { ...records.c1, ...change }]);
        const all = { c1: records.c1, none: null, ...Object.fromEntries(broken) };
        const log = [[1, "c1", 3, 0], "x", [1], [1, "a", 7, 0]];
        const found = store.parse(JSON.stringify({ version: 1, cards: all, log }));
        const answer = [Object.keys(found.cards), found.dropped, found.log];
        """
    )
    assert kept == ["c1"]
    assert dropped == 9 + 3
    assert log == [[1, "c1", 3, 0]]


def test_merging_keeps_the_latest_record_and_every_answer_once() -> None:
    answer = ask(
        """
        const [early, late] = [MORNING, MORNING + DAY].map((t) => graded(undefined, 3, t, "d"));
        const one = { cards: { a: early, b: late }, log: [[1, "a", 3, 0], [2, "b", 3, 0]] };
        const two = { cards: { a: late, c: early }, log: [[2, "b", 3, 0], [0, "c", 3, 0]] };
        const answer = [store.merged(one, two), store.merged(two, one)].map(({ cards, log }) => [
          Object.entries(cards).sort().map(([id, r]) => id + (r.last === late.last ? "+" : "")),
          log.map(([moment]) => moment),
        ]);
        """
    )
    assert answer[0] == answer[1] == [["a+", "b+", "c"], [0, 1, 2]]
