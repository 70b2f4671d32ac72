#!/bin/bash
# SPDX-License-Identifier: MIT
# test.sh [JUNIT_FILE]: types, lint, layers and unit tests of the dashboard.  The results of
# the unit tests go to JUNIT_FILE when one is named.
set -euo pipefail
report=$([ $# -gt 0 ] && realpath -m "$1" || true)
cd "$(dirname "$0")"
. script/env.sh
install_packages
[ -t 1 ] || export NO_COLOR=1

say "types"
"$NODE" node_modules/typescript/bin/tsc --noEmit
say "lint"
"$NODE" node_modules/oxlint/bin/oxlint --deny-warnings src script dev
(cd .. && "$NODE" web/node_modules/oxlint/bin/oxlint -c tests/browser/.oxlintrc.json --deny-warnings tests/browser)
"$NODE" script/layers.mjs
say "unit tests"
"$NODE" node_modules/vitest/vitest.mjs run --reporter=default \
    ${report:+--reporter=junit --outputFile.junit="$report"}
