"""Words for the kinds of FEEL values, as they stand inside the sentences about expressions (`say` puts them in); no sentences."""
ZH = {
    "feel.kind.null": "空值", "feel.kind.boolean": "是否值", "feel.kind.number": "数值", "feel.kind.string": "文本", "feel.kind.date": "日期", "feel.kind.time": "时刻",
    "feel.kind.date and time": "日期时间", "feel.kind.days and time duration": "天时分时长", "feel.kind.years and months duration": "年月时长",
    "feel.kind.list": "列表", "feel.kind.context": "上下文", "feel.kind.range": "区间", "feel.kind.function": "函数", "feel.kind.foreign": "无法识别的值",
}
EN = {
    "feel.kind.null": "null", "feel.kind.boolean": "boolean", "feel.kind.number": "number", "feel.kind.string": "string", "feel.kind.date": "date", "feel.kind.time": "time",
    "feel.kind.date and time": "date and time", "feel.kind.days and time duration": "days and time duration", "feel.kind.years and months duration": "years and months duration",
    "feel.kind.list": "list", "feel.kind.context": "context", "feel.kind.range": "range", "feel.kind.function": "function", "feel.kind.foreign": "foreign value",
}
