#!/bin/sh
# Installs redis-server where apt may; elsewhere says so and goes on: tests then skip, or fail under CI=true.
set -u
command -v redis-server >/dev/null && exit 0
if ! command -v apt-get >/dev/null; then
    echo "no redis-server and no apt-get: tests of Redis are skipped" >&2
    exit 0
fi
may=""
if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "no redis-server; to run its tests: sudo apt-get install redis-server" >&2
        exit 0
    fi
    may="sudo -n"
fi
install="apt-get install --yes --no-install-recommends -qq redis-server"
# the lists of a fresh container are empty, so a first failure says little
$may env DEBIAN_FRONTEND=noninteractive $install >/dev/null 2>&1 ||
    { $may apt-get update -qq >/dev/null 2>&1 && $may env DEBIAN_FRONTEND=noninteractive $install >/dev/null; } ||
    echo "apt-get could not install redis-server: tests of Redis are skipped" >&2
exit 0
