from __future__ import annotations

from benchmarks.servers.null import FAULTS as NULL_FAULTS
from tests.benchmarks.faults.registry import FAULTS
from tests.benchmarks.faults.table import DOCUMENT, load_all, with_table


def test_the_document_lists_the_faults_that_the_tests_inject() -> None:
    load_all()
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == with_table(text), "run: python -m tests.benchmarks.faults"


def test_every_fault_of_the_null_server_is_injected_by_a_test() -> None:
    load_all()
    tested = {name for fault in FAULTS.values() for name in fault.null.split()}
    assert tested == set(NULL_FAULTS) - {"none"}
