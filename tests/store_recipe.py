"""The published recipe of the record chain, with Python's own SQLite and SHA-256: python3 store_recipe.py vidimus.db

Prints the number of commits and the head, or says at which record the chain breaks and ends with 1.
"""

import hashlib
import sqlite3
import sys


def net(value):
    if value is None:
        return b"-"
    text = str(value).encode()
    return str(len(text)).encode() + b":" + text + b","


def main(path):
    database = sqlite3.connect(path)
    head, after, count = bytes(32), 0, 0
    commits = database.execute("SELECT last_seq, utc_ms, hash FROM commits ORDER BY last_seq")
    for last_seq, utc_ms, wanted in commits.fetchall():
        text = head + net(utc_ms)
        rows = database.execute(
            "SELECT seq, at_ns, point, actor, reason, template, body FROM trail"
            " WHERE seq > ? AND seq <= ? ORDER BY seq",
            (after, last_seq),
        ).fetchall()
        if [row[0] for row in rows] != list(range(after + 1, last_seq + 1)):
            sys.exit(f"records are missing between {after + 1} and {last_seq}")
        text += b"".join(net(value) for row in rows for value in row)
        head = hashlib.sha256(text).digest()
        if head != wanted:
            sys.exit(f"the chain breaks between records {after + 1} and {last_seq}")
        after, count = last_seq, count + 1
    print(count, head.hex())


main(sys.argv[1])
