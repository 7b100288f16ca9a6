"""Builds small decision models as XML; 项目示例，非官方文本. Holds no assertions."""
from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def model(*parts: str, namespace: str = "urn:test:model", name: str = "测试") -> bytes:
    head = f'<definitions xmlns="{NAMESPACE}" name={quoteattr(name)} namespace="{namespace}" id="defs">'
    return (head + "".join(parts) + "</definitions>").encode()


def given(*names: str, type: str = "") -> str:
    """Input data, id `_name`."""
    kind = f' typeRef="{type}"' if type else ""
    return "".join(f'<inputData id="_{name}" name="{name}"><variable name="{name}"{kind}/></inputData>' for name in names)


def decision(name: str, logic: str, *needs: str, type: str = "") -> str:
    """A decision, id `_name`; needs are names of inputs («x»), decisions («!x») and knowledge («$x»), or whole hrefs."""
    return f'<decision id="_{name}" name="{name}">{_variable(name, type)}{requirements(*needs)}{logic}</decision>'


def _variable(name: str, type: str) -> str:
    kind = f' typeRef="{type}"' if type else ""
    return f'<variable name="{name}"{kind}/>'


def requirements(*needs: str) -> str:
    made = []
    for need in needs:
        tag = {"!": "requiredDecision", "$": "requiredKnowledge"}.get(need[0], "requiredInput")
        target = need.lstrip("!$")
        around = "knowledgeRequirement" if tag == "requiredKnowledge" else "informationRequirement"
        made.append(f'<{around}><{tag} href="{target if "#" in target else "#_" + target}"/></{around}>')
    return "".join(made)


def text(feel: str, type: str = "") -> str:
    kind = f' typeRef="{type}"' if type else ""
    return f"<literalExpression{kind}><text>{escape(feel)}</text></literalExpression>"


def knowledge(name: str, parameters: str, body: str, *needs: str, type: str = "") -> str:
    formal = "".join(f'<formalParameter name="{one}"/>' for one in parameters.split())
    logic = f"<encapsulatedLogic>{formal}{body}</encapsulatedLogic>"
    return f'<businessKnowledgeModel id="_{name}" name="{name}">{_variable(name, type)}{logic}{requirements(*needs)}</businessKnowledgeModel>'


def table(
    inputs: str, outputs: str, *rules: str, hit: str = "UNIQUE", aggregation: str = "", values: dict[str, str] | None = None, default: str = "",
    types: dict[str, str] | None = None,
) -> str:
    """`inputs` and `outputs` are names separated by `|`, rules their cells: `> 5 | "甲" | 1`. `values` and `types` by column name."""
    values, types = values or {}, types or {}
    ins, outs = [one.strip() for one in inputs.split("|")], [one.strip() for one in outputs.split("|")]
    made = "".join(
        f'<input><inputExpression{_type(types, one)}><text>{escape(one)}</text></inputExpression>{_values("inputValues", values.get(one))}</input>' for one in ins
    )
    made += "".join(
        f"<output name={quoteattr(one)}{_type(types, one)}>{_values('outputValues', values.get(one))}{_values('defaultOutputEntry', default)}</output>" for one in outs
    )
    for rule in rules:
        cells = [cell.strip() for cell in rule.split("|")]
        tags = ["inputEntry"] * len(ins) + ["outputEntry"] * (len(cells) - len(ins))
        made += "<rule>" + "".join(f"<{tag}><text>{escape(cell)}</text></{tag}>" for tag, cell in zip(tags, cells)) + "</rule>"
    extra = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable id="t" hitPolicy="{hit}"{extra}>{made}</decisionTable>'


def _type(types: dict[str, str], name: str) -> str:
    return f' typeRef="{types[name]}"' if name in types else ""


def _values(tag: str, feel: str | None) -> str:
    return f"<{tag}><text>{escape(feel)}</text></{tag}>" if feel else ""


def item(name: str, type: str = "", allowed: str = "", collection: bool = False, parts: dict[str, str] | None = None) -> str:
    inside = "".join(f'<itemComponent name="{part}"><typeRef>{kind}</typeRef></itemComponent>' for part, kind in (parts or {}).items())
    inside += f"<typeRef>{type}</typeRef>" if type else ""
    return f'<itemDefinition name="{name}" isCollection="{str(collection).lower()}">{inside}{_values("allowedValues", allowed)}</itemDefinition>'
