#!/bin/sh
# The budgets: what the room costs, against the least that it could.
#
#	run.sh DIRECTORY	where server, floor, load and journal are built
#
# Every figure is a ratio of two measurements of one run, or a size; so it says
# the same on any machine.  The median of RUNS is shown.  The server is pinned
# to one core, its clients to another; with two cores nothing else should run.
# Descriptors: CLIENTS + 100 for each of both.  A journal of MEGABYTES is made in
# the folder for temporary files.
set -eu
export LC_ALL=C

bin=$1
RUNS=${RUNS:-5}
CLIENTS=${CLIENTS:-10000}
MEGABYTES=${MEGABYTES:-1024}
CORES=${CORES:-0 1}

server_core=${CORES% *}
client_core=${CORES#* }
tmp=$(mktemp -d)
pid=
finish() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM
# shellcheck disable=SC3045 # not POSIX, but everywhere
ulimit -n "$(ulimit -Hn)"
mkfifo "$tmp/out"

# on NAME LABEL PHASE ARGUMENT ...: lets the load have its way with a new
# server, and keeps what it prints as lines of "LABEL.figure value".
on() {
	name=$1 label=$2 phase=$3
	shift 3
	argument=127.0.0.1:0
	[ "$name" = server ] || argument=$frame_size
	taskset -c "$server_core" "$bin/$name" "$argument" >"$tmp/out" &
	pid=$!
	read -r _ _ url <"$tmp/out"
	url=${url#http://}
	taskset -c "$client_core" "$bin/load" "$phase" "${url%/}" "$pid" "$@" \
	    >"$tmp/raw"
	sed "s/^/$label./" "$tmp/raw" >>"$tmp/figures"
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	pid=
}

run() {
	on server one broadcast 1000 1 200
	frame_size=$(awk '$1 == "one.size" { n = $2 } END { printf "%d", n }' \
	    "$tmp/figures")
	on floor floor broadcast 1000 1 200 bare
	on server some broadcast 1000 8 800
	on server many broadcast 1000 80 8000
	on server flood broadcast 1000 1000 20000
	on server slow_few slow 200 1200
	on server slow_many slow 1000 1200
	on server join join 100 2000 1
	on floor floor_join join 100 2000 1 bare
	on server joins join 100 2000 16
	on floor floor_joins join 100 2000 16 bare
	on server alone quiet 0 3000
	on server crowd quiet "$CLIENTS" 3000
	"$bin/load" start "$bin/server" 127.0.0.1:0 >"$tmp/raw"
	sed "s/^/start./" "$tmp/raw" >>"$tmp/figures"
	taskset -c "$server_core" "$bin/journal" "$tmp/journal" "$MEGABYTES" \
	    >"$tmp/raw"
	rm -rf "$tmp/journal"
	sed "s/^/journal./" "$tmp/raw" >>"$tmp/figures"
	taskset -c "$server_core" "$bin/journal" "$tmp/journal" 64 private \
	    >"$tmp/raw"
	rm -rf "$tmp/journal"
	sed "s/^/private./" "$tmp/raw" >>"$tmp/figures"
}

i=0
while [ "$i" -lt "$RUNS" ]; do
	run
	i=$((i + 1))
	echo "run $i of $RUNS" >&2
done

awk -v clients="$CLIENTS" '
# Figures of one run are divided by each other, then the median is taken: what
# slows down the machine slows down both.
function median(list, n,    i, j, x) {
	for (i = 2; i <= n; i++) {
		x = list[i]
		for (j = i - 1; j > 0 && list[j] > x; j--)
			list[j + 1] = list[j]
		list[j + 1] = x
	}
	return list[int((n + 1) / 2)]
}
function figure(a, unit,    i, list) {
	for (i = 1; i <= runs[a]; i++)
		list[i] = value[a, i] * unit
	return median(list, runs[a])
}
function ratio(a, b,    i, list) {
	for (i = 1; i <= runs[a]; i++)
		list[i] = value[a, i] / value[b, i]
	return sprintf("%.2f", median(list, runs[a]))
}
function row(what, budget, measured) {
	printf "%-56s %8s  %s\n", what, budget, measured
}
function row_usec(what, budget, a, b) {
	row(what, budget, sprintf("%s  (%.2f us to %.2f)", ratio(a, b), \
	    figure(a, 1e6), figure(b, 1e6)))
}
{ value[$1, ++runs[$1]] = $2 }
END {
	row("figure", "budget", "measured")
	row_usec("CPU per delivery, 1 in flight, to a bare send()", "<= 1.10", \
	    "one.cpu", "floor.cpu")
	row_usec("  of a bare send() to that with 80 in flight", ">= 30", \
	    "floor.cpu", "many.cpu")
	row("messages per write, 1, 8, 80, 1,000 in flight", ">= 40", \
	    sprintf("%.1f %.1f %.1f %.1f", figure("one.per_write", 1), \
	    figure("some.per_write", 1), figure("many.per_write", 1), \
	    figure("flood.per_write", 1)))
	row_usec("CPU of a private message, " clients " idle to none", \
	    "<= 1.3", "crowd.private_cpu", "alone.private_cpu")
	row_usec("  its time until it is there (p50)", "<= 1.3", \
	    "crowd.private_p50", "alone.private_p50")
	row_usec("CPU of a ping, " clients " idle to none", "<= 1.3", \
	    "crowd.ping_cpu", "alone.ping_cpu")
	row_usec("  its time until it is answered (p50)", "<= 1.3", \
	    "crowd.ping_p50", "alone.ping_p50")
	row("memory per idle connection, bytes", "<= 256", \
	    sprintf("%.0f", figure("crowd.memory", 1)))
	row("memory for 100 and for 500 slow readers, KiB", "the same", \
	    sprintf("%.0f %.0f", figure("slow_few.memory", 1 / 1024), \
	    figure("slow_many.memory", 1 / 1024)))
	row_usec("CPU per join, one at a time, to a bare 101", "<= 1.5", \
	    "join.cpu", "floor_join.cpu")
	row_usec("  16 at a time", "<= 1.5", "joins.cpu", "floor_joins.cpu")
	row("from exec to listening, ms", "<= 10", \
	    sprintf("%.1f", figure("start.wall", 1e3)))
	row("memory of a server without clients, KiB", "", \
	    sprintf("%.0f", figure("start.memory", 1 / 1024)))
	row("CPU of journaling a message, to a bare write()", "", \
	    sprintf("%.2f  (%.2f us)", figure("journal.to_bare", 1), \
	    figure("journal.append_usec", 1)))
	row("  of a private one, to that of a public one", "", \
	    sprintf("%s  (%.2f us)", ratio("private.append_usec", \
	    "journal.append_usec"), figure("private.append_usec", 1)))
	row("recovery of a journal, MB/s", "> 200", \
	    sprintf("%.0f", figure("journal.recovery_mbps", 1)))
	row("  its time, ms", "", \
	    sprintf("%.0f", figure("journal.recovery_ms", 1)))
	row("  of private messages alone, to that", "", \
	    sprintf("%s  (%.0f ms)", ratio("private.recovery_ms", \
	    "journal.recovery_ms"), figure("private.recovery_ms", 1)))
	row("  memory besides the room, KiB", "", \
	    sprintf("%.0f", figure("journal.memory", 1 / 1024)))
	row("a page of 50 from anywhere, us; the longest", "", \
	    sprintf("%.0f %.0f", figure("journal.page_usec", 1), \
	    figure("journal.page_longest", 1)))
	row("looking over a journal, MB/s", "", \
	    sprintf("%.0f", figure("journal.check_mbps", 1)))
}' "$tmp/figures"
