# Prints tables of medians. The input is sorted by all columns but the round, long periods
# first, then by value.
BEGIN { FS = "\t" }

{
	key = $2 SUBSEP $3 SUBSEP $5 "/" $6 SUBSEP $7
	value[key, ++count[key]] = $8
	tests[$2] = 1
	if (!(($2, $3) in known)) {
		known[$2, $3] = 1
		systems[$2] = systems[$2] " " $3
	}
	if (!(($2, $5, $6) in known)) {
		known[$2, $5, $6] = 1
		sizes[$2] = sizes[$2] " " $5 "/" $6
	}
	if ($2 == "cpu")
		pairs = $4
}

function n(test, who, size, what) { return count[test, who, size, what] }

function median(test, who, size, what,    k, c) {
	k = test SUBSEP who SUBSEP size SUBSEP what
	c = count[k]
	if (c == 0)
		return 0
	return c % 2 ? value[k, (c + 1) / 2] : (value[k, c / 2] + value[k, c / 2 + 1]) / 2
}

function most(test, who, size, what,    k) {
	k = test SUBSEP who SUBSEP size SUBSEP what
	return value[k, count[k]]
}

function sum(test, who, size, what,    k, i, s) {
	k = test SUBSEP who SUBSEP size SUBSEP what
	for (i = 1; i <= count[k]; i++)
		s += value[k, i]
	return s + 0
}

function each_system(test) { return split("loopbridge pulse pipewire", order, " ") }

function cpu_table(    i, s, d, p, r) {
	printf "\nCPU: aplay to arecord, %d pairs, period 480, buffer 1920; %% of one core per pair, and wake-ups per second in all\n\n", pairs
	printf "%-12s %9s %9s %9s %9s   %9s %9s %9s %6s %7s\n", "", "daemon", "aplay", "arecord", "total", "wakeups:d", "aplay", "arecord", "xruns", "rounds"
	for (i = 1; i <= each_system(); i++) {
		s = order[i]
		if (!known["cpu", s])
			continue
		d = median("cpu", s, "480/1920", "daemon")
		p = median("cpu", s, "480/1920", "aplay")
		r = median("cpu", s, "480/1920", "arecord")
		printf "%-12s %9.3f %9.3f %9.3f %9.3f   %9.0f %9.0f %9.0f %6d %7d\n", s, d, p, r, d + p + r,
			median("cpu", s, "480/1920", "daemon_wakeups"), median("cpu", s, "480/1920", "aplay_wakeups"),
			median("cpu", s, "480/1920", "arecord_wakeups"), sum("cpu", s, "480/1920", "xruns"), n("cpu", s, "480/1920", "daemon")
	}
}

function latency_table(    i, j, s, k, list) {
	printf "\nLatency: before the write to after the read, ms; medians of the rounds, the maximum is of all\n\n"
	printf "%-10s %-12s %9s %9s %9s %9s %8s %8s %8s %8s %7s\n", "period/buf", "", "median", "p99", "max", "count", "lost", "doubled", "silence", "corrupt", "rounds"
	k = split(sizes["latency"], list, " ")
	for (j = 1; j <= k; j++)
		for (i = 1; i <= each_system(); i++) {
			s = order[i]
			if (!n("latency", s, list[j], "median_ms"))
				continue
			printf "%-10s %-12s %9.2f %9.2f %9.2f %9d %8d %8d %8d %8d %7d\n", list[j], s, median("latency", s, list[j], "median_ms"),
				median("latency", s, list[j], "p99_ms"), most("latency", s, list[j], "max_ms"), median("latency", s, list[j], "count"),
				sum("latency", s, list[j], "lost"), sum("latency", s, list[j], "doubled"), sum("latency", s, list[j], "inserted"),
				sum("latency", s, list[j], "corrupt"), n("latency", s, list[j], "median_ms")
		}
}

# Frames may be lost if the daemon says that the reader was late, and silence inserted if
# it says that the writer was.
function integrity_table(    j, k, list, s, lost, silent, wrong, uncounted) {
	s = "loopbridge"
	printf "\nIntegrity of loopbridge: frames, sums of the rounds; what the daemon counted is behind the slash\n\n"
	printf "%-10s %10s %15s %15s %8s %8s %9s %9s %9s %9s %7s\n", "period/buf", "good", "lost", "silence", "doubled", "corrupt", "clock off", "xruns", "uncounted", "stall ms", "rounds"
	k = split(sizes["integrity"], list, " ")
	for (j = 1; j <= k; j++) {
		lost = sum("integrity", s, list[j], "lost") + sum("integrity", s, list[j], "tail_lost")
		silent = sum("integrity", s, list[j], "inserted")
		wrong = sum("integrity", s, list[j], "doubled") + sum("integrity", s, list[j], "corrupt")
		uncounted = 0
		if (lost > sum("integrity", s, list[j], "overrun_frames"))
			uncounted += lost - sum("integrity", s, list[j], "overrun_frames")
		if (silent > sum("integrity", s, list[j], "underrun_frames"))
			uncounted += silent - sum("integrity", s, list[j], "underrun_frames")
		printf "%-10s %10d %7d/%-7d %7d/%-7d %8d %8d %9d %9d %9d %9.1f %7d\n", list[j], sum("integrity", s, list[j], "good"),
			lost, sum("integrity", s, list[j], "overrun_frames"), silent, sum("integrity", s, list[j], "underrun_frames"),
			sum("integrity", s, list[j], "doubled"), sum("integrity", s, list[j], "corrupt"), sum("integrity", s, list[j], "skipped"),
			sum("integrity", s, list[j], "overruns") + sum("integrity", s, list[j], "underruns"), uncounted,
			most("integrity", s, list[j], "stall_ms"), n("integrity", s, list[j], "good")
		if (uncounted + wrong > 0)
			bug = 1
	}
}

END {
	if (tests["cpu"])
		cpu_table()
	if (tests["latency"])
		latency_table()
	if (tests["integrity"])
		integrity_table()
	if (bug)
		print "\nFAILED: loopbridge lost or changed frames, and did not count them"
	exit bug
}
