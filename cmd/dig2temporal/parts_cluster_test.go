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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/bucket"
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
