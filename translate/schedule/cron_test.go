package schedule

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// testdata/cron.tsv: pattern, zone, start, and the seconds of the times that
// follow, or the error. Half of the rows lie around changes of clocks.
func TestCron(t *testing.T) {
	text, err := os.ReadFile("testdata/cron.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		row := strings.Split(line, "\t")
		zone := time.FixedZone(row[1], 9*3600)
		if row[1] != "+09:00" {
			if zone, err = time.LoadLocation(row[1]); err != nil {
				t.Fatal(err)
			}
		}
		start, err := strconv.ParseInt(row[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := walk(row[0], zone, start, len(strings.Fields(row[3]))); got != row[3] {
			t.Errorf("%s in %s from %d\n got %s\nwant %s", row[0], row[1], start, got, row[3])
		}
	}
}

func walk(pattern string, zone *time.Location, start int64, n int) string {
	c, err := parseCron(pattern)
	if err != nil {
		return "ERR " + err.Error()
	}
	var times []string
	for at := time.Unix(start, 0); len(times) < n; {
		next, ok := c.next(at, zone)
		if !ok {
			return strings.Join(append(times, "none"), " ")
		}
		times = append(times, strconv.FormatInt(next.Unix(), 10))
		at = next
	}
	return strings.Join(times, " ")
}

func TestCronWithoutDates(t *testing.T) {
	for _, pattern := range []string{"0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * 30-31 feb mon", strings.Repeat("* * * * *|", 1001)} {
		if _, err := parseCron(pattern); err == nil {
			t.Errorf("%.30s is accepted", pattern)
		}
	}
	c, err := parseCron("0 0 31 4 *|0 0 29 2 *|0 0 L 4 sun")
	if err != nil || len(c) != 2 {
		t.Errorf("%d parts, %v", len(c), err)
	}
}

func BenchmarkCronNext(b *testing.B) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		b.Fatal(err)
	}
	for _, pattern := range []string{"*/5 * * * *", "0 0 29 2 mon"} {
		b.Run(pattern, func(b *testing.B) {
			c, err := parseCron(pattern)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				c.next(time.Unix(1_700_000_000, 0), zone)
			}
		})
	}
}
