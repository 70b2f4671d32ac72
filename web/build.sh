#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the dashboard into web/dist.  Does nothing when nothing changed since the last build.
set -euo pipefail
cd "$(dirname "$0")"
. script/env.sh

inputs() {
    find src script toolchain/package-lock.json index.html package.json package-lock.json vite.config.ts tsconfig.json build.sh \
        -type f ! -name '*.test.ts' -print0 | sort -z | xargs -0 sha256sum | sha256sum
}

source_sum=$(inputs)
if [ -f dist/index.html ] && [ "$(cat node_modules/.built 2>/dev/null)" = "$source_sum" ]; then
    say "up to date"
    exit 0
fi
install_packages
say "bundling with Node.js $("$NODE" --version)"
rm -rf dist
"$NODE" node_modules/vite/bin/vite.js build --logLevel warn
"$NODE" script/finish.mjs
printf '%s' "$source_sum" >node_modules/.built
say "built web/dist"
