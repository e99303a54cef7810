#!/usr/bin/python3
"""decimal_oracle SEED COUNT: what Python's decimal module answers, one case a line, for decimal_test.cpp.

    operation<TAB>argument...<TAB>answer        "-" is no answer (a result that 38 digits or the exponents -76 to 76 cannot hold exactly)

The context of 38 digits that traps everything inexact is the type's rule; quotients come from a much longer division rounded "05up", which
keeps the last rounding honest."""
import decimal
import random
import sys
from decimal import Decimal

DIGITS, EXPONENT = 38, 76
EXACT = decimal.Context(prec=DIGITS, Emin=-EXPONENT + DIGITS - 1, Emax=EXPONENT + DIGITS - 1, clamp=1,
                        traps=[decimal.Inexact, decimal.Overflow, decimal.InvalidOperation])
LONG = decimal.Context(prec=400, Emin=-9999, Emax=9999, rounding=decimal.ROUND_05UP, traps=[decimal.InvalidOperation])
ROUNDINGS = {"half_up": decimal.ROUND_HALF_UP, "half_even": decimal.ROUND_HALF_EVEN, "down": decimal.ROUND_DOWN,
             "up": decimal.ROUND_UP, "floor": decimal.ROUND_FLOOR, "ceiling": decimal.ROUND_CEILING}


def fits(value):
    sign, digits, exponent = value.as_tuple()
    return len(digits) <= DIGITS and -EXPONENT <= exponent <= EXPONENT


def text(value):
    return str(value.copy_abs() if not value else value)  # there is no negative zero here


def exact(operation, a, b):
    try:
        return text(getattr(EXACT, operation)(a, b))
    except decimal.DecimalException:
        return "-"


def quantized(value, places, rounding):
    if not -EXPONENT <= places <= EXPONENT:
        return "-"
    answer = value.quantize(Decimal(1).scaleb(-places, context=LONG), rounding=ROUNDINGS[rounding], context=LONG)
    return text(answer) if fits(answer) else "-"


def number(chance):
    digits = chance.choice([1, 2, 5, 9, 18, 19, 20, 37, 38, chance.randint(1, 38)])
    units = chance.choice([
        lambda: chance.randrange(10 ** digits),
        lambda: 10 ** digits - 1,
        lambda: 10 ** (digits - 1),
        lambda: chance.randrange(1, 1000) * 10 ** chance.randrange(digits) % 10 ** DIGITS,
        lambda: int("5" + "0" * (digits - 1)),
        lambda: 2 ** chance.choice([31, 53, 63, 64, 126]) + chance.randint(-1, 1) if digits > 30 else chance.randrange(100),
        lambda: 0 if chance.random() < 0.3 else chance.randrange(10),
    ])()
    exponent = chance.choice([0, -2, -4, chance.randint(-8, 8), chance.randint(-8, 8), chance.randint(-EXPONENT, EXPONENT), -EXPONENT, EXPONENT])
    return Decimal((chance.randint(0, 1) if units else 0, tuple(map(int, str(units))), exponent))


def whole(value):
    if value != value.to_integral_value(context=LONG):
        return "-"
    answer = int(value)
    return str(answer) if -2 ** 63 <= answer < 2 ** 63 else "-"


def spelled(chance, value):
    """The same number as somebody else might write it."""
    sign, digits, exponent = value.as_tuple()
    form = chance.randrange(4)
    digits = "".join(map(str, digits))
    mark = "-" if sign else chance.choice(["", "+"])
    if form == 0:
        return f"{mark}{digits}{chance.choice('eE')}{exponent:+d}"
    if form == 1:
        at = chance.randrange(len(digits) + 1)
        return f"{mark}{digits[:at]}.{digits[at:]}e{exponent + len(digits) - at}"
    if form == 2:
        return mark + "0" * chance.randrange(50) + format(value.copy_abs(), "f") if exponent <= 0 else str(value)
    return str(value)


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(seed)
    decimal.setcontext(LONG)

    def say(*words):
        print(*words, sep="\t")

    for _ in range(count):
        a, b = number(chance), number(chance)
        if chance.random() < 0.2:
            b = a.copy_negate() if chance.random() < 0.5 else Decimal((a.as_tuple().sign, a.as_tuple().digits, max(-EXPONENT, a.as_tuple().exponent - chance.randint(0, 3))))
            b = b if b else b.copy_abs()
        ta, tb = text(a), text(b)
        places = chance.choice([0, 1, 2, 4, 10, chance.randint(-5, 40), chance.randint(-80, 80)])
        rounding = chance.choice(list(ROUNDINGS))
        say("parse", spelled(chance, a), ta)
        say("plain", ta, "0" if not a and a.as_tuple().exponent > 0 else format(a, "f"))
        say("whole", ta, whole(a))
        say("add", ta, tb, exact("add", a, b))
        say("subtract", ta, tb, exact("subtract", a, b))
        say("multiply", ta, tb, exact("multiply", a, b))
        say("compare", ta, tb, str(int(a.compare(b))))
        say("equal_hash", ta, tb, "same" if a == b else "differ")
        say("round", ta, str(places), rounding, quantized(a, places, rounding))
        say("divide", ta, tb, str(places), rounding, quantized(LONG.divide(a, b), places, rounding) if b else "-")
        say("double", ta, repr(float(a)))


if __name__ == "__main__":
    main()
