"""Write the table of faults into the documentation."""

from tests.benchmarks.faults.table import DOCUMENT, load_all, with_table

load_all()
DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
