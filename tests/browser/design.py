"""What a package offers the modeler (data-context-url), and what the real checker says of a diagram (data-check-url): JSON as the islands take it."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.definitions.folder import Library
from adapters.locale import say
from engine.bpmn.check import PackageContext, check
from engine.bpmn.read import read
from engine.bundle import Bundle, read_bundle
from engine.feel import BUILT_INS
from engine.operations import OPERATIONS
from engine.refusals import Finding, Invalid
from engine.scheme.declaration import Parameter
from engine.scheme.functions import NAMES
from engine.scheme.scheme import read_scheme
from tests.conftest import ROOT

LIBRARY = Library(ROOT)
OPERATION_LABELS = {
    "record.put": "登记台账", "records.read": "读取台账", "quota.open": "下达名额", "quota.book": "占用名额", "quota.release": "退还名额", "quota.transfer": "调剂名额",
    "selection.panel": "汇总评委打分", "selection.rank": "评分排名", "selection.settle": "确定并列次序", "selection.substitute": "递补", "coverage.count": "统计覆盖面",
    "number.issue": "编号", "notify": "发通知",
}
INPUT_LABELS = {"kind": "台账类别", "key": "编号", "status": "状态", "data": "内容", "where": "条件", "accounts": "账户", "total": "总数", "account": "账户", "places": "名额", "refs": "依据", "template": "通知模板", "to": "发给", "about": "关于", "params": "填入内容", "series": "序列", "pattern": "编号格式"}
FUNCTION_PARAMETERS = {"role": ["角色", "单位"], "cutoff": ["日期"], "opens": ["日期"], "due in": ["工作日数"], "add working days": ["日期", "工作日数"], "working days between": ["起", "止"], "printed span end": ["日期", "天数"], "period end": ["日期", "天数"]}
ORGANISATIONS = [
    ("body.org", "受理单位"), ("b.org for b in channel.bodies", "本渠道各受理单位"), ("employer.org", "用人单位"), ("issuer.org", "会签机关"), ("judge.org", "评委所在单位"),
    ("scheme.issuers.lead.org", "主办机关"), ("scheme.leading_group.office", "领导小组办公室"), ("scheme.leading_group.leader", "领导小组组长单位"), ("scheme.public_notice.handler", "异议受理单位"),
]


def package(name: str = "role-model-award") -> Bundle:
    return read_bundle(LIBRARY.package(name))


def context(bundle: Bundle, scheme: str = "fuxin-2021") -> dict[str, Any]:
    """The Context of frontend/src/modeler/context.ts."""
    declared = bundle.package.declaration
    values = read_scheme(LIBRARY.scheme(bundle.package.name, scheme), scheme).values
    stages = sorted(values["stages"].items(), key=lambda one: one[1]["order"])
    return {
        "roles": [{"code": role.code, "label": role.label, "at": role.at} for role in bundle.package.roles.values()],
        "organisations": [{"expression": expression, "label": label} for expression, label in ORGANISATIONS],
        "candidates": [{"expression": "for b in channel.bodies return role(b.role, b.org)", "label": "本渠道全部受理单位"}],
        "forms": [{"id": form.id, "title": form.title, "answers": [{"name": one.id, "label": one.label} for one in form.fields() if not one.personal]} for form in bundle.graphs.forms.values()],
        "operations": [
            {"name": one.name, "label": OPERATION_LABELS[one.name], "results": list(one.results), "inputs": [{"name": i.name, "label": INPUT_LABELS.get(i.name, i.name), "required": i.required} for i in one.inputs]}
            for one in OPERATIONS.values()
        ],
        "stages": [{"id": id, "name": stage["name"]} for id, stage in stages],
        "parameters": [_parameter(key, one) for key, one in declared.keys.items()],
        "texts": [{"id": id, "title": text.title} for id, text in bundle.texts.items()],
        "processes": [{"id": one.id, "name": one.name} for one in bundle.graphs.processes.values()],
        "decisions": [],
        "functions": [{"name": name, "params": FUNCTION_PARAMETERS[name]} for name in NAMES] + [{"name": name, "params": list(one.signatures[0].names)} for name, one in BUILT_INS.items()],
        "variables": {"": [{"name": "channel", "label": "推荐渠道", "entries": [{"name": "code"}, {"name": "name"}, {"name": "bodies", "list": True}]}]},
    }


def _parameter(key: str, one: Parameter) -> dict[str, Any]:
    found: dict[str, Any] = {"path": key, "label": one.label, "type": one.type, "list": one.many or one.type in ("records", "codes")}
    return found | ({"fields": list(_fields(one.fields))} if one.fields else {})


def _fields(fields: Mapping[str, Parameter]) -> Iterator[dict[str, Any]]:
    for name, one in fields.items():
        yield {"name": name, "label": one.label, "type": one.type} | ({"entries": list(_fields(one.fields))} if one.fields else {})


def checked(bundle: Bundle, file: str, xml: bytes) -> list[dict[str, Any]]:
    """The findings on this file inside its package, in Chinese."""
    forms = bundle.graphs.forms
    names = PackageContext(
        forms=frozenset(forms), roles=frozenset(bundle.package.roles), operations=OPERATIONS, functions=frozenset(NAMES), parameters=frozenset(bundle.package.declaration.keys),
        texts=frozenset(bundle.texts), answers={id: frozenset(field.id for field in form.fields() if not field.personal) for id, form in forms.items()})
    try:
        documents = [read(xml, file), *(read(bundle.files[name], name) for name in bundle.package.diagrams if name != file)]
    except Invalid as invalid:
        return [_said(one) for one in invalid.findings if one.file == file]
    return [_said(one) for one in check(documents, names) if one.file == file]


def _said(finding: Finding) -> dict[str, Any]:
    return {"element": finding.element, "line": finding.line, "severity": finding.severity, "message": say(finding.code, **finding.details)}
