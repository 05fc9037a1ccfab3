"""Writes a disk image as Mac OS X's Disk Utility does: UDIF, "dmg", compressed with zlib. Made from what is publicly
known of the format, and checked with qemu-img."""

import base64
import struct
import sys
import zlib

SECTOR, CHUNK = 512, 2048  # bytes; sectors of a piece
ZLIB, ZEROES, END = 0x80000005, 2, 0xffffffff
NO_CHECKSUM = bytes(136)
PLIST = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>resource-fork</key>
<dict>
<key>blkx</key>
<array>
<dict>
<key>Attributes</key>
<string>0x0050</string>
<key>Data</key>
<data>
{table}
</data>
<key>ID</key>
<string>0</string>
<key>Name</key>
<string>whole disk</string>
</dict>
</array>
</dict>
</dict>
</plist>
"""


def write_pieces(raw, out):
    """The data fork; returns its table's rows and the number of sectors."""
    rows, sector = [], 0
    while True:
        data = raw.read(CHUNK * SECTOR)
        if not data:
            break
        data += bytes(-len(data) % SECTOR)
        count = len(data) // SECTOR
        packed = zlib.compress(data, 1) if any(data) else b""
        rows.append(struct.pack(">IIQQQQ", ZLIB if packed else ZEROES, 0, sector, count, out.tell(), len(packed)))
        out.write(packed)
        sector += count
    rows.append(struct.pack(">IIQQQQ", END, 0, sector, 0, out.tell(), 0))
    return rows, sector


def write_udif(raw_name, name):
    with open(raw_name, "rb") as raw, open(name, "wb") as out:
        rows, sectors = write_pieces(raw, out)
        data_bytes = out.tell()
        table = struct.pack(">4sIQQQII24x", b"mish", 1, 0, sectors, 0, CHUNK + 8, 0) + NO_CHECKSUM
        table += struct.pack(">I", len(rows)) + b"".join(rows)
        plist = PLIST.format(table=base64.encodebytes(table).decode().strip()).encode()
        out.write(plist)
        trailer = struct.pack(">4sIIIQQQQQII16x", b"koly", 4, 512, 1, 0, 0, data_bytes, 0, 0, 1, 1) + NO_CHECKSUM
        trailer += struct.pack(">QQ120x", data_bytes, len(plist)) + NO_CHECKSUM
        trailer += struct.pack(">IQ12x", 1, sectors)
        out.write(trailer)


if __name__ == "__main__":
    write_udif(*sys.argv[1:])
