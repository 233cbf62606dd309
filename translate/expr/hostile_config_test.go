//go:build linux && !race

package expr_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/expr"
)

// hostile is a config that wants more memory than there is.
type hostile struct {
	Name string
	// Params are texts, and how often each is repeated; Wrap makes lists of one
	// element of them.
	Params map[string][2]any
	Wrap   bool
	// Value is a text, or one and how often it is repeated. It is that of so many
	// Keys, in a list of that length when List is set. With Chain each key's value
	// refers to the key before as "k".
	Keys, List int
	Value      any
	Chain      bool
	Reason     string
}

func repeated(v any) string {
	if v, ok := v.(string); ok {
		return v
	}
	row := v.([]any)
	return strings.Repeat(row[0].(string), int(row[1].(float64)))
}

// config makes the params and the config of the row.
func (h *hostile) config() (params, local *ordered.Object) {
	params, local = ordered.New(), ordered.New()
	for name, v := range h.Params {
		text := repeated(v[:])
		if h.Wrap {
			params.Set(name, []any{text})
		} else {
			params.Set(name, text)
		}
	}
	last := "k"
	for i := range h.Keys {
		key, text := "key"+strconv.Itoa(i), repeated(h.Value)
		if h.Chain {
			text, last = strings.ReplaceAll(text, "${k}", "${"+last+"}"), key
		}
		var value any = text
		if h.List > 0 {
			list := make([]any, h.List)
			for i := range list {
				list[i] = text
			}
			value = list
		}
		local.Set(key, value)
	}
	return params, local
}

const (
	hostileRow = "TEST_HOSTILE_CONFIG"
	// mostBytes is what a process may take for any config, with all that Go takes
	// besides.
	mostBytes = 1 << 30
)

// TestHostileConfigs evaluates each config in a process of its own, with Go's
// usual collection of garbage, and looks at the most memory that it has had.
func TestHostileConfigs(t *testing.T) {
	text, err := os.ReadFile("testdata/hostile_configs.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []hostile
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	if i, err := strconv.Atoi(os.Getenv(hostileRow)); err == nil {
		evaluateHostile(&rows[i])
		return
	}
	for i, r := range rows {
		t.Run(r.Name, func(t *testing.T) {
			c := exec.Command(os.Args[0], "-test.run=^TestHostileConfigs$")
			c.Env = []string{hostileRow + "=" + strconv.Itoa(i), "PATH=" + os.Getenv("PATH")}
			out, err := c.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			line, _, _ := strings.Cut(string(out), "\n")
			var got struct {
				Reason string
				Bytes  int
			}
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			t.Logf("%d MiB", got.Bytes>>20)
			if got.Bytes > mostBytes {
				t.Errorf("the process had %d MiB", got.Bytes>>20)
			}
			// On a busy machine the time may be over before the memory.
			if !matchesAny(got.Reason, r.Reason) && (r.Reason == "" || !strings.Contains(got.Reason, "time limit")) {
				t.Errorf("%q, want %q", got.Reason, r.Reason)
			}
		})
	}
}

// evaluateHostile says how it went: in JSON, on a line.
func evaluateHostile(h *hostile) {
	params, local := h.config()
	_, err := expr.New(expr.Options{}).Config(context.Background(), params, local, nil)
	reason := fmt.Sprint(err)
	var failure *expr.Error
	if errors.As(err, &failure) {
		reason = failure.Reason
	}
	line, _ := json.Marshal(map[string]any{"Reason": reason, "Bytes": peakBytes()})
	fmt.Printf("%s\n", line)
}

// peakBytes is the most that this process has had in memory.
func peakBytes() int {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(text, "kB")))
			if err != nil {
				panic(err)
			}
			return n << 10
		}
	}
	panic("the system does not tell VmHWM")
}
