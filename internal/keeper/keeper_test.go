package keeper

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/keyfile"
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
	key, err := keyfile.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if got := File("keyfile://" + path); got != file {
		t.Errorf("the file is %s, want %s", got, file)
	}
	roundTrip(t, "keyfile://"+path, "keyfile://"+strings.ReplaceAll(path, " ", "%20"))
	roundTrip(t, "keyfile://"+path, "base64key://"+base64.StdEncoding.EncodeToString(key[:]))
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

// TestKeyInPlaceOfPath gives a key where a path belongs, in all the ways in which
// it may be mistyped.
func TestKeyInPlaceOfPath(t *testing.T) {
	dir := filepath.ToSlash(t.TempDir())
	// Keys with a slash at their beginning, within, and without any.
	for _, key := range []string{
		base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xff, 0xf1}, 16)),
		"Kq7xKq7x/Kq7xKq7xKq7xKq7xKq7xKq7xKq7xKq7xKq=",
		"Kq7x+Kq7xKq7xKq7xKq7xKq7xKq7xKq7xKq7xKq7xKq=",
	} {
		for _, link := range []string{
			"keyfile:" + key, "keyfile:/" + key, "keyfile://" + key, "keyfile:///" + key, "keyfile:////" + key,
			"keyfile://:" + key, "keyfile://a:" + key, "keyfile://" + key + "%zz", "keyfile://" + key + "\x7f", "keyfile://x@" + key,
			"keyfile:///" + key + "?a=b", "keyfile://[" + key, "keyfile:///" + strings.TrimRight(key, "="),
			"base64key:" + key, "base64key://a:" + key, "base64key:// " + key, "base64key:///a" + key, "base64key://" + key + key,
			"base64-key://a:" + key, "base64://a:" + key, "BASE64KEY://" + key, "base64://" + key + "%zz", "base64://" + key + "\x7f", "base64://[" + key,
			key,
		} {
			k, err := Open(context.Background(), link)
			if err == nil {
				k.Close()
				t.Errorf("%s: no error", link)
				continue
			}
			for i := range len(key) - 6 {
				if strings.Contains(err.Error(), key[i:i+6]) {
					t.Errorf("%s: %v", link, err)
					break
				}
			}
		}
	}
	// A path may be as long as a key and have its characters.
	path := dir + "/" + strings.Repeat("k", 43)
	if _, err := Open(context.Background(), "keyfile://"+path); runtime.GOOS != "windows" && (err == nil || err.Error() != "the key file "+path+" doesn't exist") {
		t.Errorf("got %v", err)
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
