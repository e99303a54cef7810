#!/usr/bin/python3
"""record_corpus.py [FOLDER]: writes the first inputs of the targets dbf and fixed_width into FOLDER (fuzz/corpus). Made from nothing but
this program: small files with the quirks of real ones."""
import json
import os
import struct
import sys


def dbf(fields, records, version=3, behind=b"", end=b"\x1a", said=None, flags=0):
    """fields: (name, type, width, places); records: bytes with their flag."""
    head = b"".join(n.encode("gb18030")[:11].ljust(11, b"\0") + t.encode() + bytes(4) + bytes([w & 255, p if w < 256 else w >> 8, flags]) + bytes(13)
                    for n, t, w, p in fields) + b"\x0d" + behind
    length = 1 + sum(w for _, _, w, _ in fields)
    return struct.pack("<BBBBIHH", version, 8, 3, 17, len(records) if said is None else said, 32 + len(head), length) + bytes(20) + head + b"".join(records) + end


def row(fields, cells, flag=" "):
    out = flag.encode()
    for (_, t, w, _), cell in zip(fields, cells):
        data = cell if isinstance(cell, bytes) else cell.encode("gb18030")
        out += data.rjust(w) if t in "NF" else data.ljust(w)
    return out


QUOTES = [("S1", "C", 6, 0), ("S2", "C", 8, 0), ("S3", "N", 8, 3), ("S11", "N", 10, 0), ("DAY", "D", 8, 0), ("OK", "L", 1, 0)]
FOX = [("I", "I", 4, 0), ("B", "B", 8, 2), ("Y", "Y", 8, 4), ("T", "T", 8, 0), ("V", "V", 6, 0), ("_NullFlags", "0", 1, 0)]


def dbf_inputs():
    quotes = [row(QUOTES, ["000000", "113226", "-.---", "20170420", "20170420", "?"], "*"),
              row(QUOTES, ["600000", "浦发银行", "12.340", "1200", "       0", "T"]),
              row(QUOTES, ["600001", "東方", "", b"0\0".rjust(10), "", "F"])]
    fox = [b" " + struct.pack("<idqii", -5, 2.5, 12345, 2440589, 1500) + b"ab\0\0\0\x02" + b"\x01",
           b" " + struct.pack("<idqii", 7, 0.1, -1, 0, 0) + b"abcdef" + b"\x02"]
    yield "quotes", 2, dbf(QUOTES, quotes)
    yield "counted", 2 | 8 | 16, dbf(QUOTES, quotes + [row(QUOTES, ["600002", b"ABCDEFG\xc9", "1a", "***", "20260230", "1"])], end=b"")
    yield "as_text", 2 | 4, dbf(QUOTES, quotes)
    yield "foxpro", 2 | 16, dbf(FOX, fox, version=0x30, behind=bytes(263), flags=2)
    yield "utf8", 0, dbf([("N", "C", 18, 0)], [row([("N", "C", 18, 0)], ["浦发银行".encode()])])
    yield "long_text", 2, dbf([("A", "C", 300, 0)], [b" " + b"x" * 300])
    yield "incomplete", 2, dbf(QUOTES, quotes)[:-40]
    yield "lying_count", 2, dbf(QUOTES, quotes, said=2 ** 31)
    yield "wide_numbers", 2, dbf([("N", "N", 30, 12), ("F", "F", 20, 0)], [row([("N", "N", 30, 12), ("F", "F", 20, 0)], ["-12345678901234567.890123456789", "1.5E+10"])])


LAYOUT = {"separator": "|", "records": [
    {"name": "H", "role": "header", "begins": "HEADER", "countField": "n", "bytesField": "b", "columns": [
        {"name": "h", "width": 6}, {"name": "b", "width": 6, "type": "integer"}, {"name": "n", "width": 3, "type": "integer"},
        {"name": "at", "width": 21, "type": "datetime", "format": "%Y%m%d-%H:%M:%S.%3f"}]},
    {"name": "R", "begins": "MD", "columns": [
        {"name": "type", "width": 5}, {"name": "name", "width": 8}, {"name": "last", "width": 9, "type": "decimal", "places": 3},
        {"name": "m", "width": 7, "type": "scaled", "places": 2, "pad": "0"}, {"name": "d", "width": 8, "type": "date"},
        {"name": "ok", "width": 1, "type": "boolean"}]},
    {"name": "T", "role": "trailer", "begins": "TRAILER", "checksumField": "c", "columns": [{"name": "t", "width": 7}, {"name": "c", "width": 3, "type": "integer"}]}]}


def market(rows):
    body = b"".join(rows)
    text = b"HEADER|" + str(len(body)).rjust(6).encode() + b"|" + str(len(rows)).rjust(3).encode() + b"|20221208-15:01:45.351\n" + body + b"TRAILER|"
    return text + f"{sum(text) % 256:03}\n".encode()


def fixed_inputs():
    rows = [b"MD002|" + "東方".encode("gbk").ljust(8) + b"|   12.340|0012345|20260228|Y\n", b"MD002|        |    -.---|       |        | \n"]
    plain = {"ending": "none", "records": [{"name": "R", "length": 20, "columns": [
        {"name": "a", "start": 2, "width": 4, "charset": "utf-16le"}, {"name": "t", "start": 8, "width": 6, "type": "time"}, {"name": "g", "width": 3, "type": "filler"}]}]}
    free = {"separator": "|", "ending": "any", "records": [{"name": "R", "columns": [{"name": "a", "width": 0}, {"name": "n", "width": 0, "type": "integer"}]}]}
    yield "market", 0, LAYOUT, market(rows)
    yield "counted", 3, LAYOUT, market([rows[0].replace(b"12.340", b"12x340").replace(b"0228", b"0230"), rows[1]])
    yield "cut", 0, LAYOUT, market(rows)[:-60]
    yield "no_ends", 0, plain, b"..\x0aN\x00\x7c..093000...    " * 2
    yield "open", 0, free, "東|12\r\nx|\n".encode("gbk")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
    for target in ("dbf", "fixed_width"):
        os.makedirs(os.path.join(folder, target), exist_ok=True)
    for name, choices, data in dbf_inputs():
        with open(os.path.join(folder, "dbf", name), "wb") as f:
            f.write(bytes([choices]) + data)
    for name, choices, layout, data in fixed_inputs():
        with open(os.path.join(folder, "fixed_width", name), "wb") as f:
            f.write(bytes([choices]) + json.dumps(layout).encode() + b"\0" + data)


if __name__ == "__main__":
    main()
