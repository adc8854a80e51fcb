"""Templates with inheritance, macros, filters, tests, sandbox, errors; the lexer and the cache."""

from __future__ import annotations

import asyncio

import jinja2
import jinja2.ext
import jinja2.meta
import jinja2.sandbox
from observed import Notes

PACKAGES = ["jinja2"]

TEMPLATES = {
    "base.html": """<title>{% block title %}Base{% endblock %}</title>
{%- block body scoped %}{% endblock %} {{ self.title() }}""",
    "page.html": """{% extends "base.html" %}{% import "macros.html" as m with context %}
{% from "macros.html" import field as f %}
{% block title %}{{ super() }}: {{ title|upper }}{% endblock %}
{% block body %}{% for user in users if user.age > 3 recursive %}
{{ loop.index }}/{{ loop.length }} {{ loop.cycle("odd", "even") }} {{ user.name|e }}
{%- if user.kids %} ({{ loop(user.kids) }}){% endif %}{% else %}nobody{% endfor %}
{{ m.field("a", size=3) }}{{ f() }}{% call(x) m.around() %}in {{ x }}{% endcall %}
{% include ["missing.html", "part.html"] %}{% endblock %}""",
    "macros.html": """{% macro field(name="n", size=20) %}<{{ name }} {{ size }} {{ varargs }} {{
kwargs }}>{% endmacro %}{% macro around() %}[{{ caller(7) }}]{% endmacro %}""",
    "part.html": "part {{ title }}",
    "broken.html": "{% for x in y %}\n{{ x }\n{% endfor %}",
    "divides.html": "one\n{{ 1 + 1 }}\n{{ 1 / zero }}\n",
    "deep.html": "{% macro inner(x) %}\n{{ x.a.b }}{% endmacro %}\n\n{{ inner(title) }}",
    "outer.html": "{% include 'divides.html' %}",
}

EXPRESSIONS = [
    "{{ [3, 1, 2]|sort|join('-') }} {{ 'a b c'|title|replace('A', 'X') }}",
    "{{ users|map(attribute='name')|list }} {{ users|selectattr('age', 'gt', 3)|list|length }}",
    "{{ users|groupby('age')|list }} {{ [1, 2, 3, 4, 5]|batch(2, '-')|list }}",
    "{{ '<b>'|safe }}{{ '<b>' }}{{ '<b>'|escape|striptags }}{{ 'x' * 3 ~ 4 }}",
    "{{ 'text'|truncate(3) }}{{ 'some longer words here'|wordwrap(8) }}",
    "{{ 1234567|filesizeformat }}",
    """{% set ns = namespace(n=0) %}{% for i in range(5) %}{% set ns.n = ns.n + i %}{% endfor %}
{{ ns.n }}""",
    "{% filter upper %}a{{ 'b' }}{% endfilter %}{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}",
    "{% set x %}block{% endset %}{{ x }}{% raw %}{{ raw }}{% endraw %}{# comment #}",
    """{% for a, b in {'k': 1}.items() %}{{ a }}{{ b }}
{% if loop.first %}{% continue %}{% endif %}{% endfor %}""",
    "{{ 5 is odd }}{{ 5 is divisibleby(5) }}{{ nothing is defined }}",
    "{{ 'a' in 'abc' and not false }}",
    "{{ 1 if zero else 2 }}{{ 7 // 2 }}{{ 2 ** 5 }}{{ -3|abs }}{{ 3.7|round|int }}",
    "{{ [1,2,3][::-1] }}",
    "{{ {'b': 1, 'a': [1, {'c': 2}]}|tojson(indent=1) }}{{ {'b': 1, 'a': 2}|dictsort }}",
    "{{ users|pprint }}",
    "{{ nothing }}{{ nothing.attribute }}",
    "{{ 'x'|nofilter }}",
    "{% nosuchtag %}",
    "{{ users[0].nothing.more }}",
    "{{ 'a' + 1 }}",
    "{% if x %}",
    "{{ 'unclosed }}",
    "{{ range(3)|sum(start=10) }}{{ [1, 1, 2]|unique|list }}",
    "{{ 'a,b'.split(',')|first|default('d') }}",
    "{% trans count=2 %}one{% pluralize %}{{ count }} many{% endtrans %}",
    "{% do users.append(1) %}{{ users|length }}",
    "{{ '%s and %s'|format(1, 'two') }}{{ 'http://a.example b'|urlize }}{{ {'a': 1}|xmlattr }}",
]


def _users():
    kid = {"name": "<kid>", "age": 5, "kids": []}
    return [{"name": "Ann", "age": 40, "kids": [kid]}, {"name": "Bob", "age": 2}, kid]


def _environment(kind=jinja2.Environment, **options):
    extensions = ["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"]
    made = kind(
        loader=jinja2.ChoiceLoader([jinja2.DictLoader({}), jinja2.DictLoader(TEMPLATES)]),
        extensions=extensions,
        **options,
    )
    made.install_null_translations(newstyle=True)
    return made


def _renders_templates(note, environment):
    context = {"users": _users(), "title": "Title", "zero": 0}
    for name in [*TEMPLATES, "missing.html"]:
        note(lambda name=name: environment.get_template(name).render(context))
    note(lambda: list(environment.get_template("page.html").generate(context)))
    note(lambda: environment.get_template("macros.html").module.field("z"))


def _renders_expressions(note, environment):
    context = {"users": _users(), "title": "Title", "zero": 0}
    for text in EXPRESSIONS:
        note(lambda text=text: environment.from_string(text).render({**context, "users": _users()}))
    note(lambda: environment.compile_expression("a + b * 2")(a=1, b=2))
    note(environment.compile, TEMPLATES["page.html"], "page", raw=True)


def brief() -> list[object]:
    note = Notes()
    _renders_templates(note, _environment(autoescape=True))
    return note.taken


def workload() -> list[object]:
    note = Notes()
    _renders_templates(note, _environment(autoescape=True))
    strict = _environment(undefined=jinja2.StrictUndefined, trim_blocks=True, cache_size=2)
    _renders_templates(note, strict)
    _renders_expressions(note, strict)
    _renders_expressions(note, _environment())
    sandbox = _environment(jinja2.sandbox.SandboxedEnvironment, undefined=jinja2.DebugUndefined)
    for text in (
        "{{ ().__class__.__base__ }}",
        "{{ 'a'.upper() }}{{ range(10 ** 9) }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ users.clear() }}{{ nothing }}",
    ):
        note(lambda text=text: sandbox.from_string(text).render(users=_users()))
    asynchronous = _environment(enable_async=True)
    note(lambda: asyncio.run(asynchronous.get_template("page.html").render_async(users=_users())))
    parsed = note(asynchronous.parse, TEMPLATES["page.html"])
    note(jinja2.meta.find_undeclared_variables, parsed)
    note(lambda: list(jinja2.meta.find_referenced_templates(parsed)))
    note(lambda: list(asynchronous.lex("a {{ b|c(1, 'x') }} {% if d %}\n{# e #}{% endif %}")))
    lines = jinja2.Environment(line_statement_prefix="#", line_comment_prefix="##")
    note(lambda: lines.from_string("# for x in [1, 2]:\n{{ x }} ## no\n# endfor").render())
    native = note(lambda: __import__("jinja2.nativetypes").nativetypes.NativeEnvironment())
    note(lambda: native.from_string("{{ [1] + x }}").render(x=[2]))
    return note.taken
