"""Two Ray nodes and an S3 server on this machine: actors, a node and the driver are killed, and the end is the same.

With -s it tells what happens. PHOTOCHROM_ARCHIVE_TEST=20000 makes it the run of docs/archives.md.
"""

import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from PIL import Image

from photochrom.archive import ColorizeBatch
from photochrom.archive.store import open_store

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("PHOTOCHROM_ARCHIVE_TEST", "600"))  # photographs made here
SHARED = Path(__file__).parents[3] / "shared" / "data"
LEDGER = "photochrom-ledger.parquet"
FLAT = 40  # MB that a process may grow by in the second half of its work on photographs of one size
DRIVER = """
import json, sys
from photochrom.archive import Resources, colorize_archive, plan_run
from photochrom.inference import Options
source, target, model, address = sys.argv[1:]
run = plan_run(source, target, Options(model=model, device="cpu"))
summary = colorize_archive(
    run,
    Resources(cluster=address, actors=2, cpus=0.75),  # one on each node
    progress=lambda progress: print(json.dumps({"done": progress.done}), flush=True),
)
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


@pytest.fixture
def album(s3, picture):
    """All photographs in a bucket: those made here, and the shared ones where they are. How many there are."""
    small = Image.open(io.BytesIO(picture(0))).resize((64, 48))
    for number in range(COUNT):
        stream = io.BytesIO()
        small.point(lambda value, number=number: (value + number) % 256).save(stream, "JPEG", comment=str(number))
        s3.pipe(f"archive/album/made/{number % 7}/{number:06}.jpg", stream.getvalue())
    scans = sorted((SHARED / "legacy").glob("*.jpg"))
    for path in scans:
        s3.pipe(f"archive/album/legacy/{path.name}", path.read_bytes())
    shards = sorted((SHARED / "eval").glob("*.parquet"))
    for path in shards:
        s3.pipe(f"archive/album/eval/{path.name}", path.read_bytes())
    return COUNT + len(scans) + sum(parquet.ParquetFile(path).metadata.num_rows for path in shards)


class Watch:
    """Tells events with their time, and how much memory of its own each process has."""

    def __init__(self):
        self._start = time.monotonic()
        self.memory = defaultdict(list)  # MB, of each process in its order

    def tell(self, event):
        print(f"{time.monotonic() - self._start:7.1f} s  {event}", flush=True)

    def look(self, driver):
        for pid, name in {**processes(), driver: "driver"}.items():
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            if "RssAnon" in status:
                self.memory[name, pid].append(int(status.partition("RssAnon:")[2].split()[0]) / 1024)

    def growth(self):
        """By how many MB the second half of each process's time exceeds the first, and how many it has at most."""
        halves = {key: (sizes[: len(sizes) // 2], sizes[len(sizes) // 2 :]) for key, sizes in self.memory.items()}
        return {key: (max(late) - max(early), max(late)) for key, (early, late) in halves.items() if len(late) >= 5}


def processes():
    """Actors and coloring processes on this machine, by their ids."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if words.startswith(b"ray::MapWorker") and b"ArchiveWorker" in words:
            found[int(folder.name)] = "actor"
        elif b"photochrom.archive.coloring_process" in words:
            found[int(folder.name)] = "coloring process"
    return found


class Driver:
    """A run in a process of its own, and what it tells as it goes."""

    def __init__(self, address, target, options):
        words = ["s3://archive/album", f"s3://archive/{target}", str(options.model), address]
        self._process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.pid = self._process.pid
        self.told = {"done": 0}
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self):
        for line in self._process.stdout:
            if line.startswith("{"):  # Ray writes there, too
                self.told = {**self.told, **json.loads(line)}

    def wait_for(self, done):
        end = time.monotonic() + 900
        while self.told["done"] < done:
            assert self._process.poll() is None, "the run ended before it could be disturbed"
            assert time.monotonic() < end, "nothing is colored any more"
            time.sleep(0.05)

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._ended()

    def summary(self, watch, since):
        """Watch the run to its end; its memory since so many photographs are done."""
        while self._process.poll() is None:
            if self.told["done"] >= since:
                watch.look(self.pid)
            time.sleep(0.5)
        assert self._ended() == 0
        return self.told

    def _ended(self):
        self._process.wait()
        self._listener.join()
        self._process.stdout.close()
        return self._process.returncode


def ledger_of(target, folder):
    (folder / LEDGER).write_bytes(open_store(f"s3://archive/{target}").read(LEDGER))
    rows = parquet.read_table(folder / LEDGER).to_pylist()
    return [{**row, "seconds": None} for row in rows]


def etags_of(s3, target):
    """The server's own MD5 of each result."""
    found = s3.find(f"archive/{target}", detail=True)
    return {name.partition(f"{target}/")[2]: each["ETag"] for name, each in found.items() if ".color." in name}


def hashes_of(s3, target):
    names = [f"archive/{target}/{name}" for name in etags_of(s3, target)]
    hashes = {}
    for start in range(0, len(names), 500):
        for name, content in s3.cat(names[start : start + 500]).items():
            hashes[name.partition(f"{target}/")[2]] = hashlib.sha256(content).hexdigest()
    return hashes


def test_actors_a_node_and_the_driver_are_killed_and_the_target_is_that_of_an_undisturbed_run(
    s3, cluster, album, options, tmp_path
):
    chance, watch = random.Random(14), Watch()
    watch.tell(f"{album:,} photographs are in the bucket")
    moments = sorted(chance.sample(range(album // 20, album * 6 // 10), 3))
    for place, moment in enumerate(moments):
        driver = Driver(cluster.address, "colored", options)
        driver.wait_for(moment)
        time.sleep(chance.random())  # in the middle of a photograph
        if place == 0:
            killed = chance.choice([pid for pid, name in processes().items() if name == "actor"])
            os.kill(killed, signal.SIGKILL)
            watch.tell(f"{driver.told['done']:,} done: actor {killed} is killed")
        elif place == 1:  # the run goes on with the other node, and with a new one
            cluster.remove_node(cluster.nodes.pop(), allow_graceful=False)
            watch.tell(f"{driver.told['done']:,} done: a node is killed, and another one comes")
            cluster.nodes.append(cluster.add_node(num_cpus=1, object_store_memory=80 << 20))
        driver.wait_for(min(moment + album // 20, album - 64))
        time.sleep(chance.random())
        driver.kill()
        watch.tell(f"{driver.told['done']:,} done: driver {driver.pid} is killed")
    alike = album - COUNT + 64  # from here on, all photographs are of one size
    summary = Driver(cluster.address, "colored", options).summary(watch, alike)
    watch.tell(f"the run has ended: {summary['states']}, {summary['done_before']:,} of them before this call")
    undisturbed = Driver(cluster.address, "undisturbed", options).summary(watch, alike)
    watch.tell(f"an undisturbed run has ended: {undisturbed['states']} in {undisturbed['seconds']:.0f} s")

    assert summary["photographs"] == undisturbed["photographs"] == album
    rows = ledger_of("colored", tmp_path)
    assert rows == ledger_of("undisturbed", tmp_path)
    assert len({row["key"] for row in rows}) == len(rows) == album
    hashes = hashes_of(s3, "colored")
    assert etags_of(s3, "colored") == etags_of(s3, "undisturbed")
    assert hashes == {row["target"]: row["sha256"] for row in rows if row["target"]}
    told = "".join(f"{name} {digest}\n" for name, digest in sorted(hashes.items()))
    watch.tell(
        f"{len(hashes):,} results of both are the same; sha256 of all: {hashlib.sha256(told.encode()).hexdigest()}"
    )

    colorize = ColorizeBatch(options)  # the bytes of the folder command, as its own tests say
    made = [row for row in rows if row["key"].startswith("made/")]
    for row in chance.sample(made, min(len(made), 60)):
        assert colorize.color(row["key"], s3.cat(f"archive/album/{row['key']}")).content == s3.cat(
            f"archive/colored/{row['target']}"
        )
    colorize.close()
    growth = watch.growth()
    for (name, pid), (more, most) in growth.items():
        watch.tell(f"{name} {pid}: at most {most:.0f} MB, {more:+.0f} MB in the second half of its time")
    assert {name for name, _ in growth} == {"driver", "actor", "coloring process"}
    assert max(more for more, _ in growth.values()) < FLAT
