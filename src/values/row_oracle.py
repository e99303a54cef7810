#!/usr/bin/python3
"""row_oracle SEED COUNT: row expressions over a generated table, answered row by row by Python and its decimal; for row_expression_test.cpp.

    row<TAB>n<TAB>m<TAB>d<TAB>e<TAB>t<TAB>b             the table: integers, decimals, texts, booleans; "-" is nothing
    case<TAB>expression<TAB>answer...                  one answer a row; "-" nothing, "!" a bad value

Nothing goes through arithmetic, comparisons with it are false: the three values are the oracle's own, numbers and texts are Python's."""
import decimal
import random
import sys
from decimal import Decimal

EXACT = decimal.Context(prec=38, Emin=-39, Emax=113, clamp=1, traps=[decimal.Inexact, decimal.Overflow, decimal.InvalidOperation])
SHORT = decimal.Context(prec=28, rounding=decimal.ROUND_HALF_UP, traps=[decimal.DivisionByZero, decimal.InvalidOperation])
CUT = decimal.Context(prec=38, traps=[decimal.DivisionByZero, decimal.InvalidOperation])


class Bad(Exception):
    pass


def settle(value):
    """Integers beyond 64 bits are decimals; there is no negative zero."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return value
    if isinstance(value, int):
        if -2 ** 63 <= value < 2 ** 63:
            return value
        value = Decimal(value)
    if len(value.as_tuple().digits) > 38:
        raise Bad
    return value if value else value.copy_abs()


def arithmetic(op, a, b):
    if a is None or b is None:
        return None
    whole = isinstance(a, int) and isinstance(b, int)
    try:
        if op in ("/", "//", "%") and not b:
            raise Bad
        if whole and op != "/":
            return settle({"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "//": a.__floordiv__, "%": a.__mod__}[op](b))
        a, b = Decimal(a), Decimal(b)
        if op == "/":
            try:
                return settle(EXACT.divide(a, b))
            except decimal.Inexact:
                return settle(SHORT.divide(a, b))
        if op in ("//", "%"):
            # Rounded down like integers, where Python's Decimal cuts towards zero.
            whole = CUT.divide_int(a, b)
            if CUT.remainder(a, b) and (a < 0) != (b < 0):
                whole = EXACT.subtract(whole, 1)
            if op == "%":
                return settle(EXACT.subtract(a, EXACT.multiply(whole, b)))
            return settle(whole)
        return settle({"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[op](a, b))
    except decimal.DecimalException:
        raise Bad from None


def compare(op, a, b):
    if a is None or b is None:
        return False
    if (isinstance(a, str)) != (isinstance(b, str)):
        return op == "!="
    return {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


class Maker:
    """Each rule answers the text of an expression and a function of a row."""

    def __init__(self, chance):
        self.chance = chance

    def number(self, depth):
        c = self.chance
        kind = c.randrange(10) if depth else c.randrange(2)
        if kind == 0:
            text = c.choice(["0", "1", "7", "3", "0.5", "1.20", "100", "2.000", "123456789012"])
            value = Decimal(text) if "." in text else int(text)
            return text, lambda row: value
        if kind <= 2:
            name = c.choice("nmde")
            return name, lambda row: row[name]
        if kind <= 5:
            (ta, a), (tb, b) = self.number(depth - 1), self.number(depth - 1)
            op = c.choice(["+", "-", "*", "/", "//", "%", "+", "*"])
            return f"({ta} {op} {tb})", lambda row: arithmetic(op, a(row), b(row))
        if kind == 6:
            (ta, a), (tb, b), (tc, k) = self.number(depth - 1), self.number(depth - 1), self.condition(depth - 1)
            return f"({ta} if {tc} else {tb})", lambda row: a(row) if k(row) else b(row)
        if kind == 7:
            ta, a = self.number(depth - 1)
            places = c.randrange(0, 5)
            mode = c.choice(["half_up", "half_even", "down", "up", "floor", "ceiling"])

            def rounded(row):
                value = a(row)
                if value is None or isinstance(value, int):
                    return value
                try:
                    return settle(value.quantize(Decimal(1).scaleb(-places), rounding="ROUND_" + mode.upper(), context=CUT))
                except decimal.DecimalException:
                    raise Bad from None
            return f'round({ta}, {places}, mode="{mode}")', rounded
        if kind == 8:
            (ta, a), (tb, b) = self.number(depth - 1), self.number(depth - 1)

            def first(row):
                x, y = a(row), b(row)
                return y if x is None else x
            return f"coalesce({ta}, {tb})", first
        ta, a = self.text(depth - 1)
        return f"len({ta})", lambda row: None if a(row) is None else len(a(row))

    def text(self, depth):
        c = self.chance
        kind = c.randrange(5) if depth else c.randrange(2)
        if kind == 0:
            text = c.choice(["", "JY00", "金额", "a"])
            return f'"{text}"', lambda row: text
        if kind == 1:
            return "t", lambda row: row["t"]
        ta, a = self.text(depth - 1)
        if kind == 2:
            tb, b = self.text(depth - 1)
            return f"({ta} + {tb})", lambda row: None if a(row) is None or b(row) is None else a(row) + b(row)
        if kind == 3:
            x, y = c.choice([None, -3, -1, 0, 1, 2]), c.choice([None, -2, -1, 0, 1, 3, 9])
            said = f"{'' if x is None else x}:{'' if y is None else y}"
            return f"{ta}[{said}]", lambda row: None if a(row) is None else a(row)[x:y]
        return f'replace({ta}, "J", "金")', lambda row: None if a(row) is None else a(row).replace("J", "金")

    def condition(self, depth):
        c = self.chance
        kind = c.randrange(8) if depth else c.randrange(3)
        if kind == 0:
            return "(b == True)", lambda row: bool(row["b"])
        if kind == 1:
            (ta, a), (tb, b) = self.text(0), c.choice([self.text, self.number])(0)
            op = c.choice(["==", "!="])
            return f"({ta} {op} {tb})", lambda row: compare(op, a(row), b(row))
        if kind == 2:
            name = c.choice("nmdetb")
            flip = c.random() < 0.5
            return f"({name} is {'not ' if flip else ''}None)", lambda row: (row[name] is None) != flip
        if kind in (3, 4):
            parts = [self.number(depth - 1) for _ in range(c.choice([2, 2, 3]))]
            ops = [c.choice(["==", "!=", "<", "<=", ">", ">="]) for _ in parts[1:]]

            def chained(row):
                left = parts[0][1](row)
                for op, (_, part) in zip(ops, parts[1:]):
                    right = part(row)
                    if not compare(op, left, right):
                        return False
                    left = right
                return True
            return "(" + parts[0][0] + "".join(f" {op} {part[0]}" for op, part in zip(ops, parts[1:])) + ")", chained
        if kind == 5:
            ta, a = self.condition(depth - 1)
            return f"(not {ta})", lambda row: not a(row)
        if kind == 6:
            (ta, a), (tb, b) = self.condition(depth - 1), self.condition(depth - 1)
            if c.random() < 0.5:
                return f"({ta} and {tb})", lambda row: a(row) and b(row)
            return f"({ta} or {tb})", lambda row: a(row) or b(row)
        ta, a = self.number(depth - 1)
        items = [self.number(0) for _ in range(c.randrange(1, 4))]
        flip = c.random() < 0.5

        def member(row):
            value = a(row)
            return value is not None and any(compare("==", value, item(row)) for _, item in items) != flip
        return f"({ta} {'not ' if flip else ''}in ({', '.join(t for t, _ in items)},))", member


def shown(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return "0" if not value and value.as_tuple().exponent > 0 else format(value, "f")
    return str(value)


def main():
    chance = random.Random(int(sys.argv[1]))

    def number(exponent):
        digits = chance.choice([1, 3, 6, 9, 18])
        units = chance.choice([0, chance.randrange(10 ** digits), -chance.randrange(10 ** digits)])
        return Decimal(units).scaleb(exponent)
    rows = []
    for _ in range(16):
        row = {"n": chance.randint(-9, 9), "m": chance.choice([2 ** 63 - 1, -2 ** 63, chance.randint(-10 ** 6, 10 ** 6)]), "d": settle(number(-2)),
               "e": settle(number(chance.choice([-1, -2, -6]))), "t": chance.choice(["", "JY00", "JY01", "金额合计", "a b"]), "b": chance.random() < 0.5}
        rows.append({name: None if chance.random() < 0.15 else value for name, value in row.items()})
    for row in rows:
        print("row", *[shown(value) for value in row.values()], sep="\t")
    maker = Maker(chance)
    for _ in range(int(sys.argv[2])):
        text, work = chance.choice([maker.number, maker.number, maker.text, maker.condition])(3)
        answers = []
        for row in rows:
            try:
                answers.append(shown(work(row)))
            except Bad:
                answers.append("!")
        print("case", text, *answers, sep="\t")


if __name__ == "__main__":
    main()
