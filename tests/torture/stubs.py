"""Python stubs of the contracts, generated from proto/ into the build directory when they are missing or older."""

import os
import pathlib
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ANJU_BUILD_DIR", TOP / "build"))
PROTO = TOP / "proto"
OUT = pathlib.Path(os.environ.get("ANJU_STUBS_DIR", BUILD / "torture" / "python"))


def generate():
    sources = sorted(PROTO.rglob("*.proto"))
    stamp = OUT / "stamp"
    if stamp.exists() and stamp.stat().st_mtime >= max(source.stat().st_mtime for source in sources):
        return
    OUT.mkdir(parents=True, exist_ok=True)
    plugin = shutil.which("grpc_python_plugin")
    subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={OUT}", f"--grpc_python_out={OUT}",
                    f"--plugin=protoc-gen-grpc_python={plugin}", *map(str, sources)], check=True)
    stamp.touch()


generate()
sys.path.insert(0, str(OUT))

from anju.aggregator.v1 import aggregator_pb2 as aggregator, aggregator_pb2_grpc  # noqa: E402
from anju.feed.v1 import feed_pb2 as feed, feed_pb2_grpc  # noqa: E402
from anju.plan.v1 import event_pb2 as plan_event, plan_pb2 as plan, plan_pb2_grpc  # noqa: E402
from anju.progress.v1 import event_pb2 as progress_event, progress_pb2 as progress, progress_pb2_grpc  # noqa: E402
from anju.ranking.v1 import bulletin_pb2 as bulletin, bulletin_pb2_grpc, ranking_pb2 as ranking, ranking_pb2_grpc  # noqa: E402
from anju.status.v1 import status_pb2 as status, status_pb2_grpc  # noqa: E402
from anju.types.v1 import basis_pb2 as basis, error_pb2 as error  # noqa: E402

AGGREGATOR = aggregator_pb2_grpc.AggregatorServiceStub
BULLETIN = bulletin_pb2_grpc.BulletinServiceStub
FEED = feed_pb2_grpc.FeedServiceStub
PLAN = plan_pb2_grpc.PlanServiceStub
PROGRESS = progress_pb2_grpc.ProgressServiceStub
RANKING = ranking_pb2_grpc.RankingServiceStub
STATUS = status_pb2_grpc.StatusServiceStub
