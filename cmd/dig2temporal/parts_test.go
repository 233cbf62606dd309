//go:build cluster && linux

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The parts of a cluster, each in processes of its own: PostgreSQL, a whole
// Temporal server on it, an S3-compatible store, and workers. The server and the
// store are built from testdata/cluster, a module of its own.
const partsModule = "../../testdata/cluster"

// parts is a running cluster; as a testServer it takes commands.
type parts struct {
	*testServer
	// test is the one at whose end the parts end.
	test *testing.T
	dir  string
	// programs has dig2temporal, temporal-postgres and versitygw, postgres the
	// programs of PostgreSQL.
	programs, postgres string
	account            *syscall.Credential
	database           string
	temporal           *part
	folder             string
	logs               []*part
}

const (
	databaseUser = "temporal"
	bucketName   = "pipelines"
)

// startParts starts everything but workers, and prepares the namespace.
func startParts(t *testing.T) *parts {
	t.Helper()
	dir, err := os.MkdirTemp("", "cluster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			_ = os.RemoveAll(dir)
			return
		}
		t.Logf("what the parts said is in %s", dir)
	})
	// PostgreSQL's account has to get to its folder.
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	p := &parts{test: t, dir: dir, programs: filepath.Join(dir, "bin"), folder: filepath.Join(dir, "store")}
	p.build(t)
	p.startPostgres(t)
	p.startTemporal(t, 0)
	store := p.startStore(t)
	p.testServer = &testServer{base: filepath.Join(dir, "workers"), home: filepath.Join(dir, "home"), address: p.temporal.said}
	key := filepath.Join(dir, "secrets.key")
	for _, folder := range []string{p.base, p.home} {
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	p.refuse(t, 1, "there is no such bucket", "setup", "--store", strings.Replace(store, bucketName, "absent", 1))
	p.must(t, "setup", "--store", store, "--keeper", "keyfile://"+key)
	return p
}

func (p *parts) build(t *testing.T) {
	t.Helper()
	for _, args := range [][]string{
		{"build", "-o", p.programs + "/", "."},
		{"build", "-C", partsModule, "-o", p.programs + "/", "./temporal-postgres", "github.com/versity/versitygw/cmd/versitygw"},
	} {
		begun := time.Now()
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		t.Logf("go %s: %s", strings.Join(args, " "), time.Since(begun).Round(time.Second))
	}
}

func (p *parts) startPostgres(t *testing.T) {
	t.Helper()
	// Debian keeps them out of PATH.
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil && len(found) == 0 {
		found = append(found, path)
	}
	if len(found) == 0 {
		t.Fatal("PostgreSQL is missing: install it, on Debian the package postgresql")
	}
	p.postgres = filepath.Dir(found[len(found)-1])
	data := filepath.Join(p.dir, "postgres")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		// It refuses to run as root.
		who, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		p.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(data, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	init := exec.Command(filepath.Join(p.postgres, "initdb"), "-D", data, "-U", databaseUser, "--auth=trust", "-E", "UTF8", "--no-locale", "--no-sync")
	init.Dir, init.SysProcAttr = data, &syscall.SysProcAttr{Credential: p.account}
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	p.database = freeAddress(t)
	host, port, _ := net.SplitHostPort(p.database)
	server := &part{name: "postgres", account: p.account, dir: data, args: []string{
		filepath.Join(p.postgres, "postgres"), "-D", data, "-p", port, "-c", "listen_addresses=" + host, "-c", "unix_socket_directories=",
		"-c", "max_connections=200", "-c", "fsync=off",
	}, ready: `database system is ready to accept connections`, ends: syscall.SIGINT}
	p.start(t, server)
}

// startTemporal starts the server, at a port of its own choice when it is 0.
func (p *parts) startTemporal(t *testing.T, port int) {
	t.Helper()
	p.temporal = &part{name: "temporal", args: []string{
		filepath.Join(p.programs, "temporal-postgres"), "--port", strconv.Itoa(port),
		"--dsn", fmt.Sprintf("postgres://%s:none@%s/temporal", databaseUser, p.database),
	}, ready: `(?m)^ready at (\S+)$`, stays: true, ends: syscall.SIGTERM}
	p.start(t, p.temporal)
}

// startStore starts the S3-compatible server and returns the URL of the bucket.
func (p *parts) startStore(t *testing.T) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(p.folder, bucketName), 0o777); err != nil {
		t.Fatal(err)
	}
	const name, key = "cluster-test", "cluster-test-key"
	// The clients of this process read these, too.
	t.Setenv("AWS_ACCESS_KEY_ID", name)
	t.Setenv("AWS_SECRET_ACCESS_KEY", key)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	address := freeAddress(t)
	p.start(t, &part{name: "store", args: []string{
		filepath.Join(p.programs, "versitygw"), "--port", address, "--quiet", "posix", "--sidecar", p.sidecar(t), p.folder,
	}, env: []string{"ROOT_ACCESS_KEY=" + name, "ROOT_SECRET_KEY=" + key}, ends: syscall.SIGTERM})
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("the store does not answer")
		}
	}
	return "s3://" + bucketName + "?region=us-east-1&use_path_style=true&endpoint=http://" + address
}

// sidecar makes the folder for the metadata of objects: not all file systems have
// extended attributes.
func (p *parts) sidecar(t *testing.T) string {
	dir := filepath.Join(p.dir, "metadata")
	if err := os.MkdirAll(filepath.Join(dir, bucketName), 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// worker starts a worker process that ends with the test.
func (p *parts) worker(t *testing.T, name string, env []string, args ...string) *part {
	t.Helper()
	w := p.newWorker(name, env, args...)
	p.start(t, w)
	return w
}

func (p *parts) newWorker(name string, env []string, args ...string) *part {
	return &part{
		name: name, args: append([]string{filepath.Join(p.programs, "dig2temporal"), "worker", "--cache-dir", filepath.Join(p.base, name)}, args...),
		env: append([]string{"TEMPORAL_ADDRESS=" + p.address, "HOME=" + p.home, "TZ=Etc/UTC", "LC_ALL=C.UTF-8"}, env...),
		dir: p.home, ready: `(?m)^Worker of .*: ready$`, ends: syscall.SIGTERM,
	}
}

// part is a process.
type part struct {
	name, dir string
	args, env []string
	account   *syscall.Credential
	// ready is the pattern of what it says when it can be used; said is then the
	// first group of it.
	ready, said string
	// stays lets it run on when the subtest that started it has ended.
	stays bool
	// ends is the signal that ends it.
	ends syscall.Signal

	cmd   *exec.Cmd
	file  string
	ended chan struct{}
}

func (p *parts) start(t *testing.T, x *part) {
	t.Helper()
	p.logs = append(p.logs, x)
	x.file = filepath.Join(p.dir, fmt.Sprintf("%s-%d.log", x.name, len(p.logs)))
	out, err := os.Create(x.file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	x.cmd = exec.Command(x.args[0], x.args[1:]...)
	x.cmd.Dir, x.cmd.Stdout, x.cmd.Stderr, x.cmd.Env = x.dir, out, out, append(os.Environ(), x.env...)
	// Those who interrupt the test from a terminal would interrupt its parts, too.
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: x.account}
	x.ended = make(chan struct{})
	started := make(chan error)
	go func() {
		defer close(x.ended)
		// What ends the process is the death of the thread that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := x.cmd.Start()
		started <- err
		if err == nil {
			_ = x.cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	owner := t
	if x.stays {
		owner = p.test
	}
	owner.Cleanup(func() { x.end(owner) })
	if x.ready == "" {
		return
	}
	pattern := regexp.MustCompile(x.ready)
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		said := x.text(t)
		if found := pattern.FindStringSubmatch(said); found != nil {
			x.said = found[len(found)-1]
			return
		}
		select {
		case <-x.ended:
			t.Fatalf("%s ended:\n%s", x.name, said)
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("%s is not ready:\n%s", x.name, said)
		}
	}
}

func (x *part) text(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(x.file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (x *part) pid() int { return x.cmd.Process.Pid }

// kill ends the process as a crash does.
func (x *part) kill() {
	_ = x.cmd.Process.Kill()
	<-x.ended
}

// end asks the process to end, and returns how it ended and after what time.
func (x *part) end(t *testing.T) (code int, took time.Duration) {
	t.Helper()
	begun := time.Now()
	_ = x.cmd.Process.Signal(x.ends)
	select {
	case <-x.ended:
	case <-time.After(time.Minute):
		t.Errorf("%s does not end when it is told to", x.name)
		x.kill()
	}
	return x.cmd.ProcessState.ExitCode(), time.Since(begun)
}

// sealed returns a view of the cluster whose commands encrypt payloads, and the
// variable that makes workers do so.
func (p *parts) sealed(t *testing.T) (*testServer, string) {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	keys := filepath.Join(p.dir, "payload.keys")
	if err := os.WriteFile(keys, []byte("first:"+base64.StdEncoding.EncodeToString(key)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	variable := "DIG2TEMPORAL_ENCRYPTION_KEYS=@" + keys
	s := *p.testServer
	s.env = append(slices.Clone(s.env), variable, "DIG2TEMPORAL_TASK_QUEUE=sealed")
	return &s, variable
}

// dump returns all that PostgreSQL holds, as SQL.
func (p *parts) dump(t *testing.T) []byte {
	t.Helper()
	host, port, _ := net.SplitHostPort(p.database)
	var all []byte
	for _, name := range []string{"temporal", "temporal_visibility"} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		var out, errs bytes.Buffer
		dump := exec.CommandContext(ctx, filepath.Join(p.postgres, "pg_dump"), "-h", host, "-p", port, "-U", databaseUser, "--data-only", name)
		dump.Stdout, dump.Stderr = &out, &errs
		if err := dump.Run(); err != nil {
			t.Fatalf("pg_dump: %v\n%s", err, errs.String())
		}
		all = append(all, out.Bytes()...)
	}
	return all
}

func portOf(address string) int {
	_, text, _ := net.SplitHostPort(address)
	port, _ := strconv.Atoi(text)
	return port
}
