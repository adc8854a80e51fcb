"""A client over a transport that answers from memory: redirects, auth, hooks, streams, cookies."""

from __future__ import annotations

import asyncio

import httpx
from observed import Notes

PACKAGES = ["httpx"]


def _answer(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path == "/json":
        return httpx.Response(200, json={"query": dict(request.url.params), "n": [1, None]})
    if path == "/redirect":
        return httpx.Response(302, headers={"Location": "/json?after=1"})
    if path == "/loop":
        return httpx.Response(307, headers={"location": "/loop"})
    if path == "/cookies":
        return httpx.Response(200, headers=[("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2")])
    if path == "/text":
        content = "grüße\nline\r\nlast".encode("latin-1")
        return httpx.Response(
            200, headers={"content-type": "text/plain; charset=latin-1"}, content=content
        )
    if path == "/gone":
        return httpx.Response(410)
    if path == "/echo":
        return httpx.Response(
            201,
            content=request.read(),
            headers={"x-auth": str(request.headers.get("authorization"))},
        )
    if path == "/digest" and "authorization" not in request.headers:
        return httpx.Response(
            401, headers={"www-authenticate": 'Digest realm="r", nonce="n", algorithm=MD5'}
        )
    if path == "/gzip":
        import gzip

        return httpx.Response(
            200, headers={"content-encoding": "gzip"}, content=gzip.compress(b"x" * 99, mtime=0)
        )
    if path == "/broken":
        return httpx.Response(200, headers={"content-encoding": "gzip"}, content=b"not gzip")
    if path == "/fails":
        raise httpx.ConnectTimeout("no answer", request=request)
    return httpx.Response(404, text="not here")


class Token(httpx.Auth):
    requires_response_body = True

    def auth_flow(self, request):
        response = yield request
        request.headers["authorization"] = f"token {response.status_code}"
        yield request


def _shown(response):
    return (
        response,
        response.headers.multi_items(),
        response.text,
        [(entry.status_code, str(entry.url)) for entry in response.history],
        str(response.request.url),
        sorted(response.request.headers.items()),
    )


def _values(note):
    for text in (
        "http://u:p@host.example:80/a b/../c?x=1&y#frag",
        "http://[::1]:99/",
        "//rel",
        "http://exa mple/",
        "http://h:port/",
        "https://münchen.example/ü?ß",
    ):
        note(
            lambda text=text: (
                httpx.URL(text),
                httpx.URL(text).host,
                httpx.URL(text).raw_path,
                httpx.URL(text).userinfo,
            )
        )
        note(lambda text=text: httpx.URL(text).join("../other?q=1"))
    url = httpx.URL("http://a.example/x?k=1")
    note(lambda: url.copy_merge_params({"m": [1, 2]}).copy_with(scheme="https", port=1, path="/é"))
    note(url.copy_with, nothing=1)
    params = httpx.QueryParams("a=1&a=2&b=3")
    note(lambda: (params, params.get_list("a"), params.set("b", 4).remove("a"), params["z"]))
    headers = httpx.Headers([("A", "1"), ("a", "2"), ("Authorization", "secret")])
    note(lambda: (headers, headers["A"], headers.get_list("a", split_commas=True), headers.raw))
    note(lambda: headers["nothing"])
    note(lambda: headers == {"a": "1, 2"})
    note(httpx.Headers, {"a": 1})
    note(
        lambda: httpx.Request(
            "POST",
            url,
            files={"f": ("n.txt", b"data")},
            data={"k": "v"},
            headers={"content-type": "multipart/form-data; boundary=b"},
        ).read()
    )
    note(lambda: httpx.Request("PUT", url, data={"k": ["v", "w"]}).read())
    note(lambda: httpx.Timeout(5, connect=1))
    note(httpx.Timeout, connect=1)
    note(lambda: httpx.Limits(max_connections=3))
    response = httpx.Response(500)
    note(response.raise_for_status)
    note(response.json)
    note(lambda: response.request)
    note(lambda: httpx.codes(404).name)


def _client(kind, **options):
    return kind(
        transport=httpx.MockTransport(_answer),
        base_url="http://test.example/",
        trust_env=False,
        **options,
    )


def _requests(note):
    seen = []
    hooks = {
        "request": [lambda request: seen.append(request.method)],
        "response": [lambda response: seen.append(response.status_code)],
    }
    with _client(
        httpx.Client, headers={"user-agent": "t"}, event_hooks=hooks, params={"base": 1}
    ) as client:
        for path in (
            "json",
            "redirect",
            "loop",
            "cookies",
            "text",
            "gone",
            "gzip",
            "broken",
            "fails",
            "other",
        ):
            note(
                lambda path=path: _shown(
                    client.get(path, follow_redirects=True, params={"q": path})
                )
            )
        note(lambda: _shown(client.get("redirect")))
        note(lambda: sorted(client.cookies.items()))
        note(lambda: client.get("gone").raise_for_status())
        note(lambda: _shown(client.post("echo", json={"a": 1}, auth=("user", "pass"))))
        note(
            lambda: _shown(
                client.put("echo", content=(part for part in (b"a", b"b")), auth=Token())
            )
        )
        note(lambda: _shown(client.request("PATCH", "echo", data={"x": "y"}, cookies=None)))
        note(lambda: client.get("digest", auth=httpx.DigestAuth("u", "p")).status_code)
        note(client.get, "ftp://somewhere/")
        note(client.get, "json", auth=5)

        def streamed():
            with client.stream("GET", "text") as response:
                lines = list(response.iter_lines())
            return lines, response.is_closed, response.num_bytes_downloaded

        note(streamed)

        def unread():
            with client.stream("GET", "text") as response:
                return response.text

        note(unread)
        note(lambda: client.build_request("GET", "/x", params={"a": None, "b": True}).url)
    note(client.get, "json")
    note(lambda: seen)


async def _asynchronous(note):
    async with _client(httpx.AsyncClient, follow_redirects=True) as client:
        note(_shown, await client.get("redirect"))
        both = await asyncio.gather(client.get("json"), client.get("loop"), return_exceptions=True)
        note(lambda: [str(entry) for entry in both])
        async with client.stream("GET", "text") as response:
            note(lambda: "".join([]))
            note(lambda parts: parts, [part async for part in response.aiter_text(3)])
        note((await client.post("echo", content=b"abc", auth=Token())).read)


def workload() -> list[object]:
    note = Notes()
    _values(note)
    _requests(note)
    asyncio.run(_asynchronous(note))
    return note.taken
