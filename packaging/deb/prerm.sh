#!/bin/sh
# An upgrade stops nothing.
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	deb-systemd-invoke stop @units@ >/dev/null || true
fi
