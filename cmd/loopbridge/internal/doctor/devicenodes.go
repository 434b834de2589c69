package doctor

// deviceNodes reports what keeps the device nodes of the configuration away.
func (l *look) deviceNodes() []Finding {
	const cuse = "dev/cuse"
	switch {
	case !l.configured():
		return nil
	case !l.conf.Daemon.Nodes.Make:
		return fine("the configuration wants no device nodes")
	case !l.exists(cuse):
		return one(Fault, "sudo modprobe cuse",
			"[nodes] wants device nodes, and there is no /%s: the kernel's module cuse is not loaded, or this is a container", cuse)
	case l.foreign() && l.exists("dev/loopbridge"):
		return fine("the daemon of another user has made device nodes")
	case l.foreign():
		return one(Warning, "loopbridge nodes", "[nodes] wants device nodes, and /dev/loopbridge is missing")
	case l.Access != nil && l.Access("/"+cuse, readable|writable) != nil:
		return one(Fault, "sudo systemd-sysusers; sudo udevadm trigger /dev/cuse",
			"[nodes] wants device nodes, and this user may not open /%s", cuse)
	}
	return fine("this user may open /%s", cuse)
}
