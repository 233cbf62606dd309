package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// withSecrets runs a command with a folder for secrets and a standard input.
func withSecrets(dir, home, input string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	c := &Command{
		In: strings.NewReader(input), Out: &out, Err: &err, Dir: dir, Now: time.Now, Zone: time.UTC,
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DIGDAG_CONFIG_HOME=" + home},
	}
	code = c.Main(context.Background(), args)
	return code, out.String(), err.String()
}

func TestSecrets(t *testing.T) {
	dir, home := t.TempDir(), filepath.Join(t.TempDir(), "home")
	write(t, dir, "value.txt", "from a file\n")
	write(t, dir, "more.yml", "c.one: 01\nc.two: 'two words'\n")
	write(t, dir, "bad.yml", "c: [hush]\n")
	write(t, dir, "null.yml", "c:\n")
	write(t, dir, "broken.yml", "a: hush\n  b: - hush\n")
	write(t, dir, "alias.yml", "a: *hush\n")
	long := strings.Repeat("hush", 5000)
	for _, r := range []struct {
		args, in, out, err string
		code               int
	}{
		{"secrets --local", "", "", "", 0},
		{"secrets --local --output json", "", "{\n  \"secrets\": []\n}\n", "", 0},
		{"secrets --local --set a=hush b=", "", "", "Secret 'a' set\nSecret 'b' set\n", 0},
		{"secrets --local --set db.password=-", "two\nlines", "", "Secret 'db.password' set\n", 0},
		{"secrets --local --set file=@value.txt --set e=x=y", "", "", "Secret 'file' set\nIts value ends with a line end, which is part of it.\nSecret 'e' set\n", 0},
		{"secrets --local --set @more.yml", "", "", "Secret 'c.one' set\nSecret 'c.two' set\n", 0},
		{"secrets --local --set @-", `{"d": "json"}`, "", "Secret 'd' set\n", 0},
		{"secrets --local", "", "a\nb\nc.one\nc.two\nd\ndb.password\ne\nfile\n", "", 0},
		{"secrets --local --delete a c.one", "", "", "Secret 'a' deleted\nSecret 'c.one' deleted\n", 0},
		{"secrets --local --delete a", "", "", "Secret 'a' was not set\n", 0},
		{"secrets --local --output json", "", "{\n  \"secrets\": [\n    {\n      \"key\": \"b\"\n    },\n    {\n      \"key\": \"c.two\"\n    },\n" +
			"    {\n      \"key\": \"d\"\n    },\n    {\n      \"key\": \"db.password\"\n    },\n    {\n      \"key\": \"e\"\n    },\n    {\n      \"key\": \"file\"\n    }\n  ]\n}\n", "", 0},

		{"secrets", "", "", "error: expected --local or --project", 2},
		{"secrets --local hush", "", "", "error: unexpected argument: expected --set or --delete before it", 2},
		{"secrets --local --set a=b --delete a", "", "", "error: Please specify only one of --set or --delete", 2},
		{"secrets --local --set a-=b", "", "", "error: Invalid secret key: a-", 2},
		{"secrets --local --set =b", "", "", "error: expected a key after --set", 2},
		{"secrets --local --set a=1 a=2", "", "", "error: Duplicate secret key: 'a'", 2},
		{"secrets --local --set a=- b=-", "hush", "", "error: Can only read once from stdin", 2},
		{"secrets --local --set a", "hush", "", `error: the value of "a" can be asked for on a terminal only (a=- reads the standard input, a=@FILE a file)`, 2},
		{"secrets --local --set a=@none.txt", "", "", "error: none.txt (no such file)", 1},
		{"secrets --local --set a=@", "", "", "error: expected the name of a file after a=@", 2},
		{"secrets --local --set @none.txt", "", "", "error: none.txt (no such file)", 1},
		{"secrets --local --set @bad.yml", "", "", `error: bad.yml:1:4: the value of "c" must be a text`, 1},
		{"secrets --local --set @null.yml", "", "", `error: null.yml:1:3: the value of "c" must be a text`, 1},
		{"secrets --local --set @broken.yml", "", "", "error: broken.yml is no YAML: mistake near line 2", 1},
		{"secrets --local --set @alias.yml", "", "", "error: alias.yml is no YAML", 1},
		{"secrets --local --set @-", "- hush", "", "error: the standard input must be a mapping of keys and values", 1},
		{"secrets --local --set a=-", long, "", "error: Invalid secret value for key: a (it has 20000 bytes, 16384 are allowed)", 2},
		{"secrets --local --delete a a", "", "", "error: Duplicate --delete secret key: 'a'", 2},
		{"secrets --local --delete ../a", "", "", "error: Invalid secret key: ../a", 2},
		{"secrets --local --output xml", "", "", `error: --output must be text or json but got "xml"`, 2},
	} {
		code, out, err := withSecrets(dir, home, r.in, strings.Fields(r.args)...)
		if code != r.code || out != r.out || r.code == 0 && err != r.err || !strings.HasPrefix(err, r.err) {
			t.Errorf("%s: exit %d, %q, %q\nwant %d, %q, %q", r.args, code, out, err, r.code, r.out, r.err)
		}
		if strings.Contains(err, "hush") {
			t.Errorf("%s shows a value: %s", r.args, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".config", "*")); len(left) > 0 || err != nil {
		t.Errorf("%v, %v", left, err)
	}
}

func TestSecretsFolder(t *testing.T) {
	for _, r := range []struct{ env, want string }{
		{"HOME=/h", "/h/.config/dig2temporal"},
		{"HOME=/h XDG_CONFIG_HOME=/x", "/x/dig2temporal"},
		{"HOME=/h XDG_CONFIG_HOME=/x DIGDAG_CONFIG_HOME=/d", "/d"},
		{"DIGDAG_CONFIG_HOME=d", "/current/d"},
		{"", ""},
	} {
		c := &Command{Dir: "/current", Env: strings.Fields(r.env)}
		if got := c.secretsFolder(); got != r.want {
			t.Errorf("%s: %q, want %q", r.env, got, r.want)
		}
	}
	var out bytes.Buffer
	c := &Command{Out: &out, Err: &out, Dir: t.TempDir()}
	if code := c.Main(context.Background(), []string{"secrets", "--local"}); code != exitFailed || !strings.Contains(out.String(), "HOME is not set") {
		t.Errorf("%d, %s", code, out.String())
	}
}
