"""Follows the record chain in a file of `vidimus audit export`, as ARCHITECTURE.md says: python3 check.py FILE [HEAD]"""
import hashlib, json, sys

def net(value):
    data = str(value).encode()
    return b"-" if value is None else b"%d:%s," % (len(data), data)

def signed_by(record):  # which records a signature says it was given for
    act = json.loads(record["body"])["Signed"]
    of = act["of"].get("act") or dict.fromkeys(("first", "last"), act["of"]["record"]["seq"])
    return {(seq, record["actor"], act["meaning"]) for seq in range(of["first"], min(of["last"] + 1, record["seq"]))}

asked = sys.argv[2] if len(sys.argv) > 2 else None
chain, last, end, found, signed = bytes(32), 0, None, asked is None, {}
try:
    for line in map(json.loads, open(sys.argv[1], "rb")):
        if end or "end" in line:
            end = line if end is None else {"end": "not the end"}
            continue
        text = net(line["utc_ms"])
        for record in line["records"]:
            if record["seq"] != last + 1:
                sys.exit(f"BROKEN: record {last + 1} is missing, the next one is {record['seq']}.")
            last += 1
            text += b"".join(net(record[key]) for key in "seq at_ns point actor reason template body".split())
            for on in record.get("signed", ()):
                signed.setdefault(on["record"], set()).add((last, on["by"], on["meaning"]))
            if record["body"].startswith('{"Signed":') and signed.pop(last, set()) != signed_by(record):
                sys.exit(f"BROKEN: record {last} signs other records than those that name it.")
        chain = hashlib.sha256(chain + text).digest()
        if chain.hex() != line["hash"]:
            sys.exit(f"BROKEN: the commit that ends with record {last} is not what was committed.")
        found = found or line["hash"] == asked
except (KeyError, TypeError, ValueError, AttributeError) as error:
    sys.exit(f"BROKEN: what stands after record {last} is not what was written ({error!r}).")
if signed or not end or (end["end"], end.get("head")) != (last, chain.hex()):
    sys.exit(f"BROKEN: the tail is cut after record {last}.")
if not found:
    sys.exit(f"BROKEN: no commit up to record {last} has the head {asked}: the tail is cut.")
print(last, chain.hex())
