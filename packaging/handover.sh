# The daemon that runs hands over to the new program without a gap, which its unit calls a reload.
# It is never restarted: that would end every stream.
hand_over() {
	systemctl --system daemon-reload >/dev/null || true
	systemctl --quiet is-active loopbridge.service || return 0
	systemctl reload loopbridge.service 2>/dev/null || echo 'loopbridge: the daemon that runs could not hand over to the new release and goes on as it is;' \
		'"systemctl status loopbridge" says why, and "systemctl reload loopbridge" tries again; a restart would end every stream' >&2
}
