package tasklog

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/activities"
)

var (
	at      = time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)
	options = activities.LineLogOptions{Zone: time.UTC, Now: func() time.Time { return at }, Level: activities.LevelInfo}
)

func run(task string, n int) activities.LogRun {
	return activities.LogRun{Session: &activities.Session{Project: "p", Workflow: "w", Time: at, SessionID: 1, AttemptID: 2}, Task: task, Type: "sh", Run: n}
}

func use(t *testing.T, logs activities.Logs, r activities.LogRun) {
	t.Helper()
	l, err := logs.Open(r)
	if err != nil {
		t.Fatal(err)
	}
	l.Line(activities.LevelInfo, "sh>: echo")
	if _, err := l.Write([]byte("printed\n")); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

const line = "2024-02-29 01:02:03 +0000 [INFO] (0001@[0:p:1:2]+w+t): sh>: echo\n"

func TestSplit(t *testing.T) {
	var lines, raw bytes.Buffer
	use(t, Split(activities.NewLineLogs(&lines, options), activities.NewLineLogs(&raw, options)), run("+w+t", 1))
	if lines.String() != line || raw.String() != "printed\n" {
		t.Errorf("lines %q, raw %q", lines.String(), raw.String())
	}
}

func TestBothAndFolder(t *testing.T) {
	var all bytes.Buffer
	dir := t.TempDir()
	logs := Both(activities.NewLineLogs(&all, options), Folder(dir, options))
	use(t, logs, run("+w+t", 1))
	use(t, logs, run("+w+t", 2))
	use(t, logs, run("+w"+strings.Repeat("+long/name", 60), 1))
	if !strings.HasPrefix(all.String(), line+"printed\n") {
		t.Errorf("%q", all.String())
	}
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	folder := "20240229T010203+0000@w/2/"
	if len(files) != 3 || files[1] != folder+"+w+t@1.log" || files[2] != folder+"+w+t@2.log" || len(filepath.Base(files[0])) > 255 {
		t.Fatalf("%q", files)
	}
	text, err := os.ReadFile(filepath.Join(dir, files[1]))
	if err != nil || string(text) != line+"printed\n" {
		t.Errorf("%q, %v", text, err)
	}
}
