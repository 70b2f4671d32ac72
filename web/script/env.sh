# SPDX-License-Identifier: MIT
# Sourced by build.sh and test.sh in web/: installs what they need when a lock file changed, and
# sets NODE.
#
# Two steps, because the packages of the bundler refuse Debian 12's Node.js 18, and npm leaves
# out optional packages that refuse the Node.js it runs on: whatever npm is there installs
# toolchain/ (a Node.js 22 and its npm), and these two install and run everything else.
say() { printf 'dashboard: %s\n' "$*"; }

NPM_QUIET="--no-audit --no-fund --no-progress --loglevel=error"

# installed STAMP FILE...: whether STAMP was written for these very files; else sets `want`.
installed() {
    local stamp=$1
    shift
    want=$(cat "$@" | sha256sum)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]
}

install_toolchain() {
    local machine stamp=toolchain/node_modules/.installed
    if ! installed "$stamp" toolchain/package.json toolchain/package-lock.json; then
        say "installing Node.js"
        # shellcheck disable=SC2086 # options, one word each
        (cd toolchain && npm ci $NPM_QUIET)
        printf '%s' "$want" >"$stamp"
    fi
    case $(uname -m) in
        aarch64 | arm64) machine=arm64 ;;
        *) machine=x64 ;;
    esac
    NODE=$PWD/toolchain/node_modules/node-linux-$machine/bin/node
    if ! "$NODE" --version >/dev/null 2>&1; then
        say "no Node.js for $(uname -m) in toolchain/" >&2
        exit 1
    fi
    PATH=${NODE%/node}:$PATH
}

install_packages() {
    local stamp=node_modules/.installed
    install_toolchain
    if installed "$stamp" package.json package-lock.json; then
        return
    fi
    say "installing packages"
    # shellcheck disable=SC2086
    "$NODE" toolchain/node_modules/npm/bin/npm-cli.js ci $NPM_QUIET
    printf '%s' "$want" >"$stamp"
}
