#!/usr/bin/env bash
# The durable actor example, built if need be: scripts/run.sh [options of the demo; --help lists them]
set -euo pipefail
export INIT_CWD=$PWD # where --input is looked for
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -d node_modules ] || npm ci
node scripts/build-if-needed.cjs
exec node dist/apps/demo/main.js "$@"
