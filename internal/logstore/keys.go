package logstore

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	root      = "logs"
	suffix    = ".ndjson"
	startForm = "20060102T150405.000Z"
)

// checkAttempt refuses what is not an attempt number in its only form, so that
// no key reaches beyond the attempt's own.
func checkAttempt(attempt string) error {
	if n, err := strconv.ParseInt(attempt, 10, 64); err != nil || n < 0 || strconv.FormatInt(n, 10) != attempt {
		return fmt.Errorf("%q is no attempt number", attempt)
	}
	return nil
}

func attemptPrefix(attempt string) string { return root + "/" + attempt + "/" }

// chunkName is the last element of a chunk's key.
func chunkName(stream string, seq int) string { return fmt.Sprintf("%s-%08d%s", stream, seq, suffix) }

func chunkKey(attempt, stream string, seq int) string {
	return path.Join(root, attempt, chunkName(stream, seq))
}

// parseChunkName takes the name of a chunk apart. Other objects may lie beside
// chunks: a folder's bucket has unfinished files there.
func parseChunkName(name string) (stream string, start time.Time, seq int, ok bool) {
	name, ok = strings.CutSuffix(name, suffix)
	dash := strings.LastIndexByte(name, '-')
	if !ok || dash < 0 {
		return "", time.Time{}, 0, false
	}
	stream = name[:dash]
	digits := name[dash+1:]
	seq, err := strconv.Atoi(digits)
	if err != nil || seq < 1 || len(digits) < 8 || digits != fmt.Sprintf("%08d", seq) {
		return "", time.Time{}, 0, false
	}
	at, _, ok := strings.Cut(stream, "-")
	start, err = time.Parse(startForm, at)
	if !ok || err != nil {
		return "", time.Time{}, 0, false
	}
	return stream, start, seq, true
}

var unclean = regexp.MustCompile(`[^A-Za-z0-9._]+`)

// cleanWorker makes a part of a key and of a file name from a worker's name.
func cleanWorker(name string) string {
	name = strings.Trim(unclean.ReplaceAllString(name, "-"), "-.")
	const longest = 80
	if len(name) > longest {
		name = name[:longest]
	}
	if name == "" {
		name = "worker"
	}
	return name
}
