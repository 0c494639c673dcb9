#!/usr/bin/env bash
# The protos are linted and, where an earlier contract is recorded, checked for breaking changes, with buf from npm. Where npm is
# not on the machine (a bare Debian has none) this says so and passes: the build has compiled the protos already.
set -uo pipefail
cd "$(dirname "$0")/.."
build=${ANJU_BUILD_DIR:-$PWD/build}
if ! command -v npm >/dev/null; then
  echo "contract: npm is not on this machine; buf lint and breaking checks were not run"
  exit 0
fi
buf_version=1.75.0
tools=$build/npm
if [ ! -x "$tools/node_modules/.bin/buf" ]; then
  mkdir -p "$tools"
  for attempt in 1 2 3; do  # a registry may be busy for a moment
    npm install --silent --no-fund --no-audit --prefix "$tools" "@bufbuild/buf@$buf_version" >"$build/npm.log" 2>&1 && break
    [ $attempt = 3 ] && {
      echo "contract: npm could not install @bufbuild/buf@$buf_version:"
      tail -n 5 "$build/npm.log"
      exit 1
    }
    sleep 5
  done
fi
buf=$tools/node_modules/.bin/buf
failed=0
"$buf" lint proto || failed=1
# The contract of record: fields are added, never renumbered or removed. Update it with `buf build proto -o tests/data/contract.binpb`.
"$buf" breaking proto --against tests/data/contract.binpb || failed=1
[ $failed = 0 ] && echo "contract: ok"
exit $failed
