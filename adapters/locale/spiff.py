"""Words for the schema check and the second engine; no other area's."""
ZH = {
    "spiff.xml": "图 {file} 第 {line} 行不是完整的 XML：{reason}",
    "spiff.doctype": "图 {file} 含有 DOCTYPE 声明，不予读取；请删去后重新提交。",
    "spiff.schema": "图 {file} 第 {line} 行不符合 BPMN 2.0 标准格式：{reason}",
    "spiff.parser": "图 {file} 中“{element}”第二引擎读不了：{reason}。本系统仍可运行，只是不能用第二引擎核对。",
    "spiff.depth": "图 {file} 的流程“{element}”一串过长，第二引擎读不了；本系统仍可运行，只是不能用第二引擎核对。",
    "spiff.process": "图中没有流程“{process}”。",
    "spiff.outside.element": "“{element}”是第二引擎不支持或办理有误的元素，本流程不能用它核对；请改用普通的任务、子流程和排他、并行、事件网关。",
    "spiff.outside.event": "“{element}”的事件类型（链接、补偿、取消或多重）第二引擎办理有误，本流程不能用它核对；请改用顺序流，或拆成单个事件。",
    "spiff.outside.fork": "“{element}”直接引出多条线或带条件的线，第二引擎办理有误，本流程不能用它核对；请在其后加并行、排他或包容网关。",
    "spiff.outside.condition": "网关“{element}”有一条既无条件又非默认的线，第二引擎读不了，本流程不能用它核对；请写上条件或设为默认。",
    "spiff.outside.starts": "“{element}”不是恰好一个开始事件，第二引擎不能核对；请只留一个开始事件。",
    "spiff.outside.ends": "“{element}”没有结束事件，第二引擎不能核对；请画上结束事件。",
    "spiff.outside.quantity": "“{element}”的起始、完成数量不是 1，第二引擎不支持，本流程不能用它核对。",
    "spiff.outside.behavior": "“{element}”的多实例行为不是“全部”，第二引擎不支持，本流程不能用它核对。",
    "spiff.outside.inclusive": "包容网关“{element}”汇合时第二引擎会提前放行，本流程不能用它核对；请改用并行网关，或让各分支在子流程里各自结束。",
    "spiff.outside.maximum": "“{element}”的循环次数上限是表达式，第二引擎不支持，本流程不能用它核对；请写成数字。",
    "spiff.python": "第二引擎要执行“{element}”里的程序：不允许，核对到此为止。",
    "spiff.deep": "本件在“{element}”处已连续走过 {steps} 步，再多第二引擎就会丢失实例，核对到此为止；此前各条两套引擎一致。",
    "spiff.failed": "第 {seq} 条记录：第二引擎在“{element}”处出错：{reason}",
    "spiff.differs": "第 {seq} 条记录之后两套引擎的待办不同：本系统 {ours}，第二引擎 {theirs}。",
    "spiff.missing": "第 {seq} 条记录办结了“{element}”，而第二引擎没有走到这里。",
}
EN = {
    "spiff.xml": "Diagram {file}, line {line}, is not well-formed XML: {reason}",
    "spiff.doctype": "Diagram {file} has a DOCTYPE declaration and is not read; remove it and hand it in again.",
    "spiff.schema": "Diagram {file}, line {line}, is not valid BPMN 2.0: {reason}",
    "spiff.parser": "Diagram {file}: the second engine cannot read “{element}”: {reason}. Ours runs it, but it cannot be compared.",
    "spiff.depth": "Diagram {file}: process “{element}” is too long a chain for the second engine; ours runs it, but it cannot be compared.",
    "spiff.process": "The diagram has no process “{process}”.",
    "spiff.outside.element": "“{element}” is an element that the second engine lacks or gets wrong, so this process cannot be compared; use plain tasks, "
                             "sub-processes, exclusive, parallel or event-based gateways.",
    "spiff.outside.event": "The second engine gets the event of “{element}” wrong (link, compensation, cancel or several at once), so this process cannot be "
                           "compared; use a sequence flow, or single events.",
    "spiff.outside.fork": "Several flows, or a conditional one, leave “{element}” directly, which the second engine gets wrong, so this process cannot be "
                          "compared; put a parallel, exclusive or inclusive gateway behind it.",
    "spiff.outside.condition": "Gateway “{element}” has a flow with neither condition nor default, which the second engine cannot read, so this process cannot "
                               "be compared; give it a condition or make it the default.",
    "spiff.outside.starts": "“{element}” does not have exactly one start event, so the second engine cannot be compared; keep one.",
    "spiff.outside.ends": "“{element}” has no end event, so the second engine cannot be compared; draw one.",
    "spiff.outside.quantity": "“{element}” has a start or completion quantity other than 1, which the second engine lacks, so this process cannot be compared.",
    "spiff.outside.behavior": "The multi-instance behavior of “{element}” is not “All”, which the second engine lacks, so this process cannot be compared.",
    "spiff.outside.inclusive": "Inclusive gateway “{element}” joins, and there the second engine does not always wait, so this process cannot be compared; use a "
                               "parallel gateway, or let the branches end by themselves in a sub-process.",
    "spiff.outside.maximum": "The loop maximum of “{element}” is an expression, which the second engine lacks, so this process cannot be compared; write a number.",
    "spiff.python": "The second engine was about to run a program inside “{element}”: not allowed, the comparison ends here.",
    "spiff.deep": "At “{element}” this instance has gone {steps} steps in a row; with more the second engine loses it, so the comparison ends here. "
                  "Up to this entry both engines agree.",
    "spiff.failed": "Entry {seq}: the second engine failed at “{element}”: {reason}",
    "spiff.differs": "After entry {seq} the open tasks differ: ours {ours}, second engine {theirs}.",
    "spiff.missing": "Entry {seq} finished “{element}”, where the second engine has not arrived.",
}
