package bucket_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gocloud.dev/blob"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
)

func open(t *testing.T, url string) *blob.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func keys(t *testing.T, b *blob.Bucket) string {
	t.Helper()
	var found []string
	for list := b.List(nil); ; {
		o, err := list.Next(t.Context())
		if err != nil {
			return strings.Join(found, " ")
		}
		found = append(found, o.Key)
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for _, url := range []string{dir, "file://" + dir, "file://localhost" + dir} {
		b := open(t, url)
		if err := b.WriteAll(t.Context(), "x/y", []byte(url), &blob.WriterOptions{ContentType: "text/plain"}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "x", "y"))
		if err != nil || string(text) != url {
			t.Errorf("%s: %q, %v", url, text, err)
		}
		if got := keys(t, b); got != "x/y" {
			t.Errorf("%s: keys %q", url, got)
		}
	}
	for _, folder := range []string{dir, filepath.Join(dir, "x")} {
		info, err := os.Stat(folder)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", folder, info.Mode(), err)
		}
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) != 1 {
			t.Errorf("%s holds %v, %v", folder, entries, err)
		}
	}
}

func TestRelativeFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	b := open(t, "file://./projects")
	if err := b.WriteAll(t.Context(), "x", nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("projects/x"); err != nil {
		t.Error(err)
	}
}

func TestPrefix(t *testing.T) {
	dir := t.TempDir()
	for _, url := range []string{"file://" + dir, buckettest.S3(t)} {
		and := "?"
		if strings.Contains(url, "?") {
			and = "&"
		}
		within := open(t, url+and+"prefix=team/")
		if err := within.WriteAll(t.Context(), "x", []byte("1"), nil); err != nil {
			t.Fatal(err)
		}
		if got := keys(t, within); got != "x" {
			t.Errorf("%s: within %q", url, got)
		}
		if got := keys(t, open(t, url)); got != "team/x" {
			t.Errorf("%s: whole %q", url, got)
		}
	}
}

func TestMemoryIsNotShared(t *testing.T) {
	if err := open(t, "mem://").WriteAll(t.Context(), "x", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, open(t, "mem://")); got != "" {
		t.Errorf("another bucket holds %q", got)
	}
}

func TestClouds(t *testing.T) {
	t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
	t.Setenv("AZURE_STORAGE_KEY", "a2V5")
	for _, url := range []string{"gs://name?anonymous=true", "azblob://name", "s3://name?region=eu-central-1"} {
		open(t, url)
	}
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(filepath.Dir(file), "missing.json"))
	for _, c := range []struct{ url, want string }{
		{"", `bucket "": expected an absolute path or a URL (file://…, mem://…, s3://…, gs://…, azblob://…)`},
		{"projects", `bucket "projects": expected an absolute path or a URL`},
		{"s4://name", `bucket "s4://name": unknown scheme "s4" (did you mean "s3"?), expected one of file, mem, s3, gs, azblob`},
		{"https://x/y", `unknown scheme "https", expected one of`},
		{"s3:///prefix", `bucket "s3:///prefix": the name of the bucket is missing, expected s3://name`},
		{"s3://name/folder/", `bucket "s3://name/folder/": a bucket has no path, expected s3://name?prefix=folder/`},
		{"file://data/projects", `bucket "file://data/projects": the path of a folder begins with a slash, expected file:///data/projects`},
		{"file://", `bucket "file:": the path of the folder is missing, expected file:///path`},
		{"file://" + file, `is not a directory`},
		{"file:///x?colour=red", `bucket "file:///x": open bucket file:///x: invalid query parameter "colour"`},
		{"gs://name", `bucket "gs://name": `},
		{"s3://key:secret@name?nonsense=secret", `bucket "s3://name": open bucket s3://name: `},
		{"s3://key:sec ret@name", `bucket: the text is no URL and no absolute path`},
		{"mem://?password=secret", `bucket "mem:": open bucket mem:`},
		{"azblob://name?protocol=secret", `bucket "azblob://name": `},
	} {
		_, err := bucket.Open(t.Context(), c.url)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.url, err)
		} else if strings.Contains(err.Error(), "sec") && strings.Contains(c.url, "name") && !strings.Contains(c.url, "azblob") {
			t.Errorf("%s: the message shows the secret: %v", c.url, err)
		}
	}
}

func TestOpenHonoursContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := open(t, "mem://")
	cancel()
	if err := b.WriteAll(ctx, "x", nil, nil); err == nil {
		t.Error("a cancelled write succeeds")
	}
}
