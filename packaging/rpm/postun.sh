if [ "$1" -eq 0 ] && [ -d /run/systemd/system ]; then
	systemctl --system daemon-reload >/dev/null || :
fi
