"""Parsing, grouping, splitting and formatting of SQL, good and bad."""

from __future__ import annotations

import sqlparse
from observed import Notes
from sqlparse import keywords, sql, tokens
from sqlparse.lexer import Lexer

PACKAGES = ["sqlparse"]

STATEMENTS = [
    "select a.x as y, count(*) c, (select 1) from tab a left join b on a.id = b.id "
    "where a.x > 3 and (b.y in (1, 2) or c between 1 and 2) group by 1 order by a.x desc limit 3;",
    "insert into t (a, b) values (1, 'it''s'), (2, \"q\"); -- comment\nupdate t set a = a + 1;",
    "create or replace function f(a int) returns int as "
    "$$ begin if a then return 1; end if; end; $$ language x;",
    "with x as (select 1 union all select 2) "
    "select case when a then 'b' else c end from x; /* end */",
    "CREATE TABLE foo (id integer primary key, t varchar(20) NOT NULL DEFAULT 'x', arr int[]);",
    "select * from foo where a::date = '2020-01-01' and j->>'k' like '%x' and b is not null",
    "begin; declare @x int; for i in 1..3 loop select i; end loop; commit;",
    "select 'unclosed from",
    "))) select (((",
    "",
    "select coalesce(a, max(b) over (partition by c order by d rows 3)) "
    "from `q`.[z], u cross join v",
]

OPTIONS = [
    {},
    {"reindent": True, "keyword_case": "upper", "identifier_case": "capitalize"},
    {"reindent": True, "comma_first": True, "wrap_after": 20, "indent_columns": True},
    {"reindent_aligned": True, "strip_comments": True},
    {"strip_whitespace": True, "use_space_around_operators": True, "truncate_strings": 3},
    {"output_format": "python", "reindent": True, "indent_tabs": True},
    {"output_format": "php", "right_margin": 10},
    {"keyword_case": "sideways"},
    {"indent_width": "x"},
    {"truncate_strings": 0},
    {"unknown": 1},
]


def _tree(token, depth=0):
    yield depth, type(token).__name__, str(token.ttype), token.value[:20]
    if token.is_group:
        for inner in token.tokens:
            yield from _tree(inner, depth + 1)


def _identifiers(statement):
    for token in statement.flatten():
        parent = token.parent
        if isinstance(parent, sql.Identifier):
            yield (
                parent.get_name(),
                parent.get_alias(),
                parent.get_parent_name(),
                parent.get_real_name(),
                parent.has_alias(),
                token.within(sql.Where),
            )


def brief() -> list[object]:
    note = Notes()
    note(lambda: list(_tree(sqlparse.parse(STATEMENTS[9])[0])))
    note(sqlparse.format, STATEMENTS[5], reindent=True, keyword_case="upper")
    note(sqlparse.split, STATEMENTS[1])
    return note.taken


def workload() -> list[object]:
    note = Notes()
    for text in STATEMENTS[:6]:
        for statement in note(sqlparse.parse, text):
            note(lambda statement=statement: list(_tree(statement)))
            note(statement.get_type)
            note(lambda statement=statement: sorted(set(_identifiers(statement)), key=repr))
            note(statement.token_next_by, i=sql.Where, m=(tokens.Keyword, "FROM"))
    for number, options in enumerate(OPTIONS):
        note(sqlparse.format, STATEMENTS[number], **options)
    note(lambda: [sqlparse.split(text, strip_semicolon=True) for text in STATEMENTS])
    note(sqlparse.parse, 5)
    note(sqlparse.parse, b"select \xff", encoding="utf-8")
    note(sqlparse.format, "(" * 120 + ")" * 120, reindent=True)
    lexer = Lexer()
    lexer.clear()
    note(lambda: list(lexer.get_tokens("select 1")))
    lexer.set_SQL_REGEX(keywords.SQL_REGEX)
    lexer.add_keywords({"SELECT": tokens.Keyword.Mine})
    note(lambda: list(lexer.get_tokens("select 1")))
    note(lambda: tokens.Keyword.DML in tokens.Keyword)
    note(lambda: tokens.Literal.String.Single.split())
    statement = sqlparse.parse(STATEMENTS[0])[0]
    note(lambda: statement.tokens[0].match(tokens.DML, "sel.*", regex=True))
    note(statement.insert_before, 0, sql.Token(tokens.Whitespace, "  "))
    note(statement.token_index, sql.Token(tokens.Whitespace, " "))
    note(lambda: str(statement)[:30])
    return note.taken
