"""Words of the pages. Texts of pages are their own Chinese; codes are for what is raised or put together."""

ZH = {
    "general.unknown": "操作没有完成（{code}）。请把这个代码告诉系统管理员",
    "web.not_found": "没有找到，或者您无权查看。请从待办或活动页面进入",
    "web.no_such_page": "没有这个页面。请检查地址，或从首页进入",
    "web.no_such_person": "没有这个演示身份。请从登录页面选择",
    "web.wrong_method": "这个地址不能直接打开。请从页面上的按钮进入",
    "web.unreadable": "提交的内容无法识别。请刷新页面后重试",
    "web.broken": "系统出错，刚才的操作没有保存。请稍后重试；仍不行时请告诉系统管理员发生的时间",
    "web.bad_token": "页面已过期或已重新登录，内容没有提交。请返回上一页刷新后再提交",
    "web.other_site": "请求来自其他网站，已拒绝",
    "web.too_large": "内容超过 {megabytes} MB 的上限。请压缩后再传",
    "web.too_often": "请求太频繁，请一分钟后再试",
    "web.reason_missing": "请写明理由",
    "mark.returned": "退回",
    "mark.urged": "催办",
    "mark.delegated": "委派",
    "mark.added": "加签",
    "mark.withdrawn": "撤回",
    "mark.extended": "顺延",
    "mark.reassigned": "转办",
    "mark.late": "逾期补报",
    "task.completed": "已办理",
    "task.cancelled": "已取消",
    "task.open": "待办理",
}
EN = {
    "general.unknown": "That did not work ({code}). Please tell your administrator this code",
}
