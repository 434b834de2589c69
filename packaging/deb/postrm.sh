#!/bin/sh
# A purge leaves nothing: neither the settings of devices and loops, nor what was added to the folder of
# the configuration.
set -e
units='@units@'
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	systemctl --system daemon-reload >/dev/null || true
fi
# The units of its sockets made it, and leave it behind.
if [ "$1" = remove ]; then
	rmdir /run/loopbridge 2>/dev/null || true
fi
case $1 in
remove)
	if command -v deb-systemd-helper >/dev/null; then
		deb-systemd-helper mask $units >/dev/null || true
	fi
	;;
purge)
	if command -v deb-systemd-helper >/dev/null; then
		deb-systemd-helper purge $units >/dev/null || true
		deb-systemd-helper unmask $units >/dev/null || true
	fi
	# With DynamicUser= the first is a link to the second.
	rm -rf /var/lib/loopbridge /var/lib/private/loopbridge /etc/loopbridge /run/loopbridge
	;;
esac
