"""Two Ray nodes and an S3 server on this machine: nodes, actors and the driver are killed, and the end is the same."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pyarrow.parquet as parquet
import pytest

from photochrom.archive import ColorizeBatch
from photochrom.archive.store import CONTROL, open_store

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("PHOTOCHROM_ARCHIVE_TEST", "600"))  # photographs; 20,000 take an hour on two cores
DRIVER = """
import json, resource, sys
from photochrom.archive import Resources, colorize_archive, plan_run
from photochrom.inference import Options
source, target, model, address = sys.argv[1:]
def tell(progress):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"done": progress.done, "peak": peak}), flush=True)
run = plan_run(source, target, Options(model=model, device="cpu"))
summary = colorize_archive(run, Resources(cluster=address, actors=2, cpus=0.5), progress=tell)
print(summary.to_json().replace("\\n", " "), flush=True)
"""


@pytest.fixture
def cluster(s3):
    """A head without cores, and two nodes with one each."""
    cluster_utils = pytest.importorskip("ray.cluster_utils", reason="ray is not installed")
    small = {"object_store_memory": 80 << 20, "include_dashboard": False}
    made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **small})
    made.nodes = [made.add_node(num_cpus=1, object_store_memory=80 << 20) for _ in range(2)]
    yield made
    made.shutdown()


def begun(address, source, target, options):
    words = [sys.executable, "-c", DRIVER, source, target, str(options.model), address]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def count_of(s3, prefix):
    return sum(".color." in name and CONTROL not in name for name in s3.find(prefix))


def wait_for_more(s3, prefix, driver, wanted):
    end = time.monotonic() + 600
    while count_of(s3, prefix) < wanted and driver.poll() is None:
        assert time.monotonic() < end, "nothing is colored any more"
        time.sleep(0.2)


def test_nodes_and_the_driver_are_killed_at_random_moments_and_every_photograph_is_there_once(
    s3, cluster, options, picture, tmp_path
):
    chance = random.Random(14)
    for number in range(COUNT):
        s3.pipe(f"archive/album/{number % 7}/{number:06}.jpg", picture(number))
    source, target = "s3://archive/album", "s3://archive/colored"
    moments = sorted(chance.sample(range(COUNT // 20, COUNT * 8 // 10), 3))
    for place, moment in enumerate(moments):
        driver = begun(cluster.address, source, target, options)
        wait_for_more(s3, "archive/colored", driver, moment)
        if place == 1:  # a node goes, and the run goes on with the other and a new one
            cluster.remove_node(cluster.nodes.pop(), allow_graceful=False)
            cluster.nodes.append(cluster.add_node(num_cpus=1, object_store_memory=80 << 20))
            wait_for_more(s3, "archive/colored", driver, moment + 5)
        assert driver.poll() is None, "the run ended before it could be disturbed"
        driver.send_signal(signal.SIGKILL)
        driver.wait()
        driver.stdout.close()
    driver = begun(cluster.address, source, target, options)
    lines, _ = driver.communicate(timeout=3000)
    assert driver.returncode == 0
    *progress, summary = [json.loads(line) for line in lines.splitlines()]
    assert summary["photographs"] == COUNT
    assert progress[-1]["peak"] - progress[0]["peak"] < 50  # MB, of the driver: it does not grow with what is done

    (tmp_path / "ledger.parquet").write_bytes(open_store(target).read("photochrom-ledger.parquet"))
    rows = parquet.read_table(tmp_path / "ledger.parquet").to_pylist()
    assert [row["key"] for row in rows] == sorted(name.partition("album/")[2] for name in s3.find("archive/album"))
    assert {row["state"] for row in rows} == {"colored"}
    assert count_of(s3, "archive/colored") == COUNT
    colorize = ColorizeBatch(options)
    for row in rows:
        content = s3.cat(f"archive/colored/{row['target']}")
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        if chance.random() < 0.1:  # the bytes of an undisturbed coloring
            assert colorize.color(row["key"], s3.cat(f"archive/album/{row['key']}")).content == content
    colorize.close()
