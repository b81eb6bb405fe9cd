#!/usr/bin/env bash
# Tests and validation of the durable actor example: its unit tests, its end-to-end tests, then the tour with one
# planted defect after another, each of which it must notice. Exits non-zero when any of that fails, so also when
# PLEXSPACES_DEMO_PLANT plants a defect from outside.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -d node_modules ] || npm ci
node scripts/build-if-needed.cjs
npm run --silent jest -- ./apps/ ./test/e2e/quick-start ./test/e2e/demo
node dist/apps/demo/validate/main.js
