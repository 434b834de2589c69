# Installed for the first time, the presets of the distribution decide whether the daemon is enabled.
units='@units@'

@handover@

if [ -d /run/systemd/system ]; then
	if [ "$1" -eq 1 ]; then
		systemctl --system daemon-reload >/dev/null || :
	else
		hand_over
	fi
fi
if [ "$1" -eq 1 ]; then
	systemctl --no-reload preset $units >/dev/null 2>&1 || :
fi
