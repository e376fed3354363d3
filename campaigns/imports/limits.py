"""How much of a file is taken: what is beyond it is refused, in words, before it fills memory."""

MOST_BYTES = 100 * 1024 * 1024
MOST_ROWS = 300_000
MOST_COLUMNS = 200
LONGEST_LINE = 1024 * 1024
LONGEST_CELL = 10_000
# A quotation mark that is open for longer was never closed.
MOST_LINES_OF_A_ROW = 100
MOST_BROKEN = 1_000
# Of a workbook, unpacked.
MOST_UNPACKED = 256 * 1024 * 1024
MOST_TEXTS = 64 * 1024 * 1024
MOST_ENTRIES = 2_000
# So much of a file is looked at to learn how it is written.
SAMPLE = 256 * 1024
CHUNK = 1024 * 1024
# What the process that reads a file may take: address space and CPU time.
MOST_MEMORY = 1024 * 1024 * 1024
MOST_SECONDS = 300
