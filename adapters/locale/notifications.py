"""Words for messages and their channels; no other area's."""
ZH = {
    "mail.tls": "邮件服务器 {host} 不支持加密连接，按设置不予发送。请更换服务器或由系统管理员调整设置。",
    "webhook.unknown": "没有名为“{name}”的推送目的地，请由安全保密管理员先行登记。",
    "webhook.https": "推送目的地“{name}”不是 https 地址，请改用 https，或登记为内部目的地。",
    "webhook.address": "推送目的地“{name}”的地址不可用或属于内部网络，请核对；确为内部系统的，请登记为内部目的地。",
    "webhook.answer": "推送目的地“{name}”答复 {status}，稍后自动重试。",
}
EN = {
    "mail.tls": "The mail server {host} offers no encryption, which the settings require. Use another server or let the system administrator change the setting.",
    "webhook.unknown": "There is no webhook destination “{name}”; the security administrator must register it first.",
    "webhook.https": "The webhook destination “{name}” is no https address; use https or register it as internal.",
    "webhook.address": "The address of the webhook destination “{name}” cannot be used or is inside a private network; check it, or register it as internal.",
    "webhook.answer": "The webhook destination “{name}” answered {status}; it will be tried again.",
}
