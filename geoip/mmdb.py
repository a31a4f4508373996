"""A small writer of MaxMind DB files (format 2.0), standard library only.

Takes sorted address ranges instead of networks and builds the search tree from them directly.
Equal neighbours become one network and equal subtrees one node, so files come out compact; the
same input always gives the same bytes.

Format: https://maxmind.github.io/MaxMind-DB/
"""

MARKER = b"\xab\xcd\xefMaxMind.com"
EMPTY = -1  # a network without a record


class Data:
    """The data section. Equal values are stored once; strings and maps are shared by pointers."""

    def __init__(self):
        self.bytes = bytearray()
        self.at = {}

    def record(self, value):
        """Stores one record, answers its offset."""
        key = repr(value)
        if key not in self.at:
            encoded = self._encode(value, top=True)
            self.at[key] = len(self.bytes)
            self.bytes += encoded
        return self.at[key]

    def _shared(self, text):
        """A string by pointer where that is shorter than the string itself."""
        if len(text.encode()) < 4:
            return encode(text)
        key = repr(text)
        if key not in self.at:
            self.at[key] = len(self.bytes)
            self.bytes += encode(text)
        return pointer(self.at[key])

    def _encode(self, value, top=False):
        if isinstance(value, dict):
            out = bytearray()
            for name, item in value.items():
                out += self._shared(name)
                out += self._encode(item)
            return control(7, len(value)) + bytes(out)
        if isinstance(value, list):
            return control(11, len(value)) + b"".join(self._encode(item) for item in value)
        if isinstance(value, str) and not top:
            return self._shared(value)
        return encode(value)


def control(kind, size):
    """The control byte(s) in front of a value."""
    if size < 29:
        low, more = size, b""
    elif size < 29 + 256:
        low, more = 29, bytes([size - 29])
    elif size < 285 + 65536:
        low, more = 30, (size - 285).to_bytes(2, "big")
    else:
        low, more = 31, (size - 65821).to_bytes(3, "big")
    if kind > 7:
        return bytes([low, kind - 7]) + more
    return bytes([kind << 5 | low]) + more


def pointer(offset):
    if offset < 2048:
        return bytes([1 << 5 | offset >> 8, offset & 0xFF])
    if offset < 2048 + (1 << 19):
        offset -= 2048
        return bytes([1 << 5 | 1 << 3 | offset >> 16]) + (offset & 0xFFFF).to_bytes(2, "big")
    if offset < 526336 + (1 << 27):
        offset -= 526336
        return bytes([1 << 5 | 2 << 3 | offset >> 24]) + (offset & 0xFFFFFF).to_bytes(3, "big")
    return bytes([1 << 5 | 3 << 3]) + offset.to_bytes(4, "big")


def encode(value, kind=None):
    """One plain value. Whole numbers are uint32 unless `kind` says otherwise (5, 6, 9)."""
    if isinstance(value, bool):
        return control(14, int(value))
    if isinstance(value, int):
        raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return control(kind or 6, len(raw)) + raw
    if isinstance(value, str):
        raw = value.encode()
        return control(2, len(raw)) + raw
    if isinstance(value, dict):
        return control(7, len(value)) + b"".join(
            encode(name) + encode(item) for name, item in value.items()
        )
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(encode(item) for item in value)
    raise TypeError(f"no encoding for {value!r}")


def tree(ranges, bits):
    """Builds the search tree of sorted, disjoint (first, last, record) ranges.

    Answers (nodes, root): nodes are (left, right) pairs; a side is a node number, or `EMPTY`, or
    `EMPTY - 1 - record`.
    """
    nodes, known = [], {}

    def build(first, last, low, high):
        if low == high:
            return EMPTY
        start, end, record = ranges[low]
        if high - low == 1 and start <= first and end >= last:
            return EMPTY - 1 - record
        middle = (first + last) // 2  # the last address of the left half
        cut = split(low, high, middle)
        left = build(first, middle, low, cut)
        # The range that crosses the middle belongs to both halves.
        if cut > low and ranges[cut - 1][1] > middle:
            cut -= 1
        right = build(middle + 1, last, cut, high)
        if left == right and left < 0:
            return left
        if (left, right) not in known:
            known[left, right] = len(nodes)
            nodes.append((left, right))
        return known[left, right]

    def split(low, high, middle):
        """Index of the first range that starts after `middle`."""
        while low < high:
            at = (low + high) // 2
            if ranges[at][0] > middle:
                high = at
            else:
                low = at + 1
        return low

    return nodes, build(0, (1 << bits) - 1, 0, len(ranges))


def write(path, ranges, bits, *, database_type, description, build_epoch):
    """Writes a database of (first, last, record) ranges; records are dicts, addresses integers.

    `bits` is 32 for an IPv4-only file, 128 for both; then IPv4 addresses live in ::/96.
    """
    data = Data()
    placed = []
    for first, last, record in sorted(ranges, key=lambda item: item[0]):
        if placed and placed[-1][1] >= first:
            raise ValueError(f"ranges overlap at {first:#x}")
        placed.append((first, last, data.record(record)))
    nodes, root = tree(placed, bits)
    if root < 0:
        raise ValueError("a database needs at least two networks")
    # Nodes were numbered bottom up; readers start at node 0.
    count = len(nodes)

    def side(value):
        if value >= 0:
            return count - 1 - value
        return count if value == EMPTY else count + 16 + (EMPTY - 1 - value)

    size = next(size for size in (24, 28, 32) if count + 16 + len(data.bytes) < 1 << size)
    out = bytearray()
    for left, right in reversed(nodes):
        left, right = side(left), side(right)
        if size == 28:
            out += (left & 0xFFFFFF).to_bytes(3, "big")
            out.append((left >> 24) << 4 | right >> 24)
            out += (right & 0xFFFFFF).to_bytes(3, "big")
        else:
            out += left.to_bytes(size // 8, "big") + right.to_bytes(size // 8, "big")
    out += bytes(16) + data.bytes + MARKER
    metadata = {
        "binary_format_major_version": encode(2, 5),
        "binary_format_minor_version": encode(0, 5),
        "build_epoch": encode(build_epoch, 9),
        "database_type": encode(database_type),
        "description": encode({"en": description}),
        "ip_version": encode(4 if bits == 32 else 6, 5),
        "languages": encode(["en"]),
        "node_count": encode(count, 6),
        "record_size": encode(size, 5),
    }
    out += control(7, len(metadata))
    for name, value in metadata.items():
        out += encode(name) + value
    with open(path, "wb") as file:
        file.write(out)
    return count, size, len(out)
