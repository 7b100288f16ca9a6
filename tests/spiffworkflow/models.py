"""Random block-structured diagrams inside the subset that both engines run, and random paths through them; everything from one seed."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import NamedTuple

from engine import commands as c
from engine.engine import why_not
from engine.execution.rows import TaskRow
from engine.facts import GivenFacts
from tests.spiffworkflow.drawing import after, boundary, catch, document, element, end, exclusive, flow, many, parallel, start, sub, trigger, user
from tests.spiffworkflow.pair import Pair

DEPTH = 3
STEPS = 25
MESSAGE = '<bpmn:message id="M" name="news"/>'


class Block(NamedTuple):
    """A piece of a diagram with one way in and one way out."""

    xml: str
    first: str
    last: str


class Model:
    """One random process. Conditions read `x` (0–9) and `outcome` (ok, again), which every completion sets."""

    def __init__(self, random: Random) -> None:
        self.random, self._count = random, 0
        body = self.inside("p", DEPTH)
        self.xml = document(body, beside=MESSAGE)

    def id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def inside(self, id: str, depth: int) -> str:
        """The body of a process or sub-process."""
        block = self.block(depth)
        begin, finish = f"{id}_s", f"{id}_e"
        return start(begin) + block.xml + end(finish) + flow(begin, block.first) + flow(block.last, finish)

    def block(self, depth: int) -> Block:
        simple: list[Callable[[int], Block]] = [self.task, self.task, self.service, self.votes, self.deadline, self.reminder, self.waiting]
        nested: list[Callable[[int], Block]] = [self.sequence, self.sequence, self.choice, self.branches, self.inclusive, self.loop, self.checked, self.sub_process]
        return self.random.choice(simple if depth == 0 else simple + nested * 2)(depth)

    # --- leaves ---------------------------------------------------------------------------------------------------------------------

    def task(self, depth: int) -> Block:
        id = self.id("a")
        return Block(user(id, banli_withdraw="true"), id, id)

    def service(self, depth: int) -> Block:
        id = self.id("svc")
        repeated = many(cardinality=str(self.random.randint(0, 3)), sequential=self.random.random() < 0.5) if self.random.random() < 0.5 else ""
        return Block(element("serviceTask", id, repeated), id, id)

    def votes(self, depth: int) -> Block:
        """Several tasks at once or one after the other, often with an early end."""
        id = self.id("v")
        until = self.random.choice(["", "", "tally.ok >= 2", "numberOfCompletedInstances >= numberOfInstances - 1", "x > 6"])
        repeated = many(cardinality=str(self.random.randint(0, 4)), until=until, sequential=self.random.random() < 0.4)
        return Block(user(id, repeated), id, id)

    def deadline(self, depth: int) -> Block:
        """A task, several or a sub-process with a time limit; both ways come together again."""
        id, timer, late, merge = self.id("d"), self.id("t"), self.id("late"), self.id("x")
        work = self.random.choice([user(id), user(id, many(cardinality="3")), sub(id, self.inside(id, 0)), sub(id, many(cardinality="2"), self.inside(id, 0))])
        return Block(work + boundary(timer, id, after("P1D")) + user(late) + exclusive(merge) + flow(id, merge) + flow(timer, late) + flow(late, merge), id, merge)

    def reminder(self, depth: int) -> Block:
        """A timer beside the work, which leads to a task of its own."""
        id, timer, seen, ended = self.id("r"), self.id("t"), self.id("seen"), self.id("e")
        return Block(user(id) + boundary(timer, id, after("P1D"), interrupting=False) + user(seen) + end(ended) + flow(timer, seen) + flow(seen, ended), id, id)

    def waiting(self, depth: int) -> Block:
        """A timer or message awaited, or whichever comes first."""
        timer, news = self.id("t"), self.id("m")
        if self.random.random() < 0.5:
            return Block(catch(timer, after("P1D")), timer, timer)
        gate, merge = self.id("g"), self.id("x")
        events = catch(timer, after("P1D")) + catch(news, trigger("message", messageRef="M"))
        return Block(element("eventBasedGateway", gate) + events + exclusive(merge)
                     + flow(gate, timer) + flow(gate, news) + flow(timer, merge) + flow(news, merge), gate, merge)

    # --- what holds others -------------------------------------------------------------------------------------------------------------

    def sequence(self, depth: int) -> Block:
        blocks = [self.block(depth - 1) for _ in range(self.random.randint(2, 3))]
        joined = "".join(flow(one.last, next.first) for one, next in zip(blocks, blocks[1:], strict=False))
        return Block("".join(block.xml for block in blocks) + joined, blocks[0].first, blocks[-1].last)

    def _split(self, depth: int, kind: str) -> Block:
        split, join = self.id("g"), self.id("j")
        blocks = [self.block(depth - 1) for _ in range(self.random.randint(2, 3))]
        conditional = kind != "parallelGateway"
        attributes = {"default": f"{split}_{blocks[0].first}"} if conditional else {}
        xml = element(kind, split, **attributes) + element(kind, join)
        for number, block in enumerate(blocks):
            condition = self.random.choice(["x > {n}", "x <= {n}", "x in [{n}..9]"]).format(n=self.random.randint(0, 9)) if conditional and number else ""
            xml += block.xml + flow(split, block.first, condition) + flow(block.last, join)
        return Block(xml, split, join)

    def choice(self, depth: int) -> Block:
        return self._split(depth, "exclusiveGateway")

    def branches(self, depth: int) -> Block:
        return self._split(depth, "parallelGateway")

    def inclusive(self, depth: int) -> Block:
        """Each branch ends by itself: joins of inclusive gateways are what SpiffWorkflow gets wrong (`test_traps.py`)."""
        id, split = self.id("sub"), self.id("g")
        blocks = [self.block(depth - 1) for _ in range(self.random.randint(2, 3))]
        xml = start(f"{id}_s") + element("inclusiveGateway", split, default=f"{split}_{blocks[0].first}") + flow(f"{id}_s", split)
        for number, block in enumerate(blocks):
            ended = self.id("e")
            xml += block.xml + end(ended) + flow(split, block.first, f"x > {self.random.randint(0, 9)}" if number else "") + flow(block.last, ended)
        return Block(sub(id, xml), id, id)

    def loop(self, depth: int) -> Block:
        """Rework: as long as the outcome says so, back to the beginning."""
        merge, split, last = self.id("x"), self.id("g"), self.id("a")
        block, out = self.block(depth - 1), self.id("x")
        xml = exclusive(merge) + block.xml + user(last) + exclusive(split, f"{split}_{out}") + exclusive(out)
        return Block(xml + flow(merge, block.first) + flow(block.last, last) + flow(last, split) + flow(split, out) + flow(split, merge, 'outcome = "again"'), merge, out)

    def checked(self, depth: int) -> Block:
        """Work, and a check that may send it back to its beginning."""
        begin, check, block = self.id("a"), self.id("c"), self.block(depth - 1)
        limit = self.id("t") if self.random.random() < 0.3 else ""
        xml = user(begin) + block.xml + user(check, banli_returnTo=begin) + flow(begin, block.first) + flow(block.last, check)
        if limit:
            gone = self.id("e")
            xml += boundary(limit, begin, after("P3D"), interrupting=False) + end(gone) + flow(limit, gone)
        return Block(xml, begin, check)

    def sub_process(self, depth: int) -> Block:
        id = self.id("sub")
        repeated = self.random.choice(["", many(cardinality=str(self.random.randint(0, 3)), sequential=self.random.random() < 0.4),
                                       many(cardinality="3", until="numberOfCompletedInstances >= 2")])
        return Block(sub(id, repeated, self.inside(id, depth - 1)), id, id)


def walk(model: Model, random: Random, steps: int = STEPS, make: Callable[[bytes], Pair] = Pair) -> Pair:
    """A random path: tasks completed in any order, sent back, taken back, days that pass, messages that come; `Pair` compares after every step."""
    pair = make(model.xml)
    id = pair.start("p", {"x": random.randint(0, 9), "outcome": "ok"})
    for _ in range(steps):
        if pair.state(id) != "open":
            break
        tasks, kind = pair.open_tasks(id), random.random()
        if tasks and kind < 0.7:
            _complete(pair, id, random.choice(tasks)[1], random)
        elif kind < 0.8:
            _take_back(pair, id, random)
        elif kind < 0.9:
            pair.message("news")
        else:
            pair.advance(timedelta(days=1, hours=1))
    return pair


def _complete(pair: Pair, id: str, task: TaskRow, random: Random) -> None:
    user = pair.graphs.processes["p"].nodes[task.element].user
    if user is not None and user.return_to and random.random() < 0.4:
        pair.send(id, c.Return("ann", task.id, user.return_to[0], "重办"))
    else:
        pair.send(id, c.Complete("ann", task.id, random.choice(["ok", "ok", "again"]), answers={"x": random.randint(0, 9)}))


def _take_back(pair: Pair, id: str, random: Random) -> None:
    done = [row for row in pair.instances[id].all(TaskRow) if row.state == "completed" and row.next]
    if done:
        command = c.Withdraw("ann", random.choice(done).id, "填错")
        if why_not(pair.instances[id].workspace, pair.graphs, command, GivenFacts(pair.now)) is None:
            pair.send(id, command)
