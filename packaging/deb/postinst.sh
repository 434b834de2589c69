#!/bin/sh
# Installed for the first time, the daemon is enabled and started, unless policy-rc.d forbids it: its
# default loops touch no sound card, and idle it does not wake up. An upgrade leaves both as they are.
set -e
units='@units@'

@handover@

# "apt remove" stopped it, and nobody else.
back() {
	test -e /var/lib/systemd/deb-systemd-helper-masked/loopbridge.service
}

case $1 in
configure | abort-upgrade | abort-deconfigure | abort-remove) ;;
*) exit 0 ;;
esac

start=
if [ -z "$2" ] || [ "$1" = abort-remove ] || back; then start=yes; fi
for unit in $units; do
	deb-systemd-helper unmask "$unit" >/dev/null || true
	# Enabled but for an administrator who disabled it.
	if deb-systemd-helper --quiet was-enabled "$unit"; then
		deb-systemd-helper enable "$unit" >/dev/null || true
	else
		deb-systemd-helper update-state "$unit" >/dev/null || true
	fi
done
if [ -d /run/systemd/system ]; then
	if [ -n "$start" ]; then
		systemctl --system daemon-reload >/dev/null || true
		deb-systemd-invoke start $units >/dev/null || true
	else
		hand_over
	fi
fi
