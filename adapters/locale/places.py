"""Words of the pages for another place and for the people of this one; no other area's."""
ZH: dict[str, str] = {}
EN = {
    "设立本地区的管理员": "the administrator who founded this place",
    "已为{person}开通登录。登录名“{login}”，初始密码：": "{person} can sign in now. Login “{login}”, first password:",
    "密码只显示这一次，请当面交给本人。": "It is shown this once; hand it over in person.",
    "生成初始密码": "Make a first password",
    "初始密码": "First password",
}
