#!/usr/bin/env bash
# The shape of the code itself: includes follow the layers, the top level holds what it should, core has no binary floating point.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
complain() { echo "$1"; failed=1; }

# No service includes another; common knows no service.
while IFS=: read -r file _ line; do
  from=${file#services/}; from=${from%%/*}
  to=${line#*\"services/}; to=${to%%/*}
  [ "$from" = "$to" ] || complain "$file includes services/$to"
done < <(grep -rnE '#include "services/' services --include=*.h --include=*.cc)
grep -rnE '#include "services/' common --include=*.h --include=*.cc --include=*.inc && complain "common/ includes a service"

# core/ is pure: no gRPC, RocksDB, protobuf, files, clock.
grep -rnE '#include [<"](grpcpp/|rocksdb/|google/protobuf|.*\.pb\.h|fstream|filesystem|spdlog|common/(storage|journal|rpc|feed|client|log)/)' services/*/core && complain "core/ includes I/O"
grep -rnwE 'RealClock' services/*/core && complain "core/ reads the clock"
grep -rnwE 'double|float' services/*/core common/decimal common/region common/check common/check_file common/series common/catalogue --include=*.h --include=*.cc && complain "binary floating point near published numbers"

# The model that figures are judged by, and the auditor, share nothing with what decides and works figures out.
grep -rnE '#include "(common|services|anju)/' common/model --include=*.h --include=*.cc | grep -vE '"common/(model|time)/' && complain "common/model includes more than days and periods"
grep -rnE '#include "common/(series|registry|region|catalogue|check|check_file|checks|decimal|client)/' common/audit --include=*.h --include=*.cc && complain "the auditor includes what the services decide with"
for file in world generate boundary_steps known_on model questions rank_model describe; do
  grep -nE '#include "(common|services|anju)/' "tests/property/$file".* | grep -vE '"common/(model|time)/' && complain "tests/property/$file includes what is to be judged"
done

# gRPC only at the edge, RocksDB only behind the seam.
grep -rlE '#include [<"]grpcpp/' services common --include=*.h --include=*.cc --include=*.inc | grep -vE '^common/(rpc|feed|client|testing)/|^services/[a-z]+/(main|server|service|stream|frames|follower|columns|upstream)[a-z_]*\.(h|cc)$|_test\.cc$|^services/cli/(up|status)' && complain "gRPC outside the edge"
grep -rlE '#include [<"]rocksdb/' services common --include=*.h --include=*.cc | grep -v '^common/storage/' && complain "RocksDB outside the seam"

# Locks only with annotations, so that clang can tell what is touched without them (tests/sanitize/thread_safety). Tests may have what they like.
grep -rnE 'std::(((recursive|shared)_)?(timed_)?mutex|condition_variable|unique_lock|lock_guard|scoped_lock|shared_lock)' services common --include=*.h --include=*.cc --include=*.inc | grep -vE '^common/thread/mutex\.h:|_test\.cc:|_testing\.h:' && complain "a lock without annotations"

# Every service has the same file names.
for service in plan progress aggregator ranking; do
  for name in README.md main.cc server.h server.cc service.h service.cc handlers.h handlers.cc convert.h convert.cc errors.h errors.cc store/schema.h; do
    [ -f "services/$service/$name" ] || complain "services/$service/$name is missing"
  done
  [ -d "services/$service/core" ] || complain "services/$service/core is missing"
done

# Packages import anju/types and their own events; a service that derives may also name the contracts it derives from, never the other way.
for file in $(find proto/anju -name '*.proto'); do
  package=${file#proto/anju/}; package=${package%%/*}
  while read -r import; do
    case "$import" in
      anju/types/*|anju/"$package"/*|google/*) ;;
      *) case "$package<-${import#anju/}" in
           progress\<-plan/*|aggregator\<-plan/*|aggregator\<-progress/*|ranking\<-aggregator/*|client\<-progress/*) ;;
           *) complain "$file imports $import" ;;
         esac ;;
    esac
  done < <(sed -nE 's/^import "(.*)";/\1/p' "$file")
done

# Every reason of the closed list is documented and shown by at least one test.
for reason in $(sed -nE 's/^ANJU_REASON\(([A-Z_]+),.*/\1/p' common/status/reasons.inc); do
  grep -q "^| \`$reason\` |" README.md || complain "README does not document reason $reason"
  grep -rqw "$reason" --include='*_test.cc' --include='test_*.py' common services tests || complain "no test shows reason $reason"
done

# The top level.
if git rev-parse --git-dir >/dev/null 2>&1; then
  extra=$(git ls-files | sed 's|/.*||' | sort -u | grep -vE '^(CMakeLists\.txt|proto|services|common|deploy|tests|README\.md|\..*)$')
  [ -z "$extra" ] || complain "top level holds more than it should: $extra"
fi
[ $failed = 0 ] && echo "layering: ok"
exit $failed
