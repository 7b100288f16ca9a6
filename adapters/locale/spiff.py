"""Words for the schema check and the second engine; no other area's."""
ZH = {
    "spiff.schema": "图 {file} 第 {line} 行不符合 BPMN 2.0 标准格式：{reason}",
    "spiff.parser": "图 {file} 中“{element}”未通过第二引擎的读取：{reason}",
    "spiff.depth": "图 {file} 的流程“{element}”一串过长，第二引擎读不了；本系统仍可运行，只是不能用第二引擎核对。",
    "spiff.process": "图中没有流程“{process}”。",
    "spiff.outside": "“{element}”的这一步（{what}）超出第二引擎能核对的范围，核对到此为止。",
    "spiff.differs": "第 {seq} 条记录之后两套引擎的待办不同：本系统 {ours}，第二引擎 {theirs}。",
    "spiff.missing": "第 {seq} 条记录办结了“{element}”，而第二引擎没有走到这里。",
}
EN = {
    "spiff.schema": "Diagram {file}, line {line}, is not valid BPMN 2.0: {reason}",
    "spiff.parser": "Diagram {file}: the second engine cannot read “{element}”: {reason}",
    "spiff.depth": "Diagram {file}: process “{element}” is too long a chain for the second engine; ours runs it, but it cannot be compared.",
    "spiff.process": "The diagram has no process “{process}”.",
    "spiff.outside": "This step of “{element}” ({what}) is outside what the second engine can compare; the comparison ends here.",
    "spiff.differs": "After entry {seq} the open tasks differ: ours {ours}, second engine {theirs}.",
    "spiff.missing": "Entry {seq} finished “{element}”, where the second engine has not arrived.",
}
