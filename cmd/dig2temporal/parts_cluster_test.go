//go:build cluster && linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/worker"
)

// slots is how many tasks each worker runs at a time: so many that wait for each
// other have to be spread over all workers.
const slots = 4

// TestCluster takes what a cluster promises through real parts, one after the
// other, as its workers come and go.
func TestCluster(t *testing.T) {
	p := startParts(t)
	seen := watch(t)
	k, err := cluster.Connect(t.Context(), cluster.Options{Env: cluster.Environ(p.command(nil).Env), Logger: quietLogger{}, Identity: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	w := &workers{parts: p}
	w.add(t)
	w.add(t)

	t.Run("one of many creates an object", func(t *testing.T) { createsOnce(t, k) })
	t.Run("tasks spread over two workers", func(t *testing.T) { w.spread(t, k, 2) })
	t.Run("projects require each other", p.requires)
	t.Run("a failed attempt is resumed", p.resumes)
	t.Run("logs are seen while the task runs", p.follows)
	t.Run("values may be large", func(t *testing.T) { p.large(t, k) })
	t.Run("a worker is killed", func(t *testing.T) { w.killed(t, k) })
	t.Run("a worker is told to stop", func(t *testing.T) { w.stopped(t, k) })
	t.Run("tasks spread over four workers", func(t *testing.T) {
		for len(w.running) < 4 {
			w.add(t)
		}
		w.spread(t, k, 4)
	})
	t.Run("the server is killed", p.serverKilled)
	t.Run("secrets are nowhere", func(t *testing.T) { p.secrets(t, k, seen) })
	t.Run("payloads are encrypted", func(t *testing.T) { p.encrypted(t, k) })
	t.Run("conformance", func(t *testing.T) {
		begun := time.Now()
		p.conform(t)
		// The cases go on after this function.
		t.Cleanup(func() { t.Logf("took %s", time.Since(begun).Round(time.Second)) })
	})
}

// workers are the worker processes that run.
type workers struct {
	*parts
	running []*part
	count   int
}

func (w *workers) add(t *testing.T) {
	t.Helper()
	w.count++
	x := w.newWorker(fmt.Sprintf("worker%d", w.count), nil, "--max-task-threads", fmt.Sprint(slots), "--grace", "4s")
	x.stays = true
	w.start(t, x)
	w.running = append(w.running, x)
}

func (w *workers) drop(x *part) {
	w.running = slices.DeleteFunc(w.running, func(y *part) bool { return x == y })
}

// with returns the worker of an identity.
func (w *workers) with(pid string) *part {
	for _, x := range w.running {
		if fmt.Sprint(x.pid()) == pid {
			return x
		}
	}
	return nil
}

// createsOnce checks what revisions and their names rely on: that the store takes
// an object under the condition that there is none.
func createsOnce(t *testing.T, k *cluster.Cluster) {
	ctx := t.Context()
	for round := range 10 {
		var wait sync.WaitGroup
		var mu sync.Mutex
		var winners []string
		key := fmt.Sprintf("test/once%d", round)
		for caller := range 8 {
			wait.Go(func() {
				text := fmt.Sprint(caller)
				err := bucket.Create(ctx, k.Bucket, key, "text/plain", strings.NewReader(text))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					winners = append(winners, text)
				case !errors.Is(err, bucket.ErrExists):
					t.Error(err)
				}
			})
		}
		wait.Wait()
		stored, err := k.Bucket.ReadAll(ctx, key)
		if err != nil || len(winners) != 1 || string(stored) != winners[0] {
			t.Errorf("%v created the object, which is %q, %v", winners, stored, err)
		}
	}
}

// beginNew pushes a project with one workflow, and starts an attempt of it.
func (s *testServer) beginNew(t *testing.T, project, dig string, args ...string) attemptJSON {
	t.Helper()
	s.must(t, "push", project, "--project", projectFolder(t, map[string]string{"wf.dig": dig}))
	var a attemptJSON
	if code, stderr := s.ask(t, &a, append([]string{"start", project, "wf", "--session", "2024-02-29 00:00:00"}, args...)...); code != 0 {
		t.Fatal(stderr)
	}
	return a
}

// takers returns the identities of the workers that ran the tasks, as the histories
// of the attempt and of its children tell; of a task that ran again, the last.
func takers(t *testing.T, k *cluster.Cluster, a attemptJSON) []string {
	t.Helper()
	var list []string
	var read func(worker.Execution)
	read = func(e worker.Execution) {
		events := k.Client.GetWorkflowHistory(t.Context(), e.WorkflowID, e.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				t.Fatal(err)
			}
			if started := event.GetActivityTaskStartedEventAttributes(); started != nil {
				list = append(list, started.GetIdentity())
			}
			if child := event.GetChildWorkflowExecutionStartedEventAttributes(); child != nil {
				read(worker.Execution{WorkflowID: child.GetWorkflowExecution().GetWorkflowId(), RunID: child.GetWorkflowExecution().GetRunId()})
			}
		}
	}
	attempt, err := k.Attempt(t.Context(), a.Attempt)
	if err != nil {
		t.Fatal(err)
	}
	read(attempt.Execution)
	return list
}

func took(t *testing.T, k *cluster.Cluster, a attemptJSON, x *part) int {
	n := 0
	for _, identity := range takers(t, k, a) {
		if strings.HasSuffix(identity, fmt.Sprintf("-%d", x.pid())) {
			n++
		}
	}
	return n
}

// spread starts as many tasks as n workers have slots, which wait for each other.
func (w *workers) spread(t *testing.T, k *cluster.Cluster, n int) {
	out := t.TempDir()
	begun := time.Now()
	a := w.beginNew(t, fmt.Sprintf("spread%d", n), `
+all:
  _parallel: true
  for_range>:
    from: 0
    to: ${tasks}
    step: 1
  _do:
    sh>: touch "$out/begun-$i"; until [ $(ls "$out" | grep -c begun-) -ge $tasks ]; do sleep 0.1; done; echo $PPID > "$out/pid-$i"
    _env:
      out: ${out}
      i: ${range.from}
      tasks: ${tasks}
`, "-p", "out="+out, "-p", fmt.Sprintf("tasks=%d", n*slots))
	w.wait(t, a.Attempt, "success")
	t.Logf("%d tasks: %s", n*slots, time.Since(begun).Round(10*time.Millisecond))
	counts := map[string]int{}
	for i := range n * slots {
		text, err := os.ReadFile(filepath.Join(out, fmt.Sprintf("pid-%d", i)))
		if err != nil {
			t.Fatal(err)
		}
		counts[strings.TrimSpace(string(text))]++
	}
	for _, x := range w.running {
		if ran := counts[fmt.Sprint(x.pid())]; ran != slots || took(t, k, a, x) < slots {
			t.Errorf("%s ran %d tasks, of the history %d: %v", x.name, ran, took(t, k, a, x), counts)
		}
	}
}

func (p *parts) requires(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	p.must(t, "push", "needed", "--project", projectFolder(t, map[string]string{"base.dig": "+a:\n  sh>: sleep 1; echo base ${session_date} >> " + out + "\n"}))
	for n, dates := range []string{"", "base 2024-02-29\n"} {
		a := p.beginNew(t, fmt.Sprintf("needing%d", n), `
+need:
  require>: base
  project_name: needed
  session_time: ${session_time}
+then:
  sh>: echo then >> `+out+`
`)
		p.wait(t, a.Attempt, "success")
		if text, _ := os.ReadFile(out); n == 0 && string(text) != "base 2024-02-29\nthen\n" || n == 1 && strings.Count(string(text), dates) != 1 {
			t.Errorf("%q", text)
		}
	}
}

func (p *parts) resumes(t *testing.T) {
	dir := t.TempDir()
	a := p.beginNew(t, "resumed", `
+first:
  sh>: echo first >> ${dir}/out; echo kept
  store_stdout: said
+second:
  sh>: test -e ${dir}/flag && echo ${said} >> ${dir}/out
+third:
  sh>: echo third >> ${dir}/out
`, "-p", "dir="+dir)
	p.wait(t, a.Attempt, "error")
	write(t, dir, "flag", "")
	var b attemptJSON
	if code, stderr := p.ask(t, &b, "retry", a.Attempt, "--latest-revision", "--resume"); code != 0 {
		t.Fatal(stderr)
	}
	p.wait(t, b.Attempt, "success")
	if text, _ := os.ReadFile(filepath.Join(dir, "out")); string(text) != "first\nkept\nthird\n" {
		t.Errorf("%q", text)
	}
}

// follows lets a task go on when another process has seen what it said.
func (p *parts) follows(t *testing.T) {
	dir := t.TempDir()
	a := p.beginNew(t, "followed", "+a:\n  sh>: echo line-of-the-task; until [ -e ${dir}/seen ]; do sleep 0.1; done; echo last-line\n", "-p", "dir="+dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	log := exec.CommandContext(ctx, filepath.Join(p.programs, "dig2temporal"), "log", a.Attempt, "-f")
	log.Env = p.command(nil).Env
	out, err := log.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := log.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said = append(said, lines.Text())
		if lines.Text() == "line-of-the-task" {
			t.Logf("the line was seen after %s", time.Since(begun).Round(10*time.Millisecond))
			write(t, dir, "seen", "")
		}
	}
	if err := log.Wait(); err != nil || len(said) == 0 || said[len(said)-1] != "last-line" {
		t.Errorf("%v, %q", err, said)
	}
	p.wait(t, a.Attempt, "success")
}

// large hands 5 MB from one task to two others: to one as a param, to the other in
// an expression.
func (p *parts) large(t *testing.T, k *cluster.Cluster) {
	const size = 5 << 20
	dir := t.TempDir()
	project := projectFolder(t, map[string]string{
		"wf.dig":   "+make:\n  py>: tasks.make\n+use:\n  py>: tasks.use\n+length:\n  py>: tasks.length\n  n: ${big.length}\n",
		"tasks.py": "import digdag, hashlib, random\ndef text():\n  return '%0" + fmt.Sprint(size) + "x' % random.Random(7).getrandbits(4 * " + fmt.Sprint(size) + ")\ndef make():\n  digdag.env.store({'big': text()})\ndef use(big, dir):\n  open(dir + '/same', 'w').write(str(big == text()))\ndef length(n, dir):\n  open(dir + '/length', 'w').write(str(n))\n",
	})
	p.must(t, "push", "large", "--project", project)
	before := len(p.dump(t))
	var a attemptJSON
	if code, stderr := p.ask(t, &a, "start", "large", "wf", "--session", "2024-02-29 00:00:00", "-p", "dir="+dir); code != 0 {
		t.Fatal(stderr)
	}
	p.wait(t, a.Attempt, "success")
	for name, want := range map[string]string{"same": "True", "length": fmt.Sprint(size)} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if more := len(p.dump(t)) - before; more > 1<<20 {
		t.Errorf("the database has grown by %d bytes", more)
	}
}

// killed kills a worker with tasks that run: they run again on the others.
func (w *workers) killed(t *testing.T, k *cluster.Cluster) {
	out := t.TempDir()
	begun := time.Now()
	a := w.beginNew(t, "killed", `
+all:
  _parallel: true
  for_each>: {i: [0, 1, 2, 3, 4, 5]}
  _do:
    sh>: echo $PPID >> ${out}/begun-${i}; sleep 4; echo $PPID >> ${out}/ended-${i}
+sum:
  sh>: cat ${out}/ended-* | wc -l | tr -d ' \n'
  store_stdout: sum
+check:
  if>: ${sum == "6"}
  _do:
    sh>: touch ${out}/right
`, "-p", "out="+out)
	var victim *part
	for victim == nil {
		if time.Since(begun) > time.Minute {
			t.Fatal("no task has begun on a worker")
		}
		time.Sleep(50 * time.Millisecond)
		if files, _ := filepath.Glob(filepath.Join(out, "begun-*")); len(files) == 6 {
			text, _ := os.ReadFile(files[0])
			victim = w.with(strings.TrimSpace(string(text)))
		}
	}
	killed := time.Now()
	victim.kill()
	w.drop(victim)
	w.add(t)
	w.waitFor(t, a.Attempt, "success", 2*time.Minute)
	t.Logf("the attempt ended %s after the worker was killed", time.Since(killed).Round(10*time.Millisecond))
	if _, err := os.Stat(filepath.Join(out, "right")); err != nil {
		t.Error("the sum is wrong")
	}
	again := 0
	for i := range 6 {
		begun, _ := os.ReadFile(filepath.Join(out, fmt.Sprintf("begun-%d", i)))
		ended, _ := os.ReadFile(filepath.Join(out, fmt.Sprintf("ended-%d", i)))
		pids := strings.Fields(string(begun))
		on := pids[0] == fmt.Sprint(victim.pid())
		if on {
			again++
		}
		if on && len(pids) != 2 || !on && len(pids) != 1 || len(strings.Fields(string(ended))) != 1 {
			t.Errorf("task %d began at %v and ended at %q", i, pids, ended)
		}
	}
	if again == 0 {
		t.Error("the worker that was killed ran no task")
	}
	if n := took(t, k, a, victim); n > 1 {
		t.Errorf("the history has %d tasks of the worker that was killed", n)
	}
}

// stopped tells a worker to stop that runs a task which ends within the grace time
// and one which does not.
func (w *workers) stopped(t *testing.T, k *cluster.Cluster) {
	out := t.TempDir()
	const queue = "stopped"
	only := w.worker(t, "stopping", nil, "--grace", "4s", "--task-queue", queue)
	a := w.beginNew(t, "stopped", `
+all:
  _parallel: true
  +short:
    sh>: echo $PPID >> ${out}/short; sleep 2; echo ended >> ${out}/short
  +long:
    sh>: echo $PPID >> ${out}/long; test $(wc -l < ${out}/long) -gt 1 || sleep 100; echo ended >> ${out}/long
`, "-p", "out="+out, "--task-queue", queue)
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if files, _ := filepath.Glob(filepath.Join(out, "*")); len(files) == 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the tasks don't begin")
		}
	}
	next := w.worker(t, "taking", nil, "--task-queue", queue)
	begun := time.Now()
	code, took := only.end(t)
	if code != 0 {
		t.Errorf("exit code %d\n%s", code, only.text(t))
	}
	w.wait(t, a.Attempt, "success")
	t.Logf("the worker stopped in %s, the attempt ended after %s", took.Round(10*time.Millisecond), time.Since(begun).Round(10*time.Millisecond))
	if after := time.Since(begun); after > 25*time.Second {
		t.Errorf("the task was handed over after %s", after)
	}
	for name, want := range map[string]string{
		"short": fmt.Sprintf("%d\nended\n", only.pid()), "long": fmt.Sprintf("%d\n%d\nended\n", only.pid(), next.pid()),
	} {
		if text, _ := os.ReadFile(filepath.Join(out, name)); string(text) != want {
			t.Errorf("%s: %q, want %q", name, text, want)
		}
	}
}

// serverKilled kills the Temporal server while a task runs, and starts it again.
func (p *parts) serverKilled(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	a := p.beginNew(t, "outlived", "+a:\n  sh>: echo a >> ${out}; sleep 3; echo b >> ${out}\n+c:\n  sh>: echo c >> ${out}\n", "-p", "out="+out)
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(out); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the task does not begin")
		}
	}
	p.temporal.kill()
	begun := time.Now()
	p.startTemporal(t, portOf(p.address))
	t.Logf("the server was there again after %s", time.Since(begun).Round(10*time.Millisecond))
	p.waitFor(t, a.Attempt, "success", 2*time.Minute)
	t.Logf("the attempt ended after %s", time.Since(begun).Round(10*time.Millisecond))
	if text, _ := os.ReadFile(out); string(text) != "a\nb\nc\n" {
		t.Errorf("%q", text)
	}
}

// secrets uses a secret in every way there is, and then looks for it everywhere.
func (p *parts) secrets(t *testing.T, k *cluster.Cluster, seen *watcher) {
	const secret, visible, plain = "hush-5d1c2f0a9b", "visible-77aa31", "plainparam-4411fe"
	out := t.TempDir()
	project := projectFolder(t, map[string]string{
		"wf.dig": `
_export:
  plain: ${given}
+script:
  sh>: printf %s "${secret:db.password}" > ${out}/script; sleep 1.25; echo ${secret:db.password}; echo visible-77aa31
+environment:
  sh>: printf %s "$PASSWORD" > ${out}/environment; env | sort; sleep 1.26
  _env:
    PASSWORD: ${secret:db.password}
+python:
  py>: tasks.show
  _env:
    PASSWORD: ${secret:db.password}
+fails:
  sh>: echo ${secret:db.password} >&2; exit 3
  _retry: 1
  _error:
    sh>: echo ${secret:db.password} failed
`,
		"tasks.py": "import os\ndef show(out):\n  open(out + '/python', 'w').write(os.environ['PASSWORD'])\n  print(os.environ['PASSWORD'])\n",
	})
	p.must(t, "push", "vault", "--project", project)
	file := filepath.Join(t.TempDir(), "value")
	write(t, filepath.Dir(file), "value", secret)
	p.must(t, "secrets", "--project", "vault", "--set", "db.password=@"+file)
	var a attemptJSON
	if code, stderr := p.ask(t, &a, "start", "vault", "wf", "--session", "2024-02-29 00:00:00", "-p", "out="+out, "-p", "given="+plain); code != 0 {
		t.Fatal(stderr)
	}
	p.wait(t, a.Attempt, "error")
	for _, name := range []string{"script", "environment", "python"} {
		if text, _ := os.ReadFile(filepath.Join(out, name)); string(text) != secret {
			t.Errorf("the task got %q", text)
		}
	}
	log := p.must(t, "log", a.Attempt, "-v")
	if !strings.Contains(log, visible) || !strings.Contains(log, "***") {
		t.Errorf("the log does not show what it should:\n%s", log)
	}

	// What is looked through must have what is not secret, or it is not looked
	// through.
	database := held(p.dump(t))
	if !disclosed(database, plain) {
		t.Error("the database does not even hold the param")
	}
	if disclosed(database, secret) {
		t.Error("the database holds the secret")
	}
	found := false
	for key, object := range p.objects(t, k.Settings.Store) {
		found = found || disclosed(object, visible)
		if disclosed(object, secret) {
			t.Errorf("the object %s holds the secret", key)
		}
	}
	if !found {
		t.Error("the store does not even hold what the task said")
	}
	if disclosed([]byte(log), secret) {
		t.Error("the log shows the secret")
	}
	p.quiet(t, secret)
	seen.look()
	if at := seen.withArguments("sleep 1.25"); len(at) == 0 {
		t.Error("not even what the task runs was seen")
	}
	if at := seen.withArguments(secret); len(at) > 0 {
		t.Errorf("the secret is an argument of %q", at)
	}
	// The environment of the commands has it, where the workflow puts it there.
	at := seen.withEnvironment(secret)
	if !slices.Contains(at, "sleep 1.26") {
		t.Errorf("not even the environment of the task was seen: %q", at)
	}
	for _, command := range at {
		if command == "sleep 1.25" || strings.Contains(command, "dig2temporal worker") {
			t.Errorf("the secret is in the environment of %q", command)
		}
	}
}

// quiet looks for a text in what the parts said, and in the folders of the workers.
func (p *parts) quiet(t *testing.T, text string) {
	t.Helper()
	for _, x := range p.logs {
		if disclosed([]byte(x.text(t)), text) {
			t.Errorf("%s tells it", x.name)
		}
	}
	err := filepath.WalkDir(p.base, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if content, err := os.ReadFile(path); err == nil && disclosed(content, text) {
			t.Errorf("the file %s has it", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// encrypted runs attempts with keys for payloads, and looks for what they hold in
// the database.
func (p *parts) encrypted(t *testing.T, k *cluster.Cluster) {
	s, keys := p.sealed(t)
	p.worker(t, "sealed", []string{keys}, "--task-queue", "sealed")
	out := t.TempDir()
	texts := map[string]string{
		"given": "sealed-given-1f", "written": "sealed-written-2e", "stored": "sealed-stored-3d", "said": "sealed-said-4c", "failure": "sealed-failure-5b",
		"retried": "sealed-retried-6a",
	}
	project := projectFolder(t, map[string]string{
		"wf.dig": `
_export:
  mine: sealed-written-2e
+store:
  py>: tasks.store
+say:
  sh>: echo sealed-said-4c ${stored} ${given} > ${out}/said
+retried:
  sh>: echo sealed-retried-6a; false
  _retry: 1
  _error:
    echo>: ${error.message}
`,
		"bad.dig":  "+a:\n  fail>: sealed-failure-5b ${given}\n",
		"tasks.py": "import digdag\ndef store():\n  digdag.env.store({'stored': 'sealed-stored-3d'})\n",
	})
	s.must(t, "push", "sealed", "--project", project)
	var a, b attemptJSON
	for name, a := range map[string]*attemptJSON{"wf": &a, "bad": &b} {
		if code, stderr := s.ask(t, a, "start", "sealed", name, "--session", "2024-02-29 00:00:00", "-p", "out="+out, "-p", "given="+texts["given"]); code != 0 {
			t.Fatal(stderr)
		}
	}
	s.wait(t, a.Attempt, "error")
	s.wait(t, b.Attempt, "error")
	if text, _ := os.ReadFile(filepath.Join(out, "said")); string(text) != "sealed-said-4c sealed-stored-3d sealed-given-1f\n" {
		t.Errorf("%q", text)
	}
	if tasks := s.must(t, "tasks", b.Attempt); !strings.Contains(tasks, texts["failure"]) {
		t.Errorf("who has the key can't read the failure:\n%s", tasks)
	}
	if params := s.wait(t, a.Attempt, "error").Params; params["given"] != texts["given"] {
		t.Errorf("who has the key can't read the params: %v", params)
	}
	database := held(p.dump(t))
	if !disclosed(database, "binary/encrypted") {
		t.Error("nothing is encrypted")
	}
	for name, text := range texts {
		if disclosed(database, text) {
			t.Errorf("the database holds what is %s, %q: %q", name, text, around(database, text))
		}
	}
	for key, object := range p.objects(t, k.Settings.Store) {
		if strings.HasPrefix(key, "payloads/") && disclosed(object, texts["given"]) {
			t.Errorf("the object %s is not encrypted", key)
		}
	}
}

// around shows where a text is.
func around(data []byte, text string) string {
	at := strings.Index(string(data), text)
	if at < 0 {
		return "in what is compressed or coded"
	}
	return string(data[max(0, at-300):min(len(data), at+100)])
}
