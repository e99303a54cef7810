"""Makes C++ from storage/sql/*.sql and storage/migrations: named queries with positions, and the embedded migrations.

  queries.py queries NAMESPACE HEADER SOURCE FILE.sql ...
  queries.py migrations NAMESPACE SOURCE FOLDER        (FOLDER/sqlite and FOLDER/postgres)

Refuses what would only fail at run time: a name twice, one form of two, `select *`, positions written by hand, a number used twice.
"""
import pathlib
import re
import sys

DIALECTS = ("sqlite", "postgres")
NAME = re.compile(r"^--\s*name:\s*([a-z][a-z0-9_]*)\s*(?:\[(sqlite|postgres)\])?\s*$")
TOKEN = re.compile(
    r"(?P<text>'(?:[^']|'')*')|(?P<quoted>\"[^\"]*\")|(?P<comment>--[^\n]*)|(?P<cast>::)|:(?P<param>[a-z][a-z0-9_]*)|(?P<byhand>[$?][0-9]+)"
)
STAR = re.compile(r"(?:\bselect\s+(?:distinct\s+)?|\breturning\s+|,\s*|\.)\*", re.I)


def fail(where, what):
    sys.exit(f"{where}: {what}")


def positions(sql, mark, where):
    """SQL with :name replaced by positions, and the names in order of position."""
    names = []

    def put(match):
        if match["byhand"]:
            fail(where, f"{match['byhand']}: write :name, positions are made here")
        if match["comment"]:
            return ""
        if match["param"]:
            if match["param"] not in names:
                names.append(match["param"])
            return f"{mark}{names.index(match['param']) + 1}"
        return match[0]

    out = TOKEN.sub(put, sql)
    out = " ".join(line.strip() for line in out.splitlines() if line.strip())
    return out.rstrip("; "), names


def read_queries(files):
    queries = {}
    for file in files:
        current = None
        for number, line in enumerate(pathlib.Path(file).read_text(encoding="utf-8").splitlines(), 1):
            where = f"{file}:{number}"
            found = NAME.match(line)
            if found:
                name, dialect = found.groups()
                forms = queries.setdefault(name, {})
                if None in forms or dialect in forms or (dialect is None and forms):
                    fail(where, f"query {name} stands here a second time")
                current = forms[dialect] = {"where": where, "lines": []}
            elif line.strip().startswith("-- name"):
                fail(where, "write `-- name: word` or `-- name: word [sqlite]` or `[postgres]`")
            elif current is not None:
                current["lines"].append(line)
            elif line.strip() and not line.startswith("--"):
                fail(where, "SQL before the first `-- name:`")
    for name, forms in queries.items():
        for form in forms.values():
            form["sql"] = "\n".join(form["lines"]).strip()
            bare = TOKEN.sub(lambda m: "" if m["comment"] else ("''" if m["text"] else m[0]), form["sql"])
            if not bare.strip(" \n;"):
                fail(form["where"], f"query {name} is empty")
            if STAR.search(bare):
                fail(form["where"], f"query {name}: list the columns instead of *")
            if ";" in bare.rstrip().rstrip(";"):
                fail(form["where"], f"query {name}: one statement only")
        if None not in forms and set(forms) != set(DIALECTS):
            fail(next(iter(forms.values()))["where"], f"query {name} has one of its two forms only")
    return dict(sorted(queries.items()))


def literal(text):
    """A C++ string literal, cut so that no compiler complains of its length."""
    data = text.encode("utf-8")
    pieces = []
    for at in range(0, max(len(data), 1), 4000):
        piece = data[at : at + 4000]
        out = ""
        for byte in piece:
            char = chr(byte)
            if char in '"\\':
                out += "\\" + char
            elif char == "\n":
                out += "\\n"
            elif 32 <= byte < 127:
                out += char
            else:
                out += f"\\{byte:03o}"
        pieces.append(f'"{out}"')
    return "\n    ".join(pieces)


def write(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    path.touch()


def queries(namespace, header, source, *files):
    found = read_queries(files)
    h = ["// Generated from *.sql by queries.py.", "#pragma once", '#include "storage/query.h"', f"namespace {namespace} {{"]
    c = ["// Generated from *.sql by queries.py.", f'#include "{"/".join(pathlib.Path(header).parts[-2:])}"', f"namespace {namespace} {{"]
    for name, forms in found.items():
        h.append(f"extern const Query {name};")
        made = []
        for dialect, mark in zip(DIALECTS, "?$"):
            form = forms.get(dialect) or forms[None]
            sql, names = positions(form["sql"], mark, form["where"])
            array = f"{name}_{dialect}_"
            if names:
                c.append(f"static constexpr std::string_view {array}[] = {{{', '.join(chr(34) + n + chr(34) for n in names)}}};")
            made.append(f"{{{literal(sql)}, {array if names else '{}'}}}")
        c.append(f'const Query {name}{{"{name}", {made[0]}, {made[1]}}};')
    h.append("extern const std::span<const Query* const> every_query;")
    c.append(f"static const Query* const every_[] = {{{', '.join('&' + n for n in found)}{', ' if found else ''}nullptr}};")
    c.append(f"const std::span<const Query* const> every_query{{every_, {len(found)}}};")
    write(header, "\n".join(h) + f"\n}}  // namespace {namespace}\n")
    write(source, "\n".join(c) + f"\n}}  // namespace {namespace}\n")


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def migrations(namespace, source, folder):
    c = ["// Generated from migrations/*/*.sql by queries.py.", '#include "storage/migrations.h"', f"namespace {namespace} {{"]
    names = {}
    for dialect in DIALECTS:
        files = sorted((pathlib.Path(folder) / dialect).glob("*.sql"))
        names[dialect] = [f.stem for f in files]
        c.append(f"static constexpr quanji::storage::Migration {dialect}_[] = {{")
        last = 0
        for file in files:
            if not re.fullmatch(r"[0-9]{4}_[a-z0-9_]+", file.stem) or int(file.stem[:4]) <= last:
                fail(file, "expected NNNN_words.sql with a number of its own")
            last = number = int(file.stem[:4])
            data = file.read_bytes()
            text = data.decode("utf-8")
            least = re.search(r"^--\s*min_binary:\s*([0-9]+)\s*$", text, re.M)
            alone = re.search(r"^--\s*transaction:\s*none\s*$", text, re.M)
            if alone and dialect == "sqlite":
                fail(file, "SQLite migrations run in a transaction, always")
            if least and int(least[1]) > number:
                fail(file, "min_binary is larger than the number of the migration")
            c.append(
                f'  {{{number}, "{file.stem}", {least[1] if least else 0}, {"false" if alone else "true"}, {fnv(data)}ULL,\n    {literal(text)}}},'
            )
        c.append("};")
    if names["sqlite"] != names["postgres"]:
        fail(folder, f"the two databases have different migrations: {sorted(set(names['sqlite']) ^ set(names['postgres']))}")
    c.append("const quanji::storage::Migrations& shipped_migrations() {")
    c.append("  static constexpr quanji::storage::Migrations all{sqlite_, postgres_};\n  return all;\n}")
    write(source, "\n".join(c) + f"\n}}  // namespace {namespace}\n")


if __name__ == "__main__":
    {"queries": queries, "migrations": migrations}[sys.argv[1]](*sys.argv[2:])
