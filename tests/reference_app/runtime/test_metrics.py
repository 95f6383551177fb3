"""The metrics of a process, read as Prometheus reads them."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from reference_app.serving import commands
from reference_app.serving.processes import free_port
from tests.served import scrape_metrics, served, value


async def test_a_process_counts_what_its_users_do(tmp_path: Path) -> None:
    port = free_port()
    with served(commands.tuned_daphne, tmp_path, FAWRAN_METRICS=f"127.0.0.1:{port}") as site:
        async with site.page(0) as ann, site.page(1) as bob:
            await ann.write(type="sync", cursor="")
            cursor = (await ann.next_of("changes"))["cursor"]
            await ann.write(type="sync", cursor=cursor)
            await ann.next_of("changes")
            await bob.write(type="sync", cursor=cursor)
            await bob.next_of("changes")
            for _ in range(3):
                await ann.say("hello", str(uuid4()))
                await ann.next_of("ack")
                await bob.next_of("message")
            await ann.write(type="nonsense")
            await ann.next_of("error")
            seen = await scrape_metrics(port)
            assert value(seen, "fawran_sockets_open") == 2
            assert value(seen, "fawran_messages_stored_total") == 3
            assert value(seen, "fawran_frames_total", direction="in", type="send") == 3
            assert value(seen, "fawran_frames_total", direction="in", type="refused") == 1
            assert value(seen, "fawran_frames_total", direction="out", type="message") == 6
            assert value(seen, "fawran_frame_bytes_total", direction="out", type="ack") > 300
            assert value(seen, "fawran_fanout_seconds_count") == 3
            assert value(seen, "fawran_fanout_sockets_sum") == 6
            assert value(seen, "fawran_sync_total", cause="connect") == 1
            assert value(seen, "fawran_sync_total", cause="reconnect") == 1
            assert value(seen, "fawran_sync_total", cause="gap") == 1
            assert value(seen, "fawran_draining") == 0
            assert len(seen) < 150, "few series"
        while value(seen := await scrape_metrics(port), "fawran_sockets_open"):
            pass
        while not value(seen := await scrape_metrics(port), "fawran_event_loop_lag_seconds_count"):
            pass
        assert value(seen, "fawran_sockets_accepted_total") == 2
        assert value(seen, "fawran_sockets_closed_total", code="1000") == 2
