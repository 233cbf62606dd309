package main

import (
	"fmt"
	"strings"
)

// stepScript is what the tasks of the project run. A step notes that it begins,
// so that the runs can be counted, and says in the log that it has ended; "fails"
// in its name makes it fail the first time, which it remembers in a folder
// outside of the project.
const stepScript = `: "${out:?}" "${pause:?}"
name=$1
echo "begin $name" >> "$out/runs"
sleep "$pause"
case $name in
*fails*)
  if mkdir "$out/failed-$name" 2>/dev/null; then
    echo "failing $name" >&2
    exit 1
  fi ;;
esac
echo "did $name" >&2
echo "$2"
`

// faultsProject is a workflow of about n tasks with everything that keeps state:
// retried tasks and groups, loops, for_each, stores, parallel groups. It returns
// the names of the params that the tasks store, too. The last task writes all of
// them into a file.
func faultsProject(n int) (dig string, stores []string) {
	var b strings.Builder
	line := func(indent int, format string, args ...any) {
		fmt.Fprintf(&b, strings.Repeat("  ", indent)+format+"\n", args...)
	}
	store := func(format string, args ...any) string {
		name := fmt.Sprintf(format, args...)
		stores = append(stores, name)
		return name
	}
	step := func(indent int, name, prints string, keys ...string) {
		task, _, _ := strings.Cut(name, "-$")
		line(indent, "+%s:", task)
		line(indent+1, "sh>: |")
		line(indent+2, "sh step.sh %s '%s'", name, prints)
		for _, k := range keys {
			line(indent+1, "%s", k)
		}
	}
	kept := func(name string) string { return "store_stdout: " + name }

	line(0, "timezone: UTC")
	line(0, "_export:\n  base: 7")
	step(0, "first", `{"a":1.0,"b":[true,null,"x"]}`, kept(store("first")))
	line(0, "+wide:\n  _parallel: true")
	for i := range n / 4 {
		step(1, fmt.Sprintf("w%d", i), fmt.Sprintf("${base * %d}", i), kept(store("wide_%d", i)))
	}
	line(0, "+some:\n  _parallel:\n    limit: 3")
	for i := range n / 10 {
		step(1, fmt.Sprintf("s%d", i), fmt.Sprintf("%d", i), kept("last_of_some"))
	}
	store("last_of_some")
	line(0, "+retried:\n  _parallel: true")
	for i := range n / 10 {
		step(1, fmt.Sprintf("fails-%d", i), fmt.Sprintf("retried %d", i), "_retry: 3", kept(store("retried_%d", i)))
	}
	line(0, "+loop:\n  loop>: %d\n  _do:", n/20)
	step(2, "loop-${i}", "${i + (typeof sum == \"undefined\" ? 0 : Number(sum))}", kept(store("sum")))
	line(2, "+say:\n      echo>: round ${i}, sum ${sum}")
	line(0, "+each:\n  for_each>:\n    x: [a, b, c]\n    y: [%s]\n  _parallel: true\n  _do:", numbers(n/20))
	step(2, "each-${x}${y}", "${x}${y}", kept("last_of_each"))
	store("last_of_each")
	line(0, "+groups:\n  _parallel: true")
	for i := range n / 40 {
		line(1, "+g%d:\n    _retry: 3", i)
		step(2, fmt.Sprintf("g%d-before", i), fmt.Sprintf("before %d", i), kept(store("before_%d", i)))
		step(2, fmt.Sprintf("g%d-fails", i), "", kept(store("failed_%d", i)))
		line(2, "+inner:\n      _parallel: true")
		step(3, fmt.Sprintf("g%d-x", i), "${before_"+fmt.Sprint(i)+"} x", kept(store("x_%d", i)))
		step(3, fmt.Sprintf("g%d-y", i), "y", kept(store("y_%d", i)))
		step(2, fmt.Sprintf("g%d-after", i), fmt.Sprintf("${x_%d} ${y_%d}", i, i), kept(store("after_%d", i)))
	}
	line(0, "+last:\n  sh>: |\n    cat > \"$out/final.json\" <<'END'")
	pairs := append([]string{"base"}, stores...)
	line(2, "${JSON.stringify({%s})}", strings.Join(withValues(pairs), ","))
	line(2, "END")
	return b.String(), stores
}

func withValues(names []string) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = fmt.Sprintf("%q:%s", n, n)
	}
	return list
}

func numbers(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(i)
	}
	return strings.Join(list, ", ")
}
