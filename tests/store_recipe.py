"""The published recipe of the record chain, with Python's own SQLite, zlib and SHA-256: python3 store_recipe.py vidimus.db

Prints the number of commits and the head, or says at which record the chain breaks and ends with 1.
"""

import hashlib
import sqlite3
import sys
import zlib


def nets(data):
    """The values of netstrings, one after the other; None for what is absent."""
    at = 0
    while at < len(data):
        if data[at : at + 1] == b"-":
            at += 1
            yield None
            continue
        colon = data.index(b":", at)
        at = colon + 1 + int(data[at:colon])
        if data[at : at + 1] != b",":
            sys.exit("a text is not made of netstrings")
        yield data[colon + 1 : at]
        at += 1


def main(path):
    database = sqlite3.connect(path)
    stretches = database.execute(
        "SELECT last_seq, hash, body FROM blocks"
        " UNION ALL SELECT last_seq, hash, CAST(text AS BLOB) FROM commits ORDER BY last_seq"
    )
    blocks = {row[0] for row in database.execute("SELECT last_seq FROM blocks")}
    head, after, count = bytes(32), 0, 0
    for last_seq, wanted, body in stretches:
        texts = list(nets(zlib.decompress(body))) if last_seq in blocks else [body]
        for text in texts:
            records = list(nets(text))[1:]
            seqs = [int(seq) for seq in records[::7]]
            if seqs != list(range(after + 1, after + 1 + len(seqs))):
                sys.exit(f"records are missing after {after}")
            head, after, count = hashlib.sha256(head + text).digest(), after + len(seqs), count + 1
        if head != wanted or after != last_seq:
            sys.exit(f"the chain breaks before record {last_seq} ends")
    if database.execute("SELECT last_seq, hash FROM head").fetchall() != [(after, head)]:
        sys.exit(f"the history is cut after record {after}")
    print(count, head.hex())


main(sys.argv[1])
