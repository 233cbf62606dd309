package keeper

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// pad gives keys that have "+" and "/" in base64.
var pad = bytes.Repeat([]byte{0xfb, 0xff}, 16)

func roundTrip(t *testing.T, link, other string) {
	t.Helper()
	ctx := context.Background()
	k, err := Open(ctx, link)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	sealed, err := k.Encrypt(ctx, []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(ctx, other)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if text, err := again.Decrypt(ctx, sealed); err != nil || string(text) != "text" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestBase64Key(t *testing.T) {
	roundTrip(t, "base64key://"+base64.StdEncoding.EncodeToString(pad), "base64key://"+base64.RawURLEncoding.EncodeToString(pad))
}

func TestKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a b", "secrets.key")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := CreateKeyFile(file); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := CreateKeyFile(file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("the key was replaced")
	}
	if list, _ := os.ReadDir(filepath.Dir(file)); len(list) != 1 {
		t.Errorf("files are left: %v", list)
	}
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	roundTrip(t, "keyfile://"+path, "keyfile://"+strings.ReplaceAll(path, " ", "%20"))
	roundTrip(t, "keyfile://"+path, "base64key://"+strings.TrimSpace(string(before)))
}

func TestKeyFilesDiffer(t *testing.T) {
	dir := t.TempDir()
	var texts []string
	for _, name := range []string{"a", "b"} {
		if err := CreateKeyFile(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(filepath.Join(dir, name))
		texts = append(texts, string(text))
	}
	if texts[0] == texts[1] {
		t.Error("two keys are the same")
	}
}

func TestKeyFileModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes here")
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := CreateKeyFile(file); err != nil {
		t.Fatal(err)
	}
	for mode, ok := range map[fs.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false, 0o644: false} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		k, err := Open(context.Background(), "keyfile://"+file)
		if (err == nil) != ok {
			t.Errorf("%v: %v", mode, err)
		}
		if err == nil {
			k.Close()
		} else if want := "expected 0600 (chmod 600 " + file + ")"; !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", mode, err, want)
		}
	}
}

func TestErrorsShowNoKey(t *testing.T) {
	const secret = "Kq7xKq7xKq7xKq7xKq7x"
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	t.Setenv("VAULT_ADDR", "")
	for link, want := range map[string]string{
		secret:                                   "the URL of a keeper has no scheme, expected one of keyfile, base64key, awskms, azurekeyvault, gcpkms, hashivault",
		"base64key://":                           "it is empty, expected 32 bytes in base64",
		"base64key://" + secret:                  "it has 15 bytes, expected 32",
		"base64key://" + secret + "%zz":          "it is no base64",
		"base64key://" + secret + "?a=b":         "takes no parameters",
		"base64://" + secret:                     `unknown scheme "base64" in the URL of a keeper, expected one of`,
		"x y://" + secret:                        "can't be read",
		"keyfile://relative/" + "key":            "expected an absolute path",
		"keyfile://" + dir + "/none":             "the key file " + dir + "/none doesn't exist",
		"keyfile://" + dir:                       "is no regular file",
		"keyfile://" + write("short", secret):    "holds no key: it has 15 bytes, expected 32",
		"keyfile://" + write("text", secret+"!"): "holds no key: it is no base64",
		"keyfile://" + write("long", strings.Repeat(secret, 99)): "holds no key: it has 1980 bytes",
		"keyfile://" + write("empty", ""):                        "holds no key: it is empty",
		"hashivault://key":                                       "VAULT_ADDR",
		"azurekeyvault://nowhere.example/keys/k":                 "can't open the azurekeyvault keeper",
	} {
		if runtime.GOOS == "windows" && strings.HasPrefix(link, "keyfile:") {
			continue
		}
		k, err := Open(context.Background(), link)
		if err == nil {
			k.Close()
			t.Errorf("%s: no error", link)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret[:8]) {
			t.Errorf("%s: got %v, want %s", link, err, want)
		}
	}
}

// TestServices opens what needs no service to be reached at the start.
func TestServices(t *testing.T) {
	t.Setenv("VAULT_ADDR", "http://127.0.0.1:1")
	t.Setenv("AWS_REGION", "eu-west-1")
	for _, link := range []string{
		"awskms:///alias/secrets?region=eu-west-1",
		"hashivault://secrets?engine=other",
	} {
		k, err := Open(context.Background(), link)
		if err != nil {
			t.Errorf("%s: %v", link, err)
			continue
		}
		k.Close()
	}
}

func FuzzOpen(f *testing.F) {
	f.Add("AAAA")
	f.Add("")
	f.Add("%41?x")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := Open(context.Background(), "base64key://"+text)
		if err == nil {
			k.Close()
		} else if len(text) > 20 && strings.Contains(err.Error(), text) {
			t.Errorf("the error shows the key: %v", err)
		}
	})
}
