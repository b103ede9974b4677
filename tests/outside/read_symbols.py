"""Reads every symbol in pictures: `python3 read_symbols.py FILE...`, each a PGM file (P5, 255).

A line for each picture: the symbols as a scanner sends them, identifier and content, in hexadecimal, with blanks
between.
"""

import sys

import zxingcpp

for name in sys.argv[1:]:
    with open(name, "rb") as file:
        file.readline()
        width, height = map(int, file.readline().split())
        file.readline()
        pixels = file.read()
    picture = memoryview(pixels).cast("B", shape=[height, width])
    found = zxingcpp.read_barcodes(picture)
    print(" ".join((one.symbology_identifier.encode() + one.bytes).hex() for one in found))
