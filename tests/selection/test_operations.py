"""Operations: what they give, which effects they have, what they refuse, as a service task would call them."""
from datetime import datetime, timezone
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.locale import say
from engine.events import (
    NotificationRequested,
    NumberIssued,
    QuotaBooked,
    QuotaOpened,
    QuotaReleased,
    QuotaTransferred,
    RecordPut,
)
from engine.facts import GivenFacts
from engine.operations import OPERATIONS, Outcome
from engine.refusals import Refused

NEW_YEARS_EVE = datetime(2021, 12, 31, 17, tzinfo=timezone.utc)  # already 2022 in Fuxin


def facts(**known):
    def answer(name, **args):
        return known[name](**args)

    return GivenFacts(now=NEW_YEARS_EVE, answer=answer)


def balances(**accounts):
    return facts(balance=lambda account: accounts.get(account))


def refusal(name, inputs, given=facts(), earlier=()):
    with pytest.raises(Refused) as refused:
        OPERATIONS[name](inputs, given, earlier)
    return refused.value.code, dict(refused.value.details)


XIHE = {"places": 3, "booked": 2}


def test_booking_shows_the_balance_and_is_an_effect():
    outcome = OPERATIONS["quota.book"]({"account": "xihe", "places": D(1), "refs": ["n7"]}, balances(xihe=XIHE))

    assert outcome == Outcome(
        {"balance": {"account": "xihe", "places": 3, "booked": 3, "left": 0}}, (QuotaBooked("xihe", 1, ("n7",)),)
    )


def test_the_place_too_many_is_refused_with_its_balance():
    assert refusal("quota.book", {"account": "xihe", "places": 2}, balances(xihe=XIHE)) == (
        "quota.exceeded", {"channel": "xihe", "quota": 3, "booked": 2, "left": 1, "asked": 2}
    )


def test_what_the_same_step_booked_before_counts():
    earlier = (QuotaBooked("xihe", 1), QuotaReleased("xihe", 1), QuotaBooked("other", 3), QuotaBooked("xihe", 1))

    assert refusal("quota.book", {"account": "xihe", "places": 1}, balances(xihe=XIHE), earlier)[0] == "quota.exceeded"


def test_places_that_came_by_transfer_in_the_same_step_can_be_booked():
    outcome = OPERATIONS["quota.book"]({"account": "xihe", "places": 2}, balances(xihe=XIHE), (QuotaTransferred("taiping", "xihe", 1),))

    assert outcome.values["balance"] == {"account": "xihe", "places": 4, "booked": 4, "left": 0}


def test_an_account_nobody_opened_is_refused():
    assert refusal("quota.book", {"account": "shenyang", "places": 1}, balances()) == ("quota.unknown_account", {"channel": "shenyang"})


def test_a_ledger_is_opened_with_its_accounts():
    accounts = [{"id": "xihe", "places": D(3), "label": "细河区"}, {"id": "haizhou", "places": 2}]

    outcome = OPERATIONS["quota.open"]({"accounts": accounts, "total": 5}, facts())

    assert outcome.effects == (QuotaOpened(({"id": "xihe", "places": 3, "label": "细河区"}, {"id": "haizhou", "places": 2}), 5),)
    assert refusal("quota.open", {"accounts": accounts, "total": 6}) == ("quota.sum", {"found": 5, "total": 6})


def test_releasing_and_transferring():
    known = balances(xihe=XIHE, taiping={"places": 2, "booked": 0})

    assert OPERATIONS["quota.release"]({"account": "xihe", "places": 1}, known).effects == (QuotaReleased("xihe", 1),)
    assert OPERATIONS["quota.transfer"]({"from": "taiping", "to": "xihe", "places": 2}, known) == Outcome(
        {"from": {"account": "taiping", "places": 0, "booked": 0, "left": 0}, "to": {"account": "xihe", "places": 5, "booked": 2, "left": 3}},
        (QuotaTransferred("taiping", "xihe", 2),),
    )


def test_a_document_number_counts_within_the_year_of_the_place():
    known = facts(number=lambda series: 92)
    inputs = {"series": "阜卫发", "pattern": "阜卫发〔{year}〕{number}号"}

    first = OPERATIONS["number.issue"](inputs, known)
    second = OPERATIONS["number.issue"](inputs, known, first.effects)

    assert first == Outcome({"number": 92, "text": "阜卫发〔2022〕92号"}, (NumberIssued("阜卫发", 92, "阜卫发〔2022〕92号"),))
    assert second.values["number"] == 93
    assert refusal("number.issue", {"series": "s", "pattern": "第{month}号"}, known)[0] == "number.pattern"


def test_records_are_put_and_read():
    seen = []
    known = facts(records=lambda kind, where: seen.append((kind, where)) or [{"key": "n1"}])

    assert OPERATIONS["record.put"]({"kind": "nomination", "key": "n1", "data": {"trade": "mining"}}, facts()).effects == (
        RecordPut("nomination", "n1", None, {"trade": "mining"}),
    )
    assert OPERATIONS["records.read"]({"kind": "nomination", "where": {"channel": "xihe"}}, known).values == {"records": [{"key": "n1"}]}
    assert seen == [("nomination", {"channel": "xihe"})]


def test_a_notification_goes_once_to_each_address():
    outcome = OPERATIONS["notify"]({"template": "accepted", "to": ["a@xihe", ["user:7", "a@xihe"]], "params": {"n": 1}}, facts())

    assert outcome.effects == (NotificationRequested("accepted", ("a@xihe", "user:7"), "", {"n": 1}),)
    assert OPERATIONS["notify"]({"template": "accepted", "to": []}, facts()) == Outcome({})
    assert refusal("notify", {"template": "t", "to": "somebody"}) == ("notify.address", {"address": "somebody"})


COMPONENTS = [{"id": "video", "weight": D(60), "label": "微视频"}, {"id": "exercise", "weight": D(40)}]


def test_sheets_of_a_scores_field_become_ranked_entries():
    rows = [
        {"id": "n1", "scores": {"video": D(90), "exercise": D(80)}},
        {"id": "n2", "scores": {"video": D(70), "exercise": D(70)}},
    ]
    sheets = [{"judge": "j1", "rows": rows}, {"judge": "j2", "rows": rows, "recused": ["n2"]}]
    people = [{"id": "n1", "channel": "xihe"}, {"id": "n2", "channel": "xihe"}]

    entries = OPERATIONS["selection.panel"]({"sheets": sheets, "components": COMPONENTS, "entries": people}, facts()).values["entries"]
    outcome = OPERATIONS["selection.rank"]({"entries": entries, "components": COMPONENTS, "places": 1}, facts())

    assert [(one["id"], one["judges"]) for one in entries] == [("n1", 2), ("n2", 1)]
    assert [(one["id"], one["total"], one["rank"], one["channel"]) for one in outcome.values["ranked"]] == [
        ("n1", D("86.00"), 1, "xihe"), ("n2", D("70.00"), 2, "xihe")
    ]
    assert (outcome.values["selected"], outcome.values["tie"]) == (outcome.values["ranked"][:1], None)


def test_somebody_whom_nobody_judged_is_refused_by_name():
    inputs = {"sheets": [], "components": COMPONENTS, "entries": [{"id": "n1"}], "minimum": 5}

    assert refusal("selection.panel", inputs) == ("panel.too_few_judges", {"entry": "n1", "judges": 0, "minimum": 5})


def test_a_tie_is_settled_and_a_substitute_found_from_what_rank_gave():
    entries = [{"id": id, "channel": "x", "scores": {"video": D(80)}} for id in ("a", "b", "c")]
    ranked = OPERATIONS["selection.rank"]({"entries": entries, "components": COMPONENTS[:1], "places": 2}, facts()).values

    settled = OPERATIONS["selection.settle"]({**{k: ranked[k] for k in ("ranked", "tie")}, "order": ["c", "a", "b"], "places": 2}, facts()).values
    outcome = OPERATIONS["selection.substitute"](
        {"ranked": settled["ranked"], "selected": settled["selected"], "remove": "c"}, facts()
    ).values

    assert (ranked["tie"]["ids"], ranked["tie"]["places"], ranked["selected"]) == (["a", "b", "c"], 2, [])
    assert [one["id"] for one in settled["selected"]] == ["c", "a"]
    assert ([one["id"] for one in outcome["selected"]], outcome["substitute"]["id"]) == (["a", "b"], "b")


def test_coverage_counts_each_record_once_a_code_and_shows_what_is_unknown():
    records = [{"key": "1", "data": {"hazards": ["dust", "noise", "dust"]}}, {"hazards": ["noise"]}, {"data": {"hazards": "smell"}}, {"data": {}}]
    codes = [{"code": "dust", "label": "粉尘"}, {"code": "noise", "label": "噪声"}, {"code": "radiation", "label": "放射性危害"}]

    assert OPERATIONS["coverage.count"]({"records": records, "field": "hazards", "codes": codes}, facts()).values == {
        "table": [
            {"code": "dust", "label": "粉尘", "count": 1}, {"code": "noise", "label": "噪声", "count": 2},
            {"code": "radiation", "label": "放射性危害", "count": 0},
        ],
        "total": 4,
        "unknown": [{"code": "smell", "count": 1}],
    }


@pytest.mark.parametrize(
    ("name", "inputs", "code"),
    [
        ("quota.book", {"places": 1}, "operation.missing_input"),
        ("quota.book", {"account": "a", "places": D("1.5")}, "operation.wrong_input"),
        ("quota.book", {"account": "a", "places": True}, "operation.wrong_input"),
        ("quota.book", {"account": "a", "places": 1, "channel": "a"}, "operation.unknown_input"),
        ("selection.rank", {"entries": [{"scores": {}}], "components": [], "places": 1}, "operation.wrong_input"),
        ("selection.rank", {"entries": [], "components": [{"id": "a", "weight": 0.5}], "places": 1}, "operation.wrong_input"),
        ("selection.settle", {"ranked": [], "tie": {}, "order": [], "places": 1}, "operation.wrong_input"),
        ("coverage.count", {"records": [3], "field": "f", "codes": []}, "operation.wrong_input"),
    ],
)
def test_wrong_inputs_are_refused_by_name(name, inputs, code):
    assert refusal(name, inputs)[0] == code


def test_every_operation_of_the_contract_is_registered_with_its_inputs():
    assert {name: [one.name for one in operation.inputs if one.required] for name, operation in OPERATIONS.items()} == {
        "record.put": ["kind", "key"],
        "records.read": ["kind"],
        "quota.open": ["accounts", "total"],
        "quota.book": ["account", "places"],
        "quota.release": ["account", "places"],
        "quota.transfer": ["from", "to", "places"],
        "selection.panel": ["sheets", "components"],
        "selection.rank": ["entries", "components", "places"],
        "selection.settle": ["ranked", "tie", "order", "places"],
        "selection.substitute": ["ranked", "selected", "remove"],
        "coverage.count": ["records", "field", "codes"],
        "number.issue": ["series", "pattern"],
        "notify": ["template", "to"],
    }


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 50) | st.decimals(-5, 100, places=1) | st.sampled_from(["", "a", "b", "x@y", "z", "{number}"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "scores", "a", "weight", "places", "total", "key", "rank", "ids", "judge", "code", "cap"]), inner, max_size=5),
    max_leaves=15,
)


@given(st.sampled_from(sorted(OPERATIONS)), st.data())
def test_whatever_an_expression_gives_an_operation_answers_or_refuses(name, data):
    operation = OPERATIONS[name]
    inputs = {one.name: data.draw(VALUES) for one in operation.inputs}
    known = facts(balance=lambda account: {"places": 3, "booked": 1}, number=lambda series: 7, records=lambda kind, where: [])
    try:
        outcome = operation(inputs, known)
    except Refused as refused:
        assert say(refused.code, **refused.details)
    else:
        assert outcome.values.keys() == set(operation.results)
