# The measurements. Each makes one round over all systems and adds lines of
#
#	round  test  system  pairs  period  buffer  what  value
#
# to $results. Read by side-by-side.

settle=3 # seconds until all streams run evenly

note() { # test pairs period buffer what value
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$round" "$1" "$system" "$2" "$3" "$4" "$5" "$6" >>"$results"
}

# usage_of prints the time, and CPU time and wake-ups of all threads of processes so
# far. Times are in ns.
usage_of() {
	files=''
	for pid; do
		files="$files /proc/$pid/task/*/schedstat /proc/$pid/task/*/status"
	done
	# shellcheck disable=SC2086 # patterns
	awk -v now="$(date +%s%N)" '
		FILENAME ~ /schedstat$/ { cpu += $1 }
		/^voluntary_ctxt_switches/ { woken += $2 }
		END { printf "%.0f %.0f %d\n", now, cpu, woken }' $files 2>/dev/null
}

# moved prints how many bytes each process has written.
moved() {
	for pid; do
		sed -n "s/^wchar: //p" "/proc/$pid/io" 2>/dev/null
	done
}

# used notes the difference of two calls of usage_of.
used() { # group before after
	# shellcheck disable=SC2086 # three numbers each
	set -- $1 $2 $3
	note cpu "$pairs" 480 1920 "$1" "$(awk -v t=$(($5 - $2)) -v cpu=$(($6 - $3)) -v n="$pairs" 'BEGIN { printf "%.4f", 100 * cpu / t / n }')"
	note cpu "$pairs" 480 1920 "$1_wakeups" "$(awk -v t=$(($5 - $2)) -v woken=$(($7 - $4)) 'BEGIN { printf "%.1f", 1e9 * woken / t }')"
}

# flowed fails, and says where, if a recorder got too little or too much.
flowed() { # before after
	echo "$1 $2" | awk -v want=$((duration * 48000 * 4)) -v n="$pairs" '{
		if (NF != 2 * n) {
			print "a program has ended"
			exit 1
		}
		for (i = 1; i <= NF / 2; i++) {
			got = ($(i + NF / 2) - $i) / want
			if (got < 0.97 || got > 1.03) { printf "line %d: %.1f %%; ", i, 100 * got; bad = 1 }
		}
		exit bad
	}'
}

# The sound is noise: silence may be cheaper.
noise() {
	[ -e "$work/noise" ] || head -c $(((settle + duration + 20 + pairs) * 48000 * 4)) /dev/urandom >"$work/noise"
}

carry() { # starts recorders and players on all lines
	sizes='-q -t raw -f S16_LE -r 48000 -c 2 --period-size=480 --buffer-size=1920'
	recorders='' players=''
	: >"$work/alsa.log"
	for i in $(seq "$pairs"); do
		# shellcheck disable=SC2086 # options
		arecord -D "$(device "$system" record "$i")" $sizes >/dev/null 2>>"$work/alsa.log" &
		track $!
		recorders="$recorders $!"
	done
	sleep 0.5
	for i in $(seq "$pairs"); do
		# shellcheck disable=SC2086 # options
		aplay -D "$(device "$system" play "$i")" $sizes "$work/noise" 2>>"$work/alsa.log" &
		track $!
		players="$players $!"
	done
}

# shellcheck disable=SC2086 # lists of ids
cpu_of() {
	system_start "$1" "$pairs"
	carry
	sleep $settle
	d1=$(usage_of $daemons) p1=$(usage_of $players) r1=$(usage_of $recorders) m1=$(moved $recorders)
	sleep "$duration"
	d2=$(usage_of $daemons) p2=$(usage_of $players) r2=$(usage_of $recorders) m2=$(moved $recorders)
	if short=$(flowed "$(echo $m1)" "$(echo $m2)"); then
		used daemon "$d1" "$d2"
		used aplay "$p1" "$p2"
		used arecord "$r1" "$r2"
		note cpu "$pairs" 480 1920 xruns "$(grep -c 'run!!!' "$work/alsa.log")"
	else
		say "$system, round $round: not counted, because not all lines carried sound in real time ($short)"
		head -n 5 "$work/alsa.log" >&2
	fi
	stop $players $recorders $daemons
}

test_cpu() {
	noise
	for system in $systems; do
		progress "round $round of $rounds: CPU, $pairs pairs, $system"
		cpu_of "$system"
	done
}

# measure runs the latency tool on the first line and notes its output.
measure() { # test period buffer seconds command
	system_start "$system" 1
	if "$work/latency" -p "$2" -b "$3" -t "$4" -s $settle -v ${5:+-x "$5"} "$(device "$system" play 1)" "$(device "$system" record 1)" \
		>"$work/measured" 2>"$work/latency.log"; then
		sed '/^gap_at/d' "$work/measured" | while read -r what value; do
			note "$1" 1 "$2" "$3" "$what" "$value"
		done
	else
		say "$system, round $round, $2/$3: $(tail -n 3 "$work/latency.log")"
		false
	fi
	measured=$?
	# shellcheck disable=SC2086 # ids
	stop $daemons
	return $measured
}

test_latency() {
	for sizes in '480 1920' '128 512'; do
		for system in $systems; do
			progress "round $round of $rounds: latency, $sizes, $system"
			# shellcheck disable=SC2086 # two numbers
			measure latency $sizes "$duration"
		done
	done
}

# counters prints the daemon's counters: frames skipped by the clock, then xruns and
# their frames at the server, then at the client.
counters() {
	echo "'$work/loopbridge' ls --json | awk -F '[:,]' '/\"(skipped_frames|xruns|xrun_frames)\"/ { printf \"%d \", \$2 } END { print \"\" }' >>'$work/counters'"
}

test_integrity() {
	system=loopbridge
	for sizes in '480 1920' '64 256'; do
		progress "round $round of $rounds: integrity, $sizes"
		: >"$work/counters"
		# shellcheck disable=SC2086 # two numbers
		measure integrity $sizes "$integrity" "$(counters)" || continue
		sed -n 's/^gap_at_s //p' "$work/measured" | while read -r gap; do
			say "round $round, $sizes, gap at $gap"
		done
		i=1
		for what in skipped overruns overrun_frames underruns underrun_frames; do
			# shellcheck disable=SC2086 # two numbers
			note integrity 1 $sizes $what "$(awk -v i=$i 'NR == 1 { was = $i } END { print $i - was }' "$work/counters")"
			i=$((i + 1))
		done
	done
}
