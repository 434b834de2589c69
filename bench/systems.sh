# The three systems, each as a private daemon. For each system:
#
#	NAME_missing       succeeds if something is missing; $missing names it
#	NAME_start PAIRS   starts a daemon with that many lines; their ids go to $daemons
#	device NAME play|record N   the ALSA device at an end of line N
#
# Read by side-by-side.

alsa_plugins() { ldd "$(command -v aplay)" | sed -n 's,.*=> \(.*\)/libasound\.so.*,\1/alsa-lib,p'; }

# seclude leaves the user's session: all state is in the work folder, and there is no bus
# by which daemons of the session could be found.
seclude() {
	unset DISPLAY WAYLAND_DISPLAY PULSE_SINK PULSE_SOURCE PULSE_COOKIE PULSE_CLIENTCONFIG PULSE_CONFIG_PATH PULSE_LATENCY_MSEC \
		PIPEWIRE_REMOTE PIPEWIRE_RUNTIME_DIR PIPEWIRE_CONFIG_DIR PIPEWIRE_CONFIG_NAME PIPEWIRE_LATENCY PIPEWIRE_QUANTUM \
		PIPEWIRE_RATE PIPEWIRE_NODE PIPEWIRE_PROPS PIPEWIRE_DEBUG WIREPLUMBER_CONFIG_DIR ALSA_PLUGIN_DIR LOOPBRIDGE_LOOP
	mkdir -m 700 "$work/run" "$work/home" "$work/config"
	export HOME="$work/home" XDG_RUNTIME_DIR="$work/run" XDG_CONFIG_HOME="$work/config" XDG_STATE_HOME="$work/home" \
		XDG_DATA_HOME="$work/home" XDG_CACHE_HOME="$work/home" \
		DBUS_SESSION_BUS_ADDRESS="unix:path=$work/no-bus" DBUS_SYSTEM_BUS_ADDRESS="unix:path=$work/no-bus" \
		PULSE_RUNTIME_PATH="$work/run/pulse" PULSE_STATE_PATH="$work/home" PULSE_SERVER="unix:$work/run/pulse.socket" \
		LOOPBRIDGE_SOCKET="$work/run/loopbridge.socket" ALSA_CONFIG_PATH="$work/asound.conf"
	# A capture stream of PipeWire records a sink instead of a microphone.
	export PIPEWIRE_ALSA='{ stream.capture.sink = true }'
	cat >"$work/asound.conf" <<-END
		defaults.namehint.basic on # from alsa.conf, which would load the machine's configuration
		<$work/50-loopbridge.conf>
		pcm_type.loopbridge.lib "$work/libasound_module_pcm_loopbridge.so"
		pcm_type.pipewire.lib "$pipewire_plugin"

		pcm.pulse_play { @args [ N ] @args.N { type string } type pulse device { @func concat strings [ "line" \$N ] } }
		pcm.pulse_record { @args [ N ] @args.N { type string } type pulse device { @func concat strings [ "line" \$N ".monitor" ] } }
		pcm.pipewire_play { @args [ N ] @args.N { type string } type pipewire playback_node { @func concat strings [ "line" \$N ] } }
		pcm.pipewire_record { @args [ N ] @args.N { type string } type pipewire capture_node { @func concat strings [ "line" \$N ] } }
	END
}

device() {
	case $1.$2 in
	loopbridge.play) echo "loopbridge:LOOP=line$3,WAIT=10s" ;;
	loopbridge.record) echo "loopbridge:LOOP=line$3,END=server" ;;
	*) echo "$1_$2:$3" ;;
	esac
}

# await waits up to ten seconds until a command succeeds.
await() {
	for _ in $(seq 100); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	fail "$system does not start:
$(tail -n 20 "$work"/*.log)"
}

# launch runs a daemon in the background.
launch() {
	"$@" >"$work/$1.log" 2>&1 &
	track $!
	daemons="$daemons $!"
}

loopbridge_start() {
	echo 'daemon.state = "none"' >"$work/loopbridge.toml"
	for i in $(seq "$1"); do
		printf '[[loop]]\nname = "line%d"\n' "$i"
	done >>"$work/loopbridge.toml"
	"$work/loopbridge" serve --config "$work/loopbridge.toml" >"$work/loopbridge.log" 2>&1 &
	track $!
	daemons=$!
	await "$work/loopbridge" ls
}

pulse_missing() {
	if ! command -v pulseaudio >/dev/null; then
		missing='pulseaudio is missing; install the Debian package pulseaudio'
	elif [ ! -e "$(alsa_plugins)/libasound_module_pcm_pulse.so" ]; then
		missing='the ALSA plugin for it is missing; install the Debian package libasound2-plugins'
	else
		false
	fi
}

# The formats are those of the programs, so nothing is converted. The socket comes last:
# once it is there, so is the rest.
pulse_start() {
	for i in $(seq "$1"); do
		echo "load-module module-null-sink sink_name=line$i format=s16le rate=48000 channels=2"
	done >"$work/pulse.pa"
	echo "load-module module-native-protocol-unix auth-anonymous=1 socket=$work/run/pulse.socket" >>"$work/pulse.pa"
	rm -f "$work/run/pulse.socket"
	daemons=''
	launch pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no -F "$work/pulse.pa"
	await test -S "$work/run/pulse.socket"
}

# The Debian package of the plugin conflicts with pulseaudio, so it is only unpacked.
pipewire_plugin=''
find_pipewire_plugin() {
	name=libasound_module_pcm_pipewire.so
	pipewire_plugin=$(alsa_plugins)/$name
	[ ! -e "$pipewire_plugin" ] || return 0
	unpacked=$root/bin/pipewire-alsa
	pipewire_plugin=$(find "$unpacked" -name $name 2>/dev/null)
	[ -z "$pipewire_plugin" ] || return 0
	mkdir -p "$work/deb" &&
		(cd "$work/deb" && apt-get -q download pipewire-alsa) >"$work/download.log" 2>&1 &&
		dpkg -x "$work"/deb/*.deb "$unpacked" &&
		pipewire_plugin=$(find "$unpacked" -name $name) && [ -n "$pipewire_plugin" ]
}

pipewire_missing() {
	for program in pipewire wireplumber pw-cli; do
		if ! command -v $program >/dev/null; then
			missing="$program is missing; install the Debian packages pipewire, pipewire-bin and wireplumber"
			return
		fi
	done
	if ! find_pipewire_plugin; then
		missing='the ALSA plugin for it is missing, and the Debian package pipewire-alsa cannot be downloaded'
		return
	fi
	false
}

# WirePlumber links the streams; it manages no devices and has no bus. The setting for
# virtual machines lifts PipeWire's minimum of 1024 frames a cycle there.
pipewire_start() {
	mkdir -p "$work/config/pipewire/pipewire.conf.d" "$work/config/wireplumber/main.lua.d" "$work/config/wireplumber/bluetooth.lua.d"
	{
		echo 'context.properties = { default.clock.rate = 48000, vm.overrides = { default.clock.min-quantum = 16 } }'
		echo 'context.objects = ['
		for i in $(seq "$1"); do
			echo "{ factory = adapter, args = { factory.name = support.null-audio-sink, node.name = line$i," \
				"media.class = Audio/Sink, audio.position = [ FL FR ], audio.rate = 48000 } }"
		done
		echo ']'
	} >"$work/config/pipewire/pipewire.conf.d/lines.conf"
	cat >"$work/config/wireplumber/main.lua.d/51-none.lua" <<-'END'
		alsa_monitor.enabled = false
		v4l2_monitor.enabled = false
		libcamera_monitor.enabled = false
		default_access.properties["enable-flatpak-portal"] = false
	END
	echo 'bluez_monitor.enabled = false' >"$work/config/wireplumber/bluetooth.lua.d/51-none.lua"
	daemons=''
	launch pipewire
	await pw-cli info 0
	launch wireplumber
	sleep 2 # nothing tells when it is ready
}

system_start() { # system, pairs
	system=$1
	"$1_start" "$2"
}

# version prints one line of versions.
version() {
	printf 'alsa-lib %s' "$(dpkg-query -W -f '${Version}' libasound2 2>/dev/null || aplay --version | sed 's/.*version \([^ ]*\).*/\1/')"
	printf ', %s' "$("$work/loopbridge" version | head -n 1)"
	for system in $systems; do
		case $system in
		pulse) printf ', %s' "$(pulseaudio --version | head -n 1)" ;;
		pipewire) printf ', PipeWire %s, WirePlumber %s' "$(pipewire --version | sed -n 's/.*libpipewire //p' | head -n 1)" \
			"$(wireplumber --version | sed -n 's/.*libwireplumber //p' | head -n 1)" ;;
		esac
	done
	echo
}

describe() {
	echo "machine   $(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(uname -sr), $(date -u +%Y-%m-%d)"
	echo "versions  $(version)"
	echo "load      $(cut -d ' ' -f 1-3 /proc/loadavg) before"
}
