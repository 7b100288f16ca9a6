"""Words of signing in."""

ZH = {
    "identity.wrong": "账号或密码不正确。请核对后重试，或联系本单位系统管理员重置密码",
    "identity.locked": "连续多次输错，该账号已暂停登录，约 {minutes} 分钟后可再试",
    "identity.too_many": "登录尝试过于频繁，请一分钟后再试",
    "identity.password_length": "密码长度应为 {shortest} 至 {longest} 个字符",
    "identity.login_taken": "账号“{login}”已被他人使用，请换一个",
    "identity.signed_out": "登录已失效，请重新登录",
}
EN = {
    "identity.wrong": "The account or the password is not right. Check both, or ask your administrator for a new password",
    "identity.locked": "Too many wrong tries: signing in to this account is paused for about {minutes} minutes",
    "identity.too_many": "Too many tries in a short time; please try again in a minute",
    "identity.password_length": "A password has {shortest} to {longest} characters",
    "identity.login_taken": "The account name “{login}” is taken; choose another",
    "identity.signed_out": "You are no longer signed in; please sign in again",
}
