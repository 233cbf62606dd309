package keeper

import (
	"errors"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"

	"github.com/dig2temporal/dig2temporal/internal/keyfile"
)

// openFile opens keyfile:// URLs; rest is what follows the scheme.
func openFile(rest string) (*secrets.Keeper, error) {
	path, err := filePath(rest)
	if err != nil {
		return nil, err
	}
	key, err := keyfile.Read(path)
	if err != nil {
		return nil, err
	}
	return localsecrets.NewKeeper(key), nil
}

// File returns the path of the file that a keyfile:// URL names, "" for URLs of
// other keepers and wrong ones.
func File(url string) string {
	rest, ok := strings.CutPrefix(url, "keyfile://")
	if !ok {
		return ""
	}
	path, _ := filePath(rest)
	return path
}

// filePath shows nothing of a wrong URL: it may hold the key itself.
func filePath(rest string) (string, error) {
	u, err := url.Parse("keyfile://" + rest)
	switch {
	case err != nil:
		return "", errors.New("the URL of the keyfile keeper can't be read, expected one as keyfile:///etc/dig2temporal/secrets.key")
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the keyfile keeper takes no parameters")
	case u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/"):
		return "", errors.New("the URL of the keyfile keeper: expected an absolute path after keyfile://, as in keyfile:///etc/dig2temporal/secrets.key")
	}
	path := u.Path
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/") // file URLs write /C:/key
	}
	return filepath.FromSlash(path), nil
}
