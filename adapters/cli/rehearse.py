"""`banli rehearse`: plays a whole campaign over HTTP in a place of its own and proves it afterwards; the acts come from a script."""
from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import uvicorn

from adapters.cli import say
from adapters.system import Settings, System
from adapters.system.audit import replayed_family, result_of, verified_place
from adapters.system.play import Player
from adapters.system.script import read_demo, read_script, settle
from adapters.system.web_hands import WebHands
from adapters.web.app import create_app
from engine.bundle import Bundle
from engine.journal.canonical import canonical_bytes

PLACE = "rehearsal"


def rehearse(package: str, scheme: str, engine: str, changes: Sequence[str], keep: Path | None, quiet: bool, language: str) -> int:
    """Plays the rehearsal of a scheme; 0 when everything came out as the script says and the proofs hold."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="banli-") as folder:
        home = keep or Path(folder)
        system = System(Settings(home))
        script = read_script(system, package, scheme, changes)
        demo = read_demo(system, package, script.demo)
        settle(system, package, demo, PLACE, "rehearsal")
        with serving(system) as base:
            hands = WebHands(base, PLACE)
            player = Player(system, PLACE, script, hands, (lambda line: None) if quiet else print)
            try:
                player.play()
            finally:
                hands.close()
        played = time.monotonic() - began
        code = report(system, player, hands.requests, engine == "spiffworkflow", language)
        print(f"用时 {played:.1f} 秒（办理）+ {time.monotonic() - began - played:.1f} 秒（核验）")
        return code


@contextmanager
def serving(system: System) -> Iterator[str]:
    """The web application on a free port of the loopback while the block runs; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(system), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, name="rehearsal-server", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def report(system: System, player: Player, requests: int, second: bool, language: str) -> int:
    """Prints what it came to and proves it: verify, replay, the second engine when asked. The exit code."""
    result = result_of(system, PLACE, player.campaign)
    counts = Counter((kind, status) for kind, _, status, _ in result["records"])
    print(f"\n共办理 {player.acts} 步，按脚本被拒绝 {player.refused} 步，HTTP 请求 {requests} 次")
    bundle = system.published.bundle(PLACE, system.head(PLACE, player.campaign).package)
    print("登记：" + "；".join(_counted(bundle, counts)))
    for _, key, _, data in sorted((row for row in result["records"] if row[0] == "nomination" and row[2] == "winner"), key=lambda row: _rank(row[3])):
        print(f"  第 {_rank(data)} 名 {data.get('label', key)} 总分 {data.get('final_total') or data.get('city_total') or data.get('total')}")
    checked = verified_place(system, PLACE)
    errors = say.findings(language, checked.findings)
    print(f"核验：{checked.streams} 个流 {checked.entries} 条记录，{'完整' if checked.intact else '不完整'}")
    replayed = system_replays(system, player, second, language)
    print(f"图：{bundle.diagrams_hash}")
    print(f"结果：{sha256(canonical_bytes(result)).hexdigest()}")
    return 1 if errors or replayed else 0


def _counted(bundle: Bundle, counts: Counter[tuple[str, str]]) -> Iterator[str]:
    """Rows of the register by kind and status, in the package's own words and order."""
    for kind in bundle.package.records.values():
        found = [f"{kind.statuses.get(status, status)} {count}".strip() for (id, status), count in sorted(counts.items()) if id == kind.kind]
        if found:
            yield f"{kind.label} " + "，".join(found)


def _rank(data: Any) -> int:
    return int(data.get("final_rank") or data.get("city_rank") or data.get("rank") or 0)


def system_replays(system: System, player: Player, second: bool, language: str) -> int:
    """Replays every instance of the campaign; how many differ."""
    outcomes = replayed_family(system, PLACE, player.campaign, second)
    for outcome in outcomes:
        say.findings(language, outcome.findings)
    different = sum(bool(outcome.findings) for outcome in outcomes)
    also = f"，其中第二引擎（SpiffWorkflow）逐条比对 {sum(outcome.compared for outcome in outcomes)} 条" if second else ""
    print(f"重演：{sum(outcome.entries for outcome in outcomes)} 条记录{also}，{'全部一致' if not different else f'{different} 个实例不一致'}")
    return different
