"""From an exception to an answer: one table of status codes, a page or a JSON problem for each. Catches nothing silently."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from adapters.locale import knows, say
from adapters.web.rendering import render
from adapters.web.security import OVER, BadToken, TooLarge, TooOften, too_large
from adapters.web.signed_in import SignedOut, language_of
from adapters.web.uploads import Busy, WrongKind, WrongVersion
from engine.refusals import Conflict, Invalid, InvalidAnswers, NotFound, Refused

STATUS: Mapping[type[Exception], int] = {
    NotFound: 404,  # absent and not yours look the same
    SignedOut: 401,
    BadToken: 403,
    TooLarge: 413,
    TooOften: 429,
    Busy: 423,
    WrongVersion: 412,
    WrongKind: 415,
    Conflict: 409,
    Refused: 409,
    InvalidAnswers: 422,
    Invalid: 422,
    RequestValidationError: 422,
}
TITLES = {
    401: "请先登录", 403: "请求没有通过安全检查", 404: "没有找到", 405: "不能这样打开", 409: "现在不能这样办理", 412: "协议版本不对", 413: "内容太大", 415: "文件类型不对",
    422: "填写的内容有问题", 423: "正在处理", 429: "请求太频繁", 500: "系统出错",
}


def status_of(error: Exception) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def is_api(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/uploads"))


def sentence(error: Exception, language: str) -> str:
    """What is said to the person, without anything internal."""
    if isinstance(error, NotFound) and not knows(error.code):
        return say("web.not_found", language)
    if isinstance(error, Refused):
        return say(error.code, language, **error.details)
    if isinstance(error, InvalidAnswers):
        return say("有 {count} 处需要修改", language, count=len(error.problems))
    if isinstance(error, Invalid):
        return say("有 {count} 处需要修改", language, count=len(error.findings))
    return say("web.unreadable", language)


def problems_of(error: Exception, language: str) -> list[dict[str, str]]:
    """Every problem by field, in words."""
    if isinstance(error, InvalidAnswers):
        return [{"field": each.field, "code": each.code, "message": say(each.code, language, **each.details)} for each in error.problems]
    if isinstance(error, Invalid):
        return [{"field": each.element, "code": each.code, "message": say(each.code, language, **each.details)} for each in error.findings]
    if isinstance(error, RequestValidationError):
        return [
            {"field": ".".join(str(part) for part in each["loc"]), "code": f"json.{each['type']}", "message": _json_problem(each, language)}
            for each in error.errors()
        ]
    return []


def _json_problem(problem: Mapping[str, Any], language: str) -> str:
    kind = problem["type"]
    if kind == "missing":
        return say("缺少此项", language)
    if kind == "extra_forbidden":
        return say("不认识此项，请删去", language)
    return say("类型或格式不对", language)


def code_of(error: Exception) -> str:
    if isinstance(error, Refused):
        return error.code
    return {InvalidAnswers: "answers.invalid", Invalid: "input.invalid", RequestValidationError: "json.invalid"}.get(type(error), "web.unreadable")


def answer(request: Request, error: Exception) -> Response:
    """The page or the JSON problem for a refusal."""
    status, language = status_of(error), language_of(request)
    message = sentence(error, language)
    if request.url.path.startswith("/uploads"):
        return PlainTextResponse(message, status)  # the upload island shows it as it is
    if is_api(request):
        return JSONResponse({"code": code_of(error), "message": message, "problems": problems_of(error, language)}, status)
    if isinstance(error, SignedOut) and request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?{urlencode({'next': target})}", 303)
    return render(request, "problem.html", status, title=TITLES[status], message=message, problems=problems_of(error, language), counts=None)


def http_answer(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: no such address, wrong method."""
    assert isinstance(error, HTTPException)
    if request.scope.get(OVER):
        return answer(request, too_large(request.scope))
    language = language_of(request)
    code = {404: "web.no_such_page", 405: "web.wrong_method"}.get(error.status_code, "web.unreadable")
    if is_api(request):
        return JSONResponse({"code": code, "message": say(code, language), "problems": []}, error.status_code, headers=error.headers)
    title = TITLES.get(error.status_code, TITLES[422])
    page = render(request, "problem.html", error.status_code, title=title, message=say(code, language), problems=[], counts=None)
    page.headers.update(error.headers or {})
    return page


def broken(request: Request, error: Exception) -> Response:
    """Our mistake: logged by the server at the edge; the page says nothing about the inside."""
    language = language_of(request)
    if is_api(request):
        return JSONResponse({"code": "web.broken", "message": say("web.broken", language), "problems": []}, 500)
    request.state.visitor = None  # what broke may be what the frame of the page needs
    return render(request, "problem.html", 500, title=TITLES[500], message=say("web.broken", language), problems=[], counts=None)


def install(app: FastAPI) -> None:
    for kind in STATUS:
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(HTTPException, http_answer)
    app.add_exception_handler(Exception, broken)
