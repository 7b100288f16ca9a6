"""Random processes for tests: structured blocks, so that every one is sound, with most of what BPMN has inside."""
from __future__ import annotations

from random import Random
from typing import Any

from tests.build import definitions, duration, el, event, extension, flow, path, process, script, user

MESSAGES, SIGNALS = ("m1", "m2"), ("g1", "g2")


class Model:
    """One random process `p` (and the processes it calls). The same seed gives the same text."""

    def __init__(self, seed: int, size: int = 12) -> None:
        self.dice, self.left, self.count = Random(seed), size, 0
        self.called: list[str] = []
        self.xml = definitions(*self._shared(), self._process("p", depth=0), *self.called)

    def _shared(self) -> list[str]:
        found = [el("message", id, name=id) for id in MESSAGES] + [el("signal", id, name=id) for id in SIGNALS]
        return [*found, el("error", "er", name="er", errorCode="er"), el("escalation", "es", name="es", escalationCode="es")]

    def _id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def _process(self, id: str, depth: int) -> str:
        return process(id, self._body(depth))

    def _body(self, depth: int) -> str:
        """Start, blocks, end; perhaps an event sub-process beside them."""
        start, end = self._id("s"), self._id("e")
        first, last, parts = self._sequence(depth)
        text = el("startEvent", start) + parts + self._end(end, depth) + flow(start, first) + flow(last, end)
        if depth < 3 and self.dice.random() < 0.15:
            text += self._event_sub_process(depth)
        return text

    def _end(self, id: str, depth: int) -> str:
        kind = self.dice.choice(["", "", "", "", "signal", "escalation", "compensate", "message", "terminate"])
        ref = {"signal": self.dice.choice(SIGNALS), "escalation": "es", "message": self.dice.choice(MESSAGES)}.get(kind, "")
        if kind in ("compensate", "terminate"):
            return el("endEvent", id, el(f"{kind}EventDefinition"))
        return event("endEvent", id, kind, ref=ref)

    def _event_sub_process(self, depth: int) -> str:
        start, a, end = self._id("s"), self._id("t"), self._id("e")
        kind = self.dice.choice(["message", "signal", "timer", "escalation", "conditional"])
        interrupting = self.dice.random() < 0.4
        return el("subProcess", self._id("x"), self._trigger("startEvent", start, kind, isInterrupting=interrupting), user(a), el("endEvent", end), path(start, a, end), triggeredByEvent=True)

    def _trigger(self, tag: str, id: str, kind: str, **attributes: Any) -> str:
        if kind == "timer":
            inside = self.dice.choice([duration("PT1H"), duration("PT2H"), "<timeCycle>R2/PT1H</timeCycle>"])
            if tag == "intermediateCatchEvent":
                inside = duration("PT1H")
            return event(tag, id, kind, inside, **attributes)
        if kind == "conditional":
            return event(tag, id, kind, "<condition>=n &gt; 4</condition>", **attributes)
        ref = {"message": self.dice.choice(MESSAGES), "signal": self.dice.choice(SIGNALS), "escalation": "es", "error": "er"}[kind]
        return event(tag, id, kind, ref=ref, **attributes)

    def _sequence(self, depth: int) -> tuple[str, str, str]:
        blocks = [self._block(depth) for _ in range(self.dice.randint(1, 3))]
        text = "".join(block[2] for block in blocks)
        text += "".join(flow(one[1], two[0]) for one, two in zip(blocks, blocks[1:], strict=False))
        return blocks[0][0], blocks[-1][1], text

    def _block(self, depth: int) -> tuple[str, str, str]:
        self.left -= 1
        small = [self._task, self._task, self._script, self._catch, self._throw, self._many]
        large = [
            self._choice, self._parallel, self._inclusive, self._complex, self._loop, self._sub_process, self._race, self._call, self._ad_hoc, self._transaction, self._failing,
        ]
        return self.dice.choice(small if depth > 3 or self.left < 0 else small + 2 * large)(depth)

    # Small blocks --------------------------------------------------------------------------------------------------------------------

    def _task(self, depth: int) -> tuple[str, str, str]:
        id = self._id("t")
        text = user(id)
        if self.dice.random() < 0.25:
            text += self._boundary(id)
        if self.dice.random() < 0.2:
            handler = self._id("u")
            boundary = self._id("c")
            text += el("boundaryEvent", boundary, el("compensateEventDefinition"), attachedToRef=id) + user(handler, isForCompensation=True)
            text += el("association", self._id("a"), associationDirection="One", sourceRef=boundary, targetRef=handler)
        return id, id, text

    def _boundary(self, id: str, kinds: tuple[str, ...] = ("timer", "message", "signal", "conditional")) -> str:
        event_id, task, end = self._id("b"), self._id("t"), self._id("e")
        kind = self.dice.choice(kinds)
        interrupting = kind == "error" or self.dice.random() < 0.5
        return self._trigger("boundaryEvent", event_id, kind, attachedToRef=id, cancelActivity=interrupting) + user(task) + el("endEvent", end) + path(event_id, task, end)

    def _script(self, depth: int) -> tuple[str, str, str]:
        id = self._id("x")
        return id, id, script(id, self.dice.choice(["n", "k"]), self.dice.choice(["=n + 1", "=n * 2", "=k + n", "=1"]))

    def _catch(self, depth: int) -> tuple[str, str, str]:
        id = self._id("w")
        return id, id, self._trigger("intermediateCatchEvent", id, self.dice.choice(["timer", "message", "signal"]))

    def _throw(self, depth: int) -> tuple[str, str, str]:
        id, kind = self._id("v"), self.dice.choice(["signal", "escalation", "message", "compensate"])
        if kind == "compensate":
            return id, id, el("intermediateThrowEvent", id, el("compensateEventDefinition", waitForCompletion=self.dice.random() < 0.7))
        return id, id, self._trigger("intermediateThrowEvent", id, kind)

    def _many(self, depth: int) -> tuple[str, str, str]:
        id = self._id("t")
        loop = extension(el("zeebe:loopCharacteristics", inputCollection="=[1, 2, 3]", inputElement="item", outputCollection="all", outputElement="=item"))
        condition = "<completionCondition>=numberOfCompletedInstances >= 2</completionCondition>" if self.dice.random() < 0.3 else ""
        many = el("multiInstanceLoopCharacteristics", "", loop, condition, isSequential=self.dice.random() < 0.5)
        if self.dice.random() < 0.3:
            many = el("standardLoopCharacteristics", "", "<loopCondition>=loopCounter &lt; 2</loopCondition>")
        text = user(id, many)
        if self.dice.random() < 0.3:
            text += self._boundary(id)
        return id, id, text

    # Large blocks --------------------------------------------------------------------------------------------------------------------

    def _split(self, kind: str, depth: int, conditions: list[str], default: bool) -> tuple[str, str, str]:
        split, join = self._id("g"), self._id("g")
        branches = [self._sequence(depth + 1) for _ in conditions]
        text, named = "", ""
        for (first, last, inside), condition in zip(branches, conditions, strict=True):
            text += inside + flow(split, first, condition) + flow(last, join)
            named = f"{split}_{first}" if not condition else named
        given = {"default": named} if default else {}
        return split, join, el(kind, split, **given) + el(kind, join) + text

    def _choice(self, depth: int) -> tuple[str, str, str]:
        return self._split("exclusiveGateway", depth, ["=n > 3", ""], default=True)

    def _parallel(self, depth: int) -> tuple[str, str, str]:
        return self._split("parallelGateway", depth, [""] * self.dice.randint(2, 3), default=False)

    def _inclusive(self, depth: int) -> tuple[str, str, str]:
        return self._split("inclusiveGateway", depth, ["=n > 2", "=k > 2", ""], default=True)

    def _complex(self, depth: int) -> tuple[str, str, str]:
        """Two of three branches are enough; the third is swallowed when it comes."""
        split, join = self._id("g"), self._id("g")
        text = el("parallelGateway", split) + el("complexGateway", join, "<activationCondition>=activationCount &gt;= 2</activationCondition>")
        for _ in range(3):
            first, last, inside = self._sequence(depth + 1)
            text += inside + flow(split, first) + flow(last, join)
        return split, join, text

    def _transaction(self, depth: int) -> tuple[str, str, str]:
        """A body that ends, or cancels itself and goes on behind its cancel boundary event; perhaps several beside or after each other."""
        id, start, choice, end, cancel, boundary, task, out = (self._id(kind) for kind in "psgeecte")
        first, last, inside = self._sequence(depth + 1)
        body = el("startEvent", start) + inside + el("exclusiveGateway", choice, default=f"{choice}_{end}") + el("endEvent", end) + el("endEvent", cancel, el("cancelEventDefinition"))
        body += flow(start, first) + flow(last, choice) + flow(choice, cancel, "=n > 3") + flow(choice, end)
        many = el("multiInstanceLoopCharacteristics", "", "<loopCardinality>2</loopCardinality>", isSequential=self.dice.random() < 0.5) if self.dice.random() < 0.3 else ""
        text = el("transaction", id, many, body) + el("boundaryEvent", boundary, el("cancelEventDefinition"), attachedToRef=id)
        return id, id, text + user(task) + el("endEvent", out) + path(boundary, task, out)

    def _failing(self, depth: int) -> tuple[str, str, str]:
        """A sub-process that may end with an error, which its boundary event catches."""
        id, start, choice, end, bad = (self._id(kind) for kind in "psgee")
        first, last, inside = self._sequence(depth + 1)
        body = el("startEvent", start) + inside + el("exclusiveGateway", choice, default=f"{choice}_{end}") + el("endEvent", end) + event("endEvent", bad, "error", ref="er")
        body += flow(start, first) + flow(last, choice) + flow(choice, bad, "=k > 3") + flow(choice, end)
        return id, id, el("subProcess", id, body) + self._boundary(id, ("error",))

    def _loop(self, depth: int) -> tuple[str, str, str]:
        merge, split, count = self._id("g"), self._id("g"), self._id("x")
        first, last, inside = self._sequence(depth + 1)
        rounds = f"rounds{count}"
        text = el("exclusiveGateway", merge) + el("exclusiveGateway", split) + inside
        text += script(count, rounds, f"=if {rounds} = null then 1 else {rounds} + 1")
        out = self._id("x")
        text += script(out) + flow(merge, first) + flow(last, count) + flow(count, split) + flow(split, merge, f"={rounds} < 3") + flow(split, out, f"={rounds} >= 3")
        return merge, out, text

    def _sub_process(self, depth: int) -> tuple[str, str, str]:
        id = self._id("p")
        loop = ""
        if self.dice.random() < 0.3:
            loop = el("multiInstanceLoopCharacteristics", "", "<loopCardinality>2</loopCardinality>", isSequential=self.dice.random() < 0.5)
        text = el("subProcess", id, loop, self._body(depth + 1))
        if self.dice.random() < 0.5:
            text += self._boundary(id, ("timer", "message", "signal", "escalation"))
        return id, id, text

    def _race(self, depth: int) -> tuple[str, str, str]:
        gate, join = self._id("g"), self._id("g")
        one, two = self._id("w"), self._id("w")
        text = el("eventBasedGateway", gate) + self._trigger("intermediateCatchEvent", one, "timer") + event("intermediateCatchEvent", two, "message", ref="m1")
        text += flow(gate, one) + flow(gate, two) + el("exclusiveGateway", join)
        for caught in (one, two):
            first, last, inside = self._sequence(depth + 1)
            text += inside + flow(caught, first) + flow(last, join)
        return gate, join, text

    def _call(self, depth: int) -> tuple[str, str, str]:
        id, called = self._id("k"), self._id("q")
        self.called.append(self._process(called, depth + 2))
        text = el("callActivity", id, extension(el("zeebe:calledElement", processId=called)))
        if self.dice.random() < 0.5:
            text += self._boundary(id, ("timer", "signal", "escalation"))
        return id, id, text

    def _ad_hoc(self, depth: int) -> tuple[str, str, str]:
        id = self._id("h")
        ordering = self.dice.choice(["Parallel", "Sequential"])
        condition = "<completionCondition>=n > 4</completionCondition>"
        return id, id, el("adHocSubProcess", id, user(self._id("t")), user(self._id("t")), condition, ordering=ordering)
