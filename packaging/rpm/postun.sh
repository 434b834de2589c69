if [ "$1" -eq 0 ] && [ -d /run/systemd/system ]; then
	systemctl --system daemon-reload >/dev/null || :
fi
# The units of its sockets made it, and leave it behind.
if [ "$1" -eq 0 ]; then
	rmdir /run/loopbridge 2>/dev/null || :
fi
