# Shortens the output of go test -v to one line for each package, and for a failed
# package the output of all tests that did not pass. Lists the skipped tests with
# their reasons in skip_file; a skip without a reason fails.

BEGIN {
	status = 1 # until go test says otherwise
	printf "" >skip_file
}

/^exit status of go test: / {
	status = $NF
	next
}

# The test that the following lines belong to.
/^=== / {
	current = $3
	next
}

/^ +[^ ]+\.go:[0-9]+: / {
	reason[current] = $0
	sub(/^ +[^ ]+\.go:[0-9]+: */, "", reason[current])
}

/^ *--- (PASS|SKIP|FAIL): / { current = "" }

/^ *--- (PASS|SKIP): / {
	fine[$3] = 1
	if ($2 == "SKIP:")
		skipped[++skips] = $3
	next
}

/^(ok|FAIL|\?) *\t/ {
	if ($1 == "FAIL")
		show()
	print
	for (i = 1; i <= skips; i++) {
		why = reason[skipped[i]]
		if (why == "") {
			why = "NO REASON GIVEN, which is an error: say it in t.Skip"
			silent = 1
		}
		print "  " $2 " " skipped[i] ": " why >skip_file
	}
	split("", reason)
	split("", fine)
	lines = skips = 0
	current = ""
	fflush()
	next
}

!/^(PASS|FAIL)$/ {
	line[++lines] = $0
	owner[lines] = current
}

END {
	show()
	if (silent) {
		print "a test was skipped without a reason:"
		fflush()
		system("grep 'NO REASON' " skip_file)
		exit 1
	}
	exit status
}

function show(i) {
	for (i = 1; i <= lines; i++)
		if (!(owner[i] in fine))
			print line[i]
}
