# An upgrade stops nothing.
if [ "$1" -eq 0 ]; then
	if [ -d /run/systemd/system ]; then
		systemctl stop @units@ >/dev/null 2>&1 || :
	fi
	systemctl --no-reload disable @units@ >/dev/null 2>&1 || :
fi
