"""Words for the decisions of a package: publishing them, what a business rule task recorded, and why it stopped; the tables' own words are in `feel`."""
ZH = {
    "package.decision_twice": "决策“{element}”的编号与另一个决策的编号或名称相同，请改用不同的编号。",
    "decision.broken": "判定“{decision}”得不出结果：{reason}。请更正规则或数据后重试。",
}
EN = {
    "package.decision_twice": "The id of the decision “{element}” is also the id or name of another decision; give it one of its own.",
    "decision.broken": "The decision “{decision}” has no result: {reason}. Correct the rules or the data and try again.",
    "决策表“{table}”第 {rules} 条": "decision table “{table}”, rule {rules}",
    "决策表“{table}”没有适用的规则": "decision table “{table}”: no rule applies",
}
