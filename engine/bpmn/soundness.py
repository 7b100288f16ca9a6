"""Plays the token game on a process before anyone runs it: can it get stuck, run twice, never end, or never come somewhere?

Each body (process, embedded sub-process) is played alone; what is inside an activity counts as one step that comes to an end. Every
choice may go either way, for what data will say is not known: a finding is a way the diagram allows, shown step by step, not a proof that
the data ever take it. So all findings are warnings. Past its bound the game says «not decided» instead of guessing.

Tokens that a non-interrupting boundary event adds are left out: they would run beside the others by intention. Boundary events that
interrupt, timers and messages may happen or not. Complex gateways and token quantities are not played.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations

from engine.bpmn.graph import ACTIVITIES, Body, Flow, Node, Process
from engine.refusals import Finding

MOST_STATES = 10_000
MOST_WORK = 300_000  # a wide fan-out or many ways make each state dear
MOST_WAYS = 6  # of an inclusive split, all subsets; beyond it single ways, pairs and all together
SHOWN = 40  # steps of a counter-example

State = tuple[tuple[str, int], ...]  # (flow id, tokens), sorted; never more than 2 tokens are told apart


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can happen: `node` takes these flows' tokens and puts tokens on those; `clears`: everything else ends."""

    node: str
    takes: tuple[str, ...]
    puts: tuple[str, ...]
    clears: bool = False


def soundness(process: Process, states: int = MOST_STATES) -> Iterator[Finding]:
    """What the token game finds in each body of a process; nothing about bodies it cannot play."""
    for body in bodies(process):
        game = Game(process, body)
        if game.playable:
            yield from game.findings(states)


def bodies(process: Process) -> Iterator[Body]:
    """The process's body and those of its sub-processes, in document order; ad-hoc ones have no order of steps to play."""
    yield process.body
    for node in process.nodes.values():
        if node.body is not None and node.kind != "adHocSubProcess":
            yield node.body


class Game:
    """The moves of one body, and the states they lead to."""

    def __init__(self, process: Process, body: Body) -> None:
        self.process = process
        self.body = body
        self.nodes: Mapping[str, Node] = {node.id: node for node in body.nodes}
        self.flows: Mapping[str, Flow] = {flow.id: flow for flow in body.flows if flow.source in self.nodes and flow.target in self.nodes}
        self.rank = self._ranks()
        self.links = {one.link: node for node in body.nodes if node.kind == "intermediateCatchEvent" for one in node.events if one.kind == "link"}
        self._upstream: dict[str, dict[str, frozenset[str]]] = {}
        self.fired: set[str] = set()
        self.work = 0  # tokens, steps and flows looked at

    @property
    def playable(self) -> bool:
        return bool(self.body.starts) and not any(
            node.kind == "complexGateway" or node.start_quantity > 1 or node.completion_quantity > 1 for node in self.body.nodes
        )

    def _ranks(self) -> dict[str, int]:
        """Nodes in an order in which a node comes after what leads to it, loops aside (reverse postorder, without recursion)."""
        order: list[str] = []
        seen: set[str] = set()
        for start in chain(self.body.starts, self.nodes):
            if start in seen or start not in self.nodes:
                continue
            seen.add(start)
            work = [(start, iter(self.onward(start)))]
            while work:
                id, rest = work[-1]
                step = next(rest, None)
                if step is None:
                    order.append(id)
                    work.pop()
                elif step not in seen:
                    seen.add(step)
                    work.append((step, iter(self.onward(step))))
        return {id: number for number, id in enumerate(reversed(order))}

    def onward(self, id: str) -> list[str]:
        node = self.nodes[id]
        around = [flow for one in (id, *node.boundary) if one in self.nodes for flow in self.nodes[one].outgoing]
        return [flow.target for flow in around if flow.target in self.nodes]

    # Moves

    def opening(self) -> list[Step]:
        """How the body can begin: at one of its start events, or at everything nothing leads to, all at once."""
        starts = [self.nodes[id] for id in self.body.starts]
        if any(node.kind == "startEvent" or node.instantiate for node in starts):
            return [Step(node.id, (), puts) for node in starts for puts, _ in self._outcomes(node)]
        together = [flow.id for node in starts for flow in node.outgoing if flow.id in self.flows]
        return [Step(starts[0].id, (), tuple(together))]

    def moves(self, tokens: Mapping[str, int]) -> list[list[Step]]:
        """What can happen, grouped by the node it happens at; a group may be played before the others without losing a way to get stuck."""
        ready: dict[str, list[Step]] = {}
        for flow in tokens:
            node = self.nodes[self.flows[flow].target]
            if node.id not in ready:
                ready[node.id] = self._at(node, flow, tokens)
            elif node.kind not in ("parallelGateway", "inclusiveGateway"):
                ready[node.id] = ready[node.id] + self._at(node, flow, tokens)
        groups = [steps for steps in ready.values() if steps]
        return sorted(groups, key=lambda steps: (any(one.clears for one in steps), self.rank[steps[0].node]))

    def _at(self, node: Node, flow: str, tokens: Mapping[str, int]) -> list[Step]:
        incoming = [one.id for one in node.incoming if one.id in self.flows]
        takes: tuple[str, ...] = (flow,)
        if node.kind == "parallelGateway":
            if any(one not in tokens for one in incoming):
                return []
            takes = tuple(incoming)
        elif node.kind == "inclusiveGateway" and len(incoming) > 1:
            if not self._inclusive_ready(node, incoming, tokens):
                return []
            takes = tuple(one for one in incoming if one in tokens)
        return [Step(node.id, takes, puts, clears) for puts, clears in self._outcomes(node)]

    def _outcomes(self, node: Node) -> list[tuple[tuple[str, ...], bool]]:
        """(flows that get a token, whether everything else ends) for each way a node can come out."""
        out = [flow for flow in node.outgoing if flow.id in self.flows]
        if node.kind == "endEvent":
            ends = any(one.kind in ("terminate", "error", "cancel") for one in node.events)
            return [((), ends)]
        if node.kind == "intermediateThrowEvent" and any(one.kind == "link" for one in node.events):
            catcher = next((self.links[one.link] for one in node.events if one.link in self.links), None)
            return [(tuple(flow.id for flow in catcher.outgoing if flow.id in self.flows) if catcher else (), False)]
        if node.kind == "exclusiveGateway" or (node.kind == "eventBasedGateway" and node.gateway_type != "Parallel"):
            ways: list[tuple[str, ...]] = [(flow.id,) for flow in out] or [()]
        elif node.kind == "inclusiveGateway" and len(out) > 1:
            ways = _subsets([flow.id for flow in out])
        elif node.kind == "parallelGateway" or node.kind == "eventBasedGateway":
            ways = [tuple(flow.id for flow in out)]
        else:
            ways = self._of_conditions(node, out)
        return [(way, False) for way in ways + self._interrupted(node)]

    def _of_conditions(self, node: Node, out: list[Flow]) -> list[tuple[str, ...]]:
        """An activity or event: unconditional flows always, conditional ones as it comes, the default when none of these."""
        always = tuple(flow.id for flow in out if flow.condition is None and flow.id != node.default)
        perhaps = [flow.id for flow in out if flow.condition is not None and flow.id != node.default]
        default = tuple(flow.id for flow in out if flow.id == node.default)
        if not perhaps:
            return [always + default]
        nothing = [always + default] if always or default else []
        return [always + some for some in _subsets(perhaps)] + nothing

    def _interrupted(self, node: Node) -> list[tuple[str, ...]]:
        if node.kind not in ACTIVITIES:
            return []
        events = [self.nodes[id] for id in node.boundary if id in self.nodes]
        taken = [one for one in events if one.interrupting and not any(event.kind == "compensate" for event in one.events)]
        return [tuple(flow.id for flow in one.outgoing if flow.id in self.flows) for one in taken]

    def _inclusive_ready(self, node: Node, incoming: list[str], tokens: Mapping[str, int]) -> bool:
        """§13.4.3: no token may still come to an empty flow, unless it could come to a filled one as well."""
        upstream = self._upstream_of(node, incoming)
        filled = frozenset().union(*(upstream[one] for one in incoming if one in tokens))
        inhibiting = frozenset().union(*(upstream[one] for one in incoming if one not in tokens)) - filled
        return not any(flow in inhibiting for flow in tokens)

    def _upstream_of(self, node: Node, incoming: list[str]) -> dict[str, frozenset[str]]:
        if node.id not in self._upstream:
            found = {}
            for start in incoming:
                seen = {start}
                stack = [start]
                while stack:
                    source = self.nodes[self.flows[stack.pop()].source]
                    if source.id == node.id:
                        continue
                    before = source.incoming if source.kind != "boundaryEvent" else self.nodes[source.attached_to].incoming if source.attached_to in self.nodes else ()
                    for flow in before:
                        if flow.id in self.flows and flow.id not in seen:
                            seen.add(flow.id)
                            stack.append(flow.id)
                found[start] = frozenset(seen)
                self.work += len(seen)
            self._upstream[node.id] = found
        return self._upstream[node.id]

    # Play

    def findings(self, states: int) -> Iterator[Finding]:
        play = Play(self, states)
        play.run()
        yield from play.findings()


def _subsets(ids: list[str]) -> list[tuple[str, ...]]:
    """The non-empty subsets; of many, only the singles, the pairs of neighbours and all."""
    if len(ids) <= MOST_WAYS:
        return [some for size in range(1, len(ids) + 1) for some in combinations(ids, size)]
    return [(one,) for one in ids] + list(zip(ids, ids[1:], strict=False)) + [tuple(ids)]


class Play:
    """One play of a body: all states that can be reached, how each was, and what is wrong among them."""

    def __init__(self, game: Game, states: int) -> None:
        self.game = game
        self.limit = states
        self.came: dict[State, tuple[State | None, str]] = {}
        self.back: dict[State, list[State]] = {}
        self.stuck: list[State] = []
        self.doubled: dict[str, tuple[State, str]] = {}
        self.decided = True
        self.pruned = False

    def run(self) -> None:
        queue: deque[State] = deque()
        for step in self.game.opening():
            self._arrive(None, step, {}, queue)
        while queue:
            state = queue.popleft()
            if len(self.came) > self.limit or self.game.work > MOST_WORK:
                self.decided = False
                return
            tokens = dict(state)
            groups = self.game.moves(tokens)
            if not groups and state:
                self.stuck.append(state)
            for group in groups:
                fresh = [self._arrive(state, step, tokens, queue) for step in group]
                if any(fresh) or not any(map(self._turns_back, group)):  # a loop that closes must not keep the others waiting for ever
                    break

    def _arrive(self, state: State | None, step: Step, tokens: Mapping[str, int], queue: deque[State]) -> bool:
        """The state after a step; False when it is known already, or not played on because a flow holds two tokens."""
        self.game.fired.add(step.node)
        self.game.work += len(tokens) + 1
        after = {} if step.clears else dict(tokens)
        for flow in step.takes if not step.clears else ():
            if after[flow] == 1:
                del after[flow]
            else:
                after[flow] -= 1
        for flow in step.puts:
            after[flow] = after.get(flow, 0) + 1
            if after[flow] > 1:
                self.doubled.setdefault(flow, (state or (), step.node))
                self.pruned = True
                return False
        reached = tuple(sorted(after.items()))
        self.back.setdefault(reached, []).append(state or ())
        if reached in self.came:
            return False
        self.came[reached] = (state, step.node)
        queue.append(reached)
        return True

    def _turns_back(self, step: Step) -> bool:
        rank, flows = self.game.rank, self.game.flows
        return any(rank[flows[flow].target] <= rank[step.node] for flow in step.puts)

    def findings(self) -> Iterator[Finding]:
        for state in self._first_by_place(self.stuck):
            waiting = sorted({self.game.flows[flow].target for flow, _ in state}, key=self.game.rank.__getitem__)
            yield self._finding("bpmn.soundness.deadlock", waiting[0], waiting=waiting, path=self._path(state))
        for flow, state, node in self._first_doubled():
            yield self._finding("bpmn.soundness.unsynchronised", self.game.flows[flow].target, flow=flow, path=[*self._path(state), node])
        if not self.decided:
            yield self._finding("bpmn.soundness.undecided", self.game.body.id, "note", limit=self.limit)
        elif not self.pruned:
            yield from self._endless()
            yield from self._dead()

    def _first_doubled(self) -> Iterator[tuple[str, State, str]]:
        """Of the flows that got two tokens, those that are not merely behind another one."""
        behind: set[str] = set()
        for flow in sorted(self.doubled, key=lambda id: (self.game.rank[self.game.flows[id].source], id)):
            if self.game.flows[flow].source in behind:
                continue
            yield flow, *self.doubled[flow]
            stack = [self.game.flows[flow].target]
            while stack:
                node = stack.pop()
                if node not in behind:
                    behind.add(node)
                    stack.extend(self.game.onward(node))

    def _first_by_place(self, states: list[State]) -> list[State]:
        """One state for each set of nodes that wait: the first, which is the shortest way there."""
        found: dict[frozenset[str], State] = {}
        for state in states:
            found.setdefault(frozenset(self.game.flows[flow].target for flow, _ in state), state)
        return list(found.values())

    def _endless(self) -> Iterator[Finding]:
        """States from which the end cannot be reached any more, other than those that are stuck: a loop without a way out."""
        good: set[State] = {()} if () in self.came else set()
        stack: list[State] = [*good, *self.stuck]
        seen = set(stack)
        while stack:
            for before in self.back.get(stack.pop(), ()):
                if before not in seen:
                    seen.add(before)
                    stack.append(before)
        lost = next((state for state in self.came if state not in seen), None)
        if lost:
            target = self.game.flows[lost[0][0]].target
            yield self._finding("bpmn.soundness.no-completion", target, path=self._path(lost))

    def _dead(self) -> Iterator[Finding]:
        aside = self._aside()
        for node in self.game.body.nodes:
            if node.id not in self.game.fired and node.id not in aside:
                yield self._finding("bpmn.soundness.dead", node.id)

    def _aside(self) -> set[str]:
        """Nodes that are not entered by the flow of tokens, or behind an event that adds tokens."""
        game = self.game
        begun = [node.id for node in game.body.nodes if node.kind == "boundaryEvent"]
        begun += [node.id for node in game.body.nodes if node.triggered_by_event or node.for_compensation]
        begun += [node.id for node in game.links.values()]
        found, stack = set(begun), [id for id in begun if game.nodes[id].kind == "boundaryEvent" and not game.nodes[id].interrupting]
        while stack:
            for target in game.onward(stack.pop()):
                if target not in found:
                    found.add(target)
                    stack.append(target)
        return found

    def _path(self, state: State) -> list[str]:
        """The nodes that were passed on the way to a state; of a long way the last ones."""
        nodes: list[str] = []
        at: State | None = state
        while at is not None and at in self.came:
            at, node = self.came[at]
            nodes.append(node)
        return nodes[::-1][-SHOWN:]

    def _finding(self, code: str, element: str, severity: str = "warning", **details: object) -> Finding:
        node = self.game.process.nodes.get(element)
        return Finding(code, self.game.process.file, element, node.line if node else self.game.process.line, severity, details)
